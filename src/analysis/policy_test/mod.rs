//! Tests of policies: files that say who asks for what, and what the tokens must or must not hold. The
//! answers are those of the preview, which is the code that issues.

mod coverage;
mod judge;
mod junit;
mod read;
#[cfg(test)]
mod tests;

pub use coverage::{Coverage, Covered};
pub use judge::{Mismatch, judge};
pub use junit::{Finding, junit};
pub use read::read_suite;

use crate::source::Span;

/// The tests of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// The document they are about, relative to the file.
    pub org: Option<String>,
    pub cases: Vec<Case>,
}

/// A request, and what is expected of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub name: String,
    /// Where it stands in the file.
    pub span: Span,
    /// The id of the server.
    pub server: String,
    pub client: String,
    pub user: Who,
    pub grant_type: Option<String>,
    /// Separated by spaces.
    pub scope: String,
    pub audiences: Vec<String>,
    pub response_type: Option<String>,
    pub second_factor: bool,
    /// When, in seconds since 1970; now if nothing is said.
    pub at: Option<i64>,
    pub expectation: Expectation,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The client, for itself.
    Nobody,
    /// The user of this login or id.
    Stored(String),
    /// Somebody who is nowhere kept: JSON, as in the document.
    MadeUp(String),
}

/// What must come of it. What is not said is not asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// RFC 6749 §5.2. Where none is expected tokens are.
    pub error: Option<String>,
    /// A part of what the client is told.
    pub description: Option<String>,
    /// The scopes granted, in any order.
    pub scopes: Option<Vec<String>>,
    /// What decided.
    pub rule: Option<RuleName>,
    pub access: TokenExpectation,
    /// `Some(None)` if there must be no ID token.
    pub identity: Option<Option<TokenExpectation>>,
    pub refresh: Option<bool>,
}

/// A rule, and the policy it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleName {
    pub policy: Option<String>,
    pub rule: String,
}

/// What a token must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenExpectation {
    /// Claims and their values as JSON.
    pub claims: Vec<(String, String)>,
    /// Claims that must be there, whatever they say.
    pub with: Vec<String>,
    /// Claims that must not be there.
    pub without: Vec<String>,
    /// How long it lives.
    pub minutes: Option<i64>,
}
