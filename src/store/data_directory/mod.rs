//! The directory a single node keeps everything in: the database, the master key, and the mark that
//! tells a demo from the real thing (decisions 23 and 34).

use crate::random::Random;
use crate::token::{MasterKey, MasterKeyError};
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const DATABASE: &str = "claimsmith.sqlite";
const EVENTS: &str = "audit.sqlite";
const MASTER_KEY: &str = "master.key";
const DEMO_MARK: &str = "demo";
const DEMO_TEXT: &str = "Made by `claimsmith serve --demo`. Nothing in here is worth keeping.\n";

/// What a directory is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To serve: a demo's directory is refused.
    Serve,
    /// To play: only a directory that a demo made, or an empty one.
    Demo,
}

/// A master key that is not kept in the directory (decision 23). Its `Debug` shows no key.
#[derive(Clone, Copy)]
pub enum GivenKey<'g> {
    /// What `CLAIMSMITH_MASTER_KEY` says.
    Environment(&'g str),
    /// The file it is in.
    File(&'g Path),
}

impl fmt::Debug for GivenKey<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(_) => formatter.write_str("Environment"),
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Where the master key is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterKeySource {
    /// The environment.
    Environment,
    /// A file that was named.
    GivenFile,
    /// `master.key`, which was there.
    File,
    /// `master.key`, made just now.
    Made,
}

/// Why a directory is refused.
#[derive(Debug, thiserror::Error)]
pub enum DataDirectoryError {
    /// A demo must not touch what it did not make.
    #[error("{} is not empty and was not made by a demo; name another directory", .0.display())]
    NotADemo(PathBuf),
    /// What a demo made has known passwords and keys.
    #[error("{} was made by a demo; name another directory, or delete it", .0.display())]
    IsADemo(PathBuf),
    /// A new key could not open what is in the database.
    #[error(
        "{} has a database but no master.key; restore it or set CLAIMSMITH_MASTER_KEY",
        .0.display()
    )]
    MasterKeyMissing(PathBuf),
    /// What is in the file or the environment is no master key.
    #[error("the master key in {place}: {source}")]
    MasterKey {
        /// Where it was read.
        place: String,
        /// What is wrong.
        source: MasterKeyError,
    },
    /// The file system says no.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

/// A directory that was opened.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    master_key: MasterKey,
    source: MasterKeySource,
}

impl DataDirectory {
    /// Opens the directory at `path` or makes it (mode 0700). Without a key that is `given`,
    /// `master.key` is read, or made in a new directory.
    ///
    /// # Errors
    /// [`DataDirectoryError`], the first reason found.
    pub fn open(
        path: &Path,
        purpose: Purpose,
        given: Option<GivenKey<'_>>,
        random: &Random,
    ) -> Result<Self, DataDirectoryError> {
        create(path)?;
        mark(path, purpose)?;
        let (master_key, source) = match given {
            Some(GivenKey::Environment(text)) => {
                let place = "CLAIMSMITH_MASTER_KEY";
                (parse_master_key(text, place)?, MasterKeySource::Environment)
            }
            Some(GivenKey::File(file)) => {
                let key = read_master_key(file)?;
                let key = key.ok_or_else(|| at(file, ErrorKind::NotFound.into()))?;
                (key, MasterKeySource::GivenFile)
            }
            None => load_or_make_master_key(path, random)?,
        };
        Ok(Self { path: path.to_owned(), master_key, source })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text of a file in the directory that only its owner may read. Where there is none, what
    /// `make` gives is kept first; of two processes that do so at once, both get the text of one.
    ///
    /// # Errors
    /// [`DataDirectoryError::File`], what the file system says.
    pub fn load_or_make(
        &self,
        name: &str,
        random: &Random,
        make: impl FnOnce() -> String,
    ) -> Result<String, DataDirectoryError> {
        let file = self.path.join(name);
        let read = || fs::read_to_string(&file);
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = make();
                if make_file(&self.path, name, &text, random)? {
                    return Ok(text);
                }
                read().map_err(|error| at(&file, error))
            }
            found => found.map_err(|error| at(&file, error)),
        }
    }

    /// The file of [`super::Store::sqlite`].
    #[must_use]
    pub fn database(&self) -> PathBuf {
        database_in(&self.path)
    }

    /// Where the file of events is that need not be there before a request is answered
    /// (decision 41).
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.path.join(EVENTS)
    }

    /// Where a key that this installation made is kept.
    #[must_use]
    pub fn master_key_file(&self) -> PathBuf {
        self.path.join(MASTER_KEY)
    }

    /// Puts another master key in the place of the one that this installation made: the file has the
    /// one or the other, whatever is interrupted.
    ///
    /// # Errors
    /// [`DataDirectoryError::File`], what the file system says; the former key is there then.
    pub fn replace_master_key(
        &self,
        key: &MasterKey,
        random: &Random,
    ) -> Result<(), DataDirectoryError> {
        let file = self.master_key_file();
        let draft = self.path.join(format!("{MASTER_KEY}.{}", random.base64url(12)));
        let written = write_secret(&draft, &format!("{}\n", key.to_text()))
            .and_then(|()| fs::rename(&draft, &file))
            .and_then(|()| File::open(&self.path)?.sync_all());
        written.map_err(|error| at(&file, error))
    }

    /// The key everything secret is kept under.
    #[must_use]
    pub const fn master_key(&self) -> &MasterKey {
        &self.master_key
    }

    /// Where the key is from; what is said at each start depends on it.
    #[must_use]
    pub const fn master_key_source(&self) -> MasterKeySource {
        self.source
    }
}

