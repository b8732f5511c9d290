//! What an operator does to a server that runs: settings from everywhere, certificates that change,
//! an address of their own, and a log that may be shown to anybody.

use crate::support::server::{Server, claimsmith};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A setting as `config` tells it: its values and where they come from.
fn setting(told: &Value, name: &str) -> (Value, String) {
    let settings = told.as_array().unwrap();
    let found = settings.iter().find(|setting| setting["name"] == name).unwrap();
    (found["values"].clone(), found["source"].as_str().unwrap().to_owned())
}

#[test]
fn the_command_line_goes_before_the_environment_and_that_before_the_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("claimsmith.toml");
    let settings = "listen = \"127.0.0.1:1\"\ndata = \"/from/the/file\"\nanswer-timeout = 7\n\
                    public-url = \"https://file.example\"\ntrusted-proxy = [\"10.0.0.0/8\", \"::1\"]\n\
                    store = \"postgres://me:hush@file/db\" # with a password\n";
    fs::write(&file, settings).unwrap();
    let output = claimsmith()
        .args(["config", "--format", "json", "--listen", "127.0.0.1:3", "--config"])
        .arg(&file)
        .env("CLAIMSMITH_LISTEN", "127.0.0.1:2")
        .env("CLAIMSMITH_DATA", "/from/the/environment")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("hush"));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let in_file = file.to_str().unwrap();
    let one = |value: &str| serde_json::json!([value]);
    for (name, values, source) in [
        ("listen", one("127.0.0.1:3"), "--listen"),
        ("data", one("/from/the/environment"), "CLAIMSMITH_DATA"),
        ("public-url", one("https://file.example"), in_file),
        ("answer-timeout", one("7"), in_file),
        ("trusted-proxy", serde_json::json!(["10.0.0.0/8", "::1"]), in_file),
        ("store", Value::Null, in_file),
        ("body-timeout", one("15"), "default"),
        ("org", serde_json::json!([]), "not set"),
    ] {
        assert_eq!(setting(&told, name), (values, source.to_owned()), "{name}");
    }
    let output = claimsmith().arg("config").arg("--config").arg(&file).output().unwrap();
    let table = text(&output.stdout);
    let line = table.lines().find(|line| line.starts_with("store ")).unwrap();
    assert!(line.contains("(not shown)") && line.ends_with(in_file), "{table}");
}

#[test]
fn a_file_of_settings_with_a_mistake_starts_nothing_and_says_where() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("claimsmith.toml");
    let refused = |settings: &str| {
        fs::write(&file, settings).unwrap();
        let output = claimsmith().args(["config", "--config"]).arg(&file).output().unwrap();
        assert!(!output.status.success(), "{settings}");
        text(&output.stderr)
    };
    assert!(refused("lisen = \"127.0.0.1:1\"").contains("there is no setting `lisen`"));
    assert!(refused("listen = { a = 1 }").contains("`listen` is table"));
    assert!(refused("listen = ").contains("line 1"));
    assert!(refused("listen = \"nowhere\"").contains("--listen"));
    assert!(refused("config = \"another\"").contains("there is no setting `config`"));
    assert!(refused("demo = true\norg = \"a.json\"").contains("--demo"));
    assert!(refused("demo = true\nlisten = \"0.0.0.0:1\"").contains("loopback only"));
    let missing = claimsmith().args(["config", "--config", "/nowhere"]).output().unwrap();
    assert!(text(&missing.stderr).contains("/nowhere"));
}

#[test]
fn every_setting_is_in_the_help_with_its_variable() {
    let told = claimsmith().args(["config", "--format", "json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let help = text(&claimsmith().args(["serve", "--help"]).output().unwrap().stdout);
    for setting in told.as_array().unwrap() {
        let name = setting["name"].as_str().unwrap();
        let variable = format!("CLAIMSMITH_{}", name.to_uppercase().replace('-', "_"));
        assert!(help.contains(&format!("--{name}")), "{name}");
        assert!(help.contains(&format!("[env: {variable}")), "{variable}");
    }
}

/// The demo, as these arguments have it, its data in this folder.
fn demo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = claimsmith();
    command.args(["serve", "--demo"]).args(arguments).arg("--data").arg(folder.join("demo"));
    command
}

/// What `demo` made for this client.
fn secret(folder: &Path, client: &str) -> String {
    let file = fs::read_to_string(folder.join("demo/credentials.json")).unwrap();
    let credentials: Value = serde_json::from_str(&file).unwrap();
    credentials["clients"][client].as_str().unwrap().to_owned()
}

type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// A connection to a server that shows this certificate.
fn connect(server: &Server, certificate: &str) -> std::io::Result<TlsStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    connection.complete_io(&mut stream)?;
    Ok(StreamOwned::new(connection, stream))
}

