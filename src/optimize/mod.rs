//! What can be known early: typed IR becomes typed IR that gives the same values, faults and places
//! and spends the same steps, with less to do (design, "Total nodes", "Work is charged").
//!
//! Each pass is a rule for one node whose children were already rewritten. What a pass makes is
//! verified before anything else looks at it.

pub(crate) mod bound;
mod fold;
pub(crate) mod per_group;
mod prune;
mod rewrite;
#[cfg(test)]
mod tests;

use crate::ir::{Body, Object, verify};
use claimsmith_runtime::types::Shape;

/// One pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// What depends on constants alone is a constant.
    Fold,
    /// What is never reached is gone.
    Prune,
}

/// All passes, in their order.
pub(crate) const ALL: &[Pass] = &[Pass::Fold, Pass::Prune];

/// How often the passes are run, since what one finds may be work for another.
const ROUNDS: usize = 3;

/// The same program with less to do. `roots` are the shapes of the roots by ordinal.
///
/// # Errors
/// A pass broke the program: a bug of ours, with what does not hold.
pub(crate) fn optimize(body: &Body, roots: &[Shape], passes: &[Pass]) -> Result<Body, String> {
    let mut body = body.clone();
    for _ in 0..ROUNDS {
        let before = body.nodes.len();
        for pass in passes {
            body = pass.run(&body);
            verify::verify(&body, roots).map_err(|wrong| format!("{pass:?}: {wrong}"))?;
        }
        if body.nodes.len() == before {
            break;
        }
    }
    Ok(body)
}

/// As [`optimize`], of every expression of an object.
///
/// # Errors
/// As [`optimize`].
pub(crate) fn optimize_object(
    object: &Object,
    roots: &[Shape],
    passes: &[Pass],
) -> Result<Object, String> {
    let mut object = object.clone();
    for alternative in object.members.iter_mut().flat_map(|member| &mut member.alternatives) {
        for body in alternative.guard.iter_mut().chain([&mut alternative.value]) {
            *body = optimize(body, roots, passes)?;
        }
    }
    Ok(object)
}

impl Pass {
    fn run(self, body: &Body) -> Body {
        match self {
            Self::Fold => fold::run(body),
            Self::Prune => prune::run(body),
        }
    }
}
