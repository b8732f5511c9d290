//! A row, what can be done to it, and how that ends.

use crate::clock::seconds_of;
use std::collections::BTreeSet;

/// The generation of a row just inserted.
pub(super) const FIRST_GENERATION: i64 = 1;

/// Kinds whose rows end when a backup is restored, like every row that expires (decision 21).
pub(super) const ENDED_BY_RESTORE: &[&str] = &["session", "family"];

/// Kinds whose rows expire and do not end then: they say what counts no more (decision 20).
pub(super) const KEPT_BY_RESTORE: &[&str] = &["assertion", "dpop", "revoked-token", "not-before"];

/// Kinds whose rows end when the user, client or server in their tags is deactivated.
pub(super) const ENDED_WITH_THEIR_OWNER: &[&str] = &[
    "session",
    "family",
    "code",
    "answered",
    "state-token",
    "session-token",
    "welcome-token",
    "reset-token",
    "api-token",
    "factor-enrolment",
];

/// Kinds whose rows end besides when the user, client or server in their tags is deleted. Not those of
/// the organization, whose tags say what they name.
pub(super) const GONE_WITH_THEIR_OWNER: &[&str] = &[
    "device",
    "pushed",
    "consent",
    "password",
    "factors",
    "recording",
    "application-key",
    "application-csr",
    "application-credentials",
];

/// Kind and key of the row that counts restores and says when the last was.
pub(super) const EPOCH: (&str, &str) = ("epoch", "restore");

/// One row. What its bytes mean is known to the room that wrote them.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is: `signing-key`, `code`, ….
    pub kind: String,
    /// Which one; unique within its kind.
    pub key: String,
    /// What it belongs to, a few at most: `user:00u1`, `client:0oa1`, `session:102`, …. Rows are
    /// listed and deleted by these.
    pub tags: BTreeSet<String>,
    /// How often it was written. The store counts: 1 when inserted, one more with each replacement,
    /// whatever the row handed in says.
    pub generation: i64,
    /// When it may be forgotten, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// The rest.
    pub bytes: Vec<u8>,
}

/// Not the bytes: they may be secret.
impl std::fmt::Debug for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Row")
            .field("kind", &self.kind)
            .field("key", &self.key)
            .field("tags", &self.tags)
            .field("generation", &self.generation)
            .field("expires_at", &self.expires_at)
            .field("n_bytes", &self.bytes.len())
            .finish()
    }
}

impl Row {
    /// A row to insert, or to put in the place of another, that belongs to nothing and does not
    /// expire.
    #[must_use]
    pub fn new(kind: &str, key: &str, bytes: Vec<u8>) -> Self {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        let tags = BTreeSet::new();
        Self { kind, key, tags, generation: FIRST_GENERATION, expires_at: None, bytes }
    }

    /// The same row, with one more tag.
    #[must_use]
    pub fn tagged(mut self, tag: String) -> Self {
        self.tags.insert(tag);
        self
    }

    /// The same row, to be forgotten at `seconds` since 1970, or when a backup is restored.
    #[must_use]
    pub fn expiring_at(self, seconds: i64) -> Self {
        Self { expires_at: Some(seconds), ..self }
    }
}

/// One step of a batch, with the condition under which it may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Fails if there is a row of that kind and key, expired or not.
    Insert(Row),
    /// Fails unless there is a row of that kind and key, of generation `expected`. The row's tags
    /// take the place of those that were there.
    Replace {
        /// What is there afterwards, one generation on.
        row: Row,
        /// The generation that was read.
        expected: i64,
    },
    /// Fails if a generation is expected and there is no row of it. With none expected it never
    /// fails: afterwards there is no such row.
    Delete {
        /// The kind of the row.
        kind: String,
        /// The key of the row.
        key: String,
        /// The generation that was read, for what may be spent only once.
        expected: Option<i64>,
    },
    /// Writes nothing. Fails unless there is a row of that generation, or with none expected, if
    /// there is a row; what it found stays so until the batch is done.
    Expect {
        /// The kind of the row.
        kind: String,
        /// The key of the row.
        key: String,
        /// The generation that was read; `None` that nothing was found.
        generation: Option<i64>,
    },
    /// Deletes rows with a tag, never fails. The batch sees as many as there are when this runs;
    /// [`super::Store::delete_by_tag`] goes on until none is left.
    DeleteTagged {
        /// Of which kind; `None` of every kind.
        kind: Option<String>,
        /// The tag.
        tag: String,
        /// How many at most.
        limit: u32,
    },
    /// Deletes rows whose time has passed, by the clock of the store; never fails.
    DeleteExpired {
        /// How many at most.
        limit: u32,
    },
}

/// What a store says, and what time it was there: the time by which grace periods and expiry are
/// measured, so that nodes whose clocks differ agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<Value> {
    /// What it says.
    pub value: Value,
    /// When, in microseconds since 1970.
    pub at: i64,
}

impl<Value> Answer<Value> {
    /// When, in whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn seconds(&self) -> i64 {
        seconds_of(self.at)
    }

    pub(super) fn map<Other>(self, other: impl FnOnce(Value) -> Other) -> Answer<Other> {
        Answer { value: other(self.value), at: self.at }
    }
}

/// A batch that was looked at: how it ended, and how many rows its deletions by tag and by expiry
/// removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batched {
    pub(super) outcome: BatchOutcome,
    pub(super) n_removed: usize,
}

impl Batched {
    pub(super) const fn failed(index: usize) -> Self {
        Self { outcome: BatchOutcome::Failed(index), n_removed: 0 }
    }
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchOutcome {
    /// Everything happened, and will be there after a power cut.
    Applied,
    /// Nothing happened; the condition of the op at this index was the first that failed.
    Failed(usize),
}

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too many wait already: try again later.
    #[error("the store is busy")]
    Busy,
    /// An earlier write failed in a way that leaves open what is on the disk: no more writes until
    /// a restart.
    #[error("the store refuses writes since an earlier one failed; restart to recover")]
    Refusing,
    /// The store was closed while the question waited. Whether a batch was applied is not known.
    #[error("the store is closed")]
    Closed,
    /// The connection was lost while the batch was being committed, and nobody could be asked since.
    #[error("the database was lost while it committed; whether it did is not known")]
    Unknown,
    /// A newer version wrote the data.
    #[error("the data is of version {found}; this program knows versions up to {known}")]
    Newer {
        /// The version of the data.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// What the database says.
    #[error("the database failed: {0}")]
    Database(String),
}
