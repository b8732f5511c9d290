//! Methods of receivers whose kind is known at run time only (design: `Any`).

use super::convert::{self, acts_as_text};
use crate::abi::Context;
use crate::fault::Fault;
use crate::functions::{self, Accepts, Body, Function, Meaning, Null, Parameter};
use crate::value::{Kind, Value};

type Answer<'a> = Result<Value<'a>, Fault>;

/// `receiver.name(argument, …)`. Steps of streams are no rows here: `check` makes streams of them.
pub(super) fn method<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let [receiver, name, rest @ ..] = arguments else { return Err(Fault::Internal) };
    let name = name.as_text().ok_or(Fault::Internal)?.as_str();
    let (row, body) = find(name, receiver.kind(), rest.len() + 1)?;
    let mut fitted = Vec::with_capacity(rest.len() + 1);
    for (index, argument) in std::iter::once(receiver).chain(rest).enumerate() {
        let parameter = row.parameter(index).ok_or(Fault::Arity)?;
        fitted.push(fit(context, *argument, parameter)?);
    }
    let flows = |(index, value): (usize, &Value<'a>)| {
        value.is_null() && row.parameter(index).is_some_and(|found| found.null == Null::Flows)
    };
    if fitted.iter().enumerate().any(flows) {
        return Ok(Value::NULL);
    }
    body(context, &fitted)
}

/// The row of this name for a receiver of this kind and this number of arguments, receiver included.
fn find(name: &str, kind: Kind, n: usize) -> Result<(&'static Function, Body), Fault> {
    let named = || {
        functions::rows()
            .map(|(_, row)| row)
            .filter(|row| row.is_method() && row.names.contains(&name))
    };
    if named().next().is_none() {
        return Err(Fault::UnknownFunction);
    }
    if kind == Kind::Null {
        return Err(Fault::NullTarget);
    }
    let mut fault = Fault::Type;
    for row in named().filter(|row| has(row, kind)) {
        let Meaning::Body(body) = row.meaning else { continue };
        if row.takes(n) {
            return Ok((row, body));
        }
        fault = Fault::Arity;
    }
    Err(fault)
}

/// Whether values of this kind have the method; what acts as text has those of text (decision 40).
fn has(row: &Function, kind: Kind) -> bool {
    let acts_as = if acts_as_text(kind) { Kind::Text } else { kind };
    row.parameters.first().is_some_and(|receiver| {
        functions::accepts(receiver.accepts, kind) || functions::accepts(receiver.accepts, acts_as)
    })
}

/// The argument as the parameter accepts it.
fn fit<'a>(context: &mut Context<'a>, argument: Value<'a>, parameter: &Parameter) -> Answer<'a> {
    if argument.is_null() {
        return if parameter.null == Null::Faults { Err(Fault::Type) } else { Ok(argument) };
    }
    if functions::accepts(parameter.accepts, argument.kind()) {
        return Ok(argument);
    }
    let one = &[argument];
    match parameter.accepts {
        Accepts::Boolean => convert::as_boolean(context, one),
        Accepts::Integer => convert::as_integer(context, one),
        Accepts::Numeric => convert::as_numeric(context, one),
        Accepts::Text | Accepts::Pattern | Accepts::Zone | Accepts::TimePattern => {
            convert::as_text(context, one)
        }
        Accepts::TextOrList => convert::csv_text(context, one),
        Accepts::List | Accepts::Numbers | Accepts::Ordered => convert::as_list(context, one),
        Accepts::ListOrText => convert::csv_list(context, one),
        Accepts::Map => convert::as_map(context, one),
        Accepts::Any
        | Accepts::DateTime
        | Accepts::Country
        | Accepts::Group
        | Accepts::Constant
        | Accepts::User
        | Accepts::Expression
        | Accepts::Criteria
        | Accepts::Condition
        | Accepts::Mapping
        | Accepts::Reduction => Err(Fault::Type),
    }
}
