//! What was meant: the typed program that both engines run. No spelling, no precedence.
//!
//! Nodes live in one list and name each other by number; a node's children come before it. Every
//! coercion and null check the language asks for is a node of its own, put there by `check`, so the
//! engines decide nothing.

mod absent;
mod charge;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod print;
mod total;
#[cfg(test)]
mod tests;
pub(crate) mod verify;

pub(crate) use charge::place as place_charges;
pub(crate) use total::is_total;

use crate::source::Span;
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{Operator, Work};
use claimsmith_runtime::types::Shape;

/// Number of a node in its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u32);

/// A value that has a name while an expression runs: a lambda's parameter or index, or what a safe
/// step or a link found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LocalId(pub(crate) u32);

/// One expression.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
    /// How many locals there are; each is bound once per evaluation of its binder.
    pub(crate) n_locals: u32,
}

/// Members of a JSON object, each made by expressions: how the claims of a server become one
/// program without this room knowing the word.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) members: Vec<Member>,
}

/// One member of an object. Each of its expressions has a budget of its own.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Tried in order; the first whose guard holds (or that has none) decides, even if its value
    /// is null. A guard that faults is the fault of the object.
    pub(crate) alternatives: Vec<Alternative>,
    /// Whether an empty list is left out as null is.
    pub(crate) omit_empty: bool,
}

/// One way to make a member.
#[derive(Clone, Debug)]
pub(crate) struct Alternative {
    /// Holds if it gives the boolean true; anything else but a fault does not.
    pub(crate) guard: Option<Body>,
    pub(crate) value: Body,
}

/// One operation: what it does, the shape of what it gives, and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) shape: Shape,
    pub(crate) span: Span,
}

/// The operations.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeKind {
    Constant(Constant),
    /// The record of a root, by its ordinal in the schema; null if the request has none.
    Root(u32),
    Local(LocalId),
    /// Slot `index` of a record that is not null.
    Slot {
        record: NodeId,
        index: u32,
    },
    /// The attributes of a group, as a record.
    GroupRecord(NodeId),
    /// The value; null faults with `fault`.
    NonNull {
        value: NodeId,
        fault: Fault,
    },
    /// Null if `value` is null, else `rest` with `local` bound to the value (`?.`, decision 19).
    Guard {
        local: LocalId,
        value: NodeId,
        rest: NodeId,
    },
    Not(NodeId),
    /// Operands are booleans; taken from the left until one is false.
    And(Vec<NodeId>),
    /// As `And`, until one is true.
    Or(Vec<NodeId>),
    /// The first link that decides, else `otherwise`.
    Choice {
        links: Vec<Link>,
        otherwise: NodeId,
    },
    /// `==`, or `!=` when negated. Never faults.
    Equal {
        lhs: NodeId,
        rhs: NodeId,
        negated: bool,
    },
    /// `<` and its kin on kinds that `Operator::Compare` orders.
    Order {
        order: Order,
        lhs: NodeId,
        rhs: NodeId,
    },
    /// `first op a op b …` from the left, each step an arithmetic [`Operator`], done before the next
    /// operand is evaluated.
    Arithmetic {
        first: NodeId,
        rest: Vec<(Operator, NodeId)>,
    },
    /// One text of the pieces' text forms: `Operator::Concatenate` of all pieces, which are all
    /// evaluated first.
    Concat(Vec<NodeId>),
    /// An [`Operator`] applied to its arguments: conversions, members, indexes, literals.
    Operation {
        operator: Operator,
        arguments: Vec<NodeId>,
    },
    /// A row of the function table with a body. A null argument of a parameter whose null flows
    /// makes the result null without a call; all arguments are evaluated first.
    Call {
        row: u32,
        arguments: Vec<NodeId>,
    },
    /// Whether the groups hold one whose name is among these, which are indices into the program's
    /// list of names, resolved by the context to name symbols. `groups` is a list of groups, or null, which is no membership.
    MemberOf {
        groups: NodeId,
        names: Vec<u32>,
    },
    /// A chain of list steps (design: streams). Evaluates the source, then the arguments of stages
    /// and sink, spends `element_cost` for each element of the source, then takes the elements. A
    /// list faults `limit` at the first element too many, a joined text at the first byte too many.
    Stream {
        source: NodeId,
        stages: Box<[Stage]>,
        sink: Sink,
        element_cost: u32,
    },
    /// Spends `steps`, then evaluates `body`.
    Charge {
        steps: u32,
        body: NodeId,
    },
    /// Evaluates the value, spends what such work on it costs, gives it.
    ChargeSize(NodeId, Work),
    /// Faults when reached.
    Fail(Fault),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

