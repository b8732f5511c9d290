//! The organization that a data directory keeps: imported once, followed by every server, and
//! served without a document afterwards.

use crate::support::server::{Server, claimsmith};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A data directory and a document beside it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// Writes a document whose only server has this scope.
    fn document(&self, scope: &str) -> PathBuf {
        let document = json!({
            "version": 1,
            "organization": {"name": "Kept", "subDomain": "kept"},
            "authorizationServers": [{
                "name": "main",
                "id": "main",
                "audiences": ["https://api.example.com"],
                "credentials": {"signing": {"alg": "ES256"}},
                "scopes": [{"name": scope, "metadataPublish": "ALL_CLIENTS"}],
            }],
        });
        let file = self.folder.path().join("org.json");
        fs::write(&file, document.to_string()).unwrap();
        file
    }

    fn command(&self, name: &str) -> Command {
        let mut command = claimsmith();
        command.arg(name).arg("--data").arg(self.folder.path().join("data"));
        command
    }

    /// Imports a document with this scope; what is said of it.
    fn import(&self, scope: &str) -> String {
        let output =
            self.command("import").arg("--org").arg(self.document(scope)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&self) -> Server {
        Server::start(&mut self.command("serve"))
    }
}

fn metadata(server: &Server) -> String {
    server.get("/oauth2/main/.well-known/oauth-authorization-server")
}

/// Waits until the server offers the scope.
fn wait_for(server: &Server, scope: &str) {
    let scope = format!("\"{scope}\"");
    let offers = |_| {
        std::thread::park_timeout(std::time::Duration::from_millis(50));
        metadata(server).contains(&scope)
    };
    assert!((0..1200).any(offers), "{scope} is not in {}", metadata(server));
}

#[test]
fn servers_follow_what_another_process_imports() {
    let place = Place::new();
    let document = place.document("before");
    let one = Server::start(place.command("serve").arg("--org").arg(&document));
    let other = place.serve();
    for server in [&one, &other] {
        let told = metadata(server);
        assert!(told.contains("\"before\"") && !told.contains("\"after\""), "{told}");
    }
    assert_eq!(place.import("after"), "changed 2 things\n");
    for server in [&one, &other] {
        wait_for(server, "after");
        assert!(!metadata(server).contains("\"before\""));
    }
    assert_eq!(place.import("after"), "nothing differs\n");
}

#[test]
fn what_was_imported_is_served_without_the_document() {
    let place = Place::new();
    place.import("kept");
    let keys = |server: &Server| {
        let answer = server.get("/oauth2/main/v1/keys");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let first = place.serve();
    wait_for(&first, "kept");
    let before = keys(&first);
    drop(first);
    let second = place.serve();
    wait_for(&second, "kept");
    assert_eq!(keys(&second), before);
}

#[test]
fn a_hangup_imports_the_document_and_one_with_problems_changes_nothing() {
    let place = Place::new();
    let document = place.document("before");
    let server = Server::start(place.command("serve").arg("--org").arg(&document));
    let hang_up = || {
        let id = server.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    };
    fs::write(&document, "{}").unwrap();
    hang_up();
    place.document("after");
    hang_up();
    wait_for(&server, "after");
}

#[test]
fn without_an_organization_a_new_one_begins() {
    let place = Place::new();
    let document = || place.serve().get("/oauth2/default/.well-known/openid-configuration");
    assert!(document().contains("/oauth2/default"), "{}", document());
    // It is kept, and a document may still take its place.
    assert!(place.import("one").starts_with("changed"));
}

#[test]
fn another_master_key_opens_what_is_kept_and_the_former_nothing_more() {
    let place = Place::new();
    place.import("one");
    let keys = || {
        let answer = place.serve().get("/oauth2/main/v1/keys");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let before = keys();
    let data = place.folder.path().join("data");
    let run = |task: [&str; 2], more: &[&str]| {
        claimsmith().args(task).arg("--data").arg(&data).args(more).output().unwrap()
    };
    let former = fs::read_to_string(data.join("master.key")).unwrap();
    let rekeyed = run(["store", "rekey"], &[]);
    assert!(rekeyed.status.success(), "{}", String::from_utf8_lossy(&rekeyed.stderr));
    assert_ne!(fs::read_to_string(data.join("master.key")).unwrap(), former);
    assert_eq!(keys(), before, "the same keys, opened by another");
    let file = place.folder.path().join("former.key");
    fs::write(&file, former).unwrap();
    let rotate = ["keys", "rotate"];
    let by_former = ["--server", "main", "--master-key-file", file.to_str().unwrap()];
    let refused = run(rotate, &by_former);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("the master key is not the one"), "{said}");
    assert!(!run(rotate, &["--server", "none"]).status.success());
    let rotated = run(rotate, &["--server", "main"]);
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    let after = keys();
    assert_eq!((before.matches("\"kid\"").count(), after.matches("\"kid\"").count()), (1, 2));
}
