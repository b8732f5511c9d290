//! `claimsmith app create`: what it prints gets tokens, from a server that ran before the application was
//! there, whether it is told by the data directory or by the management API.

use crate::support::has;
use crate::support::server::{Server, claimsmith};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const BOOTSTRAP: &str = "a-bootstrap-token-of-the-tests-40-chars-";

/// What a command says as JSON.
fn told(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the curl that was printed answers, once the server knows the client.
fn run_curl(told: &Value) -> Value {
    for _ in 0..200 {
        let output = Command::new("bash")
            .args(["-euc", told["curl"].as_str().unwrap()])
            .env("CLIENT_SECRET", told["client_secret"].as_str().unwrap())
            .output()
            .unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if answer["error"] != "invalid_client" {
            return answer;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("the server did not follow");
}

fn document() -> Value {
    json!({
        "version": 1,
        "organization": {"name": "Example", "subDomain": "example"},
        "groups": [{"name": "Sellers"}],
        "users": [],
        // Its secret is not known where the command runs.
        "apps": [{
            "label": "Other",
            "credentials": {"oauthClient": {
                "client_id": "another", "client_secret": {"env": "APP_TEST_SECRET"},
            }},
            "settings": {"oauthClient": {
                "application_type": "service", "grant_types": ["client_credentials"],
            }},
        }],
        "authorizationServers": [{
            "id": "main", "name": "orders", "audiences": ["api://orders"],
            "scopes": [{"name": "orders:read"}],
            "policies": [{
                "name": "All", "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
                "rules": [{"name": "All", "conditions": {
                    "people": {"groups": {"include": ["EVERYONE"]}},
                    "grantTypes": {"include": ["client_credentials"]},
                    "scopes": {"include": ["*"]},
                }}],
            }],
        }],
    })
}

fn create(words: &str, folder: &Path) -> Command {
    let mut command = claimsmith();
    command.args(["app", "create", "--json"]).args(words.split(' ')).current_dir(folder);
    command
}

#[test]
fn an_application_of_a_data_directory_gets_tokens_of_the_server_that_runs() {
    let folder = TempDir::new().unwrap();
    let org = folder.path().join("org.json");
    fs::write(&org, document().to_string()).unwrap();
    let data = folder.path().join("data");
    let server = Server::start(
        claimsmith()
            .args(["serve", "--org"])
            .arg(&org)
            .arg("--data")
            .arg(&data)
            .env("APP_TEST_SECRET", "a-secret-of-another-application"),
    );
    let url = format!("http://{}", server.address());
    let made = told(
        create("--type service --label Reports --client-id reports --data data", folder.path())
            .args(["--public-url", &url]),
    );
    assert_eq!(made["client_id"], "reports");
    assert_eq!(made["issuer"], format!("{url}/oauth2/main"));
    assert_eq!(made["discovery"], format!("{url}/oauth2/main/.well-known/openid-configuration"));
    let secret = made["client_secret"].as_str().unwrap();
    assert!(secret.len() >= 32 && !made["curl"].as_str().unwrap().contains(secret));
    if has("curl") {
        let answer = run_curl(&made);
        assert_eq!(
            (&answer["scope"], &answer["token_type"]),
            (&json!("orders:read"), &json!("Bearer"))
        );
    }
    // What is wrong makes nothing.
    for (words, said) in [
        ("--type service --client-id reports", "client_id"),
        ("--type web", "--redirect-uri"),
        ("--type service --redirect-uri http://127.0.0.1/", "takes no --redirect-uri"),
        ("--type web --redirect-uri http://127.0.0.1/ --assign Nobody", "no group `Nobody`"),
        ("--type service --server none", "no authorization server `none`"),
        ("--type browser --redirect-uri nothing", "redirect_uris"),
    ] {
        let output = create(words, folder.path()).args(["--data", "data"]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(said), "{words}: {told}");
    }
    let exported = claimsmith().args(["org", "export", "--data"]).arg(&data).output().unwrap();
    let exported: Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(exported["apps"].as_array().unwrap().len(), 2);
}

#[test]
fn an_application_is_registered_with_a_server_that_runs_by_its_management_api() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(
        claimsmith()
            .args(["serve", "--data"])
            .arg(folder.path().join("data"))
            .env("CLAIMSMITH_BOOTSTRAP_TOKEN", BOOTSTRAP),
    );
    let url = format!("http://{}", server.address());
    let create = |words: &str, token: &str| {
        let mut command = create(words, folder.path());
        command.args(["--url", &url]).env("CLAIMSMITH_API_TOKEN", token);
        command
    };
    let people = "--redirect-uri http://127.0.0.1:3000/callback --assign Everyone";
    let made = told(&mut create(&format!("--type web {people}"), BOOTSTRAP));
    assert_eq!(made["issuer"], format!("{url}/oauth2/default"));
    let id = made["id"].as_str().unwrap();
    let get = |path: &str| {
        let answer = server.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: SSWS {BOOTSTRAP}\r\n\r\n"
        ));
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str::<Value>(body).unwrap()
    };
    assert_eq!(get(&format!("/api/v1/apps/{id}/groups")).as_array().unwrap().len(), 1);
    let public = told(&mut create(&format!("--type browser {people}"), BOOTSTRAP));
    assert_eq!(public["client_secret"], Value::Null);
    let settings = &get(&format!("/api/v1/apps/{}", public["id"].as_str().unwrap()));
    let method = &settings["credentials"]["oauthClient"]["token_endpoint_auth_method"];
    assert_eq!(method, "none");
    let output = create("--type service", "wrong").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("401: Invalid token provided"), "{said}");
    // A token is not sent in the clear to another machine.
    let elsewhere = claimsmith()
        .args(["app", "create", "--type", "service", "--url", "http://192.0.2.1"])
        .env("CLAIMSMITH_API_TOKEN", BOOTSTRAP)
        .output()
        .unwrap();
    assert!(String::from_utf8(elsewhere.stderr).unwrap().contains("the URL is not of `https://`"));
}
