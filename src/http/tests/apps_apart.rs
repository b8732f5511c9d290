//! What applications have beside themselves: secrets, keys, assignments and grants; and the hooks and
//! origins of the organization (authorization-server §1.8 to §1.11).

use super::apps::{APPS, service, service_with_key};
use super::code::{code_of, spend};
use super::people::Office;
use super::refresh::offline;
use super::*;
use crate::fetch::fixture::{Site, json as answer};

impl Office {
    #[track_caller]
    fn created(&self, path: &str, body: &Value) -> Value {
        self.ask(Method::POST, path, body).expect(201)
    }

    #[track_caller]
    fn refused(&self, method: Method, path: &str, body: &Value) -> String {
        let body = self.ask(method, path, body).expect(400);
        assert_eq!(body["errorCode"], "E0000001", "{body}");
        text_of(&body["errorCauses"][0]["errorSummary"])
    }
}

#[test]
fn one_secret_takes_the_place_of_another_while_both_let_in() {
    let office = Office::open();
    let app = office.add_app(service("Rotating"));
    let client_id = text_of(&app["credentials"]["oauthClient"]["client_id"]);
    let secrets = format!("{}/credentials/secrets", Office::one(&app));
    let lets_in = |secret: &Value| {
        let pair = format!("{client_id}:{}", text_of(secret));
        let basic = format!("Basic {}", STANDARD.encode_to_string(pair));
        let form = [("grant_type", "client_credentials"), ("scope", "read:customers")];
        office.world.post_as(TOKEN, &basic, &form).body()["error"] != "invalid_client"
    };
    let first = app["credentials"]["oauthClient"]["client_secret"].clone();
    let listed = office.get(&secrets);
    let first_id = text_of(&listed[0]["id"]);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["status"]), (1, &json!("ACTIVE")));
    assert_eq!(listed[0].get("client_secret"), None);
    let second = office.created(&secrets, &json!({}));
    assert!(lets_in(&first) && lets_in(&second["client_secret"]));
    let words = "You've reached the maximum number of client secrets per client.";
    assert_eq!(office.refused(Method::POST, &secrets, &json!({})), words);
    let one = format!("{secrets}/{first_id}");
    let words = "The client secret must be deactivated before deletion.";
    assert_eq!(office.refused(Method::DELETE, &one, &Value::Null), words);
    let turned = office.post(&format!("{one}/lifecycle/deactivate"), Value::Null);
    assert_eq!(turned["status"], "INACTIVE");
    assert!(!lets_in(&first) && lets_in(&second["client_secret"]));
    let last = format!("{secrets}/{}/lifecycle/deactivate", text_of(&second["id"]));
    let words = "At least one client secret must be active.";
    assert_eq!(office.refused(Method::POST, &last, &Value::Null), words);
    office.gone(&one);
    assert_eq!(office.ask(Method::GET, &one, &Value::Null).status, 404);
}

#[test]
fn keys_are_added_turned_off_and_taken_away() {
    let office = Office::open();
    let [one, other] = [0, 1].map(|_| SigningKey::generate(Algorithm::Es256).unwrap());
    let app = office.add_app(service_with_key("Keyed", &one));
    let keys = format!("{}/credentials/jwks", Office::one(&app));
    let first = office.get(&keys)[0].clone();
    assert_eq!((&first["kid"], &first["status"]), (&json!(one.kid()), &json!("ACTIVE")));
    let second = office.created(&keys, &public_jwk(&other));
    assert!(text_of(&second["id"]).starts_with("pks"), "{second}");
    office.refused(Method::POST, &keys, &public_jwk(&other));
    let path = format!("{keys}/{}", text_of(&first["id"]));
    let words = "The JSON Web Key must be deactivated before deletion.";
    assert_eq!(office.refused(Method::DELETE, &path, &Value::Null), words);
    let turned = office.post(&format!("{path}/lifecycle/deactivate"), Value::Null);
    assert_eq!(turned["status"], "INACTIVE");
    // The last active one stays: without it nobody could come in.
    let last = format!("{keys}/{}/lifecycle/deactivate", text_of(&second["id"]));
    office.refused(Method::POST, &last, &Value::Null);
    office.gone(&path);
    // Who puts an application back keeps the ids of its keys.
    let body = office.get(&Office::one(&app));
    let put = office.put(&Office::one(&app), &body);
    assert_eq!(put["settings"]["oauthClient"]["jwks"]["keys"][0]["id"], second["id"]);
    let mut private = public_jwk(&one);
    private["d"] = json!("AAAA");
    let words = office.refused(Method::POST, &keys, &private);
    assert!(words.contains("private"), "{words}");
}

