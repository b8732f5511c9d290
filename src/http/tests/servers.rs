//! Authorization servers and all in them, made and changed over the management API, and what tokens
//! say of it at once.

use super::*;
use std::collections::BTreeSet;

const SERVERS: &str = "/api/v1/authorizationServers";

/// An installation whose organization is kept, and an administrator of servers.
struct Managed {
    world: World,
    authorization: String,
}

impl Managed {
    fn new() -> Self {
        let world = World::kept(|_| ());
        let token = world.api_token("ada@example.com", &["okta.authorizationServers.manage"]);
        Self { world, authorization: format!("SSWS {token}") }
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.world.manage(&self.authorization, method, &format!("{SERVERS}{path}"), body)
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).expect(200)
    }

    #[track_caller]
    fn create(&self, path: &str, body: &Value) -> Value {
        self.send(Method::POST, path, Some(body)).expect(201)
    }

    #[track_caller]
    fn put(&self, path: &str, body: &Value) -> Value {
        self.send(Method::PUT, path, Some(body)).expect(200)
    }

    #[track_caller]
    fn done(&self, method: Method, path: &str) {
        let answer = self.send(method, path, None);
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{answer:?}");
        assert_eq!(answer.header("content-type"), None);
    }

    /// The id of a new server.
    fn server(&self) -> String {
        text_of(&self.create("", &json!({"name": "orders", "audiences": ["api://orders"]}))["id"])
    }

    /// What `billing-service` gets of a server.
    fn token(&self, server: &str, scope: &str) -> Answer {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        self.world.post_as(&format!("/oauth2/{server}/v1/token"), &billing(), &form)
    }
}

fn policy(name: &str) -> Value {
    json!({
        "type": "OAUTH_AUTHORIZATION_POLICY", "name": name, "description": "a policy",
        "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
    })
}

fn rule(name: &str) -> Value {
    json!({
        "type": "RESOURCE_ACCESS", "name": name,
        "conditions": {
            "grantTypes": {"include": ["client_credentials"]}, "scopes": {"include": ["*"]},
        },
        "actions": {"token": {"accessTokenLifetimeMinutes": 10}},
    })
}

