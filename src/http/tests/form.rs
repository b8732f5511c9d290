//! What is a form and what is not, and the order in which a request's shape is judged.

use super::*;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const TOO_LONG: &str = "The request body could not be read, or is longer than 65536 bytes.";
const NOT_UTF8: &str = "The request parameters are not valid UTF-8.";
const TOO_MANY: &str = "The request has more than 256 parameters.";
const WRONG_TYPE: &str = "The request body must be of type application/x-www-form-urlencoded.";
const IN_QUERY: &str = "Client credentials cannot be supplied via query parameters.";

/// Posts these bytes as a token request of `billing-service`.
fn post(path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = request(Method::POST, path, content_type, body);
    request.headers_mut().insert(header::AUTHORIZATION, billing().parse().unwrap());
    World::demo().send(request)
}

#[test]
fn only_a_form_is_read() {
    let body = "grant_type=client_credentials";
    let wrong = [
        None,
        Some(""),
        Some("application/json"),
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
        Some("application/x-www-form-urlencoded-not"),
    ];
    for content_type in wrong {
        post(TOKEN, content_type, body).refuses(400, "invalid_request", WRONG_TYPE);
    }
    let right = [
        URLENCODED,
        "Application/X-WWW-Form-URLencoded",
        "application/x-www-form-urlencoded ; charset=UTF-8",
    ];
    for content_type in right {
        assert_eq!(post(TOKEN, Some(content_type), body).status, 200, "{content_type}");
    }
}

#[test]
fn a_form_of_64_kib_is_read_and_one_byte_more_is_not() {
    let start = "grant_type=client_credentials&unknown=";
    let whole = format!("{start}{}", "x".repeat(64 * 1024 - start.len()));
    assert_eq!(post(TOKEN, Some(URLENCODED), whole.clone()).status, 200);
    post(TOKEN, Some(URLENCODED), whole + "x").refuses(400, "invalid_request", TOO_LONG);
    post(INTROSPECT, Some(URLENCODED), "x".repeat(1024 * 1024)).refuses(
        400,
        "invalid_request",
        TOO_LONG,
    );
}

#[test]
fn a_form_of_256_parameters_is_read_and_one_more_is_not() {
    let many = |n: usize| {
        let others = (1..n).map(|index| format!("&p{index}=")).collect::<String>();
        format!("grant_type=client_credentials{others}")
    };
    assert_eq!(post(TOKEN, Some(URLENCODED), many(256)).status, 200);
    post(TOKEN, Some(URLENCODED), many(257)).refuses(400, "invalid_request", TOO_MANY);
    let path = format!("{TOKEN}?{}", many(257));
    post(&path, Some(URLENCODED), many(1)).refuses(400, "invalid_request", TOO_MANY);
}

#[test]
fn what_is_not_utf_8_is_refused() {
    let grant = b"grant_type=client_credentials";
    for more in [&b"&scope=\xff"[..], b"&scope=%FF", b"&%C3%28=x", b"&\xc3\x28=x"] {
        let body = [&grant[..], more].concat();
        post(TOKEN, Some(URLENCODED), body).refuses(400, "invalid_request", NOT_UTF8);
    }
    let path = format!("{TOKEN}?x=%FF");
    post(&path, Some(URLENCODED), &grant[..]).refuses(400, "invalid_request", NOT_UTF8);
}

#[test]
fn an_odd_but_whole_form_is_read() {
    let body = "&&grant%5Ftype=client%5fcredentials&&scope=read%3Acustomers+process:payments&flag";
    let answer = post(TOKEN, Some(URLENCODED), body).expect(200);
    assert_eq!(answer["scope"], "read:customers process:payments");
}

#[test]
fn unknown_parameters_are_ignored_and_empty_ones_are_absent() {
    let world = World::demo();
    let answer = world.ask(&[("scope", ""), ("audience", ""), ("unknown", "x")]).expect(200);
    assert_eq!(answer["scope"], "read:customers");
    let answer = world.post_as(TOKEN, &billing(), &[("grant_type", "")]);
    assert_eq!(answer.expect(400)["error"], "invalid_request");
}

#[test]
fn a_parameter_given_twice_is_named() {
    let world = World::demo();
    let description = "Duplicate parameter provided in request. Duplicated parameters: [scope, x].";
    world.ask(&[("scope", "a"), ("x", "1"), ("scope", "a"), ("x", "2"), ("x", "3")]).refuses(
        400,
        "invalid_request",
        description,
    );
    let description = "Duplicate parameter provided in request. Duplicated parameters: [audience].";
    let audience = ("audience", "https://api.mycompany.com");
    world.ask(&[audience, audience]).refuses(400, "invalid_request", description);
}

