//! Reads the applications of the document, each written as the body of `POST /api/v1/apps` with
//! its assignments beside it.

use super::assignment::read_assignments;
use super::credential::{read_jwks, read_jwks_uri, read_secrets};
use super::decode::{Object, Place};
use super::grants::{self, Usage};
use super::identity::{self, APPLICATION, Digest};
use super::policy::SECOND_FACTOR;
use super::presence::{self, check_presence, check_settings};
use crate::directory::{
    Application, ApplicationType, AuthenticationMethod, ConsentMethod, Directory, RefreshRotation,
    Status,
};
use crate::server::MANAGEMENT_SCOPES;
use std::collections::BTreeSet;

const MEMBERS: &[&str] = &[
    "id",
    "name",
    "label",
    "signOnMode",
    "status",
    "credentials",
    "settings",
    "profile",
    "assignments",
    "grants",
];
const CREDENTIALS: &[&str] = &[
    "client_id",
    "client_secret",
    "token_endpoint_auth_method",
    "pkce_required",
    "autoKeyRotation",
];
const SETTINGS: &[&str] = &[
    "application_type",
    "grant_types",
    "response_types",
    "redirect_uris",
    "refresh_token",
    "jwks",
    "jwks_uri",
    "resource_server_for",
    "dpop_bound_access_tokens",
    "post_logout_redirect_uris",
    "consent_method",
    "second_factor",
    "allow_session_token",
    "policy_uri",
    "tos_uri",
];

/// How long the predecessor of a refresh token may still come, in seconds (authorization-server §4).
pub const LEEWAY: u32 = 30;
const LEEWAY_AT_MOST: u32 = 60;

