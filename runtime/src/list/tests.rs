//! The list rows with bodies against OEL §3.2 and decisions 30, 31, 33, 35.

use crate::fixture::{classic, group, in_context, list, method, text};
use crate::{Fault, Value};

#[test]
fn an_element_is_contained_by_the_languages_equality() {
    in_context(|context| {
        let numbers = list(context, &[Value::integer(10), Value::NULL]);
        for (value, answer) in
            [(Value::number(10.0), "true"), (Value::NULL, "true"), (Value::integer(50), "false")]
        {
            assert_eq!(method(context, "contains", numbers, &[value]), Ok(answer.to_owned()));
        }
        let groups = list(context, &[group(context, 1)]);
        let name = text(context, "role_admin");
        assert_eq!(classic(context, "Arrays.contains", &[groups, name]), Ok("true".to_owned()));
        assert_eq!(
            classic(context, "Arrays.contains", &[Value::NULL, name]),
            Ok("false".to_owned())
        );
    });
}

#[test]
fn sizes_count_elements_and_entries() {
    in_context(|context| {
        let two = list(context, &[Value::NULL, Value::NULL]);
        assert_eq!(method(context, "size", two, &[]), Ok("2".to_owned()));
        assert_eq!(method(context, "length", two, &[]), Ok("2".to_owned()));
        assert_eq!(classic(context, "Arrays.size", &[Value::NULL]), Ok("0".to_owned()));
        let map = context.make_map(&[text(context, "a"), Value::NULL]).unwrap();
        assert_eq!(method(context, "size", map, &[]), Ok("1".to_owned()));
    });
}

#[test]
fn joining_writes_null_as_nothing_and_refuses_nested_lists() {
    in_context(|context| {
        let mixed =
            list(context, &[Value::integer(1), Value::NULL, text(context, "x"), group(context, 0)]);
        assert_eq!(method(context, "join", mixed, &[]), Ok("\"1,,x,Everyone\"".to_owned()));
        let separator = text(context, "; ");
        let answer = Ok("\"1; ; x; Everyone\"".to_owned());
        assert_eq!(method(context, "join", mixed, &[separator]), answer);
        let nested = list(context, &[mixed]);
        assert_eq!(method(context, "join", nested, &[]), Err(Fault::Type));
    });
}

#[test]
fn the_first_of_nothing_is_null() {
    in_context(|context| {
        let empty = list(context, &[]);
        assert_eq!(method(context, "first", empty, &[]), Ok("null".to_owned()));
        let one = list(context, &[Value::integer(7)]);
        assert_eq!(method(context, "first", one, &[]), Ok("7".to_owned()));
    });
}