#[test]
fn a_server_made_over_the_api_gives_tokens_before_the_next_request() {
    let managed = Managed::new();
    let sent = json!({
        "name": "orders", "description": "Orders", "audiences": ["api://orders"],
        "issuerMode": "ORG_URL", "credentials": {"signing": {"rotationMode": "MANUAL"}},
        "unknown": 1, "_links": {}, "created": "2020-01-01T00:00:00.000Z",
    });
    let answer = managed.send(Method::POST, "", Some(&sent));
    let made = answer.expect(201);
    let id = text_of(&made["id"]);
    assert!(id.starts_with("aus") && id.len() == 20, "{id}");
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!(made["issuer"], format!("{URL}/oauth2/{id}"));
    assert_eq!(made["created"], "2023-11-17T12:13:20.000Z");
    let signing = &made["credentials"]["signing"];
    assert_eq!((&signing["use"], &signing["rotationMode"]), (&json!("sig"), &json!("MANUAL")));
    assert!(signing["kid"].is_string() && signing.get("nextRotation").is_none(), "{signing}");
    let own = format!("{URL}{SERVERS}/{id}");
    let links = &made["_links"];
    assert_eq!(links["self"], json!({"href": own, "hints": {"allow": ["GET", "DELETE", "PUT"]}}));
    assert_eq!(links["metadata"][0]["name"], "oauth-authorization-server");
    assert_eq!(links["deactivate"]["href"], format!("{own}/lifecycle/deactivate"));
    assert_eq!(managed.get(&format!("/{id}")), made);
    let scope = json!({"name": "orders:read", "description": "Reads", "consent": "FLEXIBLE"});
    let scope = managed.create(&format!("/{id}/scopes"), &scope);
    assert!(text_of(&scope["id"]).starts_with("scp"), "{scope}");
    let claim = json!({
        "name": "shape", "claimType": "RESOURCE", "valueType": "EXPRESSION",
        "value": "'ro' + 'und'", "status": "ACTIVE", "conditions": {"scopes": ["orders:read"]},
    });
    let claim = managed.create(&format!("/{id}/claims"), &claim);
    assert_eq!((&claim["system"], &claim["alwaysIncludeInToken"]), (&json!(false), &json!(true)));
    managed.token(&id, "orders:read").refuses_policy();
    let policy = managed.create(&format!("/{id}/policies"), &policy("all"));
    assert_eq!((&policy["priority"], &policy["system"]), (&json!(1), &json!(false)));
    let policy_id = text_of(&policy["id"]);
    let rules = format!("/{id}/policies/{policy_id}/rules");
    let rule = managed.create(&rules, &rule("services"));
    let people = json!({"users": {"exclude": []}, "groups": {"include": [], "exclude": []}});
    assert_eq!(rule["conditions"]["people"], people);
    let token = json!({
        "accessTokenLifetimeMinutes": 10, "refreshTokenLifetimeMinutes": 0,
        "refreshTokenWindowMinutes": 10080,
    });
    assert_eq!(rule["actions"], json!({"token": token}));
    let answer = managed.token(&id, "orders:read").expect(200);
    assert_eq!(answer["expires_in"], 600);
    let (_, claims) = managed.world.verified(&id, &text_of(&answer["access_token"]));
    assert_eq!((&claims["shape"], &claims["aud"]), (&json!("round"), &json!("api://orders")));
    // Deactivated and activated; then nothing of it is left.
    managed.done(Method::POST, &format!("{rules}/{}/lifecycle/deactivate", text_of(&rule["id"])));
    managed.token(&id, "orders:read").refuses_policy();
    managed.done(Method::POST, &format!("{rules}/{}/lifecycle/activate", text_of(&rule["id"])));
    managed.token(&id, "orders:read").expect(200);
    managed.done(Method::POST, &format!("/{id}/lifecycle/deactivate"));
    assert_ne!(managed.token(&id, "orders:read").status, 200);
    assert_eq!(managed.get(&format!("/{id}"))["status"], "INACTIVE");
    managed.done(Method::DELETE, &format!("/{id}"));
    let gone = managed.send(Method::GET, &format!("/{id}"), None);
    let summary = format!("Not found: Resource not found: {id} (AuthorizationServer)");
    gone.is_management_error(404, "E0000007", &summary);
    let gone = managed.send(Method::GET, &rules, None);
    gone.is_management_error(404, "E0000007", &summary);
}

impl Answer {
    /// No policy allows it.
    #[track_caller]
    fn refuses_policy(&self) {
        assert_eq!(self.status, 401, "{self:?}");
        assert_eq!(self.body()["error"], "access_denied");
    }
}

#[test]
fn the_default_server_is_found_by_that_name_and_stays() {
    let managed = Managed::new();
    let found = managed.get("/default");
    assert_eq!((&found["default"], &found["status"]), (&json!(true), &json!("ACTIVE")));
    assert_eq!(found["issuer"], format!("{URL}/oauth2/default"));
    let refused = managed.send(Method::DELETE, "/default", None);
    let summary = "You do not have permission to perform the requested action";
    refused.is_management_error(403, "E0000006", summary);
    let names = |query: &str| -> Vec<String> {
        managed.get(query).as_array().unwrap().iter().map(|one| text_of(&one["name"])).collect()
    };
    assert_eq!(names("?q=PARTNER-api"), ["internal"]);
    let first = managed.send(Method::GET, "?limit=1", None);
    assert_eq!(first.expect(200).as_array().unwrap().len(), 1);
    let links: Vec<&str> =
        first.headers.get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
    let next = links.iter().find(|link| link.ends_with("rel=\"next\"")).unwrap();
    let next = next.trim_start_matches('<').split('>').next().unwrap();
    let next = next.strip_prefix(&format!("{URL}{SERVERS}")).unwrap();
    let others = names(next);
    assert!(!others.is_empty() && !others.contains(&text_of(&first.body()[0]["name"])));
}

