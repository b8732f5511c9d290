//! The demo as a person runs it: tokens explained at the command line, the server on a socket, a
//! document checked.

use crate::support::server::{Server, claimsmith};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

const API: &str = "https://api.mycompany.com";
const PARTNER_API: &str = "https://my-partner-api.com";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `token --demo` for this user, scope and audience, in JSON.
fn token(data: &Path, user: &str, scope: &str, audience: &str) -> (Output, serde_json::Value) {
    let output = claimsmith()
        .args(["token", "--demo", "--server", "internal", "--client", "web-app"])
        .args(["--user", user, "--scope", scope, "--audience", audience, "--json"])
        .arg("--data")
        .arg(data)
        .output()
        .unwrap();
    let told = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    (output, told)
}

fn claim(told: &serde_json::Value, name: &str) -> serde_json::Value {
    let claims = told["explanation"]["access_token"].as_array().unwrap();
    claims.iter().find(|claim| claim["name"] == name).unwrap().clone()
}

#[test]
fn the_department_is_there_or_it_is_said_why_not() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo");
    let scope = "openid read:customers";
    let (output, told) = token(&data, "ada@example.com", scope, API);
    assert!(output.status.success());
    assert_eq!(told["matched"]["policy"], "People");
    assert_eq!(told["matched"]["rule"], "Administrators");
    assert_eq!(claim(&told, "department")["value"], "Engineering");
    assert_eq!(claim(&told, "roles")["value"], serde_json::json!(["admin", "auditor"]));
    assert_eq!(claim(&told, "sub")["value"], "ada");
    assert!(told["signed"]["id_token"].as_str().unwrap().split('.').count() == 3);

    let (_, told) = token(&data, "ada@example.com", scope, PARTNER_API);
    let department = claim(&told, "department");
    assert_eq!(department["absent"]["message"], "the token policy is not for this audience");

    let (_, told) = token(&data, "linus@example.com", scope, API);
    let absent = claim(&told, "department")["absent"]["message"].clone();
    assert_eq!(absent, "the token policy is for groups that the person is in none of");
}

#[test]
fn a_refusal_names_its_rule_and_fails() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo");
    let (output, told) = token(&data, "grace@example.com", "read:customers admin:users", API);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(told["error"]["error"], "access_denied");
    let cause = told["error"]["cause"].as_str().unwrap();
    assert!(cause.contains("Deny admin:users to all but role_admin"), "{cause}");
    assert!(told["access_token"].is_null() && told.get("signed").is_none());
}

#[test]
fn people_who_may_not_have_tokens_and_names_that_are_not_there_are_refused() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo");
    let run = |user: &str, client: &str| {
        let output = claimsmith()
            .args(["token", "--demo", "--server", "internal", "--client", client])
            .args(["--user", user, "--scope", "read:customers"])
            .arg("--data")
            .arg(&data)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&[output.stdout, output.stderr].concat())
    };
    assert!(run("sam@example.com", "web-app").contains("The user is not active."));
    assert!(run("nobody", "web-app").contains("there is no user `nobody`; known are: ada@"));
    assert!(run("ada@example.com", "none").contains("there is no client `none`"));
    let service = run("ada@example.com", "billing-service");
    assert!(service.contains("unauthorized_client"), "{service}");
}

fn start(data: &Path) -> Server {
    Server::start(claimsmith().args(["serve", "--demo", "--data"]).arg(data))
}

#[test]
fn the_server_issues_to_the_secret_it_made_and_keeps_its_key() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo");
    let server = start(&data);
    let file = fs::read_to_string(data.join("credentials.json")).unwrap();
    let credentials: serde_json::Value = serde_json::from_str(&file).unwrap();
    let secret = credentials["clients"]["partner-service"].as_str().unwrap();
    let form = format!(
        "grant_type=client_credentials&client_id=partner-service&client_secret={secret}\
         &audience={PARTNER_API}"
    );
    let answer = server.send(&format!(
        "POST /oauth2/internal/v1/token HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("access_token"), "{answer}");
    let metadata = server.get("/oauth2/internal/.well-known/oauth-authorization-server");
    assert!(!metadata.contains("evil.example"));
    let keys = |server: &Server| {
        let answer = server.get("/oauth2/internal/v1/keys");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let before = keys(&server);
    assert!(before.contains("RS256"));
    drop(server);
    assert_eq!(keys(&start(&data)), before);
}

#[test]
fn the_demo_keeps_to_itself() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo");
    token(&data, "ada@example.com", "read:customers", API);
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("credentials.json"), mode("master.key")), (0o600, 0o600));
    let refused = |arguments: &[&str], path: &Path| {
        let output = claimsmith().args(arguments).arg("--data").arg(path).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    let abroad = refused(&["serve", "--demo", "--listen", "0.0.0.0:0"], &data);
    assert!(abroad.contains("--demo listens on loopback only"), "{abroad}");
    let org = folder.path().join("org.json");
    let document = include_str!("../../src/organization/demo.json");
    fs::write(&org, document).unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--org", org.to_str().unwrap()];
    let marked = refused(&arguments, &data);
    assert!(marked.contains("was made by a demo"), "{marked}");
    let other = folder.path().join("mine");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("file"), "").unwrap();
    let strange = refused(&["serve", "--demo", "--listen", "127.0.0.1:0"], &other);
    assert!(strange.contains("was not made by a demo"), "{strange}");
    let secrets = refused(&arguments, &folder.path().join("new"));
    assert!(secrets.contains("CLAIMSMITH_DEMO_SECRET_WEB_APP"), "{secrets}");
}

