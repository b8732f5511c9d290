//! Signing in by a program (Okta's Authentication API, decision 39).

use super::account::{enrol, shown_by_app};
use super::browser::{Browser, Shown};
use super::sign_in::{CALLBACK, PASSWORD, authorization};
use super::*;

const AUTHN: &str = "/api/v1/authn";

/// The demo, where people may come to `web-app` by a session token.
fn world() -> World {
    World::with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["allow_session_token"] = json!(true);
    })
}

fn call(world: &World, path: &str, body: &Value) -> Answer {
    let path = format!("{AUTHN}{path}");
    world.send(request(Method::POST, &path, Some("application/json"), body.to_string()))
}

fn sign_in(world: &World, login: &str, password: &str) -> Answer {
    call(world, "", &json!({"username": login, "password": password}))
}

/// Where the client is answered when a browser comes with this token.
fn come(browser: &mut Browser<'_>, token: &str) -> std::collections::BTreeMap<String, String> {
    let changed = [("prompt", "none"), ("sessionToken", token)];
    browser.visit(&authorization(&changed)).elsewhere(CALLBACK)
}

#[test]
fn decision_39_a_password_gives_a_session_token_that_signs_in_once() {
    let world = world();
    let answer = sign_in(&world, "ada@example.com", PASSWORD);
    answer.expect_no_store();
    let body = answer.expect(200);
    assert_eq!((&body["status"], &body["expiresAt"]), (&json!("SUCCESS"), &json!(later(300))));
    let user = &body["_embedded"]["user"];
    assert_eq!(user["profile"]["login"], "ada@example.com");
    assert_eq!(answer.headers.get("set-cookie"), None);
    let token = text_of(&body["sessionToken"]);
    let mut browser = Browser::new(&world);
    assert!(come(&mut browser, &token).contains_key("code"));
    let answer = browser.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"), "the session goes on");
    assert_eq!(come(&mut Browser::new(&world), &token)["error"], "login_required", "it is spent");
    let token = text_of(&sign_in(&world, "ada@example.com", PASSWORD).expect(200)["sessionToken"]);
    world.surface.clock.advance(300);
    assert_eq!(come(&mut Browser::new(&world), &token)["error"], "login_required", "it is over");
}

/// So many seconds from now, as the API writes it.
fn later(seconds: i64) -> String {
    assert_eq!(seconds, 300);
    "2023-11-17T12:18:20.000Z".to_owned()
}

#[test]
fn decision_39_a_session_token_is_for_clients_that_allow_it_alone() {
    let world = World::demo();
    let token = text_of(&sign_in(&world, "ada@example.com", PASSWORD).expect(200)["sessionToken"]);
    assert_eq!(come(&mut Browser::new(&world), &token)["error"], "login_required");
    world.replace(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["allow_session_token"] = json!(true);
    });
    assert!(come(&mut Browser::new(&world), &token).contains_key("code"), "nor was it spent");
}

