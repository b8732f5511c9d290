//! What `serve` and `token` open alike: the org document, the data directory, keys and secrets.

use super::demo::Credentials;
use super::{say, show_problems};
use crate::clock::Clock;
use crate::directory::SecretSource;
use crate::document;
use crate::fetch::Fetcher;
use crate::login::{Authenticator, Hasher};
use crate::organization::{self, BEGINNING, DEMO};
use crate::program::{Engine, is_native_available};
use crate::publish::{Addresses, Draft, Foundation, PublicUrl, compile};
use crate::random::Random;
use crate::store::data_directory::{DataDirectory, GivenKey, MasterKeySource, Purpose};
use crate::store::journal::Journal;
use crate::store::organization::Entity;
use crate::store::{Isolation, Store, data_key};
use crate::token;
use crate::token::{Keyring, MasterKey, Vault};
use clap::Args;
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most bytes of an org document.
const DOCUMENT_BYTES: u64 = 256 * 1024 * 1024;

/// What the organization in a store is called.
pub(super) const KEPT: &str = "the organization that is kept";

/// The variable that may hold the master key.
const MASTER_KEY: &str = "CLAIMSMITH_MASTER_KEY";

#[derive(Debug, Args)]
pub(super) struct Installation {
    /// A file of settings, in TOML: `listen = "127.0.0.1:8600"`
    #[arg(long, value_name = "FILE", env = "CLAIMSMITH_CONFIG")]
    config: Option<PathBuf>,
    /// Use the organization built in for trying things out
    #[arg(long, conflicts_with = "org", env = "CLAIMSMITH_DEMO")]
    pub(super) demo: bool,
    /// The organization: a JSON document; without one, what was imported before is taken
    #[arg(long, value_name = "FILE", env = "CLAIMSMITH_ORG")]
    org: Option<PathBuf>,
    /// Where keys are kept [default: ./claimsmith-data, ./claimsmith-demo with --demo]
    #[arg(long, value_name = "DIR", env = "CLAIMSMITH_DATA")]
    data: Option<PathBuf>,
    /// A PostgreSQL database that several nodes share, instead of a file of the data directory
    #[arg(long, value_name = "URL", env = "CLAIMSMITH_STORE", hide_env_values = true)]
    store: Option<String>,
    /// Where the outside world finds this server: `https://`, host, perhaps port and path
    #[arg(long, value_name = "URL", env = "CLAIMSMITH_PUBLIC_URL")]
    public_url: Option<String>,
    /// Another URL of it, which issuers follow of servers whose `issuerMode` is DYNAMIC; more than
    /// once or with commas between
    #[arg(long, value_name = "URL", env = "CLAIMSMITH_CUSTOM_URL", value_delimiter = ',')]
    custom_url: Vec<String>,
    /// A file with the master key; CLAIMSMITH_MASTER_KEY may hold it instead
    #[arg(long, value_name = "FILE", env = "CLAIMSMITH_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
}

/// Why a command cannot go on, when it was not told yet.
pub(super) type Stop = Box<dyn Error>;

/// An org document, read once: what is compiled of it is what is imported.
pub(super) struct OrgDocument {
    name: String,
    text: Vec<u8>,
}

impl OrgDocument {
    /// The one of an organization that begins.
    pub(super) fn new_organization() -> Self {
        Self { name: "a new organization".to_owned(), text: BEGINNING.as_bytes().to_vec() }
    }

    /// What it is called, and its text.
    pub(super) fn into_parts(self) -> (String, Vec<u8>) {
        (self.name, self.text)
    }

    /// The document compiled; `None` after telling all that is wrong with it.
    pub(super) fn draft(&self, addresses: Addresses, engine: Engine) -> Option<Draft> {
        match compile(&self.text, addresses, engine) {
            Ok(draft) => Some(draft),
            Err(problems) => {
                show_problems(&problems, &self.name, &self.text);
                None
            }
        }
    }

    /// The entities of the document, in which nothing is wrong.
    pub(super) fn entities(&self) -> Result<Vec<Entity>, String> {
        let wrong = |what: String| format!("{}: {what}", self.name);
        let document = document::read(&self.text).map_err(|error| wrong(error.message))?;
        let organization = organization::read(&document, &token::digest)
            .map_err(|_| wrong("something is wrong with it".to_owned()))?;
        let text = String::from_utf8_lossy(&self.text);
        Ok(organization::split(&text, &document, &organization, &token::digest))
    }
}

