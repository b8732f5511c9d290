//! The typed IR as text, for people: one node per line, its number before and its shape behind.

use super::{Body, Constant, Link, NodeId, NodeKind, Reduction, Sink, Stage, StageKind};
use claimsmith_runtime::functions::{self, Work};
use claimsmith_runtime::types::{Shape, Type};
use std::fmt::{self, Display, Formatter};

/// The nodes in order, then the root: `%2 = slot %1 3 : text? @0..4`.
pub(crate) fn print(body: &Body) -> String {
    let mut lines: Vec<String> = Vec::with_capacity(body.nodes.len() + 1);
    for (index, node) in body.nodes.iter().enumerate() {
        let operation = Operation(&node.kind);
        let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        let faults = if body.is_total(id) { "" } else { " may fault" };
        let shape = shape(&node.shape);
        lines.push(format!("%{index} = {operation} : {shape} @{:?}{faults}", node.span));
    }
    lines.push(format!("root %{}\n", body.root.0));
    lines.join("\n")
}

/// A shape in the language's words: `list<text?>`, `?` for nullable.
pub(crate) fn shape(shape: &Shape) -> String {
    let name = match &shape.ty {
        Type::Null => return "null".to_owned(),
        Type::Any => return "any".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Text => "text".to_owned(),
        Type::List(element) => format!("list<{}>", self::shape(element)),
        Type::Map => "map".to_owned(),
        Type::Record(record) => format!("record {}", record.name),
        Type::Group => "group".to_owned(),
        Type::DateTime => "date-time".to_owned(),
        Type::Country => "country".to_owned(),
    };
    if shape.nullable { name + "?" } else { name }
}

impl Display for NodeId {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "%{}", self.0)
    }
}

/// A node's operation and operands.
struct Operation<'n>(&'n NodeKind);

/// Nodes with blanks before.
struct Nodes<'n>(&'n [NodeId]);

impl Display for Nodes<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|node| write!(formatter, " {node}"))
    }
}

impl Display for Operation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            NodeKind::Constant(constant) => write!(f, "constant {constant}"),
            NodeKind::Root(ordinal) => write!(f, "root {ordinal}"),
            NodeKind::Local(local) => write!(f, "local ${}", local.0),
            NodeKind::Slot { record, index } => write!(f, "slot {record} {index}"),
            NodeKind::GroupRecord(group) => write!(f, "group record {group}"),
            NodeKind::NonNull { value, fault } => write!(f, "non-null {value} else {fault:?}"),
            NodeKind::Guard { local, value, rest } => {
                write!(f, "guard ${} = {value} in {rest}", local.0)
            }
            NodeKind::Not(value) => write!(f, "not {value}"),
            NodeKind::And(nodes) => write!(f, "and{}", Nodes(nodes)),
            NodeKind::Or(nodes) => write!(f, "or{}", Nodes(nodes)),
            NodeKind::Choice { links, otherwise } => {
                write!(f, "choice")?;
                links.iter().try_for_each(|link| write!(f, "{link},"))?;
                write!(f, " else {otherwise}")
            }
            NodeKind::Equal { lhs, rhs, negated: false } => write!(f, "equal {lhs} {rhs}"),
            NodeKind::Equal { lhs, rhs, negated: true } => write!(f, "unequal {lhs} {rhs}"),
            NodeKind::Order { order, lhs, rhs } => write!(f, "order {order:?} {lhs} {rhs}"),
            NodeKind::Arithmetic { first, rest } => {
                write!(f, "arithmetic {first}")?;
                rest.iter().try_for_each(|(operator, node)| write!(f, " {operator:?} {node}"))
            }
            NodeKind::Concat(nodes) => write!(f, "concat{}", Nodes(nodes)),
            NodeKind::Operation { operator, arguments } => {
                write!(f, "{operator:?}{}", Nodes(arguments))
            }
            NodeKind::Call { row, arguments } => {
                let names = functions::row(*row).map_or(&[] as &[_], |row| row.names);
                write!(f, "call {}{}", names.first().unwrap_or(&"?"), Nodes(arguments))
            }
            NodeKind::MemberOf { groups, names } => {
                write!(f, "member of {groups} names {names:?}")
            }
            NodeKind::Stream { source, stages, sink, element_cost } => {
                write!(f, "stream {source}")?;
                stages.iter().try_for_each(|stage| write!(f, "{stage}"))?;
                write!(f, " into {sink} cost {element_cost}")
            }
            NodeKind::Charge { steps, body } => write!(f, "charge {steps} in {body}"),
            NodeKind::ChargeSize(value, Work::Walk) => write!(f, "charge size {value}"),
            NodeKind::ChargeSize(value, work) => write!(f, "charge {work:?} {value}"),
            NodeKind::Fail(fault) => write!(f, "fail {fault:?}"),
        }
    }
}

impl Display for Constant {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::Integer(value) => write!(formatter, "{value}"),
            Self::Number(value) => write!(formatter, "{value:?}"),
            Self::Text(text) => write!(formatter, "{text:?}"),
        }
    }
}

impl Display for Link {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::If { condition, then } => write!(formatter, " if {condition} then {then}"),
            Self::Default { value, empty_too: false } => write!(formatter, " {value} unless null"),
            Self::Default { value, empty_too: true } => write!(formatter, " {value} unless empty"),
        }
    }
}

impl Display for Stage {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StageKind::Filter => "filter",
            StageKind::Map => "map",
            StageKind::FlatMap { .. } => "flat map",
            StageKind::Take => return write!(formatter, " take {}", self.body),
            StageKind::Skip => return write!(formatter, " skip {}", self.body),
        };
        write!(formatter, " {kind} (${}", self.element.0)?;
        if let Some(index) = self.index {
            write!(formatter, ", ${}", index.0)?;
        }
        write!(formatter, ") {}", self.body)?;
        match self.kind {
            StageKind::FlatMap { element_cost } => write!(formatter, " cost {element_cost}"),
            _ => Ok(()),
        }
    }
}

impl Display for Sink {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => formatter.write_str("list"),
            Self::Any => formatter.write_str("any"),
            Self::None => formatter.write_str("none"),
            Self::First => formatter.write_str("first"),
            Self::Last => formatter.write_str("last"),
            Self::At(index) => write!(formatter, "at {index}"),
            Self::Nth(index) => write!(formatter, "nth {index}"),
            Self::Contains(value) => write!(formatter, "contains {value}"),
            Self::IndexOf(value) => write!(formatter, "index of {value}"),
            Self::Count => formatter.write_str("count"),
            Self::Join(separator) => write!(formatter, "join {separator}"),
            Self::Reduce(reduction) => write!(formatter, "{reduction}"),
        }
    }
}

impl Display for Reduction {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "reduce (${}, ${}", self.value.0, self.element.0)?;
        if let Some(index) = self.index {
            write!(formatter, ", ${}", index.0)?;
        }
        write!(formatter, ") {}", self.body)?;
        match self.seed {
            Some(seed) => write!(formatter, " from {seed}"),
            None => Ok(()),
        }
    }
}