#[test]
fn decision_39_a_second_factor_is_proven_before_there_is_a_session_token() {
    let world = world();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let (app, _) = enrol(&world, &mut browser);
    let begun = sign_in(&world, "ada@example.com", PASSWORD).expect(200);
    assert_eq!((&begun["status"], begun.get("sessionToken")), (&json!("MFA_REQUIRED"), None));
    let factor = &begun["_embedded"]["factors"][0];
    assert_eq!(factor["factorType"], "token:software:totp");
    let verify = text_of(&factor["_links"]["verify"]["href"]);
    let verify = verify.strip_prefix(&format!("{URL}{AUTHN}")).unwrap();
    let state = text_of(&begun["stateToken"]);
    for path in ["", "/introspect"] {
        let known = call(&world, path, &json!({"stateToken": state})).expect(200);
        assert_eq!(known, begun, "{path}");
    }
    let prove = |path: &str, code: &str| {
        call(&world, path, &json!({"stateToken": state, "passCode": code}))
    };
    let wrong = prove(verify, "000000").expect(403);
    assert_eq!(wrong["errorCode"], "E0000068");
    let cause = "Your passcode doesn't match our records. Please try again.";
    assert_eq!(wrong["errorCauses"], json!([{"errorSummary": cause}]));
    assert_eq!(prove("/factors/another/verify", "000000").status, 404);
    assert_eq!(prove(verify, "").expect(400)["errorCode"], "E0000001");
    world.surface.clock.advance(30);
    let code = shown_by_app(&world, &app, 0);
    let done = prove(verify, &code).expect(200);
    assert_eq!(done["status"], "SUCCESS");
    prove(verify, &code).is_management_error(401, "E0000011", "Invalid token provided");
    let mut browser = Browser::new(&world);
    let code = come(&mut browser, &text_of(&done["sessionToken"]));
    assert!(code.contains_key("code"));
    // The session has the factor proven.
    let two = [("acr_values", "urn:okta:loa:2fa:any"), ("prompt", "none")];
    assert!(browser.visit(&authorization(&two)).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn a_transaction_that_is_given_up_is_over() {
    let world = world();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    enrol(&world, &mut browser);
    let begun = sign_in(&world, "ada@example.com", PASSWORD).expect(200);
    let state = json!({"stateToken": begun["stateToken"]});
    assert_eq!(call(&world, "/cancel", &state).expect(200), json!({}));
    for path in ["", "/introspect", "/cancel"] {
        let answer = call(&world, path, &state);
        answer.is_management_error(401, "E0000011", "Invalid token provided");
    }
}

#[test]
fn decision_39_a_program_and_the_page_share_their_locks_and_tell_of_nobody() {
    let world = world();
    for login in ["ada@example.com", "nobody@example.com", "sam@example.com"] {
        let answer = sign_in(&world, login, "wrong");
        answer.is_management_error(401, "E0000004", "Authentication failed");
    }
    for _ in 0..9 {
        sign_in(&world, "ada@example.com", "wrong");
    }
    let locked = sign_in(&world, "ada@example.com", PASSWORD);
    assert_eq!(locked.expect(429)["errorCode"], "E0000047");
    assert_eq!(locked.header("x-rate-limit-reset"), Some(&*(NOW + 60).to_string()));
    let mut browser = Browser::new(&world);
    let Shown::Page(page) = browser.sign_in(&[]) else { panic!("signed in") };
    assert_eq!(page.answer.status, 429);
}

#[test]
fn what_is_no_json_or_names_nobody_is_told_so() {
    let world = world();
    let send = |content_type: &'static str, body: &str| {
        world.send(request(Method::POST, AUTHN, Some(content_type), body.to_owned()))
    };
    let answer = send("application/x-www-form-urlencoded", "username=a&password=b");
    assert_eq!(answer.expect(400)["errorCode"], "E0000021");
    for body in ["", "{", "[]", "\"x\"", "{\"username\": \"\u{0}\"", &"x".repeat(70_000)] {
        let answer = send("application/json; charset=utf-8", body);
        answer.is_management_error(400, "E0000003", "The request body was not well-formed.");
    }
    for body in ["{}", r#"{"username": "ada@example.com"}"#, r#"{"username": 1, "password": []}"#] {
        let answer = send("application/json", body).expect(400);
        assert_eq!(answer["errorSummary"], "Api validation failed: authRequest");
        assert_eq!(answer["errorCauses"].as_array().unwrap().len(), 1);
    }
    let long = json!({"username": "ada@example.com", "password": "x".repeat(2000)});
    assert_eq!(call(&world, "", &long).status, 401);
    assert_eq!(world.get(AUTHN).status, 405);
}

#[test]
fn pages_of_clients_may_sign_people_in_and_others_may_not() {
    let world = world();
    let ask = |origin: &str| {
        let mut asked = request(Method::OPTIONS, AUTHN, None, "");
        let headers = asked.headers_mut();
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("access-control-request-method", "POST".parse().unwrap());
        world.send(asked)
    };
    let known = ask("http://127.0.0.1:3000");
    assert_eq!(known.header("access-control-allow-origin"), Some("http://127.0.0.1:3000"));
    assert_eq!(known.header("access-control-allow-credentials"), Some("true"));
    let unknown = ask("https://evil.example");
    assert_eq!(unknown.header("access-control-allow-origin"), None);
    assert_eq!(unknown.header("access-control-allow-credentials"), None);
}
