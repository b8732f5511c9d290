//! What is said where the grammar wants something else: the usual slips have words of their own.

use super::error::error;
use super::recover::{is_projection, opens};
use super::token::{Placed, Token, closes, closing_quote, ends_operand};
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;

/// A place where the grammar does not go on.
pub(super) struct Place<'t> {
    pub(super) tokens: &'t [Placed],
    /// Which token; the number of tokens for the end.
    pub(super) at: usize,
    /// What could stand there, as the grammar names it.
    pub(super) expected: &'t [String],
    /// The whole text.
    pub(super) source: &'t str,
}

/// Words between two operands that other languages have, and what to write.
const INFIX: [(&str, &str); 20] = [
    ("contains", "`a.contains(b)`"),
    ("includes", "`a.includes(b)`"),
    ("startswith", "`a.startsWith(b)`"),
    ("endswith", "`a.endsWith(b)`"),
    ("sw", "`a.startsWith(b)`"),
    ("ew", "`a.endsWith(b)`"),
    ("co", "`a.contains(b)`"),
    ("pr", "`a != null`"),
    ("like", "`a.contains(b)`, or `a matches 'b.*'`"),
    ("equals", "`a == b`"),
    ("is", "`a == b`, e.g. `a == null`"),
    ("isnot", "`a != b`"),
    ("xor", "`a != b` between two booleans"),
    ("then", "`condition ? a : b`"),
    ("else", "`condition ? a : b`"),
    ("if", "`condition ? a : b`"),
    ("unless", "`condition ? a : b`"),
    ("as", "the value alone, or a conversion such as `.toInteger()`"),
    ("greater", "`a > b`"),
    ("less", "`a < b`"),
];

/// Words that begin something in other languages, and what to write.
const STATEMENTS: [(&str, &str); 21] = [
    ("typeof", "compare the value itself, or convert it"),
    ("function", "write a lambda: `x => x.name`"),
    ("lambda", "write a lambda: `x => x.name`"),
    ("def", "write a lambda: `x => x.name`"),
    ("let", "there are no variables: write the value where it is used"),
    ("const", "there are no variables: write the value where it is used"),
    ("var", "there are no variables: write the value where it is used"),
    ("if", "write `condition ? a : b`"),
    ("unless", "write `condition ? a : b`"),
    ("switch", "write `a ? x : b ? y : z`, or `String.stringSwitch`"),
    ("case", "write `a ? x : b ? y : z`"),
    ("for", "write `list.map(x => …)` or `list.filter(x => …)`"),
    ("foreach", "write `list.map(x => …)` or `list.filter(x => …)`"),
    ("while", "write `list.map(x => …)` or `list.reduce(…)`"),
    ("return", "an expression is its value: leave it out"),
    ("await", "leave it out"),
    ("async", "leave it out"),
    ("void", "leave it out"),
    ("delete", "nothing can be changed; `.remove(…)` gives a list without a value"),
    ("throw", "nothing can be raised; give null instead"),
    ("select", "write `list.map(x => …)` or `list.filter(x => …)`"),
];

