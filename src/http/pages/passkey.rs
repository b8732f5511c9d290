//! Passkeys on pages: the form whose script asks the browser, and what the form brings. The one part
//! of the pages that needs JavaScript, since browsers give passkeys to nothing else.

use super::Visit;
use super::layout::{Layout, Text, hidden};
use crate::login::{Answered, Challenge, RelyingParty};
use crate::publish::Published;
use std::net::IpAddr;

/// What runs on a page with such a form.
pub(super) const SCRIPT: &str = include_str!("passkey.js");

/// The field with the challenge, closed up.
pub(super) const PASSKEY: &str = "passkey";

/// The fields that the script fills in.
const ANSWER: &[&str] =
    &["id", "client_data", "authenticator_data", "public_key", "algorithm", "signature"];

/// Who asks for passkeys; nobody does at an address that is a number, which they are not made for
/// (Web Authentication Level 3 §5.1.3).
pub(super) fn relying_party(published: &Published) -> Option<RelyingParty<'_>> {
    let (id, origin) = host_and_origin(published.public_url().as_str())?;
    Some(RelyingParty { id, origin, name: published.organization_name() })
}

fn host_and_origin(url: &str) -> Option<(&str, &str)> {
    let origin = crate::login::origin(url)?;
    let (_, authority) = origin.split_once("://")?;
    let host = authority.split(':').next().filter(|host| !host.is_empty())?;
    let is_number = authority.starts_with('[') || host.parse::<IpAddr>().is_ok();
    (!is_number).then_some((host, origin))
}

impl Visit {
    /// What the script brought, if the form is one of a passkey.
    pub(super) fn answered_by_passkey(&self) -> Option<Answered<'_>> {
        let find = |name: &str| self.form.find(name).unwrap_or_default();
        Some(Answered {
            closed: self.form.find(PASSKEY)?,
            client_data: find("client_data"),
            authenticator_data: find("authenticator_data"),
            public_key: find("public_key"),
            algorithm: find("algorithm"),
            id: find("id"),
            signature: find("signature"),
        })
    }
}

/// A form to this page of ours that a passkey answers; `fields` is markup.
pub(super) fn form(
    layout: &Layout<'_>,
    page: &str,
    csrf: &str,
    challenge: &Challenge,
    fields: &str,
) -> String {
    let words = layout.words;
    let answer: String = ANSWER.iter().map(|name| hidden(name, "")).collect();
    let options = Text(&challenge.options);
    let closed = hidden(PASSKEY, &challenge.closed);
    let fields = format!(
        "{fields}{closed}{answer}<p class=\"alert\" role=\"alert\" id=\"passkey-failed\" hidden>{failed}\
         </p>\n<button type=\"submit\">{use_it}</button>\n\
         <noscript><p class=\"soft\">{needs_script}</p></noscript>\n",
        failed = words.passkey_failed,
        use_it = words.use_passkey,
        needs_script = words.passkey_needs_script,
    );
    let form = layout.form(page, csrf, &fields);
    form.replacen("<form ", &format!("<form class=\"passkey\" data-options=\"{options}\" "), 1)
}

#[cfg(test)]
mod tests {
    use super::host_and_origin;

    #[test]
    fn passkeys_are_for_hosts_that_have_a_name() {
        let found = |host, origin| Some((host, origin));
        for (url, expected) in [
            ("https://id.example.com", found("id.example.com", "https://id.example.com")),
            ("https://a.example:8443/x", found("a.example", "https://a.example:8443")),
            ("http://localhost:8600", found("localhost", "http://localhost:8600")),
            ("http://127.0.0.1:8600", None),
            ("http://[::1]:8600", None),
        ] {
            assert_eq!(host_and_origin(url), expected);
        }
    }
}
