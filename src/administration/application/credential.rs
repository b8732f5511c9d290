//! A secret that an application is sent with, or that is made for it since it needs one. What is kept
//! of it is a keyed hash, or, for clients that sign with it, the secret closed under the master key
//! (decision 22).

use super::super::ask::{Ask, moment};
use super::super::{ChangeRefused, object_at, read_body, text_of};
use super::secret;
use super::shape::method_of;
use crate::directory::{AuthenticationMethod, SecretSource};
use crate::store::organization::Entity;
use crate::token::opaque::{SecretHash, generate_secret, is_same_text};
use serde_json::{Value, json};

/// How many characters a secret has.
const LENGTH: std::ops::RangeInclusive<usize> = 14..=100;

/// How many it has at least if it is signed with.
const SHARED_AT_LEAST: usize = 32;

/// A secret that becomes a client's if it needs one.
pub(super) struct Provided {
    id: String,
    secret: String,
    is_sent: bool,
    now: Value,
}

impl Provided {
    /// What is sent as the secret of an application, else one that is made.
    pub(super) fn read(ask: &Ask<'_>, sent: &Value) -> Result<Self, ChangeRefused> {
        let secret = sent.pointer("/credentials/oauthClient/client_secret");
        Self::of(ask, secret, method_of(sent))
    }

    /// This secret, else one that is made; for a client that proves itself so.
    pub(super) fn of(
        ask: &Ask<'_>,
        secret: Option<&Value>,
        method: AuthenticationMethod,
    ) -> Result<Self, ChangeRefused> {
        let administration = ask.administration;
        let sent = match secret {
            None | Some(Value::Null) => None,
            // So tools that were not told it put it back.
            Some(Value::String(secret)) if secret.is_empty() => None,
            Some(Value::String(secret)) => Some(checked(secret, method)?),
            Some(_) => return Err(ChangeRefused::of_field("client_secret", "expected a text")),
        };
        Ok(Self {
            id: administration.new_id("ocs"),
            is_sent: sent.is_some(),
            secret: sent.unwrap_or_else(|| generate_secret(administration.random())),
            now: moment(Some(administration.clock.microseconds())),
        })
    }

    /// Gives the application `body`, which was `before`, the secrets it has from now on.
    pub(super) fn keep(
        &self,
        ask: &Ask<'_>,
        body: &mut Value,
        before: Option<&Value>,
    ) -> Result<(), ChangeRefused> {
        let (method, owner) = (method_of(body), text_of(body, "id").unwrap_or_default().to_owned());
        let mut secrets = Vec::new();
        if method.needs_secret() {
            let known = before.map(|before| secret::kept(before, &owner)).unwrap_or_default();
            for known in known {
                secrets.extend(converted(ask, &owner, known, method)?);
            }
            let is_new = match self.is_sent {
                true => !self.is_among(ask, &owner, &secrets),
                false => !secrets.iter().any(secret::is_active),
            };
            if is_new {
                secrets = vec![self.kept(ask, &owner, method)?];
            }
        }
        if let Some(client) = object_at(body, &["credentials", "oauthClient"]) {
            match secrets.is_empty() {
                true => client.remove("client_secret"),
                false => client.insert("client_secret".to_owned(), secrets.into()),
            };
        }
        Ok(())
    }

    /// What is kept of it.
    pub(super) fn kept(
        &self,
        ask: &Ask<'_>,
        owner: &str,
        method: AuthenticationMethod,
    ) -> Result<Value, ChangeRefused> {
        let mut kept = json!({
            "id": self.id, "status": "ACTIVE", "created": self.now, "lastUpdated": self.now,
        });
        let (name, text) = match method {
            AuthenticationMethod::ClientSecretJwt => {
                ("sealed", ask.administration.seal(owner, &self.secret)?)
            }
            _ => ("hash", ask.administration.hash(&self.secret).text()),
        };
        super::set(&mut kept, name, json!(text));
        Ok(kept)
    }

