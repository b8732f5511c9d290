//! Grants of before OAuth 2.1, where a server switched them on: tokens by way of the browser, and
//! passwords that a client takes itself.

use super::browser::{Browser, parameters};
use super::code::web;
use super::sign_in::{CALLBACK, CHALLENGE, PASSWORD, VERIFIER, ada, authorization};
use super::*;
use crate::token::digest;

/// The demo, where `web-app` has every grant of people, one rule allows these, and these of before
/// are on.
fn world_with(legacy: &[&str], allowed: &[&str], change: impl FnOnce(&mut Value)) -> World {
    World::with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["grant_types"] =
            json!(["authorization_code", "refresh_token", "implicit", "password"]);
        settings["response_types"] = json!(["code", "token", "id_token"]);
        let server = internal(document);
        server["legacyGrants"] = json!(legacy);
        let rule = json!({
            "name": "All", "conditions": {
                "people": {"groups": {"include": ["EVERYONE"]}},
                "grantTypes": {"include": allowed}, "scopes": {"include": ["*"]},
            },
        });
        server["policies"] = json!([{
            "name": "All", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
            "rules": [rule],
        }]);
        change(document);
    })
}

const ALL: &[&str] = &["password", "implicit", "hybrid"];
const GRANTS: &[&str] = &["authorization_code", "implicit", "password"];

fn world() -> World {
    world_with(ALL, GRANTS, |_| ())
}

/// The same after a change.
pub(super) fn world_asking(change: impl FnOnce(&mut Value)) -> World {
    world_with(ALL, GRANTS, change)
}

fn answer(world: &World, changed: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    let mut browser = Browser::new(world);
    browser.sign_in(changed).elsewhere(CALLBACK)
}

/// The left half of the hash of a text.
fn half(text: &str) -> Value {
    json!(URL_SAFE_NO_PAD.encode_to_string(&digest(text.as_bytes())[..16]))
}

#[test]
fn decision_29_what_is_not_switched_on_is_refused_and_not_advertised() {
    let world = world_with(&[], GRANTS, |_| ());
    for response_type in ["token", "id_token", "id_token token", "code token", "code id_token"] {
        let changed = [("response_type", response_type)];
        let told = Browser::new(&world).visit(&authorization(&changed)).elsewhere(CALLBACK);
        assert_eq!(told["error"], "unsupported_response_type", "{response_type}");
    }
    let form =
        [("grant_type", "password"), ("username", "ada@example.com"), ("password", PASSWORD)];
    let refused = world.post_as(TOKEN, &web(), &form).expect(400);
    assert_eq!(refused["error"], "unsupported_grant_type");
    assert!(!refused["error_description"].to_string().contains("password"), "{refused}");
}

#[test]
fn decision_30_what_is_switched_on_is_advertised() {
    for (legacy, types, grants) in [
        (&["implicit"][..], "code,id_token,token,id_token token", &["implicit"][..]),
        (&["hybrid"], "code,code id_token,code token,code id_token token", &["implicit"]),
        (&["password"], "code", &["password"]),
    ] {
        let world = world_with(legacy, GRANTS, |_| ());
        let path = "/oauth2/internal/.well-known/openid-configuration";
        let document = world.get(path).expect(200);
        let types: Vec<&str> = types.split(',').collect();
        assert_eq!(document["response_types_supported"], json!(types));
        let listed = document["grant_types_supported"].as_array().unwrap();
        for grant in ["implicit", "password"] {
            assert_eq!(listed.iter().any(|one| one == grant), grants.contains(&grant), "{grant}");
        }
        let claims = document["claims_supported"].as_array().unwrap();
        assert_eq!(claims.iter().any(|claim| claim == "c_hash"), legacy == ["hybrid"]);
    }
}

