//! What came of one grant of a person: one row, which every token of it names. While the row is
//! there the tokens count; without it none does (decision 16).

use super::{
    AllowedGrant, Issued, Proof, ProvenClient, Refusal, SignIn, Signed, Surroundings, mint,
    proof::Terms,
};
use crate::audit::{About, Event, EventType, Outcome};
use crate::directory::Application;
use crate::program::Engine;
use crate::publish::{Published, RunningServer};
use crate::server::Lifetimes;
use crate::store::journal::event_row;
use crate::store::{BatchOutcome, Op, Row, Store};
use crate::token::opaque::family_of_jti;
use crate::token::{FamilyId, RefreshKeys, RefreshToken};
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
    /// The id of the hook of that rule.
    #[serde(default)]
    pub inline_hook: Option<String>,
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
            .tagged(grant_tag(user, client, server));
        match session {
            Some(session) => row.tagged(format!("session:{session}")),
            None => row,
        }
    }

    /// The proof of it, which was decided already, in this version of the organization.
    ///
    /// # Errors
    /// `invalid_grant` if user, audience or grant are no more.
    pub(super) async fn prove<'p>(
        &self,
        published: &'p Published,
        server: &'p RunningServer,
        application: usize,
    ) -> Result<Proof<'p>, Refusal> {
        let user = published.find_person(&self.user).await?;
        let audiences = &server.definition().audiences;
        let audience = audiences.iter().find(|known| **known == self.audience);
        let grant_type = super::Grant::word_of(&self.grant_type);
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
            also: None,
            scopes: self.scopes.clone(),
            audience: audience.ok_or_else(Refusal::audience_is_gone)?,
            nonce: None,
            family: None,
            terms: Terms::Agreed(self.lifetimes),
            narrowed: None,
            thumbprint: None,
            inline_hook: self.inline_hook.clone(),
            delegation: None,
            engine: Engine::Native,
        })
    }
}

/// The tag of all that came of what a person granted a client at a server.
#[must_use]
pub fn grant_tag(user: &str, client: &str, server: &str) -> String {
    format!("grant:{user}/{client}/{server}")
}

/// A family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Family {
    pub(super) grant: UserGrant,
    /// In seconds since 1970 by the clock of the store, as all times here.
    pub(super) begun_at: i64,
    /// When the last of its access tokens ends.
    pub(super) access_ends_at: i64,
    /// Where it has a refresh token.
    refresh: Option<Refresh>,
}

/// Which refresh token of a family is the current one. It is not kept: it is derived from this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Refresh {
    generation: u32,
    /// The version of the key of its MAC.
    key_version: u32,
    /// When it became the current one, or was used last if it does not change.
    renewed_at: i64,
    /// When it took the place of its predecessor: use does not let that one come again. Of rows of
    /// before this was kept, long ago.
    #[serde(default)]
    rotated_at: i64,
    /// When all refreshing ends, whatever is done.
    ends_at: Option<i64>,
}

/// What a refresh token is to its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Current,
    /// The one before, while it may still come.
    Predecessor,
    /// One before, after that.
    Reused,
    /// The family is over, or this was never one of its tokens.
    Over,
}

/// The first generation.
const FIRST: u32 = 1;

/// How much longer than anything of it a family is kept, in seconds: a predecessor may still get a
/// fresh access token without anything being written.
const REMAINDER: i64 = 60;

/// Families are forgotten on the hour, in seconds, so that most rotations leave the index of what ends
/// when as it is.
const HOUR: i64 = 3600;

impl Family {
    /// The family that begins with these tokens. It has a refresh token if the client may use them
    /// and the person allowed `offline_access` (authorization-server §4).
    pub(super) fn begin(
        grant: UserGrant,
        client: ProvenClient<'_>,
        signed: &Signed,
        at: i64,
    ) -> Self {
        let minutes = grant.lifetimes.refresh_token_minutes;
        let is_refreshed = may_refresh(client.application()) && signed.has_scope(OFFLINE_ACCESS);
        let refresh = is_refreshed.then(|| Refresh {
            generation: FIRST,
            key_version: client.published().keyring().refresh.version(),
            renewed_at: at,
            rotated_at: at,
            ends_at: (minutes > 0).then(|| after(at, minutes)),
        });
        let access_ends_at = at.saturating_add(signed.expires_in());
        Self { grant, begun_at: at, access_ends_at, refresh }
    }

    /// The family of an access token that lives so many seconds and comes alone.
    pub(super) fn without_refresh(grant: UserGrant, expires_in: i64, at: i64) -> Self {
        Self { grant, begun_at: at, access_ends_at: at.saturating_add(expires_in), refresh: None }
    }

