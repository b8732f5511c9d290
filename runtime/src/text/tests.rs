//! The text rows against the tables of OEL §3.1 and decisions 9, 23 to 27, 36, 53.

use crate::fixture::{classic, in_context, method, text};
use crate::{Fault, Value};

#[test]
fn a_prefix_a_suffix_and_a_part_are_found_case_by_case() {
    in_context(|context| {
        let cases = [
            ("startsWith", "Kiss", "K", "true"),
            ("startsWith", "Kiss", "k", "false"),
            ("startsWith", "é", "é", "true"),
            ("startsWith", "K", "Kiss", "false"),
            ("endsWith", "Kiss", "ss", "true"),
            ("endsWith", "Kiss", "sS", "false"),
            ("contains", "This is a test", "test", "true"),
            ("contains", "This is a test", "Test", "false"),
            ("contains", "", "", "true"),
            ("includes", "abc", "", "true"),
        ];
        for (name, whole, part, answer) in cases {
            let (whole, part) = (text(context, whole), text(context, part));
            assert_eq!(method(context, name, whole, &[part]), Ok(answer.to_owned()), "{name}");
        }
    });
}

#[test]
fn a_separator_cuts_at_its_first_occurrence() {
    in_context(|context| {
        let cases = [
            ("substringBefore", "abc@okta.com", "@", "\"abc\""),
            ("substringBefore", "john.doe@okta.com", ".", "\"john\""),
            ("substringBefore", "abc", "@", "\"\""),
            ("substringBefore", "abc", "", "\"\""),
            ("substringAfter", "john.doe@okta.com", ".", "\"doe@okta.com\""),
            ("substringAfter", "abc", "@", "\"\""),
            ("substringAfter", "abc", "", "\"abc\""),
            ("substringAfter", "aé→b", "é→", "\"b\""),
        ];
        for (name, whole, part, answer) in cases {
            let (whole, part) = (text(context, whole), text(context, part));
            assert_eq!(method(context, name, whole, &[part]), Ok(answer.to_owned()), "{name}");
        }
    });
}

#[test]
fn a_substring_counts_characters_and_clamps() {
    in_context(|context| {
        let cases = [
            ("This is a test", 2, 9, "\"is is a\""),
            ("John", 1, 3, "\"oh\""),
            ("abc", -5, 2, "\"ab\""),
            ("abc", 0, 6, "\"abc\""),
            ("abc", 5, 9, "\"\""),
            ("abc", 2, 1, "\"\""),
            ("aé😀b", 1, 3, "\"é😀\""),
            ("aé😀b", 3, 99, "\"b\""),
            ("abc", 0, -1, "\"\""),
        ];
        for (whole, start, end, answer) in cases {
            let whole = text(context, whole);
            let arguments = [whole, Value::integer(start), Value::integer(end)];
            assert_eq!(classic(context, "substring", &arguments), Ok(answer.to_owned()));
        }
        let whole = text(context, "test");
        assert_eq!(
            method(context, "substring", whole, &[Value::integer(1)]),
            Ok("\"est\"".to_owned())
        );
        assert_eq!(method(context, "substring", whole, &[Value::integer(-1)]), Err(Fault::Index));
        assert_eq!(method(context, "substring", whole, &[Value::number(1.5)]), Err(Fault::Type));
    });
}

#[test]
fn replacing_is_literal_and_leaves_alone_what_it_does_not_find() {
    in_context(|context| {
        let cases = [
            ("replace", "This is a test", "is", "at", "\"That at a test\""),
            ("replaceFirst", "This is a test", "is", "at", "\"That is a test\""),
            ("replace", "hello", "l", "p", "\"heppo\""),
            ("replaceAll", "aaa", "aa", "b", "\"ba\""),
            ("replaceFirst", "a.b.c", ".", "-", "\"a-b.c\""),
            ("replace", "abc", "", "x", "\"abc\""),
            ("replace", "abc", "z", "x", "\"abc\""),
            ("replace", "é→é", "é", "", "\"→\""),
        ];
        for (name, whole, search, replacement, answer) in cases {
            let arguments = [text(context, search), text(context, replacement)];
            let whole = text(context, whole);
            assert_eq!(method(context, name, whole, &arguments), Ok(answer.to_owned()), "{name}");
        }
        let arguments = [text(context, "abc"), Value::NULL, text(context, "x")];
        assert_eq!(classic(context, "String.replace", &arguments), Ok("\"abc\"".to_owned()));
    });
}

#[test]
fn a_text_that_grows_too_long_is_a_limit() {
    in_context(|context| {
        let whole = text(context, &"a".repeat(1_000));
        let arguments = [text(context, "a"), text(context, &"b".repeat(101))];
        assert_eq!(method(context, "replace", whole, &arguments), Err(Fault::Limit));
        let arguments = [text(context, "a"), text(context, &"b".repeat(100))];
        assert!(method(context, "replace", whole, &arguments).is_ok());
    });
}

#[test]
fn case_and_length_are_those_of_unicode() {
    in_context(|context| {
        let cases = [
            ("toUpperCase", "test", "\"TEST\""),
            ("toUpperCase", "straße", "\"STRASSE\""),
            ("toLowerCase", "ÀB", "\"àb\""),
            ("length", "", "0"),
            ("length", "aé😀", "3"),
            ("size", "abc", "3"),
        ];
        for (name, whole, answer) in cases {
            let whole = text(context, whole);
            assert_eq!(method(context, name, whole, &[]), Ok(answer.to_owned()), "{name}");
        }
    });
}

#[test]
fn classic_functions_answer_null_as_their_table_says() {
    in_context(|context| {
        let part = text(context, "a");
        let null = Value::NULL;
        assert_eq!(classic(context, "String.startsWith", &[null, part]), Ok("false".to_owned()));
        assert_eq!(
            classic(context, "String.stringContains", &[null, part]),
            Ok("false".to_owned())
        );
        assert_eq!(classic(context, "String.len", &[null]), Ok("0".to_owned()));
    });
}

#[test]
fn joining_skips_null_and_spreads_lists() {
    in_context(|context| {
        let inner = context.make_list(&[Value::integer(1), Value::NULL, Value::number(2.0)]);
        let arguments = [text(context, "-"), text(context, "x"), Value::NULL, inner.unwrap()];
        assert_eq!(classic(context, "String.join", &arguments), Ok("\"x-1-2.0\"".to_owned()));
        let nested = context.make_list(&[inner.unwrap()]).unwrap();
        let arguments = [text(context, "-"), nested];
        assert_eq!(classic(context, "String.join", &arguments), Err(Fault::Type));
    });
}

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
