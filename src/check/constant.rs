//! Arguments that must be constant (decision 48): what they say, and the expression inside the
//! second argument of `getFilteredGroups`, which is checked as part of the one around it.

use super::{Checker, Scope, error};
use crate::ir::{LocalId, NodeId, NodeKind};
use crate::source::Span;
use crate::syntax::tree::{Argument, Expression, ExpressionKind, Literal, SumOperator};
use crate::syntax::{self, Limits};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::number;
use claimsmith_runtime::types::{Shape, Type};

/// The name that a group expression has for its group.
const GROUP: &str = "group";

/// Where a text that was written inside an expression is told to be.
#[derive(Clone, Copy)]
enum Placing {
    /// It stands there as it is, from this byte on.
    From(usize),
    /// It was put together, so all of it is there.
    Whole(Span),
}

impl Placing {
    fn place(self, span: Span) -> Span {
        match self {
            Self::From(start) => {
                let range = span.range();
                Span::new(start + range.start, start + range.end)
            }
            Self::Whole(whole) => whole,
        }
    }
}

/// The text of a constant: a literal, or `+` of constants. `None` for anything else.
fn text_of(tree: &Expression) -> Option<String> {
    match &tree.kind {
        ExpressionKind::Literal(literal) => piece(literal),
        ExpressionKind::Sum { first, rest } => {
            let rest = rest.iter().map(|(operator, tree)| match operator {
                SumOperator::Plus => text_of(tree),
                SumOperator::Minus => None,
            });
            let pieces: Option<Vec<String>> = std::iter::once(text_of(first)).chain(rest).collect();
            pieces.map(|pieces| pieces.concat())
        }
        _ => None,
    }
}

/// What a literal adds to a text (decisions 10 and 17).
fn piece(literal: &Literal) -> Option<String> {
    Some(match literal {
        Literal::Null => String::new(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Number(value) => number::to_text(*value),
        Literal::Text(text) => text.clone(),
    })
}

/// Whether a constant is a text: some literal in it is one.
fn is_text(tree: &Expression) -> bool {
    match &tree.kind {
        ExpressionKind::Literal(literal) => matches!(literal, Literal::Text(_)),
        ExpressionKind::Sum { first, rest } => {
            is_text(first) || rest.iter().any(|(_, tree)| is_text(tree))
        }
        _ => false,
    }
}

impl Checker<'_> {
    /// The text that a constant argument of `function` is, and where it stands.
    pub(super) fn constant_argument(
        &mut self,
        argument: &Argument,
        function: &str,
    ) -> Result<(String, Span), NodeId> {
        let tree = match argument {
            Argument::Expression(tree) => tree,
            Argument::Lambda(lambda) => {
                return Err(self.error(error::unexpected_lambda(function, lambda.span)));
            }
        };
        match text_of(tree) {
            Some(text) if is_text(tree) => Ok((text, tree.span)),
            Some(_) => {
                let value = self.expression(tree);
                let shape = self.shape(value);
                Err(self.error(error::expected("text", &shape, tree.span)))
            }
            None => Err(self.error(error::not_constant(function, tree.span))),
        }
    }

    /// The expression in the second argument of `getFilteredGroups`, with `group` for the element
    /// besides the roots, and nothing else of what is around it.
    pub(super) fn group_expression(
        &mut self,
        argument: &Argument,
        element: LocalId,
        group: Shape,
    ) -> Result<NodeId, NodeId> {
        let (text, span) = self.constant_argument(argument, "getFilteredGroups")?;
        if self.is_inside {
            return Err(self.error(error::group_expression_inside(span)));
        }
        // A literal without doubled quotes is as long as its text and the quotes around it.
        let placing = match span.range().len() {
            length if length == text.len() + 2 => Placing::From(span.range().start + 1),
            _ => Placing::Whole(span),
        };
        let (n_nodes, n_diagnostics) = (self.nodes.len(), self.diagnostics.len());
        let parsed = syntax::parse(&text, Limits::free());
        self.diagnostics.extend(parsed.diagnostics);
        let parameter = Scope::Parameter { name: GROUP.to_owned(), local: element, shape: group };
        let around = std::mem::replace(&mut self.scopes, vec![parameter]);
        self.is_inside = true;
        let body = match parsed.tree {
            Some(tree) => Ok(self.where_known(&[], |checker| checker.expression(&tree))),
            None => {
                let kind = NodeKind::Fail(Fault::Type);
                Err(self.push(kind, Shape::of(Type::Any), Span::default()))
            }
        };
        self.is_inside = false;
        self.scopes = around;
        for node in self.nodes.iter_mut().skip(n_nodes) {
            node.span = placing.place(node.span);
        }
        for diagnostic in self.diagnostics.iter_mut().skip(n_diagnostics) {
            diagnostic.span = placing.place(diagnostic.span);
        }
        body
    }
}
