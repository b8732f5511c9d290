//! Making a value fit where it stands: conditions, texts, lists, numbers.

use super::{Checker, error};
use crate::diagnostic::nearest;
use crate::ir::NodeId;
use crate::source::Span;
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{Accepts, Null, Operator, Parameter};
use claimsmith_runtime::pattern::Pattern;
use claimsmith_runtime::time::{self, Zone};
use claimsmith_runtime::types::{Shape, Type};

/// What to do to a value of some type so that a parameter accepts it.
enum Fit {
    AsIs,
    Convert(Operator, Type),
    /// No value of the type fits; the conversion of the parameter says so when it is reached.
    Never(Operator, Type),
}

impl Checker<'_> {
    /// A boolean that is not null (decision 16).
    pub(super) fn condition(&mut self, value: NodeId) -> NodeId {
        let shape = self.shape(value);
        let span = self.span(value);
        self.remark_null_condition(value);
        match shape.ty {
            Type::Boolean if !shape.nullable => value,
            Type::Boolean | Type::Text | Type::Any => {
                let boolean = Shape::of(Type::Boolean);
                self.operation(Operator::AsBoolean, vec![value], boolean, span)
            }
            Type::Null
            | Type::Integer
            | Type::Number
            | Type::List(_)
            | Type::Map
            | Type::Record(_)
            | Type::Group
            | Type::DateTime
            | Type::Country => {
                self.remark(error::condition(&shape, span));
                self.operation(Operator::AsBoolean, vec![value], Shape::of(Type::Boolean), span)
            }
        }
    }

    /// The value as a parameter wants it. `method` names the function in messages.
    pub(super) fn argument(&mut self, parameter: &Parameter, value: NodeId) -> NodeId {
        let shape = self.shape(value);
        let span = self.span(value);
        if parameter.accepts == Accepts::Pattern
            && let Some(Err(words)) = self.constant_text(value).map(Pattern::new)
        {
            return self.error(error::pattern(&words, span));
        }
        self.check_constant(parameter.accepts, value, span);
        if parameter.accepts == Accepts::Pattern {
            self.note_pattern(span);
        }
        if shape.ty == Type::Null && parameter.null == Null::Faults {
            self.remark(error::expected(wanted(parameter.accepts), &shape, span));
        }
        if !elements_fit(parameter.accepts, &shape.ty) {
            self.remark(error::expected(wanted(parameter.accepts), &shape, span));
        }
        let value = match parameter.null {
            Null::Faults => self.non_null(value, Fault::Type, span),
            Null::Accepted | Null::Flows => value,
        };
        match fit(parameter.accepts, &self.shape(value).ty) {
            Fit::AsIs => value,
            Fit::Convert(operator, ty) => self.convert(value, operator, ty),
            Fit::Never(operator, ty) => {
                self.remark(error::expected(wanted(parameter.accepts), &shape, span));
                self.convert(value, operator, ty)
            }
        }
    }

    /// Tells of a constant that is no zone, or no pattern of times.
    fn check_constant(&mut self, accepts: Accepts, value: NodeId, span: Span) {
        let Some(text) = self.constant_text(value).map(str::to_owned) else { return };
        if accepts == Accepts::Zone && Zone::find(&text).is_none() {
            let nearest = nearest(&text, Zone::ids());
            self.remark(error::zone(&text, nearest, span));
        }
        if accepts == Accepts::TimePattern
            && let Err(words) = time::Pattern::new(&text)
        {
            self.remark(error::time_pattern(&words, span));
        }
    }

    /// The value as a text that is not null.
    pub(super) fn text_argument(&mut self, value: NodeId) -> NodeId {
        self.argument(&Parameter::TEXT, value)
    }

    /// A conversion that leaves null alone.
    pub(super) fn convert(&mut self, value: NodeId, operator: Operator, ty: Type) -> NodeId {
        let span = self.span(value);
        let shape = Shape { ty, nullable: false };
        if self.shape(value).nullable {
            return self.guard(value, span, |checker, bound| {
                checker.operation(operator, vec![bound], shape, span)
            });
        }
        self.operation(operator, vec![value], shape, span)
    }

    /// The name of a group as text, which is what orders it; null stays null.
    pub(super) fn name_if_group(&mut self, value: NodeId) -> NodeId {
        if self.shape(value).ty == Type::Group { self.as_text(value) } else { value }
    }

    /// Text, from a value whose type acts as text; null stays null.
    pub(super) fn as_text(&mut self, value: NodeId) -> NodeId {
        match self.shape(value).ty {
            Type::Group | Type::DateTime | Type::Country => {
                self.convert(value, Operator::AsText, Type::Text)
            }
            _ => value,
        }
    }
}

/// Whether a list of this type may have elements that a parameter wants.
fn elements_fit(accepts: Accepts, list: &Type) -> bool {
    let Type::List(element) = list else { return true };
    match accepts {
        Accepts::Numbers => {
            matches!(element.ty, Type::Integer | Type::Number | Type::Any | Type::Null)
        }
        Accepts::Ordered => !matches!(element.ty, Type::List(_) | Type::Map | Type::Record(_)),
        _ => true,
    }
}

