//! What is recorded, and when: before the answer where decision 41 wants it, soon after elsewhere.

use super::super::PeerAddress;
use super::browser::Browser;
use super::code::{code_of, granted, spend, web};
use super::sign_in::{CALLBACK, authorization};
use super::*;
use crate::store::Fails;
use crate::store::journal::EVENT;

impl World {
    /// Type, result and client of the events that are kept in the store.
    pub(super) fn kept_events(&self) -> Vec<(String, String, String)> {
        self.events_in(&self.surface.store)
    }

    /// The same of those that wait in the journal, once they are written.
    fn noted_events(&self) -> Vec<(String, String, String)> {
        let store = Store::memory(Clock::fixed(NOW));
        self.runtime.block_on(self.writer.lock().unwrap().drain(&store));
        self.events_in(&store)
    }

    fn events_in(&self, store: &Store) -> Vec<(String, String, String)> {
        let rows = self.runtime.block_on(store.list(EVENT)).unwrap().value;
        let read = |row: crate::store::Row| {
            let event: Value = serde_json::from_slice(&row.bytes).unwrap();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&event["eventType"]),
                text(&event["outcome"]["result"]),
                text(&event["actor"]["id"]),
            )
        };
        let mut events: Vec<_> = rows.into_iter().map(read).collect();
        events.sort();
        events
    }
}

fn event(name: &str, result: &str, client: &str) -> (String, String, String) {
    (format!("app.oauth2.as.token.{name}"), result.to_owned(), client.to_owned())
}

#[test]
fn decision_41_what_was_granted_is_noted_token_by_token_and_nothing_waits_for_it() {
    let world = World::demo();
    let mut code = granted(&world);
    code.grant.scopes = ["openid", "offline_access"].map(str::to_owned).to_vec();
    spend(&world, &code_of(&world, &code), &[]).expect(200);
    world.ask(&[]).expect(200);
    assert_eq!(world.kept_events(), []);
    let expected = [
        event("grant.access_token", "SUCCESS", "billing-service"),
        event("grant.access_token", "SUCCESS", "web-app"),
        event("grant.id_token", "SUCCESS", "web-app"),
        event("grant.refresh_token", "SUCCESS", "web-app"),
    ];
    assert_eq!(world.noted_events(), expected);
}

#[test]
fn decision_41_a_refusal_of_a_proven_client_is_kept_before_it_is_told_and_others_are_noted() {
    let world = World::demo();
    world.ask(&[("scope", "admin:users")]).expect(401);
    assert_eq!(world.kept_events(), [event("grant", "FAILURE", "billing-service")]);
    assert_eq!(world.noted_events(), []);
    world.post_as(TOKEN, &basic("web-app:wrong"), &[]).expect(401);
    world.post(TOKEN, &[("client_id", "nobody")]).expect(401);
    let expected = [event("grant", "FAILURE", ""), event("grant", "FAILURE", "nobody")];
    assert_eq!(world.noted_events(), expected);
    assert_eq!(world.kept_events().len(), 1);
}

#[test]
fn decision_41_a_refusal_that_cannot_be_kept_is_not_told() {
    let clock = Clock::fixed(NOW);
    let store = |_: &Runtime, clock| Store::memory(clock).failing(1, Fails::Before);
    let world = World::over(store, clock, Random::seeded(b"audit"), |_| ());
    assert_eq!(world.ask(&[("scope", "admin:users")]).expect(500)["error"], "server_error");
    assert_eq!(world.ask(&[]).status, 200, "a grant does not wait for its record");
}

#[test]
fn decision_41_reuse_and_revocation_are_kept_with_what_they_end() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    spend(&world, &code, &[]).expect(200);
    spend(&world, &code, &[]).expect(400);
    let reused = event("detect_reuse", "FAILURE", "web-app");
    assert_eq!(world.kept_events(), [reused, event("grant", "FAILURE", "web-app")]);

    let world = World::demo();
    let mut code = granted(&world);
    code.grant.scopes = ["openid", "offline_access"].map(str::to_owned).to_vec();
    let tokens = spend(&world, &code_of(&world, &code), &[]).expect(200);
    let form = [("token", &*text_of(&tokens["refresh_token"]))];
    assert_eq!(world.post_as("/oauth2/internal/v1/revoke", &web(), &form).status, 200);
    assert_eq!(world.kept_events(), [event("revoke", "SUCCESS", "web-app")]);
}

