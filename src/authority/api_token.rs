//! Tokens of the management API (`SSWS`): each belongs to a user, carries scopes and ends (decision
//! 32). A token is shown once, when it is made; what is kept is its hash.

use crate::random::Random;
use crate::server::MANAGEMENT_SCOPES;
use crate::store::{Answer, BatchOutcome, Op, Range, Row, Store, StoreError};
use crate::token::opaque::{generate_secret, lookup_hash};
use serde::{Deserialize, Serialize};

/// The kind of the rows; their key is the hash of the token, so that the newest is nowhere in order.
const KIND: &str = "api-token";

/// How long a token lives of which nothing else is said, in seconds.
const USUAL: i64 = 30 * 24 * 3600;

/// Longest that one may live, in seconds.
const LONGEST: i64 = 366 * 24 * 3600;

/// Characters of an id after its prefix.
const ID_LENGTH: usize = 17;

/// Fewest characters of the token that an installation begins with (decision 33).
const BOOTSTRAP_LENGTH: usize = 32;

/// Most characters of a name.
const NAME_LENGTH: usize = 255;

/// What a token of the management API is, without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// `00T…`
    pub id: String,
    pub name: String,
    /// Whose it is.
    pub user_id: String,
    /// `okta.…`
    pub scopes: Vec<String>,
    /// When it was made, in seconds since 1970.
    pub created_at: i64,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
    /// How often it was written.
    pub generation: i64,
    key: String,
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiToken {
    pub name: String,
    pub user_id: String,
    pub scopes: Vec<String>,
    /// In seconds since 1970; thirty days from now if nothing is said.
    pub expires_at: Option<i64>,
}

/// Why there is no such token.
#[derive(Debug, thiserror::Error)]
pub enum ApiTokenError {
    /// A member of what was asked for, and what is wrong with it.
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Serialize, Deserialize)]
struct Kept {
    id: String,
    name: String,
    user_id: String,
    scopes: Vec<String>,
    created_at: i64,
}

impl ApiToken {
    fn of_row(row: Row, now: i64) -> Option<Self> {
        let expires_at = row.expires_at.filter(|end| now < *end)?;
        let Kept { id, name, user_id, scopes, created_at } =
            serde_json::from_slice(&row.bytes).ok()?;
        let Row { key, generation, .. } = row;
        Some(Self { id, name, user_id, scopes, created_at, expires_at, generation, key })
    }
}

/// Makes a token and answers it: nobody can read it again.
///
/// # Errors
/// [`ApiTokenError`].
pub async fn create(
    store: &Store,
    random: &Random,
    new: NewApiToken,
) -> Result<(ApiToken, String), ApiTokenError> {
    let now = store.time().await?.seconds();
    let secret = format!("00{}", generate_secret(random));
    let (row, token) = drafted(random, &secret, new, now)?;
    store.batch(vec![Op::Insert(row)]).await?;
    Ok((token, secret))
}

/// Whether a text is long enough for the token that an installation begins with (decision 33).
#[must_use]
pub fn is_bootstrap_token(secret: &str) -> bool {
    secret.chars().count() >= BOOTSTRAP_LENGTH
}

/// The row of the token that an installation begins with, which has every scope.
pub(super) fn bootstrap_row(
    random: &Random,
    secret: &str,
    user_id: &str,
    now: i64,
) -> Result<Row, ApiTokenError> {
    if !is_bootstrap_token(secret) {
        let message = format!("a bootstrap token has {BOOTSTRAP_LENGTH} characters or more");
        return Err(ApiTokenError::Invalid { field: "token", message });
    }
    let scopes = MANAGEMENT_SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    let (name, user_id) = ("bootstrap".to_owned(), user_id.to_owned());
    let new = NewApiToken { name, user_id, scopes, expires_at: None };
    drafted(random, secret, new, now).map(|(row, _)| row)
}

fn drafted(
    random: &Random,
    secret: &str,
    new: NewApiToken,
    now: i64,
) -> Result<(Row, ApiToken), ApiTokenError> {
    let invalid = |field, message: String| Err(ApiTokenError::Invalid { field, message });
    let NewApiToken { name, user_id, scopes, expires_at } = new;
    if !(1..=NAME_LENGTH).contains(&name.chars().count()) {
        return invalid("name", format!("expected 1 to {NAME_LENGTH} characters"));
    }
    if let Some(unknown) = scopes.iter().find(|scope| !MANAGEMENT_SCOPES.contains(&scope.as_str()))
    {
        return invalid("scopes", format!("there is no scope `{unknown}`"));
    }
    if scopes.is_empty() {
        return invalid("scopes", "expected at least one".to_owned());
    }
    let expires_at = expires_at.unwrap_or_else(|| now.saturating_add(USUAL));
    if expires_at <= now || expires_at > now.saturating_add(LONGEST) {
        return invalid("expiresAt", "expected a time within a year from now".to_owned());
    }
    let id = format!("00T{}", random.base62(ID_LENGTH));
    let key = lookup_hash(KIND, secret);
    let kept = Kept { id, name, user_id, scopes, created_at: now };
    let bytes =
        serde_json::to_vec(&kept).map_err(|error| StoreError::Database(error.to_string()))?;
    let row = Row::new(KIND, &key, bytes)
        .tagged(format!("user:{}", kept.user_id))
        .tagged(tag(&kept.id))
        .expiring_at(expires_at);
    let Kept { id, name, user_id, scopes, created_at } = kept;
    let generation = row.generation;
    let token = ApiToken { id, name, user_id, scopes, created_at, expires_at, generation, key };
    Ok((row, token))
}

fn tag(id: &str) -> String {
    format!("api-token:{id}")
}

/// What this text is the token of, if it has not ended.
///
/// # Errors
/// The store's failure.
pub async fn find_by_secret(store: &Store, secret: &str) -> Result<Option<ApiToken>, StoreError> {
    let found = store.find(KIND, &lookup_hash(KIND, secret)).await?;
    let now = found.seconds();
    Ok(found.value.and_then(|row| ApiToken::of_row(row, now)))
}

/// The token of this id, if it has not ended.
///
/// # Errors
/// The store's failure.
pub async fn find(store: &Store, id: &str) -> Result<Option<ApiToken>, StoreError> {
    let found = store.list_by_tag(KIND, &tag(id), None, 1).await?;
    let now = found.seconds();
    Ok(found.value.into_iter().next().and_then(|row| ApiToken::of_row(row, now)))
}

/// A part of the tokens there are, and behind what the next begins.
///
/// # Errors
/// The store's failure.
pub async fn list(
    store: &Store,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<ApiToken>, Option<String>), StoreError> {
    let rows: Answer<Vec<Row>> = store.list_range(KIND, Range { prefix: "", after, limit }).await?;
    let now = rows.seconds();
    let last = rows.value.last().map(|row| row.key.clone());
    let next = last.filter(|_| rows.value.len() == limit as usize);
    let tokens = rows.value.into_iter().filter_map(|row| ApiToken::of_row(row, now)).collect();
    Ok((tokens, next))
}

/// Ends a token, with the rows that say so; answers whether it had not ended yet.
///
/// # Errors
/// The store's failure.
pub async fn revoke(store: &Store, token: ApiToken, audit: Vec<Row>) -> Result<bool, StoreError> {
    let ApiToken { key, generation, .. } = token;
    let mut ops = vec![Op::Delete { kind: KIND.to_owned(), key, expected: Some(generation) }];
    ops.extend(audit.into_iter().map(Op::Insert));
    Ok(store.batch(ops).await?.value == BatchOutcome::Applied)
}
