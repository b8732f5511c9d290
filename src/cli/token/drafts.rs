//! Claims, rules, policies and scopes that nobody saved yet, at the command line (decision 35): the
//! organization that is named, in memory if it is a document, with the drafts beside it.

use crate::administration::{Administration, ChangeRefused};
use crate::cli::installation::{Installation, Opened, Stop, read_document};
use crate::clock::Clock;
use crate::organization::import;
use crate::publish::{Addresses, Foundation, Missing, Published, Publisher};
use crate::store::Store;
use crate::store::organization::Organizations;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// The version in which the server of this id has the drafts of a file. Nothing is kept of it.
pub(super) async fn drafted(
    installation: &Installation,
    opened: &Opened,
    addresses: &Addresses,
    (server, file): (&str, &Path),
) -> Result<Arc<Published>, Stop> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let drafts: Value =
        serde_json::from_slice(&read_document(file)?).map_err(|error| at(&error))?;
    let foundation = opened.foundation(addresses);
    let foundation = match installation.document()? {
        Some(document) => {
            let store = Store::memory(Clock::System);
            import(&Organizations::new(store.clone()), &document.entities()?).await?;
            Foundation { store, ..foundation }
        }
        None => foundation,
    };
    let publisher = Publisher::start(foundation, Missing::Warn).await?;
    let administration = Administration::new(Arc::new(publisher), Clock::System);
    let drafted = administration.drafted(server, &drafts).await;
    drafted.map_err(|refused| at(&in_words(refused)).into())
}

/// A line for each thing that is wrong; of an expression with a caret.
fn in_words(refused: ChangeRefused) -> String {
    let ChangeRefused::Invalid { causes, .. } = refused else { return refused.to_string() };
    let words = causes.into_iter().map(|cause| match cause.diagnostic {
        Some((rendered, _)) => format!("{}: {}\n{rendered}", cause.field, cause.message),
        None if cause.field.is_empty() => cause.message,
        None => format!("{}: {}", cause.field, cause.message),
    });
    words.collect::<Vec<String>>().join("\n")
}
