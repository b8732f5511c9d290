//! The array rows against OEL §3.2 and decisions 14, 31 and 32.

use crate::fixture::{classic, group, in_context, list, method, text};
use crate::{Fault, Value};

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
