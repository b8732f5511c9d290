//! What is known of values at a place because of the questions on the way there: `x != null ? x.y : z`
//! reads `x.y` only where there is an `x`. It changes what is told, never what an expression means.
//!
//! Expressions have no effects, so two nodes that say the same have the same value, and what one is
//! found to be holds of the other. Facts are learnt in the order of evaluation and forgotten where
//! the branch ends that they were found in.

use super::Checker;
use crate::ir::{Constant, Link, LocalId, NodeId, NodeKind, Order, StageKind};
use claimsmith_runtime::functions::{self, Null, Operator};
use claimsmith_runtime::types::{Shape, Type};
use std::collections::{BTreeMap, BTreeSet};

/// The number that all nodes of one value share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Same(u32);

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    Null,
    /// Anything but null.
    Present,
    /// The boolean, or the text that acts as it.
    True,
    False,
}

pub(super) type Fact = (Same, Known);

/// What makes the value of a node, by which equal ones are found. Kinds that are not here are
/// taken to be different each time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(u64),
    Text(String),
    Root(u32),
    Slot(Same, u32),
    Group(Same),
    Not(Same),
    Equal(Same, Same, bool),
    Order(u8, Same, Same),
    Operation(u32, Vec<Same>),
    Call(u32, Vec<Same>),
    MemberOf(Same, Vec<u32>),
    Guard(Same, Same),
    And(Vec<Same>),
    Or(Vec<Same>),
    Concat(Vec<Same>),
    Arithmetic(Same, Vec<(u32, Same)>),
    /// Each link as its condition, if it has one, and its value.
    Choice(Vec<(Option<Same>, Same, bool)>, Same),
}

/// What is known of each element of a list.
#[derive(Clone, Debug)]
pub(super) struct Elements {
    element: Same,
    facts: Vec<Fact>,
}

/// The parts of `value ?: otherwise`.
struct Defaulted {
    value: NodeId,
    otherwise: NodeId,
}

#[derive(Debug, Default)]
pub(super) struct Flow {
    /// By node.
    same: Vec<Same>,
    /// By node: whether it was known not to be null where it was made.
    present: Vec<bool>,
    numbers: BTreeMap<Key, Same>,
    n_numbers: u32,
    /// What locals stand for.
    locals: BTreeMap<LocalId, Same>,
    known: BTreeMap<Same, Known>,
    /// What each fact replaced.
    replaced: Vec<(Same, Option<Known>)>,
    /// Of lists that list steps made.
    elements: BTreeMap<NodeId, Elements>,
}

/// Functions that have this answer for null, so that the other tells that there is something.
const ANSWERS_FOR_NULL: [(&str, bool); 6] = [
    ("String.startsWith", false),
    ("String.stringContains", false),
    ("Arrays.contains", false),
    ("Arrays.isEmpty", true),
    ("versionGreaterThan", false),
    ("versionLessThan", false),
];

/// Functions that give 0 for null.
const COUNTS: [&str; 2] = ["String.len", "Arrays.size"];

impl Flow {
    /// Notes a node that is about to get the next number.
    pub(super) fn note(&mut self, kind: &NodeKind, shape: &Shape) {
        let same = self.number(kind);
        let present = !shape.nullable || self.is_known_present(same) || self.gives_no_null(kind);
        self.same.push(same);
        self.present.push(present);
    }

    /// Forgets all nodes from this one on.
    pub(super) fn truncate(&mut self, n_nodes: usize) {
        self.same.truncate(n_nodes);
        self.present.truncate(n_nodes);
        self.elements.retain(|list, _| (list.0 as usize) < n_nodes);
    }

    pub(super) fn same(&self, id: NodeId) -> Same {
        self.same.get(id.0 as usize).copied().unwrap_or(Same(u32::MAX))
    }

    fn sames(&self, ids: &[NodeId]) -> Vec<Same> {
        ids.iter().map(|id| self.same(*id)).collect()
    }

