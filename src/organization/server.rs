//! Reads the authorization servers of the document, with their scopes and claims.

use super::claim::read_claims;
use super::decode::{Object, Place};
use super::grants::is_absolute_uri;
use super::identity::{self, Digest, SERVER};
use super::policy::{Surroundings, read_policies};
use super::token_policy::read_token_policies;
use crate::directory::Attribute;
use crate::directory::{Directory, Status};
use crate::server::{
    ALGORITHMS, AccessTokenFormat, AuthorizationServer, ClaimType, Consent, InlineHook, IssuerMode,
    LegacyGrants, MetadataPublish, RefreshPolicy, Scope, reserved, system_scopes,
};
use std::collections::BTreeSet;

const MEMBERS: &[&str] = &[
    "id",
    "name",
    "description",
    "audiences",
    "default",
    "status",
    "credentials",
    "issuerMode",
    "strictErrors",
    "accessTokenFormat",
    "refreshPolicy",
    "associatedServers",
    "legacyGrants",
    "scopes",
    "claims",
    "policies",
    "tokenPolicies",
];
const SCOPE: &[&str] = &[
    "id",
    "name",
    "displayName",
    "description",
    "consent",
    "optional",
    "default",
    "metadataPublish",
];

/// The servers. No two share an id, and at most one is the default. Null stands for the one that is
/// `known` in the same place.
pub(super) fn read_servers(
    top: &Object<'_>,
    known: &[&AuthorizationServer],
    (directory, hooks, schema): (&Directory, &[InlineHook], &[Attribute]),
    digest: Digest<'_>,
) -> Vec<AuthorizationServer> {
    let mut servers: Vec<AuthorizationServer> = Vec::new();
    let mut ids = BTreeSet::new();
    for (index, place) in top.list("authorizationServers").into_iter().enumerate() {
        let read = match known.get(index).filter(|_| place.is_null()) {
            Some(known) => Some((*known).clone()),
            None => read_server(&place, directory, hooks, schema, digest),
        };
        let Some(server) = read else { continue };
        if !ids.insert(server.id.clone()) {
            let hint = match place.open_object().and_then(|server| server.find("id")) {
                Some(_) => "",
                None => ", which is made of its name: give each an `id`",
            };
            place.blame(format!("another server has the id `{}` already{hint}", server.id));
        }
        if server.is_default && servers.iter().any(|known| known.is_default) {
            place.blame("another server is the default already");
        }
        servers.push(server);
    }
    check_trusted(top, &servers);
    servers
}

/// Every server that another trusts must be there.
fn check_trusted(top: &Object<'_>, servers: &[AuthorizationServer]) {
    for place in top.list("authorizationServers").iter().filter(|place| !place.is_null()) {
        let Some(object) = place.open_object() else { continue };
        for named in object.texts("associatedServers") {
            if !servers.iter().any(|known| known.id == named.value) {
                named.place.blame(format!("there is no server with the id `{}`", named.value));
            }
        }
    }
}

fn read_server(
    place: &Place<'_>,
    directory: &Directory,
    hooks: &[InlineHook],
    schema: &[Attribute],
    digest: Digest<'_>,
) -> Option<AuthorizationServer> {
    let object = place.object(MEMBERS)?;
    let name = object.require("name")?.text_up_to(100)?;
    let id = identity::id_in(&object, SERVER, &[name], digest);
    let audiences = read_audiences(&object, directory);
    let scopes = read_scopes(&object);
    let format =
        object.choice("accessTokenFormat", AccessTokenFormat::WORDS, AccessTokenFormat::Okta);
    let (algorithm, rotates_keys) = read_signing(&object);
    let around = Surroundings {
        server_id: &id,
        directory,
        hooks,
        scopes: &scopes,
        audiences: &audiences,
        digest,
    };
    Some(AuthorizationServer {
        name: name.to_owned(),
        description: object.description(255),
        is_default: object.boolean("default", false),
        issuer_mode: object.choice("issuerMode", IssuerMode::WORDS, IssuerMode::OrgUrl),
        status: object.choice("status", Status::WORDS, Status::Active),
        claims: read_claims(&object, format, around),
        policies: read_policies(&object, around),
        token_policies: read_token_policies(&object, format, schema, around),
        algorithm: algorithm.to_owned(),
        rotates_keys,
        strict_errors: object.boolean("strictErrors", false),
        access_token_format: format,
        trusted_servers: object
            .texts("associatedServers")
            .iter()
            .map(|id| id.value.to_owned())
            .collect(),
        legacy_grants: read_legacy_grants(&object),
        refresh_policy: object.choice(
            "refreshPolicy",
            RefreshPolicy::WORDS,
            RefreshPolicy::Current,
        ),
        id,
        audiences,
        scopes,
    })
}

