//! Claims of authorization servers (authorization-server §1.4).

use super::ask::{Absent, Ask, Member, Told, find_server, is_true, merge, require};
use super::inherent::{self, Known, all_known, self_link};
use super::{ChangeRefused, IfMatch, create, delete, replace, set, text_of};
use crate::organization::{Snapshot, below, claim_id};
use crate::server::{ClaimType, ValueType, system_claims};
use crate::store::organization::EntityKind;
use crate::token::digest;
use serde_json::{Value, json};

const MEMBERS: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("name", Absent::Default, &[]),
    Member("status", Absent::Default, &[]),
    Member("claimType", Absent::Default, &[]),
    Member("valueType", Absent::Default, &[]),
    Member("value", Absent::Default, &[]),
    Member("group_filter_type", Absent::Default, &[]),
    Member("conditions", Absent::Default, &[Member("scopes", Absent::Default, &[])]),
    Member("alwaysIncludeInToken", Absent::Default, &[]),
    Member("keepEmptyList", Absent::Kept, &[]),
];

/// What no claim is without.
const REQUIRED: &[&str] = &["name", "claimType", "valueType", "value"];

/// Claims of a server are told apart by their name and the kind of token.
fn is_same(one: &Value, other: &Value) -> bool {
    ["name", "claimType"].iter().all(|member| text_of(one, member) == text_of(other, member))
}

fn all(kept: &Snapshot, server: &str) -> Result<Vec<Known>, ChangeRefused> {
    let system = system_claims().into_iter().map(|claim| {
        let word = match claim.claim_type {
            ClaimType::Resource => "RESOURCE",
            ClaimType::Identity => "IDENTITY",
        };
        let value_type =
            if claim.value_type == ValueType::System { "SYSTEM" } else { "EXPRESSION" };
        let mut body = json!({
            "name": claim.name, "claimType": word, "valueType": value_type,
            "conditions": {"scopes": claim.scopes}, "alwaysIncludeInToken": claim.always_include,
        });
        if let Some(value) = claim.value {
            set(&mut body, "value", json!(value.text));
        }
        (claim_id(server, &claim.name, word, &digest), body)
    });
    all_known(kept, (EntityKind::Claim, server), system.collect(), is_same)
}

fn told(ask: &Ask<'_>, server: &str, claim: &Known) -> Told {
    let body = &claim.body;
    let text = |name: &str| text_of(body, name);
    let is_resource = text("claimType") == Some("RESOURCE");
    let scopes = body.pointer("/conditions/scopes").cloned().unwrap_or_else(|| json!([]));
    let mut value = json!({
        "id": claim.own,
        "name": text("name"),
        "status": text("status").unwrap_or("ACTIVE"),
        "claimType": text("claimType"),
        "valueType": text("valueType"),
        "conditions": {"scopes": scopes},
        "system": claim.is_system,
        "alwaysIncludeInToken": is_resource || is_true(body, "alwaysIncludeInToken"),
        "_links": self_link(ask, server, "claims", claim),
    });
    for name in ["value", "group_filter_type", "keepEmptyList"] {
        if let Some(own) = body.get(name) {
            set(&mut value, name, own.clone());
        }
    }
    claim.told(value)
}

/// The claims of a server, in order.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list(ask: &Ask<'_>, server: &str) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let server = &find_server(&kept, server)?.id;
    Ok(all(&kept, server)?.iter().map(|claim| told(ask, server, claim)).collect())
}

/// The claim of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, server: &str, id: &str) -> Result<Told, ChangeRefused> {
    tell(ask, &*ask.kept().await?, server, id)
}

fn tell(ask: &Ask<'_>, kept: &Snapshot, server: &str, id: &str) -> Result<Told, ChangeRefused> {
    let server = &find_server(kept, server)?.id;
    let all = all(kept, server)?;
    let claim = inherent::require(&all, (EntityKind::Claim, id), &IfMatch::Any)?;
    Ok(told(ask, server, claim))
}

/// Makes a claim.
///
/// # Errors
/// [`ChangeRefused`]; of an expression that does not compile with its diagnostics.
pub async fn add(ask: &Ask<'_>, server: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, REQUIRED)?;
    let id = ask.administration.new_id("ocl");
    let mut body = merge(MEMBERS, sent, None);
    set(&mut body, "id", json!(id));
    let edit = |kept: &Snapshot| {
        let server = &find_server(kept, server)?.id;
        if all(kept, server)?.iter().any(|known| is_same(&known.body, &body)) {
            return Err(ChangeRefused::taken("name"));
        }
        let position = kept.next_position(EntityKind::Claim, server);
        Ok(vec![create(EntityKind::Claim, &below(server, &id), position, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    tell(ask, &changed.snapshot, server, &id)
}

/// Puts what is sent in the place of a claim. Of `sub` in access tokens the value may change; what
/// else every server has stays as it is.
///
/// # Errors
/// [`ChangeRefused`]; of an expression that does not compile with its diagnostics.
pub async fn put(
    ask: &Ask<'_>,
    server: &str,
    id: &str,
    sent: &Value,
) -> Result<Told, ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let server = &find_server(kept, server)?.id;
        let all = all(kept, server)?;
        let claim = inherent::require(&all, (EntityKind::Claim, id), &ask.if_match)?;
        if claim.is_system {
            check_system(&told(ask, server, claim).value, sent)?;
            if text_of(&claim.body, "valueType") == Some("SYSTEM") {
                return Ok(Vec::new());
            }
        }
        require(sent, REQUIRED)?;
        let mut body = merge(MEMBERS, sent, Some(&claim.body));
        set(&mut body, "id", json!(id));
        if all.iter().any(|known| known.own != id && is_same(&known.body, &body)) {
            return Err(ChangeRefused::taken("name"));
        }
        Ok(vec![match &claim.entity {
            Some(entity) => replace(entity, &body),
            None => {
                let position = kept.next_position(EntityKind::Claim, server);
                create(EntityKind::Claim, &below(server, id), position, &body)
            }
        }])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    tell(ask, &changed.snapshot, server, id)
}

/// What is sent for a claim that every server has says the same of it, but for the value of `sub`.
fn check_system(kept: &Value, sent: &Value) -> Result<(), ChangeRefused> {
    let is_subject = text_of(kept, "valueType") != Some("SYSTEM");
    let fixed =
        ["name", "status", "claimType", "valueType", "value", "conditions", "alwaysIncludeInToken"];
    for name in fixed.into_iter().filter(|name| !(is_subject && *name == "value")) {
        let (kept, sent) = (kept.get(name), sent.get(name));
        if sent.is_some_and(|sent| !sent.is_null() && Some(sent) != kept) {
            return Err(ChangeRefused::read_only(name));
        }
    }
    Ok(())
}

/// Deletes a claim that is not one that every server has.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, server: &str, id: &str) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let server = &find_server(kept, server)?.id;
        let all = all(kept, server)?;
        let claim = inherent::require(&all, (EntityKind::Claim, id), &ask.if_match)?;
        match &claim.entity {
            Some(entity) if !claim.is_system => Ok(vec![delete(entity)]),
            _ => Err(ChangeRefused::not_permitted()),
        }
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}
