//! Where an answer goes: only to an address that the client registered (decision 27).

use crate::directory::{Application, ApplicationType};

/// Whether the client registered this address: exactly, but for the port of a loopback address of
/// a native app (RFC 8252 §7.3), which such an app chooses as it starts.
#[must_use]
pub fn is_registered(application: &Application, uri: &str) -> bool {
    let is_native = application.application_type == ApplicationType::Native;
    let without_port = is_native.then(|| split_loopback(uri)).flatten();
    application.redirect_uris.iter().any(|known| {
        known == uri || without_port.is_some() && split_loopback(known) == without_port
    })
}

/// Host and path of an address of `http` on a loopback interface, its port left out.
fn split_loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| rest.starts_with(host))?;
    let rest = rest.strip_prefix(host)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (port, path) = rest.split_at_checked(end)?;
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    is_port.then_some((host, path))
}

/// The origin of an address, `https://app.example.com:8443`, for who may be posted to; of an
/// address of another scheme, as native apps have, the scheme and its colon.
#[must_use]
pub fn origin(uri: &str) -> Option<&str> {
    let colon = uri.find(':')?;
    let is_web = ["http", "https"].contains(&uri.get(..colon)?);
    if !is_web {
        return uri.get(..=colon);
    }
    let start = colon + "://".len();
    let rest = uri.get(start..)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    uri.get(..start + end).filter(|origin| !origin.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decision_27_the_port_of_a_loopback_address_is_the_apps_to_choose() {
        let loopback = |uri| split_loopback(uri).is_some();
        for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://[::1]:65535?x=1"] {
            assert!(loopback(uri), "{uri}");
        }
        for uri in [
            "https://127.0.0.1/cb",
            "http://localhost/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:+1/cb",
            "http://127.0.0.11/cb",
            "HTTP://127.0.0.1/cb",
        ] {
            assert!(!loopback(uri), "{uri}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (uri, expected) in [
            ("https://app.example.com/cb?x=/", Some("https://app.example.com")),
            ("http://127.0.0.1:3000", Some("http://127.0.0.1:3000")),
            ("com.mycompany.phone:/callback", Some("com.mycompany.phone:")),
            ("https://a@evil.example/cb", None),
        ] {
            assert_eq!(origin(uri), expected);
        }
    }
}
