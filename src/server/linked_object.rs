//! Relations between users (management API, `/api/v1/meta/schemas/user/linkedObjects`).

/// A relation in which each user has one other at most, as an employee has a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedObject {
    pub id: String,
    /// What the one is to the many: `manager`.
    pub primary: String,
    /// What each of the many is to the one: `subordinate`.
    pub associated: String,
}
