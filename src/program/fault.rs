//! Faults as people are told of them.

use crate::codegen::{Place, Site};
use crate::diagnostic::{Category, Code, Diagnostic, code};
use crate::interpret::{Stopped, StoppedMember};
use crate::ir::{Body, NodeId, Object};
use crate::optimize::bound::Excess;
use crate::source::Span;
use claimsmith_runtime::fault::Fault;

/// Why an evaluation gave no value, and where in the expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", code.title)]
pub struct EvaluationFault {
    /// Its entry in the table of codes, whose title is its message.
    pub code: &'static Code,
    /// Where in the expression that faulted.
    pub span: Span,
    /// For an object: the member, which of its alternatives, and whether its guard.
    pub member: Option<(usize, usize, bool)>,
}

impl EvaluationFault {
    /// The records are not those that the program was compiled for.
    pub(crate) fn of_context() -> Self {
        Self { code: &code::BAD_CONTEXT, span: Span::default(), member: None }
    }

    /// A broken invariant of ours, of the whole expression.
    pub(crate) fn of_bug() -> Self {
        Self { code: &code::BUG, span: Span::default(), member: None }
    }

    /// The same on one line, for a log: what happened, and at which part of the expression.
    #[must_use]
    pub fn describe(&self, expression: &str) -> String {
        let part = expression.get(self.span.range()).unwrap_or(expression);
        format!("{} {} at `{part}` in `{expression}`", self.code, self.code.title)
    }

    /// The same as a diagnostic, to be shown with a caret.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let told = Diagnostic::new(self.code, self.code.title, self.span).label("happened here");
        match help(self.code.category) {
            Some(help) => told.help(help),
            None => told,
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

/// The fault at a place of an expression.
pub(super) fn at(fault: Fault, span: Span) -> EvaluationFault {
    EvaluationFault { code: code_of(fault), span, member: None }
}

/// The fault where the interpreter stopped.
pub(super) fn stopped(stopped: Stopped, body: &Body) -> EvaluationFault {
    at(stopped.fault, span_of(Some(body), stopped.node))
}

fn span_of(body: Option<&Body>, node: NodeId) -> Span {
    body.and_then(|body| body.node(node)).map_or(Span::NONE, |node| node.span)
}

/// The fault where machine code stopped.
#[cold]
#[inline(never)]
pub(super) fn compiled(fault: Fault, site: Site) -> EvaluationFault {
    at(fault, site.span)
}

/// The fault of one of an object's expressions.
#[cold]
#[inline(never)]
pub(super) fn in_object(fault: Fault, site: Site) -> EvaluationFault {
    let member = site.member.map_or((0, 0, false), |place| {
        let Place { member, alternative, in_guard } = place;
        (member, alternative, in_guard)
    });
    EvaluationFault { member: Some(member), ..at(fault, site.span) }
}

/// As [`stopped`], in an object.
pub(super) fn stopped_in_object(found: StoppedMember, object: &Object) -> EvaluationFault {
    let StoppedMember { member, alternative, in_guard, stopped } = found;
    let made = object.members.get(member).and_then(|made| made.alternatives.get(alternative));
    let body = made.and_then(|made| if in_guard { made.guard.as_ref() } else { Some(&made.value) });
    let span = span_of(body, stopped.node);
    EvaluationFault { member: Some((member, alternative, in_guard)), ..at(stopped.fault, span) }
}

/// The code of every fault there is.
#[cfg(feature = "internals")]
#[must_use]
pub fn codes() -> Vec<&'static str> {
    Fault::ALL.iter().map(|fault| code_of(*fault).id).collect()
}

/// What people are told of a fault.
pub(super) fn code_of(fault: Fault) -> &'static Code {
    match fault {
        Fault::Type => &code::WRONG_KIND,
        Fault::NullTarget => &code::NULL_TARGET,
        Fault::Index => &code::NO_SUCH_INDEX,
        Fault::Arithmetic => &code::ARITHMETIC,
        Fault::NumberFormat => &code::NUMBER_FORMAT,
        Fault::Limit => &code::LIMIT,
        Fault::Arity => &code::ARITY_AT_RUN_TIME,
        Fault::UnknownFunction => &code::FUNCTION_AT_RUN_TIME,
        Fault::UnknownProperty => &code::ATTRIBUTE_AT_RUN_TIME,
        Fault::Regex => &code::PATTERN_AT_RUN_TIME,
        Fault::GroupLimitTooLarge => &code::GROUP_LIMIT_TOO_LARGE,
        Fault::GroupLimitNotInteger => &code::GROUP_LIMIT_NOT_INTEGER,
        Fault::GroupLimitNotPositive => &code::GROUP_LIMIT_NOT_POSITIVE,
        Fault::TooManyGroups => &code::TOO_MANY_GROUPS,
        Fault::Allowlist => &code::ALLOWLIST_NOT_LIST,
        Fault::NoUser => &code::NO_USER,
        Fault::BadTime => &code::BAD_TIME,
        Fault::BadZone => &code::BAD_ZONE,
        Fault::BadCountry => &code::BAD_COUNTRY,
        Fault::Internal => &code::BUG,
    }
}

/// A limit that every evaluation would go beyond.
pub(super) fn too_much(excess: Excess, body: &Body) -> Diagnostic {
    let (words, help) = match excess {
        Excess::Steps => (
            "this always takes more steps than an evaluation has",
            "an evaluation has 1,000,000 steps; a pattern that is not constant takes 10,000",
        ),
        Excess::Output => (
            "this always gives a value that is larger than one may be",
            "a value has at most 65,536 bytes as JSON",
        ),
    };
    let span = body.node(body.root).map_or(Span::default(), |root| root.span);
    Diagnostic::new(&code::TOO_MUCH_WORK, words, span).help(help)
}

/// A broken invariant of ours, told instead of running what broke it.
pub(super) fn bug(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&code::BUG, format!("a bug of ours, please report it: {what}"), span)
}
