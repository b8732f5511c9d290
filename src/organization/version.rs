//! Versions of the organization that are kept, so that one can go back to an earlier: what it said in
//! its one form, without people. They are bounded in number and age.

use crate::store::{Op, Row, Store, StoreError};
use serde::{Deserialize, Serialize};

/// The kind of the rows; their keys are in the order of the numbers.
const KIND: &str = "organization-version";

/// How many are kept.
const MOST: usize = 50;

/// How long, in seconds: half a year. The newest is kept whatever its age.
const KEPT: i64 = 180 * 24 * 3600;

/// What the organization once said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// From one, without gaps.
    pub number: u64,
    /// When it was written, in seconds since 1970.
    pub at: i64,
    /// Why, as somebody said.
    pub note: String,
    /// How many things it changed.
    pub n_changes: usize,
    /// The document in its one form, without people.
    pub document: String,
}

impl Version {
    /// The row of it; that a number is given once is the condition of its insertion.
    ///
    /// # Errors
    /// [`StoreError::Database`] if it cannot be written down.
    pub fn row(&self) -> Result<Row, StoreError> {
        let bytes =
            serde_json::to_vec(self).map_err(|error| StoreError::Database(error.to_string()))?;
        Ok(Row::new(KIND, &format!("{:020}", self.number), bytes))
    }

    fn of_row(row: &Row) -> Result<Self, StoreError> {
        let unreadable = |error| StoreError::Database(format!("version {}: {error}", row.key));
        serde_json::from_slice(&row.bytes).map_err(unreadable)
    }
}

/// The versions that are kept, the oldest first.
///
/// # Errors
/// As [`Store::list`].
pub async fn versions(store: &Store) -> Result<Vec<Version>, StoreError> {
    let rows = store.list(KIND).await?.value;
    rows.iter().map(Version::of_row).collect()
}

/// Forgets those that are too many or too old at `now`, in seconds since 1970.
///
/// # Errors
/// As [`Store::batch`].
pub async fn forget_old_versions(store: &Store, now: i64) -> Result<usize, StoreError> {
    let versions = versions(store).await?;
    let n_versions = versions.len();
    let is_old = |index: usize, version: &Version| {
        let n_newer = n_versions.saturating_sub(index + 1);
        n_newer >= MOST || n_newer > 0 && version.at < now.saturating_sub(KEPT)
    };
    let old = versions.iter().enumerate().filter(|(index, version)| is_old(*index, version));
    let delete = |(_, version): (usize, &Version)| {
        Ok::<_, StoreError>(Op::Delete {
            kind: KIND.to_owned(),
            key: version.row()?.key,
            expected: None,
        })
    };
    let ops: Vec<Op> = old.map(delete).collect::<Result<_, _>>()?;
    let n_forgotten = ops.len();
    if n_forgotten > 0 {
        store.batch(ops).await?;
    }
    Ok(n_forgotten)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn versions_are_bounded_in_number_and_age_and_the_newest_stays() {
        let store = Store::memory(Clock::fixed(0));
        let version = |number: u64, at: i64| {
            let (note, document) = ("why".to_owned(), "{}".to_owned());
            Version { number, at, note, n_changes: 1, document }
        };
        let numbers = |store: &Store| -> Vec<u64> {
            wait(versions(store)).unwrap().iter().map(|version| version.number).collect()
        };
        for number in 1..=60 {
            let row = version(number, 1_000).row().unwrap();
            wait(store.batch(vec![Op::Insert(row)])).unwrap();
        }
        assert_eq!(wait(forget_old_versions(&store, 1_000)), Ok(10));
        assert_eq!(numbers(&store), (11..=60).collect::<Vec<u64>>());
        assert_eq!(wait(forget_old_versions(&store, 1_000 + KEPT)), Ok(0));
        assert_eq!(wait(forget_old_versions(&store, 1_001 + KEPT)), Ok(49));
        assert_eq!(numbers(&store), [60]);
    }
}
