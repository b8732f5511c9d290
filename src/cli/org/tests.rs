//! A document is applied again and again in a process that is killed at random moments, and over a store
//! of which each call fails once: what is kept is the old or the new whole, with its version and what is
//! recorded of it.

use super::proposal::{Applied, Standing, Wanted, apply, exported};
use crate::cli::installation::{Installation, Opened, Stop};
use crate::organization::versions;
use crate::publish::PublicUrl;
use crate::random::Random;
use crate::store::journal::EVENT;
use crate::store::{Fails, throwaway};
use clap::Parser;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a child process is told: where the data is, and perhaps a database.
const DATA: &str = "CLAIMSMITH_APPLIED_DATA";
const STORE: &str = "CLAIMSMITH_APPLIED_STORE";
const SELF: &str = "cli::org::tests::applies_until_it_is_killed";

#[derive(Debug, Parser)]
struct Alone {
    #[command(flatten)]
    installation: Installation,
}

/// Where an organization is kept.
struct Place {
    folder: tempfile::TempDir,
    store: String,
}

fn installation(data: &Path, store: &str) -> Installation {
    let key = data.join("of-the-tests.key");
    let mut words = vec!["tests".into(), "--data".into(), data.join("data").into_os_string()];
    if !store.is_empty() {
        words.extend(["--store".into(), store.into()]);
        words.extend(["--master-key-file".into(), key.into_os_string()]);
    }
    Alone::parse_from(words).installation
}

impl Place {
    fn new(store: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = crate::token::MasterKey::generate(&Random::System);
        fs::write(folder.path().join("of-the-tests.key"), key.to_text()).unwrap();
        Self { folder, store }
    }

