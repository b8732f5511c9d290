//! How an author spells what can be spelled in several ways: operators as words or signs, quotes,
//! brackets of lists, numbers. What is done once is done everywhere.

use crate::source::Span;
use crate::syntax::token::{Placed, Token, ends_operand};
use std::mem::discriminant;

/// The spelling of one text; that of nobody is the plainest there is.
#[derive(Clone, Debug)]
pub(crate) struct Spelling<'s> {
    /// Each operator and constant as it is first written.
    words: Vec<(Token, &'s str)>,
    /// The quote of the first text or key that could have either.
    quote: char,
    /// The brackets of the first list.
    list: (&'static str, &'static str),
    /// Where each number begins, and how it is written.
    numbers: Vec<(usize, &'s str)>,
    /// Where each key in quotes begins.
    quoted_keys: Vec<usize>,
}

impl Default for Spelling<'_> {
    fn default() -> Self {
        Self {
            words: Vec::new(),
            quote: '\'',
            list: ("{", "}"),
            numbers: Vec::new(),
            quoted_keys: Vec::new(),
        }
    }
}

/// Whether a key needs no quotes.
fn is_word(key: &str) -> bool {
    let mut characters = key.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || "_$".contains(first))
        && characters.all(|other| other.is_ascii_alphanumeric() || "_$".contains(other))
}

impl<'s> Spelling<'s> {
    /// How `source` is spelled, which consists of `tokens`.
    pub(crate) fn of(source: &'s str, tokens: &[Placed]) -> Self {
        let mut spelling = Self::default();
        let (mut quote, mut list) = (None, None);
        for (index, (start, token, end)) in tokens.iter().enumerate() {
            let written = source.get(*start..*end).unwrap_or_default();
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let after = tokens.get(index + 1).map(|(_, token, _)| token);
            match token {
                Token::Text(text) | Token::Key(text) if written.starts_with(['\'', '"']) => {
                    if matches!(token, Token::Key(_)) {
                        spelling.quoted_keys.push(*start);
                    }
                    if !text.contains(['\'', '"']) {
                        quote = quote.or(written.chars().next());
                    }
                }
                Token::Integer(_) | Token::Number(_) => spelling.numbers.push((*start, written)),
                Token::OpenBrace if !matches!(after, Some(Token::Key(_) | Token::Colon)) => {
                    list = list.or(Some(("{", "}")));
                }
                Token::OpenBracket if !before.is_some_and(|(_, token, _)| is_indexed(token)) => {
                    list = list.or(Some(("[", "]")));
                }
                // Three signs mean what two do.
                Token::Equal | Token::NotEqual if written.len() == 3 => {}
                _ => spelling.learn(token, written),
            }
        }
        spelling.quote = quote.unwrap_or(spelling.quote);
        spelling.list = list.unwrap_or(spelling.list);
        spelling
    }

    fn learn(&mut self, token: &Token, written: &'s str) {
        let is_known =
            self.words.iter().any(|(known, _)| discriminant(known) == discriminant(token));
        if is_spelled_freely(token) && !is_known {
            self.words.push((token.clone(), written));
        }
    }

    /// An operator or constant; `plain` is its spelling where there is no other.
    pub(super) fn word(&self, token: &Token, plain: &'static str) -> &str {
        let found = self.words.iter().find(|(known, _)| discriminant(known) == discriminant(token));
        found.map_or(plain, |(_, written)| written)
    }

    pub(super) fn list(&self) -> (&'static str, &'static str) {
        self.list
    }

    /// The number written first in `span`, which may begin with brackets around it.
    pub(super) fn number(&self, span: Span) -> Option<&'s str> {
        let range = span.range();
        let at = self.numbers.partition_point(|(start, _)| *start < range.start);
        let (start, written) = self.numbers.get(at)?;
        (*start < range.end).then_some(*written)
    }

    pub(super) fn key(&self, key: &str, span: Span) -> String {
        let is_quoted = self.quoted_keys.binary_search(&span.range().start).is_ok();
        if is_word(key) && !is_quoted { key.to_owned() } else { self.text(key) }
    }

    /// A text in quotes, the other ones if that spares doubling.
    pub(super) fn text(&self, text: &str) -> String {
        let other = if self.quote == '\'' { '"' } else { '\'' };
        let is_spared = text.contains(self.quote) && !text.contains(other);
        let quote = if is_spared { other } else { self.quote };
        let doubled: String = [quote, quote].iter().collect();
        format!("{quote}{}{quote}", text.replace(quote, &doubled))
    }
}

/// Whether a bracket after this token is an index.
fn is_indexed(token: &Token) -> bool {
    ends_operand(token) || matches!(token, Token::SafeDot)
}

/// Whether a token has several spellings.
fn is_spelled_freely(token: &Token) -> bool {
    matches!(
        token,
        Token::And
            | Token::Or
            | Token::Not
            | Token::Equal
            | Token::NotEqual
            | Token::Less
            | Token::LessOrEqual
            | Token::Greater
            | Token::GreaterOrEqual
            | Token::Matches
            | Token::Slash
            | Token::Percent
            | Token::True
            | Token::False
            | Token::Null
    )
}
