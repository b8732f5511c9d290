//! What somebody granted to clients: `/api/v1/users/{userId}/grants`, and per client below
//! `/api/v1/users/{userId}/clients` what they agreed to and the refresh tokens that came of it
//! (authorization-server §1.8).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, moment, nothing, object};
use super::factors::note;
use super::operation::{Operation, Parameter, Shape};
use super::users::named;
use crate::grant::{FAMILY, HeldToken, end_held, find_held, grant_tag, list_held};
use crate::login::Agreement;
use crate::publish::Published;
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
const TOKEN: &str = "/api/v1/users/{userId}/clients/{clientId}/tokens/{tokenId}";

/// How many families are read at once, and how many parts at most for one answer.
const STEP: u32 = 200;
const STEPS: usize = 50;

const EXPANDING: &[Parameter] = &[Parameter {
    name: "expand",
    description: "`scope` to be told the scopes too",
    schema: || json!({ "enum": ["scope"] }),
}];

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(GRANTS, "listUserGrants", GRANT_SHAPE, list_grants).asking(EXPANDING),
        Operation::delete(GRANTS, "revokeUserGrants", end_grants),
        Operation::find(GRANT, "getUserGrant", GRANT_SHAPE, find_grant).asking(EXPANDING),
        Operation::delete(GRANT, "revokeUserGrant", end_grant),
        Operation::list(CLIENTS, "listUserClients", CLIENT_SHAPE, list_clients),
        Operation::list(CLIENT_GRANTS, "listGrantsForUserAndClient", GRANT_SHAPE, list_of_client)
            .asking(EXPANDING),
        Operation::delete(CLIENT_GRANTS, "revokeGrantsForUserAndClient", end_of_client),
        Operation::list(TOKENS, "listRefreshTokensForUserAndClient", TOKEN_SHAPE, list_tokens)
            .asking(EXPANDING),
        Operation::delete(TOKENS, "revokeTokensForUserAndClient", end_tokens),
        Operation::find(TOKEN, "getRefreshTokenForUserAndClient", TOKEN_SHAPE, find_token)
            .asking(EXPANDING),
        Operation::delete(TOKEN, "revokeTokenForUserAndClient", end_token),
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

