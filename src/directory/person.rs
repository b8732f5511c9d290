//! A user with what expressions see of them, made once and shared by all requests.

use super::User;
use claimsmith_runtime::record::PackedRecord;

/// A user, their record, and their place among those whom the organization names.
#[derive(Debug)]
pub struct Person {
    index: usize,
    user: User,
    pub(super) record: PackedRecord,
}

/// The place of those whom no application, rule or policy names: beyond all.
pub(super) const NAMED_BY_NOTHING: usize = usize::MAX;

impl Person {
    pub(super) const fn new(index: usize, user: User, record: PackedRecord) -> Self {
        Self { index, user, record }
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
