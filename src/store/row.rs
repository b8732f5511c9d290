//! A row, what can be done to it, and how that ends.

/// The generation of a row just inserted.
pub(super) const FIRST_GENERATION: i64 = 1;

/// One row. What its bytes mean is known to the room that wrote them.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is: `signing-key`, `code`, ….
    pub kind: String,
    /// Which one; unique within its kind.
    pub key: String,
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
            .field("generation", &self.generation)
            .field("expires_at", &self.expires_at)
            .field("n_bytes", &self.bytes.len())
            .finish()
    }
}

impl Row {
    /// A row to insert, or to put in the place of another, that does not expire.
    #[must_use]
    pub fn new(kind: &str, key: &str, bytes: Vec<u8>) -> Self {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        Self { kind, key, generation: FIRST_GENERATION, expires_at: None, bytes }
    }

    /// The same row, to be forgotten at `seconds` since 1970.
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
    /// Fails unless there is a row of that kind and key, of generation `expected`.
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
