//! Signing keys of authorization servers (authorization-server §5).

use super::ask::{Ask, find_server};
use super::record::altered_keys;
use super::server::path_of;
use super::{ChangeRefused, Required, set, text_of};
use crate::publish::Keys;
use crate::store::journal::alteration_row;
use crate::store::key_store::{self, KeyStoreError};
use crate::store::organization::EntityKind;
use crate::token::Algorithm;
use serde_json::{Value, json};

/// The published keys of a server, the one that signs first.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list(ask: &Ask<'_>, id: &str) -> Result<Vec<Value>, ChangeRefused> {
    let id = find_server(&*ask.kept().await?, id)?.id.clone();
    let version = ask.administration.version();
    let found = version.servers().iter().find(|server| server.definition().id == id);
    let server = found.ok_or_else(|| ChangeRefused::not_found(EntityKind::Server, &id))?;
    let told = server.keys().keys().map(|(status, key)| {
        let mut told: Value = serde_json::from_str(key.public_jwk()).unwrap_or_default();
        set(&mut told, "status", json!(status.name()));
        let path = format!("{}/credentials/keys/{}", path_of(&id), key.kid());
        set(&mut told, "_links", json!({"self": ask.link(&path, &["GET"])}));
        told
    });
    Ok(told.collect())
}

/// The key of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, server: &str, kid: &str) -> Result<Value, ChangeRefused> {
    let mut all = list(ask, server).await?.into_iter();
    let found = all.find(|key| text_of(key, "kid") == Some(kid));
    let missing = || ChangeRefused::NotFound { object: "JsonWebKey", id: kid.to_owned() };
    found.ok_or_else(missing)
}

/// Has a server sign with another key, and tells its keys.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn rotate(ask: &Ask<'_>, id: &str, sent: &Value) -> Result<Vec<Value>, ChangeRefused> {
    if text_of(sent, "use") != Some("sig") {
        return Err(ChangeRefused::invalid_rotation());
    }
    let kept = ask.kept().await?;
    let id = &find_server(&kept, id)?.id;
    let server = kept.require(EntityKind::Server, id, &ask.if_match)?;
    let publisher = ask.administration.publisher();
    let version = ask.administration.version();
    let found = version.servers().iter().find(|known| known.definition().id == *id);
    let algorithm = found.and_then(|found| Algorithm::from_name(&found.definition().algorithm));
    let algorithm = algorithm.ok_or_else(|| ChangeRefused::not_found(EntityKind::Server, id))?;
    let foundation = publisher.foundation();
    let at = ask.administration.clock.microseconds();
    let alteration = altered_keys(server);
    let row = alteration_row(&alteration, &ask.actor, at, &foundation.random);
    let (store, vault, random) = (&foundation.store, &foundation.vault, &foundation.random);
    let rotated = key_store::rotate(store, vault, random, id, algorithm, vec![row]).await;
    rotated.map_err(|error| match error {
        KeyStoreError::Store(error) => ChangeRefused::Store(error),
        error => ChangeRefused::Failed(error.to_string()),
    })?;
    publisher.turn().await.publish(Keys::Anew).await?;
    list(ask, id).await
}
