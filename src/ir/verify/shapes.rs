//! Shapes: what each node gives follows from what its children give.

use super::locals::{arriving, shape_of};
use crate::ir::print::shape as words;
use crate::ir::{Body, Constant, Link, Node, NodeId, NodeKind, Sink, Stage, StageKind};
use claimsmith_runtime::Kind;
use claimsmith_runtime::functions::{self, Accepts, Function, Meaning, Null, Operator, Returns};
use claimsmith_runtime::types::{Shape, Type};

type Verdict = Result<(), String>;

/// What does not hold of one node.
pub(super) fn check(body: &Body, node: &Node, roots: &[Shape], bound: &[Option<Shape>]) -> Verdict {
    let of = |id: NodeId| shape_of(body, id);
    match &node.kind {
        NodeKind::Constant(constant) => {
            let kind = kind_of(constant);
            require(node.shape.admits(kind), || format!("a constant {kind:?} is not of its shape"))
        }
        NodeKind::Root(ordinal) => match roots.get(*ordinal as usize) {
            Some(root) => gives(root, node),
            None => Err(format!("there is no root {ordinal}")),
        },
        NodeKind::Local(local) => match bound.get(local.0 as usize).and_then(Option::as_ref) {
            Some(shape) => gives(shape, node),
            None => Err(format!("nothing binds local ${}", local.0)),
        },
        NodeKind::Slot { record, index } => slot(&of(*record), *index, node),
        NodeKind::GroupRecord(group) => {
            is(&of(*group), &Type::Group)?;
            require(matches!(node.shape.ty, Type::Record(_)), || "it is no record".to_owned())
        }
        NodeKind::NonNull { value, .. } => {
            let any = node.shape.ty == Type::Any;
            require(any || !node.shape.nullable, || "its shape is nullable".to_owned())?;
            gives(&Shape { nullable: false, ..of(*value) }, node)
        }
        NodeKind::Guard { value, rest, .. } => {
            let carried = node.shape.nullable || !of(*value).nullable;
            require(carried, || "its shape is not nullable".to_owned())?;
            gives(&of(*rest), node)
        }
        NodeKind::Not(value) => all_booleans(body, &[*value], node),
        NodeKind::And(nodes) | NodeKind::Or(nodes) => all_booleans(body, nodes, node),
        NodeKind::Choice { links, otherwise } => choice(body, links, *otherwise, node),
        NodeKind::Equal { .. } | NodeKind::Order { .. } => is(&node.shape, &Type::Boolean),
        NodeKind::Arithmetic { rest, .. } => {
            let wrong = rest.iter().find(|(operator, _)| !is_arithmetic(*operator));
            require(wrong.is_none(), || format!("{wrong:?} is no arithmetic"))
        }
        NodeKind::Concat(_) => is(&node.shape, &Type::Text),
        NodeKind::Operation { operator, arguments } => operation(*operator, arguments.len(), node),
        NodeKind::Call { row, arguments } => call(body, *row, arguments, node),
        NodeKind::MemberOf { groups, .. } => {
            is(&node.shape, &Type::Boolean)?;
            member_of(&of(*groups))
        }
        NodeKind::Stream { source, stages, sink, .. } => {
            require(!of(*source).nullable, || "its source may be null".to_owned())?;
            let list = matches!(of(*source).ty, Type::List(_));
            require(list, || "its source is no list".to_owned())?;
            stages.iter().try_for_each(|stage| stage_body(body, stage))?;
            sink_gives(body, sink, &arriving(body, *source, stages), node)
        }
        NodeKind::Charge { body: value, .. } | NodeKind::ChargeSize(value, _) => {
            gives(&of(*value), node)
        }
        NodeKind::Fail(_) => Ok(()),
    }
}

fn require(holds: bool, wrong: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(wrong()) }
}

/// Of exactly this type, and never null.
fn is(found: &Shape, wanted: &Type) -> Verdict {
    require(found.ty == *wanted && !found.nullable, || {
        format!("expected {}, found {}", words(&Shape::of(wanted.clone())), words(found))
    })
}

