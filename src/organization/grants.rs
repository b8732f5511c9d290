//! Reads how an application gets tokens: its grants, response types and redirect URIs, and holds
//! them against its type.

use super::decode::{Object, Placed, listed};
use crate::directory::{ApplicationType, AuthenticationMethod};

/// How an application gets tokens.
#[derive(Debug)]
pub(super) struct Usage {
    pub(super) grant_types: Vec<String>,
    pub(super) response_types: Vec<String>,
    pub(super) redirect_uris: Vec<String>,
}

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The grants of rules: those of applications but `refresh_token`, which is decided as the grant it
/// began with (decision 10).
pub(super) const RULE_GRANTS: &[&str] = &[
    "authorization_code",
    "implicit",
    "password",
    "client_credentials",
    "interaction_code",
    TOKEN_EXCHANGE,
    DEVICE_CODE,
    JWT_BEARER,
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:openid:params:grant-type:ciba",
];

/// Okta's own grants of factors: rules may name them, and none is ever asked for here.
pub(super) const VENDOR_GRANTS: &[&str] = &[
    "urn:okta:params:oauth:grant-type:otp",
    "urn:okta:params:oauth:grant-type:oob",
    "http://auth0.com/oauth/grant-type/mfa-otp",
    "http://auth0.com/oauth/grant-type/mfa-oob",
    "urn:okta:params:oauth:grant-type:mfa-otp",
    "urn:okta:params:oauth:grant-type:mfa-oob",
];

/// The grants a type of application may have (authorization-server §1.9; `password` as decision 29).
fn grants_of(application_type: ApplicationType) -> &'static [&'static str] {
    match application_type {
        ApplicationType::Browser => &["authorization_code", "implicit", "refresh_token"],
        ApplicationType::Native => &[
            "authorization_code",
            "implicit",
            "password",
            "refresh_token",
            DEVICE_CODE,
            TOKEN_EXCHANGE,
        ],
        ApplicationType::Web => &[
            "authorization_code",
            "implicit",
            "password",
            "refresh_token",
            "client_credentials",
            "urn:openid:params:grant-type:ciba",
        ],
        ApplicationType::Service => &["client_credentials", TOKEN_EXCHANGE, JWT_BEARER],
    }
}

/// Reads `grant_types`, `response_types` and `redirect_uris`.
pub(super) fn read_usage(
    settings: &Object<'_>,
    application_type: ApplicationType,
    method: AuthenticationMethod,
) -> Usage {
    let grants = settings.require("grant_types").map(|place| place.texts()).unwrap_or_default();
    let allowed = grants_of(application_type);
    for grant in grants.iter().filter(|grant| !allowed.contains(&grant.value)) {
        grant.place.blame(format!(
            "this type of application cannot use the grant `{}`; it can use {}",
            grant.value,
            listed(allowed.iter())
        ));
    }
    let uses = |name: &str| grants.iter().any(|grant| grant.value == name);
    if uses("client_credentials") && method == AuthenticationMethod::None {
        settings.place.blame("a client without a secret cannot use `client_credentials`");
    }
    let redirect_uris = settings.texts("redirect_uris");
    for uri in redirect_uris.iter().filter(|uri| !is_absolute_uri(uri.value)) {
        uri.place.blame("expected an absolute URI without a fragment");
    }
    if (uses("authorization_code") || uses("implicit")) && redirect_uris.is_empty() {
        settings.place.blame("`redirect_uris` must name at least one for these grants");
    }
    let response_types = settings.texts("response_types");
    for response_type in &response_types {
        check_response_type(response_type, application_type, &uses);
    }
    Usage {
        grant_types: owned(&grants),
        response_types: owned(&response_types),
        redirect_uris: owned(&redirect_uris),
    }
}

/// `code` needs the code grant; `token` and `id_token` the implicit one, or a service.
fn check_response_type(
    response_type: &Placed<'_, &str>,
    application_type: ApplicationType,
    uses: &dyn Fn(&str) -> bool,
) {
    let is_service = application_type == ApplicationType::Service;
    let fits = match response_type.value {
        "code" => uses("authorization_code"),
        "token" => is_service || uses("implicit") || uses("client_credentials"),
        "id_token" => uses("implicit"),
        other => {
            let message = format!("expected one of `code`, `token`, `id_token`, found `{other}`");
            return response_type.place.blame(message);
        }
    };
    if !fits {
        let message = format!("no grant of this application answers `{}`", response_type.value);
        response_type.place.blame(message);
    }
}

/// Whether a text is a scheme, a colon and something after it, without white space or fragment.
pub(super) fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let starts = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let printable = rest.chars().all(|c| c.is_ascii_graphic() && !"#\"<>\\^`{|}".contains(c));
    starts && scheme.chars().all(plain) && !rest.is_empty() && printable
}

fn owned(texts: &[Placed<'_, &str>]) -> Vec<String> {
    texts.iter().map(|text| text.value.to_owned()).collect()
}
