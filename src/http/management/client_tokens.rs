//! The refresh tokens that clients hold: of a server below
//! `/api/v1/authorizationServers/{id}/clients`, of a client below `/api/v1/apps/{id}/tokens`
//! (authorization-server §1.8). Who ends one ends every token that came of the same grant.

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids};
use super::held_tokens::{EXPAND, Holder, TOKEN, look_at};
use super::operation::{Operation, Shape};
use super::shape::{links, text_or_null};
use crate::administration::{application, text_of};
use crate::directory::Application;
use crate::grant::HeldToken;
use serde_json::{Value, json};

const CLIENTS: &str = "/api/v1/authorizationServers/{authServerId}/clients";
const OF_CLIENT: &str = "/api/v1/authorizationServers/{authServerId}/clients/{clientId}/tokens";
const ONE_OF_CLIENT: &str =
    "/api/v1/authorizationServers/{authServerId}/clients/{clientId}/tokens/{tokenId}";
const OF_APP: &str = "/api/v1/apps/{appId}/tokens";
const ONE_OF_APP: &str = "/api/v1/apps/{appId}/tokens/{tokenId}";

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

impl Holder {
    async fn of_server(call: &Call, server: &str, client: &str) -> Result<Self, ManagementError> {
        let server = server_id(call, server).await?;
        let published = call.surface.issuer.version();
        let found = published.directory().find_application(client);
        let found = found.ok_or_else(|| ManagementError::no_such("PublicClientApp", client))?;
        let client_id = found.client_id.clone();
        let path = format!("/api/v1/authorizationServers/{server}/clients/{client_id}/tokens");
        Ok(Self { client_id, server: Some(server), user: None, path })
    }

    async fn of_app(call: &Call, app: &str) -> Result<Self, ManagementError> {
        let told = application::find(&call.ask(), app).await?.value;
        let client_id = told.pointer("/credentials/oauthClient/client_id");
        let client_id = client_id.and_then(Value::as_str).unwrap_or_default().to_owned();
        let path = format!("/api/v1/apps/{app}/tokens");
        Ok(Self { client_id, server: None, user: None, path })
    }
}

/// The id of a server; `default` is the default one, and one that is inactive is one, too.
async fn server_id(call: &Call, id: &str) -> Result<String, ManagementError> {
    let told = crate::administration::server::find(&call.ask(), id).await?;
    Ok(text_of(&told.value, "id").unwrap_or(id).to_owned())
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
    let mut is_found = false;
    let look = |token: &HeldToken| {
        is_found |= token.server == server;
        is_found
    };
    look_at(call, &format!("client:{client_id}"), look).await?;
    Ok(is_found)
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
    Holder::of_server(&call, &server, &client).await?.tell(&call, &id).await
}

async fn end_one_of_client(call: Call, Ids([server, client, id]): Ids<3>) -> Answer {
    Holder::of_server(&call, &server, &client).await?.end_one(&call, &id).await
}

async fn of_app(call: Call, Ids([app]): Ids<1>) -> Answer {
    Holder::of_app(&call, &app).await?.list(&call).await
}

async fn end_of_app(call: Call, Ids([app]): Ids<1>) -> Answer {
    Holder::of_app(&call, &app).await?.end(&call).await
}

async fn one_of_app(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    Holder::of_app(&call, &app).await?.tell(&call, &id).await
}

async fn end_one_of_app(call: Call, Ids([app, id]): Ids<2>) -> Answer {
    Holder::of_app(&call, &app).await?.end_one(&call, &id).await
}
