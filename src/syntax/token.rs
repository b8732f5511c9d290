//! Text becomes tokens. What depends on neighbours is settled here, so that the grammar needs no
//! tricks: words after a dot, keys of maps, lambdas in parentheses, forms that are not supported.

use super::error;
use super::literal;
use crate::diagnostic::{Diagnostic, MOST};
use crate::source::Span;
use logos::Logos;
use std::fmt;

/// A token and its place, as the generated parser takes it.
pub(super) type Placed = (usize, Token, usize);

/// What the grammar is made of.
#[derive(Clone, Debug, PartialEq, Logos)]
#[logos(skip r"[ \t\r\n]+")]
pub(crate) enum Token {
    #[regex(r"[A-Za-z_$][A-Za-z0-9_$]*", |lexer| lexer.slice().to_owned())]
    Name(String),
    /// A word or a text that stands before the colon of a map entry; made by [`settle`].
    Key(String),
    #[regex(r"'([^']|'')*'", literal::unquote)]
    #[regex(r#""([^"]|"")*""#, literal::unquote)]
    Text(String),
    #[regex(r"[0-9]+[lL]?", literal::decimal)]
    #[regex(r"0[xX][0-9a-fA-F]+[lL]?", literal::hexadecimal)]
    Integer(Option<u64>),
    /// `-9223372036854775808`, the one literal that needs its sign; made by [`settle`].
    Least,
    #[regex(r"[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?[fFdD]?", literal::number)]
    #[regex(r"[0-9]+[eE][+-]?[0-9]+[fFdD]?", literal::number)]
    #[regex(r"[0-9]+[fFdD]", literal::number)]
    Number(Option<f64>),
    True,
    False,
    Null,
    #[token("#this")]
    This,
    #[token("(")]
    OpenParenthesis,
    /// A parenthesis that opens the parameters of a lambda; made by [`settle`].
    OpenParameters,
    #[token(")")]
    CloseParenthesis,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token(".")]
    Dot,
    #[token("?.")]
    SafeDot,
    #[token(".![")]
    Project,
    #[token("?.![")]
    SafeProject,
    #[token(".?[")]
    SelectAll,
    #[token("?.?[")]
    SafeSelectAll,
    #[token(".^[")]
    SelectFirst,
    #[token("?.^[")]
    SafeSelectFirst,
    #[token(".$[")]
    SelectLast,
    #[token("?.$[")]
    SafeSelectLast,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token("?")]
    Question,
    #[token("?:")]
    Elvis,
    #[token("??")]
    Coalesce,
    #[token("=>")]
    Arrow,
    #[token("==")]
    #[token("===")]
    Equal,
    #[token("!=")]
    #[token("!==")]
    NotEqual,
    #[token("<")]
    Less,
    #[token("<=")]
    LessOrEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterOrEqual,
    Matches,
    #[token("&&")]
    And,
    #[token("||")]
    Or,
    #[token("!")]
    Not,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("^")]
    Caret,
    #[token("=")]
    #[token(":=")]
    #[token("+=")]
    #[token("-=")]
    #[token("*=")]
    #[token("/=")]
    #[token("=~")]
    #[token("=<")]
    #[token("++")]
    #[token("--")]
    #[token("...")]
    #[token("@")]
    #[regex(r"`[^`]*`?")]
    #[token(";")]
    #[regex(r"#[A-Za-z_$][A-Za-z0-9_$]*")]
    #[regex(r"//[^\n]*", allow_greedy = true)]
    #[regex(r"/\*([^*]|\*[^/])*\*/")]
    Unsupported,
    /// An operator of another language, or one with a character too few or too many.
    #[token("&")]
    #[token("&&&")]
    #[token("|")]
    #[token("|||")]
    #[token("<>")]
    #[token("**")]
    #[token("->")]
    #[token("::")]
    Foreign,
    /// A text between smart quotes.
    #[regex(
        "[\u{2018}\u{2019}\u{201a}\u{201c}\u{201d}\u{201e}\u{ab}\u{bb}][^\u{2018}\u{2019}\u{201a}\u{201c}\u{201d}\u{201e}\u{ab}\u{bb}]*[\u{2018}\u{2019}\u{201a}\u{201c}\u{201d}\u{201e}\u{ab}\u{bb}]"
    )]
    SmartText,
    /// A text that goes on to the end.
    #[regex(r"'([^']|'')*", allow_greedy = true)]
    #[regex(r#""([^"]|"")*"#, allow_greedy = true)]
    Unclosed,
    /// What stands where something was wrong, so that what follows can be read.
    Broken,
}

