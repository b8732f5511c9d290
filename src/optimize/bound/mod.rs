//! What an expression costs at most, found without running it: steps and bytes of output, as sums
//! over the sizes of what it reads (design, "Work is charged, never timed").
//!
//! Each node is walked once, with how often it can be evaluated; loops multiply, branches count as
//! the dearest of them.

mod amount;
mod extent;
mod least;
mod result;

pub use amount::Amount;
pub(crate) use least::{Excess, always_exceeds};

use crate::ir::{
    Body, Constant, Link, LocalId, Node, NodeId, NodeKind, Reduction, Sink, Stage, StageKind,
};
use claimsmith_runtime::functions::Work;
use claimsmith_runtime::limits;
use claimsmith_runtime::types::{RecordType, Type};
use extent::{Extent, GROUP_NAME, is_scalar, json};
use std::collections::BTreeMap;

/// The cost of an expression, at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub steps: Amount,
    /// Bytes of the value as JSON.
    pub output: Amount,
}

/// Twice as many elements need one digit more; of more elements than this has digits for, sorting
/// cannot be paid.
const MOST_DIGITS: u64 = 21;

/// The bounds of a program with its charges.
pub(crate) fn of(body: &Body) -> Bounds {
    let mentions_groups = body
        .nodes
        .iter()
        .any(|node| matches!(node.kind, NodeKind::GroupRecord(_)) || has_groups(&node.shape.ty));
    let mut walk = Walk { body, locals: BTreeMap::new(), steps: Amount::ZERO, mentions_groups };
    let value = walk.value(body.root, &Amount::constant(1));
    let shape = body.node(body.root).map(|root| &root.shape);
    let output = shape.map_or(Amount::Unbounded, |shape| json(shape, &value));
    Bounds { steps: walk.steps, output }
}

fn has_groups(ty: &Type) -> bool {
    match ty {
        Type::Group => true,
        Type::List(element) => has_groups(&element.ty),
        _ => false,
    }
}

struct Walk<'b> {
    body: &'b Body,
    locals: BTreeMap<LocalId, Extent>,
    steps: Amount,
    /// Whether values whose kind is not known can be groups, or hold some.
    mentions_groups: bool,
}

