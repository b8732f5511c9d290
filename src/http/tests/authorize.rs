//! What is wrong with an authorization request, and who is told: each check of the list, in its
//! order (authorization-server §2.3).

use super::browser::{Browser, Shown, parameters};
use super::sign_in::{CALLBACK, CHALLENGE, ada, authorization};
use super::*;

/// What a request of this address is told, at the client.
#[track_caller]
fn told(world: &World, path: &str) -> (String, String) {
    let answer = Browser::new(world).visit(path).elsewhere(CALLBACK);
    assert_eq!(answer["iss"], issuer("internal"), "RFC 9207: on errors too");
    (answer["error"].clone(), answer["error_description"].clone())
}

#[track_caller]
fn refuses(world: &World, changed: &[(&str, &str)], error: &str, description: &str) {
    let expected = (error.to_owned(), description.to_owned());
    assert_eq!(told(world, &authorization(changed)), expected, "{changed:?}");
}

/// A page that says this, and leads nowhere.
#[track_caller]
fn strands(world: &World, path: &str, description: &str) {
    let page = Browser::new(world).visit(path).page();
    assert_eq!(page.answer.status, 400, "{page:?}");
    page.shows(&crate::http::pages::Text(description).to_string());
    assert!(!page.answer.text.contains("<form") && !page.answer.text.contains("href"));
    assert_eq!(page.answer.header("location"), None);
}

const UNREGISTERED: &str =
    "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.";

#[test]
fn nobody_is_sent_to_an_address_that_is_not_the_clients() {
    let world = World::demo();
    for uri in [
        "",
        "http://127.0.0.1:3000/callback/",
        "http://127.0.0.1:3000/callbackx",
        "http://127.0.0.1:3000/Callback",
        "http://127.0.0.1:3000/callback?x=1",
        "http://127.0.0.1:3000/callback#x",
        "http://127.0.0.1:3001/callback",
        "http://127.0.0.1:3000/%63allback",
        "http://127.0.0.1:3000@evil.example/callback",
        "HTTP://127.0.0.1:3000/callback",
        "http://127.0.0.1:3000/../callback",
        "//evil.example/",
        "https://evil.example/?http://127.0.0.1:3000/callback",
        "javascript:alert(1)",
        "http://127.0.0.1:3000/callback\r\nx: y",
    ] {
        strands(&world, &authorization(&[("redirect_uri", uri)]), UNREGISTERED);
    }
}

#[test]
fn decision_27_a_native_app_chooses_the_port_of_a_loopback_address() {
    let world = World::with(|document| {
        let settings = &mut document["apps"][1]["settings"]["oauthClient"];
        settings["redirect_uris"] =
            json!(["http://127.0.0.1/cb", "http://127.0.0.1:3000/callback"]);
    });
    let ask = |uri: &str| {
        let changed = [("client_id", "phone-app"), ("redirect_uri", uri), ("prompt", "none")];
        Browser::new(&world).visit(&authorization(&changed))
    };
    for uri in ["http://127.0.0.1:51004/cb", "http://127.0.0.1/cb", "http://127.0.0.1:1/callback"] {
        assert_eq!(ask(uri).elsewhere(uri)["error"], "login_required");
    }
    for uri in ["http://localhost:51004/cb", "http://127.0.0.1:51004/other", "http://[::1]:1/cb"] {
        assert_eq!(ask(uri).page().answer.status, 400, "{uri}");
    }
    // A web app's is exact.
    strands(
        &world,
        &authorization(&[("redirect_uri", "http://127.0.0.1:1/callback")]),
        UNREGISTERED,
    );
}

