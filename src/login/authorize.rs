//! What must be right about an authorization request before anybody is asked anything: a list of
//! small checks, top to bottom (authorization-server §2.3). Until the redirect URI is known to be
//! the client's, what is wrong is told to the person; from there on, to the client.

use super::hint::read_hint;
use super::redirect;
use super::refusal::AuthorizationError;
use super::request::{AuthorizationRequest, Prompt, ResponseMode, ResponseType, ReturnAddress};
use crate::directory::{Application, ApplicationType};
use crate::grant::{Form, check_openid, choose_audience, parse_scopes};
use crate::publish::{Published, RunningServer};

/// What an authorization request is refused with, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The person: there is nowhere to go back to.
    Stranded(AuthorizationError),
    /// The client.
    Returned(Box<ReturnAddress>, AuthorizationError),
}

/// A request that is being read.
struct Reading<'r> {
    server: &'r RunningServer,
    client: &'r Application,
    form: &'r Form,
    request: AuthorizationRequest,
}

type Check = fn(&mut Reading<'_>) -> Result<(), AuthorizationError>;

/// After client and redirect URI, in this order.
const CHECKS: &[Check] = &[
    response_type_is_known,
    response_mode_fits,
    nothing_unsupported_is_asked,
    state_is_there,
    nonce_is_there,
    prompt_makes_sense,
    hint_is_ours,
    scopes_exist,
    audience_exists,
    challenge_fits,
    thumbprint_fits,
];

/// Most characters of `state`, `nonce` and `login_hint`.
const LENGTH: usize = 4096;

/// The request that these parameters make. A `request_uri` was resolved by the caller.
///
/// # Errors
/// [`Refused`].
pub fn read(
    published: &Published,
    server_id: &str,
    form: &Form,
) -> Result<AuthorizationRequest, Refused> {
    let server = published
        .find_server(server_id)
        .ok_or_else(|| Refused::Stranded(AuthorizationError::unknown_server()))?;
    let repeated = form.repeated();
    if !repeated.is_empty() {
        return Err(Refused::Stranded(AuthorizationError::repeated(&repeated)));
    }
    let client = find_client(published, form).map_err(Refused::Stranded)?;
    let redirect_uri = find_redirect(client, form).map_err(Refused::Stranded)?;
    let request = draft(server, client, redirect_uri, form);
    let mut reading = Reading { server, client, form, request };
    for check in CHECKS {
        if let Err(error) = check(&mut reading) {
            return Err(Refused::Returned(Box::new(reading.request.answer), error));
        }
    }
    Ok(reading.request)
}

fn find_client<'p>(
    published: &'p Published,
    form: &Form,
) -> Result<&'p Application, AuthorizationError> {
    let id = form.find("client_id").ok_or_else(AuthorizationError::unknown_client)?;
    let client = published.directory().find_application(id);
    let client = client.filter(|client| client.status.is_active());
    let client = client.ok_or_else(AuthorizationError::unknown_client)?;
    if client.application_type == ApplicationType::Service {
        return Err(AuthorizationError::service_client());
    }
    Ok(client)
}

fn find_redirect<'f>(client: &Application, form: &'f Form) -> Result<&'f str, AuthorizationError> {
    let uri = form.find("redirect_uri").filter(|uri| redirect::is_registered(client, uri));
    uri.ok_or_else(AuthorizationError::unregistered_redirect)
}

/// The request before its checks. How an error travels must be known already.
fn draft(
    server: &RunningServer,
    client: &Application,
    redirect_uri: &str,
    form: &Form,
) -> AuthorizationRequest {
    let response_type = form.find("response_type").and_then(ResponseType::parse);
    let response_type = response_type.unwrap_or_default();
    let usual = ResponseMode::usual(response_type);
    let mode = form.find("response_mode").and_then(find_mode).unwrap_or(usual);
    let text = |name: &str| form.find(name).filter(|t| t.len() <= LENGTH).map(str::to_owned);
    AuthorizationRequest {
        server: server.definition().id.clone(),
        client_id: client.client_id.clone(),
        answer: ReturnAddress {
            redirect_uri: redirect_uri.to_owned(),
            mode: if mode == ResponseMode::Query { usual } else { mode },
            state: form.find("state").filter(|state| is_visible(state)).map(str::to_owned),
            issuer: server.issuer().to_owned(),
        },
        response_type,
        scopes: Vec::new(),
        audience: String::new(),
        nonce: None,
        code_challenge: None,
        dpop_jkt: None,
        prompt: Prompt::default(),
        max_age: None,
        login_hint: text("login_hint"),
        hinted_user: None,
        second_factor: asks_for_second_factor(form),
        ui_locales: text("ui_locales"),
    }
}

