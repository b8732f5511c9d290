//! The two numbers of an RSA public key, read from its DER form (RFC 8017 §A.1.1).

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// Modulus and exponent, big-endian without leading zeros. `None` if `der` is not such a key.
pub(super) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (members, after) = element(der, SEQUENCE)?;
    let (modulus, members) = element(members, INTEGER)?;
    let (exponent, members) = element(members, INTEGER)?;
    (after.is_empty() && members.is_empty())
        .then(|| (without_leading_zeros(modulus), without_leading_zeros(exponent)))
}

/// The content of the first element, which must be of kind `tag`, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(*short), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    (*first == tag).then_some(())?;
    rest.split_at_checked(length)
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
