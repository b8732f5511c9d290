//! Rows behind operators and conversions, in the order of [`crate::functions::Operator`].

mod access;
mod body;
mod convert;
mod dispatch;
pub(crate) mod equal;
pub(crate) mod piece;
#[cfg(test)]
mod tests;

pub(crate) use access::index;
pub(crate) use body::concatenate;
pub(crate) use convert::{csv_list, text_of};

use crate::functions::{Accepts, Function, Null, Parameter, Returns};
use crate::list;

const LHS: Parameter = Parameter::new("lhs", Accepts::Any).null(Null::Accepted).sized();
const RHS: Parameter = Parameter::new("rhs", Accepts::Any).null(Null::Accepted).sized();
const LEFT: Parameter = Parameter::new("lhs", Accepts::Any).null(Null::Accepted);
const RIGHT: Parameter = Parameter::new("rhs", Accepts::Any).null(Null::Accepted);
const VALUE: Parameter = Parameter::new("value", Accepts::Any).null(Null::Accepted);
const SIZED: Parameter = Parameter::new("value", Accepts::Any).null(Null::Accepted).sized();
const RECEIVER: Parameter = Parameter::new("receiver", Accepts::Any).null(Null::Accepted);
const NAME: Parameter = Parameter::new("name", Accepts::Text);
const LIST: Parameter = Parameter::new("list", Accepts::List);
const KEYS: Parameter = Parameter::new("keys", Accepts::Ordered).sorted();
const INDEX: Parameter = Parameter::new("index", Accepts::Any).null(Null::Accepted);

/// The rows of this family; their names are those of the operators.
pub(crate) static ROWS: &[Function] = &[
    Function::internal(&["Equal"], &[LHS, RHS], Returns::Boolean, body::equal).total(),
    Function::internal(&["Compare"], &[LHS, RHS], Returns::Integer, body::compare),
    Function::internal(&["Add"], &[LHS, RHS], Returns::Any, body::add),
    Function::internal(&["Subtract"], &[LEFT, RIGHT], Returns::Any, body::subtract),
    Function::internal(&["Multiply"], &[LEFT, RIGHT], Returns::Any, body::multiply),
    Function::internal(&["Divide"], &[LEFT, RIGHT], Returns::Any, body::divide),
    Function::internal(&["Remainder"], &[LEFT, RIGHT], Returns::Any, body::remainder),
    Function::internal(&["Power"], &[LEFT, RIGHT], Returns::Any, body::power),
    Function::internal(&["Negate"], &[VALUE], Returns::Any, body::negate),
    Function::internal(&["Piece"], &[SIZED], Returns::Text, body::piece),
    Function::internal(&["Concatenate"], &[SIZED], Returns::Text, body::concatenate).variadic(),
    Function::internal(&["AsText"], &[VALUE], Returns::Text, convert::as_text),
    Function::internal(&["AsBoolean"], &[VALUE], Returns::Boolean, convert::as_boolean),
    Function::internal(&["AsInteger"], &[VALUE], Returns::Integer, convert::as_integer),
    Function::internal(&["AsNumeric"], &[VALUE], Returns::Any, convert::as_numeric),
    Function::internal(&["AsList"], &[VALUE], Returns::Any, convert::as_list),
    Function::internal(&["AsMap"], &[VALUE], Returns::Any, convert::as_map),
    Function::internal(&["Entries"], &[SIZED], Returns::Any, convert::entries),
    Function::internal(&["Kept"], &[VALUE, VALUE], Returns::Any, convert::kept),
    Function::internal(&["CsvText"], &[SIZED], Returns::Text, convert::csv_text),
    Function::internal(&["CsvList"], &[SIZED], Returns::Any, convert::csv_list),
    Function::internal(&["Member"], &[RECEIVER, NAME], Returns::Any, access::member),
    Function::internal(&["Index"], &[RECEIVER, INDEX], Returns::Any, access::index),
    Function::internal(&["List"], &[VALUE], Returns::Any, body::list).variadic(),
    Function::internal(&["Map"], &[VALUE], Returns::Any, body::map).variadic(),
    Function::internal(&["Size"], &[VALUE], Returns::Integer, body::size).total(),
    Function::internal(&["Method"], &[SIZED, NAME, SIZED], Returns::Any, dispatch::method)
        .variadic(),
    Function::internal(&["SortSize"], &[VALUE], Returns::Integer, body::sort_size).total(),
    Function::internal(&["MatchSize"], &[VALUE], Returns::Integer, body::match_size).total(),
    Function::internal(&["SortedBy"], &[LIST, KEYS], Returns::SameList, list::sorted_by),
    Function::internal(&["AsDateTime"], &[VALUE], Returns::DateTime, convert::as_date_time),
    Function::internal(&["AsCountry"], &[VALUE], Returns::Country, convert::as_country),
];
