//! What is allowed and will surprise: values that may be null, conditions with one outcome,
//! branches that nothing reaches, patterns that are none. Everything here only tells.

use super::Checker;
use super::flow::{Fact, Known};
use super::lint::{self, Why};
use super::shape::{Family, family};
use crate::diagnostic::{Diagnostic, code};
use crate::ir::{Constant, NodeId, NodeKind};
use crate::schema::is_listed;
use crate::source::Span;
use crate::syntax::tree::{Expression, ExpressionKind, Literal};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::Function;
use claimsmith_runtime::types::Type;

impl Checker<'_> {
    /// Whether null is among the values of a node, as far as an organization decides it. Nothing is
    /// said of the roots of a request: which of them a request has is told once for a whole claim.
    /// Nor of the attributes that the language lists itself, most of which have their value where
    /// they are asked for.
    fn may_be_null(&self, value: NodeId) -> bool {
        let is_unknown = matches!(self.shape(value).ty, Type::Any | Type::Null);
        let is_told_elsewhere = match self.kind(value) {
            Some(NodeKind::Root(ordinal)) => (*ordinal as usize) < self.schema.n_records(),
            Some(NodeKind::Slot { record, .. }) => match self.shape(*record).ty {
                Type::Record(record) => is_listed(&record),
                _ => false,
            },
            _ => false,
        };
        !is_unknown && !is_told_elsewhere && !self.flow.is_present(value)
    }

    /// The value is read, or handed on to where null faults.
    pub(super) fn remark_null(&mut self, value: NodeId, fault: Fault) {
        let span = self.span(value);
        if self.flow.known(value) == Some(Known::Null) && !self.is_constant(value) {
            self.diagnostics.push(lint::always_null(span));
        } else if self.may_be_null(value) {
            match fault {
                Fault::NullTarget => self.diagnostics.push(lint::null_receiver(span)),
                Fault::Type => self.diagnostics.push(lint::null_value(span)),
                _ => {}
            }
        }
    }

    /// Whether this is a constant: a literal, or a root that no request has here.
    fn is_constant(&self, value: NodeId) -> bool {
        matches!(self.kind(value), Some(NodeKind::Constant(_)))
    }

    /// The value is an operand of arithmetic.
    pub(super) fn remark_null_operand(&mut self, value: NodeId) {
        if matches!(self.shape(value).ty, Type::Integer | Type::Number) {
            self.remark_null(value, Fault::Type);
            self.learn_present(value);
        }
    }

    /// The value stands where a boolean must.
    pub(super) fn remark_null_condition(&mut self, value: NodeId) {
        let is_condition = matches!(self.shape(value).ty, Type::Boolean | Type::Text);
        if is_condition && self.may_be_null(value) {
            self.diagnostics.push(lint::null_condition(self.span(value)));
            self.learn_present(value);
        }
    }

    /// The value is joined with others to a text, where null is the empty one (decision 17).
    pub(super) fn remark_null_joined(&mut self, value: NodeId) {
        if self.shape(value).ty == Type::Text && self.may_be_null(value) {
            self.diagnostics.push(lint::null_text(self.span(value)));
        }
    }

    /// The value is added where the sum is no text yet: of two nulls it is none (decision 17).
    pub(super) fn remark_null_added(&mut self, value: NodeId) {
        if self.shape(value).ty == Type::Text && self.may_be_null(value) {
            self.diagnostics.push(lint::null_added(self.span(value)));
        }
    }

    /// A comparison puts null below everything (decision 14).
    pub(super) fn remark_order(&mut self, lhs: NodeId, rhs: NodeId) {
        for side in [lhs, rhs] {
            if self.may_be_null(side) {
                self.diagnostics.push(lint::null_order(self.span(side)));
            }
        }
    }

    /// A condition that is written as a constant, or that the way here has decided.
    pub(super) fn remark_settled(&mut self, written: &Expression, condition: NodeId) {
        let span = self.span(condition);
        let is_told = |told: &Diagnostic| told.code == &code::ALWAYS && told.span == span;
        if self.diagnostics.iter().any(is_told) {
            return;
        }
        if let ExpressionKind::Literal(Literal::Boolean(outcome)) = written.kind {
            self.diagnostics.push(lint::always(outcome, Why::Written, span));
        } else if let Some(outcome) = self.settled(condition) {
            self.diagnostics.push(lint::always(outcome, Why::AskedBefore, span));
        }
    }

    fn settled(&self, condition: NodeId) -> Option<bool> {
        match (self.flow.known(condition), self.kind(condition)) {
            (Some(Known::True), _) => Some(true),
            (Some(Known::False), _) => Some(false),
            (_, Some(NodeKind::Not(value))) => self.settled(*value).map(|outcome| !outcome),
            _ => None,
        }
    }

    /// `==` or `!=` that has one outcome whatever the request.
    pub(super) fn remark_equality(
        &mut self,
        (lhs, written_left): (NodeId, &Expression),
        (rhs, written_right): (NodeId, &Expression),
        negated: bool,
        span: Span,
    ) {
        let (left, right) = (self.shape(lhs), self.shape(rhs));
        let decided = if is_literal(written_left) && is_literal(written_right) {
            let equal = match (self.kind(lhs), self.kind(rhs)) {
                (Some(one), Some(other)) if left.ty == right.ty => Some(one == other),
                _ => self.are_never_equal(lhs, rhs).then_some(false),
            };
            equal.map(|equal| (equal, Why::Written))
        } else if is_null(written_right) {
            self.null_question(lhs)
        } else if is_null(written_left) {
            self.null_question(rhs)
        } else if self.is_constant(lhs) && self.is_constant(rhs) {
            None
        } else if self.flow.are_same(lhs, rhs) {
            Some((true, Why::SameOnBothSides))
        } else if self.schema.is_declared() && self.are_never_equal(lhs, rhs) {
            Some((false, Why::Kinds(&left, &right)))
        } else {
            None
        };
        if let Some((equal, why)) = decided {
            self.diagnostics.push(lint::always(equal != negated, why, span));
        }
    }

    /// Whether a value is null, where that is known. What was only seen in a context is no promise.
    fn null_question(&self, value: NodeId) -> Option<(bool, Why<'static>)> {
        match self.flow.known(value) {
            _ if self.is_constant(value) => None,
            Some(Known::Null) => Some((true, Why::AskedBefore)),
            Some(_) => Some((false, Why::AskedBefore)),
            None if self.schema.is_declared() && self.flow.is_present(value) => {
                Some((false, Why::NeverNull))
            }
            None => None,
        }
    }

    fn are_never_equal(&self, lhs: NodeId, rhs: NodeId) -> bool {
        let differ = match (family(&self.shape(lhs).ty), family(&self.shape(rhs).ty)) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        };
        differ && (self.flow.is_present(lhs) || self.flow.is_present(rhs))
    }

    /// `value ?: …` or `value ?? …` where one of the two is never taken.
    pub(super) fn remark_default(
        &mut self,
        written: &Expression,
        value: NodeId,
        empty_too: bool,
        next: Span,
    ) {
        if self.is_constant(value) && !is_literal(written) {
            return;
        }
        let (shape, known) = (self.shape(value), self.flow.known(value));
        if is_null(written) || known == Some(Known::Null) {
            let because = "it is always null";
            return self.diagnostics.push(lint::never_taken(because, self.span(value)));
        }
        let may_be_empty = empty_too
            && match self.kind(value) {
                Some(NodeKind::Constant(Constant::Text(text))) => text.is_empty(),
                _ => family(&shape.ty).is_none_or(|family| family == Family::Text),
            };
        let is_promise = self.schema.is_declared() || known.is_some() || is_literal(written);
        if is_promise && !may_be_empty && self.flow.is_present(value) {
            self.diagnostics.push(lint::never_taken("what stands before is never null", next));
        }
    }

    /// What is known where a value is null.
    pub(super) fn is_null(&self, value: NodeId) -> Vec<Fact> {
        vec![(self.flow.same(value), Known::Null)]
    }

    /// A constant pattern of `matches` that needs no regular expression.
    pub(super) fn remark_plain_pattern(&mut self, function: &Function, arguments: &[NodeId]) {
        let [_, pattern] = arguments else { return };
        let is_meant = function.names.contains(&"matches");
        let Some(plain) = self.constant_text(*pattern).filter(|_| is_meant).and_then(plain) else {
            return;
        };
        let (of, text) = (plain.of, quoted(&plain.text));
        let instead = match of {
            Plain::Whole => format!("== {text}"),
            Plain::Start => format!(".startsWith({text})"),
            Plain::End => format!(".endsWith({text})"),
            Plain::Part => format!(".contains({text})"),
        };
        self.diagnostics.push(lint::plain_pattern(&instead, self.span(*pattern)));
    }

    /// The same for the names of groups.
    pub(super) fn remark_plain_group_pattern(&mut self, pattern: &str, span: Span) {
        let Some(plain) = plain(pattern) else { return };
        let (of, text) = (plain.of, quoted(&plain.text));
        let instead = match of {
            Plain::Whole => format!("isMemberOfGroupName({text})"),
            Plain::Start => format!("isMemberOfGroupNameStartsWith({text})"),
            Plain::End => format!("user.groups.any(g => g.endsWith({text}))"),
            Plain::Part => format!("isMemberOfGroupNameContains({text})"),
        };
        self.diagnostics.push(lint::plain_pattern(&instead, span));
    }

    /// A text is a regular expression: what is said of escapes in it is not meant.
    pub(super) fn note_pattern(&mut self, span: Span) {
        self.patterns.push(span);
    }
}

