//! What people hold, as administrators and they themselves see and end it: sessions, refresh tokens,
//! consents.

use super::account::PAYMENTS;
use super::code::{code_of, spend};
use super::people::{Office, USERS, with_password};
use super::refresh::offline;
use super::*;

/// Decision 16: sign-out ends no token, `oauthTokens=true` does; decision 39: a session token is spent
/// once.
#[test]
fn decision_16_sessions_are_made_told_refreshed_and_ended_one_by_one_or_all() {
    let office = Office::open();
    office.add("grete@example.com", "", with_password("a good password"));
    let token = || {
        let body = json!({"username": "grete@example.com", "password": "a good password"});
        let body = body.to_string();
        let asked = request(Method::POST, "/api/v1/authn", Some("application/json"), body);
        text_of(&office.world.send(asked).expect(200)["sessionToken"])
    };
    let (first, all) = (token(), "/api/v1/sessions");
    let made = office.post(all, json!({"sessionToken": first}));
    assert_eq!((&made["login"], &made["amr"]), (&json!("grete@example.com"), &json!(["pwd"])));
    let again = office.ask(Method::POST, all, &json!({"sessionToken": first}));
    again.is_management_error(401, "E0000004", "Authentication failed");
    let one = format!("{all}/{}", text_of(&made["id"]));
    assert_eq!(office.get(&one), made);
    assert_eq!(office.post(&format!("{one}/lifecycle/refresh"), Value::Null)["id"], made["id"]);
    assert_eq!(office.ask(Method::DELETE, &one, &Value::Null).status, 204);
    let summary = format!("Not found: Resource not found: {} (AppSession)", text_of(&made["id"]));
    office.ask(Method::GET, &one, &Value::Null).is_management_error(404, "E0000007", &summary);
    let other = office.post(all, json!({"sessionToken": token()}));
    let every = format!("{USERS}/grete@example.com/sessions?oauthTokens=true");
    assert_eq!(office.ask(Method::DELETE, &every, &Value::Null).status, 204);
    let path = format!("{all}/{}", text_of(&other["id"]));
    assert_eq!(office.ask(Method::GET, &path, &Value::Null).status, 404);
}

const PORTAL: &str = "https://portal.example.com";

/// Decision 32: a cookie counts for its person's own, and from a page of a trusted origin only.
#[test]
fn decision_32_a_browser_asks_of_itself_by_its_cookie_from_a_trusted_origin() {
    let office = Office::with(|document| {
        document["trustedOrigins"] = json!([
            {"name": "Portal", "origin": PORTAL, "scopes": [{"type": "CORS"}]},
        ]);
    });
    office.add("grete@example.com", "", with_password("a good password"));
    let mut browser = super::browser::Browser::new(&office.world);
    let page = browser.begin(&[]);
    browser.submit(&page, &[("username", "grete@example.com"), ("password", "a good password")]);
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let ask = |method: Method, path: &str, origin: Option<&str>| {
        let mut request = request(method, path, None, "");
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        office.world.send(request)
    };
    let ours = Some(PORTAL);
    let me = ask(Method::GET, "/api/v1/sessions/me", ours);
    assert_eq!(me.expect(200)["login"], "grete@example.com");
    assert_eq!(me.header("access-control-allow-credentials"), Some("true"));
    let person = ask(Method::GET, "/api/v1/users/me", ours).expect(200);
    assert_eq!(person["profile"]["login"], "grete@example.com");
    for (method, path, origin) in [
        (Method::GET, "/api/v1/sessions/me", None),
        (Method::GET, "/api/v1/sessions/me", Some("https://evil.example")),
        (Method::GET, "/api/v1/sessions/me", Some(super::cors::OURS)),
        (Method::POST, "/api/v1/users/me", ours),
        (Method::GET, "/api/v1/users", ours),
        (Method::DELETE, "/api/v1/users/me", ours),
    ] {
        let refused = ask(method, path, origin);
        refused.is_management_error(403, "E0000005", "Invalid session");
    }
    let refresh = "/api/v1/sessions/me/lifecycle/refresh";
    assert_eq!(ask(Method::POST, refresh, ours).status, 200);
    assert_eq!(ask(Method::DELETE, "/api/v1/sessions/me", ours).status, 204);
    assert_eq!(ask(Method::GET, "/api/v1/sessions/me", ours).status, 403);
}

