//! How often the organization was written. Every write raises a counter, so that of two at once one
//! waits, and a node that asks for two numbers knows whether anything is new.

use super::{Answer, Op, Row, Store, StoreError, encoding};
use serde::{Deserialize, Serialize};

const KIND: &str = "counter";
const IMPORT: &str = "import";
const KEY: &str = "document";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Servers and all in them, applications, the organization: programs are compiled anew.
    Configuration,
    /// Users and groups: what was kept of them is read anew.
    Directory,
}

impl Counter {
    pub(super) const ALL: [Self; 2] = [Self::Configuration, Self::Directory];

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Directory => "directory",
        }
    }
}

/// Where both stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Of the configuration.
    pub configuration: i64,
    /// Of the directory.
    pub directory: i64,
}

impl Counters {
    /// Where this one stands.
    #[must_use]
    pub const fn of(&self, counter: Counter) -> i64 {
        match counter {
            Counter::Configuration => self.configuration,
            Counter::Directory => self.directory,
        }
    }

    /// Whether nothing was ever written.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.configuration == 0 && self.directory == 0
    }

    /// Fails unless both stand there.
    pub(super) fn expect(&self) -> Vec<Op> {
        Counter::ALL.map(|counter| self.expect_one(counter)).to_vec()
    }

    /// Fails unless this one stands there.
    pub(super) fn expect_one(&self, counter: Counter) -> Op {
        let stands = self.of(counter);
        let generation = (stands > 0).then_some(stands);
        Op::Expect { kind: KIND.to_owned(), key: counter.key().to_owned(), generation }
    }

    /// Raises it by one; the condition is that nobody else did since these were read.
    pub(super) fn raise(&mut self, counter: Counter) -> Op {
        let row = Row::new(KIND, counter.key(), Vec::new());
        let stood = self.of(counter);
        let stands = match counter {
            Counter::Configuration => &mut self.configuration,
            Counter::Directory => &mut self.directory,
        };
        *stands = stood.saturating_add(1);
        if stood == 0 { Op::Insert(row) } else { Op::Replace { row, expected: stood } }
    }
}

/// One question: of this kind there are two rows.
pub(super) async fn read(store: &Store) -> Result<Answer<Counters>, StoreError> {
    let answer = store.list(KIND).await?;
    let mut counters = Counters::default();
    for row in &answer.value {
        match row.key.as_str() {
            "configuration" => counters.configuration = row.generation,
            "directory" => counters.directory = row.generation,
            _ => {}
        }
    }
    Ok(answer.map(|_| counters))
}

/// Where the counters stood after the last import of a document, if there was one.
pub(super) async fn find_import(store: &Store) -> Result<Option<Counters>, StoreError> {
    let found = store.find(IMPORT, KEY).await?.value;
    found.map(|row| encoding::read(&row.bytes)).transpose()
}

/// Notes that a document was imported, after which the counters stand there. Its condition is that
/// nobody notes another meanwhile.
pub(super) async fn noted(store: &Store, counters: Counters) -> Result<Op, StoreError> {
    let row = Row::new(IMPORT, KEY, encoding::write(&counters)?);
    Ok(match store.find(IMPORT, KEY).await?.value {
        Some(found) => Op::Replace { row, expected: found.generation },
        None => Op::Insert(row),
    })
}
