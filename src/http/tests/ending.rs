//! What ends with what: refresh tokens with a password, the tokens of one server with an agreement.

use super::browser::Browser;
use super::code::{code_of, granted, spend};
use super::refresh::{offline, refresh, rotating_with};
use super::sign_in::{CALLBACK, PASSWORD};
use super::*;
use crate::login::Method;

fn n_rows(world: &World, kind: &str) -> usize {
    world.runtime.block_on(world.surface.store.list(kind)).unwrap().value.len()
}

#[test]
fn with_a_password_end_the_refresh_tokens_that_whoever_knew_it_may_have() {
    let world = rotating_with(|_| ());
    let tokens = spend(&world, &code_of(&world, &offline(&world)), &[]).expect(200);
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let account = browser.visit("/account").page();
    let fields = [("current", PASSWORD), ("new", "a new password")];
    assert_eq!(browser.submit_to(&account, "/account/password", &fields).page().path, "/account");
    let text = "The refresh token is invalid or expired.";
    let token = text_of(&tokens["refresh_token"]);
    refresh(&world, &token, &[]).refuses(400, "invalid_grant", text);
    assert_eq!((n_rows(&world, "family"), n_rows(&world, "code")), (0, 0));
}

#[test]
fn an_agreement_that_is_taken_back_ends_what_came_of_it_at_its_server_alone() {
    let world = World::demo();
    let here = granted(&world);
    let tokens = spend(&world, &code_of(&world, &here), &[]).expect(200);
    let mut there = granted(&world);
    there.grant.server = "default".to_owned();
    code_of(&world, &there);
    let login = &world.surface.login;
    let revoke = login.revoke_agreement(&here.grant.user, "web-app", "internal");
    world.runtime.block_on(revoke).unwrap();
    assert_eq!(world.introspect(&text_of(&tokens["access_token"]))["active"], false);
    assert_eq!((n_rows(&world, "family"), n_rows(&world, "code")), (0, 1));
}

#[test]
fn every_session_that_lasts_is_listed_however_many_are_over() {
    let world = World::demo();
    let login = &world.surface.login;
    let open = |n_sessions: usize| {
        for _ in 0..n_sessions {
            let methods = vec![Method::Password];
            let opened = login.let_in("ada", methods, None, "a browser");
            world.runtime.block_on(opened).unwrap();
        }
    };
    open(300);
    world.surface.clock.advance(24 * 3600);
    open(301);
    let listed = world.runtime.block_on(login.list_sessions("ada")).unwrap();
    assert_eq!(listed.len(), 301);
}
