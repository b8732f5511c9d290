//! The demo organization published for tests: in memory, with known secrets, and with the same
//! keys at each publication.

use super::{
    Draft, Foundation, Missing, Problem, PublicUrl, Published, Publisher, compile, compile_after,
};
use crate::clock::Clock;
use crate::directory::SecretSource;
use crate::document;
use crate::organization::{DEMO, import, split};
use crate::program::Engine;
use crate::random::Random;
use crate::server::AuthorizationServer;
use crate::store::key_store::SIGNING_KEY;
use crate::store::organization::Organizations;
use crate::store::{Op, Row, Store};
use crate::token::{Algorithm, KeySet, Keyring, MasterKey, Vault, digest};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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

/// The document published for the first time.
pub(crate) fn publish(document: &str) -> Published {
    start(draft(document).unwrap())
}

/// The document published after `former`.
pub(crate) fn publish_after(former: &Published, document: &str) -> Published {
    let url = PublicUrl::new(URL).unwrap();
    start(compile_after(Some(former), document.as_bytes(), url, Engine::Native).unwrap())
}

pub(crate) fn start(draft: Draft) -> Published {
    start_over(draft, &Store::memory(Clock::System))
}

/// Over what keeps an organization. The secret of each client: what the variable that should hold it
/// is called.
pub(crate) fn start_over(draft: Draft, store: &Store) -> Published {
    let foundation = foundation(store);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let keys = keys_of(&draft, &foundation.vault, &foundation.random);
    runtime.block_on(store.batch(keys)).unwrap();
    runtime.block_on(draft.start(&foundation, Missing::Refuse, None)).unwrap()
}

/// What versions stand on over this store.
pub(crate) fn foundation(store: &Store) -> Foundation {
    let random = Random::seeded(b"publish");
    let master = MasterKey::generate(&random);
    Foundation {
        addresses: PublicUrl::new(URL).unwrap().into(),
        store: store.clone(),
        vault: Arc::new(Vault::new(&master).unwrap()),
        keyring: Keyring::new(&master),
        random,
        read_secret: Arc::new(|source: &SecretSource| match source {
            SecretSource::Environment(name) => Ok(name.clone()),
            other => Err(format!("{other:?}")),
        }),
        hook_tokens: Arc::default(),
    }
}

/// Keeps what the document says, with keys that are made once, and serves that.
pub(crate) async fn publisher(document: &str, store: &Store) -> Publisher {
    let foundation = foundation(store);
    let draft = draft(document).unwrap();
    let keys = keys_of(&draft, &foundation.vault, &foundation.random);
    store.batch(keys).await.unwrap();
    let node = document::read(document.as_bytes()).unwrap();
    let entities = split(document, &node, draft.organization(), &digest);
    import(&Organizations::new(store.clone()), &entities).await.unwrap();
    Publisher::start(foundation, Missing::Refuse).await.unwrap()
}

/// The keys of the draft's servers, each made once: RSA takes long, and another version of an
/// organization signs with the keys of the one before.
fn keys_of(draft: &Draft, vault: &Vault, random: &Random) -> Vec<Op> {
    static MADE: Mutex<BTreeMap<(String, String), Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let row = |server: &AuthorizationServer| {
        let (id, algorithm) = (server.id.clone(), server.algorithm.clone());
        let bytes = made.entry((id, algorithm)).or_insert_with(|| {
            let keys = KeySet::generate(Algorithm::from_name(&server.algorithm).unwrap()).unwrap();
            keys.seal(vault, random).unwrap()
        });
        Op::Insert(Row::new(SIGNING_KEY, &server.id, bytes.clone()))
    };
    draft.definitions().map(row).collect()
}
