//! `/api/v1/users/{userId}/factors`: the second factors of somebody, of which administrators set up
//! apps with one-time passwords and take any away. Passkeys are set up by their person, at `/account`.

use super::super::error::ManagementError;
use super::super::limit::told_until;
use super::call::{Answer, Call, Ids, Sent, moment, nothing, object};
use super::operation::{Answers, Operation, Shape};
use super::users::{done, named};
use crate::administration::text_of;
use crate::login::{AppSecret, SignInRefused};
use crate::store::organization::Entity;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

const ALL: &str = "/api/v1/users/{userId}/factors";
const ONE: &str = "/api/v1/users/{userId}/factors/{factorId}";

const APP: &str = "token:software:totp";
const PASSKEY: &str = "webauthn";

/// What there is to be done with them.
pub(super) fn operations() -> Vec<Operation> {
    let many = Answers::Many(SHAPE);
    vec![
        Operation::find(ALL, "listFactors", SHAPE, list).answering(StatusCode::OK, many),
        Operation::create(ALL, "enrollFactor", SHAPE, enroll).taking(NEW),
        Operation::find(
            "/api/v1/users/{userId}/factors/catalog",
            "listSupportedFactors",
            KINDS,
            kinds,
        )
        .answering(StatusCode::OK, Answers::Many(KINDS)),
        Operation::find(ONE, "getFactor", SHAPE, find),
        Operation::delete(ONE, "unenrollFactor", remove),
        Operation::create(
            "/api/v1/users/{userId}/factors/{factorId}/lifecycle/activate",
            "activateFactor",
            SHAPE,
            activate,
        )
        .taking(CODE),
        Operation::create(
            "/api/v1/users/{userId}/factors/{factorId}/verify",
            "verifyFactor",
            VERIFIED,
            verify,
        )
        .taking(CODE),
        Operation::act(
            "post",
            "/api/v1/users/{userId}/lifecycle/reset_factors",
            "resetFactors",
            reset,
        )
        .answering(StatusCode::OK, Answers::One(NOTHING)),
    ]
}

const NOTHING: Shape = Shape { name: "Done", schema: || json!({ "type": "object" }) };

fn factor(required: &[&str], statuses: &[&str]) -> Value {
    let time = json!({ "type": "string", "format": "date-time", "readOnly": true });
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "id": { "type": "string", "readOnly": true },
            "factorType": { "enum": [APP, PASSKEY] },
            "provider": { "enum": ["GOOGLE", "FIDO"] },
            "vendorName": { "enum": ["GOOGLE", "FIDO"], "readOnly": true },
            "status": { "enum": statuses, "readOnly": true },
            "enrollment": { "enum": ["OPTIONAL"], "readOnly": true },
            "created": time,
            "lastUpdated": time,
            "profile": { "type": "object" },
            "_embedded": { "type": "object", "readOnly": true },
            "_links": { "type": "object", "readOnly": true },
        },
    })
}

const SHAPE: Shape = Shape {
    name: "UserFactor",
    schema: || {
        factor(&["id", "factorType", "provider", "status"], &["ACTIVE", "PENDING_ACTIVATION"])
    },
};

const NEW: Shape = Shape {
    name: "NewUserFactor",
    schema: || factor(&["factorType", "provider"], &["ACTIVE", "PENDING_ACTIVATION"]),
};

const KINDS: Shape = Shape {
    name: "UserFactorSupported",
    schema: || factor(&["factorType", "provider", "status"], &["ACTIVE", "NOT_SETUP"]),
};

const CODE: Shape = Shape {
    name: "PassCode",
    schema: || {
        json!({
            "type": "object",
            "required": ["passCode"],
            "properties": { "passCode": { "type": "string" } },
        })
    },
};

const VERIFIED: Shape = Shape {
    name: "UserFactorVerifyResponse",
    schema: || {
        json!({
            "type": "object",
            "required": ["factorResult"],
            "properties": { "factorResult": { "enum": ["SUCCESS"] } },
        })
    },
};

/// A factor of somebody.
struct Factor {
    id: String,
    kind: &'static str,
    is_pending: bool,
    since: i64,
}