/// Decisions 16 and 17: a refresh token is known by its family and is itself kept nowhere; whoever
/// administers ends it, and every token with it.
#[test]
fn decision_17_refresh_tokens_are_told_by_person_and_client_and_ended() {
    let office = Office::open();
    let world = &office.world;
    let begin = || spend(world, &code_of(world, &offline(world)), &[]).expect(200);
    let (first, second) = (begin(), begin());
    let clients = format!("{USERS}/ada@example.com/clients");
    let known = office.get(&clients);
    assert_eq!((&known[0]["client_id"], known.as_array().unwrap().len()), (&json!("web-app"), 1));
    let tokens = format!("{clients}/web-app/tokens");
    let (listed, n_parts) = office.list(&format!("{tokens}?limit=1"));
    assert_eq!((listed.len(), n_parts), (2, 2));
    let one = &listed[0];
    assert!(text_of(&one["id"]).starts_with("oar"), "{one}");
    assert_eq!((&one["status"], &one["clientId"]), (&json!("ACTIVE"), &json!("web-app")));
    assert!(one["scopes"].as_array().unwrap().contains(&json!("offline_access")));
    let told = office.get(&tokens).to_string();
    assert!(!told.contains(&text_of(&first["refresh_token"])), "the token is told to nobody");
    let path = format!("{tokens}/{}", text_of(&one["id"]));
    assert_eq!(&office.get(&path), one);
    assert_eq!(office.ask(Method::DELETE, &path, &Value::Null).status, 204);
    let id = format!("web-app.{}", text_of(&one["id"]));
    let summary = format!("Not found: Resource not found: {id} (OAuth2RefreshTokenTx)");
    office.ask(Method::GET, &path, &Value::Null).is_management_error(404, "E0000007", &summary);
    let active = || {
        let tokens = [&first, &second].into_iter();
        let active =
            |token: &&Value| world.introspect(&text_of(&token["access_token"]))["active"] == true;
        tokens.filter(active).count()
    };
    assert_eq!(active(), 1);
    assert_eq!(office.ask(Method::DELETE, &tokens, &Value::Null).status, 204);
    assert_eq!((active(), office.get(&tokens)), (0, json!([])));
}

#[test]
fn what_somebody_agreed_to_is_told_scope_by_scope_and_taken_back() {
    let office = Office::with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["consent_method"] = json!("REQUIRED");
        internal(document)["scopes"][1]["consent"] = json!("REQUIRED");
    });
    let agree = || {
        let mut browser = super::browser::Browser::new(&office.world);
        let page = browser.sign_in(&[PAYMENTS]).page();
        assert!(page.path.starts_with("/consent?"), "{page:?}");
        browser.submit(&page, &[("decision", "allow")]);
    };
    agree();
    let grants = format!("{USERS}/ada@example.com/grants");
    let listed = office.get(&grants);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    let grant = &listed[0];
    assert_eq!(
        (&grant["scopeId"], &grant["source"], &grant["clientId"]),
        (&json!("process:payments"), &json!("END_USER"), &json!("web-app"))
    );
    let one = format!("{grants}/{}", text_of(&grant["id"]));
    assert_eq!(&office.get(&one), grant);
    assert_eq!(office.ask(Method::DELETE, &one, &Value::Null).status, 204);
    assert_eq!(office.ask(Method::GET, &one, &Value::Null).status, 404);
    agree();
    let of_client = format!("{USERS}/ada@example.com/clients/web-app/grants");
    assert_eq!(office.get(&of_client)[0]["id"], grant["id"]);
    assert_eq!(office.ask(Method::DELETE, &of_client, &Value::Null).status, 204);
    assert_eq!(office.get(&grants), json!([]));
    assert_eq!(office.ask(Method::DELETE, &grants, &Value::Null).status, 204);
}
