//! How often the organization was written. Every write raises a counter, so that of two at once one
//! waits, and a node that asks for two numbers knows whether anything is new.

use super::{Op, Row, Store, StoreError};

const KIND: &str = "counter";

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Of the configuration.
    pub configuration: i64,
    /// Of the directory.
    pub directory: i64,
    /// When that was, in seconds since 1970 by the store's clock.
    pub(super) seconds: i64,
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
pub(super) async fn read(store: &Store) -> Result<Counters, StoreError> {
    let answer = store.list(KIND).await?;
    let mut counters = Counters { seconds: answer.seconds(), ..Counters::default() };
    for row in answer.value {
        match row.key.as_str() {
            "configuration" => counters.configuration = row.generation,
            "directory" => counters.directory = row.generation,
            _ => {}
        }
    }
    Ok(counters)
}
