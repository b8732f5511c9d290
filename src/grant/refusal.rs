//! Why a request gets no tokens: the code and the few words a client is told, and the cause for the
//! log. One constructor for each thing that can be said, so that one search lists them all
//! (authorization-server §2.5 and §2.6).

use crate::claims::ClaimFault;
use crate::fetch::FetchError;
use crate::policy::Refused;
use crate::store::StoreError;
use std::fmt;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// RFC 6749 §5.2 and its extensions.
    pub code: &'static str,
    /// The status that goes with it: 400, 401, 403, 408, 429, 500 or 503.
    pub status: u16,
    /// What the client is told.
    pub description: String,
    /// What is for the log only.
    pub cause: Option<String>,
    /// The claim that failed, if that is why (decision 5).
    pub claim: Option<Box<ClaimFault>>,
    /// The nonce that the next proof of possession is to repeat (RFC 9449 §8).
    pub nonce: Option<String>,
}

impl Refusal {
    fn new(code: &'static str, status: u16, description: impl Into<String>) -> Self {
        let description = description.into();
        Self { code, status, description, cause: None, claim: None, nonce: None }
    }

    fn invalid_request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", 400, description)
    }

    fn invalid_client(description: &str) -> Self {
        Self::new("invalid_client", 401, description)
    }

    fn invalid_grant(description: &str) -> Self {
        Self::new("invalid_grant", 400, description)
    }

    fn invalid_scope(description: impl Into<String>) -> Self {
        Self::new("invalid_scope", 400, description)
    }

    fn because(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// A body that is no form, for this reason.
    #[must_use]
    pub fn no_form(reason: &str) -> Self {
        Self::invalid_request(reason)
    }

    pub(super) fn unknown_server() -> Self {
        Self::invalid_request("The authorization server id is invalid.")
    }

    pub(super) fn credentials_in_query() -> Self {
        Self::invalid_request("Client credentials cannot be supplied via query parameters.")
    }

    pub(super) fn repeated(names: &[&str]) -> Self {
        Self::invalid_request(format!(
            "Duplicate parameter provided in request. Duplicated parameters: [{}].",
            names.join(", ")
        ))
    }

    pub(super) fn several_credentials() -> Self {
        let description = "Cannot supply multiple client credentials. Include credentials in \
                           either the header or the request body, but not in both.";
        Self { status: 401, ..Self::invalid_request(description) }
    }

    pub(super) fn malformed_basic() -> Self {
        Self::invalid_client("Found Authentication header but was not valid client credentials.")
    }

    pub(super) fn no_credentials() -> Self {
        Self::invalid_client("No client credentials found.")
    }

    pub(super) fn unknown_client() -> Self {
        Self::invalid_client("Invalid value for 'client_id' parameter.")
    }

    pub(super) fn client_failed() -> Self {
        Self::invalid_client(
            "Client authentication failed. Either the client or the client credentials are \
             invalid.",
        )
    }

    pub(super) fn wrong_secret() -> Self {
        Self::invalid_client("The client secret supplied for a confidential client is invalid.")
    }

    pub(super) fn no_grant_type(known: &[&str]) -> Self {
        Self::invalid_request(format!(
            "The token request must specify a 'grant_type'. Valid values: [{}].",
            known.join(", ")
        ))
    }

    pub(super) fn unsupported_grant_type(known: &[&str]) -> Self {
        let description = format!(
            "The authorization grant type is not supported by the authorization server. \
             Configured grant types: [{}].",
            known.join(", ")
        );
        Self::new("unsupported_grant_type", 400, description)
    }

    pub(super) fn unauthorized_client(allowed: &[String]) -> Self {
        let description = format!(
            "The client is not authorized to use the provided grant type. Configured grant \
             types: [{}].",
            allowed.join(", ")
        );
        Self::new("unauthorized_client", 400, description)
    }

    pub(super) fn malformed_scope() -> Self {
        Self::invalid_scope(
            "The 'scope' parameter must be at most 4096 printable ASCII characters, without \
             quotation marks and backslashes.",
        )
    }

    pub(super) fn scopes_of_a_person() -> Self {
        Self::invalid_scope("Cannot request 'openid' scopes using client credentials.")
    }

    pub(super) fn consent_required(scopes: &[&str]) -> Self {
        let description = format!(
            "The following scopes require user consent and cannot be granted for the client \
             credentials grant type: [{}].",
            scopes.join(", ")
        );
        Self::new("consent_required", 400, description)
    }

    pub(super) fn not_by_private_key() -> Self {
        Self::invalid_client(
            "Client Credentials requests to the Org Authorization Server must use the \
             private_key_jwt token_endpoint_auth_method.",
        )
    }

    pub(super) fn not_granted() -> Self {
        let description = "You are not allowed any of the requested scopes.";
        Self::new("consent_required", 400, description)
    }

    pub(super) fn unknown_audience() -> Self {
        let description = "The 'audience' or 'resource' is none of the authorization server.";
        Self::new("invalid_target", 400, description)
    }

    pub(super) fn several_audiences() -> Self {
        let description = "The 'audience' and 'resource' parameters name more than one audience.";
        Self::new("invalid_target", 400, description)
    }

    pub(super) fn another_audience() -> Self {
        let description =
            "The 'audience' or 'resource' is not the one of the authorization request.";
        Self::new("invalid_target", 400, description)
    }

    pub(super) fn audience_is_gone() -> Self {
        Self::invalid_grant("The audience of the grant is none of the authorization server.")
    }

    /// A parameter that the grant cannot do without.
    pub(super) fn missing(parameter: &str) -> Self {
        Self::invalid_request(format!("The '{parameter}' parameter is required."))
    }

    pub(super) fn spent_code() -> Self {
        Self::invalid_grant("The authorization code is invalid or has expired.")
    }

    pub(super) fn grant_of_another_client() -> Self {
        Self::invalid_grant(
            "The grant was issued to another client. Please make sure the 'client_id' matches \
             the one used at the authorize request.",
        )
    }

    pub(super) fn grant_of_another_server() -> Self {
        Self::invalid_request("The grant was issued for another authorization server.")
    }

    pub(super) fn another_redirect_uri() -> Self {
        Self::invalid_grant(
            "The 'redirect_uri' does not match the redirection URI used in the authorization \
             request.",
        )
    }

    pub(super) fn wrong_verifier() -> Self {
        Self::invalid_grant("PKCE verification failed.")
    }

    pub(super) fn no_verifier() -> Self {
        Self::invalid_request("PKCE code verifier is required by the application.")
    }

    pub(super) fn no_challenge() -> Self {
        Self::invalid_request(
            "PKCE code challenge should be specified in the authorize request for code \
             verification.",
        )
    }

    pub(super) fn invalid_refresh_token() -> Self {
        Self::invalid_grant("The refresh token is invalid or expired.")
    }

    pub(super) fn refresh_token_of_another_server() -> Self {
        let description = "The refresh token was issued by another authorization server.";
        Self::new("mismatched_authorization_server", 400, description)
    }

    pub(super) fn more_than_granted(scopes: &[&str]) -> Self {
        let description = format!(
            "Some of the scopes requested for the refresh request were not granted in the original \
             authorize request. Denied scopes: {}.",
            scopes.join(", ")
        );
        Self::new("access_denied", 400, description)
    }

    /// The same refusal of a refresh: whatever it is about, the grant gives nothing (decision 10).
    pub(super) fn of_refresh(self) -> Self {
        Self { code: "invalid_grant", status: 400, ..self }
    }

    /// There is more to do than can be done; it may be asked again.
    pub(super) fn too_busy(cause: &str) -> Self {
        let description = "The server has too much to do. Try again in a moment.";
        Self::new("temporarily_unavailable", 503, description).because(cause)
    }

    /// A request whose answer took too long to make.
    #[must_use]
    pub fn too_slow() -> Self {
        Self::too_busy("the request took longer than it may")
    }

    /// A body that did not arrive in time (RFC 9110 §15.5.9).
    #[must_use]
    pub fn body_too_slow() -> Self {
        let description = "The request body took too long to arrive.";
        Self { status: 408, ..Self::invalid_request(description) }
    }

    /// A node that does not know how the organization stands (decision 40).
    #[must_use]
    pub fn out_of_date() -> Self {
        let description = "The server is out of touch. Try again in a moment.";
        Self::new("temporarily_unavailable", 503, description)
            .because("nothing was heard from the store for more than a second")
    }

    pub(super) fn openid_missing() -> Self {
        Self::invalid_scope(
            "Requests for ID tokens or access tokens with OpenID scopes require the 'openid' \
             scope.",
        )
    }

    pub(super) fn unknown_scopes() -> Self {
        Self::invalid_scope(
            "One or more scopes are not configured for the authorization server resource.",
        )
    }

    pub(super) fn unknown_device_code() -> Self {
        Self::invalid_grant("The device code is invalid or has expired.")
    }

    pub(super) fn expired_device_code() -> Self {
        Self::new("expired_token", 400, "The device code has expired.")
    }

    pub(super) fn authorization_pending() -> Self {
        let description = "The device authorization is pending. Please try again later.";
        Self::new("authorization_pending", 400, description)
    }

    pub(super) fn slow_down() -> Self {
        let description = "The device asks too often. Five seconds were added to its interval.";
        Self::new("slow_down", 400, description)
    }

    /// Too many devices of a client wait (authorization-server §2.7).
    pub(super) fn too_many_user_codes() -> Self {
        let description = "Too many user codes of this client are waiting. Try again later.";
        Self::new("too_many_user_codes", 429, description)
    }

    pub(super) fn denied_by_owner() -> Self {
        let description = "The resource owner or authorization server denied the request.";
        Self::new("access_denied", 400, description)
    }

    pub(super) fn exchange_is_for_services() -> Self {
        let description = "Only service clients may use on-behalf token exchange.";
        Self::new("unauthorized_client", 400, description)
    }

    pub(super) fn exchange_without_audience() -> Self {
        let description = "Token Exchange requests must include a valid audience of the \
                           authorization server.";
        Self::new("invalid_target", 400, description)
    }

    pub(super) fn exchange_of_openid() -> Self {
        Self::invalid_scope(
            "Can't request 'openid' scopes using the Token Exchange flow for a service app.",
        )
    }

    pub(super) fn unsupported_token_type() -> Self {
        Self::invalid_request(
            "Token types other than urn:ietf:params:oauth:token-type:access_token are not supported.",
        )
    }

    pub(super) fn no_actor_tokens() -> Self {
        Self::invalid_request("The 'actor_token' parameter is not supported.")
    }

    pub(super) fn invalid_subject_token() -> Self {
        Self::invalid_request("The 'subject_token' is invalid or expired.")
    }

    pub(super) fn subject_is_nobody() -> Self {
        Self::invalid_request("The 'subject_token' is not of a person.")
    }

    /// Applications are bound to the audience of the token, and the client is none of them
    /// (decision 14).
    pub(super) fn subject_token_of_others() -> Self {
        Self::invalid_grant("The 'subject_token' is not for this client.")
    }

    pub(super) fn untrusted_issuer() -> Self {
        let description = "The 'subject_token' issuer isn't a trusted authorization server.";
        Self::new("access_denied", 403, description)
    }

    pub(super) fn wider_than_subject() -> Self {
        Self::invalid_scope("The 'subject_token' does not have all of the scopes requested.")
    }

    /// Scopes that a person would have to agree to, where nobody can be asked
    /// (authorization-server §6).
    pub(super) fn consent_of_a_person(scopes: &[&str]) -> Self {
        let description = format!(
            "The following scopes require user consent and cannot be granted without it: [{}].",
            scopes.join(", ")
        );
        Self::new("consent_required", 400, description)
    }

    /// What is wrong with an authorization request that was pushed.
    #[must_use]
    pub fn of_authorization(code: &'static str, description: &str) -> Self {
        Self::new(code, 400, description)
    }

    pub(super) fn nested_request_uri() -> Self {
        Self::invalid_request("The 'request_uri' parameter must not be present in the request.")
    }

    pub(super) fn unknown_request_uri() -> Self {
        Self::new("invalid_request_uri", 400, "The authorize request_uri is invalid.")
    }

    pub(super) fn request_uri_of_another_client() -> Self {
        Self::invalid_client(
            "The 'client_id' parameter does not match the expected value for the provided \
             request_uri.",
        )
    }

    pub(super) fn request_uri_of_another_server() -> Self {
        Self::invalid_request("The request_uri was issued for another authorization server.")
    }

    pub(super) fn assertion_type() -> Self {
        Self::invalid_request("The client_assertion_type is invalid.")
    }

    /// An assertion of a client that proves nothing, and why.
    pub(super) fn assertion(description: &str) -> Self {
        Self::invalid_client(description)
    }

    /// The keys that a client publishes cannot be had; why, is for the log only: it tells of networks
    /// that the client may not see.
    pub(super) fn keys_out_of_reach(error: &FetchError) -> Self {
        Self::assertion("The keys of the client could not be fetched from its jwks_uri.")
            .because(error.to_string())
    }

    /// A proof of possession that proves nothing, and why.
    pub(super) fn dpop(description: &str) -> Self {
        Self::new("invalid_dpop_proof", 400, description)
    }

    pub(super) fn use_dpop_nonce(nonce: String) -> Self {
        let description = "Authorization server requires nonce in DPoP proof.";
        Self { nonce: Some(nonce), ..Self::new("use_dpop_nonce", 400, description) }
    }

    pub(super) fn no_dpop() -> Self {
        Self::dpop("The DPoP proof JWT header is missing.")
    }

    pub(super) fn another_key() -> Self {
        Self::dpop("Invalid DPoP Public Key binding in refresh token")
    }

    pub(super) fn another_thumbprint() -> Self {
        Self::dpop("The 'dpop_jkt' is not the thumbprint of the key of the DPoP proof JWT.")
    }

    pub(super) fn code_of_another_key() -> Self {
        Self::dpop("The authorization code is bound to another key.")
    }

    pub(super) fn invalid_token() -> Self {
        Self::new("invalid_token", 401, "The access token is invalid")
    }

    /// The same refusal where an access token was used (RFC 9449 §7.1); a failure of ours stays one.
    pub(super) fn unauthorized(self) -> Self {
        Self { status: if self.status < 500 { 401 } else { self.status }, ..self }
    }

    pub(super) fn insufficient_scope() -> Self {
        let description = "The access token must provide access to at least one of these scopes - \
                           profile, email, address or phone";
        Self::new("insufficient_scope", 403, description)
    }

    /// An access token that came in more than one way (RFC 6750 §2).
    #[must_use]
    pub fn several_tokens() -> Self {
        Self::invalid_request("The request has more than one access token.")
    }

    pub(super) fn wrong_password() -> Self {
        Self::invalid_grant("The credentials provided were invalid.")
    }

    pub(super) fn password_alone() -> Self {
        Self::invalid_grant("Resource owner password credentials cannot be used with MFA enabled.")
    }

    pub(super) fn too_many_attempts() -> Self {
        let description = "There were too many attempts. Try again later.";
        Self::new("user_rate_limited", 429, description)
    }

    pub(super) fn inactive_user() -> Self {
        Self::invalid_grant("The user is not active.")
    }

    pub(super) fn not_assigned() -> Self {
        Self::new("access_denied", 400, "User is not assigned to the client application.")
    }

    pub(super) fn no_token() -> Self {
        Self::invalid_request("The 'token' parameter is required.")
    }

    /// The policies of the server say no (decision 4).
    pub(super) fn by_policy(refused: &Refused, strict: bool) -> Self {
        let status = if refused.code() == "access_denied" && !strict { 401 } else { 400 };
        Self::new(refused.code(), status, refused.description()).because(refused.to_string())
    }

    /// A claim failed (decision 5).
    pub(super) fn by_claim(fault: &ClaimFault) -> Self {
        let refusal = Self::new("server_error", 400, fault.description());
        Self { claim: Some(Box::new(fault.clone())), ..refusal }.because(fault.to_string())
    }

    /// The token inline hook says no (authorization-server §7).
    pub(super) fn by_hook(summary: Option<&str>) -> Self {
        let description = summary.filter(|summary| !summary.is_empty());
        let description = description.unwrap_or("The callback service returned an error.");
        Self::new("server_error", 400, description).because("the token inline hook refused")
    }

    /// The token inline hook could not be asked, and must be.
    pub(super) fn without_hook(why: &str) -> Self {
        Self::new("server_error", 400, "The callback service returned an error.").because(why)
    }

    /// Something of ours failed; what, is for the log only.
    #[must_use]
    pub fn failure(cause: &str) -> Self {
        Self::new("server_error", 500, "The server could not answer the request.").because(cause)
    }
}

/// What a store that fails is answered with; never a success. One that has too much to do may be
/// asked again.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        if error == StoreError::Busy {
            return Self::too_busy(&cause);
        }
        Self::failure(&cause)
    }
}

/// All there is to say, for the log and the operator.
impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.description)?;
        match &self.cause {
            Some(cause) => write!(formatter, " ({cause})"),
            None => Ok(()),
        }
    }
}
