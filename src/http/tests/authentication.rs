//! Who the client is, by what it sends: by `Authorization`, in the form, wrongly, or not at all.

use super::*;
use axum::http::HeaderValue;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// Asks for a token with this header and these parameters besides the grant.
fn ask(authorization: &str, form: &[(&str, &str)]) -> Answer {
    World::demo().post_as(TOKEN, authorization, &[&[GRANT], form].concat())
}

/// Asks for a token without a header.
fn ask_in_form(form: &[(&str, &str)]) -> Answer {
    World::demo().post(TOKEN, &[&[GRANT], form].concat())
}

/// Decision 45.
#[test]
fn a_secret_in_the_header_may_be_percent_encoded_or_raw() {
    let raw = format!("billing-service:{BILLING_SECRET}");
    let plus = percent(BILLING_SECRET).replace("%20", "+");
    for text in [raw.clone(), format!("billing-service:{plus}")] {
        assert_eq!(ask(&basic(text), &[]).expect(200)["token_type"], "Bearer");
    }
    assert_eq!(ask(&billing(), &[]).status, 200);
    assert_eq!(ask(&basic(raw).replace("Basic ", "bASIC  "), &[]).status, 200, "any case, spaces");
}

#[test]
fn a_client_id_in_the_form_may_repeat_that_of_the_header_but_not_contradict_it() {
    assert_eq!(ask(&billing(), &[("client_id", "billing-service")]).status, 200);
    ask(&billing(), &[("client_id", "partner-service")]).refuses_basic(CLIENT_FAILED);
}

#[test]
fn a_client_id_is_found_raw_as_well_as_decoded() {
    let world = World::with(|document| {
        document["apps"][2]["credentials"]["oauthClient"]["client_id"] = json!("billing+service");
        let policies = &mut document["authorizationServers"][0]["policies"];
        policies[2]["conditions"]["clients"]["include"] = json!(["billing+service"]);
        policies[2]["rules"][0]["conditions"]["elCondition"]["condition"] = json!("user == null");
    });
    for id in ["billing+service", "billing%2Bservice"] {
        let header = basic(format!("{id}:{}", percent(BILLING_SECRET)));
        assert_eq!(world.post_as(TOKEN, &header, &[GRANT]).status, 200, "{id}");
    }
}

#[test]
fn a_header_that_holds_no_credentials_is_refused_and_told_the_scheme() {
    let wrong = [
        basic("billing-service"),
        basic(""),
        basic(":"),
        basic(format!(":{BILLING_SECRET}")),
        basic(b"\xff\xfe:\xff".as_slice()),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic ?not=base64?".to_owned(),
        billing().trim_end_matches('=').to_owned() + "*",
        billing().replace("Basic ", "Bearer "),
        billing().replace("Basic ", "Basic\t"),
        "Bearer abc".to_owned(),
        "Digest username=\"billing-service\"".to_owned(),
        String::new(),
    ];
    for header in wrong {
        ask(&header, &[]).refuses_basic(MALFORMED_BASIC);
    }
}

#[test]
fn two_authorization_headers_are_none() {
    let world = World::demo();
    let mut request = posted(TOKEN, &[GRANT]);
    let header: HeaderValue = billing().parse().unwrap();
    request.headers_mut().append("authorization", header.clone());
    request.headers_mut().append("authorization", header);
    world.send(request).refuses_basic(MALFORMED_BASIC);
}

#[test]
fn a_header_that_is_no_text_is_refused() {
    let mut request = posted(TOKEN, &[GRANT]);
    let header = HeaderValue::from_bytes(b"Basic \xff\xfe").unwrap();
    request.headers_mut().insert("authorization", header);
    World::demo().send(request).refuses_basic(MALFORMED_BASIC);
}

#[test]
fn a_secret_in_the_form_is_taken_as_the_form_says_it() {
    let audience = ("audience", "https://my-partner-api.com");
    let form = [&partner()[..], &[audience]].concat();
    assert_eq!(ask_in_form(&form).expect(200)["expires_in"], 600);
    let encoded_twice = percent(PARTNER_SECRET);
    ask_in_form(&[("client_id", "partner-service"), ("client_secret", &encoded_twice)]).refuses(
        401,
        "invalid_client",
        WRONG_SECRET,
    );
}

