//! What people agreed to: by person, client and server, scope by scope (authorization-server §6).

use super::rows::{self, Change};
use super::{Authenticator, AuthorizationError};
use crate::directory::{Application, ConsentMethod};
use crate::grant::grant_tag;
use crate::server::{AuthorizationServer, Consent, Scope};
use crate::store::{Op, Row, STEP, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind of the rows.
pub(super) const KIND: &str = "consent";

/// What a person agreed to for a client at a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    pub user_id: String,
    pub client_id: String,
    /// The id of the server.
    pub server: String,
    /// By scope: when, in seconds since 1970.
    pub scopes: BTreeMap<String, i64>,
}

/// The scopes of a request that its person must be asked for: the names of those that they are to
/// see, `remembered` being what they agreed to before.
#[must_use]
pub(super) fn needed<'s>(
    server: &'s AuthorizationServer,
    client: &Application,
    granted: &[&str],
    asks_again: bool,
    remembered: Option<&Agreement>,
) -> Vec<&'s Scope> {
    if client.consent_method == ConsentMethod::Trusted && !asks_again {
        return Vec::new();
    }
    let is_known = |scope: &Scope| {
        !asks_again && remembered.is_some_and(|known| known.scopes.contains_key(&scope.name))
    };
    let granted = |scope: &&Scope| granted.contains(&scope.name.as_str());
    server
        .scopes
        .iter()
        .filter(granted)
        .filter(|scope| scope.consent != Consent::Implicit && !is_known(scope))
        .collect()
}

impl Agreement {
    fn row(&self, key: &str) -> Row {
        Row::new(KIND, key, serde_json::to_vec(self).unwrap_or_default())
            .tagged(format!("user:{}", self.user_id))
            .tagged(format!("client:{}", self.client_id))
    }
}

fn key(user_id: &str, client_id: &str, server: &str) -> String {
    format!("{user_id}/{server}/{client_id}")
}

impl Authenticator {
    /// What this person agreed to for this client at this server.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn find_agreement(
        &self,
        user_id: &str,
        client_id: &str,
        server: &str,
    ) -> Result<Option<Agreement>, StoreError> {
        let row = self.store.find(KIND, &key(user_id, client_id, server)).await?.value;
        Ok(row.as_ref().and_then(read))
    }

    /// What notes that a person agreed to these scopes too, for the batch of what they agreed to;
    /// nothing if they did before.
    pub(super) async fn draft_agreement(
        &self,
        user_id: &str,
        client_id: &str,
        server: &str,
        scopes: &[&str],
    ) -> Result<Option<Op>, AuthorizationError> {
        if scopes.is_empty() {
            return Ok(None);
        }
        let key = key(user_id, client_id, server);
        let found = self.store.find(KIND, &key).await?;
        let now = found.seconds();
        let before = found.value.as_ref().and_then(read);
        let mut agreement = before.clone().unwrap_or_else(|| Agreement {
            user_id: user_id.to_owned(),
            client_id: client_id.to_owned(),
            server: server.to_owned(),
            scopes: BTreeMap::new(),
        });
        for scope in scopes {
            agreement.scopes.entry((*scope).to_owned()).or_insert(now);
        }
        let is_new = before.as_ref() != Some(&agreement);
        Ok(is_new.then(|| rows::step(found.value, Change::To(agreement.row(&key)))).flatten())
    }

    /// Everything that a person agreed to.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn list_agreements(&self, user_id: &str) -> Result<Vec<Agreement>, StoreError> {
        rows::list(&self.store, (KIND, &format!("user:{user_id}")), |row, _| read(&row)).await
    }

    /// Takes back one scope of what a person agreed to; what came of the agreement ends, since nobody
    /// can tell what of it was for that scope.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn revoke_scope(
        &self,
        user_id: &str,
        client_id: &str,
        server: &str,
        scope: &str,
    ) -> Result<(), StoreError> {
        let tag = grant_tag(user_id, client_id, server);
        self.store.delete_by_tag(None, &tag).await?;
        let key = key(user_id, client_id, server);
        rows::change(&self.store, (KIND, &key), |row, _| {
            let after = row.and_then(read).map(|mut agreement| {
                agreement.scopes.remove(scope);
                agreement
            });
            let left = after.filter(|agreement| !agreement.scopes.is_empty());
            let after = left.map_or(Change::Gone, |agreement| Change::To(agreement.row(&key)));
            let came = Op::DeleteTagged { kind: None, tag: tag.clone(), limit: STEP };
            Ok((after, vec![came], ()))
        })
        .await
    }

    /// Takes back what a person agreed to for a client at a server; what came of it ends too.
    ///
    /// # Errors
    /// The store's failure.
    pub async fn revoke_agreement(
        &self,
        user_id: &str,
        client_id: &str,
        server: &str,
    ) -> Result<(), StoreError> {
        let tag = grant_tag(user_id, client_id, server);
        // What came of it first: while any is left, the agreement is there to be taken back again.
        self.store.delete_by_tag(None, &tag).await?;
        let (kind, key) = (KIND.to_owned(), key(user_id, client_id, server));
        let ops = vec![
            Op::DeleteTagged { kind: None, tag, limit: STEP },
            Op::Delete { kind, key, expected: None },
        ];
        self.store.batch(ops).await.map(|_| ())
    }
}

fn read(row: &Row) -> Option<Agreement> {
    serde_json::from_slice(&row.bytes).ok()
}
