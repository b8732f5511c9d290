//! Reading back what a verified token says, for introspection: seldom, so that it may allocate.
//! The audience is not judged here; who may ask about which is the caller's rule (decision 14).

use super::opaque::{TokenKind, kind_of_jti};
use serde_json::{Map, Value};

/// Why the claims of a token of ours are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// Not one JSON object.
    #[error("the claims are not a JSON object")]
    Malformed,
    /// A token of another kind, or of none of ours (decision 15).
    #[error("the token is of another kind")]
    Kind,
    /// A claim that every token of this kind has is missing or of another type.
    #[error("the claim {0} is missing or of another type")]
    Claim(&'static str),
    /// Issued by another server.
    #[error("the token was issued by another server")]
    Issuer,
    /// Its time is over (RFC 7519 §4.1.4).
    #[error("the token has expired")]
    Expired,
}

/// The claims of one token. Only what [`super::Verifier::verify`] answered is worth parsing. Its
/// `Debug` shows the names only: values are about people.
#[derive(Clone, PartialEq)]
pub struct Claims(Map<String, Value>);

/// A claim that must be there, and whether a value may be its value.
type Required = (&'static str, fn(&Value) -> bool);

const BOTH: &[Required] = &[
    ("ver", |value| value.as_i64() == Some(1)),
    ("iss", Value::is_string),
    ("aud", Value::is_string),
    ("iat", Value::is_i64),
    ("exp", Value::is_i64),
    ("sub", Value::is_string),
];
/// Of each pair, one: the layouts of access tokens name them differently.
const ACCESS: &[[Required; 2]] = &[
    [("cid", Value::is_string), ("client_id", Value::is_string)],
    [("scp", is_texts), ("scope", Value::is_string)],
];
const IDENTITY: &[Required] =
    &[("auth_time", Value::is_i64), ("amr", is_texts), ("idp", Value::is_string)];

impl Claims {
    /// The claims in `bytes`.
    ///
    /// # Errors
    /// [`ClaimsError::Malformed`] if they are not one JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, ClaimsError> {
        serde_json::from_slice(bytes).map(Self).map_err(|_| ClaimsError::Malformed)
    }

    /// Whether this is a token of `kind` by `issuer` that has not ended at `now` (seconds since
    /// 1970) and has every claim its kind needs (section 2.9, decision 15).
    ///
    /// # Errors
    /// [`ClaimsError`], the first thing found wrong.
    pub fn check(&self, kind: TokenKind, issuer: &str, now: i64) -> Result<(), ClaimsError> {
        if self.text("jti").and_then(kind_of_jti) != Some(kind) {
            return Err(ClaimsError::Kind);
        }
        let has = |(name, is_value): &Required| self.0.get(*name).is_some_and(is_value);
        let absent = |required: &Required| if has(required) { None } else { Some(required.0) };
        let own = match kind {
            TokenKind::Access => {
                ACCESS.iter().find(|layouts| !layouts.iter().any(has)).map(|[(name, _), _]| *name)
            }
            TokenKind::Identity => IDENTITY.iter().find_map(absent),
        };
        if let Some(name) = BOTH.iter().find_map(absent).or(own) {
            return Err(ClaimsError::Claim(name));
        }
        if self.text("iss") != Some(issuer) {
            return Err(ClaimsError::Issuer);
        }
        let is_alive = self.integer("exp").is_some_and(|end| now < end);
        if is_alive { Ok(()) } else { Err(ClaimsError::Expired) }
    }

    /// The claim called `name`, if it is there and text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The claim called `name`, if it is there and a 64-bit integer.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// The claim called `name`, if it is there and a list of texts only.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        self.0.get(name)?.as_array()?.iter().map(Value::as_str).collect()
    }

    /// The id of the client that an access token was issued to.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.text("cid").or_else(|| self.text("client_id"))
    }

    /// The scopes that an access token is for, separated by spaces.
    #[must_use]
    pub fn scope(&self) -> Option<String> {
        let listed = self.texts("scp").map(|scopes| scopes.join(" "));
        listed.or_else(|| self.text("scope").map(str::to_owned))
    }

    /// The thumbprint of the key that the token is bound to (RFC 9449 §6.1).
    #[must_use]
    pub fn thumbprint(&self) -> Option<&str> {
        self.0.get("cnf")?.get("jkt")?.as_str()
    }

    /// Every claim.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|values| values.iter().all(Value::is_string))
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
