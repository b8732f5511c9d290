//! What `{...}` stands for in exchanges: names that answers gave, and what a client makes itself.

use super::super::*;
use crate::token::{SharedSecret, digest};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Names and what they stand for.
#[derive(Debug, Default, Clone)]
pub(super) struct Words(BTreeMap<String, String>);

/// Matches anything.
const ANY: &str = "*";

/// A member of an expected object that stands for others.
const MORE: &str = "...";

impl Words {
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(super) fn find(&self, name: &str) -> Option<&String> {
        self.0.get(name)
    }

    /// A text with every `{...}` written out.
    pub(super) fn fill(&self, text: &str, now: i64) -> String {
        let mut filled = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Word(word) => filled.push_str(&self.stands_for(word, now)),
            }
        }
        filled
    }

    /// Whether every name in a text stands for something.
    pub(super) fn knows(&self, text: &str) -> bool {
        pieces(text).into_iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Word(word) => match word.split_once(' ') {
                Some(("percent" | "hash" | "claims" | "swapped", name)) => {
                    self.0.contains_key(name)
                }
                Some(_) => true,
                None => word.starts_with("now") || self.0.contains_key(word),
            },
        })
    }

    fn stands_for(&self, word: &str, now: i64) -> String {
        let known = |name: &str| {
            let value = self.0.get(name);
            value.unwrap_or_else(|| panic!("nothing is called `{name}`: {:?}", self.0.keys()))
        };
        if let Some(offset) = word.strip_prefix("now") {
            return (now + offset.parse().unwrap_or(0)).to_string();
        }
        match word.split_once(' ') {
            Some(("basic", pair)) => {
                let (id, secret) = pair.split_once(':').map_or_else(
                    || (pair, format!("the secret of {pair}")),
                    |(id, secret)| (id, secret.to_owned()),
                );
                basic(format!("{}:{}", percent(id), percent(&secret)))
            }
            Some(("base64", text)) => basic(text),
            Some(("percent", name)) => percent(known(name)),
            Some(("long", rest)) => {
                let (n_times, text) = rest.split_once(' ').unwrap();
                text.repeat(n_times.parse().unwrap())
            }
            Some(("jwk", name)) => public_part(&key(name)).to_string(),
            Some(("hash", name)) => {
                URL_SAFE_NO_PAD.encode_to_string(digest(known(name).as_bytes()))
            }
            Some(("claims", name)) => part(known(name), 1).to_string(),
            Some(("swapped", name)) => swapped(known(name)),
            _ => known(word).clone(),
        }
    }

    /// What a `let` gives: `jwt KEY HEADER CLAIMS`, `hs256 SECRET-NAME HEADER CLAIMS`,
    /// `none HEADER CLAIMS`, or a text.
    pub(super) fn make(&self, made: &str, now: i64) -> String {
        let filled = self.fill(made, now);
        let two = |text: &str| {
            let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            (values.next().unwrap().unwrap(), values.next().unwrap().unwrap())
        };
        match filled.split_once(' ') {
            Some(("jwt", rest)) => {
                let (name, rest) = rest.split_once(' ').unwrap();
                let (header, claims) = two(rest);
                client_jwt(&key(name), &header, &claims)
            }
            Some(("hs256", rest)) => {
                let (name, rest) = rest.split_once(' ').unwrap();
                let (header, claims) = two(rest);
                let encode = |value: &Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
                let input = format!("{}.{}", encode(&header), encode(&claims));
                let secret = SharedSecret::new(self.find(name).unwrap());
                format!("{input}.{}", URL_SAFE_NO_PAD.encode_to_string(secret.sign(&input)))
            }
            Some(("none", rest)) => {
                let (header, claims) = two(rest);
                let encode = |value: &Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
                format!("{}.{}.", encode(&header), encode(&claims))
            }
            _ => filled,
        }
    }

    /// Whether `found` is what `expected` says; names that stand for nothing yet then stand for what
    /// was found.
    pub(super) fn matches(&mut self, expected: &str, found: &str) -> bool {
        let pieces = pieces(expected);
        let mut taken = Vec::new();
        if !self.matches_from(&pieces, found, &mut taken) {
            return false;
        }
        for (name, value) in taken {
            self.set(&name, value);
        }
        true
    }

    /// The last piece that is open takes the rest: more than one between texts is rare, and then the
    /// first takes as little as it can.
    fn matches_from(
        &self,
        pieces: &[Piece<'_>],
        found: &str,
        taken: &mut Vec<(String, String)>,
    ) -> bool {
        let Some((piece, rest)) = pieces.split_first() else { return found.is_empty() };
        let word = match piece {
            Piece::Text(text) => {
                let left = found.strip_prefix(text);
                return left.is_some_and(|left| self.matches_from(rest, left, taken));
            }
            Piece::Word(word) => *word,
        };
        if let Some(value) = self.0.get(word) {
            let left = found.strip_prefix(value.as_str());
            return left.is_some_and(|left| self.matches_from(rest, left, taken));
        }
        let ends = found.char_indices().map(|(at, _)| at).chain([found.len()]);
        for end in ends.filter(|end| *end > 0 || word == ANY) {
            let before = taken.len();
            let (value, left) = found.split_at(end);
            if word != ANY {
                taken.push((word.to_owned(), value.to_owned()));
            }
            if self.matches_from(rest, left, taken) {
                return true;
            }
            taken.truncate(before);
        }
        false
    }

    /// As [`Words::matches`], of JSON: a text that is one `{...}` matches any value.
    pub(super) fn matches_json(&mut self, expected: &Value, found: &Value) -> bool {
        match (expected, found) {
            (Value::String(expected), found) if expected == "{*}" => !found.is_null(),
            (Value::String(expected), Value::String(found)) => self.matches(expected, found),
            (Value::String(expected), found) if expected.starts_with('{') => {
                self.matches(expected, &found.to_string())
            }
            (Value::Array(expected), Value::Array(found)) => {
                expected.len() == found.len()
                    && expected.iter().zip(found).all(|(one, other)| self.matches_json(one, other))
            }
            (Value::Object(expected), Value::Object(found)) => {
                (expected.contains_key(MORE) || expected.len() == found.len())
                    && expected.iter().filter(|(name, _)| *name != MORE).all(|(name, value)| {
                        found.get(name).is_some_and(|found| self.matches_json(value, found))
                    })
            }
            (expected, found) => expected == found,
        }
    }
}

