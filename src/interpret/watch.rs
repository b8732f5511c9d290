//! Who looks on while an expression is evaluated. As a rule nobody does, and then nothing is left of
//! it in the machine code; an explanation wants to know what every part gave.

use super::run::Answer;
use crate::ir::{Body, NodeId};
use claimsmith_runtime::{Fault, Value};

/// Told what each node gave, every time it was evaluated.
pub(super) trait Watch<'a> {
    fn gave(&mut self, node: NodeId, answer: &Answer<'a>);
}

/// Nobody.
impl Watch<'_> for () {
    #[inline(always)]
    fn gave(&mut self, _: NodeId, _: &Answer<'_>) {}
}

/// How many of the values of one node are remembered: the first ones, since a node in a lambda may
/// have thousands.
const REMEMBERED: usize = 3;

/// What the nodes of one expression gave.
#[derive(Debug)]
pub(crate) struct Recording<'a>(Vec<Seen<'a>>);

/// What one node gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen<'a> {
    /// The first of them; a fault only where it arose.
    pub(crate) first: Vec<Result<Value<'a>, Fault>>,
    /// How often it was evaluated to an end.
    pub(crate) n_times: usize,
}

impl<'a> Recording<'a> {
    pub(super) fn of(body: &Body) -> Self {
        Self(vec![Seen::default(); body.nodes.len()])
    }

    /// What this node gave, if it was evaluated.
    pub(crate) fn find(&self, node: NodeId) -> Option<&Seen<'a>> {
        self.0.get(node.0 as usize).filter(|seen| seen.n_times > 0)
    }
}

impl<'a> Watch<'a> for &mut Recording<'a> {
    fn gave(&mut self, node: NodeId, answer: &Answer<'a>) {
        let outcome = match answer {
            Ok(value) => Ok(*value),
            Err(stopped) if stopped.node == node => Err(stopped.fault),
            // It passes on what arose in a part of it.
            Err(_) => return,
        };
        let Some(seen) = self.0.get_mut(node.0 as usize) else { return };
        seen.n_times += 1;
        if seen.first.len() < REMEMBERED {
            seen.first.push(outcome);
        }
    }
}
