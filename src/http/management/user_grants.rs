//! What somebody granted to clients: `/api/v1/users/{userId}/grants`, and per client below
//! `/api/v1/users/{userId}/clients` what they agreed to and the refresh tokens that came of it
//! (authorization-server §1.8).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, moment, nothing, object};
use super::factors::note;
use super::held_tokens::{EXPAND, Holder, TOKEN, issuer_of, look_at};
use super::operation::{Operation, Shape};
use super::users::named;
use crate::grant::{FAMILY, HeldToken, grant_tag};
use crate::login::Agreement;
use crate::organization::tag_of_user;
use crate::store::StoreError;
use crate::token::opaque::lookup_hash;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const GRANTS: &str = "/api/v1/users/{userId}/grants";
const GRANT: &str = "/api/v1/users/{userId}/grants/{grantId}";
const CLIENTS: &str = "/api/v1/users/{userId}/clients";
const CLIENT_GRANTS: &str = "/api/v1/users/{userId}/clients/{clientId}/grants";
const TOKENS: &str = "/api/v1/users/{userId}/clients/{clientId}/tokens";
const ONE_TOKEN: &str = "/api/v1/users/{userId}/clients/{clientId}/tokens/{tokenId}";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(GRANTS, "listUserGrants", GRANT_SHAPE, list_grants).asking(EXPAND),
        Operation::delete(GRANTS, "revokeUserGrants", end_grants),
        Operation::find(GRANT, "getUserGrant", GRANT_SHAPE, find_grant).asking(EXPAND),
        Operation::delete(GRANT, "revokeUserGrant", end_grant),
        Operation::list(CLIENTS, "listUserClients", CLIENT_SHAPE, list_clients),
        Operation::list(CLIENT_GRANTS, "listGrantsForUserAndClient", GRANT_SHAPE, list_of_client)
            .asking(EXPAND),
        Operation::delete(CLIENT_GRANTS, "revokeGrantsForUserAndClient", end_of_client),
        Operation::list(TOKENS, "listRefreshTokensForUserAndClient", TOKEN, list_tokens)
            .asking(EXPAND),
        Operation::delete(TOKENS, "revokeTokensForUserAndClient", end_tokens),
        Operation::find(ONE_TOKEN, "getRefreshTokenForUserAndClient", TOKEN, find_token)
            .asking(EXPAND),
        Operation::delete(ONE_TOKEN, "revokeTokenForUserAndClient", end_token),
    ]
}

const GRANT_SHAPE: Shape = Shape {
    name: "OAuth2ScopeConsentGrant",
    schema: || {
        let (text, time) =
            (json!({ "type": "string" }), json!({ "type": "string", "format": "date-time" }));
        json!({
            "type": "object",
            "required": ["id", "status", "issuer", "clientId", "userId", "scopeId", "source"],
            "properties": {
                "id": text,
                "status": { "enum": ["ACTIVE"] },
                "created": time,
                "lastUpdated": time,
                "createdBy": {
                    "type": "object",
                    "properties": { "id": text, "type": { "enum": ["User"] } },
                },
                "issuer": text,
                "clientId": text,
                "userId": text,
                "scopeId": text,
                "source": { "enum": ["END_USER"] },
                "_embedded": { "type": "object" },
                "_links": { "type": "object" },
            },
        })
    },
};

const CLIENT_SHAPE: Shape = Shape {
    name: "OAuth2Client",
    schema: || {
        let text = json!({ "type": ["string", "null"] });
        json!({
            "type": "object",
            "required": ["client_id", "client_name"],
            "properties": {
                "client_id": { "type": "string" },
                "client_name": { "type": "string" },
                "client_uri": text,
                "logo_uri": text,
                "_links": { "type": "object" },
            },
        })
    },
};

fn failed(error: &StoreError) -> ManagementError {
    ManagementError::failed(error)
}

/// Something that somebody agreed to: one scope for one client at one server.
struct Grant {
    id: String,
    agreement: Agreement,
    scope: String,
    at: i64,
}

