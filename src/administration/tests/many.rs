//! What a change of a group costs where 100,000 users have 1,000,000 memberships: time and memory, told
//! to who asks for it.
#![expect(clippy::print_stderr, reason = "it tells figures")]
#![expect(clippy::large_futures, reason = "one at a time, on a stack of a test's own")]

use super::*;
use crate::clock::Stopwatch;
use crate::organization::groups_of;
use std::path::Path;
use std::process::Command;

const USERS: usize = 100_000;
const GROUPS: usize = 1_000;
const GROUPS_OF_A_USER: usize = 10;

/// Where the organization is to be imported, of a process that does nothing else.
const FILE: &str = "CLAIMSMITH_MANY_FILE";
const IMPORT: &str = "administration::tests::many::imports_into_a_file";

fn group_name(number: usize) -> String {
    format!("team_{number}")
}

/// Each group has a thousand users, of whom nothing else speaks.
fn organization() -> String {
    document(|document| {
        let groups = document["groups"].as_array_mut().unwrap();
        groups.extend((0..GROUPS).map(|number| json!({"name": group_name(number)})));
        let user = |number: usize| {
            let login = format!("user{number}@example.com");
            let groups = (0..GROUPS_OF_A_USER).map(|nth| group_name((number + nth * 97) % GROUPS));
            json!({
                "profile": {
                    "login": login, "email": login, "firstName": "Un", "lastName": "Named",
                },
                "groups": groups.collect::<Vec<_>>(),
            })
        };
        document["users"].as_array_mut().unwrap().extend((0..USERS).map(user));
    })
}

/// Megabytes of this process that are in memory now, and that were at most.
fn memory() -> [u64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    ["VmRSS:", "VmHWM:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
    })
}

async fn tell<T>(what: &str, asked: impl Future<Output = T>) -> T {
    let watch = Stopwatch::start();
    let answer = asked.await;
    let milliseconds = watch.nanoseconds() / 1_000_000;
    let [now, most] = memory();
    eprintln!("{what}: {milliseconds} ms; {now} MB in memory, {most} MB at most");
    answer
}

fn open(file: &Path) -> Store {
    Store::sqlite(file, Clock::fixed(NOW)).unwrap()
}

/// What a process of its own does, whose memory is not that of the node.
#[test]
#[ignore = "it is a part of the test below"]
fn imports_into_a_file() {
    let Ok(file) = std::env::var(FILE) else { return };
    let (text, store) = (organization(), open(Path::new(&file)));
    wait(tell("import", publisher(&text, &store)));
}

/// Over a file, as a node that starts finds it: what the import took is not counted.
#[test]
#[ignore = "it takes minutes and tells figures: cargo test --release --lib many -- --ignored --nocapture"]
fn a_group_of_many_changes() {
    wait(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.sqlite");
        let mut import = Command::new(std::env::current_exe().unwrap());
        import.args(["--exact", IMPORT, "--ignored", "--nocapture"]).env(FILE, &file);
        assert!(import.status().unwrap().success());
        let store = open(&file);
        let start = Publisher::start(foundation(&store), Missing::Refuse);
        let started = tell("start", start).await.unwrap();
        let administration = Administration::new(Arc::new(started), Clock::fixed(NOW));
        let place = Place { store, administration };
        let group = place.id(EntityKind::Group, "team_1").await;
        let other = place.id(EntityKind::Group, "team_500").await;
        let user = place.id(EntityKind::User, "user7@example.com").await;
        let administration = &place.administration;
        let member = (user.as_str(), other.as_str());
        let rename = |mut body: Value| {
            set(&mut body, "name", json!("renamed"));
            Ok(body)
        };
        let (actor, any) = (&actor(), &IfMatch::Any);
        let renamed = administration.change_group(actor, &group, any, rename);
        tell("rename a group of 1,000", renamed).await.unwrap();
        let joined = administration.change_membership(actor, member, Membership::Joined);
        tell("join", joined).await.unwrap();
        let left = administration.change_membership(actor, member, Membership::Left);
        tell("leave", left).await.unwrap();
        let deleted = administration.delete_group(actor, &group, any);
        tell("delete a group of 1,000", deleted).await.unwrap();
        // What was asked happened, and to nobody else.
        let found = administration.organizations().find(EntityKind::User, &user).await.unwrap();
        let groups = groups_of(&found.unwrap()).count();
        assert!(groups == GROUPS_OF_A_USER || groups == GROUPS_OF_A_USER - 1, "{groups}");
        let gone = administration.organizations().find(EntityKind::Group, &group).await;
        assert!(gone.unwrap().is_none());
    });
}
