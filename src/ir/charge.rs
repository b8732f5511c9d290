//! Places the charges of design.md ("Work is charged, never timed"), once, between `check` and
//! `optimize`: at the entry, at each branch arm, at each stream start, and around arguments whose
//! size counts. Static cost is one for each node of a block, inner blocks apart.

use super::{Body, Constant, Link, Node, NodeId, NodeKind, Sink, Stage, StageKind};
use claimsmith_runtime::functions::{self, Accepts, Function, Work};
use claimsmith_runtime::types::Type;

/// The same program with its charges.
pub(crate) fn place(body: Body) -> Body {
    let Body { nodes, root, n_locals } = body;
    let mut placer = Placer { old: nodes, new: Vec::new() };
    let root = placer.block(root);
    // A server keeps its programs as long as it serves.
    placer.new.shrink_to_fit();
    Body { nodes: placer.new, root, n_locals }
}

/// What compiling a regular expression costs, in steps.
const PATTERN: u32 = 10_000;

struct Placer {
    old: Vec<Node>,
    new: Vec<Node>,
}

impl Placer {
    /// A block of its own: charged when entered.
    fn block(&mut self, id: NodeId) -> NodeId {
        let mut steps = 0;
        let body = self.node(id, &mut steps);
        let shape_and_span = self.new.get(body.0 as usize).cloned();
        match shape_and_span {
            Some(node) => self.push(Node { kind: NodeKind::Charge { steps, body }, ..node }),
            None => body,
        }
    }

    fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.new.len()).unwrap_or(u32::MAX));
        self.new.push(node);
        id
    }

    /// Copies a node and what it reads into the new list, adding its cost to `steps`.
    fn node(&mut self, id: NodeId, steps: &mut u32) -> NodeId {
        let Some(node) = self.old.get(id.0 as usize).cloned() else { return id };
        *steps += 1;
        let kind = self.kind(node.kind, steps);
        self.push(Node { kind, ..node })
    }

    fn kind(&mut self, kind: NodeKind, steps: &mut u32) -> NodeKind {
        match kind {
            NodeKind::Constant(_) | NodeKind::Root(_) | NodeKind::Local(_) | NodeKind::Fail(_) => {
                kind
            }
            NodeKind::Slot { record, index } => {
                NodeKind::Slot { record: self.node(record, steps), index }
            }
            NodeKind::GroupRecord(group) => NodeKind::GroupRecord(self.node(group, steps)),
            NodeKind::NonNull { value, fault } => {
                NodeKind::NonNull { value: self.node(value, steps), fault }
            }
            NodeKind::Guard { local, value, rest } => {
                NodeKind::Guard { local, value: self.node(value, steps), rest: self.block(rest) }
            }
            NodeKind::Not(value) => NodeKind::Not(self.node(value, steps)),
            NodeKind::And(nodes) => NodeKind::And(self.first_here(&nodes, steps)),
            NodeKind::Or(nodes) => NodeKind::Or(self.first_here(&nodes, steps)),
            NodeKind::Choice { links, otherwise } => self.choice(links, otherwise, steps),
            // What is compared with null is not looked into.
            NodeKind::Equal { lhs, rhs, negated } if self.is_null(lhs) || self.is_null(rhs) => {
                NodeKind::Equal { lhs: self.node(lhs, steps), rhs: self.node(rhs, steps), negated }
            }
            NodeKind::Equal { lhs, rhs, negated } => NodeKind::Equal {
                lhs: self.sized_unless_text(lhs, steps),
                rhs: self.sized_unless_text(rhs, steps),
                negated,
            },
            NodeKind::Order { order, lhs, rhs } => {
                NodeKind::Order { order, lhs: self.node(lhs, steps), rhs: self.node(rhs, steps) }
            }
            NodeKind::Arithmetic { first, rest } => NodeKind::Arithmetic {
                first: self.sized_if_any(first, steps),
                rest: rest
                    .into_iter()
                    .map(|(operator, node)| (operator, self.sized_if_any(node, steps)))
                    .collect(),
            },
            NodeKind::Concat(nodes) => {
                NodeKind::Concat(nodes.into_iter().map(|node| self.sized(node, steps)).collect())
            }
            NodeKind::Operation { operator, arguments } => {
                let row = functions::row(functions::operator(operator));
                NodeKind::Operation { operator, arguments: self.arguments(row, arguments, steps) }
            }
            NodeKind::Call { row, arguments } => {
                let function = functions::row(row);
                NodeKind::Call { row, arguments: self.arguments(function, arguments, steps) }
            }
            NodeKind::MemberOf { groups, names } => {
                NodeKind::MemberOf { groups: self.sized(groups, steps), names }
            }
            NodeKind::Stream { source, stages, sink, .. } => {
                self.stream(source, stages, sink, steps)
            }
            NodeKind::Charge { body, .. } => {
                NodeKind::Charge { steps: 0, body: self.node(body, steps) }
            }
            NodeKind::ChargeSize(value, work) => {
                NodeKind::ChargeSize(self.node(value, steps), work)
            }
        }
    }

    fn is_constant(&self, id: NodeId) -> bool {
        let node = self.old.get(id.0 as usize);
        node.is_some_and(|node| matches!(node.kind, NodeKind::Constant(_)))
    }

    fn is_null(&self, id: NodeId) -> bool {
        self.old.get(id.0 as usize).is_some_and(|node| node.shape.ty == Type::Null)
    }

    /// The first node belongs to this block; each other is a block, for it may not be reached.
    fn first_here(&mut self, nodes: &[NodeId], steps: &mut u32) -> Vec<NodeId> {
        let mut first = true;
        let place = |node: &NodeId| {
            if std::mem::take(&mut first) { self.node(*node, steps) } else { self.block(*node) }
        };
        nodes.iter().map(place).collect()
    }

    fn choice(&mut self, links: Vec<Link>, otherwise: NodeId, steps: &mut u32) -> NodeKind {
        let mut first = true;
        let mut placed = Vec::with_capacity(links.len());
        for link in links {
            let mut question = |node| {
                if std::mem::take(&mut first) { self.node(node, steps) } else { self.block(node) }
            };
            placed.push(match link {
                Link::If { condition, then } => {
                    Link::If { condition: question(condition), then: self.block(then) }
                }
                Link::Default { value, empty_too } => {
                    Link::Default { value: question(value), empty_too }
                }
            });
        }
        NodeKind::Choice { links: placed, otherwise: self.block(otherwise) }
    }

    /// The bodies of a stream are paid for at its start, once per element of the source; those behind
    /// a `flatMap` at the start of each list that it gives.
    fn stream(
        &mut self,
        source: NodeId,
        mut stages: Box<[Stage]>,
        sink: Sink,
        steps: &mut u32,
    ) -> NodeKind {
        let source = self.node(source, steps);
        for stage in stages.iter_mut().filter(|stage| !stage.kind.has_lambda()) {
            stage.body = self.node(stage.body, steps);
        }
        let mut sink = self.sink_argument(sink, steps);
        // The cost of an element of the source, then of an element of each `flatMap`.
        let (mut costs, mut cost) = (Vec::new(), 1);
        for stage in stages.iter_mut().filter(|stage| stage.kind.has_lambda()) {
            stage.body = self.node(stage.body, &mut cost);
            if matches!(stage.kind, StageKind::FlatMap { .. }) {
                costs.push(std::mem::replace(&mut cost, 1));
            }
        }
        if let Sink::Reduce(reduction) = &mut sink {
            reduction.body = self.node(reduction.body, &mut cost);
        }
        costs.push(cost);
        let mut costs = costs.into_iter();
        let element_cost = costs.next().unwrap_or(1);
        for stage in &mut stages {
            if let StageKind::FlatMap { element_cost } = &mut stage.kind {
                *element_cost = costs.next().unwrap_or(1);
            }
        }
        NodeKind::Stream { source, stages, sink, element_cost }
    }

    fn sink_argument(&mut self, sink: Sink, steps: &mut u32) -> Sink {
        match sink {
            Sink::Contains(value) => Sink::Contains(self.sized(value, steps)),
            Sink::IndexOf(value) => Sink::IndexOf(self.sized(value, steps)),
            Sink::Join(separator) => Sink::Join(self.sized(separator, steps)),
            Sink::At(index) => Sink::At(self.node(index, steps)),
            Sink::Nth(index) => Sink::Nth(self.node(index, steps)),
            Sink::Reduce(mut reduction) => {
                reduction.seed = reduction.seed.map(|seed| self.node(seed, steps));
                Sink::Reduce(reduction)
            }
            Sink::List | Sink::Any | Sink::None | Sink::First | Sink::Last | Sink::Count => sink,
        }
    }

    fn arguments(
        &mut self,
        row: Option<&'static Function>,
        arguments: Vec<NodeId>,
        steps: &mut u32,
    ) -> Vec<NodeId> {
        let work = |index| row.and_then(|row| row.parameter(index)?.work);
        let is_pattern = |index| {
            let parameter = row.and_then(|row| row.parameter(index));
            parameter.is_some_and(|parameter| parameter.accepts == Accepts::Pattern)
        };
        let place = |(index, node)| {
            // One that is not constant is compiled when it is met (decision 49).
            if is_pattern(index) && !self.is_constant(node) {
                *steps = steps.saturating_add(PATTERN);
            }
            match work(index) {
                Some(work) => self.charged(node, work, steps),
                None => self.node(node, steps),
            }
        };
        arguments.into_iter().enumerate().map(place).collect()
    }

    /// The node, charged by the size of what it gives; scalars have none, and what a constant
    /// weighs is part of the static cost.
    fn sized(&mut self, id: NodeId, steps: &mut u32) -> NodeId {
        self.charged(id, Work::Walk, steps)
    }

    fn charged(&mut self, id: NodeId, work: Work, steps: &mut u32) -> NodeId {
        let placed = self.node(id, steps);
        let Some(node) = self.new.get(placed.0 as usize).cloned() else { return placed };
        let weighs = match node.shape.ty {
            Type::Text | Type::List(_) | Type::Map | Type::Record(_) | Type::Any => true,
            Type::Null
            | Type::Boolean
            | Type::Integer
            | Type::Number
            | Type::Group
            | Type::DateTime
            | Type::Country => false,
        };
        if let NodeKind::Constant(constant) = &node.kind {
            *steps = steps.saturating_add(weight(constant));
            return placed;
        }
        if weighs {
            return self.push(Node { kind: NodeKind::ChargeSize(placed, work), ..node });
        }
        placed
    }

    /// Comparing two texts costs no more than the shorter of them, which was paid for when made.
    fn sized_unless_text(&mut self, id: NodeId, steps: &mut u32) -> NodeId {
        match self.old.get(id.0 as usize).map(|node| &node.shape.ty) {
            Some(Type::Text) => self.node(id, steps),
            _ => self.sized(id, steps),
        }
    }

    fn sized_if_any(&mut self, id: NodeId, steps: &mut u32) -> NodeId {
        match self.old.get(id.0 as usize).map(|node| &node.shape.ty) {
            Some(Type::Any | Type::Text | Type::List(_)) => self.sized(id, steps),
            _ => self.node(id, steps),
        }
    }
}

/// What `ChargeSize` would spend for a constant.
fn weight(constant: &Constant) -> u32 {
    match constant {
        Constant::Text(text) => u32::try_from(text.len()).unwrap_or(u32::MAX),
        Constant::Null | Constant::Boolean(_) | Constant::Integer(_) | Constant::Number(_) => 0,
    }
}