    /// The current refresh token.
    pub(super) fn refresh_token(&self, id: &FamilyId, keys: &RefreshKeys) -> Option<String> {
        let Refresh { generation, key_version, .. } = *self.refresh.as_ref()?;
        keys.write(&RefreshToken { family: *id, generation, key_version })
    }

    /// When its refresh token was last used, if it has one.
    pub(super) fn renewed_at(&self) -> Option<i64> {
        self.refresh.as_ref().map(|refresh| refresh.renewed_at)
    }

    /// When refreshing ends, if it is not used before.
    pub(super) fn refresh_ends_at(&self) -> Option<i64> {
        let refresh = self.refresh.as_ref()?;
        let idle = after(refresh.renewed_at, self.grant.lifetimes.refresh_window_minutes);
        Some(refresh.ends_at.map_or(idle, |end| end.min(idle)))
    }

    /// What the refresh token of this generation is at this time. Only the immediate predecessor
    /// qualifies for the grace period of `leeway` seconds (decision 17).
    pub(super) fn standing(&self, generation: u32, leeway: i64, at: i64) -> Standing {
        let Some(refresh) = &self.refresh else { return Standing::Over };
        if self.refresh_ends_at().is_none_or(|end| at >= end) || generation > refresh.generation {
            return Standing::Over;
        }
        let is_predecessor = generation.checked_add(1) == Some(refresh.generation);
        match generation == refresh.generation {
            true => Standing::Current,
            false if is_predecessor && at.saturating_sub(refresh.rotated_at) < leeway => {
                Standing::Predecessor
            }
            false => Standing::Reused,
        }
    }

    fn row(&self, id: &FamilyId) -> Result<Row, Refusal> {
        let end = self.refresh_ends_at().unwrap_or(self.access_ends_at).max(self.access_ends_at);
        let row = Row::new(FAMILY, &id.text(), encode(self)?);
        let kept_until = end.saturating_add(REMAINDER);
        let on_the_hour = kept_until.saturating_add((-kept_until).rem_euclid(HOUR));
        Ok(self.grant.tag(row).expiring_at(on_the_hour))
    }

    pub(super) fn insert(&self, id: &FamilyId) -> Result<Op, Refusal> {
        self.row(id).map(Op::Insert)
    }
}

/// The scope by which a person allows a client to have tokens while they are away.
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// Whether the client may use refresh tokens.
pub(super) fn may_refresh(client: &Application) -> bool {
    client.grant_types.iter().any(|grant| grant == "refresh_token")
}

/// When the first refresh token of what is granted at `at` ends if it is not used, in seconds since
/// 1970.
pub(super) fn first_refresh_ends_at(lifetimes: Lifetimes, at: i64) -> i64 {
    let idle = after(at, lifetimes.refresh_window_minutes);
    let minutes = lifetimes.refresh_token_minutes;
    if minutes > 0 { idle.min(after(at, minutes)) } else { idle }
}

/// So many minutes after a time in seconds.
fn after(at: i64, minutes: u32) -> i64 {
    at.saturating_add(i64::from(minutes).saturating_mul(60))
}

/// A family that goes on.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: FamilyId,
    pub(super) family: Family,
    /// The time of the store, in seconds since 1970.
    pub(super) at: i64,
    /// Of the row.
    generation: i64,
}

impl Found {
    /// The family after its refresh token was exchanged for these tokens and another one.
    pub(super) fn rotated(&self, key_version: u32, signed: &Signed) -> Family {
        let used = self.used(signed);
        let refresh = used.refresh.map(|refresh| Refresh {
            generation: refresh.generation.saturating_add(1),
            key_version,
            rotated_at: self.at,
            ..refresh
        });
        Family { refresh, ..used }
    }

    /// The family after its refresh token was used for these tokens.
    pub(super) fn used(&self, signed: &Signed) -> Family {
        let family = self.family.clone();
        let refresh = family.refresh.map(|refresh| Refresh { renewed_at: self.at, ..refresh });
        let access_ends_at = self.at.saturating_add(signed.expires_in());
        Family { access_ends_at: family.access_ends_at.max(access_ends_at), refresh, ..family }
    }

    /// The family, bound from now on to the key that its client proves, if it has no secret and is
    /// not bound yet (RFC 9449 §5).
    pub(super) fn bind(&mut self, client: ProvenClient<'_>, proven: Option<&String>) {
        let grant = &mut self.family.grant;
        if client.is_public() && grant.thumbprint.is_none() {
            grant.thumbprint = proven.cloned();
        }
    }

