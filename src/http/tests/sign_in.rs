//! From an authorization request to a code, as a person walks it.

use super::browser::{Browser, Page, Shown};
use super::*;
use axum::http::Method;

pub(super) const CALLBACK: &str = "http://127.0.0.1:3000/callback";

/// RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Of Ada. The fixture has a variable hold its own name.
pub(super) const PASSWORD: &str = "CLAIMSMITH_DEMO_PASSWORD_ADA";

/// The address of an authorization request of `web-app`, changed as said; an empty value leaves the
/// parameter out.
pub(super) fn authorization(changed: &[(&str, &str)]) -> String {
    let usual = [
        ("client_id", "web-app"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile read:customers"),
        ("state", "s t&te"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let is_changed = |name: &str| changed.iter().any(|(known, _)| *known == name);
    let kept = usual.iter().filter(|(name, _)| !is_changed(name));
    let all: Vec<_> = kept.chain(changed).filter(|(_, value)| !value.is_empty()).copied().collect();
    format!("/oauth2/internal/v1/authorize?{}", encoded(&all))
}

pub(super) fn ada() -> [(&'static str, &'static str); 2] {
    [("username", "ada@example.com"), ("password", PASSWORD)]
}

impl Browser<'_> {
    /// The sign-in page that an authorization request leads to.
    pub(super) fn begin(&mut self, changed: &[(&str, &str)]) -> Page {
        let page = self.visit(&authorization(changed)).page();
        assert!(page.path.starts_with("/signin?"), "{page:?}");
        page
    }

    /// Ada signs in for an authorization request.
    pub(super) fn sign_in(&mut self, changed: &[(&str, &str)]) -> Shown {
        let page = self.begin(changed);
        self.submit(&page, &ada())
    }

    /// The tokens of a code.
    fn spend(&self, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form)
    }
}

#[test]
fn a_person_signs_in_and_the_client_gets_tokens() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[]);
    page.shows("Web app");
    let answer = browser.submit(&page, &ada()).elsewhere(CALLBACK);
    assert_eq!(answer["state"], "s t&te");
    assert_eq!(answer["iss"], issuer("internal"), "RFC 9207");
    assert_eq!(answer.keys().collect::<Vec<_>>(), ["code", "iss", "state"]);

    let tokens = browser.spend(&answer["code"]).expect(200);
    assert_eq!(tokens["scope"], "openid profile read:customers");
    let (_, access) = world.verified("internal", tokens["access_token"].as_str().unwrap());
    assert_eq!((&access["sub"], &access["cid"]), (&json!("ada"), &json!("web-app")));
    assert_eq!(access["auth_time"], NOW);
    let (_, identity) = world.verified("internal", tokens["id_token"].as_str().unwrap());
    assert_eq!(identity["nonce"], "n-1");
    assert_eq!(identity["amr"], json!(["pwd"]));
    assert_eq!(identity["sub"], access["uid"]);
}

#[test]
fn who_is_signed_in_is_not_asked_again() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let again = browser.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
    assert!(again.contains_key("code"));
    world.surface.clock.advance(100);
    let again = browser.visit(&authorization(&[("max_age", "100")])).elsewhere(CALLBACK);
    assert!(again.contains_key("code"), "the session is as old as it may be");
}

#[test]
fn prompt_login_and_an_old_session_ask_again_and_only_once() {
    let world = World::demo();
    for asks_again in [("prompt", "login"), ("max_age", "99"), ("max_age", "0")] {
        let mut browser = Browser::new(&world);
        browser.sign_in(&[]).elsewhere(CALLBACK);
        let before = browser.cookies["__Host-claimsmith"].clone();
        world.surface.clock.advance(100);
        let answer = browser.sign_in(&[asks_again]).elsewhere(CALLBACK);
        assert!(answer.contains_key("code"), "{asks_again:?}");
        let after = browser.cookies["__Host-claimsmith"].clone();
        assert_ne!(before, after);
        // The session before is over.
        let mut thief = Browser::new(&world);
        thief.cookies.insert("__Host-claimsmith".to_owned(), before);
        let refused = thief.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
        assert_eq!(refused["error"], "login_required");
    }
}

#[test]
fn without_a_session_prompt_none_is_login_required() {
    let world = World::demo();
    let answer = Browser::new(&world).visit(&authorization(&[("prompt", "none")]));
    let answer = answer.elsewhere(CALLBACK);
    assert_eq!(answer["error"], "login_required");
    let text = "The client specified not to prompt, but the user is not logged in.";
    assert_eq!(answer["error_description"], text);
    assert_eq!(
        (answer["state"].as_str(), answer["iss"].as_str()),
        ("s t&te", &*issuer("internal"))
    );
}

#[test]
fn a_wrong_password_and_a_stranger_are_told_the_same() {
    let world = World::demo();
    let tell = |name: &str, password: &str| {
        let mut browser = Browser::new(&world);
        let page = browser.begin(&[]);
        let fields = [("username", name), ("password", password)];
        let page = browser.submit(&page, &fields).page();
        assert_eq!(page.answer.status, 400);
        assert!(!browser.cookies.contains_key("__Host-claimsmith"));
        assert_eq!(page.field("username"), name);
        page.shows("The user name or the password is wrong.");
        // What differs is what was typed, what is random, and what is drawn from it.
        let text = page.answer.text.replace(name, "NAME");
        let (random, csrf) = (page.field("request"), page.field("_csrf"));
        let text = text.replace(&random, "").replace(&csrf, "");
        let nonce = text.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        text.replace(&nonce, "")
    };
    let wrong = tell("ada@example.com", "wrong");
    assert_eq!(wrong, tell("nobody@example.com", "wrong"));
    // Sam is suspended: the right password tells nothing either.
    assert_eq!(wrong, tell("sam@example.com", "CLAIMSMITH_DEMO_PASSWORD_SAM"));
    assert_eq!(wrong, tell("ada@example.com", &"x".repeat(2000)));
}

