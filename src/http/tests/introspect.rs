//! What an asker is told of a token: all of one that counts, of any other nothing but that it does
//! not.

use super::code::{code_of, granted, spend, web};
use super::*;
use crate::token::{KeySet, TokenType};

/// The answer about every token that does not count, whatever the reason.
fn inactive() -> Value {
    json!({"active": false})
}

/// A token with these claims, signed with the key of `server`.
fn signed(world: &World, server: &str, claims: &Value) -> String {
    let current = world.surface.issuer.current();
    sign(current.find_server(server).unwrap().keys(), claims)
}

fn sign(keys: &KeySet, claims: &Value) -> String {
    let mut token = String::new();
    let payload = claims.to_string();
    keys.active().sign(TokenType::Unsaid, payload.as_bytes(), &mut token).unwrap();
    token
}

/// The claims of a token that counts, for a test to change.
fn good_claims(world: &World) -> Value {
    part(&world.access_token(&[]), 1)
}

/// A token of `phone-app` for a person.
fn token_of_phone(world: &World) -> String {
    let mut claims = good_claims(world);
    claims["cid"] = json!("phone-app");
    let current = world.surface.issuer.current();
    let directory = current.directory();
    let ada = &directory.users()[directory.find_user_by_login("ada@example.com").unwrap()];
    claims["uid"] = json!(ada.id);
    claims["sub"] = json!("ada@example.com");
    signed(world, "internal", &claims)
}

#[test]
fn of_a_token_that_counts_all_its_claims_are_told_each_once() {
    let world = World::demo();
    let token = world.access_token(&[("scope", "read:customers process:payments")]);
    let answer = world.post_as(INTROSPECT, &billing(), &[("token", &token)]);
    let expected = json!({
        "active": true,
        "token_type": "Bearer",
        "scope": "read:customers process:payments",
        "client_id": "billing-service",
        "sub": "billing-service",
        "aud": "https://api.mycompany.com",
        "iss": issuer("internal"),
        "jti": part(&token, 1)["jti"],
        "iat": NOW,
        "exp": NOW + 3600,
        "channel": "service",
        "can_pay": true,
    });
    assert_eq!(answer.expect(200), expected);
    answer.expect_no_store();
}

#[test]
fn every_layout_of_tokens_is_told_alike() {
    let told = |format: &str| {
        let world = World::with(|document| internal(document)["accessTokenFormat"] = json!(format));
        let mut answer = world.introspect(&world.access_token(&[]));
        answer["jti"] = Value::Null;
        answer
    };
    assert_eq!(told("okta")["active"], true);
    assert_eq!(told("okta"), told("rfc9068"));
    assert_eq!(told("okta"), told("both"));
}

#[test]
fn a_person_is_told_by_login_and_id() {
    let world = World::demo();
    let answer = world.introspect(&token_of_phone(&world));
    assert_eq!(answer["active"], true);
    assert_eq!(answer["username"], "ada@example.com");
    assert!(answer["uid"].as_str().unwrap().starts_with("00u"), "{answer}");
}

#[test]
fn a_claim_cannot_take_the_place_of_what_the_server_says_of_a_token() {
    let world = World::with(|document| {
        add_claim(document, "active", "false");
        add_claim(document, "scope", "'everything'");
    });
    let answer = world.introspect(&world.access_token(&[]));
    assert_eq!(answer["active"], true);
    assert_eq!(answer["scope"], "read:customers");
}

#[test]
fn a_token_ends_with_the_second_in_its_exp() {
    let world = World::demo();
    let token = world.access_token(&[]);
    world.surface.clock.advance(3599);
    assert_eq!(world.introspect(&token)["active"], true);
    world.surface.clock.advance(1);
    assert_eq!(world.introspect(&token), inactive());
}

#[test]
fn a_token_of_another_server_does_not_count_even_with_its_claims_signed_here() {
    let world = World::demo();
    let mut claims = good_claims(&world);
    let elsewhere = signed(&world, "default", &claims);
    assert_eq!(world.introspect(&elsewhere), inactive());
    claims["iss"] = json!(issuer("default"));
    assert_eq!(world.introspect(&signed(&world, "internal", &claims)), inactive());
    let here = world.access_token(&[]);
    let answer = world.post_as("/oauth2/default/v1/introspect", &billing(), &[("token", &here)]);
    assert_eq!(answer.expect(200), inactive());
}

