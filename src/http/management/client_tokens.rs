//! The refresh tokens that clients hold: of a server below
//! `/api/v1/authorizationServers/{id}/clients`, of a client below `/api/v1/apps/{id}/tokens`
//! (authorization-server §1.8). Who ends one ends every token that came of the same grant.

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, moment, nothing, object};
use super::operation::{Operation, Parameter, Shape};
use super::shape::{links, text_or_null};
use crate::administration::{application, text_of};
use crate::audit::Alteration;
use crate::directory::Application;
use crate::grant::{HeldToken, end_held, find_held, list_held};
use crate::publish::Published;
use crate::store::Op;
use crate::store::journal::alteration_row;
use axum::http::StatusCode;
use serde_json::{Value, json};

const CLIENTS: &str = "/api/v1/authorizationServers/{authServerId}/clients";
const OF_CLIENT: &str = "/api/v1/authorizationServers/{authServerId}/clients/{clientId}/tokens";
const ONE_OF_CLIENT: &str =
    "/api/v1/authorizationServers/{authServerId}/clients/{clientId}/tokens/{tokenId}";
const OF_APP: &str = "/api/v1/apps/{appId}/tokens";
const ONE_OF_APP: &str = "/api/v1/apps/{appId}/tokens/{tokenId}";

/// How many families are read at once.
const STEP: u32 = 200;

/// How many parts are read at most for one answer; where few of them are wanted, it says how to go on.
const STEPS: usize = 50;

const EXPAND: &[Parameter] = &[Parameter {
    name: "expand",
    description: "`scope` to be told the scopes too",
    schema: || json!({ "type": "string", "enum": ["scope"] }),
}];

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(CLIENTS, "listOAuth2ClientsForAuthorizationServer", CLIENT, clients),
        Operation::list(
            OF_CLIENT,
            "listRefreshTokensForAuthorizationServerAndClient",
            TOKEN,
            of_client,
        )
        .asking(EXPAND),
        Operation::delete(
            OF_CLIENT,
            "revokeRefreshTokensForAuthorizationServerAndClient",
            end_of_client,
        ),
        Operation::find(
            ONE_OF_CLIENT,
            "getRefreshTokenForAuthorizationServerAndClient",
            TOKEN,
            one_of_client,
        )
        .asking(EXPAND),
        Operation::delete(
            ONE_OF_CLIENT,
            "revokeRefreshTokenForAuthorizationServerAndClient",
            end_one_of_client,
        ),
        Operation::list(OF_APP, "listOAuth2TokensForApplication", TOKEN, of_app).asking(EXPAND),
        Operation::delete(OF_APP, "revokeOAuth2TokensForApplication", end_of_app),
        Operation::find(ONE_OF_APP, "getOAuth2TokenForApplication", TOKEN, one_of_app)
            .asking(EXPAND),
        Operation::delete(ONE_OF_APP, "revokeOAuth2TokenForApplication", end_one_of_app),
    ]
}

const CLIENT: Shape = Shape {
    name: "OAuth2ClientOfServer",
    schema: || {
        json!({
            "type": "object",
            "required": ["client_id", "client_name"],
            "properties": {
                "client_id": { "type": "string" },
                "client_name": { "type": "string" },
                "client_uri": text_or_null(),
                "logo_uri": text_or_null(),
                "_links": links(),
            },
        })
    },
};

