//! Hooks of the channel type `OAUTH`: the access token that they are asked with, where it comes from
//! and how long it is used (authorization-server §1.11); and hooks of tokens by way of the browser.

use super::browser::Browser;
use super::legacy;
use super::people::Office;
use super::sign_in::CALLBACK;
use super::*;
use crate::fetch::fixture::{Site, json as answer};
use std::sync::mpsc::{Receiver, channel};

const HOOK: &str = "hook1";

/// The authorization server of a hook and the hook itself: at `/token` it gives tokens, `t1`, `t2`, …,
/// and elsewhere it takes those that `counts` says.
struct Guarded {
    port: u16,
    asked: Receiver<String>,
    _runtime: Runtime,
}

impl Guarded {
    fn start(expires_in: i64, counts: fn(&str) -> bool) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, asked) = channel();
        let (sender, n_given) = (Mutex::new(sender), Mutex::new(0));
        let site = runtime.block_on(Site::start(move |asked| {
            let _ = sender.lock().unwrap().send(asked.to_owned());
            if asked.starts_with("POST /token ") {
                let mut n_given = n_given.lock().unwrap();
                *n_given += 1;
                let token = format!("t{n_given}");
                let body = json!({
                    "access_token": token, "token_type": "Bearer", "expires_in": expires_in,
                });
                return answer(200, &body.to_string());
            }
            let (head, _) = asked.split_once("\r\n\r\n").unwrap();
            let mut lines = head.lines();
            let token = lines.find_map(|line| line.strip_prefix("authorization: Bearer "));
            if !token.is_some_and(counts) {
                return answer(401, "{}");
            }
            let ops = json!([{"op": "add", "path": "/claims/by", "value": token}]);
            let command = |name: &str| json!({"type": name, "value": ops});
            let commands = [command("com.okta.access.patch"), command("com.okta.identity.patch")];
            answer(200, &json!({ "commands": commands }).to_string())
        }));
        Self { port: site.port, asked, _runtime: runtime }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// The lines with which it was asked since, and the bodies.
    fn asked(&self) -> Vec<(String, String)> {
        let parts = |asked: String| {
            let (head, body) = asked.split_once("\r\n\r\n").unwrap();
            (head.lines().next().unwrap().to_owned(), body.to_owned())
        };
        self.asked.try_iter().map(parts).collect()
    }

    fn config(&self, more: &Value) -> Value {
        let mut config = json!({
            "uri": self.url("/hook"), "method": "POST", "headers": [],
            "clientId": "claimsmith", "tokenUrl": self.url("/token"), "scope": "tokens:enrich",
        });
        let members = config.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        config
    }
}

fn with_secret() -> Value {
    json!({"authType": "client_secret_post", "clientSecret": {"env": "hush & more"}})
}

/// Has every rule ask a hook with this channel.
fn hooked(document: &mut Value, config: &Value) {
    document["inlineHooks"] = json!([{
        "id": HOOK, "name": "Enrich", "type": "com.okta.oauth2.tokens.transform",
        "version": "1.0.0", "onFailure": "deny",
        "channel": {"type": "OAUTH", "version": "1.0.0", "config": config},
    }]);
    for policy in internal(document)["policies"].as_array_mut().unwrap() {
        for rule in policy["rules"].as_array_mut().unwrap() {
            rule["actions"]["token"]["inlineHook"] = json!({"id": HOOK});
        }
    }
}

fn by(world: &World) -> Value {
    part(&text_of(&world.ask(&[]).expect(200)["access_token"]), 1)["by"].clone()
}

fn lines(asked: &[(String, String)]) -> Vec<&str> {
    asked.iter().map(|(line, _)| line.split(' ').nth(1).unwrap()).collect()
}

#[test]
fn a_hook_is_asked_with_a_token_that_is_kept_as_long_as_it_is_good() {
    let hook = Guarded::start(600, |_| true);
    let world = World::with(|document| hooked(document, &hook.config(&with_secret())));
    assert_eq!([by(&world), by(&world)], ["t1", "t1"]);
    let asked = hook.asked();
    assert_eq!(lines(&asked), ["/token", "/hook", "/hook"]);
    let form = "grant_type=client_credentials&scope=tokens%3Aenrich&client_id=claimsmith\
                &client_secret=hush%20%26%20more";
    assert_eq!(asked[0].1, form);
    world.surface.clock.advance(570);
    assert_eq!(by(&world), "t2", "half a minute before its end another one is asked for");
}

