//! Scopes and policies of a client that is proven: what is granted, what is not, and in which words.

use super::*;

const NO_SCOPE: &str =
    "One or more scopes are not configured for the authorization server resource.";
const BAD_SCOPE: &str = "The 'scope' parameter must be at most 4096 printable ASCII characters, \
                         without quotation marks and backslashes.";
const OF_A_PERSON: &str = "Cannot request 'openid' scopes using client credentials.";
const UNKNOWN_SERVER: &str = "The authorization server id is invalid.";

#[test]
fn the_answer_with_a_token_has_these_members_and_is_not_stored() {
    let answer = World::demo().ask(&[("scope", "process:payments")]);
    let body = answer.expect(200);
    let token = text_of(&body["access_token"]);
    let expected = json!({
        "token_type": "Bearer",
        "expires_in": 3600,
        "access_token": token,
        "scope": "process:payments",
    });
    assert_eq!(body, expected);
    answer.expect_no_store();
    assert_eq!(answer.header("www-authenticate"), None);
}

#[test]
fn without_a_scope_the_default_ones_are_granted() {
    let world = World::demo();
    for form in [&[][..], &[("scope", "")], &[("scope", "   ")]] {
        assert_eq!(world.ask(form).expect(200)["scope"], "read:customers");
    }
}

/// Decision 47.
#[test]
fn without_a_scope_and_without_defaults_the_refusal_names_both() {
    let world = World::with(|document| internal(document)["scopes"][0]["default"] = json!(false));
    let description = "The request names no scope and the authorization server has no default \
                       scopes. Name at least one in the 'scope' parameter.";
    world.ask(&[]).refuses(400, "invalid_scope", description);
}

#[test]
fn a_scope_asked_twice_is_granted_once_and_the_order_is_the_request_s() {
    let scope = "process:payments  read:customers process:payments";
    let answer = World::demo().ask(&[("scope", scope)]).expect(200);
    assert_eq!(answer["scope"], "process:payments read:customers");
}

#[test]
fn a_scope_that_the_server_does_not_have_is_refused() {
    let world = World::demo();
    for scope in ["nothing", "read:customers nothing", "READ:customers", "*", "read:customers,x"] {
        world.ask(&[("scope", scope)]).refuses(400, "invalid_scope", NO_SCOPE);
    }
}

#[test]
fn scopes_of_a_person_are_not_for_programs() {
    let world = World::demo();
    for scope in ["openid", "read:customers profile", "offline_access", "device_sso nothing"] {
        world.ask(&[("scope", scope)]).refuses(400, "invalid_scope", OF_A_PERSON);
    }
}

#[test]
fn a_scope_that_needs_consent_cannot_be_had_without_a_person() {
    let world = World::with(|document| {
        internal(document)["scopes"][0]["consent"] = json!("REQUIRED");
        internal(document)["scopes"][1]["consent"] = json!("REQUIRED");
        internal(document)["scopes"][2]["consent"] = json!("FLEXIBLE");
    });
    let refusal = |scopes: &str| {
        format!(
            "The following scopes require user consent and cannot be granted for the client \
             credentials grant type: [{scopes}]."
        )
    };
    world.ask(&[]).refuses(400, "consent_required", &refusal("read:customers"));
    let both = [("scope", "process:payments read:customers")];
    let named = refusal("read:customers, process:payments");
    world.ask(&both).refuses(400, "consent_required", &named);
    world.ask(&[("scope", "admin:users")]).refuses(401, "access_denied", POLICY_REFUSED);
}

#[test]
fn a_scope_that_is_too_long_or_has_other_characters_is_refused() {
    let world = World::demo();
    let long = "x".repeat(4097);
    for scope in [&long, "read:customers\tx", "a\"b", "a\\b", "caf\u{e9}", "a\u{7f}", "a\0b"] {
        world.ask(&[("scope", scope)]).refuses(400, "invalid_scope", BAD_SCOPE);
    }
    world.ask(&[("scope", &"x".repeat(4096))]).refuses(400, "invalid_scope", NO_SCOPE);
}

/// Decision 4.
#[test]
fn what_no_rule_allows_is_refused_with_401_and_without_a_scheme() {
    let world = World::demo();
    let form = [&[("grant_type", "client_credentials")], &partner()[..]].concat();
    let answer = world.post(TOKEN, &form);
    answer.refuses(401, "access_denied", POLICY_REFUSED);
    let not_its_audience =
        [("audience", "https://my-partner-api.com"), ("scope", "process:payments")];
    let answer = world.post(TOKEN, &[&form, &not_its_audience[..]].concat());
    answer.refuses(401, "access_denied", POLICY_REFUSED);
}

#[test]
fn a_rule_that_denies_a_scope_denies_the_request_that_has_it_among_others() {
    let world = World::with(|document| {
        let rule = &mut internal(document)["policies"][2]["rules"][0];
        rule["conditions"]["scopes"]["include"] = json!(["*"]);
    });
    assert_eq!(world.ask(&[("scope", "read:customers process:payments")]).status, 200);
    for scope in ["admin:users", "admin:users read:customers", "read:customers admin:users"] {
        world.ask(&[("scope", scope)]).refuses(401, "access_denied", POLICY_REFUSED);
    }
}

