//! What only a file can promise: it is there after a restart, and who waits too long is told.

use super::*;
use crate::store::row::BatchOutcome;
use crate::store::tests::wait;

pub(super) fn open(path: &Path) -> Result<Sqlite, StoreError> {
    Sqlite::open(path, Clock::fixed(1_700_000_000))
}

/// How a batch that inserts `key` ends.
pub(super) fn outcome(sqlite: &Sqlite, key: &str) -> Result<BatchOutcome, StoreError> {
    wait(sqlite.batch(insert(key))).map(|answer| answer.value.outcome)
}

pub(super) fn insert(key: &str) -> Vec<Op> {
    vec![Op::Insert(Row::new("code", key, b"bytes".to_vec()))]
}

#[test]
fn what_was_applied_is_there_for_the_next_process() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sqlite");
    let first = open(&path).unwrap();
    assert_eq!(outcome(&first, "a"), Ok(BatchOutcome::Applied));
    let second = open(&path).unwrap();
    drop(first);
    assert_eq!(wait(second.find("code", "a")).unwrap().value.unwrap().bytes, b"bytes");
    assert_eq!(outcome(&second, "a"), Ok(BatchOutcome::Failed(0)));
}

#[test]
fn a_file_of_a_newer_program_is_refused_and_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sqlite");
    drop(open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.execute("INSERT INTO migration (version) VALUES (99)", []).unwrap();
    let refused = open(&path).err();
    assert!(matches!(refused, Some(StoreError::Newer { found: 99, .. })), "{refused:?}");
    let count: i64 =
        connection.query_row("SELECT COUNT(*) FROM migration", [], |row| row.get(0)).unwrap();
    assert_eq!(count, i64::try_from(migration::STEPS.len()).unwrap() + 1);
}

/// The file as the first version made it, with a row.
fn first_version(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("CREATE TABLE migration (version INTEGER PRIMARY KEY)").unwrap();
    connection.execute_batch(migration::STEPS[0]).unwrap();
    let row = "INSERT INTO state VALUES ('code', 'a', 3, NULL, x'00');
        INSERT INTO migration VALUES (1);";
    connection.execute_batch(row).unwrap();
}

#[test]
fn a_file_of_an_older_program_is_brought_up_to_date_and_keeps_its_rows() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sqlite");
    first_version(&path);
    let sqlite = open(&path).unwrap();
    let row = wait(sqlite.find("code", "a")).unwrap().value.unwrap();
    assert_eq!((row.generation, row.tags.len()), (3, 0));
    let row = row.tagged("user:1".to_owned());
    let replaced = wait(sqlite.batch(vec![Op::Replace { row, expected: 3 }])).unwrap().value;
    assert_eq!(replaced.outcome, BatchOutcome::Applied);
    let found = wait(sqlite.list_by_tag("code", "user:1", None, 9)).unwrap().value;
    assert_eq!(found.len(), 1);
}

#[test]
fn what_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sqlite");
    std::fs::write(&path, "this is a text and by no means a database".repeat(100)).unwrap();
    assert!(matches!(open(&path), Err(StoreError::Database(_))));
}

#[test]
fn many_processes_may_make_the_same_file_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sqlite");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| open(&path).unwrap());
        }
    });
}

#[test]
fn every_commit_waits_for_the_disk_and_readers_do_not_wait_for_writers() {
    let directory = tempfile::tempdir().unwrap();
    let connection = connect(&directory.path().join("s.sqlite")).unwrap();
    let ask = |pragma: &str| -> String {
        let sql = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((ask("journal_mode").as_str(), ask("synchronous").as_str()), ("wal", "2"));
}

#[test]
fn who_comes_after_a_full_queue_is_told_that_the_store_is_busy() {
    let (writer, writes) = sync_channel(1);
    let (reader, _reads) = sync_channel(1);
    let sqlite = Sqlite { writer, reader, clock: Clock::System };
    let (answer, _answered) = oneshot::channel();
    enqueue(&sqlite.writer, writer::Write { ops: Vec::new(), answer }, &Gauge::new()).unwrap();
    assert_eq!(outcome(&sqlite, "a"), Err(StoreError::Busy));
    drop(writes);
    assert_eq!(outcome(&sqlite, "a"), Err(StoreError::Closed));
}

#[test]
fn a_caller_that_hangs_up_does_not_cancel_its_batch() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = open(&directory.path().join("s.sqlite")).unwrap();
    let (answer, answered) = oneshot::channel();
    drop(answered);
    enqueue(&sqlite.writer, writer::Write { ops: insert("a"), answer }, &Gauge::new()).unwrap();
    // The writer takes in order, so that the answer to the second comes after the first.
    assert_eq!(outcome(&sqlite, "a"), Ok(BatchOutcome::Failed(0)));
}

#[test]
fn a_new_file_and_those_beside_it_are_for_their_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = open(&directory.path().join("s.sqlite")).unwrap();
    assert_eq!(outcome(&sqlite, "a"), Ok(BatchOutcome::Applied));
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3, "the database, its log and the index of the log");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}
