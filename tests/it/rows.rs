//! Every row of the function table has cases: null and a wrong type for each parameter, too few and
//! too many arguments; and `claimsmith functions` tells of it.

use crate::examples::run;
use crate::support::{case, evaluate};
use claimsmith_runtime::functions::{
    Accepts, EXAMPLE_CONTEXT, Function, Null, Parameter, Repeats, Style, rows,
};
use std::collections::BTreeMap;

/// The answer of each case in `tests/cases/functions`, by its title.
fn answers() -> BTreeMap<String, String> {
    let files = case::files().into_iter();
    let files = files.filter(|path| path.parent().is_some_and(|at| at.ends_with("functions")));
    let cases = files.flat_map(|path| case::read(&path));
    cases.map(|case| (case.title, case.expected)).collect()
}

/// How a row is called in titles: with its receiver, if it is a method.
fn label(row: &Function) -> String {
    match row.parameters.first() {
        Some(receiver) if row.is_method() => format!("{}.{}", receiver.name, row.names[0]),
        _ => row.names[0].to_owned(),
    }
}

fn takes_lambda(parameter: &Parameter) -> bool {
    matches!(parameter.accepts, Accepts::Condition | Accepts::Mapping | Accepts::Reduction)
}

/// What a case says, if it has to.
type Holds = fn(&str) -> bool;

fn is_error(answer: &str) -> bool {
    answer.starts_with("E0")
}

fn is_arity(answer: &str) -> bool {
    answer.starts_with("E0502 ")
}

fn of_parameter(label: &str, parameter: &Parameter, wanted: &mut Vec<(String, Holds)>) {
    let name = parameter.name;
    if !takes_lambda(parameter) {
        let holds: Holds = match parameter.null {
            Null::Faults => is_error,
            Null::Flows => |answer| answer == "null",
            Null::Accepted => |answer| !is_error(answer),
        };
        wanted.push((format!("{label}: null as {name}"), holds));
    }
    if parameter.accepts != Accepts::Any {
        wanted.push((format!("{label}: wrong type of {name}"), is_error));
    }
}

/// The cases that a row must have. Of rows that are called alike some take more arguments.
fn wanted(row: &Function) -> Vec<(String, Holds)> {
    let label = label(row);
    let mut wanted: Vec<(String, Holds)> = Vec::new();
    for parameter in row.parameters {
        of_parameter(&label, parameter, &mut wanted);
    }
    let alike: Vec<&Function> = written().filter(|other| self::label(other) == label).collect();
    let least = alike.iter().map(|row| row.least()).min().unwrap();
    if least > usize::from(row.is_method()) {
        wanted.push((format!("{label}: too few arguments"), is_arity));
    }
    match row.repeats {
        Repeats::Never => wanted.push((format!("{label}: too many arguments"), is_arity)),
        Repeats::InPairs => wanted.push((format!("{label}: a key without a value"), is_arity)),
        Repeats::Freely => {}
    }
    wanted
}

/// The rows that can be written.
fn written() -> impl Iterator<Item = &'static Function> {
    rows().map(|(_, row)| row).filter(|row| row.style != Style::Internal)
}

#[test]
fn every_row_has_cases_for_null_wrong_types_and_wrong_numbers_of_arguments() {
    let answers = answers();
    let mut wrong = Vec::new();
    for row in written() {
        for (title, holds) in wanted(row) {
            match answers.get(&title) {
                None => wrong.push(format!("there is no case `{title}`")),
                Some(answer) if !holds(answer) => wrong.push(format!("`{title}` gives {answer}")),
                Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `claimsmith functions` prints, and says.
fn told(arguments: &[&str]) -> (String, String) {
    let arguments = ["functions"].iter().chain(arguments);
    run(&arguments.map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
}

#[test]
fn functions_are_listed_and_each_is_told_of_in_every_style() {
    let (list, _) = told(&[]);
    assert!(list.starts_with("Text\n") && list.contains("\nLists\n"), "{list}");
    for row in written() {
        assert!(list.contains(&format!("\n  {}", label(row))), "{} is not listed", label(row));
    }
    for name in ["length", "len", "String.len", ".length()"] {
        let (page, _) = told(&[name]);
        assert!(page.contains("\nString.len(text: text or list) → integer\n"), "{name}: {page}");
        assert!(page.contains("text.length → integer\n"), "{name}: {page}");
        assert!(page.contains("  same as  text.length\n"), "{name}: {page}");
    }
    let (page, _) = told(&["getFilteredGroups"]);
    assert!(page.contains("E0626 (null-target), E0625 (type), E0621 (group-limit)"), "{page}");
}

#[test]
fn editors_get_functions_as_json_and_slips_get_the_nearest_name() {
    let (printed, _) = told(&["padStart", "--json"]);
    let told_of: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let function = &told_of["functions"][0];
    assert_eq!(function["signature"], "text.padStart(length: integer, fill?: text) → text");
    assert_eq!(function["parameters"][2]["optional"], true);
    assert_eq!(function["example"]["value"], "007");
    let (printed, said) = told(&["padstrat"]);
    assert_eq!(printed, "");
    assert!(said.contains("there is no function `padstrat`; did you mean `padStart`?"), "{said}");
}

#[test]
fn a_row_that_asks_for_the_time_says_so() {
    let at = |now: &str| EXAMPLE_CONTEXT.replacen('{', &format!(r#"{{"now": "{now}", "#), 1);
    let (then, later) = (at("2001-02-03T04:05:06Z"), at("2033-10-11T12:13:14Z"));
    let timely: Vec<&str> =
        rows().filter(|(_, row)| row.asks_time).flat_map(|(_, row)| row.names).copied().collect();
    assert!(timely.contains(&"Time.now") && timely.contains(&"withinDays"));
    for (_, row) in rows().filter(|(_, row)| row.style != Style::Internal) {
        let (expression, _) = row.example;
        if !timely.iter().any(|name| expression.contains(name)) {
            let answers = [&then, &later].map(|context| evaluate(expression, context));
            assert_eq!(answers[0], answers[1], "{expression}");
        }
    }
}
