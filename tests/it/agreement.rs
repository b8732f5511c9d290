//! Made-up programs over made-up subjects: the interpreter and machine code give the same bytes, or
//! the same fault at the same place.

use crate::support::random_program::{Dice, Maker, Wanted};
use claimsmith::document::{self, Node};
use claimsmith::program::{
    Engine, EvaluationFault, Length, MemberSource, ProgramSet, Roots, SetBuilder, Subject, Worker,
};
use claimsmith::schema::{self, Schema};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

/// How many programs are compared.
const PROGRAMS: usize = 20_000;

/// The attributes the generator names, as a declaration.
const DECLARATION: &str = r#"{"user": {
    "email": {"type": "string", "required": true}, "title": {"type": "string"},
    "accents": {"type": "string"}, "long": {"type": "string"}, "empty": {"type": "string"},
    "age": {"type": "integer"}, "big": {"type": "integer"}, "none": {"type": "integer"},
    "score": {"type": "number"}, "active": {"type": "boolean"}, "flag": {"type": "string"},
    "tags": {"type": "array of string"}, "many": {"type": "array of string"},
    "single": {"type": "array of string"}, "notags": {"type": "array of string"},
    "numbers": {"type": "array of integer"}, "mixed": {"type": "array of string"},
    "custom": {"type": "object"}}}"#;

/// Subjects that differ in what is null, how long texts and lists are, and which groups there are.
fn subjects() -> Vec<Node> {
    let long = "l".repeat(33);
    let many: Vec<String> = (0..1_000).map(|number| format!("{}{number}", number % 7)).collect();
    let groups: Vec<String> = (0..40)
        .map(|number| format!("{}{number}", ["role_", "rôle_", "x\"", "role_role_"][number % 4]))
        .collect();
    let subject = |title, groups, tags: serde_json::Value, numbers| {
        serde_json::json!({"user": {"id": "u1", "groups": groups, "profile": {
            "email": "ada@example.com", "title": title, "accents": "Ünïcödé 😀 é", "long": long,
            "empty": "", "age": 36, "big": 9_007_199_254_740_993_i64, "none": null, "score": 2.5,
            "active": true, "flag": "false", "tags": tags, "many": many, "single": ["only"],
            "notags": [], "numbers": numbers, "mixed": ["a", "é"],
            "custom": {"x": {"y": ["deep", 1]}, "k": null}}}})
    };
    let all = [
        subject(
            serde_json::json!("an engineer"),
            serde_json::json!(["Everyone", "role_admin", "role_auditor"]),
            serde_json::json!(["a", "role_b", "é"]),
            serde_json::json!([1, 2, 3]),
        ),
        subject(
            serde_json::json!(null),
            serde_json::json!([]),
            serde_json::json!([]),
            serde_json::json!([]),
        ),
        subject(
            serde_json::json!(""),
            serde_json::json!(groups),
            serde_json::json!(many),
            serde_json::json!([0]),
        ),
        subject(
            serde_json::json!("a\"\\\n\u{1}"),
            serde_json::json!([{"id": "g1", "profile": {"name": "role_admin"}},
                {"id": "g2", "profile": {"name": "Everyone", "description": "all"}}]),
            serde_json::json!(["\u{e9}", "", "l".repeat(33)]),
            serde_json::json!([i64::MAX, -1]),
        ),
    ];
    all.iter().map(|subject| document::read(subject.to_string().as_bytes()).unwrap()).collect()
}

/// What was seen, so that the test can say that it saw enough.
#[derive(Debug, Default)]
struct Seen {
    values: usize,
    faults: BTreeMap<&'static str, usize>,
    nodes: BTreeMap<String, usize>,
}

impl Seen {
    fn note<T>(&mut self, outcome: &Result<T, EvaluationFault>) {
        match outcome {
            Ok(_) => self.values += 1,
            Err(fault) => *self.faults.entry(fault.code).or_default() += 1,
        }
    }

    /// Counts the operations that a program is made of, nullable ones apart.
    fn note_nodes(&mut self, ir: &str) {
        for line in ir.lines() {
            let Some((_, operation)) = line.split_once(" = ") else { continue };
            let words: Vec<&str> = operation.split(' ').collect();
            let name = match words[0] {
                "call" | "order" => words[..2].join(" "),
                "charge" if words[1] == "size" => "charge size".to_owned(),
                other => other.to_owned(),
            };
            *self.nodes.entry(name).or_default() += 1;
        }
    }
}

/// Asks both engines; tells of a difference.
fn ask<T: PartialEq + Debug>(
    what: &str,
    mut on: impl FnMut(Engine) -> Result<T, EvaluationFault>,
) -> Result<Result<T, EvaluationFault>, String> {
    let (interpreted, native) = (on(Engine::Interpreter), on(Engine::Native));
    if native == interpreted {
        return Ok(interpreted);
    }
    Err(format!("on {what}\nnative code gives {native:?}\nthe interpreter  {interpreted:?}"))
}

/// How a set of programs is compiled.
type Finish<'f> = &'f dyn Fn(SetBuilder) -> ProgramSet;

