//! A backup that is restored holds what the store held, and nobody who was signed in.

use super::*;
use crate::store::tests::wait;
use crate::store::{Op, Row, Store};
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const NOW: i64 = 1_700_000_000;

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn open(&self, name: &str) -> Store {
        Store::sqlite(&self.file(name), Clock::fixed(NOW)).unwrap()
    }

    fn restore(&self, from: &str, to: &str) -> Result<Restored, UpkeepError> {
        restore(&self.file(from), &self.file(to), &Clock::fixed(NOW), &Random::System)
    }

    fn backup(&self, from: &str, to: &str) -> Result<(), UpkeepError> {
        backup(&self.file(from), &self.file(to), &Random::System)
    }

    fn names(&self) -> Vec<String> {
        let files = fs::read_dir(self.directory.path()).unwrap();
        let name =
            |file: io::Result<fs::DirEntry>| file.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = files.map(name).collect();
        names.sort();
        names
    }
}

fn rows() -> Vec<Op> {
    let row =
        |kind: &str, key: &str| Row::new(kind, key, b"bytes".to_vec()).tagged("user:1".to_owned());
    [
        row("signing-key", "as1"),
        row("consent", "c"),
        row("session", "s"),
        row("family", "f"),
        row("code", "x").expiring_at(NOW + 60),
    ]
    .map(Op::Insert)
    .to_vec()
}

fn kept(store: &Store) -> Vec<(String, String)> {
    let kinds = ["signing-key", "consent", "session", "family", "code"];
    let list = |kind: &str| wait(store.list(kind)).unwrap().value;
    kinds.into_iter().flat_map(list).map(|row| (row.kind, row.key)).collect()
}

