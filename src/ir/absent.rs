//! Where an expression faults because a root is null: a member of it is read without a question
//! before (decision 50).

use super::{Body, Constant, Link, NodeId, NodeKind};
use crate::source::Span;
use std::collections::BTreeSet;

/// Roots, by ordinal, that cannot be null where this is known.
type Known = BTreeSet<u32>;

impl Body {
    /// The first place that faults when the roots of these ordinals are null, if that depends on
    /// nothing but questions whether they are.
    pub(crate) fn faults_without(&self, roots: &[u32]) -> Option<Span> {
        Search { body: self, roots }.find(self.root, &Known::new())
    }
}

struct Search<'b> {
    body: &'b Body,
    roots: &'b [u32],
}

impl Search<'_> {
    fn kind(&self, id: NodeId) -> Option<&NodeKind> {
        match &self.body.node(id)?.kind {
            NodeKind::Charge { body: inner, .. } | NodeKind::ChargeSize(inner, _) => {
                self.kind(*inner)
            }
            kind => Some(kind),
        }
    }

    /// The root that a node is, if it is one of those asked for.
    fn root(&self, id: NodeId) -> Option<u32> {
        match self.kind(id)? {
            NodeKind::Root(ordinal) if self.roots.contains(ordinal) => Some(*ordinal),
            _ => None,
        }
    }

    fn find(&self, id: NodeId, known: &Known) -> Option<Span> {
        match self.kind(id)? {
            NodeKind::NonNull { value, .. } => match self.root(*value) {
                Some(root) if known.contains(&root) => None,
                Some(_) => self.body.node(*value).map(|root| root.span),
                None => self.find(*value, known),
            },
            NodeKind::And(nodes) => self.find_in_turn(nodes, known, true),
            NodeKind::Or(nodes) => self.find_in_turn(nodes, known, false),
            NodeKind::Choice { links, otherwise } => self.find_in_choice(links, *otherwise, known),
            // What follows a guard is reached only when its value is there.
            NodeKind::Guard { value, rest, .. } => {
                let mut there = known.clone();
                there.extend(self.root(*value));
                let found = self.find(*value, known);
                if found.is_none() && self.root(*value).is_some_and(|root| !known.contains(&root)) {
                    return None;
                }
                found.or_else(|| self.find(*rest, &there))
            }
            kind => kind.children().into_iter().find_map(|child| self.find(child, known)),
        }
    }

    /// Each operand is reached when those before it are `so_far`.
    fn find_in_turn(&self, nodes: &[NodeId], known: &Known, so_far: bool) -> Option<Span> {
        let mut known = known.clone();
        for node in nodes {
            if let Some(found) = self.find(*node, &known) {
                return Some(found);
            }
            known.extend(self.told(*node, so_far));
        }
        None
    }

    fn find_in_choice(&self, links: &[Link], otherwise: NodeId, known: &Known) -> Option<Span> {
        let mut known = known.clone();
        for link in links {
            match link {
                Link::If { condition, then } => {
                    let mut there = known.clone();
                    there.extend(self.told(*condition, true));
                    let found = self.find(*condition, &known).or_else(|| self.find(*then, &there));
                    if found.is_some() {
                        return found;
                    }
                    known.extend(self.told(*condition, false));
                }
                Link::Default { value, .. } => {
                    if let Some(found) = self.find(*value, &known) {
                        return Some(found);
                    }
                }
            }
        }
        self.find(otherwise, &known)
    }

    /// The roots that are there when a condition is `outcome`.
    fn told(&self, condition: NodeId, outcome: bool) -> Known {
        let all =
            |nodes: &[NodeId]| nodes.iter().flat_map(|node| self.told(*node, outcome)).collect();
        match self.kind(condition) {
            Some(NodeKind::Equal { lhs, rhs, negated }) if *negated == outcome => {
                let compared = |one, other| self.root(one).filter(|_| self.is_null(other));
                compared(*lhs, *rhs).or_else(|| compared(*rhs, *lhs)).into_iter().collect()
            }
            Some(NodeKind::Not(inner)) => self.told(*inner, !outcome),
            Some(NodeKind::And(nodes)) if outcome => all(nodes),
            Some(NodeKind::Or(nodes)) if !outcome => all(nodes),
            _ => Known::new(),
        }
    }

    fn is_null(&self, id: NodeId) -> bool {
        matches!(self.kind(id), Some(NodeKind::Constant(Constant::Null)))
    }
}
