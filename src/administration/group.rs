//! Groups are made, changed and deleted, with what speaks of them.

use super::body::IfMatch;
use super::body::{Required, create, delete, read_body, replace, text_of};
use super::group_rule::invalidate;
use super::{Administration, ChangeRefused};
use crate::audit::Actor;
use crate::organization::{leave_group, tag_of_group, without_group};
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Value, json};
use std::sync::Arc;

impl Administration {
    /// Makes a group of this JSON, as an org document describes one; without `id` one is given.
    ///
    /// # Errors
    /// [`ChangeRefused`]; nothing is changed then.
    pub async fn create_group(
        &self,
        actor: &Actor,
        body: &Value,
    ) -> Result<Arc<Entity>, ChangeRefused> {
        let mut body = body.clone();
        if let Some(members) = body.as_object_mut() {
            members.entry("id").or_insert_with(|| json!(self.new_id("00g")));
        }
        let id = text_of(&body, "id").unwrap_or_default().to_owned();
        let changed = self
            .change(actor, |kept| {
                if kept.find(EntityKind::Group, &id).is_some() {
                    return Err(ChangeRefused::taken("id"));
                }
                let position = kept.next_position(EntityKind::Group, "");
                Ok(vec![create(EntityKind::Group, &id, position, &body)])
            })
            .await?;
        changed.find(EntityKind::Group, &id).cloned()
    }

    /// Changes a group: `edit` is handed the JSON that is kept and answers what is to be kept. It may
    /// be called again.
    ///
    /// # Errors
    /// [`ChangeRefused`], also as `edit` says; nothing is changed then.
    pub async fn change_group<Edit>(
        &self,
        actor: &Actor,
        id: &str,
        if_match: &IfMatch,
        edit: Edit,
    ) -> Result<Arc<Entity>, ChangeRefused>
    where
        Edit: Fn(Value) -> Result<Value, ChangeRefused> + Send + Sync,
    {
        let changed = self
            .change(actor, |kept| {
                let group = kept.require(EntityKind::Group, id, if_match)?;
                let body = changeable(group)?;
                Ok(vec![replace(group, &edit(body)?)])
            })
            .await?;
        changed.find(EntityKind::Group, id).cloned()
    }

    /// Deletes a group, and what speaks of it: rules, token policies and assignments in the same
    /// write, then, step by step, the memberships, which mean nothing any more.
    ///
    /// # Errors
    /// [`ChangeRefused`]. If the store fails between two steps, the group is gone.
    pub async fn delete_group(
        &self,
        actor: &Actor,
        id: &str,
        if_match: &IfMatch,
    ) -> Result<(), ChangeRefused> {
        self.change(actor, |kept| {
            let group = kept.require(EntityKind::Group, id, if_match)?;
            changeable(group)?;
            let mut changes = vec![delete(group)];
            let speaks = |entity: &&Entity| entity.kind != EntityKind::Group;
            for entity in kept.all().filter(speaks).filter(|entity| entity.body.contains(id)) {
                let mut body = read_body(entity)?;
                if without_group(entity.kind, &mut body, id) {
                    invalidate(entity, &mut body)?;
                    changes.push(replace(entity, &body));
                }
            }
            Ok(changes)
        })
        .await?;
        self.alter_tagged(&tag_of_group(id), |user| {
            leave_group(user, id);
            Ok(())
        })
        .await
    }
}

/// The body of a group that may be changed: not the one of every user.
fn changeable(group: &Entity) -> Result<Value, ChangeRefused> {
    let body = read_body(group)?;
    match text_of(&body, "type") {
        Some("BUILT_IN") => Err(ChangeRefused::not_permitted()),
        _ => Ok(body),
    }
}
