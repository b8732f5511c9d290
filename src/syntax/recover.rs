//! Several mistakes of grammar in one run: what stands around a mistake is taken for one operand of
//! which nothing is known, and everything is read again. What is taken grows until it can be read,
//! so that one mistake is told once.

use super::expected::Place;
use super::expression::ExpressionParser;
use super::token::{Placed, Token, closes};
use super::tree::Expression;
use crate::diagnostic::{Diagnostic, MOST, Severity};
use crate::source::Span;
use lalrpop_util::ParseError;

/// Most times one text is read.
const MOST_READINGS: usize = 60;

/// How much around a mistake is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Up to the next comma, bracket, colon, `&&` or the like.
    Operand,
    /// Up to the next comma or bracket.
    Element,
    /// The innermost brackets.
    Brackets,
    Everything,
}

impl Reach {
    fn wider(self) -> Self {
        match self {
            Self::Operand => Self::Element,
            Self::Element => Self::Brackets,
            Self::Brackets | Self::Everything => Self::Everything,
        }
    }

    fn ends_at(self, token: &Token) -> bool {
        match token {
            Token::Comma => self <= Self::Element,
            Token::Colon
            | Token::Question
            | Token::Elvis
            | Token::Coalesce
            | Token::Arrow
            | Token::And
            | Token::Or => self == Self::Operand,
            _ => false,
        }
    }
}

/// The tree of the tokens of this text, with holes where something is wrong.
pub(super) fn parse(
    mut tokens: Vec<Placed>,
    source: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expression> {
    let mut reach = Reach::Operand;
    for _ in 0..MOST_READINGS {
        let mut found = Vec::new();
        let read = tokens.iter().cloned().map(Ok);
        let wrong = match ExpressionParser::new().parse(&mut found, read) {
            Ok(tree) => {
                diagnostics.extend(found);
                return Some(tree);
            }
            Err(wrong) => wrong,
        };
        let place = place(&wrong, &tokens, source);
        if is_told(&place, diagnostics) {
            reach = reach.wider();
        } else {
            diagnostics.push(place.diagnostic());
            reach = if place.crosses() { Reach::Everything } else { Reach::Operand };
        }
        let is_error = |told: &&Diagnostic| told.severity == Severity::Error;
        if diagnostics.iter().filter(is_error).count() >= MOST {
            return None;
        }
        let mut taken = take(&tokens, place.at, reach);
        while taken == tokens && reach < Reach::Everything {
            reach = reach.wider();
            taken = take(&tokens, place.at, reach);
        }
        tokens = taken;
    }
    None
}

/// Which token is wrong, and what could stand there.
fn place<'t>(
    wrong: &'t ParseError<usize, Token, ()>,
    tokens: &'t [Placed],
    source: &'t str,
) -> Place<'t> {
    let nothing: &[String] = &[];
    let (found, expected) = match wrong {
        ParseError::UnrecognizedToken { token, expected } => (Some(token), expected.as_slice()),
        ParseError::ExtraToken { token } => (Some(token), nothing),
        ParseError::UnrecognizedEof { expected, .. } => (None, expected.as_slice()),
        ParseError::InvalidToken { .. } | ParseError::User { .. } => (None, nothing),
    };
    let same = |known: &Placed, (start, token, end): &Placed| {
        (known.0, known.2) == (*start, *end) && known.1 == *token
    };
    let at = found.and_then(|found| tokens.iter().position(|known| same(known, found)));
    Place { tokens, at: at.unwrap_or(tokens.len()), expected, source }
}

/// Whether something was said already of this place or of what stands just before it.
fn is_told(place: &Place<'_>, diagnostics: &[Diagnostic]) -> bool {
    let span = place
        .before()
        .map_or(place.span(), |(start, _, end)| Span::new(*start, *end).join(place.span()));
    let broken = |token: Option<&Placed>| matches!(token, Some((_, Token::Broken, _)));
    broken(place.found())
        || broken(place.before())
        || diagnostics.iter().any(|told| {
            let touches = told.span.start <= span.end && span.start <= told.span.end;
            told.severity == Severity::Error && touches
        })
}

/// The tokens with a hole around the one at `at`.
fn take(tokens: &[Placed], at: usize, reach: Reach) -> Vec<Placed> {
    let (mut start, mut stop) = match reach {
        Reach::Everything => (0, tokens.len()),
        _ => (start_of(tokens, at, reach), stop_of(tokens, at, reach)),
    };
    if reach == Reach::Brackets {
        // The brackets themselves, where there are any.
        start = start.saturating_sub(1);
        stop = (stop + 1).min(tokens.len());
    }
    let inside = tokens.get(start..stop).unwrap_or_default();
    let from = match (inside.first(), tokens.get(stop), tokens.last()) {
        (Some((from, ..)), ..) | (None, Some((from, ..)), _) => *from,
        (None, None, last) => last.map_or(0, |(_, _, end)| *end),
    };
    let to = inside.last().map_or(from, |(_, _, end)| *end);
    let before = tokens.get(..start).unwrap_or_default().iter().cloned();
    let after = tokens.get(stop..).unwrap_or_default().iter().cloned();
    before.chain([(from, Token::Broken, to)]).chain(after).collect()
}

/// Where what is taken begins: behind the last token before `at` that ends it.
fn start_of(tokens: &[Placed], at: usize, reach: Reach) -> usize {
    let mut depth = 0_usize;
    for (index, (_, token, _)) in tokens.iter().enumerate().take(at).rev() {
        if closes(token) {
            depth += 1;
        } else if opens(token) {
            match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return index + 1,
            }
        } else if depth == 0 && reach.ends_at(token) {
            return index + 1;
        }
    }
    0
}

/// Where what is taken stops: before the first token from `at` on that ends it.
fn stop_of(tokens: &[Placed], at: usize, reach: Reach) -> usize {
    let mut depth = 0_usize;
    for (index, (_, token, _)) in tokens.iter().enumerate().skip(at) {
        if opens(token) {
            depth += 1;
        } else if closes(token) {
            match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return index,
            }
        } else if depth == 0 && reach.ends_at(token) {
            return index;
        }
    }
    tokens.len()
}

pub(super) fn opens(token: &Token) -> bool {
    matches!(
        token,
        Token::OpenParenthesis | Token::OpenParameters | Token::OpenBracket | Token::OpenBrace
    ) || is_projection(token)
}

/// Whether a token opens a projection or selection.
pub(super) fn is_projection(token: &Token) -> bool {
    matches!(
        token,
        Token::Project
            | Token::SafeProject
            | Token::SelectAll
            | Token::SafeSelectAll
            | Token::SelectFirst
            | Token::SafeSelectFirst
            | Token::SelectLast
            | Token::SafeSelectLast
    )
}