/// The words for what a parameter accepts.
fn wanted(accepts: Accepts) -> &'static str {
    match accepts {
        Accepts::Any => "a value",
        Accepts::Boolean => "a boolean",
        Accepts::Integer => "an integer",
        Accepts::Numeric => "a number",
        Accepts::Text => "text",
        Accepts::Pattern => "a regular expression",
        Accepts::TextOrList => "text or a list",
        Accepts::List => "a list",
        Accepts::Numbers => "a list of numbers",
        Accepts::Ordered => "a list of what has an order",
        Accepts::ListOrText => "a list or text",
        Accepts::Map => "a map",
        Accepts::Group => "a group",
        Accepts::DateTime => "a date-time",
        Accepts::Country => "a country",
        Accepts::Zone => "a time zone",
        Accepts::TimePattern => "a pattern of times",
        Accepts::Constant => "a constant text",
        Accepts::User => "a user",
        Accepts::Expression => "an expression in quotes",
        Accepts::Criteria => "criteria",
        Accepts::Condition | Accepts::Mapping | Accepts::Reduction => "a lambda",
    }
}

fn fit(accepts: Accepts, ty: &Type) -> Fit {
    let any_list = || Type::List(std::sync::Arc::new(Shape::of(Type::Any)));
    match (accepts, ty) {
        (Accepts::Any, _) | (_, Type::Null) => Fit::AsIs,
        (Accepts::Boolean, Type::Boolean)
        | (Accepts::Integer, Type::Integer)
        | (Accepts::Numeric, Type::Integer | Type::Number)
        | (Accepts::Text | Accepts::Pattern | Accepts::Zone | Accepts::TimePattern, Type::Text)
        | (Accepts::TextOrList, Type::Text)
        | (Accepts::DateTime, Type::DateTime)
        | (Accepts::Country, Type::Country)
        | (Accepts::List | Accepts::ListOrText, Type::List(_))
        | (Accepts::Numbers | Accepts::Ordered, Type::List(_))
        | (Accepts::Map, Type::Map)
        | (Accepts::Group, Type::Group) => Fit::AsIs,
        (Accepts::Boolean, Type::Text | Type::Any) => {
            Fit::Convert(Operator::AsBoolean, Type::Boolean)
        }
        (Accepts::Integer, Type::Number | Type::Any) => {
            Fit::Convert(Operator::AsInteger, Type::Integer)
        }
        (Accepts::Numeric, Type::Any) => Fit::Convert(Operator::AsNumeric, Type::Any),
        (
            Accepts::Text
            | Accepts::Pattern
            | Accepts::Zone
            | Accepts::TimePattern
            | Accepts::TextOrList,
            Type::Group | Type::DateTime | Type::Country,
        )
        | (Accepts::Text | Accepts::Pattern | Accepts::Zone | Accepts::TimePattern, Type::Any) => {
            Fit::Convert(Operator::AsText, Type::Text)
        }
        (Accepts::TextOrList, Type::List(_) | Type::Any) => {
            Fit::Convert(Operator::CsvText, Type::Text)
        }
        (Accepts::List | Accepts::Numbers | Accepts::Ordered, Type::Any) => {
            Fit::Convert(Operator::AsList, any_list())
        }
        (
            Accepts::ListOrText,
            Type::Text | Type::Group | Type::DateTime | Type::Country | Type::Any,
        ) => Fit::Convert(Operator::CsvList, any_list()),
        (Accepts::Map, Type::Any) => Fit::Convert(Operator::AsMap, Type::Map),
        (Accepts::DateTime, Type::Any) => Fit::Convert(Operator::AsDateTime, Type::DateTime),
        (Accepts::Country, Type::Any) => Fit::Convert(Operator::AsCountry, Type::Country),
        (other, _) => {
            let (operator, ty) = conversion(other);
            Fit::Never(operator, ty)
        }
    }
}

/// The conversion that faults for what a parameter does not accept, and the type it would give.
fn conversion(accepts: Accepts) -> (Operator, Type) {
    let any_list = || Type::List(std::sync::Arc::new(Shape::of(Type::Any)));
    match accepts {
        Accepts::Boolean | Accepts::Condition => (Operator::AsBoolean, Type::Boolean),
        Accepts::Integer => (Operator::AsInteger, Type::Integer),
        Accepts::Any | Accepts::Numeric | Accepts::Mapping | Accepts::Reduction => {
            (Operator::AsNumeric, Type::Any)
        }
        Accepts::DateTime => (Operator::AsDateTime, Type::DateTime),
        Accepts::Country => (Operator::AsCountry, Type::Country),
        Accepts::Text
        | Accepts::Pattern
        | Accepts::Zone
        | Accepts::TimePattern
        | Accepts::Constant
        | Accepts::Expression
        | Accepts::Group => (Operator::AsText, Type::Text),
        Accepts::TextOrList => (Operator::CsvText, Type::Text),
        Accepts::List | Accepts::Numbers | Accepts::Ordered => (Operator::AsList, any_list()),
        Accepts::ListOrText => (Operator::CsvList, any_list()),
        Accepts::Map | Accepts::User | Accepts::Criteria => (Operator::AsMap, Type::Map),
    }
}

/// The type of the list that a value of this type is read as; `None` if it cannot be one.
pub(super) fn element_of(ty: &Type) -> Option<Shape> {
    match ty {
        Type::List(element) => Some(Shape::clone(element)),
        Type::Any => Some(Shape::of(Type::Any)),
        _ => None,
    }
}
