//! What the exchanges must not leave out: endpoints, grants, documented errors, and the decisions that
//! have a test.

use super::story::{Exchange, files};
use crate::grant::Grant;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every endpoint of a server and every page on the way to it (authorization-server §2.1), with the
/// methods it has.
const ENDPOINTS: &[&str] = &[
    "GET /oauth2/main/v1/authorize",
    "POST /oauth2/main/v1/authorize",
    "POST /oauth2/main/v1/token",
    "POST /oauth2/main/v1/introspect",
    "POST /oauth2/main/v1/revoke",
    "GET /oauth2/main/v1/userinfo",
    "POST /oauth2/main/v1/userinfo",
    "GET /oauth2/main/v1/keys",
    "GET /oauth2/main/v1/logout",
    "POST /oauth2/main/v1/logout",
    "POST /oauth2/main/v1/par",
    "POST /oauth2/main/v1/device/authorize",
    "GET /oauth2/main/.well-known/openid-configuration",
    "GET /oauth2/main/.well-known/oauth-authorization-server",
    "GET /.well-known/oauth-authorization-server/oauth2/main",
    "GET /activate",
    "GET /health",
    "SUBMIT signin",
    "SUBMIT consent",
    "SUBMIT activate",
    "POST /signin",
    "POST /consent",
    "POST /activate",
    "OPTIONS /oauth2/main/v1/token",
];

/// What a client or a person may be told (authorization-server §2 and §4), by code and the beginning
/// of the words.
const ERRORS: &[&str] = &[
    "invalid_request: The authorization server id is invalid.",
    "invalid_request: Client credentials cannot be supplied via query parameters.",
    "invalid_request: Duplicate parameter provided in request. Duplicated parameters: [",
    "invalid_request: Cannot supply multiple client credentials.",
    "invalid_request: The token request must specify a 'grant_type'. Valid values: [",
    "unsupported_grant_type: The authorization grant type is not supported by the authorization server.",
    "unauthorized_client: The client is not authorized to use the provided grant type.",
    "invalid_client: Found Authentication header but was not valid client credentials.",
    "invalid_client: No client credentials found.",
    "invalid_client: Invalid value for 'client_id' parameter.",
    "invalid_client: The client secret supplied for a confidential client is invalid.",
    "invalid_client: Client authentication failed. Either the client or the client credentials",
    "invalid_request: The client_assertion_type is invalid.",
    "invalid_client: The audience claim for client_assertion must be the endpoint invoked",
    "invalid_grant: The authorization code is invalid or has expired.",
    "invalid_grant: The grant was issued to another client.",
    "invalid_grant: The 'redirect_uri' does not match the redirection URI used in the",
    "invalid_grant: PKCE verification failed.",
    "invalid_request: PKCE code verifier is required by the application.",
    "invalid_request: PKCE code challenge should be specified in the authorize request",
    "invalid_request: The grant was issued for another authorization server.",
    "invalid_scope: Cannot request 'openid' scopes using client credentials.",
    "consent_required: The following scopes require user consent and cannot be granted for the",
    "invalid_grant: The refresh token is invalid or expired.",
    "access_denied: Some of the scopes requested for the refresh request were not granted",
    "mismatched_authorization_server: ",
    "authorization_pending: ",
    "slow_down: ",
    "expired_token: The device code has expired.",
    "access_denied: The resource owner or authorization server denied the request.",
    "invalid_grant: The device code is invalid or has expired.",
    "unauthorized_client: Only service clients may use on-behalf token exchange.",
    "access_denied: The 'subject_token' issuer isn't a trusted authorization server.",
    "invalid_target: Token Exchange requests must include a valid audience",
    "invalid_scope: Can't request 'openid' scopes using the Token Exchange flow",
    "invalid_target: ",
    "access_denied: User is not assigned to the client application.",
    "access_denied: Policy evaluation failed for this request, please check the policy",
    "server_error: The 'fails' user claim could not be evaluated.",
    "invalid_request: The 'token' parameter is required.",
    "invalid_token: The access token is invalid",
    "insufficient_scope: The access token must provide access to at least one of these scopes",
    "use_dpop_nonce: Authorization server requires nonce in DPoP proof.",
    "invalid_dpop_proof: The DPoP proof JWT header is missing.",
    "invalid_request: The 'request_uri' parameter must not be present in the request.",
    "invalid_request_uri: The authorize request_uri is invalid.",
    "invalid_client: The 'client_id' parameter does not match the expected value for the provided",
    "invalid_request: The request_uri was issued for another authorization server.",
    "unsupported_response_type: The response type is not supported by the authorization server.",
    "unsupported_response_mode: ",
    "request_not_supported: ",
    "login_required: The client specified not to prompt, but the user is not logged in.",
    "consent_required: The following scopes require user consent: [",
    "invalid_scope: One or more scopes are not configured for the authorization server resource.",
    "invalid_scope: Requests for ID tokens or access tokens with OpenID scopes require the 'openid'",
    "invalid_request: The authentication request has an invalid 'state' parameter.",
    "invalid_request: PKCE code challenge is required by the application.",
    "invalid_request: PKCE code challenge method is not supported. Valid values: [S256]",
    "invalid_request: PKCE code challenge contains illegal characters.",
    "unauthorized_client: Clients with 'application_type' of 'service' are not allowed to access",
    "invalid_request: The 'redirect_uri' parameter must be a Login redirect URI in the client app",
    "invalid_request: The 'post_logout_redirect_uri' parameter must be a Logout redirect URI",
];

