//! Thousands of requests that no client would send: each gets an answer of ours, never a failure.

use super::*;
use axum::http::{HeaderName, HeaderValue, Uri};

/// Random numbers of a seed.
struct Dice(Random);

impl Dice {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % end
    }

    fn bytes(&self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.below(most + 1)];
        self.0.fill(&mut bytes);
        bytes
    }

    fn pick<'t>(&self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

/// Pieces of which requests are made: right, nearly right and wrong ones.
const NAMES: &[&str] = &[
    "grant_type",
    "scope",
    "audience",
    "resource",
    "client_id",
    "client_secret",
    "token",
    "token_type_hint",
    "client_assertion",
    "state",
    "%00",
    "\u{e9}",
    "",
];
const VALUES: &[&str] = &[
    "client_credentials",
    "read:customers",
    "openid",
    "https://api.mycompany.com",
    "phone-app",
    "billing-service",
    "partner-service",
    "a.b.c",
    "%FF",
    "%",
    "%zz",
    "+",
    "=",
    "\0",
    "",
];
const SEGMENTS: &[&str] = &[
    "oauth2",
    "internal",
    "default",
    "v1",
    "token",
    "introspect",
    "keys",
    ".well-known",
    "openid-configuration",
    "oauth-authorization-server",
    "health",
    "%FF",
    "%2F",
    "..",
    "",
    "a%00b",
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "BREW"];

/// A form or query of pieces, some of its bytes random.
fn parameters(dice: &Dice) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..dice.below(5) {
        text.extend_from_slice(dice.pick(NAMES).as_bytes());
        text.extend_from_slice(dice.pick(&["=", "=", "=", "", "=="]).as_bytes());
        text.extend_from_slice(dice.pick(VALUES).as_bytes());
        if dice.below(8) == 0 {
            text.extend(dice.bytes(12));
        }
        text.push(b'&');
    }
    text
}

fn path(dice: &Dice) -> Uri {
    let usual = [
        TOKEN,
        INTROSPECT,
        "/oauth2/internal/v1/keys",
        "/oauth2/default/v1/token",
        "/oauth2/internal/.well-known/openid-configuration",
    ];
    let mut path = dice.pick(&usual).to_owned();
    if dice.below(2) == 0 {
        let segments = (0..dice.below(6)).map(|_| dice.pick(SEGMENTS));
        path = format!("/{}", segments.collect::<Vec<_>>().join("/"));
    }
    if dice.below(2) == 0 {
        path = format!("{path}?{}", String::from_utf8_lossy(&parameters(dice)));
    }
    path.parse().unwrap_or_else(|_| Uri::from_static(TOKEN))
}

fn headers(dice: &Dice) -> Vec<(HeaderName, Vec<u8>)> {
    let credentials = match dice.below(5) {
        0 => basic(dice.bytes(40)).into_bytes(),
        1 => billing().into_bytes(),
        2 => basic("phone-app").into_bytes(),
        3 => [&b"Basic "[..], &dice.bytes(20)].concat(),
        _ => dice.bytes(20),
    };
    let content_type = dice.pick(&["application/x-www-form-urlencoded", "text/plain", ";;", ""]);
    let all = [
        (header::AUTHORIZATION, credentials),
        (header::CONTENT_TYPE, content_type.as_bytes().to_vec()),
        (header::CONTENT_LENGTH, dice.bytes(3)),
        (header::HOST, dice.bytes(10)),
        (header::ACCEPT, dice.bytes(10)),
    ];
    all.into_iter().filter(|_| dice.below(3) > 0).collect()
}

#[test]
fn whatever_is_sent_the_answer_is_json_and_not_a_failure_of_the_server() {
    let world = World::demo();
    let dice = Dice(Random::seeded(b"sweep"));
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..4000 {
        let body = if dice.below(4) == 0 { dice.bytes(200) } else { parameters(&dice) };
        let method = dice.pick(METHODS);
        let mut request = Request::builder().method(method).uri(path(&dice));
        for (name, value) in headers(&dice) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request = request.header(name, value);
            }
        }
        let request = request.body(Body::from(body)).unwrap();
        let told = format!("round {round}: {request:?}");
        let answer = world.send(request);
        assert!((200..500).contains(&answer.status), "{told} {answer:?}");
        if method != "HEAD" {
            let body: Result<Value, _> = serde_json::from_str(&answer.text);
            assert!(body.is_ok_and(|body| body.is_object()), "{told} {answer:?}");
        }
        seen.insert(answer.status);
    }
    assert!([200, 400, 401, 404, 405].iter().all(|status| seen.contains(status)), "{seen:?}");
}