/// The applications. No two share a client id or an id; labels may be the same, where ids are written.
pub(super) fn read_applications(
    top: &Object<'_>,
    directory: &Directory,
    digest: Digest<'_>,
) -> Vec<Application> {
    let mut applications: Vec<Application> = Vec::new();
    let (mut client_ids, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for place in top.list("apps") {
        let Some(application) = read_application(&place, directory, digest) else { continue };
        for (what, value, seen) in [
            ("client_id", &application.client_id, &mut client_ids),
            ("id", &application.id, &mut ids),
        ] {
            if !seen.insert(value.clone()) {
                place.blame(format!("another application has the {what} `{value}` already"));
            }
        }
        applications.push(application);
    }
    applications
}

fn read_application(
    place: &Place<'_>,
    directory: &Directory,
    digest: Digest<'_>,
) -> Option<Application> {
    let object = place.object(&[MEMBERS, presence::MEMBERS].concat())?;
    let label = object.require("label")?.text_up_to(100)?;
    check_presence(&object);
    expect_word(&object, "name", "oidc_client");
    expect_word(&object, "signOnMode", "OPENID_CONNECT");
    let credentials = within(&object, "credentials", CREDENTIALS);
    // Told as it was said; keys of applications are not exchanged by the clock.
    if let Some(credentials) = &credentials {
        credentials.boolean("autoKeyRotation", true);
    }
    let settings = within(&object, "settings", &[SETTINGS, presence::SETTINGS].concat());
    if settings.is_none() {
        place.blame("the member `settings.oauthClient` is missing");
    }
    let settings = settings?;
    check_settings(&settings);
    for name in ["client_uri", "logo_uri", "initiate_login_uri"] {
        read_page(&settings, name);
    }
    let id = identity::id_in(&object, APPLICATION, &[label], digest);
    let client_id = read_client_id(credentials.as_ref(), &id, place, directory);
    let application_type = settings.require("application_type")?.choice(ApplicationType::WORDS)?;
    let method = credentials.as_ref().map_or(AuthenticationMethod::ClientSecretBasic, |object| {
        object.choice(
            "token_endpoint_auth_method",
            AuthenticationMethod::WORDS,
            AuthenticationMethod::ClientSecretBasic,
        )
    });
    let secrets = credentials.as_ref().map(read_secrets).unwrap_or_default();
    if secrets.is_empty() == method.needs_secret() {
        place.blame(
            "a `client_secret` is needed, unless the method is `none` or `private_key_jwt`, where \
             none may be",
        );
    }
    let jwks = read_jwks(&settings);
    let jwks_uri = read_jwks_uri(&settings);
    let has_keys = !jwks.is_empty() || jwks_uri.is_some();
    if !has_keys && method == AuthenticationMethod::PrivateKeyJwt {
        place.blame("`jwks` or `jwks_uri` is needed with `private_key_jwt`");
    }
    let usage = grants::read_usage(&settings, application_type, method);
    let Usage { grant_types, response_types, redirect_uris } = usage;
    let dpop_bound = settings.boolean("dpop_bound_access_tokens", false);
    let (refresh_rotation, refresh_leeway) =
        read_refresh(&settings, application_type, method, dpop_bound);
    let (assigned_users, groups) = read_assignments(&object, directory);
    let assigned_groups = groups.iter().map(|assigned| assigned.group).collect();
    let said = groups.into_iter().filter(|assigned| !assigned.profile.is_empty());
    let profile = object.find("profile").and_then(|place| place.open_object());
    Some(Application {
        client_id,
        label: label.to_owned(),
        application_type,
        grant_types,
        response_types,
        redirect_uris,
        post_logout_redirect_uris: read_uris(&settings, "post_logout_redirect_uris"),
        consent_method: settings.choice(
            "consent_method",
            ConsentMethod::WORDS,
            ConsentMethod::Trusted,
        ),
        second_factor: settings.choice("second_factor", SECOND_FACTOR, false),
        session_token: settings.boolean("allow_session_token", false),
        policy_uri: read_page(&settings, "policy_uri"),
        tos_uri: read_page(&settings, "tos_uri"),
        token_endpoint_auth_method: method,
        pkce_required: read_pkce(credentials.as_ref(), application_type, method),
        jwks,
        jwks_uri,
        resource_server_for: settings
            .texts("resource_server_for")
            .iter()
            .map(|audience| audience.value.to_owned())
            .collect(),
        management_scopes: read_management_scopes(&object),
        refresh_rotation,
        refresh_leeway,
        dpop_bound,
        secrets,
        profile: profile.map(|profile| profile.to_profile()).unwrap_or_default(),
        status: object.choice("status", Status::WORDS, Status::Active),
        assigned_users,
        assigned_groups,
        group_profiles: said.map(|said| (said.group, said.profile)).collect(),
        id,
    })
}

/// What is kept of a grant of a scope, by whom it was made among it.
const GRANT: &[&str] = &["id", "issuer", "scopeId", "created", "createdBy"];

/// `grants`: what `POST /api/v1/apps/{id}/grants` makes, each for one scope of the management API.
fn read_management_scopes(application: &Object<'_>) -> Vec<String> {
    let words: Vec<(&str, &str)> = MANAGEMENT_SCOPES.iter().map(|name| (*name, *name)).collect();
    let mut scopes: Vec<String> = Vec::new();
    for place in application.list("grants") {
        let Some(object) = place.object(GRANT) else { continue };
        object.text_up_to("issuer", 2048);
        let Some(scope) = object.require("scopeId").and_then(|place| place.choice(&words)) else {
            continue;
        };
        if scopes.iter().any(|known| known == scope) {
            place.blame(format!("`{scope}` is granted twice"));
        }
        scopes.push(scope.to_owned());
    }
    scopes
}

/// What becomes of refresh tokens where nothing is said of it.
#[must_use]
pub fn usual_rotation(
    application_type: ApplicationType,
    method: AuthenticationMethod,
) -> RefreshRotation {
    let is_public = method == AuthenticationMethod::None;
    match is_public || application_type == ApplicationType::Browser {
        true => RefreshRotation::Rotate,
        false => RefreshRotation::Static,
    }
}

/// Whether PKCE is required where nothing is said of it (decision 26).
#[must_use]
pub fn usual_pkce(application_type: ApplicationType, method: AuthenticationMethod) -> bool {
    let may_keep_secrets =
        !matches!(application_type, ApplicationType::Native | ApplicationType::Browser);
    !may_keep_secrets || method == AuthenticationMethod::None
}

/// `refresh_token`: whether they rotate, and for how many seconds the predecessor may still come. Of
/// a client without a secret they do, unless they are bound to a key (decision 18).
fn read_refresh(
    settings: &Object<'_>,
    application_type: ApplicationType,
    method: AuthenticationMethod,
    dpop_bound: bool,
) -> (RefreshRotation, u32) {
    let is_public = method == AuthenticationMethod::None;
    let usual = usual_rotation(application_type, method);
    let place = settings.find("refresh_token");
    let object = place.and_then(|place| place.object(&["rotation_type", "leeway"]));
    let Some(object) = object else { return (usual, LEEWAY) };
    let rotation = object.choice("rotation_type", RefreshRotation::WORDS, usual);
    if rotation == RefreshRotation::Static && is_public && !dpop_bound {
        object.place.blame(
            "refresh tokens of a client without a secret rotate, unless \
             `dpop_bound_access_tokens` binds them to a key",
        );
    }
    let leeway = object.find("leeway").and_then(|place| place.integer(0..=LEEWAY_AT_MOST));
    (rotation, leeway.unwrap_or(LEEWAY))
}

/// A list of absolute URIs.
fn read_uris(settings: &Object<'_>, name: &str) -> Vec<String> {
    let uris = settings.texts(name);
    for uri in uris.iter().filter(|uri| !grants::is_absolute_uri(uri.value)) {
        uri.place.blame("expected an absolute URI without a fragment");
    }
    uris.iter().map(|uri| uri.value.to_owned()).collect()
}

/// A page that people are shown a link to.
fn read_page(settings: &Object<'_>, name: &str) -> Option<String> {
    let place = settings.find_text(name)?;
    let uri = place.text_up_to(2048)?;
    let is_web = ["https://", "http://"].iter().any(|scheme| uri.starts_with(scheme));
    if !is_web || !grants::is_absolute_uri(uri) {
        place.blame("expected the address of a page, `https://` and so on");
    }
    Some(uri.to_owned())
}

/// The object `{name}.oauthClient`.
fn within<'a>(object: &Object<'a>, name: &str, known: &[&str]) -> Option<Object<'a>> {
    object.find(name)?.object(&["oauthClient"])?.find("oauthClient")?.object(known)
}

