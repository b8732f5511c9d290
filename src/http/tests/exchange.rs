//! Services that exchange the token of a person for one of their own (RFC 8693, decision 19).

use super::code::{code_of, granted, spend};
use super::*;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const API: &str = "https://api.mycompany.com";
const PARTNER_API: &str = "https://my-partner-api.com";

/// The demo, where `billing-service` may exchange and a rule of `internal` lets it.
pub(super) fn world_with(change: impl FnOnce(&mut Value)) -> World {
    World::with(|document| {
        let settings = &mut document["apps"][2]["settings"]["oauthClient"];
        settings["grant_types"] = json!(["client_credentials", GRANT]);
        let rule = json!({
            "name": "On behalf of people", "priority": 1, "type": "RESOURCE_ACCESS",
            "conditions": {
                "people": {"groups": {"include": ["Internal Employees"]}},
                "grantTypes": {"include": [GRANT]},
                "scopes": {"include": ["read:customers", "process:payments"]},
            },
            "actions": {"token": {"accessTokenLifetimeMinutes": 30}},
        });
        let policy = json!({
            "name": "Exchange", "priority": 99, "type": "OAUTH_AUTHORIZATION_POLICY",
            "conditions": {"clients": {"include": ["billing-service"]}}, "rules": [rule],
        });
        internal(document)["policies"].as_array_mut().unwrap().push(policy);
        change(document);
    })
}

fn world() -> World {
    world_with(|_| ())
}

/// Ada's token with these scopes, as `web-app` sends it on.
pub(super) fn subject(world: &World, scopes: &[&str]) -> String {
    let mut code = granted(world);
    code.grant.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    text_of(&spend(world, &code_of(world, &code), &[]).expect(200)["access_token"])
}

pub(super) fn exchange(world: &World, token: &str, changed: &[(&str, &str)]) -> Answer {
    let usual = [
        ("grant_type", GRANT),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN),
        ("audience", API),
    ];
    let is_kept = |(name, _): &&(&str, &str)| !changed.iter().any(|(known, _)| known == name);
    let form: Vec<_> = usual.iter().filter(is_kept).chain(changed).copied().collect();
    world.post_as(TOKEN, &billing(), &form)
}

#[test]
fn decision_19_the_token_is_about_the_person_names_who_acts_and_never_outlives_the_subject() {
    let world = world();
    let token = subject(&world, &["openid", "read:customers"]);
    let body = exchange(&world, &token, &[]).expect(200);
    assert_eq!(body["issued_token_type"], ACCESS_TOKEN);
    assert_eq!((&body["scope"], &body["expires_in"]), (&json!("read:customers"), &json!(900)));
    assert_eq!((body.get("refresh_token"), body.get("id_token")), (None, None));
    let claims = part(&text_of(&body["access_token"]), 1);
    let before = part(&token, 1);
    assert_eq!((&claims["uid"], &claims["auth_time"]), (&before["uid"], &before["auth_time"]));
    assert_eq!((&claims["cid"], &claims["aud"]), (&json!("billing-service"), &json!(API)));
    assert_eq!(claims["act"], json!({"sub": "billing-service"}));
    world.surface.clock.advance(600);
    assert_eq!(exchange(&world, &token, &[]).expect(200)["expires_in"], 300);
    world.surface.clock.advance(300);
    let text = "The 'subject_token' is invalid or expired.";
    exchange(&world, &token, &[]).refuses(400, "invalid_request", text);
}

#[test]
fn decision_19_what_ends_the_subject_s_family_ends_the_token_of_the_service() {
    let world = world();
    let code = code_of(&world, &granted(&world));
    let token = text_of(&spend(&world, &code, &[]).expect(200)["access_token"]);
    let own = text_of(&exchange(&world, &token, &[]).expect(200)["access_token"]);
    assert_eq!(world.introspect(&own)["active"], true);
    assert_eq!(spend(&world, &code, &[]).status, 400);
    assert_eq!(world.introspect(&own), json!({"active": false}));
}

#[test]
fn decision_19_for_the_same_audience_there_is_no_scope_that_the_subject_lacks() {
    let world = world();
    let token = subject(&world, &["read:customers"]);
    let wider = [("scope", "read:customers process:payments")];
    let text = "The 'subject_token' does not have all of the scopes requested.";
    exchange(&world, &token, &wider).refuses(400, "invalid_scope", text);
    // For another audience the policy says what this service may have for this person.
    let other = [("scope", "process:payments"), ("audience", PARTNER_API)];
    let body = exchange(&world, &token, &other).expect(200);
    assert_eq!(part(&text_of(&body["access_token"]), 1)["aud"], PARTNER_API);
    let text = "Can't request 'openid' scopes using the Token Exchange flow for a service app.";
    exchange(&world, &token, &[("scope", "openid")]).refuses(400, "invalid_scope", text);
}

