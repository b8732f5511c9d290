//! What serves: the organization with its records, and each server with its programs and keys.

use super::PublicUrl;
use super::compile::{CompiledServer, issuer};
use super::group_rules::RunningRules;
use super::hook::RunningHook;
use super::people::People;
use super::public_url::{Addresses, origin_of};
use crate::audit::Extent;
use crate::claims::ClaimPlan;
use crate::directory::{Application, Directory, Records};
use crate::organization::Theme;
use crate::policy::{ConditionOutcome, RuleIndex};
use crate::program::{Condition, Engine, ProgramId, ProgramSet, Roots, Traced, Worker};
use crate::server::{AuthorizationServer, ExpressionText, IssuerMode, Trust, TrustedOrigin};
use crate::token::opaque::SecretHash;
use crate::token::{Algorithm, ForeignKey, KeySet, Keyring, RotationMode, SharedSecret};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// The id under which the default server is found besides its own.
pub const DEFAULT: &str = "default";

/// A version of the organization that serves, as it is found under one of its URLs.
#[derive(Debug)]
pub struct Published {
    public_url: PublicUrl,
    /// Those of the document, then the organization's own.
    servers: Vec<RunningServer>,
    version: Arc<Version>,
    /// The same under each custom URL (decision 24); of the one under the public URL alone.
    elsewhere: Vec<Arc<Published>>,
}

/// What of a version is the same under every URL.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) organization_id: String,
    pub(super) organization_name: String,
    pub(super) theme: Box<Theme>,
    pub(super) directory: Directory,
    pub(super) records: Records,
    pub(super) people: People,
    pub(super) group_rules: RunningRules,
    /// Hashes of the secrets by client id.
    pub(super) secrets: BTreeMap<String, Vec<SecretHash>>,
    /// What clients sign assertions with, by client id.
    pub(super) proofs: BTreeMap<String, ClientProof>,
    pub(super) keyring: Keyring,
    /// Where pages of clients come from.
    pub(super) origins: BTreeSet<String>,
    /// Where pages come from that the organization trusts.
    pub(super) trusted: Vec<TrustedOrigin>,
    pub(super) hooks: Vec<RunningHook>,
    /// Hashes of the passwords that variables hold, by the index of the user.
    pub(super) passwords: BTreeMap<usize, SecretHash>,
    /// What of a person is recorded, once somebody asked.
    pub(super) extent: OnceLock<Arc<Extent>>,
}

/// A server that serves, as it is found under one URL of the installation.
#[derive(Debug, Clone)]
pub struct RunningServer {
    issuer: String,
    base: String,
    served: Arc<Served>,
}

/// What of a server is the same under every URL.
#[derive(Debug)]
pub(super) struct Served {
    definition: AuthorizationServer,
    compiled: Arc<CompiledServer>,
    /// The programs' names of groups in the records' table.
    resolved: Vec<u32>,
    keys: Arc<KeySet>,
    /// The number of the version of the keys.
    key_version: i64,
    /// Every issuer that its tokens may have, of a server that is `DYNAMIC`.
    issuers: Vec<String>,
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

impl Published {
    /// This version with these servers, under the public URL and under every other.
    pub(super) fn new(version: Version, servers: Vec<Served>, addresses: Addresses) -> Self {
        let version = Arc::new(version);
        let servers: Vec<Arc<Served>> = servers.into_iter().map(Arc::new).collect();
        let (public_url, custom) = addresses.into_parts();
        let under = |url: &PublicUrl| -> Vec<RunningServer> {
            let found = |served: &Arc<Served>| RunningServer::new(served, &public_url, url);
            servers.iter().map(found).collect()
        };
        let elsewhere = custom.into_iter().map(|url| {
            let (servers, version) = (under(&url), Arc::clone(&version));
            Arc::new(Self { public_url: url, servers, version, elsewhere: Vec::new() })
        });
        let elsewhere = elsewhere.collect();
        let servers = under(&public_url);
        Self { public_url, servers, version, elsewhere }
    }

    /// The same version under the custom URL with this host, if there is one (decision 24).
    pub(super) fn at(&self, host: &str) -> Option<&Arc<Self>> {
        self.elsewhere.iter().find(|other| other.public_url.has_host(host))
    }