#[test]
fn the_name_of_a_repeated_parameter_is_told_in_characters_of_rfc_6749() {
    let world = World::demo();
    let name = "\u{e9}\"\\\n<script>";
    let long = "y".repeat(5000);
    let answer = world.ask(&[(name, "1"), (name, "2"), (&long, "1"), (&long, "2")]).expect(400);
    let description = answer["error_description"].as_str().unwrap();
    let may_stand = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(description.chars().all(may_stand), "{description}");
    assert!(description.len() <= 1024, "{} characters", description.len());
}

#[test]
fn credentials_in_the_address_are_refused_whatever_else_is_right() {
    let body = "grant_type=client_credentials";
    for query in ["client_secret=x", "a=b&client_assertion=x", "client%5Fsecret=x"] {
        for endpoint in [TOKEN, INTROSPECT] {
            let path = format!("{endpoint}?{query}");
            post(&path, Some(URLENCODED), body).refuses(400, "invalid_request", IN_QUERY);
        }
    }
    let path = format!("{TOKEN}?client_secret=&scope=ignored");
    assert_eq!(post(&path, Some(URLENCODED), body).status, 200);
}

/// Each request has every fault that is looked for after the one it is refused for.
#[test]
fn the_shape_of_a_request_is_judged_before_the_client_and_the_client_before_the_grant() {
    let world = World::demo();
    let ask = |server: &str, query: &str, header: Option<&str>, form: &[(&str, &str)]| {
        let path = format!("/oauth2/{server}/v1/token{query}");
        match header {
            Some(header) => world.post_as(&path, header, form),
            None => world.post(&path, form),
        }
    };
    let twice = [("x", "1"), ("x", "2")];
    let secret = [("client_secret", "wrong")];
    let wrong = basic("billing-service:wrong");
    let all = [&twice[..], &secret].concat();
    let server = "The authorization server id is invalid.";
    ask("nowhere", "?client_secret=x", Some(&wrong), &all).refuses(400, "invalid_request", server);
    ask("internal", "?client_secret=x", Some(&wrong), &all).refuses(
        400,
        "invalid_request",
        IN_QUERY,
    );
    let repeated = "Duplicate parameter provided in request. Duplicated parameters: [x].";
    ask("internal", "", Some(&wrong), &all).refuses(400, "invalid_request", repeated);
    ask("internal", "", Some(&wrong), &secret).refuses(401, "invalid_request", SEVERAL_CREDENTIALS);
    ask("internal", "", Some(&wrong), &[]).refuses_basic(WRONG_SECRET);
    let known = GRANT_TYPES.join(", ");
    let no_grant =
        format!("The token request must specify a 'grant_type'. Valid values: [{known}].");
    let scope = ("scope", "not a \"scope\"");
    ask("internal", "", Some(&billing()), &[scope]).refuses(400, "invalid_request", &no_grant);
    let unsupported = format!(
        "The authorization grant type is not supported by the authorization server. Configured \
         grant types: [{known}]."
    );
    ask("internal", "", Some(&billing()), &[("grant_type", "magic"), scope]).refuses(
        400,
        "unsupported_grant_type",
        &unsupported,
    );
    let web = basic(format!("web-app:{}", WEB_SECRET));
    let unauthorized = "The client is not authorized to use the provided grant type. Configured \
                        grant types: [authorization_code, refresh_token].";
    ask("internal", "", Some(&web), &[("grant_type", "client_credentials"), scope]).refuses(
        400,
        "unauthorized_client",
        unauthorized,
    );
}

#[test]
fn scopes_are_judged_before_audiences_and_both_before_any_policy() {
    let world = World::demo();
    let scope = "The 'scope' parameter must be at most 4096 printable ASCII characters, without \
                 quotation marks and backslashes.";
    world.ask(&[("scope", "a\\b"), ("audience", "https://other.example")]).refuses(
        400,
        "invalid_scope",
        scope,
    );
    let audience = "The 'audience' or 'resource' is none of the authorization server.";
    world.ask(&[("scope", "openid admin:users"), ("audience", "https://other.example")]).refuses(
        400,
        "invalid_target",
        audience,
    );
}