/// Every factor of somebody, those in the making behind.
async fn factors_of(call: &Call, user: &Entity) -> Result<Vec<Factor>, ManagementError> {
    let login = &call.surface.login;
    let failed = |error| ManagementError::failed(&error);
    let known = login.find_factors(&user.id).await.map_err(failed)?;
    let mut factors = Vec::new();
    if let Some((since, id)) = known.app_since.zip(known.app_id(&user.id)) {
        factors.push(Factor { id, kind: APP, is_pending: false, since });
    }
    let passkeys = known.passkeys.into_iter();
    factors.extend(passkeys.map(|(id, since)| Factor {
        id,
        kind: PASSKEY,
        is_pending: false,
        since,
    }));
    let begun = login.find_begun_app(&user.id).await.map_err(failed)?;
    factors.extend(begun.map(|begun| Factor {
        id: begun.id,
        kind: APP,
        is_pending: true,
        since: begun.since,
    }));
    Ok(factors)
}

async fn factor_of(call: &Call, user: &Entity, id: &str) -> Result<Factor, ManagementError> {
    let found = factors_of(call, user).await?.into_iter().find(|factor| factor.id == id);
    found.ok_or_else(|| ManagementError::no_such("UserFactor", id))
}

const fn provider_of(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"webauthn" => "FIDO",
        _ => "GOOGLE",
    }
}

fn told(call: &Call, user: &Entity, factor: &Factor) -> Value {
    let Factor { id, kind, is_pending, since } = factor;
    let provider = provider_of(kind);
    let own = call.url(&format!("/api/v1/users/{}/factors/{id}", user.id));
    let link =
        |path: &str| json!({ "href": format!("{own}{path}"), "hints": { "allow": ["POST"] } });
    let mut links = Map::new();
    links
        .insert("self".to_owned(), json!({ "href": own, "hints": { "allow": ["GET", "DELETE"] } }));
    if *is_pending {
        links.insert("activate".to_owned(), link("/lifecycle/activate"));
    } else if *kind == APP {
        links.insert("verify".to_owned(), link("/verify"));
    }
    json!({
        "id": id,
        "factorType": kind,
        "provider": provider,
        "vendorName": provider,
        "status": if *is_pending { "PENDING_ACTIVATION" } else { "ACTIVE" },
        "created": moment(*since),
        "lastUpdated": moment(*since),
        "profile": { "credentialId": login_of(user) },
        "_links": links,
    })
}

fn login_of(user: &Entity) -> &str {
    user.names.first().unwrap_or_default()
}

/// `GET /api/v1/users/{id}/factors`
async fn list(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let factors = factors_of(&call, &user).await?;
    Ok(call.list(factors.iter().map(|factor| told(&call, &user, factor)).collect(), None))
}

/// `GET /api/v1/users/{id}/factors/catalog`: what there could be.
async fn kinds(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let factors = factors_of(&call, &user).await?;
    let enroll = call.url(&format!("/api/v1/users/{}/factors", user.id));
    let told = [APP, PASSKEY].map(|kind| {
        let is_set_up = factors.iter().any(|factor| factor.kind == kind && !factor.is_pending);
        let provider = provider_of(kind);
        let mut told = json!({
            "factorType": kind,
            "provider": provider,
            "vendorName": provider,
            "status": if is_set_up { "ACTIVE" } else { "NOT_SETUP" },
            "enrollment": "OPTIONAL",
        });
        if let (Value::Object(told), APP) = (&mut told, kind) {
            let link = json!({ "href": enroll, "hints": { "allow": ["POST"] } });
            told.insert("_links".to_owned(), json!({ "enroll": link }));
        }
        told
    });
    Ok(call.list(told.to_vec(), None))
}

/// `GET /api/v1/users/{id}/factors/{factorId}`
async fn find(call: Call, Ids([user, id]): Ids<2>) -> Answer {
    let user = named(&call, &user).await?;
    let factor = factor_of(&call, &user, &id).await?;
    Ok(object(StatusCode::OK, &told(&call, &user, &factor)))
}

/// `POST /api/v1/users/{id}/factors`: its secret is told this once.
async fn enroll(call: Call, Ids([id]): Ids<1>, Sent(body): Sent) -> Answer {
    let user = named(&call, &id).await?;
    let (kind, provider) = (text_of(&body, "factorType"), text_of(&body, "provider"));
    if kind != Some(APP) || !matches!(provider, Some("GOOGLE" | "OKTA") | None) {
        let message = "only `token:software:totp` of `GOOGLE` is set up by an administrator";
        return Err(ManagementError::invalid_member("factorType", "factorType", message));
    }
    if factors_of(&call, &user).await?.iter().any(|known| known.kind == APP && !known.is_pending) {
        let message = "A factor of this type is already set up.";
        return Err(ManagementError::invalid_member("factorEnrollRequest", "factorType", message));
    }
    let begun = call.surface.login.begin_app(&user.id).await;
    let (secret, pending) = begun.map_err(refused_as)?;
    let (id, since) = (pending.id, pending.since);
    let factor = Factor { id, kind: APP, is_pending: true, since };
    let mut told = told(&call, &user, &factor);
    if let Value::Object(told) = &mut told {
        told.insert("_embedded".to_owned(), json!({ "activation": activation(&secret) }));
    }
    Ok(object(StatusCode::OK, &told))
}