fn is_literal(written: &Expression) -> bool {
    matches!(written.kind, ExpressionKind::Literal(_))
}

fn is_null(written: &Expression) -> bool {
    matches!(written.kind, ExpressionKind::Literal(Literal::Null))
}

/// What a pattern asks that asks for letters only.
#[derive(Clone, Copy)]
enum Plain {
    Whole,
    Start,
    End,
    Part,
}

struct PlainPattern {
    of: Plain,
    text: String,
}

/// What a pattern that holds for whole texts asks for, if a comparison of letters would do.
fn plain(pattern: &str) -> Option<PlainPattern> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let (before, pattern) = match pattern.strip_prefix(".*") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (after, pattern) = match pattern.strip_suffix(".*") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let mut text = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' => letters.next().filter(|escaped| is_escape(*escaped))?,
            _ if r".+*?()|[]{}^$".contains(letter) => return None,
            letter => letter,
        };
        text.push(letter);
    }
    let of = match (before, after) {
        (false, false) => Plain::Whole,
        (false, true) => Plain::Start,
        (true, false) => Plain::End,
        (true, true) => Plain::Part,
    };
    (!text.is_empty()).then_some(PlainPattern { of, text })
}

/// Whether a backslash before it makes it stand for itself; `\<` and `\>` are ends of words.
fn is_escape(letter: char) -> bool {
    letter.is_ascii_punctuation() && !matches!(letter, '<' | '>')
}

/// A text as it is written in an expression.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
