//! A group of batches shares one commit, and nothing else.

use super::*;
use crate::store::row::Row;
use crate::store::sqlite::migration::migrate;

fn writer() -> Writer {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection).unwrap();
    Writer { connection, clock: Clock::fixed(0), refusing: false }
}

fn insert(kind: &str, key: &str) -> Op {
    Op::Insert(Row::new(kind, key, Vec::new()))
}

fn group(batches: Vec<Vec<Op>>) -> Vec<Write> {
    batches
        .into_iter()
        .map(|ops| Write { ops, answer: tokio::sync::oneshot::channel().0 })
        .collect()
}

/// What the writer says of each batch.
fn write(writer: &mut Writer, batches: Vec<Vec<Op>>) -> Vec<Result<BatchOutcome, StoreError>> {
    let outcomes = writer.write(&group(batches)).into_iter();
    outcomes.map(|outcome| outcome.map(|answer| answer.value.outcome)).collect()
}

fn rows(writer: &Writer) -> i64 {
    writer.connection.query_row("SELECT COUNT(*) FROM state", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_batch_that_fails_takes_none_of_its_group_with_it() {
    let mut writer = writer();
    let outcomes = write(
        &mut writer,
        vec![
            vec![insert("k", "a")],
            vec![insert("k", "b"), insert("k", "a")],
            vec![insert("k", "b")],
        ],
    );
    let (applied, failed) = (Ok(BatchOutcome::Applied), Ok(BatchOutcome::Failed(1)));
    assert_eq!(outcomes, [applied.clone(), failed, applied]);
    assert_eq!(rows(&writer), 2);
}

#[test]
fn a_batch_the_database_itself_refuses_takes_none_of_its_group_with_it() {
    let mut writer = writer();
    let refusal = "CREATE TRIGGER refuse BEFORE INSERT ON state WHEN new.kind = 'bad'
        BEGIN SELECT RAISE(ABORT, 'no'); END";
    writer.connection.execute_batch(refusal).unwrap();
    let outcomes = write(
        &mut writer,
        vec![
            vec![insert("k", "a")],
            vec![insert("k", "b"), insert("bad", "b")],
            vec![insert("k", "c")],
        ],
    );
    assert_eq!(outcomes[0], Ok(BatchOutcome::Applied));
    assert!(matches!(outcomes[1], Err(StoreError::Database(_))));
    assert_eq!(outcomes[2], Ok(BatchOutcome::Applied));
    assert_eq!((rows(&writer), writer.refusing), (2, false));
}

#[test]
fn after_a_commit_that_failed_the_whole_group_fails_and_no_more_is_written() {
    let mut writer = writer();
    // A foreign key that is looked at only at COMMIT.
    let trap = "PRAGMA foreign_keys = ON;
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER trap AFTER INSERT ON state WHEN new.kind = 'trap'
            BEGIN INSERT INTO child VALUES (1); END;";
    writer.connection.execute_batch(trap).unwrap();
    let outcomes = write(&mut writer, vec![vec![insert("k", "a")], vec![insert("trap", "b")]]);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(StoreError::Database(_)))));
    assert_eq!(rows(&writer), 0);
    let later = write(&mut writer, vec![vec![insert("k", "c")]]);
    assert_eq!(later, [Err(StoreError::Refusing)]);
    assert_eq!(rows(&writer), 0);
}

#[test]
fn after_a_transaction_that_could_not_even_begin_no_more_is_written() {
    let mut writer = writer();
    writer.connection.execute_batch("BEGIN").unwrap();
    let outcomes = write(&mut writer, vec![vec![insert("k", "a")]]);
    assert!(matches!(outcomes[0], Err(StoreError::Database(_))));
    assert_eq!(write(&mut writer, vec![vec![insert("k", "b")]]), [Err(StoreError::Refusing)]);
    assert_eq!(rows(&writer), 0);
}

#[test]
fn a_file_that_another_holds_is_an_error_but_no_reason_to_refuse_what_comes_later() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sqlite");
    let mut connection = Connection::open(&path).unwrap();
    migrate(&mut connection).unwrap();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut writer = Writer { connection, clock: Clock::fixed(0), refusing: false };
    let held = write(&mut writer, vec![vec![insert("k", "a")]]);
    assert_eq!(held, [Err(StoreError::Busy)]);
    other.execute_batch("COMMIT").unwrap();
    let free = write(&mut writer, vec![vec![insert("k", "a")]]);
    assert_eq!(free, [Ok(BatchOutcome::Applied)]);
}

#[test]
fn a_full_disk_fails_what_was_asked_loses_nothing_and_takes_more_once_there_is_room() {
    let mut writer = writer();
    let kept = write(&mut writer, vec![vec![insert("k", "kept")]]);
    assert_eq!(kept, [Ok(BatchOutcome::Applied)]);
    let pages = |writer: &Writer, most: i64| -> i64 {
        let sql = format!("PRAGMA max_page_count = {most}");
        writer.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let full = pages(&writer, 1);
    let large = Op::Insert(Row::new("k", "large", vec![7; 1_000_000]));
    let outcomes = write(&mut writer, vec![vec![insert("k", "small")], vec![large.clone()]]);
    for outcome in outcomes {
        assert!(matches!(&outcome, Err(StoreError::Database(said)) if said.contains("full")));
    }
    assert_eq!(rows(&writer), 1, "{full} pages");
    pages(&writer, 1_000_000);
    let free = write(&mut writer, vec![vec![insert("k", "small")], vec![large]]);
    assert_eq!(free, [Ok(BatchOutcome::Applied), Ok(BatchOutcome::Applied)]);
}

#[test]
fn tags_that_cannot_be_read_or_lead_to_nothing_stop_no_writes_and_no_cascade() {
    let mut writer = writer();
    let row = |key: &str| Op::Insert(Row::new("k", key, Vec::new()).tagged("user:1".to_owned()));
    write(&mut writer, vec![vec![row("a"), row("b"), row("c")]]);
    let spoil = "UPDATE state SET tags = 'no list' WHERE key IN ('a', 'b');
        INSERT INTO state_tag (tag, kind, key) VALUES ('user:1', 'k', 'nowhere');";
    writer.connection.execute_batch(spoil).unwrap();
    let replaced = Op::Replace { row: Row::new("k", "a", vec![1]), expected: 1 };
    let outcomes = write(&mut writer, vec![vec![replaced], vec![insert("k", "d")]]);
    assert!(matches!(outcomes[0], Err(StoreError::Database(_))), "{outcomes:?}");
    assert_eq!((&outcomes[1], writer.refusing), (&Ok(BatchOutcome::Applied), false));
    let cascade = || Op::DeleteTagged { kind: None, tag: "user:1".to_owned(), limit: 2 };
    let step = |writer: &mut Writer| {
        let outcome = writer.write(&group(vec![vec![cascade()]])).remove(0);
        outcome.unwrap().value.n_removed
    };
    assert_eq!([step(&mut writer), step(&mut writer), step(&mut writer)], [2, 2, 0]);
    assert_eq!(rows(&writer), 1, "what has no tag");
}
