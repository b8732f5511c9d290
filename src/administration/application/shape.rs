//! What an application may be sent with, and as what it is told.

use super::super::ask::{Absent, Ask, Member, Told, moment};
use super::super::{object_at, set, text_of};
use super::{key, path_of};
use crate::directory::{ApplicationType, AuthenticationMethod, RefreshRotation};
use crate::organization::{LEEWAY, usual_pkce, usual_rotation};
use crate::store::organization::Entity;
use serde_json::{Value, json};

/// What people are called in an application, unless an assignment says otherwise.
pub(super) const USER_NAME: &str = "${source.login}";

/// Of the client itself. Its secrets are seen to apart.
const CLIENT: &[Member] = &[
    Member("client_id", Absent::Own, &[]),
    Member("client_secret", Absent::Own, &[]),
    Member("token_endpoint_auth_method", Absent::Default, &[]),
    Member("pkce_required", Absent::Default, &[]),
    Member("autoKeyRotation", Absent::Default, &[]),
];

/// How it gets tokens. The last three are ours, and Okta's SDKs do not know them.
const SETTINGS: &[Member] = &[
    Member("application_type", Absent::Kept, &[]),
    Member("grant_types", Absent::Default, &[]),
    Member("response_types", Absent::Default, &[]),
    Member("redirect_uris", Absent::Default, &[]),
    Member("post_logout_redirect_uris", Absent::Default, &[]),
    Member("client_uri", Absent::Default, &[]),
    Member("logo_uri", Absent::Default, &[]),
    Member("policy_uri", Absent::Default, &[]),
    Member("tos_uri", Absent::Default, &[]),
    Member("initiate_login_uri", Absent::Default, &[]),
    Member("consent_method", Absent::Default, &[]),
    Member("wildcard_redirect", Absent::Default, &[]),
    Member("issuer_mode", Absent::Default, &[]),
    Member("idp_initiated_login", Absent::Default, &[]),
    Member("refresh_token", Absent::Default, &[]),
    Member("dpop_bound_access_tokens", Absent::Default, &[]),
    Member("jwks", Absent::Default, &[]),
    Member("jwks_uri", Absent::Default, &[]),
    Member("network", Absent::Default, &[]),
    Member("subject_type", Absent::Default, &[]),
    Member("participate_slo", Absent::Default, &[]),
    Member("request_object_signing_alg", Absent::Default, &[]),
    Member("id_token_encrypted_response_alg", Absent::Default, &[]),
    Member("sector_identifier_uri", Absent::Default, &[]),
    Member("frontchannel_logout_uri", Absent::Default, &[]),
    Member("frontchannel_logout_session_required", Absent::Default, &[]),
    Member("backchannel_token_delivery_mode", Absent::Default, &[]),
    Member("backchannel_authentication_request_signing_alg", Absent::Default, &[]),
    Member("backchannel_custom_authenticator_id", Absent::Default, &[]),
    Member("resource_server_for", Absent::Kept, &[]),
    Member("second_factor", Absent::Kept, &[]),
    Member("allow_session_token", Absent::Kept, &[]),
];

/// What an application may be sent with; what else is sent is ignored.
pub(super) const MEMBERS: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("name", Absent::Own, &[]),
    Member("signOnMode", Absent::Own, &[]),
    Member("status", Absent::Own, &[]),
    Member("assignments", Absent::Own, &[]),
    Member("grants", Absent::Own, &[]),
    Member("label", Absent::Default, &[]),
    Member("visibility", Absent::Default, &[]),
    Member("accessibility", Absent::Default, &[]),
    Member("profile", Absent::Default, &[]),
    Member("credentials", Absent::Default, &[Member("oauthClient", Absent::Default, CLIENT)]),
    Member("settings", Absent::Default, &[Member("oauthClient", Absent::Default, SETTINGS)]),
];

/// `ACTIVE` or `INACTIVE`.
pub(super) fn status(body: &Value) -> &str {
    text_of(body, "status").unwrap_or("ACTIVE")
}

/// The client id: the id unless another was chosen.
pub(super) fn client_id_of(body: &Value) -> &str {
    let given = body.pointer("/credentials/oauthClient/client_id").and_then(Value::as_str);
    given.or_else(|| text_of(body, "id")).unwrap_or_default()
}

/// How the client proves who it is.
pub(super) fn method_of(body: &Value) -> AuthenticationMethod {
    let word = body.pointer("/credentials/oauthClient/token_endpoint_auth_method");
    let word = word.and_then(Value::as_str);
    let known = AuthenticationMethod::WORDS.iter().find(|(known, _)| Some(*known) == word);
    known.map_or(AuthenticationMethod::ClientSecretBasic, |(_, method)| *method)
}

