//! Rows over finished lists: the classic `Arrays.…` functions and their methods (OEL §3.2), and
//! what takes a whole list before it gives anything (design, "Streams").

mod body;
#[cfg(test)]
mod tests;

use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Null, Parameter, Returns};

const LIST: Parameter = Parameter::new("list", Accepts::List).sized();
const MAYBE: Parameter = Parameter::new("list", Accepts::ListOrText).null(Null::Accepted).sized();
const CLASSIC: Parameter = Parameter::new("list", Accepts::ListOrText).sized();
const VALUE: Parameter = Parameter::new("value", Accepts::Any).null(Null::Accepted).sized();
const VALUES: Parameter = Parameter::new("values", Accepts::Any).null(Null::Accepted).sized();
const INDEX: Parameter = Parameter::new("index", Accepts::Integer);

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::classic(&["Arrays.add"], &[MAYBE, VALUE], Returns::Mapped, Body(body::add)).says(
        "a new list with the value at its end; null is an empty list",
        "Arrays.add({10, 20}, 30)",
        "[10,20,30]",
    ),
    Function::method(&["add"], &[LIST, VALUE], Returns::Mapped, Body(body::add)).says(
        "a new list with the value at its end",
        "{'one'}.add('two')",
        r#"["one","two"]"#,
    ),
    Function::classic(&["Arrays.remove"], &[MAYBE, VALUE], Returns::SameList, Body(body::remove))
        .says(
            "a new list without the elements that equal the value; null is an empty list",
            "Arrays.remove({10, 20, 30}, 20)",
            "[10,30]",
        ),
    Function::method(&["remove"], &[LIST, VALUE], Returns::SameList, Body(body::remove)).says(
        "a new list without the elements that equal the value",
        "{1, 2, 3}.remove(1)",
        "[2,3]",
    ),
    Function::classic(&["Arrays.clear"], &[MAYBE], Returns::SameList, Body(body::clear)).says(
        "an empty list",
        "Arrays.clear({10, 20})",
        "[]",
    ),
    Function::classic(&["Arrays.get"], &[CLASSIC, INDEX], Returns::Element, Body(body::get)).says(
        "the element at the index, counted from 0",
        "Arrays.get({0, 1, 2}, 0)",
        "0",
    ),
    Function::method(&["get"], &[LIST, INDEX], Returns::Element, Body(body::get)).says(
        "the element at the index, counted from 0",
        "{'a', 'b'}.get(1)",
        "\"b\"",
    ),
    Function::classic(&["Arrays.flatten"], &[VALUES], Returns::Any, Body(body::classic_flatten))
        .variadic()
        .says(
            "one list of all values, of lists inside lists too; text is split at commas; null if a \
             value is null",
            "Arrays.flatten(10, {20, {30}}, '40, 50')",
            r#"[10,20,30,"40","50"]"#,
        ),
    Function::method(&["flatten"], &[LIST], Returns::Mapped, Body(body::flatten)).says(
        "one list of all elements, of lists inside lists too, without nulls",
        "{{1}, {2, {3}}}.flatten()",
        "[1,2,3]",
    ),
    Function::classic(&["Arrays.isEmpty"], &[MAYBE], Returns::Boolean, Body(body::is_empty))
        .total()
        .says("whether the list has no elements; true for null", "Arrays.isEmpty(null)", "true"),
    Function::classic(&["Arrays.toCsvString"], &[MAYBE], Returns::Text, Body(body::to_csv)).says(
        "the elements as one text with commas between; empty for null",
        "Arrays.toCsvString({'This', 'is', ' a ', 'test'})",
        "\"This,is, a ,test\"",
    ),
    Function::method(&["reverse", "toReversed"], &[LIST], Returns::SameList, Body(body::reverse))
        .says("the elements in opposite order", "{1, 2, 3}.reverse()", "[3,2,1]"),
    Function::method(&["sort", "toSorted"], &[LIST], Returns::SameList, Body(body::sort)).says(
        "the elements in ascending order, null first; equal ones keep their order",
        "{'b', 'a', null}.sort()",
        r#"[null,"a","b"]"#,
    ),
    Function::method(&["min"], &[LIST], Returns::Element, Body(body::least)).says(
        "the first of the smallest elements, or null",
        "{3, 1, 2}.min()",
        "1",
    ),
    Function::method(&["max"], &[LIST], Returns::Element, Body(body::greatest)).says(
        "the first of the largest elements, or null",
        "{3, 1.5, 2}.max()",
        "3",
    ),
    Function::method(&["sum"], &[LIST], Returns::Any, Body(body::sum)).says(
        "the sum of the elements, which are numbers; 0 if there are none",
        "{1, 2, 3}.sum()",
        "6",
    ),
];