fn activation(secret: &AppSecret) -> Value {
    json!({
        "timeStep": 30,
        "sharedSecret": secret.base32(),
        "encoding": "base32",
        "keyLength": 6,
    })
}

/// `POST /api/v1/users/{id}/factors/{factorId}/lifecycle/activate`: recovery codes are told this once.
async fn activate(call: Call, Ids([user, id]): Ids<2>, Sent(body): Sent) -> Answer {
    let user = named(&call, &user).await?;
    let code = text_of(&body, "passCode").ok_or_else(ManagementError::no_pass_code)?;
    let (codes, since) = match call.surface.login.finish_app(&user.id, &id, code).await {
        Ok(Some(enrolled)) => enrolled,
        Ok(None) => return Err(ManagementError::no_such("UserFactor", &id)),
        Err(refused) => return answered(&call, refused),
    };
    note(&call, "user.mfa.factor.activate", &user).await?;
    let factor = Factor { id, kind: APP, is_pending: false, since };
    let mut told = told(&call, &user, &factor);
    if let Value::Object(told) = &mut told {
        told.insert("_embedded".to_owned(), json!({ "recovery": { "codes": codes } }));
    }
    Ok(object(StatusCode::OK, &told))
}

/// `POST /api/v1/users/{id}/factors/{factorId}/verify`
async fn verify(call: Call, Ids([user, id]): Ids<2>, Sent(body): Sent) -> Answer {
    let user = named(&call, &user).await?;
    let factor = factor_of(&call, &user, &id).await?;
    let code = text_of(&body, "passCode").ok_or_else(ManagementError::no_pass_code)?;
    if factor.is_pending || factor.kind != APP {
        return Err(ManagementError::wrong_pass_code());
    }
    match call.surface.login.prove_factor(&user.id, code).await {
        Ok(()) => Ok(object(StatusCode::OK, &json!({ "factorResult": "SUCCESS" }))),
        Err(refused) => answered(&call, refused),
    }
}

/// `DELETE /api/v1/users/{id}/factors/{factorId}`
async fn remove(call: Call, Ids([user, id]): Ids<2>) -> Answer {
    let user = named(&call, &user).await?;
    let factor = factor_of(&call, &user, &id).await?;
    let login = &call.surface.login;
    let removed = match (factor.kind, factor.is_pending) {
        (_, true) => login.forget_begun_app(&user.id).await.map_err(SignInRefused::from),
        (APP, false) => login.remove_app(&user.id).await,
        _ => login.remove_passkey(&user.id, &id).await,
    };
    removed.map_err(refused_as)?;
    note(&call, "user.mfa.factor.deactivate", &user).await?;
    Ok(nothing())
}

/// `POST /api/v1/users/{id}/lifecycle/reset_factors`
async fn reset(call: Call, Ids([id]): Ids<1>) -> Answer {
    let user = named(&call, &id).await?;
    let reset = call.surface.login.remove_factors(&user.id).await;
    reset.map_err(refused_as)?;
    note(&call, "user.mfa.factor.reset_all", &user).await?;
    done()
}

/// Records that something was done to somebody.
pub(super) async fn note(
    call: &Call,
    event: &'static str,
    user: &Entity,
) -> Result<(), ManagementError> {
    Ok(call.surface.administration.note(&call.actor(), event, user).await?)
}

fn refused_as(refused: SignInRefused) -> ManagementError {
    match refused {
        SignInRefused::Wrong | SignInRefused::Weak | SignInRefused::Expired { .. } => {
            ManagementError::wrong_pass_code()
        }
        SignInRefused::Locked { .. } => ManagementError::too_many(),
        SignInRefused::Busy(_) => ManagementError::unavailable(),
        SignInRefused::Store(error) => ManagementError::failed(&error),
    }
}

/// With the time at which the next attempt is looked at.
fn answered(call: &Call, refused: SignInRefused) -> Answer {
    let seconds = match &refused {
        SignInRefused::Locked { seconds } => Some(*seconds),
        _ => None,
    };
    let error = refused_as(refused);
    match seconds {
        Some(seconds) => {
            let reset = call.surface.clock.seconds().saturating_add(seconds);
            Ok(told_until(reset, error.into_response()))
        }
        None => Err(error),
    }
}