/// The words that are operators or constants, in any letter case (decision 5).
const KEYWORDS: [(&str, Token); 15] = [
    ("true", Token::True),
    ("false", Token::False),
    ("null", Token::Null),
    ("and", Token::And),
    ("or", Token::Or),
    ("not", Token::Not),
    ("eq", Token::Equal),
    ("ne", Token::NotEqual),
    ("lt", Token::Less),
    ("le", Token::LessOrEqual),
    ("gt", Token::Greater),
    ("ge", Token::GreaterOrEqual),
    ("div", Token::Slash),
    ("mod", Token::Percent),
    ("matches", Token::Matches),
];

/// The tokens of `source`, and everything in it that is none. What was probably meant, or
/// [`Token::Broken`], stands in its place.
pub(super) fn tokens(source: &str) -> (Vec<Placed>, Vec<Diagnostic>) {
    let mut found: Vec<Placed> = Vec::new();
    let mut errors = Vec::new();
    let mut lexer = Token::lexer(source);
    while let Some(token) = lexer.next() {
        let (range, slice) = (lexer.span(), lexer.slice());
        let span = Span::new(range.start, range.end);
        let token = match token {
            Ok(Token::Unsupported) => {
                errors.push(error::unsupported_form(slice, span));
                meant(slice, lexer.remainder())
            }
            Ok(Token::Foreign) => {
                errors.push(error::foreign_operator(slice, span));
                meant(slice, lexer.remainder())
            }
            Ok(Token::SmartText) => {
                let quote = slice.chars().next().map_or(0, char::len_utf8);
                let span = Span::new(range.start, range.start + quote);
                errors.push(error::unexpected_characters(slice, span));
                Some(Token::Text(slice.to_owned()))
            }
            Ok(Token::Unclosed) => {
                errors.push(unclosed(source, &found, range.start));
                Some(Token::Broken)
            }
            Ok(Token::Integer(None) | Token::Number(None)) => {
                errors.push(error::number_range(slice, span));
                Some(Token::Number(Some(0.0)))
            }
            Ok(token) => Some(token),
            Err(()) => {
                // A run of them is one mistake.
                let goes_on =
                    matches!(found.last(), Some((_, Token::Broken, end)) if *end == range.start);
                if !goes_on {
                    errors.push(error::unexpected_characters(slice, span));
                }
                Some(Token::Broken)
            }
        };
        found.extend(token.map(|token| (range.start, token, range.end)));
        if errors.len() >= MOST {
            break;
        }
    }
    let settled = settle(&found, &mut errors);
    (settled, errors)
}

/// The token that was most likely meant by what is none; nothing for what can be left out.
fn meant(slice: &str, rest: &str) -> Option<Token> {
    Some(match slice {
        "=" | ":=" => Token::Equal,
        "=~" => Token::Matches,
        "=<" => Token::LessOrEqual,
        "<>" => Token::NotEqual,
        "&" | "&&&" => Token::And,
        "|" | "|||" => Token::Or,
        "**" => Token::Caret,
        "->" => Token::Arrow,
        ";" if rest.trim().is_empty() => return None,
        _ if slice.starts_with("//") || slice.starts_with("/*") => return None,
        _ if slice.starts_with('`') => Token::Text(slice.to_owned()),
        _ => Token::Broken,
    })
}

