//! Authorization requests that a client pushed ahead of the browser (RFC 9126): kept for ninety
//! seconds under a name that is spent once.

use super::client::authenticate_with_key;
use super::record::Record;
use super::{Endpoint, Form, Presented, Refusal, Request, Surroundings, family, find_server};
use crate::audit::EventType;
use crate::publish::Published;
use crate::store::{Op, Row};
use crate::token::opaque::{generate_secret, lookup_hash};
use serde::{Deserialize, Serialize};

/// The kind of the rows; their key is the hash of the `request_uri`.
const PUSHED: &str = "pushed";

/// How the name of a pushed request begins (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// How long one may be used, in seconds.
const SECONDS: i64 = 90;

/// Parameters that prove the client and are no part of the request.
const CREDENTIALS: &[&str] = &["client_secret", "client_assertion", "client_assertion_type"];

/// The thumbprint of the key that the code is to be bound to (RFC 9449 §10).
const DPOP_JKT: &str = "dpop_jkt";

/// What a client gets for its request. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Pushed {
    pub request_uri: String,
    /// Seconds.
    pub expires_in: i64,
}

impl std::fmt::Debug for Pushed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Pushed")
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    server: String,
    client: String,
    parameters: Vec<(String, String)>,
}

/// Keeps an authorization request. `check` judges it as at the authorization endpoint.
///
/// # Errors
/// A client that is not proven, a `request_uri` among the parameters, and what `check` finds.
pub async fn push(
    published: &Published,
    server_id: &str,
    presented: Presented,
    around: &Surroundings<'_>,
    check: impl FnOnce(&Form) -> Result<(), Refusal> + Send,
) -> Result<Pushed, Refusal> {
    let mut record = Record::begin(&presented);
    let pushed = keep(published, server_id, presented, around, check, &mut record).await;
    record.told(EventType::AuthorizationRefused, pushed, around).await
}

async fn keep(
    published: &Published,
    server_id: &str,
    presented: Presented,
    around: &Surroundings<'_>,
    check: impl FnOnce(&Form) -> Result<(), Refusal> + Send,
    record: &mut Record,
) -> Result<Pushed, Refusal> {
    let server = find_server(published, server_id)?;
    record.at(server);
    let request = Request::new(presented)?;
    let endpoint = Endpoint::new(published, server, "par", "POST");
    let proven = authenticate_with_key(published, &request, &endpoint, around).await?;
    let (client, thumbprint) = proven;
    record.of(client);
    if request.form().find("request_uri").is_some() {
        return Err(Refusal::nested_request_uri());
    }
    let client_id = client.application().client_id.clone();
    let own = request
        .form()
        .iter()
        .filter(|(name, _)| *name != "client_id" && !CREDENTIALS.contains(name));
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut parameters: Vec<(String, String)> =
        std::iter::once(("client_id".to_owned(), client_id.clone())).chain(own).collect();
    if let Some(thumbprint) = thumbprint {
        // The key that is proven here is the one that the code is bound to (RFC 9449 §10.1).
        if request.form().find(DPOP_JKT).is_some_and(|named| named != thumbprint) {
            return Err(Refusal::another_thumbprint());
        }
        parameters.retain(|(name, _)| name != DPOP_JKT);
        parameters.push((DPOP_JKT.to_owned(), thumbprint));
    }
    check(&Form::new(parameters.clone()))?;
    let kept = Kept { server: server.definition().id.clone(), client: client_id, parameters };
    let request_uri = format!("{PREFIX}{}", generate_secret(around.random));
    let key = lookup_hash(PUSHED, &request_uri);
    let at = around.store.time().await?.seconds();
    let row = Row::new(PUSHED, &key, family::encode(&kept)?);
    let row = row.tagged(format!("client:{}", kept.client));
    let row = row.expiring_at(at.saturating_add(SECONDS));
    around.store.batch(vec![Op::Insert(row)]).await?;
    Ok(Pushed { request_uri, expires_in: SECONDS })
}

/// The request that `client_id` pushed to this server under this name. It is spent: a second use
/// finds nothing.
///
/// # Errors
/// `invalid_request_uri` for one that is unknown or over, `invalid_client` for one of another client.
pub async fn take_pushed(
    around: &Surroundings<'_>,
    server: &str,
    client_id: Option<&str>,
    request_uri: &str,
) -> Result<Form, Refusal> {
    let key = lookup_hash(PUSHED, request_uri);
    let found = around.store.find(PUSHED, &key).await?;
    let at = found.seconds();
    let is_alive = |row: &Row| row.expires_at.is_some_and(|end| at < end);
    let row = found.value.filter(is_alive).ok_or_else(Refusal::unknown_request_uri)?;
    let kept: Kept = family::decode(&row.bytes)?;
    if client_id != Some(&kept.client) {
        return Err(Refusal::request_uri_of_another_client());
    }
    if server != kept.server {
        return Err(Refusal::request_uri_of_another_server());
    }
    let spend = Op::Delete { kind: row.kind, key: row.key, expected: Some(row.generation) };
    match around.store.batch(vec![spend]).await?.value {
        crate::store::BatchOutcome::Applied => Ok(Form::new(kept.parameters)),
        crate::store::BatchOutcome::Failed(_) => Err(Refusal::unknown_request_uri()),
    }
}
