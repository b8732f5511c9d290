//! Refresh tokens in the shapes of Okta's API, whoever they are asked for by: of a client, of a server
//! or of a person. Who ends one ends every token that came of the same grant.

use super::super::error::ManagementError;
use super::call::{Answer, Call, moment, nothing, object};
use super::operation::{Parameter, Shape};
use super::shape::links;
use crate::audit::Alteration;
use crate::grant::{HeldToken, end_held, find_held, list_held};
use crate::organization::tag_of_user;
use crate::publish::Published;
use crate::store::Op;
use crate::store::journal::alteration_row;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// How many families are read at once.
const STEP: u32 = 200;

/// How many parts are read at most for one answer; where few of them are wanted, it says how to go on.
const STEPS: usize = 50;

/// Whether scopes are told as things of their own.
pub(super) const EXPAND: &[Parameter] = &[Parameter {
    name: "expand",
    description: "`scope` to be told the scopes too",
    schema: || json!({ "type": "string", "enum": ["scope"] }),
}];

/// A refresh token.
pub(super) const TOKEN: Shape = Shape {
    name: "OAuth2RefreshToken",
    schema: || {
        let time = json!({ "type": ["string", "null"], "format": "date-time" });
        json!({
            "type": "object",
            "required": ["id", "status", "issuer", "clientId", "userId", "scopes"],
            "properties": {
                "id": { "type": "string" },
                "status": { "type": "string", "enum": ["ACTIVE", "REVOKED"] },
                "created": time,
                "lastUpdated": time,
                "expiresAt": time,
                "issuer": { "type": "string" },
                "clientId": { "type": "string" },
                "userId": { "type": "string" },
                "scopes": { "type": "array", "items": { "type": "string" } },
                "_embedded": { "type": "object" },
                "_links": links(),
            },
        })
    },
};

/// Whose tokens are asked for.
pub(super) struct Holder {
    /// The client that holds them.
    pub(super) client_id: String,
    /// The id of the server, unless those of all are meant.
    pub(super) server: Option<String>,
    /// The id of the person, unless those of everybody are meant.
    pub(super) user: Option<String>,
    /// The path of the list.
    pub(super) path: String,
}

