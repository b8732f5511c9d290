//! An access token of the organization's own server, as it is used at the management API (decisions
//! 31 and 32).

use super::accept::{self, Accepted};
use super::userinfo::check_key;
use super::{Endpoint, PresentedToken, Refusal, Surroundings, find_server};
use crate::publish::Published;
use crate::server::ORGANIZATION_SERVER;

/// Whom a token lets in, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The client that has the token.
    pub client_id: String,
    /// Its user; services have none.
    pub user_id: Option<String>,
    /// What was granted.
    pub scopes: Vec<String>,
}

/// Whom this token lets in at the address that is found at `urls`.
///
/// # Errors
/// `invalid_token`, `invalid_dpop_proof`, or the store's failure.
pub async fn admit(
    published: &Published,
    presented: &PresentedToken,
    urls: &[String],
    around: &Surroundings<'_>,
) -> Result<Admitted, Refusal> {
    let server = find_server(published, ORGANIZATION_SERVER)?;
    let accepted = accept::accept(published, server, &presented.token, around).await?;
    let accepted = accepted.ok_or_else(Refusal::invalid_token)?;
    let endpoint = Endpoint::at(urls, &presented.method);
    check_key(published, &endpoint, presented, &accepted, around).await?;
    let Accepted { claims, client, user, .. } = accepted;
    let scope = claims.scope().unwrap_or_default();
    Ok(Admitted {
        client_id: client.client_id.to_string(),
        user_id: user.map(|person| person.user().id.clone()),
        scopes: scope.split(' ').map(str::to_owned).collect(),
    })
}
