//! The operator rows: their order, and decisions 13 to 20, 40, 42, 51, 52.

use crate::fixture::{group, in_context, list, method, operate, record, text};
use crate::functions::{self, Meaning, Operator, Repeats, Style, rows};
use crate::record::Datum;
use crate::types::{Field, RecordType, Shape, Type};
use crate::{Fault, Value, limits};
use std::sync::Arc;

const ALL: [Operator; 32] = [
    Operator::Equal,
    Operator::Compare,
    Operator::Add,
    Operator::Subtract,
    Operator::Multiply,
    Operator::Divide,
    Operator::Remainder,
    Operator::Power,
    Operator::Negate,
    Operator::Piece,
    Operator::Concatenate,
    Operator::AsText,
    Operator::AsBoolean,
    Operator::AsInteger,
    Operator::AsNumeric,
    Operator::AsList,
    Operator::AsMap,
    Operator::Entries,
    Operator::Kept,
    Operator::CsvText,
    Operator::CsvList,
    Operator::Member,
    Operator::Index,
    Operator::List,
    Operator::Map,
    Operator::Size,
    Operator::Method,
    Operator::SortSize,
    Operator::MatchSize,
    Operator::SortedBy,
    Operator::AsDateTime,
    Operator::AsCountry,
];

fn ok(text: &str) -> Result<String, Fault> {
    Ok(text.to_owned())
}

#[test]
fn rows_stand_in_the_order_of_the_operators() {
    assert_eq!(super::ROWS.len(), ALL.len());
    for (index, operator) in ALL.into_iter().enumerate() {
        assert_eq!(operator as usize, index);
        let row = functions::row(functions::operator(operator)).unwrap();
        assert_eq!(row.names, [format!("{operator:?}")]);
    }
}

#[test]
fn every_row_that_can_be_written_is_documented() {
    for (number, row) in rows() {
        let internal = row.style == Style::Internal;
        assert_eq!(internal, row.documentation.is_empty(), "{number}");
        assert_eq!(internal, row.example.0.is_empty(), "{number}");
        assert_eq!(internal, row.example.1.is_empty(), "{number}");
        let n_optional = row.n_optional + usize::from(row.repeats != Repeats::Never);
        assert!(n_optional <= row.parameters.len(), "{number}");
        assert!(!internal || matches!(row.meaning, Meaning::Body(_)), "{number}");
    }
}

#[test]
fn equality_never_coerces_but_numbers_and_group_names() {
    in_context(|context| {
        let (one, name) = (Value::integer(1), text(context, "role_admin"));
        let cases = [
            (one, Value::number(1.0), "true"),
            (one, text(context, "1"), "false"),
            (Value::NULL, Value::NULL, "true"),
            (Value::NULL, Value::boolean(false), "false"),
            (group(context, 1), name, "true"),
            (name, group(context, 0), "false"),
            (group(context, 0), group(context, 3), "true"),
            (group(context, 1), group(context, 2), "true"),
            (group(context, 0), group(context, 1), "false"),
            (list(context, &[one, name]), list(context, &[one, group(context, 2)]), "true"),
            (list(context, &[one]), list(context, &[one, one]), "false"),
            (list(context, &[]), Value::NULL, "false"),
        ];
        for (lhs, rhs, answer) in cases {
            assert_eq!(
                operate(context, Operator::Equal, &[lhs, rhs]),
                ok(answer),
                "{lhs:?} {rhs:?}"
            );
        }
    });
}

#[test]
fn maps_and_records_are_compared_by_content_in_any_order() {
    let field = |name: &str| Field { name: name.to_owned(), shape: Shape::of(Type::Integer) };
    let record_type = Arc::new(RecordType {
        name: "pair".to_owned(),
        fields: vec![field("b"), field("a")],
        open: false,
    });
    let record = record(&record_type, &[Datum::Integer(2), Datum::Integer(1)]);
    in_context(|context| {
        let (a, b) = (text(context, "a"), text(context, "b"));
        let (one, two) = (Value::integer(1), Value::integer(2));
        let lhs = context.make_map(&[a, one, b, two]).unwrap();
        let rhs = context.make_map(&[b, Value::number(2.0), a, one]).unwrap();
        assert_eq!(operate(context, Operator::Equal, &[lhs, rhs]), ok("true"));
        let other = context.make_map(&[b, one, a, one]).unwrap();
        assert_eq!(operate(context, Operator::Equal, &[lhs, other]), ok("false"));
        assert_eq!(operate(context, Operator::Equal, &[lhs, record]), ok("true"));
    });
}

