//! Where a request arrived, as a client may name it: by the configured URLs alone, whatever `Host`
//! it sent (decision 44).

use crate::publish::{Published, RunningServer, normalized};

/// An endpoint of a server.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    published: &'a Published,
    server: &'a RunningServer,
    /// As in its address: `token`, `par`, ….
    name: &'a str,
    /// The method of the request.
    pub(super) method: &'a str,
}

impl<'a> Endpoint<'a> {
    #[must_use]
    pub fn new(
        published: &'a Published,
        server: &'a RunningServer,
        name: &'a str,
        method: &'a str,
    ) -> Self {
        Self { published, server, name, method }
    }

    /// Whether `url` is this endpoint: where the server says it is, or under the server's own id.
    /// Ways of writing a URL that mean the same are the same (RFC 9449 §4.3).
    pub(super) fn is_at(&self, url: &str) -> bool {
        let Some(url) = normalized(url) else { return false };
        let own = format!("{}/oauth2/{}", self.published.public_url(), self.server.definition().id);
        [self.server.base(), own.as_str()].iter().any(|base| {
            url.strip_prefix(base).and_then(|rest| rest.strip_prefix("/v1/")) == Some(self.name)
        })
    }

    /// Whether an assertion for this endpoint may name `audience`: the endpoint, the token endpoint
    /// (RFC 9126 §2) or the issuer (RFC 7523bis).
    pub(super) fn is_audience(&self, audience: &str) -> bool {
        self.is_at(audience)
            || Self { name: "token", ..*self }.is_at(audience)
            || audience == self.server.issuer()
    }
}
