//! Why an authorization request is refused: the code and the words that the client, or the person
//! at the browser, is told (RFC 6749 §4.1.2.1; OpenID Connect Core §3.1.2.6). One constructor for
//! each thing that can be said.

use crate::grant::Refusal;
use crate::policy::Refused;
use crate::store::StoreError;

/// A refusal of an authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationError {
    pub code: &'static str,
    pub description: String,
    /// What is for the log only.
    pub cause: Option<String>,
}

impl AuthorizationError {
    fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), cause: None }
    }

    fn invalid_request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn unknown_server() -> Self {
        Self::invalid_request("The authorization server id is invalid.")
    }

    pub(super) fn repeated(names: &[&str]) -> Self {
        Self::invalid_request(format!(
            "Duplicate parameter provided in request. Duplicated parameters: [{}].",
            names.join(", ")
        ))
    }

    pub(super) fn unknown_client() -> Self {
        Self::new("invalid_client", "Invalid value for 'client_id' parameter.")
    }

    pub(super) fn service_client() -> Self {
        Self::new(
            "unauthorized_client",
            "Clients with 'application_type' of 'service' are not allowed to access the \
             'authorize' endpoint.",
        )
    }

    pub(super) fn unregistered_redirect() -> Self {
        Self::invalid_request(
            "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.",
        )
    }

    pub(super) fn unsupported_response_type(known: &[&str]) -> Self {
        let description = format!(
            "The response type is not supported by the authorization server. Configured response \
             types: [{}].",
            known.join(", ")
        );
        Self::new("unsupported_response_type", description)
    }

    pub(super) fn response_type_of_another(allowed: &[String]) -> Self {
        let description = format!(
            "The client is not authorized to use the provided response type. Configured response \
             types: [{}].",
            allowed.join(", ")
        );
        Self::new("unauthorized_client", description)
    }

    pub(super) fn unknown_response_mode(known: &[&str]) -> Self {
        let description =
            format!("The response mode is not supported. Valid values: [{}].", known.join(", "));
        Self::new("unsupported_response_mode", description)
    }

    pub(super) fn tokens_in_query() -> Self {
        let description = "The 'query' response mode is not supported for response types that \
                           return tokens.";
        Self::new("unsupported_response_mode", description)
    }

    pub(super) fn invalid_parameter(name: &str) -> Self {
        Self::invalid_request(format!(
            "The authentication request has an invalid '{name}' parameter."
        ))
    }

    pub(super) fn request_objects() -> Self {
        Self::new("request_not_supported", "The 'request' parameter is not supported.")
    }

    pub(super) fn unknown_scopes() -> Self {
        Self::new(
            "invalid_scope",
            "One or more scopes are not configured for the authorization server resource.",
        )
    }

    pub(super) fn pkce_required() -> Self {
        Self::invalid_request("PKCE code challenge is required by the application.")
    }

    pub(super) fn pkce_method() -> Self {
        Self::invalid_request("PKCE code challenge method is not supported. Valid values: [S256]")
    }

    pub(super) fn pkce_method_alone() -> Self {
        Self::invalid_request("The 'code_challenge_method' is of no 'code_challenge'.")
    }

    pub(super) fn pkce_characters() -> Self {
        Self::invalid_request("PKCE code challenge contains illegal characters.")
    }

    pub(super) fn login_required() -> Self {
        Self::new(
            "login_required",
            "The client specified not to prompt, but the user is not logged in.",
        )
    }

    /// A request has one answer.
    pub(super) fn answered() -> Self {
        Self::invalid_request("The request was answered already.")
    }

    /// Somebody else signed in than the one who was to (OpenID Connect Core §3.1.2.1).
    pub(super) fn another_user() -> Self {
        Self::new("login_required", "The user who signed in is not the one of the 'id_token_hint'.")
    }

    pub(super) fn interaction_required() -> Self {
        Self::new(
            "interaction_required",
            "The client specified not to prompt, but the user must prove a second factor.",
        )
    }

    pub(super) fn consent_required(scopes: &[&str]) -> Self {
        let description =
            format!("The following scopes require user consent: [{}].", scopes.join(", "));
        Self::new("consent_required", description)
    }

    pub(super) fn invalid_id_token() -> Self {
        Self::new(
            "invalid_token",
            "The 'id_token_hint' parameter is not an ID token of this server.",
        )
    }

    pub(super) fn unregistered_logout() -> Self {
        Self::invalid_request(
            "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client \
             app settings.",
        )
    }

    pub(super) fn second_factor_missing() -> Self {
        Self::new("interaction_required", "The user must prove a second factor.")
    }

    pub(super) fn device_is_gone() -> Self {
        Self::new("invalid_grant", "The device does not wait for this code any more.")
    }

    /// Every refusal by policy is told in the same words (decision 4).
    pub(super) fn by_policy(refused: &Refused) -> Self {
        let error = Self::new(refused.code(), refused.description());
        Self { cause: Some(refused.to_string()), ..error }
    }

    /// The person pressed the button that says no.
    #[must_use]
    pub fn denied() -> Self {
        Self::new("access_denied", "The resource owner or authorization server denied the request.")
    }

    /// The server cannot answer now.
    #[must_use]
    pub fn unavailable(cause: &str) -> Self {
        let description = "The authorization server cannot answer now. Try again later.";
        let error = Self::new("temporarily_unavailable", description);
        Self { cause: Some(cause.to_owned()), ..error }
    }
}

/// All there is to say, for the log.
impl std::fmt::Display for AuthorizationError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.code, self.description)?;
        match &self.cause {
            Some(cause) => write!(formatter, " ({cause})"),
            None => Ok(()),
        }
    }
}

/// What the policies or claims refuse, they refuse here too, in the same words.
impl From<Refusal> for AuthorizationError {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code, description: refusal.description, cause: refusal.cause }
    }
}

impl From<StoreError> for AuthorizationError {
    fn from(error: StoreError) -> Self {
        Self::unavailable(&error.to_string())
    }
}
