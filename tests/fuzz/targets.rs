//! What fuzzing asks of any input: nothing panics, what is told lies within the text, both engines
//! agree, and what is printed says the same. `tests/it` asks it of every seed.

use claimsmith::diagnostic::{Diagnostic, render};
use claimsmith::document::{self, Node};
use claimsmith::internals::round_trip;
use claimsmith::program::{
    Engine, EvaluationFault, Length, Lines, Making, Roots, SetBuilder, Subject, Worker, complete,
    format, is_unfinished,
};
use claimsmith::schema::{self, Schema};
use std::sync::{Arc, LazyLock};

/// A target: its name, and what it asks.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets whose input is an expression.
pub(crate) const OF_EXPRESSIONS: [Target; 4] =
    [("parser", parser), ("checker", checker), ("agreement", agreement), ("formatter", formatter)];

/// The code of a bug of ours.
const BUG: &str = "E0699";

/// Roots of every kind.
const CONTEXT: &str = r#"{"user": {"id": "u1", "status": "ACTIVE", "created": "2024-02-29T23:59:59Z",
    "profile": {"email": "ada@example.com", "title": null, "empty": "", "age": 36, "score": 2.5,
        "active": true, "flag": "false", "tags": ["a", "role_b", "é"], "numbers": [3, 1, 2],
        "mixed": ["a", null, 1, {"k": [2]}], "custom": {"x": {"y": ["deep", 1]}, "k": null},
        "accents": "Ünïcödé 😀 é", "long": "lllllllllllllllllllllllllllllllll"},
    "groups": ["Everyone", {"id": "g1", "type": "OKTA_GROUP", "profile": {"name": "role_admin"}}],
    "appUsers": {"0oa1": {"profile": {"k": "a"}}}},
    "linkedObjects": {"manager": {"id": "u2", "profile": {"email": "b"}}},
    "access": {"scope": ["openid"], "audience": "api", "grantType": "code"},
    "now": "2025-01-01T00:00:00Z", "extra": [1, {"a": "b"}]}"#;

/// What time it is, in microseconds since 1970.
const NOW: i64 = 1_735_689_600_000_000;

/// The types of some of them.
const DECLARATION: &str = r#"{"user": {"email": {"type": "string", "required": true},
    "title": {"type": "string"}, "age": {"type": "integer"}, "score": {"type": "number"},
    "active": {"type": "boolean"}, "tags": {"type": "array of string"},
    "numbers": {"type": "array of integer"}, "custom": {"type": "object"}}}"#;

/// Schemas to check against: one that promises nothing, one that does.
static SCHEMAS: LazyLock<[(Arc<Schema>, Subject); 2]> = LazyLock::new(|| {
    let context = document::read(CONTEXT.as_bytes()).unwrap();
    let (observed, subject) = Subject::infer(&context).unwrap();
    let declaration = document::read(DECLARATION.as_bytes()).unwrap();
    let declared = Arc::new(schema::from_declaration(&declaration).unwrap());
    let promised = Subject::read(&context, &declared).unwrap();
    [(Arc::new(observed), subject), (declared, promised)]
});

/// The input as an expression; anything else is passed over.
fn expression(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// What is told of a text lies within it, can be shown, and is no bug of ours.
fn is_well_told(text: &str, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let range = diagnostic.span.range();
        assert!(text.get(range).is_some(), "{diagnostic:?} is not in {text:?}");
        assert!(diagnostic.code.id != BUG, "{diagnostic:?} of {text:?}");
        assert!(!render(diagnostic, "fuzz", text, false).is_empty());
    }
}

/// Lexer and parser.
pub(crate) fn parser(input: &[u8]) {
    let Some(text) = expression(input) else { return };
    if let Err(diagnostics) = format(text, Length::Claim, Lines::One) {
        is_well_told(text, &diagnostics);
    }
    let is_read = format(text, Length::Free, Lines::Several).is_ok();
    assert!(!(is_read && is_unfinished(text)), "{text:?} is read, and yet unfinished");
}

/// Checker, charges, verifier, and what completion makes of the same text.
pub(crate) fn checker(input: &[u8]) {
    let Some(text) = expression(input) else { return };
    for (schema, _) in SCHEMAS.iter() {
        let mut builder = SetBuilder::new(Arc::clone(schema));
        match builder.add_json(text, Length::Free) {
            Ok((id, lints)) => {
                is_well_told(text, &lints);
                assert!(!builder.type_name(id).is_empty());
            }
            Err(diagnostics) => is_well_told(text, &diagnostics),
        }
        let completion = complete(schema, text);
        assert!(text.is_char_boundary(completion.start));
    }
}

/// Interpreter and machine code.
pub(crate) fn agreement(input: &[u8]) {
    let Some(text) = expression(input) else { return };
    for (schema, subject) in SCHEMAS.iter() {
        agree(text, schema, subject);
    }
}

fn agree(text: &str, schema: &Arc<Schema>, subject: &Subject) {
    let mut builder = SetBuilder::new(Arc::clone(schema));
    let Ok((id, _)) = builder.add_json(text, Length::Free) else { return };
    let usual = Making { optimizes: true, ..Making::default() };
    let optimized = Making { interprets_optimized: true, interprets_only: true, ..usual };
    let mut worker = Worker::new();
    let mut answer = |making: &Making<'_>, engine| {
        let set = builder.clone().finish_for_test(making);
        let resolved = set.resolve(subject.table());
        let roots = Roots::of(subject, &set, &resolved, NOW);
        let json = set.json(id, &roots, &mut worker, engine)?.to_vec();
        Ok::<_, EvaluationFault>((json, claimsmith::program::tally::steps_left()))
    };
    let everybodys = Making { hides_steps: true, ..usual };
    let plain = Making { interprets_only: true, ..Making::default() };
    let interpreted = answer(&plain, Engine::Interpreter);
    assert_eq!(answer(&usual, Engine::Native), interpreted, "{text:?}");
    let json = |answer: Result<(Vec<u8>, i64), EvaluationFault>| answer.map(|(json, _)| json);
    let given = json(answer(&everybodys, Engine::Native));
    assert_eq!(given, json(interpreted.clone()), "without steps {text:?}");
    assert_eq!(answer(&optimized, Engine::Interpreter), interpreted, "optimized {text:?}");
    match interpreted {
        Ok((json, _)) => assert!(document::read(&json).is_ok(), "{text:?} gives no JSON"),
        Err(fault) => is_well_told(text, &[fault.diagnostic()]),
    }
}

/// The formatter.
pub(crate) fn formatter(input: &[u8]) {
    let Some(text) = expression(input) else { return };
    round_trip(text).unwrap();
}

/// Contexts: what is read can be asked for, and is JSON again.
pub(crate) fn context(input: &[u8]) {
    let Ok(node) = document::read(input) else { return };
    let Ok((schema, subject)) = Subject::infer(&node) else { return };
    let schema = Arc::new(schema);
    for name in names(&node) {
        agree(&name, &schema, &subject);
    }
    agree(
        "{user?.groups, user?.profile, user?.email, app?.profile, appuser?.x}",
        &schema,
        &subject,
    );
}

/// Some members of the context that can be named.
fn names(context: &Node) -> Vec<String> {
    let document::Json::Object(members) = &context.value else { return Vec::new() };
    members.iter().take(4).map(|member| member.key.clone()).collect()
}
