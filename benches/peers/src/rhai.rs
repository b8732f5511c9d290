//! Rhai: scripts optimised and kept, one scope for each person. It has no regular expressions.

use crate::Peer;
use rhai::{Dynamic, Engine, OptimizationLevel, Scope};
use serde_json::Value;
use std::cell::RefCell;

const ROWS: &[(&str, &str)] = &[
    (
        "filter and map",
        r#"user.groups.filter(|g| g.starts_with("role_")).map(|g| { g.replace("role_", ""); g })"#,
    ),
    ("selection and projection", r#"user.groups.filter(|g| g.starts_with("role_"))"#),
    (
        "condition",
        r#"user.profile.department == "Engineering" && user.profile.email.ends_with("@example.com")"#,
    ),
    (
        "substringAfter",
        r#"user.profile.email.sub_string(user.profile.email.index_of("@") + 1)"#,
    ),
    (
        "five arms",
        r#"switch user.profile.department {
            "Engineering" => "eng", "Sales" => "sal", "Finance" => "fin", "Support" => "sup", _ => "oth"
        }"#,
    ),
    ("concatenation", r#"user.profile.firstName + " " + user.profile.lastName"#),
    (
        "membership of three",
        r#""role_admin-0" in user.groups || "vpn-3" in user.groups || "nobody" in user.groups"#,
    ),
    ("comparison of dates", "user.created < user.lastLogin"),
    (
        "classic CSV trick",
        r#"let joined = "";
        for g in user.groups {
            if g.starts_with("role_") {
                if joined != "" { joined += ","; }
                joined += g;
            }
        }
        joined.replace("role_", "");
        joined.split(",")"#,
    ),
];

pub(crate) fn prepare(row: &str, people: &[Value]) -> Option<Peer> {
    let (_, text) = ROWS.iter().find(|(name, _)| *name == row)?;
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::Full);
    let script = engine.compile(text).unwrap();
    let scopes: Vec<RefCell<Scope<'static>>> = people
        .iter()
        .map(|person| {
            let mut scope = Scope::new();
            scope.push_constant_dynamic("user", rhai::serde::to_dynamic(person).unwrap());
            RefCell::new(scope)
        })
        .collect();
    let evaluate = move |person: usize| {
        let mut scope = scopes[person].borrow_mut();
        let n_variables = scope.len();
        let answer: Dynamic = engine.eval_ast_with_scope(&mut scope, &script).unwrap();
        scope.rewind(n_variables);
        answer
    };
    let json = |value: Dynamic| rhai::serde::from_dynamic(&value).unwrap();
    Some(Peer::new("rhai", evaluate, json))
}
