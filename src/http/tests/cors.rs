//! What pages of other origins may ask and read.

use super::*;

const KEYS: &str = "/oauth2/internal/v1/keys";
const USERINFO: &str = "/oauth2/internal/v1/userinfo";
const REVOKE: &str = "/oauth2/internal/v1/revoke";
/// Of a redirect URI of `web-app`.
pub(super) const OURS: &str = "http://127.0.0.1:3000";

fn with_origin(mut request: Request<Body>, origin: &str) -> Request<Body> {
    request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
    request
}

fn question(path: &str, origin: &str) -> Request<Body> {
    let mut request = with_origin(request(Method::OPTIONS, path, None, ""), origin);
    let headers = request.headers_mut();
    headers.insert("access-control-request-method", "POST".parse().unwrap());
    let wanted = "authorization,x-okta-user-agent-extended";
    headers.insert("access-control-request-headers", wanted.parse().unwrap());
    request
}

#[test]
fn a_page_of_a_client_may_ask_and_read_errors_too() {
    let world = World::demo();
    for path in [TOKEN, INTROSPECT, REVOKE, USERINFO] {
        let answer = world.send(question(path, OURS));
        assert_eq!((answer.status, &*answer.text), (204, ""), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(OURS));
        let headers = answer.header("access-control-allow-headers").unwrap();
        for name in ["authorization", "content-type", "dpop", "x-okta-user-agent-extended"] {
            assert!(headers.split(", ").any(|known| known == name), "{headers}");
        }
        let answer = world.send(with_origin(posted(path, &[]), OURS));
        assert!(answer.status >= 400);
        assert_eq!(answer.header("access-control-allow-origin"), Some(OURS));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("DPoP-Nonce") && exposed.contains("WWW-Authenticate"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
}

#[test]
fn pages_of_other_origins_read_nothing_of_clients() {
    let world = World::demo();
    for origin in [
        "https://evil.example",
        "null",
        "http://127.0.0.1:3001",
        "http://127.0.0.1",
        "HTTP://127.0.0.1:3000",
        "http://127.0.0.1:3000/",
        "",
    ] {
        for path in [TOKEN, USERINFO] {
            let asked = world.send(question(path, origin));
            assert_eq!(asked.header("access-control-allow-origin"), None, "{origin}");
            let answer = world.send(with_origin(posted(path, &[]), origin));
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
    }
}

#[test]
fn everybody_may_read_keys_and_documents_and_that_there_are_none() {
    let world = World::demo();
    for path in [KEYS, "/oauth2/internal/.well-known/openid-configuration"] {
        let answer = world.send(question(path, "https://anybody.example"));
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("*")));
        let path = path.replace("internal", "nowhere");
        let answer = world.send(with_origin(request(Method::GET, &path, None, ""), "https://a.b"));
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (404, Some("*")));
    }
}
