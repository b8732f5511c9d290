//! A URL that is to be fetched, taken apart.

/// `https://host[:port][/path]` or the same with `http://`, perhaps with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'u> {
    /// As in `Host`.
    pub(super) authority: &'u str,
    /// An IPv6 address stands in brackets.
    pub(super) host: &'u str,
    pub(super) port: u16,
    /// With the query.
    pub(super) path: &'u str,
    /// Without TLS.
    pub(super) is_plain: bool,
}

/// Hosts that are this machine, whatever they resolve to.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl<'u> Target<'u> {
    /// `None` for every other scheme, a user, a fragment, or what cannot stand in a URL.
    pub(super) fn parse(url: &'u str) -> Option<Self> {
        let (is_plain, rest) = match url.strip_prefix("http://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("https://")?),
        };
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
            None => (authority, if is_plain { 80 } else { 443 }),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let is_host = !host.is_empty() && host.chars().all(plain) && path.starts_with('/');
        is_host.then_some(Self { authority, host, port, path, is_plain })
    }

    /// Whether this is the very machine that asks, whatever names are said to lead to.
    pub(super) fn names_this_machine(&self) -> bool {
        HERE.contains(&self.host)
    }
}
