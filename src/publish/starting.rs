//! What a version stands on, and how a draft becomes one that serves: its keys loaded or made, every
//! secret read and hashed.

use super::compile::Draft;
use super::group_rules::RunningRules;
use super::hook::{HookCredentials, HookProof, HookTokens, RunningHook};
use super::people::People;
use super::public_url::{Addresses, origin_of};
use super::running::{ClientProof, Published, RunningServer, Served, Version, mode_of};
use crate::directory::{AuthenticationMethod, Directory, Jwk, Password, SecretSource};
use crate::organization::Organization;
use crate::random::Random;
use crate::server::{HookAuthentication, HookClient, InlineHook};
use crate::store::Store;
use crate::store::key_store::{self, KeyStoreError};
use crate::token::opaque::SecretHash;
use crate::token::{
    Algorithm, ForeignKey, KeyError, KeySet, Keyring, MasterKey, SharedSecret, Vault,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// The secret that an environment variable or a file holds, or why there is none.
pub type ReadSecret = Arc<dyn Fn(&SecretSource) -> Result<String, String> + Send + Sync>;

/// What versions of the organization stand on, whatever it says: what a draft needs from outside to
/// become one that serves.
#[derive(Clone)]
pub struct Foundation {
    pub addresses: Addresses,
    pub store: Store,
    pub vault: Arc<Vault>,
    pub random: Random,
    /// What secrets are hashed with, and other keys of the installation.
    pub keyring: Keyring,
    pub read_secret: ReadSecret,
    /// What hooks are asked with, from one version to the next.
    pub hook_tokens: Arc<HookTokens>,
}

/// What becomes of a draft of which a secret cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It does not serve: at a start, when somebody looks.
    Refuse,
    /// It serves, and whose secret that is cannot prove who they are: a change of something else,
    /// such as who was suspended, does not wait.
    Warn,
}

impl Missing {
    fn told(self, missing: Vec<String>) -> Result<(), StartError> {
        if self == Self::Refuse && !missing.is_empty() {
            return Err(StartError::Secrets(missing));
        }
        for missing in missing {
            tracing::error!("{missing}");
        }
        Ok(())
    }
}

impl std::fmt::Debug for Foundation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Foundation")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// Why a draft does not serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    #[error("the signing algorithm `{0}` is not known")]
    Algorithm(String),
    /// Every secret that could not be had, a line each.
    #[error("{}", .0.join("\n"))]
    Secrets(Vec<String>),
}

impl Draft {
    /// Loads or makes the keys of every server but those that `former` has, and hashes the secrets of
    /// every client.
    ///
    /// # Errors
    /// [`StartError`]; nothing but new keys is changed then.
    pub async fn start(
        self,
        foundation: &Foundation,
        missing: Missing,
        former: Option<&Published>,
    ) -> Result<Published, StartError> {
        let around = &Around { foundation, missing };
        let known: BTreeMap<&str, &RunningServer> = former
            .into_iter()
            .flat_map(Published::all_servers)
            .map(|server| (server.definition().id.as_str(), server))
            .collect();
        let Self {
            addresses, organization, records, group_rules, servers: mut compiled, own, ..
        } = self;
        let group_rules = RunningRules::new(group_rules, &records);
        let Organization {
            id,
            name,
            theme,
            directory,
            hooks,
            trusted_origins: mut trusted,
            servers: mut definitions,
            user_schema,
            ..
        } = organization;
        let (definition, made) = *own;
        definitions.push(definition);
        compiled.push(made);
        let Secrets { secrets, proofs } = read_secrets(&directory, around)?;
        let origins = origins_of(&directory);
        trusted.retain(|known| known.status.is_active());
        let passwords = read_passwords(&directory, around)?;
        let mut servers = Vec::with_capacity(compiled.len());
        for (definition, compiled) in definitions.into_iter().zip(compiled) {
            let algorithm = Algorithm::from_name(&definition.algorithm)
                .ok_or_else(|| StartError::Algorithm(definition.algorithm.clone()))?;
            let Foundation { store, vault, random, .. } = foundation;
            let mode = mode_of(&definition);
            let same = known.get(definition.id.as_str());
            let (keys, key_version) = match same.and_then(|known| known.keys_for(&definition)) {
                Some(known) => known,
                None => {
                    let id = &definition.id;
                    let loaded = key_store::load(store, vault, random, id, algorithm, mode);
                    let (keys, version) = loaded.await?;
                    (Arc::new(keys), version)
                }
            };
            if keys.active().key().algorithm() != algorithm {
                tracing::warn!(
                    server = definition.id,
                    "signs with the key it has, which is for another algorithm than the document's, \
                     until the next one was published for a while"
                );
            }
            servers.push(Served::new(
                (&addresses, &records),
                (definition, compiled),
                (keys, key_version),
            ));
        }
        // The last server is the organization's own.
        let own_keys = servers.last().map(Served::keys);
        let hooks = read_hooks(hooks, own_keys.as_ref(), around)?;
        let version = Version {
            organization_id: id,
            organization_name: name,
            theme,
            directory,
            records,
            people: People::new(&foundation.store, user_schema),
            group_rules,
            secrets,
            proofs,
            keyring: foundation.keyring.clone(),
            origins,
            trusted,
            hooks,
            passwords,
            extent: OnceLock::new(),
        };
        Ok(Published::new(version, servers, addresses))
    }

