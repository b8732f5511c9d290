//! The cookies (decision 48): one of the session, one of the browser before anybody signed in, and
//! the token that a form must carry to be believed to be ours.

use crate::login::SessionSecret;
use crate::publish::PublicUrl;
use crate::token::opaque::is_same_text;
use axum::http::{HeaderMap, HeaderValue, header};

/// The field of forms that proves they are from a page of ours.
pub(super) const CSRF: &str = "_csrf";

/// What a browser is known by.
#[derive(Debug, Clone)]
pub(super) struct Cookies {
    /// Of the session, if it may have one.
    pub(super) session: Option<SessionSecret>,
    /// Of the browser.
    pub(super) browser: Option<SessionSecret>,
}

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    Session,
    Browser,
}

impl Cookie {
    /// Its name. With `__Host-` a browser takes it from this host alone, and only over TLS.
    fn name(self, public_url: &PublicUrl) -> &'static str {
        match (self, public_url.is_secure()) {
            (Self::Session, true) => "__Host-claimsmith",
            (Self::Session, false) => "claimsmith_session",
            (Self::Browser, true) => "__Host-claimsmith-browser",
            (Self::Browser, false) => "claimsmith_browser",
        }
    }

    /// The header that keeps `secret` in the browser until it is closed.
    pub(super) fn set(self, public_url: &PublicUrl, secret: &SessionSecret) -> HeaderValue {
        self.header(public_url, secret.as_str(), "")
    }

    /// The header that takes it away.
    pub(super) fn clear(self, public_url: &PublicUrl) -> HeaderValue {
        self.header(public_url, "", "; Max-Age=0")
    }

    fn header(self, public_url: &PublicUrl, value: &str, more: &str) -> HeaderValue {
        let secure = if public_url.is_secure() { "; Secure" } else { "" };
        let name = self.name(public_url);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    fn read(self, public_url: &PublicUrl, headers: &HeaderMap) -> Option<SessionSecret> {
        let name = self.name(public_url);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';'));
        let mut values = pairs.filter_map(|pair| pair.trim().split_once('='));
        let mut named = values.by_ref().filter(|(known, _)| *known == name);
        let (_, value) = named.next()?;
        // Two of one name: somebody planted one, and which is not told.
        let lone = named.next().is_none();
        SessionSecret::parse(value).filter(|_| lone)
    }
}

impl Cookies {
    pub(super) fn read(public_url: &PublicUrl, headers: &HeaderMap) -> Self {
        Self {
            session: Cookie::Session.read(public_url, headers),
            browser: Cookie::Browser.read(public_url, headers),
        }
    }

    /// Whether `token` is one that a page of ours had for this browser: of its session, or of the
    /// browser before.
    pub(super) fn prove(&self, token: Option<&str>) -> bool {
        let Some(token) = token else { return false };
        let secrets = [&self.session, &self.browser].into_iter().flatten();
        secrets.map(csrf_token).fold(false, |found, known| found | is_same_text(&known, token))
    }
}

/// The token of a form for the browser that has this secret. Who has not the secret cannot make it,
/// and who has the token does not have the secret.
pub(super) fn csrf_token(secret: &SessionSecret) -> String {
    secret.hash("csrf")
}