fn compare(
    dice: &mut Dice,
    schema: &Arc<Schema>,
    subject: &Subject,
    finish: Finish<'_>,
    seen: &mut Seen,
) -> Result<usize, String> {
    let worker = &mut Worker::new();
    let kinds = [
        Wanted::Text,
        Wanted::Integer,
        Wanted::Number,
        Wanted::Boolean,
        Wanted::Texts,
        Wanted::Texts,
        Wanted::Groups,
        Wanted::Any,
    ];
    let mut builder = SetBuilder::new(Arc::clone(schema));
    let mut texts = Vec::new();
    let mut programs = Vec::new();
    for _ in 0..8 {
        let wanted = kinds[dice.roll(kinds.len())];
        let text = Maker::new(dice).make(wanted, 4);
        if let Ok((id, _)) = builder.add_json(&text, Length::Free) {
            programs.push((id, text.clone()));
            texts.push(text);
        }
    }
    let condition_text = Maker::new(dice).make(Wanted::Boolean, 3);
    let condition = builder.add_condition(&condition_text).ok();
    let guard = Maker::new(dice).make(Wanted::Boolean, 2);
    let short: Vec<&String> = texts.iter().filter(|text| text.len() < 900).collect();
    let members: Vec<MemberSource<'_>> = short
        .iter()
        .enumerate()
        .map(|(index, text)| MemberSource {
            name: ["a", "b\"", "c"][index % 3],
            alternatives: vec![(Some(guard.as_str()), text.as_str()), (None, "user.title")],
            omit_empty: index % 2 == 0,
        })
        .collect();
    let object = builder.add_object(&members).ok();
    let set = finish(builder);
    assert!(set.is_native());
    let resolved = set.resolve(subject.table());
    let roots = Roots::of(subject, &resolved);
    let mut n_compared = 0;
    for (id, text) in &programs {
        let outcome = ask(text, |engine| {
            set.json(*id, &roots, worker, engine).map(|json| String::from_utf8(json.to_vec()))
        })?;
        seen.note(&outcome);
        seen.note_nodes(&set.ir(*id).unwrap());
        n_compared += 1;
    }
    if let Some((id, _)) = condition {
        let outcome = ask(&condition_text, |engine| set.condition(id, &roots, worker, engine))?;
        seen.note(&outcome);
        n_compared += 1;
    }
    if let Some(id) = object {
        let selected = [dice.roll(256) as u64];
        let outcome = ask(&format!("{members:?}"), |engine| {
            set.object(id, &selected, &roots, worker, engine).map(<[u8]>::to_vec)
        })?;
        seen.note(&outcome);
        n_compared += 1;
    }
    Ok(n_compared)
}

/// Compares until `n` programs agreed; the difference that ends it early, if there is one.
fn compare_many(n: usize, finish: Finish<'_>, seen: &mut Seen) -> Result<usize, String> {
    let seed = std::env::var("SEED").map_or(20_261_123, |seed| seed.parse().unwrap());
    let mut dice = Dice(seed);
    let declaration = document::read(DECLARATION.as_bytes()).unwrap();
    let declared = Arc::new(schema::from_declaration(&declaration).unwrap());
    let mut prepared = Vec::new();
    for context in subjects() {
        let (schema, subject) = Subject::infer(&context).unwrap();
        prepared.push((Arc::new(schema), subject));
        let subject = Subject::read(&context, &declared).unwrap();
        prepared.push((Arc::clone(&declared), subject));
    }
    let mut n_compared = 0;
    while n_compared < n {
        let (schema, subject) = &prepared[dice.roll(prepared.len())];
        n_compared += compare(&mut dice, schema, subject, finish, seen)?;
    }
    Ok(n_compared)
}

#[test]
fn both_engines_give_the_same_answer_to_made_up_programs() {
    let mut seen = Seen::default();
    let n_compared =
        compare_many(PROGRAMS, &|builder| builder.finish(Engine::Native), &mut seen).unwrap();
    let n_faults: usize = seen.faults.values().sum();
    assert!(seen.values * 2 >= n_compared, "too few values: {seen:?}");
    assert!(n_faults * 10 >= n_compared, "too few faults: {seen:?}");
    for code in ["E0601", "E0602", "E0603", "E0604", "E0606"] {
        let count = seen.faults.get(code).copied().unwrap_or_default();
        assert!(count >= 100, "{code}: {:?}", seen.faults);
    }
    let rare: Vec<_> = seen.nodes.iter().filter(|(_, count)| **count < 100).collect();
    assert!(rare.is_empty(), "seen too rarely: {rare:?}");
    assert!(seen.nodes.len() >= 40, "only {} kinds of node: {:?}", seen.nodes.len(), seen.nodes);
}

#[cfg(feature = "internals")]
#[test]
fn a_mistake_planted_in_code_generation_is_found() {
    for mistake in claimsmith::program::MISTAKES {
        let finish = |builder: SetBuilder| builder.finish_with_mistake(mistake);
        let difference = compare_many(PROGRAMS, &finish, &mut Seen::default());
        assert!(difference.is_err(), "nobody noticed {mistake}");
    }
}
