//! Scopes that a person may leave out, and what an organization makes of its pages.

use super::account::{PAYMENTS, with_consent};
use super::browser::Browser;
use super::sign_in::{CALLBACK, VERIFIER, authorization};
use super::*;

fn tokens(world: &World, code: &str) -> Value {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    world.post_as(TOKEN, &basic(format!("web-app:{WEB_SECRET}")), &form).expect(200)
}

/// The demo, where people may leave payments out.
fn world() -> World {
    let world = with_consent();
    world.replace(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["consent_method"] = json!("REQUIRED");
        internal(document)["scopes"][1]["consent"] = json!("REQUIRED");
        internal(document)["scopes"][1]["optional"] = json!(true);
    });
    world
}

#[test]
fn a_person_may_leave_out_a_scope_that_is_optional() {
    let world = world();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    page.shows("type=\"checkbox\" name=\"scope:process:payments\" value=\"yes\" checked");
    let fields = [("decision", "allow"), ("scope:process:payments", "")];
    let answer = browser.submit(&page, &fields).elsewhere(CALLBACK);
    assert_eq!(tokens(&world, &answer["code"])["scope"], "openid read:customers");
    // They are asked again, and what they leave ticked is granted and remembered.
    let page = browser.visit(&authorization(&[PAYMENTS])).page();
    let answer = browser.submit(&page, &[("decision", "allow")]).elsewhere(CALLBACK);
    let granted = tokens(&world, &answer["code"]);
    assert_eq!(granted["scope"], "openid read:customers process:payments");
    let again = browser.visit(&authorization(&[PAYMENTS])).elsewhere(CALLBACK);
    assert!(again.contains_key("code"));
}

#[test]
fn a_scope_that_is_not_optional_cannot_be_left_out() {
    let world = with_consent();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[PAYMENTS]).page();
    assert!(!page.answer.text.contains("type=\"checkbox\""));
    let answer = browser.submit(&page, &[("decision", "allow")]).elsewhere(CALLBACK);
    let granted = tokens(&world, &answer["code"]);
    assert_eq!(granted["scope"], "openid read:customers process:payments");
}

#[test]
fn who_leaves_out_everything_grants_nothing() {
    let world = world();
    let mut browser = Browser::new(&world);
    let page = browser.sign_in(&[("scope", "process:payments")]).page();
    let fields = [("decision", "allow"), ("scope:process:payments", "")];
    let answer = browser.submit(&page, &fields).elsewhere(CALLBACK);
    assert_eq!(answer["error"], "access_denied");
}

#[test]
fn an_organization_has_its_own_colours_picture_and_words() {
    let logo = "data:image/png;base64,iVBORw0KGgo=";
    let world = World::with(|document| {
        document["organization"]["theme"] = json!({
            "primaryColorHex": "#0A6E2C", "logo": logo,
            "signInText": "Use your <work> account.", "footerText": "Help: 555-0100",
        });
    });
    let page = Browser::new(&world).begin(&[]);
    page.shows("background: #0a6e2c;");
    page.shows("color: #ffffff;");
    page.shows(&format!("<img class=\"logo\" src=\"{logo}\" alt="));
    page.shows("Use your &lt;work&gt; account.");
    page.shows("<footer><p class=\"soft\">Help: 555-0100</p></footer>");
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("img-src data:;"), "{policy}");
    let policy = Browser::new(&World::demo()).begin(&[]);
    let policy = policy.answer.header("content-security-policy").unwrap();
    assert!(!policy.contains("img-src"), "{policy}");
}

#[test]
fn a_theme_that_cannot_be_read_or_runs_something_is_refused() {
    let blamed = |theme: Value| {
        let document = document(|document| document["organization"]["theme"] = theme);
        crate::publish::fixture::draft(&document).is_err()
    };
    assert!(!blamed(json!({"primaryColorHex": "#ffffff"})));
    for theme in [
        json!({"primaryColorHex": "red"}),
        json!({"primaryColorHex": "#12345g"}),
        json!({"primaryColorHex": "#fff; } body { display: none"}),
        json!({"primaryColorHex": "#777777", "primaryColorContrastHex": "#ffffff"}),
        json!({"logo": "https://example.com/logo.png"}),
        json!({"logo": "data:image/svg+xml;base64,PHN2Zz4="}),
        json!({"logo": "data:image/png;base64,\" onerror=\"x"}),
        json!({"footerText": ""}),
        json!({"script": "x"}),
    ] {
        assert!(blamed(theme.clone()), "{theme}");
    }
}