#[test]
fn what_is_wrong_is_told_field_by_field_and_changes_nothing() {
    let managed = Managed::new();
    let id = managed.server();
    let before = managed.get(&format!("/{id}/claims"));
    let claim = json!({
        "name": "broken", "claimType": "RESOURCE", "valueType": "EXPRESSION",
        "value": "user?.profil + 1",
    });
    let refused = managed.send(Method::POST, &format!("/{id}/claims"), Some(&claim)).expect(400);
    assert_eq!(refused["errorCode"], "E0000001");
    assert_eq!(refused["errorSummary"], "Api validation failed: value");
    let cause = &refused["errorCauses"][0];
    assert!(text_of(&cause["errorSummary"]).starts_with("value: "), "{cause}");
    assert!(text_of(&cause["reason"]).contains("user?.profil + 1"), "{cause}");
    assert_eq!((&cause["location"], &cause["diagnostic"]["line"]), (&json!("value"), &json!(1)));
    assert_eq!(managed.get(&format!("/{id}/claims")), before);
    let blank = managed.send(Method::POST, "", Some(&json!({"audiences": ["api://x"]})));
    assert_eq!(
        blank.expect(400)["errorCauses"][0]["errorSummary"],
        "name: The field cannot be left blank"
    );
    managed.create(&format!("/{id}/scopes"), &json!({"name": "twice"}));
    let twice =
        managed.send(Method::POST, &format!("/{id}/scopes"), Some(&json!({"name": "twice"})));
    let words = "name: An object with this field already exists in the current organization";
    assert_eq!(twice.expect(400)["errorCauses"][0]["errorSummary"], words);
    let policy = text_of(&managed.create(&format!("/{id}/policies"), &policy("one"))["id"]);
    let mut of_people = rule("people");
    of_people["conditions"]["grantTypes"]["include"] = json!(["authorization_code"]);
    let rules = format!("/{id}/policies/{policy}/rules");
    let refused = managed.send(Method::POST, &rules, Some(&of_people)).expect(400);
    assert_eq!(refused["errorSummary"], "Api validation failed: conditions.people");
    let cause = text_of(&refused["errorCauses"][0]["errorSummary"]);
    assert!(cause.starts_with("conditions.people: At least one of 'conditions.people.users.incl"));
    let other = managed.send(Method::GET, &format!("/internal/policies/{policy}"), None);
    let summary = format!("Not found: Resource not found: {policy} (Policy)");
    other.is_management_error(404, "E0000007", &summary);
}

