//! From a stranger to a session with consent, without HTTP: passwords, sessions, second factors,
//! and what an authorization request still needs before it is answered.

mod activate;
mod advance;
mod attempts;
mod authorize;
mod consent;
mod credential;
mod factor;
mod hasher;
mod hint;
mod invitation;
mod logout;
mod passkey;
mod password;
mod pending;
mod record;
mod redirect;
mod refusal;
mod request;
mod rows;
mod session;
mod sign_in;
mod transaction;
mod wanted;
#[cfg(test)]
mod tests;

pub use advance::{Asked, Said, Step, usable};
pub use authorize::{Refused, read};
pub use consent::Agreement;
pub use credential::{ENDED_WITH_PASSWORD, may_be_password_of};
pub use factor::{AppSecret, Factors, PendingApp};
pub use hasher::{Hasher, HasherBusy};
pub use invitation::{Followed, Invitation, invite};
pub use logout::{Logout, read_logout};
pub use passkey::{Answered, Challenge, RelyingParty};
pub use password::{Candidate, PasswordHash, PasswordHashError};
pub use pending::Pending;
pub use redirect::{is_registered, origin};
pub use refusal::AuthorizationError;
pub use request::{AuthorizationRequest, ResponseMode, ReturnAddress};
pub use session::{FoundSession, Method, Session, SessionSecret};
pub use sign_in::{Proven, SignInRefused, SignedIn};
pub use transaction::{Stage, Transaction};

use crate::fetch::Fetcher;
pub use crate::grant::{ONE_FACTOR, TWO_FACTORS};
use crate::random::Random;
use crate::store::Store;
use crate::store::journal::Journal;
use crate::token::Vault;
use std::sync::Arc;

/// Every level there is.
pub const LEVELS: &[&str] = &[ONE_FACTOR, TWO_FACTORS];

/// What signing people in stands on. Clones share it.
#[derive(Debug, Clone)]
pub struct Authenticator {
    pub store: Store,
    pub vault: Arc<Vault>,
    pub random: Random,
    pub hasher: Hasher,
    /// Where events go that need not be there before the answer.
    pub journal: Journal,
    /// What hooks are asked with.
    pub fetcher: Fetcher,
}
