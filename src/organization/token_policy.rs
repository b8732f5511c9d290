//! Reads the token customisation policies of a server.

use super::decode::{Object, Place};
use super::expression;
use super::identity::{self, TOKEN_POLICY};
use super::policy::{Surroundings, in_order, included};
use super::reference;
use super::server::check_claim_name;
use crate::directory::Attribute;
use crate::directory::Status;
use crate::document::Json;
use crate::server::{
    AccessTokenFormat, AttributeOperator, AttributeTest, ClaimType, PolicyClaim, TokenPolicy,
};

const MEMBERS: &[&str] =
    &["id", "name", "description", "priority", "status", "conditions", "actions"];
const CONDITIONS: &[&str] =
    &["groups", "audiences", "clients", "scopes", "userAttributes", "elCondition"];
const CLAIM: &[&str] = &["name", "value", "claimType", "alwaysIncludeInToken", "keepEmptyList"];

/// The token policies of a server in the order of their priority.
pub(super) fn read_token_policies(
    server: &Object<'_>,
    format: AccessTokenFormat,
    schema: &[Attribute],
    around: Surroundings<'_>,
) -> Vec<TokenPolicy> {
    in_order("token policy", &server.list("tokenPolicies"), |place| {
        let policy = read_token_policy(place, format, schema, around)?;
        Some((policy.name.clone(), policy))
    })
}

fn read_token_policy(
    place: &Place<'_>,
    format: AccessTokenFormat,
    schema: &[Attribute],
    around: Surroundings<'_>,
) -> Option<TokenPolicy> {
    let object = place.object(MEMBERS)?;
    let name = object.require("name")?.text_up_to(100)?;
    let mut policy = TokenPolicy {
        id: identity::id_in(&object, TOKEN_POLICY, &[around.server_id, name], around.digest),
        name: name.to_owned(),
        status: object.choice("status", Status::WORDS, Status::Active),
        groups: None,
        audiences: None,
        clients: None,
        scopes: None,
        user_attributes: Vec::new(),
        condition: None,
        claims: read_claims(&object, format),
    };
    if let Some(conditions) = object.find("conditions").and_then(|p| p.object(CONDITIONS)) {
        read_conditions(&conditions, schema, around, &mut policy);
    }
    Some(policy)
}

fn read_conditions(
    conditions: &Object<'_>,
    schema: &[Attribute],
    around: Surroundings<'_>,
    policy: &mut TokenPolicy,
) {
    let names = |name: &str| included(conditions, name);
    let directory = around.directory;
    policy.groups = names("groups").map(|names| reference::groups(&names, directory));
    policy.clients = names("clients").map(|names| reference::clients(&names, directory));
    policy.audiences =
        names("audiences").map(|names| reference::among(&names, "audience", around.audiences()));
    policy.scopes = names("scopes").map(|names| reference::among(&names, "scope", around.scopes()));
    let tests = conditions.list("userAttributes");
    policy.user_attributes =
        tests.iter().filter_map(|place| read_attribute_test(place, schema)).collect();
    policy.condition = expression::read_condition(conditions);
}

fn read_attribute_test(place: &Place<'_>, schema: &[Attribute]) -> Option<AttributeTest> {
    let object = place.object(&["name", "operator", "value"])?;
    let name = object.require("name")?;
    let text = name.text()?;
    if !schema.iter().any(|attribute| attribute.name == text) {
        name.blame(format!("the user schema has no attribute `{text}`"));
    }
    let operator = object.require("operator")?.choice(AttributeOperator::WORDS)?;
    let value = object.require("value")?;
    let values = match operator {
        AttributeOperator::Equals => vec![value],
        AttributeOperator::In => value.list(),
    };
    for value in &values {
        if matches!(value.json(), Json::Null | Json::List(_) | Json::Object(_)) {
            value.blame("expected a text, a number or a boolean; `IN` takes a list of them");
        }
    }
    let values = values.into_iter().map(|value| value.json().clone()).collect();
    Some(AttributeTest { name: text.to_owned(), operator, values })
}

fn read_claims(policy: &Object<'_>, format: AccessTokenFormat) -> Vec<PolicyClaim> {
    let actions = policy.require("actions").and_then(|place| place.object(&["claims"]));
    let places = actions.map(|actions| actions.list("claims")).unwrap_or_default();
    let mut claims: Vec<PolicyClaim> = Vec::new();
    for place in places {
        let Some(claim) = read_claim(&place, format) else { continue };
        let same =
            |known: &PolicyClaim| known.name == claim.name && known.claim_type == claim.claim_type;
        if claims.iter().any(same) {
            place.blame(format!("this policy adds the claim `{}` already", claim.name));
        }
        claims.push(claim);
    }
    claims
}

fn read_claim(place: &Place<'_>, format: AccessTokenFormat) -> Option<PolicyClaim> {
    let object = place.object(CLAIM)?;
    let name = object.require("name")?;
    let claim_type = object.require("claimType")?.choice(ClaimType::WORDS)?;
    let text = check_claim_name(&name, claim_type, format)?;
    if text == "sub" && claim_type == ClaimType::Resource {
        name.blame("`sub` is set by the claim `sub` of the server only");
    }
    let flag = object.boolean("alwaysIncludeInToken", false);
    Some(PolicyClaim {
        name: text.to_owned(),
        value: expression::read_expression(&object.require("value")?)?,
        claim_type,
        always_include: flag || claim_type == ClaimType::Resource,
        keep_empty: object.boolean("keepEmptyList", false),
    })
}