/// `credentials.signing`: the algorithm, and whether keys change by themselves.
fn read_signing(server: &Object<'_>) -> (&'static str, bool) {
    let words: Vec<(&str, &'static str)> = ALGORITHMS.iter().map(|name| (*name, *name)).collect();
    let signing = server
        .find("credentials")
        .and_then(|place| place.object(&["signing"]))
        .and_then(|object| object.find("signing"))
        .and_then(|place| place.object(&["alg", "use", "rotationMode"]));
    let Some(signing) = signing else { return ("RS256", true) };
    signing.find("use").and_then(|place| place.choice(&[("sig", ())]));
    let modes = [("AUTO", true), ("MANUAL", false)];
    (signing.choice("alg", &words, "RS256"), signing.choice("rotationMode", &modes, true))
}

/// `legacyGrants`: which of the grants that are off by themselves are on (decision 29).
fn read_legacy_grants(server: &Object<'_>) -> LegacyGrants {
    let listed = server.texts("legacyGrants");
    for text in &listed {
        text.place.choice(&[("password", ()), ("implicit", ()), ("hybrid", ())]);
    }
    let names = |name: &str| listed.iter().any(|text| text.value == name);
    LegacyGrants {
        password: names("password"),
        implicit: names("implicit"),
        hybrid: names("hybrid"),
    }
}

/// One audience or more, none of them the name of a client (decision 13).
fn read_audiences(server: &Object<'_>, directory: &Directory) -> Vec<String> {
    let Some(place) = server.require("audiences") else { return Vec::new() };
    let audiences = place.texts();
    if audiences.is_empty() {
        place.blame("a server has at least one audience");
    }
    for audience in &audiences {
        if audience.value.is_empty() || audience.value.chars().any(char::is_whitespace) {
            audience.place.blame("an audience is a text without white space");
        } else if audience.value.contains(':') && !is_absolute_uri(audience.value) {
            audience.place.blame("an audience with a colon must be an absolute URI");
        }
        if directory.find_application(audience.value).is_some() {
            let message = format!("`{}` is the client_id of an application", audience.value);
            audience.place.blame(message);
        }
    }
    audiences.iter().map(|audience| audience.value.to_owned()).collect()
}

/// The system scopes, then the server's own. The document may describe a system scope anew.
fn read_scopes(server: &Object<'_>) -> Vec<Scope> {
    let mut scopes = system_scopes();
    let (mut seen, mut ids) = (Vec::new(), BTreeSet::new());
    for place in server.list("scopes") {
        if let Some(object) = place.open_object() {
            identity::check_own_id(&object, &mut ids);
        }
        let Some(scope) = read_scope(&place) else { continue };
        if seen.contains(&scope.name) {
            place.blame(format!("another scope has the name `{}` already", scope.name));
        }
        seen.push(scope.name.clone());
        match scopes.iter_mut().find(|known| known.system && known.name == scope.name) {
            Some(known) => *known = Scope { system: true, ..scope },
            None => scopes.push(scope),
        }
    }
    scopes
}

fn read_scope(place: &Place<'_>) -> Option<Scope> {
    let object = place.object(SCOPE)?;
    let name_place = object.require("name")?;
    let name = name_place.text_up_to(255)?;
    check_scope_name(&name_place, name);
    Some(Scope {
        name: name.to_owned(),
        display_name: object.text_up_to("displayName", 255).unwrap_or(name).to_owned(),
        description: object.description(1024),
        consent: object.choice("consent", Consent::WORDS, Consent::Implicit),
        is_optional: object.boolean("optional", false),
        is_default: object.boolean("default", false),
        system: false,
        metadata_publish: object.choice(
            "metadataPublish",
            MetadataPublish::WORDS,
            MetadataPublish::NoClients,
        ),
    })
}

/// Authorization-server §1.3 and RFC 6749 §3.3.
fn check_scope_name(place: &Place<'_>, name: &str) {
    if !name.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\') {
        place.blame("a scope is printable ASCII without space, `\"` and `\\`");
    }
    if name.contains('<') && name.contains('>') {
        place.blame("a scope may hold `<` or `>`, not both");
    }
    let is_vendor = ["okta.", "okta:"].iter().any(|prefix| name.starts_with(prefix));
    if is_vendor || matches!(name, "okta" | "*") {
        place.blame(format!("the scope `{name}` is reserved"));
    }
}

/// The name of a claim, noting one that is reserved (decision 8).
pub(super) fn check_claim_name<'a>(
    place: &Place<'a>,
    claim_type: ClaimType,
    format: AccessTokenFormat,
) -> Option<&'a str> {
    let name = place.text_up_to(255)?;
    if reserved::is_reserved(claim_type, name, format) {
        let token = match claim_type {
            ClaimType::Resource => "access tokens",
            ClaimType::Identity => "ID tokens",
        };
        place.blame(format!("the claim name `{name}` is reserved in {token}"));
    }
    Some(name)
}