/// An installation with its store open.
pub(super) struct Opened {
    pub(super) directory: DataDirectory,
    pub(super) random: Random,
    pub(super) store: Store,
    /// What everything secret is kept under.
    key: MasterKey,
    pub(super) vault: Arc<Vault>,
    /// The URL of the database that nodes share, if there is one.
    shared: Option<String>,
    /// Of the demo.
    pub(super) credentials: Option<Credentials>,
}

impl Installation {
    /// Where it is found; its public URL is `otherwise` unless one is named.
    pub(super) fn addresses(&self, otherwise: &str) -> Result<Addresses, Stop> {
        let text = self.public_url.as_deref().unwrap_or(otherwise);
        let public = PublicUrl::new(text).map_err(|error| {
            let hint = "name one with --public-url";
            format!("the public URL `{text}`: {error}; {hint}")
        })?;
        let custom = self.custom_url.iter().map(|text| {
            PublicUrl::new(text).map_err(|error| format!("the custom URL `{text}`: {error}"))
        });
        let custom = custom.collect::<Result<Vec<_>, _>>()?;
        Ok(Addresses::new(public, custom).map_err(|error| format!("--custom-url: {error}"))?)
    }

    /// Whether an organization is named, as a document or by where it is kept.
    pub(super) fn names_one(&self) -> bool {
        self.demo || self.org.is_some() || self.data.is_some() || self.shared_store().is_some()
    }

    /// The URL of the database that nodes share, if there is one.
    fn shared_store(&self) -> Option<String> {
        self.store.clone().filter(|url| !url.is_empty())
    }

    /// Refuses settings that do not go together, wherever they come from.
    ///
    /// # Errors
    /// The demo with an organization or a database that is not its own.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.demo && self.org.is_some() {
            return Err("--demo has an organization of its own, and takes no --org".into());
        }
        if self.demo && self.shared_store().is_some() {
            return Err("--demo keeps to itself, and takes no --store".into());
        }
        Ok(())
    }

    /// The document that is named, if one is.
    pub(super) fn document(&self) -> Result<Option<OrgDocument>, Stop> {
        Ok(match &self.org {
            Some(path) => {
                let name = path.display().to_string();
                Some(OrgDocument { name, text: read_document(path)? })
            }
            None if self.demo => {
                let text = DEMO.as_bytes().to_vec();
                Some(OrgDocument { name: "demo.json".to_owned(), text })
            }
            None => None,
        })
    }

    /// The organization as text, and what it is called: that of `file`, the one that is named, or
    /// the one that is kept, with every user.
    pub(super) fn text_of(&self, file: Option<&Path>) -> Result<(String, Vec<u8>), Stop> {
        if let Some(path) = file {
            return Ok((path.display().to_string(), read_document(path)?));
        }
        if let Some(OrgDocument { name, text }) = self.document()? {
            return Ok((name, text));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let text = runtime.block_on(async { self.open(None).await?.text().await })?;
        Ok((KEPT.to_owned(), text.into_bytes()))
    }

    /// Opens the data directory and the store, making them where they are not there.
    pub(super) async fn open(&self, draft: Option<&Draft>) -> Result<Opened, Stop> {
        self.check()?;
        let random = Random::System;
        let usual = if self.demo { "./claimsmith-demo" } else { "./claimsmith-data" };
        let path = self.data.as_deref().unwrap_or(Path::new(usual));
        let purpose = if self.demo { Purpose::Demo } else { Purpose::Serve };
        let in_environment = std::env::var(MASTER_KEY).ok();
        let given = match (&self.master_key_file, &in_environment) {
            (Some(file), _) => Some(GivenKey::File(file)),
            (None, Some(text)) => Some(GivenKey::Environment(text)),
            (None, None) => None,
        };
        let shared = self.shared_store();
        if shared.is_some() && given.is_none() {
            return Err(format!(
                "a database that nodes share needs a master key that they share too: set \
                 {MASTER_KEY} or name a file with --master-key-file"
            )
            .into());
        }
        let directory = DataDirectory::open(path, purpose, given, &random)?;
        let credentials = match draft.filter(|_| self.demo) {
            Some(draft) => {
                Some(Credentials::load_or_make(&directory, draft.organization(), &random)?)
            }
            None => None,
        };
        let store = match &shared {
            Some(url) => Store::postgres(url, Isolation::ReadCommitted, Clock::System).await?,
            None => Store::sqlite(&directory.database(), Clock::System)?,
        };
        let key = data_key::load_or_make(&store, directory.master_key(), &random).await?;
        let vault = Arc::new(Vault::new(&key)?);
        Ok(Opened { directory, random, store, key, vault, shared, credentials })
    }
}