/// Decision 49.
#[test]
fn decision_49_a_put_that_does_not_know_our_fields_keeps_them() {
    let managed = Managed::new();
    let id = managed.server();
    let policy = text_of(&managed.create(&format!("/{id}/policies"), &policy("one"))["id"]);
    let rules = format!("/{id}/policies/{policy}/rules");
    let mut sent = rule("deny");
    sent["conditions"]["elCondition"] = json!({"condition": "access.audience == 'api://orders'"});
    sent["conditions"]["audiences"] = json!({"include": ["api://orders"]});
    let group = managed.world.surface.issuer.version().directory().groups()[0].id.clone();
    sent["conditions"]["people"] = json!({"groups": {"include": ["EVERYONE"], "exclude": [group]}});
    sent["actions"]["access"] = json!("DENY");
    sent["actions"]["secondFactor"] = json!("REQUIRED");
    let made = managed.create(&rules, &sent);
    let path = format!("{rules}/{}", text_of(&made["id"]));
    // As an SDK does that knows Okta's members only.
    let known = json!({
        "type": "RESOURCE_ACCESS", "name": "another name", "priority": 1, "status": "ACTIVE",
        "conditions": {
            "people": {"groups": {"include": ["EVERYONE"]}},
            "grantTypes": {"include": ["client_credentials"]}, "scopes": {"include": ["*"]},
        },
        "actions": {"token": {"accessTokenLifetimeMinutes": 20}},
    });
    let kept = managed.put(&path, &known);
    assert_eq!(kept["name"], "another name");
    for pointer in [
        "/conditions/elCondition",
        "/conditions/audiences",
        "/conditions/people",
        "/actions/access",
        "/actions/secondFactor",
    ] {
        assert_eq!(kept.pointer(pointer), made.pointer(pointer), "{pointer}");
    }
    assert_eq!(kept["actions"]["token"]["accessTokenLifetimeMinutes"], 20);
    let mut cleared = kept;
    cleared["conditions"]["elCondition"] = Value::Null;
    cleared["conditions"]["audiences"] = json!({"include": []});
    cleared["conditions"]["people"]["groups"]["exclude"] = json!([]);
    cleared["actions"]["access"] = Value::Null;
    let cleared = managed.put(&path, &cleared);
    assert_eq!(cleared["conditions"].get("elCondition"), None);
    assert_eq!(cleared["conditions"]["people"]["groups"]["exclude"], json!([]));
    assert_eq!(cleared["actions"].get("access"), None);
    let server = json!({
        "name": "orders", "audiences": ["api://orders"], "strictErrors": true,
        "accessTokenFormat": "both", "credentials": {"signing": {"alg": "ES256"}},
    });
    managed.put(&format!("/{id}"), &server);
    let server = json!({"name": "orders 2", "audiences": ["api://orders"]});
    let kept = managed.put(&format!("/{id}"), &server);
    assert_eq!((&kept["strictErrors"], &kept["accessTokenFormat"]), (&json!(true), &json!("both")));
    assert_eq!(kept["credentials"]["signing"]["alg"], "ES256");
    assert_eq!(kept["name"], "orders 2");
}

#[test]
fn priorities_are_those_of_the_order_without_a_gap() {
    let managed = Managed::new();
    let id = managed.server();
    let path = format!("/{id}/policies");
    let order = || -> Vec<(String, i64)> {
        let listed = managed.get(&path);
        let all = listed.as_array().unwrap().iter();
        all.map(|one| (text_of(&one["name"]), one["priority"].as_i64().unwrap())).collect()
    };
    let expect = |names: &[&str]| {
        let numbered = names.iter().zip(1..).map(|(name, number)| ((*name).to_owned(), number));
        assert_eq!(order(), numbered.collect::<Vec<_>>());
    };
    for name in ["a", "b", "c"] {
        managed.create(&path, &policy(name));
    }
    let mut first = policy("first");
    first["priority"] = json!(1);
    let first = managed.create(&path, &first);
    expect(&["first", "a", "b", "c"]);
    let mut last = first.clone();
    last["priority"] = json!(77);
    let last = managed.put(&format!("{path}/{}", text_of(&first["id"])), &last);
    assert_eq!(last["priority"], 4);
    expect(&["a", "b", "c", "first"]);
    let second = text_of(&managed.get(&path)[1]["id"]);
    managed.done(Method::DELETE, &format!("{path}/{second}"));
    expect(&["a", "c", "first"]);
}

