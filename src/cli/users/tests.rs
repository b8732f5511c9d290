//! A file is taken by processes that are killed at random moments: in the end everybody in it is there
//! once, and each batch is recorded. Rows are told as they stand.

use super::*;
use crate::cli::installation::Opened;
use crate::organization::groups_of;
use crate::random::Random;
use crate::store::journal::EVENT;
use crate::store::organization::{EntityKind, Organizations};
use crate::store::throwaway;
use clap::Parser;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a child process is told: where the file and the data are, and perhaps a database.
const FOLDER: &str = "CLAIMSMITH_IMPORTED_FOLDER";
const STORE: &str = "CLAIMSMITH_IMPORTED_STORE";
const SELF: &str = "cli::users::tests::imports_until_it_is_killed";

#[derive(Debug, Parser)]
struct Alone {
    #[command(flatten)]
    import: Import,
}

/// What imports `file` of a folder into the data there, or into a database.
fn import(folder: &Path, store: &str, file: &str) -> Import {
    let mut words = vec!["tests".into(), folder.join(file).into_os_string()];
    words.extend(["--data".into(), folder.join("data").into_os_string()]);
    words.extend(["--org".into(), folder.join("org.json").into_os_string()]);
    if !store.is_empty() {
        words.extend(["--store".into(), store.into()]);
        words.extend(["--master-key-file".into(), folder.join("master.key").into_os_string()]);
    }
    Alone::parse_from(words).import
}

/// An organization with two groups and an attribute of its own.
fn folder(import: impl Fn(&Path) -> Import) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let key = crate::token::MasterKey::generate(&Random::System);
    fs::write(folder.path().join("master.key"), key.to_text()).unwrap();
    let org = json!({
        "version": 1,
        "organization": {"name": "Example", "subDomain": "example"},
        "userSchema": {"level": {"type": "integer"}},
        "groups": [{"name": "Buyers"}, {"name": "Sellers"}],
        "users": [{"profile": {"login": "there@example.com", "email": "there@example.com"},
                   "groups": ["Buyers"]}],
    });
    fs::write(folder.path().join("org.json"), org.to_string()).unwrap();
    wait(async {
        let installation = import(folder.path()).installation;
        let entities = installation.document().unwrap().unwrap().entities().unwrap();
        installation.open(None).await.unwrap().adopt(Some(entities)).await.unwrap();
    });
    folder
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn run_import(import: &Import) -> (Opened, Result<Tally, Stop>) {
    let opened = import.installation.open(None).await.unwrap();
    let addresses = import.installation.addresses(PUBLIC_URL).unwrap();
    let administration = opened.administration(&addresses).await.unwrap();
    let tally = take(import, super::open(&import.file).unwrap(), "file", &administration).await;
    (opened, tally)
}

/// The users of whom their batches' events tell.
async fn recorded(opened: &Opened) -> Vec<String> {
    let rows = opened.store.list(EVENT).await.unwrap().value;
    let events = rows.iter().map(|row| serde_json::from_slice::<Value>(&row.bytes).unwrap());
    let batches = events.filter(|event| event["eventType"] == "system.import.complete_batch");
    let users = batches.flat_map(|event| {
        let to = &event["target"][0]["changeDetails"]["to"];
        assert_eq!(to["nUsers"], to["users"].as_array().unwrap().len());
        to["users"].as_array().unwrap().clone()
    });
    users.map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn good_rows_become_users_and_what_is_there_already_stays() {
    let of = |folder: &Path| import(folder, "", "people.csv");
    let folder = folder(of);
    let hash = "$2a$10$".to_owned() + &"a".repeat(53);
    let other = "$2a$10$".to_owned() + &"b".repeat(53);
    let text = format!(
        "login,email,level,groups,password,status\n\
         ada@example.com,ada@example.com,3,Buyers;Sellers,{hash},\n\
         bob@example.com,bob@example.com,,Everyone,,STAGED\n\
         eve@example.com,eve@example.com,,Nobodies,,\n\
         Ada@example.com,ada@example.com,3,,,\n\
         ada@example.com,other@example.com,,,,\n\
         x,x@example.com,,,,\n\
         there@example.com,there@example.com,,Buyers,,\n\
         there@example.com,there@example.com,,Sellers,,\n\
         odd@example.com,odd@example.com,,,,SLEEPING\n\
         last@example.com,last@example.com,7,,,\n\
         ada@example.com,ada@example.com,3,,,SUSPENDED\n\
         ada@example.com,ada@example.com,3,,{other},\n"
    );
    fs::write(folder.path().join("people.csv"), text).unwrap();
    wait(async {
        let expected = Tally { n_made: 3, n_present: 2, n_rejected: 7 };
        let (opened, tally) = run_import(&of(folder.path())).await;
        assert_eq!(tally.unwrap(), expected);
        let organizations = Organizations::new(opened.store.clone());
        let find = async |login: &str| {
            let found = organizations.find_by_name(EntityKind::User, login).await.unwrap().unwrap();
            let body: Value = serde_json::from_str(&found.body).unwrap();
            (found, body)
        };
        let (ada, body) = find("ada@example.com").await;
        assert_eq!((&body["status"], &body["profile"]["level"]), (&json!("ACTIVE"), &json!(3)));
        assert_eq!(groups_of(&ada).count(), 2);
        assert_eq!(body["password"], json!(hash));
        assert_eq!(find("bob@example.com").await.1["status"], "STAGED");
        assert_eq!(find("last@example.com").await.1["status"], "PROVISIONED");
        assert_eq!(recorded(&opened).await.len(), 3);
        // Once more: nothing is made, and nothing recorded.
        let (opened, tally) = run_import(&of(folder.path())).await;
        assert_eq!(tally.unwrap(), Tally { n_made: 0, n_present: 5, n_rejected: 7 });
        assert_eq!(recorded(&opened).await.len(), 3);
    });
}

#[test]
fn a_line_of_json_is_a_user_of_an_org_document() {
    let of = |folder: &Path| import(folder, "", "people.jsonl");
    let folder = folder(of);
    let text = "{\"profile\": {\"login\": \"ada@example.com\", \"email\": \"a@b.org\"}, \"id\": \"00uada\"}\n\n\
        [1]\n{\"profile\": \n{\"profile\": {\"login\": \"bob@example.com\"}, \"id\": \"00uada\"}\n\
        {\"profile\": {\"login\": \"bob@example.com\", \"nosuch\": 1}}\n\
        {\"profile\": {\"login\": \"bob@example.com\", \"email\": \"b@b.org\"}, \"groups\": [\"Sellers\"]}\n";
    fs::write(folder.path().join("people.jsonl"), text).unwrap();
    wait(async {
        let (opened, tally) = run_import(&of(folder.path())).await;
        assert_eq!(tally.unwrap(), Tally { n_made: 2, n_present: 0, n_rejected: 4 });
        let organizations = Organizations::new(opened.store.clone());
        let ada = organizations.find_by_name(EntityKind::User, "ada@example.com").await.unwrap();
        assert_eq!(ada.unwrap().id, "00uada");
    });
}

const ROWS: usize = 3_000;

/// What a child process does.
#[test]
fn imports_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = std::env::var(STORE).unwrap_or_default();
    wait(async {
        // The test harness of this process keeps what `println!` says.
        writeln!(std::io::stderr().lock(), "begun").unwrap();
        let (_, tally) = run_import(&import(Path::new(&folder), &store, "people.csv")).await;
        assert_eq!(tally.unwrap().n_rows(), ROWS as u64);
    });
}