    async fn open(&self) -> Opened {
        installation(self.folder.path(), &self.store).open(None).await.unwrap()
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// One of two organizations that differ in everything: names, people, groups, clients, policies.
fn document(which: usize) -> Wanted {
    let name = ["first", "second"][which % 2];
    let login = format!("{name}@example.com");
    let document = json!({
        "version": 1,
        "organization": {"name": name, "subDomain": "example"},
        "groups": [{"name": format!("group of the {name}")}],
        "users": [
            {"profile": {"login": login, "email": login}, "groups": [format!("group of the {name}")]},
            {"profile": {"login": "both@example.com", "email": login}},
        ],
        "apps": [{
            "label": name,
            "credentials": {"oauthClient": {
                "client_id": format!("client-{name}"), "client_secret": {"env": "A_SECRET"},
            }},
            "settings": {"oauthClient": {
                "application_type": "service", "grant_types": ["client_credentials"],
            }},
        }],
        "authorizationServers": [{
            "id": "main", "name": name, "audiences": [format!("api://{name}")],
            "scopes": [{"name": format!("{name}:read")}],
            "claims": [{"name": "which", "claimType": "RESOURCE", "valueType": "EXPRESSION",
                        "value": format!("'{name}'")}],
            "policies": [{
                "name": "All", "conditions": {"clients": {"include": [format!("client-{name}")]}},
                "rules": [{"name": name, "conditions": {
                    "people": {"groups": {"include": ["EVERYONE"]}},
                    "grantTypes": {"include": ["client_credentials"]},
                    "scopes": {"include": [format!("{name}:read")]},
                }}],
            }],
        }],
    });
    Wanted { name: name.to_owned(), text: document.to_string().into_bytes() }
}

async fn apply_one(opened: &Opened, which: usize) -> Result<Option<Applied>, Stop> {
    let url = PublicUrl::new("http://127.0.0.1:8600").unwrap();
    apply(opened, &document(which), &url.into(), None, "of the tests").await
}

/// What a child process does: tells each document that was applied.
#[test]
fn applies_until_it_is_killed() {
    let Ok(data) = std::env::var(DATA) else { return };
    let store = std::env::var(STORE).unwrap_or_default();
    wait(async {
        let opened = installation(Path::new(&data), &store).open(None).await.unwrap();
        // What is kept is one of the two; the other comes next.
        let is_first = Standing::read(&opened).await.unwrap().text().contains("client-first");
        for number in usize::from(is_first).. {
            apply_one(&opened, number).await.unwrap().unwrap();
            // The test harness of this process keeps what `println!` says.
            let mut out = std::io::stderr().lock();
            writeln!(out, "applied {number}").unwrap();
        }
    });
}

/// Runs a process until it has applied one, and kills it some time later.
fn apply_and_kill(place: &Place, milliseconds: u64) {
    let mut child: Child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", SELF, "--nocapture"])
        .env(DATA, place.folder.path())
        .env(STORE, &place.store)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.starts_with("applied ")).expect("the process applied nothing");
    std::thread::park_timeout(Duration::from_millis(milliseconds));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What is kept is whole: one of the two, which is the newest version, and as many versions were
/// recorded as there are. Answers the text.
async fn whole(opened: &Opened, either: &[String; 2]) -> String {
    let text = Standing::read(opened).await.unwrap().text().to_owned();
    assert!(either.contains(&text), "a mixture is kept:\n{text}");
    let versions = versions(&opened.store).await.unwrap();
    let newest = versions.last().unwrap();
    assert_eq!(newest.document, exported(&text, true).unwrap());
    let events = opened.store.list(EVENT).await.unwrap().value;
    let events = events.iter().map(|row| serde_json::from_slice::<Value>(&row.bytes).unwrap());
    let applied = events.filter(|event| event["eventType"] == "organization.document.applied");
    let mut numbers: Vec<(Value, u64)> = applied
        .map(|event| {
            let details = &event["target"][0]["changeDetails"];
            (details["from"]["version"].clone(), details["to"]["version"].as_u64().unwrap())
        })
        .collect();
    numbers.sort_by_key(|(_, to)| *to);
    let expected: Vec<(Value, u64)> = (1..=newest.number)
        .map(|to| (if to == 1 { Value::Null } else { json!(to - 1) }, to))
        .collect();
    assert_eq!(numbers, expected);
    text
}

/// The two organizations as they are exported.
async fn either(opened: &Opened) -> [String; 2] {
    let mut texts = Vec::new();
    for which in 0..2 {
        apply_one(opened, which).await.unwrap().unwrap();
        texts.push(Standing::read(opened).await.unwrap().text().to_owned());
    }
    assert_ne!(texts[0], texts[1]);
    texts.try_into().unwrap()
}

#[test]
fn a_document_that_is_imported_is_recorded_thing_by_thing() {
    let place = Place::new(String::new());
    wait(async {
        let opened = place.open().await;
        let path = place.folder.path().join("org.json");
        let recorded = async |which: usize| {
            fs::write(&path, &document(which).text).unwrap();
            let words = ["tests".into(), "--org".into(), path.clone().into_os_string()];
            let wanted = Alone::parse_from(words).installation.document().unwrap().unwrap();
            let n_changes = opened.import(&wanted.entities().unwrap()).await.unwrap();
            let rows = opened.store.list(EVENT).await.unwrap().value;
            let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
            let events: Vec<Value> = rows.iter().map(|row| read(&row.bytes)).collect();
            (n_changes, events)
        };
        let (n_changes, events) = recorded(0).await;
        assert_eq!(events.len(), n_changes + 1);
        let (n_more, events) = recorded(1).await;
        assert_eq!(events.len(), n_changes + n_more + 2);
        let whole = events.iter().filter(|e| e["eventType"] == "organization.document.imported");
        let counts: Vec<u64> = whole
            .map(|event| event["target"][0]["changeDetails"]["to"]["nChanges"].as_u64().unwrap())
            .collect();
        assert_eq!(counts, [n_changes as u64, n_more as u64]);
        assert_eq!(recorded(1).await.0, 0, "nothing differs, and nothing is recorded");
        assert_eq!(recorded(1).await.1.len(), events.len());
    });
}

fn kill_over(store: String) {
    let place = Place::new(store);
    let texts = wait(async { either(&place.open().await).await });
    let asked = std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let n_kills = 3.max(asked / 6);
    let random = Random::seeded(b"apply");
    for _ in 0..n_kills {
        let mut byte = [0];
        random.fill(&mut byte);
        apply_and_kill(&place, u64::from(byte[0]));
        wait(async { whole(&place.open().await, &texts).await });
    }
}

#[test]
fn a_document_whose_applying_is_killed_over_a_file_is_applied_whole_or_not_at_all() {
    kill_over(String::new());
}

#[test]
fn a_document_whose_applying_is_killed_over_postgresql_is_applied_whole_or_not_at_all() {
    let Some(schema) = wait(throwaway::schema()) else { return };
    kill_over(schema.url());
}

#[test]
fn whichever_call_fails_a_document_is_applied_whole_or_not_at_all() {
    let place = Place::new(String::new());
    wait(async {
        let opened = place.open().await;
        let texts = either(&opened).await;
        for fails in [Fails::Before, Fails::After] {
            for fatal in 1.. {
                let before = whole(&opened, &texts).await;
                let next = usize::from(before == texts[0]);
                let mut failing = place.open().await;
                failing.store = opened.store.clone().failing(fatal, fails);
                let applied = apply_one(&failing, next).await;
                let after = whole(&opened, &texts).await;
                assert!(applied.is_err() || after == texts[next], "{fatal} {fails:?}");
                if fatal > failing.store.n_calls() {
                    break;
                }
            }
        }
    });
}
