//! Claims of authorization servers (authorization-server §1.4).

use super::ask::{Absent, Ask, Member, Told, is_true};
use super::inherent::{Changeable, Inherent, Known};
use super::{ChangeRefused, set, text_of};
use crate::organization::claim_id;
use crate::server::{ClaimType, ValueType, system_claims};
use crate::store::organization::EntityKind;
use crate::token::digest;
use serde_json::{Value, json};

pub(super) const CLAIMS: Inherent = Inherent {
    kind: EntityKind::Claim,
    prefix: "ocl",
    list: "claims",
    members: MEMBERS,
    required: &["name", "claimType", "valueType", "value"],
    system,
    is_same,
    value,
    changeable,
};

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

/// Claims of a server are told apart by their name and the kind of token.
fn is_same(one: &Value, other: &Value) -> bool {
    ["name", "claimType"].iter().all(|member| text_of(one, member) == text_of(other, member))
}

fn system(server: &str) -> Vec<(String, Value)> {
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
    system.collect()
}

fn value(claim: &Known) -> Value {
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
    });
    for name in ["value", "group_filter_type", "keepEmptyList"] {
        if let Some(own) = body.get(name) {
            set(&mut value, name, own.clone());
        }
    }
    value
}

/// What is sent for a claim that every server has says the same of it, but for the value of `sub`.
fn changeable(claim: &Known, sent: &Value) -> Result<Changeable, ChangeRefused> {
    let kept = value(claim);
    let is_subject = text_of(&kept, "valueType") != Some("SYSTEM");
    let fixed =
        ["name", "status", "claimType", "valueType", "value", "conditions", "alwaysIncludeInToken"];
    for name in fixed.into_iter().filter(|name| !(is_subject && *name == "value")) {
        let (kept, sent) = (kept.get(name), sent.get(name));
        if sent.is_some_and(|sent| !sent.is_null() && Some(sent) != kept) {
            return Err(ChangeRefused::read_only(name));
        }
    }
    Ok(if is_subject { Changeable::Yes } else { Changeable::No })
}

/// The claims of a server, in order.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list(ask: &Ask<'_>, server: &str) -> Result<Vec<Told>, ChangeRefused> {
    CLAIMS.list(ask, server).await
}

/// The claim of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, server: &str, id: &str) -> Result<Told, ChangeRefused> {
    CLAIMS.find(ask, server, id).await
}

/// Makes a claim.
///
/// # Errors
/// [`ChangeRefused`]; of an expression that does not compile with its diagnostics.
pub async fn add(ask: &Ask<'_>, server: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    CLAIMS.add(ask, server, sent).await
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
    CLAIMS.put(ask, server, id, sent).await
}

/// Deletes a claim that is not one that every server has.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, server: &str, id: &str) -> Result<(), ChangeRefused> {
    CLAIMS.remove(ask, server, id).await
}
