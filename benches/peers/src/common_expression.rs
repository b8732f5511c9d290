//! The Common Expression Language: crate `cel`, its strings extension, one context for each person.

use crate::Peer;
use cel::{Context, Env, Value as CelValue};
use serde_json::Value;
use std::sync::Arc;

const ROWS: &[(&str, &str)] = &[
    (
        "filter and map",
        r#"user.groups.filter(g, g.startsWith("role_")).map(g, g.replace("role_", ""))"#,
    ),
    ("selection and projection", r#"user.groups.filter(g, g.startsWith("role_"))"#),
    (
        "condition",
        r#"user.profile.department == "Engineering" && user.profile.email.endsWith("@example.com")"#,
    ),
    ("substringAfter", r#"user.profile.email.substring(user.profile.email.indexOf("@") + 1)"#),
    (
        "five arms",
        r#"user.profile.department == "Engineering" ? "eng" : user.profile.department == "Sales" ? "sal"
        : user.profile.department == "Finance" ? "fin"
        : user.profile.department == "Support" ? "sup" : "oth""#,
    ),
    ("concatenation", r#"user.profile.firstName + " " + user.profile.lastName"#),
    (
        "membership of three",
        r#""role_admin-0" in user.groups || "vpn-3" in user.groups || "nobody" in user.groups"#,
    ),
    ("regular expression", r#"user.profile.email.matches("^[a-z.]+@example[.]com$")"#),
    ("comparison of dates", "user.created < user.lastLogin"),
    (
        "classic CSV trick",
        r#"user.groups.filter(g, g.startsWith("role_")).join(",").replace("role_", "").split(",")"#,
    ),
];

pub(crate) fn prepare(row: &str, people: &[Value]) -> Option<Peer> {
    let (_, text) = ROWS.iter().find(|(name, _)| *name == row)?;
    let mut env = Env::stdlib();
    env.add_extension(cel::extensions::strings).unwrap();
    let env = Arc::new(env);
    let program = env.compile(text).unwrap();
    let contexts: Vec<Context<'static, 'static>> = people
        .iter()
        .map(|person| {
            let mut context = Context::with_env(Arc::clone(&env));
            context.add_variable_from_value("user", cel::to_value(person).unwrap());
            context
        })
        .collect();
    let evaluate = move |person: usize| program.execute(&contexts[person]).unwrap();
    Some(Peer::new("cel", evaluate, |value: CelValue| value.json().unwrap()))
}
