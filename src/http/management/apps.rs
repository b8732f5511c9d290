//! `/api/v1/apps`: the OAuth clients (authorization-server §1.9).

use super::super::error::ManagementError;
use super::call::{Answer, Call, Ids, Sent, nothing, object};
use super::operation::{Answers, Operation, Parameter, Shape};
use super::shape::{FILTER, Q, links, read_only, status, text_or_null, texts, time};
use super::users::named;
use crate::administration::application::{self, ATTRIBUTES, Wanted};
use crate::directory::Status;
use axum::http::StatusCode;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/apps";
const ONE: &str = "/api/v1/apps/{appId}";
const OF_GROUP: &str = "/api/v1/groups/{groupId}/apps";
const LINKS: &str = "/api/v1/users/{id}/appLinks";
/// Of Okta's console; Terraform's provider asks it of every app that it makes with an API token.
const ISSUER: &str = "/api/v1/internal/apps/{appId}/settings/oauth/idToken";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::list(ALL, "listApplications", APPLICATION, list).asking(&[Q, FILTER]),
        Operation::create(ALL, "createApplication", APPLICATION, create).asking(&[ACTIVATE]),
        Operation::list(OF_GROUP, "listAssignedApplicationsForGroup", APPLICATION, of_group),
        Operation::find(LINKS, "listAppLinks", LINK, list_links)
            .answering(StatusCode::OK, Answers::Many(LINK)),
        Operation::find(ISSUER, "getApplicationIssuer", ISSUER_MODE, find_issuer),
        Operation::act("post", ISSUER, "setApplicationIssuer", set_issuer)
            .taking(ISSUER_MODE)
            .answering(StatusCode::OK, Answers::One(ISSUER_MODE)),
        Operation::find(ONE, "getApplication", APPLICATION, find),
        Operation::replace(ONE, "replaceApplication", APPLICATION, replace),
        Operation::delete(ONE, "deleteApplication", delete),
        turn("/api/v1/apps/{appId}/lifecycle/activate", "activateApplication", activate),
        turn("/api/v1/apps/{appId}/lifecycle/deactivate", "deactivateApplication", deactivate),
    ]
}

fn turn<H, T>(path: &'static str, id: &'static str, handler: H) -> Operation
where
    H: axum::handler::Handler<T, std::sync::Arc<super::super::Surface>>,
    T: 'static,
{
    Operation::act("post", path, id, handler).answering(StatusCode::OK, Answers::One(NOTHING))
}

const ACTIVATE: Parameter = Parameter {
    name: "activate",
    description: "whether it is active at once",
    schema: || json!({ "type": "boolean", "default": true }),
};

/// What Okta answers where there is nothing to say.
const NOTHING: Shape =
    Shape { name: "Done", schema: || json!({ "type": "object", "maxProperties": 0 }) };

const ISSUER_MODE: Shape = Shape {
    name: "ApplicationIssuer",
    schema: || {
        json!({
            "type": "object",
            "required": ["issuerMode"],
            "properties": { "issuerMode": { "type": "string", "enum": ["ORG_URL", "DYNAMIC"] } },
        })
    },
};

