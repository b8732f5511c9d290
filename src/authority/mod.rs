//! Who may administer the organization, and what of it: a token of the management API, or one of the
//! organization's own server, becomes whoever has it with the scopes it carries (decisions 31 to 33).

mod api_token;
mod bootstrap;
#[cfg(test)]
mod tests;

pub use api_token::{
    ApiToken, ApiTokenError, NewApiToken, create, find, find_by_secret, is_bootstrap_token, list,
    revoke,
};
pub use bootstrap::{Bootstrap, begin, finish, stands};

use crate::grant::Admitted;
use crate::server::MANAGEMENT_SCOPES;

/// Whoever administers, for the time of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// By what they are known.
    pub credential: Credential,
    scopes: Vec<String>,
}

/// By what somebody who administers is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A token of the management API, which belongs to a user.
    ApiToken {
        /// `00T…`
        id: String,
        /// Whose it is.
        user_id: String,
    },
    /// An access token of the organization's own server.
    AccessToken {
        /// The client that has it.
        client_id: String,
        /// Its user; services have none.
        user_id: Option<String>,
    },
    /// The session of a browser: for what is its person's own (decision 32).
    Session {
        /// `session.id`
        id: String,
        /// Whose it is.
        user_id: String,
    },
}

/// What is done to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Manage,
}

impl Authority {
    /// Whoever has this token of the management API.
    #[must_use]
    pub fn of_api_token(token: ApiToken) -> Self {
        let ApiToken { id, user_id, scopes, .. } = token;
        Self { credential: Credential::ApiToken { id, user_id }, scopes }
    }

    /// Whoever has an access token that was let in.
    #[must_use]
    pub fn of_access_token(admitted: Admitted) -> Self {
        let Admitted { client_id, user_id, scopes } = admitted;
        Self { credential: Credential::AccessToken { client_id, user_id }, scopes }
    }

    /// Whoever has this session in their browser; no scope comes with it.
    #[must_use]
    pub const fn of_session(id: String, user_id: String) -> Self {
        Self { credential: Credential::Session { id, user_id }, scopes: Vec::new() }
    }

    /// Whether this may be done to things of the kind `resource`: `apps`, `users`, …. Who manages
    /// them reads them too.
    #[must_use]
    pub fn may(&self, resource: &str, access: Access) -> bool {
        let has = |suffix: &str| {
            self.scopes.iter().any(|scope| {
                let rest = scope.strip_prefix("okta.").and_then(|rest| rest.strip_prefix(resource));
                rest == Some(suffix)
            })
        };
        has(".manage") || access == Access::Read && has(".read")
    }

    /// Whether whoever has this scope could do nothing that this authority cannot: nobody grants what
    /// they lack (decision 31).
    #[must_use]
    pub fn covers(&self, scope: &str) -> bool {
        let read_by_manager = scope.strip_suffix(".read").is_some_and(|resource| {
            self.scopes.iter().any(|own| own.strip_suffix(".manage") == Some(resource))
        });
        MANAGEMENT_SCOPES.contains(&scope)
            && (read_by_manager || self.scopes.iter().any(|own| own == scope))
    }

    /// The user that this authority is of, if it is one's.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        match &self.credential {
            Credential::ApiToken { user_id, .. } | Credential::Session { user_id, .. } => {
                Some(user_id)
            }
            Credential::AccessToken { user_id, .. } => user_id.as_deref(),
        }
    }
}