/// A text without an end. A quote too many inside an earlier text is the likelier mistake: then a
/// word follows that text without a blank.
fn unclosed(source: &str, found: &[Placed], start: usize) -> Diagnostic {
    let inside = found.windows(2).rev().find_map(|pair| match pair {
        [(_, Token::Text(text), end), (next, Token::Name(_), _)] if end == next => {
            Some((closing_quote(source, *end)?, text.ends_with('\\')))
        }
        _ => None,
    });
    match inside {
        Some((quote, escaped)) => error::quote_inside(escaped, quote),
        None => {
            let rest = source.get(start..).unwrap_or_default();
            error::unexpected_characters(rest, Span::new(start, start + 1))
        }
    }
}

/// The quote that ends the text before `end`, if it is a plain one.
pub(super) fn closing_quote(source: &str, end: usize) -> Option<Span> {
    let written = source.get(..end)?;
    written.ends_with(['\'', '"']).then(|| Span::new(end - 1, end))
}

/// Decides what each token is among its neighbours.
fn settle(found: &[Placed], errors: &mut Vec<Diagnostic>) -> Vec<Placed> {
    let mut settled: Vec<Placed> = Vec::with_capacity(found.len());
    for (index, (start, token, end)) in found.iter().enumerate() {
        let span = Span::new(*start, *end);
        let next = found.get(index + 1).map(|(_, token, _)| token);
        let before = settled.last().map(|(_, token, _)| token);
        let token = match token {
            Token::Name(word) => {
                if let Some(error) = unsupported_word(word, before, next, span) {
                    errors.push(error);
                    Token::Broken
                } else {
                    word_among(word, before, next)
                }
            }
            Token::Text(text) if is_key(before, next) => Token::Key(text.clone()),
            Token::OpenParenthesis if opens_lambda(found.get(index + 1..)) => Token::OpenParameters,
            Token::Comma if next.is_some_and(closes) => {
                errors.push(error::trailing_comma(span));
                continue;
            }
            Token::Integer(Some(LEAST)) => {
                let prefix = settled.len().checked_sub(2).and_then(|at| settled.get(at));
                let sign = matches!(before, Some(Token::Minus))
                    && !prefix.is_some_and(|(_, token, _)| ends_operand(token));
                if !sign {
                    errors.push(error::number_range("9223372036854775808", span));
                    settled.push((*start, Token::Number(Some(0.0)), *end));
                } else if let Some((minus, _, _)) = settled.pop() {
                    settled.push((minus, Token::Least, *end));
                }
                continue;
            }
            other => other.clone(),
        };
        settled.push((*start, token, *end));
    }
    settled
}

/// The magnitude of the least integer, one more than that of the greatest.
const LEAST: u64 = 1 << 63;

/// After a dot every word is a name; before the colon of an entry it is a key.
fn word_among(word: &str, before: Option<&Token>, next: Option<&Token>) -> Token {
    if matches!(before, Some(Token::Dot | Token::SafeDot)) {
        return Token::Name(word.to_owned());
    }
    if is_key(before, next) {
        return Token::Key(word.to_owned());
    }
    let keyword = KEYWORDS.iter().find(|(keyword, _)| word.eq_ignore_ascii_case(keyword));
    keyword.map_or_else(|| Token::Name(word.to_owned()), |(_, token)| token.clone())
}

fn is_key(before: Option<&Token>, next: Option<&Token>) -> bool {
    matches!(before, Some(Token::OpenBrace | Token::Comma)) && matches!(next, Some(Token::Colon))
}