enum Piece<'t> {
    Text(&'t str),
    Word(&'t str),
}

/// A word begins with a letter or is `*`, so that the braces of JSON are none.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(at) = rest.split_at(from).1.find('{').map(|at| from + at) {
        let (before, open) = rest.split_at(at);
        let inner = open.split_at(1).1;
        let is_word = inner.starts_with(|c: char| c.is_alphabetic() || c == '*');
        let Some((word, after)) = inner.split_once('}').filter(|_| is_word) else {
            from = at + 1;
            continue;
        };
        pieces.extend([Piece::Text(before), Piece::Word(word)]);
        (rest, from) = (after, 0);
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The key of somebody, by their name; made once.
pub(super) fn key(name: &str) -> Arc<SigningKey> {
    static MADE: Mutex<BTreeMap<String, Arc<SigningKey>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let new = || Arc::new(SigningKey::generate(Algorithm::Es256).unwrap());
    Arc::clone(made.entry(name.to_owned()).or_insert_with(new))
}

/// As a client puts it into a proof or publishes it.
fn public_part(key: &SigningKey) -> Value {
    let mut jwk = public_jwk(key);
    for member in ["kid", "use", "alg"] {
        jwk.as_object_mut().unwrap().remove(member);
    }
    jwk
}

/// The same token with another character in its claims.
fn swapped(token: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("{token}") };
    let (before, after) = claims.split_at(20);
    let other = if after.starts_with('A') { "B" } else { "A" };
    format!("{header}.{}{other}{}.{signature}", before, after.split_at(1).1)
}