impl Walk<'_> {
    fn spend(&mut self, steps: &Amount, times: &Amount) {
        self.steps = self.steps.plus(&steps.times(times));
    }

    /// The value of a node that is evaluated at most so many times.
    fn value(&mut self, id: NodeId, times: &Amount) -> Extent {
        let Some(node) = self.body.node(id) else { return Extent::of(Amount::Unbounded) };
        let found = self.of_kind(node, times);
        if is_scalar(&node.shape.ty) { Extent::scalar() } else { found }
    }

    fn values(&mut self, nodes: &[NodeId], times: &Amount) -> Vec<Extent> {
        nodes.iter().map(|node| self.value(*node, times)).collect()
    }

    fn of_kind(&mut self, node: &Node, times: &Amount) -> Extent {
        match &node.kind {
            NodeKind::Constant(Constant::Text(text)) => {
                Extent::of(Amount::constant(text.len() as u64))
            }
            NodeKind::Constant(_) | NodeKind::Fail(_) => Extent::scalar(),
            NodeKind::Root(_) => match &node.shape.ty {
                Type::Record(record) => Extent::of(Amount::size(&name_of(record))),
                _ => Extent::of(Amount::Unbounded),
            },
            NodeKind::Local(local) => {
                self.locals.get(local).cloned().unwrap_or(Extent::of(Amount::Unbounded))
            }
            NodeKind::Slot { record, index } => self.slot(*record, *index, times),
            NodeKind::GroupRecord(group) => {
                self.value(*group, times);
                Extent::of(Amount::size("group"))
            }
            NodeKind::NonNull { value, .. } => self.value(*value, times),
            NodeKind::Guard { local, value, rest } => {
                let value = self.value(*value, times);
                self.locals.insert(*local, value);
                self.value(*rest, times)
            }
            NodeKind::Choice { links, otherwise } => self.choice(links, *otherwise, times),
            NodeKind::Arithmetic { .. } => {
                self.values(&node.kind.children(), times);
                Extent::made_text()
            }
            NodeKind::Concat(pieces) => {
                let pieces = self.pieces(pieces, times);
                Extent::of(pieces)
            }
            NodeKind::Operation { operator, arguments } => {
                let values = self.values(arguments, times);
                self.operation(*operator, arguments, &values)
            }
            NodeKind::Call { row, arguments } => {
                let values = self.values(arguments, times);
                self.call(*row, &values)
            }
            NodeKind::Stream { source, stages, sink, element_cost } => {
                self.stream(node, (*source, stages, sink, *element_cost), times)
            }
            NodeKind::Charge { steps, body } => {
                self.spend(&Amount::constant(u64::from(*steps)), times);
                self.value(*body, times)
            }
            NodeKind::ChargeSize(value, work) => {
                let value = self.value(*value, times);
                self.spend(&spent(*work, &value), times);
                value
            }
            NodeKind::Not(_)
            | NodeKind::And(_)
            | NodeKind::Or(_)
            | NodeKind::Equal { .. }
            | NodeKind::Order { .. }
            | NodeKind::MemberOf { .. } => {
                self.values(&node.kind.children(), times);
                Extent::scalar()
            }
        }
    }

    fn slot(&mut self, record: NodeId, index: u32, times: &Amount) -> Extent {
        self.value(record, times);
        let ty = self.body.node(record).map(|node| &node.shape.ty);
        let Some(Type::Record(record)) = ty else { return Extent::of(Amount::Unbounded) };
        let Some(field) = record.fields.get(index as usize) else {
            return Extent::of(Amount::Unbounded);
        };
        let found = Extent::of(Amount::size(&format!("{}.{}", name_of(record), field.name)));
        match &field.shape.ty {
            Type::List(element) if is_scalar(&element.ty) => {
                Extent { inner: Some(std::rc::Rc::new(Extent::scalar())), ..found }
            }
            _ => found,
        }
    }

    /// Every question may be asked; of the branches one is taken.
    fn choice(&mut self, links: &[Link], otherwise: NodeId, times: &Amount) -> Extent {
        let mut dearest = Amount::ZERO;
        let mut found: Option<Extent> = None;
        let either = |found: Option<Extent>, one: Extent| {
            Some(found.map_or(one.clone(), |found| found.or(&one)))
        };
        let branches: Vec<NodeId> = links
            .iter()
            .filter_map(|link| match link {
                Link::If { then, .. } => Some(*then),
                Link::Default { .. } => None,
            })
            .chain([otherwise])
            .collect();
        for link in links {
            match link {
                Link::If { condition, .. } => {
                    self.value(*condition, times);
                }
                Link::Default { value, .. } => {
                    let value = self.value(*value, times);
                    found = either(found, value);
                }
            }
        }
        for branch in branches {
            let before = std::mem::replace(&mut self.steps, Amount::ZERO);
            let value = self.value(branch, times);
            let steps = std::mem::replace(&mut self.steps, before);
            dearest = dearest.or(&steps);
            found = either(found, value);
        }
        self.steps = self.steps.plus(&dearest);
        found.unwrap_or(Extent::scalar())
    }

    /// Bytes of the texts that these are joined as.
    fn pieces(&mut self, pieces: &[NodeId], times: &Amount) -> Amount {
        let most = Amount::constant(limits::TEXT as u64);
        let mut total = Amount::ZERO;
        for piece in pieces {
            let value = self.value(*piece, times);
            let ty = self.body.node(*piece).map(|node| &node.shape.ty);
            total = total.plus(&match ty {
                Some(Type::Text) => value.weight,
                Some(Type::Group) => Amount::size(GROUP_NAME),
                Some(ty) if is_scalar(ty) => Amount::constant(64),
                _ => most.clone(),
            });
        }
        match total.as_constant() {
            Some(bytes) => Amount::constant(bytes.min(limits::TEXT as u64)),
            None => total,
        }
    }

    fn stream(
        &mut self,
        node: &Node,
        (source, stages, sink, element_cost): (NodeId, &[Stage], &Sink, u32),
        times: &Amount,
    ) -> Extent {
        let source = self.value(source, times);
        let mut element = source.element();
        let mut n = source.elements.clone();
        self.spend(&n.scaled(u64::from(element_cost)), times);
        let mut is_part = true;
        for stage in stages {
            if !stage.kind.has_lambda() {
                self.value(stage.body, times);
                if stage.kind == StageKind::Take {
                    n = self.constant_of(stage.body).map_or(n, Amount::constant);
                }
                continue;
            }
            self.locals.insert(stage.element, element.clone());
            self.locals.extend(stage.index.map(|index| (index, Extent::scalar())));
            let often = times.times(&n);
            let body = self.value(stage.body, &often);
            match stage.kind {
                StageKind::Map => (element, is_part) = (body, false),
                StageKind::FlatMap { element_cost } => {
                    self.spend(&body.elements.scaled(u64::from(element_cost)), &often);
                    n = n.times(&body.elements);
                    (element, is_part) = (body.element(), false);
                }
                StageKind::Filter | StageKind::Take | StageKind::Skip => {}
            }
        }
        let argument = sink.argument().map(|argument| self.value(argument, times));
        match sink {
            Sink::List if is_part => Extent { elements: n, ..source },
            Sink::List => Extent::list(n, element),
            Sink::First | Sink::Last | Sink::At(_) | Sink::Nth(_) => element,
            Sink::Contains(_) | Sink::IndexOf(_) => {
                let each = argument.map_or(Amount::ZERO, |argument| argument.weight);
                self.spend(&each, &times.times(&n));
                Extent::scalar()
            }
            Sink::Join(_) => Extent::made_text(),
            Sink::Reduce(reduction) => {
                let seed = argument.unwrap_or(Extent::scalar());
                self.reduction(node, reduction, (&seed, &element), &times.times(&n))
            }
            Sink::Any | Sink::None | Sink::Count => Extent::scalar(),
        }
    }

    /// What a reduction makes grows with each element; only texts have a limit of their own.
    fn reduction(
        &mut self,
        node: &Node,
        reduction: &Reduction,
        (seed, element): (&Extent, &Extent),
        often: &Amount,
    ) -> Extent {
        let value = match &node.shape.ty {
            ty if is_scalar(ty) => Extent::scalar(),
            Type::Text => {
                let made = Amount::constant(limits::TEXT as u64);
                Extent::of(made.plus(&seed.weight).plus(&element.weight))
            }
            _ => Extent::of(Amount::Unbounded),
        };
        self.locals.insert(reduction.value, value.clone());
        self.locals.insert(reduction.element, element.clone());
        self.locals.extend(reduction.index.map(|index| (index, Extent::scalar())));
        self.value(reduction.body, often);
        value
    }

    fn constant_of(&self, id: NodeId) -> Option<u64> {
        match self.body.node(id).map(|node| &node.kind)? {
            NodeKind::Constant(Constant::Integer(value)) => {
                Some(u64::try_from(*value).unwrap_or(0))
            }
            NodeKind::Charge { body, .. } | NodeKind::ChargeSize(body, _) => {
                self.constant_of(*body)
            }
            _ => None,
        }
    }
}

/// The name of the size of a record, which those of its slots begin with.
pub(crate) fn name_of(record: &RecordType) -> String {
    if record.name.is_empty() { "context".to_owned() } else { record.name.clone() }
}

/// What weighing a value spends.
fn spent(work: Work, value: &Extent) -> Amount {
    match work {
        Work::Walk => value.weight.clone(),
        Work::Sort => value.weight.scaled(MOST_DIGITS),
        Work::Match => value.weight.times(&value.elements.plus(&Amount::constant(MOST_DIGITS))),
    }
}
