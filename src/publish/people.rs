//! Users as they are wanted: those whom an application, a rule or a policy names are of the version
//! itself, anybody else is read from the store and kept in a bounded memory until somebody changes
//! them. A version has a memory of its own, since records are laid out by its schema and groups.

use super::Published;
use crate::directory::{Attribute, Person};
use crate::organization;
use crate::store::organization::{Entity, EntityKind, Organizations};
use crate::store::{Store, StoreError};
use crate::token::digest;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much of the users read is kept at most, by the bytes of their rows: twice this, half of which
/// was not asked for lately.
pub(super) const HALF: usize = 8 * 1024 * 1024;

/// What one takes besides the bytes of its row.
const BESIDES: usize = 1024;

/// The users of a version.
#[derive(Debug)]
pub(super) struct People {
    organizations: Organizations,
    attributes: Vec<Attribute>,
    kept: Mutex<Kept>,
}

/// Two halves: what is asked for is moved to the young one, and when that is full the old one goes.
#[derive(Debug, Default)]
pub(super) struct Kept {
    young: FxHashMap<String, (Arc<Person>, usize)>,
    old: FxHashMap<String, (Arc<Person>, usize)>,
    /// Of the young half.
    bytes: usize,
    /// How often somebody was forgotten: what was read before that may be of before the change.
    n_forgotten: u64,
}

impl Kept {
    pub(super) fn find(&mut self, id: &str) -> Option<Arc<Person>> {
        if let Some((person, _)) = self.young.get(id) {
            return Some(Arc::clone(person));
        }
        let (id, (person, bytes)) = self.old.remove_entry(id)?;
        self.keep(id, Arc::clone(&person), bytes);
        Some(person)
    }

    pub(super) fn keep(&mut self, id: String, person: Arc<Person>, bytes: usize) {
        if self.bytes.saturating_add(bytes) > HALF {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        if let Some((_, replaced)) = self.young.insert(id, (person, bytes)) {
            self.bytes = self.bytes.saturating_sub(replaced);
        }
    }

    /// How many are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    pub(super) fn forget(&mut self, id: &str) {
        self.n_forgotten = self.n_forgotten.wrapping_add(1);
        self.old.remove(id);
        if let Some((_, bytes)) = self.young.remove(id) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }
}

impl People {
    pub(super) fn new(store: &Store, attributes: Vec<Attribute>) -> Self {
        let organizations = Organizations::new(store.clone());
        Self { organizations, attributes, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, published: &Published, entity: &Entity, began: u64) -> Option<Arc<Person>> {
        let (directory, records) = (published.directory(), published.records());
        let user = organization::read_kept_user(entity, &self.attributes, directory, &digest)?;
        let person = match records.pack_person(user) {
            Ok(person) => Arc::new(person),
            Err(error) => {
                tracing::error!(user = entity.id, %error, "a user does not fit the schema");
                return None;
            }
        };
        let mut kept = self.kept();
        if kept.n_forgotten == began {
            let bytes = entity.body.len().saturating_add(BESIDES);
            kept.keep(entity.id.clone(), Arc::clone(&person), bytes);
        }
        Some(person)
    }
}

impl Published {
    /// The user of this id; `None` if there is none who can be read.
    ///
    /// # Errors
    /// That the store cannot be read.
    pub async fn find_person(&self, id: &str) -> Result<Option<Arc<Person>>, StoreError> {
        if let Some(index) = self.directory().find_user_by_id(id) {
            return Ok(self.records().person(index).cloned());
        }
        let people = self.people();
        let began = {
            let mut kept = people.kept();
            if let Some(person) = kept.find(id) {
                return Ok(Some(person));
            }
            kept.n_forgotten
        };
        let found = people.organizations.find(EntityKind::User, id).await?;
        Ok(found.and_then(|entity| people.read(self, &entity, began)))
    }

    /// The user of this login, whatever its case: as a person types it.
    ///
    /// # Errors
    /// That the store cannot be read.
    pub async fn find_person_by_login(
        &self,
        login: &str,
    ) -> Result<Option<Arc<Person>>, StoreError> {
        if let Some(index) = self.directory().find_user_by_login_in_any_case(login) {
            return Ok(self.records().person(index).cloned());
        }
        let people = self.people();
        let began = people.kept().n_forgotten;
        let found = people.organizations.find_by_name(EntityKind::User, login).await?;
        Ok(found.and_then(|entity| people.read(self, &entity, began)))
    }

    /// Some users, always the same for a number: to compare a stranger's password with somebody's.
    ///
    /// # Errors
    /// That the store cannot be read.
    pub async fn some_people(
        &self,
        number: u32,
        limit: u32,
    ) -> Result<Vec<Arc<Person>>, StoreError> {
        let n_named = self.directory().users().len();
        let (start, limit) = (number as usize, limit as usize);
        let named = (0..limit.min(n_named)).filter_map(|step| {
            self.records().person(start.wrapping_add(step).checked_rem(n_named)?).cloned()
        });
        let mut some: Vec<Arc<Person>> = named.collect();
        if some.is_empty() {
            let people = self.people();
            let began = people.kept().n_forgotten;
            let after = format!("00u{number:08x}");
            let list = async |after: Option<&str>| {
                people.organizations.list(EntityKind::User, None, after, 8).await
            };
            let mut page = list(Some(&after)).await?;
            if page.entities.is_empty() {
                page = list(None).await?;
            }
            let read = |entity: &Entity| people.read(self, entity, began);
            some.extend(page.entities.iter().filter_map(read));
        }
        Ok(some)
    }

    /// What the profile of a user may hold.
    #[must_use]
    pub fn user_schema(&self) -> &[Attribute] {
        &self.people().attributes
    }

    /// A person who is nowhere kept, as JSON: `{"profile": {…}, "groups": ["…"]}` as in the
    /// document. They are assigned to applications by their groups only, among them those into which
    /// rules would put them.
    ///
    /// # Errors
    /// Everything that is wrong with them, a line each.
    pub fn make_up_person(&self, text: &str) -> Result<Arc<Person>, Vec<String>> {
        let (attributes, directory) = (self.user_schema(), self.directory());
        let told = |problem: organization::Problem| match problem.path.is_empty() {
            true => problem.message,
            false => format!("{}: {}", problem.path, problem.message),
        };
        let read = organization::read_single_user(text, attributes, directory, &digest);
        let (user, _) = read.map_err(|found| found.into_iter().map(told).collect::<Vec<_>>())?;
        let mut groups: Vec<String> =
            directory.groups_of(&user).map(|group| group.id.clone()).collect();
        let given = self.memberships_by_rule(&user).map_err(|error| vec![error.to_string()])?;
        groups.extend(given.into_iter().map(|membership| membership.group));
        let user = directory.with_groups(user, groups.iter().map(String::as_str));
        self.records().pack_person(user).map(Arc::new).map_err(|error| vec![error.to_string()])
    }

    /// Whether this version names the user, so that only another one knows a change of them.
    #[must_use]
    pub fn names_user(&self, id: &str) -> bool {
        self.directory().find_user_by_id(id).is_some()
    }

    /// Has the user read anew when they are wanted next.
    pub fn forget_person(&self, id: &str) {
        self.people().kept().forget(id);
    }
}
