//! Reads the applications of the document, each written as the body of `POST /api/v1/apps` with
//! its assignments beside it.

use super::decode::{Object, Place, Placed};
use super::grants::{self, Usage};
use super::identity::{self, APPLICATION, Digest};
use super::policy::SECOND_FACTOR;
use super::reference;
use crate::directory::{
    Application, ApplicationType, Assignment, AuthenticationMethod, ConsentMethod, Directory, Jwk,
    RefreshRotation, SecretSource, Status,
};
use crate::server::MANAGEMENT_SCOPES;
use crate::token::ForeignKey;
use std::collections::BTreeSet;
use std::path::PathBuf;

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
const CREDENTIALS: &[&str] =
    &["client_id", "client_secret", "token_endpoint_auth_method", "pkce_required"];
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
const LEEWAY: u32 = 30;
const LEEWAY_AT_MOST: u32 = 60;

/// Most keys of a client (authorization-server §8).
const KEYS_AT_MOST: usize = 50;

/// The applications. No two share a client id, an id or a label.
pub(super) fn read_applications(
    top: &Object<'_>,
    directory: &Directory,
    digest: Digest<'_>,
) -> Vec<Application> {
    let mut applications: Vec<Application> = Vec::new();
    let (mut client_ids, mut ids, mut labels) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for place in top.list("apps") {
        let Some(application) = read_application(&place, directory, digest) else { continue };
        for (what, value, seen) in [
            ("label", &application.label, &mut labels),
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
    let object = place.object(MEMBERS)?;
    let label = object.require("label")?.text_up_to(100)?;
    expect_word(&object, "name", "oidc_client");
    expect_word(&object, "signOnMode", "OPENID_CONNECT");
    let credentials = within(&object, "credentials", CREDENTIALS);
    let settings = within(&object, "settings", SETTINGS);
    if settings.is_none() {
        place.blame("the member `settings.oauthClient` is missing");
    }
    let settings = settings?;
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
    let (assigned_users, assigned_groups) = read_assignments(&object, directory);
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
        id,
    })
}

