//! A token asks for no memory but that of what is handed out, its own text and that of its scopes, and
//! what the library asks for that signs it.

use crate::organization::{self, API, Extent, Keeping};
use crate::support::allocator::allocations;
use claimsmith::grant::{Proof, SignIn};
use claimsmith::policy::Trace;
use claimsmith::program::{Engine, Worker};
use claimsmith::publish::Published;
use claimsmith::random::Random;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

/// An organization that has everything a token can be made of: a condition that is met, a policy
/// that adds a claim, groups, people known by a group of theirs, claims of the profile.
fn published(algorithm: &'static str, format: &str) -> Published {
    let mut document = organization::document(&Extent { algorithm, ..Extent::default() });
    let server = &mut document["authorizationServers"][0];
    server["accessTokenFormat"] = json!(format);
    let rules = server["policies"][0]["rules"].as_array_mut().unwrap();
    rules.last_mut().unwrap()["conditions"]["elCondition"] =
        json!({"condition": "access.scope.contains('openid') || true"});
    server["tokenPolicies"] = json!([{
        "name": "adds a claim", "priority": 1,
        "conditions": {"elCondition": {"condition": "app.clientId != 'nobody'"}},
        "actions": {"claims": [{
            "name": "claim3", "claimType": "RESOURCE",
            "value": "appuser?.userName ?: session?.amr.size()",
        }]},
    }]);
    organization::publish(&document, Engine::Native, &Keeping::new())
}

fn proof<'p>(published: &'p Published, client: &str, scope: &str) -> Proof<'p> {
    let application = published.directory().find_application_index(client).unwrap();
    let server = published.find_server("server0").unwrap();
    let user = published.records().person(0).unwrap().clone();
    let sign_in = SignIn {
        user,
        auth_time: NOW,
        methods: vec!["pwd".to_owned()],
        acr: None,
        session: Some("a session".to_owned()),
    };
    let (sign_in, grant) = match client {
        "web-app" => (Some(sign_in), "authorization_code"),
        _ => (None, "client_credentials"),
    };
    Proof::by_operator(published, server, application, sign_in, grant, scope, API).unwrap()
}

/// The claims of an access token, how often memory was asked for to issue it, and how many texts and
/// signatures are handed out.
struct Issue {
    claims: Value,
    asked: usize,
    n_texts: usize,
    n_signatures: usize,
    /// What the access token's signature is over.
    signed: String,
}

fn issue(published: &Published, proof: &Proof<'_>, worker: &mut Worker) -> Issue {
    let mut issued = None;
    let asked = allocations(|| {
        let decided = proof.decide(Trace::Skip, NOW, worker).unwrap();
        let claims = decided.claim_set(worker).unwrap();
        issued = Some(claims.sign(&Random::System).unwrap().given());
    });
    let issued = issued.unwrap();
    let keys = published.find_server("server0").unwrap().keys();
    let claims = keys.verifier().verify(&issued.access_token).unwrap();
    let (signed, _) = issued.access_token.rsplit_once('.').unwrap();
    let n_signatures = 1 + usize::from(issued.id_token.is_some());
    let claims = serde_json::from_slice(&claims).unwrap();
    Issue { claims, asked, n_texts: 1 + n_signatures, n_signatures, signed: signed.to_owned() }
}

/// How often something is tried. The library that signs asks for more at times, as its random
/// numbers fall, and we count what each asks for when it asks for least.
const TRIES: usize = 200;

/// Texts that are kept of what a token came of, so that it can be explained later.
const RECORDED: usize = 7;

/// What the library asks for to sign is its own affair.
fn asked_by_library(published: &Published, signed: &str) -> usize {
    let key = published.find_server("server0").unwrap().keys().active().key();
    let mut signature = Vec::with_capacity(512);
    let mut sign = || {
        signature.clear();
        allocations(|| key.sign(signed.as_bytes(), &mut signature).unwrap())
    };
    (0..TRIES).map(|_| sign()).min().unwrap()
}

#[test]
fn issuing_asks_for_no_memory_but_that_of_the_token_its_scopes_and_its_record() {
    for (algorithm, format) in [("ES256", "okta"), ("RS256", "rfc9068"), ("EdDSA", "both")] {
        let published = published(algorithm, format);
        let mut worker = Worker::new();
        for (client, scope) in [
            ("web-app", "scope:0"),
            ("web-app", "openid profile email address scope:1"),
            ("service", "scope:3 scope:4"),
        ] {
            let proof = proof(&published, client, scope);
            // The first of each kind warm up what the thread keeps.
            let tries = (0..TRIES).map(|_| issue(&published, &proof, &mut worker));
            let least = tries.min_by_key(|issue| issue.asked).unwrap();
            let Issue { claims, asked, n_texts, n_signatures, signed } = least;
            let asked = asked.saturating_sub(n_signatures * asked_by_library(&published, &signed));
            assert!(claims.as_object().unwrap().len() >= 22, "{claims}");
            assert!(client == "service" || claims["claim3"] == "person0@example.com", "{claims}");
            assert!(client == "service" || claims["claim11"].is_array(), "{claims}");
            let what = format!("{algorithm} {format} {client} {scope}");
            let most = n_texts + RECORDED;
            assert!(asked <= most, "{what}: {asked} times for {n_texts} texts");
        }
    }
}