fn kill_over(store: &str) {
    let folder = folder(|folder| import(folder, store, "people.csv"));
    let mut text = "login,email,level,groups\n".to_owned();
    for number in 0..ROWS {
        text.push_str(&format!("u{number}@example.com,u{number}@example.com,{number},Buyers\n"));
    }
    fs::write(folder.path().join("people.csv"), text).unwrap();
    let random = Random::seeded(b"import");
    for _ in 0..3 {
        let mut byte = [0];
        random.fill(&mut byte);
        let mut child: Child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", SELF, "--nocapture"])
            .env(FOLDER, folder.path())
            .env(STORE, store)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        lines.find(|line| line == "begun").expect("the process never began");
        std::thread::park_timeout(Duration::from_millis(u64::from(byte[0]) * 8));
        child.kill().unwrap();
        child.wait().unwrap();
        wait(async { is_whole(&import(folder.path(), store, "people.csv")).await });
    }
    wait(async {
        let import = import(folder.path(), store, "people.csv");
        let (_, tally) = run_import(&import).await;
        let Tally { n_made, n_present, n_rejected } = tally.unwrap();
        assert_eq!((n_made + n_present, n_rejected), (ROWS as u64, 0));
        assert_eq!(is_whole(&import).await, ROWS);
    });
}

/// Who is there was recorded, and nobody else was; each is there once, whole, in batches. Answers how
/// many of the file are there.
async fn is_whole(import: &Import) -> usize {
    let opened = import.installation.open(None).await.unwrap();
    let organizations = Organizations::new(opened.store.clone());
    let users = organizations.list_all(EntityKind::User).await.unwrap();
    let of_file: Vec<_> =
        users.iter().filter(|user| !user.names.contains("there@example.com")).collect();
    assert!(of_file.len() % BATCH == 0, "{} users", of_file.len());
    assert!(of_file.iter().all(|user| groups_of(user).count() == 1));
    let logins: BTreeSet<&str> = of_file.iter().flat_map(|user| user.names.iter()).collect();
    assert_eq!(logins.len(), of_file.len());
    let recorded = recorded(&opened).await;
    let (ids, of_log): (BTreeSet<&str>, BTreeSet<&str>) = (
        of_file.iter().map(|user| user.id.as_str()).collect(),
        recorded.iter().map(String::as_str).collect(),
    );
    assert_eq!((recorded.len(), of_log), (ids.len(), ids));
    of_file.len()
}

#[test]
fn what_a_kill_interrupted_over_a_file_is_done_again_without_loss_or_twins() {
    kill_over("");
}

#[test]
fn what_a_kill_interrupted_over_postgresql_is_done_again_without_loss_or_twins() {
    let Some(schema) = wait(throwaway::schema()) else { return };
    kill_over(&schema.url());
}