const TOKEN: Shape = Shape {
    name: "OAuth2RefreshTokenOfClient",
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
struct Holder {
    client_id: String,
    /// The id of the server, unless those of all are meant.
    server: Option<String>,
    /// The path of the list.
    path: String,
}

impl Holder {
    async fn of_server(call: &Call, server: &str, client: &str) -> Result<Self, ManagementError> {
        let server = server_id(call, server).await?;
        let published = call.surface.issuer.version();
        let found = published.directory().find_application(client);
        let found = found.ok_or_else(|| ManagementError::no_such("PublicClientApp", client))?;
        let client_id = found.client_id.clone();
        let path = format!("/api/v1/authorizationServers/{server}/clients/{client_id}/tokens");
        Ok(Self { client_id, server: Some(server), path })
    }

    async fn of_app(call: &Call, app: &str) -> Result<Self, ManagementError> {
        let told = application::find(&call.ask(), app).await?.value;
        let client_id = told.pointer("/credentials/oauthClient/client_id");
        let client_id = client_id.and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { client_id, server: None, path: format!("/api/v1/apps/{app}/tokens") })
    }

    fn is_of(&self, token: &HeldToken) -> bool {
        token.client_id == self.client_id
            && self.server.as_ref().is_none_or(|server| token.server == *server)
    }

    fn tag(&self) -> String {
        format!("client:{}", self.client_id)
    }

    async fn find(&self, call: &Call, id: &str) -> Result<HeldToken, ManagementError> {
        let found =
            find_held(&call.surface.store, id).await.map_err(|e| ManagementError::failed(&e))?;
        found.filter(|token| self.is_of(token)).ok_or_else(|| {
            let named = format!("{}.{id}", self.client_id);
            ManagementError::no_such("OAuth2RefreshTokenTx", &named)
        })
    }

    /// The part of them that is asked for. Behind each stands where it is, so that a part may end
    /// anywhere.
    async fn list(&self, call: &Call) -> Answer {
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

    /// Ends all of them.
    async fn end(&self, call: &Call) -> Answer {
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

/// The id of a server; `default` is the default one, and one that is inactive is one, too.
async fn server_id(call: &Call, id: &str) -> Result<String, ManagementError> {
    let told = crate::administration::server::find(&call.ask(), id).await?;
    Ok(text_of(&told.value, "id").unwrap_or(id).to_owned())
}

fn issuer_of(published: &Published, server: &str) -> String {
    let found = published.all_servers().iter().find(|known| known.definition().id == server);
    found.map_or_else(|| published.public_url().to_string(), |server| server.issuer().to_owned())
}

fn app_id<'p>(published: &'p Published, client_id: &'p str) -> &'p str {
    let found = published.directory().find_application(client_id);
    found.map_or(client_id, |application| application.id.as_str())
}

async fn clients(call: Call, Ids([server]): Ids<1>) -> Answer {
    let server = server_id(&call, &server).await?;
    let paging = call.paging(200, 200)?;
    let published = call.surface.issuer.version();
    let mut all: Vec<&Application> = published.directory().applications().iter().collect();
    all.sort_by(|one, other| one.client_id.cmp(&other.client_id));
    let is_after = |one: &&&Application| paging.after.as_ref().is_none_or(|a| one.client_id > *a);
    let (mut told, mut next): (Vec<Value>, Option<String>) = (Vec::new(), None);
    for application in all.iter().filter(is_after) {
        if !holds(&call, &application.client_id, &server).await? {
            continue;
        }
        if told.len() == paging.limit as usize {
            return Ok(call.list(told, next.as_deref()));
        }
        next = Some(application.client_id.clone());
        told.push(told_client(&call, application, &server).await?);
    }
    Ok(call.list(told, None))
}

/// Whether a client holds a refresh token of this server.
async fn holds(call: &Call, client_id: &str, server: &str) -> Result<bool, ManagementError> {
    let tag = format!("client:{client_id}");
    let mut after: Option<String> = None;
    loop {
        let listed = list_held(&call.surface.store, &tag, after.as_deref(), STEP).await;
        let (held, next) = listed.map_err(|error| ManagementError::failed(&error))?;
        if held.iter().any(|token| token.server == server) {
            return Ok(true);
        }
        after = next;
        if after.is_none() {
            return Ok(false);
        }
    }
}

async fn told_client(
    call: &Call,
    application: &Application,
    server: &str,
) -> Result<Value, ManagementError> {
    let told = application::find(&call.ask(), &application.id).await?.value;
    let page = |name: &str| told.pointer(&format!("/settings/oauthClient/{name}")).cloned();
    let path =
        format!("/api/v1/authorizationServers/{server}/clients/{}/tokens", application.client_id);
    Ok(json!({
        "client_id": application.client_id,
        "client_name": application.label,
        "client_uri": page("client_uri"),
        "logo_uri": page("logo_uri"),
        "_links": {
            "tokens": { "href": call.url(&path), "hints": { "allow": ["GET", "DELETE"] } },
        },
    }))
}

async fn of_client(call: Call, Ids([server, client]): Ids<2>) -> Answer {
    Holder::of_server(&call, &server, &client).await?.list(&call).await
}

async fn end_of_client(call: Call, Ids([server, client]): Ids<2>) -> Answer {
    Holder::of_server(&call, &server, &client).await?.end(&call).await
}

async fn one_of_client(call: Call, Ids([server, client, id]): Ids<3>) -> Answer {
    let holder = Holder::of_server(&call, &server, &client).await?;
    let token = holder.find(&call, &id).await?;
    Ok(object(StatusCode::OK, &holder.told(&call, &token)))
}

async fn end_one_of_client(call: Call, Ids([server, client, id]): Ids<3>) -> Answer {
    let holder = Holder::of_server(&call, &server, &client).await?;
    end(&call, &holder.find(&call, &id).await?).await?;
    Ok(nothing())
}

async fn of_app(call: Call, Ids([app]): Ids<1>) -> Answer {
    Holder::of_app(&call, &app).await?.list(&call).await
}

async fn end_of_app(call: Call, Ids([app]): Ids<1>) -> Answer {
    Holder::of_app(&call, &app).await?.end(&call).await
}

async fn one_of_app(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    let holder = Holder::of_app(&call, &app).await?;
    let token = holder.find(&call, &id).await?;
    Ok(object(StatusCode::OK, &holder.told(&call, &token)))
}

async fn end_one_of_app(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    let holder = Holder::of_app(&call, &app).await?;
    end(&call, &holder.find(&call, &id).await?).await?;
    Ok(nothing())
}