/// A member that, if it is there, says what is known anyway.
fn expect_word(object: &Object<'_>, name: &str, word: &str) {
    object.find(name).and_then(|place| place.choice(&[(word, ())]));
}

/// The client id, else the id. It is never a user's id or login (decision 9).
fn read_client_id(
    credentials: Option<&Object<'_>>,
    id: &str,
    application: &Place<'_>,
    directory: &Directory,
) -> String {
    let place = credentials.and_then(|object| object.find("client_id"));
    let given = place.as_ref().and_then(|place| place.text());
    let blamed = place.as_ref().unwrap_or(application);
    if let Some(given) = given {
        let plain = |c: char| c.is_ascii_alphanumeric() || "$-_.+!*'(),".contains(c);
        if !(6..=100).contains(&given.len()) || !given.chars().all(plain) {
            blamed.blame("expected 6 to 100 of `A-Z a-z 0-9 $-_.+!*'(),`");
        }
        if given == "ALL_CLIENTS" {
            blamed.blame("`ALL_CLIENTS` means every client in policies");
        }
    }
    let client_id = given.unwrap_or(id);
    let taken = directory.find_user_by_id(client_id).is_some()
        || directory.users().iter().any(|user| user.login.eq_ignore_ascii_case(client_id));
    if taken {
        blamed.blame(format!("`{client_id}` is the id or login of a user"));
    }
    client_id.to_owned()
}

/// Whether PKCE is required (decision 26); of a client without a secret it always is.
fn read_pkce(
    credentials: Option<&Object<'_>>,
    application_type: ApplicationType,
    method: AuthenticationMethod,
) -> bool {
    let is_public = method == AuthenticationMethod::None;
    let usual = usual_pkce(application_type, method);
    let place = credentials.and_then(|object| object.find("pkce_required"));
    let given = place.as_ref().and_then(|place| place.boolean());
    if let (Some(false), true, Some(place)) = (given, is_public, &place) {
        place.blame("a client without a secret must require PKCE");
    }
    given.unwrap_or(usual)
}
