//! The tree of an expression as it was written. It knows spelling and position, no types.
//!
//! Chains are flat: a run of operators of one precedence level, of `? :`, `?:` and `??` nested to
//! the right, and of members and calls is one node with a list, so that the depth of a tree is
//! bounded by the nesting the parser counts (`oel-decisions` row 45), never by its length.

use crate::source::Span;

/// One expression and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    pub(crate) span: Span,
    pub(crate) kind: ExpressionKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExpressionKind {
    Literal(Literal),
    /// A bare name: a root, a lambda parameter, or an attribute of the element in `.![ ]`.
    Name(String),
    /// `#this` (OEL §2.3): the element, inside a projection or selection.
    This,
    /// What could not be read. Such a tree is only checked for what else is wrong with it.
    Broken,
    /// `f(…)` without a receiver, also `String.len(…)`: the name keeps its dots.
    Call(Call),
    /// `start.step.step…`; a null at a safe step ends the whole chain (decision 19).
    Chain {
        start: Box<Expression>,
        steps: Vec<Step>,
    },
    List(Vec<Expression>),
    Map(Vec<(Key, Expression)>),
    Unary {
        operator: UnaryOperator,
        operand: Box<Expression>,
    },
    /// `a ^ b`, not chainable.
    Power {
        base: Box<Expression>,
        exponent: Box<Expression>,
    },
    /// `a * b / c % d`, left to right.
    Product {
        first: Box<Expression>,
        rest: Vec<(ProductOperator, Expression)>,
    },
    /// `a + b - c`, left to right.
    Sum {
        first: Box<Expression>,
        rest: Vec<(SumOperator, Expression)>,
    },
    /// One comparison; comparisons do not chain.
    Comparison {
        operator: Comparison,
        lhs: Box<Expression>,
        rhs: Box<Expression>,
    },
    And(Vec<Expression>),
    Or(Vec<Expression>),
    /// `c ? t : …`, `a ?: …`, `a ?? …`, each link's right side being all that follows.
    Choice {
        links: Vec<Link>,
        otherwise: Box<Expression>,
    },
}

/// One link of a [`ExpressionKind::Choice`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Link {
    /// `condition ? then : …`
    If { condition: Expression, then: Expression },
    /// `value ?: …`: the value unless it is null or the empty text.
    Elvis(Expression),
    /// `value ?? …`: the value unless it is null.
    Coalesce(Expression),
}

impl Link {
    /// Where it was written, up to its question mark.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::If { condition: value, .. } | Self::Elvis(value) | Self::Coalesce(value) => {
                value.span
            }
        }
    }
}

/// A constant written out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

/// A name and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) span: Span,
    pub(crate) text: String,
}

/// A key of a map literal: the bare word or the quoted text means itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) text: String,
}

/// A function or method name with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) arguments: Vec<Argument>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Argument {
    Expression(Expression),
    Lambda(Lambda),
}

/// `x => body` or `(x, i) => body`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lambda {
    pub(crate) span: Span,
    pub(crate) parameters: Vec<Name>,
    pub(crate) body: Expression,
}

/// One step of a chain. `span` covers the step from its dot or bracket to its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) span: Span,
    /// Written with `?.`.
    pub(crate) safe: bool,
    pub(crate) kind: StepKind,
}

/// What a step does with the value before it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StepKind {
    Member(Name),
    Method(Call),
    Index(Box<Expression>),
    /// `.![body]`
    Projection(Box<Expression>),
    /// `.?[c]`, `.^[c]`, `.$[c]`
    Selection {
        which: Which,
        condition: Box<Expression>,
    },
}

/// Which matches a selection keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    First,
    Last,
}

/// `!`/`not`, `-`, `+`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Not,
    Minus,
    Plus,
}

/// `*`, `/`/`div`, `%`/`mod`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProductOperator {
    Times,
    Divide,
    Remainder,
}

/// `+`, `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SumOperator {
    Plus,
    Minus,
}

/// The relational operators and `matches`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
}

/// The namespaces of classic functions: `String.len(x)` is a call of `String.len`.
pub(crate) const NAMESPACES: [&str; 7] =
    ["String", "Arrays", "Convert", "Groups", "Time", "DateTime", "Iso3166Convert"];

/// A node of a kind at a place.
pub(super) fn placed((kind, span): (ExpressionKind, Span)) -> Expression {
    Expression { span, kind }
}

/// A choice, or the one expression that is all of it.
pub(super) fn choice(links: Vec<Link>, otherwise: Expression) -> ExpressionKind {
    if links.is_empty() {
        return otherwise.kind;
    }
    ExpressionKind::Choice { links, otherwise: Box::new(otherwise) }
}

/// A run of one operator, or the one operand that is all of it.
pub(super) fn operands(
    first: Expression,
    rest: Vec<Expression>,
    make: fn(Vec<Expression>) -> ExpressionKind,
) -> ExpressionKind {
    if rest.is_empty() {
        return first.kind;
    }
    let mut all = Vec::with_capacity(rest.len() + 1);
    all.push(first);
    all.extend(rest);
    make(all)
}

pub(super) fn sum(first: Expression, rest: Vec<(SumOperator, Expression)>) -> ExpressionKind {
    if rest.is_empty() {
        return first.kind;
    }
    ExpressionKind::Sum { first: Box::new(first), rest }
}

pub(super) fn product(
    first: Expression,
    rest: Vec<(ProductOperator, Expression)>,
) -> ExpressionKind {
    if rest.is_empty() {
        return first.kind;
    }
    ExpressionKind::Product { first: Box::new(first), rest }
}

/// A chain, or its start alone. A namespace with a call is one dotted name.
pub(super) fn chain(start: Expression, mut steps: Vec<Step>) -> ExpressionKind {
    if steps.is_empty() {
        return start.kind;
    }
    let namespace = match &start.kind {
        ExpressionKind::Name(name) if NAMESPACES.contains(&name.as_str()) => Some(name.clone()),
        _ => None,
    };
    let start = match (namespace, steps.first()) {
        (Some(namespace), Some(Step { safe: false, kind: StepKind::Method(call), span })) => {
            let span = start.span.join(*span);
            let name = Name {
                span: start.span.join(call.name.span),
                text: format!("{namespace}.{}", call.name.text),
            };
            let kind = ExpressionKind::Call(Call { name, arguments: call.arguments.clone() });
            steps.remove(0);
            Expression { span, kind }
        }
        _ => start,
    };
    if steps.is_empty() {
        return start.kind;
    }
    ExpressionKind::Chain { start: Box::new(start), steps }
}

/// An integer literal; the lexer has made sure that it fits.
pub(super) fn integer(magnitude: Option<u64>) -> Literal {
    Literal::Integer(magnitude.and_then(|value| i64::try_from(value).ok()).unwrap_or(i64::MAX))
}

/// Keys that an earlier entry has.
pub(super) fn duplicates(entries: &[(Key, Expression)]) -> Vec<Key> {
    let mut seen = std::collections::BTreeSet::new();
    entries.iter().filter(|(key, _)| !seen.insert(&key.text)).map(|(key, _)| key.clone()).collect()
}
