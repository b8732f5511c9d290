//! A file that is whole or not there: written beside its place, then put there without covering
//! anything.

use super::UpkeepError;
use crate::random::Random;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Lets `fill` write to an empty file for its owner only, and puts it at `place` once it is on the
/// disk. Whatever goes wrong, nothing is left.
pub(super) fn write<Filled>(
    place: &Path,
    random: &Random,
    fill: impl FnOnce(&Path) -> Result<Filled, UpkeepError>,
) -> Result<Filled, UpkeepError> {
    if place.try_exists().map_err(UpkeepError::file(place))? {
        return Err(UpkeepError::Exists(place.to_owned()));
    }
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let draft = place.with_file_name(format!("{name}.{}", random.base64url(12)));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(UpkeepError::file(&draft))?;
    let filled = fill(&draft).and_then(|filled| put(&draft, place).map(|()| filled));
    let removed = fs::remove_file(&draft).map_err(UpkeepError::file(&draft));
    let filled = filled?;
    removed?;
    sync(&folder(place))?;
    Ok(filled)
}

/// Nothing that is at `place` by now is covered: a link, unlike a rename, refuses.
fn put(draft: &Path, place: &Path) -> Result<(), UpkeepError> {
    sync(draft)?;
    fs::hard_link(draft, place).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => UpkeepError::Exists(place.to_owned()),
        _ => UpkeepError::file(place)(error),
    })
}

fn sync(path: &Path) -> Result<(), UpkeepError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(UpkeepError::file(path))
}

fn folder(place: &Path) -> PathBuf {
    match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
