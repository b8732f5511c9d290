//! What forged headers and a clock that jumps do to a server: nothing that lasts.

use super::super::PeerAddress;
use super::code::web;
use super::nodes::begin;
use super::*;
use crate::traffic::{ForwardedBy, TrustedProxies};

/// Every header by which somebody could say that the server is called otherwise.
const NAMES: [(&str, &str); 8] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-original-url", "https://evil.example/"),
    ("x-rewrite-url", "/evil.example"),
    ("forwarded", "for=192.0.2.1;host=evil.example;proto=gopher"),
    ("x-forwarded-for", "192.0.2.1, evil.example"),
];

fn forged(mut request: Request<Body>, peer: &str) -> Request<Body> {
    for (name, value) in NAMES {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request.extensions_mut().insert(PeerAddress(peer.parse().unwrap()));
    request
}

#[test]
fn no_header_changes_what_the_server_says_it_is_called_not_even_of_a_trusted_proxy() {
    let world = World::limited(|traffic| {
        let networks = vec!["10.0.0.0/8".parse().unwrap()];
        traffic.proxies = TrustedProxies::new(networks, ForwardedBy::Forwarded);
    });
    let authorize = "/oauth2/internal/v1/authorize?client_id=web-app&response_type=code&state=1\
                     &scope=openid&redirect_uri=http://127.0.0.1:3000/callback";
    let get = |path: &str| request(Method::GET, path, None, "");
    for peer in ["198.51.100.1", "10.0.0.1"] {
        for path in [
            authorize,
            "/oauth2/internal/.well-known/openid-configuration",
            "/oauth2/internal/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/oauth2/internal",
            "/oauth2/internal/v1/logout",
            "/oauth2/internal/v1/userinfo",
            "/activate",
            "/signin",
            "/account",
            "/nowhere",
        ] {
            let answer = world.send_any(forged(get(path), peer));
            let whole = format!("{answer:?}");
            assert!(!whole.contains("evil.example") && !whole.contains("gopher"), "{whole}");
        }
        let mut ask = posted(TOKEN, &[("grant_type", "client_credentials")]);
        ask.headers_mut().insert(header::AUTHORIZATION, billing().parse().unwrap());
        let answer = world.send(forged(ask, peer)).expect(200);
        let claims = part(&text_of(&answer["access_token"]), 1);
        assert_eq!(claims["iss"], issuer("internal"), "decision 24");
    }
}

const YEAR: i64 = 366 * 24 * 3600;

#[test]
fn a_clock_that_jumps_refuses_at_most_and_all_is_well_when_it_is_right_again() {
    let world = World::demo();
    let token = world.access_token(&[]);
    let family = text_of(&begin(&world)["refresh_token"]);
    let renew = |token: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        world.post_as(TOKEN, &web(), &form)
    };
    for jump in [-YEAR, YEAR, -10 * YEAR, 100 * YEAR, -3600, 3600] {
        world.surface.clock.advance(jump);
        world.ask(&[]).expect(200);
        let answer = renew(&family);
        assert!([200, 400].contains(&answer.status), "{jump}: {answer:?}");
        let told = world.introspect(&token);
        assert!(jump < 0 || told["active"] == (jump < 3600), "{jump}: {told}");
        assert_eq!(world.get("/health/ready").status, 200);
        world.surface.clock.advance(-jump);
    }
    assert_eq!(world.introspect(&token)["active"], true);
    renew(&text_of(&begin(&world)["refresh_token"])).expect(200);
}
