//! Applications as administrators make, change and delete them (authorization-server §1.9).

use super::people::Office;
use super::*;
use std::borrow::Borrow;

pub(super) const APPS: &str = "/api/v1/apps";

/// A service with a secret.
pub(super) fn service(label: &str) -> Value {
    json!({
        "name": "oidc_client", "label": label, "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
        "settings": {"oauthClient": {
            "application_type": "service", "grant_types": ["client_credentials"],
            "response_types": ["token"],
        }},
        "profile": {"tier": "gold"},
    })
}

/// A service that proves itself by this key.
pub(super) fn service_with_key(label: &str, key: &SigningKey) -> Value {
    let mut app = service(label);
    app["credentials"]["oauthClient"]["token_endpoint_auth_method"] = json!("private_key_jwt");
    app["settings"]["oauthClient"]["jwks"] = json!({"keys": [public_jwk(key)]});
    app
}

fn client(app: &Value) -> &Value {
    &app["credentials"]["oauthClient"]
}

impl Office {
    /// What the management API answers of an application that is made of this.
    #[track_caller]
    pub(super) fn add_app(&self, body: impl Borrow<Value>) -> Value {
        self.post(APPS, body)
    }

    pub(super) fn one(app: &Value) -> String {
        format!("{APPS}/{}", text_of(&app["id"]))
    }

    #[track_caller]
    pub(super) fn put(&self, path: &str, body: &Value) -> Value {
        self.ask(Method::PUT, path, body).expect(200)
    }

    #[track_caller]
    pub(super) fn gone(&self, path: &str) {
        assert_eq!(self.ask(Method::DELETE, path, &Value::Null).status, 204, "{path}");
    }

    /// What a client gets with this secret.
    fn token(&self, app: &Value, secret: &Value) -> Answer {
        let basic = basic_of(&text_of(&client(app)["client_id"]), &text_of(secret));
        let form = [("grant_type", "client_credentials"), ("scope", "read:customers")];
        self.world.post_as(TOKEN, &basic, &form)
    }
}

fn basic_of(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode_to_string(format!("{id}:{secret}")))
}

#[test]
fn an_application_is_made_with_a_secret_that_is_told_once_and_lets_it_in() {
    let office = Office::open();
    let made = office.add_app(service("Reports"));
    let (id, secret) = (text_of(&made["id"]), client(&made)["client_secret"].clone());
    assert!(id.starts_with("0oa") && text_of(&secret).len() >= 40, "{made}");
    assert_eq!(client(&made)["client_id"], id);
    assert_eq!((&made["status"], &made["name"]), (&json!("ACTIVE"), &json!("oidc_client")));
    assert_eq!(made["profile"], json!({"tier": "gold"}));
    assert_eq!(made["_links"]["self"]["href"], format!("{URL}{APPS}/{id}"));
    assert!(made["_links"]["deactivate"]["href"].is_string(), "{made}");
    assert_ne!(office.token(&made, &secret).body()["error"], "invalid_client");
    let wrong = office.token(&made, &json!("not-the-secret-of-it"));
    assert_eq!(wrong.body()["error"], "invalid_client");
    let found = office.get(&Office::one(&made));
    assert_eq!(client(&found).get("client_secret"), None);
    let listed = office.get(&format!("{APPS}?q=rep&limit=200"));
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains(&text_of(&secret)));
}

#[test]
fn decision_22_secrets_are_kept_as_hashes_and_those_that_sign_closed_and_made_anew() {
    let office = Office::open();
    let made = office.add_app(service("Hashed"));
    let path = Office::one(&made);
    let kept = |office: &Office| {
        let snapshot = office.world.surface.administration.snapshot();
        let snapshot = office.world.runtime.block_on(snapshot).unwrap();
        let kind = crate::store::organization::EntityKind::Application;
        snapshot.find(kind, &text_of(&made["id"])).unwrap().body.clone()
    };
    let first = text_of(&client(&made)["client_secret"]);
    assert!(!kept(&office).contains(&first) && kept(&office).contains("hmac-sha256:"));
    // A hash signs nothing: another method needs another secret.
    let mut body = office.get(&path);
    body["credentials"]["oauthClient"]["token_endpoint_auth_method"] = json!("client_secret_jwt");
    let put = office.put(&path, &body);
    let second = text_of(&client(&put)["client_secret"]);
    assert!(second.len() >= 32 && second != first, "{put}");
    assert!(kept(&office).contains("\"sealed\"") && !kept(&office).contains("hmac-sha256:"));
    assert!(!kept(&office).contains(&second));
    // The way back needs none, and nothing stays closed that need not be read again.
    body["credentials"]["oauthClient"]["token_endpoint_auth_method"] = json!("client_secret_basic");
    let back = office.put(&path, &body);
    assert_eq!(client(&back).get("client_secret"), None);
    assert!(!kept(&office).contains("\"sealed\""));
    assert_ne!(office.token(&made, &json!(second)).body()["error"], "invalid_client");
}

