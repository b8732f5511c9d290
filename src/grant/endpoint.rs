//! Where a request arrived, as a client may name it: by the configured URLs alone, whatever `Host`
//! it sent (decision 44).

use crate::publish::{Published, RunningServer, normalized};

/// An endpoint of a server, or of the management API.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    place: Place<'a>,
    /// Instead of what else than the public URL its URL may begin.
    base: Option<&'a str>,
    /// The method of the request.
    pub(super) method: &'a str,
}

#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    /// Under the addresses of a server, by its name there: `token`, `par`, ….
    OfServer { published: &'a Published, server: &'a RunningServer, name: &'a str },
    /// At any of these URLs.
    At(&'a [String]),
}

impl<'a> Endpoint<'a> {
    #[must_use]
    pub fn new(
        published: &'a Published,
        server: &'a RunningServer,
        name: &'a str,
        method: &'a str,
    ) -> Self {
        Self { place: Place::OfServer { published, server, name }, base: None, method }
    }

    /// The same endpoint, which is found below `base` as well as below the public URL, if there is
    /// one (decision 50).
    #[must_use]
    pub fn also_below(self, base: Option<&'a str>) -> Self {
        Self { base, ..self }
    }

    /// What is found at these URLs, without their queries.
    #[must_use]
    pub fn at(urls: &'a [String], method: &'a str) -> Self {
        Self { place: Place::At(urls), base: None, method }
    }

    /// Whether `url` is this endpoint: where the server says it is, or under the server's own id.
    /// Ways of writing a URL that mean the same are the same (RFC 9449 §4.3).
    pub(super) fn is_at(&self, url: &str) -> bool {
        let Some(url) = normalized(url) else { return false };
        match self.place {
            Place::OfServer { published, server, name } => {
                let public = published.public_url().to_string();
                let own = format!("{public}/oauth2/{}", server.definition().id);
                let is_public = [server.base(), own.as_str()].iter().any(|base| {
                    let rest = url.strip_prefix(base);
                    rest.and_then(|rest| rest.strip_prefix("/v1/")) == Some(name)
                });
                let path = server.base().strip_prefix(&public);
                let other = self.base.zip(path);
                let other = other.map(|(base, path)| format!("{base}{path}/v1/{name}"));
                is_public || other.and_then(|other| normalized(&other)).as_ref() == Some(&url)
            }
            Place::At(urls) => urls.iter().any(|known| normalized(known).as_ref() == Some(&url)),
        }
    }

    /// Whether an assertion for this endpoint may name `audience`: the endpoint, the token endpoint
    /// (RFC 9126 §2) or the issuer (RFC 7523bis).
    pub(super) fn is_audience(&self, audience: &str) -> bool {
        if self.is_at(audience) {
            return true;
        }
        let Place::OfServer { published, server, .. } = self.place else { return false };
        let token = Place::OfServer { published, server, name: "token" };
        Self { place: token, ..*self }.is_at(audience) || audience == server.issuer()
    }
}
