//! The token endpoint without its transport: the phases that every grant passes. Each phase makes a
//! type that only it can make, so that none can be left out:
//!
//! `Presented` → `Request` → `ProvenClient` → `AllowedGrant` → `Proof` → `Decided` → `ClaimSet` →
//! `Issued`.

mod accept;
mod assertion;
mod audience;
mod authorization_code;
mod client;
mod client_credentials;
mod code;
mod deny_list;
mod device;
mod dpop;
mod endpoint;
mod family;
mod form;
mod front_channel;
mod held;
mod hook;
mod introspect;
mod issue;
mod management;
mod password;
pub mod preview;
mod proof;
mod pushed;
mod record;
mod refresh_token;
mod refusal;
mod revoke;
mod scope;
mod token_exchange;
#[cfg(test)]
mod tests;
mod userinfo;

pub use audience::choose_audience;
pub use client::{Basic, ProvenClient, authenticate, claimed};
pub use code::{CODE, CodeGrant, IssuedCode, is_unspent};
pub use deny_list::DenyList;
pub use device::{
    DEVICE, DeviceAuthorization, DeviceRequest, USER_CODE, WaitingDevice, authorize_device,
    find_device,
};
pub use endpoint::Endpoint;
pub use family::{FAMILY, UserGrant, find_grant, grant_tag};
pub use form::{Form, Presented, Request};
pub use front_channel::{FrontChannel, FrontTokens, answer_in_front};
pub use held::{HeldToken, end_held, find_held, list_held};
pub use hook::{Asking, try_hook};
pub use introspect::introspect;
pub use issue::{ClaimSet, Issued, Signed};
pub use management::{Admitted, admit};
pub use password::{PasswordRefused, ProvesPasswords};
pub use proof::{Decided, ONE_FACTOR, Proof, SEVERAL_FACTORS, SignIn, TWO_FACTORS};
pub use pushed::{Pushed, push, take_pushed};
pub use refusal::Refusal;
pub use revoke::revoke;
pub use scope::{check_openid, parse as parse_scopes};
pub use userinfo::{PresentedToken, userinfo};

use crate::directory::Application;
use crate::fetch::ClientKeys;
use crate::policy::Trace;
use crate::program::Worker;
use crate::publish::{Published, RunningServer};
use crate::random::Random;
use crate::server::{AuthorizationServer, LegacyGrants};
use crate::store::Store;
use crate::store::journal::Journal;
use record::Record;
use std::cell::RefCell;

/// A grant of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    AuthorizationCode,
    ClientCredentials,
    DeviceCode,
    RefreshToken,
    TokenExchange,
    /// Tokens by way of the browser; none of the token endpoint.
    Implicit,
    Password,
}

impl Grant {
    /// The grants there are, by their `grant_type`.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("authorization_code", Self::AuthorizationCode),
        ("client_credentials", Self::ClientCredentials),
        (device::DEVICE_CODE, Self::DeviceCode),
        ("refresh_token", Self::RefreshToken),
        (token_exchange::TOKEN_EXCHANGE, Self::TokenExchange),
        ("implicit", Self::Implicit),
        ("password", Self::Password),
    ];

    /// Its `grant_type`.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, grant)| *grant == self).map_or("", |(word, _)| word)
    }

    /// This `grant_type`, if there is such a grant.
    fn word_of(name: &str) -> Option<&'static str> {
        Self::WORDS.iter().map(|(word, _)| *word).find(|word| *word == name)
    }

    /// Whether this server does it (decision 29).
    #[must_use]
    pub fn is_of(self, server: &AuthorizationServer) -> bool {
        let LegacyGrants { password, implicit, hybrid } = server.legacy_grants;
        match self {
            Self::Password => password,
            Self::Implicit => implicit || hybrid,
            _ => true,
        }
    }
}

/// A grant that this client may use.
#[derive(Clone, Debug)]
pub struct AllowedGrant<'p> {
    client: ProvenClient<'p>,
    grant: Grant,
    /// The thumbprint of the key that the tokens are bound to (RFC 9449).
    thumbprint: Option<String>,
}

impl<'p> ProvenClient<'p> {
    /// The grant that `request` names, if the server can do it and the client may use it.
    ///
    /// # Errors
    /// `invalid_request` without a `grant_type`, `unsupported_grant_type`, `unauthorized_client`
    /// (RFC 6749 §5.2).
    pub fn allow(
        self,
        request: &Request,
        server: &RunningServer,
    ) -> Result<AllowedGrant<'p>, Refusal> {
        let is_answered =
            |grant: Grant| grant != Grant::Implicit && grant.is_of(server.definition());
        let known = || Grant::WORDS.iter().filter(|(_, grant)| is_answered(*grant));
        let words = || known().map(|(word, _)| *word).collect::<Vec<_>>();
        let word = request.form().find("grant_type");
        let word = word.ok_or_else(|| Refusal::no_grant_type(&words()))?;
        let found = known().find(|(known, _)| *known == word);
        let (_, grant) = found.ok_or_else(|| Refusal::unsupported_grant_type(&words()))?;
        let Application { grant_types, .. } = self.application();
        if !grant_types.iter().any(|allowed| allowed == word) {
            return Err(Refusal::unauthorized_client(grant_types));
        }
        Ok(AllowedGrant { client: self, grant: *grant, thumbprint: None })
    }
}

