//! Four threads issue tokens while one publishes, again and again, an organization in which every
//! group has another name: each token is of one version that was published, never a mixture of two.
//! `PUBLISHES=n` publishes so often; `.ci/long` does under ThreadSanitizer.

use crate::organization::{self, API, Extent, Keeping};
use claimsmith::grant::{Proof, SignIn};
use claimsmith::policy::Trace;
use claimsmith::program::{Engine, Worker};
use claimsmith::publish::{Issuer, Published, compile_after};
use claimsmith::random::Random;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const PUBLISHES: usize = 60;
const READERS: usize = 4;
const GRANT: &str = "authorization_code";

/// The claims by which a token tells its version: as a constant, from a condition on a group's name,
/// and from what is kept for each group.
fn claims(version: usize) -> Value {
    let claim = |name: &str, value: String| {
        json!({
            "name": name,
            "claimType": "RESOURCE",
            "valueType": "EXPRESSION",
            "value": value,
        })
    };
    let roles = "user.groups.filter(g => g.startsWith('role_')).map(g => g.replace('role_', ''))";
    json!([
        claim("version", format!("'v{version}'")),
        claim("member", format!("isMemberOfGroupName('role_v{version}_0')")),
        claim("roles", roles.to_owned()),
        claim("mine", format!("user.groups.filter(g => g.startsWith('role_v{version}_')).count()")),
    ])
}

/// Every group is renamed from one version to the next.
fn document(version: usize) -> Value {
    let extent =
        Extent { claims: 0, rules: 3, groups: 20, algorithm: "EdDSA", ..Extent::default() };
    let text = organization::document(&extent).to_string();
    let renamed = text.replace("\"role_", &format!("\"role_v{version}_"));
    let mut document: Value = serde_json::from_str(&renamed).unwrap();
    document["authorizationServers"][0]["claims"] = claims(version);
    document
}

fn published(former: Option<&Published>, version: usize, keeping: &Keeping) -> Published {
    let text = document(version).to_string();
    let url = organization::public_url();
    let draft = compile_after(former, text.as_bytes(), url, Engine::Native).unwrap();
    organization::start(draft, keeping)
}

/// The claims of a token of the version that is served now.
fn ask(issuer: &Issuer, worker: &mut Worker) -> Value {
    let published = issuer.version();
    let server = published.find_server("server0").unwrap();
    let client = published.directory().find_application_index("web-app").unwrap();
    let user = published.records().person(0).unwrap().clone();
    let sign_in = SignIn { user, auth_time: 0, methods: Vec::new(), acr: None, session: None };
    let proof =
        Proof::by_operator(&published, server, client, Some(sign_in), GRANT, "scope:1", API);
    let proof = proof.unwrap();
    let decided = proof.decide(Trace::Skip, 0, worker).unwrap();
    let claims = decided.claim_set(worker).unwrap();
    let token = claims.sign(&Random::System).unwrap().given().access_token;
    serde_json::from_slice(&server.keys().verifier().verify(&token).unwrap()).unwrap()
}

/// The version that a token is of, all of it.
fn version_of(claims: &Value) -> usize {
    let version = claims["version"].as_str().unwrap();
    assert_eq!(claims["member"], json!(true), "{claims}");
    let roles: Vec<&str> =
        claims["roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect();
    assert_eq!(claims["mine"], json!(roles.len()), "{claims}");
    assert!(roles.iter().all(|role| role.starts_with(&format!("{version}_"))), "{claims}");
    version.trim_start_matches('v').parse().unwrap()
}

#[test]
fn a_token_is_of_one_version_while_others_are_published() {
    let n = std::env::var("PUBLISHES").map_or(PUBLISHES, |number| number.parse().unwrap());
    let keeping = Keeping::new();
    let issuer = Issuer::new(published(None, 0, &keeping));
    let newest = AtomicUsize::new(0);
    let read = || {
        let (mut worker, mut last, mut n_seen) = (Worker::new(), 0, 0_usize);
        while last < n {
            let oldest = newest.load(Ordering::Acquire);
            let version = version_of(&ask(&issuer, &mut worker));
            assert!(version >= oldest.max(last), "version {version} after {oldest} and {last}");
            n_seen += usize::from(version > last);
            last = version;
        }
        n_seen
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(read)).collect();
        for version in 1..=n {
            let next = published(Some(&issuer.version()), version, &keeping);
            issuer.replace(next);
            newest.store(version, Ordering::Release);
        }
        let seen: usize = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(seen >= READERS, "the readers saw {seen} versions begin");
    });
}
