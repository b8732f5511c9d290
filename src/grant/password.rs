//! `password`: a client that takes a person's password itself, where a server switched that on
//! (RFC 6749 §4.3, decisions 29 and 39).

use super::family::{self, Family, UserGrant};
use super::proof::{ONE_FACTOR, Terms};
use super::{
    AllowedGrant, Decided, Issued, Proof, Refusal, Request, SignIn, Surroundings, WORKER,
    choose_audience, scope,
};
use crate::directory::Person;
use crate::policy::Trace;
use crate::program::Engine;
use crate::publish::{Published, RunningServer};
use crate::store::{BatchOutcome, StoreError};
use crate::token::FamilyId;
use std::net::IpAddr;
use std::sync::Arc;

/// Who knows people's passwords: the room that signs people in, which stands below this one.
pub trait ProvesPasswords: Sync {
    /// Whose password this is. Failures count as those of the sign-in page
    /// do (decision 39).
    fn prove_password_alone(
        &self,
        published: &Published,
        username: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> impl Future<Output = Result<Arc<Person>, PasswordRefused>> + Send;
}

/// Nobody, where no passwords are known: every one is wrong.
impl ProvesPasswords for () {
    async fn prove_password_alone(
        &self,
        _: &Published,
        _: &str,
        _: &str,
        _: Option<IpAddr>,
    ) -> Result<Arc<Person>, PasswordRefused> {
        Err(PasswordRefused::Wrong)
    }
}

/// Why a password is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordRefused {
    /// No such user, another password, or a user who may not sign in: all said alike.
    Wrong,
    /// Too many attempts.
    Locked,
    /// The person has a second factor, which nobody can be asked for here.
    NeedsFactor,
    /// There is more to do than can be done.
    Busy,
    Store(StoreError),
}

impl From<PasswordRefused> for Refusal {
    fn from(refused: PasswordRefused) -> Self {
        match refused {
            PasswordRefused::Wrong => Self::wrong_password(),
            PasswordRefused::Locked => Self::too_many_attempts(),
            PasswordRefused::NeedsFactor => Self::password_alone(),
            PasswordRefused::Busy => Self::too_busy("too many passwords are being checked"),
            PasswordRefused::Store(error) => error.into(),
        }
    }
}

/// How a password alone is told (RFC 8176).
const METHOD: &str = "pwd";

pub(super) async fn sign_in(
    allowed: &AllowedGrant<'_>,
    server: &RunningServer,
    request: &Request,
    people: &impl ProvesPasswords,
    around: &Surroundings<'_>,
) -> Result<Issued, Refusal> {
    let (client, form) = (allowed.client, request.form());
    let published = client.published();
    let find = |name: &str| form.find(name).ok_or_else(|| Refusal::missing(name));
    let (username, password) = (find("username")?, find("password")?);
    let scopes = scope::parse(form.find("scope").unwrap_or_default())?;
    let audience = choose_audience(server.definition(), form)?;
    let address = request.address();
    let user = people.prove_password_alone(published, username, password, address).await?;
    let at = around.store.time().await?.seconds();
    let id = FamilyId::new(around.random);
    let proof = Proof {
        published,
        server,
        application: client.index(),
        sign_in: Some(SignIn {
            user,
            auth_time: at,
            methods: vec![METHOD.to_owned()],
            acr: Some(ONE_FACTOR.to_owned()),
            session: None,
        }),
        grant_type: allowed.grant.word(),
        also: None,
        scopes,
        audience,
        nonce: None,
        family: Some(id),
        terms: Terms::Open,
        narrowed: None,
        thumbprint: allowed.thumbprint.clone(),
        inline_hook: None,
        delegation: None,
        engine: Engine::Native,
    };
    let decided = WORKER.with_borrow_mut(|worker| proof.decide(Trace::Skip, around.now, worker))?;
    if decided.needs_second_factor() {
        return Err(Refusal::password_alone());
    }
    decided.permit()?;
    decided.check_consent()?;
    let claims = WORKER.with_borrow_mut(|worker| decided.claim_set(worker))?;
    let signed = claims.sign_asking(around).await?;
    let grant = granted(&proof, &decided).ok_or_else(Refusal::inactive_user)?;
    let grant = family::bound(grant, client, allowed.thumbprint.as_ref())?;
    let family = Family::begin(grant, client, &signed, at);
    let refresh_token = family.refresh_token(&id, &published.keyring().refresh);
    match around.store.batch(vec![family.insert(&id)?]).await?.value {
        BatchOutcome::Applied => Ok(signed.with(refresh_token)),
        BatchOutcome::Failed(_) => Err(Refusal::failure("a family was there")),
    }
}

/// What the family keeps of it.
fn granted(proof: &Proof<'_>, decided: &Decided<'_>) -> Option<UserGrant> {
    let (scopes, lifetimes) = decided.granted()?;
    let allowed = decided.decision().outcome.as_ref().ok()?;
    let inline_hook = allowed.inline_hook().map(str::to_owned);
    let sign_in = proof.sign_in.as_ref()?;
    Some(UserGrant {
        server: proof.server.definition().id.clone(),
        client: proof.client().ok()?.client_id.clone(),
        user: proof.user()?.id.clone(),
        grant_type: proof.grant_type.to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        audience: proof.audience.to_owned(),
        lifetimes,
        inline_hook,
        auth_time: sign_in.auth_time,
        methods: sign_in.methods.clone(),
        acr: sign_in.acr.clone(),
        session: None,
        thumbprint: None,
    })
}