/// One link of a choice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Link {
    /// `then` if the condition, a boolean, is true.
    If { condition: NodeId, then: NodeId },
    /// `value` unless it is null, or (`empty_too`) the empty text.
    Default { value: NodeId, empty_too: bool },
}

/// An ordering question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether `compared`, which is -1, 0 or 1, answers it with yes.
    pub(crate) fn holds(self, compared: i64) -> bool {
        match self {
            Self::Less => compared < 0,
            Self::LessOrEqual => compared <= 0,
            Self::Greater => compared > 0,
            Self::GreaterOrEqual => compared >= 0,
        }
    }
}

/// A step that elements pass.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage {
    /// The element.
    pub(crate) element: LocalId,
    /// How many elements reached this stage before this one, if asked for.
    pub(crate) index: Option<LocalId>,
    pub(crate) kind: StageKind,
    /// The body of the step: a boolean for `Filter`, a list for `FlatMap`. Of `Take` and `Skip` it
    /// is the argument, an integer that is evaluated before the first element.
    pub(crate) body: NodeId,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StageKind {
    /// Passes the elements for which the body is true.
    Filter,
    /// Passes the body's value.
    Map,
    /// Passes the elements of the list that the body gives, having spent this for each of them.
    FlatMap { element_cost: u32 },
    /// Passes as many as its argument says; when they have passed, no further element is taken.
    Take,
    /// Holds back as many as its argument says.
    Skip,
}

/// What ends a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sink {
    /// A list of what arrives.
    List,
    /// True as soon as anything arrives.
    Any,
    /// True unless anything arrives: `all(p)` is a filter of `not p` before it.
    None,
    /// The first that arrives, or null.
    First,
    /// The last that arrives, or null; takes everything.
    Last,
    /// The one that arrives after as many others as the integer says, which is evaluated before the
    /// first element. A negative number faults `index` at once, one too large when all were taken.
    At(NodeId),
    /// As `At`, but a negative number counts from the end, having taken everything, and null stands
    /// for an element that is not there.
    Nth(NodeId),
    /// Whether something that arrives equals the value, which is evaluated before the first element.
    /// Each comparison with a list, map or record spends what that weighs.
    Contains(NodeId),
    /// How many arrive before the first that equals the value, or -1; compared as `Contains` does.
    IndexOf(NodeId),
    /// How many arrive, as an integer.
    Count,
    /// A text of all that arrives, the separator (text, evaluated first) between; null is the empty
    /// text, a list or map faults `type`. Beyond the text limit it faults `limit`.
    Join(NodeId),
    /// What the reduction makes of all that arrives.
    Reduce(Box<Reduction>),
}

/// Takes the elements into one value, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reduction {
    /// The value before the first element, evaluated as an argument is. Without one it is the first
    /// element, which must exist: else it faults `index`.
    pub(crate) seed: Option<NodeId>,
    /// The value so far.
    pub(crate) value: LocalId,
    pub(crate) element: LocalId,
    /// How many elements arrived before this one, if asked for.
    pub(crate) index: Option<LocalId>,
    /// The next value.
    pub(crate) body: NodeId,
}

impl Body {
    /// The node of this number.
    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }
}

