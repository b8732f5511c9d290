//! What those who operate the server are told: health, readiness, figures.

use super::super::{PeerAddress, management};
use super::*;
use crate::store::Fails;

fn from(peer: &str, path: &str) -> Request<Body> {
    let mut request = request(Method::GET, path, None, "");
    request.extensions_mut().insert(PeerAddress(peer.parse().unwrap()));
    request
}

/// The value of a figure; zero if it is not told.
fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

fn metrics(world: &World) -> String {
    let answer = world.send_any(from("127.0.0.1", "/metrics"));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    answer.text
}

#[test]
fn a_node_that_can_do_its_work_is_ready() {
    let world = World::demo();
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(world.get(path).expect(200), json!({"status": "ok"}), "{path}");
    }
}

#[test]
fn a_node_that_is_out_of_date_is_alive_but_not_ready() {
    let world = World::demo();
    world.surface.issuer.freshness().hear(world.surface.clock.monotonic());
    assert_eq!(world.get("/health/ready").status, 200);
    world.surface.clock.advance(2);
    let answer = world.get("/health/ready").expect(503);
    assert_eq!(answer, json!({"status": "unavailable", "reason": "out of date"}), "decision 40");
    assert_eq!(world.get("/health/live").status, 200);
}

#[test]
fn a_node_that_is_about_to_stop_is_not_ready_and_serves_on() {
    let world = World::demo();
    world.surface.traffic.stopping.begin();
    assert_eq!(world.get("/health/ready").expect(503)["reason"], "stopping");
    world.ask(&[]).expect(200);
}

#[test]
fn a_node_whose_store_fails_is_not_ready() {
    let clock = Clock::fixed(NOW);
    let open = |_: &Runtime, clock| Store::memory(clock).failing(1, Fails::Before);
    let world = World::over(open, clock, Random::seeded(b"ready"), |_| ());
    assert_eq!(world.get("/health/ready").expect(503)["reason"], "store");
}

#[test]
fn requests_are_counted_by_endpoint_and_outcome() {
    let world = World::demo();
    let token = |outcome: &str| {
        format!("claimsmith_requests_total{{endpoint=\"token\",outcome=\"{outcome}\"}}")
    };
    let before = metrics(&world);
    world.ask(&[]).expect(200);
    world.ask(&[("scope", "nothing-of-the-kind")]).expect(400);
    world.post(TOKEN, &[]).expect(401);
    let after = metrics(&world);
    for outcome in ["ok", "invalid_scope", "invalid_client"] {
        let more = figure(&after, &token(outcome)) - figure(&before, &token(outcome));
        assert!(more >= 1.0, "{outcome}: {after}");
    }
    let times = "claimsmith_request_duration_seconds_count{endpoint=\"token\"}";
    assert!(figure(&after, times) >= figure(&before, times) + 3.0, "{after}");
    assert!(figure(&after, "claimsmith_authorization_servers{engine=\"native\"}") >= 1.0);
}

#[test]
fn figures_are_for_this_machine_unless_they_are_elsewhere() {
    let world = World::demo();
    let status = |request| world.send_any(request).status;
    assert_eq!(status(from("127.0.0.1", "/metrics")), 200);
    assert_eq!(status(from("::1", "/metrics")), 200);
    assert_eq!(status(from("192.0.2.1", "/metrics")), 404);
    for header in ["x-forwarded-for", "forwarded", "via"] {
        let mut proxied = from("127.0.0.1", "/metrics");
        proxied.headers_mut().insert(header, "192.0.2.1".parse().unwrap());
        assert_eq!(status(proxied), 404, "{header}");
    }
    let world = World::limited(|traffic| traffic.is_managed_elsewhere = true);
    assert_eq!(world.send_any(from("127.0.0.1", "/metrics")).status, 404);
    // Nor is what is managed here, but for what browsers ask by their session.
    for path in ["/api/v1/apps", "/api/v1/openapi.json", "/api/v1/users/x", "/api/v1/sessions/1"] {
        let answer = world.get(path);
        assert_eq!(
            (answer.status, &answer.body()["errorCode"]),
            (404, &json!("E0000008")),
            "{path}"
        );
    }
    for path in ["/api/v1/sessions/me", "/api/v1/users/me"] {
        assert_eq!(world.get(path).status, 403, "{path}");
    }
    assert_eq!(world.send(request(Method::PUT, "/api/v1/users/me", None, "")).status, 404);
    assert_eq!(world.send(request(Method::POST, "/api/v1/authn", None, "")).status, 400);
    let router = management(world.surface.clone(), "http://127.0.0.1:9".to_owned());
    let answer = world.runtime.block_on(async {
        Answer::of(router.oneshot(from("192.0.2.1", "/metrics")).await.unwrap()).await
    });
    assert_eq!(answer.status, 200);
}

#[test]
fn those_who_operate_the_server_get_tokens_of_the_organizations_own_server_only() {
    let world = World::demo();
    let router = || management(world.surface.clone(), "http://127.0.0.1:9".to_owned());
    let get = |path: &str| world.send_to(router(), request(Method::GET, path, None, ""));
    assert_eq!(get("/oauth2/v1/keys").status, 200, "decision 50");
    assert_eq!(get("/oauth2/internal/v1/keys").status, 404);
    assert_eq!(get("/signin").status, 404);
    let ask = posted("/oauth2/v1/token", &[("grant_type", "client_credentials")]);
    let answer = world.send_to(router(), ask);
    assert_eq!(answer.expect(401)["error"], "invalid_client");
}
