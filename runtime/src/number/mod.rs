//! Numbers: as text (decision 10), their arithmetic (decisions 11, 12) and their order (decision 13).

#[cfg(test)]
mod tests;

use crate::fault::Fault;
use crate::functions::Operator;
use crate::value::Value;
use std::cmp::Ordering;

/// The shortest decimal that reads back, with at least one fraction digit; an exponent only at or
/// above 1e21 or below 1e-6. `-0.0` is `0.0` (decision 12).
#[must_use]
pub fn to_text(value: f64) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        return format!("{value:e}");
    }
    let plain = value.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// An integer or a number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numeric {
    Integer(i64),
    Number(f64),
}

impl Numeric {
    /// The value as one of the two; `None` for other kinds.
    pub(crate) fn of(value: Value<'_>) -> Option<Self> {
        let integer = value.as_integer().map(Self::Integer);
        integer.or_else(|| value.as_number().map(Self::Number))
    }

    fn as_f64(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Number(number) => number,
        }
    }
}

/// `lhs operator rhs` for the operators `Add` to `Power`.
///
/// # Errors
/// [`Fault::Arithmetic`] on overflow, division by zero and results that are not finite.
pub(crate) fn arithmetic<'a>(
    operator: Operator,
    lhs: Numeric,
    rhs: Numeric,
) -> Result<Value<'a>, Fault> {
    match (operator, lhs, rhs) {
        // A negative exponent makes it floating.
        (Operator::Power, Numeric::Integer(base), Numeric::Integer(exponent)) if exponent >= 0 => {
            power(base, exponent).map(Value::integer).ok_or(Fault::Arithmetic)
        }
        (Operator::Power, _, _) => floating(operator, lhs.as_f64(), rhs.as_f64()),
        (_, Numeric::Integer(lhs), Numeric::Integer(rhs)) => {
            integral(operator, lhs, rhs).map(Value::integer).ok_or(Fault::Arithmetic)
        }
        _ => floating(operator, lhs.as_f64(), rhs.as_f64()),
    }
}

fn integral(operator: Operator, lhs: i64, rhs: i64) -> Option<i64> {
    match operator {
        Operator::Add => lhs.checked_add(rhs),
        Operator::Subtract => lhs.checked_sub(rhs),
        Operator::Multiply => lhs.checked_mul(rhs),
        Operator::Divide => lhs.checked_div(rhs),
        // The smallest integer modulo -1 is 0, which fits although its quotient does not.
        Operator::Remainder if rhs == -1 => Some(0),
        Operator::Remainder => lhs.checked_rem(rhs),
        _ => None,
    }
}

fn power(base: i64, exponent: i64) -> Option<i64> {
    match u32::try_from(exponent) {
        Ok(exponent) => base.checked_pow(exponent),
        Err(_) => match base {
            0 | 1 => Some(base),
            -1 if exponent % 2 == 0 => Some(1),
            -1 => Some(-1),
            _ => None,
        },
    }
}

fn floating<'a>(operator: Operator, lhs: f64, rhs: f64) -> Result<Value<'a>, Fault> {
    let made = match operator {
        Operator::Add => lhs + rhs,
        Operator::Subtract => lhs - rhs,
        Operator::Multiply => lhs * rhs,
        Operator::Divide => lhs / rhs,
        Operator::Remainder => lhs % rhs,
        Operator::Power => lhs.powf(rhs),
        _ => f64::NAN,
    };
    if made.is_finite() { Ok(Value::number(made)) } else { Err(Fault::Arithmetic) }
}

/// Unary minus.
///
/// # Errors
/// [`Fault::Arithmetic`] for the smallest integer.
pub(crate) fn negate<'a>(value: Numeric) -> Result<Value<'a>, Fault> {
    match value {
        Numeric::Integer(value) => value.checked_neg().map(Value::integer).ok_or(Fault::Arithmetic),
        Numeric::Number(value) => Ok(Value::number(-value)),
    }
}

/// The mathematical order, exact also between an integer and a number (decision 13).
pub(crate) fn compare(lhs: Numeric, rhs: Numeric) -> Ordering {
    match (lhs, rhs) {
        (Numeric::Integer(lhs), Numeric::Integer(rhs)) => lhs.cmp(&rhs),
        (Numeric::Integer(lhs), Numeric::Number(rhs)) => compare_mixed(lhs, rhs),
        (Numeric::Number(lhs), Numeric::Integer(rhs)) => compare_mixed(rhs, lhs).reverse(),
        (Numeric::Number(lhs), Numeric::Number(rhs)) => order(lhs, rhs),
    }
}

/// Values are finite, so there always is an order; `-0.0` is `0.0`.
fn order(lhs: f64, rhs: f64) -> Ordering {
    lhs.partial_cmp(&rhs).unwrap_or(Ordering::Equal)
}

fn compare_mixed(integer: i64, number: f64) -> Ordering {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if number >= BEYOND {
        return Ordering::Less;
    }
    if number < -BEYOND {
        return Ordering::Greater;
    }
    let whole = number.trunc();
    integer.cmp(&(whole as i64)).then_with(|| order(whole, number))
}

/// The integer that a value is: an integer, or a number without fraction within 64 bits.
pub(crate) fn whole(value: Value<'_>) -> Option<i64> {
    match Numeric::of(value)? {
        Numeric::Integer(integer) => Some(integer),
        Numeric::Number(number) => {
            let integer = number.trunc() as i64;
            (compare_mixed(integer, number) == Ordering::Equal).then_some(integer)
        }
    }
}
