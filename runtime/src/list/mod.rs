//! Rows of the list family: stream steps, their forms for receivers known at run time only, and
//! the classic `Arrays.…` functions (OEL §2.7, §3.2).

mod body;
#[cfg(test)]
mod tests;

use crate::functions::Meaning::{Body, Sink, Stage};
use crate::functions::{self, Accepts, Function, Null, Parameter, Returns};

const RECEIVER: Parameter = Parameter::new("list", Accepts::List);
/// The receiver of a body that walks all of it.
const WALKED: Parameter = Parameter::new("list", Accepts::List).sized();
const MAP: Parameter = Parameter::new("map", Accepts::Map);
const CONDITION: Parameter = Parameter::new("condition", Accepts::Condition);
const MAPPING: Parameter = Parameter::new("mapping", Accepts::Mapping);
const VALUE: Parameter = Parameter::new("value", Accepts::Any).null(Null::Accepted);
const SIZED_VALUE: Parameter = Parameter::new("value", Accepts::Any).null(Null::Accepted).sized();
const SEPARATOR: Parameter = Parameter::new("separator", Accepts::Text).sized();
const CLASSIC: Parameter = Parameter::new("list", Accepts::ListOrText).null(Null::Accepted).sized();

/// The rows of this family. Where a name has a row that is a step of a stream and one with a body,
/// the step comes first: it is what a receiver known to be a list means.
pub(crate) static ROWS: &[Function] = &[
    Function::method(
        &["filter", "where"],
        &[RECEIVER, CONDITION],
        Returns::SameList,
        Stage(functions::Stage::Filter),
    )
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
        &["any", "some"],
        &[RECEIVER, CONDITION],
        Returns::Boolean,
        Sink(functions::Sink::Any),
    )
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
];