#[test]
fn what_every_server_has_is_told_and_stays() {
    let managed = Managed::new();
    let id = managed.server();
    let scopes = managed.get(&format!("/{id}/scopes"));
    let names: BTreeSet<String> =
        scopes.as_array().unwrap().iter().map(|scope| text_of(&scope["name"])).collect();
    assert!(names.contains("openid") && names.contains("device_sso") && names.len() == 7);
    assert!(scopes.as_array().unwrap().iter().all(|scope| scope["system"] == true));
    let openid = &scopes[0];
    let path = format!("/{id}/scopes/{}", text_of(&openid["id"]));
    assert_eq!(managed.get(&path), *openid);
    let summary = "You do not have permission to perform the requested action";
    managed.send(Method::DELETE, &path, None).is_management_error(403, "E0000006", summary);
    let mut changed = openid.clone();
    changed["description"] = json!("Another");
    let changed = managed.put(&path, &changed);
    assert_eq!((&changed["id"], &changed["description"]), (&openid["id"], &json!("Another")));
    assert_eq!(managed.get(&format!("/{id}/scopes")).as_array().unwrap().len(), 7);
    let mut renamed = changed;
    renamed["name"] = json!("another");
    assert_eq!(
        managed.send(Method::PUT, &path, Some(&renamed)).expect(403)["errorCode"],
        "E0000077"
    );
    let claims = managed.get(&format!("/{id}/claims"));
    let claims = claims.as_array().unwrap();
    assert_eq!(claims.len(), 19);
    let subject = claims.iter().find(|claim| claim["claimType"] == "RESOURCE").unwrap();
    let path = format!("/{id}/claims/{}", text_of(&subject["id"]));
    let mut changed = subject.clone();
    changed["value"] = json!("app.clientId");
    let changed = managed.put(&path, &changed);
    assert_eq!((&changed["value"], &changed["system"]), (&json!("app.clientId"), &json!(true)));
    assert_eq!(managed.send(Method::DELETE, &path, None).status, 403);
    let email = claims.iter().find(|claim| claim["name"] == "email").unwrap();
    let path = format!("/{id}/claims/{}", text_of(&email["id"]));
    assert_eq!(managed.put(&path, email), *email);
    let mut other = email.clone();
    other["conditions"] = json!({"scopes": []});
    assert_eq!(managed.send(Method::PUT, &path, Some(&other)).expect(403)["errorCode"], "E0000077");
}

#[test]
fn keys_are_told_and_rotate() {
    let managed = Managed::new();
    let id = managed.server();
    let keys = managed.get(&format!("/{id}/credentials/keys"));
    let key = &keys[0];
    assert_eq!((&key["status"], &key["use"]), (&json!("ACTIVE"), &json!("sig")));
    assert_eq!(key.get("d"), None);
    let kid = text_of(&key["kid"]);
    assert_eq!(managed.get(&format!("/{id}/credentials/keys/{kid}")), *key);
    let rotate = format!("/{id}/credentials/lifecycle/keyRotate");
    let wrong = managed.send(Method::POST, &rotate, Some(&json!({"use": "enc"}))).expect(400);
    assert_eq!(wrong["errorSummary"], "Api validation failed: rotateKeys");
    let words = "Invalid value specified for key 'use' parameter.";
    assert_eq!(wrong["errorCauses"][0]["errorSummary"], words);
    let rotated = managed.send(Method::POST, &rotate, Some(&json!({"use": "sig"}))).expect(200);
    assert_ne!(rotated[0]["kid"], kid);
    assert!(rotated.as_array().unwrap().iter().any(|key| key["kid"] == kid));
    assert_eq!(managed.get(&format!("/{id}"))["credentials"]["signing"]["kid"], rotated[0]["kid"]);
    let public = managed.world.get(&format!("/oauth2/{id}/v1/keys")).expect(200);
    assert_eq!(public["keys"].as_array().unwrap().len(), 2);
}

