//! Ids for what the document names but does not number: the same name gives the same id, so that
//! loading a document again keeps every `uid` and `sub` that tokens already carry.

use super::decode::Object;
use std::collections::BTreeSet;

/// SHA-256. A parameter, because which library computes it is no business of this room.
pub type Digest<'d> = &'d dyn Fn(&[u8]) -> [u8; 32];

/// A kind of thing that has an id: its prefix and what it is called when hashed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    prefix: &'static str,
    name: &'static str,
}

pub(super) const ORGANIZATION: Kind = Kind { prefix: "00o", name: "organization" };
pub(super) const USER: Kind = Kind { prefix: "00u", name: "user" };
pub(super) const GROUP: Kind = Kind { prefix: "00g", name: "group" };
pub(super) const APPLICATION: Kind = Kind { prefix: "0oa", name: "app" };
pub(super) const SERVER: Kind = Kind { prefix: "aus", name: "authorizationServer" };
pub(super) const POLICY: Kind = Kind { prefix: "00p", name: "policy" };
pub(super) const RULE: Kind = Kind { prefix: "0pr", name: "rule" };
pub(super) const HOOK: Kind = Kind { prefix: "cal", name: "inlineHook" };
pub(super) const SCOPE: Kind = Kind { prefix: "scp", name: "scope" };
pub(super) const CLAIM: Kind = Kind { prefix: "ocl", name: "claim" };
pub(super) const LINKED_OBJECT: Kind = Kind { prefix: "lnk", name: "linkedObject" };
pub(super) const GROUP_RULE: Kind = Kind { prefix: "0pr", name: "groupRule" };
pub(super) const TOKEN_POLICY: Kind = Kind { prefix: "tkp", name: "tokenPolicy" };

const SECRET: Kind = Kind { prefix: "ocs", name: "clientSecret" };
const KEY: Kind = Kind { prefix: "pks", name: "clientKey" };
const GRANT: Kind = Kind { prefix: "oag", name: "appGrant" };
pub(super) const TRUSTED_ORIGIN: Kind = Kind { prefix: "tos", name: "trustedOrigin" };

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 20;

/// The id of what has this name: the prefix, then base62 of SHA-256 of kind and name. `name` has
/// the names of what it is in before its own.
pub(super) fn id_of(kind: Kind, name: &[&str], digest: Digest<'_>) -> String {
    // A byte that no name holds stands between, so that no two lists of names run together.
    let hashed = digest(format!("{}\0{}", kind.name, name.join("\0")).as_bytes());
    let mut number =
        hashed.iter().take(16).fold(0_u128, |all, byte| (all << 8) | u128::from(*byte));
    let mut id = kind.prefix.to_owned();
    while id.len() < LENGTH {
        let digit = usize::try_from(number % 62).unwrap_or_default();
        id.extend(ALPHABET.get(digit).map(|byte| char::from(*byte)));
        number /= 62;
    }
    id
}

/// The id an object gives itself, else the one its name has.
pub(super) fn id_in(object: &Object<'_>, kind: Kind, name: &[&str], digest: Digest<'_>) -> String {
    let given = object.find("id").and_then(|place| {
        let value = place.text()?;
        if !is_url_word(value) {
            place.blame("expected 1 to 64 of `A-Z a-z 0-9 _ -`");
        }
        Some(value.to_owned())
    });
    given.unwrap_or_else(|| id_of(kind, name, digest))
}

/// The id of the scope of this name, unless it has one of its own: of a system scope too, which the
/// document need not have.
#[must_use]
pub fn scope_id(server: &str, name: &str, digest: Digest<'_>) -> String {
    id_of(SCOPE, &[server, name], digest)
}

/// The id of the claim of this name in tokens of this kind, `RESOURCE` or `IDENTITY`, unless it has
/// one of its own: of a system claim too, which the document need not have.
#[must_use]
pub fn claim_id(server: &str, name: &str, claim_type: &str, digest: Digest<'_>) -> String {
    id_of(CLAIM, &[server, name, claim_type], digest)
}

/// The id of the secret with this index of a client, unless it has one of its own.
#[must_use]
pub fn secret_id(application: &str, index: usize, digest: Digest<'_>) -> String {
    id_of(SECRET, &[application, &index.to_string()], digest)
}

/// The id of the key with this index of a client, unless it has one of its own.
#[must_use]
pub fn key_id(application: &str, index: usize, digest: Digest<'_>) -> String {
    id_of(KEY, &[application, &index.to_string()], digest)
}

/// The id of the grant of a scope to a client, unless it has one of its own.
#[must_use]
pub fn grant_id(application: &str, scope: &str, digest: Digest<'_>) -> String {
    id_of(GRANT, &[application, scope], digest)
}

/// Notes an object that gives itself an id that another of its kind has.
pub(super) fn check_own_id<'a>(object: &Object<'a>, seen: &mut BTreeSet<&'a str>) {
    let Some(place) = object.find("id") else { return };
    match place.text() {
        Some(id) if !is_url_word(id) => place.blame("expected 1 to 64 of `A-Z a-z 0-9 _ -`"),
        Some(id) if !seen.insert(id) => {
            place.blame(format!("another has the id `{id}` already"));
        }
        _ => {}
    }
}

/// Whether a text is 1 to 64 letters, digits, `_` and `-`, so that it stands in a URL as it is.
pub(super) fn is_url_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&text.len()) && text.chars().all(plain)
}