#[test]
fn people_are_assigned_by_themselves_and_by_groups_as_the_application_knows_them() {
    let office = Office::open();
    let app = office.add_app(service("Shop"));
    let (users, groups) =
        (format!("{}/users", Office::one(&app)), format!("{}/groups", Office::one(&app)));
    let ada = text_of(&office.get("/api/v1/users/ada@example.com")["id"]);
    let pat = text_of(&office.get("/api/v1/users/pat@partner.example")["id"]);
    let partners = text_of(&office.get("/api/v1/groups?q=Partners")[0]["id"]);
    let sent = json!({
        "id": ada, "scope": "USER", "credentials": {"userName": "countess"},
        "profile": {"role": "admin"},
    });
    let assigned = office.post(&users, &sent);
    assert_eq!(assigned["credentials"]["userName"], "countess");
    assert_eq!((&assigned["scope"], &assigned["profile"]), (&json!("USER"), &sent["profile"]));
    let listed = office.get(&users);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &json!(ada)));
    let one = format!("{users}/{ada}");
    let changed = office.post(&one, json!({"credentials": {"userName": "lady"}}));
    assert_eq!(changed["credentials"]["userName"], "lady");
    assert_eq!(changed["profile"], json!({"role": "admin"}));
    let group = format!("{groups}/{partners}");
    let said = json!({"role": "guest"});
    let put = office.put(&group, &json!({"priority": 3, "profile": said}));
    assert_eq!((&put["id"], &put["priority"]), (&json!(partners), &json!(3)));
    let by_group = office.get(&format!("{users}/{pat}"));
    assert_eq!((&by_group["scope"], &by_group["profile"]), (&json!("GROUP"), &said));
    assert_eq!(by_group["credentials"]["userName"], "pat@partner.example");
    // What serves knows them so.
    let version = office.world.surface.issuer.version();
    let known = version.directory().applications().iter().find(|one| one.label == "Shop").unwrap();
    assert_eq!(known.assigned_users[0].user_name.as_deref(), Some("lady"));
    assert_eq!(known.assigned_groups.len(), 1);
    let unknown = office.ask(Method::POST, &users, &json!({"id": "00unobody"}));
    let summary = "Not found: Resource not found: 00unobody (User)";
    unknown.is_management_error(404, "E0000007", summary);
    office.gone(&one);
    office.gone(&format!("{groups}/{partners}"));
    assert_eq!(office.get(&users), json!([]));
    assert_eq!(office.ask(Method::GET, &format!("{users}/{pat}"), &Value::Null).status, 404);
}

#[test]
fn decision_31_scopes_are_granted_to_services_by_those_who_have_them() {
    let office = Office::open();
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let app = office.add_app(service_with_key("Robot", &key));
    let (path, grants) = (Office::one(&app), format!("{}/grants", Office::one(&app)));
    let grant = |scope: &str| json!({"issuer": URL, "scopeId": scope});
    let made = office.created(&grants, &grant("okta.users.manage"));
    assert!(text_of(&made["id"]).starts_with("oag"), "{made}");
    assert_eq!((&made["source"], &made["status"]), (&json!("ADMIN"), &json!("ACTIVE")));
    assert_eq!(office.get(&grants).as_array().unwrap().len(), 1);
    let elsewhere = json!({"issuer": "https://elsewhere.example", "scopeId": "okta.users.read"});
    office.refused(Method::POST, &grants, &elsewhere);
    office.refused(Method::POST, &grants, &grant("okta.nosuch.read"));
    let with_secret = office.add_app(service("No robot"));
    let theirs = format!("{}/grants", Office::one(&with_secret));
    office.refused(Method::POST, &theirs, &grant("okta.users.read"));
    // Somebody who lacks the scope neither grants it nor gets it by a key of their own.
    let scopes = ["okta.appGrants.manage", "okta.apps.manage", "okta.users.read"];
    let lesser = format!("SSWS {}", office.world.api_token("ada@example.com", &scopes));
    let ask =
        |method, path: &str, body: &Value| office.world.manage(&lesser, method, path, Some(body));
    let denied = ask(Method::POST, &grants, &grant("okta.groups.read"));
    denied.is_caused(403, "E0000006", "scopeId: you lack `okta.groups.read` yourself");
    ask(Method::POST, &grants, &grant("okta.users.read")).expect(201);
    let own = public_jwk(&SigningKey::generate(Algorithm::Es256).unwrap());
    let keys = format!("{path}/credentials/jwks");
    let cause = "the application was granted `okta.users.manage`, which you lack yourself";
    ask(Method::POST, &keys, &own).is_caused(403, "E0000006", cause);
    let body = office.get(&path);
    ask(Method::PUT, &path, &body).is_caused(403, "E0000006", cause);
    office.gone(&format!("{grants}/{}", text_of(&made["id"])));
    ask(Method::POST, &keys, &own).expect(201);
    assert_eq!(office.get(&grants).as_array().unwrap().len(), 1);
}

