//! Takes the places out of a tree, so that two trees can be compared for what they say.

use super::tree::{Argument, Call, Expression, ExpressionKind, Link, Step, StepKind};
use crate::source::Span;

/// The tree with every span empty.
pub(crate) fn erased(mut tree: Expression) -> Expression {
    erase(&mut tree);
    tree
}

fn erase(tree: &mut Expression) {
    tree.span = Span::default();
    match &mut tree.kind {
        ExpressionKind::Literal(_)
        | ExpressionKind::Name(_)
        | ExpressionKind::This
        | ExpressionKind::Broken => {}
        ExpressionKind::Call(call) => erase_call(call),
        ExpressionKind::Chain { start, steps } => {
            erase(start);
            steps.iter_mut().for_each(erase_step);
        }
        ExpressionKind::List(all) | ExpressionKind::And(all) | ExpressionKind::Or(all) => {
            all.iter_mut().for_each(erase);
        }
        ExpressionKind::Map(entries) => {
            for (key, value) in entries {
                key.span = Span::default();
                erase(value);
            }
        }
        ExpressionKind::Unary { operand, .. } => erase(operand),
        ExpressionKind::Power { base: lhs, exponent: rhs }
        | ExpressionKind::Comparison { lhs, rhs, .. } => {
            erase(lhs);
            erase(rhs);
        }
        ExpressionKind::Product { first, rest } => {
            erase(first);
            rest.iter_mut().for_each(|(_, operand)| erase(operand));
        }
        ExpressionKind::Sum { first, rest } => {
            erase(first);
            rest.iter_mut().for_each(|(_, operand)| erase(operand));
        }
        ExpressionKind::Choice { links, otherwise } => {
            links.iter_mut().for_each(erase_link);
            erase(otherwise);
        }
    }
}

fn erase_link(link: &mut Link) {
    match link {
        Link::If { condition, then } => {
            erase(condition);
            erase(then);
        }
        Link::Elvis(value) | Link::Coalesce(value) => erase(value),
    }
}

fn erase_step(step: &mut Step) {
    step.span = Span::default();
    match &mut step.kind {
        StepKind::Member(name) => name.span = Span::default(),
        StepKind::Method(call) => erase_call(call),
        StepKind::Index(inner)
        | StepKind::Projection(inner)
        | StepKind::Selection { condition: inner, .. } => erase(inner),
    }
}

fn erase_call(call: &mut Call) {
    call.name.span = Span::default();
    for argument in &mut call.arguments {
        match argument {
            Argument::Expression(expression) => erase(expression),
            Argument::Lambda(lambda) => {
                lambda.span = Span::default();
                lambda.parameters.iter_mut().for_each(|name| name.span = Span::default());
                erase(&mut lambda.body);
            }
        }
    }
}
