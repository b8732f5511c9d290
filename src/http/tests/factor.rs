//! Second factors: who may set one up, and where a rule that demands one is heard.

use super::account::{data_of, enrol, shown_by_app};
use super::browser::Browser;
use super::code::{code_of, granted, spend};
use super::exchange::{exchange, subject, world_with};
use super::refresh::{offline, refresh, rotating_with};
use super::sign_in::{CALLBACK, PASSWORD};
use super::*;
use crate::login::{AppSecret, SessionSecret, SignInRefused};
use crate::token::one_time;

#[test]
fn an_app_is_set_up_by_who_knows_the_password_and_not_by_who_found_the_browser() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let account = browser.visit("/account").page();
    for guess in ["", "wrong"] {
        let page = browser.submit_to(&account, "/account/factor", &[("current", guess)]).page();
        page.shows("The current password is wrong.");
        assert!(!page.answer.text.contains("otpauth:"), "{page:?}");
    }
    enrol(&world, &mut browser);
}

#[test]
fn the_secret_of_an_app_is_for_ten_minutes_and_for_the_session_it_was_shown_in() {
    let world = World::demo();
    let (mut browser, mut other) = (Browser::new(&world), Browser::new(&world));
    browser.sign_in(&[]).elsewhere(CALLBACK);
    other.sign_in(&[]).elsewhere(CALLBACK);
    let current = [("current", PASSWORD)];
    let account = browser.visit("/account").page();
    let page = browser.submit_to(&account, "/account/factor", &current).page();
    let elsewhere = other.visit("/account").page();
    let (app, code) = (page.field("app"), shown_by_app(&world, &page, 0));
    let fields = [("app", app.as_str()), ("code", &code)];
    let refused = other.submit_to(&elsewhere, "/account/factor", &fields).page();
    refused.shows("This form has expired");
    world.surface.clock.advance(600);
    let late = shown_by_app(&world, &page, 0);
    browser.submit(&page, &[("code", &late)]).page().shows("This form has expired");
    let account = browser.visit("/account").page();
    assert!(account.answer.text.contains("factor-current"), "nothing was set up: {account:?}");
}

#[test]
fn of_two_apps_that_are_set_up_at_once_the_first_counts() {
    let world = World::demo();
    let login = &world.surface.login;
    let browser = SessionSecret::generate(&world.surface.random);
    let enrol = |secret: &AppSecret| {
        let code = one_time::password(&data_of(&secret.base32()), NOW / 30);
        world.runtime.block_on(login.enrol_app("ada", secret, &code))
    };
    let fresh = || world.runtime.block_on(login.new_app_secret("ada", &browser)).unwrap().0;
    let (one, two) = (fresh(), fresh());
    assert_eq!(enrol(&one).unwrap().len(), 10);
    assert_eq!(enrol(&two), Err(SignInRefused::Wrong));
    let factors = world.runtime.block_on(login.find_factors("ada")).unwrap();
    assert_eq!(factors.app_since, Some(NOW));
}

/// Lets every rule of `internal` demand a second factor.
fn demand(document: &mut Value) {
    for policy in internal(document)["policies"].as_array_mut().unwrap() {
        for rule in policy["rules"].as_array_mut().unwrap() {
            rule["actions"]["secondFactor"] = json!("REQUIRED");
        }
    }
}

#[test]
fn decision_38_the_second_factor_that_a_rule_demands_is_asked_for_at_refresh() {
    let world = rotating_with(|_| ());
    let mut code = offline(&world);
    let plain = spend(&world, &code_of(&world, &code), &[]).expect(200);
    code.grant.methods.push("mfa".to_owned());
    let proven = spend(&world, &code_of(&world, &code), &[]).expect(200);
    world.replace(demand);
    let text = POLICY_REFUSED;
    let token = text_of(&plain["refresh_token"]);
    refresh(&world, &token, &[]).refuses(400, "invalid_grant", text);
    // Nor ever again: it was decided.
    let text = "The refresh token is invalid or expired.";
    refresh(&world, &token, &[]).refuses(400, "invalid_grant", text);
    refresh(&world, &text_of(&proven["refresh_token"]), &[]).expect(200);
}

#[test]
fn decision_38_the_second_factor_that_a_rule_demands_is_asked_for_at_token_exchange() {
    let world = world_with(demand);
    let plain = subject(&world, &["openid", "read:customers"]);
    exchange(&world, &plain, &[]).refuses(401, "access_denied", POLICY_REFUSED);
    let mut code = granted(&world);
    code.grant.scopes = ["openid", "read:customers"].map(str::to_owned).to_vec();
    code.grant.methods.push("mfa".to_owned());
    let proven = spend(&world, &code_of(&world, &code), &[]).expect(200);
    exchange(&world, &text_of(&proven["access_token"]), &[]).expect(200);
}
