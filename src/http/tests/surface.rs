//! Addresses and methods that are not there, the number of each request, and the fence around all.

use super::super::guard::fence;
use super::*;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::collections::BTreeSet;

const WRONG_METHOD: &str = "The endpoint does not support the provided HTTP method";

#[test]
fn health_is_answered() {
    assert_eq!(World::demo().get("/health").expect(200), json!({"status": "ok"}));
}

#[test]
fn every_answer_asks_for_tls_and_to_be_taken_for_what_it_is() {
    let world = World::demo();
    for path in ["/health", "/nowhere", TOKEN, "/oauth2/internal/v1/keys"] {
        let answer = world.get(path);
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[test]
fn an_address_that_is_not_there_is_not_found_by_any_method() {
    let world = World::demo();
    for path in ["/", "/oauth2", "/oauth2/internal", "/oauth2/internal/v1/tokens", "/x%FFy"] {
        let summary = format!("Not found: Resource not found: {path}");
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
            let answer = world.send(request(method, path, None, ""));
            answer.is_management_error(404, "E0000007", &summary);
        }
    }
}

#[test]
fn a_query_is_not_repeated_in_an_error() {
    let answer = World::demo().get("/nowhere?client_secret=hush");
    answer.is_management_error(404, "E0000007", "Not found: Resource not found: /nowhere");
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let world = World::demo();
    let posts = [TOKEN, INTROSPECT];
    let gets = [
        "/health",
        "/oauth2/internal/v1/keys",
        "/oauth2/internal/.well-known/openid-configuration",
        "/oauth2/internal/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/oauth2/internal",
    ];
    let wrong = |path: &str, method: Method, allowed: &str| {
        let answer = world.send(request(method, path, None, ""));
        answer.is_management_error(405, "E0000022", WRONG_METHOD);
        assert_eq!(answer.header("allow"), Some(allowed), "{path}");
    };
    for path in posts {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            wrong(path, method, "POST");
        }
    }
    for path in gets {
        for method in [Method::POST, Method::PATCH, Method::DELETE] {
            wrong(path, method, "GET,HEAD");
        }
    }
}

#[test]
fn every_request_has_a_number_of_its_own() {
    let world = World::demo();
    let answers = [
        world.get("/health"),
        world.get("/nowhere"),
        world.get(TOKEN),
        world.ask(&[]),
        world.ask(&[("scope", "admin:users")]),
        world.post(TOKEN, &[]),
        world.get("/oauth2/internal/v1/keys"),
    ];
    let ids: BTreeSet<&str> =
        answers.iter().filter_map(|answer| answer.header("x-okta-request-id")).collect();
    assert_eq!(ids.len(), answers.len());
}

#[test]
fn the_number_that_a_request_brings_is_not_taken_over() {
    let mut request = request(Method::GET, "/health", None, "");
    request.headers_mut().insert("x-okta-request-id", "chosen-by-the-client".parse().unwrap());
    let answer = World::demo().send(request);
    assert_ne!(answer.header("x-okta-request-id"), Some("chosen-by-the-client"));
}

#[test]
fn a_panic_of_ours_is_an_answer_without_its_words() {
    let world = World::demo();
    let router = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("a secret of ours") }))
        .layer(from_fn_with_state(world.surface.clone(), fence));
    let answer = world.send_to(router, request(Method::GET, "/panic", None, ""));
    answer.refuses(500, "server_error", "The server could not answer the request.");
}