#[test]
fn a_login_is_typed_in_any_case_and_hinted_at() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[("login_hint", "\"Ada\"@<example>.com")]);
    assert_eq!(page.field("username"), "\"Ada\"@<example>.com");
    let fields = [("username", " ADA@Example.COM "), ("password", PASSWORD)];
    assert!(browser.submit(&page, &fields).elsewhere(CALLBACK).contains_key("code"));
}

#[test]
fn a_form_counts_only_with_the_token_and_in_the_browser_of_its_page() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[]);
    for token in ["", "x", &"A".repeat(43)] {
        let fields = [ada()[0], ada()[1], ("_csrf", token)];
        let refused = browser.submit(&page, &fields).page();
        assert_eq!(refused.answer.status, 403, "CSRF on login");
    }
    // Another's page, as if the attacker's form were posted by the victim's browser.
    let mut victim = Browser::new(&world);
    victim.begin(&[]);
    assert_eq!(victim.submit(&page, &ada()).page().answer.status, 403);
    let own = victim.begin(&[]);
    let fields = [ada()[0], ada()[1], ("request", &page.field("request"))];
    let refused = victim.submit(&own, &fields).page();
    assert_eq!(refused.answer.status, 400, "the request was begun in another browser");
    assert!(!victim.cookies.contains_key("__Host-claimsmith"));
}

#[test]
fn a_session_that_was_planted_is_not_the_one_that_is_signed_in() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let planted = "A".repeat(43);
    browser.cookies.insert("__Host-claimsmith".to_owned(), planted.clone());
    browser.sign_in(&[]).elsewhere(CALLBACK);
    assert_ne!(browser.cookies["__Host-claimsmith"], planted);
}

#[test]
fn a_session_ends_when_it_is_not_used_and_after_a_day() {
    let world = World::demo();
    let is_signed_in = |browser: &mut Browser<'_>| {
        let answer = browser.visit(&authorization(&[("prompt", "none")])).elsewhere(CALLBACK);
        answer.contains_key("code")
    };
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    world.surface.clock.advance(2 * 3600 - 1);
    assert!(is_signed_in(&mut browser));
    world.surface.clock.advance(2 * 3600);
    assert!(!is_signed_in(&mut browser), "idle for two hours");
    browser.sign_in(&[]).elsewhere(CALLBACK);
    for _ in 0..23 {
        world.surface.clock.advance(3600);
        assert!(is_signed_in(&mut browser));
    }
    world.surface.clock.advance(3600);
    assert!(!is_signed_in(&mut browser), "a day");
}

#[test]
fn a_sign_in_page_waits_an_hour() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[]);
    world.surface.clock.advance(3600);
    let refused = browser.submit(&page, &ada()).page();
    assert_eq!(refused.answer.status, 400);
    refused.shows("This sign-in has expired");
}

#[test]
fn pages_are_fenced_in_and_kept_by_nobody() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[]);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.answer.header(name), Some(value));
    }
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    assert!(!page.answer.text.contains("<script"));
}

#[test]
fn the_language_is_the_readers() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    browser.headers.push(("accept-language", "de-DE, en;q=0.5".to_owned()));
    let page = browser.begin(&[]);
    page.shows("<html lang=\"de\">");
    page.shows("Anmelden");
    let page = browser.begin(&[("ui_locales", "fr")]);
    page.shows("Se connecter");
}

#[test]
fn an_account_locks_after_ten_failures_and_opens_again_by_itself() {
    let world = World::demo();
    for login in ["ada@example.com", "nobody@example.com"] {
        let mut browser = Browser::new(&world);
        let page = browser.begin(&[]);
        let mut attempt = |password: &str| {
            let fields = [("username", login), ("password", password)];
            match browser.submit(&page, &fields) {
                Shown::Page(page) => page.answer.status,
                Shown::Elsewhere(_) => 303,
            }
        };
        for _ in 0..10 {
            assert_eq!(attempt("wrong"), 400);
        }
        assert_eq!(attempt("wrong"), 429);
        assert_eq!(attempt(PASSWORD), 429, "the right one is not looked at either");
        world.surface.clock.advance(60);
        assert_eq!(attempt("wrong"), 400);
        world.surface.clock.advance(60);
        assert_eq!(attempt("wrong"), 429, "the second lock is twice as long");
        world.surface.clock.advance(60);
        if login.starts_with("ada") {
            assert_eq!(attempt(PASSWORD), 303);
            let page = browser.begin(&[("prompt", "login")]);
            let fields = [("username", login), ("password", "wrong")];
            for _ in 0..9 {
                assert_eq!(browser.submit(&page, &fields).page().answer.status, 400);
            }
            let answer = browser.submit(&page, &ada()).elsewhere(CALLBACK);
            assert!(answer.contains_key("code"), "a sign-in forgives");
        }
    }
}

#[test]
fn a_posted_authorization_request_is_answered_like_one_in_an_address() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let path = authorization(&[]);
    let (path, form) = path.split_once('?').unwrap();
    let answer = browser.send(Method::POST, path, Some(form.to_owned()));
    assert_eq!(answer.status, 303);
    let location = answer.header("location").unwrap().strip_prefix(URL).unwrap().to_owned();
    let page = browser.visit(&location).page();
    assert!(browser.submit(&page, &ada()).elsewhere(CALLBACK).contains_key("code"));
}
