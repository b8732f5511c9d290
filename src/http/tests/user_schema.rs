//! The attributes of users: declared, used, taken back (authorization-server §1.10).

use super::people::{Office, USERS};
use super::*;

const SCHEMA: &str = "/api/v1/meta/schemas/user/default";

#[test]
fn attributes_are_declared_used_and_taken_back_unless_that_breaks_an_expression() {
    let office = Office::open();
    let schema = office.get(SCHEMA);
    let custom = &schema["definitions"]["custom"]["properties"];
    assert_eq!(custom["projects"]["items"]["type"], "string", "{schema}");
    assert_eq!(schema["definitions"]["base"]["required"], json!(["login", "email"]));
    // What is sent back as it was read changes nothing.
    assert_eq!(office.post(SCHEMA, schema.clone())["definitions"], schema["definitions"]);
    let declare = |name: &str, property: Value| {
        let body = json!({"definitions": {"custom": {"properties": {name: property}}}});
        office.ask(Method::POST, SCHEMA, &body)
    };
    let shoe = json!({"type": "number", "title": "Shoe size"});
    let declared = declare("shoe", shoe).expect(200);
    assert_eq!(declared["definitions"]["custom"]["properties"]["shoe"]["title"], "Shoe size");
    let profile = json!({"login": "g@example.com", "email": "g@example.com", "shoe": 42.5});
    let made = office.post(USERS, json!({"profile": profile}));
    let own = format!("{USERS}/{}", text_of(&made["id"]));
    let typed = declare("shoe", json!({"type": "string"})).expect(400);
    let cause = "shoe: the type of an attribute cannot be changed; take it back first";
    assert_eq!(typed["errorCauses"][0]["errorSummary"], cause);
    let required = declare("shoe", json!({"type": "number", "required": true})).expect(400);
    let cause = text_of(&required["errorCauses"][0]["errorSummary"]);
    assert!(cause.starts_with("shoe: cannot be required: the user `"), "{cause}");
    // Who had it has it no more, and goes on.
    declare("shoe", Value::Null).expect(200);
    let changed = office.post(&own, json!({"profile": {"title": "Admiral"}}));
    assert_eq!(changed["profile"].get("shoe"), None, "{changed}");
    // A claim of the demo reads it.
    let broken = declare("employeeType", Value::Null).expect(400);
    assert_eq!(broken["errorCode"], "E0000001");
    let causes = broken["errorCauses"].to_string();
    assert!(causes.contains("employeeType"), "{causes}");
    assert_eq!(office.get(SCHEMA)["definitions"], schema["definitions"]);
    for (name, property) in [
        ("login", json!({"type": "string"})),
        ("SHOE SIZE", json!({"type": "string"})),
        ("Login", json!({"type": "string"})),
        ("x", json!({"type": "date"})),
        ("x", json!({"type": "array"})),
        ("x", json!({})),
        ("x", json!(7)),
    ] {
        assert_eq!(declare(name, property).expect(400)["errorCode"], "E0000001", "{name}");
    }
    let base = json!({"definitions": {"base": {"properties": {"title": {"required": true}}}}});
    let refused = office.ask(Method::POST, SCHEMA, &base);
    assert_eq!(refused.expect(403)["errorCode"], "E0000077");
    let types = office.get("/api/v1/meta/types/user");
    assert_eq!(types[0]["id"], "otyclaimsmithdefault");
}
