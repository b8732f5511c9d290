//! How many requests are taken of clients and addresses, what is told of that, and whom a request
//! counts for behind proxies.

use super::super::PeerAddress;
use super::*;
use crate::traffic::{ForwardedBy, Limits, Rate, TrustedProxies};

const TOO_MANY: &str = "API call exceeded rate limit due to too many requests.";
const HERE: &str = "192.0.2.1";

fn world(client: u32, address: u32, page: u32) -> World {
    let rate = Rate::per_minute;
    let limits = Limits { client: rate(client), address: rate(address), page: rate(page) };
    World::limited(|traffic| traffic.limits = limits)
}

/// A request from this address.
fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(PeerAddress(address.parse().unwrap()));
    request
}

/// A token request of `billing-service`.
fn ask(address: &str) -> Request<Body> {
    let mut request = posted(TOKEN, &[("grant_type", "client_credentials")]);
    request.headers_mut().insert(header::AUTHORIZATION, billing().parse().unwrap());
    from(address, request)
}

/// Limit, what remains, and when there is more, in seconds from now.
#[track_caller]
fn told(answer: &Answer) -> (i64, i64, i64) {
    let number = |name: &str| answer.header(name).unwrap().parse::<i64>().unwrap();
    let reset = number("x-rate-limit-reset") - NOW;
    (number("x-rate-limit-limit"), number("x-rate-limit-remaining"), reset)
}

#[test]
fn a_client_gets_its_limit_a_minute_wherever_it_asks_from() {
    let world = world(3, 100, 100);
    for (remaining, address) in [(2, HERE), (1, "192.0.2.2"), (0, "192.0.2.3")] {
        let answer = world.send(ask(address));
        answer.expect(200);
        assert_eq!(told(&answer), (3, remaining, 20 * (3 - remaining)));
    }
    let refused = world.send(ask("192.0.2.4"));
    refused.is_management_error(429, "E0000047", TOO_MANY);
    assert_eq!(told(&refused), (3, 0, 20), "when one may be asked again");
    assert_eq!(refused.header("retry-after"), Some("20"));
    let partner = [&[("grant_type", "client_credentials")], &partner()[..]].concat();
    assert_ne!(world.send(from(HERE, posted(TOKEN, &partner))).status, 429, "another client");
    world.surface.clock.advance(20);
    world.send(ask(HERE)).expect(200);
    world.send(ask(HERE)).is_management_error(429, "E0000047", TOO_MANY);
}

#[test]
fn who_does_not_prove_to_be_a_client_uses_up_nothing_of_it() {
    let world = world(1, 100, 100);
    for _ in 0..10 {
        let mut request = ask(HERE);
        let wrong = basic("billing-service:wrong").parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, wrong);
        let answer = world.send(request);
        answer.expect(401);
        assert_eq!(told(&answer).0, 100, "nothing is told of the client");
    }
    world.send(ask(HERE)).expect(200);
    world.send(ask(HERE)).expect(429);
}

#[test]
fn an_address_gets_its_limit_a_minute_whatever_it_asks() {
    let world = world(100, 2, 100);
    let anything = || from(HERE, posted(TOKEN, &[]));
    assert_eq!(told(&world.send(anything())), (2, 1, 30));
    let userinfo = request(Method::GET, "/oauth2/internal/v1/userinfo", None, "");
    assert_eq!(told(&world.send(from(HERE, userinfo))), (2, 0, 60));
    let mut refused = anything();
    refused.headers_mut().insert(header::ORIGIN, "https://app.example.com".parse().unwrap());
    let refused = world.send(refused);
    refused.is_management_error(429, "E0000047", TOO_MANY);
    assert_eq!(refused.header("vary"), Some("Origin"), "pages of other origins are told too");
    assert_eq!(world.send(from("192.0.2.2", posted(TOKEN, &[]))).status, 401, "another address");
    for path in
        ["/health", "/oauth2/internal/v1/keys", "/oauth2/internal/.well-known/openid-configuration"]
    {
        let answer = world.send(from(HERE, request(Method::GET, path, None, "")));
        assert_eq!((answer.status, answer.header("x-rate-limit-limit")), (200, None), "{path}");
    }
}

#[test]
fn pages_have_a_limit_of_their_own_and_say_so_in_words() {
    let world = world(100, 100, 1);
    let page = || from(HERE, request(Method::GET, "/activate", None, ""));
    assert_eq!(world.send_any(page()).status, 303);
    let refused = world.send_any(page());
    assert_eq!(refused.status, 429);
    assert_eq!(told(&refused), (1, 0, 60));
    assert!(refused.text.contains("Please wait a moment"), "{refused:?}");
    assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn behind_trusted_proxies_each_client_address_has_its_limit_and_others_forge_none() {
    let rate = Rate::per_minute;
    let limits = Limits { client: None, address: rate(1), page: rate(1) };
    let world = World::limited(|traffic| {
        traffic.limits = limits;
        let networks = vec!["10.0.0.0/8".parse().unwrap()];
        traffic.proxies = TrustedProxies::new(networks, ForwardedBy::XForwardedFor);
    });
    let status = |peer: &str, forwarded: &str| {
        let mut request = from(peer, posted(TOKEN, &[]));
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        request.headers_mut().insert("forwarded", "for=203.0.113.50".parse().unwrap());
        world.send(request).status
    };
    assert_eq!(status("10.0.0.1", "198.51.100.1"), 401);
    assert_eq!(status("10.0.0.2", "198.51.100.1"), 429, "the same client by another proxy");
    assert_eq!(status("10.0.0.1", "198.51.100.2"), 401, "another client by the same proxy");
    assert_eq!(status("10.0.0.1", "203.0.113.1, 198.51.100.2"), 429, "the left is anybody's");
    assert_eq!(status("192.0.2.9", "198.51.100.3"), 401);
    assert_eq!(status("192.0.2.9", "198.51.100.4"), 429, "no proxy: it is the one who connected");
}