    fn number(&mut self, kind: &NodeKind) -> Same {
        let key = match kind {
            NodeKind::NonNull { value, .. } => return self.same(*value),
            NodeKind::Local(local) => match self.locals.get(local) {
                Some(same) => return *same,
                None => None,
            },
            kind => self.key(kind),
        };
        if let Some(known) = key.as_ref().and_then(|key| self.numbers.get(key)) {
            return *known;
        }
        let new = self.fresh();
        self.numbers.extend(key.map(|key| (key, new)));
        new
    }

    fn key(&self, kind: &NodeKind) -> Option<Key> {
        let of = |id: &NodeId| self.same(*id);
        Some(match kind {
            NodeKind::Constant(constant) => match constant {
                Constant::Null => Key::Null,
                Constant::Boolean(value) => Key::Boolean(*value),
                Constant::Integer(value) => Key::Integer(*value),
                Constant::Number(value) => Key::Number(value.to_bits()),
                Constant::Text(text) => Key::Text(text.clone()),
            },
            NodeKind::Root(ordinal) => Key::Root(*ordinal),
            NodeKind::Slot { record, index } => Key::Slot(of(record), *index),
            NodeKind::GroupRecord(group) => Key::Group(of(group)),
            NodeKind::Not(value) => Key::Not(of(value)),
            NodeKind::Equal { lhs, rhs, negated } => Key::Equal(of(lhs), of(rhs), *negated),
            NodeKind::Order { order, lhs, rhs } => Key::Order(*order as u8, of(lhs), of(rhs)),
            NodeKind::Operation { operator, arguments } => {
                Key::Operation(functions::operator(*operator), self.sames(arguments))
            }
            NodeKind::Call { row, arguments } => Key::Call(*row, self.sames(arguments)),
            NodeKind::MemberOf { groups, names } => Key::MemberOf(of(groups), names.clone()),
            NodeKind::Guard { value, rest, .. } => Key::Guard(of(value), of(rest)),
            NodeKind::And(nodes) => Key::And(self.sames(nodes)),
            NodeKind::Or(nodes) => Key::Or(self.sames(nodes)),
            NodeKind::Concat(nodes) => Key::Concat(self.sames(nodes)),
            NodeKind::Arithmetic { first, rest } => {
                let rest = rest.iter().map(|(sign, node)| (functions::operator(*sign), of(node)));
                Key::Arithmetic(of(first), rest.collect())
            }
            NodeKind::Choice { links, otherwise } => {
                let links = links.iter().map(|link| match link {
                    Link::If { condition, then } => (Some(of(condition)), of(then), false),
                    Link::Default { value, empty_too } => (None, of(value), *empty_too),
                });
                Key::Choice(links.collect(), of(otherwise))
            }
            _ => return None,
        })
    }

    fn fresh(&mut self) -> Same {
        self.n_numbers += 1;
        Same(self.n_numbers)
    }

    /// Whether a node whose shape has null never gives it, because of what it is made of.
    fn gives_no_null(&self, kind: &NodeKind) -> bool {
        let present = |id: &NodeId| self.is_present(*id);
        match kind {
            NodeKind::Choice { links, otherwise } => {
                let all = links.iter().all(|link| match link {
                    Link::If { then, .. } => present(then),
                    Link::Default { .. } => true,
                });
                all && present(otherwise)
            }
            NodeKind::Guard { value, rest, .. } => present(value) && present(rest),
            // What is wrong with it is told already.
            NodeKind::Fail(_) => true,
            NodeKind::Call { row, arguments } => functions::row(*row).is_some_and(|row| {
                let flows = |index| {
                    row.parameter(index).is_some_and(|parameter| parameter.null == Null::Flows)
                };
                let mut numbered = arguments.iter().enumerate();
                !row.returns.may_be_null()
                    && numbered.all(|(i, argument)| !flows(i) || present(argument))
            }),
            _ => false,
        }
    }

    fn is_known_present(&self, same: Same) -> bool {
        matches!(self.known.get(&same), Some(Known::Present | Known::True | Known::False))
    }

    pub(super) fn is_present(&self, id: NodeId) -> bool {
        let made = self.present.get(id.0 as usize).copied().unwrap_or_default();
        made || self.is_known_present(self.same(id))
    }