#[test]
fn a_client_or_server_that_is_not_there_is_told_to_the_person() {
    let world = World::with(|document| document["apps"][1]["status"] = json!("INACTIVE"));
    let unknown = "Invalid value for 'client_id' parameter.";
    for id in ["", "nobody", "phone-app", "<script>"] {
        strands(&world, &authorization(&[("client_id", id)]), unknown);
    }
    let service = "Clients with 'application_type' of 'service' are not allowed to access the \
                   'authorize' endpoint.";
    strands(&world, &authorization(&[("client_id", "billing-service")]), service);
    let nowhere = authorization(&[]).replace("/internal/", "/nowhere/");
    strands(&world, &nowhere, "The authorization server id is invalid.");
    let repeated = "Duplicate parameter provided in request. Duplicated parameters: [state].";
    strands(&world, &format!("{}&state=2", authorization(&[])), repeated);
}

#[test]
fn each_check_has_its_words() {
    let world = World::demo();
    let r =
        |changed: &[(&str, &str)], error: &str, text: &str| refuses(&world, changed, error, text);
    let unsupported = "The response type is not supported by the authorization server. Configured \
                       response types: [code].";
    for response_type in ["none", "code code", "token", "code id_token"] {
        r(
            &[("response_type", response_type), ("response_mode", "query")],
            "unsupported_response_type",
            unsupported,
        );
    }
    r(
        &[("response_mode", "jwt")],
        "unsupported_response_mode",
        "The response mode is not supported. Valid values: [query, fragment, form_post, \
       okta_post_message].",
    );
    r(
        &[("request", "a.b.c")],
        "request_not_supported",
        "The 'request' parameter is not supported.",
    );
    let invalid =
        |name: &str| format!("The authentication request has an invalid '{name}' parameter.");
    r(
        &[("state", ""), ("code_challenge", ""), ("code_challenge_method", "")],
        "invalid_request",
        &invalid("state"),
    );
    r(&[("state", "\u{e4}")], "invalid_request", &invalid("state"));
    r(&[("response_type", "")], "invalid_request", &invalid("response_type"));
    r(&[("prompt", "none login")], "invalid_request", &invalid("prompt"));
    r(&[("prompt", "create")], "invalid_request", &invalid("prompt"));
    for age in ["-1", "x", "2147483648"] {
        r(&[("max_age", age)], "invalid_request", &invalid("max_age"));
    }
    r(&[("max_age", "0"), ("prompt", "none")], "invalid_request", &invalid("max_age"));
    r(
        &[("scope", "openid unknown")],
        "invalid_scope",
        "One or more scopes are not configured for the authorization server resource.",
    );
    r(
        &[("scope", "profile read:customers")],
        "invalid_scope",
        "Requests for ID tokens or access tokens with OpenID scopes require the 'openid' scope.",
    );
    r(
        &[("audience", "https://other.example")],
        "invalid_target",
        "The 'audience' or 'resource' is none of the authorization server.",
    );
    let method = "PKCE code challenge method is not supported. Valid values: [S256]";
    r(&[("code_challenge_method", "plain")], "invalid_request", method);
    r(&[("code_challenge_method", "")], "invalid_request", method);
    let alone = "The 'code_challenge_method' is of no 'code_challenge'.";
    r(&[("code_challenge", "")], "invalid_request", alone);
    let characters = "PKCE code challenge contains illegal characters.";
    for challenge in ["short", &"=".repeat(43), &"a".repeat(129)] {
        r(&[("code_challenge", challenge)], "invalid_request", characters);
    }
}

#[test]
fn decision_26_a_native_app_needs_pkce_and_a_web_app_does_not() {
    let world = World::demo();
    let without = [("code_challenge", ""), ("code_challenge_method", ""), ("prompt", "none")];
    let web = Browser::new(&world).visit(&authorization(&without)).elsewhere(CALLBACK);
    assert_eq!(web["error"], "login_required");
    let phone = "com.mycompany.phone:/callback";
    let changed = [&without[..], &[("client_id", "phone-app"), ("redirect_uri", phone)]].concat();
    let native = Browser::new(&world).visit(&authorization(&changed)).elsewhere(phone);
    assert_eq!(native["error_description"], "PKCE code challenge is required by the application.");
    let world = World::with(|document| {
        document["apps"][0]["credentials"]["oauthClient"]["pkce_required"] = json!(true);
    });
    refuses(
        &world,
        &without,
        "invalid_request",
        "PKCE code challenge is required by the application.",
    );
}

