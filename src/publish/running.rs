//! What serves: the organization with its records, and each server with its programs and keys.

use super::PublicUrl;
use super::compile::{CompiledServer, Draft, issuer};
use super::group_rules::RunningRules;
use super::people::People;
use super::public_url::origin_of;
use crate::audit::Extent;
use crate::claims::ClaimPlan;
use crate::directory::{
    Application, AuthenticationMethod, Directory, Jwk, Password, Records, SecretSource,
};
use crate::organization::{Organization, Theme};
use crate::policy::{ConditionOutcome, RuleIndex};
use crate::program::{Condition, Engine, ProgramId, ProgramSet, Roots, Traced, Worker};
use crate::random::Random;
use crate::server::{
    AuthorizationServer, ExpressionText, InlineHook, OnFailure, Trust, TrustedOrigin,
};
use crate::store::Store;
use crate::store::key_store::{self, KeyStoreError};
use crate::token::opaque::SecretHash;
use crate::token::{
    Algorithm, ForeignKey, KeyError, KeySet, Keyring, MasterKey, RotationMode, SharedSecret, Vault,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// The id under which the default server is found besides its own.
pub const DEFAULT: &str = "default";

/// A version of the organization that serves.
#[derive(Debug)]
pub struct Published {
    public_url: PublicUrl,
    organization_id: String,
    organization_name: String,
    theme: Box<Theme>,
    directory: Directory,
    records: Records,
    people: People,
    group_rules: RunningRules,
    /// Those of the document, then the organization's own.
    servers: Vec<RunningServer>,
    /// Hashes of the secrets by client id.
    secrets: BTreeMap<String, Vec<SecretHash>>,
    /// What clients sign assertions with, by client id.
    proofs: BTreeMap<String, ClientProof>,
    keyring: Keyring,
    /// Where pages of clients come from.
    origins: BTreeSet<String>,
    /// Where pages come from that the organization trusts.
    trusted: Vec<TrustedOrigin>,
    hooks: Vec<RunningHook>,
    /// Hashes of the passwords that variables hold, by the index of the user.
    passwords: BTreeMap<usize, SecretHash>,
    /// What of a person is recorded, once somebody asked.
    extent: OnceLock<Arc<Extent>>,
}

/// A server that serves.
#[derive(Debug)]
pub struct RunningServer {
    definition: AuthorizationServer,
    issuer: String,
    base: String,
    compiled: Arc<CompiledServer>,
    /// The programs' names of groups in the records' table.
    resolved: Vec<u32>,
    keys: Arc<KeySet>,
    /// The number of the version of the keys.
    key_version: i64,
}

/// A hook that may be asked. Its `Debug` shows no header.
pub struct RunningHook {
    pub id: String,
    /// `https://…`
    pub uri: String,
    pub on_failure: OnFailure,
    headers: Vec<(String, String)>,
}

impl RunningHook {
    /// The headers that it is asked with, one of which may be a secret.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

impl std::fmt::Debug for RunningHook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RunningHook").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a client signs its assertions with.
#[derive(Clone, Debug)]
pub enum ClientProof {
    /// Its public keys.
    Keys(Vec<ForeignKey>),
    /// Its public keys, which it publishes at this URL.
    KeysAt(String),
    /// Its secrets, two while one takes the place of the other.
    Secrets(Vec<SharedSecret>),
}

/// The secret that an environment variable or a file holds, or why there is none.
pub type ReadSecret = Arc<dyn Fn(&SecretSource) -> Result<String, String> + Send + Sync>;

/// What versions of the organization stand on, whatever it says: what a draft needs from outside to
/// become one that serves.
#[derive(Clone)]
pub struct Foundation {
    pub public_url: PublicUrl,
    pub store: Store,
    pub vault: Arc<Vault>,
    pub random: Random,
    /// What secrets are hashed with, and other keys of the installation.
    pub keyring: Keyring,
    pub read_secret: ReadSecret,
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
            .field("public_url", &self.public_url)
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
            .map(|server| (server.definition.id.as_str(), server))
            .collect();
        let Self {
            public_url, organization, records, group_rules, servers: mut compiled, own, ..
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
        let hooks = read_hooks(hooks, around)?;
        let mut servers = Vec::with_capacity(compiled.len());
        for (definition, compiled) in definitions.into_iter().zip(compiled) {
            let algorithm = Algorithm::from_name(&definition.algorithm)
                .ok_or_else(|| StartError::Algorithm(definition.algorithm.clone()))?;
            let Foundation { store, vault, random, .. } = foundation;
            let mode = mode_of(&definition);
            let same = known.get(definition.id.as_str()).filter(|known| {
                known.definition.algorithm == definition.algorithm
                    && known.definition.rotates_keys == definition.rotates_keys
            });
            let (keys, key_version) = match same {
                Some(known) => (Arc::clone(&known.keys), known.key_version),
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
            servers.push(RunningServer::new(
                (&public_url, &records),
                (definition, compiled),
                (keys, key_version),
            ));
        }
        Ok(Published {
            public_url,
            organization_id: id,
            organization_name: name,
            theme,
            directory,
            records,
            people: People::new(&foundation.store, user_schema),
            group_rules,
            servers,
            secrets,
            proofs,
            keyring: foundation.keyring.clone(),
            origins,
            trusted,
            hooks,
            passwords,
            extent: OnceLock::new(),
        })
    }

    /// A version that decides and evaluates as the draft would, for lint, tests of policies and
    /// replay. It signs for nobody: its keys are made for the occasion. Clients and hooks have no
    /// secrets. Users whom nothing names are read from `store`.
    ///
    /// # Errors
    /// That no key can be made.
    pub fn rehearse(self, store: &Store, random: &Random) -> Result<Published, KeyError> {
        let Self { public_url, organization, records, group_rules, servers, own, .. } = self;
        let group_rules = RunningRules::new(group_rules, &records);
        let Organization { id, name, theme, directory, hooks, user_schema, .. } = organization;
        let pairs = organization.servers.into_iter().zip(servers).chain(std::iter::once(*own));
        let around = (&public_url, &records);
        let server = |pair| {
            let keys = KeySet::generate(Algorithm::EdDsa)?;
            Ok::<_, KeyError>(RunningServer::new(around, pair, (Arc::new(keys), 0)))
        };
        let servers = pairs.map(server).collect::<Result<_, _>>()?;
        let hook = |hook: InlineHook| {
            let InlineHook { id, uri, on_failure, headers, .. } = hook;
            RunningHook { id, uri, on_failure, headers }
        };
        let hooks = hooks.into_iter().filter(|hook| hook.status.is_active()).map(hook).collect();
        Ok(Published {
            organization_id: id,
            organization_name: name,
            theme,
            people: People::new(store, user_schema),
            group_rules,
            servers,
            secrets: BTreeMap::new(),
            proofs: BTreeMap::new(),
            keyring: Keyring::new(&MasterKey::generate(random)),
            origins: origins_of(&directory),
            trusted: Vec::new(),
            hooks,
            passwords: BTreeMap::new(),
            extent: OnceLock::new(),
            public_url,
            directory,
            records,
        })
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
fn read_hooks(hooks: Vec<InlineHook>, around: &Around<'_>) -> Result<Vec<RunningHook>, StartError> {
    let (mut running, mut missing) = (Vec::new(), Vec::new());
    for hook in hooks.into_iter().filter(|hook| hook.status.is_active()) {
        let InlineHook { id, name, uri, mut headers, authentication, on_failure, .. } = hook;
        if let Some((header, source)) = authentication {
            match around.read_secret(&id, &source) {
                Ok(secret) => headers.push((header, secret)),
                Err(why) => missing.push(format!("the secret of the hook `{name}`: {why}")),
            }
        }
        running.push(RunningHook { id, uri, on_failure, headers });
    }
    around.missing.told(missing)?;
    Ok(running)
}

fn mode_of(definition: &AuthorizationServer) -> RotationMode {
    if definition.rotates_keys { RotationMode::Auto } else { RotationMode::Manual }
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

impl Published {
    /// Where this installation is found.
    #[must_use]
    pub fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// The keys of the installation.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// `idp` of ID tokens.
    #[must_use]
    pub fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// How its pages look.
    #[must_use]
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// What the organization is called.
    #[must_use]
    pub fn organization_name(&self) -> &str {
        &self.organization_name
    }

    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }

    pub(super) fn extent_cell(&self) -> &OnceLock<Arc<Extent>> {
        &self.extent
    }

    pub(super) fn group_rules(&self) -> &RunningRules {
        &self.group_rules
    }

    pub(super) fn people(&self) -> &People {
        &self.people
    }

    /// The servers of the document.
    #[must_use]
    pub fn servers(&self) -> &[RunningServer] {
        self.servers.split_last().map_or(&[][..], |(_, others)| others)
    }

    /// Every server that signs: those of the document, then the organization's own.
    #[must_use]
    pub fn all_servers(&self) -> &[RunningServer] {
        &self.servers
    }

    /// The active server with this id; the default one is found as `default` too, and the
    /// organization's own under [`crate::server::ORGANIZATION_SERVER`].
    #[must_use]
    pub fn find_server(&self, id: &str) -> Option<&RunningServer> {
        let active = || self.servers.iter().filter(|server| server.definition.status.is_active());
        active()
            .find(|server| server.definition.id == id)
            .or_else(|| active().find(|server| id == DEFAULT && server.definition.is_default))
    }

    /// What this client signs its assertions with.
    #[must_use]
    pub fn proof_of(&self, client_id: &str) -> Option<&ClientProof> {
        self.proofs.get(client_id)
    }

    /// The active hook with this id.
    #[must_use]
    pub fn find_hook(&self, id: &str) -> Option<&RunningHook> {
        self.hooks.iter().find(|hook| hook.id == id)
    }

    /// Whether pages of this origin may read what clients are answered.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.contains(origin) || self.trusts(origin, Trust::Cors)
    }

    /// Whether the organization trusts pages of this origin so far.
    #[must_use]
    pub fn trusts(&self, origin: &str, trust: Trust) -> bool {
        let so_far = |known: &&TrustedOrigin| known.trust.contains(&trust);
        self.trusted.iter().filter(so_far).any(|known| known.origin == origin)
    }

    /// Whether a browser may be sent to this address after somebody signed out, whoever asked.
    #[must_use]
    pub fn may_redirect_to(&self, url: &str) -> bool {
        origin_of(url).is_some_and(|origin| self.trusts(&origin, Trust::Redirect))
    }

    /// Where pages come from that may show ours in a frame (decision 48).
    pub fn embedders(&self) -> impl Iterator<Item = &str> {
        let may = |known: &&TrustedOrigin| known.trust.contains(&Trust::IframeEmbed);
        self.trusted.iter().filter(may).map(|known| known.origin.as_str())
    }

    /// Whether one of `candidates` is a secret of this client. All are compared with all, so that
    /// the time tells nothing.
    #[must_use]
    pub fn is_secret_of(&self, application: &Application, candidates: &[&str]) -> bool {
        let kept = self.secrets.get(&application.client_id).map_or(&[][..], Vec::as_slice);
        let mut found = false;
        for candidate in candidates {
            let hash = SecretHash::new(&self.keyring.pepper, candidate);
            for kept in kept {
                found |= hash.is_same(kept);
            }
        }
        found
    }

    /// Whether this is the password that a variable holds for the user with this index.
    #[must_use]
    pub fn is_password_of(&self, user: usize, candidate: &str) -> bool {
        let hash = SecretHash::new(&self.keyring.pepper, candidate);
        self.passwords.get(&user).is_some_and(|kept| kept.is_same(&hash))
    }
}

impl RunningServer {
    fn new(
        (public_url, records): (&PublicUrl, &Records),
        (definition, compiled): (AuthorizationServer, Arc<CompiledServer>),
        (keys, key_version): (Arc<KeySet>, i64),
    ) -> Self {
        let issuer = issuer(public_url, &definition);
        let base = match definition.is_organization() {
            true => format!("{public_url}/oauth2"),
            false => issuer.clone(),
        };
        let resolved = compiled.programs.resolve(records.groups());
        Self { definition, issuer, base, compiled, resolved, keys, key_version }
    }

    #[must_use]
    pub fn definition(&self) -> &AuthorizationServer {
        &self.definition
    }

    /// With what was compiled for it.
    pub(super) fn compiled(&self) -> (&AuthorizationServer, &Arc<CompiledServer>) {
        (&self.definition, &self.compiled)
    }

    /// Another for every definition of the server.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.compiled.version
    }

    /// `iss` of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Under what its endpoints are found, as in `{base}/v1/token`: the issuer, but for the
    /// organization's own server.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    #[must_use]
    pub fn programs(&self) -> &ProgramSet {
        &self.compiled.programs
    }

    #[must_use]
    pub fn plan(&self) -> &ClaimPlan {
        &self.compiled.plan
    }

    /// Its rules by what they ask for.
    #[must_use]
    pub fn rules(&self) -> &RuleIndex {
        &self.compiled.rules
    }

    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The number of the version of its keys; another one is kept once they changed.
    #[must_use]
    pub fn key_version(&self) -> i64 {
        self.key_version
    }

    /// By which algorithm it is to sign, and who says when its keys change.
    #[must_use]
    pub fn signing(&self) -> (Option<Algorithm>, RotationMode) {
        (Algorithm::from_name(&self.definition.algorithm), mode_of(&self.definition))
    }

    /// The programs' names of groups, for [`Records::roots`].
    #[must_use]
    pub fn resolved(&self) -> &[u32] {
        &self.resolved
    }

    pub(super) fn condition_id(&self, expression: &ExpressionText) -> Option<ProgramId> {
        self.compiled.conditions.get(&expression.text).copied()
    }

    /// Runs a condition of this server. One that was never compiled fails, so that it closes.
    pub fn condition(
        &self,
        expression: &ExpressionText,
        roots: &Roots<'_>,
        worker: &mut Worker,
        engine: Engine,
    ) -> ConditionOutcome {
        let Some(id) = self.compiled.conditions.get(&expression.text) else {
            return ConditionOutcome::Fault("the condition was not compiled".to_owned());
        };
        match self.compiled.programs.condition(*id, roots, worker, engine) {
            Ok(Condition::True) => ConditionOutcome::True,
            Ok(Condition::False) => ConditionOutcome::False,
            Ok(Condition::Null) => ConditionOutcome::Null,
            Ok(Condition::NotBoolean) => ConditionOutcome::NotBoolean,
            Err(fault) => ConditionOutcome::Fault(fault.describe(&expression.text)),
        }
    }

    /// What a condition of this server gives, and every part of it.
    #[must_use]
    pub fn trace_condition(
        &self,
        expression: &ExpressionText,
        roots: &Roots<'_>,
        worker: &mut Worker,
    ) -> Option<Traced> {
        let id = self.compiled.conditions.get(&expression.text)?;
        self.compiled.programs.trace(*id, &expression.text, roots, worker)
    }
}
