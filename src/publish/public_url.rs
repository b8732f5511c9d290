//! Where the outside world finds this installation. Issuers begin with it, whatever `Host` a
//! request names (decision 24).

use std::fmt;

/// `https://host[:port][/path]`, or `http://` to a loopback address. No slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text is no public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    #[error("a public URL begins with `https://`")]
    Scheme,
    #[error("a public URL of `http://` must name a loopback address, such as 127.0.0.1")]
    Plain,
    #[error("a public URL is a host, perhaps a port and a path: no user, query or fragment")]
    Parts,
    #[error("every URL of an installation has the same scheme")]
    Mixed,
    #[error("two URLs of an installation have the same host")]
    Twice,
}

impl PublicUrl {
    /// The URL that `text` writes; slashes at its end are left out.
    ///
    /// # Errors
    /// [`PublicUrlError`], the first reason found.
    pub fn new(text: &str) -> Result<Self, PublicUrlError> {
        let (is_plain, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            (None, None) => return Err(PublicUrlError::Scheme),
        };
        let rest = rest.trim_end_matches('/');
        let may_stand = |c: char| c.is_ascii_alphanumeric() || "-._~:[]/%".contains(c);
        let authority = rest.split('/').next().unwrap_or_default();
        let host = host_of(authority).filter(|host| !host.is_empty());
        let Some(host) = host.filter(|_| rest.chars().all(may_stand) && !rest.contains("//"))
        else {
            return Err(PublicUrlError::Parts);
        };
        if is_plain && !is_loopback(host) {
            return Err(PublicUrlError::Plain);
        }
        normalized(text.trim_end_matches('/')).map(Self).ok_or(PublicUrlError::Parts)
    }

    /// Whether it is `https://`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PublicUrl {
    /// Whether a request that names this `Host` is for this URL.
    pub(super) fn has_host(&self, host: &str) -> bool {
        let scheme = if self.is_secure() { "https" } else { "http" };
        let named = origin_of(&format!("{scheme}://{host}"));
        named.is_some() && named == origin_of(&self.0) && !host.contains(['/', '?', '#'])
    }
}

/// Where an installation is found: its public URL, and other URLs of it that the issuers of servers
/// that are `DYNAMIC` follow (decision 24).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    public: PublicUrl,
    custom: Vec<PublicUrl>,
}

impl From<PublicUrl> for Addresses {
    fn from(public: PublicUrl) -> Self {
        Self { public, custom: Vec::new() }
    }
}

impl Addresses {
    /// The public URL, and others beside it.
    ///
    /// # Errors
    /// The custom URL whose host is another's already, or of which cookies would have another name
    /// than under the public one.
    pub fn new(public: PublicUrl, custom: Vec<PublicUrl>) -> Result<Self, PublicUrlError> {
        let mut known = vec![origin_of(public.as_str())];
        for url in &custom {
            if url.is_secure() != public.is_secure() {
                return Err(PublicUrlError::Mixed);
            }
            let origin = origin_of(url.as_str());
            if known.contains(&origin) {
                return Err(PublicUrlError::Twice);
            }
            known.push(origin);
        }
        Ok(Self { public, custom })
    }

    /// The public URL.
    #[must_use]
    pub fn public(&self) -> &PublicUrl {
        &self.public
    }

    /// Every URL, the public one first.
    pub fn all(&self) -> impl Iterator<Item = &PublicUrl> {
        std::iter::once(&self.public).chain(&self.custom)
    }

    pub(super) fn into_parts(self) -> (PublicUrl, Vec<PublicUrl>) {
        (self.public, self.custom)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The origin of an `http` or `https` URL, as a browser writes it (RFC 6454 §6.2): in lower case and
/// without the usual port.
#[must_use]
pub fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let authority = authority.strip_suffix(usual).unwrap_or(&authority);
    (!authority.is_empty() && !authority.contains('@')).then(|| format!("{scheme}://{authority}"))
}

/// An `http` or `https` URL as everybody would write it who means the same: scheme and host in lower
/// case, without the usual port, nothing encoded that need not be (RFC 3986 §6.2.2, §6.2.3).
#[must_use]
pub fn normalized(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (_, path) = rest.split_at_checked(at)?;
    let mut normal = origin_of(url)?;
    let mut parts = path.split('%');
    normal.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        let encoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        match (encoded, part.get(2..)) {
            (Some(byte), Some(after)) if plain(&byte) => {
                normal.push(char::from(byte));
                normal.push_str(after);
            }
            (Some(byte), Some(after)) => normal.push_str(&format!("%{byte:02X}{after}")),
            _ => return None,
        }
    }
    Some(normal)
}

/// The host of `host[:port]`; `None` where the port is no number.
fn host_of(authority: &str) -> Option<&str> {
    let end = authority.rfind(']').map_or(0, |at| at + 1);
    match authority.get(end..)?.rfind(':') {
        Some(colon) => {
            let (host, port) = authority.split_at_checked(end + colon)?;
            port.get(1..)?.parse::<u16>().ok().map(|_| host)
        }
        None => Some(authority),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
