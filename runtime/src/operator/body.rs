//! Bodies of the operators proper: equality, order, arithmetic, text of many, literals, size.

use super::convert::{acts_as_text, text_of};
use super::{equal as equality, piece as pieces};
use crate::abi::{Context, limits};
use crate::fault::Fault;
use crate::functions::Operator;
use crate::number::{self, Numeric};
use crate::size;
use crate::value::{Text, Value};

type Answer<'a> = Result<Value<'a>, Fault>;

fn pair<'a>(arguments: &[Value<'a>]) -> Result<(Value<'a>, Value<'a>), Fault> {
    match arguments {
        [lhs, rhs] => Ok((*lhs, *rhs)),
        _ => Err(Fault::Internal),
    }
}

pub(super) fn only<'a>(arguments: &[Value<'a>]) -> Answer<'a> {
    match arguments {
        [value] => Ok(*value),
        _ => Err(Fault::Internal),
    }
}

pub(super) fn equal<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (lhs, rhs) = pair(arguments)?;
    Ok(Value::boolean(equality::equal(context.table(), lhs, rhs)))
}

pub(super) fn compare<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (lhs, rhs) = pair(arguments)?;
    let order = equality::order(context.table(), lhs, rhs).ok_or(Fault::Type)?;
    Ok(Value::integer(order as i64))
}

/// Numbers are added; text, or what acts as text, is joined with anything (decisions 17, 18).
pub(super) fn add<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let (lhs, rhs) = pair(arguments)?;
    if acts_as_text(lhs.kind()) || acts_as_text(rhs.kind()) {
        return concatenate(context, arguments);
    }
    arithmetic(Operator::Add, arguments)
}

fn arithmetic<'a>(operator: Operator, arguments: &[Value<'a>]) -> Answer<'a> {
    let (lhs, rhs) = pair(arguments)?;
    let lhs = Numeric::of(lhs).ok_or(Fault::Type)?;
    let rhs = Numeric::of(rhs).ok_or(Fault::Type)?;
    number::arithmetic(operator, lhs, rhs)
}

pub(super) fn subtract<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    arithmetic(Operator::Subtract, arguments)
}

pub(super) fn multiply<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    arithmetic(Operator::Multiply, arguments)
}

pub(super) fn divide<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    arithmetic(Operator::Divide, arguments)
}

pub(super) fn remainder<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    arithmetic(Operator::Remainder, arguments)
}

pub(super) fn power<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    arithmetic(Operator::Power, arguments)
}

pub(super) fn negate<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    number::negate(Numeric::of(only(arguments)?).ok_or(Fault::Type)?)
}

pub(super) fn piece<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    let value = only(arguments)?;
    if let Some(text) = text_of(context, value) {
        return Ok(Value::text(text));
    }
    if value.is_null() {
        return Ok(Value::text(Text::EMPTY));
    }
    let mut made = String::new();
    pieces::append(context.table(), value, &mut made)?;
    context.make_text(&made).map(Value::text)
}

/// Takes anything that has a text form, so that a text of mixed pieces is one call.
pub(crate) fn concatenate<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    if arguments.iter().all(|value| value.as_list().is_none()) {
        return pieces::join_values(context, arguments, Text::EMPTY);
    }
    let table = context.table();
    let mut made = String::new();
    for value in arguments {
        pieces::append(table, *value, &mut made)?;
    }
    context.make_text(&made).map(Value::text)
}

pub(super) fn list<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    context.make_list(arguments)
}

pub(super) fn map<'a>(context: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    context.make_map(arguments)
}

/// Counting stops beyond what any evaluation may spend.
pub(super) fn size<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    only(arguments).map(|value| Value::integer(size::of(value, limits::STEPS)))
}

pub(super) fn sort_size<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    only(arguments).map(|value| Value::integer(size::of_sorting(value, limits::STEPS)))
}

pub(super) fn match_size<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Answer<'a> {
    only(arguments).map(|value| Value::integer(size::of_matching(value, limits::STEPS)))
}
