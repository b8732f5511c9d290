//! An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1): what is left of its
//! parameters when all of them were found right. Kept closed up while the person signs in.

use crate::directory::Application;
use crate::publish::{Published, RunningServer};
use serde::{Deserialize, Serialize};

/// A request that may be answered, if the person agrees and the policies allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The id of the server.
    pub server: String,
    pub client_id: String,
    pub answer: ReturnAddress,
    pub response_type: ResponseType,
    /// As asked, each once; empty is the defaults.
    pub scopes: Vec<String>,
    /// One audience of the server (decision 12).
    pub audience: String,
    pub nonce: Option<String>,
    /// The `S256` challenge (RFC 7636 §4.3).
    pub code_challenge: Option<String>,
    /// The thumbprint that the code is bound to (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    pub prompt: Prompt,
    /// Seconds since the person last proved who they are.
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    /// The id of the user whom an `id_token_hint` is about: nobody else will do.
    pub hinted_user: Option<String>,
    /// A second factor was asked for.
    pub second_factor: bool,
    /// Languages, the dearest first.
    pub ui_locales: Option<String>,
}

/// Where the answer goes, known before anything else is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAddress {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    pub state: Option<String>,
    /// `iss` of the answer (RFC 9207).
    pub issuer: String,
}

/// What is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseType {
    pub code: bool,
    pub token: bool,
    pub id_token: bool,
}

impl ResponseType {
    /// The words, in any order, each once; `None` for none or others.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut found = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let part = match word {
                "code" => &mut found.code,
                "token" => &mut found.token,
                "id_token" => &mut found.id_token,
                _ => return None,
            };
            if std::mem::replace(part, true) {
                return None;
            }
        }
        (found != Self::default()).then_some(found)
    }

    /// The words of it.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let parts = [(self.code, "code"), (self.id_token, "id_token"), (self.token, "token")];
        parts.into_iter().filter(|(asked, _)| *asked).map(|(_, word)| word)
    }

    /// Whether tokens come by way of the browser.
    #[must_use]
    pub fn has_tokens(self) -> bool {
        self.token || self.id_token
    }
}

/// How the answer travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    #[serde(rename = "query")]
    Query,
    #[serde(rename = "fragment")]
    Fragment,
    #[serde(rename = "form_post")]
    FormPost,
    /// A message to the window that opened this one, or frames it (decision 46).
    #[serde(rename = "okta_post_message")]
    PostMessage,
}

impl ResponseMode {
    /// Their words.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("query", Self::Query),
        ("fragment", Self::Fragment),
        ("form_post", Self::FormPost),
        ("okta_post_message", Self::PostMessage),
    ];

    /// What is meant where none is said.
    #[must_use]
    pub fn usual(response_type: ResponseType) -> Self {
        if response_type.has_tokens() { Self::Fragment } else { Self::Query }
    }
}

/// What the client wants of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Nothing: no page may be shown.
    pub none: bool,
    /// To prove who they are anew.
    pub login: bool,
    /// To be asked for consent, also to what they agreed to before.
    pub consent: bool,
}

impl AuthorizationRequest {
    /// Whether it may be answered for this person.
    #[must_use]
    pub fn may_be(&self, user_id: &str) -> bool {
        self.hinted_user.as_deref().is_none_or(|hinted| hinted == user_id)
    }

    /// Its server, in this version of the organization.
    #[must_use]
    pub fn server<'p>(&self, published: &'p Published) -> Option<&'p RunningServer> {
        published.find_server(&self.server)
    }

    /// Its client, in this version of the organization.
    #[must_use]
    pub fn client<'p>(&self, published: &'p Published) -> Option<&'p Application> {
        let found = published.directory().find_application(&self.client_id);
        found.filter(|found| found.status.is_active())
    }
}
