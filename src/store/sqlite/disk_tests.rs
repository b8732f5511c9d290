//! Disks that are full or may not be written to, and the order of writing, syncing and answering:
//! asked of the kernel, not of SQLite.

use super::tests::{open, outcome};
use super::*;
use crate::store::row::BatchOutcome;
use crate::store::skip::skip;
use std::path::PathBuf;
use std::process::Command;

/// A small disk in memory, as long as this lives.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// Needs to be root.
    fn mount(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let disk = Self { folder };
        let mounted = disk.command("mount", &["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs"]);
        if !mounted {
            skip(test, "right to mount a disk");
        }
        mounted.then_some(disk)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> bool {
        let output = Command::new(program).args(arguments).arg(self.folder.path()).output();
        output.is_ok_and(|output| output.status.success())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("s.sqlite")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Threads that still hold the file let go of it soon; the mount ends then.
        self.command("umount", &["-l"]);
    }
}

fn count(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection.query_row("SELECT COUNT(*) FROM state", [], |row| row.get(0)).unwrap()
}

#[test]
fn on_a_full_disk_what_was_acknowledged_is_kept_and_nothing_else() {
    let Some(disk) = Disk::mount("a full disk") else { return };
    let sqlite = open(&disk.file()).unwrap();
    assert_eq!(outcome(&sqlite, "a"), Ok(BatchOutcome::Applied));
    let ballast = disk.folder.path().join("ballast");
    let mut block = vec![0; 1 << 20];
    while !block.is_empty() && fs::write(&ballast, &block).is_err() {
        block.truncate(block.len() - 4096);
    }
    let mut applied = 1;
    let mut failed = 0;
    for index in 0..400 {
        match outcome(&sqlite, &format!("key{index}")) {
            Ok(BatchOutcome::Applied) => applied += 1,
            Ok(BatchOutcome::Failed(_)) => panic!("the key is new"),
            Err(_) => failed += 1,
        }
    }
    assert!(failed > 0, "the disk was not full");
    drop(sqlite);
    fs::remove_file(&ballast).unwrap();
    assert_eq!(count(&disk.file()), applied);
}

#[test]
fn a_disk_that_may_not_be_written_to_is_refused_at_the_start() {
    let Some(disk) = Disk::mount("a read-only disk") else { return };
    drop(open(&disk.file()).unwrap());
    // The threads close their files when the queues are gone.
    let mut attempts = 0;
    while !disk.command("mount", &["-o", "remount,ro"]) {
        attempts += 1;
        assert!(attempts < 200, "the disk is still written to");
        thread::park_timeout(PATIENCE / 100);
    }
    let refused = open(&disk.file()).err();
    assert!(matches!(refused, Some(StoreError::Database(_))), "{refused:?}");
}

/// What a child process of the next test does.
const TRACED: &str = "CLAIMSMITH_TRACED_STORE";

/// Makes batches, and says after each answer that it came.
#[test]
fn traced_batches() {
    let Some(path) = std::env::var_os(TRACED) else { return };
    let sqlite = open(Path::new(&path)).unwrap();
    let answers = PathBuf::from(path).with_extension("answers");
    for index in 0..BATCHES {
        assert_eq!(outcome(&sqlite, &format!("key{index}")), Ok(BatchOutcome::Applied));
        fs::write(&answers, format!("{index}")).unwrap();
    }
}

const BATCHES: usize = 20;

#[test]
fn between_the_last_write_of_a_batch_and_its_answer_is_a_sync() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "store::sqlite::disk_tests::traced_batches"])
        .env(TRACED, directory.path().join("s.sqlite"))
        .output();
    let Ok(traced) = traced else { return skip("the order of write, sync and answer", "strace") };
    if String::from_utf8_lossy(&traced.stderr).contains("ptrace") {
        return skip("the order of write, sync and answer", "right to trace");
    }
    assert!(traced.status.success(), "{}", String::from_utf8_lossy(&traced.stdout));
    let (mut unsynced, mut written, mut answered) = (false, false, 0);
    for line in fs::read_to_string(&trace).unwrap().lines() {
        let of_log = line.contains("s.sqlite-wal>");
        if of_log && line.contains("pwrite64(") {
            (unsynced, written) = (true, true);
        } else if of_log && line.contains("sync(") {
            unsynced = false;
        } else if line.contains("s.answers>") && line.contains("write(") {
            assert!(written && !unsynced, "answered before the disk had it: {line}");
            answered += 1;
            written = false;
        }
    }
    assert_eq!(answered, BATCHES);
}