fn hook(uri: &str) -> Value {
    json!({
        "name": "Enrich", "type": "com.okta.oauth2.tokens.transform", "version": "1.0.0",
        "channel": {"type": "HTTP", "version": "1.0.0", "config": {
            "uri": uri, "method": "POST", "headers": [{"key": "X-Tenant", "value": "demo"}],
            "authScheme": {"type": "HEADER", "key": "Authorization", "value": "hush-hush-hush"},
        }},
    })
}

#[test]
fn a_hook_is_asked_with_a_secret_that_is_never_told_again() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (sender, asked) = std::sync::mpsc::channel();
    let sender = Mutex::new(sender);
    let site = runtime.block_on(Site::start(move |request| {
        let _ = sender.lock().unwrap().send(request.to_owned());
        answer(200, r#"{"commands": []}"#)
    }));
    let office = Office::open();
    let hooks = "/api/v1/inlineHooks";
    let made = office.post(hooks, hook(&site.url("/hook")));
    assert!(!made.to_string().contains("hush"), "{made}");
    assert_eq!(
        (&made["status"], &made["channel"]["config"]["authScheme"]["key"]),
        (&json!("ACTIVE"), &json!("Authorization"),)
    );
    let path = format!("{hooks}/{}", text_of(&made["id"]));
    let executed = office.post(&format!("{path}/execute"), json!({"data": {}}));
    assert_eq!(executed, json!({"commands": []}));
    assert!(asked.recv().unwrap().to_lowercase().contains("authorization: hush-hush-hush"));
    // Decision 49, and what is put back without its secret keeps it.
    let mut body = office.get(&path);
    body["name"] = json!("Enrich more");
    body["onFailure"] = json!("deny");
    assert_eq!(office.put(&path, &body)["onFailure"], "deny");
    body.as_object_mut().unwrap().remove("onFailure");
    assert_eq!(office.put(&path, &body)["onFailure"], "deny");
    office.post(&format!("{path}/execute"), json!({}));
    assert!(asked.recv().unwrap().to_lowercase().contains("authorization: hush-hush-hush"));
    let part = json!({"channel": {"config": {"headers": []}}});
    let changed = office.post(&path, &part);
    assert_eq!(
        (&changed["name"], &changed["channel"]["config"]["headers"]),
        (&json!("Enrich more"), &json!([]),)
    );
    office.post(&format!("{path}/execute"), json!({}));
    assert!(asked.recv().unwrap().to_lowercase().contains("authorization: hush-hush-hush"));
    // A secret that was given for one host is told to no other.
    let mut elsewhere = office.get(&path);
    elsewhere["channel"]["config"]["uri"] = json!("https://elsewhere.example.com/hook");
    let uri = json!({"channel": {"config": {"uri": "https://elsewhere.example.com/hook"}}});
    let words = "channel.config.authScheme.value: The field cannot be left blank";
    assert_eq!(office.refused(Method::PUT, &path, &elsewhere), words);
    assert_eq!(office.refused(Method::POST, &path, &uri), words);
    elsewhere["channel"]["config"].as_object_mut().unwrap().remove("authScheme");
    assert_eq!(office.refused(Method::PUT, &path, &elsewhere), words);
    let mut same = office.get(&path);
    same["channel"]["config"]["uri"] = json!(site.url("/hook?again"));
    office.put(&path, &same);
    office.put(&path, &body);
    // A secret for one header is none for another.
    body["channel"]["config"]["authScheme"]["key"] = json!("X-Other");
    office.refused(Method::PUT, &path, &body);
    // Okta's SDK for Python leaves it out; null takes it away.
    body["channel"]["config"].as_object_mut().unwrap().remove("authScheme");
    let put = office.put(&path, &body);
    assert_eq!(put["channel"]["config"]["authScheme"]["key"], "Authorization");
    office.post(&format!("{path}/execute"), json!({}));
    assert!(asked.recv().unwrap().to_lowercase().contains("authorization: hush-hush-hush"));
    body["channel"]["config"]["authScheme"] = Value::Null;
    let put = office.put(&path, &body);
    assert_eq!(put["channel"]["config"].get("authScheme"), None);
    office.post(&format!("{path}/execute"), json!({}));
    assert!(!asked.recv().unwrap().contains("hush"));
    office.refused(Method::DELETE, &path, &Value::Null);
    let turned = office.post(&format!("{path}/lifecycle/deactivate"), Value::Null);
    assert_eq!(turned["status"], "INACTIVE");
    office.refused(Method::POST, &format!("{path}/execute"), &json!({}));
    office.gone(&path);
    let recorded = office.world.runtime.block_on(office.world.surface.store.list("audit"));
    for row in recorded.unwrap().value {
        assert!(!String::from_utf8_lossy(&row.bytes).contains("hush-hush"));
    }
}

