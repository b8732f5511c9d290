//! Which addresses are of the outside world (IANA's special-purpose registries; RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are private, local, reserved or for examples: the first address and how
/// many bits of it count.
const CLOSED: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// Whether an address is one that anybody could ask.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(network, n_bits): &([u8; 4], u32)| {
        let network = u32::from_be_bytes(*network);
        (address.to_bits() ^ network).leading_zeros() >= *n_bits
    };
    !CLOSED.iter().any(is_in)
}

/// Only 2000::/3 is given out, and of that not all: what stands for an IPv4 address is judged as
/// that one, and Teredo (2001::/32), ORCHID (2001:10::/28, 2001:20::/28) and examples
/// (2001:db8::/32, 3fff::/20) are none.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [.., w, x, y, z] = address.octets();
    let translated = Ipv4Addr::new(w, x, y, z);
    match (a, b) {
        // NAT64 (RFC 6052).
        (0x64, 0xff9b) if c == 0 => is_public_v4(translated),
        // 6to4 (RFC 3056).
        (0x2002, _) => {
            let [high, low] = b.to_be_bytes();
            let [third, fourth] = c.to_be_bytes();
            is_public_v4(Ipv4Addr::new(high, low, third, fourth))
        }
        (0x2001, 0 | 0xdb8) => false,
        (0x2001, b) if (0x10..0x30).contains(&b) => false,
        (0x3fff, b) if b < 0x1000 => false,
        _ => (0x2000..0x4000).contains(&a),
    }
}