/// Whether every value of `found` is one of the node's.
fn gives(found: &Shape, node: &Node) -> Verdict {
    require(fits(found, &node.shape), || {
        format!("{} does not fit its shape {}", words(found), words(&node.shape))
    })
}

/// Whether every value of one shape has the other. A shape of type null that is not nullable has no
/// values: the element of a list that is always empty.
fn fits(found: &Shape, wanted: &Shape) -> bool {
    let null = !found.nullable || wanted.nullable || wanted.ty == Type::Any;
    null && match (&found.ty, &wanted.ty) {
        (_, Type::Any) | (Type::Null, _) => true,
        (Type::List(found), Type::List(wanted)) => fits(found, wanted),
        (found, wanted) => found == wanted,
    }
}

fn kind_of(constant: &Constant) -> Kind {
    match constant {
        Constant::Null => Kind::Null,
        Constant::Boolean(_) => Kind::Boolean,
        Constant::Integer(_) => Kind::Integer,
        Constant::Number(_) => Kind::Number,
        Constant::Text(_) => Kind::Text,
    }
}

fn slot(record: &Shape, index: u32, node: &Node) -> Verdict {
    require(!record.nullable, || "its record may be null".to_owned())?;
    let Type::Record(record_type) = &record.ty else {
        return Err(format!("{} is no record", words(record)));
    };
    match record_type.fields.get(index as usize) {
        Some(field) => gives(&field.shape, node),
        None => Err(format!("{} has no slot {index}", record_type.name)),
    }
}

fn all_booleans(body: &Body, operands: &[NodeId], node: &Node) -> Verdict {
    is(&node.shape, &Type::Boolean)?;
    operands.iter().try_for_each(|operand| is(&shape_of(body, *operand), &Type::Boolean))
}

fn choice(body: &Body, links: &[Link], otherwise: NodeId, node: &Node) -> Verdict {
    for link in links {
        match link {
            Link::If { condition, then } => {
                is(&shape_of(body, *condition), &Type::Boolean)?;
                gives(&shape_of(body, *then), node)?;
            }
            Link::Default { value, .. } => {
                gives(&Shape { nullable: false, ..shape_of(body, *value) }, node)?;
            }
        }
    }
    gives(&shape_of(body, otherwise), node)
}

fn is_arithmetic(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder
            | Operator::Power
    )
}

fn operation(operator: Operator, n: usize, node: &Node) -> Verdict {
    let row = functions::row(functions::operator(operator));
    let row = row.ok_or_else(|| format!("{operator:?} has no row"))?;
    require(row.takes(n), || format!("{operator:?} does not take {n} arguments"))?;
    returns(row, node)
}

/// Whether the node's type is the row's, as far as the row says.
fn returns(row: &Function, node: &Node) -> Verdict {
    let right = match row.returns {
        Returns::Boolean => node.shape.ty == Type::Boolean,
        Returns::Integer => node.shape.ty == Type::Integer,
        Returns::Text => node.shape.ty == Type::Text,
        Returns::Texts | Returns::Groups | Returns::SameList | Returns::Added | Returns::Mapped => {
            matches!(node.shape.ty, Type::List(_))
        }
        Returns::TextsOrNull | Returns::SameListOrNull => {
            node.shape.nullable && matches!(node.shape.ty, Type::List(_))
        }
        Returns::Element => node.shape.nullable,
        Returns::Number => node.shape.ty == Type::Number,
        Returns::TextOrNull => node.shape.nullable && node.shape.ty == Type::Text,
        Returns::DateTime => node.shape.ty == Type::DateTime,
        Returns::TimeOrText => matches!(node.shape.ty, Type::DateTime | Type::Text),
        Returns::Country => node.shape.ty == Type::Country,
        Returns::Any => true,
    };
    require(right, || format!("it gives {:?}, not {}", row.returns, words(&node.shape)))
}

