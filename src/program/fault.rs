//! Faults as people are told of them.

use crate::codegen::{Place, Site};
use crate::diagnostic::{Category, Diagnostic, Severity, Stage};
use crate::interpret::StoppedMember;
use crate::ir::{Body, NodeId, Object};
use crate::source::Span;
use claimsmith_runtime::fault::Fault;

/// Why an evaluation gave no value, and where in the expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluationFault {
    /// Stable code, `E06xx`.
    pub code: &'static str,
    pub category: Category,
    pub message: String,
    /// Where in the expression that faulted.
    pub span: Span,
    /// For an object: the member, which of its alternatives, and whether its guard.
    pub member: Option<(usize, usize, bool)>,
}

impl EvaluationFault {
    /// The same on one line, for a log: what happened, and at which part of the expression.
    #[must_use]
    pub fn describe(&self, expression: &str) -> String {
        let part = expression.get(self.span.range()).unwrap_or(expression);
        format!("{} {} at `{part}` in `{expression}`", self.code, self.message)
    }

    /// The same as a diagnostic, to be shown with a caret.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            code: self.code,
            severity: Severity::Error,
            category: self.category,
            stage: Stage::Evaluation,
            message: self.message.clone(),
            span: self.span,
            label: "happened here".to_owned(),
            help: help(self.category).map(str::to_owned),
        }
    }
}

fn help(category: Category) -> Option<&'static str> {
    match category {
        Category::NullTarget => Some("write `?.` where the value before the dot may be null"),
        Category::Limit => Some("an expression may take 1,000,000 steps and give 64 KiB"),
        _ => None,
    }
}

/// The fault at a node of an expression.
pub(super) fn at(fault: Fault, body: &Body, node: NodeId) -> EvaluationFault {
    let span = body.node(node).map_or(Span::default(), |node| node.span);
    let (code, category, message) = words(fault);
    EvaluationFault { code, category, message: message.to_owned(), span, member: None }
}

/// Where the interpreter stopped, as machine code would say it.
pub(super) fn site(found: StoppedMember) -> Site {
    let StoppedMember { member, alternative, in_guard, stopped } = found;
    Site { member: Some(Place { member, alternative, in_guard }), node: stopped.node }
}

/// The fault of one of an object's expressions.
pub(super) fn in_object(object: &Object, fault: Fault, site: Site) -> EvaluationFault {
    let Place { member, alternative, in_guard } =
        site.member.unwrap_or(Place { member: 0, alternative: 0, in_guard: false });
    let made = object.members.get(member).and_then(|made| made.alternatives.get(alternative));
    let body = made.and_then(|made| if in_guard { made.guard.as_ref() } else { Some(&made.value) });
    let node = body.and_then(|body| body.node(site.node));
    let span = node.map_or(Span::default(), |node| node.span);
    let (code, category, message) = words(fault);
    let member = Some((member, alternative, in_guard));
    EvaluationFault { code, category, message: message.to_owned(), span, member }
}

/// The code of every fault there is.
#[cfg(feature = "internals")]
#[must_use]
pub fn codes() -> Vec<&'static str> {
    Fault::ALL.iter().map(|fault| words(*fault).0).collect()
}

/// Code, category and words of each fault.
fn words(fault: Fault) -> (&'static str, Category, &'static str) {
    match fault {
        Fault::Type => {
            ("E0601", Category::Type, "this value is of a kind that cannot be used here")
        }
        Fault::NullTarget => ("E0602", Category::NullTarget, "the value before this is null"),
        Fault::Index => ("E0603", Category::Index, "there is no element at this index"),
        Fault::Arithmetic => {
            ("E0604", Category::Arith, "this overflows, divides by zero, or is not finite")
        }
        Fault::NumberFormat => ("E0605", Category::NumberFormat, "this text is not a number"),
        Fault::Limit => ("E0606", Category::Limit, "this takes more work or room than is allowed"),
        Fault::Arity => {
            ("E0607", Category::Arity, "no function of this name takes so many arguments here")
        }
        Fault::UnknownFunction => {
            ("E0608", Category::UnknownFunction, "this value has no such function")
        }
        Fault::UnknownProperty => {
            ("E0609", Category::UnknownProperty, "this value has no such attribute")
        }
        Fault::Regex => {
            ("E0610", Category::Regex, "this is no regular expression that can be used")
        }
        Fault::GroupLimitTooLarge => {
            ("E0621", Category::GroupLimit, "Group limit is too large, max is 100")
        }
        Fault::GroupLimitNotInteger => {
            ("E0622", Category::GroupLimit, "Group limit is not an integer")
        }
        Fault::GroupLimitNotPositive => {
            ("E0623", Category::GroupLimit, "Group limit is 0 or negative")
        }
        Fault::TooManyGroups => {
            ("E0624", Category::GroupLimit, "EL expression evaluated to too many groups")
        }
        Fault::Allowlist => ("E0625", Category::Type, "Allowlist is not an array"),
        Fault::NoUser => ("E0626", Category::NullTarget, "No user in context"),
        Fault::Internal => ("E0699", Category::Limit, "a bug of ours; please report it"),
    }
}

/// A broken invariant of ours, told instead of running what broke it.
pub(super) fn bug(what: &str, span: Span) -> Diagnostic {
    Diagnostic {
        code: "E0699",
        severity: Severity::Error,
        category: Category::Unsupported,
        stage: Stage::Evaluation,
        message: format!("a bug of ours, please report it: {what}"),
        span,
        label: String::new(),
        help: None,
    }
}