const APPLICATION: Shape = Shape {
    name: "Application",
    schema: || {
        json!({
            "type": "object",
            "required": ["label", "settings"],
            "properties": {
                "id": read_only(json!({ "type": "string" })),
                "name": { "type": "string", "enum": ["oidc_client"] },
                "label": { "type": "string", "minLength": 1, "maxLength": 100 },
                "status": read_only(status()),
                "created": time(),
                "lastUpdated": time(),
                "signOnMode": { "type": "string", "enum": ["OPENID_CONNECT"] },
                "features": read_only(texts()),
                "accessibility": {
                    "type": "object",
                    "properties": {
                        "selfService": { "type": "boolean" },
                        "errorRedirectUrl": text_or_null(),
                        "loginRedirectUrl": text_or_null(),
                    },
                },
                "visibility": {
                    "type": "object",
                    "properties": {
                        "autoLaunch": { "type": "boolean" },
                        "autoSubmitToolbar": { "type": "boolean" },
                        "hide": {
                            "type": "object",
                            "properties": {
                                "iOS": { "type": "boolean" }, "web": { "type": "boolean" },
                            },
                        },
                        "appLinks": {
                            "type": "object", "additionalProperties": { "type": "boolean" },
                        },
                    },
                },
                "profile": { "type": "object" },
                "credentials": credentials(),
                "settings": {
                    "type": "object",
                    "required": ["oauthClient"],
                    "properties": { "app": read_only(json!({ "type": "object" })), "oauthClient": client() },
                },
                "assignments": {
                    "type": "object",
                    "writeOnly": true,
                    "description": "Claimsmith's own, of a new application: ids of whom it is for",
                    "properties": { "groups": texts(), "users": texts() },
                },
                "_links": links(),
            },
        })
    },
};

const LINK: Shape = Shape {
    name: "AppLink",
    schema: || {
        let (text, flag) = (|| json!({ "type": "string" }), || json!({ "type": "boolean" }));
        json!({
            "type": "object",
            "properties": {
                "id": text(), "label": text(), "linkUrl": text_or_null(),
                "logoUrl": text_or_null(), "appName": text(), "appInstanceId": text(),
                "appAssignmentId": text(), "credentialsSetup": flag(), "hidden": flag(),
                "sortOrder": { "type": "integer" },
            },
        })
    },
};

fn credentials() -> Value {
    json!({
        "type": "object",
        "properties": {
            "userNameTemplate": {
                "type": "object",
                "properties": {
                    "template": { "type": "string", "enum": ["${source.login}"] },
                    "type": { "type": "string", "enum": ["BUILT_IN"] },
                },
            },
            "signing": read_only(json!({ "type": "object" })),
            "oauthClient": {
                "type": "object",
                "properties": {
                    "client_id": {
                        "type": "string", "minLength": 6, "maxLength": 100,
                        "pattern": "^[A-Za-z0-9$_.+!*'(),-]+$",
                    },
                    "client_secret": { "type": "string", "minLength": 14, "maxLength": 100 },
                    "token_endpoint_auth_method": {
                        "type": "string",
                        "enum": [
                            "client_secret_basic", "client_secret_post", "client_secret_jwt",
                            "private_key_jwt", "none",
                        ],
                    },
                    "pkce_required": { "type": "boolean" },
                    "autoKeyRotation": { "type": "boolean" },
                },
            },
        },
    })
}

fn uris() -> Value {
    json!({
        "type": "array", "items": { "type": "string" },
        "examples": [["https://shop.example.com/callback"]],
    })
}

fn client() -> Value {
    let word = |words: &[&str]| json!({ "type": "string", "enum": words });
    json!({
        "type": "object",
        "required": ["application_type", "grant_types"],
        "properties": {
            "application_type": word(&["web", "native", "browser", "service"]),
            "grant_types": {
                "type": "array", "items": { "type": "string" },
                "examples": [["authorization_code"], ["client_credentials"]],
            },
            "response_types": {
                "type": "array", "items": word(&["code", "token", "id_token"]),
            },
            "redirect_uris": uris(),
            "post_logout_redirect_uris": uris(),
            "client_uri": text_or_null(),
            "logo_uri": text_or_null(),
            "policy_uri": text_or_null(),
            "tos_uri": text_or_null(),
            "initiate_login_uri": text_or_null(),
            "consent_method": word(&["TRUSTED", "REQUIRED"]),
            "issuer_mode": word(&["ORG_URL", "DYNAMIC"]),
            "wildcard_redirect": word(&["DISABLED"]),
            "dpop_bound_access_tokens": { "type": "boolean" },
            "idp_initiated_login": {
                "type": "object",
                "required": ["mode"],
                "properties": {
                    "mode": word(&["DISABLED", "SPEC", "OKTA"]), "default_scope": texts(),
                },
            },
            "refresh_token": {
                "type": "object",
                "properties": {
                    "rotation_type": word(&["ROTATE", "STATIC"]),
                    "leeway": { "type": "integer", "minimum": 0, "maximum": 60 },
                },
            },
            "jwks": {
                "type": "object",
                "properties": {
                    "keys": { "type": "array", "maxItems": 50, "items": { "type": "object" } },
                },
            },
            "jwks_uri": text_or_null(),
            "network": {
                "type": "object",
                "required": ["connection"],
                "properties": { "connection": word(&["ANYWHERE"]) },
            },
            "subject_type": word(&["public"]),
            "resource_server_for": {
                "type": "array", "items": { "type": "string" }, "description": "Claimsmith's own",
            },
            "second_factor": {
                "type": "string", "enum": ["REQUIRED", "OPTIONAL"], "description": "Claimsmith's own",
            },
            "allow_session_token": { "type": "boolean", "description": "Claimsmith's own" },
        },
    })
}

