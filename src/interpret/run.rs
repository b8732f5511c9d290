//! One evaluation: what each node but a stream does.

use super::Stopped;
#[cfg(feature = "internals")]
use super::tally;
use super::watch::Watch;
use crate::ir::{Body, Constant, Link, LocalId, NodeId, NodeKind};
use claimsmith_runtime::functions::{self, Null, Operator};
use claimsmith_runtime::record::Record;
use claimsmith_runtime::{Context, Fault, Value, limits};

pub(super) type Answer<'a> = Result<Value<'a>, Stopped>;

/// The state of one evaluation, which `W` looks on at.
pub(super) struct Run<'r, 'a, W> {
    body: &'r Body,
    pub(super) context: &'r mut Context<'a>,
    roots: &'r [Option<Record<'a>>],
    locals: Vec<Value<'a>>,
    /// Text constants already in the arena, by node.
    texts: Vec<Option<Value<'a>>>,
    /// Steps that may still be spent.
    pub(super) left: i64,
    watch: W,
    /// Which nodes are in the tally already.
    #[cfg(feature = "internals")]
    tallied: Vec<bool>,
}

impl<'r, 'a, W: Watch<'a>> Run<'r, 'a, W> {
    pub(super) fn new(
        body: &'r Body,
        context: &'r mut Context<'a>,
        roots: &'r [Option<Record<'a>>],
        watch: W,
    ) -> Self {
        Self {
            body,
            context,
            roots,
            locals: vec![Value::NULL; body.n_locals as usize],
            texts: vec![None; body.nodes.len()],
            left: limits::STEPS,
            watch,
            #[cfg(feature = "internals")]
            tallied: vec![false; body.nodes.len()],
        }
    }

    /// The value of a node.
    pub(super) fn value(&mut self, id: NodeId) -> Answer<'a> {
        let body = self.body;
        let node = body.node(id).ok_or(Stopped { fault: Fault::Internal, node: id })?;
        #[cfg(feature = "internals")]
        self.tally(id, node);
        // What a part of a node ends by a `?` is not the node's own to tell.
        let answer = match &node.kind {
            NodeKind::Constant(constant) => Ok(self.constant(id, constant)),
            NodeKind::Root(ordinal) => Ok(self.root(*ordinal)),
            NodeKind::Local(local) => at(id, self.local(*local)),
            NodeKind::Slot { record, index } => self.slot(id, *record, *index),
            NodeKind::GroupRecord(group) => self.group_record(id, *group),
            NodeKind::NonNull { value, fault } => {
                let value = self.value(*value)?;
                if value.is_null() { at(id, Err(*fault)) } else { Ok(value) }
            }
            NodeKind::Guard { local, value, rest } => self.guard(*local, *value, *rest),
            NodeKind::Not(value) => Ok(Value::boolean(!self.boolean(id, *value)?)),
            NodeKind::And(nodes) => self.until(id, nodes, false),
            NodeKind::Or(nodes) => self.until(id, nodes, true),
            NodeKind::Choice { links, otherwise } => self.choice(id, links, *otherwise),
            NodeKind::Equal { lhs, rhs, negated } => {
                let equal = self.operation(id, Operator::Equal, &[*lhs, *rhs])?;
                Ok(Value::boolean(equal.as_boolean() != Some(*negated)))
            }
            NodeKind::Order { order, lhs, rhs } => {
                let compared = self.operation(id, Operator::Compare, &[*lhs, *rhs])?;
                let compared = at(id, compared.as_integer().ok_or(Fault::Internal))?;
                Ok(Value::boolean(order.holds(compared)))
            }
            NodeKind::Arithmetic { first, rest } => self.arithmetic(id, *first, rest),
            NodeKind::Concat(nodes) => self.operation(id, Operator::Concatenate, nodes),
            NodeKind::Operation { operator, arguments } => self.operation(id, *operator, arguments),
            NodeKind::Call { row, arguments } => self.call(id, *row, arguments),
            NodeKind::MemberOf { groups, names } => self.member_of(id, *groups, names),
            NodeKind::Stream { source, stages, sink, element_cost } => {
                self.stream(id, *source, stages, sink, *element_cost)
            }
            NodeKind::Charge { steps, body } => {
                self.spend(id, i64::from(*steps))?;
                self.value(*body)
            }
            NodeKind::ChargeSize(value, work) => {
                let value = self.value(*value)?;
                let steps = self.operate(id, work.operator(), &[value])?;
                self.spend(id, at(id, steps.as_integer().ok_or(Fault::Internal))?)?;
                Ok(value)
            }
            NodeKind::Fail(fault) => at(id, Err(*fault)),
        };
        self.watch.gave(id, &answer);
        answer
    }

    #[cfg(feature = "internals")]
    fn tally(&mut self, id: NodeId, node: &crate::ir::Node) {
        if let Some(known @ false) = self.tallied.get_mut(id.0 as usize) {
            *known = true;
            tally::node(&node.kind, &node.shape);
        }
    }

    /// Spends steps; the budget may be used up, but not overdrawn.
    pub(super) fn spend(&mut self, id: NodeId, steps: i64) -> Result<(), Stopped> {
        self.left = self.left.saturating_sub(steps);
        if self.left < 0 { at(id, Err(Fault::Limit)) } else { Ok(()) }
    }

    pub(super) fn bind(&mut self, local: LocalId, value: Value<'a>) {
        if let Some(cell) = self.locals.get_mut(local.0 as usize) {
            *cell = value;
        }
    }

    fn local(&self, local: LocalId) -> Result<Value<'a>, Fault> {
        self.locals.get(local.0 as usize).copied().ok_or(Fault::Internal)
    }

    /// A condition; `check` has made sure that it is a boolean.
    pub(super) fn boolean(&mut self, id: NodeId, condition: NodeId) -> Result<bool, Stopped> {
        let value = self.value(condition)?;
        at(id, value.as_boolean().ok_or(Fault::Type))
    }

    /// Calls the row of an operator with values.
    pub(super) fn operate(
        &mut self,
        id: NodeId,
        operator: Operator,
        arguments: &[Value<'a>],
    ) -> Answer<'a> {
        self.call_body(id, functions::operator(operator), arguments)
    }

    fn call_body(&mut self, id: NodeId, row: u32, arguments: &[Value<'a>]) -> Answer<'a> {
        #[cfg(feature = "internals")]
        tally::row(row);
        let answer = functions::call(self.context, row, arguments);
        #[cfg(feature = "internals")]
        if let Err(fault) = answer {
            tally::faulted(row, fault);
        }
        at(id, answer)
    }

    fn values(&mut self, nodes: &[NodeId]) -> Result<Vec<Value<'a>>, Stopped> {
        nodes.iter().map(|node| self.value(*node)).collect()
    }

    fn constant(&mut self, id: NodeId, constant: &Constant) -> Value<'a> {
        match constant {
            Constant::Null => Value::NULL,
            Constant::Boolean(value) => Value::boolean(*value),
            Constant::Integer(value) => Value::integer(*value),
            Constant::Number(value) => Value::number(*value),
            Constant::Text(text) => self.text_constant(id, text),
        }
    }

    /// Copied once, so that a loop over it makes nothing.
    fn text_constant(&mut self, id: NodeId, text: &str) -> Value<'a> {
        let made = self.texts.get(id.0 as usize).copied().flatten();
        let value = made.unwrap_or_else(|| Value::text(self.context.arena().text(text)));
        if let Some(cell) = self.texts.get_mut(id.0 as usize) {
            *cell = Some(value);
        }
        value
    }

    fn root(&self, ordinal: u32) -> Value<'a> {
        let record = self.roots.get(ordinal as usize).copied().flatten();
        record.map_or(Value::NULL, Value::record)
    }

    fn slot(&mut self, id: NodeId, record: NodeId, index: u32) -> Answer<'a> {
        let record = at(id, self.value(record)?.as_record().ok_or(Fault::Internal))?;
        at(id, record.slots().get(index as usize).copied().ok_or(Fault::Internal))
    }

    fn group_record(&mut self, id: NodeId, group: NodeId) -> Answer<'a> {
        let group = at(id, self.value(group)?.as_group().ok_or(Fault::Internal))?;
        let record = self.context.table().record(group);
        at(id, record.map(Value::record).ok_or(Fault::Internal))
    }

    fn guard(&mut self, local: LocalId, value: NodeId, rest: NodeId) -> Answer<'a> {
        let value = self.value(value)?;
        if value.is_null() {
            return Ok(value);
        }
        self.bind(local, value);
        self.value(rest)
    }

    /// The first operand that is `decisive` decides, else its opposite.
    fn until(&mut self, id: NodeId, nodes: &[NodeId], decisive: bool) -> Answer<'a> {
        for node in nodes {
            if self.boolean(id, *node)? == decisive {
                return Ok(Value::boolean(decisive));
            }
        }
        Ok(Value::boolean(!decisive))
    }

    fn choice(&mut self, id: NodeId, links: &[Link], otherwise: NodeId) -> Answer<'a> {
        for link in links {
            match link {
                Link::If { condition, then } => {
                    if self.boolean(id, *condition)? {
                        return self.value(*then);
                    }
                }
                Link::Default { value, empty_too } => {
                    let value = self.value(*value)?;
                    let empty = value.as_text().is_some_and(|text| text.as_str().is_empty());
                    if !(value.is_null() || (*empty_too && empty)) {
                        return Ok(value);
                    }
                }
            }
        }
        self.value(otherwise)
    }

    /// Each step is done before the next operand is evaluated.
    fn arithmetic(&mut self, id: NodeId, first: NodeId, rest: &[(Operator, NodeId)]) -> Answer<'a> {
        let mut result = self.value(first)?;
        for (operator, node) in rest {
            let operand = self.value(*node)?;
            result = self.operate(id, *operator, &[result, operand])?;
        }
        Ok(result)
    }

    /// All arguments are evaluated first.
    fn operation(&mut self, id: NodeId, operator: Operator, nodes: &[NodeId]) -> Answer<'a> {
        let arguments = self.values(nodes)?;
        self.operate(id, operator, &arguments)
    }

    fn call(&mut self, id: NodeId, row: u32, nodes: &[NodeId]) -> Answer<'a> {
        let arguments = self.values(nodes)?;
        let function = at(id, functions::row(row).ok_or(Fault::Internal))?;
        let null_for = |null| {
            arguments.iter().enumerate().any(|(index, argument)| {
                let parameter = function.parameter(index);
                argument.is_null() && parameter.is_some_and(|parameter| parameter.null == null)
            })
        };
        if null_for(Null::Faults) {
            return at(id, Err(Fault::Type));
        }
        if null_for(Null::Flows) {
            return Ok(Value::NULL);
        }
        self.call_body(id, row, &arguments)
    }

    fn member_of(&mut self, id: NodeId, groups: NodeId, names: &[u32]) -> Answer<'a> {
        let groups = self.value(groups)?;
        if groups.is_null() {
            return Ok(Value::boolean(false));
        }
        let groups = at(id, groups.as_list().ok_or(Fault::Type))?;
        let symbols: Option<Vec<u32>> =
            names.iter().map(|name| self.context.resolved(*name as usize)).collect();
        let symbols = at(id, symbols.ok_or(Fault::Internal))?;
        let is_named =
            |group: &Value<'a>| group.as_group().is_some_and(|group| symbols.contains(&group.name));
        Ok(Value::boolean(groups.iter().any(is_named)))
    }
}

/// The fault, if it is one, at its place.
pub(super) fn at<T>(node: NodeId, outcome: Result<T, Fault>) -> Result<T, Stopped> {
    outcome.map_err(|fault| Stopped { fault, node })
}
