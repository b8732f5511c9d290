//! Rows of the list family: stream steps, their forms for receivers known at run time only, and
//! the classic `Arrays.…` functions (OEL §2.7, §3.2).

mod body;
pub(crate) mod distinct;
#[cfg(test)]
mod tests;
mod whole;

pub(crate) use whole::sorted_by;

use crate::fault::Fault;
use crate::functions::Meaning::{Body, Sink, Stage};
use crate::functions::{self, Accepts, Function, Null, Parameter, Returns};
use crate::operator;

const RECEIVER: Parameter = Parameter::new("list", Accepts::List);
/// The receiver of a body that walks all of it.
const WALKED: Parameter = Parameter::new("list", Accepts::List).sized();
/// The receiver of a body that puts its elements in order.
const SORTED: Parameter = Parameter::new("list", Accepts::Ordered).sorted();
/// The receiver of a body that compares its elements with one of them.
const ORDERED: Parameter = Parameter::new("list", Accepts::Ordered).sized();
const NUMBERS: Parameter = Parameter::new("list", Accepts::Numbers).sized();
/// The receiver of a body that looks for equal elements.
const MATCHED: Parameter = Parameter::new("list", Accepts::List).matched();
const MAP: Parameter = Parameter::new("map", Accepts::Map);
const CONDITION: Parameter = Parameter::new("condition", Accepts::Condition);
const MAPPING: Parameter = Parameter::new("mapping", Accepts::Mapping);
const VALUE: Parameter = Parameter::new("value", Accepts::Any).null(Null::Accepted);
const SIZED_VALUE: Parameter = Parameter::new("value", Accepts::Any).null(Null::Accepted).sized();
const REDUCTION: Parameter = Parameter::new("reduction", Accepts::Reduction);
const SEED: Parameter = Parameter::new("seed", Accepts::Any).null(Null::Accepted);
const COUNT: Parameter = Parameter::new("count", Accepts::Integer);
const START: Parameter = Parameter::new("start", Accepts::Integer);
const END: Parameter = Parameter::new("end", Accepts::Integer);
const SEPARATOR: Parameter = Parameter::new("separator", Accepts::Text).sized();
const CLASSIC: Parameter = Parameter::new("list", Accepts::ListOrText).null(Null::Accepted).sized();

/// A list of which there must be one.
const GIVEN: Parameter = Parameter::new("list", Accepts::ListOrText).sized();
const VALUES: Parameter = Parameter::new("values", Accepts::Any).null(Null::Accepted).sized();
const INDEX: Parameter = Parameter::new("index", Accepts::Integer);
/// As what stands in brackets: a fraction is a place where nothing is (decision 20).
const PLACE: Parameter = Parameter::new("index", Accepts::Numeric);

const AT: &str = "the element at the index, counted from the end if it is negative, or null";
const INDEX_OF: &str = "the index of the first element that equals the value, or -1";

