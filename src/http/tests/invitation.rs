//! Links by which a person sets a password without knowing one (decision 38).

use super::browser::Browser;
use super::sign_in::{CALLBACK, ada, authorization};
use super::*;
use crate::login::{Invitation, invite};
use axum::http::Method;

/// The path of a fresh link for Ada.
pub(super) fn link(world: &World, invitation: Invitation) -> String {
    let current = world.surface.issuer.current();
    let directory = current.directory();
    let user = &directory.users()[directory.find_user_by_login("ada@example.com").unwrap()];
    let (store, random) = (&world.surface.store, &world.surface.random);
    let token = world.runtime.block_on(invite(store, random, invitation, &user.id)).unwrap();
    format!("/{}/{token}", invitation.word())
}

fn signs_in(world: &World, password: &str) -> bool {
    let mut browser = Browser::new(world);
    let page = browser.begin(&[]);
    let fields = [("username", "ada@example.com"), ("password", password)];
    matches!(browser.submit(&page, &fields), super::browser::Shown::Elsewhere(_))
}

#[test]
fn decision_38_a_person_is_welcomed_by_a_link_and_chooses_their_first_password() {
    let world = World::with(|document| document["users"][0]["password"] = Value::Null);
    assert_eq!(world.surface.issuer.current().directory().users()[0].login, "ada@example.com");
    let path = link(&world, Invitation::Welcome);
    let mut browser = Browser::new(&world);
    let page = browser.visit(&path).page();
    page.shows("Welcome: choose your password");
    assert_eq!(page.field("username"), "ada@example.com");
    let again = Browser::new(&world).visit(&path).page();
    assert_eq!(again.answer.status, 200, "to look at it spends nothing");
    let weak = browser.submit(&page, &[("new", "short")]).page();
    weak.shows("Choose a password");
    let forged = browser.submit(&page, &[("new", "a new password"), ("_csrf", "forged")]).page();
    assert_eq!(forged.answer.status, 403);
    let page = browser.submit(&page, &[("new", "a new password")]).page();
    assert!(page.path.starts_with("/signin?"), "{page:?}");
    assert!(signs_in(&world, "a new password"));
    browser.visit(&path).page().shows("This link was used before or has expired.");
}

#[test]
fn decision_38_a_link_lets_in_who_lost_their_password_and_ends_what_it_opened() {
    let world = World::demo();
    let mut before = Browser::new(&world);
    before.sign_in(&[]).elsewhere(CALLBACK);
    let page = before.begin(&[("prompt", "login")]);
    for _ in 0..10 {
        let fields = [("username", "ada@example.com"), ("password", "wrong")];
        before.submit(&page, &fields).page();
    }
    let path = link(&world, Invitation::Reset);
    let mut browser = Browser::new(&world);
    let page = browser.visit(&path).page();
    page.shows("Choose a new password");
    browser.submit(&page, &[("new", "a new password")]).page();
    assert!(signs_in(&world, "a new password"), "and the failures are forgiven");
    let answer = before.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required");
    let mut old = Browser::new(&world);
    let page = old.begin(&[]);
    assert_eq!(old.submit(&page, &ada()).page().answer.status, 400);
}

#[test]
fn a_link_is_for_a_while_for_one_purpose_and_the_last_one_counts() {
    let world = World::demo();
    let is_over = |path: &str| Browser::new(&world).visit(path).page().answer.status == 400;
    let first = link(&world, Invitation::Reset);
    let second = link(&world, Invitation::Reset);
    assert!(is_over(&first) && !is_over(&second));
    assert!(is_over(&second.replace("/reset/", "/welcome/")));
    assert!(is_over("/reset/x") && is_over("/welcome/%00"));
    let answer = Browser::new(&world).send(Method::HEAD, &second, None);
    assert_eq!(answer.status, 405);
    world.surface.clock.advance(3600);
    assert!(is_over(&second));
    let welcome = link(&world, Invitation::Welcome);
    world.surface.clock.advance(7 * 24 * 3600 - 1);
    assert!(!is_over(&welcome));
    world.replace(|document| document["users"][0]["status"] = json!("SUSPENDED"));
    assert!(is_over(&welcome), "nor is it for who may not sign in");
}
