//! When keys change places: one is made ahead, published before it signs, signs for ninety days, and
//! is published until the last token it signed has ended (authorization-server §5).

use super::super::jwt::Signer;
use super::super::key::{Algorithm, KeyError, SigningKey};
use super::{KeySet, KeyStatus};
use std::collections::BTreeMap;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// How long a key signs.
const PERIOD: i64 = 90 * DAY;
/// How long before that its successor is made.
const AHEAD: i64 = 14 * DAY;
/// How long anybody may keep the list of published keys, in seconds.
pub const LIST_SECONDS: i64 = HOUR;
/// How long a key is published before it signs, at least: twice as long as anybody may keep the old
/// list.
const PUBLISHED: i64 = 2 * LIST_SECONDS;
/// How long a key is published after it signed last: as long as the longest token lives, and an hour
/// for clocks that differ and nodes that did not hear of it yet.
const REMAINS: i64 = DAY + HOUR;

/// Who says when keys change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationMode {
    /// The time.
    Auto,
    /// An operator. What signs no more is still forgotten by itself.
    Manual,
}

impl KeySet {
    /// The set as it is to be at `now`, in seconds since 1970, and whether that is another one. A
    /// server that is to sign by another `algorithm` gets there by the same way.
    ///
    /// # Errors
    /// [`KeyError::Generate`] if a key that is due cannot be made.
    pub fn advance(
        self,
        mode: RotationMode,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<(Self, bool), KeyError> {
        let mut draft = Draft::of(self);
        draft.date(now);
        draft.forget(now);
        if mode == RotationMode::Auto {
            draft.make_next(algorithm, now)?;
            draft.exchange(algorithm, now);
        }
        Ok(draft.finish())
    }

    /// The set after an operator said that its key is to change now: the next one signs, or a fresh
    /// one where there is none.
    ///
    /// # Errors
    /// [`KeyError::Generate`] if a key cannot be made.
    pub fn rotate(self, algorithm: Algorithm, now: i64) -> Result<Self, KeyError> {
        let mut draft = Draft::of(self);
        if draft.next().is_none_or(|next| next.algorithm() != algorithm) {
            draft.add_next(SigningKey::generate(algorithm)?, now);
        }
        draft.sign_with_next(now);
        Ok(draft.finish().0)
    }
}

/// A set taken apart.
struct Draft {
    active: SigningKey,
    others: Vec<(KeyStatus, SigningKey)>,
    since: BTreeMap<String, i64>,
    is_changed: bool,
}

impl Draft {
    fn of(set: KeySet) -> Self {
        let KeySet { active, others, since, .. } = set;
        Self { active: Signer::into_key(active), others, since, is_changed: false }
    }

    fn finish(self) -> (KeySet, bool) {
        let Self { active, others, since, is_changed } = self;
        (KeySet { since, ..KeySet::new(active, others) }, is_changed)
    }

    fn since(&self, key: &SigningKey) -> i64 {
        self.since.get(key.kid()).copied().unwrap_or_default()
    }

    fn next(&self) -> Option<&SigningKey> {
        self.others.iter().find(|(status, _)| *status == KeyStatus::Next).map(|(_, key)| key)
    }

    /// Keys of before they had times have them from now on.
    fn date(&mut self, now: i64) {
        let all = std::iter::once(&self.active).chain(self.others.iter().map(|(_, key)| key));
        let undated: Vec<String> = all
            .map(|key| key.kid().to_owned())
            .filter(|kid| !self.since.contains_key(kid))
            .collect();
        self.is_changed |= !undated.is_empty();
        self.since.extend(undated.into_iter().map(|kid| (kid, now)));
    }

    fn forget(&mut self, now: i64) {
        let n_before = self.others.len();
        let since = &self.since;
        self.others.retain(|(status, key)| {
            let since = since.get(key.kid()).copied().unwrap_or(now);
            *status != KeyStatus::Expired || now < since.saturating_add(REMAINS)
        });
        self.is_changed |= self.others.len() < n_before;
        let kids: Vec<&str> = self.others.iter().map(|(_, key)| key.kid()).collect();
        let active = self.active.kid().to_owned();
        self.since.retain(|kid, _| *kid == active || kids.contains(&kid.as_str()));
    }

    /// Makes the next key when it is time, or when the one there is would sign otherwise than asked.
    fn make_next(&mut self, algorithm: Algorithm, now: i64) -> Result<(), KeyError> {
        let is_due = now >= self.since(&self.active).saturating_add(PERIOD - AHEAD);
        let wanted = is_due || self.active.algorithm() != algorithm;
        if !wanted || self.next().is_some_and(|next| next.algorithm() == algorithm) {
            return Ok(());
        }
        self.add_next(SigningKey::generate(algorithm)?, now);
        Ok(())
    }

    fn add_next(&mut self, key: SigningKey, now: i64) {
        self.others.retain(|(status, _)| *status != KeyStatus::Next);
        self.since.insert(key.kid().to_owned(), now);
        self.others.insert(0, (KeyStatus::Next, key));
        self.is_changed = true;
    }

    /// Lets the next key sign when it is time and everybody can know it.
    fn exchange(&mut self, algorithm: Algorithm, now: i64) {
        let is_due = now >= self.since(&self.active).saturating_add(PERIOD);
        let wanted = is_due || self.active.algorithm() != algorithm;
        let is_known =
            self.next().is_some_and(|next| now >= self.since(next).saturating_add(PUBLISHED));
        if wanted && is_known {
            self.sign_with_next(now);
        }
    }

    fn sign_with_next(&mut self, now: i64) {
        let Some(index) = self.others.iter().position(|(status, _)| *status == KeyStatus::Next)
        else {
            return;
        };
        let (_, next) = self.others.remove(index);
        let former = std::mem::replace(&mut self.active, next);
        for kid in [self.active.kid(), former.kid()] {
            self.since.insert(kid.to_owned(), now);
        }
        self.others.push((KeyStatus::Expired, former));
        self.is_changed = true;
    }
}
