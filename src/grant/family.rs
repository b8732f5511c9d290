//! What came of one grant of a person: one row, which every token of it names. While the row is
//! there the tokens count; without it none does (decision 16).

use super::{Proof, Refusal, SignIn, Surroundings, issue::Signed, proof::Terms};
use crate::publish::{Published, RunningServer};
use crate::server::Lifetimes;
use crate::store::{Op, Row, Store};
use crate::token::FamilyId;
use serde::{Deserialize, Serialize};

/// The kind of the rows; their key is the id of the family.
pub const FAMILY: &str = "family";

/// What a person granted to a client, as codes and families keep it: by names that outlast a
/// version of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGrant {
    /// The id of the server.
    pub server: String,
    /// The client id.
    pub client: String,
    /// The id of the user.
    pub user: String,
    /// The grant that it began with; never `refresh_token`.
    pub grant_type: String,
    /// What the policy allowed and the person agreed to.
    pub scopes: Vec<String>,
    /// One audience of the server (decision 12).
    pub audience: String,
    /// Of the rule that allowed it.
    pub lifetimes: Lifetimes,
    /// When the person signed in, in seconds since 1970.
    pub auth_time: i64,
    /// How (RFC 8176).
    pub methods: Vec<String>,
    /// How surely it is them (OpenID Connect Core §2).
    pub acr: Option<String>,
    /// The session it was granted in.
    pub session: Option<String>,
    /// The thumbprint of the key that what comes of it is bound to (RFC 9449 §10).
    pub thumbprint: Option<String>,
}

impl UserGrant {
    /// `row` with all that it belongs to, so that it ends with any of it.
    pub(super) fn tag(&self, row: Row) -> Row {
        let Self { server, client, user, session, .. } = self;
        let row = row
            .tagged(format!("server:{server}"))
            .tagged(format!("client:{client}"))
            .tagged(format!("user:{user}"))
            .tagged(format!("grant:{user}/{client}"));
        match session {
            Some(session) => row.tagged(format!("session:{session}")),
            None => row,
        }
    }

    /// The proof of it, which was decided already, in this version of the organization.
    ///
    /// # Errors
    /// `invalid_grant` if user, audience or grant are no more.
    pub(super) fn prove<'p>(
        &self,
        published: &'p Published,
        server: &'p RunningServer,
        application: usize,
    ) -> Result<Proof<'p>, Refusal> {
        let user = published.directory().find_user_by_id(&self.user);
        let audiences = &server.definition().audiences;
        let audience = audiences.iter().find(|known| **known == self.audience);
        let grant_type = super::Grant::words().find(|word| *word == self.grant_type);
        let sign_in = SignIn {
            user: user.ok_or_else(Refusal::inactive_user)?,
            auth_time: self.auth_time,
            methods: self.methods.clone(),
            acr: self.acr.clone(),
            session: self.session.clone(),
        };
        Ok(Proof {
            published,
            server,
            application,
            sign_in: Some(sign_in),
            grant_type: grant_type.ok_or_else(|| Refusal::failure("a grant that is not known"))?,
            scopes: self.scopes.clone(),
            audience: audience.ok_or_else(Refusal::audience_is_gone)?,
            nonce: None,
            family: None,
            terms: Terms::Agreed(self.lifetimes),
        })
    }
}

/// A family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Family {
    pub(super) grant: UserGrant,
    /// In seconds since 1970, as all times here.
    pub(super) begun_at: i64,
    /// When the last of its access tokens ends.
    pub(super) access_ends_at: i64,
}

impl Family {
    /// The family that begins with these tokens.
    pub(super) fn begin(grant: UserGrant, signed: &Signed, now: i64) -> Self {
        Self { grant, begun_at: now, access_ends_at: now.saturating_add(signed.expires_in()) }
    }

    /// When its row may be forgotten.
    fn expires_at(&self) -> i64 {
        self.access_ends_at
    }

    fn row(&self, id: &FamilyId) -> Result<Row, Refusal> {
        let bytes = encode(self)?;
        let row = Row::new(FAMILY, &id.text(), bytes);
        Ok(self.grant.tag(row).expiring_at(self.expires_at()))
    }

    pub(super) fn insert(&self, id: &FamilyId) -> Result<Op, Refusal> {
        self.row(id).map(Op::Insert)
    }
}

/// The family of this id, if it goes on.
pub(super) async fn find(store: &Store, id: &str) -> Result<Option<Family>, Refusal> {
    let found = store.find(FAMILY, id).await?.value;
    found.map(|row| decode(&row.bytes)).transpose()
}

/// Ends a family: none of its tokens counts from now on.
pub(super) async fn revoke(around: &Surroundings<'_>, id: &str) -> Result<(), Refusal> {
    let (kind, key) = (FAMILY.to_owned(), id.to_owned());
    around.store.batch(vec![Op::Delete { kind, key, expected: None }]).await?;
    Ok(())
}

/// A row's bytes.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|error| Refusal::failure(&error.to_string()))
}

/// What [`encode`] wrote.
pub(super) fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes)
        .map_err(|error| Refusal::failure(&format!("a row cannot be read: {error}")))
}
