//! Claim names that nobody may define, because a token's meaning rests on them (decision 8).

use super::{AccessTokenFormat, ClaimType};

/// In every token.
const BOTH: &[&str] =
    &["acr", "auth_time", "cid", "cnf", "exp", "iat", "iss", "jti", "sid", "token_type", "ver"];

/// In access tokens. `aud` is every access token's own; a second one would be ambiguous.
const ACCESS: &[&str] = &[
    "act",
    "as_uri",
    "aud",
    "authorization_details",
    "azp",
    "client_id",
    "may_act",
    "nbf",
    "rpt",
    "rsi",
    "scp",
    "uid",
    "username",
];

/// In ID tokens.
const IDENTITY: &[&str] = &[
    "active",
    "aid",
    "amr",
    "app_id",
    "app_type",
    "at_hash",
    "aud",
    "c_hash",
    "client_id",
    "client_ip",
    "client_req_id",
    "client_type",
    "client_user_agent",
    "did",
    "dst",
    "group",
    "hotk",
    "idp",
    "idp_iss",
    "mac_key",
    "may_act",
    "nonce",
    "oid",
    "okta_emailVerified",
    "okta_lastUpdated",
    "orig",
    "permissions",
    "purpose",
    "pwd_exp_days",
    "pwd_exp_time",
    "rid",
    "role",
    "scope",
    "scopes",
    "sub",
    "term",
    "user_ip",
];

/// Prefixes in ID tokens.
const IDENTITY_PREFIXES: &[&str] = &["device_"];

/// Whether a claim of this name may not be defined for this kind of token. `sub` of access tokens
/// is not on the list: it is a system claim, whose value alone may change.
#[must_use]
pub fn is_reserved(claim_type: ClaimType, name: &str, format: AccessTokenFormat) -> bool {
    let own = match claim_type {
        ClaimType::Resource => {
            ACCESS.contains(&name) || (name == "scope" && format != AccessTokenFormat::Okta)
        }
        ClaimType::Identity => {
            IDENTITY.contains(&name)
                || IDENTITY_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        }
    };
    own || BOTH.contains(&name)
}
