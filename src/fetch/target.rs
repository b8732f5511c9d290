//! A URL that may be fetched, taken apart.

/// `https://host[:port][/path]`, perhaps with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'u> {
    /// As in `Host`.
    pub(super) authority: &'u str,
    /// An IPv6 address stands in brackets.
    pub(super) host: &'u str,
    pub(super) port: u16,
    /// With the query.
    pub(super) path: &'u str,
}

impl<'u> Target<'u> {
    /// `None` for every other scheme, a user, a fragment, or what cannot stand in a URL.
    pub(super) fn parse(url: &'u str) -> Option<Self> {
        let rest = url.strip_prefix("https://")?;
        let may_stand = |c: char| c.is_ascii_graphic() && !"#\"<>\\^`{|}".contains(c);
        if !rest.chars().all(may_stand) {
            return None;
        }
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(at)?;
        let path = if path.is_empty() { "/" } else { path };
        let end = authority.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match authority.get(end..)?.rfind(':') {
            Some(colon) => {
                let (host, port) = authority.split_at_checked(end + colon)?;
                (host, port.get(1..)?.parse().ok()?)
            }
            None => (authority, 443),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let is_host = !host.is_empty() && host.chars().all(plain) && path.starts_with('/');
        is_host.then_some(Self { authority, host, port, path })
    }
}