/// Asks for health, and reads as much as that answer is long.
fn ask(stream: &mut TlsStream) -> String {
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\"ok\"}") {
        let mut part = [0; 1024];
        let n_read = stream.read(&mut part).unwrap();
        assert!(n_read > 0, "{}", text(&answer));
        answer.extend_from_slice(&part[..n_read]);
    }
    text(&answer)
}

#[test]
fn a_certificate_changes_without_a_connection_being_dropped() {
    const FIRST: (&str, &str) = (include_str!("tls/first.pem"), include_str!("tls/first.key"));
    const SECOND: (&str, &str) = (include_str!("tls/second.pem"), include_str!("tls/second.key"));
    let folder = TempDir::new().unwrap();
    let (certificate, key) = (folder.path().join("tls.pem"), folder.path().join("tls.key"));
    let write = |(chain, private): (&str, &str)| {
        fs::write(&certificate, chain).unwrap();
        fs::write(&key, private).unwrap();
    };
    write(FIRST);
    let mut command = demo(folder.path(), &[]);
    command.arg("--tls-certificate").arg(&certificate).arg("--tls-key").arg(&key);
    let server = Server::start(&mut command);
    let mut open = connect(&server, FIRST.0).unwrap();
    assert!(ask(&mut open).starts_with("HTTP/1.1 200"));
    assert!(connect(&server, SECOND.0).is_err(), "it shows the first");
    // As while only one of the files was replaced.
    write((SECOND.0, FIRST.1));
    server.signal("HUP");
    assert!(connect(&server, FIRST.0).is_ok());
    write(SECOND);
    server.signal("HUP");
    // The signal is heard soon; if it were not, the files are looked at every few seconds.
    while connect(&server, SECOND.0).is_err() {
        std::thread::yield_now();
    }
    assert!(connect(&server, FIRST.0).is_err());
    assert!(ask(&mut open).starts_with("HTTP/1.1 200"), "it goes on with what it began with");
}

#[test]
fn tls_needs_both_files_and_they_are_of_each_other() {
    let folder = TempDir::new().unwrap();
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls");
    let refused = |certificate: &str, key: Option<&str>| {
        let mut command = demo(folder.path(), &["--listen", "127.0.0.1:0"]);
        command.arg("--tls-certificate").arg(format!("{here}/{certificate}"));
        if let Some(key) = key {
            command.arg("--tls-key").arg(format!("{here}/{key}"));
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert!(refused("first.pem", None).contains("needs --tls-key"));
    assert!(refused("first.pem", Some("second.key")).contains("the certificate and its key"));
    assert!(refused("first.key", Some("first.key")).contains("no certificate in PEM"));
    assert!(refused("first.pem", Some("first.pem")).contains("no private key in PEM"));
    assert!(refused("none.pem", Some("first.key")).contains("none.pem"));
}

#[test]
fn those_who_operate_the_server_have_an_address_of_their_own() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&mut demo(folder.path(), &["--management-listen", "127.0.0.1:0"]));
    let told = server.told_after("for those who operate it: http://");
    let get = |address: &str, path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let metrics = get(&told, "/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200") && metrics.contains("# TYPE claimsmith_"));
    assert!(get(&told, "/health/ready").starts_with("HTTP/1.1 200"));
    assert!(get(&told, "/oauth2/internal/v1/keys").starts_with("HTTP/1.1 404"));
    assert!(get(server.address(), "/metrics").starts_with("HTTP/1.1 404"));
    assert!(get(server.address(), "/health/ready").starts_with("HTTP/1.1 200"));
}

/// Every address there is, and how it is asked.
const ADDRESSES: &[(&str, &str)] = &[
    ("POST", "/oauth2/internal/v1/token"),
    ("POST", "/oauth2/internal/v1/introspect"),
    ("POST", "/oauth2/internal/v1/revoke"),
    ("POST", "/oauth2/internal/v1/par"),
    ("POST", "/oauth2/internal/v1/device/authorize"),
    ("POST", "/oauth2/internal/v1/userinfo"),
    ("GET", "/oauth2/internal/v1/userinfo"),
    ("GET", "/oauth2/internal/v1/authorize"),
    ("POST", "/oauth2/internal/v1/authorize"),
    ("GET", "/oauth2/internal/v1/logout"),
    ("POST", "/oauth2/internal/v1/logout"),
    ("GET", "/oauth2/internal/v1/keys"),
    ("GET", "/oauth2/internal/.well-known/openid-configuration"),
    ("POST", "/oauth2/v1/token"),
    ("GET", "/signin"),
    ("POST", "/signin"),
    ("GET", "/signin/factor"),
    ("POST", "/signin/factor"),
    ("GET", "/consent"),
    ("POST", "/consent"),
    ("GET", "/activate"),
    ("POST", "/activate"),
    ("GET", "/account"),
    ("POST", "/account/password"),
    ("POST", "/account/factor"),
    ("GET", "/signout"),
    ("POST", "/signout"),
    ("GET", "/api/v1/users"),
    ("POST", "/api/v1/users"),
    ("POST", "/api/v1/authn"),
    ("GET", "/nowhere"),
];

