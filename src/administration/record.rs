//! What is recorded of a change: a row for each thing, in the batch that changes it, with what it said
//! before and says now. Nothing secret is among it.

use super::{set, status_of};
use crate::audit::{Actor, Alteration};
use crate::directory::Status;
use crate::organization::{groups_of, own_id};
use crate::random::Random;
use crate::store::Row;
use crate::store::journal::alteration_row;
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::{Value, json};

/// What Okta calls things of a kind, and what happens to them: made, changed, deleted, activated,
/// deactivated.
type Names = (EntityKind, &'static str, [&'static str; 5]);

const NAMES: &[Names] = &[
    (
        EntityKind::Server,
        "AuthorizationServer",
        [
            "oauth2.as.created",
            "oauth2.as.updated",
            "oauth2.as.deleted",
            "oauth2.as.activated",
            "oauth2.as.deactivated",
        ],
    ),
    (
        EntityKind::Scope,
        "OAuth2Scope",
        same_turned("oauth2.scope.updated", ["oauth2.scope.created", "oauth2.scope.deleted"]),
    ),
    (
        EntityKind::Claim,
        "OAuth2Claim",
        same_turned("oauth2.claim.updated", ["oauth2.claim.created", "oauth2.claim.deleted"]),
    ),
    (EntityKind::Policy, "Policy", OF_POLICIES),
    (
        EntityKind::Rule,
        "PolicyRule",
        [
            "policy.rule.add",
            "policy.rule.update",
            "policy.rule.delete",
            "policy.rule.activate",
            "policy.rule.deactivate",
        ],
    ),
    (EntityKind::TokenPolicy, "TokenPolicy", OF_POLICIES),
    (
        EntityKind::Application,
        "AppInstance",
        [
            "application.lifecycle.create",
            "application.lifecycle.update",
            "application.lifecycle.delete",
            "application.lifecycle.activate",
            "application.lifecycle.deactivate",
        ],
    ),
    (
        EntityKind::Group,
        "UserGroup",
        same_turned("group.profile.update", ["group.lifecycle.create", "group.lifecycle.delete"]),
    ),
    (
        EntityKind::LinkedObject,
        "LinkedObject",
        same_turned("linked_object.update", ["linked_object.create", "linked_object.delete"]),
    ),
    (
        EntityKind::GroupRule,
        "GroupRule",
        [
            "group.rule.create",
            "group.rule.update",
            "group.rule.delete",
            "group.rule.activate",
            "group.rule.deactivate",
        ],
    ),
    (
        EntityKind::User,
        "User",
        same_turned(
            "user.account.update_profile",
            ["user.lifecycle.create", "user.lifecycle.delete.completed"],
        ),
    ),
    (
        EntityKind::Hook,
        "InlineHook",
        [
            "inline_hook.created",
            "inline_hook.updated",
            "inline_hook.deleted",
            "inline_hook.activated",
            "inline_hook.deactivated",
        ],
    ),
    (
        EntityKind::TrustedOrigin,
        "TrustedOrigin",
        [
            "system.trustedorigin.create",
            "system.trustedorigin.update",
            "system.trustedorigin.delete",
            "system.trustedorigin.activate",
            "system.trustedorigin.deactivate",
        ],
    ),
];

const OF_POLICIES: [&str; 5] = [
    "policy.lifecycle.create",
    "policy.lifecycle.update",
    "policy.lifecycle.delete",
    "policy.lifecycle.activate",
    "policy.lifecycle.deactivate",
];

/// Of what is not activated and deactivated, or not by itself.
const fn same_turned(
    update: &'static str,
    [create, delete]: [&'static str; 2],
) -> [&'static str; 5] {
    [create, update, delete, update, update]
}

fn names_of(kind: EntityKind) -> (&'static str, [&'static str; 5]) {
    let found = NAMES.iter().find(|(known, ..)| *known == kind);
    found.map_or(
        (
            "Org",
            same_turned("organization.updated", ["organization.created", "organization.deleted"]),
        ),
        |(_, object, events)| (*object, *events),
    )
}

