//! Reads the claims of a server.

use super::decode::{Object, Place};
use super::expression::read_expression;
use super::identity;
use super::policy::Surroundings;
use super::reference;
use super::server::check_claim_name;
use crate::directory::Status;
use crate::server::{
    AccessTokenFormat, ClaimDefinition, ClaimType, GroupFilter, ValueType, system_claims,
};
use std::collections::BTreeSet;

const MEMBERS: &[&str] = &[
    "id",
    "name",
    "status",
    "claimType",
    "valueType",
    "value",
    "group_filter_type",
    "conditions",
    "alwaysIncludeInToken",
    "keepEmptyList",
];

/// The system claims, then the server's own. Of a system claim the document may change the value of
/// `sub` in access tokens only.
pub(super) fn read_claims(
    server: &Object<'_>,
    format: AccessTokenFormat,
    around: Surroundings<'_>,
) -> Vec<ClaimDefinition> {
    let (mut claims, places) = (system_claims(), server.list("claims"));
    claims.reserve_exact(places.len());
    let (mut is_subject_given, mut ids) = (false, BTreeSet::new());
    for place in places {
        if let Some(object) = place.open_object() {
            identity::check_own_id(&object, &mut ids);
        }
        let Some(claim) = read_claim(&place, format, around) else { continue };
        let known = claims
            .iter_mut()
            .find(|known| known.name == claim.name && known.claim_type == claim.claim_type);
        match known {
            Some(subject) if is_subject(subject) && !is_subject_given => {
                is_subject_given = true;
                check_subject(&place, &claim);
                subject.value = claim.value;
            }
            Some(known) => {
                place.blame(format!("another claim has the name `{}` already", known.name));
            }
            None => claims.push(claim),
        }
    }
    claims
}

fn is_subject(claim: &ClaimDefinition) -> bool {
    claim.system && claim.claim_type == ClaimType::Resource && claim.name == "sub"
}

/// `sub` stays an expression that is always there.
fn check_subject(place: &Place<'_>, claim: &ClaimDefinition) {
    let is_whole = claim.value_type == ValueType::Expression
        && claim.status == Status::Active
        && claim.scopes.is_empty();
    if !is_whole {
        place.blame("of the claim `sub` only `value` may change");
    }
}

fn read_claim(
    place: &Place<'_>,
    format: AccessTokenFormat,
    around: Surroundings<'_>,
) -> Option<ClaimDefinition> {
    let object = place.object(MEMBERS)?;
    let name_place = object.require("name")?;
    let claim_type = object.require("claimType")?.choice(ClaimType::WORDS)?;
    let name = check_claim_name(&name_place, claim_type, format)?;
    let value_type_place = object.require("valueType")?;
    let value_type = value_type_place.choice(ValueType::WORDS)?;
    if value_type == ValueType::System {
        value_type_place.blame("only the server's own claims are of type `SYSTEM`");
    }
    let filter = object.find("group_filter_type");
    if filter.is_some() != (value_type == ValueType::Groups) {
        place.blame("`group_filter_type` belongs to claims of type `GROUPS`, and only to those");
    }
    let conditions = object.find("conditions").and_then(|place| place.object(&["scopes"]));
    let scopes = conditions.map(|conditions| conditions.texts("scopes")).unwrap_or_default();
    let flag = object.boolean("alwaysIncludeInToken", false);
    Some(ClaimDefinition {
        name: name.to_owned(),
        claim_type,
        value_type,
        value: Some(read_expression(&object.require("value")?)?),
        group_filter: filter.and_then(|place| place.choice(GroupFilter::WORDS)),
        scopes: reference::among(&scopes, "scope", around.scopes()),
        always_include: flag || claim_type == ClaimType::Resource,
        keep_empty: object.boolean("keepEmptyList", false),
        status: object.choice("status", Status::WORDS, Status::Active),
        system: false,
    })
}