    /// What was found out of a value on the way here.
    pub(super) fn known(&self, id: NodeId) -> Option<Known> {
        self.known.get(&self.same(id)).copied()
    }

    pub(super) fn are_same(&self, one: NodeId, other: NodeId) -> bool {
        self.same(one) == self.same(other)
    }

    /// To be handed to [`Flow::forget`].
    pub(super) fn mark(&self) -> usize {
        self.replaced.len()
    }

    /// Forgets what was learnt since.
    pub(super) fn forget(&mut self, mark: usize) {
        while self.replaced.len() > mark {
            match self.replaced.pop() {
                Some((same, Some(before))) => self.known.insert(same, before),
                Some((same, None)) => self.known.remove(&same),
                None => None,
            };
        }
    }

    pub(super) fn learn(&mut self, facts: &[Fact]) {
        for (same, known) in facts {
            let before = self.known.get(same).copied();
            if *known == Known::Present && self.is_known_present(*same) {
                continue;
            }
            self.known.insert(*same, *known);
            self.replaced.push((*same, before));
        }
    }

    /// A local of which nothing is known.
    pub(super) fn name(&mut self, local: LocalId) {
        let fresh = self.fresh();
        self.locals.insert(local, fresh);
    }

    /// A local that is another name of this value.
    pub(super) fn alias(&mut self, local: LocalId, value: NodeId) {
        let same = self.same(value);
        self.locals.insert(local, same);
    }

    /// A local that stands for each element of a list in turn.
    pub(super) fn bind_element(&mut self, local: LocalId, list: NodeId) {
        if let Some(Elements { element, facts }) = self.elements.get(&list).cloned() {
            self.locals.insert(local, element);
            self.learn(&facts);
        }
    }
}

