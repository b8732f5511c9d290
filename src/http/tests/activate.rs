//! Where a person answers a device: polls meanwhile, guesses, and what is remembered of it.

use super::account::{poll, waiting_device};
use super::browser::{Browser, Page};
use super::sign_in::ada;

fn typed(browser: &mut Browser<'_>, code: &str) -> Page {
    let page = browser.visit("/activate").page();
    let page =
        if page.path.starts_with("/signin") { browser.submit(&page, &ada()).page() } else { page };
    browser.submit(&page, &[("user_code", code)]).page()
}

#[test]
fn a_device_that_polls_meanwhile_gets_its_persons_answer() {
    let (world, device_code, user_code) = waiting_device();
    let login = &world.surface.login;
    let around = world.surface.around();
    let find = login.find_device(&around, "ada", &user_code, None);
    let device = world.runtime.block_on(find).unwrap();
    assert_eq!(poll(&world, &device_code).expect(400)["error"], "authorization_pending");
    world.runtime.block_on(login.deny_device(&device)).unwrap();
    assert_eq!(poll(&world, &device_code).expect(400)["error"], "access_denied");
    let again = world.runtime.block_on(login.deny_device(&device)).unwrap_err();
    assert_eq!(again.code, "invalid_grant", "a person answers once");
}

#[test]
fn only_what_needed_consent_is_remembered_of_a_device() {
    let (world, _, user_code) = waiting_device();
    let mut browser = Browser::new(&world);
    let page = typed(&mut browser, &user_code);
    browser.submit(&page, &[("decision", "allow")]).page().shows("The device is connected.");
    let kept = world.runtime.block_on(world.surface.store.list("consent")).unwrap().value;
    assert!(kept.is_empty(), "no scope of it needs consent: {kept:?}");
}

#[test]
fn a_code_of_ones_own_does_not_buy_more_guesses() {
    let (world, _, user_code) = waiting_device();
    let mut browser = Browser::new(&world);
    assert_eq!(typed(&mut browser, &user_code).answer.status, 200);
    for number in 0..9 {
        assert_eq!(typed(&mut browser, &format!("BCDF-BCD{number}")).answer.status, 400);
    }
    assert_eq!(typed(&mut browser, &user_code).answer.status, 200);
    assert_eq!(typed(&mut browser, "BCDF-BCDX").answer.status, 400, "the tenth");
    assert_eq!(typed(&mut browser, &user_code).answer.status, 429);
}
