//! What is fetched, what is not, and how often.

use super::address::is_public;
use super::fixture::{Site, client_keys, fetcher, json};
use super::target::Target;
use super::*;
use crate::token::{Algorithm, SigningKey};
use std::sync::atomic::{AtomicUsize, Ordering};

const LIMITS: Limits = Limits { bytes: 1000, time: Duration::from_secs(20) };

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// Decision 25.
#[test]
fn a_document_is_fetched_over_tls_as_far_as_the_first_answer() {
    wait(async {
        let site = Site::start(|asked| match asked.split(' ').nth(1) {
            Some("/keys?x=1") => json(200, "{}"),
            Some("/elsewhere") => {
                "HTTP/1.1 302 X\r\nlocation: /keys?x=1\r\ncontent-length: 0\r\n\r\n".to_owned()
            }
            Some("/told") if asked.contains("\r\nx-key: secret\r\n") => {
                json(200, asked.split("\r\n\r\n").nth(1).unwrap())
            }
            _ => json(404, "no"),
        })
        .await;
        let fetcher = fetcher();
        let get = async |path: &str| fetcher.ask(&site.url(path), Ask::Get, LIMITS).await;
        let fetched = get("/keys?x=1").await.unwrap();
        assert_eq!((fetched.status, &*fetched.body), (200, &b"{}"[..]));
        assert_eq!(get("/elsewhere").await.unwrap().status, 302, "it is not followed");
        assert_eq!(site.n_asked(), 2);
        let headers = [("x-key".to_owned(), "secret".to_owned())];
        let ask = Ask::Post { body: r#"{"a":1}"#, headers: &headers };
        let fetched = fetcher.ask(&site.url("/told"), ask, LIMITS).await.unwrap();
        assert_eq!(fetched.body, br#"{"a":1}"#);
        let headers = [("x-key".to_owned(), "a\r\nb: c".to_owned())];
        let ask = Ask::Post { body: "", headers: &headers };
        let refused = fetcher.ask(&site.url("/told"), ask, LIMITS).await;
        assert_eq!(refused, Err(FetchError::Header));
    });
}

/// Decision 25.
#[test]
fn what_is_too_long_or_too_slow_is_given_up() {
    wait(async {
        let site = Site::start(|asked| match asked.split(' ').nth(1) {
            Some("/long") => json(200, &"x".repeat(1001)),
            Some("/endless") => format!("HTTP/1.1 200 X\r\n\r\n{}", "x".repeat(100_000)),
            Some("/head") => format!("HTTP/1.1 200 X\r\nx: {}\r\n\r\n", "x".repeat(100_000)),
            Some("/short") => "HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\nx".to_owned(),
            _ => json(200, &"x".repeat(1000)),
        })
        .await;
        let fetcher = fetcher();
        let get = async |path: &str| fetcher.ask(&site.url(path), Ask::Get, LIMITS).await;
        assert_eq!(get("/").await.unwrap().body.len(), 1000);
        for path in ["/long", "/endless"] {
            assert_eq!(get(path).await, Err(FetchError::TooLong(1000)), "{path}");
        }
        for path in ["/head", "/short"] {
            assert!(matches!(get(path).await, Err(FetchError::Unreachable(_))), "{path}");
        }
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/", silent.local_addr().unwrap().port());
        let limits = Limits { time: Duration::from_millis(50), ..LIMITS };
        let refused = fetcher.ask(&url, Ask::Get, limits).await;
        assert_eq!(refused, Err(FetchError::TooSlow(limits.time)));
    });
}

/// Decision 25.
#[test]
fn private_networks_and_certificates_of_nobody_are_refused() {
    wait(async {
        let site = Site::with_json("{}".to_owned()).await;
        let closed = Fetcher { allows_private: false, ..fetcher() };
        for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0"] {
            let url = format!("https://{host}:{}/", site.port);
            let refused = closed.ask(&url, Ask::Get, LIMITS).await;
            let is_refused = matches!(refused, Err(FetchError::Private | FetchError::Name(_)));
            assert!(is_refused, "{host}: {refused:?}");
        }
        assert_eq!(site.n_asked(), 0);
        let strict = Fetcher::believing(RootCertStore::empty(), true);
        let refused = strict.ask(&site.url("/"), Ask::Get, LIMITS).await;
        assert!(matches!(refused, Err(FetchError::Unreachable(_))), "{refused:?}");
        let plain = site.url("/").replace("https", "http");
        assert_eq!(fetcher().ask(&plain, Ask::Get, LIMITS).await, Err(FetchError::Url));
    });
}

#[test]
fn only_addresses_of_the_outside_world_are_public() {
    for public in [
        "1.1.1.1",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860::1",
        "64:ff9b::1.1.1.1",
        "::ffff:1.1.1.1",
        "2002:101:101::1",
    ] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
    for private in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001::1",
        "2001:db8::1",
        "2001:20::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "3fff::1",
        "4000::1",
        "100::1",
    ] {
        assert!(!is_public(private.parse().unwrap()), "{private}");
    }
}

