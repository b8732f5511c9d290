//! `POST /api/v1/authorizationServers/{id}/tokens/preview`: what a request would be answered, without
//! anything being signed (decision 35; authorization-server §8.1). Okta has it in its console only.

use super::super::error::ManagementError;
use super::super::limit;
use super::call::{Answer, Call, Ids, Sent, written_object};
use super::operation::{Answers, Operation, Shape};
use crate::audit::{About, Actor, Event, EventType, Outcome};
use crate::authority::Access;
use crate::directory::Person;
use crate::grant::preview::{Preview, PreviewRequest, Refreshed, SubjectToken, preview};
use crate::publish::{Published, RunningServer};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const PATH: &str = "/api/v1/authorizationServers/{authServerId}/tokens/preview";

/// What there is to be done.
pub(super) fn operations() -> Vec<Operation> {
    let operation = Operation::create(PATH, "previewTokens", REQUEST, ask);
    vec![operation.answering(StatusCode::OK, Answers::One(PREVIEW))]
}

const REQUEST: Shape = Shape {
    name: "TokenPreviewRequest",
    schema: || {
        let text = || json!({ "type": "string" });
        let texts = || json!({ "type": "array", "items": { "type": "string" } });
        json!({
            "type": "object",
            "required": ["client_id"],
            "properties": {
                "client_id": text(),
                "grant_type": text(),
                "user_id": { "type": "string", "description": "the id or the login" },
                "user": {
                    "type": "object",
                    "description": "a person who is made up",
                    "required": ["profile"],
                    "properties": {
                        "profile": { "type": "object" }, "groups": texts(),
                        "linkedObjects": {
                            "type": "object", "description": "a login, or a person who is made up",
                        },
                    },
                },
                "scopes": texts(),
                "audience": text(),
                "resource": text(),
                "response_type": text(),
                "nonce": text(),
                "second_factor": { "type": "boolean" },
                "refreshed": {
                    "type": "object",
                    "properties": { "grant_type": text(), "scopes": texts() },
                },
                "subject": { "type": "object", "properties": { "scopes": texts() } },
                "explain": { "type": "boolean" },
                "runHooks": { "const": false },
                "drafts": drafts(),
            },
        })
    },
};

/// What is not saved yet: each thing as the API takes it, in the place of what has its `id`, or beside
/// the others. Rules are in a policy that is a draft too, or name one that is kept.
fn drafts() -> Value {
    let list = |required: &[&str], description: &str| {
        json!({
            "type": "array",
            "maxItems": 100,
            "description": description,
            "items": { "type": "object", "required": required },
        })
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "scopes": list(&["name"], "each as an OAuth2Scope"),
            "claims": list(&["name", "claimType", "valueType", "value"], "each as an OAuth2Claim"),
            "policies": list(&["name"], "each as an AuthorizationServerPolicy, with its `rules`"),
            "rules": list(
                &["policyId", "name"],
                "each as an AuthorizationServerPolicyRule, in the policy `policyId`",
            ),
            "tokenPolicies": list(&["name"], "each as a TokenPolicy"),
        },
    })
}

const PREVIEW: Shape = Shape {
    name: "TokenPreview",
    schema: || {
        let token = || {
            json!({
                "type": ["object", "null"],
                "required": ["header", "payload"],
                "properties": { "header": { "type": "object" }, "payload": { "type": "object" } },
            })
        };
        json!({
            "type": "object",
            "required": [
                "matched", "evaluated", "grantedScopes", "access_token", "id_token", "userinfo",
                "refresh_token", "warnings", "error",
            ],
            "properties": {
                "matched": { "type": ["object", "null"] },
                "evaluated": { "type": "array", "items": { "type": "object" } },
                "grantedScopes": { "type": "array", "items": { "type": "string" } },
                "access_token": token(),
                "id_token": token(),
                "userinfo": { "type": ["object", "null"] },
                "refresh_token": { "type": "object" },
                "warnings": { "type": "array", "items": { "type": "object" } },
                "error": { "type": ["object", "null"] },
                "explanation": { "type": "object" },
            },
        })
    },
};

/// What else must be readable, since a preview tells of it.
const ALSO_READ: &[&str] = &["users", "groups", "apps"];

async fn ask(call: Call, Ids([id]): Ids<1>, Sent(body): Sent) -> Answer {
    for resource in ALSO_READ {
        if !call.authority.may(resource, Access::Read) {
            return Err(ManagementError::insufficient_scope(&format!("okta.{resource}.read")));
        }
    }
    limit::preview(&call.surface, &call.actor().id)?;
    let drafts = body.get("drafts").filter(|drafts| !drafts.is_null());
    if drafts.is_some() && !call.authority.may("authorizationServers", Access::Manage) {
        return Err(ManagementError::insufficient_scope("okta.authorizationServers.manage"));
    }
    let mut published = call.surface.issuer.version();
    let server_id = match find_server(&published, &id) {
        Some(server) => server.definition().id.clone(),
        None => return Err(ManagementError::no_such("AuthorizationServer", &id)),
    };
    if let Some(drafts) = drafts {
        published = call.surface.administration.drafted(&server_id, drafts).await?;
    }
    let request = Body(&body).request(&published).await?;
    let now = call.surface.clock.seconds();
    let told = evaluate(Arc::clone(&published), server_id.clone(), request, now).await?;
    record(&call, &server_id, &told);
    Ok(written_object(StatusCode::OK, told.to_json()))
}

