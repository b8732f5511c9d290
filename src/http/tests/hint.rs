//! Whom a request is about: `id_token_hint` at authorization and at logout.

use super::account::{BYE, logout, signed_in, with_bye};
use super::browser::Browser;
use super::sign_in::{CALLBACK, ada, authorization};
use super::*;

const GRACE: [(&str, &str); 2] =
    [("username", "grace@example.com"), ("password", "CLAIMSMITH_DEMO_PASSWORD_GRACE")];

/// A browser in which Grace is signed in.
fn graces(world: &World) -> Browser<'_> {
    let mut browser = Browser::new(world);
    let page = browser.begin(&[]);
    browser.submit(&page, &GRACE).elsewhere(CALLBACK);
    browser
}

#[test]
fn a_request_about_somebody_else_than_who_is_signed_in_is_not_answered_for_them() {
    let world = World::demo();
    let (mut hers, id_token) = signed_in(&world);
    let hint = ("id_token_hint", id_token.as_str());
    let mut browser = graces(&world);
    let silent = [hint, ("prompt", "none")];
    let answer = browser.visit(&authorization(&silent)).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required");
    // Somebody else again is told so, and so is the client.
    let page = browser.begin(&[hint]);
    let answer = browser.submit(&page, &GRACE).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required");
    assert!(answer["error_description"].contains("id_token_hint"));
    let page = browser.begin(&[hint]);
    assert!(browser.submit(&page, &ada()).elsewhere(CALLBACK).contains_key("code"));
    // Of whom it is, also when its time is over.
    world.surface.clock.advance(3601);
    assert!(hers.visit(&authorization(&silent)).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn a_hint_that_this_server_did_not_give_this_client_is_refused() {
    let world = World::demo();
    let (mut browser, id_token) = signed_in(&world);
    let phone = [
        ("client_id", "phone-app"),
        ("redirect_uri", "com.mycompany.phone:/callback"),
        ("id_token_hint", id_token.as_str()),
    ];
    let cut = id_token.split_at(id_token.len() - 4).0;
    for hint in ["x", "a.b.c", cut] {
        let answer = browser.visit(&authorization(&[("id_token_hint", hint)])).elsewhere(CALLBACK);
        assert_eq!(answer["error"], "invalid_request");
        let text = "The authentication request has an invalid 'id_token_hint' parameter.";
        assert_eq!(answer["error_description"], text);
    }
    let answer = browser.visit(&authorization(&phone)).elsewhere("com.mycompany.phone:/callback");
    assert_eq!(answer["error"], "invalid_request");
}

#[test]
fn a_logout_with_the_id_token_of_somebody_else_is_asked_about_and_completed() {
    let world = with_bye();
    let (_, id_token) = signed_in(&world);
    let mut browser = graces(&world);
    let parameters =
        [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let page = browser.visit(&logout(&parameters)).page();
    page.shows("Do you want to sign out here?");
    assert!(!page.answer.text.contains(&id_token), "it is not hers to carry");
    assert!(browser.cookies.contains_key("__Host-claimsmith"));
    assert_eq!(browser.submit(&page, &[]).elsewhere(BYE)["state"], "s");
    assert!(!browser.cookies.contains_key("__Host-claimsmith"));
}
