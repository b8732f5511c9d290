//! The token inline hook: somebody else is shown the claims of the tokens of an answer before they
//! are signed, and may change those that are not ours to answer for (authorization-server §7,
//! decision 8).

mod client;
mod patch;
mod telling;
#[cfg(test)]
mod tests;

use super::Refusal;
use super::issue::{Channel, ClaimSet};
use crate::fetch::{Ask, Fetched, Fetcher, Limits};
use crate::publish::RunningHook;
use crate::random::Random;
use crate::server::{ClaimType, OnFailure};
use patch::Document;
pub(super) use patch::Protection;
use serde_json::{Map, Value};
use std::time::Duration;
pub(super) use telling::written as time_text;

/// What an answer may cost (authorization-server §7).
const LIMITS: Limits = Limits { bytes: 256 * 1024, time: Duration::from_secs(3) };

/// Most bytes of the claims of one token once they were changed: a longer token could not be read
/// back.
const CLAIMS_BYTES: usize = 32 * 1024;

/// The claims of the tokens of one answer, as they are to be signed.
pub(super) struct Payloads {
    pub(super) access: Option<Map<String, Value>>,
    pub(super) identity: Option<Map<String, Value>>,
}

/// Why a hook changed nothing.
struct Failed(String);

/// What asking a hook takes.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    pub fetcher: &'a Fetcher,
    pub random: &'a Random,
    /// Seconds since 1970.
    pub now: i64,
}

/// The claims after the hook of the rule was asked, if it has one.
///
/// # Errors
/// `server_error` if the hook refuses, or cannot be asked and must be.
pub(super) async fn transform(
    hook: &RunningHook,
    claims: &ClaimSet<'_>,
    payloads: Payloads,
    channel: Channel<'_>,
    asking: &Asking<'_>,
) -> Result<Payloads, Refusal> {
    let documents = Documents::of(&payloads);
    let body = telling::body(claims, &documents, channel, asking).to_string();
    let answer = match ask(hook, &body, asking).await {
        Ok(Some(answer)) => answer,
        Ok(None) => return Ok(payloads),
        Err(failed) => return give_up(hook, failed, payloads),
    };
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        let summary = error.get("errorSummary").and_then(Value::as_str);
        return Err(Refusal::by_hook(summary));
    }
    match documents.changed(&answer, &claims.protection()) {
        Ok(changed) => Ok(changed),
        Err(failed) => give_up(hook, failed, payloads),
    }
}

/// Asks a hook with this payload; answers what it says, if it says something.
///
/// # Errors
/// Why it cannot be asked, or what is wrong with the answer.
pub async fn try_hook(
    hook: &RunningHook,
    payload: &str,
    asking: &Asking<'_>,
) -> Result<Option<Value>, String> {
    ask(hook, payload, asking).await.map_err(|Failed(why)| why)
}

fn give_up(hook: &RunningHook, failed: Failed, payloads: Payloads) -> Result<Payloads, Refusal> {
    let Failed(why) = failed;
    tracing::warn!(hook = hook.id, why, "a token inline hook changed nothing");
    match hook.on_failure {
        OnFailure::Allow => Ok(payloads),
        OnFailure::Deny => Err(Refusal::without_hook(&why)),
    }
}

/// What the hook says; `None` if that is nothing.
async fn ask(hook: &RunningHook, body: &str, asking: &Asking<'_>) -> Result<Option<Value>, Failed> {
    // A token for the hook costs a part of the same time.
    let fetched = tokio::time::timeout(LIMITS.time, fetch(hook, body, asking)).await;
    let fetched = fetched.unwrap_or_else(|_| Err(Failed(too_slow())))?;
    if !(200..300).contains(&fetched.status) {
        return Err(Failed(format!("it answers {}", fetched.status)));
    }
    if fetched.status == 204 || fetched.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    match serde_json::from_slice(&fetched.body) {
        Ok(answer @ Value::Object(_)) => Ok(Some(answer)),
        _ => Err(Failed("it answers no JSON object".to_owned())),
    }
}

fn too_slow() -> String {
    format!("it took longer than {:?}", LIMITS.time)
}

async fn fetch(hook: &RunningHook, body: &str, asking: &Asking<'_>) -> Result<Fetched, Failed> {
    let mut headers = hook.headers().to_vec();
    let Some(client) = hook.client() else { return post(hook, body, &headers, asking).await };
    let token = client::access_token(client, None, asking).await?;
    headers.push(authorization(&token));
    let fetched = post(hook, body, &headers, asking).await?;
    if fetched.status != 401 {
        return Ok(fetched);
    }
    // It may count no more, though its time is not over.
    let token = client::access_token(client, Some(&token), asking).await?;
    headers.pop();
    headers.push(authorization(&token));
    post(hook, body, &headers, asking).await
}

fn authorization(token: &str) -> (String, String) {
    ("authorization".to_owned(), format!("Bearer {token}"))
}

async fn post(
    hook: &RunningHook,
    body: &str,
    headers: &[(String, String)],
    asking: &Asking<'_>,
) -> Result<Fetched, Failed> {
    let fetched = asking.fetcher.ask(&hook.uri, Ask::Post { body, headers }, LIMITS).await;
    fetched.map_err(|error| Failed(error.to_string()))
}

/// The tokens as the hook sees and changes them.
struct Documents {
    access: Option<Document>,
    identity: Option<Document>,
}

impl Documents {
    fn of(payloads: &Payloads) -> Self {
        let document = |claims: &Map<String, Value>| Document::new(claims.clone());
        Self {
            access: payloads.access.as_ref().map(document),
            identity: payloads.identity.as_ref().map(document),
        }
    }

    /// All commands, or none.
    fn changed(mut self, answer: &Value, protection: &Protection<'_>) -> Result<Payloads, Failed> {
        let commands = match answer.get("commands") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(commands)) => commands.as_slice(),
            Some(_) => return Err(Failed("`commands` is no list".to_owned())),
        };
        for command in commands {
            let (document, claim_type) = match command.get("type").and_then(Value::as_str) {
                Some("com.okta.access.patch") => (&mut self.access, ClaimType::Resource),
                Some("com.okta.identity.patch") => (&mut self.identity, ClaimType::Identity),
                _ => return Err(Failed("a command of an unknown type".to_owned())),
            };
            let ops = command.get("value").and_then(Value::as_array);
            let ops = ops.ok_or_else(|| Failed("a command without operations".to_owned()))?;
            // What is not issued cannot be changed, and need not be.
            let Some(document) = document else { continue };
            for op in ops {
                document.apply(op, claim_type, protection).map_err(Failed)?;
            }
        }
        let finish = |document: Option<Document>| {
            let Some(document) = document else { return Ok(None) };
            let claims = document.into_claims();
            let length = serde_json::to_string(&claims).map_or(usize::MAX, |text| text.len());
            match length <= CLAIMS_BYTES {
                true => Ok(Some(claims)),
                false => Err(Failed(format!("the claims have more than {CLAIMS_BYTES} bytes"))),
            }
        };
        Ok(Payloads { access: finish(self.access)?, identity: finish(self.identity)? })
    }
}
