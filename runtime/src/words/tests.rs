//! The further text rows against OEL §3.1 and decisions 24, 27 and 53.

use crate::fixture::{classic, in_context, method, text};
use crate::{Fault, Value};

#[test]
fn positions_count_characters_and_never_split_one() {
    in_context(|context| {
        let source = text(context, "né€dle€");
        let euro = text(context, "€");
        assert_eq!(method(context, "indexOf", source, &[euro]), Ok("2".to_owned()));
        assert_eq!(method(context, "lastIndexOf", source, &[euro]), Ok("6".to_owned()));
        let none = text(context, "x");
        assert_eq!(method(context, "indexOf", source, &[none]), Ok("-1".to_owned()));
        for (index, found) in [(1, "\"é\""), (7, "\"\""), (-1, "\"\""), (i64::MAX, "\"\"")] {
            let answer = method(context, "charAt", source, &[Value::integer(index)]);
            assert_eq!(answer, Ok(found.to_owned()), "{index}");
        }
        for (start, end, found) in [
            (-2, 7, "\"e€\""),
            (1, -4, "\"é€\""),
            (5, 2, "\"\""),
            (i64::MIN, i64::MAX, "\"né€dle€\""),
        ] {
            let range = [Value::integer(start), Value::integer(end)];
            assert_eq!(method(context, "slice", source, &range), Ok(found.to_owned()));
        }
        let pieces = method(context, "split", source, &[text(context, "")]);
        assert_eq!(pieces, Ok(r#"["n","é","€","d","l","e","€"]"#.to_owned()));
    });
}

#[test]
fn what_would_be_too_long_is_never_made() {
    in_context(|context| {
        let source = text(context, "ab");
        for times in [50_001, i64::MAX] {
            let answer = method(context, "repeat", source, &[Value::integer(times)]);
            assert_eq!(answer, Err(Fault::Limit));
            let answer =
                method(context, "padStart", source, &[Value::integer(times.saturating_mul(2))]);
            assert_eq!(answer, Err(Fault::Limit));
        }
        assert_eq!(method(context, "repeat", source, &[Value::integer(-1)]), Err(Fault::Index));
        let empty = text(context, "");
        let long = [Value::integer(i64::MAX), empty];
        assert_eq!(method(context, "padEnd", source, &long), Ok("\"ab\"".to_owned()));
        assert_eq!(
            method(context, "repeat", empty, &[Value::integer(i64::MAX)]),
            Ok("\"\"".to_owned())
        );
    });
}

#[test]
fn the_first_key_in_the_order_of_arguments_decides() {
    in_context(|context| {
        let words = ["First match wins", "default", "absent", "v1", "wins", "v2", "match", "v3"];
        let arguments = words.map(|word| text(context, word));
        assert_eq!(classic(context, "String.stringSwitch", &arguments), Ok("\"v2\"".to_owned()));
        let [_, rest @ ..] = arguments;
        let of_null: Vec<Value<'_>> = std::iter::once(Value::NULL).chain(rest).collect();
        assert_eq!(classic(context, "String.stringSwitch", &of_null), Ok("\"default\"".to_owned()));
    });
}
