//! Rows that read numbers: `Convert.…`, `toInteger` and `toNumber` (OEL §3.3, decision 29).

use crate::abi::Context;
use crate::fault::Fault;
use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Parameter, Returns};
use crate::number::Numeric;
use crate::value::Value;

type Answer<'a> = Result<Value<'a>, Fault>;

const VALUE: Parameter = Parameter::new("value", Accepts::Any).sized();
const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();
const NUMBER: Parameter = Parameter::new("number", Accepts::Numeric);

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::classic(&["Convert.toInt"], &[VALUE], Returns::Integer, Body(to_integer))
        .faults(&[Fault::NumberFormat, Fault::Type])
        .like("toInteger")
        .says(
            "the nearest integer, halves up, of a number or a text that writes one; wraps at 32 \
             bits",
            "Convert.toInt('123.5')",
            "124",
        ),
    Function::classic(&["Convert.toNum"], &[VALUE], Returns::Number, Body(to_number))
        .faults(&[Fault::NumberFormat, Fault::Type])
        .like("toNumber")
        .says("the number that a text writes", "Convert.toNum('3.141')", "3.141"),
    Function::method(&["toInteger"], &[TEXT], Returns::Integer, Body(to_integer))
        .faults(&[Fault::NumberFormat])
        .says(
            "the nearest integer, halves up, of the number that the text writes; wraps at 32 bits",
            "'1234'.toInteger()",
            "1234",
        ),
    Function::method(&["toInteger"], &[NUMBER], Returns::Integer, Body(to_integer))
        .faults(&[Fault::NumberFormat])
        .says("the nearest integer, halves up; wraps at 32 bits", "(-1.6).toInteger()", "-2"),
    Function::method(&["toNumber"], &[TEXT], Returns::Number, Body(to_number))
        .faults(&[Fault::NumberFormat])
        .says("the number that the text writes", "'1.7'.toNumber()", "1.7"),
    Function::method(&["toNumber"], &[NUMBER], Returns::Number, Body(to_number)).says(
        "the same number, floating",
        "7.toNumber()",
        "7.0",
    ),
];

fn to_integer<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let wide = match number_of(context, arguments, read)? {
        Numeric::Integer(integer) => integer,
        Numeric::Number(number) => nearest(number)?,
    };
    // The documented results are those of a cast to 32 bits (OEL §3.3).
    Ok(Value::integer(i64::from(wide as i32)))
}

fn to_number<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::number(match number_of(context, arguments, read_floating)? {
        Numeric::Integer(integer) => integer as f64,
        Numeric::Number(number) => number,
    }))
}

/// The number that argument 0 is, or that `read` finds in its text.
fn number_of<'a>(
    context: &Context<'a>,
    arguments: &[Value<'a>],
    read: fn(&str) -> Option<Numeric>,
) -> Result<Numeric, Fault> {
    let value = arguments.first().copied().ok_or(Fault::Type)?;
    if let Some(number) = Numeric::of(value) {
        return Ok(number);
    }
    let text = crate::operator::text_of(context, value).ok_or(Fault::Type)?;
    read(text.as_str()).ok_or(Fault::NumberFormat)
}

/// A number that is written so, floating, however large.
fn read_floating(text: &str) -> Option<Numeric> {
    is_whole(text)?;
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Numeric::Number)
}

/// A number that is written so: an integer, of 64 bits at most, unless it has a fraction or an exponent.
fn read(text: &str) -> Option<Numeric> {
    if is_whole(text)? { text.parse().ok().map(Numeric::Integer) } else { read_floating(text) }
}

/// Digits with a sign, a fraction and an exponent, where there are any; nothing around them. Whether
/// there is neither fraction nor exponent.
fn is_whole(text: &str) -> Option<bool> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let exponent_digits = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    let parts = [Some(whole), fraction, exponent_digits];
    let is_written_so = parts.into_iter().flatten().all(is_digits);
    is_written_so.then_some(fraction.is_none() && exponent.is_none())
}

/// Halves go up, of negative numbers too; beyond 64 bits there is none.
fn nearest(number: f64) -> Result<i64, Fault> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let floor = number.floor();
    let nearest = if number - floor >= 0.5 { floor + 1.0 } else { floor };
    if (-BEYOND..BEYOND).contains(&nearest) { Ok(nearest as i64) } else { Err(Fault::NumberFormat) }
}

#[cfg(test)]
mod tests {
    use super::{nearest, read, read_floating};
    use crate::fault::Fault;
    use crate::number::Numeric;

    #[test]
    fn halves_go_up_on_both_sides_of_zero() {
        let cases = [(2.5, 3), (-2.5, -2), (-2.6, -3), (0.499_999_999_999_999_94, 0), (1.1, 1)];
        for (number, expected) in cases {
            assert_eq!(nearest(number), Ok(expected), "{number}");
        }
        for beyond in [1e19, -1e19, 9_223_372_036_854_775_808.0] {
            assert_eq!(nearest(beyond), Err(Fault::NumberFormat));
        }
    }

    #[test]
    fn what_64_bits_do_not_hold_is_floating_or_nothing() {
        let beyond = "9223372036854775808";
        assert!(read(beyond).is_none());
        let floating = read_floating(beyond);
        assert!(matches!(floating, Some(Numeric::Number(9_223_372_036_854_775_808.0))));
        assert!(read_floating("1e400").is_none() && read_floating(&"9".repeat(400)).is_none());
    }

    #[test]
    fn only_what_is_written_as_a_number_reads_as_one() {
        for text in ["", " 1", "1 ", "+", "-", ".5", "5.", "1e", "0x10", "1_0", "NaN", "inf", "١"]
        {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(read("9223372036854775808").is_none() && read("1e400").is_none());
        assert!(matches!(read("-9223372036854775808"), Some(Numeric::Integer(i64::MIN))));
        assert!(matches!(read("+1.5e1"), Some(Numeric::Number(15.0))));
    }
}
