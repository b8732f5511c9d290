//! What `check` remarks on although it is allowed: one constructor each. Codes start with `L`.

use super::error::type_name;
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use claimsmith_runtime::types::Shape;

/// A bare name inside `.?[ ]` that is an attribute of the element, though a root has it (decision 21).
pub(super) fn also_a_root(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is an attribute of the element here, not the root");
    Diagnostic::new(&code::ALSO_A_ROOT, message, span)
        .label("belongs to the element")
        .help("to use the root, write a lambda: `.filter(x => …)` or `.map(x => …)`")
}

/// A condition that null would make fail (decision 16).
pub(super) fn null_condition(span: Span) -> Diagnostic {
    let message = "this condition may be null, which is neither true nor false".to_owned();
    Diagnostic::new(&code::NULL_CONDITION, message, span)
        .label("fails when it is null")
        .help("write `?: false` after it")
}

/// Text that may be null in a sum (decision 17).
pub(super) fn null_text(span: Span) -> Diagnostic {
    let message = "this may be null, and would then be joined as the empty text".to_owned();
    Diagnostic::new(&code::NULL_JOINED, message, span).help("write `?: \"\"` to say so")
}

/// Text that may be null where a sum is no text yet (decision 17).
pub(super) fn null_added(span: Span) -> Diagnostic {
    let message =
        "this may be null, which is joined to text as the empty one, but cannot be added to \
                   null or to a number"
            .to_owned();
    Diagnostic::new(&code::NULL_JOINED, message, span).help("write `?: \"\"` after it")
}

/// A side of `<` or its kin that may be null (decision 14).
pub(super) fn null_order(span: Span) -> Diagnostic {
    let message = "this may be null, and null is less than everything".to_owned();
    Diagnostic::new(&code::NULL_ORDERED, message, span)
        .label("may be null")
        .help("ask `!= null` first, or write `?:` and what to compare instead")
}

/// A member of what may be null (OEL §2.8).
pub(super) fn null_receiver(span: Span) -> Diagnostic {
    let message = "this may be null, and then nothing can be read from it".to_owned();
    Diagnostic::new(&code::NULL_RECEIVER, message, span)
        .label("may be null")
        .help("write `?.` after it, or ask `!= null` first")
}

/// An operand or argument that may be null where null faults.
pub(super) fn null_value(span: Span) -> Diagnostic {
    let message = "this may be null, which fails here".to_owned();
    Diagnostic::new(&code::NULL_VALUE, message, span)
        .label("may be null")
        .help("write `?:` and what to take instead, or ask `!= null` first")
}

/// What is read where it was found to be null.
pub(super) fn always_null(span: Span) -> Diagnostic {
    let message = "this is null here, as was asked before".to_owned();
    Diagnostic::new(&code::ALWAYS_NULL, message, span)
        .label("always null here")
        .help("the branches may be the wrong way round")
}

/// A name that looks like a regular expression where only a beginning is compared.
pub(super) fn criterion_pattern(span: Span) -> Diagnostic {
    let message = "this is compared as it is written, not as a regular expression".to_owned();
    Diagnostic::new(&code::LOOKS_LIKE_PATTERN, message, span)
        .help("name several beginnings in a list: `{'Admin-', 'Service-'}`")
}

/// A limit that only the authorization code flow allows (OEL §3.4).
pub(super) fn limit_above_100(limit: i64, span: Span) -> Diagnostic {
    let message = format!("a limit of {limit} fails in every flow but that of authorization codes");
    Diagnostic::new(&code::LIMIT_ABOVE_100, message, span)
        .label("more than 100")
        .help("write 100 or less")
}

/// Why a condition has one outcome only.
#[derive(Clone, Copy)]
pub(super) enum Why<'s> {
    Written,
    /// A value that is never null was compared with null.
    NeverNull,
    /// The way to this place decides it.
    AskedBefore,
    SameOnBothSides,
    /// Values of these shapes are never equal.
    Kinds(&'s Shape, &'s Shape),
}

pub(super) fn always(outcome: bool, why: Why<'_>, span: Span) -> Diagnostic {
    let message = format!("this is always {outcome}");
    let told = Diagnostic::new(&code::ALWAYS, message, span);
    match why {
        Why::Written => told.help("leave it out"),
        Why::NeverNull => told.label("never null").help("leave the comparison out"),
        Why::AskedBefore => told.label("decided before this place is reached").help("leave it out"),
        Why::SameOnBothSides => told.label("the same on both sides"),
        Why::Kinds(lhs, rhs) => {
            let words = format!("{} and {} are never equal", type_name(lhs), type_name(rhs));
            told.label(words).help("`==` does not convert: compare values of one kind")
        }
    }
}

/// What follows `?:` or `??` and is never taken, or stands before it and never is.
pub(super) fn never_taken(because: &str, span: Span) -> Diagnostic {
    let message = format!("this is never taken: {because}");
    Diagnostic::new(&code::NEVER_TAKEN, message, span).label("unreachable").help("leave it out")
}

/// A regular expression without any need of one.
pub(super) fn plain_pattern(instead: &str, span: Span) -> Diagnostic {
    let message = "this regular expression only compares letters".to_owned();
    Diagnostic::new(&code::PLAIN_PATTERN, message, span)
        .help(format!("write `{instead}`, which is plainer and faster"))
}

/// `!a == b`, which is not what it looks like (decision 15).
pub(super) fn negation_first(span: Span) -> Diagnostic {
    let message = "`!` and `not` bind tighter than a comparison".to_owned();
    Diagnostic::new(&code::NEGATION_FIRST, message, span)
        .label("negated before it is compared")
        .help("write `a != b` or `!(a == b)`; parentheses `(!a) == b` say that it is meant")
}
