//! The server of the organization itself. It has no policy to be written: everybody gets the system
//! scopes for the applications they are assigned to, and services the scopes of the management API
//! that were granted to them (decisions 31 and 43).

use super::{
    Access, AccessTokenFormat, AuthorizationServer, Clients, Consent, IssuerMode, LegacyGrants,
    Lifetimes, MetadataPublish, People, Policy, RefreshPolicy, Rule, RuleScopes, SYSTEM_SCOPES,
    Scope, system_claims, system_scopes,
};
use crate::directory::Status;

/// Its id, which no server of a document can have, and no address.
pub const ORGANIZATION_SERVER: &str = "@organization";

/// The scopes of the management API (decision 31).
pub const MANAGEMENT_SCOPES: &[&str] = &[
    "okta.apiTokens.manage",
    "okta.apiTokens.read",
    "okta.appGrants.manage",
    "okta.appGrants.read",
    "okta.apps.manage",
    "okta.apps.read",
    "okta.authorizationServers.manage",
    "okta.authorizationServers.read",
    "okta.clients.manage",
    "okta.clients.read",
    "okta.clients.register",
    "okta.groups.manage",
    "okta.groups.read",
    "okta.inlineHooks.manage",
    "okta.inlineHooks.read",
    "okta.linkedObjects.manage",
    "okta.linkedObjects.read",
    "okta.logs.read",
    "okta.schemas.manage",
    "okta.schemas.read",
    "okta.sessions.manage",
    "okta.sessions.read",
    "okta.trustedOrigins.manage",
    "okta.trustedOrigins.read",
    "okta.users.manage",
    "okta.users.read",
];

/// The grants of people.
const PEOPLE: &[&str] = &["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"];
const SERVICES: &[&str] = &["client_credentials"];

/// The server of the organization found at `url`, which is its issuer and its only audience.
#[must_use]
pub fn organization_server(url: &str) -> AuthorizationServer {
    let system: Vec<&str> = SYSTEM_SCOPES.iter().map(|(name, _)| *name).collect();
    let rules =
        vec![rule("People", PEOPLE, &system), rule("Services", SERVICES, MANAGEMENT_SCOPES)];
    let policy = Policy {
        id: ORGANIZATION_SERVER.to_owned(),
        name: "Organization".to_owned(),
        description: String::new(),
        clients: Clients::All,
        status: Status::Active,
        rules,
    };
    AuthorizationServer {
        id: ORGANIZATION_SERVER.to_owned(),
        name: "Organization".to_owned(),
        description: String::new(),
        audiences: vec![url.to_owned()],
        is_default: false,
        issuer_mode: IssuerMode::OrgUrl,
        status: Status::Active,
        scopes: system_scopes().into_iter().chain(MANAGEMENT_SCOPES.iter().map(scope)).collect(),
        claims: system_claims(),
        policies: vec![policy],
        token_policies: Vec::new(),
        algorithm: super::ALGORITHMS.first().copied().unwrap_or_default().to_owned(),
        strict_errors: false,
        access_token_format: AccessTokenFormat::Okta,
        refresh_policy: RefreshPolicy::Current,
        rotates_keys: true,
        trusted_servers: Vec::new(),
        legacy_grants: LegacyGrants::default(),
    }
}

fn scope(name: &&str) -> Scope {
    Scope {
        name: (*name).to_owned(),
        display_name: (*name).to_owned(),
        description: String::new(),
        consent: Consent::Implicit,
        is_optional: false,
        is_default: false,
        system: false,
        metadata_publish: MetadataPublish::NoClients,
    }
}

fn rule(name: &str, grants: &[&str], scopes: &[&str]) -> Rule {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Rule {
        id: format!("{ORGANIZATION_SERVER}/{name}"),
        name: name.to_owned(),
        status: Status::Active,
        people: People { everyone: true, ..People::default() },
        grant_types: owned(grants),
        scopes: RuleScopes::Listed(owned(scopes)),
        audiences: Vec::new(),
        condition: None,
        access: Access::Allow,
        second_factor: false,
        inline_hook: None,
        lifetimes: Lifetimes::default(),
    }
}