fn call(body: &Body, row: u32, arguments: &[NodeId], node: &Node) -> Verdict {
    let function = functions::row(row).ok_or_else(|| format!("there is no row {row}"))?;
    let has_body = matches!(function.meaning, Meaning::Body(_));
    require(has_body, || format!("row {row} has no body"))?;
    let n = arguments.len();
    require(function.takes(n), || format!("row {row} does not take {n} arguments"))?;
    returns(function, node)?;
    for (index, argument) in arguments.iter().enumerate() {
        let shape = shape_of(body, *argument);
        let Some(parameter) = function.parameter(index) else { continue };
        let accepted = takes_type(parameter.accepts, &shape.ty);
        require(accepted, || format!("argument {index} is {}", words(&shape)))?;
        let known = shape.nullable && shape.ty != Type::Any;
        require(!(known && parameter.null == Null::Faults), || {
            format!("argument {index} may be null")
        })?;
        let flows = shape.nullable && parameter.null == Null::Flows;
        require(!flows || node.shape.nullable, || format!("argument {index} can make it null"))?;
    }
    Ok(())
}

/// Whether a row takes arguments of this type as they are.
fn takes_type(accepts: Accepts, ty: &Type) -> bool {
    let kind = match ty {
        Type::Null => return true,
        // A number of either kind has no type of its own; `AsNumeric` has looked at it.
        Type::Any => return matches!(accepts, Accepts::Any | Accepts::Numeric),
        Type::Boolean => Kind::Boolean,
        Type::Integer => Kind::Integer,
        Type::Number => Kind::Number,
        Type::Text => Kind::Text,
        Type::List(_) => Kind::List,
        Type::Map => Kind::Map,
        Type::Record(_) => Kind::Record,
        Type::Group => Kind::Group,
        Type::DateTime => Kind::DateTime,
        Type::Country => Kind::Country,
    };
    functions::accepts(accepts, kind)
}

fn member_of(groups: &Shape) -> Verdict {
    let right = match &groups.ty {
        Type::Null => true,
        Type::List(element) => fits(element, &Shape::or_null(Type::Group)),
        _ => false,
    };
    require(right, || format!("{} is no list of groups", words(groups)))
}

fn stage_body(body: &Body, stage: &Stage) -> Verdict {
    let found = shape_of(body, stage.body);
    match stage.kind {
        StageKind::Filter => is(&found, &Type::Boolean),
        StageKind::Map => Ok(()),
        StageKind::FlatMap { .. } => {
            let list = matches!(found.ty, Type::List(_)) && !found.nullable;
            require(list, || format!("{} is no list", words(&found)))
        }
        StageKind::Take | StageKind::Skip => is(&found, &Type::Integer),
    }
}

/// Whether the node's shape is what the sink makes of such elements.
fn sink_gives(body: &Body, sink: &Sink, element: &Shape, node: &Node) -> Verdict {
    match sink {
        Sink::List => gives(&Shape::list(element.clone()), node),
        Sink::Any | Sink::None | Sink::Contains(_) => is(&node.shape, &Type::Boolean),
        Sink::First | Sink::Last => gives(&Shape { nullable: true, ..element.clone() }, node),
        Sink::At(index) => {
            is(&shape_of(body, *index), &Type::Integer)?;
            gives(element, node)
        }
        Sink::Nth(index) => {
            is(&shape_of(body, *index), &Type::Integer)?;
            gives(&Shape { nullable: true, ..element.clone() }, node)
        }
        Sink::Count | Sink::IndexOf(_) => is(&node.shape, &Type::Integer),
        Sink::Join(separator) => {
            is(&shape_of(body, *separator), &Type::Text)?;
            is(&node.shape, &Type::Text)
        }
        Sink::Reduce(reduction) => {
            let first = reduction.seed.map_or(element.clone(), |seed| shape_of(body, seed));
            gives(&first, node)?;
            gives(&shape_of(body, reduction.body), node)
        }
    }
}