/// The agreements of somebody, scope by scope, in the order of their ids.
async fn grants_of(
    call: &Call,
    user_id: &str,
    client: Option<&str>,
) -> Result<Vec<Grant>, ManagementError> {
    let agreements =
        call.surface.login.list_agreements(user_id).await.map_err(|error| failed(&error))?;
    let agreements = agreements
        .into_iter()
        .filter(|agreement| client.is_none_or(|client| agreement.client_id == client));
    let mut grants: Vec<Grant> = agreements
        .flat_map(|agreement| {
            let scopes = agreement.scopes.clone().into_iter();
            scopes.map(move |(scope, at)| {
                let id = grant_id(&agreement, &scope);
                Grant { id, agreement: agreement.clone(), scope, at }
            })
        })
        .collect();
    grants.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(grants)
}

/// The same as long as it is the same grant.
fn grant_id(agreement: &Agreement, scope: &str) -> String {
    let Agreement { user_id, client_id, server, .. } = agreement;
    let hash = lookup_hash("grant", &format!("{user_id}/{server}/{client_id}/{scope}"));
    let id = hash.chars().filter(char::is_ascii_alphanumeric).take(17);
    "oag".chars().chain(id).collect()
}

fn told_grant(call: &Call, grant: &Grant) -> Value {
    let Grant { id, agreement, scope, at } = grant;
    let Agreement { user_id, client_id, server, .. } = agreement;
    let published = call.surface.issuer.version();
    let own = call.url(&format!("/api/v1/users/{user_id}/grants/{id}"));
    let mut told = json!({
        "id": id,
        "status": "ACTIVE",
        "created": moment(*at),
        "lastUpdated": moment(*at),
        "createdBy": { "id": user_id, "type": "User" },
        "issuer": issuer_of(&published, server),
        "clientId": client_id,
        "userId": user_id,
        "scopeId": scope,
        "source": "END_USER",
        "_links": {
            "self": { "href": own, "hints": { "allow": ["GET", "DELETE"] } },
            "app": link(call, &format!("/api/v1/apps/{client_id}")),
            "client": link(call, &format!("/oauth2/v1/clients/{client_id}")),
            "user": link(call, &format!("/api/v1/users/{user_id}")),
            "authorizationServer": link(call, &format!("/api/v1/authorizationServers/{server}")),
        },
    });
    if let (Some("scope"), Value::Object(told)) = (call.query("expand"), &mut told) {
        told.insert("_embedded".to_owned(), json!({ "scope": { "id": scope, "name": scope } }));
    }
    told
}

fn link(call: &Call, path: &str) -> Value {
    json!({ "href": call.url(path) })
}

/// A part of these, which are in the order of their ids.
fn part(call: &Call, grants: &[Grant]) -> Answer {
    let paging = call.paging(20, 200)?;
    let is_after = |grant: &&Grant| paging.after.as_ref().is_none_or(|after| grant.id > *after);
    let rest: Vec<&Grant> = grants.iter().filter(is_after).collect();
    let part = rest.iter().take(paging.limit as usize);
    let is_more = rest.len() > paging.limit as usize;
    let next = part.clone().next_back().map(|grant| grant.id.clone()).filter(|_| is_more);
    let told = part.map(|grant| told_grant(call, grant)).collect();
    Ok(call.list(told, next.as_deref()))
}

/// `GET /api/v1/users/{id}/grants`
async fn list_grants(call: Call, Ids([user]): Ids<1>) -> Answer {
    let user = named(&call, &user).await?;
    part(&call, &grants_of(&call, &user.id, None).await?)
}

/// `GET /api/v1/users/{id}/clients/{clientId}/grants`
async fn list_of_client(call: Call, Ids([user, client]): Ids<2>) -> Answer {
    let user = named(&call, &user).await?;
    part(&call, &grants_of(&call, &user.id, Some(&client)).await?)
}

async fn grant_of(call: &Call, user_id: &str, id: &str) -> Result<Grant, ManagementError> {
    let found = grants_of(call, user_id, None).await?.into_iter().find(|grant| grant.id == id);
    found.ok_or_else(|| ManagementError::no_such("OAuth2ScopeConsentGrant", id))
}

/// `GET /api/v1/users/{id}/grants/{grantId}`
async fn find_grant(call: Call, Ids([user, id]): Ids<2>) -> Answer {
    let user = named(&call, &user).await?;
    let grant = grant_of(&call, &user.id, &id).await?;
    Ok(object(StatusCode::OK, &told_grant(&call, &grant)))
}