#[test]
fn a_wrong_secret_is_refused_in_the_words_of_its_way() {
    ask(&basic("billing-service:not-the-secret"), &[]).refuses_basic(WRONG_SECRET);
    ask(&basic("billing-service:"), &[]).refuses_basic(WRONG_SECRET);
    let truncated = BILLING_SECRET.strip_suffix("/\u{e9}").unwrap();
    ask(&basic(format!("billing-service:{truncated}")), &[]).refuses_basic(WRONG_SECRET);
    ask(&basic(format!("billing-service:{WEB_SECRET}")), &[]).refuses_basic(WRONG_SECRET);
    ask_in_form(&[("client_id", "partner-service"), ("client_secret", "not-the-secret")]).refuses(
        401,
        "invalid_client",
        WRONG_SECRET,
    );
}

#[test]
fn a_client_uses_the_method_it_is_registered_for_and_no_other() {
    let header = basic(format!("partner-service:{}", percent(PARTNER_SECRET)));
    ask(&header, &[]).refuses_basic(CLIENT_FAILED);
    let billing = [("client_id", "billing-service"), ("client_secret", BILLING_SECRET)];
    ask_in_form(&billing).refuses(401, "invalid_client", CLIENT_FAILED);
    for id in ["billing-service", "partner-service", "web-app"] {
        ask_in_form(&[("client_id", id)]).refuses(401, "invalid_client", CLIENT_FAILED);
    }
    ask_in_form(&[("client_id", "phone-app"), ("client_secret", "a secret it has not")]).refuses(
        401,
        "invalid_client",
        CLIENT_FAILED,
    );
    ask(&basic("phone-app:"), &[]).refuses_basic(CLIENT_FAILED);
}

#[test]
fn an_unknown_client_is_refused_before_its_secret_is_looked_at() {
    ask(&basic("nobody-here:whatever-secret"), &[]).refuses_basic(UNKNOWN_CLIENT);
    for form in [&[("client_id", "nobody-here")][..], &[("client_id", "x"), ("client_secret", "y")]]
    {
        ask_in_form(form).refuses(401, "invalid_client", UNKNOWN_CLIENT);
    }
}

#[test]
fn an_inactive_client_is_as_good_as_unknown() {
    let world = World::with(|document| {
        for app in document["apps"].as_array_mut().unwrap() {
            app["status"] = json!("INACTIVE");
        }
    });
    world.ask(&[]).refuses_basic(UNKNOWN_CLIENT);
    let form = [&[GRANT], &partner()[..]].concat();
    world.post(TOKEN, &form).refuses(401, "invalid_client", UNKNOWN_CLIENT);
    let form = [GRANT, ("client_id", "phone-app")];
    world.post(TOKEN, &form).refuses(401, "invalid_client", UNKNOWN_CLIENT);
}

#[test]
fn without_credentials_there_is_no_scheme_to_be_told() {
    ask_in_form(&[]).refuses(401, "invalid_client", NO_CREDENTIALS);
    ask_in_form(&[("client_id", "")]).refuses(401, "invalid_client", NO_CREDENTIALS);
    ask_in_form(&[("client_secret", "alone")]).refuses(401, "invalid_client", NO_CREDENTIALS);
}

#[test]
fn a_public_client_at_the_token_endpoint_is_known_but_has_no_grant() {
    let known = "The client is not authorized to use the provided grant type. Configured grant \
                 types: [authorization_code, refresh_token].";
    ask_in_form(&[("client_id", "phone-app")]).refuses(400, "unauthorized_client", known);
}

#[test]
fn credentials_of_two_kinds_are_refused_before_any_is_looked_at() {
    let secret = ("client_secret", "anything");
    for header in [billing(), basic("nonsense"), "Bearer abc".to_owned()] {
        ask(&header, &[secret]).refuses(401, "invalid_request", SEVERAL_CREDENTIALS);
        ask(&header, &[("client_assertion", "e30.e30.e30")]).refuses(
            401,
            "invalid_request",
            SEVERAL_CREDENTIALS,
        );
    }
    ask_in_form(&[("client_id", "nobody"), secret, ("client_assertion", "e30.e30.e30")]).refuses(
        401,
        "invalid_request",
        SEVERAL_CREDENTIALS,
    );
}

#[test]
fn a_client_with_two_secrets_may_use_either() {
    let world = World::with(|document| {
        document["apps"][2]["credentials"]["oauthClient"]["client_secret"] = json!([
            {"env": WEB_SECRET},
            {"env": BILLING_SECRET},
        ]);
    });
    assert_eq!(world.ask(&[]).status, 200);
    let header = basic(format!("billing-service:{WEB_SECRET}"));
    assert_eq!(world.post_as(TOKEN, &header, &[GRANT]).status, 200);
    let header = basic(format!("billing-service:{PARTNER_SECRET}"));
    world.post_as(TOKEN, &header, &[GRANT]).refuses_basic(WRONG_SECRET);
}