impl Checker<'_> {
    /// What is known when a condition has this outcome.
    pub(super) fn told(&self, condition: NodeId, outcome: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.tell(condition, outcome, &mut facts);
        facts
    }

    fn tell(&self, id: NodeId, outcome: bool, facts: &mut Vec<Fact>) {
        facts.push((self.flow.same(id), if outcome { Known::True } else { Known::False }));
        match self.kind(id) {
            Some(NodeKind::Not(value)) => self.tell(*value, !outcome, facts),
            Some(NodeKind::And(nodes)) => self.tell_of_all(nodes, outcome, outcome, facts),
            Some(NodeKind::Or(nodes)) => self.tell_of_all(nodes, outcome, !outcome, facts),
            Some(NodeKind::Equal { lhs, rhs, negated }) => {
                self.tell_of_equality(*lhs, *rhs, outcome != *negated, facts);
            }
            Some(NodeKind::Order { order, lhs, rhs }) => {
                self.tell_of_order(*order, (*lhs, *rhs), outcome, facts);
            }
            Some(NodeKind::Operation { operator: Operator::AsBoolean, arguments }) => {
                arguments.iter().for_each(|value| self.tell(*value, outcome, facts));
            }
            Some(NodeKind::Guard { value, rest, .. }) => {
                self.imply(*value, facts);
                self.tell(*rest, outcome, facts);
            }
            Some(NodeKind::Choice { links, otherwise }) => {
                self.tell_of_choice(links, *otherwise, outcome, facts);
            }
            Some(NodeKind::Call { row, arguments }) => {
                let names = functions::row(*row).map(|row| row.names).unwrap_or_default();
                let for_null = ANSWERS_FOR_NULL.iter().find(|(name, _)| names.contains(name));
                if for_null.is_some_and(|(_, answer)| *answer != outcome) {
                    arguments.first().into_iter().for_each(|value| self.imply(*value, facts));
                }
            }
            _ => {}
        }
    }

    /// Of the operands of `&&` or `||`: all of them have the outcome, or at least one of them does.
    fn tell_of_all(&self, nodes: &[NodeId], outcome: bool, all: bool, facts: &mut Vec<Fact>) {
        if all {
            return nodes.iter().for_each(|node| self.tell(*node, outcome, facts));
        }
        let Some((first, rest)) = nodes.split_first() else { return };
        let mut common: BTreeSet<Fact> = self.told(*first, outcome).into_iter().collect();
        for node in rest {
            if common.is_empty() {
                return;
            }
            let told: BTreeSet<Fact> = self.told(*node, outcome).into_iter().collect();
            common.retain(|fact| told.contains(fact));
        }
        facts.extend(common);
    }

    fn tell_of_equality(&self, lhs: NodeId, rhs: NodeId, equal: bool, facts: &mut Vec<Fact>) {
        for (value, other) in [(lhs, rhs), (rhs, lhs)] {
            match self.kind(other) {
                Some(NodeKind::Constant(Constant::Null)) if equal => {
                    facts.push((self.flow.same(value), Known::Null));
                }
                Some(NodeKind::Constant(Constant::Null)) => self.imply(value, facts),
                Some(NodeKind::Constant(Constant::Boolean(boolean)))
                    if equal && self.shape(value).ty == Type::Boolean =>
                {
                    self.tell(value, *boolean, facts);
                }
                _ if equal && self.flow.is_present(other) => self.imply(value, facts),
                _ => {}
            }
            if let (Some(counted), Some(n)) = (self.counted_in(value), self.constant_integer(other))
                && (n == 0) != equal
            {
                self.imply(counted, facts);
            }
            if let Some(defaulted) = self.defaulted_in(value)
                && self.are_same_constant(defaulted.otherwise, other) == Some(!equal)
            {
                self.imply(defaulted.value, facts);
            }
        }
    }

    /// `value ?: otherwise` or `value ?? otherwise`.
    fn defaulted_in(&self, id: NodeId) -> Option<Defaulted> {
        match self.kind(id)? {
            NodeKind::Choice { links, otherwise } => match links.as_slice() {
                [Link::Default { value, .. }] => {
                    Some(Defaulted { value: *value, otherwise: *otherwise })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether two constants are equal; `None` where one is none, or their kinds differ.
    fn are_same_constant(&self, one: NodeId, other: NodeId) -> Option<bool> {
        match (self.kind(one)?, self.kind(other)?) {
            (NodeKind::Constant(one), NodeKind::Constant(other))
                if std::mem::discriminant(one) == std::mem::discriminant(other) =>
            {
                Some(one == other)
            }
            _ => None,
        }
    }

    /// Null is the least of all values, so what is greater than something is there.
    fn tell_of_order(
        &self,
        order: Order,
        (lhs, rhs): (NodeId, NodeId),
        outcome: bool,
        facts: &mut Vec<Fact>,
    ) {
        let (greater, other, strictly) = match (order, outcome) {
            (Order::Less, true) | (Order::GreaterOrEqual, false) => (rhs, lhs, true),
            (Order::Greater, true) | (Order::LessOrEqual, false) => (lhs, rhs, true),
            (Order::LessOrEqual, true) | (Order::Greater, false) => (rhs, lhs, false),
            (Order::GreaterOrEqual, true) | (Order::Less, false) => (lhs, rhs, false),
        };
        if strictly || self.flow.is_present(other) {
            self.imply(greater, facts);
        }
        if let (Some(counted), Some(n)) = (self.counted_in(greater), self.constant_integer(other))
            && (n > 0 || (n == 0 && strictly))
        {
            self.imply(counted, facts);
        }
    }

    fn tell_of_choice(
        &self,
        links: &[Link],
        otherwise: NodeId,
        outcome: bool,
        facts: &mut Vec<Fact>,
    ) {
        let other = Constant::Boolean(!outcome);
        let is_other = |id: NodeId| match self.kind(id) {
            Some(NodeKind::Constant(constant)) => *constant == other,
            _ => false,
        };
        match links {
            [Link::Default { value, .. }] if is_other(otherwise) => {
                self.tell(*value, outcome, facts)
            }
            [Link::If { condition, then }] if is_other(otherwise) => {
                self.tell(*condition, true, facts);
                self.tell(*then, outcome, facts);
            }
            [Link::If { condition, then }] if is_other(*then) => {
                self.tell(*condition, false, facts);
                self.tell(otherwise, outcome, facts);
            }
            _ => {}
        }
    }

    /// The value is not null; nor is then what it was made of.
    pub(super) fn imply(&self, id: NodeId, facts: &mut Vec<Fact>) {
        facts.push((self.flow.same(id), Known::Present));
        let is_null =
            |id: NodeId| matches!(self.kind(id), Some(NodeKind::Constant(Constant::Null)));
        match self.kind(id) {
            Some(NodeKind::Guard { value, rest, .. }) => {
                self.imply(*value, facts);
                self.imply(*rest, facts);
            }
            Some(NodeKind::Operation { operator, arguments }) if is_conversion(*operator) => {
                arguments.iter().for_each(|value| self.imply(*value, facts));
            }
            Some(NodeKind::Choice { links, otherwise }) if is_null(*otherwise) => {
                match links.as_slice() {
                    [Link::Default { value, .. }] => self.imply(*value, facts),
                    [Link::If { condition, then }] => {
                        self.tell(*condition, true, facts);
                        self.imply(*then, facts);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// What a call counts that gives 0 for null.
    fn counted_in(&self, id: NodeId) -> Option<NodeId> {
        let Some(NodeKind::Call { row, arguments }) = self.kind(id) else { return None };
        let row = functions::row(*row)?;
        let counts = row.names.iter().any(|name| COUNTS.contains(name));
        arguments.first().copied().filter(|_| counts)
    }

    fn constant_integer(&self, id: NodeId) -> Option<i64> {
        match self.kind(id)? {
            NodeKind::Constant(Constant::Integer(value)) => Some(*value),
            _ => None,
        }
    }

    /// Runs a part that may not be evaluated where these facts hold; what it learns is forgotten.
    pub(super) fn where_known<T>(
        &mut self,
        facts: &[Fact],
        part: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let mark = self.flow.mark();
        self.flow.learn(facts);
        let made = part(self);
        self.flow.forget(mark);
        made
    }

    /// From here on the value is not null: it has been read, which faults otherwise.
    pub(super) fn learn_present(&mut self, value: NodeId) {
        let mut facts = Vec::new();
        self.imply(value, &mut facts);
        self.flow.learn(&facts);
    }

    /// Notes what is known of the elements of the list that a step makes of another.
    pub(super) fn note_elements(
        &mut self,
        made: NodeId,
        of: NodeId,
        (kind, element, body): (StageKind, LocalId, NodeId),
    ) {
        let before = self.flow.elements.get(&of).cloned();
        let elements = match kind {
            StageKind::Filter => {
                let local = NodeKind::Local(element);
                let element = self.flow.number(&local);
                let mut facts = before.map(|before| before.facts).unwrap_or_default();
                facts.extend(self.told(body, true));
                Some(Elements { element, facts })
            }
            StageKind::Map => {
                let mut facts = before.map(|before| before.facts).unwrap_or_default();
                if self.flow.is_present(body) {
                    self.imply(body, &mut facts);
                }
                Some(Elements { element: self.flow.same(body), facts })
            }
            StageKind::Take | StageKind::Skip => before,
            StageKind::FlatMap { .. } => None,
        };
        self.flow.elements.extend(elements.map(|elements| (made, elements)));
    }

    /// The same for a row that gives elements of its list.
    pub(super) fn keep_elements(&mut self, made: NodeId, of: NodeId) {
        let elements = self.flow.elements.get(&of).cloned();
        self.flow.elements.extend(elements.map(|elements| (made, elements)));
    }
}

/// Whether an operator makes another form of its argument, and null of null only.
fn is_conversion(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::AsText
            | Operator::AsBoolean
            | Operator::AsInteger
            | Operator::AsNumeric
            | Operator::AsList
            | Operator::AsMap
            | Operator::AsDateTime
            | Operator::AsCountry
            | Operator::Entries
            | Operator::CsvText
            | Operator::CsvList
    )
}

#[cfg(test)]
mod tests {
    use super::{ANSWERS_FOR_NULL, COUNTS};
    use claimsmith_runtime::functions;

    #[test]
    fn every_function_that_is_named_here_exists() {
        for name in ANSWERS_FOR_NULL.iter().map(|(name, _)| name).chain(&COUNTS) {
            assert!(functions::rows().any(|(_, row)| row.names.contains(name)), "{name}");
        }
    }
}
