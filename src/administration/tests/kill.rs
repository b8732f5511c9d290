//! An administrator changes two things at once, again and again, in a process that is killed at random
//! moments: what is kept is the old or the new of both, and nothing that was acknowledged is lost.

use super::*;
use crate::store::{Isolation, throwaway};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const STORE: &str = "CLAIMSMITH_ADMINISTERED_STORE";
const SELF: &str = "administration::tests::kill::administers_until_it_is_killed";
const CLAIMS: [&str; 2] = ["ocl1", "ocl2"];

async fn open(store: &str) -> Store {
    match store.strip_prefix("host=") {
        Some(_) => Store::postgres(store, Isolation::ReadCommitted, Clock::System).await.unwrap(),
        None => Store::sqlite(Path::new(store), Clock::System).unwrap(),
    }
}

/// What a child process does: tells each number that was written.
#[test]
fn administers_until_it_is_killed() {
    let Ok(store) = std::env::var(STORE) else { return };
    wait(async {
        let foundation = foundation(&open(&store).await);
        let publisher = Publisher::start(foundation, Missing::Refuse).await.unwrap();
        let administration = Administration::new(Arc::new(publisher), Clock::System);
        loop {
            let next = numbers(&administration.snapshot().await.unwrap())[0] + 1;
            administration.change(&actor(), |kept| set_both(kept, next)).await.unwrap();
            // The test harness of this process keeps what `println!` says.
            let mut out = std::io::stderr().lock();
            writeln!(out, "wrote {next}").unwrap();
        }
    });
}

/// Makes both claims.
fn add_both(kept: &Snapshot) -> Result<Vec<Change>, ChangeRefused> {
    let position = kept.next_position(EntityKind::Claim, SERVER);
    let made = CLAIMS.map(|id| {
        let body = json!({
            "id": id, "name": format!("claim_{id}"), "claimType": "RESOURCE",
            "valueType": "EXPRESSION", "value": "0",
        });
        create(EntityKind::Claim, &below(SERVER, id), position, &body)
    });
    Ok(made.to_vec())
}

/// Has both say this number.
fn set_both(kept: &Snapshot, number: u64) -> Result<Vec<Change>, ChangeRefused> {
    let mut changes = Vec::new();
    for claim in CLAIMS {
        let claim = kept.require(EntityKind::Claim, &below(SERVER, claim), &IfMatch::Any)?;
        let mut body = read_body(claim)?;
        set(&mut body, "value", json!(number.to_string()));
        changes.push(replace(claim, &body));
    }
    Ok(changes)
}

/// What the claims say.
fn numbers(kept: &Snapshot) -> [u64; 2] {
    CLAIMS.map(|claim| {
        let claim = kept.find(EntityKind::Claim, &below(SERVER, claim)).unwrap();
        let body = read_body(claim).unwrap();
        text_of(&body, "value").unwrap().parse().unwrap()
    })
}

/// The last number that a process acknowledges before it is killed.
fn administer(store: &str, milliseconds: u64) -> u64 {
    let mut child: Child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", SELF, "--nocapture"])
        .env(STORE, store)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let number = |line: &String| line.strip_prefix("wrote ").and_then(|text| text.parse().ok());
    let first = lines.find_map(|line| number(&line));
    std::thread::park_timeout(Duration::from_millis(milliseconds));
    child.kill().unwrap();
    child.wait().unwrap();
    let last = lines.filter_map(|line| number(&line)).last();
    last.or(first).expect("the process wrote nothing")
}

fn kill_over(store: &str) {
    wait(async {
        let place = Place::over(open(store).await).await;
        place.administration.change(&actor(), add_both).await.unwrap();
    });
    let n_kills = std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let random = Random::seeded(b"administration");
    for _ in 0..n_kills {
        let mut byte = [0];
        random.fill(&mut byte);
        let last = administer(store, u64::from(byte[0]));
        let kept = wait(async {
            let organizations = Organizations::new(open(store).await);
            numbers(&Snapshot::read(&organizations).await.unwrap())
        });
        assert_eq!(kept[0], kept[1], "a mixture is kept");
        assert!(kept[0] == last || kept[0] == last + 1, "{last} was acknowledged, {kept:?} kept");
    }
}

#[test]
fn a_write_that_is_killed_over_a_file_leaves_the_old_or_the_new() {
    let directory = tempfile::tempdir().unwrap();
    kill_over(&directory.path().join("s.sqlite").display().to_string());
}

#[test]
fn a_write_that_is_killed_over_postgresql_leaves_the_old_or_the_new() {
    let Some(schema) = wait(throwaway::schema()) else { return };
    kill_over(&schema.url());
}

/// The same without processes: whichever call to the store fails, on either side of its effect.
#[test]
fn whichever_call_fails_the_old_or_the_new_is_kept_whole() {
    wait(async {
        let store = Store::memory(Clock::fixed(NOW));
        let place = Place::over(store.clone()).await;
        place.administration.change(&actor(), add_both).await.unwrap();
        let started = async |store: &Store| {
            let publisher = Publisher::start(foundation(store), Missing::Refuse).await.unwrap();
            Administration::new(Arc::new(publisher), Clock::fixed(NOW))
        };
        let counting = store.clone().failing(0, Fails::Before);
        drop(started(&counting).await);
        let mut number = 0;
        for fails in [Fails::Before, Fails::After] {
            for fatal in counting.n_calls() + 1.. {
                number += 1;
                let failing = store.clone().failing(fatal, fails);
                let administration = started(&failing).await;
                let made = administration.change(&actor(), |kept| set_both(kept, number)).await;
                let kept = numbers(&place.administration.snapshot().await.unwrap());
                assert_eq!(kept[0], kept[1], "{fatal} {fails:?}");
                if made.is_ok() {
                    assert_eq!(kept[0], number, "{fatal} {fails:?}");
                }
                if fatal > failing.n_calls() {
                    break;
                }
            }
        }
    });
}
