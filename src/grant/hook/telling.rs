//! What a hook is told of a request (authorization-server §7).

use super::super::issue::{Channel, ClaimSet};
use super::{Asking, Documents};
use crate::directory::{AuthenticationMethod, User};
use crate::document::Json;
use serde_json::{Map, Value, json};

/// Bytes of randomness in the number of an event.
const ID_BYTES: usize = 15;

pub(super) fn body(
    claims: &ClaimSet<'_>,
    documents: &Documents,
    channel: Channel<'_>,
    asking: &Asking<'_>,
) -> Value {
    let proof = claims.proof();
    let server = proof.server;
    let (endpoint, method) = match channel {
        Channel::Token => ("token", "POST"),
        Channel::Browser { .. } => ("authorize", "GET"),
    };
    let url = format!("{}/v1/{endpoint}", server.base());
    let client = proof.client().ok();
    let client_id = client.map(|client| client.client_id.as_str());
    let is_public = client
        .is_some_and(|client| client.token_endpoint_auth_method == AuthenticationMethod::None);
    let scope = claims.scope();
    let asked = match channel {
        Channel::Token => {
            json!({"grant_type": proof.grant_type, "scope": scope, "client_id": client_id})
        }
        Channel::Browser { code } => json!({
            "response_type": claims.response_type(code.is_some()),
            "scope": scope,
            "client_id": client_id,
        }),
    };
    let mut context = json!({
        "request": {
            "id": asking.random.base64url(ID_BYTES), "method": method, "url": {"value": url},
        },
        "protocol": {
            "type": "OAUTH2.0",
            "request": asked,
            "issuer": {"uri": server.issuer()},
            "client": {
                "id": client_id,
                "name": client.map(|client| client.label.as_str()),
                "type": if is_public { "PUBLIC" } else { "CONFIDENTIAL" },
            },
        },
        "policy": claims.rule().map(|(policy, rule)| json!({"id": policy, "rule": {"id": rule}})),
    });
    let mut data = Map::new();
    if let (Some(user), Some(sign_in), Value::Object(context)) =
        (proof.user(), proof.sign_in.as_ref(), &mut context)
    {
        context.insert("user".to_owned(), of_user(user));
        let session = json!({
            "id": sign_in.session, "userId": user.id, "login": user.login, "amr": sign_in.methods,
        });
        context.insert("session".to_owned(), session);
    }
    data.insert("context".to_owned(), context);
    if let Some(identity) = &documents.identity {
        data.insert("identity".to_owned(), identity.shown());
    }
    if let Some(access) = &documents.access {
        let mut shown = access.shown();
        let granted = scope.split(' ').filter(|scope| !scope.is_empty());
        let granted: Map<String, Value> =
            granted.map(|scope| (scope.to_owned(), json!({"action": "GRANT"}))).collect();
        if let Value::Object(shown) = &mut shown {
            shown.insert("scopes".to_owned(), Value::Object(granted));
        }
        data.insert("access".to_owned(), shown);
    }
    json!({
        "source": url,
        "eventId": asking.random.base64url(ID_BYTES),
        "eventTime": written(asking.now),
        "eventTypeVersion": "1.0",
        "cloudEventVersion": "0.1",
        "contentType": "application/json",
        "eventType": "com.okta.oauth2.tokens.transform",
        "data": data,
    })
}

fn of_user(user: &User) -> Value {
    let attribute = |name: &str| match user.attribute(name) {
        Some(Json::Text(text)) => Value::from(text.as_str()),
        _ => Value::Null,
    };
    json!({
        "id": user.id,
        "profile": {
            "login": user.login,
            "firstName": attribute("firstName"),
            "lastName": attribute("lastName"),
            "locale": attribute("locale"),
            "timeZone": attribute("timezone"),
        },
    })
}

/// A time in seconds since 1970 as `YYYY-MM-DDTHH:mm:ss.000Z`.
pub(in crate::grant) fn written(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years begin in March here, so that the day that comes every four years is their last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}
