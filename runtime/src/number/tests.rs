//! Numbers against decisions 10 to 13.

use super::{Numeric, arithmetic, compare, negate, to_text, whole};
use crate::functions::Operator;
use crate::{Fault, Value};
use std::cmp::Ordering;

use Numeric::{Integer, Number};

fn shown(answer: Result<Value<'_>, Fault>) -> Result<String, Fault> {
    answer.map(|value| match value.as_integer() {
        Some(integer) => integer.to_string(),
        None => to_text(value.as_number().unwrap()),
    })
}

#[test]
fn numbers_print_as_the_shortest_decimal() {
    let cases = [
        (1.0, "1.0"),
        (12_345_678.0, "12345678.0"),
        (1.5, "1.5"),
        (1e21, "1e21"),
        (1.5e-7, "1.5e-7"),
        (1e-6, "0.000001"),
        (-0.0, "0.0"),
    ];
    for (number, text) in cases {
        assert_eq!(to_text(number), text);
    }
}

#[test]
fn integers_are_checked_and_floating_operands_make_floating() {
    let cases = [
        (Operator::Add, Integer(1), Integer(2), "3"),
        (Operator::Add, Integer(1), Number(2.0), "3.0"),
        (Operator::Subtract, Integer(1), Integer(2), "-1"),
        (Operator::Multiply, Number(1.5), Integer(2), "3.0"),
        (Operator::Divide, Integer(7), Integer(2), "3"),
        (Operator::Divide, Integer(-7), Integer(2), "-3"),
        (Operator::Divide, Integer(7), Number(2.0), "3.5"),
        (Operator::Remainder, Integer(-7), Integer(3), "-1"),
        (Operator::Remainder, Integer(7), Integer(-3), "1"),
        (Operator::Remainder, Integer(i64::MIN), Integer(-1), "0"),
        (Operator::Remainder, Number(-7.5), Integer(2), "-1.5"),
        (Operator::Power, Integer(2), Integer(10), "1024"),
        (Operator::Power, Integer(2), Integer(-1), "0.5"),
        (Operator::Power, Integer(-1), Integer(i64::MAX), "-1"),
        (Operator::Power, Number(4.0), Number(0.5), "2.0"),
    ];
    for (operator, lhs, rhs, answer) in cases {
        let made = shown(arithmetic(operator, lhs, rhs));
        assert_eq!(made, Ok(answer.to_owned()), "{lhs:?} {operator:?} {rhs:?}");
    }
}

#[test]
fn overflow_division_by_zero_and_infinity_are_faults() {
    let cases = [
        (Operator::Add, Integer(i64::MAX), Integer(1)),
        (Operator::Multiply, Integer(i64::MIN), Integer(-1)),
        (Operator::Divide, Integer(1), Integer(0)),
        (Operator::Divide, Integer(i64::MIN), Integer(-1)),
        (Operator::Divide, Number(1.0), Integer(0)),
        (Operator::Remainder, Integer(1), Integer(0)),
        (Operator::Remainder, Number(1.0), Number(0.0)),
        (Operator::Power, Integer(0), Integer(-1)),
        (Operator::Power, Integer(2), Integer(64)),
        (Operator::Power, Integer(2), Integer(i64::MAX)),
        (Operator::Power, Number(-1.0), Number(0.5)),
    ];
    for (operator, lhs, rhs) in cases {
        assert_eq!(shown(arithmetic(operator, lhs, rhs)), Err(Fault::Arithmetic), "{operator:?}");
    }
    assert_eq!(shown(negate(Integer(i64::MIN))), Err(Fault::Arithmetic));
    assert_eq!(shown(negate(Number(1.5))), Ok("-1.5".to_owned()));
}

#[test]
fn integers_and_numbers_compare_exactly() {
    let cases = [
        (Integer(1), Number(1.0), Ordering::Equal),
        (Integer(i64::MAX), Number(9_223_372_036_854_775_808.0), Ordering::Less),
        (Integer(9_007_199_254_740_993), Number(9_007_199_254_740_992.0), Ordering::Greater),
        (Integer(i64::MIN), Number(-9_223_372_036_854_775_808.0), Ordering::Equal),
        (Integer(-3), Number(-3.5), Ordering::Greater),
        (Integer(0), Number(-0.0), Ordering::Equal),
        (Integer(3), Number(1e300), Ordering::Less),
    ];
    for (lhs, rhs, order) in cases {
        assert_eq!(compare(lhs, rhs), order, "{lhs:?} {rhs:?}");
        assert_eq!(compare(rhs, lhs), order.reverse(), "{rhs:?} {lhs:?}");
    }
}

#[test]
fn a_number_without_fraction_is_whole() {
    assert_eq!(whole(Value::number(1.0)), Some(1));
    assert_eq!(whole(Value::number(1.5)), None);
    assert_eq!(whole(Value::number(1e19)), None);
    assert_eq!(whole(Value::boolean(true)), None);
}
