//! The organization as code: what is exported says the same, a plan tells what it changes, and what was
//! applied can be taken back; on data that nobody serves and while a server runs.

use crate::support::server::{Server, claimsmith};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A data directory and documents beside it.
struct Place {
    folder: TempDir,
}

/// What a command said, and how it ended.
struct Said {
    status: i32,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, document: &Value) {
        fs::write(self.file("org.json"), document.to_string()).unwrap();
    }

    /// Runs `org`; what of the words is a name of a file here stands for it.
    fn org(&self, words: &str) -> Said {
        let path = |word: &str| match word.ends_with(".json") {
            true => self.file(word).into_os_string(),
            false => word.into(),
        };
        let output = claimsmith()
            .arg("org")
            .args(words.split(' ').map(path))
            .arg("--data")
            .arg(self.file("data"))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let status = output.status.code().unwrap();
        Said { status, out: text(output.stdout), err: text(output.stderr) }
    }

    /// What it says of something that must go well.
    fn done(&self, words: &str) -> String {
        let Said { status, out, err } = self.org(words);
        assert_eq!(status, 0, "{words}: {out}{err}");
        out
    }

    /// A plan of the document, as JSON.
    fn plan(&self) -> (i32, Value) {
        let Said { status, out, err } = self.org("plan --org org.json --json");
        (status, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")))
    }
}

fn rule(name: &str, scopes: &[&str]) -> Value {
    json!({"name": name, "conditions": {
        "people": {"groups": {"include": ["EVERYONE"]}},
        "grantTypes": {"include": ["client_credentials"]},
        "scopes": {"include": scopes},
    }})
}

fn document() -> Value {
    json!({
        "version": 1,
        "organization": {"name": "Example", "subDomain": "example"},
        "groups": [{"name": "Sellers"}, {"name": "Buyers"}],
        "users": [
            {"profile": {"login": "bob@example.com", "email": "bob@example.com"},
             "groups": ["Sellers", "Buyers"]},
            {"profile": {"login": "ada@example.com", "email": "ada@example.com"}, "status": "ACTIVE"},
        ],
        "authorizationServers": [{
            "name": "main",
            "id": "main",
            "audiences": ["https://api.example.com"],
            "credentials": {"signing": {"alg": "ES256"}},
            "scopes": [{"name": "write"}, {"name": "read", "metadataPublish": "ALL_CLIENTS"}],
            "claims": [{"name": "mail", "claimType": "RESOURCE", "valueType": "EXPRESSION",
                        "value": "user?.email"}],
            "policies": [{
                "name": "Everything",
                "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
                "rules": [rule("First", &["read"]), rule("Second", &["write"]),
                          rule("Third", &["*"])],
            }],
        }],
    })
}

fn rules(document: &mut Value) -> &mut Vec<Value> {
    let policy = &mut document["authorizationServers"][0]["policies"][0];
    policy["rules"].as_array_mut().unwrap()
}

#[test]
fn what_is_exported_says_the_same_and_is_exported_the_same() {
    let demo = serde_json::from_str(include_str!("../../src/organization/demo.json")).unwrap();
    for document in [document(), demo] {
        let place = Place::new();
        place.write(&document);
        place.done("apply --org org.json");
        assert_eq!(place.plan().0, 0, "another spelling of the same is no change");
        let first = place.done("export");
        fs::write(place.file("org.json"), &first).unwrap();
        assert_eq!(place.done("plan --org org.json"), "nothing differs\n");
        assert_eq!(place.done("apply --org org.json"), "nothing differs\n");
        assert_eq!(place.done("export"), first);
        // In a store of its own it becomes the same.
        let other = Place::new();
        fs::write(other.file("org.json"), &first).unwrap();
        other.done("apply --org org.json");
        assert_eq!(other.done("export"), first);
    }
}

