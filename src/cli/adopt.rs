//! Which organization is served: the one that the store keeps. A document is imported into an empty
//! store, at SIGHUP and by `claimsmith import`; and at a start, as long as nothing but imports wrote
//! what is kept, so that an edited file is not overlooked and another's changes are not undone.

use super::installation::{KEPT, Opened, Stop};
use super::{STACK, say, show_problems};
use crate::organization::{Adopted, adopt, import, is_named, join, read_all, read_named};
use crate::program::Engine;
use crate::publish::{Draft, PublicUrl, Published, compile_after};
use crate::store::StoreError;
use crate::store::organization::{Changed, Counter, Counters, Entity, EntityKind, Organizations};
use std::sync::Arc;
use std::thread;
use tokio::sync::oneshot;

/// How often an organization is read that others write meanwhile.
const ATTEMPTS: usize = 10;

/// What is said of a store that keeps none.
const NOTHING: &str = "there is no organization yet; name a document with --org";

/// A version that could be served, and where the counters stood when it was read.
pub(super) struct Kept {
    pub(super) draft: Draft,
    pub(super) counters: Counters,
}

impl Opened {
    pub(super) fn organizations(&self) -> Organizations {
        Organizations::new(self.store.clone())
    }

    /// What is served at the start: what the document says, if it may be imported or is kept
    /// already, else what is kept.
    pub(super) async fn adopt(
        &self,
        document: Option<(Draft, Vec<Entity>)>,
        public_url: &PublicUrl,
    ) -> Result<Kept, Stop> {
        let Some((draft, wanted)) = document else {
            return self.kept(public_url, None, Engine::Interpreter).await;
        };
        let adopted = adopt(&self.organizations(), &wanted).await?;
        if adopted == Adopted::ChangedSince {
            say("warning: the organization that is kept was changed since the document was \
                 imported, and is served as it is; `claimsmith import` would replace it\n");
        }
        // The document's users are not held on to.
        drop((draft, wanted));
        self.kept(public_url, None, Engine::Interpreter).await
    }

    /// Imports the document, whatever was changed since the last time.
    pub(super) async fn import(&self, wanted: &[Entity]) -> Result<usize, Stop> {
        let imported = import(&self.organizations(), wanted).await?;
        Ok(imported.n_changes)
    }

    /// What the store keeps, compiled, but for what `former` has compiled already. Users whom nothing
    /// names are read as they are wanted.
    pub(super) async fn kept(
        &self,
        public_url: &PublicUrl,
        former: Option<Arc<Published>>,
        engine: Engine,
    ) -> Result<Kept, Stop> {
        let mut told = None;
        for extent in [Extent::Named, Extent::All] {
            let (entities, counters) = read_whole(&self.organizations(), extent).await?;
            if counters.is_zero() {
                return Err(NOTHING.into());
            }
            let (url, former) = (public_url.clone(), former.clone());
            let compile = move || {
                let text = join(&entities);
                let compiled = compile_after(former.as_deref(), text.as_bytes(), url, engine);
                (text, compiled)
            };
            match off_the_loop("adopt", compile).await? {
                (_, Ok(draft)) => return Ok(Kept { draft, counters }),
                // Who wrote it may not have said whom it names.
                (text, Err(problems)) => told = Some((text, problems)),
            }
        }
        if let Some((text, problems)) = told {
            show_problems(&problems, KEPT, text.as_bytes());
        }
        Err("the organization that is kept cannot be served".into())
    }

    /// All that is kept as one document.
    pub(super) async fn text(&self) -> Result<String, Stop> {
        let (entities, counters) = read_whole(&self.organizations(), Extent::All).await?;
        if counters.is_zero() {
            return Err(NOTHING.into());
        }
        Ok(join(&entities))
    }

    /// Has the version that serves learn what was changed of users since the directory was counted
    /// to `since`. Answers whether that is all there is to it; if not, another version must serve.
    pub(super) async fn relearn(
        &self,
        published: &Published,
        since: i64,
    ) -> Result<bool, StoreError> {
        let organizations = self.organizations();
        let changes = organizations.changes(Counter::Directory, since).await?;
        let Some(changes) = changes else { return Ok(false) };
        for Changed { kind, id } in changes {
            if kind != EntityKind::User || published.names_user(&id) {
                return Ok(false);
            }
            published.forget_person(&id);
            let user = organizations.find(kind, &id).await?;
            if user.is_some_and(|user| is_named(&user)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What `work` gives, done by a thread of its own: requests are answered meanwhile, and the counters
/// asked for.
pub(super) async fn off_the_loop<Given: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Given + Send + 'static,
) -> Result<Given, Stop> {
    let (answer, answered) = oneshot::channel();
    let work = move || drop(answer.send(work()));
    thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(work)?;
    Ok(answered.await?)
}

/// Which users are read with the rest.
#[derive(Clone, Copy)]
enum Extent {
    Named,
    All,
}

/// What is kept, as it was between two writes.
async fn read_whole(
    organizations: &Organizations,
    extent: Extent,
) -> Result<(Vec<Entity>, Counters), StoreError> {
    let mut before = organizations.counters().await?;
    for _ in 0..ATTEMPTS {
        let entities = match extent {
            Extent::Named => read_named(organizations).await?,
            Extent::All => read_all(organizations).await?,
        };
        let after = organizations.counters().await?;
        if before == after {
            return Ok((entities, after));
        }
        before = after;
    }
    Err(StoreError::Busy)
}
