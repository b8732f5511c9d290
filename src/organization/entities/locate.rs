//! Whose fault is a problem: the entity that a path of the joined document is in.

use super::{Within, lists_of};
use crate::store::organization::{Entity, EntityKind};

/// The entity that has what stands at `path` in the document that [`super::join`] makes of these, and
/// the path within it.
#[must_use]
pub fn locate<'e, 'p>(
    entities: impl IntoIterator<Item = &'e Entity>,
    path: &'p str,
) -> (Option<&'e Entity>, &'p str) {
    let within = Within::new(entities);
    let mut found = within.list(EntityKind::Organization, "").first().copied();
    let (mut kind, mut parent, mut rest) = (EntityKind::Organization, "", path);
    while let Some((list, index, after)) = first_step(rest) {
        let known = lists_of(kind).iter().find(|(name, _)| *name == list);
        let entity = known.and_then(|(_, kind)| within.list(*kind, parent).get(index).copied());
        let Some(entity) = entity else { break };
        (found, kind, parent, rest) = (Some(entity), entity.kind, &entity.id, after);
    }
    (found, rest)
}

/// `claims[2].value` is the list, the index and what comes after.
fn first_step(path: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = path.split_once('[')?;
    let (index, after) = rest.split_once(']')?;
    Some((list, index.parse().ok()?, after.strip_prefix('.').unwrap_or(after)))
}
