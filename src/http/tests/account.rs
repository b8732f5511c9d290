//! What people do once they are signed in: consent, second factors, their account, signing out.

use super::browser::{Browser, Page, Shown};
use super::sign_in::{CALLBACK, PASSWORD, VERIFIER, ada, authorization};
use super::*;
use crate::token::one_time;
use axum::http::Method;

/// The demo, `web-app` asking for consent to payments.
pub(super) fn with_consent() -> World {
    World::with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["consent_method"] = json!("REQUIRED");
        settings["policy_uri"] = json!("https://example.com/privacy?a=1&b=2");
        internal(document)["scopes"][1]["consent"] = json!("REQUIRED");
    })
}

pub(super) const PAYMENTS: (&str, &str) = ("scope", "openid read:customers process:payments");

#[test]
fn a_person_is_asked_once_and_what_they_allowed_is_remembered() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    assert!(page.path.starts_with("/consent?"), "{page:?}");
    page.shows("<strong>Web app</strong>");
    page.shows("Process payments");
    page.shows("href=\"https://example.com/privacy?a=1&amp;b=2\"");
    assert!(!page.answer.text.contains("Read customers"), "that needs no consent");
    let answer = browser.submit(&page, &[("decision", "allow")]).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));
    let answer = browser.visit(&authorization(&[PAYMENTS, ("prompt", "none")]));
    assert!(answer.elsewhere(CALLBACK).contains_key("code"));
    let page = browser.visit(&authorization(&[PAYMENTS, ("prompt", "consent")])).page();
    assert!(page.path.starts_with("/consent?"), "prompt=consent asks again");
    let answer = browser.submit(&page, &[("decision", "allow")]).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));
}

#[test]
fn who_denies_gives_nothing_and_prompt_none_asks_nobody() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    let answer = browser.submit(&page, &[("decision", "deny")]).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(
        answer["error_description"],
        "The resource owner or authorization server denied the request."
    );
    let answer = browser.visit(&authorization(&[PAYMENTS, ("prompt", "none")]));
    let answer = answer.elsewhere(CALLBACK);
    assert_eq!(answer["error"], "consent_required");
    let text = "The following scopes require user consent: [process:payments].";
    assert_eq!(answer["error_description"], text);
    // No is no, also once it was allowed in another window.
    let first = browser.visit(&authorization(&[PAYMENTS])).page();
    let second = browser.visit(&authorization(&[PAYMENTS])).page();
    browser.submit(&first, &[("decision", "allow")]).elsewhere(CALLBACK);
    let answer = browser.submit(&second, &[("decision", "deny")]).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "access_denied");
}

#[test]
fn consent_counts_only_for_what_was_shown_and_from_our_page() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    let forged = [("decision", "allow"), ("_csrf", "forged")];
    assert_eq!(browser.submit(&page, &forged).page().answer.status, 403, "CSRF on consent");
    let less = [("decision", "allow"), ("scopes", "read:customers")];
    let again = browser.submit(&page, &less).page();
    again.shows("Process payments");
    let mut other = Browser::new(&world);
    other.sign_in(&[("scope", "openid")]).elsewhere(CALLBACK);
    assert_eq!(other.submit(&page, &[("decision", "allow")]).page().answer.status, 403);
}

#[test]
fn consent_is_taken_back_and_ends_what_came_of_it() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    let code = browser.submit(&page, &[("decision", "allow")]).elsewhere(CALLBACK)["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form).expect(200);
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.introspect(token)["active"], true);
    let account = browser.visit("/account").page();
    account.shows("process:payments");
    let after = browser.submit_to(&account, "/account/consent", &[]).page();
    assert!(!after.answer.text.contains("process:payments"));
    assert_eq!(world.introspect(token)["active"], false);
    let page = browser.visit(&authorization(&[PAYMENTS])).page();
    assert!(page.path.starts_with("/consent?"), "they are asked again");
}

/// The password that an app with the secret on this page shows.
pub(super) fn shown_by_app(world: &World, page: &Page, later: i64) -> String {
    let text = page.answer.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    one_time::password(&data_of(text), (world.surface.clock.seconds() + later) / 30)
}