/// The parameters that hold secrets.
const PARAMETERS: &[&str] = &[
    "client_secret",
    "client_assertion",
    "code",
    "code_verifier",
    "refresh_token",
    "device_code",
    "user_code",
    "subject_token",
    "actor_token",
    "token",
    "access_token",
    "id_token_hint",
    "request",
    "request_uri",
    "password",
    "passcode",
    "current",
    "new",
    "_csrf",
    "sessionToken",
    "state",
    "nonce",
];

#[test]
fn no_secret_is_logged_whatever_is_sent_wherever_at_the_loudest() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log");
    let mut command = demo(folder.path(), &["--log", "trace", "--log-format", "json"]);
    let server = Server::start_logging(&mut command, &log);
    let planted = |name: &str| format!("PLANTED-{}-0123456789", name.replace('_', "-"));
    let parameters: Vec<String> =
        PARAMETERS.iter().map(|name| format!("{name}={}", planted(name))).collect();
    let known = secret(folder.path(), "billing-service");
    for (method, path) in ADDRESSES {
        // All at once is refused early; one by one each gets as far as it can.
        let all = parameters.join("&");
        for secret in parameters.iter().chain([&all]) {
            let (query, body) = if *method == "GET" {
                (format!("?{secret}"), "")
            } else {
                (String::new(), &**secret)
            };
            let form = format!(
                "grant_type=refresh_token&client_id=web-app&username=ada@example.com&{body}"
            );
            for authorization in ["Bearer ", "Basic PLANTED", "DPoP ", "SSWS "] {
                server.send(&format!(
                    "{method} {path}{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                     Authorization: {authorization}{}\r\nDPoP: {}\r\n\
                     Cookie: claimsmith_session={}; claimsmith_browser={}\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\n\
                     Content-Length: {}\r\n\r\n{form}",
                    planted("authorization"),
                    planted("proof"),
                    planted("session"),
                    planted("browser"),
                    form.len()
                ));
            }
        }
    }
    let form =
        format!("grant_type=client_credentials&client_id=billing-service&client_secret={known}");
    server.send(&format!(
        "POST /oauth2/internal/v1/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    drop(server);
    let log = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.starts_with('{')).collect();
    assert!(lines.len() > 100, "there is a log: {}", lines.len());
    for line in &lines {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["timestamp"].is_string() && event["level"].is_string(), "{line}");
    }
    assert!(log.contains("a request was refused"));
    let found = log.lines().find(|line| line.contains("PLANTED") || line.contains(&known));
    assert_eq!(found, None);
}

/// A form posted by a browser with this cookie; the answer, whole.
fn submit(server: &Server, path: &str, cookie: &str, form: &str) -> String {
    server.send(&format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    ))
}

#[test]
fn a_link_of_invite_lets_its_person_choose_a_password_once() {
    let folder = TempDir::new().unwrap();
    let demo = || {
        let mut command = claimsmith();
        command.current_dir(folder.path());
        command
    };
    let server = Server::start(demo().args(["serve", "--demo"]));
    let url = format!("http://{}", server.address());
    let invite = |arguments: &[&str]| {
        let mut command = demo();
        command.args(["invite", "--demo", "--public-url", &url]).args(arguments).output().unwrap()
    };
    let unknown = invite(&["nobody@example.com"]);
    assert!(!unknown.status.success() && unknown.stdout.is_empty());
    assert!(text(&unknown.stderr).contains("there is no user `nobody@example.com`"));
    let made = invite(&["Ada@example.com", "--reset"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let link = text(&made.stdout);
    let path = link.trim().strip_prefix(&url).unwrap();
    assert!(path.starts_with("/reset/"), "{link}");

    let page = server.get(path);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let between = |text: &str, start: &str, end: char| {
        let rest = text.split_once(start).unwrap().1;
        rest.split(end).next().unwrap().to_owned()
    };
    let cookie = between(&page, "set-cookie: ", ';');
    let csrf = between(&page, "name=\"_csrf\" value=\"", '"');
    let form = format!("_csrf={csrf}&new=a-new-password-of-ada");
    let followed = submit(&server, path, &cookie, &form);
    assert!(followed.starts_with("HTTP/1.1 303"), "{followed}");
    let body = r#"{"username": "ada@example.com", "password": "a-new-password-of-ada"}"#;
    let signed_in = server.send(&format!(
        "POST /api/v1/authn HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(signed_in.contains(r#""status":"SUCCESS""#), "{signed_in}");
    assert!(server.get(path).starts_with("HTTP/1.1 400"), "a link is followed once");
}