/// Words that other dialects know (decision 6).
fn unsupported_word(
    word: &str,
    before: Option<&Token>,
    next: Option<&Token>,
    span: Span,
) -> Option<Diagnostic> {
    if matches!(before, Some(Token::Dot | Token::SafeDot)) {
        return None;
    }
    let after_operand = before.is_some_and(ends_operand);
    let found = match word.to_ascii_lowercase().as_str() {
        "instanceof" | "between" | "in" => after_operand,
        "new" | "return" => {
            matches!(next, Some(Token::Name(word)) if !stands_between_operands(word))
        }
        "t" => word == "T" && matches!(next, Some(Token::OpenParenthesis)),
        _ => false,
    };
    found.then(|| error::unsupported_form(word, span))
}

/// Whether a word is an operator with an operand on each side.
fn stands_between_operands(word: &str) -> bool {
    let is_it = |(keyword, token): &(&str, Token)| {
        let starts = matches!(token, Token::True | Token::False | Token::Null | Token::Not);
        !starts && word.eq_ignore_ascii_case(keyword)
    };
    KEYWORDS.iter().any(is_it)
}

pub(super) fn ends_operand(token: &Token) -> bool {
    matches!(
        token,
        Token::Name(_)
            | Token::Text(_)
            | Token::Integer(_)
            | Token::Number(_)
            | Token::Least
            | Token::True
            | Token::False
            | Token::Null
            | Token::This
            | Token::CloseParenthesis
            | Token::CloseBracket
            | Token::CloseBrace
    )
}

pub(super) fn closes(token: &Token) -> bool {
    matches!(token, Token::CloseParenthesis | Token::CloseBracket | Token::CloseBrace)
}

/// Whether what follows an opening parenthesis reads `name {, name} ) =>`.
fn opens_lambda(rest: Option<&[Placed]>) -> bool {
    let mut rest = rest.unwrap_or_default().iter().map(|(_, token, _)| token);
    loop {
        if !matches!(rest.next(), Some(Token::Name(_))) {
            return false;
        }
        match rest.next() {
            Some(Token::Comma) => {}
            Some(Token::CloseParenthesis) => return matches!(rest.next(), Some(Token::Arrow)),
            _ => return false,
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelling = match self {
            Self::Name(name) => return write!(formatter, "the name `{name}`"),
            Self::Key(key) => return write!(formatter, "the key `{key}`"),
            Self::Text(_) => "a text",
            Self::Integer(_) | Self::Number(_) | Self::Least => "a number",
            Self::True => "`true`",
            Self::False => "`false`",
            Self::Null => "`null`",
            Self::This => "`#this`",
            Self::OpenParenthesis | Self::OpenParameters => "`(`",
            Self::CloseParenthesis => "`)`",
            Self::OpenBracket => "`[`",
            Self::CloseBracket => "`]`",
            Self::OpenBrace => "`{`",
            Self::CloseBrace => "`}`",
            Self::Dot => "`.`",
            Self::SafeDot => "`?.`",
            Self::Project | Self::SafeProject => "`.![`",
            Self::SelectAll | Self::SafeSelectAll => "`.?[`",
            Self::SelectFirst | Self::SafeSelectFirst => "`.^[`",
            Self::SelectLast | Self::SafeSelectLast => "`.$[`",
            Self::Comma => "`,`",
            Self::Colon => "`:`",
            Self::Question => "`?`",
            Self::Elvis => "`?:`",
            Self::Coalesce => "`??`",
            Self::Arrow => "`=>`",
            Self::Equal => "`==`",
            Self::NotEqual => "`!=`",
            Self::Less => "`<`",
            Self::LessOrEqual => "`<=`",
            Self::Greater => "`>`",
            Self::GreaterOrEqual => "`>=`",
            Self::Matches => "`matches`",
            Self::And => "`&&`",
            Self::Or => "`||`",
            Self::Not => "`!`",
            Self::Plus => "`+`",
            Self::Minus => "`-`",
            Self::Star => "`*`",
            Self::Slash => "`/`",
            Self::Percent => "`%`",
            Self::Caret => "`^`",
            Self::Unsupported | Self::Foreign | Self::SmartText | Self::Unclosed | Self::Broken => {
                "something unknown"
            }
        };
        formatter.write_str(spelling)
    }
}