/// The bytes of a text in base32.
pub(super) fn data_of(text: &str) -> Vec<u8> {
    let mut bits = 0_u64;
    let (mut n_bits, mut secret) = (0, Vec::new());
    for character in text.chars().filter(|c| *c != ' ') {
        let digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(character).unwrap() as u64;
        bits = bits << 5 | digit;
        n_bits += 5;
        if n_bits >= 8 {
            n_bits -= 8;
            secret.push((bits >> n_bits & 0xff) as u8);
        }
    }
    secret
}

/// Ada sets up an app; answers a function of the time to come, and a recovery code.
pub(super) fn enrol(world: &World, browser: &mut Browser<'_>) -> (Page, String) {
    let account = browser.visit("/account").page();
    let page = browser.submit_to(&account, "/account/factor", &[("current", PASSWORD)]).page();
    let code = shown_by_app(world, &page, 0);
    let codes = browser.submit(&page, &[("code", &code)]).page();
    codes.shows("Your recovery codes");
    let recovery = codes.answer.text.split("<code>").nth(1).unwrap().split("</code>").next();
    (page, recovery.unwrap().to_owned())
}

#[test]
fn decision_38_who_has_a_second_factor_is_always_asked_for_it() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let (app, recovery) = enrol(&world, &mut browser);
    // The session that set it up has proven it.
    let answer = browser.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));

    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[]).page();
    assert!(page.path.starts_with("/signin/factor?"), "{page:?}");
    assert!(!browser.cookies.contains_key("__Host-claimsmith"), "nobody is signed in yet");
    let used = shown_by_app(&world, &app, 0);
    let wrong = browser.submit(&page, &[("code", &used)]).page();
    wrong.shows("The code is wrong or was used before.");
    world.surface.clock.advance(30);
    let fresh = shown_by_app(&world, &app, 0);
    let answer = browser.submit(&page, &[("code", &fresh)]).elsewhere(CALLBACK);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form).expect(200);
    let (_, identity) = world.verified("internal", tokens["id_token"].as_str().unwrap());
    assert_eq!(identity["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(identity["acr"], "urn:okta:loa:2fa:any");

    // A recovery code stands in for the app, once.
    for (ends_well, told) in [(true, ""), (false, "The code is wrong")] {
        let mut browser = Browser::new(&world);
        let page = browser.sign_in(&[]).page();
        match browser.submit(&page, &[("code", &recovery)]) {
            Shown::Elsewhere(_) => assert!(ends_well),
            Shown::Page(page) => {
                assert!(!ends_well);
                page.shows(told);
            }
        }
    }
}

#[test]
fn a_second_factor_does_not_stand_in_for_the_password_that_a_request_asks_for() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    world.surface.clock.advance(60);
    // Somebody else sits down at the open browser. They have an app, but not the password.
    for asked in [("prompt", "login"), ("max_age", "0"), ("max_age", "30")] {
        let page = browser.visit(&authorization(&[asked])).page();
        assert!(page.path.starts_with("/signin?"), "{page:?}");
        let page = browser.visit(&page.path.replacen("/signin", "/signin/factor", 1)).page();
        assert!(page.path.starts_with("/signin?"), "{asked:?}: {page:?}");
    }
    // Nor may they make their app the person's where a second factor is wanted.
    let wanted = [("acr_values", "urn:okta:loa:2fa:any")];
    let page = browser.visit(&authorization(&wanted)).page();
    assert!(page.path.starts_with("/signin?"), "{page:?}");
    let credentials = [("username", "ada@example.com"), ("password", PASSWORD)];
    let page = browser.submit(&page, &credentials).page();
    assert!(page.path.starts_with("/signin/factor?"), "who has the password may: {page:?}");
}

#[test]
fn a_second_factor_cannot_be_guessed_or_replaced_by_who_lacks_it() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let (app, _) = enrol(&world, &mut browser);
    let mut thief = Browser::new(&world);
    let page = thief.sign_in(&[]).page();
    // Another app, set up by whoever knows the password only.
    let closed = app.field("app");
    world.surface.clock.advance(60);
    for number in 0..9 {
        let code = format!("{number:06}");
        let fields = [("code", code.as_str()), ("app", closed.as_str())];
        assert_eq!(thief.submit(&page, &fields).page().answer.status, 400);
    }
    thief.submit(&page, &[("code", "x")]).page();
    let fresh = shown_by_app(&world, &app, 0);
    let locked = thief.submit(&page, &[("code", &fresh)]).page();
    assert_eq!(locked.answer.status, 429);
    let account = thief.visit("/account").page();
    assert!(account.path.starts_with("/signin?"), "{account:?}");
}

