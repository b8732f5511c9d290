//! What must hold of every typed program; checked after each step that makes one. A failure is a
//! bug of ours, never the author's.

mod locals;
mod shapes;
#[cfg(test)]
mod tests;

use super::{Body, NodeKind};
use claimsmith_runtime::types::Shape;

/// Whether a program is well formed: children come before their parents, locals are bound once and
/// before use, and every node's shape follows from those of its children. `roots` are the shapes of
/// the roots by ordinal.
///
/// # Errors
/// What does not hold, and of which node.
pub(crate) fn verify(body: &Body, roots: &[Shape]) -> Result<(), String> {
    if body.node(body.root).is_none() {
        return Err("there is no root".to_owned());
    }
    for (index, node) in body.nodes.iter().enumerate() {
        let later = node.kind.children().into_iter().find(|child| child.0 as usize >= index);
        if let Some(child) = later {
            return Err(format!("node %{index} reads {child}, which does not come before it"));
        }
    }
    let bound = locals::bound(body)?;
    locals::check_scopes(body)?;
    for (index, node) in body.nodes.iter().enumerate() {
        shapes::check(body, node, roots, &bound)
            .map_err(|wrong| format!("node %{index} ({}): {wrong}", name(&node.kind)))?;
    }
    Ok(())
}

/// The first word of the node's printed form.
fn name(kind: &NodeKind) -> String {
    let debug = format!("{kind:?}");
    debug.split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
}