fn find_mode(word: &str) -> Option<ResponseMode> {
    let known = ResponseMode::WORDS.iter().find(|(known, _)| *known == word);
    known.map(|(_, mode)| *mode)
}

/// VSCHAR (RFC 6749 appendix A.5).
fn is_visible(text: &str) -> bool {
    text.len() <= LENGTH && text.chars().all(|c| matches!(c, ' '..='~'))
}

/// The first level that is known decides; an unknown one is ignored (decision 38).
fn asks_for_second_factor(form: &Form) -> bool {
    let mut levels = form.find("acr_values").unwrap_or_default().split(' ');
    levels.find(|level| super::LEVELS.contains(level)) == Some(super::TWO_FACTORS)
}

/// (6)
fn response_type_is_known(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let missing = || AuthorizationError::invalid_parameter("response_type");
    let text = reading.form.find("response_type").ok_or_else(missing)?;
    let asked = ResponseType::parse(text).unwrap_or_default();
    check_response_type(reading.server, reading.client, asked)
}

/// Whether the server can answer so, and the client may ask for it.
fn check_response_type(
    server: &RunningServer,
    client: &Application,
    asked: ResponseType,
) -> Result<(), AuthorizationError> {
    let known: Vec<&str> = server.definition().response_types().collect();
    if !known.contains(&asked.words().collect::<Vec<_>>().join(" ").as_str()) {
        return Err(AuthorizationError::unsupported_response_type(&known));
    }
    let allowed = &client.response_types;
    if asked.words().all(|word| allowed.iter().any(|allowed| allowed == word)) {
        Ok(())
    } else {
        Err(AuthorizationError::response_type_of_another(allowed))
    }
}

/// Whether what a request was found right by holds still: a person may take an hour, and client and
/// server may change meanwhile. Scopes are the policies' to judge again.
pub(super) fn still_stands(
    request: &AuthorizationRequest,
    server: &RunningServer,
    client: &Application,
) -> Result<(), AuthorizationError> {
    check_response_type(server, client, request.response_type)?;
    check_challenge_is_there(client, request.response_type, request.code_challenge.as_deref())
}

fn check_challenge_is_there(
    client: &Application,
    response_type: ResponseType,
    challenge: Option<&str>,
) -> Result<(), AuthorizationError> {
    match challenge {
        None if client.pkce_required && response_type.code => {
            Err(AuthorizationError::pkce_required())
        }
        _ => Ok(()),
    }
}

/// (7)
fn response_mode_fits(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let Some(word) = reading.form.find("response_mode") else { return Ok(()) };
    let known = || ResponseMode::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    let mode =
        find_mode(word).ok_or_else(|| AuthorizationError::unknown_response_mode(&known()))?;
    if mode == ResponseMode::Query && reading.request.response_type.has_tokens() {
        return Err(AuthorizationError::tokens_in_query());
    }
    reading.request.answer.mode = mode;
    Ok(())
}

/// Request objects are not built (decision 30).
fn nothing_unsupported_is_asked(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    match reading.form.find("request") {
        Some(_) => Err(AuthorizationError::request_objects()),
        None => Ok(()),
    }
}

/// (8) Needed against forged answers, unless PKCE does that: of a code, and of nothing else.
fn state_is_there(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let ResponseType { code, .. } = reading.request.response_type;
    let is_code_alone = code && !reading.request.response_type.has_tokens();
    let is_protected = is_code_alone && reading.form.find("code_challenge").is_some();
    match reading.form.find("state") {
        Some(state) if is_visible(state) => Ok(()),
        None if is_protected => Ok(()),
        Some(_) | None => Err(AuthorizationError::invalid_parameter("state")),
    }
}