#[test]
fn decision_38_an_app_or_a_request_may_demand_a_second_factor() {
    let world = World::with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["second_factor"] = json!("REQUIRED");
    });
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[]).page();
    page.shows("Set up an authenticator app");
    let code = shown_by_app(&world, &page, 0);
    let codes = browser.submit(&page, &[("code", &code)]).page();
    let next = codes.answer.text.split("href=\"").last().unwrap().split('"').next().unwrap();
    let next = next.replace("&amp;", "&");
    let answer = browser.visit(next.strip_prefix(URL).unwrap()).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));

    let world = World::demo();
    let two = ("acr_values", "phr urn:okta:loa:2fa:any urn:okta:loa:1fa:any");
    let page = Browser::new(&world).sign_in(&[two]).page();
    page.shows("Set up an authenticator app");
    let mut browser = Browser::new(&world);
    browser.sign_in(&[("acr_values", "unknown")]).elsewhere(CALLBACK);
    let answer = browser.visit(&authorization(&[two, ("prompt", "none")])).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "interaction_required");
}

#[test]
fn decision_38_a_rule_may_demand_a_second_factor_and_then_decides_again() {
    let world = World::with(|document| {
        let rule = &mut internal(document)["policies"][1]["rules"][0];
        assert_eq!(rule["name"], "Administrators");
        rule["actions"]["secondFactor"] = json!("REQUIRED");
    });
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[]).page();
    page.shows("Set up an authenticator app");
    let code = shown_by_app(&world, &page, 0);
    browser.submit(&page, &[("code", &code)]).page().shows("Your recovery codes");
    let answer = browser.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));
    // Grace is let in by another rule.
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[]);
    let grace = [("username", "grace@example.com"), ("password", "CLAIMSMITH_DEMO_PASSWORD_GRACE")];
    assert!(browser.submit(&page, &grace).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn a_factor_is_removed_by_who_can_prove_it() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let (app, _) = enrol(&world, &mut browser);
    let account = browser.visit("/account").page();
    let wrong = browser.submit_to(&account, "/account/factor", &[("code", "000000")]).page();
    assert_eq!(wrong.answer.status, 400);
    world.surface.clock.advance(30);
    let fresh = shown_by_app(&world, &app, 0);
    browser.submit_to(&account, "/account/factor", &[("code", &fresh)]).page().shows("Done.");
    assert!(Browser::new(&world).sign_in(&[]).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn a_password_is_changed_by_who_knows_it_and_every_other_browser_signs_in_again() {
    let world = World::demo();
    let (mut here, mut there) = (Browser::new(&world), Browser::new(&world));
    for browser in [&mut here, &mut there] {
        browser.sign_in(&[]).elsewhere(CALLBACK);
    }
    let account = here.visit("/account").page();
    let mut change = |current: &str, new: &str| {
        let fields = [("current", current), ("new", new)];
        here.submit_to(&account, "/account/password", &fields).page()
    };
    change("wrong", "a new password").shows("The current password is wrong.");
    for _ in 0..11 {
        change(PASSWORD, "short").shows("Choose a password");
    }
    change(PASSWORD, "Ada@example.com").shows("Choose a password");
    assert_eq!(change(PASSWORD, "a new password").path, "/account");
    let answer = there.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required");
    let answer = here.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[]);
    assert_eq!(browser.submit(&page, &ada()).page().answer.status, 400);
    let new = [("username", "ada@example.com"), ("password", "a new password")];
    assert!(browser.submit(&page, &new).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn an_account_is_for_who_is_signed_in_and_its_forms_for_its_pages() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.visit("/account").page();
    assert!(page.path.starts_with("/signin?"));
    let account = browser.submit(&page, &ada()).page();
    assert_eq!(account.path, "/account");
    account.shows("ada@example.com");
    for action in ["password", "factor", "consent", "session"] {
        let path = format!("/account/{action}");
        let form = encoded(&[("_csrf", "forged")]);
        assert_eq!(browser.send(Method::POST, &path, Some(form)).status, 403, "{action}");
    }
    let mut other = Browser::new(&world);
    other.headers.push(("user-agent", "Another <browser>".to_owned()));
    other.sign_in(&[]).elsewhere(CALLBACK);
    let account = browser.visit("/account").page();
    account.shows("Another &lt;browser&gt;");
    browser.submit_to(&account, "/account/session", &[]).page();
    let answer = other.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required");
}

pub(super) const BYE: &str = "http://127.0.0.1:3000/bye";

/// The demo, `web-app` having somewhere to go after signing out; a browser in which Ada is signed
/// in, and her ID token.
pub(super) fn signed_in(world: &World) -> (Browser<'_>, String) {
    let mut browser = Browser::new(world);
    let code = browser.sign_in(&[]).elsewhere(CALLBACK)["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form).expect(200);
    (browser, tokens["id_token"].as_str().unwrap().to_owned())
}

pub(super) fn with_bye() -> World {
    World::with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["post_logout_redirect_uris"] = json!([BYE]);
    })
}

pub(super) fn logout(parameters: &[(&str, &str)]) -> String {
    format!("/oauth2/internal/v1/logout?{}", encoded(parameters))
}

#[test]
fn a_client_with_the_id_token_signs_out_and_the_state_comes_back() {
    let world = with_bye();
    let (mut browser, id_token) = signed_in(&world);
    // Its time may be over.
    world.surface.clock.advance(3601);
    let parameters =
        [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a&b")];
    let sent = Browser::new(&world).send(Method::GET, &logout(&parameters), None);
    assert_eq!(sent.status, 302);
    let answer = browser.visit(&logout(&parameters)).elsewhere(BYE);
    assert_eq!(answer["state"], "a&b");
    assert!(!browser.cookies.contains_key("__Host-claimsmith"));
    // Again, without a session: the browser goes on all the same.
    browser.visit(&logout(&parameters)).elsewhere(BYE);
    let (path, form) =
        logout(&parameters).split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let answer = browser.send(Method::POST, &path, Some(form));
    assert_eq!(answer.status, 303);
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered_for_signing_out() {
    let world = with_bye();
    let (mut browser, id_token) = signed_in(&world);
    for uri in ["https://evil.example/", "http://127.0.0.1:3000/bye/", CALLBACK, "//evil.example"] {
        let parameters = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", uri)];
        let page = browser.visit(&logout(&parameters)).page();
        assert_eq!(page.answer.status, 400);
        page.shows("must be a Logout redirect URI in the client app settings.");
    }
    let page = browser.visit(&logout(&[("post_logout_redirect_uri", BYE)])).page();
    assert_eq!(page.answer.status, 400, "whose it is, is not known");
    let cut = id_token.split_at(id_token.len() - 4).0;
    for hint in ["x", "a.b.c", cut] {
        let page = browser.visit(&logout(&[("id_token_hint", hint)])).page();
        assert_eq!(page.answer.status, 400);
    }
    assert!(browser.cookies.contains_key("__Host-claimsmith"), "and nobody was signed out");
}

#[test]
fn without_an_id_token_the_person_is_asked() {
    let world = with_bye();
    let (mut browser, _) = signed_in(&world);
    let parameters = [("client_id", "web-app"), ("post_logout_redirect_uri", BYE), ("state", "x")];
    let page = browser.visit(&logout(&parameters)).page();
    page.shows("Do you want to sign out here?");
    assert!(browser.cookies.contains_key("__Host-claimsmith"));
    let forged = browser.submit(&page, &[("_csrf", "forged")]).page();
    assert_eq!(forged.answer.status, 403);
    let evil = [("post_logout_redirect_uri", "https://evil.example/")];
    assert_eq!(browser.submit(&page, &evil).page().answer.status, 400);
    assert_eq!(browser.submit(&page, &[]).elsewhere(BYE)["state"], "x");
    browser.visit("/account").page().shows("Sign in");
}

#[test]
fn a_person_signs_out_and_their_tokens_live_on() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let code = browser.sign_in(&[]).elsewhere(CALLBACK)["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form).expect(200);
    let before = browser.cookies["__Host-claimsmith"].clone();
    let page = browser.visit("/signout").page();
    browser.submit(&page, &[]).page().shows("You are signed out");
    browser.visit("/signout").page().shows("You are signed out");
    let mut thief = Browser::new(&world);
    thief.cookies.insert("__Host-claimsmith".to_owned(), before);
    let answer = thief.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required", "the session is over, not just forgotten");
    // Decision 16.
    assert_eq!(world.introspect(tokens["access_token"].as_str().unwrap())["active"], true);
}

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A device of `phone-app` waits; its two codes.
pub(super) fn waiting_device() -> (World, String, String) {
    let world = World::with(|document| {
        let settings = &mut document["apps"][1]["settings"]["oauthClient"];
        settings["grant_types"] = json!(["authorization_code", "refresh_token", DEVICE]);
        for policy in internal(document)["policies"].as_array_mut().unwrap() {
            for rule in policy["rules"].as_array_mut().unwrap() {
                let grants = rule["conditions"]["grantTypes"]["include"].as_array_mut().unwrap();
                if !grants.contains(&json!(DEVICE)) {
                    grants.push(json!(DEVICE));
                }
            }
        }
    });
    let form = [("client_id", "phone-app"), ("scope", "openid read:customers")];
    let begun = world.post("/oauth2/internal/v1/device/authorize", &form).expect(200);
    (world, text_of(&begun["device_code"]), text_of(&begun["user_code"]))
}

pub(super) fn poll(world: &World, code: &str) -> Answer {
    world.post(TOKEN, &[("grant_type", DEVICE), ("client_id", "phone-app"), ("device_code", code)])
}

#[test]
fn a_person_allows_a_device_whose_code_they_typed_after_seeing_whose_it_is() {
    let (world, device_code, user_code) = waiting_device();
    let mut browser = Browser::new(&world);
    let page = browser.visit(&format!("/activate?user_code={user_code}")).page();
    let page = browser.submit(&page, &ada()).page();
    assert_eq!(page.path, format!("/activate?user_code={user_code}"), "where they were going");
    assert_eq!(page.field("user_code"), user_code);
    let typed = user_code.to_lowercase().replace('-', " ");
    let page = browser.submit(&page, &[("user_code", &typed)]).page();
    page.shows("<strong>Phone app</strong>");
    page.shows("Read customers");
    poll(&world, &device_code).refuses(
        400,
        "authorization_pending",
        "The device authorization is pending. Please try again later.",
    );
    let forged = [("decision", "allow"), ("_csrf", "forged")];
    assert_eq!(browser.submit(&page, &forged).page().answer.status, 403, "CSRF on the device page");
    browser.submit(&page, &[("decision", "allow")]).page().shows("The device is connected.");
    world.surface.clock.advance(5);
    let tokens = poll(&world, &device_code).expect(200);
    let (_, access) = world.verified("internal", tokens["access_token"].as_str().unwrap());
    assert_eq!(access["sub"], "ada@example.com");
    let again = browser.submit(&page, &[("decision", "allow")]).page();
    again.shows("No device waits for this code.");
}

#[test]
fn a_person_denies_a_device_and_codes_cannot_be_guessed() {
    let (world, device_code, user_code) = waiting_device();
    let mut browser = Browser::new(&world);
    let page = browser.visit("/activate").page();
    let page = browser.submit(&page, &ada()).page();
    let asked = browser.submit(&page, &[("user_code", &user_code)]).page();
    browser.submit(&asked, &[("decision", "deny")]).page().shows("was not connected");
    let body = poll(&world, &device_code).expect(400);
    assert_eq!(body["error"], "access_denied");
    for number in 0..10 {
        let code = format!("BCDF-BCD{number}");
        assert_eq!(browser.submit(&page, &[("user_code", &code)]).page().answer.status, 400);
    }
    let locked = browser.submit(&page, &[("user_code", &user_code)]).page();
    assert_eq!(locked.answer.status, 429);
}

#[test]
fn the_policies_decide_what_a_device_gets() {
    let (world, device_code, user_code) = waiting_device();
    world.replace(|document| {
        document["apps"][1]["assignments"] = json!({"groups": ["Partners"]});
        let settings = &mut document["apps"][1]["settings"]["oauthClient"];
        settings["grant_types"] = json!(["authorization_code", "refresh_token", DEVICE]);
    });
    let mut browser = Browser::new(&world);
    let page = browser.visit("/activate").page();
    let page = browser.submit(&page, &ada()).page();
    let asked = browser.submit(&page, &[("user_code", &user_code)]).page();
    let refused = browser.submit(&asked, &[("decision", "allow")]).page();
    refused.shows("User is not assigned to the client application.");
    assert_eq!(poll(&world, &device_code).expect(400)["error"], "authorization_pending");
}