impl Holder {
    fn is_of(&self, token: &HeldToken) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        token.client_id == self.client_id
            && is(&self.server, &token.server)
            && is(&self.user, &token.user_id)
    }

    /// That by which the fewest others are found.
    fn tag(&self) -> String {
        match &self.user {
            Some(user) => tag_of_user(user),
            None => format!("client:{}", self.client_id),
        }
    }

    async fn find(&self, call: &Call, id: &str) -> Result<HeldToken, ManagementError> {
        let found =
            find_held(&call.surface.store, id).await.map_err(|e| ManagementError::failed(&e))?;
        found.filter(|token| self.is_of(token)).ok_or_else(|| {
            let named = format!("{}.{id}", self.client_id);
            ManagementError::no_such("OAuth2RefreshTokenTx", &named)
        })
    }

    /// One of them.
    pub(super) async fn tell(&self, call: &Call, id: &str) -> Answer {
        let token = self.find(call, id).await?;
        Ok(object(StatusCode::OK, &self.told(call, &token)))
    }

    /// The part of them that is asked for. Behind each stands where it is, so that a part may end
    /// anywhere.
    pub(super) async fn list(&self, call: &Call) -> Answer {
        let paging = call.paging(20, 200)?;
        let (limit, mut after) = (paging.limit as usize, paging.after);
        let mut told: Vec<Value> = Vec::new();
        let mut next = None;
        for _ in 0..STEPS {
            let listed = list_held(&call.surface.store, &self.tag(), after.as_deref(), STEP).await;
            let (held, behind) = listed.map_err(|error| ManagementError::failed(&error))?;
            for token in held.iter().filter(|token| self.is_of(token)) {
                if told.len() == limit {
                    return Ok(call.list(told, next.as_deref()));
                }
                told.push(self.told(call, token));
                next = token.id.strip_prefix("oar").map(str::to_owned);
            }
            after = behind;
            if after.is_none() {
                return Ok(call.list(told, None));
            }
        }
        Ok(call.list(told, after.as_deref()))
    }

    fn told(&self, call: &Call, token: &HeldToken) -> Value {
        let HeldToken { id, server, client_id, user_id, scopes, .. } = token;
        let published = call.surface.issuer.version();
        let link = |path: &str| json!({ "href": call.url(path) });
        let own = call.url(&format!("{}/{id}", self.path));
        let mut told = json!({
            "id": id,
            "status": "ACTIVE",
            "created": moment(token.created_at),
            "lastUpdated": moment(token.renewed_at),
            "expiresAt": moment(token.expires_at),
            "issuer": issuer_of(&published, server),
            "clientId": client_id,
            "userId": user_id,
            "scopes": scopes,
            "_links": {
                "app": link(&format!("/api/v1/apps/{}", app_id(&published, client_id))),
                "self": { "href": own, "hints": { "allow": ["GET", "DELETE"] } },
                "revoke": { "href": own, "hints": { "allow": ["DELETE"] } },
                "client": link(&format!("/oauth2/v1/clients/{client_id}")),
                "user": link(&format!("/api/v1/users/{user_id}")),
                "authorizationServer": link(&format!("/api/v1/authorizationServers/{server}")),
            },
        });
        if let (Some("scope"), Value::Object(told)) = (call.query("expand"), &mut told) {
            let scopes = scopes.iter().map(|scope| json!({ "id": scope, "name": scope }));
            let embedded = json!({ "scopes": scopes.collect::<Vec<Value>>() });
            told.insert("_embedded".to_owned(), embedded);
        }
        told
    }

    /// Ends one of them.
    pub(super) async fn end_one(&self, call: &Call, id: &str) -> Answer {
        end(call, &self.find(call, id).await?).await?;
        Ok(nothing())
    }

    /// Ends all of them.
    pub(super) async fn end(&self, call: &Call) -> Answer {
        let mut after: Option<String> = None;
        loop {
            let listed = list_held(&call.surface.store, &self.tag(), after.as_deref(), STEP).await;
            let (held, next) = listed.map_err(|error| ManagementError::failed(&error))?;
            for token in held.iter().filter(|token| self.is_of(token)) {
                end(call, token).await?;
            }
            after = next;
            if after.is_none() {
                return Ok(nothing());
            }
        }
    }
}

/// Ends a refresh token and what came of the same grant, and records who did.
async fn end(call: &Call, token: &HeldToken) -> Result<(), ManagementError> {
    let surface = &call.surface;
    let alteration = Alteration {
        event: "app.oauth2.as.token.revoke",
        object: "refresh_token",
        id: token.id.clone(),
        name: None,
        before: Some(json!({ "clientId": token.client_id, "userId": token.user_id })),
        after: None,
    };
    let at = surface.clock.microseconds();
    let row = alteration_row(&alteration, &call.actor(), at, &surface.random);
    let store = &surface.store;
    // First, lest something end of which nobody knows why.
    store.batch(vec![Op::Insert(row)]).await.map_err(|error| ManagementError::failed(&error))?;
    end_held(store, token).await.map_err(|error| ManagementError::failed(&error))
}

/// Looks at the refresh tokens with this tag until `is_enough`.
pub(super) async fn look_at(
    call: &Call,
    tag: &str,
    mut is_enough: impl FnMut(&HeldToken) -> bool,
) -> Result<(), ManagementError> {
    let mut after: Option<String> = None;
    loop {
        let listed = list_held(&call.surface.store, tag, after.as_deref(), STEP).await;
        let (held, next) = listed.map_err(|error| ManagementError::failed(&error))?;
        after = next;
        if held.iter().any(&mut is_enough) || after.is_none() {
            return Ok(());
        }
    }
}

/// The issuer of the server of this id; what is left of one that is gone is the organization's.
pub(super) fn issuer_of(published: &Published, server: &str) -> String {
    let found = published.all_servers().iter().find(|known| known.definition().id == server);
    found.map_or_else(|| published.public_url().to_string(), |server| server.issuer().to_owned())
}

fn app_id<'p>(published: &'p Published, client_id: &'p str) -> &'p str {
    let found = published.directory().find_application(client_id);
    found.map_or(client_id, |application| application.id.as_str())
}