#[test]
fn a_token_with_any_byte_changed_does_not_count() {
    let world = World::demo();
    let token = world.access_token(&[]);
    for index in (0..token.len() - 1).step_by(7) {
        let mut changed = token.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(world.introspect(&changed), inactive(), "byte {index}");
    }
    assert_eq!(world.introspect(&token)["active"], true);
}

#[test]
fn a_token_of_another_kind_or_shape_does_not_count() {
    let world = World::demo();
    let good = good_claims(&world);
    assert_eq!(world.introspect(&signed(&world, "internal", &good))["active"], true);
    let wrong = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        assert_eq!(world.introspect(&signed(&world, "internal", &claims)), inactive(), "{name}");
    };
    wrong("jti", json!("ID.abcdefgh"));
    wrong("jti", json!("abcdefgh"));
    wrong("jti", json!(1));
    wrong("exp", json!("soon"));
    wrong("exp", json!(1e300));
    wrong("aud", json!(["https://api.mycompany.com"]));
    wrong("scp", json!("read:customers"));
    wrong("sub", Value::Null);
    wrong("cid", json!("nobody-here"));
    wrong("cid", json!(7));
    wrong("uid", json!("00uNobody"));
    wrong("ver", json!(2));
    assert_eq!(world.introspect(&signed(&world, "internal", &json!([good]))), inactive());
}

#[test]
fn an_id_token_is_not_taken_for_an_access_token() {
    let world = World::demo();
    let claims = json!({
        "ver": 1, "sub": "00u1", "iss": issuer("internal"), "aud": "billing-service",
        "iat": NOW, "exp": NOW + 3600, "jti": "ID.abcdefgh", "amr": ["pwd"], "idp": "00o1",
        "auth_time": NOW,
    });
    assert_eq!(world.introspect(&signed(&world, "internal", &claims)), inactive());
}

#[test]
fn what_is_no_token_does_not_count() {
    let world = World::demo();
    let none = r#"{"alg":"none"}"#;
    let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode_to_string(none), "e30");
    let long = "x".repeat(60_000);
    for token in ["x", "a.b.c", "..", "e30.e30.e30", "\u{e9}\0", &none, &long] {
        assert_eq!(world.introspect(token), inactive(), "{token}");
    }
}

#[test]
fn the_hint_changes_nothing() {
    let world = World::demo();
    let token = world.access_token(&[]);
    for hint in ["access_token", "refresh_token", "id_token", "anything"] {
        let form = [("token", token.as_str()), ("token_type_hint", hint)];
        let answer = world.post_as(INTROSPECT, &billing(), &form).expect(200);
        assert_eq!(answer["active"], true, "{hint}");
    }
}

#[test]
fn without_a_token_the_request_is_invalid_but_only_for_a_client_that_is_proven() {
    let world = World::demo();
    let description = "The 'token' parameter is required.";
    for form in [&[][..], &[("token", "")]] {
        let answer = world.post_as(INTROSPECT, &billing(), form);
        answer.refuses(400, "invalid_request", description);
    }
    world.post(INTROSPECT, &[]).refuses(401, "invalid_client", NO_CREDENTIALS);
    let wrong = basic("billing-service:wrong");
    world.post_as(INTROSPECT, &wrong, &[]).refuses_basic(WRONG_SECRET);
}

#[test]
fn a_client_with_a_secret_may_ask_about_tokens_of_others() {
    let world = World::demo();
    let token = world.access_token(&[]);
    let form = [&partner()[..], &[("token", &token)]].concat();
    assert_eq!(world.post(INTROSPECT, &form).expect(200)["client_id"], "billing-service");
}

/// Decision 45.
#[test]
fn a_public_client_is_told_of_its_own_tokens_by_each_way_it_may_name_itself() {
    let world = World::demo();
    let (own, foreign) = (token_of_phone(&world), world.access_token(&[]));
    let query = format!("{INTROSPECT}?client_id=phone-app");
    let ask = |token: &str| {
        [
            world.post(INTROSPECT, &[("token", token), ("client_id", "phone-app")]),
            world.post(&query, &[("token", token)]),
            world.post_as(INTROSPECT, &basic("phone-app"), &[("token", token)]),
            world.post_as(INTROSPECT, &basic("phone%2Dapp"), &[("token", token)]),
        ]
    };
    for answer in ask(&own) {
        assert_eq!(answer.expect(200)["client_id"], "phone-app");
    }
    for answer in ask(&foreign) {
        assert_eq!(answer.expect(200), inactive());
    }
}