/// `grants`: what `POST /api/v1/apps/{id}/grants` makes, each for one scope of the management API.
fn read_management_scopes(application: &Object<'_>) -> Vec<String> {
    let words: Vec<(&str, &str)> = MANAGEMENT_SCOPES.iter().map(|name| (*name, *name)).collect();
    let mut scopes: Vec<String> = Vec::new();
    for place in application.list("grants") {
        let Some(object) = place.object(&["issuer", "scopeId"]) else { continue };
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

/// `jwks`: the public keys of the client, at most fifty.
fn read_jwks(settings: &Object<'_>) -> Vec<Jwk> {
    let Some(place) = settings.find("jwks") else { return Vec::new() };
    let Some(object) = place.object(&["keys"]) else { return Vec::new() };
    let places = object.list("keys");
    if places.len() > KEYS_AT_MOST {
        place.blame(format!("at most {KEYS_AT_MOST} keys"));
    }
    let mut keys: Vec<Jwk> = Vec::new();
    for place in &places {
        let Some(object) = place.open_object() else { continue };
        let texts = object.members().filter_map(|(name, place)| match place.json() {
            crate::document::Json::Text(text) => Some((name.to_owned(), text.clone())),
            _ => None,
        });
        let key: Jwk = texts.collect();
        let member = |name: &str| {
            key.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        if let Err(error) = ForeignKey::from_jwk(&member) {
            place.blame(error.to_string());
        }
        if keys.iter().any(|known| kid_of(known).is_some() && kid_of(known) == kid_of(&key)) {
            place.blame("another key has this `kid` already");
        }
        keys.push(key);
    }
    keys
}

/// `jwks_uri`: where the client publishes its keys, which it then may not list.
fn read_jwks_uri(settings: &Object<'_>) -> Option<String> {
    let place = settings.find("jwks_uri")?;
    let uri = place.text_up_to(2048)?;
    if !uri.starts_with("https://") || !grants::is_absolute_uri(uri) {
        place.blame("expected the address of a JWK Set, `https://` and so on");
    }
    if settings.find("jwks").is_some() {
        place.blame("`jwks` and `jwks_uri` exclude each other");
    }
    Some(uri.to_owned())
}

fn kid_of(key: &Jwk) -> Option<&str> {
    key.iter().find(|(name, _)| name == "kid").map(|(_, kid)| kid.as_str())
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
    let usual = if is_public || application_type == ApplicationType::Browser {
        RefreshRotation::Rotate
    } else {
        RefreshRotation::Static
    };
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
    let place = settings.find(name)?;
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

fn read_secrets(credentials: &Object<'_>) -> Vec<SecretSource> {
    let Some(place) = credentials.find("client_secret") else { return Vec::new() };
    let places = match place.json() {
        crate::document::Json::List(_) => place.list(),
        _ => vec![place.clone()],
    };
    if places.len() > 2 {
        place.blame("at most two secrets");
    }
    places.iter().filter_map(read_secret).collect()
}

/// `{"env"}`, `{"file"}` or `{"hash"}`. The secret itself may not stand in the document.
pub(super) fn read_secret(place: &Place<'_>) -> Option<SecretSource> {
    let crate::document::Json::Object(_) = place.json() else {
        place.blame(
            "expected `{\"env\": name}`, `{\"file\": path}` or `{\"hash\": hash}`; a secret does \
             not stand in the document itself",
        );
        return None;
    };
    let object = place.object(&["env", "file", "hash"])?;
    let text = |name: &str| object.text_up_to(name, 4096).map(str::to_owned);
    let sources: Vec<SecretSource> = [
        text("env").map(SecretSource::Environment),
        text("file").map(|path| SecretSource::File(PathBuf::from(path))),
        text("hash").map(SecretSource::Hash),
    ]
    .into_iter()
    .flatten()
    .collect();
    if sources.len() != 1 {
        place.blame("expected exactly one of `env`, `file`, `hash`");
    }
    sources.into_iter().next()
}

/// Whether PKCE is required (decision 26); of a client without a secret it always is.
fn read_pkce(
    credentials: Option<&Object<'_>>,
    application_type: ApplicationType,
    method: AuthenticationMethod,
) -> bool {
    let is_public = method == AuthenticationMethod::None;
    let usual =
        is_public || matches!(application_type, ApplicationType::Native | ApplicationType::Browser);
    let place = credentials.and_then(|object| object.find("pkce_required"));
    let given = place.as_ref().and_then(|place| place.boolean());
    if let (Some(false), true, Some(place)) = (given, is_public, &place) {
        place.blame("a client without a secret must require PKCE");
    }
    given.unwrap_or(usual)
}

fn read_assignments(object: &Object<'_>, directory: &Directory) -> (Vec<Assignment>, Vec<usize>) {
    let Some(object) = object.find("assignments").and_then(|p| p.object(&["users", "groups"]))
    else {
        return Default::default();
    };
    let mut assignments: Vec<Assignment> = Vec::new();
    for place in object.list("users") {
        let Some(assignment) = read_assignment(&place, directory) else { continue };
        if assignments.iter().any(|known| known.user == assignment.user) {
            place.blame("this user is assigned twice");
        }
        assignments.push(assignment);
    }
    (assignments, reference::groups(&object.texts("groups"), directory))
}

fn read_assignment(place: &Place<'_>, directory: &Directory) -> Option<Assignment> {
    let object = place.object(&["id", "login", "userName", "profile"])?;
    let login = object.find("id").or_else(|| object.require("login"))?;
    let name = Placed { value: login.text()?, place: login };
    let user = reference::users(&[name], directory).into_iter().next()?;
    let profile = object.find("profile").and_then(|place| place.open_object());
    Some(Assignment {
        user,
        user_name: object.text_up_to("userName", 100).map(str::to_owned),
        profile: profile.map(|profile| profile.to_profile()).unwrap_or_default(),
    })
}
