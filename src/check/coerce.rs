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
    Convert,
    /// No value of the type fits; the conversion says so when it is reached.
    Never,
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
        if let Some(fails) = self.check_constant(parameter.accepts, value, span) {
            return fails;
        }
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
        let given = self.shape(value).ty;
        match fit(parameter.accepts, &given) {
            Fit::AsIs => return value,
            Fit::Convert => {}
            Fit::Never => self.remark(error::expected(wanted(parameter.accepts), &shape, span)),
        }
        let (operator, ty) = conversion(parameter.accepts, &given);
        self.convert(value, operator, ty)
    }

    /// Tells of a constant that is no zone or no pattern; what stands for a regular expression that
    /// is none, as there is nothing to compile.
    fn check_constant(&mut self, accepts: Accepts, value: NodeId, span: Span) -> Option<NodeId> {
        if !matches!(accepts, Accepts::Pattern | Accepts::Zone | Accepts::TimePattern) {
            return None;
        }
        let text = self.constant_text(value)?.to_owned();
        match accepts {
            Accepts::Pattern => {
                let words = Pattern::new(&text).err()?;
                return Some(self.error(error::pattern(&words, span)));
            }
            Accepts::TimePattern => {
                let words = time::Pattern::new(&text).err()?;
                self.remark(error::time_pattern(&words, span));
            }
            _ if Zone::find(&text).is_none() => {
                self.remark(error::zone(&text, nearest(&text, Zone::ids()), span));
            }
            _ => {}
        }
        None
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
    let acts_as_text = matches!(ty, Type::Group | Type::DateTime | Type::Country);
    let is_list = matches!(ty, Type::List(_));
    let (fits, converts) = match accepts {
        Accepts::Any => (true, false),
        Accepts::Boolean => (*ty == Type::Boolean, *ty == Type::Text),
        Accepts::Integer => (*ty == Type::Integer, *ty == Type::Number),
        Accepts::Numeric => (matches!(ty, Type::Integer | Type::Number), false),
        Accepts::Text | Accepts::Pattern | Accepts::Zone | Accepts::TimePattern => {
            (*ty == Type::Text, acts_as_text)
        }
        Accepts::TextOrList => (*ty == Type::Text, acts_as_text || is_list),
        Accepts::List | Accepts::Numbers | Accepts::Ordered => (is_list, false),
        Accepts::ListOrText => (is_list, acts_as_text || *ty == Type::Text),
        Accepts::Map => (*ty == Type::Map, false),
        Accepts::DateTime => (*ty == Type::DateTime, false),
        Accepts::Country => (*ty == Type::Country, false),
        // What these want is not made of anything else.
        Accepts::Group
        | Accepts::Constant
        | Accepts::Expression
        | Accepts::User
        | Accepts::Criteria
        | Accepts::Condition
        | Accepts::Mapping
        | Accepts::Reduction => {
            let is_group = accepts == Accepts::Group && *ty == Type::Group;
            return if is_group || *ty == Type::Null { Fit::AsIs } else { Fit::Never };
        }
    };
    if fits || *ty == Type::Null {
        Fit::AsIs
    } else if converts || *ty == Type::Any {
        Fit::Convert
    } else {
        Fit::Never
    }
}

/// The conversion to what a parameter accepts, which faults for what it does not, and the type it
/// gives.
fn conversion(accepts: Accepts, ty: &Type) -> (Operator, Type) {
    let any_list = || Type::List(std::sync::Arc::new(Shape::of(Type::Any)));
    match accepts {
        Accepts::Boolean | Accepts::Condition => (Operator::AsBoolean, Type::Boolean),
        Accepts::Integer => (Operator::AsInteger, Type::Integer),
        Accepts::Any | Accepts::Numeric | Accepts::Mapping | Accepts::Reduction => {
            (Operator::AsNumeric, Type::Any)
        }
        Accepts::DateTime => (Operator::AsDateTime, Type::DateTime),
        Accepts::Country => (Operator::AsCountry, Type::Country),
        Accepts::TextOrList if !matches!(ty, Type::Group | Type::DateTime | Type::Country) => {
            (Operator::CsvText, Type::Text)
        }
        Accepts::Text
        | Accepts::TextOrList
        | Accepts::Pattern
        | Accepts::Zone
        | Accepts::TimePattern
        | Accepts::Constant
        | Accepts::Expression
        | Accepts::Group => (Operator::AsText, Type::Text),
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
