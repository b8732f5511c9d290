//! An installation with several URLs: which of them the issuer of a server follows, and that nothing
//! a request says adds another (decision 24).

use super::*;
use crate::program::Engine;
use crate::publish::fixture::start;
use crate::publish::{Addresses, PublicUrl, compile};

const CUSTOM: &str = "https://login.example.org";
const AUTHORIZE: &str = "/oauth2/internal/v1/authorize?client_id=web-app&response_type=code&state=1\
                         &scope=openid&redirect_uri=http://127.0.0.1:3000/callback";

fn addresses() -> Addresses {
    let url = |text: &str| PublicUrl::new(text).unwrap();
    Addresses::new(url(URL), vec![url(CUSTOM), url("https://other.example.org:8443/sso")]).unwrap()
}

/// The demo at several URLs; `internal` follows them, `default` does not.
fn world() -> World {
    let document = demo_with(|document| {
        internal(document)["issuerMode"] = json!("DYNAMIC");
        let phone = &mut document["apps"][1]["settings"]["oauthClient"]["grant_types"];
        phone.as_array_mut().unwrap().push(json!("urn:ietf:params:oauth:grant-type:device_code"));
    });
    let draft = compile(document.as_bytes(), addresses(), Engine::Native).unwrap();
    let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"http"));
    let issuer = Issuer::new(start(draft));
    World::of(issuer, |_, clock| Store::memory(clock), clock, random, |_| ())
}

fn at(host: &str, mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert(header::HOST, host.parse().unwrap());
    request
}

fn ask_at(world: &World, host: &str) -> String {
    let mut request = posted(TOKEN, &[("grant_type", "client_credentials")]);
    request.headers_mut().insert(header::AUTHORIZATION, billing().parse().unwrap());
    text_of(&world.send(at(host, request)).expect(200)["access_token"])
}

fn introspect_at(world: &World, host: &str, token: &str) -> Value {
    let mut request = posted(INTROSPECT, &[("token", token)]);
    request.headers_mut().insert(header::AUTHORIZATION, billing().parse().unwrap());
    world.send(at(host, request)).expect(200)
}

/// Decision 24.
#[test]
fn an_issuer_that_is_dynamic_follows_the_hosts_that_are_configured_and_no_other() {
    let world = world();
    let document = |host: &str, server: &str| {
        let path = format!("/oauth2/{server}/.well-known/openid-configuration");
        world.send(at(host, request(Method::GET, &path, None, ""))).expect(200)
    };
    for (host, url) in [
        ("login.example.org", CUSTOM),
        ("LOGIN.example.org:443", CUSTOM),
        ("other.example.org:8443", "https://other.example.org:8443/sso"),
        ("id.example.com", URL),
        ("other.example.org", URL),
        ("login.example.org.evil.example", URL),
        ("login.example.org/x", URL),
        ("user@login.example.org", URL),
        ("evil.example", URL),
        ("", URL),
    ] {
        let told = document(host, "internal");
        assert_eq!(told["issuer"], format!("{url}/oauth2/internal"), "{host}");
        assert_eq!(told["token_endpoint"], format!("{url}/oauth2/internal/v1/token"), "{host}");
        assert_eq!(document(host, "default")["issuer"], issuer("default"), "{host}");
        let (_, claims) = world.verified("internal", &ask_at(&world, host));
        assert_eq!(claims["iss"], format!("{url}/oauth2/internal"), "{host}");
    }
}

/// Decision 24.
#[test]
fn what_a_server_issued_under_one_url_counts_under_the_others() {
    let world = world();
    let token = ask_at(&world, "login.example.org");
    for host in ["login.example.org", "id.example.com", "evil.example"] {
        let told = introspect_at(&world, host, &token);
        assert_eq!((&told["active"], &told["iss"]), (&json!(true), &part(&token, 1)["iss"]));
    }
    // Once the server is dynamic no more, it has one issuer.
    world.replace(|_| ());
    assert_eq!(introspect_at(&world, "login.example.org", &token)["active"], false);
    let token = ask_at(&world, "id.example.com");
    assert_eq!(introspect_at(&world, "login.example.org", &token)["active"], true);
}

/// Decision 24.
#[test]
fn a_person_stays_at_the_host_where_they_came_to_sign_in() {
    let world = world();
    let location = |host: &str| {
        let answer = world.send_any(at(host, request(Method::GET, AUTHORIZE, None, "")));
        assert_eq!(answer.status, 302, "{answer:?}");
        answer.header("location").unwrap().to_owned()
    };
    assert!(location("login.example.org").starts_with("https://login.example.org/signin?"));
    assert!(location("evil.example").starts_with("https://id.example.com/signin?"));
    let device = [("client_id", "phone-app"), ("scope", "openid")];
    let request = posted("/oauth2/internal/v1/device/authorize", &device);
    let told = world.send(at("login.example.org", request)).expect(200);
    assert_eq!(told["verification_uri"], "https://login.example.org/activate");
}

/// Decision 13.
#[test]
fn no_audience_is_an_issuer_under_a_custom_url() {
    for taken in [CUSTOM, "https://login.example.org/oauth2/internal"] {
        let document = demo_with(|document| {
            internal(document)["audiences"] = json!(["https://api.mycompany.com", taken]);
        });
        let problems = compile(document.as_bytes(), addresses(), Engine::Native).unwrap_err();
        assert!(problems[0].diagnostic.message.contains("is an issuer"), "{problems:?}");
    }
}

#[test]
fn urls_of_one_installation_differ_in_host_and_not_in_scheme() {
    let url = |text: &str| PublicUrl::new(text).unwrap();
    let both = |custom: &str| Addresses::new(url(URL), vec![url(custom)]).map(|_| ());
    assert!(both("https://id.example.org").is_ok());
    assert!(both("https://id.example.com/path").is_err());
    assert!(both("https://ID.example.com:443").is_err());
    assert!(both("http://127.0.0.1:8600").is_err());
}
