//! Roto, which compiles by Cranelift as we do: functions of what they read, each person's in Roto's
//! own strings and lists. It has no regular expressions, and times are handed over as numbers.

use crate::Peer;
use roto::{FileTree, List, NoCtx, Package, RotoString, Runtime};
use serde_json::Value;

/// The function `main` of each row.
const ROWS: &[(&str, &str)] = &[
    (
        "filter and map",
        r#"fn main(groups: List[String]) -> List[String] {
    let roles = [];
    for group in groups {
        if group.starts_with("role_") { roles.push(group.replace("role_", "")); }
    }
    roles
}"#,
    ),
    (
        "selection and projection",
        r#"fn main(groups: List[String]) -> List[String] {
    let roles = [];
    for group in groups {
        if group.starts_with("role_") { roles.push(group); }
    }
    roles
}"#,
    ),
    (
        "condition",
        r#"fn main(department: String, email: String) -> bool {
    department == "Engineering" && email.ends_with("@example.com")
}"#,
    ),
    (
        "substringAfter",
        r#"fn main(email: String) -> String? {
    email.splitn(2, "@").get(1)
}"#,
    ),
    (
        "five arms",
        r#"fn main(department: String) -> String {
    if department == "Engineering" { "eng" }
    else if department == "Sales" { "sal" }
    else if department == "Finance" { "fin" }
    else if department == "Support" { "sup" }
    else { "oth" }
}"#,
    ),
    (
        "concatenation",
        r#"fn main(first: String, last: String) -> String { first + " " + last }"#,
    ),
    (
        "membership of three",
        r#"fn main(groups: List[String]) -> bool {
    groups.contains("role_admin-0") || groups.contains("vpn-3") || groups.contains("nobody")
}"#,
    ),
    ("comparison of dates", "fn main(created: u64, last_login: u64) -> bool { created < last_login }"),
    (
        "classic CSV trick",
        r#"fn main(groups: List[String]) -> List[String] {
    let roles = [];
    for group in groups {
        if group.starts_with("role_") { roles.push(group); }
    }
    roles.join(",").replace("role_", "").split(",")
}"#,
    ),
];

pub(crate) fn prepare(row: &str, people: &[Value]) -> Option<Peer> {
    let (_, text) = ROWS.iter().find(|(name, _)| *name == row)?;
    let mut package = FileTree::test_file("bench.roto", text, 0).compile(&Runtime::new()).unwrap();
    Some(match row {
        "membership of three" => of_groups::<bool>(&mut package, people, Value::Bool),
        "condition" => {
            of_two::<bool>(&mut package, people, ["department", "email"], Value::Bool)
        }
        "concatenation" => {
            of_two::<RotoString>(&mut package, people, ["firstName", "lastName"], written)
        }
        "five arms" => of_one::<RotoString>(&mut package, people, "department", written),
        "substringAfter" => of_one::<Option<RotoString>>(&mut package, people, "email", |domain| {
            domain.map_or(Value::Null, written)
        }),
        "comparison of dates" => of_times(&mut package, people),
        _ => of_groups::<List<RotoString>>(&mut package, people, |names| {
            names.to_vec().into_iter().map(written).collect()
        }),
    })
}

fn written(text: RotoString) -> Value {
    Value::from(text.to_string())
}

fn text(of: &Value) -> RotoString {
    RotoString::from(of.as_str().unwrap())
}

fn of_groups<R: roto::Value + 'static>(
    package: &mut Package<NoCtx>,
    people: &[Value],
    json: fn(R) -> Value,
) -> Peer {
    let function = package.get_function::<fn(List<RotoString>) -> R>("main").unwrap();
    let given: Vec<List<RotoString>> = people
        .iter()
        .map(|person| person["groups"].as_array().unwrap().iter().map(text).collect())
        .collect();
    Peer::new("roto", move |person| function.call(given[person].clone()), json)
}

fn of_one<R: roto::Value + 'static>(
    package: &mut Package<NoCtx>,
    people: &[Value],
    name: &str,
    json: fn(R) -> Value,
) -> Peer {
    let function = package.get_function::<fn(RotoString) -> R>("main").unwrap();
    let given: Vec<RotoString> =
        people.iter().map(|person| text(&person["profile"][name])).collect();
    Peer::new("roto", move |person| function.call(given[person].clone()), json)
}

fn of_two<R: roto::Value + 'static>(
    package: &mut Package<NoCtx>,
    people: &[Value],
    names: [&str; 2],
    json: fn(R) -> Value,
) -> Peer {
    let function = package.get_function::<fn(RotoString, RotoString) -> R>("main").unwrap();
    let given: Vec<[RotoString; 2]> = people
        .iter()
        .map(|person| names.map(|name| text(&person["profile"][name])))
        .collect();
    let evaluate = move |person: usize| {
        let [first, second] = given[person].clone();
        function.call(first, second)
    };
    Peer::new("roto", evaluate, json)
}

/// Times of one form and zone, as numbers of their digits.
fn of_times(package: &mut Package<NoCtx>, people: &[Value]) -> Peer {
    let function = package.get_function::<fn(u64, u64) -> bool>("main").unwrap();
    let given: Vec<[u64; 2]> =
        people.iter().map(|person| ["created", "lastLogin"].map(|name| digits(&person[name]))).collect();
    let evaluate = move |person: usize| {
        let [created, last_login] = given[person];
        function.call(created, last_login)
    };
    Peer::new("roto", evaluate, Value::Bool)
}

/// The digits of a time, which are in its order.
pub(crate) fn digits(time: &Value) -> u64 {
    let digits: String = time.as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}