/// On a thread that may take its time: expressions are bounded, but not short. Machine code is made
/// of drafts, too, so that what both engines say is compared (decision 36).
async fn evaluate(
    published: Arc<Published>,
    server_id: String,
    request: PreviewRequest,
    now: i64,
) -> Result<Preview, ManagementError> {
    let work = move || {
        let server = find_server(&published, &server_id)?;
        server.programs().compile();
        Some(preview(&published, server, &request, now))
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.ok().flatten().ok_or_else(ManagementError::unavailable)
}

/// The server of this id, active or not.
fn find_server<'p>(published: &'p Published, id: &str) -> Option<&'p RunningServer> {
    let of_id = |server: &&RunningServer| server.definition().id == id;
    published.find_server(id).or_else(|| published.servers().iter().find(of_id))
}

fn record(call: &Call, server: &str, told: &Preview) {
    let Actor { id, kind, .. } = call.actor();
    let about = About {
        server: Some(server.to_owned()),
        client: Some(told.client_id.clone()),
        user: told.user.as_ref().map(|(id, _)| id.clone()),
        grant_type: Some(told.grant_type.clone()),
        scope: Some(told.granted_scopes.join(" ")),
        actor: Some((kind.word(), id)),
        ..About::default()
    };
    let (event_type, outcome) = (EventType::TokenPreviewed, Outcome::Success);
    call.surface.journal.note(&Event { event_type, outcome, about: &about });
}

/// What was sent, by names as OAuth writes them or as the management API does.
struct Body<'b>(&'b Value);

impl Body<'_> {
    async fn request(&self, published: &Published) -> Result<PreviewRequest, ManagementError> {
        let client_id = self.text("client_id", "clientId")?;
        let blank = || invalid("client_id", "The field cannot be left blank");
        if self.is_true("run_hooks", "runHooks")? {
            return Err(invalid("runHooks", "A preview asks no hooks"));
        }
        let refreshed = self.object("refreshed")?;
        let subject = self.object("subject")?;
        let audiences = [self.texts("audience", "audience")?, self.texts("resource", "resource")?];
        Ok(PreviewRequest {
            client_id: client_id.ok_or_else(blank)?,
            grant_type: self.text("grant_type", "grantType")?,
            person: self.person(published).await?,
            scope: self.texts("scopes", "scope")?.join(" "),
            audiences: audiences.concat(),
            response_type: self.text("response_type", "responseType")?,
            nonce: self.text("nonce", "nonce")?,
            second_factor: self.is_true("second_factor", "secondFactor")?,
            refreshed: Refreshed {
                grant_type: refreshed.text("grant_type", "grantType")?,
                scope: Some(refreshed.texts("scopes", "scope")?.join(" ")),
            },
            subject: SubjectToken { scope: subject.scopes()? },
            explain: self.is_true("explain", "explain")?,
        })
    }

    fn find(&self, name: &str, other: &str) -> Option<&Value> {
        let found = self.0.get(name).or_else(|| self.0.get(other));
        found.filter(|value| !value.is_null())
    }

    fn text(&self, name: &str, other: &str) -> Result<Option<String>, ManagementError> {
        match self.find(name, other) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ManagementError::malformed()),
        }
    }

    /// A list of texts, or one of them alone.
    fn texts(&self, name: &str, other: &str) -> Result<Vec<String>, ManagementError> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self.find(name, other) {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) => {
                all.iter().map(|one| text(one).ok_or_else(ManagementError::malformed)).collect()
            }
            Some(one) => Ok(vec![text(one).ok_or_else(ManagementError::malformed)?]),
        }
    }

    fn scopes(&self) -> Result<Option<String>, ManagementError> {
        let is_there = self.find("scopes", "scope").is_some();
        Ok(is_there.then_some(self.texts("scopes", "scope")?.join(" ")))
    }

    fn is_true(&self, name: &str, other: &str) -> Result<bool, ManagementError> {
        match self.find(name, other) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(ManagementError::malformed),
        }
    }

    fn object(&self, name: &str) -> Result<Body<'_>, ManagementError> {
        match self.find(name, name) {
            None => Ok(Body(&Value::Null)),
            Some(value) if value.is_object() => Ok(Body(value)),
            Some(_) => Err(ManagementError::malformed()),
        }
    }

    /// The person who is named, or made up.
    async fn person(&self, published: &Published) -> Result<Option<Arc<Person>>, ManagementError> {
        let made_up = self.find("user", "user");
        match (self.text("user_id", "userId")?, made_up) {
            (Some(_), Some(_)) => Err(invalid("user", "A user is named or made up, not both")),
            (Some(name), None) => find_person(published, &name).await.map(Some),
            (None, None) => Ok(None),
            (None, Some(Value::Object(person))) => make_up(published, person).await.map(Some),
            (None, Some(_)) => Err(ManagementError::malformed()),
        }
    }
}

async fn find_person(published: &Published, name: &str) -> Result<Arc<Person>, ManagementError> {
    let failed = |error: crate::store::StoreError| {
        tracing::error!(%error, "a user could not be read");
        ManagementError::unavailable()
    };
    let by_id = published.find_person(name).await.map_err(failed)?;
    let found = match by_id {
        Some(person) => Some(person),
        None => published.find_person_by_login(name).await.map_err(failed)?,
    };
    found.ok_or_else(|| ManagementError::no_such("User", name))
}

async fn make_up(
    published: &Published,
    person: &Map<String, Value>,
) -> Result<Arc<Person>, ManagementError> {
    let text = Value::Object(person.clone()).to_string();
    published.make_up_person(&text).await.map_err(|problems| {
        let causes =
            problems.into_iter().map(|told| json!({ "errorSummary": format!("user: {told}") }));
        ManagementError::invalid("user", causes)
    })
}

fn invalid(member: &str, message: &str) -> ManagementError {
    ManagementError::invalid_member("tokenPreview", member, message)
}
