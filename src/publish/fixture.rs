//! The demo organization published for tests: in memory, with keys of its own and known secrets.

use super::{Draft, Problem, PublicUrl, Published, Surroundings, compile};
use crate::directory::SecretSource;
use crate::organization::DEMO;
use crate::program::Engine;
use crate::random::Random;
use crate::store::Store;
use crate::token::opaque::PepperKey;
use crate::token::{MasterKey, Vault};
use serde_json::Value;

/// Where the published organization is found.
pub(crate) const URL: &str = "https://id.example.com";

/// The demo's document, signing with the fastest algorithm, after `change`.
pub(crate) fn document(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(DEMO).unwrap();
    for server in document["authorizationServers"].as_array_mut().unwrap() {
        server["credentials"]["signing"]["alg"] = "ES256".into();
    }
    change(&mut document);
    document.to_string()
}

pub(crate) fn draft(document: &str) -> Result<Draft, Vec<Problem>> {
    compile(document.as_bytes(), PublicUrl::new(URL).unwrap(), Engine::Native)
}

/// The secret of each client: what the variable that should hold it is called.
pub(crate) fn publish(document: &str) -> Published {
    let draft = draft(document).unwrap();
    let random = Random::seeded(b"publish");
    let master = MasterKey::generate(&random);
    let around = Surroundings {
        store: &Store::memory(),
        vault: &Vault::new(&master).unwrap(),
        random: &random,
        pepper: &|| PepperKey::new(&master),
        read_secret: &|source: &SecretSource| match source {
            SecretSource::Environment(name) => Ok(name.clone()),
            other => Err(format!("{other:?}")),
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(draft.start(&around)).unwrap()
}
