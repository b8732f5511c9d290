//! The list rows with bodies against OEL §3.2 and decisions 14, 30 to 33, 35.

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

#[test]
fn flattening_takes_all_levels_and_null_is_as_each_style_says() {
    in_context(|context| {
        let inner = list(context, &[Value::integer(2), Value::NULL]);
        let outer = list(context, &[Value::integer(1), inner]);
        assert_eq!(method(context, "flatten", outer, &[]), Ok("[1,2]".to_owned()));
        let csv = text(context, "a, b,,c");
        let all = classic(context, "Arrays.flatten", &[outer, csv]);
        assert_eq!(all, Ok(r#"[1,2,null,"a","b","","c"]"#.to_owned()));
        let with_null = classic(context, "Arrays.flatten", &[outer, Value::NULL]);
        assert_eq!(with_null, Ok("null".to_owned()));
    });
}

#[test]
fn sorting_puts_null_first_and_refuses_what_has_no_order() {
    in_context(|context| {
        let words = ["b", "É", "a", ""].map(|word| text(context, word));
        let [b, accent, a, empty] = words;
        let mixed = list(context, &[b, Value::NULL, accent, a, empty, group(context, 0)]);
        let sorted = method(context, "sort", mixed, &[]);
        assert_eq!(sorted, Ok(r#"[null,"","Everyone","a","b","É"]"#.to_owned()));
        let unordered = list(context, &[b, Value::integer(1)]);
        for name in ["sort", "min", "max"] {
            assert_eq!(method(context, name, unordered, &[]), Err(Fault::Type), "{name}");
        }
    });
}

#[test]
fn removing_takes_out_every_equal_element_and_an_index_must_exist() {
    in_context(|context| {
        let one = Value::integer(1);
        let numbers = list(context, &[one, Value::integer(2), Value::number(1.0)]);
        assert_eq!(method(context, "remove", numbers, &[one]), Ok("[2]".to_owned()));
        let null = classic(context, "Arrays.remove", &[Value::NULL, one]);
        assert_eq!(null, Ok("[]".to_owned()));
        for index in [-1, 3, i64::MAX] {
            let answer = method(context, "get", numbers, &[Value::integer(index)]);
            assert_eq!(answer, Err(Fault::Index));
        }
    });
}

#[test]
fn sums_are_checked() {
    in_context(|context| {
        let most = list(context, &[Value::integer(i64::MAX), Value::integer(1)]);
        assert_eq!(method(context, "sum", most, &[]), Err(Fault::Arithmetic));
        let mixed = list(context, &[Value::integer(1), Value::number(0.5)]);
        assert_eq!(method(context, "sum", mixed, &[]), Ok("1.5".to_owned()));
        let none = list(context, &[]);
        assert_eq!(method(context, "sum", none, &[]), Ok("0".to_owned()));
    });
}