#[test]
fn what_is_sent_as_a_secret_is_looked_at_in_oktas_words() {
    let office = Office::open();
    let refused = |method: &str, secret: &str| {
        let mut app = service("Words");
        app["credentials"]["oauthClient"] =
            json!({"token_endpoint_auth_method": method, "client_secret": secret});
        let body = office.ask(Method::POST, APPS, &app).expect(400);
        let cause = text_of(&body["errorCauses"][0]["errorSummary"]);
        (text_of(&body["errorSummary"]), cause)
    };
    let failed = |what: &str| format!("Api validation failed: {what}");
    let (short, long) = ("x".repeat(13), "x".repeat(101));
    for (method, secret, object, cause) in [
        (
            "client_secret_basic",
            long.as_str(),
            "client_secret",
            "client_secret: 'client_secret' cannot be more than '100' characters long.",
        ),
        (
            "client_secret_basic",
            short.as_str(),
            "client_secret",
            "client_secret: 'client_secret' must be at least '14' characters long.",
        ),
        (
            "client_secret_jwt",
            "twenty-characters-xx",
            "client_secret",
            "client_secret: 'client_secret' must be at least '32' characters long when \
             'token_endpoint_auth_method' is 'client_secret_jwt'.",
        ),
        (
            "private_key_jwt",
            "twenty-characters-xx",
            "OAuth2ClientSecretMediated",
            "'client_secret' cannot be used when 'token_endpoint_auth_method' is 'private_key_jwt'.",
        ),
    ] {
        assert_eq!(refused(method, secret), (failed(object), cause.to_owned()));
    }
    let mut small = service("Small");
    small["settings"]["oauthClient"]["jwks"] =
        json!({"keys": [{"kty": "RSA", "kid": "small", "n": "A".repeat(171), "e": "AQAB"}]});
    let body = office.ask(Method::POST, APPS, &small).expect(400);
    assert_eq!(body["errorSummary"], failed("JsonWebKey"));
    let cause = "RSA key length in the 'jwks' is less than '2,048' bits for the given key.";
    assert_eq!(body["errorCauses"][0]["errorSummary"], cause);
}

#[test]
fn decision_49_what_oktas_sdks_do_not_know_stays_as_it_is_unless_it_is_cleared() {
    let office = Office::open();
    let mut app = service("Ours");
    app["settings"]["oauthClient"]["second_factor"] = json!("REQUIRED");
    app["settings"]["oauthClient"]["allow_session_token"] = json!(true);
    app["settings"]["oauthClient"]["resource_server_for"] = json!(["api://customers"]);
    app["settings"]["oauthClient"]["client_uri"] = json!("https://app.example.com/");
    let made = office.add_app(&app);
    let path = Office::one(&made);
    let mut known = office.get(&path);
    let settings = known["settings"]["oauthClient"].as_object_mut().unwrap();
    for ours in ["second_factor", "allow_session_token", "resource_server_for", "client_uri"] {
        settings.remove(ours);
    }
    known["label"] = json!("Ours, changed");
    let put = office.put(&path, &known);
    let settings = &put["settings"]["oauthClient"];
    assert_eq!(settings["second_factor"], "REQUIRED");
    assert_eq!(settings["allow_session_token"], true);
    assert_eq!(settings["resource_server_for"], json!(["api://customers"]));
    assert_eq!((&settings["client_uri"], &put["label"]), (&Value::Null, &json!("Ours, changed")));
    known["settings"]["oauthClient"]["second_factor"] = Value::Null;
    known["settings"]["oauthClient"]["resource_server_for"] = json!([]);
    let put = office.put(&path, &known);
    let settings = &put["settings"]["oauthClient"];
    assert_eq!(settings["second_factor"], "OPTIONAL");
    assert_eq!(settings["resource_server_for"], json!([]));
}

