//! Addresses, written so that every reader takes them apart alike.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The pairs as a query (RFC 3986 §3.4), everything but the unreserved characters written out.
pub(super) fn query_of(pairs: &[(&str, String)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pair = |(name, value): &(&str, String)| format!("{}={}", encode(name), encode(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// An address with these parameters besides those it has.
pub(super) fn with_parameters(uri: &str, pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return uri.to_owned();
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", query_of(pairs))
}

/// The address without empty parts of its path, if it has any: SDKs put a slash before the query, and
/// two behind a host that was given with one.
pub(super) fn without_empty_parts(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if path == "/" || !path.contains("//") && !path.ends_with('/') {
        return None;
    }
    let parts = path.split('/').filter(|part| !part.is_empty());
    let mut clean: String = parts.flat_map(|part| ["/", part]).collect();
    if clean.is_empty() {
        clean.push('/');
    }
    if let Some(query) = uri.query() {
        clean.extend(["?", query]);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(clean).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_added_to_those_of_an_address() {
        let pairs = [("state", "a&b =\u{e4}~".to_owned()), ("x", String::new())];
        let query = "state=a%26b%20%3D%C3%A4~&x=";
        let plain = "https://app.example.com/cb";
        assert_eq!(with_parameters(plain, &pairs), format!("{plain}?{query}"));
        let more = "https://app.example.com/cb?y=1";
        assert_eq!(with_parameters(more, &pairs), format!("{more}&{query}"));
        assert_eq!(with_parameters(plain, &[]), plain);
    }

    #[test]
    fn empty_parts_of_a_path_are_left_out() {
        for (found, clean) in [
            ("//api/v1/users/?q=a/&b=//", "/api/v1/users?q=a/&b=//"),
            ("/api//v1///users", "/api/v1/users"),
            ("http://id.example.com/oauth2/default/", "http://id.example.com/oauth2/default"),
            ("//", "/"),
            ("/%2F/a/", "/%2F/a"),
        ] {
            let uri = Uri::try_from(found).unwrap();
            assert_eq!(
                without_empty_parts(&uri).map(|uri| uri.to_string()).as_deref(),
                Some(clean)
            );
        }
        for whole in ["/", "/api/v1/users?q=//", "http://id.example.com/a", "*"] {
            assert_eq!(without_empty_parts(&Uri::try_from(whole).unwrap()), None, "{whole}");
        }
    }
}