fn type_of(body: &Value) -> ApplicationType {
    let word = body.pointer("/settings/oauthClient/application_type").and_then(Value::as_str);
    let known = ApplicationType::WORDS.iter().find(|(known, _)| Some(*known) == word);
    known.map_or(ApplicationType::Web, |(_, application_type)| *application_type)
}

/// An application as Okta's API tells one. `secret` is told this once.
pub(super) fn told(ask: &Ask<'_>, entity: &Entity, body: &Value, secret: Option<&str>) -> Told {
    let id = entity.id.as_str();
    let mut value = json!({
        "id": id,
        "name": super::NAME,
        "label": text_of(body, "label"),
        "status": status(body),
        "created": moment(entity.created),
        "lastUpdated": moment(entity.last_updated.or(entity.created)),
        "signOnMode": "OPENID_CONNECT",
        "features": [],
        "accessibility": filled(
            json!({ "selfService": false, "errorRedirectUrl": null, "loginRedirectUrl": null }),
            body.get("accessibility"),
        ),
        "visibility": filled(
            json!({
                "autoLaunch": false,
                "autoSubmitToolbar": false,
                "hide": { "iOS": true, "web": true },
                "appLinks": { "oidc_client_link": true },
            }),
            body.get("visibility"),
        ),
        "credentials": {
            "userNameTemplate": { "template": USER_NAME, "type": "BUILT_IN" },
            "signing": {},
            "oauthClient": credentials(body, secret),
        },
        "settings": {
            "app": {},
            "oauthClient": settings(body, id),
        },
        "_links": links(ask, id, status(body)),
    });
    if let Some(profile) = body.get("profile") {
        set(&mut value, "profile", profile.clone());
    }
    Told::new(value, entity)
}

/// What there is where nothing is said, and what is said.
fn filled(mut usual: Value, said: Option<&Value>) -> Value {
    for (name, value) in said.and_then(Value::as_object).into_iter().flatten() {
        set(&mut usual, name, value.clone());
    }
    usual
}

fn credentials(body: &Value, secret: Option<&str>) -> Value {
    let usual = json!({
        "autoKeyRotation": true,
        "client_id": client_id_of(body),
        "token_endpoint_auth_method": "client_secret_basic",
        "pkce_required": usual_pkce(type_of(body), method_of(body)),
    });
    let mut told = filled(usual, body.pointer("/credentials/oauthClient"));
    if let Some(members) = told.as_object_mut() {
        members.remove("client_secret");
        members.extend(secret.map(|secret| ("client_secret".to_owned(), json!(secret))));
    }
    told
}

fn settings(body: &Value, id: &str) -> Value {
    let usual = json!({
        "client_uri": null,
        "logo_uri": null,
        "redirect_uris": [],
        "response_types": [],
        "grant_types": [],
        "application_type": null,
        "consent_method": "TRUSTED",
        "issuer_mode": "ORG_URL",
        "wildcard_redirect": "DISABLED",
        "dpop_bound_access_tokens": false,
        "idp_initiated_login": { "mode": "DISABLED", "default_scope": [] },
        "resource_server_for": [],
        "second_factor": "OPTIONAL",
        "allow_session_token": false,
    });
    let mut told = filled(usual, body.pointer("/settings/oauthClient"));
    if let Some(login) = object_at(&mut told, &["idp_initiated_login"]) {
        login.entry("default_scope").or_insert_with(|| json!([]));
    }
    let has_refresh = told.get("grant_types").and_then(Value::as_array);
    if has_refresh.is_some_and(|grants| grants.contains(&json!("refresh_token"))) {
        let rotation = usual_rotation(type_of(body), method_of(body));
        let rotation = RefreshRotation::WORDS.iter().find(|(_, known)| *known == rotation);
        let usual = json!({
            "rotation_type": rotation.map(|(word, _)| *word),
            "leeway": LEEWAY,
        });
        let mut refresh = filled(usual, told.get("refresh_token"));
        if let Some(word) = text_of(&refresh, "rotation_type").map(str::to_uppercase) {
            set(&mut refresh, "rotation_type", json!(word));
        }
        set(&mut told, "refresh_token", refresh);
    } else if let Some(members) = told.as_object_mut() {
        members.remove("refresh_token");
    }
    if let Some(keys) = told.pointer_mut("/jwks/keys") {
        *keys = key::kept(body, id).into();
    }
    told
}

fn links(ask: &Ask<'_>, id: &str, status: &str) -> Value {
    let path = path_of(id);
    let mut links = json!({
        "self": ask.link(&path, &["GET", "PUT", "DELETE"]),
        "users": ask.link(&format!("{path}/users"), &["GET", "POST"]),
        "groups": ask.link(&format!("{path}/groups"), &["GET"]),
        "clientCredentials": ask.link(&format!("{path}/credentials/secrets"), &["GET", "POST"]),
    });
    ask.add_turn(&mut links, &path, status);
    links
}
