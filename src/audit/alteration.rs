//! A change of the organization by an administrator: who did what to what, with what it said before
//! and what it says now, in the members of Okta's System Log.

use serde_json::{Value, json};
use std::net::IpAddr;

/// Who administers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The id of the user, or the client id.
    pub id: String,
    /// What that is.
    pub kind: ActorKind,
    /// The login or label, where it is known.
    pub name: Option<String>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// `X-Okta-Request-Id` of the answer.
    pub request: Option<String>,
}

/// What administers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person.
    User,
    /// A client with a token of the organization's own server.
    Client,
    /// The server itself, or who runs it.
    System,
}

impl ActorKind {
    /// What Okta calls it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Client => "PublicClientApp",
            Self::System => "SystemPrincipal",
        }
    }
}

impl Actor {
    /// Who runs the server, at the command line.
    #[must_use]
    pub fn system() -> Self {
        let (id, kind) = ("system".to_owned(), ActorKind::System);
        Self { id, kind, name: None, address: None, request: None }
    }
}

/// What was altered. Nothing of it is secret: who makes it has left out what is.
#[derive(Clone, Debug, PartialEq)]
pub struct Alteration {
    /// As Okta's System Log calls it: `oauth2.claim.updated`.
    pub event: &'static str,
    /// The type of what was altered, its id, and what people call it.
    pub object: &'static str,
    pub id: String,
    pub name: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Alteration {
    /// The event as it is kept; when it was is known by its key.
    #[must_use]
    pub fn to_json(&self, actor: &Actor) -> Value {
        let Self { event, object, id, name, before, after } = self;
        json!({
            "eventType": event,
            "severity": "INFO",
            "outcome": {"result": "SUCCESS"},
            "actor": {
                "id": actor.id, "type": actor.kind.word(), "displayName": actor.name,
                "alternateId": actor.name,
            },
            "client": {"ipAddress": actor.address.map(|address| address.to_string())},
            "target": [{
                "id": id, "type": object, "displayName": name,
                "changeDetails": {"from": before, "to": after},
            }],
            "debugContext": {"debugData": {"requestId": actor.request}},
        })
    }
}
