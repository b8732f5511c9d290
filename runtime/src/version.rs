//! Rows that compare version numbers part by part (OEL §3.1, decision 37).

use crate::abi::Context;
use crate::fault::Fault;
use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Null, Parameter, Returns};
use crate::value::Value;
use std::cmp::Ordering;

type Answer<'a> = Result<Value<'a>, Fault>;

const VERSION: Parameter = Parameter::new("version", Accepts::Text).null(Null::Accepted).sized();
const OTHER: Parameter = Parameter::new("other", Accepts::Text).sized();

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::method(
        &["versionGreaterThan"],
        &[VERSION, OTHER],
        Returns::Boolean,
        Body(is_greater),
    )
    .faults(&[Fault::NumberFormat])
    .says(
        "whether the version is later than the other; missing parts are 0, null is no",
        "'14.3'.versionGreaterThan('14.2.1')",
        "true",
    ),
    Function::method(&["versionLessThan"], &[VERSION, OTHER], Returns::Boolean, Body(is_less))
        .faults(&[Fault::NumberFormat])
        .says(
            "whether the version is earlier than the other; missing parts are 0, null is no",
            "'9.10'.versionLessThan('9.9')",
            "false",
        ),
];

fn is_greater<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    compared(arguments, Ordering::Greater)
}

fn is_less<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    compared(arguments, Ordering::Less)
}

fn compared<'a>(arguments: &[Value<'a>], wanted: Ordering) -> Answer<'a> {
    let [version, other] = arguments else { return Err(Fault::Internal) };
    if version.is_null() {
        return Ok(Value::boolean(false));
    }
    let version = version.as_text().ok_or(Fault::Type)?;
    let other = other.as_text().ok_or(Fault::Type)?;
    let compared = compare(version.as_str(), other.as_str()).ok_or(Fault::NumberFormat)?;
    Ok(Value::boolean(compared == wanted))
}

/// `None` if a part of either is no number.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if ![one, other].iter().all(|version| version.split('.').all(is_number)) {
        return None;
    }
    let n = one.split('.').count().max(other.split('.').count());
    let pairs = padded(one).zip(padded(other)).take(n);
    // Without leading zeros the longer number is the larger: no part is too long to compare.
    let ordering = pairs.map(|(one, other)| one.len().cmp(&other.len()).then(one.cmp(other)));
    Some(ordering.fold(Ordering::Equal, Ordering::then))
}

/// The parts without leading zeros, then as many empty ones as are asked for.
fn padded(version: &str) -> impl Iterator<Item = &str> {
    version.split('.').map(|part| part.trim_start_matches('0')).chain(std::iter::repeat(""))
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn versions_are_compared_part_by_part_as_numbers() {
        let cases = [
            ("14.3", "14.2.1", Greater),
            ("1.0.0", "1", Equal),
            ("1.10", "1.9", Greater),
            ("01.2", "1.02", Equal),
            ("0", "0.0.1", Less),
            ("99999999999999999999999", "100000000000000000000000", Less),
        ];
        for (one, other, expected) in cases {
            assert_eq!(compare(one, other), Some(expected), "{one} {other}");
        }
        for wrong in ["", "1.", "1..2", "1.a", "-1", " 1"] {
            assert_eq!(compare(wrong, "1"), None, "{wrong}");
        }
    }
}
