//! The token inline hook over the wire: what it is told, what becomes of what it says, and what when
//! it says nothing (authorization-server §7).

use super::code::{code_of, granted, spend, web};
use super::*;
use crate::fetch::fixture::{Site, json as answer};
use crate::grant::CodeGrant;
use std::sync::mpsc::{Receiver, channel};

const HOOK: &str = "hook1";

/// A hook that answers so, and what it was asked.
struct Hook {
    url: String,
    asked: Receiver<String>,
    _runtime: Runtime,
}

impl Hook {
    fn saying(said: impl Into<String>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, asked) = channel();
        let (sender, said) = (Mutex::new(sender), said.into());
        let site = runtime.block_on(Site::start(move |asked| {
            let _ = sender.lock().unwrap().send(asked.to_owned());
            said.clone()
        }));
        Self { url: site.url("/hook"), asked, _runtime: runtime }
    }

    fn commands(commands: &Value) -> Self {
        Self::saying(answer(200, &json!({"commands": commands}).to_string()))
    }
}

/// The demo, all of whose rules ask this hook.
fn world(url: &str, on_failure: &str) -> World {
    World::with(|document| {
        document["inlineHooks"] = json!([{
            "id": HOOK, "name": "Enrich", "type": "com.okta.oauth2.tokens.transform",
            "version": "1.0.0", "onFailure": on_failure,
            "channel": {"type": "HTTP", "version": "1.0.0", "config": {
                "uri": url, "method": "POST", "headers": [{"key": "X-Tenant", "value": "demo"}],
                "authScheme": {"type": "HEADER", "key": "Authorization", "value": {"env": "hush"}},
            }},
        }]);
        for policy in internal(document)["policies"].as_array_mut().unwrap() {
            for rule in policy["rules"].as_array_mut().unwrap() {
                rule["actions"]["token"]["inlineHook"] = json!({"id": HOOK});
            }
        }
    })
}

fn access_patch(ops: Value) -> Value {
    let mut commands = json!([{"type": "com.okta.access.patch"}]);
    commands[0]["value"] = ops;
    commands
}

fn claims(answer: &Answer) -> Value {
    part(&text_of(&answer.expect(200)["access_token"]), 1)
}

#[test]
fn a_hook_is_told_what_is_to_be_signed_and_changes_it() {
    let ops = json!([
        {"op": "add", "path": "/claims/dept", "value": "eng"},
        {"op": "replace", "path": "/token/lifetime/expiration", "value": 600},
    ]);
    let hook = Hook::commands(&access_patch(ops));
    let world = world(&hook.url, "deny");
    let asked = world.ask(&[("scope", "read:customers")]);
    assert_eq!(asked.expect(200)["expires_in"], 600);
    let (_, claims) = world.verified("internal", &text_of(&asked.body()["access_token"]));
    assert_eq!((&claims["dept"], &claims["exp"]), (&json!("eng"), &json!(NOW + 600)));
    assert_eq!(world.introspect(&text_of(&asked.body()["access_token"]))["dept"], "eng");

    let request = hook.asked.recv().unwrap();
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.contains("\r\nx-tenant: demo") && head.contains("\r\nauthorization: hush"));
    let told: Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["eventType"], "com.okta.oauth2.tokens.transform");
    assert_eq!(told["eventTime"], "2023-11-17T12:13:20.000Z");
    let access = &told["data"]["access"];
    assert_eq!(access["claims"]["sub"], "billing-service");
    assert_eq!(access["scopes"]["read:customers"], json!({"action": "GRANT"}));
    assert_eq!(access["token"]["lifetime"]["expiration"], 3600);
    let context = &told["data"]["context"];
    assert_eq!(context["protocol"]["client"]["id"], "billing-service");
    assert_eq!(context["protocol"]["issuer"]["uri"], issuer("internal"));
    assert_eq!((context.get("user"), told["data"].get("identity")), (None, None));
}