/// The rows of this family. Where a name has a row that is a step of a stream and one with a body,
/// the step comes first: it is what a receiver known to be a list means.
pub(crate) static ROWS: &[Function] = &[
    Function::method(
        &["filter", "where"],
        &[RECEIVER, CONDITION],
        Returns::SameList,
        Stage(functions::Stage::Filter),
    )
    .faults(&[Fault::Type])
    .says(
        "the elements for which the condition is true",
        "user.groups.filter(g => g.startsWith('role_'))",
        r#"["role_admin","role_auditor"]"#,
    ),
    Function::method(
        &["map", "select"],
        &[RECEIVER, MAPPING],
        Returns::Mapped,
        Stage(functions::Stage::Map),
    )
    .says(
        "what the mapping gives for each element",
        "user.groups.map(g => g.length())",
        "[8,10,12]",
    ),
    Function::method(
        &["flatMap"],
        &[RECEIVER, MAPPING],
        Returns::Mapped,
        Stage(functions::Stage::FlatMap),
    )
    .faults(&[Fault::Type])
    .says(
        "the elements of the lists that the mapping gives for each element",
        "{'a b', 'c'}.flatMap(x => x.split(' '))",
        r#"["a","b","c"]"#,
    ),
    Function::method(
        &["take"],
        &[RECEIVER, COUNT],
        Returns::SameList,
        Stage(functions::Stage::Take),
    )
    .says(
        "the first so many elements, or all if there are fewer",
        "{1, 2, 3}.take(2)",
        "[1,2]",
    ),
    Function::method(
        &["skip"],
        &[RECEIVER, COUNT],
        Returns::SameList,
        Stage(functions::Stage::Skip),
    )
    .says("the elements behind the first so many", "{1, 2, 3}.skip(2)", "[3]"),
    Function::method(
        &["sortBy"],
        &[RECEIVER, MAPPING],
        Returns::SameList,
        Stage(functions::Stage::SortBy),
    )
    .faults(&[Fault::Type])
    .says(
        "the elements in ascending order of what the mapping gives; equal ones keep their order",
        "{'ccc', 'a', 'bb'}.sortBy(x => x.length())",
        r#"["a","bb","ccc"]"#,
    ),
    Function::method(
        &["reduce"],
        &[RECEIVER, REDUCTION, SEED],
        Returns::Any,
        Sink(functions::Sink::Reduce),
    )
    .optional(1)
    .faults(&[Fault::Index])
    .says(
        "the seed, or the first element, taken together with each further element; the two \
         arguments may change places",
        "{1, 2, 3}.reduce((sum, x) => sum + x, 0)",
        "6",
    ),
    Function::method(
        &["any", "some"],
        &[RECEIVER, CONDITION],
        Returns::Boolean,
        Sink(functions::Sink::Any),
    )
    .faults(&[Fault::Type])
    .says(
        "whether the condition is true for at least one element",
        "user.groups.any(g => g == 'role_admin')",
        "true",
    ),
    Function::method(
        &["all", "every"],
        &[RECEIVER, CONDITION],
        Returns::Boolean,
        Sink(functions::Sink::All),
    )
    .faults(&[Fault::Type])
    .says(
        "whether the condition is true for every element",
        "user.groups.all(g => g.startsWith('role_'))",
        "false",
    ),
    Function::method(
        &["find"],
        &[RECEIVER, CONDITION],
        Returns::Element,
        Sink(functions::Sink::Find),
    )
    .faults(&[Fault::Type])
    .says(
        "the first element for which the condition is true, or null",
        "user.groups.find(g => g.endsWith('r'))",
        "\"role_auditor\"",
    ),
    Function::method(
        &["first"],
        &[RECEIVER, CONDITION],
        Returns::Element,
        Sink(functions::Sink::Find),
    )
    .optional(1)
    .faults(&[Fault::Type])
    .says(
        "the first element, or the first for which the condition is true; null if there is none",
        "user.groups.first()",
        "\"Everyone\"",
    ),
    Function::method(
        &["none"],
        &[RECEIVER, CONDITION],
        Returns::Boolean,
        Sink(functions::Sink::None),
    )
    .faults(&[Fault::Type])
    .says(
        "whether the condition is true for no element",
        "user.groups.none(g => g == 'role_root')",
        "true",
    ),
    Function::method(
        &["last"],
        &[RECEIVER, CONDITION],
        Returns::Element,
        Sink(functions::Sink::Last),
    )
    .optional(1)
    .faults(&[Fault::Type])
    .says(
        "the last element, or the last for which the condition is true; null if there is none",
        "user.groups.last()",
        "\"role_auditor\"",
    ),
    Function::method(
        &["count"],
        &[RECEIVER, CONDITION],
        Returns::Integer,
        Sink(functions::Sink::Count),
    )
    .optional(1)
    .faults(&[Fault::Type])
    .says(
        "how many elements there are, or for how many the condition is true",
        "user.groups.count(g => g.startsWith('role_'))",
        "2",
    ),
    Function::method(&["isEmpty"], &[RECEIVER], Returns::Boolean, Sink(functions::Sink::None))
        .says("whether the list has no elements", "{}.isEmpty()", "true"),
    Function::method(
        &["contains", "includes"],
        &[RECEIVER, SIZED_VALUE],
        Returns::Boolean,
        Sink(functions::Sink::Contains),
    )
    .says("whether an element equals the value", "user.groups.contains('Everyone')", "true"),
    Function::method(&["size"], &[RECEIVER], Returns::Integer, Sink(functions::Sink::Count)).says(
        "how many elements the list has",
        "user.groups.size()",
        "3",
    ),
    Function::property(&["length"], &[RECEIVER], Returns::Integer, Sink(functions::Sink::Count))
        .says("how many elements the list has", "user.groups.length", "3"),
    Function::method(&["join"], &[RECEIVER, SEPARATOR], Returns::Text, Sink(functions::Sink::Join))
        .optional(1)
        .faults(&[Fault::Type])
        .says(
            "the elements as one text, the separator (a comma if none is given) between",
            "user.groups.join(' ')",
            "\"Everyone role_admin role_auditor\"",
        ),
    Function::method(
        &["contains", "includes"],
        &[WALKED, SIZED_VALUE],
        Returns::Boolean,
        Body(body::contains),
    )
    .total()
    .says("whether an element equals the value", "{1, 2}.contains(1.0)", "true"),
    Function::method(&["isEmpty"], &[RECEIVER], Returns::Boolean, Body(body::is_empty))
        .total()
        .says("whether the list has no elements", "{1}.isEmpty()", "false"),
    Function::method(&["size"], &[RECEIVER], Returns::Integer, Body(body::size)).total().says(
        "how many elements the list has",
        "{1, 2}.size()",
        "2",
    ),
    Function::property(&["length"], &[RECEIVER], Returns::Integer, Body(body::size)).total().says(
        "how many elements the list has",
        "{1, 2}.length",
        "2",
    ),
    Function::method(&["size"], &[MAP], Returns::Integer, Body(body::size)).total().says(
        "how many entries the map has",
        "{a: 1}.size()",
        "1",
    ),
    Function::method(&["join"], &[WALKED, SEPARATOR], Returns::Text, Body(body::join))
        .optional(1)
        .faults(&[Fault::Type])
        .says(
            "the elements as one text, the separator (a comma if none is given) between",
            "{1, null, 'x'}.join()",
            "\"1,,x\"",
        ),
    Function::method(&["first"], &[RECEIVER], Returns::Element, Body(body::first)).total().says(
        "the first element, or null",
        "{1, 2}.first()",
        "1",
    ),
    Function::method(&["last"], &[RECEIVER], Returns::Element, Body(body::last)).total().says(
        "the last element, or null",
        "{1, 2}.last()",
        "2",
    ),
    Function::method(&["at"], &[RECEIVER, INDEX], Returns::Element, Sink(functions::Sink::At))
        .says(AT, "{1, 2, 3}.at(-1)", "3"),
    Function::method(&["at"], &[RECEIVER, INDEX], Returns::Element, Body(body::at)).total().says(
        AT,
        "{1, 2, 3}.at(5)",
        "null",
    ),
    Function::method(
        &["indexOf"],
        &[RECEIVER, SIZED_VALUE],
        Returns::Integer,
        Sink(functions::Sink::IndexOf),
    )
    .says(INDEX_OF, "{'a', 'b'}.indexOf('b')", "1"),
    Function::method(&["indexOf"], &[WALKED, VALUE], Returns::Integer, Body(body::index_of))
        .total()
        .says(INDEX_OF, "{'a', 'b'}.indexOf('c')", "-1"),
    Function::classic(
        &["Arrays.contains"],
        &[CLASSIC, VALUE],
        Returns::Boolean,
        Body(body::contains),
    )
    .total()
    .says(
        "whether an element equals the value; false for null",
        "Arrays.contains(user.groups, 'role_admin')",
        "true",
    ),
    Function::classic(&["Arrays.size"], &[CLASSIC], Returns::Integer, Body(body::size))
        .total()
        .says("how many elements the list has; 0 for null", "Arrays.size('a, b')", "2"),
    Function::classic(&["Arrays.add"], &[CLASSIC, SIZED_VALUE], Returns::Added, Body(whole::add))
        .says(
            "a new list with the value at its end; null is an empty list",
            "Arrays.add({10, 20}, 30)",
            "[10,20,30]",
        ),
    Function::method(&["add"], &[WALKED, SIZED_VALUE], Returns::Added, Body(whole::add)).says(
        "a new list with the value at its end",
        "{'one'}.add('two')",
        r#"["one","two"]"#,
    ),
    Function::classic(
        &["Arrays.remove"],
        &[CLASSIC, SIZED_VALUE],
        Returns::SameList,
        Body(whole::remove),
    )
    .says(
        "a new list without the elements that equal the value; null is an empty list",
        "Arrays.remove({10, 20, 30}, 20)",
        "[10,30]",
    ),
    Function::method(&["remove"], &[WALKED, SIZED_VALUE], Returns::SameList, Body(whole::remove))
        .says(
            "a new list without the elements that equal the value",
            "{1, 2, 3}.remove(1)",
            "[2,3]",
        ),
    Function::classic(&["Arrays.clear"], &[CLASSIC], Returns::SameList, Body(whole::clear)).says(
        "an empty list",
        "Arrays.clear({10, 20})",
        "[]",
    ),
    Function::classic(&["Arrays.get"], &[GIVEN, PLACE], Returns::Element, Body(operator::index))
        .faults(&[Fault::Index])
        .says("the element at the index, counted from 0", "Arrays.get({0, 1, 2}, 0)", "0"),
    Function::method(&["get"], &[WALKED, PLACE], Returns::Element, Body(operator::index))
        .faults(&[Fault::Index])
        .says("the element at the index, counted from 0", "{'a', 'b'}.get(1)", "\"b\""),
    Function::classic(&["Arrays.flatten"], &[VALUES], Returns::Any, Body(whole::classic_flatten))
        .variadic()
        .says(
            "one list of all values, of lists inside lists too; text is split at commas; null if a \
             value is null",
            "Arrays.flatten(10, {20, {30}}, '40, 50')",
            r#"[10,20,30,"40","50"]"#,
        ),
    Function::method(&["flatten"], &[WALKED], Returns::Mapped, Body(whole::flatten)).says(
        "one list of all elements, of lists inside lists too, without nulls",
        "{{1}, {2, {3}}}.flatten()",
        "[1,2,3]",
    ),
    Function::classic(&["Arrays.isEmpty"], &[CLASSIC], Returns::Boolean, Body(body::is_empty))
        .total()
        .says("whether the list has no elements; true for null", "Arrays.isEmpty(null)", "true"),
    Function::classic(&["Arrays.toCsvString"], &[CLASSIC], Returns::Text, Body(body::join))
        .like("join")
        .faults(&[Fault::Type])
        .says(
            "the elements as one text with commas between; empty for null",
            "Arrays.toCsvString({'This', 'is', ' a ', 'test'})",
            "\"This,is, a ,test\"",
        ),
    Function::method(
        &["reverse", "toReversed"],
        &[WALKED],
        Returns::SameList,
        Body(whole::reverse),
    )
    .says("the elements in opposite order", "{1, 2, 3}.reverse()", "[3,2,1]"),
    Function::method(&["sort", "toSorted"], &[SORTED], Returns::SameList, Body(whole::sort))
        .faults(&[Fault::Type])
        .says(
            "the elements in ascending order, null first; equal ones keep their order",
            "{'b', 'a', null}.sort()",
            r#"[null,"a","b"]"#,
        ),
    Function::method(&["distinct"], &[MATCHED], Returns::SameList, Body(distinct::distinct)).says(
        "the elements without those that equal an earlier one",
        "{1, 2, 1.0, 'a'}.distinct()",
        r#"[1,2,"a"]"#,
    ),
    Function::method(&["concat"], &[WALKED, VALUES], Returns::Mapped, Body(whole::concat))
        .variadic()
        .says(
            "a new list with the values at its end, with the elements of those that are lists",
            "{1}.concat({2, 3}, 4)",
            "[1,2,3,4]",
        ),
    Function::method(&["slice"], &[WALKED, START, END], Returns::SameList, Body(whole::slice))
        .optional(1)
        .says(
            "the elements from start up to but not including end; negative ones count from the end",
            "{1, 2, 3}.slice(-2)",
            "[2,3]",
        ),
    Function::method(&["min"], &[ORDERED], Returns::Element, Body(whole::least))
        .faults(&[Fault::Type])
        .says("the first of the smallest elements, or null", "{3, 1, 2}.min()", "1"),
    Function::method(&["max"], &[ORDERED], Returns::Element, Body(whole::greatest))
        .faults(&[Fault::Type])
        .says("the first of the largest elements, or null", "{3, 1.5, 2}.max()", "3"),
    Function::method(&["sum"], &[NUMBERS], Returns::Any, Body(whole::sum))
        .faults(&[Fault::Type, Fault::Arithmetic])
        .says(
            "the sum of the elements, which are numbers; 0 if there are none",
            "{1, 2, 3}.sum()",
            "6",
        ),
];