#[test]
fn decision_29_tokens_come_in_the_fragment_and_the_id_token_alone_says_everything() {
    let world = world();
    let alone = answer(&world, &[("response_type", "id_token")]);
    assert_eq!(alone.keys().collect::<Vec<_>>(), ["id_token", "iss", "state"]);
    let (_, claims) = world.verified("internal", &alone["id_token"]);
    assert_eq!((&claims["nonce"], &claims["given_name"]), (&json!("n-1"), &json!("Ada")));
    assert_eq!((claims.get("at_hash"), claims.get("c_hash")), (None, None));

    let both = answer(&world, &[("response_type", "token id_token")]);
    let names = ["access_token", "expires_in", "id_token", "iss", "scope", "state", "token_type"];
    assert_eq!(both.keys().collect::<Vec<_>>(), names);
    assert_eq!((&*both["token_type"], &*both["expires_in"]), ("Bearer", "3600"));
    assert_eq!(both["scope"], "openid profile read:customers");
    let (_, claims) = world.verified("internal", &both["id_token"]);
    assert_eq!(claims["at_hash"], half(&both["access_token"]));
    assert_eq!((claims.get("given_name"), &claims["name"]), (None, &json!("Ada Lovelace")));
    assert_eq!(world.introspect(&both["access_token"])["active"], true);
}

#[test]
fn the_fragment_is_the_usual_way_and_the_query_none() {
    let world = world();
    let mut browser = Browser::new(&world);
    browser.sign_in(&[]).elsewhere(CALLBACK);
    let location = |changed: &[(&str, &str)]| {
        let answer = browser_get(&browser, &authorization(changed));
        answer.header("location").unwrap().to_owned()
    };
    let token = ("response_type", "token");
    assert!(location(&[token]).starts_with(&format!("{CALLBACK}#access_token=")));
    let refused = location(&[token, ("response_mode", "query")]);
    let told = parameters(&refused, CALLBACK);
    assert_eq!(told["error"], "unsupported_response_mode");
    assert!(refused.starts_with(&format!("{CALLBACK}#")), "{refused}");
    let told = parameters(&location(&[token, ("nonce", "")]), CALLBACK);
    assert_eq!(told["error"], "invalid_request");
}

fn browser_get(browser: &Browser<'_>, path: &str) -> Answer {
    let mut copy =
        Browser { world: browser.world, cookies: browser.cookies.clone(), headers: vec![] };
    copy.send(Method::GET, path, None)
}

#[test]
fn decision_29_a_code_and_tokens_in_one_answer_belong_together() {
    let world = world();
    let all = answer(&world, &[("response_type", "code id_token token")]);
    let (_, claims) = world.verified("internal", &all["id_token"]);
    assert_eq!(claims["c_hash"], half(&all["code"]));
    assert_eq!(claims["at_hash"], half(&all["access_token"]));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*all["code"]),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = world.post_as(TOKEN, &web(), &form).expect(200);
    let (_, again) = world.verified("internal", tokens["id_token"].as_str().unwrap());
    assert_eq!((&again["nonce"], &again["sub"]), (&claims["nonce"], &claims["sub"]));

    let less = answer(&world, &[("response_type", "id_token code")]);
    let (_, claims) = world.verified("internal", &less["id_token"]);
    assert_eq!((claims.get("at_hash"), &claims["c_hash"]), (None, &half(&less["code"])));
    assert_eq!(claims["given_name"], "Ada", "no access token to ask userinfo with");
    assert_eq!(CHALLENGE.len(), 43);
}

#[test]
fn one_rule_must_allow_both_a_code_and_tokens() {
    let hybrid = [("response_type", "code token")];
    for grants in [&["authorization_code"][..], &["implicit"]] {
        let told = answer(&world_with(ALL, grants, |_| ()), &hybrid);
        assert_eq!(told["error"], "access_denied", "{grants:?}");
    }
    let apart = world_with(ALL, &["authorization_code"], |document| {
        let rules = internal(document)["policies"][0]["rules"].as_array_mut().unwrap();
        let mut other = rules[0].clone();
        other["name"] = json!("Other");
        other["conditions"]["grantTypes"]["include"] = json!(["implicit"]);
        rules.push(other);
    });
    assert_eq!(answer(&apart, &hybrid)["error"], "access_denied");
    let denied = world_with(ALL, GRANTS, |document| {
        let rules = internal(document)["policies"][0]["rules"].as_array_mut().unwrap();
        let mut deny = rules[0].clone();
        deny["name"] = json!("Deny");
        deny["conditions"]["grantTypes"]["include"] = json!(["implicit"]);
        deny["actions"] = json!({"access": "DENY"});
        rules.insert(0, deny);
    });
    assert_eq!(answer(&denied, &hybrid)["error"], "access_denied");
    assert!(answer(&denied, &[]).contains_key("code"));
}

