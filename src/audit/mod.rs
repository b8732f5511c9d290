//! What is recorded of what happens: events by the names that Okta's System Log has for them, with
//! who did what by which client, and how it ended. Where they are kept is said elsewhere.

mod alteration;
mod recording;

pub use alteration::{Actor, ActorKind, Alteration};
pub use recording::{Extent, Recording};

use crate::few::Few;
use serde::{Serialize, Serializer};
use std::net::IpAddr;
use std::sync::Arc;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    AccessTokenGranted,
    IdTokenGranted,
    RefreshTokenGranted,
    /// An authorization request was refused, wherever it was made.
    AuthorizationRefused,
    CodeGranted,
    /// Tokens by way of the browser.
    ImplicitAccessTokenGranted,
    ImplicitIdTokenGranted,
    /// A token request was refused.
    TokenRefused,
    /// What may be spent once came again: a code, or a refresh token.
    TokenReused,
    TokenRevoked,
    /// Somebody who administers was told what a token would hold.
    TokenPreviewed,
    SessionStarted,
    /// Somebody whose password was right did not prove the second factor.
    FactorRefused,
    /// An account takes no attempts for a while.
    AccountLocked,
    /// No attempts are taken from an address for a while.
    AddressBlocked,
}

impl EventType {
    /// The name of it at a server of the document, and at the organization's own.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::AccessTokenGranted => {
                ("app.oauth2.as.token.grant.access_token", "app.oauth2.token.grant.access_token")
            }
            Self::IdTokenGranted => {
                ("app.oauth2.as.token.grant.id_token", "app.oauth2.token.grant.id_token")
            }
            Self::RefreshTokenGranted => {
                ("app.oauth2.as.token.grant.refresh_token", "app.oauth2.token.grant.refresh_token")
            }
            Self::AuthorizationRefused => ("app.oauth2.as.authorize", "app.oauth2.authorize"),
            Self::CodeGranted => ("app.oauth2.as.authorize.code", "app.oauth2.authorize.code"),
            Self::ImplicitAccessTokenGranted => (
                "app.oauth2.as.authorize.implicit.access_token",
                "app.oauth2.authorize.implicit.access_token",
            ),
            Self::ImplicitIdTokenGranted => (
                "app.oauth2.as.authorize.implicit.id_token",
                "app.oauth2.authorize.implicit.id_token",
            ),
            Self::TokenRefused => ("app.oauth2.as.token.grant", "app.oauth2.token.grant"),
            Self::TokenReused => {
                ("app.oauth2.as.token.detect_reuse", "app.oauth2.token.detect_reuse")
            }
            Self::TokenRevoked => ("app.oauth2.as.token.revoke", "app.oauth2.token.revoke"),
            Self::TokenPreviewed => ("app.oauth2.as.token.preview", "app.oauth2.token.preview"),
            Self::SessionStarted => ("user.session.start", "user.session.start"),
            Self::FactorRefused => {
                ("user.authentication.auth_via_mfa", "user.authentication.auth_via_mfa")
            }
            Self::AccountLocked => ("user.account.lock", "user.account.lock"),
            Self::AddressBlocked => ("security.request.blocked", "security.request.blocked"),
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Failure(String),
}

/// Something to be recorded. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    pub event_type: EventType,
    pub outcome: Outcome,
    pub about: &'a About,
}

/// Who and what an event is about, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The id of the server.
    pub server: Option<String>,
    /// Whether that is the organization's own.
    pub of_organization: bool,
    /// The client id.
    pub client: Option<String>,
    /// The id of the user.
    pub user: Option<String>,
    /// As who somebody tried to sign in, where who that is was not proven.
    pub login: Option<String>,
    pub grant_type: Option<String>,
    /// The scopes granted.
    pub scope: Option<String>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// What a token came of, if it is about one.
    pub origin: Option<Arc<Origin>>,
    /// What did it, where that is neither the user nor the client: its type and id.
    pub actor: Option<(&'static str, String)>,
}

/// What a token came of, besides whose it is: enough to explain it later.
/// Every token has one, so it is one piece of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// What its members say, one after the other.
    text: String,
    /// Each member, and where it ends in the text.
    ends: Few<(OriginMember, usize), 7>,
}

/// What is said of the origin of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OriginMember {
    #[default]
    Audience,
    /// The grant that it began with; another than that of the request for a refresh.
    OriginalGrant,
    /// The scopes as they were asked for, or had been granted before.
    RequestedScopes,
    /// How the person signed in (RFC 8176).
    Methods,
    /// The id of the policy, where one was asked for this request.
    Policy,
    /// The same of its rule.
    Rule,
    /// Another for every definition of the server.
    ServerVersion,
}

impl OriginMember {
    const fn name(self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::OriginalGrant => "originalGrant",
            Self::RequestedScopes => "requestedScopes",
            Self::Methods => "amr",
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::ServerVersion => "serverVersion",
        }
    }
}

/// Bytes of the text of most origins.
const ORIGIN: usize = 192;