/// What Ada granted under a rule with this hook.
fn hooked(world: &World) -> CodeGrant {
    let mut code = granted(world);
    code.grant.inline_hook = Some(HOOK.to_owned());
    code.grant.scopes = ["openid", "offline_access", "read:customers"].map(str::to_owned).to_vec();
    code
}

#[test]
fn tokens_of_a_person_are_changed_together_and_again_at_each_refresh() {
    let hook = Hook::commands(&json!([
        {"type": "com.okta.access.patch", "value": [
            {"op": "replace", "path": "/claims/aud", "value": "https://my-partner-api.com"}]},
        {"type": "com.okta.identity.patch", "value": [
            {"op": "add", "path": "/claims/team", "value": ["a"]}]},
    ]));
    let world = world(&hook.url, "allow");
    let body = spend(&world, &code_of(&world, &hooked(&world)), &[]).expect(200);
    let check = |body: &Value| {
        let (_, access) = world.verified("internal", &text_of(&body["access_token"]));
        assert_eq!(access["aud"], "https://my-partner-api.com");
        let (_, identity) = world.verified("internal", &text_of(&body["id_token"]));
        assert_eq!(identity["team"], json!(["a"]));
        assert_eq!(identity["at_hash"].as_str().map(str::len), Some(22));
    };
    check(&body);
    let told: Value = {
        let request = hook.asked.recv().unwrap();
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    assert_eq!(told["data"]["context"]["user"]["profile"]["login"], "ada@example.com");
    assert_eq!(told["data"]["identity"]["claims"]["nonce"], "n-0S6_WzA2Mj");
    let refresh = text_of(&body["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    check(&world.post_as(TOKEN, &web(), &form).expect(200));
    assert!(hook.asked.recv().is_ok());
}

/// Decision 8.
#[test]
fn one_operation_that_may_not_be_takes_all_others_with_it() {
    let ops = json!([
        {"op": "add", "path": "/claims/dept", "value": "eng"},
        {"op": "replace", "path": "/claims/cid", "value": "somebody-else"},
    ]);
    let hook = Hook::commands(&access_patch(ops));
    let claims = claims(&world(&hook.url, "allow").ask(&[]));
    assert_eq!((claims.get("dept"), &claims["cid"]), (None, &json!("billing-service")));
    let text = "The callback service returned an error.";
    world(&hook.url, "deny").ask(&[]).refuses(400, "server_error", text);
}

#[test]
fn a_hook_that_says_nothing_changes_nothing_and_one_that_fails_is_allowed_or_not() {
    let many = "x".repeat(300 * 1024);
    let large = access_patch(json!([
        {"op": "add", "path": "/claims/much", "value": "x".repeat(40 * 1024)}]));
    for said in [answer(200, ""), answer(204, ""), answer(200, "{}"), answer(200, " \n")] {
        let hook = Hook::saying(said);
        assert_eq!(claims(&world(&hook.url, "deny").ask(&[]))["cid"], "billing-service");
    }
    for said in [
        answer(500, "{}"),
        answer(200, "[]"),
        answer(200, "{"),
        answer(200, &format!("\"{many}\"")),
        answer(200, r#"{"commands": 1}"#),
        answer(200, r#"{"commands": [{"type": "com.okta.unknown.patch", "value": []}]}"#),
        answer(200, r#"{"commands": [{"type": "com.okta.access.patch"}]}"#),
        answer(200, &json!({"commands": large}).to_string()),
        "HTTP/1.1 302 X\r\nlocation: /hook\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "nonsense".to_owned(),
    ] {
        let hook = Hook::saying(said);
        assert_eq!(claims(&world(&hook.url, "allow").ask(&[]))["cid"], "billing-service");
        assert_eq!(world(&hook.url, "deny").ask(&[]).expect(400)["error"], "server_error");
    }
    let refusing = answer(200, r#"{"error": {"errorSummary": "not today"}}"#);
    let hook = Hook::saying(refusing);
    world(&hook.url, "allow").ask(&[]).refuses(400, "server_error", "not today");
}
