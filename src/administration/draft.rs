//! What somebody has written of a server and not saved yet (decisions 35 and 36): looked at as what is
//! saved would be, and compiled beside what is kept into a version that nobody is served by.

use super::claim::CLAIMS;
use super::policy::List;
use super::scope::SCOPES;
use super::{Administration, ChangeRefused, IfMatch, text_of};
use crate::organization::Snapshot;
use crate::publish::Published;
use crate::store::StoreError;
use crate::store::organization::Change;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// So many requests have their drafts compiled at the same time; others wait, in a queue.
pub(super) const AT_ONCE: usize = 2;

/// So long a request waits for its turn before it is sent away. Its drafts are compiled to the end
/// then: a thread that compiles cannot be stopped, and the turn is over when it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many drafts at most come with one request.
const AT_MOST: usize = 100;

/// The lists of drafts, in the order in which one may need another.
pub const LISTS: &[&str] = &["scopes", "claims", "policies", "rules", "tokenPolicies"];

impl Administration {
    /// A version in which a server has these drafts: each in the place of what has its `id`, or beside
    /// the others. It is what would serve if they were saved; nothing is.
    ///
    /// # Errors
    /// [`ChangeRefused`], as if they were saved, and [`ChangeRefused::Store`] where too many others
    /// ask for the like.
    pub async fn drafted(
        &self,
        server: &str,
        drafts: &Value,
    ) -> Result<Arc<Published>, ChangeRefused> {
        let turn = tokio::time::timeout(PATIENCE, self.drafting.acquire()).await;
        let _turn = turn.map_err(|_| StoreError::Busy)?;
        let kept = self.snapshot().await?;
        let changes = self.changes_of(&kept, server, drafts)?;
        let ready = Box::pin(self.prepare(&kept, changes)).await?;
        Ok(Arc::new(ready.prepared.into_published()))
    }

    /// What saving the drafts, one after the other, would change.
    fn changes_of(
        &self,
        kept: &Snapshot,
        server: &str,
        drafts: &Value,
    ) -> Result<Vec<Change>, ChangeRefused> {
        let Some(lists) = drafts.as_object() else {
            return Err(ChangeRefused::of_field("drafts", "expected an object"));
        };
        if let Some(unknown) = lists.keys().find(|name| !LISTS.contains(&name.as_str())) {
            let words = format!("expected one of {}", LISTS.join(", "));
            return Err(ChangeRefused::of_field(&format!("drafts.{unknown}"), words));
        }
        let mut saving = Saving { administration: self, kept: kept.clone(), changes: Vec::new() };
        for name in LISTS {
            for draft in list_of(drafts, name)? {
                saving.save(server, name, draft)?;
            }
        }
        Ok(merged(saving.changes))
    }
}

fn list_of<'d>(drafts: &'d Value, name: &str) -> Result<&'d [Value], ChangeRefused> {
    let words = match drafts.get(name) {
        None | Some(Value::Null) => return Ok(&[]),
        Some(Value::Array(list)) if list.len() <= AT_MOST => {
            if list.iter().all(Value::is_object) {
                return Ok(list);
            }
            "expected objects".to_owned()
        }
        Some(Value::Array(_)) => format!("at most {AT_MOST}"),
        Some(_) => "expected a list".to_owned(),
    };
    Err(ChangeRefused::of_field(&format!("drafts.{name}"), words))
}

/// Drafts being saved, if only in thought.
struct Saving<'s> {
    administration: &'s Administration,
    /// What would be kept by now.
    kept: Snapshot,
    changes: Vec<Change>,
}

impl Saving<'_> {
    fn save(&mut self, server: &str, list: &str, draft: &Value) -> Result<(), ChangeRefused> {
        match list {
            "scopes" | "claims" => {
                let inherent = if list == "scopes" { &SCOPES } else { &CLAIMS };
                let named = text_of(draft, "id").unwrap_or_default();
                let changes = match inherent.has(&self.kept, server, named)? {
                    true => inherent.changed(&self.kept, server, (named, &IfMatch::Any), draft)?,
                    false => {
                        let id = self.id(named, inherent.prefix);
                        inherent.added(&self.kept, server, &id, draft)?
                    }
                };
                self.note(changes);
            }
            "policies" => {
                let policy = self.rank(List::Policies, server, draft)?;
                for rule in list_of(draft, "rules")? {
                    self.rank(List::Rules(&policy), server, rule)?;
                }
            }
            "rules" => {
                let Some(policy) = text_of(draft, "policyId") else {
                    let words = "The field cannot be left blank";
                    return Err(ChangeRefused::of_field("drafts.rules.policyId", words));
                };
                self.rank(List::Rules(policy), server, draft)?;
            }
            _ => {
                self.rank(List::TokenPolicies, server, draft)?;
            }
        }
        Ok(())
    }

    /// Saves what is tried in order, and answers its id.
    fn rank(
        &mut self,
        list: List<'_>,
        server: &str,
        draft: &Value,
    ) -> Result<String, ChangeRefused> {
        let named = text_of(draft, "id").unwrap_or_default();
        let (ranked, place) = list.of(server);
        if ranked.has(&self.kept, place, named)? {
            let changes = ranked.changed(&self.kept, place, (named, &IfMatch::Any), draft)?;
            self.note(changes);
            return Ok(named.to_owned());
        }
        let id = self.id(named, ranked.prefix);
        let changes = ranked.added(&self.kept, place, &id, draft)?;
        self.note(changes);
        Ok(id)
    }

    /// The id that a draft has, else a new one.
    fn id(&self, named: &str, prefix: &str) -> String {
        match named {
            "" => self.administration.new_id(prefix),
            named => named.to_owned(),
        }
    }

    fn note(&mut self, changes: Vec<Change>) {
        self.kept = self.kept.with(&changes);
        self.changes.extend(changes);
    }
}

/// One change of each thing: what came of it in the end.
fn merged(changes: Vec<Change>) -> Vec<Change> {
    let mut merged: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        match merged.iter_mut().find(|known| known.about() == change.about()) {
            Some(known) => match (&*known, change) {
                (Change::Create(_), Change::Replace(entity)) => *known = Change::Create(entity),
                (_, change) => *known = change,
            },
            None => merged.push(change),
        }
    }
    merged
}