impl Opened {
    /// Puts another master key in the place of this one: that of the file `new`, or a fresh one if
    /// this one is the installation's own. Whatever is interrupted, what is kept opens by the one
    /// that is at hand.
    pub(super) async fn rekey(&self, new: Option<&Path>) -> Result<String, Stop> {
        let Self { directory, random, store, .. } = self;
        let source = directory.master_key_source();
        let is_own = matches!(source, MasterKeySource::Made | MasterKeySource::File);
        let key = match new {
            Some(file) => {
                let at = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
                let text = std::fs::read_to_string(file).map_err(|error| at(&error))?;
                MasterKey::from_text(&text).map_err(|error| at(&error))?
            }
            None if is_own => MasterKey::generate(random),
            None => return Err("name the new master key with --new-master-key-file".into()),
        };
        data_key::add(store, directory.master_key(), &key, random).await?;
        if is_own {
            directory.replace_master_key(&key, random)?;
        }
        data_key::keep_only(store, &key, random).await?;
        Ok(match new {
            _ if is_own => {
                format!("the master key is now in {}", directory.master_key_file().display())
            }
            Some(file) => format!("the master key is now that of {}", file.display()),
            None => String::new(),
        })
    }

    /// Who signs people in.
    pub(super) fn authenticator(
        &self,
        journal: &Journal,
        fetcher: &Fetcher,
    ) -> Result<Authenticator, Stop> {
        let (store, vault, random) = (self.store.clone(), self.vault.clone(), self.random.clone());
        let hasher = Hasher::start(&random)?;
        let (journal, fetcher) = (journal.clone(), fetcher.clone());
        Ok(Authenticator { store, vault, random, hasher, journal, fetcher })
    }

    /// Where events go that need not be there before a request is answered (decision 41).
    pub(super) async fn events(&self) -> Result<Store, Stop> {
        Ok(match &self.shared {
            Some(url) => Store::postgres_events(url, Clock::System).await?,
            None => Store::sqlite(&self.directory.events(), Clock::System)?,
        })
    }

    /// What versions of the organization stand on.
    pub(super) fn foundation(&self, addresses: &Addresses) -> Foundation {
        let credentials = self.credentials.clone();
        let read_secret = move |source: &SecretSource| match (&credentials, source) {
            (Some(credentials), SecretSource::Environment(name)) => credentials.secret(name),
            _ => read_secret(source),
        };
        Foundation {
            addresses: addresses.clone(),
            store: self.store.clone(),
            vault: Arc::clone(&self.vault),
            random: self.random.clone(),
            keyring: Keyring::new(&self.key),
            read_secret: Arc::new(read_secret),
            hook_tokens: Arc::default(),
        }
    }

    /// Says what an operator should know at each start.
    pub(super) fn warn(&self) {
        if !is_native_available() {
            say("warning: this host lets no generated code run; expressions are interpreted, \
                 which is slower\n");
        }
        let file = self.directory.master_key_file();
        let file = file.display();
        match self.directory.master_key_source() {
            MasterKeySource::Made => say(&format!(
                "warning: made a master key in {file}; keep a copy of it apart from backups: \
                 without it signing keys cannot be read\n"
            )),
            MasterKeySource::File => {
                say(&format!("warning: the master key is the one in {file}\n"))
            }
            MasterKeySource::Environment | MasterKeySource::GivenFile => {}
        }
    }
}

/// A document, if it is not absurdly long.
pub(super) fn read_document(path: &Path) -> Result<Vec<u8>, Stop> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut text = Vec::new();
    let file = File::open(path).map_err(at)?;
    file.take(DOCUMENT_BYTES + 1).read_to_end(&mut text).map_err(at)?;
    if text.len() as u64 > DOCUMENT_BYTES {
        return Err(format!("{}: longer than {DOCUMENT_BYTES} bytes", path.display()).into());
    }
    Ok(text)
}

/// A secret from where the document says it is. White space at the end of a file is not part of it.
fn read_secret(source: &SecretSource) -> Result<String, String> {
    match source {
        SecretSource::Hash(_) => Err("a hash is no secret".to_owned()),
        SecretSource::Sealed(_) => Err("a sealed secret is opened elsewhere".to_owned()),
        SecretSource::Environment(name) => {
            std::env::var(name).map_err(|error| format!("the environment variable {name}: {error}"))
        }
        SecretSource::File(path) => std::fs::read_to_string(path)
            .map(|text| text.trim_end().to_owned())
            .map_err(|error| format!("{}: {error}", path.display())),
    }
}
