//! The key pairs that are held for an application (authorization-server §5.4), each with a certificate.
//! They are kept as the keys of servers are: closed under the master key, and in no org document.

mod key;
mod request;

pub use key::{clone_signing_key, find_signing_key, generate_signing_key, list_signing_keys};
pub use request::{find_request, list_requests, make_request, publish_certificate, revoke_request};

use super::super::ask::Ask;
use super::super::record::type_name;
use super::super::{ATTEMPTS, ChangeRefused, IfMatch, Required, read_body};
use super::{KIND, client_id_of};
use crate::audit::Alteration;
use crate::organization::Snapshot;
use crate::store::journal::alteration_row;
use crate::store::organization::Entity;
use crate::store::{BatchOutcome, Op, Row};
use crate::token::{Algorithm, KeyError, SigningKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Most keys of an application, and most requests for certificates.
const AT_MOST: u32 = 50;

/// The row of an application that is written with each of its keys and requests.
const ADDED: &str = "application-credentials";

/// Its place among what is done at once: behind the application.
const ADDED_AT: usize = 1;

/// An application whose keys these are.
struct Owner<'k> {
    entity: &'k Entity,
    client_id: String,
    label: Option<String>,
}

impl<'k> Owner<'k> {
    fn read(kept: &'k Snapshot, id: &str, if_match: &IfMatch) -> Result<Self, ChangeRefused> {
        let entity = kept.require(KIND, id, if_match)?;
        let body = read_body(entity)?;
        let label = super::super::text_of(&body, "label").map(str::to_owned);
        Ok(Self { entity, client_id: client_id_of(&body).to_owned(), label })
    }

    /// What its rows end with.
    fn tag(&self) -> String {
        format!("client:{}", self.client_id)
    }

    fn key_of(&self, id: &str) -> String {
        format!("{id} {}", self.client_id)
    }

    fn row(&self, kind: &str, id: &str, kept: &impl Serialize) -> Result<Row, ChangeRefused> {
        let bytes = serde_json::to_vec(kept);
        let bytes = bytes.map_err(|error| ChangeRefused::Failed(error.to_string()))?;
        Ok(Row::new(kind, &self.key_of(id), bytes).tagged(self.tag()))
    }

    /// Those of a kind, in the order of their ids, each with its id and generation.
    async fn list<Kept: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        kind: &str,
    ) -> Result<Vec<(String, i64, Kept)>, ChangeRefused> {
        let store = &ask.administration.publisher.foundation().store;
        let rows = store.list_by_tag(kind, &self.tag(), None, AT_MOST).await?.value;
        let read = |row: Row| {
            let kept = serde_json::from_slice(&row.bytes);
            let kept = kept.map_err(|error| ChangeRefused::Failed(error.to_string()))?;
            let id = row.key.split(' ').next().unwrap_or_default().to_owned();
            Ok((id, row.generation, kept))
        };
        rows.into_iter().map(read).collect()
    }

    /// That it may have one more of a kind.
    async fn check_room(&self, ask: &Ask<'_>, kind: &str) -> Result<(), ChangeRefused> {
        let known: Vec<(String, i64, Value)> = self.list(ask, kind).await?;
        if known.len() < AT_MOST as usize {
            return Ok(());
        }
        let words = format!("An application has {AT_MOST} at most.");
        Err(ChangeRefused::of_whole("credentials", &words))
    }

    /// Keeps one more while there is room for it, and does `besides` with it. Two that are added at once
    /// must not come to one too many: neither is written once the other is.
    async fn add(
        &self,
        ask: &Ask<'_>,
        row: Row,
        besides: Option<Op>,
        recorded: (&'static str, &str),
    ) -> Result<(), ChangeRefused> {
        for _ in 0..ATTEMPTS {
            // Before it is counted how many there are.
            let added = self.count_one(ask).await?;
            self.check_room(ask, &row.kind).await?;
            let ops = [added, Op::Insert(row.clone())].into_iter().chain(besides.clone());
            match self.batch(ask, ops, recorded).await? {
                BatchOutcome::Failed(ADDED_AT) => {}
                outcome => return applied(outcome),
            }
        }
        Err(ChangeRefused::Conflict)
    }

    /// Counts one more; fails if others did since.
    async fn count_one(&self, ask: &Ask<'_>) -> Result<Op, ChangeRefused> {
        let store = &ask.administration.publisher.foundation().store;
        let found = store.find(ADDED, &self.client_id).await?.value;
        let row = Row::new(ADDED, &self.client_id, Vec::new()).tagged(self.tag());
        Ok(match found {
            Some(Row { generation: expected, .. }) => Op::Replace { row, expected },
            None => Op::Insert(row),
        })
    }

    /// Takes one away.
    async fn remove(
        &self,
        ask: &Ask<'_>,
        delete: Op,
        recorded: (&'static str, &str),
    ) -> Result<(), ChangeRefused> {
        applied(self.batch(ask, [delete], recorded).await?)
    }

    /// Does all of it, with what is recorded of it, while the application stays as it was read.
    async fn batch(
        &self,
        ask: &Ask<'_>,
        ops: impl IntoIterator<Item = Op>,
        (event, kid): (&'static str, &str),
    ) -> Result<BatchOutcome, ChangeRefused> {
        let administration = ask.administration;
        let foundation = administration.publisher.foundation();
        let alteration = Alteration {
            event,
            object: type_name(KIND),
            id: self.entity.id.clone(),
            name: self.label.clone(),
            before: None,
            after: Some(json!({ "id": kid })),
        };
        let at = administration.clock.microseconds();
        let recorded = alteration_row(&alteration, &ask.actor, at, &foundation.random);
        let mut all = vec![self.entity.expected()];
        all.extend(ops);
        all.push(Op::Insert(recorded));
        Ok(foundation.store.batch(all).await?.value)
    }

    fn seal_name(&self) -> String {
        format!("signing key of {}", self.entity.id)
    }

    /// The private half as it is kept.
    fn seal(&self, ask: &Ask<'_>, key: &SigningKey) -> Result<String, ChangeRefused> {
        let foundation = ask.administration.publisher.foundation();
        let plain = key.to_pkcs8().map_err(failed)?;
        let sealed = foundation.vault.seal_as_text(&foundation.random, &self.seal_name(), &plain);
        sealed.map_err(|error| ChangeRefused::Failed(error.to_string()))
    }

    fn open(&self, ask: &Ask<'_>, sealed: &str) -> Result<SigningKey, ChangeRefused> {
        let unusable =
            || ChangeRefused::Failed("a key of an application cannot be used".to_owned());
        let vault = &ask.administration.publisher.foundation().vault;
        let plain = vault.open_as_text(&self.seal_name(), sealed).map_err(|_| unusable())?;
        SigningKey::from_pkcs8(Algorithm::Rs256, &plain).map_err(failed)
    }
}

fn applied(outcome: BatchOutcome) -> Result<(), ChangeRefused> {
    match outcome {
        BatchOutcome::Applied => Ok(()),
        BatchOutcome::Failed(_) => Err(ChangeRefused::Conflict),
    }
}

fn failed(error: KeyError) -> ChangeRefused {
    ChangeRefused::Failed(error.to_string())
}

/// A fresh key of RSA. It may take a second to find.
async fn generated() -> Result<SigningKey, ChangeRefused> {
    let made = tokio::task::spawn_blocking(|| SigningKey::generate(Algorithm::Rs256)).await;
    made.map_err(|error| ChangeRefused::Failed(error.to_string()))?.map_err(failed)
}