/// (9) Tokens that come by way of the browser need it (OpenID Connect Core §3.2.2.1).
fn nonce_is_there(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let nonce = reading.form.find("nonce");
    let is_wrong = nonce.is_some_and(|nonce| nonce.len() > LENGTH);
    if is_wrong || nonce.is_none() && reading.request.response_type.has_tokens() {
        return Err(AuthorizationError::invalid_parameter("nonce"));
    }
    reading.request.nonce = nonce.map(str::to_owned);
    Ok(())
}

/// (10)
fn prompt_makes_sense(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let mut prompt = Prompt::default();
    let text = reading.form.find("prompt").unwrap_or_default();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(AuthorizationError::invalid_parameter("prompt")),
        }
    }
    let wrong_age = || AuthorizationError::invalid_parameter("max_age");
    let max_age = match reading.form.find("max_age") {
        Some(text) => Some(text.parse::<i32>().ok().filter(|age| *age >= 0).ok_or_else(wrong_age)?),
        None => None,
    };
    if max_age == Some(0) {
        if prompt.none {
            return Err(wrong_age());
        }
        prompt.login = true;
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(AuthorizationError::invalid_parameter("prompt"));
    }
    reading.request.prompt = prompt;
    reading.request.max_age = max_age.map(i64::from);
    Ok(())
}

/// An ID token that this server gave this client (OpenID Connect Core §3.1.2.1).
fn hint_is_ours(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let Some(token) = reading.form.find("id_token_hint") else { return Ok(()) };
    let invalid = || AuthorizationError::invalid_parameter("id_token_hint");
    let hint = read_hint(reading.server, token).map_err(|_| invalid())?;
    if hint.client_id != reading.client.client_id {
        return Err(invalid());
    }
    reading.request.hinted_user = Some(hint.user_id);
    Ok(())
}

/// (11)
fn scopes_exist(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let mut scopes = parse_scopes(reading.form.find("scope").unwrap_or_default())?;
    let known = |name: &String| reading.server.rules().has_scope(name);
    if !scopes.iter().all(known) {
        return Err(AuthorizationError::unknown_scopes());
    }
    let response_type = reading.request.response_type;
    check_openid(&scopes, response_type.id_token)?;
    // Without a code there is no refresh token to ask for (section 6).
    if !response_type.code {
        scopes.retain(|scope| scope != "offline_access");
    }
    reading.request.scopes = scopes;
    Ok(())
}

fn audience_exists(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    choose_audience(reading.server.definition(), reading.form)?
        .clone_into(&mut reading.request.audience);
    Ok(())
}

/// (12)
fn challenge_fits(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let challenge = reading.form.find("code_challenge");
    let method = reading.form.find("code_challenge_method");
    let response_type = reading.request.response_type;
    check_challenge_is_there(reading.client, response_type, challenge)?;
    let Some(challenge) = challenge.filter(|_| response_type.code) else {
        return match method.filter(|_| response_type.code) {
            Some(_) => Err(AuthorizationError::pkce_method_alone()),
            None => Ok(()),
        };
    };
    if method != Some("S256") {
        return Err(AuthorizationError::pkce_method());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(43..=128).contains(&challenge.len()) || !challenge.chars().all(plain) {
        return Err(AuthorizationError::pkce_characters());
    }
    reading.request.code_challenge = Some(challenge.to_owned());
    Ok(())
}

/// Base64url of a SHA-256 (RFC 7638, RFC 9449 §10).
fn thumbprint_fits(reading: &mut Reading<'_>) -> Result<(), AuthorizationError> {
    let Some(thumbprint) = reading.form.find("dpop_jkt") else { return Ok(()) };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if thumbprint.len() != 43 || !thumbprint.chars().all(plain) {
        return Err(AuthorizationError::invalid_parameter("dpop_jkt"));
    }
    reading.request.dpop_jkt = Some(thumbprint.to_owned());
    Ok(())
}
