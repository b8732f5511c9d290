//! Scopes and claims: those that every server has, which are kept only where they were changed, and
//! its own.

use super::ask::{Ask, Told};
use super::{ChangeRefused, IfMatch, read_body};
use crate::organization::{Snapshot, own_id};
use crate::store::organization::{Entity, EntityKind};
use serde_json::Value;
use std::sync::Arc;

/// A scope or claim of a server.
#[derive(Debug)]
pub(super) struct Known {
    /// Its id within the server.
    pub(super) own: String,
    /// `None` of what every server has, as long as it is as it comes.
    pub(super) entity: Option<Arc<Entity>>,
    pub(super) body: Value,
    /// Whether every server has it.
    pub(super) is_system: bool,
    order: String,
}

impl Known {
    /// It, as it is told.
    pub(super) fn told(&self, value: Value) -> Told {
        let generation = self.entity.as_ref().map_or(0, |entity| entity.generation);
        Told { value, generation, order: self.order.clone() }
    }
}

/// Those of this kind in a server, `system` first: their ids, and what they are as they come. `is_same`
/// says which of them a body describes.
pub(super) fn all_known(
    kept: &Snapshot,
    (kind, server): (EntityKind, &str),
    system: Vec<(String, Value)>,
    is_same: impl Fn(&Value, &Value) -> bool,
) -> Result<Vec<Known>, ChangeRefused> {
    let mut inherent: Vec<Known> = system
        .into_iter()
        .enumerate()
        .map(|(index, (own, body))| {
            // Before every digit.
            let order = format!("-{index:02}");
            Known { own, entity: None, body, is_system: true, order }
        })
        .collect();
    let mut others = Vec::new();
    for entity in kept.within(kind, server) {
        let body = read_body(entity)?;
        let (own, entity) = (own_id(entity).to_owned(), Some(Arc::clone(entity)));
        match inherent.iter_mut().find(|known| is_same(&known.body, &body)) {
            Some(known) => {
                *known = Known { own, entity, body, is_system: true, order: known.order.clone() }
            }
            None => {
                let position = entity.as_ref().map_or(0, |entity| entity.position);
                let order = format!("{position:010}/{own}");
                others.push(Known { own, entity, body, is_system: false, order });
            }
        }
    }
    inherent.extend(others);
    Ok(inherent)
}

/// The one of this id, as the administrator knows it.
pub(super) fn require<'k>(
    known: &'k [Known],
    (kind, id): (EntityKind, &str),
    if_match: &IfMatch,
) -> Result<&'k Known, ChangeRefused> {
    let found = known.iter().find(|known| known.own == id);
    let found = found.ok_or_else(|| ChangeRefused::not_found(kind, id))?;
    let generation = found.entity.as_ref().map_or(0, |entity| entity.generation);
    match if_match {
        IfMatch::OneOf(known) if !known.contains(&generation) => Err(ChangeRefused::Overwritten),
        _ => Ok(found),
    }
}

/// A link to itself, with what may be done there.
pub(super) fn self_link(ask: &Ask<'_>, server: &str, list: &str, known: &Known) -> Value {
    let path = format!("{}/{list}/{}", super::server::path_of(server), known.own);
    let allow: &[&str] = if known.is_system { &["GET", "PUT"] } else { &["GET", "PUT", "DELETE"] };
    serde_json::json!({ "self": ask.link(&path, allow) })
}