#[test]
fn order_puts_null_lowest_and_refuses_mixtures() {
    in_context(|context| {
        let (a, b) = (text(context, "a"), text(context, "b"));
        let cases = [
            (Value::NULL, Value::integer(1), ok("-1")),
            (Value::integer(1), Value::NULL, ok("1")),
            (Value::NULL, Value::NULL, ok("0")),
            (a, b, ok("-1")),
            (text(context, "10"), text(context, "9"), ok("-1")),
            (group(context, 1), b, ok("1")),
            (Value::boolean(false), Value::boolean(true), ok("-1")),
            (Value::integer(2), Value::number(1.5), ok("1")),
            (a, Value::integer(1), Err(Fault::Type)),
            (Value::boolean(true), Value::integer(1), Err(Fault::Type)),
            (list(context, &[]), list(context, &[]), Err(Fault::Type)),
        ];
        for (lhs, rhs, answer) in cases {
            assert_eq!(operate(context, Operator::Compare, &[lhs, rhs]), answer, "{lhs:?} {rhs:?}");
        }
    });
}

#[test]
fn plus_adds_numbers_and_joins_text_with_anything() {
    in_context(|context| {
        let x = text(context, "x");
        let two = list(context, &[Value::integer(1), Value::NULL, Value::integer(2)]);
        let cases = [
            (Value::integer(1), Value::integer(2), ok("3")),
            (x, Value::NULL, ok("\"x\"")),
            (Value::NULL, x, ok("\"x\"")),
            (x, two, ok("\"x1,,2\"")),
            (x, Value::number(1.0), ok("\"x1.0\"")),
            (Value::boolean(true), x, ok("\"truex\"")),
            (group(context, 0), Value::integer(1), ok("\"Everyone1\"")),
            (Value::NULL, Value::NULL, Err(Fault::Type)),
            (Value::NULL, Value::integer(1), Err(Fault::Type)),
            (two, two, Err(Fault::Type)),
            (x, list(context, &[two]), Err(Fault::Type)),
            (x, context.make_map(&[]).unwrap(), Err(Fault::Type)),
            (Value::integer(i64::MAX), Value::integer(1), Err(Fault::Arithmetic)),
        ];
        for (lhs, rhs, answer) in cases {
            assert_eq!(operate(context, Operator::Add, &[lhs, rhs]), answer, "{lhs:?} {rhs:?}");
        }
        assert_eq!(operate(context, Operator::Negate, &[x]), Err(Fault::Type));
        assert_eq!(operate(context, Operator::Multiply, &[x, Value::integer(2)]), Err(Fault::Type));
        let long = text(context, &"a".repeat(limits::TEXT));
        assert_eq!(operate(context, Operator::Concatenate, &[long, x]), Err(Fault::Limit));
    });
}

