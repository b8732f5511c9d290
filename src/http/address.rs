//! Addresses with parameters, written so that every reader takes them apart alike.

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
}
