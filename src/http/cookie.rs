//! The cookies (decision 48): one of the session, one of the browser before anybody signed in, and
//! the token that a form must carry to be believed to be ours.

use crate::login::SessionSecret;
use crate::publish::{PublicUrl, Published};
use crate::token::opaque::is_same_text;
use axum::http::{HeaderMap, HeaderValue, header};

/// The field of forms that proves they are from a page of ours.
pub(super) const CSRF: &str = "_csrf";

/// Characters of the hash of a browser's secret in the name of its cookie.
const NAME_LENGTH: usize = 8;

/// Most secrets that a browser may have.
const BROWSERS: usize = 8;

/// What a browser is known by.
#[derive(Debug, Clone)]
pub(super) struct Cookies {
    /// Of the session, if it may have one.
    pub(super) session: Option<SessionSecret>,
    /// Of the browser: several, where its first pages were loaded at once. Each is under a name of
    /// its own, so that none takes another's place.
    pub(super) browsers: Vec<SessionSecret>,
}

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    Session,
    Browser,
}

impl Cookie {
    /// How its name begins. With `__Host-` a browser takes it from this host alone, and only over
    /// TLS.
    fn prefix(self, public_url: &PublicUrl) -> &'static str {
        match (self, public_url.is_secure()) {
            (Self::Session, true) => "__Host-claimsmith",
            (Self::Session, false) => "claimsmith_session",
            (Self::Browser, true) => "__Host-claimsmith-browser-",
            (Self::Browser, false) => "claimsmith_browser_",
        }
    }

    fn name(self, public_url: &PublicUrl, secret: &SessionSecret) -> String {
        let prefix = self.prefix(public_url);
        match self {
            Self::Session => prefix.to_owned(),
            Self::Browser => {
                let hash = secret.hash("cookie name");
                prefix.chars().chain(hash.chars().take(NAME_LENGTH)).collect()
            }
        }
    }

    /// The header that keeps `secret` in the browser until it is closed.
    pub(super) fn set(self, published: &Published, secret: &SessionSecret) -> HeaderValue {
        let same_site = SameSite::of(published);
        self.header((published.public_url(), same_site), secret, secret.as_str(), "")
    }

    /// The header that takes it away.
    pub(super) fn clear(self, published: &Published, secret: &SessionSecret) -> HeaderValue {
        let same_site = SameSite::of(published);
        self.header((published.public_url(), same_site), secret, "", "; Max-Age=0")
    }

    fn header(
        self,
        (public_url, same_site): (&PublicUrl, SameSite),
        secret: &SessionSecret,
        value: &str,
        more: &str,
    ) -> HeaderValue {
        let secure = if public_url.is_secure() { "; Secure" } else { "" };
        let name = self.name(public_url, secret);
        let same_site = same_site.word();
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{more}");
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// Whether pages of other sites that show ours in a frame get the cookies too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Lax,
    None,
}

impl SameSite {
    /// Browsers take `None` over TLS alone.
    fn of(published: &Published) -> Self {
        let is_embedded = published.embedders().next().is_some();
        if is_embedded && published.public_url().is_secure() { Self::None } else { Self::Lax }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// Every cookie that is text; one that is none hides no other.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
}

impl Cookies {
    pub(super) fn read(public_url: &PublicUrl, headers: &HeaderMap) -> Self {
        let session = Cookie::Session.prefix(public_url);
        let mut sessions = pairs(headers).filter(|(name, _)| *name == session);
        let first = sessions.next();
        // Two of one name: somebody planted one, and which is not told.
        let lone = first.filter(|_| sessions.next().is_none());
        let prefix = Cookie::Browser.prefix(public_url);
        let browsers = pairs(headers).filter(|(name, _)| name.starts_with(prefix));
        let browsers = browsers.filter_map(|(name, value)| {
            let secret = SessionSecret::parse(value)?;
            (Cookie::Browser.name(public_url, &secret) == name).then_some(secret)
        });
        Self {
            session: lone.and_then(|(_, value)| SessionSecret::parse(value)),
            browsers: browsers.take(BROWSERS).collect(),
        }
    }

    /// Whether `token` is one that a page of ours had for this browser: of its session, or of the
    /// browser before.
    pub(super) fn prove(&self, token: Option<&str>) -> bool {
        let Some(token) = token else { return false };
        let secrets = self.session.iter().chain(&self.browsers);
        secrets.map(csrf_token).fold(false, |found, known| found | is_same_text(&known, token))
    }
}

/// The token of a form for the browser that has this secret. Who has not the secret cannot make it,
/// and who has the token does not have the secret.
pub(super) fn csrf_token(secret: &SessionSecret) -> String {
    secret.hash("csrf")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn read(lines: &[&[u8]]) -> Cookies {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        Cookies::read(&PublicUrl::new("https://id.example.com").unwrap(), &headers)
    }

    fn session(value: &str) -> String {
        format!("__Host-claimsmith={value}")
    }

    #[test]
    fn a_cookie_that_is_no_text_hides_no_other() {
        let line = [b"theme=\xe4\xff; ", session(&"a".repeat(43)).as_bytes(), b"; x"].concat();
        assert!(read(&[&line]).session.is_some());
    }

    #[test]
    fn of_two_sessions_neither_counts() {
        let (one, two) = (session(&"a".repeat(43)), session(&"b".repeat(43)));
        assert!(read(&[one.as_bytes()]).session.is_some());
        assert!(read(&[one.as_bytes(), two.as_bytes()]).session.is_none());
        assert!(read(&[format!("{one}; {two}").as_bytes()]).session.is_none());
    }

    #[test]
    fn a_browser_may_have_several_secrets_each_under_its_own_name() {
        let url = PublicUrl::new("https://id.example.com").unwrap();
        let random = Random::seeded(b"cookie");
        let set = || {
            let secret = SessionSecret::generate(&random);
            let text = secret.as_str().to_owned();
            let header = Cookie::Browser.header((&url, SameSite::Lax), &secret, &text, "");
            header.to_str().unwrap().split(';').next().unwrap().to_owned()
        };
        let (one, two) = (set(), set());
        assert_eq!(read(&[format!("{one}; {two}").as_bytes()]).browsers.len(), 2);
        let (name, _) = one.split_once('=').unwrap();
        let planted = format!("{name}={}", "a".repeat(43));
        assert!(read(&[planted.as_bytes()]).browsers.is_empty());
        let many: Vec<String> = (0..20).map(|_| set()).collect();
        assert_eq!(read(&[many.join("; ").as_bytes()]).browsers.len(), BROWSERS);
    }
}