/// Decision 21.
#[test]
fn what_is_restored_is_what_was_backed_up_but_for_sessions_and_refresh_families() {
    let place = Place::new();
    let store = place.open("s.sqlite");
    wait(store.batch(rows())).unwrap();
    place.backup("s.sqlite", "copy").unwrap();
    wait(store.batch(vec![Op::Insert(Row::new("consent", "later", Vec::new()))])).unwrap();
    let mode = fs::metadata(place.file("copy")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(place.restore("copy", "t.sqlite").unwrap(), Restored { epoch: 1, n_ended: 3 });
    let restored = place.open("t.sqlite");
    let pair = |kind: &str, key: &str| (kind.to_owned(), key.to_owned());
    assert_eq!(kept(&restored), [pair("signing-key", "as1"), pair("consent", "c")]);
    let found = wait(restored.find("consent", "c")).unwrap().value.unwrap();
    assert_eq!((found.bytes.as_slice(), found.tags.len()), (b"bytes".as_slice(), 1));
    assert!(wait(restored.list_by_tag("session", "user:1", None, 9)).unwrap().value.is_empty());
    // What was ended can begin anew.
    let again = wait(restored.batch(vec![rows().remove(2)])).unwrap().value;
    assert_eq!(again, crate::store::BatchOutcome::Applied);
    drop((store, restored));
    let report = check(&place.file("t.sqlite")).unwrap();
    assert_eq!((report.problems, report.epoch), (Vec::new(), 1));
}

#[test]
fn a_backup_of_what_was_restored_counts_on_when_it_is_restored() {
    let place = Place::new();
    wait(place.open("s.sqlite").batch(rows())).unwrap();
    place.backup("s.sqlite", "one").unwrap();
    place.restore("one", "t.sqlite").unwrap();
    place.backup("t.sqlite", "two").unwrap();
    assert_eq!(place.restore("two", "u.sqlite").unwrap(), Restored { epoch: 2, n_ended: 0 });
}

#[test]
fn a_database_that_was_restored_by_its_own_tools_ends_the_same() {
    wait(async {
        let Some(schema) = crate::store::throwaway::schema().await else { return };
        let (url, clock) = (schema.url(), Clock::fixed(NOW));
        let store = Store::postgres(&url, Isolation::ReadCommitted, clock).await.unwrap();
        store.batch(rows()).await.unwrap();
        let ended = end_all_of_before(&url).await.unwrap();
        assert_eq!(ended, Restored { epoch: 1, n_ended: 3 });
        for (kind, n_left) in [("signing-key", 1), ("consent", 1), ("session", 0), ("code", 0)] {
            assert_eq!(store.list(kind).await.unwrap().value.len(), n_left, "{kind}");
        }
        let tagged = store.list_by_tag("family", "user:1", None, 9).await.unwrap().value;
        assert!(tagged.is_empty());
        store.batch(vec![rows().remove(2)]).await.unwrap();
        let again = end_all_of_before(&url).await.unwrap();
        assert_eq!(again, Restored { epoch: 2, n_ended: 1 });
    });
}

#[test]
fn what_says_what_counts_no_more_outlives_a_restore() {
    let marks = ["assertion", "dpop", "revoked-token", "not-before"];
    let ops = || {
        let mark = |kind: &str| Row::new(kind, "m", Vec::new()).expiring_at(NOW + 60);
        marks.map(mark).into_iter().chain([Row::new("code", "x", Vec::new()).expiring_at(NOW)])
    };
    let ops = || ops().map(Op::Insert).collect::<Vec<_>>();
    let place = Place::new();
    wait(place.open("s.sqlite").batch(ops())).unwrap();
    place.backup("s.sqlite", "copy").unwrap();
    assert_eq!(place.restore("copy", "t.sqlite").unwrap(), Restored { epoch: 1, n_ended: 1 });
    let restored = place.open("t.sqlite");
    for kind in marks {
        assert_eq!(wait(restored.list(kind)).unwrap().value.len(), 1, "{kind}");
    }
    assert_eq!(wait(restored.restored_at()).unwrap(), Some(NOW));
    assert_eq!(wait(place.open("s.sqlite").restored_at()).unwrap(), None);
    wait(async {
        let Some(schema) = crate::store::throwaway::schema().await else { return };
        let (url, clock) = (schema.url(), Clock::fixed(NOW));
        let store = Store::postgres(&url, Isolation::ReadCommitted, clock).await.unwrap();
        store.batch(ops()).await.unwrap();
        assert_eq!(end_all_of_before(&url).await.unwrap(), Restored { epoch: 1, n_ended: 1 });
        assert!(store.restored_at().await.unwrap() > Some(NOW), "by the clock of the database");
    });
}

#[test]
fn a_backup_of_an_older_program_is_checked_and_restored() {
    let place = Place::new();
    let connection = Connection::open(place.file("old")).unwrap();
    connection.execute_batch("CREATE TABLE migration (version INTEGER PRIMARY KEY)").unwrap();
    connection.execute_batch(sqlite::first_step()).unwrap();
    let row = "INSERT INTO state VALUES ('consent', 'a', 3, NULL, x'00');
        INSERT INTO migration VALUES (1);";
    connection.execute_batch(row).unwrap();
    let report = check(&place.file("old")).unwrap();
    assert_eq!((report.version, report.problems), (1, Vec::new()));
    place.backup("old", "copy").unwrap();
    place.restore("copy", "t.sqlite").unwrap();
    let found = wait(place.open("t.sqlite").find("consent", "a")).unwrap().value.unwrap();
    assert_eq!(found.generation, 3);
}

#[test]
fn a_vacuum_that_cannot_empty_the_log_says_so() {
    let place = Place::new();
    let store = place.open("s.sqlite");
    wait(store.batch(rows())).unwrap();
    let reader = Connection::open(place.file("s.sqlite")).unwrap();
    reader.execute_batch("BEGIN; SELECT COUNT(*) FROM state").unwrap();
    let refused = vacuum(&place.file("s.sqlite"));
    let Err(UpkeepError::Database { source, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(source, StoreError::Busy);
    reader.execute_batch("COMMIT").unwrap();
    vacuum(&place.file("s.sqlite")).unwrap();
    assert_eq!(wait(store.list("consent")).unwrap().value.len(), 1);
}

#[test]
fn a_backup_is_whole_while_others_write() {
    let place = Place::new();
    let writer = place.open("s.sqlite");
    std::thread::scope(|scope| {
        let pairs = scope.spawn(move || {
            for index in 0..200 {
                let row = |side: &str| Row::new("code", &format!("{side}{index}"), vec![1; 500]);
                wait(writer.batch(vec![Op::Insert(row("l")), Op::Insert(row("r"))])).unwrap();
            }
        });
        for index in 0..5 {
            place.backup("s.sqlite", &format!("copy{index}")).unwrap();
        }
        pairs.join().unwrap();
    });
    for index in 0..5 {
        let connection = Connection::open(place.file(&format!("copy{index}"))).unwrap();
        let sql = "SELECT COUNT(*) % 2 FROM state";
        assert_eq!(connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }
}

#[test]
fn nothing_is_written_over_and_nothing_is_left_of_what_failed() {
    let place = Place::new();
    drop(place.open("s.sqlite"));
    fs::write(place.file("copy"), "mine").unwrap();
    assert!(matches!(place.backup("s.sqlite", "copy"), Err(UpkeepError::Exists(_))));
    assert!(matches!(place.backup("none.sqlite", "new"), Err(UpkeepError::Database { .. })));
    assert!(matches!(place.restore("copy", "t.sqlite"), Err(UpkeepError::Database { .. })));
    fs::write(place.file("t.sqlite-wal"), "of another").unwrap();
    assert!(matches!(place.restore("s.sqlite", "t.sqlite"), Err(UpkeepError::Exists(_))));
    assert_eq!(fs::read_to_string(place.file("copy")).unwrap(), "mine");
    let names = place.names();
    let unexpected = names.iter().filter(|name| !name.starts_with("s.sqlite"));
    assert_eq!(unexpected.collect::<Vec<_>>(), ["copy", "t.sqlite-wal"]);
}

#[test]
fn a_backup_of_a_newer_program_is_not_restored() {
    let place = Place::new();
    drop(place.open("s.sqlite"));
    let connection = Connection::open(place.file("s.sqlite")).unwrap();
    connection.execute("INSERT INTO migration (version) VALUES (99)", []).unwrap();
    let refused = place.restore("s.sqlite", "t.sqlite");
    let Err(UpkeepError::Database { source, .. }) = refused else { panic!("{refused:?}") };
    assert!(matches!(source, StoreError::Newer { found: 99, .. }));
    assert!(!place.file("t.sqlite").exists());
}

#[test]
fn a_check_counts_rows_and_finds_tags_that_lead_nowhere() {
    let place = Place::new();
    wait(place.open("s.sqlite").batch(rows())).unwrap();
    let report = check(&place.file("s.sqlite")).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    assert_eq!(report.n_rows.len(), 5);
    let connection = Connection::open(place.file("s.sqlite")).unwrap();
    let spoil =
        "DELETE FROM state WHERE kind = 'code'; DELETE FROM state_tag WHERE kind = 'consent'";
    connection.execute_batch(spoil).unwrap();
    let problems = check(&place.file("s.sqlite")).unwrap().problems;
    assert_eq!(
        problems,
        [
            "the tag user:1 leads to no row of kind code",
            "a row of kind consent is not found by its tag user:1"
        ]
    );
    let refused = place.backup("s.sqlite", "copy");
    assert!(matches!(refused, Err(UpkeepError::Damaged { .. })), "{refused:?}");
}

#[test]
fn a_file_whose_bytes_were_changed_is_found_out() {
    let place = Place::new();
    let row = |index: usize| Op::Insert(Row::new("code", &index.to_string(), vec![7; 900]));
    wait(place.open("s.sqlite").batch((0..100).map(row).collect())).unwrap();
    vacuum(&place.file("s.sqlite")).unwrap();
    let mut bytes = fs::read(place.file("s.sqlite")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xff);
    fs::write(place.file("s.sqlite"), bytes).unwrap();
    let found = check(&place.file("s.sqlite"));
    assert!(found.as_ref().map_or(true, |report| !report.problems.is_empty()), "{found:?}");
    assert!(place.backup("s.sqlite", "copy").is_err());
    assert!(!place.file("copy").exists());
}

#[test]
fn a_vacuum_gives_space_back_and_keeps_the_rest() {
    let place = Place::new();
    let store = place.open("s.sqlite");
    let large = |key: &str| Row::new("code", key, vec![7; 1_000_000]).tagged(key.to_owned());
    wait(store.batch(vec![Op::Insert(large("gone")), Op::Insert(large("kept"))])).unwrap();
    wait(store.delete_by_tag(None, "gone")).unwrap();
    vacuum(&place.file("s.sqlite")).unwrap();
    assert!(fs::metadata(place.file("s.sqlite")).unwrap().len() < 1_100_000);
    assert_eq!(wait(store.find("code", "kept")).unwrap().value, Some(large("kept")));
}