#[test]
fn decision_9_a_client_id_is_no_user_s_and_never_changes() {
    let office = Office::open();
    let with = |client_id: &str| {
        let mut app = service("Named");
        app["credentials"]["oauthClient"]["client_id"] = json!(client_id);
        app
    };
    for wrong in ["ada@example.com", "ALL_CLIENTS", "short", "with a space"] {
        let answer = office.ask(Method::POST, APPS, &with(wrong));
        assert_eq!(answer.expect(400)["errorCode"], "E0000001", "{wrong}");
    }
    let ada = office.get("/api/v1/users/ada@example.com");
    let taken = office.ask(Method::POST, APPS, &with(&text_of(&ada["id"])));
    assert_eq!(taken.expect(400)["errorCode"], "E0000001");
    let made = office.add_app(with("reports-1"));
    let twice = office.ask(Method::POST, APPS, &with("reports-1")).expect(400);
    assert_eq!(twice["errorSummary"], "Api validation failed: client_id");
    let path = Office::one(&made);
    for (pointer, value) in [
        ("/credentials/oauthClient/client_id", "reports-2"),
        ("/settings/oauthClient/application_type", "web"),
    ] {
        let mut body = office.get(&path);
        *body.pointer_mut(pointer).unwrap() = json!(value);
        assert_eq!(office.ask(Method::PUT, &path, &body).expect(400)["errorCode"], "E0000001");
    }
    // Labels may be the same.
    let other = office.add_app(with("reports-3"));
    assert_eq!(other["label"], made["label"]);
}

#[test]
fn decision_27_and_30_what_is_not_built_cannot_be_switched_on() {
    let office = Office::open();
    for (name, value) in [
        ("wildcard_redirect", json!("SUBDOMAIN")),
        ("request_object_signing_alg", json!("RS256")),
        ("id_token_encrypted_response_alg", json!("RSA-OAEP-256")),
        ("subject_type", json!("pairwise")),
        ("participate_slo", json!(true)),
        ("network", json!({"connection": "ZONE", "include": ["nzo1"]})),
    ] {
        let mut app = service("Not built");
        app["settings"]["oauthClient"][name] = value;
        let answer = office.ask(Method::POST, APPS, &app);
        assert_eq!(answer.expect(400)["errorCode"], "E0000001", "{name}");
    }
}

#[test]
fn an_active_application_is_not_deleted_and_an_inactive_one_leaves_no_policy_behind() {
    let office = Office::open();
    let made = office.add_app(service("Short-lived"));
    let (path, secret) = (Office::one(&made), client(&made)["client_secret"].clone());
    let servers = "/api/v1/authorizationServers/internal/policies";
    let policy = json!({
        "type": "OAUTH_AUTHORIZATION_POLICY", "name": "Short", "description": "for one",
        "conditions": {"clients": {"include": [client(&made)["client_id"]]}},
    });
    let policy = office.ask(Method::POST, servers, &policy).expect(201);
    let refused = office.ask(Method::DELETE, &path, &Value::Null);
    let cause = "The application must be deactivated before deletion.";
    refused.is_caused(403, "E0000056", cause);
    let turned = office.post(&format!("{path}/lifecycle/deactivate"), Value::Null);
    assert_eq!(turned, json!({}));
    assert_eq!(office.get(&path)["status"], "INACTIVE");
    assert_eq!(office.token(&made, &secret).body()["error"], "invalid_client");
    office.post(&format!("{path}/lifecycle/activate"), Value::Null);
    assert_ne!(office.token(&made, &secret).body()["error"], "invalid_client");
    office.post(&format!("{path}/lifecycle/deactivate"), Value::Null);
    office.gone(&path);
    let id = text_of(&made["id"]);
    let summary = format!("Not found: Resource not found: {id} (AppInstance)");
    let gone = office.ask(Method::GET, &path, &Value::Null);
    gone.is_management_error(404, "E0000007", &summary);
    let policy = office.get(&format!("{servers}/{}", text_of(&policy["id"])));
    assert_eq!(policy["conditions"]["clients"]["include"], json!([]));
}