/// `DELETE /api/v1/users/{id}/grants/{grantId}`: what came of it ends too.
async fn end_grant(call: Call, Ids([user, id]): Ids<2>) -> Answer {
    let user = named(&call, &user).await?;
    let Grant { agreement, scope, .. } = grant_of(&call, &user.id, &id).await?;
    let Agreement { user_id, client_id, server, .. } = &agreement;
    let login = &call.surface.login;
    login.revoke_scope(user_id, client_id, server, &scope).await.map_err(|error| failed(&error))?;
    note(&call, "app.oauth2.consent.revoke", &user).await?;
    Ok(nothing())
}

/// `DELETE /api/v1/users/{id}/grants`
async fn end_grants(call: Call, Ids([user]): Ids<1>) -> Answer {
    end_all(&call, &user, None).await
}

/// `DELETE /api/v1/users/{id}/clients/{clientId}/grants`
async fn end_of_client(call: Call, Ids([user, client]): Ids<2>) -> Answer {
    end_all(&call, &user, Some(&client)).await
}

async fn end_all(call: &Call, user: &str, client: Option<&str>) -> Answer {
    let user = named(call, user).await?;
    let login = &call.surface.login;
    for agreement in login.list_agreements(&user.id).await.map_err(|error| failed(&error))? {
        let Agreement { user_id, client_id, server, .. } = &agreement;
        if client.is_none_or(|client| client == client_id) {
            login
                .revoke_agreement(user_id, client_id, server)
                .await
                .map_err(|error| failed(&error))?;
        }
    }
    note(call, "app.oauth2.consent.revoke", &user).await?;
    Ok(nothing())
}

/// `GET /api/v1/users/{id}/clients`: those that somebody agreed to, or that hold tokens of theirs.
async fn list_clients(call: Call, Ids([user]): Ids<1>) -> Answer {
    let user = named(&call, &user).await?;
    let agreements =
        call.surface.login.list_agreements(&user.id).await.map_err(|error| failed(&error))?;
    let mut clients: BTreeSet<String> =
        agreements.into_iter().map(|agreement| agreement.client_id).collect();
    let take = |token: &HeldToken| {
        clients.insert(token.client_id.clone());
        false
    };
    look_at(&call, &tag_of_user(&user.id), take).await?;
    let published = call.surface.issuer.version();
    let told = clients.iter().filter_map(|client_id| {
        let application = published.directory().find_application(client_id)?;
        let own = call.url(&format!("/api/v1/users/{}/clients/{client_id}", user.id));
        let allow = json!({ "allow": ["GET", "DELETE"] });
        Some(json!({
            "client_id": client_id,
            "client_name": application.label,
            "client_uri": null,
            "logo_uri": null,
            "_links": {
                "grants": { "href": format!("{own}/grants"), "hints": allow },
                "tokens": { "href": format!("{own}/tokens"), "hints": allow },
            },
        }))
    });
    Ok(call.list(told.collect(), None))
}

/// The tokens of somebody that a client holds.
async fn held(call: &Call, user: &str, client_id: String) -> Result<Holder, ManagementError> {
    let user = named(call, user).await?.id;
    let path = format!("/api/v1/users/{user}/clients/{client_id}/tokens");
    Ok(Holder { client_id, server: None, user: Some(user), path })
}

/// `GET /api/v1/users/{id}/clients/{clientId}/tokens`
async fn list_tokens(call: Call, Ids([user, client]): Ids<2>) -> Answer {
    held(&call, &user, client).await?.list(&call).await
}

/// `GET /api/v1/users/{id}/clients/{clientId}/tokens/{tokenId}`
async fn find_token(call: Call, Ids([user, client, id]): Ids<3>) -> Answer {
    held(&call, &user, client).await?.tell(&call, &id).await
}

/// `DELETE /api/v1/users/{id}/clients/{clientId}/tokens/{tokenId}`
async fn end_token(call: Call, Ids([user, client, id]): Ids<3>) -> Answer {
    held(&call, &user, client).await?.end_one(&call, &id).await
}

/// `DELETE /api/v1/users/{id}/clients/{clientId}/tokens`: at every server, and what was granted without a
/// refresh token too.
async fn end_tokens(call: Call, Ids([user, client]): Ids<2>) -> Answer {
    let user = named(&call, &user).await?;
    let published = call.surface.issuer.version();
    for server in published.all_servers() {
        let tag = grant_tag(&user.id, &client, &server.definition().id);
        call.surface
            .store
            .delete_by_tag(Some(FAMILY), &tag)
            .await
            .map_err(|error| failed(&error))?;
    }
    note(&call, "app.oauth2.token.revoke", &user).await?;
    Ok(nothing())
}