/// What Okta calls a thing of this kind: in errors, and in its System Log.
#[must_use]
pub fn type_name(kind: EntityKind) -> &'static str {
    names_of(kind).0
}

/// The rows of what is recorded of these changes, made at `at`, in microseconds since 1970; `event` is
/// what happened if it has a name of its own.
#[must_use]
pub fn record<'e>(
    (actor, event): (&Actor, Option<&'static str>),
    changes: &[Change],
    before: impl Fn(EntityKind, &str) -> Option<&'e Entity>,
    at: i64,
    random: &Random,
) -> Vec<Row> {
    let rows = changes.iter().map(|change| {
        let (kind, id) = change.about();
        alteration_row(&altered(change, before(kind, id), event), actor, at, random)
    });
    rows.collect()
}

/// What is recorded of a change; `event` is what happened if it has a name of its own.
pub(super) fn altered(
    change: &Change,
    before: Option<&Entity>,
    event: Option<&'static str>,
) -> Alteration {
    let (kind, id) = change.about();
    let after = match change {
        Change::Create(entity) | Change::Replace(entity) => Some(entity),
        Change::Delete { .. } => None,
    };
    let (before, shown) = (before.map(shown), after.map(shown));
    let (object, [created, updated, deleted, activated, deactivated]) = names_of(kind);
    let status = |body: &Option<Value>| body.as_ref().map_or(Status::Active, status_of);
    let usual = match (change, status(&before), status(&shown)) {
        (Change::Create(_), ..) => created,
        (Change::Delete { .. }, ..) => deleted,
        (_, Status::Active, Status::Inactive) => deactivated,
        (_, Status::Inactive, Status::Active) => activated,
        _ => updated,
    };
    let body = shown.as_ref().or(before.as_ref());
    Alteration {
        event: event.unwrap_or(usual),
        object,
        id: after.map_or_else(|| last_part(kind, id), |entity| own_id(entity).to_owned()),
        name: body.and_then(name_of),
        before,
        after: shown,
    }
}

/// That a server signs with another key.
pub(super) fn altered_keys(server: &Entity) -> Alteration {
    Alteration {
        event: "app.oauth2.as.key.rollover",
        object: type_name(EntityKind::Server),
        id: server.id.clone(),
        name: name_of(&shown(server)),
        before: None,
        after: None,
    }
}

fn last_part(kind: EntityKind, id: &str) -> String {
    own_id(&Entity::new(kind, id, String::new())).to_owned()
}

fn name_of(body: &Value) -> Option<String> {
    let text = |pointer: &str| body.pointer(pointer)?.as_str();
    let found =
        text("/profile/login").or_else(|| text("/name").filter(|_| text("/label").is_none()));
    found.or_else(|| text("/label")).map(str::to_owned)
}

/// Where bodies hold what is secret, or may.
const SECRET: &[&str] = &[
    "/password",
    "/credentials/oauthClient/client_secret",
    "/credentials/password",
    "/channel/config/authScheme/value",
    "/channel/config/clientSecret",
];

/// What is shown instead.
const HIDDEN: &str = "***";

/// The body of an entity, and the groups that a user is in, without what is secret.
fn shown(entity: &Entity) -> Value {
    let mut body: Value = serde_json::from_str(&entity.body).unwrap_or_default();
    for pointer in SECRET {
        if let Some(secret) = body.pointer_mut(pointer) {
            *secret = json!(HIDDEN);
        }
    }
    let headers = body.pointer_mut("/channel/config/headers").and_then(Value::as_array_mut);
    for header in headers.into_iter().flatten() {
        if let Some(value) = header.get_mut("value") {
            *value = json!(HIDDEN);
        }
    }
    if entity.kind == EntityKind::User {
        set(&mut body, "groups", groups_of(entity).collect());
    }
    body
}