impl Place<'_> {
    pub(super) fn found(&self) -> Option<&Placed> {
        self.tokens.get(self.at)
    }

    pub(super) fn before(&self) -> Option<&Placed> {
        self.tokens.get(self.at.checked_sub(1)?)
    }

    pub(super) fn span(&self) -> Span {
        let end = self.source.len();
        self.found().map_or(Span::new(end, end), |(start, _, end)| Span::new(*start, *end))
    }

    /// Whether an operand stands before, and something that goes on with it is wanted.
    fn is_behind_operand(&self) -> bool {
        !self.expected.iter().any(|token| token.contains("name"))
    }

    /// Whether a bracket closes here that is not the innermost open one.
    pub(super) fn crosses(&self) -> bool {
        let is_closing = self.found().is_some_and(|(_, token, _)| closes(token));
        is_closing && self.is_behind_operand()
    }

    /// What is to be said of it.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let Some((_, found, _)) = self.found() else { return self.at_the_end() };
        self.foreign_word().unwrap_or_else(|| match found {
            Token::Arrow | Token::OpenParameters => self.lambda(),
            Token::Equal
            | Token::NotEqual
            | Token::Less
            | Token::LessOrEqual
            | Token::Greater
            | Token::GreaterOrEqual
            | Token::Matches
                if self.is_behind_operand() =>
            {
                let message = "comparisons do not chain".to_owned();
                let help = "write `a < b && b < c`, or put parentheses around one of them";
                error(&code::CHAINED_COMPARISON, message, self.span(), Some(help))
            }
            Token::Caret if self.is_behind_operand() => {
                let message = "`^` does not chain".to_owned();
                let help = "put parentheses around one of them";
                error(&code::CHAINED_POWER, message, self.span(), Some(help))
            }
            found => {
                let message = format!("expected {}, found {found}", self.wanted());
                error(&code::UNEXPECTED_TOKEN, message, self.span(), self.help(found))
            }
        })
    }

    fn at_the_end(&self) -> Diagnostic {
        let message = format!("expected {}, found the end", self.wanted());
        let help = match (self.before(), self.innermost_open()) {
            _ if self.wants("\":\"") => {
                Some("write `: …` for the other case, e.g. `: null`".to_owned())
            }
            (Some((_, Token::Dot, _)), _) => {
                Some("an attribute or method follows a dot; a number needs a digit".to_owned())
            }
            (Some((_, before, _)), _) if !ends_operand(before) && !opens(before) => {
                Some(format!("something must follow {before}"))
            }
            (_, Some(open)) => Some(format!("{} is not closed", self.placed(open))),
            _ => None,
        };
        error(&code::UNEXPECTED_END, message, self.span(), help)
    }

    /// A word of another language, where that is what keeps the text from being read.
    fn foreign_word(&self) -> Option<Diagnostic> {
        let (before_start, before, before_end) = self.before()?;
        let (start, found, _) = self.found()?;
        let known = |table: &'static [(&str, &str)], word: &str| {
            let lower = word.to_ascii_lowercase();
            table.iter().find(|(name, _)| *name == lower).map(|(_, help)| *help)
        };
        let statement = match before {
            Token::Name(word) => {
                known(&STATEMENTS, word).map(|help| (word, help, (*before_start, *before_end)))
            }
            Token::CloseParenthesis => match self.called() {
                Some((start, Token::Name(word), end)) => {
                    known(&STATEMENTS, word).map(|help| (word, help, (*start, *end)))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some((word, help, (start, end))) = statement.filter(|_| self.is_behind_operand()) {
            let message = format!("`{word}` is not a word of this language");
            let span = Span::new(start, end);
            return Some(error(&code::FOREIGN_WORD, message, span, Some(help)));
        }
        let Token::Name(word) = found else { return None };
        if let (Token::Text(text), true) = (before, before_end == start)
            && let Some(quote) = closing_quote(self.source, *before_end)
        {
            return Some(super::error::quote_inside(text.ends_with('\\'), quote));
        }
        let help = known(&INFIX, word).filter(|_| self.is_behind_operand())?;
        let message = format!("`{word}` is no operator");
        Some(error(&code::FOREIGN_WORD, message, self.span(), Some(format!("write {help}"))))
    }

    fn lambda(&self) -> Diagnostic {
        let open = self.innermost_open().map(|(_, token, _)| token);
        let (message, help) = if open.is_some_and(is_projection) {
            let open = open.map(ToString::to_string).unwrap_or_default();
            (
                format!("a lambda cannot stand inside {open}"),
                "names in there are attributes of the element: `.?[name == 'x']`; with a lambda it \
                 is `.filter(x => …)` or `.map(x => …)`",
            )
        } else if self.is_behind_member() {
            ("`=>` makes a lambda, and compares nothing".to_owned(), "to compare, write `>=`")
        } else {
            (
                "a lambda may only stand as an argument".to_owned(),
                "write e.g. `user.groups.filter(g => …)`",
            )
        };
        error(&code::MISPLACED_LAMBDA, message, self.span(), Some(help))
    }

    /// Whether what stands before is an attribute or a call: nothing that names a parameter.
    fn is_behind_member(&self) -> bool {
        let before = |n: usize| self.at.checked_sub(n).and_then(|at| self.tokens.get(at));
        match (before(1), before(2)) {
            (Some((_, Token::Name(_), _)), Some((_, token, _))) => {
                matches!(token, Token::Dot | Token::SafeDot)
            }
            (Some((_, token, _)), _) => {
                ends_operand(token) && !matches!(token, Token::Name(_)) && !self.is_behind_names()
            }
            _ => false,
        }
    }

    /// Whether what stands before looks like the parameters of a lambda.
    fn is_behind_names(&self) -> bool {
        let Some(open) = self.opener() else { return false };
        let inside = self.tokens.get(open + 1..self.at.saturating_sub(1)).unwrap_or_default();
        inside.iter().all(|(_, token, _)| matches!(token, Token::Name(_) | Token::Comma))
    }

    /// The bracket that the one just before closes.
    fn opener(&self) -> Option<usize> {
        let mut depth = 0_usize;
        for (index, (_, token, _)) in self.tokens.iter().enumerate().take(self.at).rev() {
            if closes(token) {
                depth += 1;
            } else if opens(token) {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index);
                }
            } else if depth == 0 {
                return None;
            }
        }
        None
    }

    /// What stands before the parentheses that end just before.
    fn called(&self) -> Option<&Placed> {
        self.tokens.get(self.opener()?.checked_sub(1)?)
    }

    /// The innermost bracket that is open here.
    fn innermost_open(&self) -> Option<&Placed> {
        let mut depth = 0_usize;
        self.tokens.iter().take(self.at).rev().find(|(_, token, _)| {
            if closes(token) {
                depth += 1;
                return false;
            }
            let is_open = opens(token) && depth == 0;
            depth = depth.saturating_sub(usize::from(opens(token)));
            is_open
        })
    }

    fn help(&self, found: &Token) -> Option<String> {
        let before = self.before().map(|(_, token, _)| token);
        let is_operand = ends_operand(found) && !closes(found) || opens(found);
        Some(match found {
            Token::And | Token::Or => "something is missing before it".to_owned(),
            Token::Dot if before.is_none_or(|before| !ends_operand(before)) => {
                "a number has a digit before its dot: `0.5`".to_owned()
            }
            found if closes(found) => match self.innermost_open() {
                _ if !self.is_behind_operand() => "something is missing before it".to_owned(),
                Some(open) => format!("{} is still open", self.placed(open)),
                None => "no bracket is open here".to_owned(),
            },
            Token::Colon if matches!(self.innermost_open(), Some((_, Token::OpenBrace, _))) => {
                "the key of a map is a word or a text in quotes".to_owned()
            }
            _ if self.is_behind_operand() && is_operand => {
                "an operator or a comma is missing before it".to_owned()
            }
            _ => return None,
        })
    }

    /// A token and which character it is at.
    fn placed(&self, (start, token, _): &Placed) -> String {
        let n_before = self.source.get(..*start).map_or(0, |before| before.chars().count());
        format!("{token} at character {}", n_before + 1)
    }

    fn wants(&self, token: &str) -> bool {
        self.expected.iter().any(|expected| expected == token) && self.is_behind_operand()
    }

    /// The expected tokens in words; operands are one word, since there are many.
    fn wanted(&self) -> String {
        let closing = |token: &&String| {
            ["\")\"", "\"]\"", "\"}\"", "\",\"", "\":\""].contains(&token.as_str())
        };
        let mut words: Vec<String> = Vec::new();
        if !self.is_behind_operand() {
            words.push("a value".to_owned());
        }
        words.extend(self.expected.iter().filter(closing).map(|token| token.replace('"', "`")));
        if words.is_empty() {
            words.push("an operator or the end".to_owned());
        }
        words.join(" or ")
    }
}