#[test]
fn conversions_take_what_fits_and_nothing_else() {
    in_context(|context| {
        let empty = list(context, &[]);
        let cases = [
            (Operator::AsText, group(context, 0), ok("\"Everyone\"")),
            (Operator::AsText, Value::integer(1), Err(Fault::Type)),
            (Operator::AsText, Value::NULL, Err(Fault::Type)),
            (Operator::AsBoolean, text(context, "true"), ok("true")),
            (Operator::AsBoolean, text(context, "True"), Err(Fault::Type)),
            (Operator::AsBoolean, Value::NULL, Err(Fault::Type)),
            (Operator::AsBoolean, Value::integer(1), Err(Fault::Type)),
            (Operator::AsInteger, Value::number(2.0), ok("2")),
            (Operator::AsInteger, Value::number(2.5), Err(Fault::Type)),
            (Operator::AsNumeric, Value::number(2.5), ok("2.5")),
            (Operator::AsNumeric, text(context, "2"), Err(Fault::Type)),
            (Operator::AsList, empty, ok("[]")),
            (Operator::AsList, Value::NULL, Err(Fault::NullTarget)),
            (Operator::AsList, Value::integer(1), Err(Fault::Type)),
            (Operator::AsMap, context.make_map(&[]).unwrap(), ok("{}")),
            (Operator::AsMap, empty, Err(Fault::Type)),
            (Operator::CsvText, Value::NULL, ok("null")),
            (Operator::CsvText, empty, ok("\"\"")),
            (Operator::CsvText, Value::integer(1), Err(Fault::Type)),
            (Operator::CsvList, text(context, " a,b c ,,"), ok(r#"["a","b c","",""]"#)),
            (Operator::CsvList, text(context, ""), ok("[]")),
            (Operator::CsvList, Value::NULL, ok("null")),
            (Operator::Piece, Value::NULL, ok("\"\"")),
            (Operator::Piece, Value::number(1e21), ok("\"1e21\"")),
            (Operator::Size, text(context, "aé"), ok("3")),
        ];
        for (operator, value, answer) in cases {
            assert_eq!(operate(context, operator, &[value]), answer, "{operator:?} {value:?}");
        }
    });
}

#[test]
fn members_are_found_by_kind() {
    in_context(|context| {
        let groups = list(context, &[group(context, 0), group(context, 1)]);
        let map = context.make_map(&[text(context, "length"), Value::integer(9)]).unwrap();
        let cases = [
            (map, "length", ok("9")),
            (map, "absent", ok("null")),
            (group(context, 0), "id", ok("\"00g0\"")),
            (group(context, 2), "id", ok("null")),
            (group(context, 0), "name", ok("\"Everyone\"")),
            (group(context, 0), "description", ok("\"about it\"")),
            (group(context, 0), "length", ok("8")),
            (group(context, 0), "absent", Err(Fault::UnknownProperty)),
            (groups, "name", ok(r#"["Everyone","role_admin"]"#)),
            (groups, "length", ok("2")),
            (groups, "absent", Err(Fault::UnknownProperty)),
            (list(context, &[Value::integer(1)]), "name", Err(Fault::UnknownProperty)),
            (text(context, "abc"), "length", ok("3")),
            (text(context, "abc"), "name", Err(Fault::UnknownProperty)),
            (Value::integer(1), "length", Err(Fault::UnknownProperty)),
            (Value::NULL, "name", Err(Fault::NullTarget)),
        ];
        for (receiver, name, answer) in cases {
            let arguments = [receiver, text(context, name)];
            assert_eq!(operate(context, Operator::Member, &arguments), answer, "{name}");
        }
    });
}

#[test]
fn records_are_closed_or_open() {
    let make = |open| {
        let record_type = RecordType { name: "r".to_owned(), fields: Vec::new(), open };
        record(&Arc::new(record_type), &[])
    };
    in_context(|context| {
        let key = text(context, "absent");
        for (open, answer) in [(false, Err(Fault::UnknownProperty)), (true, ok("null"))] {
            assert_eq!(operate(context, Operator::Member, &[make(open), key]), answer);
            assert_eq!(operate(context, Operator::Index, &[make(open), key]), ok("null"));
        }
    });
}

#[test]
fn an_index_is_whole_and_inside() {
    in_context(|context| {
        let both = list(context, &[Value::integer(5), Value::integer(6)]);
        let word = text(context, "aé😀");
        let map = context.make_map(&[text(context, "Everyone"), Value::integer(1)]).unwrap();
        let cases = [
            (both, Value::integer(1), ok("6")),
            (both, Value::number(1.0), ok("6")),
            (both, Value::number(0.5), Err(Fault::Index)),
            (both, Value::integer(2), Err(Fault::Index)),
            (both, Value::integer(-1), Err(Fault::Index)),
            (both, word, Err(Fault::Type)),
            (both, Value::NULL, Err(Fault::Type)),
            (word, Value::integer(2), ok("\"😀\"")),
            (word, Value::integer(3), Err(Fault::Index)),
            (map, group(context, 0), ok("1")),
            (map, word, ok("null")),
            (map, Value::integer(0), Err(Fault::Type)),
            (Value::NULL, Value::integer(0), Err(Fault::NullTarget)),
            (Value::integer(1), Value::integer(0), Err(Fault::Type)),
        ];
        for (receiver, index, answer) in cases {
            let arguments = [receiver, index];
            assert_eq!(operate(context, Operator::Index, &arguments), answer, "{arguments:?}");
        }
    });
}

#[test]
fn a_method_is_picked_by_name_kind_and_number_of_arguments() {
    in_context(|context| {
        let (word, part) = (text(context, "abc"), text(context, "a"));
        let member = group(context, 1);
        let cases = [
            (word, "startsWith", vec![part], ok("true")),
            (member, "startsWith", vec![part], ok("false")),
            (word, "startsWith", vec![member], ok("false")),
            (member, "length", vec![], ok("10")),
            (list(context, &[part]), "contains", vec![part], ok("true")),
            (word, "substring", vec![Value::number(1.0)], ok("\"bc\"")),
            (word, "startsWith", vec![], Err(Fault::Arity)),
            (word, "startsWith", vec![part, part], Err(Fault::Arity)),
            (word, "startsWith", vec![Value::NULL], Err(Fault::Type)),
            (word, "startsWith", vec![Value::integer(1)], Err(Fault::Type)),
            (word, "replace", vec![Value::NULL, part], ok("\"abc\"")),
            (Value::integer(1), "startsWith", vec![part], Err(Fault::Type)),
            (word, "filter", vec![part], Err(Fault::Type)),
            (word, "getClass", vec![], Err(Fault::UnknownFunction)),
            (word, "Equal", vec![part], Err(Fault::UnknownFunction)),
            (Value::NULL, "startsWith", vec![part], Err(Fault::NullTarget)),
            (Value::NULL, "getClass", vec![], Err(Fault::UnknownFunction)),
        ];
        for (receiver, name, arguments, answer) in cases {
            assert_eq!(method(context, name, receiver, &arguments), answer, "{receiver:?} {name}");
        }
    });
}

#[test]
fn literals_stay_within_their_limits() {
    in_context(|context| {
        let many = vec![Value::NULL; limits::LIST + 1];
        assert_eq!(operate(context, Operator::List, &many), Err(Fault::Limit));
        let mut deep = Value::integer(1);
        for _ in 0..limits::DEPTH {
            deep = context.make_list(&[deep]).unwrap();
        }
        assert_eq!(operate(context, Operator::List, &[deep]), Err(Fault::Limit));
        let entries = [text(context, "k"), Value::integer(1)];
        assert_eq!(operate(context, Operator::Map, &entries), ok(r#"{"k":1}"#));
    });
}
