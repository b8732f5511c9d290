//! What every authorization server has, and what none may define.

use super::reserved::is_reserved;
use super::*;

#[test]
fn every_server_has_seven_system_scopes_that_are_published() {
    let scopes = system_scopes();
    assert_eq!(scopes.len(), 7);
    assert!(scopes.iter().all(|scope| scope.metadata_publish == MetadataPublish::AllClients));
}

#[test]
fn every_server_has_eighteen_claims_of_identity_and_the_subject() {
    let claims = system_claims();
    let identity = claims.iter().filter(|claim| claim.claim_type == ClaimType::Identity);
    assert_eq!(identity.count(), 18);
    let always: Vec<&str> = claims
        .iter()
        .filter(|claim| claim.always_include)
        .map(|claim| claim.name.as_str())
        .collect();
    assert_eq!(always, ["sub", "name", "preferred_username", "email"]);
}

/// Decision 8.
#[test]
fn names_a_token_rests_on_are_reserved() {
    let okta = AccessTokenFormat::Okta;
    for name in ["exp", "iss", "uid", "act", "nbf", "cnf", "client_id", "aud"] {
        assert!(is_reserved(ClaimType::Resource, name, okta), "{name}");
    }
    for name in ["exp", "sub", "aud", "nonce", "role", "device_id"] {
        assert!(is_reserved(ClaimType::Identity, name, okta), "{name}");
    }
}

#[test]
fn groups_is_free_and_scope_is_free_only_in_the_layout_that_does_not_write_it() {
    let okta = AccessTokenFormat::Okta;
    assert!(!is_reserved(ClaimType::Resource, "groups", okta));
    assert!(!is_reserved(ClaimType::Identity, "groups", okta));
    assert!(!is_reserved(ClaimType::Resource, "scope", okta));
    assert!(is_reserved(ClaimType::Resource, "scope", AccessTokenFormat::Both));
    assert!(is_reserved(ClaimType::Resource, "scope", AccessTokenFormat::Rfc9068));
}