#[test]
fn a_database_that_nodes_share_needs_a_master_key_that_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let (org, data) = (directory.path().join("org.json"), directory.path().join("data"));
    std::fs::write(&org, include_str!("../../src/organization/demo.json")).unwrap();
    let start = |given: &[(&str, &str)]| {
        let output = claimsmith()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--store", "postgres://nobody:hush@127.0.0.1:1/none"])
            .arg("--org")
            .arg(&org)
            .arg("--data")
            .arg(&data)
            .envs(given.iter().copied())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    let refused = start(&[]);
    assert!(refused.contains("needs a master key"), "{refused}");
    assert!(!data.exists(), "no key was made");
    let key = format!("{}=", "A".repeat(43));
    let tried = start(&[("CLAIMSMITH_MASTER_KEY", &key)]);
    assert!(!tried.contains("master key") && !tried.contains("hush"), "{tried}");
}

#[test]
fn check_says_everything_that_is_wrong_and_nothing_is_started() {
    let folder = TempDir::new().unwrap();
    let org = folder.path().join("org.json");
    let document = include_str!("../../src/organization/demo.json");
    fs::write(&org, document).unwrap();
    let check =
        |arguments: &[&str]| claimsmith().arg("check").arg(&org).args(arguments).output().unwrap();
    let output = check(&[]);
    assert!(output.status.success() && text(&output.stdout).contains("is in order"));
    let surprising = document.replace("\"user?.employeeType\"", "\"user.employeeType\"");
    fs::write(&org, surprising).unwrap();
    let output = check(&[]);
    assert!(output.status.success() && text(&output.stdout).contains("is in order"));
    let said = text(&output.stderr);
    assert_eq!(said.matches("L0602").count(), 1, "only services get no ID token: {said}");
    assert!(said.contains("authorizationServers[0].claims[1].value: a request without a user"));
    let wrong = document
        .replace("\"user?.employeeType\"", "\"usr?.employeeType\"")
        .replace("app.clientId == 'billing-service'", "app.clientId = 'billing-service'");
    fs::write(&org, wrong).unwrap();
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    for part in [
        "authorizationServers[0].claims[1].value: there is nothing called `usr` here",
        "authorizationServers[0].claims[5].value",
        "elCondition.condition",
        "did you mean `user`?",
        "^^^",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let told: serde_json::Value =
        serde_json::from_slice(&check(&["--format", "json"]).stdout).unwrap();
    assert_eq!(told["problems"].as_array().unwrap().len(), 3);
    let data = folder.path().join("data");
    let output = claimsmith()
        .args(["serve", "--listen", "127.0.0.1:0", "--org"])
        .arg(&org)
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!data.exists(), "nothing is made for a document that is wrong");
}

/// A request with cookies; answers the whole answer.
fn browse(server: &Server, cookies: &str, method: &str, path: &str, form: &str) -> String {
    server.send(&format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookies}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    ))
}

/// What stands in `text` between `before` and the next of `end`.
fn between<'t>(text: &'t str, before: &str, end: char) -> &'t str {
    let found = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    found.1.split(end).next().unwrap()
}

#[test]
fn the_readme_walks_from_a_sign_in_to_tokens() {
    let readme = include_str!("../../README.md");
    let path = between(readme, "http://127.0.0.1:8600/oauth2/internal/v1/authorize", '\n');
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo");
    let server = start(&data);
    let file = fs::read_to_string(data.join("credentials.json")).unwrap();
    let credentials: serde_json::Value = serde_json::from_str(&file).unwrap();
    let begun = browse(&server, "", "GET", &format!("/oauth2/internal/v1/authorize{path}"), "");
    let cookie = between(&begun, "set-cookie: ", ';').to_owned();
    assert!(cookie.starts_with("claimsmith_browser_"), "decision 48: {begun}");
    let location = between(&begun, "location: http://", '\r');
    let sign_in = location.strip_prefix(server.address()).unwrap();
    let page = browse(&server, &cookie, "GET", sign_in, "");
    let hidden = |name: &str| between(&page, &format!("name=\"{name}\" value=\""), '"');
    let password = credentials["users"]["ada@example.com"].as_str().unwrap();
    let form = format!(
        "_csrf={}&request={}&username=ada%40example.com&password={password}",
        hidden("_csrf"),
        hidden("request")
    );
    let answer = browse(&server, &cookie, "POST", "/signin", &form);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains("set-cookie: claimsmith_session="), "{answer}");
    let code = between(&answer, "http://127.0.0.1:3000/callback?code=", '&');
    let secret = credentials["clients"]["web-app"].as_str().unwrap();
    let basic = format!("web-app:{secret}");
    let basic = base64(basic.as_bytes());
    let form = format!(
        "grant_type=authorization_code&code={code}\
         &redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Fcallback"
    );
    let tokens = server.send(&format!(
        "POST /oauth2/internal/v1/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Basic {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    assert!(tokens.contains("\"id_token\"") && tokens.contains("read:customers"), "{tokens}");
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|index| u32::from(part.get(index).copied().unwrap_or(0)));
        let bits = a << 16 | b << 8 | c;
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= part.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