/// Where the database of the data directory at `path` is.
#[must_use]
pub fn database_in(path: &Path) -> PathBuf {
    path.join(DATABASE)
}

/// Makes the directory at `path`, for its owner only, unless it is there.
///
/// # Errors
/// [`DataDirectoryError::File`], what the file system says.
pub fn create(path: &Path) -> Result<(), DataDirectoryError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| at(path, error))
}

/// Refuses the directory of the other purpose, and marks a new one of a demo.
fn mark(path: &Path, purpose: Purpose) -> Result<(), DataDirectoryError> {
    let mark = path.join(DEMO_MARK);
    let marked = mark.try_exists().map_err(|error| at(&mark, error))?;
    match (purpose, marked) {
        (Purpose::Serve, false) | (Purpose::Demo, true) => Ok(()),
        (Purpose::Serve, true) => Err(DataDirectoryError::IsADemo(path.to_owned())),
        (Purpose::Demo, false) => {
            let mut inside = fs::read_dir(path).map_err(|error| at(path, error))?;
            if inside.next().is_none() {
                write_mark(path, &mark).map_err(|error| at(&mark, error))?;
                return Ok(());
            }
            // Another demo may have marked it since we asked; a mark is the first thing one writes.
            match mark.try_exists().map_err(|error| at(&mark, error))? {
                true => Ok(()),
                false => Err(DataDirectoryError::NotADemo(path.to_owned())),
            }
        }
    }
}

/// On the disk when this returns: what is put beside it must never be taken for the real thing. It is
/// written in place, since it is the first thing in the directory that another demo looks for.
fn write_mark(path: &Path, mark: &Path) -> io::Result<()> {
    let mut file = File::create(mark)?;
    file.write_all(DEMO_TEXT.as_bytes())?;
    file.sync_all()?;
    File::open(path)?.sync_all()
}

fn load_or_make_master_key(
    path: &Path,
    random: &Random,
) -> Result<(MasterKey, MasterKeySource), DataDirectoryError> {
    let file = path.join(MASTER_KEY);
    // Asked before the file is read: a process that starts beside us makes the key first.
    let database = path.join(DATABASE);
    let in_use = database.try_exists().map_err(|error| at(&database, error))?;
    match read_master_key(&file)? {
        Some(key) => Ok((key, MasterKeySource::File)),
        None if in_use => Err(DataDirectoryError::MasterKeyMissing(path.to_owned())),
        None => make_master_key(path, &file, random),
    }
}

fn read_master_key(file: &Path) -> Result<Option<MasterKey>, DataDirectoryError> {
    match fs::read_to_string(file) {
        Ok(text) => parse_master_key(&text, &file.display().to_string()).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(file, error)),
    }
}

fn make_master_key(
    path: &Path,
    file: &Path,
    random: &Random,
) -> Result<(MasterKey, MasterKeySource), DataDirectoryError> {
    let key = MasterKey::generate(random);
    if make_file(path, MASTER_KEY, &format!("{}\n", key.to_text()), random)? {
        return Ok((key, MasterKeySource::Made));
    }
    read_master_key(file)?
        .map(|key| (key, MasterKeySource::File))
        .ok_or_else(|| at(file, ErrorKind::NotFound.into()))
}

/// Writes a text beside the file and links it into place: the file is whole or not there, and of
/// two processes the first wins. Answers whether this one did.
fn make_file(
    path: &Path,
    name: &str,
    text: &str,
    random: &Random,
) -> Result<bool, DataDirectoryError> {
    let file = path.join(name);
    let draft = path.join(format!("{name}.{}", random.base64url(12)));
    write_secret(&draft, text).map_err(|error| at(&draft, error))?;
    let linked = fs::hard_link(&draft, &file);
    fs::remove_file(&draft).map_err(|error| at(&draft, error))?;
    match linked {
        Ok(()) => {
            let directory = File::open(path).and_then(|directory| directory.sync_all());
            directory.map(|()| true).map_err(|error| at(path, error))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(at(&file, error)),
    }
}

/// A new file only its owner may read, on the disk when this returns.
fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn parse_master_key(text: &str, place: &str) -> Result<MasterKey, DataDirectoryError> {
    MasterKey::from_text(text)
        .map_err(|source| DataDirectoryError::MasterKey { place: place.to_owned(), source })
}

fn at(path: &Path, source: io::Error) -> DataDirectoryError {
    DataDirectoryError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