fn password(world: &World, changed: &[(&str, &str)]) -> Answer {
    let [(_, username), (_, password)] = ada();
    let usual = [
        ("grant_type", "password"),
        ("username", username),
        ("password", password),
        ("scope", "openid offline_access read:customers"),
    ];
    let is_kept = |(name, _): &&(&str, &str)| !changed.iter().any(|(known, _)| known == name);
    let form: Vec<_> = usual.iter().filter(is_kept).chain(changed).copied().collect();
    world.post_as(TOKEN, &web(), &form)
}

const WRONG: &str = "The credentials provided were invalid.";
const ALONE: &str = "Resource owner password credentials cannot be used with MFA enabled.";

#[test]
fn decision_29_a_password_is_exchanged_for_tokens_that_can_be_refreshed() {
    let world = world();
    let body = password(&world, &[]).expect(200);
    let (_, access) = world.verified("internal", body["access_token"].as_str().unwrap());
    assert_eq!((&access["sub"], &access["auth_time"]), (&json!("ada"), &json!(NOW)));
    let (_, identity) = world.verified("internal", body["id_token"].as_str().unwrap());
    assert_eq!(identity["amr"], json!(["pwd"]));
    let refresh = text_of(&body["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    assert_eq!(world.post_as(TOKEN, &web(), &form).status, 200);
    for changed in
        [[("password", "wrong")], [("username", "nobody@example.com")], [("username", "web-app")]]
    {
        password(&world, &changed).refuses(400, "invalid_grant", WRONG);
    }
    let text = "The 'username' parameter is required.";
    password(&world, &[("username", "")]).refuses(400, "invalid_request", text);
    let text = "Client credentials cannot be supplied via query parameters.";
    let path = format!("{TOKEN}?password=x");
    world.post_as(&path, &web(), &[]).refuses(400, "invalid_request", text);
}

#[test]
fn decision_39_wrong_passwords_count_as_those_of_the_page_do() {
    let world = world();
    let last = (0..20).map(|_| password(&world, &[("password", "wrong")]));
    let locked = last.into_iter().find(|answer| answer.status == 429).expect("it locks");
    assert_eq!(locked.body()["error"], "user_rate_limited");
    assert_eq!(password(&world, &[]).status, 429, "the right one is not looked at either");
    let mut browser = Browser::new(&world);
    let page = browser.begin(&[]);
    assert_eq!(browser.submit(&page, &ada()).page().answer.status, 429);
}

#[test]
fn decision_39_a_password_alone_is_not_enough_where_a_second_factor_is_demanded() {
    let by_app = world_with(ALL, GRANTS, |document| {
        document["apps"][0]["settings"]["oauthClient"]["second_factor"] = json!("REQUIRED");
    });
    password(&by_app, &[]).refuses(400, "invalid_grant", ALONE);
    let by_rule = world_with(ALL, GRANTS, |document| {
        internal(document)["policies"][0]["rules"][0]["actions"] =
            json!({"secondFactor": "REQUIRED"});
    });
    password(&by_rule, &[]).refuses(400, "invalid_grant", ALONE);
    password(&by_rule, &[("password", "wrong")]).refuses(400, "invalid_grant", WRONG);
}

#[test]
fn scopes_that_need_consent_are_not_had_by_a_password() {
    let world = world_with(ALL, GRANTS, |document| {
        document["apps"][0]["settings"]["oauthClient"]["consent_method"] = json!("REQUIRED");
        let scopes = internal(document)["scopes"].as_array_mut().unwrap();
        let scope = scopes.iter_mut().find(|scope| scope["name"] == "read:customers").unwrap();
        scope["consent"] = json!("REQUIRED");
    });
    assert_eq!(password(&world, &[]).expect(400)["error"], "consent_required");
    assert_eq!(password(&world, &[("scope", "openid")]).status, 200);
}