#[test]
fn a_plan_tells_what_is_new_gone_changed_and_moved() {
    let place = Place::new();
    place.write(&document());
    place.done("apply --org org.json");
    let mut wanted = document();
    let server = &mut wanted["authorizationServers"][0];
    server["claims"][0]["value"] = "user?.login".into();
    server["scopes"] =
        json!([{"name": "read", "metadataPublish": "ALL_CLIENTS"}, {"name": "admin"}]);
    rules(&mut wanted).remove(1);
    let third = rules(&mut wanted).remove(1);
    rules(&mut wanted).insert(0, third);
    rules(&mut wanted)[1]["conditions"]["scopes"]["include"] = json!(["admin", "read"]);
    place.write(&wanted);
    let (status, told) = place.plan();
    assert_eq!(status, 2);
    let found: Vec<(String, String)> = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let name = change["name"].as_array().unwrap().iter();
            let names: Vec<&str> = name.map(|name| name.as_str().unwrap()).collect();
            (change["action"].as_str().unwrap().to_owned(), names.join(" / "))
        })
        .collect();
    let expected = [
        ("added", "main / admin"),
        ("removed", "main / write"),
        ("changed", "main / mail"),
        ("changed", "main / Everything / First"),
        ("removed", "main / Everything / Second"),
    ];
    let mut sorted = found;
    sorted.sort();
    let mut wanted_entries: Vec<(String, String)> =
        expected.iter().map(|(action, name)| ((*action).to_owned(), (*name).to_owned())).collect();
    wanted_entries.sort();
    assert_eq!(sorted, wanted_entries);
    let of = |name: &str| {
        let changes = told["changes"].as_array().unwrap();
        changes
            .iter()
            .find(|change| change["name"].as_array().unwrap().last() == Some(&name.into()))
    };
    let mail = &of("mail").unwrap()["members"][0];
    assert_eq!(*mail, json!({"path": "value", "before": "user?.email", "after": "user?.login"}));
    let first = of("First").unwrap();
    assert_eq!(
        first["members"],
        json!([
            {"path": "conditions.scopes.include", "before": null, "after": "admin"}
        ])
    );
    // Of the two that are left it is enough to move one.
    assert_eq!(first["moved"], json!({"from": 1, "to": 2}));
    let text = place.org("plan --org org.json").out;
    assert!(text.contains("      - \"user?.email\"\n      + \"user?.login\"\n"), "{text}");
    assert!(text.ends_with("1 added, 2 changed, 2 removed\n"), "{text}");
    // A plan changes nothing; what it showed is what is applied.
    assert_eq!(place.plan().0, 2);
    place.done("apply --org org.json");
    assert_eq!(place.plan().0, 0);
    let exported: Value = serde_json::from_str(&place.done("export")).unwrap();
    let names = exported["authorizationServers"][0]["policies"][0]["rules"].as_array().unwrap();
    assert_eq!(names.iter().map(|rule| &rule["name"]).collect::<Vec<_>>(), ["Third", "First"]);
}

#[test]
fn a_plan_that_was_overtaken_is_refused_and_problems_change_nothing() {
    let place = Place::new();
    place.write(&document());
    place.done("apply --org org.json");
    let mut wanted = document();
    rules(&mut wanted).remove(2);
    place.write(&wanted);
    assert_eq!(place.org("plan --org org.json --out plan.json").status, 2);
    let mut meanwhile = document();
    meanwhile["authorizationServers"][0]["description"] = "another was here".into();
    place.write(&meanwhile);
    place.done("apply --org org.json");
    let refused = place.org("apply --plan plan.json");
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("changed since the plan was made"), "{}", refused.err);
    let mut broken = document();
    broken["authorizationServers"][0]["claims"][0]["value"] = "user.nothing".into();
    place.write(&broken);
    for task in ["plan", "apply"] {
        let said = place.org(&format!("{task} --org org.json"));
        assert_eq!(said.status, 1, "{}", said.out);
        assert!(said.err.contains("authorizationServers[0].claims[0].value"), "{}", said.err);
    }
    assert_eq!(place.org("validate org.json --json").status, 2, "it reads no data");
    place.write(&meanwhile);
    assert_eq!(place.plan().0, 0);
}

#[test]
fn versions_are_kept_and_one_can_go_back_to_them() {
    let place = Place::new();
    place.write(&document());
    place.done("apply --org org.json --note first");
    let first = place.done("export --without-users");
    let mut wanted = document();
    rules(&mut wanted).remove(0);
    wanted["users"][1]["profile"]["firstName"] = "Ada".into();
    place.write(&wanted);
    place.done("apply --org org.json --note second");
    let listed: Value = serde_json::from_str(&place.done("versions --json")).unwrap();
    let told: Vec<(i64, &str, bool)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            let current = version["isCurrent"].as_bool().unwrap();
            (version["number"].as_i64().unwrap(), version["note"].as_str().unwrap(), current)
        })
        .collect();
    assert_eq!(told, [(1, "first", false), (2, "second", true)]);
    assert_eq!(place.org("rollback 1 --dry-run").status, 2);
    let said = place.done("rollback 1");
    assert!(said.ends_with("the organization that is kept is now version 3\n"), "{said}");
    assert_eq!(place.done("export --without-users"), first);
    // People are not what one goes back with.
    assert!(place.done("export").contains("\"firstName\": \"Ada\""));
    let none = place.org("rollback 9");
    assert!(none.status == 1 && none.err.contains("kept are 1 to 3"), "{}", none.err);
}