#[test]
fn a_token_stays_from_one_version_to_the_next_until_it_is_asked_for_with_something_else() {
    let hook = Guarded::start(600, |_| true);
    let office = Office::with(|document| hooked(document, &hook.config(&with_secret())));
    assert_eq!(by(&office.world), "t1");
    office.post("/api/v1/groups", json!({"profile": {"name": "Another version"}}));
    assert_eq!(by(&office.world), "t1");
    let hooks = office.get("/api/v1/inlineHooks");
    let path = format!("/api/v1/inlineHooks/{}", text_of(&hooks[0]["id"]));
    office.post(&path, json!({"channel": {"config": {"scope": "another"}}}));
    assert_eq!(by(&office.world), "t2");
}

#[test]
fn a_token_that_a_hook_takes_no_more_is_asked_for_anew_once() {
    let hook = Guarded::start(600, |token| token != "t1");
    let world = World::with(|document| hooked(document, &hook.config(&with_secret())));
    assert_eq!(by(&world), "t2");
    assert_eq!(lines(&hook.asked()), ["/token", "/hook", "/token", "/hook"]);
    let hook = Guarded::start(600, |_| false);
    let world = World::with(|document| hooked(document, &hook.config(&with_secret())));
    assert_eq!(world.ask(&[]).expect(400)["error"], "server_error");
    assert_eq!(lines(&hook.asked()), ["/token", "/hook", "/token", "/hook"]);
}

#[test]
fn without_a_secret_an_assertion_by_the_published_key_of_the_organization_s_server_proves_us() {
    let hook = Guarded::start(0, |_| true);
    let config = hook.config(&json!({"authType": "private_key_jwt"}));
    let world = World::with(|document| hooked(document, &config));
    assert_eq!(by(&world), "t1");
    let asked = hook.asked();
    let (_, assertion) = asked[0].1.split_once("client_assertion=").unwrap();
    let claims = part(assertion, 1);
    let url = json!(hook.url("/token"));
    assert_eq!(
        [&claims["iss"], &claims["sub"], &claims["aud"]],
        [&json!("claimsmith"), &json!("claimsmith"), &url]
    );
    assert_eq!(claims["exp"], NOW + 60);
    assert_eq!(part(assertion, 0)["typ"], "client-authentication+jwt");
    let published = world.get("/oauth2/v1/keys").expect(200)["keys"].clone();
    let kid = part(assertion, 0)["kid"].clone();
    assert!(published.as_array().unwrap().iter().any(|key| key["kid"] == kid), "{published}");
    // It is nothing that anybody here takes for a token.
    assert_eq!(world.introspect(assertion)["active"], false);
    assert_eq!(by(&world), "t2", "one that nobody says how long it is good is not kept");
}

#[test]
fn what_a_hook_s_own_server_refuses_is_told_to_nobody_and_a_wrong_channel_is_refused() {
    let hook = Guarded::start(600, |_| true);
    let mut config = hook.config(&with_secret());
    config["tokenUrl"] = json!(hook.url("/nowhere"));
    let world = World::with(|document| hooked(document, &config));
    let text = "The callback service returned an error.";
    world.ask(&[]).refuses(400, "server_error", text);
    for (name, value) in [
        ("clientId", json!("https://id.example.com/oauth2/internal")),
        ("clientId", json!("")),
        ("tokenUrl", json!("http://localhost/token")),
        ("authType", json!("tls")),
        ("scope", Value::Null),
    ] {
        let mut config = hook.config(&with_secret());
        config[name] = value;
        let document = demo_with(|document| hooked(document, &config));
        assert!(crate::publish::fixture::draft(&document).is_err(), "{config}");
    }
}

#[test]
fn decision_29_tokens_by_way_of_the_browser_pass_the_hook_of_their_rule_too() {
    let hook = Guarded::start(600, |_| true);
    let world = legacy::world_asking(|document| hooked(document, &hook.config(&with_secret())));
    for (response_type, has_access) in [("id_token", false), ("code id_token token", true)] {
        let changed = [("response_type", response_type)];
        let told = Browser::new(&world).sign_in(&changed).elsewhere(CALLBACK);
        let (_, claims) = world.verified("internal", &told["id_token"]);
        assert_eq!((&claims["by"], &claims["nonce"]), (&json!("t1"), &json!("n-1")));
        assert_eq!(claims.get("at_hash").is_some(), has_access);
        assert_eq!(claims.get("c_hash").is_some(), has_access);
        if has_access {
            let (_, access) = world.verified("internal", &told["access_token"]);
            assert_eq!(access["by"], "t1");
        }
        let asked = hook.asked();
        let body: Value = serde_json::from_str(&asked.last().unwrap().1).unwrap();
        assert_eq!(body["source"], format!("{URL}/oauth2/internal/v1/authorize"));
        let protocol = &body["data"]["context"]["protocol"];
        assert_eq!(protocol["request"]["response_type"], response_type);
        assert_eq!(body["data"].get("access").is_some(), has_access);
    }
}