fn all() -> Vec<Exchange> {
    let stories = files().into_iter().flat_map(|file| file.stories);
    stories.flat_map(|story| story.exchanges().cloned().collect::<Vec<_>>()).collect()
}

/// What an exchange says went wrong, as `code: words`; also at a redirect, and on a page, which has
/// only the words.
fn error_of(answer: &str) -> String {
    let (first, rest) = answer.split_once('\n').unwrap_or((answer, ""));
    let parameter = |name: &str| rest.lines().find_map(|line| line.strip_prefix(name));
    match (parameter("error="), parameter("error_description="), parameter("alert: ")) {
        (Some(code), Some(words), _) => format!("{code}: {words}"),
        (_, _, Some(words)) => words.to_owned(),
        _ => first.split_once(' ').map_or("", |(_, rest)| rest).to_owned(),
    }
}

#[test]
fn every_endpoint_is_asked() {
    let asked: BTreeSet<String> =
        all().iter().map(|exchange| format!("{} {}", exchange.method, exchange.target)).collect();
    let missing = |endpoint: &&&str| !asked.iter().any(|known| known.starts_with(**endpoint));
    let missing: Vec<_> = ENDPOINTS.iter().filter(missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_grant_is_given_and_refused() {
    let exchanges = all();
    // Implicit is none of the token endpoint.
    let of_tokens = Grant::WORDS.iter().filter(|(_, grant)| *grant != Grant::Implicit);
    for (word, _) in of_tokens {
        let answers = exchanges
            .iter()
            .filter(|exchange| exchange.parameter("grant_type") == Some(*word))
            .map(|exchange| exchange.answer.as_str());
        let (given, refused): (Vec<_>, Vec<_>) =
            answers.partition(|answer| answer.starts_with("200"));
        assert!(!given.is_empty() && refused.len() > 2, "{word}");
    }
}

#[test]
fn every_documented_error_is_told() {
    let told: BTreeSet<String> = all().iter().map(|exchange| error_of(&exchange.answer)).collect();
    let is_told = |error: &str| {
        let words = error.split_once(": ").map_or(error, |(_, words)| words);
        told.iter().any(|known| {
            known.starts_with(error) || (!words.is_empty() && known.starts_with(words))
        })
    };
    let missing: Vec<_> = ERRORS.iter().filter(|error| !is_told(error)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The decisions that are built; each has a test whose name or comment says `decision N`.
const BUILT: &[u32] = &[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 34, 38, 39, 40, 41, 43, 44, 45, 46, 47, 48,
];

#[test]
fn every_decision_that_is_built_has_a_test_that_names_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests/it", "tests/exchanges"] {
        read_tests(&root.join(folder), &mut text);
    }
    let text = text.to_lowercase().replace("decision_", "decision ");
    let is_named = |number: &u32| {
        let name = format!("decision {number}");
        text.match_indices(&name).any(|(at, _)| {
            !text.split_at(at + name.len()).1.starts_with(|next: char| next.is_ascii_digit())
        })
    };
    let missing: Vec<_> = BUILT.iter().filter(|number| !is_named(number)).collect();
    assert!(missing.is_empty(), "no test names the decisions {missing:?}");
}

/// Collects the files that are tests, but this one: those called `tests`, in a folder of that name,
/// or in `tests/`, and what stands under `#[cfg(test)]` elsewhere.
fn read_tests(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_tests(&path, text);
            continue;
        }
        let Ok(content) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy();
        if name.ends_with("covered.rs") {
            continue;
        }
        let is_test = name.starts_with("tests/") || name.contains("/tests");
        let tests = if is_test {
            Some(content.as_str())
        } else {
            content.find("#[cfg(test)]").map(|at| content.split_at(at).1)
        };
        text.push_str(tests.unwrap_or_default());
    }
}