#[test]
fn applications_are_listed_by_label_status_and_who_is_assigned() {
    let office = Office::open();
    let ada = text_of(&office.get("/api/v1/users/ada@example.com")["id"]);
    let inactive = office.post(&format!("{APPS}?activate=false"), service("Asleep"));
    let ids = |query: &str| {
        let listed = office.get(&format!("{APPS}?{query}"));
        let ids = listed.as_array().unwrap().iter().map(|app| text_of(&app["id"]));
        ids.collect::<Vec<String>>()
    };
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let of = |condition: &str| ids(&format!("filter={}", encoded(condition)));
    let asleep = [text_of(&inactive["id"])];
    assert_eq!(ids("q=asl"), asleep);
    assert_eq!(of("status eq \"INACTIVE\""), asleep);
    assert_eq!(of(&format!("id eq \"{}\"", asleep[0])), asleep);
    assert!(of("status eq \"ACTIVE\"").len() >= 3);
    let labels: Vec<String> = of(&format!("user.id eq \"{ada}\""))
        .iter()
        .map(|id| text_of(&office.get(&format!("{APPS}/{id}"))["label"]))
        .collect();
    assert!(labels.contains(&"Web app".to_owned()) && !labels.contains(&"Asleep".to_owned()));
    let odd = office.ask(Method::GET, &format!("{APPS}?filter=nosuch+pr"), &Value::Null);
    assert_eq!(odd.expect(400)["errorCode"], "E0000031");
}

/// Who is in several groups that are assigned comes by the one of the lowest place.
#[test]
fn what_is_said_of_a_group_is_said_of_who_comes_by_it() {
    let office = Office::open();
    let app = json!({
        "name": "oidc_client", "signOnMode": "OPENID_CONNECT", "label": "Desks on the web",
        "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
        "settings": {"oauthClient": {
            "application_type": "web", "grant_types": ["authorization_code"],
            "response_types": ["code"], "redirect_uris": ["https://desks.example.com/callback"],
        }},
    });
    let made = office.post(APPS, app);
    let path = Office::one(&made);
    let id = |name: &str| {
        let found = office.get(&format!("/api/v1/groups?q={name}"));
        text_of(&found[0]["id"])
    };
    let auditors = id("role_auditor");
    let put = |group: &str, body: Value| {
        office.ask(Method::PUT, &format!("{path}/groups/{group}"), &body).expect(200)
    };
    let everyone = id("Everyone");
    put(&everyone, json!({"priority": 5, "profile": {"desk": "any"}}));
    let told = put(&auditors, json!({"priority": 1, "profile": {"desk": "corner"}}));
    assert_eq!((&told["profile"], &told["priority"]), (&json!({"desk": "corner"}), &json!(1)));
    let client = &client(&made)["client_id"];
    let servers = "/api/v1/authorizationServers/internal";
    let policy = json!({
        "type": "OAUTH_AUTHORIZATION_POLICY", "name": "Desks", "priority": 1,
        "conditions": {"clients": {"include": [client]}},
    });
    let policy = office.ask(Method::POST, &format!("{servers}/policies"), &policy).expect(201);
    let rule = json!({
        "type": "RESOURCE_ACCESS", "name": "All", "conditions": {
            "people": {"groups": {"include": ["EVERYONE"]}},
            "grantTypes": {"include": ["authorization_code"]}, "scopes": {"include": ["*"]},
        },
    });
    let rules = format!("{servers}/policies/{}/rules", text_of(&policy["id"]));
    office.ask(Method::POST, &rules, &rule).expect(201);
    // What a claim reads of users of applications must be said of somebody.
    let claim = json!({
        "name": "desk", "claimType": "RESOURCE", "valueType": "EXPRESSION",
        "value": "appuser?.desk", "conditions": {"scopes": []},
    });
    office.ask(Method::POST, &format!("{servers}/claims"), &claim).expect(201);
    let desk = |login: &str| {
        let body = json!({"client_id": client, "user_id": login, "scopes": ["read:customers"]});
        let told = office.post(&format!("{servers}/tokens/preview"), body);
        told["access_token"]["payload"]["desk"].clone()
    };
    assert_eq!(desk("grace@example.com"), "corner");
    assert_eq!(desk("linus@example.com"), "any");
    // What is said of somebody alone wins over what is said of a group.
    let ada = text_of(&office.get("/api/v1/users/ada@example.com")["id"]);
    office.post(&format!("{path}/users"), json!({"id": ada, "profile": {"desk": "window"}}));
    assert_eq!(desk("ada@example.com"), "window");
}

