//! What a request would be answered, without anybody signing, storing or asking anything: the phases
//! of issuing themselves run, up to the signature (decision 35). By its end, what both engines say
//! was compared (decision 36).

mod course;
mod explain;
mod stumble;
mod tell;
#[cfg(test)]
mod tests;
mod warning;

pub use explain::{ExplainedPolicy, ExplainedRule, Explanation, RuleOutcome, TracedExpression};
pub use warning::Warning;

use super::{Issued, Refusal};
use crate::directory::Person;
use crate::program::{Engine, Worker};
use crate::publish::{Published, RunningServer};
use crate::random::Random;
use course::Course;
use std::sync::Arc;

/// A request that nobody made.
#[derive(Clone, Debug, Default)]
pub struct PreviewRequest {
    pub client_id: String,
    /// `authorization_code` with a person and `client_credentials` without, where none is named.
    pub grant_type: Option<String>,
    /// Who signs in, or whose token is exchanged; kept or made up.
    pub person: Option<Arc<Person>>,
    /// Separated by spaces; the server's default scopes if none is named. Of a refresh, what was
    /// asked for at the beginning.
    pub scope: String,
    /// Values of `audience` and `resource`.
    pub audiences: Vec<String>,
    /// Of a grant by way of the browser; `code` if none is named.
    pub response_type: Option<String>,
    pub nonce: Option<String>,
    /// Whether the person has proven a second factor.
    pub second_factor: bool,
    /// Of a refresh.
    pub refreshed: Refreshed,
    /// Of a token exchange.
    pub subject: SubjectToken,
    /// Whether it is explained.
    pub explain: bool,
}

/// What is refreshed.
#[derive(Clone, Debug, Default)]
pub struct Refreshed {
    /// The grant that it began with; `authorization_code` if none is named.
    pub grant_type: Option<String>,
    /// `scope` of the refresh itself, which narrows its answer.
    pub scope: Option<String>,
}

/// A token that is exchanged.
#[derive(Clone, Debug, Default)]
pub struct SubjectToken {
    /// Its scopes, where it is of the same server and for the same audience.
    pub scope: Option<String>,
}

/// What a request would be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub issuer: String,
    pub client_id: String,
    /// The `grant_type`.
    pub grant_type: String,
    /// The id and the login.
    pub user: Option<(String, String)>,
    pub audience: Option<String>,
    /// The policy and rule that decided.
    pub matched: Option<Matched>,
    /// The policies and rules that were looked at, in order.
    pub evaluated: Vec<ExplainedRule>,
    pub granted_scopes: Vec<String>,
    pub access_token: Option<PreviewedToken>,
    pub id_token: Option<PreviewedToken>,
    /// What userinfo would say, as JSON.
    pub userinfo: Option<String>,
    pub refresh_token: RefreshPreview,
    pub warnings: Vec<Warning>,
    pub error: Option<PreviewError>,
    /// If it was asked for.
    pub explanation: Option<Explanation>,
}

/// A policy and one of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    pub policy_id: String,
    pub policy: String,
    pub rule_id: String,
    pub rule: String,
}

/// A token that nobody signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewedToken {
    /// JSON.
    pub header: String,
    /// JSON, as it would be signed but for what depends on signatures and randomness.
    pub payload: String,
}

/// Whether a refresh token would come along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefreshPreview {
    pub present: bool,
    /// When it ends if it is not used, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// For how long it may be left unused, in minutes.
    pub idle_minutes: Option<u32>,
}

/// Why there would be no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewError {
    pub error: String,
    pub description: String,
    /// That of the answer; 302 where the browser is sent back with it.
    pub status: u16,
    /// What is for those who operate the server, and never for the client.
    pub cause: Option<String>,
}

impl PreviewError {
    fn of(refusal: &Refusal, by_browser: bool) -> Self {
        Self {
            error: refusal.code.to_owned(),
            description: refusal.description.clone(),
            status: if by_browser { 302 } else { refusal.status },
            cause: refusal.cause.clone(),
        }
    }
}

/// What the request would be answered at `now`, in seconds since 1970.
#[must_use]
pub fn preview(
    published: &Published,
    server: &RunningServer,
    request: &PreviewRequest,
    now: i64,
) -> Preview {
    let course = Course::new(published, server, request, now);
    let mut worker = Worker::new();
    let mut told = course.walk(&mut worker).preview;
    let interpreted = Course { engine: Engine::Interpreter, explain: false, ..course };
    let other = interpreted.walk(&mut worker).preview;
    let is_same = (&told.access_token, &told.id_token, &told.userinfo, &told.error)
        == (&other.access_token, &other.id_token, &other.userinfo, &other.error);
    if !is_same {
        tracing::error!(client = request.client_id, "a bug: the engines differ in a preview");
        told.warnings.push(Warning::engines_differ());
    }
    told
}

/// As [`preview`], with the tokens, if there are any: for an operator, who records that they have
/// them (decision 35). No family is kept of them, and no refresh token given.
#[must_use]
pub fn preview_and_sign(
    published: &Published,
    server: &RunningServer,
    request: &PreviewRequest,
    random: &Random,
    now: i64,
) -> (Preview, Option<Issued>) {
    let course = Course::new(published, server, request, now);
    let told = Course { signs: Some(random), ..course }.walk(&mut Worker::new());
    (told.preview, told.issued)
}
