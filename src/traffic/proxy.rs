//! The address of a client, also behind proxies. A header is believed only as far as proxies that
//! are trusted wrote it: each writes at the right end whom it heard, so that it is read from there,
//! and the first address that is no trusted proxy is the client. What stands left of it anybody may
//! have written.

use super::Network;
use std::net::{IpAddr, SocketAddr};

/// The proxies whose word is taken; none unless they are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    header: ForwardedBy,
}

/// The header that the proxies write. One they do not write is passed on from the client as it came,
/// so that only this one is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedBy {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl TrustedProxies {
    #[must_use]
    pub fn new(networks: Vec<Network>, header: ForwardedBy) -> Self {
        Self { networks, header }
    }

    /// The name of the header that is read, in lower case.
    #[must_use]
    pub fn header(&self) -> &'static str {
        match self.header {
            ForwardedBy::XForwardedFor => "x-forwarded-for",
            ForwardedBy::Forwarded => "forwarded",
        }
    }

    /// Whether this is the address of one of them.
    #[must_use]
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The address of the client: of whoever connected, or of whom trusted proxies say they heard,
    /// according to the values of [`TrustedProxies::header`], in the order of the request. Where one
    /// of them names nobody it is the proxy.
    pub fn client_address<'h>(
        &self,
        peer: IpAddr,
        values: impl DoubleEndedIterator<Item = &'h str>,
    ) -> IpAddr {
        let mut nearest = peer.to_canonical();
        // Splitting at every comma is right for what proxies write, and a quotation mark that a
        // client opens further left hides nothing of it.
        let mut elements = values.rev().flat_map(|value| value.rsplit(','));
        while self.is_trusted(nearest) {
            let Some(element) = elements.find(|element| !element.trim().is_empty()) else { break };
            let Some(address) = self.header.address_in(element.trim()) else { break };
            nearest = address.to_canonical();
        }
        nearest
    }
}

impl ForwardedBy {
    /// The address that one element of the header names.
    fn address_in(self, element: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => address(element),
            Self::Forwarded => {
                let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
                let is_for = |name: &str| name.trim().eq_ignore_ascii_case("for");
                let (_, node) = pairs.find(|(name, _)| is_for(name))?;
                address(node.trim().trim_matches('"'))
            }
        }
    }
}

/// An address, perhaps with a port; one of IPv6 may be in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    bare.parse().ok().or_else(with_port)
}