#[test]
fn a_client_with_a_secret_cannot_pass_for_a_public_one() {
    let world = World::demo();
    let token = world.access_token(&[]);
    let form = [("token", token.as_str())];
    world.post_as(INTROSPECT, &basic("billing-service"), &form).refuses_basic(CLIENT_FAILED);
    let query = format!("{INTROSPECT}?client_id=billing-service");
    world.post(&query, &form).refuses(401, "invalid_client", CLIENT_FAILED);
    let named = [form[0], ("client_id", "billing-service")];
    world.post(INTROSPECT, &named).refuses(401, "invalid_client", CLIENT_FAILED);
    let query = format!("{INTROSPECT}?client_id=nobody-here");
    world.post(&query, &form).refuses(401, "invalid_client", UNKNOWN_CLIENT);
    world.post_as(INTROSPECT, &basic("nobody-here"), &form).refuses_basic(UNKNOWN_CLIENT);
}

#[test]
fn a_public_client_that_contradicts_itself_is_refused() {
    let world = World::demo();
    let token = token_of_phone(&world);
    let other = [("token", token.as_str()), ("client_id", "billing-service")];
    world.post_as(INTROSPECT, &basic("phone-app"), &other).refuses_basic(CLIENT_FAILED);
    let query = format!("{INTROSPECT}?client_id=phone-app");
    let secret = [("token", token.as_str()), ("client_secret", "a secret it has not")];
    world.post(&query, &secret).refuses(401, "invalid_client", NO_CREDENTIALS);
}

#[test]
fn a_token_counts_until_its_client_is_deactivated_in_a_newer_version() {
    let world = World::demo();
    let token = world.access_token(&[]);
    let form = [&partner()[..], &[("token", &token)]].concat();
    let ask = || world.post(INTROSPECT, &form).expect(200);
    assert_eq!(ask()["active"], true);
    world.replace(|_| ());
    assert_eq!(ask()["active"], true, "the keys are the same");
    world.replace(|document| document["apps"][2]["status"] = json!("INACTIVE"));
    assert_eq!(ask(), inactive());
    world.replace(|_| ());
    assert_eq!(ask()["active"], true);
}

#[test]
fn a_token_counts_until_its_user_is_suspended_in_a_newer_version() {
    let world = World::demo();
    let token = token_of_phone(&world);
    assert_eq!(world.introspect(&token)["active"], true);
    world.replace(|document| document["users"][0]["status"] = json!("SUSPENDED"));
    assert_eq!(world.introspect(&token), inactive());
}

#[test]
fn decision_15_an_id_token_counts_only_for_who_says_that_it_is_one() {
    let world = World::demo();
    let tokens = spend(&world, &code_of(&world, &granted(&world)), &[]).expect(200);
    let (token, access) = (text_of(&tokens["id_token"]), text_of(&tokens["access_token"]));
    let ask = |who: &str, token: &str, hint: &str| {
        world.post_as(INTROSPECT, who, &[("token", token), ("token_type_hint", hint)]).expect(200)
    };
    for hint in ["", "access_token", "refresh_token", "ID_TOKEN"] {
        assert_eq!(ask(&web(), &token, hint), inactive(), "{hint}");
    }
    assert_eq!(ask(&web(), &access, "id_token")["active"], true, "a hint only");
    for who in [web(), billing()] {
        let told = ask(&who, &token, "id_token");
        assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!("web-app")));
        assert_eq!(
            (&told["username"], &told["aud"]),
            (&json!("ada@example.com"), &json!("web-app"))
        );
        assert_eq!((told.get("token_type"), told.get("scope")), (None, None));
    }
    world.surface.clock.advance(3600);
    assert_eq!(ask(&web(), &token, "id_token"), inactive());
}

#[test]
fn decision_15_a_token_whose_header_names_another_kind_is_none() {
    let world = World::demo();
    let (token, current) = (world.access_token(&[]), world.surface.issuer.current());
    let keys = current.find_server("internal").unwrap().keys();
    let key = keys.active().key();
    let sign = |typ: &str| {
        client_jwt(key, &json!({"alg": "RS256", "kid": key.kid(), "typ": typ}), &part(&token, 1))
    };
    for (typ, counts) in [("at+jwt", true), ("AT+JWT", true), ("dpop+jwt", false), ("JWT", false)] {
        assert_eq!(world.introspect(&sign(typ))["active"], counts, "{typ}");
    }
}