    /// Whether one of these is this secret.
    fn is_among(&self, ask: &Ask<'_>, owner: &str, secrets: &[Value]) -> bool {
        let hash = ask.administration.hash(&self.secret);
        let is_it = |kept: &Value| {
            let hashed = text_of(kept, "hash").and_then(SecretHash::parse);
            let opened = text_of(kept, "sealed")
                .and_then(|closed| ask.administration.open(owner, closed).ok());
            hashed.is_some_and(|kept| kept.is_same(&hash))
                || opened.is_some_and(|secret| is_same_text(&secret, &self.secret))
        };
        secrets.iter().filter(|kept| secret::is_active(kept)).any(is_it)
    }

    /// The secret, if the application has it now.
    pub(super) fn told(&self, entity: &Entity) -> Result<Option<&str>, ChangeRefused> {
        let has_it = secret::kept(&read_body(entity)?, &entity.id)
            .iter()
            .any(|kept| text_of(kept, "id") == Some(&self.id));
        Ok(has_it.then_some(&self.secret))
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

/// What is kept of a secret, as a client of this method needs it; `None` if it is of no use to it: a
/// hash signs nothing.
fn converted(
    ask: &Ask<'_>,
    owner: &str,
    mut kept: Value,
    method: AuthenticationMethod,
) -> Result<Option<Value>, ChangeRefused> {
    let is_shared = method == AuthenticationMethod::ClientSecretJwt;
    if is_shared {
        return Ok(Some(kept).filter(|kept| kept.get("hash").is_none()));
    }
    if let Some(closed) = text_of(&kept, "sealed") {
        let secret = ask.administration.open(owner, closed)?;
        let hash = ask.administration.hash(&secret).text();
        if let Some(members) = kept.as_object_mut() {
            members.remove("sealed");
            members.insert("hash".to_owned(), json!(hash));
        }
    }
    Ok(Some(kept))
}

/// A secret that was sent, if a client of this method may have it.
fn checked(secret: &str, method: AuthenticationMethod) -> Result<String, ChangeRefused> {
    if !method.needs_secret() {
        return Err(not_used(method));
    }
    let wrong = |message: &str| Err(ChangeRefused::of_field("client_secret", message));
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong("'client_secret' must be printable ASCII without spaces.");
    }
    match secret.len() {
        length if length > *LENGTH.end() => {
            wrong("'client_secret' cannot be more than '100' characters long.")
        }
        length if length < *LENGTH.start() => {
            wrong("'client_secret' must be at least '14' characters long.")
        }
        length if length < SHARED_AT_LEAST && method == AuthenticationMethod::ClientSecretJwt => {
            wrong(
                "'client_secret' must be at least '32' characters long when \
                 'token_endpoint_auth_method' is 'client_secret_jwt'.",
            )
        }
        _ => Ok(secret.to_owned()),
    }
}

/// A client of this method has no secret.
pub(super) fn not_used(method: AuthenticationMethod) -> ChangeRefused {
    let word = AuthenticationMethod::WORDS.iter().find(|(_, known)| *known == method);
    let word = word.map_or("", |(word, _)| *word);
    let message =
        format!("'client_secret' cannot be used when 'token_endpoint_auth_method' is '{word}'.");
    ChangeRefused::of_whole("OAuth2ClientSecretMediated", &message)
}

impl super::super::Administration {
    fn hash(&self, secret: &str) -> SecretHash {
        SecretHash::new(&self.publisher.foundation().keyring.pepper, secret)
    }

    /// A secret of `owner`, closed under the master key.
    ///
    /// # Errors
    /// That it cannot be closed.
    pub(in super::super) fn seal(
        &self,
        owner: &str,
        secret: &str,
    ) -> Result<String, ChangeRefused> {
        let foundation = self.publisher.foundation();
        let name = SecretSource::seal_name(owner);
        let sealed = foundation.vault.seal_text(&foundation.random, &name, secret);
        sealed.map_err(|error| ChangeRefused::Failed(error.to_string()))
    }

    fn open(&self, owner: &str, closed: &str) -> Result<String, ChangeRefused> {
        let name = SecretSource::seal_name(owner);
        let opened = self.publisher.foundation().vault.open_text(&name, closed);
        opened.map_err(|error| ChangeRefused::Failed(error.to_string()))
    }
}
