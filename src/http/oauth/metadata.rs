//! What a server can do, for programs (RFC 8414, OpenID Connect Discovery 1.0). Only what is
//! switched on is said (decision 30).

use super::super::Surface;
use super::super::answer::{public, refused};
use super::super::error::ManagementError;
use super::super::extract::{ServerId, query_of};
use super::no_server;
use crate::grant::Grant;
use crate::login::{LEVELS, ResponseMode};
use crate::publish::RunningServer;
use crate::server::{AccessTokenFormat, ClaimType, MetadataPublish};
use crate::token::foreign::{PUBLIC_KEY_ALGORITHMS, SECRET_ALGORITHMS};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

const CACHE: &str = "public, max-age=3600";

/// Claims of every access token.
const ACCESS_CLAIMS: &[&str] = &["ver", "jti", "iss", "aud", "iat", "exp", "uid", "sub"];
/// Client and scopes in Okta's words, and in those of RFC 9068 §2.2.
const OKTA_CLAIMS: &[&str] = &["cid", "scp"];
const RFC9068_CLAIMS: &[&str] = &["client_id", "scope"];

/// Claims of every ID token.
const IDENTITY_CLAIMS: &[&str] = &[
    "iss",
    "ver",
    "sub",
    "aud",
    "iat",
    "exp",
    "jti",
    "auth_time",
    "amr",
    "idp",
    "nonce",
    "at_hash",
];

/// How clients may prove themselves.
const AUTHENTICATION: &[&str] =
    &["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];

/// `…/.well-known/oauth-authorization-server`
pub(crate) async fn metadata(
    State(surface): State<Arc<Surface>>,
    ServerId(id): ServerId,
    request: Request,
) -> Response {
    answer(&surface, &id, &request, of_oauth)
}

/// `…/.well-known/openid-configuration`
pub(crate) async fn openid(
    State(surface): State<Arc<Surface>>,
    ServerId(id): ServerId,
    request: Request,
) -> Response {
    answer(&surface, &id, &request, of_openid)
}

fn answer(
    surface: &Surface,
    id: &str,
    request: &Request,
    document: impl Fn(&RunningServer) -> Value,
) -> Response {
    let query = match query_of(request.uri()) {
        Ok(query) => query,
        Err(refusal) => return refused(&refusal, false),
    };
    let published = surface.published(request.headers().get(header::HOST));
    let Some(server) = published.find_server(id) else { return no_server(id).into_response() };
    if let Some(client_id) = query.find("client_id") {
        let known = published.directory().find_application(client_id);
        if !known.is_some_and(|application| application.status.is_active()) {
            return ManagementError::unknown_client().into_response();
        }
    }
    public(CACHE, document(server).to_string())
}

/// The grants that this server does.
fn grants(server: &RunningServer) -> Vec<&'static str> {
    let is_of = |(_, grant): &&(&str, Grant)| grant.is_of(server.definition());
    Grant::WORDS.iter().filter(is_of).map(|(word, _)| *word).collect()
}

/// What access tokens of this server say.
fn access_claims(server: &RunningServer) -> Vec<&'static str> {
    let named: &[&[&str]] = match server.definition().access_token_format {
        AccessTokenFormat::Okta => &[OKTA_CLAIMS],
        AccessTokenFormat::Rfc9068 => &[RFC9068_CLAIMS],
        AccessTokenFormat::Both => &[OKTA_CLAIMS, RFC9068_CLAIMS],
    };
    ACCESS_CLAIMS.iter().chain(named.iter().copied().flatten()).copied().collect()
}

fn of_oauth(server: &RunningServer) -> Value {
    let base = server.base();
    let grants = grants(server);
    let published = |published| published == MetadataPublish::AllClients;
    let scopes = server.definition().scopes.iter();
    let scopes: Vec<&str> = scopes
        .filter(|scope| published(scope.metadata_publish))
        .map(|scope| scope.name.as_str())
        .collect();
    let signing: Vec<&str> =
        SECRET_ALGORITHMS.iter().chain(PUBLIC_KEY_ALGORITHMS).copied().collect();
    let modes: Vec<&str> = ResponseMode::WORDS.iter().map(|(word, _)| *word).collect();
    json!({
        "issuer": server.issuer(),
        "token_endpoint": format!("{base}/v1/token"),
        "jwks_uri": format!("{base}/v1/keys"),
        "authorization_endpoint": format!("{base}/v1/authorize"),
        "response_types_supported": server.definition().response_types().collect::<Vec<_>>(),
        "response_modes_supported": modes,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "pushed_authorization_request_endpoint": format!("{base}/v1/par"),
        "device_authorization_endpoint": format!("{base}/v1/device/authorize"),
        "grant_types_supported": grants,
        "subject_types_supported": ["public"],
        "scopes_supported": scopes,
        "token_endpoint_auth_methods_supported": AUTHENTICATION,
        "token_endpoint_auth_signing_alg_values_supported": signing,
        "dpop_signing_alg_values_supported": PUBLIC_KEY_ALGORITHMS,
        "claims_supported": access_claims(server),
        "end_session_endpoint": format!("{base}/v1/logout"),
        "introspection_endpoint": format!("{base}/v1/introspect"),
        "introspection_endpoint_auth_methods_supported": AUTHENTICATION,
        "introspection_endpoint_auth_signing_alg_values_supported": signing,
        "revocation_endpoint": format!("{base}/v1/revoke"),
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION,
        "revocation_endpoint_auth_signing_alg_values_supported": signing,
    })
}

/// The same for OpenID Connect: a grant without a person is none of its flows.
fn of_openid(server: &RunningServer) -> Value {
    let mut document = of_oauth(server);
    let system = server
        .definition()
        .claims
        .iter()
        .filter(|claim| claim.system && claim.claim_type == ClaimType::Identity);
    let of_hybrid = server.definition().legacy_grants.hybrid.then_some("c_hash");
    let own = IDENTITY_CLAIMS.iter().copied().chain(of_hybrid);
    let claims: Vec<&str> = own.chain(system.map(|claim| claim.name.as_str())).collect();
    let mut grants = grants(server);
    grants.retain(|word| *word != Grant::ClientCredentials.word());
    // Those of every published key: when the keys change to another algorithm, nobody is surprised.
    let mut algorithms: Vec<&str> = Vec::new();
    for (_, key) in server.keys().keys() {
        let name = key.algorithm().name();
        if !algorithms.contains(&name) {
            algorithms.push(name);
        }
    }
    if let Value::Object(members) = &mut document {
        members.insert(
            "userinfo_endpoint".to_owned(),
            json!(format!("{}/v1/userinfo", server.base())),
        );
        // Left out, the first would be false and the second true (OpenID Connect Discovery §3).
        members.insert("request_parameter_supported".to_owned(), json!(false));
        members.insert("request_uri_parameter_supported".to_owned(), json!(false));
        members.insert("prompt_values_supported".to_owned(), json!(["none", "login", "consent"]));
        members.insert("acr_values_supported".to_owned(), json!(LEVELS));
        members.insert("grant_types_supported".to_owned(), json!(grants));
        members.insert("claims_supported".to_owned(), json!(claims));
        members.insert("id_token_signing_alg_values_supported".to_owned(), json!(algorithms));
    }
    document
}