#[test]
fn a_url_is_taken_apart_as_it_is_written() {
    let target = |url| Target::parse(url).map(|t| (t.authority, t.host, t.port, t.path));
    for (url, parts) in [
        ("https://a.example", Some(("a.example", "a.example", 443, "/"))),
        ("https://a.example:8443/b?c", Some(("a.example:8443", "a.example", 8443, "/b?c"))),
        ("https://[::1]:1/", Some(("[::1]:1", "[::1]", 1, "/"))),
        ("https://[::1]/", Some(("[::1]", "[::1]", 443, "/"))),
        ("https://a.example?x", None),
        ("https://", None),
        ("https://:1/", None),
        ("https://a.example:/", None),
        ("https://a.example:65536/", None),
        ("https://user@a.example/", None),
        ("https://a.example/#b", None),
        ("https://a.example/ b", None),
        ("https://a.example/\r\nx: y", None),
        ("https://\u{e9}.example/", None),
        ("http://a.example/", Some(("a.example", "a.example", 80, "/"))),
        ("file:///etc/passwd", None),
    ] {
        assert_eq!(target(url), parts, "{url}");
    }
}

/// Decision 25.
#[test]
fn keys_are_fetched_when_needed_and_for_an_unknown_one_seldom() {
    wait(async {
        let keys: Vec<SigningKey> =
            (0..2).map(|_| SigningKey::generate(Algorithm::Es256).unwrap()).collect();
        let jwks: Vec<String> = keys.iter().map(|key| key.public_jwk().to_owned()).collect();
        let phase = Arc::new(AtomicUsize::new(0));
        let now_at = Arc::clone(&phase);
        let site = Site::start(move |_| match now_at.load(Ordering::SeqCst) {
            0 => json(200, &format!(r#"{{"keys":[{}, {{"kty":"oct","k":"x"}}]}}"#, jwks[0])),
            1 => json(200, &format!(r#"{{"keys":[{}]}}"#, jwks.join(","))),
            _ => json(500, "{}"),
        })
        .await;
        let (url, known) = (site.url("/keys"), client_keys());
        let find = async |kid: &str, now: i64| {
            let found = known.find(&url, Some(kid), now).await;
            found.map(|found| found.iter().filter_map(|key| key.kid().map(str::to_owned)).collect())
        };
        let (first, second) = (keys[0].kid(), keys[1].kid());
        let one: Result<Vec<String>, FetchError> = Ok(vec![first.to_owned()]);
        assert_eq!(find(first, 1000).await, one);
        assert_eq!(find(first, 4599).await, one);
        assert_eq!(site.n_asked(), 1, "it is kept for an hour");
        assert_eq!(find(second, 4599).await, one);
        assert_eq!(find(second, 4600).await, one);
        assert_eq!(site.n_asked(), 2, "an unknown key is asked for, once");
        phase.store(1, Ordering::SeqCst);
        let both = Ok(vec![first.to_owned(), second.to_owned()]);
        assert_eq!(find(second, 4629).await, both);
        phase.store(2, Ordering::SeqCst);
        assert_eq!(find(first, 4629 + 3600).await, both, "old keys are better than none");
        assert_eq!(site.n_asked(), 4);
        assert!(find(first, 4629 + 24 * 3600).await.is_err(), "not for ever");
    });
}