#[test]
fn decision_41_nothing_secret_is_recorded() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    let tokens = spend(&world, &code, &[]).expect(200);
    spend(&world, &code, &[]).expect(400);
    world.post_as(TOKEN, &basic("web-app:wrong-secret-of-somebody"), &[]).expect(401);
    let store = Store::memory(Clock::fixed(NOW));
    world.runtime.block_on(world.writer.lock().unwrap().drain(&store));
    for store in [&store, &world.surface.store] {
        let rows = world.runtime.block_on(store.list(EVENT)).unwrap().value;
        assert!(!rows.is_empty());
        for row in rows {
            let text = String::from_utf8(row.bytes).unwrap();
            for secret in [&*code, tokens["access_token"].as_str().unwrap(), "wrong-secret"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}

/// The name and result of an event of signing in or authorizing.
fn plain(name: &str, result: &str, actor: &str) -> (String, String, String) {
    (name.to_owned(), result.to_owned(), actor.to_owned())
}

#[test]
fn decision_41_a_wrong_password_is_noted_and_a_lock_is_kept_with_the_count_that_brings_it() {
    let world = World::demo();
    let try_password = || {
        let body = json!({"username": "ada@example.com", "password": "wrong"}).to_string();
        let mut request = request(Method::POST, "/api/v1/authn", Some("application/json"), body);
        request.extensions_mut().insert(PeerAddress([198, 51, 100, 7].into()));
        world.send(request).status
    };
    for _ in 0..9 {
        assert_eq!(try_password(), 401);
    }
    assert_eq!(world.kept_events(), []);
    assert_eq!([try_password(), try_password()], [401, 429], "the tenth locks");
    assert_eq!(world.kept_events(), [plain("user.account.lock", "FAILURE", "")]);
    let rows = world.runtime.block_on(world.surface.store.list(EVENT)).unwrap().value;
    let lock: Value = serde_json::from_slice(&rows[0].bytes).unwrap();
    assert_eq!(lock["target"], json!([{"alternateId": "ada@example.com", "type": "User"}]));
    assert_eq!(lock["client"]["ipAddress"], "198.51.100.7");
    assert_eq!(world.noted_events(), vec![plain("user.session.start", "FAILURE", ""); 11]);
}

#[test]
fn decision_41_what_is_refused_to_somebody_signed_in_is_kept_and_what_nobody_asked_is_noted() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[("scope", "openid admin:users")]);
    let grace = [("username", "grace@example.com"), ("password", "CLAIMSMITH_DEMO_PASSWORD_GRACE")];
    let told = browser.submit(&page, &grace).elsewhere(CALLBACK);
    assert_eq!(told["error"], "access_denied");
    let directory = world.surface.issuer.current();
    let directory = directory.directory();
    let index = directory.find_user_by_login("grace@example.com").unwrap();
    let expected = [
        plain("app.oauth2.as.authorize", "FAILURE", "web-app"),
        plain("user.session.start", "SUCCESS", &directory.users()[index].id),
    ];
    assert_eq!(world.kept_events(), expected);
    world.noted_events();
    browser.visit(&authorization(&[])).elsewhere(CALLBACK);
    let noted = world.noted_events();
    assert_eq!(noted, [plain("app.oauth2.as.authorize.code", "SUCCESS", "web-app")]);
    let unread =
        "/oauth2/internal/v1/authorize?client_id=web-app&redirect_uri=https://evil.example/";
    let answer = world.send_any(request(Method::GET, unread, None, ""));
    assert_eq!(answer.status, 400);
    assert_eq!(world.noted_events(), [plain("app.oauth2.as.authorize", "FAILURE", "web-app")]);
}

#[test]
fn decision_41_a_proven_client_s_pushed_request_or_foreign_token_is_refused_with_a_record() {
    let world = World::demo();
    let pushed = [("response_type", "code"), ("redirect_uri", "https://evil.example/")];
    world.post_as("/oauth2/internal/v1/par", &web(), &pushed).expect(400);
    let authorize = plain("app.oauth2.as.authorize", "FAILURE", "web-app");
    assert_eq!(world.kept_events(), [authorize]);
    let world = World::demo();
    let token = world.access_token(&[]);
    let path = "/oauth2/internal/v1/revoke";
    world.post_as(path, &web(), &[("token", &token)]).expect(400);
    assert_eq!(world.kept_events(), [event("revoke", "FAILURE", "web-app")]);
    world.post_as(path, &basic("web-app:wrong"), &[("token", &token)]).expect(401);
    assert_eq!(world.kept_events().len(), 1);
    assert_eq!(
        world.noted_events().iter().filter(|(name, ..)| name.ends_with("revoke")).count(),
        1
    );
}