    /// Where this installation is found.
    #[must_use]
    pub fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// The keys of the installation.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.version.keyring
    }

    /// `idp` of ID tokens.
    #[must_use]
    pub fn organization_id(&self) -> &str {
        &self.version.organization_id
    }

    /// How its pages look.
    #[must_use]
    pub fn theme(&self) -> &Theme {
        &self.version.theme
    }

    /// What the organization is called.
    #[must_use]
    pub fn organization_name(&self) -> &str {
        &self.version.organization_name
    }

    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.version.directory
    }

    #[must_use]
    pub fn records(&self) -> &Records {
        &self.version.records
    }

    pub(super) fn extent_cell(&self) -> &OnceLock<Arc<Extent>> {
        &self.version.extent
    }

    pub(super) fn group_rules(&self) -> &RunningRules {
        &self.version.group_rules
    }

    pub(super) fn people(&self) -> &People {
        &self.version.people
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
        let active = || self.servers.iter().filter(|server| server.definition().status.is_active());
        active()
            .find(|server| server.definition().id == id)
            .or_else(|| active().find(|server| id == DEFAULT && server.definition().is_default))
    }

    /// What this client signs its assertions with.
    #[must_use]
    pub fn proof_of(&self, client_id: &str) -> Option<&ClientProof> {
        self.version.proofs.get(client_id)
    }

    /// The active hook with this id.
    #[must_use]
    pub fn find_hook(&self, id: &str) -> Option<&RunningHook> {
        self.version.hooks.iter().find(|hook| hook.id == id)
    }

    /// Whether pages of this origin may read what clients are answered.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.version.origins.contains(origin) || self.trusts(origin, Trust::Cors)
    }

    /// Whether the organization trusts pages of this origin so far.
    #[must_use]
    pub fn trusts(&self, origin: &str, trust: Trust) -> bool {
        let so_far = |known: &&TrustedOrigin| known.trust.contains(&trust);
        self.version.trusted.iter().filter(so_far).any(|known| known.origin == origin)
    }

    /// Whether a browser may be sent to this address after somebody signed out, whoever asked.
    #[must_use]
    pub fn may_redirect_to(&self, url: &str) -> bool {
        origin_of(url).is_some_and(|origin| self.trusts(&origin, Trust::Redirect))
    }

    /// Where pages come from that may show ours in a frame (decision 48).
    pub fn embedders(&self) -> impl Iterator<Item = &str> {
        let may = |known: &&TrustedOrigin| known.trust.contains(&Trust::IframeEmbed);
        self.version.trusted.iter().filter(may).map(|known| known.origin.as_str())
    }

    /// Whether one of `candidates` is a secret of this client. All are compared with all, so that
    /// the time tells nothing.
    #[must_use]
    pub fn is_secret_of(&self, application: &Application, candidates: &[&str]) -> bool {
        let kept = self.version.secrets.get(&application.client_id).map_or(&[][..], Vec::as_slice);
        let mut found = false;
        for candidate in candidates {
            let hash = SecretHash::new(&self.version.keyring.pepper, candidate);
            for kept in kept {
                found |= hash.is_same(kept);
            }
        }
        found
    }

    /// Whether this is the password that a variable holds for the user with this index.
    #[must_use]
    pub fn is_password_of(&self, user: usize, candidate: &str) -> bool {
        let hash = SecretHash::new(&self.version.keyring.pepper, candidate);
        self.version.passwords.get(&user).is_some_and(|kept| kept.is_same(&hash))
    }
}

impl Served {
    pub(super) fn new(
        (addresses, records): (&Addresses, &Records),
        (definition, compiled): (AuthorizationServer, Arc<CompiledServer>),
        (keys, key_version): (Arc<KeySet>, i64),
    ) -> Self {
        let resolved = compiled.programs.resolve(records.groups());
        let issuers = match definition.issuer_mode {
            IssuerMode::Dynamic => addresses.all().map(|url| issuer(url, &definition)).collect(),
            IssuerMode::OrgUrl => Vec::new(),
        };
        Self { definition, compiled, resolved, keys, key_version, issuers }
    }