impl AllowedGrant<'_> {
    /// The same grant, its tokens bound to the key that the request proves, if it proves one.
    async fn bind(
        self,
        request: &Request,
        endpoint: &Endpoint<'_>,
        around: &Surroundings<'_>,
    ) -> Result<Self, Refusal> {
        let published = self.client.published();
        let purpose = dpop::Purpose::Binding;
        let thumbprint = dpop::prove(published, request.dpop(), endpoint, purpose, around).await?;
        if thumbprint.is_none() && self.client.application().dpop_bound {
            return Err(Refusal::no_dpop());
        }
        Ok(Self { thumbprint, ..self })
    }
}

/// What the grants are handed besides the request: where things are kept, and what is different each
/// time.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    pub store: &'a Store,
    pub random: &'a Random,
    /// Access tokens that were revoked one by one.
    pub denied: &'a DenyList,
    /// Where events go that need not be there before the answer.
    pub journal: &'a Journal,
    /// Keys that clients publish themselves.
    pub client_keys: &'a ClientKeys,
    /// Seconds since 1970.
    pub now: i64,
}

impl<'a> Surroundings<'a> {
    /// What asking a hook takes.
    #[must_use]
    pub fn asking(&self) -> Asking<'a> {
        let Self { random, client_keys, now, .. } = *self;
        Asking { fetcher: client_keys.fetcher(), random, now }
    }
}

thread_local! {
    /// The memory of evaluations; one a thread, used again by each request.
    static WORKER: RefCell<Worker> = RefCell::new(Worker::new());
}

/// The token endpoint: what was presented becomes tokens, and what became of it is recorded
/// (decision 41). `people` is asked for passwords.
///
/// # Errors
/// The refusal of the phase that said no; none is told before it is recorded, if it is one of a
/// client that was proven.
pub async fn token(
    published: &Published,
    server_id: &str,
    presented: Presented,
    people: &impl ProvesPasswords,
    around: &Surroundings<'_>,
) -> Result<Issued, Refusal> {
    let presented = presented.with_all_of_an_assertion();
    let mut record = Record::begin(&presented);
    let answered = walk(published, server_id, presented, people, around, &mut record).await;
    record.finish(answered, around).await
}

/// The whole walk, which notes in `record` what is known on the way.
async fn walk(
    published: &Published,
    server_id: &str,
    presented: Presented,
    people: &impl ProvesPasswords,
    around: &Surroundings<'_>,
    record: &mut Record,
) -> Result<Issued, Refusal> {
    let server = find_server(published, server_id)?;
    record.at(server);
    let request = Request::new(presented)?;
    let endpoint = Endpoint::new(published, server, "token", "POST").also_below(request.base());
    let (client, mark) = client::recognize(published, &request, &endpoint, around).await?;
    record.of(client);
    let allowed = match client.allow(&request, server) {
        Ok(allowed) => allowed.bind(&request, &endpoint, around).await,
        Err(refusal) => Err(refusal),
    };
    let allowed = client::spend(mark, allowed, around).await?;
    // Those that are long stand apart, so that what is handed on for every request is small.
    match allowed.grant {
        Grant::AuthorizationCode => {
            Box::pin(authorization_code::exchange(allowed, server, &request, around)).await
        }
        Grant::ClientCredentials => {
            let proof = client_credentials::prove(allowed, server, &request)?;
            mint(&proof, around).await.map(Signed::given)
        }
        Grant::DeviceCode => Box::pin(device::poll(&allowed, server, &request, around)).await,
        Grant::RefreshToken => {
            Box::pin(refresh_token::refresh(allowed, server, &request, around)).await
        }
        Grant::TokenExchange => {
            Box::pin(token_exchange::exchange(allowed, server, &request, around)).await
        }
        Grant::Password => {
            Box::pin(password::sign_in(&allowed, server, &request, people, around)).await
        }
        // It is answered at the authorization endpoint, and was not allowed here.
        Grant::Implicit => Err(Refusal::unsupported_grant_type(&[])),
    }
}

/// From a proof to signed tokens, which are given out once what they rest on is kept.
async fn mint(proof: &Proof<'_>, around: &Surroundings<'_>) -> Result<Signed, Refusal> {
    around.journal.record(|| proof.recording());
    let decided = WORKER.with_borrow_mut(|worker| proof.decide(Trace::Skip, around.now, worker))?;
    let claims = WORKER.with_borrow_mut(|worker| decided.claim_set(worker))?;
    claims.sign_asking(around).await
}

/// As [`mint`], where nobody is there to be asked: scopes that need the person's consent are refused
/// to a client that must ask for it (authorization-server §6).
async fn mint_unasked(proof: &Proof<'_>, around: &Surroundings<'_>) -> Result<Signed, Refusal> {
    around.journal.record(|| proof.recording());
    let decided = WORKER.with_borrow_mut(|worker| proof.decide(Trace::Skip, around.now, worker))?;
    decided.permit()?;
    decided.check_consent()?;
    let claims = WORKER.with_borrow_mut(|worker| decided.claim_set(worker))?;
    claims.sign_asking(around).await
}

/// The server of a request.
///
/// # Errors
/// `invalid_request` if there is no active one of this id (authorization-server §2.1).
pub fn find_server<'p>(published: &'p Published, id: &str) -> Result<&'p RunningServer, Refusal> {
    published.find_server(id).ok_or_else(Refusal::unknown_server)
}
