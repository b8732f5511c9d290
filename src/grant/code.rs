//! Authorization codes: what a person granted, kept for a minute under the hash of a secret that is
//! spent once (RFC 6749 §4.1.2, decision 28).

use super::family::{self, UserGrant};
use super::{Refusal, Surroundings};
use crate::random::Random;
use crate::store::{Op, Row, Store};
use crate::token::FamilyId;
use crate::token::opaque::{generate_secret, lookup_hash};
use serde::{Deserialize, Serialize};

/// The kind of the rows; their key is the hash of the code.
pub const CODE: &str = "code";

/// How long a code may be spent, in seconds (decision 28).
const SECONDS: i64 = 60;

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeGrant {
    pub grant: UserGrant,
    /// As in the authorization request; the token request repeats it (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// The `S256` challenge; there is no other method (RFC 7636 §4.2).
    pub code_challenge: Option<String>,
    /// Repeated in the ID token (OpenID Connect Core §3.1.2.1).
    pub nonce: Option<String>,
}

/// A code that nobody was given yet. Its `Debug` shows nothing.
pub struct IssuedCode {
    /// What the client gets. It is given out only after [`IssuedCode::insert`] was applied.
    pub code: String,
    /// Keeps what the code stands for, in the batch of whatever led to it.
    pub insert: Op,
}

impl CodeGrant {
    /// A fresh code for this grant, made at `at` by the clock of the store, in seconds since 1970.
    ///
    /// # Errors
    /// `server_error` where the grant cannot be written down.
    pub fn issue(&self, random: &Random, at: i64) -> Result<IssuedCode, Refusal> {
        let code = generate_secret(random);
        let row = Row::new(CODE, &lookup_hash(CODE, &code), family::encode(self)?);
        let row = self.grant.tag(row).expiring_at(at.saturating_add(SECONDS));
        let insert = Op::Insert(row);
        Ok(IssuedCode { code, insert })
    }
}

impl std::fmt::Debug for IssuedCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("IssuedCode")
    }
}

/// A code that can be spent.
#[derive(Debug)]
pub(super) struct Unspent {
    pub(super) code: CodeGrant,
    /// The time of the store, in seconds since 1970.
    pub(super) at: i64,
    row: Row,
}

impl Unspent {
    /// Spends it, unless somebody did meanwhile.
    pub(super) fn spend(&self) -> Op {
        let Row { kind, key, generation, .. } = &self.row;
        Op::Delete { kind: kind.clone(), key: key.clone(), expected: Some(*generation) }
    }
}

/// What `secret` stands for, if it is a code whose minute is not over.
pub(super) async fn find(
    around: &Surroundings<'_>,
    secret: &str,
) -> Result<Option<Unspent>, Refusal> {
    let found = around.store.find(CODE, &lookup_hash(CODE, secret)).await?;
    let at = found.seconds();
    let is_alive = |row: &Row| row.expires_at.is_some_and(|end| at < end);
    let Some(row) = found.value.filter(is_alive) else { return Ok(None) };
    Ok(Some(Unspent { code: family::decode(&row.bytes)?, at, row }))
}

/// Whether this code may be spent still.
///
/// # Errors
/// That the store failed.
pub async fn is_unspent(store: &Store, secret: &str) -> Result<bool, Refusal> {
    let found = store.find(CODE, &lookup_hash(CODE, secret)).await?;
    let at = found.seconds();
    Ok(found.value.is_some_and(|row| row.expires_at.is_some_and(|end| at < end)))
}

/// The family that a code begins, or began.
pub(super) fn family_of(secret: &str) -> FamilyId {
    FamilyId::of(secret)
}