#[test]
fn a_rule_that_denies_does_not_deny_once_it_is_inactive() {
    let world = World::with(|document| {
        let policies = &mut internal(document)["policies"];
        policies[0]["rules"][0]["status"] = json!("INACTIVE");
        policies[2]["rules"][0]["conditions"]["scopes"]["include"] = json!(["*"]);
    });
    let answer = world.ask(&[("scope", "admin:users read:customers")]).expect(200);
    assert_eq!(answer["scope"], "admin:users read:customers");
}

/// Decision 4.
#[test]
fn a_condition_that_faults_refuses_although_a_later_rule_would_allow() {
    let world = World::with(|document| {
        let rules = internal(document)["policies"][2]["rules"].as_array_mut().unwrap();
        rules[0]["conditions"]["elCondition"]["condition"] = json!("user.login == 'ada'");
        let mut broader = rules[0].clone();
        broader["name"] = json!("Everything");
        broader["priority"] = json!(3);
        broader["conditions"]["elCondition"] = Value::Null;
        broader["conditions"].as_object_mut().unwrap().remove("elCondition");
        rules.push(broader);
    });
    let answer = world.ask(&[]);
    answer.refuses(401, "access_denied", POLICY_REFUSED);
    for hint in ["E06", "null", "Our own services", "login"] {
        assert!(!answer.text.contains(hint), "{answer:?}");
    }
}

/// Decision 3.
#[test]
fn a_condition_that_is_null_or_false_lets_the_next_rule_try() {
    for condition in ["false", "null", "app.clientId == 'partner-service'", "user?.clearance > 1"] {
        let world = World::with(|document| {
            let rules = &mut internal(document)["policies"][2]["rules"];
            rules[0]["conditions"]["elCondition"]["condition"] = json!(condition);
        });
        world.ask(&[]).refuses(401, "access_denied", POLICY_REFUSED);
        let form = [("audience", "https://my-partner-api.com")];
        assert_eq!(world.ask(&form).expect(200)["expires_in"], 600, "{condition}");
    }
}

/// Decision 4.
#[test]
fn strict_errors_answer_refusals_by_policy_with_400() {
    let world = World::with(|document| internal(document)["strictErrors"] = json!(true));
    world.ask(&[("scope", "admin:users")]).refuses(400, "access_denied", POLICY_REFUSED);
    let header = basic("billing-service:wrong");
    let grant = [("grant_type", "client_credentials")];
    world.post_as(TOKEN, &header, &grant).refuses_basic(WRONG_SECRET);
}

#[test]
fn the_lifetime_is_that_of_the_rule() {
    let world = World::demo();
    let form = [
        &[("grant_type", "client_credentials"), ("audience", "https://my-partner-api.com")],
        &partner()[..],
    ]
    .concat();
    let answer = world.post(TOKEN, &form).expect(200);
    assert_eq!(answer["expires_in"], 600);
    let claims = part(&text_of(&answer["access_token"]), 1);
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW), &json!(NOW + 600)));
}

#[test]
fn a_server_that_is_unknown_or_inactive_is_invalid() {
    let world = World::with(|document| internal(document)["status"] = json!("INACTIVE"));
    for id in ["internal", "nowhere", "Default", "%2e%2e", "%FF", "a%2Fb", "%00"] {
        for endpoint in ["token", "introspect"] {
            let path = format!("/oauth2/{id}/v1/{endpoint}");
            world.post_as(&path, &billing(), &[]).refuses(400, "invalid_request", UNKNOWN_SERVER);
        }
    }
}

#[test]
fn the_default_server_names_itself_default_by_whichever_id_it_is_reached() {
    let world = World::with(|document| {
        let server = &mut document["authorizationServers"][1];
        server["id"] = json!("aus1234567890");
        server["scopes"] = json!([{"name": "things", "default": true}]);
    });
    for id in ["aus1234567890", "default"] {
        let path = format!("/oauth2/{id}/v1/token");
        let form = [("grant_type", "client_credentials")];
        let answer = world.post_as(&path, &billing(), &form).expect(200);
        let (_, claims) = world.verified(id, &text_of(&answer["access_token"]));
        assert_eq!(claims["iss"], issuer("default"), "{id}");
        assert_eq!(claims["aud"], "api://default");
    }
}

#[test]
fn a_token_of_a_server_is_not_signed_with_the_key_of_another() {
    let world = World::demo();
    let token = world.access_token(&[]);
    let current = world.surface.issuer.current();
    assert!(current.find_server("default").unwrap().keys().verifier().verify(&token).is_err());
}

/// Decision 24.
#[test]
fn the_host_of_a_request_does_not_change_the_issuer() {
    let world = World::demo();
    let mut request = posted(TOKEN, &[("grant_type", "client_credentials")]);
    let headers = request.headers_mut();
    headers.insert("authorization", billing().parse().unwrap());
    for name in ["host", "x-forwarded-host", "forwarded"] {
        headers.insert(name, "host=evil.example".parse().unwrap());
    }
    let answer = world.send(request).expect(200);
    assert_eq!(part(&text_of(&answer["access_token"]), 1)["iss"], issuer("internal"));
}
