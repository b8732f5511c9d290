//! What the tokens say (authorization-server §2.9), and what happens when a claim cannot be said.

use super::*;

fn claim_failed(kind: &str, name: &str) -> String {
    format!("The '{name}' {kind} claim could not be evaluated.")
}

/// Gives the claim `sub` of access tokens this value.
fn set_subject(document: &mut Value, value: &str) {
    add_claim(document, "sub", value);
}

#[test]
fn a_token_of_a_program_has_exactly_these_claims_and_verifies_with_a_published_key() {
    let world = World::demo();
    let token = world.access_token(&[("scope", "read:customers process:payments")]);
    let (header, claims) = world.verified("internal", &token);
    assert_eq!(header, json!({"kid": header["kid"], "alg": "RS256"}));
    let jti = text_of(&claims["jti"]);
    assert!(jti.starts_with("AT.") && jti.len() == 3 + 32, "{jti}");
    let expected = json!({
        "ver": 1,
        "jti": jti,
        "iss": issuer("internal"),
        "aud": "https://api.mycompany.com",
        "iat": NOW,
        "exp": NOW + 3600,
        "cid": "billing-service",
        "scp": ["read:customers", "process:payments"],
        "sub": "billing-service",
        "channel": "service",
        "can_pay": true,
    });
    assert_eq!(claims, expected);
}

#[test]
fn no_two_tokens_have_the_same_id() {
    let world = World::demo();
    let ids: std::collections::BTreeSet<String> =
        (0..20).map(|_| text_of(&part(&world.access_token(&[]), 1)["jti"])).collect();
    assert_eq!(ids.len(), 20);
}

#[test]
fn in_the_format_of_rfc_9068_the_header_says_the_type_and_the_claims_have_its_names() {
    for (format, has_both) in [("rfc9068", false), ("both", true)] {
        let world = World::with(|document| {
            internal(document)["accessTokenFormat"] = json!(format);
        });
        let token = world.access_token(&[("scope", "read:customers process:payments")]);
        let (header, claims) = world.verified("internal", &token);
        assert_eq!(header, json!({"kid": header["kid"], "alg": "RS256", "typ": "at+jwt"}));
        let mut expected = json!({
            "ver": 1,
            "jti": claims["jti"],
            "iss": issuer("internal"),
            "aud": "https://api.mycompany.com",
            "iat": NOW,
            "exp": NOW + 3600,
            "client_id": "billing-service",
            "scope": "read:customers process:payments",
            "sub": "billing-service",
            "channel": "service",
            "can_pay": true,
        });
        if has_both {
            expected["cid"] = json!("billing-service");
            expected["scp"] = json!(["read:customers", "process:payments"]);
        }
        assert_eq!(claims, expected, "{format}");
    }
}

#[test]
fn a_server_signs_with_the_algorithm_of_the_document() {
    for algorithm in ["ES256", "EdDSA"] {
        let world = World::with(|document| {
            internal(document)["id"] = json!("fresh");
            internal(document)["credentials"]["signing"]["alg"] = json!(algorithm);
        });
        let grant = [("grant_type", "client_credentials")];
        let answer = world.post_as("/oauth2/fresh/v1/token", &billing(), &grant).expect(200);
        let (header, _) = world.verified("fresh", &text_of(&answer["access_token"]));
        assert_eq!(header["alg"], algorithm);
    }
}

/// Decision 5.
#[test]
fn a_claim_that_faults_refuses_the_request_and_the_answer_does_not_say_why() {
    let world = World::with(|document| add_claim(document, "team", "user.department"));
    let answer = world.ask(&[]);
    answer.refuses(400, "server_error", &claim_failed("user", "team"));
    for hint in ["E06", "null", "department", "before"] {
        assert!(!answer.text.contains(hint), "{answer:?}");
    }
}

#[test]
fn a_claim_that_faults_refuses_only_those_who_would_get_it() {
    let world = World::with(|document| {
        add_claim(document, "team", "user.department");
        let claims = internal(document)["claims"].as_array_mut().unwrap();
        claims.last_mut().unwrap()["conditions"] = json!({"scopes": ["process:payments"]});
    });
    assert_eq!(world.ask(&[]).status, 200);
    let paying = world.ask(&[("scope", "process:payments")]);
    paying.refuses(400, "server_error", &claim_failed("user", "team"));
}

#[test]
fn the_condition_of_a_token_policy_that_faults_refuses_as_its_claim_would() {
    let world = World::with(|document| {
        internal(document)["tokenPolicies"] = json!([{
            "name": "Faulty",
            "conditions": {"elCondition": {"condition": "user.department == 'x'"}},
            "actions": {"claims": [{"name": "desk", "value": "1", "claimType": "RESOURCE"}]},
        }]);
    });
    let answer = world.ask(&[]);
    answer.refuses(400, "server_error", &claim_failed("user", "desk"));
    assert!(!answer.text.contains("Faulty"));
}

/// Decision 9.
#[test]
fn a_subject_that_is_null_empty_or_no_text_refuses_the_request() {
    for value in
        ["user?.login", "''", "access.scope", "app.clientId == 'x'", "app.clientId.length()"]
    {
        let world = World::with(|document| set_subject(document, value));
        world.ask(&[]).refuses(400, "server_error", &claim_failed("system", "sub"));
    }
}

#[test]
fn a_subject_that_faults_refuses_the_request() {
    let world = World::with(|document| set_subject(document, "user.login"));
    world.ask(&[]).refuses(400, "server_error", &claim_failed("system", "sub"));
}

#[test]
fn a_subject_is_what_its_expression_says() {
    let world = World::with(|document| set_subject(document, "'service:' + app.clientId"));
    let (_, claims) = world.verified("internal", &world.access_token(&[]));
    assert_eq!(claims["sub"], "service:billing-service");
    assert_eq!(claims["cid"], "billing-service");
}

/// What would be more than one claim if it were not written as text.
const ODD: &str = "a\"b\\c\n\u{0}\u{2028}\u{1f600},\"sub\":\"ada\"";

#[test]
fn a_text_with_quotes_and_controls_stays_one_claim() {
    let world = World::with(|document| {
        document["apps"][2]["profile"]["odd"] = json!(ODD);
        add_claim(document, "odd", "app.profile.odd");
    });
    let (_, claims) = world.verified("internal", &world.access_token(&[]));
    assert_eq!(claims["odd"], ODD);
    assert_eq!(claims["sub"], "billing-service");
}

/// Decision 7.
#[test]
fn a_policy_for_tokens_adds_its_claims_and_takes_the_place_of_the_server_s() {
    let world = World::with(|document| {
        internal(document)["tokenPolicies"] = json!([{
            "name": "Programs",
            "conditions": {"clients": {"include": ["billing-service"]}},
            "actions": {"claims": [
                {"name": "channel", "value": "'machine'", "claimType": "RESOURCE"},
                {"name": "desk", "value": "7", "claimType": "RESOURCE"},
            ]},
        }]);
    });
    let (_, claims) = world.verified("internal", &world.access_token(&[]));
    assert_eq!((&claims["channel"], &claims["desk"]), (&json!("machine"), &json!(7)));
}