async fn list(call: Call) -> Answer {
    let condition = call.filter(ATTRIBUTES)?;
    let wanted = Wanted { words: call.query("q"), condition: condition.as_ref() };
    let all = application::list(&call.ask(), wanted).await?;
    call.tell_part_of(all, 20, 200)
}

async fn of_group(call: Call, Ids([group]): Ids<1>) -> Answer {
    call.tell_part_of(application::list_of_group(&call.ask(), &group).await?, 20, 200)
}

async fn list_links(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let links = application::list_links(&call.ask(), &user.id).await?;
    Ok(object(StatusCode::OK, &links.into()))
}

async fn create(call: Call, Sent(sent): Sent) -> Answer {
    let status = match call.query("activate") {
        Some("false") => Status::Inactive,
        _ => Status::Active,
    };
    call.tell(StatusCode::OK, &application::add(&call.ask(), &sent, status).await?)
}

async fn find(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.tell(StatusCode::OK, &application::find(&call.ask(), &id).await?)
}

async fn replace(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    call.may_act_as(&id).await?;
    call.tell(StatusCode::OK, &application::put(&call.ask(), &id, &sent).await?)
}

async fn find_issuer(call: Call, Ids([id]): Ids<1>) -> Answer {
    let mode = application::issuer_mode(&call.ask(), &id).await?;
    Ok(object(StatusCode::OK, &json!({ "issuerMode": mode })))
}

async fn set_issuer(call: Call, Ids([id]): Ids<1>, Sent(sent): Sent) -> Answer {
    application::set_issuer_mode(&call.ask(), &id, &sent).await?;
    find_issuer(call, Ids([id])).await
}

async fn delete(call: Call, Ids([id]): Ids<1>) -> Answer {
    application::remove(&call.ask(), &id).await?;
    Ok(nothing())
}

async fn activate(call: Call, Ids([id]): Ids<1>) -> Answer {
    call.may_act_as(&id).await?;
    application::turn(&call.ask(), &id, Status::Active).await?;
    Ok(object(StatusCode::OK, &json!({})))
}

async fn deactivate(call: Call, Ids([id]): Ids<1>) -> Answer {
    application::turn(&call.ask(), &id, Status::Inactive).await?;
    Ok(object(StatusCode::OK, &json!({})))
}

impl Call {
    /// Whoever gives an application a key or a secret can do what it may do: nobody who lacks a scope
    /// of the management API that it was granted (decision 31).
    pub(super) async fn may_act_as(&self, app: &str) -> Result<(), ManagementError> {
        let scopes = application::scopes_of(&self.ask(), app).await?;
        match scopes.iter().find(|scope| !self.authority.covers(scope)) {
            Some(scope) => {
                let why = format!("the application was granted `{scope}`, which you lack yourself");
                Err(ManagementError::forbidden().because(why))
            }
            None => Ok(()),
        }
    }
}