#[test]
fn a_trusted_origin_may_read_answers_and_be_where_people_go_after_signing_out() {
    let office = Office::open();
    let origins = "/api/v1/trustedOrigins";
    let origin = |name: &str, origin: &str, scopes: &[&str]| {
        let scopes = scopes.iter().map(|scope| json!({"type": scope})).collect::<Vec<_>>();
        json!({"name": name, "origin": origin, "scopes": scopes})
    };
    let page = "https://app.example.com";
    let reads = || {
        let mut request = request(Method::POST, TOKEN, None, "");
        request.headers_mut().insert(header::ORIGIN, page.parse().unwrap());
        office.world.send_any(request).header("access-control-allow-origin") == Some(page)
    };
    assert!(!reads());
    let made = office.post(origins, origin("App", page, &["CORS"]));
    assert!(text_of(&made["id"]).starts_with("tos") && reads(), "{made}");
    let path = format!("{origins}/{}", text_of(&made["id"]));
    let leave = "/oauth2/internal/v1/logout?client_id=web-app\
                 &post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Fbye";
    let refuses = || office.world.send_any(request(Method::GET, leave, None, "")).status == 400;
    assert!(refuses());
    let put = office.put(&path, &origin("App", page, &["CORS", "REDIRECT"]));
    assert_eq!(put["scopes"], json!([{"type": "CORS"}, {"type": "REDIRECT"}]));
    assert!(!refuses());
    for (filter, n_found) in [("type eq \"REDIRECT\"", 1), ("type eq \"IFRAME_EMBED\"", 0)] {
        let found = office.get(&format!("{origins}?filter={}", percent(filter)));
        assert_eq!(found.as_array().unwrap().len(), n_found, "{filter}");
    }
    let turned = office.post(&format!("{path}/lifecycle/deactivate"), Value::Null);
    assert_eq!(turned["status"], "INACTIVE");
    assert!(refuses() && !reads());
    for wrong in ["app.example.com", "https://app.example.com/", "ftp://x.y", "https://A.example"] {
        office.refused(Method::POST, origins, &origin("Odd", wrong, &["CORS"]));
    }
    office.refused(Method::POST, origins, &origin("App", "https://b.example.com", &["CORS"]));
    // A slash behind it means the same, and stays as it was written.
    let made = office.post(origins, origin("Slash", "https://s.example.com/", &["CORS"]));
    assert_eq!(made["origin"], "https://s.example.com/");
    office.refused(Method::POST, origins, &origin("Twin", "https://s.example.com", &["CORS"]));
    office.refused(Method::POST, origins, &origin("B", "https://b.example.com", &["NOSUCH"]));
    let listed = office.get(&format!("{origins}?q=app"));
    assert_eq!(listed.as_array().unwrap().len(), 1);
    office.gone(&path);
    office.gone(&format!("{origins}/{}", text_of(&made["id"])));
    assert_eq!(office.get(origins), json!([]));
}