#[test]
fn servers_trust_others_and_token_policies_add_claims() {
    let managed = Managed::new();
    let id = managed.server();
    let path = format!("/{id}/associatedServers");
    let sent = json!({"trusted": ["internal"]});
    let trusted = managed.send(Method::POST, &path, Some(&sent)).expect(200);
    assert_eq!((&trusted[0]["id"], &trusted[0]["_links"]), (&json!("internal"), &Value::Null));
    let again = managed.send(Method::POST, &path, Some(&sent)).expect(400);
    assert!(again.to_string().contains("associated_server_mapping_exists"), "{again}");
    assert_eq!(managed.get(&format!("{path}?trusted=true")).as_array().unwrap().len(), 1);
    let others = managed.get(&format!("{path}?trusted=false"));
    assert!(others.as_array().unwrap().iter().all(|other| other["id"] != "internal"));
    managed.done(Method::DELETE, &format!("{path}/internal"));
    assert_eq!(managed.send(Method::DELETE, &format!("{path}/internal"), None).status, 404);
    let policies = format!("/{id}/policies");
    let policy = text_of(&managed.create(&policies, &policy("one"))["id"]);
    managed.create(&format!("{policies}/{policy}/rules"), &rule("services"));
    managed.create(&format!("/{id}/scopes"), &json!({"name": "read", "default": true}));
    let sent = json!({
        "name": "colours", "conditions": {"scopes": {"include": ["read"]}},
        "actions": {"claims": [{"name": "colour", "value": "'red'", "claimType": "RESOURCE"}]},
    });
    let made = managed.create(&format!("/{id}/tokenPolicies"), &sent);
    assert_eq!((&made["priority"], &made["status"]), (&json!(1), &json!("ACTIVE")));
    let answer = managed.token(&id, "read").expect(200);
    let (_, claims) = managed.world.verified(&id, &text_of(&answer["access_token"]));
    assert_eq!(claims["colour"], "red");
    let path = format!("/{id}/tokenPolicies/{}", text_of(&made["id"]));
    managed.done(Method::POST, &format!("{path}/lifecycle/deactivate"));
    let answer = managed.token(&id, "read").expect(200);
    let (_, claims) = managed.world.verified(&id, &text_of(&answer["access_token"]));
    assert_eq!(claims.get("colour"), None);
    managed.done(Method::DELETE, &path);
}

#[test]
fn who_read_it_before_another_changed_it_does_not_undo_that() {
    let managed = Managed::new();
    let id = managed.server();
    let path = format!("{SERVERS}/{id}");
    let put = |tag: &str, name: &str| {
        let body = json!({"name": name, "audiences": ["api://orders"]}).to_string();
        let mut request = request(Method::PUT, &path, Some("application/json"), body);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, managed.authorization.parse().unwrap());
        headers.insert(header::IF_MATCH, tag.parse().unwrap());
        managed.world.send(request)
    };
    let first = put("\"1\"", "one");
    assert_eq!((first.status, first.header("etag")), (200, Some("\"2\"")));
    assert_eq!(put("\"1\"", "two").expect(412)["errorCode"], "E0000195");
    assert_eq!(managed.get(&format!("/{id}"))["name"], "one");
    assert_eq!(put("*", "three").status, 200);
}

/// As at Okta, what tells servers apart is their id.
#[test]
fn two_servers_may_have_the_same_name() {
    let managed = Managed::new();
    let sent =
        |audience: &str| json!({"name": "twins", "description": "", "audiences": [audience]});
    let [one, other] =
        ["api://one", "api://other"].map(|audience| managed.create("", &sent(audience)));
    assert_ne!(one["id"], other["id"]);
    let scope =
        managed.create(&format!("/{}/scopes", text_of(&other["id"])), &json!({"name": "s"}));
    assert_eq!(scope["name"], "s");
    let listed = managed.get("?q=twins");
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    let scopes = managed.get(&format!("/{}/scopes?q=s", text_of(&one["id"])));
    assert!(scopes.as_array().unwrap().iter().all(|scope| scope["name"] != "s"), "{scopes}");
}

#[test]
fn scopes_are_filtered_by_what_holds_of_them() {
    let managed = Managed::new();
    let id = managed.server();
    managed.create(&format!("/{id}/scopes"), &json!({"name": "chosen", "default": true}));
    let names = |condition: &str| {
        let filter = utf8_percent_encode(condition, NON_ALPHANUMERIC);
        let listed = managed.get(&format!("/{id}/scopes?filter={filter}"));
        listed.as_array().unwrap().iter().map(|one| text_of(&one["name"])).collect::<Vec<_>>()
    };
    assert_eq!(names("name eq \"chosen\""), ["chosen"]);
    assert_eq!(names("default eq true"), ["chosen"]);
    assert_eq!(names("system eq true").len(), crate::server::SYSTEM_SCOPES.len());
    let odd = managed.send(Method::GET, &format!("/{id}/scopes?filter=nosuch+pr"), None);
    assert_eq!(odd.expect(400)["errorCode"], "E0000031");
}
