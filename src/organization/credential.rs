//! Reads what an application proves itself with: secrets and public keys, of which there may be several
//! while one takes the place of another. Those that are inactive prove nothing.

use super::decode::{Object, Place};
use super::grants;
use crate::directory::{Jwk, SecretSource, Status};
use crate::document::Json;
use crate::token::ForeignKey;
use std::path::PathBuf;

/// Most keys of a client (authorization-server §8).
const KEYS_AT_MOST: usize = 50;

/// Most secrets of a client (authorization-server §1.9).
const SECRETS_AT_MOST: usize = 2;

/// Where a secret comes from.
const SOURCES: &[&str] = &["env", "file", "hash", "sealed"];

/// What else is kept of a secret of a client.
const OF_SECRET: &[&str] =
    &["env", "file", "hash", "sealed", "id", "status", "created", "lastUpdated"];

/// The active secrets: one, or a list of them.
pub(super) fn read_secrets(credentials: &Object<'_>) -> Vec<SecretSource> {
    let Some(place) = credentials.find("client_secret") else { return Vec::new() };
    let places = match place.json() {
        Json::List(_) => place.list(),
        _ => vec![place.clone()],
    };
    if places.len() > SECRETS_AT_MOST {
        place.blame("at most two secrets");
    }
    let is_active = |(source, status): (SecretSource, Status)| status.is_active().then_some(source);
    places.iter().filter_map(read_secret_of_client).filter_map(is_active).collect()
}

fn read_secret_of_client(place: &Place<'_>) -> Option<(SecretSource, Status)> {
    let object = read_object(place, OF_SECRET)?;
    object.text_up_to("id", 64);
    let source = read_source(&object)?;
    Some((source, object.choice("status", Status::WORDS, Status::Active)))
}

/// `{"env"}`, `{"file"}`, `{"hash"}` or `{"sealed"}`. The secret itself may not stand in the document.
pub(super) fn read_secret(place: &Place<'_>) -> Option<SecretSource> {
    read_source(&read_object(place, SOURCES)?)
}

fn read_object<'a>(place: &Place<'a>, known: &[&str]) -> Option<Object<'a>> {
    if let Json::Object(_) = place.json() {
        return place.object(known);
    }
    place.blame(
        "expected `{\"env\": name}`, `{\"file\": path}`, `{\"hash\": hash}` or `{\"sealed\": text}`; \
         a secret does not stand in the document itself",
    );
    None
}

fn read_source(object: &Object<'_>) -> Option<SecretSource> {
    let text = |name: &str| object.text_up_to(name, 4096).map(str::to_owned);
    let sources: Vec<SecretSource> = [
        text("env").map(SecretSource::Environment),
        text("file").map(|path| SecretSource::File(PathBuf::from(path))),
        text("hash").map(SecretSource::Hash),
        text("sealed").map(SecretSource::Sealed),
    ]
    .into_iter()
    .flatten()
    .collect();
    if sources.len() != 1 {
        object.place.blame("expected exactly one of `env`, `file`, `hash`, `sealed`");
    }
    sources.into_iter().next()
}

/// `jwks`: the active public keys of the client, of at most fifty.
pub(super) fn read_jwks(settings: &Object<'_>) -> Vec<Jwk> {
    let Some(place) = settings.find("jwks") else { return Vec::new() };
    let Some(object) = place.object(&["keys"]) else { return Vec::new() };
    let places = object.list("keys");
    if places.len() > KEYS_AT_MOST {
        place.blame(format!("at most {KEYS_AT_MOST} keys"));
    }
    let (mut active, mut kids) = (Vec::new(), Vec::new());
    for place in &places {
        let Some(object) = place.open_object() else { continue };
        let texts = object.members().filter_map(|(name, place)| match place.json() {
            Json::Text(text) => Some((name.to_owned(), text.clone())),
            _ => None,
        });
        let key: Jwk = texts.collect();
        let member = |name: &str| {
            key.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        if let Err(error) = ForeignKey::from_jwk(&member) {
            place.blame(error.to_string());
        }
        let kid = member("kid").map(str::to_owned);
        if kid.is_some() && kids.contains(&kid) {
            place.blame("another key has this `kid` already");
        }
        kids.push(kid);
        if object.choice("status", Status::WORDS, Status::Active).is_active() {
            active.push(key);
        }
    }
    active
}

/// `jwks_uri`: where the client publishes its keys, which it then may not list.
pub(super) fn read_jwks_uri(settings: &Object<'_>) -> Option<String> {
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
