//! A user with what expressions see of them, made once and shared by all requests.

use super::User;
use crate::schema::Path;
use claimsmith_runtime::record::{BuildError, PackedRecord};
use std::sync::{Arc, OnceLock};

/// A user, their record, and their place among those whom the organization names.
#[derive(Debug)]
pub struct Person {
    index: usize,
    user: User,
    pub(super) record: PackedRecord,
    /// As applications know them that have nothing of their own to say about them. Made when first
    /// wanted.
    by_login: OnceLock<PackedRecord>,
    /// Those whom expressions may reach from them.
    reached: Vec<(Path, Arc<Self>)>,
}

/// The place of those whom no application, rule or policy names: beyond all.
pub(super) const NAMED_BY_NOTHING: usize = usize::MAX;

impl Person {
    pub(super) const fn new(index: usize, user: User, record: PackedRecord) -> Self {
        Self { index, user, record, by_login: OnceLock::new(), reached: Vec::new() }
    }

    /// The same, with those whom expressions may reach from them.
    #[must_use]
    pub fn reaching(self, reached: Vec<(Path, Arc<Self>)>) -> Self {
        Self { reached, ..self }
    }

    /// Those whom expressions may reach from them.
    pub fn reached(&self) -> impl Iterator<Item = &Arc<Self>> {
        self.reached.iter().map(|(_, person)| person)
    }

    /// Whom a path leads to.
    #[must_use]
    pub fn find_reached(&self, path: &Path) -> Option<&Arc<Self>> {
        self.reached.iter().find(|(known, _)| known == path).map(|(_, person)| person)
    }

    /// As they are known by their login, if that was wanted before.
    pub(super) fn by_login(&self) -> Option<&PackedRecord> {
        self.by_login.get()
    }

    /// Makes sure that [`Person::by_login`] answers what `pack` makes.
    pub(super) fn know_by_login(
        &self,
        pack: impl FnOnce(&User) -> Result<PackedRecord, BuildError>,
    ) -> Result<(), BuildError> {
        if self.by_login.get().is_none() {
            let packed = pack(&self.user)?;
            self.by_login.get_or_init(|| packed);
        }
        Ok(())
    }

    /// How many bytes their record takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.record.size()
    }

    /// The index in the directory, which is what assignments and rules name people by.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Who it is.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }
}

/// Who they are is what makes two the same.
impl PartialEq for Person {
    fn eq(&self, other: &Self) -> bool {
        self.user == other.user
    }
}

/// JSON has no number that differs from itself.
impl Eq for Person {}