impl NodeKind {
    /// The nodes it reads, in the order they are written.
    pub(crate) fn children(&self) -> Vec<NodeId> {
        match self {
            Self::Constant(_) | Self::Root(_) | Self::Local(_) | Self::Fail(_) => Vec::new(),
            Self::Slot { record: node, .. }
            | Self::GroupRecord(node)
            | Self::NonNull { value: node, .. }
            | Self::Not(node)
            | Self::MemberOf { groups: node, .. }
            | Self::Charge { body: node, .. }
            | Self::ChargeSize(node, _) => vec![*node],
            Self::Guard { value, rest, .. } => vec![*value, *rest],
            Self::And(nodes) | Self::Or(nodes) | Self::Concat(nodes) => nodes.clone(),
            Self::Choice { links, otherwise } => {
                links.iter().flat_map(Link::children).chain([*otherwise]).collect()
            }
            Self::Equal { lhs, rhs, .. } | Self::Order { lhs, rhs, .. } => vec![*lhs, *rhs],
            Self::Arithmetic { first, rest } => {
                std::iter::once(*first).chain(rest.iter().map(|(_, node)| *node)).collect()
            }
            Self::Operation { arguments, .. } | Self::Call { arguments, .. } => arguments.clone(),
            Self::Stream { source, stages, sink, .. } => {
                let bodies = stages.iter().map(|stage| stage.body);
                let of_sink = sink.argument().into_iter().chain(sink.body());
                std::iter::once(*source).chain(bodies).chain(of_sink).collect()
            }
        }
    }
}

impl NodeKind {
    /// As [`NodeKind::children`], to name others.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut NodeId> {
        match self {
            Self::Constant(_) | Self::Root(_) | Self::Local(_) | Self::Fail(_) => Vec::new(),
            Self::Slot { record: node, .. }
            | Self::GroupRecord(node)
            | Self::NonNull { value: node, .. }
            | Self::Not(node)
            | Self::MemberOf { groups: node, .. }
            | Self::Charge { body: node, .. }
            | Self::ChargeSize(node, _) => vec![node],
            Self::Guard { value, rest, .. } => vec![value, rest],
            Self::And(nodes) | Self::Or(nodes) | Self::Concat(nodes) => nodes.iter_mut().collect(),
            Self::Choice { links, otherwise } => {
                links.iter_mut().flat_map(Link::children_mut).chain([otherwise]).collect()
            }
            Self::Equal { lhs, rhs, .. } | Self::Order { lhs, rhs, .. } => vec![lhs, rhs],
            Self::Arithmetic { first, rest } => {
                std::iter::once(first).chain(rest.iter_mut().map(|(_, node)| node)).collect()
            }
            Self::Operation { arguments, .. } | Self::Call { arguments, .. } => {
                arguments.iter_mut().collect()
            }
            Self::Stream { source, stages, sink, .. } => {
                let bodies = stages.iter_mut().map(|stage| &mut stage.body);
                std::iter::once(source).chain(bodies).chain(sink.children_mut()).collect()
            }
        }
    }
}

impl Link {
    fn children(&self) -> Vec<NodeId> {
        match self {
            Self::If { condition, then } => vec![*condition, *then],
            Self::Default { value, .. } => vec![*value],
        }
    }

    fn children_mut(&mut self) -> Vec<&mut NodeId> {
        match self {
            Self::If { condition, then } => vec![condition, then],
            Self::Default { value, .. } => vec![value],
        }
    }
}

impl StageKind {
    /// Whether the step asks its body for each element, rather than once before the first.
    pub(crate) fn has_lambda(self) -> bool {
        match self {
            Self::Filter | Self::Map | Self::FlatMap { .. } => true,
            Self::Take | Self::Skip => false,
        }
    }
}

impl Sink {
    /// The node it evaluates before the first element.
    pub(crate) fn argument(&self) -> Option<NodeId> {
        match self {
            Self::Contains(node)
            | Self::IndexOf(node)
            | Self::Join(node)
            | Self::At(node)
            | Self::Nth(node) => Some(*node),
            Self::Reduce(reduction) => reduction.seed,
            Self::List | Self::Any | Self::None | Self::First | Self::Last | Self::Count => None,
        }
    }

    /// Its argument and its body.
    fn children_mut(&mut self) -> Vec<&mut NodeId> {
        match self {
            Self::Contains(node)
            | Self::IndexOf(node)
            | Self::Join(node)
            | Self::At(node)
            | Self::Nth(node) => vec![node],
            Self::Reduce(reduction) => {
                let reduction = &mut **reduction;
                reduction.seed.iter_mut().chain([&mut reduction.body]).collect()
            }
            Self::List | Self::Any | Self::None | Self::First | Self::Last | Self::Count => {
                Vec::new()
            }
        }
    }

    /// The node it evaluates for what arrives.
    pub(crate) fn body(&self) -> Option<NodeId> {
        match self {
            Self::Reduce(reduction) => Some(reduction.body),
            _ => None,
        }
    }
}
