//! Clients renew refresh tokens while the nodes that answer are killed at random moments. Whatever
//! happens, no rotation that was acknowledged is lost, no token has two successors, and no family
//! that was ended comes back. `KILLS` says how often to kill, or `KILL_SECONDS` for how long (`.ci/run`
//! and `.ci/long` say more).
#![expect(clippy::print_stderr, reason = "a long run tells what it was made of")]

mod client;
mod history;
mod model;
mod node;

use super::nodes::rotating;
use super::*;
use crate::clock::Stopwatch;
use crate::store::{Isolation, throwaway};
use client::{Client, Issuing};
use history::History;
use node::{Nodes, Place};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How many families are renewed at the same time.
const CLIENTS: usize = 6;

/// How often a family is begun anew where the store is busy: nodes that were killed, and those that
/// start in their place, hold it, and a machine may be so starved that nobody gets a turn in time.
const PATIENCE: usize = 50;

/// How long nodes are killed.
#[derive(Debug, Clone, Copy)]
enum Extent {
    Kills(usize),
    Seconds(u64),
}

impl Extent {
    fn read() -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        match number("KILL_SECONDS") {
            Some(seconds) => Self::Seconds(seconds),
            None => {
                Self::Kills(number("KILLS").and_then(|kills| kills.try_into().ok()).unwrap_or(3))
            }
        }
    }

    fn goes_on(self, n_kills: usize, watch: &Stopwatch) -> bool {
        match self {
            Self::Kills(kills) => n_kills < kills,
            Self::Seconds(seconds) => watch.nanoseconds() / 1_000_000_000 < seconds,
        }
    }
}

/// Renews families of `begin` through `issuing`, each by one client, until `is_over`.
fn hammer(
    issuing: &(impl Issuing + Sync),
    begin: &(impl Fn() -> String + Sync),
    history: &History,
    is_over: &AtomicBool,
) {
    std::thread::scope(|scope| {
        for index in 0..CLIENTS {
            scope.spawn(move || {
                let random = Random::seeded(&index.to_be_bytes());
                while !is_over.load(Ordering::SeqCst) {
                    Client::new(history, begin(), &random).renew_until_it_ends(issuing, is_over);
                }
            });
        }
    });
}

/// Says that it is over, also when a test fails, since the clients go on until then.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Two nodes over what `place` names, killed in turns.
fn kill_two_nodes_over(place: &Place, world: World) {
    let nodes = Nodes::start(place, 2);
    let (history, is_over) = (History::default(), AtomicBool::new(false));
    let (extent, watch) = (Extent::read(), Stopwatch::start());
    let world = Mutex::new(world);
    let begin = || {
        let world = world.lock().unwrap();
        let begun = (0..PATIENCE).find_map(|_| super::nodes::try_to_begin(&world));
        text_of(&begun.expect("the store is busy for minutes")["refresh_token"])
    };
    std::thread::scope(|scope| {
        scope.spawn(|| hammer(&nodes, &begin, &history, &is_over));
        let _over = Over(&is_over);
        let random = Random::seeded(b"kills");
        let mut n_kills = 0;
        while extent.goes_on(n_kills, &watch) {
            let mut byte = [0];
            random.fill(&mut byte);
            std::thread::park_timeout(Duration::from_millis(100 + u64::from(byte[0]) * 2));
            nodes.kill_and_start_again(n_kills % 2);
            n_kills += 1;
        }
        eprintln!("{n_kills} kills in {} s", watch.nanoseconds() / 1_000_000_000);
    });
    eprintln!("{}", history.extent());
    assert_eq!(history.violations(), [""; 0]);
    assert!(history.n_renewed() > CLIENTS, "nothing was renewed");
}

#[test]
fn nodes_over_a_file_that_are_killed_lose_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("s.sqlite");
    let open = |_: &Runtime, clock| Store::sqlite(&file, clock).unwrap();
    let world = World::over(open, Clock::System, Random::System, rotating);
    kill_two_nodes_over(&Place::sqlite(directory.path(), &file), world);
}

#[test]
fn nodes_over_postgresql_that_are_killed_lose_nothing_that_was_acknowledged() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let Some(schema) = runtime.block_on(throwaway::schema()) else { return };
    let url = schema.url();
    let directory = tempfile::tempdir().unwrap();
    let open = |runtime: &Runtime, clock| {
        let opened = Store::postgres(&url, Isolation::ReadCommitted, clock);
        runtime.block_on(opened).unwrap()
    };
    let world = World::over(open, Clock::System, Random::System, rotating);
    kill_two_nodes_over(&Place::postgres(directory.path(), &url), world);
}

/// What the clients find out about an issuer with this mistake.
fn found_in(bug: Option<model::Bug>) -> Vec<String> {
    let model = model::Model::new(bug);
    let (history, is_over) = (History::default(), AtomicBool::new(false));
    let begin = || {
        if model.n_asked() > 20_000 {
            is_over.store(true, Ordering::SeqCst);
        }
        model.begin()
    };
    hammer(&model, &begin, &history, &is_over);
    history.violations()
}

#[test]
fn the_clients_find_nothing_wrong_with_an_issuer_that_does_right() {
    assert_eq!(found_in(None), [""; 0]);
}

#[test]
fn the_clients_find_the_mistakes_that_were_planted() {
    for (bug, words) in [
        (model::Bug::LosesAcknowledged, "refused"),
        (model::Bug::TwoSuccessors, "two successors"),
        (model::Bug::Revives, "came back"),
    ] {
        let found = found_in(Some(bug));
        assert!(found.iter().any(|found| found.contains(words)), "{bug:?}: {found:?}");
    }
}