    /// A version that decides and evaluates as the draft would, for lint, tests of policies and
    /// replay. It signs for nobody: its keys are made for the occasion. Clients and hooks have no
    /// secrets. Users whom nothing names are read from `store`.
    ///
    /// # Errors
    /// That no key can be made.
    pub fn rehearse(self, store: &Store, random: &Random) -> Result<Published, KeyError> {
        let Self { addresses, organization, records, group_rules, servers, own, .. } = self;
        let group_rules = RunningRules::new(group_rules, &records);
        let Organization { id, name, theme, directory, hooks, user_schema, .. } = organization;
        let pairs = organization.servers.into_iter().zip(servers).chain(std::iter::once(*own));
        let around = (&addresses, &records);
        let server = |pair| {
            let keys = KeySet::generate(Algorithm::EdDsa)?;
            Ok::<_, KeyError>(Served::new(around, pair, (Arc::new(keys), 0)))
        };
        let servers = pairs.map(server).collect::<Result<Vec<_>, _>>()?;
        let hook = |hook: InlineHook| {
            let InlineHook { id, uri, on_failure, headers, .. } = hook;
            RunningHook { id, uri, on_failure, headers, client: None }
        };
        let hooks = hooks.into_iter().filter(|hook| hook.status.is_active()).map(hook).collect();
        let version = Version {
            organization_id: id,
            organization_name: name,
            theme,
            people: People::new(store, user_schema),
            group_rules,
            secrets: BTreeMap::new(),
            proofs: BTreeMap::new(),
            keyring: Keyring::new(&MasterKey::generate(random)),
            origins: origins_of(&directory),
            trusted: Vec::new(),
            hooks,
            passwords: BTreeMap::new(),
            extent: OnceLock::new(),
            directory,
            records,
        };
        Ok(Published::new(version, servers, addresses))
    }
}

/// What a draft is started on.
struct Around<'a> {
    foundation: &'a Foundation,
    missing: Missing,
}

impl Around<'_> {
    /// The secret of the application, hook or user with the id `owner`.
    fn read_secret(&self, owner: &str, source: &SecretSource) -> Result<String, String> {
        match source {
            SecretSource::Sealed(closed) => {
                let opened =
                    self.foundation.vault.open_text(&SecretSource::seal_name(owner), closed);
                opened.map_err(|error| error.to_string())
            }
            _ => (self.foundation.read_secret)(source),
        }
    }
}

/// The active hooks, with their secrets; one whose secret cannot be had is asked without it, and
/// refuses.
fn read_hooks(
    hooks: Vec<InlineHook>,
    own_keys: Option<&Arc<KeySet>>,
    around: &Around<'_>,
) -> Result<Vec<RunningHook>, StartError> {
    let (mut running, mut missing) = (Vec::new(), Vec::new());
    for hook in hooks.into_iter().filter(|hook| hook.status.is_active()) {
        let InlineHook { id, name, uri, mut headers, authentication, on_failure, .. } = hook;
        let mut secret = |source: &SecretSource| {
            let read = around.read_secret(&id, source);
            let told = |why| missing.push(format!("the secret of the hook `{name}`: {why}"));
            read.map_err(told).ok()
        };
        let client = match authentication {
            Some(HookAuthentication::Header(header, source)) => {
                headers.extend(secret(&source).map(|secret| (header, secret)));
                None
            }
            Some(HookAuthentication::AccessToken(client)) => {
                let HookClient { client_id, secret: source, token_url, scope } = client;
                let proof = match (&source, own_keys) {
                    (None, Some(keys)) => HookProof::Keys(Arc::clone(keys)),
                    (source, _) => {
                        let secret = source.as_ref().and_then(&mut secret);
                        HookProof::Secret(secret.unwrap_or_default())
                    }
                };
                let secret = match &proof {
                    HookProof::Secret(secret) => secret.as_str(),
                    HookProof::Keys(_) => "",
                };
                let asked_with = [client_id.as_str(), &token_url, &scope, secret];
                let kept = around.foundation.hook_tokens.of(&id, asked_with);
                Some(HookCredentials { client_id, token_url, scope, proof, kept })
            }
            None => None,
        };
        running.push(RunningHook { id, uri, on_failure, headers, client });
    }
    around.missing.told(missing)?;
    Ok(running)
}

