//! A directory is made private, keeps its key, and is never taken for the other kind.

use super::*;
use std::os::unix::fs::PermissionsExt;

fn open(path: &Path, purpose: Purpose) -> Result<DataDirectory, DataDirectoryError> {
    DataDirectory::open(path, purpose, None, &Random::System)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Decision 23.
#[test]
fn a_new_directory_is_private_and_its_key_stays_the_same() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("deep/data");
    let first = open(&path, Purpose::Serve).unwrap();
    assert_eq!(first.master_key_source(), MasterKeySource::Made);
    assert_eq!((mode(&path), mode(&path.join("master.key"))), (0o700, 0o600));
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "no draft is left");
    let second = open(&path, Purpose::Serve).unwrap();
    assert_eq!(second.master_key_source(), MasterKeySource::File);
    assert_eq!(first.master_key().to_text(), second.master_key().to_text());
    assert_eq!(second.database(), path.join("claimsmith.sqlite"));
}

/// Decision 23.
#[test]
fn a_key_of_the_environment_is_used_and_written_nowhere() {
    let parent = tempfile::tempdir().unwrap();
    let text = MasterKey::generate(&Random::seeded(b"e")).to_text();
    let random = Random::System;
    let opened = DataDirectory::open(
        parent.path(),
        Purpose::Serve,
        Some(GivenKey::Environment(&text)),
        &random,
    )
    .unwrap();
    assert_eq!(opened.master_key().to_text(), text);
    assert_eq!(opened.master_key_source(), MasterKeySource::Environment);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    let wrong = DataDirectory::open(
        parent.path(),
        Purpose::Serve,
        Some(GivenKey::Environment("short")),
        &random,
    );
    assert!(matches!(wrong, Err(DataDirectoryError::MasterKey { .. })));
}

#[test]
fn a_damaged_key_is_refused_and_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("master.key");
    fs::write(&file, "half a k").unwrap();
    let refused = open(parent.path(), Purpose::Serve);
    assert!(matches!(refused, Err(DataDirectoryError::MasterKey { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), "half a k");
}

#[test]
fn no_new_key_is_made_beside_a_database_that_has_lost_its_own() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("claimsmith.sqlite"), "").unwrap();
    let refused = open(parent.path(), Purpose::Serve);
    assert!(matches!(refused, Err(DataDirectoryError::MasterKeyMissing(_))));
    assert!(!parent.path().join("master.key").exists());
}

#[test]
fn many_that_start_at_once_end_with_one_key() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let start = || open(&path, Purpose::Serve).unwrap().master_key().to_text();
    let keys: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
}

/// Decision 34.
#[test]
fn a_demo_marks_its_directory_and_opens_it_again() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let first = open(&path, Purpose::Demo).unwrap();
    assert!(path.join("demo").exists());
    let second = open(&path, Purpose::Demo).unwrap();
    assert_eq!(first.master_key().to_text(), second.master_key().to_text());
    assert!(matches!(open(&path, Purpose::Serve), Err(DataDirectoryError::IsADemo(_))));
}

#[test]
fn a_demo_refuses_what_it_did_not_make_and_leaves_it_alone() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("thesis.txt"), "mine").unwrap();
    let refused = open(parent.path(), Purpose::Demo);
    assert!(matches!(refused, Err(DataDirectoryError::NotADemo(_))));
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

#[test]
fn a_key_in_a_file_that_was_named_is_used_and_must_be_there() {
    let (parent, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("key");
    let open = || {
        let given = Some(GivenKey::File(&file));
        DataDirectory::open(parent.path(), Purpose::Serve, given, &Random::System)
    };
    assert!(matches!(open(), Err(DataDirectoryError::File { path, .. }) if path == file));
    let text = MasterKey::generate(&Random::seeded(b"f")).to_text();
    fs::write(&file, format!("{text}\n")).unwrap();
    let opened = open().unwrap();
    assert_eq!(opened.master_key_source(), MasterKeySource::GivenFile);
    assert_eq!(opened.master_key().to_text(), text);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    fs::write(&file, "short").unwrap();
    assert!(matches!(open(), Err(DataDirectoryError::MasterKey { .. })));
    let given = GivenKey::Environment(&text);
    assert_eq!(format!("{given:?}"), "Environment");
}

#[test]
fn many_demos_that_start_at_once_all_open_the_same_directory() {
    for _ in 0..50 {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let start = || open(&path, Purpose::Demo).unwrap().master_key().to_text();
        let keys: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }
}
