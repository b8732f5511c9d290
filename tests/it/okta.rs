//! What Okta's API answered becomes a document that can be served: a dump of its answers, as recorded
//! of its own documentation's examples.

use crate::support::server::claimsmith;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

/// What the API answers about a small organization.
fn answers() -> Value {
    let server = "/api/v1/authorizationServers";
    let answers = [
        (
            "/api/v1/org".to_owned(),
            json!({"id": "00o1", "companyName": "Example Inc.", "subdomain": "example"}),
        ),
        (
            "/api/v1/meta/schemas/user/default".to_owned(),
            json!({"definitions": {"custom": {
                "properties": {
                    "clearance": {"title": "Clearance", "type": "integer"},
                    "projects": {"title": "Projects", "type": "array", "items": {"type": "string"}},
                    "photo": {"title": "Photo", "type": "object"},
                },
                "required": ["clearance"],
            }}}),
        ),
        (
            "/api/v1/groups".to_owned(),
            json!([
                {"id": "00gEveryone", "type": "BUILT_IN",
                 "profile": {"name": "Everyone", "description": "All users in your organization"}},
                {"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "Sellers", "description": null}},
            ]),
        ),
        ("/api/v1/groups/00g1/users".to_owned(), json!([{"id": "00u1"}])),
        (
            "/api/v1/groups/rules".to_owned(),
            json!([
                {"id": "0pr1", "type": "group_rule", "name": "Sales", "status": "ACTIVE",
                 "conditions": {
                     "people": {"users": {"exclude": ["00u1"]}, "groups": {"exclude": []}},
                     "expression": {"type": "urn:okta:expression:1.0",
                                    "value": "user.department == \"Sales\""}},
                 "actions": {"assignUserToGroups": {"groupIds": ["00g1"]}}},
                {"id": "0pr2", "type": "group_rule", "name": "Lost", "status": "INVALID",
                 "conditions": {"expression": {"value": "true"}},
                 "actions": {"assignUserToGroups": {"groupIds": ["00gGone"]}}},
            ]),
        ),
        (
            "/api/v1/users".to_owned(),
            json!([
                {"id": "00u1", "status": "ACTIVE", "created": "2024-01-05T09:30:00.000Z",
                 "profile": {"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada",
                             "secondEmail": null, "clearance": 3}},
            ]),
        ),
        (
            "/api/v1/apps".to_owned(),
            json!([
                {"id": "0oaConsole", "name": "saasure", "label": "Okta Admin Console",
                 "signOnMode": "OPENID_CONNECT", "status": "ACTIVE"},
                {"id": "0oa1", "name": "oidc_client", "label": "Shop", "status": "ACTIVE",
                 "signOnMode": "OPENID_CONNECT", "created": "2024-01-05T09:30:00.000Z",
                 "credentials": {"oauthClient": {"autoKeyRotation": true, "client_id": "0oa1client",
                     "token_endpoint_auth_method": "client_secret_basic", "pkce_required": true}},
                 "settings": {"oauthClient": {"application_type": "web", "client_uri": null,
                     "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                     "redirect_uris": ["https://shop.example.com/cb"], "consent_method": "REQUIRED",
                     "issuer_mode": "DYNAMIC", "wildcard_redirect": "DISABLED",
                     "refresh_token": {"rotation_type": "STATIC", "leeway": 0},
                     "idp_initiated_login": {"mode": "DISABLED", "default_scope": []}}},
                 "profile": {"tier": "gold"}},
            ]),
        ),
        ("/api/v1/apps/0oa1/groups".to_owned(), json!([{"id": "00g1", "priority": 0}])),
        (
            "/api/v1/apps/0oa1/users".to_owned(),
            json!([
                {"id": "00u1", "scope": "USER", "credentials": {"userName": "ada"}},
            ]),
        ),
        (
            "/api/v1/inlineHooks".to_owned(),
            json!([
                {"id": "cal1", "name": "Enrich", "status": "ACTIVE", "version": "1.0.0",
                 "type": "com.okta.oauth2.tokens.transform",
                 "channel": {"type": "HTTP", "version": "1.0.0", "config": {
                     "uri": "https://hooks.example.com/enrich", "method": "POST", "headers": [],
                     "authScheme": {"type": "HEADER", "key": "Authorization"}}}},
                {"id": "cal2", "name": "Register", "status": "ACTIVE",
                 "type": "com.okta.user.pre-registration", "channel": {"type": "HTTP"}},
            ]),
        ),
        (
            server.to_owned(),
            json!([
                {"id": "aus1", "name": "orders", "description": "Orders", "status": "ACTIVE",
                 "audiences": ["api://orders"], "issuer": "https://example.okta.com/oauth2/aus1",
                 "issuerMode": "ORG_URL", "default": false,
                 "credentials": {"signing": {"kid": "k", "rotationMode": "MANUAL"}}},
            ]),
        ),
        (
            format!("{server}/aus1/scopes"),
            json!([
                {"id": "scp1", "name": "openid", "system": true, "consent": "IMPLICIT"},
                {"id": "scp2", "name": "orders:read", "system": false, "displayName": "Read orders",
                 "consent": "FLEXIBLE", "default": true, "metadataPublish": "ALL_CLIENTS"},
            ]),
        ),
        (
            format!("{server}/aus1/claims"),
            json!([
                {"id": "ocl1", "name": "sub", "system": true, "claimType": "RESOURCE", "status": "ACTIVE",
                 "valueType": "EXPRESSION",
                 "value": "(appuser != null) ? appuser.userName : app.clientId"},
                {"id": "ocl2", "name": "birthdate", "system": true, "claimType": "IDENTITY",
                 "valueType": "SYSTEM", "status": "ACTIVE"},
                {"id": "ocl3", "name": "groups", "system": false, "claimType": "RESOURCE",
                 "status": "ACTIVE", "valueType": "GROUPS", "value": "Sell",
                 "group_filter_type": "STARTS_WITH", "conditions": {"scopes": ["orders:read"]},
                 "alwaysIncludeInToken": true},
            ]),
        ),
        (
            format!("{server}/aus1/policies"),
            json!([
                {"id": "00p1", "type": "OAUTH_AUTHORIZATION_POLICY", "name": "Shop", "priority": 1,
                 "status": "ACTIVE", "description": "d", "system": false,
                 "conditions": {"clients": {"include": ["0oa1client"]}}},
            ]),
        ),
        (
            format!("{server}/aus1/policies/00p1/rules"),
            json!([
                {"id": "0pr1", "type": "RESOURCE_ACCESS", "name": "Sellers", "priority": 1,
                 "status": "ACTIVE", "system": false,
                 "conditions": {
                     "people": {"users": {"include": ["00u1"], "exclude": []},
                                "groups": {"include": ["00g1"], "exclude": []}},
                     "grantTypes": {"include": ["authorization_code", "urn:okta:params:oauth:grant-type:otp"]},
                     "scopes": {"include": ["*"]}},
                 "actions": {"token": {"accessTokenLifetimeMinutes": 30,
                     "refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10080,
                     "inlineHook": {"id": "cal1"}}}},
                {"id": "0pr2", "type": "RESOURCE_ACCESS", "name": "All but one", "priority": 2,
                 "status": "ACTIVE", "conditions": {
                     "people": {"users": {"include": [], "exclude": ["00uGone"]},
                                "groups": {"include": ["EVERYONE"]}},
                     "grantTypes": {"include": ["authorization_code"]},
                     "scopes": {"include": ["openid"]}}},
            ]),
        ),
    ];
    Value::Object(answers.into_iter().collect())
}

#[test]
fn what_okta_answers_becomes_a_document_that_can_be_served() {
    let folder = TempDir::new().unwrap();
    let (dump, org) = (folder.path().join("dump.json"), folder.path().join("org.json"));
    fs::write(&dump, answers().to_string()).unwrap();
    let output = claimsmith()
        .args(["org", "import-okta", "--dump"])
        .arg(&dump)
        .arg("--out")
        .arg(&org)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    for note in [
        "the application `Okta Admin Console` is no OpenID Connect client of yours",
        "the secret of `Shop` is taken from the environment variable CLIENT_SECRET_0OA1CLIENT",
        "the attribute `photo` of type object is left out",
        "the hook `Register` is none that we ask",
        "the group rule `Lost` is invalid, and left out",
        "the rule `Shop / Sellers` is for `urn:okta:params:oauth:grant-type:otp`, which is left out",
        "the rule `Shop / All but one` is not for `00uGone` of users, which is unknown here",
    ] {
        assert!(said.contains(note), "{note} is not in {said}");
    }
    let text = fs::read_to_string(&org).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["userSchema"]["projects"]["type"], "array of string");
    assert_eq!(document["users"][0]["groups"], json!(["Sellers"]));
    let rule = json!({
        "id": "0pr1", "name": "Sales",
        "conditions": {
            "people": {"users": {"exclude": ["ada@example.com"]}},
            "expression": {"value": "user.department == \"Sales\""},
        },
        "actions": {"assignUserToGroups": {"groupIds": ["Sellers"]}},
    });
    assert_eq!(document["groupRules"], json!([rule]));
    let app = &document["apps"][0];
    assert_eq!(
        app["assignments"]["users"],
        json!([{"login": "ada@example.com", "userName": "ada"}])
    );
    assert_eq!(app["assignments"]["groups"], json!(["Sellers"]));
    let server = &document["authorizationServers"][0];
    assert_eq!(server["claims"].as_array().unwrap().len(), 1, "no system claim");
    let rules = &server["policies"][0]["rules"];
    let people = &rules[0]["conditions"]["people"];
    assert_eq!(people["users"]["include"], json!(["ada@example.com"]));
    assert_eq!(people["groups"]["include"], json!(["Sellers"]));
    assert_eq!(rules[0]["actions"]["token"]["inlineHook"]["id"], "cal1");
    // Who was left out of a rule is not known: it is for nobody then.
    assert_eq!((&rules[0]["status"], &rules[1]["status"]), (&Value::Null, &json!("INACTIVE")));
    let checked = claimsmith().arg("check").arg(&org).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
