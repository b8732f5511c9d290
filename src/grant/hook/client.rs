//! The access token that a hook of the channel type `OAUTH` is asked with: from the hook's own
//! authorization server, by client credentials, and kept as long as it is good.

use super::{Asking, Failed, LIMITS};
use crate::fetch::Ask;
use crate::publish::{HookCredentials, HookToken};
use serde_json::{Value, json};

/// How long an assertion is good, in seconds.
const ASSERTION: i64 = 60;

/// How long before its end a token is used no more, in seconds.
const MARGIN: i64 = 30;

/// Bytes of randomness in the id of an assertion.
const ID_BYTES: usize = 15;

/// Most bytes of an access token.
const TOKEN_BYTES: usize = 16 * 1024;

const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The access token for a hook: the one that is kept, unless `refused` is that one.
pub(super) async fn access_token(
    client: &HookCredentials,
    refused: Option<&str>,
    asking: &Asking<'_>,
) -> Result<String, Failed> {
    let mut kept = client.token().await;
    let is_good =
        |token: &&HookToken| asking.now < token.ends_at && Some(token.text.as_str()) != refused;
    if let Some(token) = kept.as_ref().filter(is_good) {
        return Ok(token.text.clone());
    }
    *kept = None;
    let token = request(client, asking).await?;
    let text = token.text.clone();
    *kept = Some(token);
    Ok(text)
}

async fn request(client: &HookCredentials, asking: &Asking<'_>) -> Result<HookToken, Failed> {
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("scope", &client.scope),
        ("client_id", &client.client_id),
    ];
    let assertion;
    match client.secret() {
        Some(secret) => form.push(("client_secret", secret)),
        None => {
            assertion = assert(client, asking)?;
            form.push(("client_assertion_type", BEARER));
            form.push(("client_assertion", &assertion));
        }
    }
    let fetched = asking.fetcher.ask(&client.token_url, Ask::Form(&form), LIMITS).await;
    let fetched = fetched.map_err(|error| Failed(format!("its token endpoint: {error}")))?;
    if fetched.status != 200 {
        return Err(Failed(format!("its token endpoint answers {}", fetched.status)));
    }
    let answer: Value = serde_json::from_slice(&fetched.body).unwrap_or_default();
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let is_bearer = text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    let token = text("access_token").filter(|token| {
        is_bearer && token.len() <= TOKEN_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let token = token.ok_or_else(|| Failed("its token endpoint gives no token".to_owned()))?;
    // One of which nobody says how long it is good is asked for again each time.
    let good = answer.get("expires_in").and_then(Value::as_i64).unwrap_or_default();
    let ends_at = asking.now.saturating_add(good).saturating_sub(MARGIN);
    Ok(HookToken { text: token.to_owned(), ends_at })
}

fn assert(client: &HookCredentials, asking: &Asking<'_>) -> Result<String, Failed> {
    let claims = json!({
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.token_url,
        "jti": asking.random.base64url(ID_BYTES),
        "iat": asking.now,
        "exp": asking.now.saturating_add(ASSERTION),
    });
    client.assert(&claims.to_string()).map_err(|error| Failed(error.to_string()))
}