    /// The keys it signs with.
    pub(super) fn keys(&self) -> Arc<KeySet> {
        Arc::clone(&self.keys)
    }
}

impl RunningServer {
    /// As it is found under `url`, where only a server that is `DYNAMIC` is called otherwise than
    /// under the public URL (authorization-server §1.2).
    fn new(served: &Arc<Served>, public_url: &PublicUrl, url: &PublicUrl) -> Self {
        let definition = &served.definition;
        let url = match definition.issuer_mode {
            IssuerMode::Dynamic => url,
            IssuerMode::OrgUrl => public_url,
        };
        let issuer = issuer(url, definition);
        let base = match definition.is_organization() {
            true => format!("{url}/oauth2"),
            false => issuer.clone(),
        };
        Self { issuer, base, served: Arc::clone(served) }
    }

    #[must_use]
    pub fn definition(&self) -> &AuthorizationServer {
        &self.served.definition
    }

    /// The keys it signs with and the number of their version, where `definition` says the same of
    /// them.
    pub(super) fn keys_for(&self, definition: &AuthorizationServer) -> Option<(Arc<KeySet>, i64)> {
        let Served { definition: known, keys, key_version, .. } = &*self.served;
        let is_same = known.algorithm == definition.algorithm
            && known.rotates_keys == definition.rotates_keys;
        is_same.then(|| (Arc::clone(keys), *key_version))
    }

    /// With what was compiled for it.
    pub(super) fn compiled(&self) -> (&AuthorizationServer, &Arc<CompiledServer>) {
        (&self.served.definition, &self.served.compiled)
    }

    /// Another for every definition of the server.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.served.compiled.version
    }

    /// `iss` of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Of the issuers that its tokens may have, the one that a token names; its issuer here if the
    /// token names none of them.
    #[must_use]
    pub fn issuer_named(&self, named: Option<&str>) -> &str {
        let mut known = self.served.issuers.iter();
        known.find(|known| Some(known.as_str()) == named).unwrap_or(&self.issuer)
    }

    /// Under what its endpoints are found, as in `{base}/v1/token`: the issuer, but for the
    /// organization's own server.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    #[must_use]
    pub fn programs(&self) -> &ProgramSet {
        &self.served.compiled.programs
    }

    #[must_use]
    pub fn plan(&self) -> &ClaimPlan {
        &self.served.compiled.plan
    }

    /// Its rules by what they ask for.
    #[must_use]
    pub fn rules(&self) -> &RuleIndex {
        &self.served.compiled.rules
    }

    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.served.keys
    }

    /// The number of the version of its keys; another one is kept once they changed.
    #[must_use]
    pub fn key_version(&self) -> i64 {
        self.served.key_version
    }

    /// By which algorithm it is to sign, and who says when its keys change.
    #[must_use]
    pub fn signing(&self) -> (Option<Algorithm>, RotationMode) {
        (Algorithm::from_name(&self.served.definition.algorithm), mode_of(&self.served.definition))
    }

    /// The programs' names of groups, for [`Records::roots`].
    #[must_use]
    pub fn resolved(&self) -> &[u32] {
        &self.served.resolved
    }

    pub(super) fn condition_id(&self, expression: &ExpressionText) -> Option<ProgramId> {
        self.served.compiled.conditions.get(&expression.text).copied()
    }

    /// Runs a condition of this server. One that was never compiled fails, so that it closes.
    pub fn condition(
        &self,
        expression: &ExpressionText,
        roots: &Roots<'_>,
        worker: &mut Worker,
        engine: Engine,
    ) -> ConditionOutcome {
        let Some(id) = self.served.compiled.conditions.get(&expression.text) else {
            return ConditionOutcome::Fault("the condition was not compiled".to_owned());
        };
        match self.served.compiled.programs.condition(*id, roots, worker, engine) {
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
        let id = self.served.compiled.conditions.get(&expression.text)?;
        self.served.compiled.programs.trace(*id, &expression.text, roots, worker)
    }
}

/// Who says when the keys of a server change.
pub(super) fn mode_of(definition: &AuthorizationServer) -> RotationMode {
    if definition.rotates_keys { RotationMode::Auto } else { RotationMode::Manual }
}
