//! Subjects for made-up programs: they differ in what is null, how long texts and lists are, which
//! groups there are, and in how much their schema promises.

use claimsmith::document;
use claimsmith::program::{ProgramSet, Roots, Subject};
use claimsmith::schema::{Root, Schema};
use claimsmith_runtime::types::Shape;
use serde_json::{Value, json};
use std::iter;
use std::sync::Arc;

/// Attributes that hold what is easily got wrong; each must be read by many programs.
pub(crate) const NOTABLE: [&str; 8] = [
    "user.accents",
    "user.long",
    "user.empty",
    "user.notags",
    "user.single",
    "user.many",
    "user.custom",
    "user.none",
];

/// The attributes the generator names, as a declaration.
const DECLARATION: &str = r#"{"user": {
    "email": {"type": "string", "required": true}, "title": {"type": "string"},
    "accents": {"type": "string"}, "long": {"type": "string"}, "empty": {"type": "string"},
    "age": {"type": "integer"}, "big": {"type": "integer"}, "none": {"type": "integer"},
    "score": {"type": "number"}, "active": {"type": "boolean"}, "flag": {"type": "string"},
    "tags": {"type": "array of string"}, "many": {"type": "array of string"},
    "single": {"type": "array of string"}, "notags": {"type": "array of string"},
    "numbers": {"type": "array of integer"}, "mixed": {"type": "array of string"},
    "huge": {"type": "array of integer", "required": true},
    "book": {"type": "string", "required": true}, "commas": {"type": "string"},
    "custom": {"type": "object"}}}"#;

/// A subject, and the schema that programs about it are checked against.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) schema: Arc<Schema>,
    pub(crate) subject: Subject,
    /// Whether the request is about nobody: every record is null.
    absent: bool,
}

impl Prepared {
    pub(crate) fn roots<'r>(&'r self, set: &ProgramSet, resolved: &'r [u32]) -> Roots<'r> {
        if self.absent {
            let none = iter::repeat_n(None, self.schema.n_records());
            return Roots::new(self.subject.table(), resolved, 0, none);
        }
        Roots::of(&self.subject, set, resolved, 0)
    }
}

/// Every subject with a schema of what it holds, with a declared one, and with one where nobody
/// may be there.
pub(crate) fn prepared() -> Vec<Prepared> {
    let declared = super::declared(DECLARATION);
    let doubtful = Arc::new(doubtful(&declared));
    let mut prepared = Vec::new();
    for context in contexts() {
        let context = document::read(context.to_string().as_bytes()).unwrap();
        let (schema, subject) = Subject::infer(&context).unwrap();
        prepared.push(Prepared { schema: Arc::new(schema), subject, absent: false });
        for schema in [&declared, &doubtful] {
            let subject = Subject::read(&context, schema).unwrap();
            prepared.push(Prepared { schema: Arc::clone(schema), subject, absent: false });
        }
    }
    let nobody = document::read(contexts()[1].to_string().as_bytes()).unwrap();
    let subject = Subject::read(&nobody, &doubtful).unwrap();
    prepared.push(Prepared { schema: doubtful, subject, absent: true });
    prepared
}

/// The same attributes, observed instead of promised, of a user who may be null.
fn doubtful(declared: &Schema) -> Schema {
    let or_null = |root: &Root| Root {
        name: root.name.clone(),
        shape: Shape { nullable: true, ..root.shape.clone() },
    };
    let roots = declared.roots().iter().map(or_null).collect();
    Schema::new(roots, Arc::clone(declared.group()), false)
}