#[test]
fn with_pkce_a_state_is_not_needed_and_none_is_answered() {
    let world = World::demo();
    let changed = [("state", ""), ("prompt", "none")];
    let answer = Browser::new(&world).visit(&authorization(&changed)).elsewhere(CALLBACK);
    assert_eq!(answer.keys().collect::<Vec<_>>(), ["error", "error_description", "iss"]);
}

/// Decision 46.
#[test]
fn an_answer_travels_as_it_was_asked_to() {
    let world = World::demo();
    let ask = |mode: &str| {
        let mut browser = Browser::new(&world);
        let page = browser.begin(&[("response_mode", mode)]);
        browser.submit(&page, &ada())
    };
    let Shown::Elsewhere(uri) = ask("fragment") else { panic!("a page") };
    assert!(uri.starts_with(&format!("{CALLBACK}#")), "{uri}");
    assert!(parameters(&uri, CALLBACK).contains_key("code"));

    let posted = ask("form_post").page();
    let (action, fields) = posted.form("");
    assert_eq!(action, CALLBACK);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(fields[1].1, "s t&te");
    let policy = posted.answer.header("content-security-policy").unwrap();
    assert!(!policy.contains("form-action"), "the client may send the browser on: {policy}");
    assert_eq!(posted.answer.header("x-frame-options"), Some("DENY"));

    let message = ask("okta_post_message").page();
    let policy = message.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors http://127.0.0.1:3000"), "{policy}");
    assert_eq!(message.answer.header("x-frame-options"), None, "decision 46");
    message.shows("postMessage({\"code\":");
    message.shows("\"http://127.0.0.1:3000\")");
}

#[test]
fn a_script_cannot_be_put_into_a_message() {
    let world = World::demo();
    let state = "</script><script>alert(1)</script>";
    let changed = [("response_mode", "okta_post_message"), ("prompt", "none"), ("state", state)];
    let page = Browser::new(&world).visit(&authorization(&changed)).page();
    page.shows("\\u003c/script>");
    assert_eq!(page.answer.text.matches("<script").count(), 1);
}

#[test]
fn decision_12_an_audience_is_chosen_when_the_person_is_there() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let changed = [("resource", "https://my-partner-api.com/"), ("scope", "openid read:customers")];
    let code = browser.sign_in(&changed).elsewhere(CALLBACK)["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", super::sign_in::VERIFIER),
    ];
    let authorization = basic(format!("web-app:{WEB_SECRET}"));
    let tokens = world.post_as(TOKEN, &authorization, &form).expect(200);
    let (_, access) = world.verified("internal", tokens["access_token"].as_str().unwrap());
    assert_eq!(access["aud"], "https://my-partner-api.com");
}

#[test]
fn the_policies_and_the_assignment_decide_before_a_code_is_given() {
    let world = World::with(|document| {
        document["apps"][0]["assignments"] = json!({"groups": ["Partners"]});
    });
    let answer = Browser::new(&world).sign_in(&[]).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["error_description"], "User is not assigned to the client application.");
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[("scope", "openid admin:users")]);
    let grace = [("username", "grace@example.com"), ("password", "CLAIMSMITH_DEMO_PASSWORD_GRACE")];
    let answer = browser.submit(&page, &grace).elsewhere(CALLBACK);
    assert_eq!(
        (answer["error"].as_str(), answer["error_description"].as_str()),
        ("access_denied", POLICY_REFUSED)
    );
}

#[test]
fn the_challenge_is_kept_with_the_code() {
    let world = World::demo();
    let code = Browser::new(&world).sign_in(&[("code_challenge", CHALLENGE)]).elsewhere(CALLBACK);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &"x".repeat(43)),
    ];
    let authorization = basic(format!("web-app:{WEB_SECRET}"));
    let refused = world.post_as(TOKEN, &authorization, &form);
    refused.refuses(400, "invalid_grant", "PKCE verification failed.");
}