impl Origin {
    /// Says something more: words with spaces between.
    pub fn push<'w>(&mut self, member: OriginMember, words: impl IntoIterator<Item = &'w str>) {
        if self.text.capacity() == 0 {
            self.text.reserve(ORIGIN);
        }
        let start = self.text.len();
        for word in words {
            if self.text.len() > start {
                self.text.push(' ');
            }
            self.text.push_str(word);
        }
        self.ends.push((member, self.text.len()));
    }

    /// Its members by name, as far as they say something.
    fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        let members = self.ends.iter().zip(starts);
        members
            .map(|((member, end), start)| {
                (member.name(), self.text.get(start..*end).unwrap_or_default())
            })
            .filter(|(_, value)| !value.is_empty())
    }
}

impl Event<'_> {
    /// As Okta's System Log calls it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        let (usual, of_organization) = self.event_type.names();
        if self.about.of_organization { of_organization } else { usual }
    }

    /// The event as it is kept: a JSON object with the members of the System Log; when it was is known
    /// by its key.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        let About { server, client, user, login, address, actor, .. } = self.about;
        let as_client = Named::new("PublicClientApp", client.as_deref());
        let as_server = Named::new("AuthorizationServer", server.as_deref());
        let as_login = login.as_deref().map(|login| Named {
            id: None,
            alternate_id: Some(login),
            kind: "User",
        });
        let as_user = Named::new("User", user.as_deref()).or(as_login);
        let by_other = actor.as_ref().and_then(|(kind, id)| Named::new(kind, Some(id)));
        let (result, reason, severity) = match &self.outcome {
            Outcome::Success => ("SUCCESS", None, "INFO"),
            Outcome::Failure(reason) => ("FAILURE", Some(reason.as_str()), "WARN"),
        };
        let kept = Kept {
            event_type: self.name(),
            severity,
            outcome: KeptOutcome { result, reason },
            actor: match self.event_type {
                EventType::SessionStarted | EventType::FactorRefused => as_user,
                _ => by_other.or(as_client).or(as_user),
            },
            client: KeptClient { ip_address: *address },
            target: Targets([as_user, as_client, as_server]),
            debug_context: KeptContext { debug_data: Details(self.about) },
        };
        let mut text = Vec::with_capacity(EVENT);
        // What is written has texts for keys and goes to memory: nothing can go wrong with it.
        let written = serde_json::to_writer(&mut text, &kept);
        debug_assert!(written.is_ok(), "a text in memory takes everything");
        text
    }
}

/// Bytes of most events.
const EVENT: usize = 768;

/// An event in the members of the System Log. One is written for every token, so that nothing is made
/// of it in between.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kept<'e> {
    event_type: &'e str,
    severity: &'e str,
    outcome: KeptOutcome<'e>,
    actor: Option<Named<'e>>,
    client: KeptClient,
    target: Targets<'e>,
    debug_context: KeptContext<'e>,
}

#[derive(Serialize)]
struct KeptOutcome<'e> {
    result: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'e str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeptClient {
    ip_address: Option<IpAddr>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeptContext<'e> {
    debug_data: Details<'e>,
}

/// Somebody or something, by its id or by what it is called.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Named<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternate_id: Option<&'e str>,
    #[serde(rename = "type")]
    kind: &'e str,
}

impl<'e> Named<'e> {
    fn new(kind: &'e str, id: Option<&'e str>) -> Option<Self> {
        id.map(|id| Self { id: Some(id), alternate_id: None, kind })
    }
}

/// Those of them that there are.
struct Targets<'e>([Option<Named<'e>>; 3]);

impl Serialize for Targets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().flatten())
    }
}

/// What is said of a grant.
struct Details<'e>(&'e About);

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let About { grant_type, scope, origin, .. } = self.0;
        let own = [("grantType", grant_type), ("grantedScopes", scope)];
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let origin = origin.iter().flat_map(|origin| origin.details());
        serializer.collect_map(own.chain(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Decision 41.
    #[test]
    fn an_event_has_okta_s_name_and_says_who_and_how_it_ended() {
        let about = About {
            server: Some("internal".to_owned()),
            client: Some("web-app".to_owned()),
            user: Some("00u1".to_owned()),
            grant_type: Some("refresh_token".to_owned()),
            address: Some([127, 0, 0, 1].into()),
            ..About::default()
        };
        let outcome = Outcome::Failure("it came again".to_owned());
        let event = Event { event_type: EventType::TokenReused, outcome, about: &about };
        let expected = json!({
            "eventType": "app.oauth2.as.token.detect_reuse",
            "severity": "WARN",
            "outcome": {"result": "FAILURE", "reason": "it came again"},
            "actor": {"id": "web-app", "type": "PublicClientApp"},
            "client": {"ipAddress": "127.0.0.1"},
            "target": [
                {"id": "00u1", "type": "User"}, {"id": "web-app", "type": "PublicClientApp"},
                {"id": "internal", "type": "AuthorizationServer"},
            ],
            "debugContext": {"debugData": {"grantType": "refresh_token"}},
        });
        assert_eq!(serde_json::from_slice::<Value>(&event.to_text()).unwrap(), expected);
        let about = About { of_organization: true, ..About::default() };
        let event = Event { about: &about, ..event };
        assert_eq!(event.name(), "app.oauth2.token.detect_reuse");
    }
}