fn contexts() -> [Value; 6] {
    let many: Vec<String> = (0..1_000).map(|number| format!("{}{number}", number % 7)).collect();
    let groups: Vec<String> = (0..40)
        .map(|number| format!("{}{number}", ["role_", "rôle_", "x\"", "role_role_"][number % 4]))
        .collect();
    let described = json!([
        {"id": "g1", "type": "OKTA_GROUP", "source": {"id": "s1"}, "profile": {"name": "role_admin"}},
        {"id": "g2", "profile": {"name": "Everyone", "description": "all"}}]);
    let directory: Vec<Value> = (0..1_000).map(directory_group).collect();
    [
        context(
            &json!("an engineer"),
            &json!(["Everyone", "role_admin", "role_auditor"]),
            &json!(["a", "role_b", "é"]),
            &json!([1, 2, 3]),
        ),
        in_flow("implicit", context(&json!(null), &json!([]), &json!([]), &json!([]))),
        context(&json!(""), &json!(groups), &json!(many), &json!([0])),
        context(
            &json!("a\"\\\n\u{1}"),
            &described,
            &json!(["\u{e9}", "", "l".repeat(33)]),
            &json!([i64::MAX, -1]),
        ),
        in_flow(
            "implicit",
            context(&json!("true"), &json!(["role_admin"]), &json!(["g1"]), &json!([100])),
        ),
        in_flow(
            "implicit",
            context(&json!("g7"), &json!(directory), &json!(["g7", "g1", "g7"]), &json!([500, 0])),
        ),
    ]
}

fn in_flow(flow: &str, mut context: Value) -> Value {
    context["flow"] = json!(flow);
    context
}

/// One of many groups, most of them from an application.
fn directory_group(number: usize) -> Value {
    let (kind, source) = match number % 5 {
        0 => ("OKTA_GROUP", json!({"id": null})),
        1 => ("BUILT_IN", json!(null)),
        _ => ("APP_GROUP", json!({"id": format!("s{}", number % 3), "type": "active_directory"})),
    };
    let name = format!("{}{number}", ["role_", "a", "é"][number % 3]);
    json!({"id": format!("g{number}"), "type": kind, "source": source,
        "objectClass": ["okta:user_group"], "profile": {"name": name, "level": number % 4}})
}

fn context(title: &Value, groups: &Value, tags: &Value, numbers: &Value) -> Value {
    let linked = json!({"id": "u2", "groups": ["Everyone", {"id": "g3", "name": "linked"}],
        "profile": profile(title, tags, numbers), "appUsers": {"0oa1": {"profile": {"x": 1}}},
        "manager": {"active_directory": {"id": "u4", "profile": profile(title, tags, numbers)}},
        "linkedObjects": {"id": {"id": "u3", "profile": profile(title, tags, numbers)}}});
    let source = json!({"active_directory": linked});
    let times = json!(["2015-07-30T23:58:32.000Z", "1969-12-31T23:59:59.999999+05:30"]);
    json!({"now": "2015-07-31T17:18:37.979Z", "user": {"id": "u1", "groups": groups,
            "created": times[0], "lastUpdated": times[1], "lastLogin": null, "profile": profile(title, tags, numbers),
            "appUsers": {"0oa1": {"profile": {"k": "a", "x": {"y": 1}}}}},
        "linkedObjects": {"manager": linked}, "manager": source, "assistant": source,
        "directory": [{"k": title}], "workday": tags})
}

fn profile(title: &Value, tags: &Value, numbers: &Value) -> Value {
    let many: Vec<String> = (0..1_000).map(|number| format!("{}{number}", number % 7)).collect();
    let huge: Vec<u16> = (0..10_001).collect();
    let deep = (0..90).fold(json!("bottom"), |inner, _| json!([inner]));
    json!({
        "email": "ada@example.com", "title": title, "accents": "Ünïcödé 😀 é",
        "long": "l".repeat(33), "empty": "", "age": 36, "big": 9_007_199_254_740_993_i64,
        "none": null, "score": 2.5, "active": true, "flag": "false", "tags": tags, "many": many,
        "single": ["only"], "notags": [], "numbers": numbers, "mixed": ["a", "é"], "huge": huge,
        "book": "a long text ".repeat(3_300), "commas": ",".repeat(10_001),
        "custom": {"x": {"y": ["deep", 1]}, "k": null, "deep": deep, "list": ["a", null, 2]}})
}
