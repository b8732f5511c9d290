//! What a hook may change of the claims of a token, and what it may not.

use super::patch::{Document, Protection};
use super::telling::written;
use crate::server::{AccessTokenFormat, ClaimType};
use serde_json::{Map, Value, json};

fn access() -> Map<String, Value> {
    let claims = json!({
        "iat": 1000, "exp": 4600, "sub": "ada", "aud": "https://api", "jti": "AT.1", "uid": "u",
        "scp": ["a"], "roles": ["x", "y"], "https://a/b~c": {"d": [1, {"e": 2}]},
    });
    claims.as_object().unwrap().clone()
}

fn changed(claim_type: ClaimType, op: &Value) -> Result<Value, String> {
    let audiences = ["https://api".to_owned(), "https://other".to_owned()];
    let format = AccessTokenFormat::Okta;
    let protection = Protection { format, audiences: &audiences, longest: None };
    let mut document = Document::new(access());
    document.apply(op, claim_type, &protection)?;
    Ok(Value::Object(document.into_claims()))
}

fn op(verb: &str, path: &str, value: Value) -> Value {
    let mut op = json!({"op": verb, "path": path});
    op["value"] = value;
    op
}

#[test]
fn claims_are_added_replaced_and_removed_wherever_they_are() {
    let change = |verb, path, value| changed(ClaimType::Resource, &op(verb, path, value)).unwrap();
    assert_eq!(change("add", "/claims/dept", json!("eng"))["dept"], "eng");
    assert_eq!(change("add", "/claims/roles", json!(1))["roles"], 1);
    assert_eq!(change("replace", "/claims/roles", json!({}))["roles"], json!({}));
    assert_eq!(change("remove", "/claims/roles", Value::Null).get("roles"), None);
    assert_eq!(change("add", "/claims/roles/-", json!("z"))["roles"], json!(["x", "y", "z"]));
    assert_eq!(change("add", "/claims/roles/0", json!("z"))["roles"], json!(["z", "x", "y"]));
    assert_eq!(change("replace", "/claims/roles/1", json!("z"))["roles"], json!(["x", "z"]));
    assert_eq!(change("remove", "/claims/roles/0", Value::Null)["roles"], json!(["y"]));
    let deep = change("replace", "/claims/https:~1~1a~1b~0c/d/1/e", json!(3));
    assert_eq!(deep["https://a/b~c"], json!({"d": [1, {"e": 3}]}));
}

/// Decision 8 and decision 13.
#[test]
fn what_is_ours_to_answer_for_stays() {
    let refused = |claim_type, verb: &str, path: &str, value: Value| {
        changed(claim_type, &op(verb, path, value)).unwrap_err()
    };
    for name in
        ["iss", "exp", "iat", "jti", "ver", "cid", "uid", "scp", "cnf", "act", "client_id", "nbf"]
    {
        refused(ClaimType::Resource, "add", &format!("/claims/{name}"), json!("x"));
        refused(ClaimType::Resource, "add", &format!("/claims/{name}/0"), json!("x"));
    }
    for name in ["sub", "aud", "nonce", "amr", "idp", "at_hash", "auth_time", "iss"] {
        refused(ClaimType::Identity, "replace", &format!("/claims/{name}"), json!("x"));
    }
    let change = |verb, path, value| changed(ClaimType::Resource, &op(verb, path, value));
    assert_eq!(change("replace", "/claims/sub", json!("eve")).unwrap()["sub"], "eve");
    assert_eq!(
        change("replace", "/claims/aud", json!("https://other")).unwrap()["aud"],
        "https://other"
    );
    for (verb, path, value) in [
        ("replace", "/claims/aud", json!("https://else")),
        ("replace", "/claims/aud", json!(["https://api"])),
        ("replace", "/claims/sub", json!("")),
        ("replace", "/claims/sub", json!(1)),
        ("add", "/claims/sub", json!("eve")),
        ("remove", "/claims/sub", Value::Null),
        ("remove", "/claims/roles", json!("x")),
        ("remove", "/claims/nothing", Value::Null),
        ("replace", "/claims/nothing", json!(1)),
        ("add", "/claims/nothing/deep", json!(1)),
        ("add", "/claims/roles/3", json!(1)),
        ("add", "/claims/roles/01", json!(1)),
        ("replace", "/claims/roles/-", json!(1)),
        ("add", "/claims/dept", Value::Null),
        ("move", "/claims/roles", json!("x")),
        ("add", "/claims", json!({})),
        ("add", "/scopes/admin", json!(1)),
        ("add", "claims/dept", json!(1)),
        ("add", "/token", json!({})),
    ] {
        assert!(change(verb, path, value.clone()).is_err(), "{verb} {path} {value}");
    }
}

#[test]
fn a_lifetime_is_replaced_within_bounds() {
    let path = "/token/lifetime/expiration";
    let change = |verb, value| changed(ClaimType::Resource, &op(verb, path, value));
    assert_eq!(change("replace", json!(300)).unwrap()["exp"], 1300);
    assert_eq!(change("replace", json!(86_400)).unwrap()["exp"], 87_400);
    for wrong in [json!(299), json!(86_401), json!("300"), json!(300.5), Value::Null] {
        assert!(change("replace", wrong).is_err());
    }
    assert!(change("add", json!(300)).is_err());
    let protection =
        Protection { format: AccessTokenFormat::Okta, audiences: &[], longest: Some(600) };
    let mut document = Document::new(access());
    let longer = op("replace", path, json!(3600));
    document.apply(&longer, ClaimType::Resource, &protection).unwrap();
    assert_eq!(document.into_claims()["exp"], 1600, "decision 19: not beyond the subject's token");
}

#[test]
fn times_are_written_as_okta_writes_them() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (1_700_223_200, "2023-11-17T12:13:20.000Z"),
        (4_102_444_799, "2099-12-31T23:59:59.000Z"),
        (-1, "1969-12-31T23:59:59.000Z"),
    ] {
        assert_eq!(written(seconds), text);
    }
}
