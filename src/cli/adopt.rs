//! Which organization is served: the one that the store keeps. A document is imported into an empty
//! store, at SIGHUP and by `claimsmith import`; and at a start, as long as nothing but imports wrote
//! what is kept, so that an edited file is not overlooked and another's changes are not undone. Where
//! there is neither, a new organization begins.

use super::installation::{KEPT, Opened, Stop};
use super::{recorded, say, show_problems};
use crate::administration::Administration;
use crate::clock::Clock;
use crate::organization::{Adopted, adopt, import_recording, join, read_everything};
use crate::program::Engine;
use crate::publish::{Addresses, Draft, Missing, PublishError, Published, Publisher, read_kept};
use crate::store::organization::{Change, Counters, Entity, Organizations};
use crate::store::{Row, StoreError};
use serde_json::json;
use std::sync::Arc;

impl Opened {
    pub(super) fn organizations(&self) -> Organizations {
        Organizations::new(self.store.clone())
    }

    /// Has the store keep what the document says, if it may be imported or is kept already; without
    /// one, and where nothing is kept yet, a new organization.
    pub(super) async fn adopt(&self, wanted: Option<Vec<Entity>>) -> Result<(), Stop> {
        let organizations = self.organizations();
        let wanted = match wanted {
            Some(wanted) => wanted,
            None if !organizations.counters().await?.is_zero() => return Ok(()),
            None => {
                say("there is no organization yet: a new one begins\n");
                super::installation::OrgDocument::new_organization().entities()?
            }
        };
        let record = self.recording();
        if adopt(&organizations, &wanted, &record).await? == Adopted::ChangedSince {
            say("warning: the organization that is kept was changed since the document was \
                 imported, and is served as it is; `claimsmith import` would replace it\n");
        }
        Ok(())
    }

    /// What is recorded of a document that is imported.
    fn recording(&self) -> impl Fn(&[Entity], &[Change]) -> Vec<Row> + Sync {
        let random = self.random.clone();
        move |kept, changes| {
            let after = json!({ "nChanges": changes.len() });
            let whole = recorded::whole("organization.document.imported", None, after);
            recorded::rows(&random, kept, changes, &whole)
        }
    }

    /// Imports the document, whatever was changed since the last time.
    pub(super) async fn import(&self, wanted: &[Entity]) -> Result<usize, Stop> {
        let record = self.recording();
        let imported = import_recording(&self.organizations(), wanted, &record).await?;
        Ok(imported.n_changes)
    }

    /// What the store keeps, compiled. Users whom nothing names are read as they are wanted.
    pub(super) async fn kept(&self, addresses: &Addresses, engine: Engine) -> Result<Draft, Stop> {
        let foundation = self.foundation(addresses);
        let kept = read_kept(&foundation, None, engine).await;
        kept.map(|(draft, _)| draft).map_err(told)
    }

    /// All that is kept as one document.
    pub(super) async fn text(&self) -> Result<String, Stop> {
        let (entities, counters) = self.whole().await?;
        if counters.is_zero() {
            return Err(told(PublishError::Nothing));
        }
        Ok(join(&entities))
    }

    /// All that is kept, as it was between two writes, and where the counters stood then.
    pub(super) async fn whole(&self) -> Result<(Vec<Entity>, Counters), StoreError> {
        read_everything(&self.organizations()).await
    }

    /// The version of what the store keeps.
    pub(super) async fn published(
        &self,
        draft: Draft,
        addresses: &Addresses,
        missing: Missing,
    ) -> Result<Published, Stop> {
        Ok(draft.start(&self.foundation(addresses), missing, None).await?)
    }

    /// What changes what the store keeps; servers that run follow. Secrets that cannot be read here do
    /// not matter.
    pub(super) async fn administration(
        &self,
        addresses: &Addresses,
    ) -> Result<Administration, Stop> {
        let foundation = self.foundation(addresses);
        let publisher = Publisher::start(foundation, Missing::Warn).await.map_err(told)?;
        Ok(Administration::new(Arc::new(publisher), Clock::System))
    }

    /// Serves what the store keeps.
    pub(super) async fn publisher(&self, addresses: &Addresses) -> Result<Publisher, Stop> {
        let foundation = self.foundation(addresses);
        Publisher::start(foundation, Missing::Refuse).await.map_err(told)
    }
}

/// Tells all that is wrong with what is kept.
pub(super) fn told(error: PublishError) -> Stop {
    match &error {
        PublishError::Problems { document, problems } => {
            show_problems(problems, KEPT, document.as_bytes());
        }
        PublishError::Nothing => return format!("{error}; name a document with --org").into(),
        _ => {}
    }
    error.into()
}