#[test]
fn the_policy_decides_about_the_person_and_an_actor_before_is_kept() {
    let world = world();
    let mut code = granted(&world);
    let current = world.surface.issuer.current();
    let directory = current.directory();
    let pat = &directory.users()[directory.find_user_by_login("pat@partner.example").unwrap()];
    code.grant.user.clone_from(&pat.id);
    let token = text_of(&spend(&world, &code_of(&world, &code), &[]).expect(200)["access_token"]);
    exchange(&world, &token, &[]).refuses(401, "access_denied", POLICY_REFUSED);
    let token = subject(&world, &["read:customers"]);
    let first = text_of(&exchange(&world, &token, &[]).expect(200)["access_token"]);
    let second = text_of(&exchange(&world, &first, &[]).expect(200)["access_token"]);
    let act = json!({"sub": "billing-service", "act": {"sub": "billing-service"}});
    assert_eq!(part(&second, 1)["act"], act);
}

#[test]
fn tokens_of_a_server_that_is_trusted_are_exchanged_and_others_are_not() {
    let elsewhere = |world: &World| {
        let mut code = granted(world);
        code.grant.server = "default".to_owned();
        code.grant.audience = "api://default".to_owned();
        code.grant.scopes = vec!["openid".to_owned()];
        let code = code_of(world, &code);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", super::code::CALLBACK),
            ("code_verifier", super::code::VERIFIER),
        ];
        let answer = world.post_as("/oauth2/default/v1/token", &super::code::web(), &form);
        text_of(&answer.expect(200)["access_token"])
    };
    let world = world();
    let text = "The 'subject_token' issuer isn't a trusted authorization server.";
    let scope = [("scope", "read:customers")];
    exchange(&world, &elsewhere(&world), &scope).refuses(403, "access_denied", text);
    let trusting = world_with(|document| {
        internal(document)["associatedServers"] = json!(["default"]);
    });
    let body = exchange(&trusting, &elsewhere(&trusting), &scope).expect(200);
    assert_eq!(part(&text_of(&body["access_token"]), 1)["iss"], issuer("internal"));
}

#[test]
fn decision_14_a_service_that_the_token_is_not_for_cannot_exchange_it() {
    let world = world_with(|document| {
        let settings = &mut document["apps"][3]["settings"]["oauthClient"];
        settings["resource_server_for"] = json!([API]);
    });
    let text = "The 'subject_token' is not for this client.";
    let token = subject(&world, &["read:customers"]);
    exchange(&world, &token, &[]).refuses(400, "invalid_grant", text);
}

#[test]
fn what_is_wrong_with_an_exchange_is_told() {
    let world = world();
    let token = subject(&world, &["openid", "read:customers"]);
    let invalid = |changed: &[(&str, &str)], text: &str| {
        exchange(&world, &token, changed).refuses(400, "invalid_request", text);
    };
    invalid(&[("subject_token", "")], "The 'subject_token' parameter is required.");
    invalid(&[("subject_token_type", "")], "The 'subject_token_type' parameter is required.");
    let types = "Token types other than urn:ietf:params:oauth:token-type:access_token are not \
                 supported.";
    invalid(&[("subject_token_type", "urn:ietf:params:oauth:token-type:id_token")], types);
    invalid(&[("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")], types);
    invalid(&[("actor_token", "x")], "The 'actor_token' parameter is not supported.");
    let text = "The 'subject_token' is invalid or expired.";
    invalid(&[("subject_token", "x")], text);
    let program = world.access_token(&[]);
    invalid(&[("subject_token", &program)], "The 'subject_token' is not of a person.");
    let identity = spend(&world, &code_of(&world, &granted(&world)), &[]).expect(200);
    invalid(&[("subject_token", identity["id_token"].as_str().unwrap())], text);
    let target =
        "Token Exchange requests must include a valid audience of the authorization server.";
    for audience in ["", "https://elsewhere.example"] {
        exchange(&world, &token, &[("audience", audience)]).refuses(400, "invalid_target", target);
    }
}

#[test]
fn scopes_that_need_consent_are_not_exchanged_by_a_client_that_must_ask() {
    for (method, status) in [("TRUSTED", 200), ("REQUIRED", 400)] {
        let world = world_with(|document| {
            let scopes = internal(document)["scopes"].as_array_mut().unwrap();
            let scope = scopes.iter_mut().find(|scope| scope["name"] == "read:customers").unwrap();
            scope["consent"] = json!("FLEXIBLE");
            document["apps"][2]["settings"]["oauthClient"]["consent_method"] = json!(method);
        });
        let token = subject(&world, &["read:customers"]);
        let answer = exchange(&world, &token, &[("scope", "read:customers")]);
        let body = answer.expect(status);
        if status == 400 {
            assert_eq!(body["error"], "consent_required");
        }
    }
}

#[test]
fn a_subject_token_may_be_as_long_as_our_tokens_are() {
    let world = world_with(|document| {
        add_claim(document, "long", "String.join('-', 'x', app.profile.long)");
        document["apps"][0]["profile"]["long"] = json!("y".repeat(20_000));
    });
    let token = subject(&world, &["read:customers"]);
    assert!(token.len() > 20_000);
    assert_eq!(exchange(&world, &token, &[]).status, 200);
}