/// The origins of the redirect URIs of active applications.
fn origins_of(directory: &Directory) -> BTreeSet<String> {
    let active = directory.applications().iter().filter(|known| known.status.is_active());
    active.flat_map(|known| &known.redirect_uris).filter_map(|uri| origin_of(uri)).collect()
}

/// What clients prove themselves with.
struct Secrets {
    secrets: BTreeMap<String, Vec<SecretHash>>,
    proofs: BTreeMap<String, ClientProof>,
}

fn read_secrets(directory: &Directory, around: &Around<'_>) -> Result<Secrets, StartError> {
    let (mut secrets, mut proofs, mut missing) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for application in directory.applications() {
        let client_id = application.client_id.clone();
        let told = |why: String| format!("the secret of the client `{client_id}`: {why}");
        match application.token_endpoint_auth_method {
            AuthenticationMethod::PrivateKeyJwt => {
                let proof = match &application.jwks_uri {
                    Some(url) => ClientProof::KeysAt(url.clone()),
                    None => ClientProof::Keys(application.jwks.iter().filter_map(key_of).collect()),
                };
                proofs.insert(client_id, proof);
            }
            AuthenticationMethod::ClientSecretJwt => {
                let read = application.secrets.iter();
                let read = read.map(|source| shared(&application.id, source, around));
                let read = kept(read, |why| missing.push(told(why)));
                proofs.insert(client_id, ClientProof::Secrets(read));
            }
            _ => {
                let read = application.secrets.iter();
                let read = read.map(|source| hash_of(&application.id, source, around));
                let read = kept(read, |why| missing.push(told(why)));
                secrets.insert(client_id, read);
            }
        }
    }
    around.missing.told(missing).map(|()| Secrets { secrets, proofs })
}

/// What could be read; of the rest it is told why not.
fn kept<Read>(
    read: impl Iterator<Item = Result<Read, String>>,
    mut tell: impl FnMut(String),
) -> Vec<Read> {
    read.filter_map(|read| read.map_err(&mut tell).ok()).collect()
}

fn key_of(jwk: &Jwk) -> Option<ForeignKey> {
    let member =
        |name: &str| jwk.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    ForeignKey::from_jwk(&member).ok()
}

/// A secret that must be read again, so that a hash of it is none (decision 22).
fn shared(owner: &str, source: &SecretSource, around: &Around<'_>) -> Result<SharedSecret, String> {
    if let SecretSource::Hash(_) = source {
        return Err(
            "a client of `client_secret_jwt` needs the secret itself, not its hash".to_owned()
        );
    }
    let secret = around.read_secret(owner, source)?;
    if secret.len() < 32 {
        return Err("a secret has 32 characters or more with `client_secret_jwt`".to_owned());
    }
    Ok(SharedSecret::new(&secret))
}

fn read_passwords(
    directory: &Directory,
    around: &Around<'_>,
) -> Result<BTreeMap<usize, SecretHash>, StartError> {
    let (mut passwords, mut missing) = (BTreeMap::new(), Vec::new());
    for (index, user) in directory.users().iter().enumerate() {
        let Some(Password::Environment(name)) = &user.password else { continue };
        match around.read_secret(&user.id, &SecretSource::Environment(name.clone())) {
            Ok(password) => {
                passwords
                    .insert(index, SecretHash::new(&around.foundation.keyring.pepper, &password));
            }
            Err(why) => missing.push(format!("the password of the user `{}`: {why}", user.login)),
        }
    }
    around.missing.told(missing).map(|()| passwords)
}

fn hash_of(owner: &str, source: &SecretSource, around: &Around<'_>) -> Result<SecretHash, String> {
    if let SecretSource::Hash(hash) = source {
        let malformed = "the hash of a secret is `hmac-sha256:` and 43 characters of base64url";
        return SecretHash::parse(hash).ok_or_else(|| malformed.to_owned());
    }
    let secret = around.read_secret(owner, source)?;
    if secret.len() < 14 {
        return Err("a secret has 14 characters or more".to_owned());
    }
    Ok(SecretHash::new(&around.foundation.keyring.pepper, &secret))
}
