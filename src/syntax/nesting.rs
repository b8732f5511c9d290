//! How deep an expression nests, told from its tokens (decision 45): brackets, lambdas, prefix
//! operators and the branches of `? :` count, chains of one level do not.

use super::token::{Placed, Token};
use crate::source::Span;

/// What a token does to the nesting.
enum Effect {
    Open,
    Close,
    /// A branch that reaches to its colon.
    Branch,
    Colon,
    /// A prefix operator, which reaches to its operand.
    Prefix,
    Operand,
    /// Anything between operands.
    Between,
}

/// Where the nesting first goes beyond `most`.
pub(super) fn beyond(tokens: &[Placed], most: usize) -> Option<Span> {
    // One entry for each open bracket or branch: how many levels it stands for, and which it is.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut depth = 0_usize;
    let mut prefixes = 0_usize;
    let mut after_operand = false;
    for (start, token, end) in tokens {
        match effect(token, after_operand) {
            Effect::Open => {
                open.push((prefixes + 1, false));
                depth += 1;
                (prefixes, after_operand) = (0, false);
            }
            Effect::Close => {
                while let Some((levels, branch)) = open.pop() {
                    depth = depth.saturating_sub(levels);
                    if !branch {
                        break;
                    }
                }
                (prefixes, after_operand) = (0, true);
            }
            Effect::Branch => {
                open.push((1, true));
                depth += 1;
                after_operand = false;
            }
            Effect::Colon => {
                if open.last().is_some_and(|(_, branch)| *branch) {
                    open.pop();
                    depth = depth.saturating_sub(1);
                }
                after_operand = false;
            }
            Effect::Prefix => {
                prefixes += 1;
                depth += 1;
            }
            Effect::Operand => {
                depth = depth.saturating_sub(prefixes);
                (prefixes, after_operand) = (0, true);
            }
            Effect::Between => after_operand = false,
        }
        if depth > most {
            return Some(Span::new(*start, *end));
        }
    }
    None
}

fn effect(token: &Token, after_operand: bool) -> Effect {
    match token {
        Token::OpenParenthesis
        | Token::OpenParameters
        | Token::OpenBracket
        | Token::OpenBrace
        | Token::Project
        | Token::SafeProject
        | Token::SelectAll
        | Token::SafeSelectAll
        | Token::SelectFirst
        | Token::SafeSelectFirst
        | Token::SelectLast
        | Token::SafeSelectLast => Effect::Open,
        Token::CloseParenthesis | Token::CloseBracket | Token::CloseBrace => Effect::Close,
        Token::Question => Effect::Branch,
        Token::Colon => Effect::Colon,
        Token::Not => Effect::Prefix,
        Token::Plus | Token::Minus if !after_operand => Effect::Prefix,
        // A lambda without parentheses nests without a bracket of its own, inside its call's.
        Token::Name(_)
        | Token::Key(_)
        | Token::Text(_)
        | Token::Integer(_)
        | Token::Number(_)
        | Token::Least
        | Token::True
        | Token::False
        | Token::Null
        | Token::This
        | Token::Broken => Effect::Operand,
        _ => Effect::Between,
    }
}