#[test]
fn a_null_however_deep_says_nothing() {
    let office = Office::open();
    let mut sent = service("Reports");
    sent["visibility"] = json!({"hide": null, "appLinks": {"oidc_client_link": null}});
    sent["settings"]["oauthClient"]["redirect_uris"] = json!(null);
    let told = office.add_app(&sent);
    assert_eq!(told["visibility"]["hide"], json!({"iOS": true, "web": true}), "{told}");
    assert_eq!(told["visibility"]["appLinks"], json!({}));
    assert_eq!(told["settings"]["oauthClient"]["redirect_uris"], json!([]));
    sent["visibility"]["hide"] = json!({"iOS": null, "web": false});
    assert_eq!(office.put(&Office::one(&told), &sent)["visibility"]["hide"], json!({"web": false}));
}

/// As other tools write it: texts that are empty, words in small letters, keys without their curve.
#[test]
fn what_terraform_and_older_sdks_send_is_taken() {
    let office = Office::open();
    let mut app = service("Reports");
    app["settings"]["oauthClient"] = json!({
        "application_type": "web", "redirect_uris": ["https://reports.example.com/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "refresh_token": {"rotation_type": "static", "leeway": 0}, "client_uri": "", "logo_uri": "",
    });
    let mut jwk = public_jwk(&SigningKey::generate(Algorithm::Es256).unwrap());
    jwk.as_object_mut().unwrap().remove("crv");
    app["settings"]["oauthClient"]["jwks"] = json!({"keys": [jwk]});
    let made = office.add_app(&app);
    let told = &made["settings"]["oauthClient"]["refresh_token"];
    assert_eq!(told["rotation_type"], "STATIC", "{made}");
    let issuer = format!("/api/v1/internal/apps/{}/settings/oauth/idToken", text_of(&made["id"]));
    let dynamic = json!({"issuerMode": "DYNAMIC"});
    assert_eq!(office.post(&issuer, &dynamic), dynamic);
    assert_eq!(office.get(&issuer), dynamic);
    let odd = office.ask(Method::POST, &issuer, &json!({"issuerMode": "CUSTOM_URL"}));
    assert_eq!(odd.status, 400, "{odd:?}");
    app["credentials"]["oauthClient"]["client_secret"] = json!("");
    let put = office.put(&Office::one(&made), &app);
    assert!(client(&put)["client_secret"].is_null(), "the secret stays: {put}");
    let group = office.post("/api/v1/groups", json!({"profile": {"name": "x", "description": ""}}));
    assert_eq!(group["profile"]["name"], "x");
    let told = office.world.get("/.well-known/okta-organization").expect(200);
    assert_eq!(
        (&told["pipeline"], &told["_links"]["organization"]["href"]),
        (&json!("v1"), &json!(URL))
    );
}

#[test]
fn an_app_for_everyone_is_one_of_each_person() {
    let office = Office::open();
    let mut app = service("Reports");
    app["visibility"] = json!({"hide": {"iOS": false, "web": false}});
    let made = office.add_app(&app);
    let everyone = office.get("/api/v1/groups?q=Everyone");
    let path = format!("{}/groups/{}", Office::one(&made), text_of(&everyone[0]["id"]));
    office.ask(Method::PUT, &path, &json!({})).expect(200);
    let grace = text_of(&office.get("/api/v1/users/grace@example.com")["id"]);
    let links = office.get(&format!("/api/v1/users/{grace}/appLinks"));
    let labels: Vec<&Value> = links.as_array().unwrap().iter().map(|link| &link["label"]).collect();
    assert!(labels.contains(&&json!("Reports")), "{links}");
}