const TOKEN_SHAPE: Shape = Shape {
    name: "OAuth2RefreshToken",
    schema: || {
        let (text, time) =
            (json!({ "type": "string" }), json!({ "type": "string", "format": "date-time" }));
        json!({
            "type": "object",
            "required": ["id", "status", "issuer", "clientId", "userId", "scopes"],
            "properties": {
                "id": text,
                "status": { "enum": ["ACTIVE", "REVOKED"] },
                "created": time,
                "lastUpdated": time,
                "expiresAt": time,
                "issuer": text,
                "clientId": text,
                "userId": text,
                "scopes": { "type": "array", "items": text },
                "_embedded": { "type": "object" },
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

fn issuer_of(published: &Published, server: &str) -> String {
    let found = published.all_servers().iter().find(|known| known.definition().id == server);
    found.map_or_else(|| published.public_url().to_string(), |server| server.issuer().to_owned())
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

/// Every refresh token of somebody, for one client if one is named.
async fn tokens_of(
    call: &Call,
    user_id: &str,
    client: Option<&str>,
) -> Result<Vec<HeldToken>, ManagementError> {
    let (mut all, mut after): (Vec<HeldToken>, Option<String>) = (Vec::new(), None);
    for _ in 0..STEPS {
        let tag = format!("user:{user_id}");
        let listed = list_held(&call.surface.store, &tag, after.as_deref(), STEP).await;
        let (held, next) = listed.map_err(|error| failed(&error))?;
        let is_wanted = |token: &HeldToken| client.is_none_or(|client| token.client_id == client);
        all.extend(held.into_iter().filter(is_wanted));
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}

/// `GET /api/v1/users/{id}/clients`: those that somebody agreed to, or that hold tokens of theirs.
async fn list_clients(call: Call, Ids([user]): Ids<1>) -> Answer {
    let user = named(&call, &user).await?;
    let agreements =
        call.surface.login.list_agreements(&user.id).await.map_err(|error| failed(&error))?;
    let tokens = tokens_of(&call, &user.id, None).await?;
    let mut clients: BTreeSet<&str> =
        agreements.iter().map(|agreement| agreement.client_id.as_str()).collect();
    clients.extend(tokens.iter().map(|token| token.client_id.as_str()));
    let published = call.surface.issuer.version();
    let told = clients.into_iter().filter_map(|client_id| {
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

fn told_token(call: &Call, token: &HeldToken) -> Value {
    let HeldToken { id, server, client_id, user_id, scopes, .. } = token;
    let published = call.surface.issuer.version();
    let own = format!("/api/v1/users/{user_id}/clients/{client_id}/tokens/{id}");
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
            "app": link(call, &format!("/api/v1/apps/{client_id}")),
            "self": { "href": call.url(&own), "hints": { "allow": ["GET", "DELETE"] } },
            "revoke": { "href": call.url(&own), "hints": { "allow": ["DELETE"] } },
            "client": link(call, &format!("/oauth2/v1/clients/{client_id}")),
            "user": link(call, &format!("/api/v1/users/{user_id}")),
            "authorizationServer": link(call, &format!("/api/v1/authorizationServers/{server}")),
        },
    });
    if let (Some("scope"), Value::Object(told)) = (call.query("expand"), &mut told) {
        let scopes: Vec<Value> =
            scopes.iter().map(|scope| json!({ "id": scope, "name": scope })).collect();
        told.insert("_embedded".to_owned(), json!({ "scopes": scopes }));
    }
    told
}

/// `GET /api/v1/users/{id}/clients/{clientId}/tokens`
async fn list_tokens(call: Call, Ids([user, client]): Ids<2>) -> Answer {
    let user = named(&call, &user).await?;
    let paging = call.paging(20, 200)?;
    let tokens = tokens_of(&call, &user.id, Some(&client)).await?;
    let is_after = |token: &&HeldToken| paging.after.as_ref().is_none_or(|after| token.id > *after);
    let rest: Vec<&HeldToken> = tokens.iter().filter(is_after).collect();
    let part = rest.iter().take(paging.limit as usize);
    let is_more = rest.len() > paging.limit as usize;
    let next = part.clone().next_back().map(|token| token.id.clone()).filter(|_| is_more);
    let told = part.map(|token| told_token(&call, token)).collect();
    Ok(call.list(told, next.as_deref()))
}

async fn token_of(
    call: &Call,
    user_id: &str,
    client: &str,
    id: &str,
) -> Result<HeldToken, ManagementError> {
    let found = find_held(&call.surface.store, id).await.map_err(|error| failed(&error))?;
    let found = found.filter(|token| token.user_id == user_id && token.client_id == client);
    let shown = format!("{client}.{id}");
    found.ok_or_else(|| ManagementError::no_such("OAuth2RefreshTokenTx", &shown))
}

/// `GET /api/v1/users/{id}/clients/{clientId}/tokens/{tokenId}`
async fn find_token(call: Call, Ids([user, client, id]): Ids<3>) -> Answer {
    let user = named(&call, &user).await?;
    let token = token_of(&call, &user.id, &client, &id).await?;
    Ok(object(StatusCode::OK, &told_token(&call, &token)))
}

/// `DELETE /api/v1/users/{id}/clients/{clientId}/tokens/{tokenId}`
async fn end_token(call: Call, Ids([user, client, id]): Ids<3>) -> Answer {
    let user = named(&call, &user).await?;
    let token = token_of(&call, &user.id, &client, &id).await?;
    end_held(&call.surface.store, &token).await.map_err(|error| failed(&error))?;
    note(&call, "app.oauth2.token.revoke", &user).await?;
    Ok(nothing())
}

/// `DELETE /api/v1/users/{id}/clients/{clientId}/tokens`: at every server.
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