    /// Puts `successor` in its place, unless it changed meanwhile.
    pub(super) fn replace(&self, successor: &Family) -> Result<Op, Refusal> {
        Ok(Op::Replace { row: successor.row(&self.id)?, expected: self.generation })
    }
}

/// What a person granted of which the access token with this `jti` came, while that goes on.
///
/// # Errors
/// That the store failed.
pub async fn find_grant(store: &Store, jti: &str) -> Result<Option<UserGrant>, Refusal> {
    match family_of_jti(jti) {
        Some(id) => Ok(find(store, id).await?.map(|found| found.family.grant)),
        None => Ok(None),
    }
}

/// The family of this id, if it goes on.
pub(super) async fn find(store: &Store, id: &str) -> Result<Option<Found>, Refusal> {
    let Some(id) = FamilyId::parse(id) else { return Ok(None) };
    let found = store.find(FAMILY, &id.text()).await?;
    let at = found.seconds();
    let Some(row) = found.value else { return Ok(None) };
    Ok(Some(Found { id, family: decode(&row.bytes)?, at, generation: row.generation }))
}

/// What a family begins with: what was granted, and the secret that proves it and is spent.
pub(super) struct Beginning<'s> {
    pub(super) grant: UserGrant,
    pub(super) secret: &'s str,
    pub(super) nonce: Option<String>,
    pub(super) spend: Op,
    /// The time of the store, in seconds since 1970.
    pub(super) at: i64,
}

/// The tokens of what a person granted, in the batch that spends what proved it and keeps the family
/// they begin (decision 16). `None` if it was spent meanwhile.
pub(super) async fn begin(
    allowed: &AllowedGrant<'_>,
    server: &RunningServer,
    beginning: Beginning<'_>,
    around: &Surroundings<'_>,
) -> Result<Option<Issued>, Refusal> {
    let Beginning { grant, secret, nonce, spend, at } = beginning;
    let client = allowed.client;
    let grant = bound(grant, client, allowed.thumbprint.as_ref())?;
    let (id, thumbprint) = (FamilyId::of(secret), allowed.thumbprint.clone());
    let proof = grant.prove(client.published(), server, client.index()).await?;
    let proof = Proof { nonce, family: Some(id), thumbprint, ..proof };
    let signed = mint(&proof, around).await?;
    let family = Family::begin(grant, client, &signed, at);
    let refresh_token = family.refresh_token(&id, &client.published().keyring().refresh);
    match around.store.batch(vec![spend, family.insert(&id)?]).await?.value {
        BatchOutcome::Applied => Ok(Some(signed.with(refresh_token))),
        BatchOutcome::Failed(_) => Ok(None),
    }
}

/// The grant, bound to the key that the client proves: its code may be bound to one already, and the
/// refresh tokens of a client without a secret are from now on (RFC 9449 §5, §10).
pub(super) fn bound(
    grant: UserGrant,
    client: ProvenClient<'_>,
    proven: Option<&String>,
) -> Result<UserGrant, Refusal> {
    if grant.thumbprint.is_some() && grant.thumbprint.as_ref() != proven {
        return Err(Refusal::code_of_another_key());
    }
    let thumbprint = proven.filter(|_| client.is_public()).cloned();
    Ok(UserGrant { thumbprint, ..grant })
}

/// Ends a family: none of its tokens counts from now on.
pub(super) async fn revoke(around: &Surroundings<'_>, id: &str) -> Result<(), Refusal> {
    around.store.batch(vec![end(id)]).await?;
    Ok(())
}

/// As [`revoke`], with the record of why (decision 41).
pub(super) async fn revoke_recorded(
    around: &Surroundings<'_>,
    found: &Found,
    server: &RunningServer,
    (event_type, outcome): (EventType, Outcome),
) -> Result<(), Refusal> {
    let grant = &found.family.grant;
    let about = About {
        server: Some(grant.server.clone()),
        of_organization: server.definition().is_organization(),
        client: Some(grant.client.clone()),
        user: Some(grant.user.clone()),
        grant_type: Some(grant.grant_type.clone()),
        ..About::default()
    };
    let event = Event { event_type, outcome, about: &about };
    let row = event_row(&event, found.at.saturating_mul(1_000_000), around.random);
    around.store.batch(vec![end(&found.id.text()), Op::Insert(row)]).await?;
    Ok(())
}

fn end(id: &str) -> Op {
    Op::Delete { kind: FAMILY.to_owned(), key: id.to_owned(), expected: None }
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