#[test]
fn decision_17_the_refresh_tokens_that_clients_hold_are_told_and_ended() {
    let office = Office::open();
    let world = &office.world;
    let begin = || spend(world, &code_of(world, &offline(world)), &[]).expect(200);
    let begun = [begin(), begin()];
    let n_active = || {
        let access = begun.iter().map(|tokens| text_of(&tokens["access_token"]));
        access.filter(|token| world.introspect(token)["active"] == true).count()
    };
    let clients = "/api/v1/authorizationServers/internal/clients";
    let listed = office.get(clients);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["client_id"]), (1, &json!("web-app")));
    let tokens = format!("{clients}/web-app/tokens");
    let all = office.get(&format!("{tokens}?expand=scope"));
    let one = &all[0];
    assert_eq!((all.as_array().unwrap().len(), &one["status"]), (2, &json!("ACTIVE")));
    assert_eq!(
        (&one["clientId"], &one["issuer"]),
        (&json!("web-app"), &json!(format!("{URL}/oauth2/internal")),)
    );
    let scope = json!({"id": "openid", "name": "openid"});
    assert!(one["_embedded"]["scopes"].as_array().unwrap().contains(&scope), "{one}");
    assert!(!all.to_string().contains("RT."), "no token is told");
    // Part by part, and by application.
    let part = office.ask(Method::GET, &format!("{tokens}?limit=1"), &Value::Null);
    assert_eq!(part.expect(200)[0]["id"], one["id"]);
    let links = part.headers.get_all("link").iter().map(|link| link.to_str().unwrap());
    let next = links.filter_map(|link| link.strip_suffix(">; rel=\"next\"")).next().unwrap();
    let rest = office.get(next.strip_prefix(&format!("<{URL}")).unwrap());
    assert_eq!((rest.as_array().unwrap().len(), &rest[0]["id"]), (1, &all[1]["id"]));
    let app = text_of(&office.get(&format!("{APPS}?q=Web"))[0]["id"]);
    let of_app = office.get(&format!("{APPS}/{app}/tokens"));
    assert_eq!(of_app[0]["id"], one["id"]);
    assert_eq!(office.get("/api/v1/authorizationServers/default/clients"), json!([]));
    let id = text_of(&one["id"]);
    let path = format!("{tokens}/{id}");
    office.gone(&path);
    assert_eq!(n_active(), 1, "what came of the same grant ends with it");
    let summary = format!("Not found: Resource not found: web-app.{id} (OAuth2RefreshTokenTx)");
    let gone = office.ask(Method::GET, &path, &Value::Null);
    gone.is_management_error(404, "E0000007", &summary);
    let summary = "Not found: Resource not found: nobody (PublicClientApp)";
    let nobody = office.ask(Method::GET, &format!("{clients}/nobody/tokens"), &Value::Null);
    nobody.is_management_error(404, "E0000007", summary);
    office.gone(&tokens);
    assert_eq!((n_active(), office.get(&tokens), office.get(clients)), (0, json!([]), json!([])));
}

#[test]
fn decision_48_cookies_go_to_frames_once_an_origin_may_embed() {
    let office = Office::open();
    let same_site = || {
        let answer = office.world.send_any(request(Method::GET, "/signin", None, ""));
        let cookie = answer.header("set-cookie").unwrap_or_default().to_owned();
        (cookie.contains("SameSite=Lax"), cookie.contains("SameSite=None"))
    };
    assert_eq!(same_site(), (true, false));
    let origin = json!({
        "name": "Portal", "origin": "https://portal.example.com",
        "scopes": [{"type": "IFRAME_EMBED"}],
    });
    office.post("/api/v1/trustedOrigins", &origin);
    assert_eq!(same_site(), (false, true));
    assert!(!office.get(APPS).to_string().is_empty());
}
