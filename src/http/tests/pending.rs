//! What a person is about to do: requests that are answered once, by the organization as it is then,
//! whatever tabs, clocks and frames do.

use super::account::{PAYMENTS, with_consent};
use super::browser::{Browser, Page};
use super::invitation::link;
use super::sign_in::{CALLBACK, VERIFIER, ada, authorization};
use super::*;
use crate::login::Invitation;
use axum::http::Method;

const ALLOW: [(&str, &str); 1] = [("decision", "allow")];

fn spend(world: &World, code: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form)
}

#[test]
fn a_request_that_is_answered_twice_has_one_code() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    let first = browser.submit(&page, &ALLOW).elsewhere(CALLBACK);
    let second = browser.submit(&page, &ALLOW).elsewhere(CALLBACK);
    assert_eq!(first["code"], second["code"], "a button that was pressed twice");
    spend(&world, &first["code"]).expect(200);
    let third = browser.submit(&page, &ALLOW).page();
    assert_eq!(third.answer.status, 400);
    third.shows("The request was answered already.");
    let codes = world.runtime.block_on(world.surface.store.list("code")).unwrap().value;
    assert!(codes.is_empty(), "{codes:?}");
}

#[test]
fn the_code_of_a_request_is_not_given_to_another_person() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    browser.submit(&page, &ALLOW).elsewhere(CALLBACK);
    let again = browser.begin(&[("prompt", "login")]);
    let grace = [("username", "grace@example.com"), ("password", "CLAIMSMITH_DEMO_PASSWORD_GRACE")];
    browser.submit(&again, &grace).elsewhere(CALLBACK);
    let own = browser.visit("/account").page();
    let fields = [ALLOW[0], ("_csrf", &own.field("_csrf"))];
    let refused = browser.submit(&page, &fields).page();
    refused.shows("The request was answered already.");
}

#[test]
fn a_request_is_held_against_its_client_as_that_is_when_it_is_answered() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let plain = [("code_challenge", ""), ("code_challenge_method", "")];
    let page = browser.begin(&plain);
    world.replace(|document| {
        document["apps"][0]["credentials"]["oauthClient"]["pkce_required"] = json!(true);
    });
    let answer = browser.submit(&page, &ada()).elsewhere(CALLBACK);
    let text = "PKCE code challenge is required by the application.";
    assert_eq!(answer["error_description"], text);
    for change in [
        (|document: &mut Value| {
            let settings = &mut document["apps"][0]["settings"]["oauthClient"];
            settings["redirect_uris"] = json!(["http://127.0.0.1:3000/elsewhere"]);
        }) as fn(&mut Value),
        |document| document["apps"][0]["status"] = json!("INACTIVE"),
    ] {
        world.replace(|_| ());
        let mut browser = Browser::new(&world);
        let page = browser.begin(&[]);
        world.replace(change);
        // It goes nowhere: the address is not the client's.
        assert_eq!(browser.submit(&page, &ada()).page().answer.status, 400);
    }
}

#[test]
fn clocks_of_nodes_that_differ_a_little_lose_no_sign_in() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    for asked in [&[][..], &[("prompt", "login")]] {
        let page = browser.visit(&authorization(&[&[("max_age", "0")], asked].concat())).page();
        world.surface.clock.advance(-2);
        assert!(browser.submit(&page, &ada()).elsewhere(CALLBACK).contains_key("code"));
        world.surface.clock.advance(2);
    }
}

#[test]
fn what_is_kept_of_people_begins_and_ends_by_the_clock_of_the_store_alone() {
    let kept_by = Clock::fixed(NOW);
    let store = Store::memory(kept_by.clone());
    let days_ahead = Clock::fixed(NOW + 2 * 24 * 3600);
    let world = World::over(|_, _| store, days_ahead, Random::seeded(b"apart"), |_| ());
    let mut browser = Browser::new(&world);
    assert!(browser.sign_in(&[]).elsewhere(CALLBACK).contains_key("code"));
    let answer = browser.visit(&authorization(&[("max_age", "60")])).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"), "they signed in a moment ago: {answer:?}");
    let path = link(&world, Invitation::Reset);
    kept_by.advance(3599);
    browser.visit(&path).page().shows("Choose a new password");
    kept_by.advance(1);
    browser.visit(&path).page().shows("This link was used before or has expired.");
    let page = browser.visit("/account").page();
    assert!(page.path.starts_with("/account"), "the session goes on: {page:?}");
    kept_by.advance(2 * 3600);
    let page = browser.visit("/account").page();
    assert!(page.path.starts_with("/signin"), "it was not used for two hours: {page:?}");
}

/// The first page of a browser that has no cookies yet, and those it gets.
fn first_page(browser: &mut Browser<'_>) -> Page {
    let others = std::mem::take(&mut browser.cookies);
    let answer = browser.send(Method::GET, &authorization(&[]), None);
    let page = browser.visit(answer.header("location").unwrap().strip_prefix(URL).unwrap()).page();
    browser.cookies.extend(others);
    page
}

#[test]
fn of_two_tabs_that_are_the_first_neither_is_lost() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let (one, two) = (first_page(&mut browser), first_page(&mut browser));
    assert!(browser.submit(&one, &ada()).elsewhere(CALLBACK).contains_key("code"));
    assert!(browser.submit(&two, &ada()).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn who_only_asks_what_is_there_gets_no_code_and_signs_nobody_out() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    for path in [authorization(&[]), "/oauth2/internal/v1/logout".to_owned(), "/signin".to_owned()]
    {
        let answer = browser.send(Method::HEAD, &path, None);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")), "{path}");
    }
    let answer = browser.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));
}

#[test]
fn decision_46_nobody_is_asked_anything_in_a_frame() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    browser.headers.push(("sec-fetch-dest", "iframe".to_owned()));
    let answer = browser.visit(&authorization(&[])).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required");
    browser.headers.clear();
    browser.sign_in(&[]).elsewhere(CALLBACK);
    browser.headers.push(("sec-fetch-dest", "iframe".to_owned()));
    let answer = browser.visit(&authorization(&[])).elsewhere(CALLBACK);
    assert!(answer.contains_key("code"));
    for (asked, error) in [(("prompt", "login"), "login_required"), (PAYMENTS, "consent_required")]
    {
        let answer = browser.visit(&authorization(&[asked])).elsewhere(CALLBACK);
        assert_eq!(answer["error"], error);
    }
}

#[test]
fn a_form_that_is_sent_after_its_session_ended_leads_back_to_its_page() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let account = browser.visit("/account").page();
    world.surface.clock.advance(2 * 3600);
    let page = browser.submit_to(&account, "/account/password", &[]).page();
    assert!(page.path.starts_with("/signin?"), "{page:?}");
    let page = browser.submit(&page, &ada()).page();
    assert_eq!((page.path.as_str(), page.answer.status), ("/account", 200));
}

#[test]
fn over_tls_browsers_come_back_by_tls_alone() {
    let world = World::demo();
    let header = "strict-transport-security";
    for path in ["/health", "/nowhere", "/oauth2/internal/v1/keys"] {
        assert_eq!(world.get(path).header(header), Some("max-age=31536000"), "{path}");
    }
}
