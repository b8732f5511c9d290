//! A PostgreSQL of the tests' own, started once for all of them, in a folder that goes with it. It
//! ends when this process does: a shell holds it, and reads a pipe that closes then.

use crate::store::skip::skip;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Who runs it where the tests run as root, which PostgreSQL refuses to be: nobody.
const NOBODY: u32 = 65534;

const START: &str = r#"
    "$1/initdb" -D "$2/data" -U test -A trust -N --no-locale -E UTF8 > "$2/initdb.log" 2>&1 || exit
    "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c max_connections=400 \
        -c deadlock_timeout=20ms > "$2/postgres.log" 2>&1 &
    read -r line
    kill -QUIT $!
    wait
    rm -rf "$2"
"#;

/// A running server.
struct Server {
    folder: PathBuf,
    /// Its standard input is what keeps it alive.
    _shell: Child,
}

/// Where the sockets of the server are, and a schema in it that nobody has used; `None`, aloud, where
/// there is no PostgreSQL.
pub(crate) async fn schema() -> Option<Schema> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(server) = SERVER.get_or_init(start) else {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        skip(&test, "PostgreSQL");
        return None;
    };
    let name = format!("s{}", NUMBER.fetch_add(1, Ordering::SeqCst));
    let schema = Schema { folder: server.folder.clone(), name };
    let client = connect(&schema.url_at(&schema.folder)).await;
    client.batch_execute(&format!("CREATE SCHEMA {}", schema.name)).await.unwrap();
    Some(schema)
}

/// A schema of the throw-away server.
pub(crate) struct Schema {
    pub(crate) folder: PathBuf,
    name: String,
}

impl Schema {
    pub(crate) fn url(&self) -> String {
        self.url_at(&self.folder)
    }

    /// The same, where the socket is in another folder.
    pub(crate) fn url_at(&self, folder: &Path) -> String {
        let (folder, name) = (folder.display(), &self.name);
        format!("host={folder} user=test dbname=postgres options='-c search_path={name}'")
    }
}

/// A connection of its own, once the server is there.
pub(super) async fn connect(url: &str) -> tokio_postgres::Client {
    let mut attempts = 0;
    loop {
        match tokio_postgres::connect(url, tokio_postgres::NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return client;
            }
            Err(error) => {
                attempts += 1;
                assert!(attempts < 600, "PostgreSQL did not start: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn start() -> Option<Server> {
    let binaries = binaries()?;
    let folder = tempfile::tempdir().unwrap().keep();
    let mut shell = Command::new("sh");
    shell.args(["-c", START, "sh"]).arg(binaries).arg(&folder).stdin(Stdio::piped());
    if std::fs::metadata(&folder).unwrap().uid() == 0 {
        chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        shell.uid(NOBODY).gid(NOBODY);
    }
    let shell = shell.current_dir(&folder).env("HOME", &folder).spawn().unwrap();
    Some(Server { folder, _shell: shell })
}

/// The newest that is installed.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.map(|version| version.unwrap().path().join("bin"));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}
