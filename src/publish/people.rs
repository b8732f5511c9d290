//! Users as they are wanted: those whom an application, a rule or a policy names are of the version
//! itself, anybody else is read from the store and kept in a bounded memory until somebody changes
//! them. A version has a memory of its own, since records are laid out by its schema and groups.

use super::Published;
use crate::directory::{Attribute, Person, User};
use crate::organization;
use crate::schema::Path;
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

/// Those whom a user is linked to, each with the way there.
pub(super) type Reached = Vec<(Path, Arc<Person>)>;

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

    /// As [`Kept::forget`], also of those who hold the record of that one.
    fn forget_reaching(&mut self, id: &str) {
        let reaching = |(known, (person, _)): (&String, &(Arc<Person>, usize))| {
            person.reached().any(|reached| reached.user().id == id).then(|| known.clone())
        };
        let ids: Vec<String> = self.young.iter().chain(&self.old).filter_map(reaching).collect();
        for id in ids {
            self.forget(&id);
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

    /// A user whom nothing names, without those whom expressions reach from them.
    fn pack(&self, published: &Published, entity: &Entity) -> Option<Person> {
        let (directory, records) = (published.directory(), published.records());
        let user = organization::read_kept_user(entity, &self.attributes, directory, &digest)?;
        match records.pack_person(user) {
            Ok(person) => Some(person),
            Err(error) => {
                tracing::error!(user = entity.id, %error, "a user does not fit the schema");
                None
            }
        }
    }

    async fn read(
        &self,
        published: &Published,
        entity: &Entity,
        began: u64,
    ) -> Result<Option<Arc<Person>>, StoreError> {
        let Some(person) = self.pack(published, entity) else { return Ok(None) };
        let (reached, theirs) = published.reached_from(person.user()).await?;
        let person = Arc::new(person.reaching(reached));
        let mut kept = self.kept();
        if kept.n_forgotten == began {
            let bytes = entity.body.len().saturating_add(BESIDES).saturating_add(theirs);
            kept.keep(entity.id.clone(), Arc::clone(&person), bytes);
        }
        Ok(Some(person))
    }
}

impl Published {
    /// The user of this id; `None` if there is none who can be read.
    ///
    /// # Errors
    /// That the store cannot be read.
    pub async fn find_person(&self, id: &str) -> Result<Option<Arc<Person>>, StoreError> {
        if let Some(index) = self.directory().find_user_by_id(id) {
            return self.named_person(index).await;
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
        match found {
            Some(entity) => people.read(self, &entity, began).await,
            None => Ok(None),
        }
    }

    /// The user whom the version itself has under this index.
    async fn named_person(&self, index: usize) -> Result<Option<Arc<Person>>, StoreError> {
        let Some(person) = self.records().person(index) else { return Ok(None) };
        if person.user().links.is_empty() || self.reached_paths().next().is_none() {
            return Ok(Some(Arc::clone(person)));
        }
        let id = &person.user().id;
        let began = {
            let mut kept = self.people().kept();
            if let Some(person) = kept.find(id) {
                return Ok(Some(person));
            }
            kept.n_forgotten
        };
        let (reached, theirs) = self.reached_from(person.user()).await?;
        let packed = self.records().pack_person_as(person.user().clone(), Some(index));
        let person = match packed {
            Ok(packed) => Arc::new(packed.reaching(reached)),
            Err(_) => return Ok(Some(Arc::clone(person))),
        };
        let mut kept = self.people().kept();
        if kept.n_forgotten == began {
            let bytes = person.bytes().saturating_add(BESIDES).saturating_add(theirs);
            kept.keep(id.clone(), Arc::clone(&person), bytes);
        }
        Ok(Some(person))
    }

    /// The ways by linked objects that expressions of this version take from a user.
    pub(super) fn reached_paths(&self) -> impl Iterator<Item = &Path> {
        let is_of_links = |path: &&Path| path.linked_objects().is_some();
        let paths = self.all_servers().iter().flat_map(|server| server.programs().needs().paths());
        paths.filter(is_of_links)
    }

    /// Those whom expressions of this version may reach from a user, and how many bytes they take.
    async fn reached_from(&self, user: &User) -> Result<(Reached, usize), StoreError> {
        let (mut reached, mut bytes): (Reached, usize) = (Vec::new(), 0);
        if user.links.is_empty() {
            return Ok((reached, bytes));
        }
        for path in self.reached_paths() {
            if reached.iter().any(|(known, _)| known == path) {
                continue;
            }
            let names = path.linked_objects().unwrap_or_default();
            if let Some((person, size)) = self.follow(user, &names).await? {
                bytes = bytes.saturating_add(size);
                reached.push((path.clone(), person));
            }
        }
        Ok((reached, bytes))
    }

    /// Whom a user is linked to by these relations, one after the other, and how many bytes that one
    /// takes.
    pub(super) async fn follow(
        &self,
        user: &User,
        names: &[&str],
    ) -> Result<Option<(Arc<Person>, usize)>, StoreError> {
        let mut at: Option<(Arc<Person>, usize)> = None;
        for (index, name) in names.iter().enumerate() {
            let from = if index == 0 { Some(user) } else { at.as_ref().map(|(at, _)| at.user()) };
            let Some(next) = from.and_then(|from| from.link(name)).map(str::to_owned) else {
                return Ok(None);
            };
            at = self.find_alone(&next).await?;
        }
        Ok(at)
    }

    /// A user by id, or by login as a document may name one, without those whom expressions reach; and
    /// how many bytes they take.
    async fn find_alone(&self, name: &str) -> Result<Option<(Arc<Person>, usize)>, StoreError> {
        let directory = self.directory();
        let named = directory.find_user_by_id(name).or_else(|| directory.find_user_by_login(name));
        if let Some(index) = named {
            // Whom the version has is shared.
            return Ok(self.records().person(index).map(|person| (Arc::clone(person), 0)));
        }
        let found = self.people().organizations.find(EntityKind::User, name).await?;
        Ok(found.and_then(|entity| {
            let person = self.people().pack(self, &entity)?;
            Some((Arc::new(person), entity.body.len().saturating_add(BESIDES)))
        }))
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
            return self.named_person(index).await;
        }
        let people = self.people();
        let began = people.kept().n_forgotten;
        let found = people.organizations.find_by_name(EntityKind::User, login).await?;
        match found {
            Some(entity) => people.read(self, &entity, began).await,
            None => Ok(None),
        }
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
            for entity in &page.entities {
                some.extend(people.read(self, entity, began).await?);
            }
        }
        Ok(some)
    }

    /// What the profile of a user may hold.
    #[must_use]
    pub fn user_schema(&self) -> &[Attribute] {
        &self.people().attributes
    }

    /// Whether this version names the user, so that only another one knows a change of them.
    #[must_use]
    pub fn names_user(&self, id: &str) -> bool {
        self.directory().find_user_by_id(id).is_some()
    }

    /// Has the user read anew when they are wanted next.
    pub fn forget_person(&self, id: &str) {
        let mut kept = self.people().kept();
        kept.forget(id);
        if self.reached_paths().next().is_some() {
            kept.forget_reaching(id);
        }
    }
}