#[test]
fn a_document_without_people_and_groups_leaves_them_alone() {
    let place = Place::new();
    place.write(&document());
    place.done("apply --org org.json");
    let before = place.done("export");
    let mut wanted = document();
    wanted.as_object_mut().unwrap().remove("users");
    wanted.as_object_mut().unwrap().remove("groups");
    place.write(&wanted);
    assert_eq!(place.done("apply --org org.json"), "nothing differs\n");
    wanted["groups"] = json!([{"name": "Buyers"}]);
    place.write(&wanted);
    let refused = place.org("apply --org org.json");
    assert_eq!(refused.status, 1, "{}", refused.out);
    assert!(refused.err.contains("there is no group `Sellers`"), "{}", refused.err);
    assert_eq!(place.done("export"), before);
}

#[test]
fn a_server_that_runs_follows_what_is_applied_and_taken_back() {
    let place = Place::new();
    place.write(&document());
    place.done("apply --org org.json");
    let server = Server::start(claimsmith().arg("serve").arg("--data").arg(place.file("data")));
    let metadata = || server.get("/oauth2/main/.well-known/oauth-authorization-server");
    let wait_for = |scope: &str| {
        let offers = |_| {
            std::thread::park_timeout(std::time::Duration::from_millis(50));
            metadata().contains(&format!("\"{scope}\""))
        };
        assert!((0..1200).any(offers), "{scope} is not in {}", metadata());
    };
    wait_for("read");
    let mut wanted = document();
    let scopes = &mut wanted["authorizationServers"][0]["scopes"];
    scopes[1]["metadataPublish"] = "NO_CLIENTS".into();
    scopes[0]["metadataPublish"] = "ALL_CLIENTS".into();
    place.write(&wanted);
    place.done("apply --org org.json");
    wait_for("write");
    place.done("rollback 1");
    wait_for("read");
}

/// A document whose only client is a service.
fn of_service(lifetime: u32) -> Value {
    let mut document = document();
    document["apps"] = json!([{
        "label": "Billing",
        "credentials": {"oauthClient": {
            "client_id": "billing", "client_secret": {"env": "BILLING_SECRET"},
            "token_endpoint_auth_method": "client_secret_post"}},
        "settings": {"oauthClient": {
            "application_type": "service", "grant_types": ["client_credentials"]}},
    }]);
    let rules = rules(&mut document);
    rules[0]["actions"]["token"]["accessTokenLifetimeMinutes"] = lifetime.into();
    document
}

#[test]
fn decisions_that_a_server_recorded_are_made_once_more_for_a_plan() {
    const SECRET: &str = "a secret of the billing service";
    let place = Place::new();
    place.write(&of_service(60));
    place.done("apply --org org.json");
    let server = Server::start(
        claimsmith()
            .args(["serve", "--record-decisions", "1", "--data"])
            .arg(place.file("data"))
            .env("BILLING_SECRET", SECRET),
    );
    let ask = |scope: &str| {
        let body = format!(
            "grant_type=client_credentials&client_id=billing&client_secret={}&scope={scope}",
            SECRET.replace(' ', "+")
        );
        server.send(&format!(
            "POST /oauth2/main/v1/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    for scope in ["read", "read", "write"] {
        let answer = ask(scope);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    place.write(&of_service(5));
    let replayed = || {
        let said = place.org("plan --org org.json --replay --json");
        assert_eq!(said.status, 2, "{}", said.err);
        let told: Value = serde_json::from_str(&said.out).unwrap();
        told["replay"].clone()
    };
    // They are written a moment after they were made.
    let all = |_| {
        std::thread::park_timeout(std::time::Duration::from_millis(50));
        replayed()["decisions"] == 3
    };
    assert!((0..600).any(all), "{}", replayed());
    let told = replayed();
    assert_eq!((&told["otherwise"], &told["undecidable"]), (&json!(2), &json!(0)), "{told}");
    let case = &told["cases"][0];
    assert_eq!(case["what"], "the access token's life would be 5 minutes instead of 60");
    assert_eq!(case["examples"][0]["scopes"], json!(["read"]));
}
