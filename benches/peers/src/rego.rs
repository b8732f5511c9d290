//! Rego: crate `regorus`, its virtual machine, which is the fastest of its ways to evaluate.

use crate::Peer;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::{ExecutionMode, RegoVM};
use regorus::{Engine, Value as RegoValue};
use serde_json::Value;
use std::cell::RefCell;

const ENTRY: &str = "data.bench.answer";

const ROWS: &[(&str, &str)] = &[
    (
        "filter and map",
        r#"answer := [replace(g, "role_", "") | some g in input.groups; startswith(g, "role_")]"#,
    ),
    (
        "selection and projection",
        r#"answer := [g | some g in input.groups; startswith(g, "role_")]"#,
    ),
    (
        "condition",
        r#"default answer := false
answer if { input.profile.department == "Engineering"; endswith(input.profile.email, "@example.com") }"#,
    ),
    (
        "substringAfter",
        r#"answer := substring(input.profile.email, indexof(input.profile.email, "@") + 1, -1)"#,
    ),
    (
        "five arms",
        r#"answer := "eng" if { input.profile.department == "Engineering" }
else := "sal" if { input.profile.department == "Sales" }
else := "fin" if { input.profile.department == "Finance" }
else := "sup" if { input.profile.department == "Support" }
else := "oth""#,
    ),
    (
        "concatenation",
        r#"answer := concat(" ", [input.profile.firstName, input.profile.lastName])"#,
    ),
    (
        "membership of three",
        r#"default answer := false
answer if { "role_admin-0" in input.groups }
answer if { "vpn-3" in input.groups }
answer if { "nobody" in input.groups }"#,
    ),
    (
        "regular expression",
        r#"default answer := false
answer if { regex.match("^[a-z.]+@example[.]com$", input.profile.email) }"#,
    ),
    (
        "comparison of dates",
        "default answer := false
answer if { input.created < input.lastLogin }",
    ),
    (
        "classic CSV trick",
        r#"answer := split(replace(concat(",", [g | some g in input.groups; startswith(g, "role_")]), "role_", ""), ",")"#,
    ),
];

pub(crate) fn prepare(row: &str, people: &[Value]) -> Option<Peer> {
    let (_, text) = ROWS.iter().find(|(name, _)| *name == row)?;
    let mut engine = Engine::new();
    let policy = format!("package bench\nimport rego.v1\n{text}\n");
    engine.add_policy("bench.rego".to_owned(), policy).unwrap();
    let compiled = engine.compile_with_entrypoint(&ENTRY.into()).unwrap();
    let program = Compiler::compile_from_policy(&compiled, &[ENTRY]).unwrap();
    let mut machine = RegoVM::new();
    machine.set_execution_mode(ExecutionMode::RunToCompletion);
    machine.load_program(program);
    let inputs: Vec<RegoValue> = people
        .iter()
        .map(|person| RegoValue::from_json_str(&person.to_string()).unwrap())
        .collect();
    let machine = RefCell::new(machine);
    let evaluate = move |person: usize| {
        let mut machine = machine.borrow_mut();
        machine.set_input(inputs[person].clone());
        machine.execute().unwrap()
    };
    let json = |value: RegoValue| serde_json::from_str(&value.to_json_str().unwrap()).unwrap();
    Some(Peer::new("regorus", evaluate, json))
}
