//! DER (X.690 §8 and §10), as far as keys and certificates need it: elements one in another, and the
//! two numbers of an RSA public key (RFC 8017 §A.1.1).

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const SEQUENCE: u8 = 0x30;

/// Modulus and exponent, big-endian without leading zeros. `None` if `der` is not such a key.
pub(super) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (members, after) = element(der, SEQUENCE)?;
    let (modulus, members) = element(members, INTEGER)?;
    let (exponent, members) = element(members, INTEGER)?;
    (after.is_empty() && members.is_empty())
        .then(|| (without_leading_zeros(modulus), without_leading_zeros(exponent)))
}

/// The content of the first element, which must be of kind `tag`, and what follows it.
pub(super) fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, content, rest) = any(der)?;
    (first == tag).then_some((content, rest))
}

/// The kind and the content of the first element, and what follows it.
pub(super) fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
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
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*first, content, rest))
}

/// An element of kind `tag` that holds these, one behind the other.
pub(super) fn holding(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits: Vec<u8> =
        length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    let mut written = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => written.push(short),
        // No length has more than eight digits.
        _ => {
            written.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            written.extend(digits);
        }
    }
    parts.iter().for_each(|part| written.extend_from_slice(part));
    written
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
