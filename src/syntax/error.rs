//! Every message about characters, tokens and grammar: one constructor each.

use super::token::Token;
use crate::diagnostic::{Code, Diagnostic, code};
use crate::source::Span;

fn error(code: &'static Code, message: String, span: Span, help: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(code, message, span);
    match help {
        Some(help) => found.help(help),
        None => found,
    }
}

/// Forms of other languages (decision 6): how they begin, what they are called, what to do.
const UNSUPPORTED: [(&str, &str, &str); 18] = [
    ("=", "assignment", "to compare, write `==`"),
    ("++", "`++`", "write `+ 1`"),
    ("--", "`--`", "write `- 1`, or a space between two minus signs"),
    ("...", "spread", "join lists with `.concat(…)` or `Arrays.flatten(…)`"),
    ("@", "a bean reference", "only the roots and functions of the reference exist"),
    ("`", "a template literal", "join text with `+`"),
    (";", "a statement", "an expression is one value; write `? :` to choose"),
    ("//", "a comment", "leave it out"),
    ("/*", "a comment", "leave it out"),
    ("#", "a variable", "only `#this` exists, inside `.?[ ]` and `.![ ]`"),
    ("instanceof", "`instanceof`", "compare the value instead"),
    ("between", "`between`", "write `a >= low && a <= high`"),
    ("in", "`in`", "write `list.contains(value)`"),
    ("new", "`new`", "values are written as literals"),
    ("return", "`return`", "a lambda is one expression: `x => x.name`"),
    ("T", "`T(…)`", "only the functions of the reference exist"),
    ("{", "a block", "a lambda is one expression: `x => x.name`"),
    (",", "a trailing comma", "leave it out"),
];

/// A form of another language; `text` is how it is written here.
pub(super) fn unsupported_form(text: &str, span: Span) -> Diagnostic {
    let lower = text.to_ascii_lowercase();
    let known = UNSUPPORTED
        .iter()
        .filter(|(start, ..)| lower.starts_with(&start.to_ascii_lowercase()))
        .max_by_key(|(start, ..)| start.len());
    let (name, help) = known.map_or(("this", None), |(_, name, help)| (*name, Some(*help)));
    let message = format!("{name} is not supported");
    error(&code::UNSUPPORTED_FORM, message, span, help)
}

pub(super) fn trailing_comma(span: Span) -> Diagnostic {
    unsupported_form(",", span)
}

pub(super) fn number_range(text: &str, span: Span) -> Diagnostic {
    let message = format!("`{text}` is out of range");
    let help = "integers go from -9223372036854775808 to 9223372036854775807";
    error(&code::NUMBER_OUT_OF_RANGE, message, span, Some(help))
}

/// Characters that begin no token; the usual slips have their own words.
pub(super) fn unexpected_characters(text: &str, span: Span) -> Diagnostic {
    let first = text.chars().next().unwrap_or(' ');
    match first {
        '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{00ab}'
        | '\u{00bb}' => {
            let message = format!("`{first}` is a smart quote");
            error(&code::SMART_QUOTE, message, span, Some("write a plain `'` or `\"`"))
        }
        '\'' | '"' => {
            let message = "this text has no end".to_owned();
            let help = format!("close it with `{first}`; inside, the quote is written twice");
            error(&code::UNTERMINATED_TEXT, message, span, Some(&help))
        }
        '&' => error(
            &code::LONE_OPERATOR_CHARACTER,
            "a lone `&`".to_owned(),
            span,
            Some("write `&&` or `and`"),
        ),
        '|' => error(
            &code::LONE_OPERATOR_CHARACTER,
            "a lone `|`".to_owned(),
            span,
            Some("write `||` or `or`"),
        ),
        '\\' => error(
            &code::STRAY_BACKSLASH,
            "a backslash outside of text".to_owned(),
            span,
            Some("inside JSON a quote is escaped once, for JSON; the expression has plain quotes"),
        ),
        '/' => unsupported_form("/*", span),
        other if other.is_alphabetic() => {
            let message = format!("`{other}` cannot stand in a name");
            let help =
                "names are ASCII letters, digits, `_` and `$`; others are written `user['é']`";
            error(&code::LETTER_IN_NAME, message, span, Some(help))
        }
        other => error(
            &code::UNEXPECTED_CHARACTER,
            format!("`{}` means nothing here", other.escape_debug()),
            span,
            None,
        ),
    }
}

/// A token where the grammar wants something else.
pub(super) fn unexpected_token(found: &Token, expected: &[String], span: Span) -> Diagnostic {
    match found {
        Token::Arrow | Token::OpenParameters => error(
            &code::MISPLACED_LAMBDA,
            "a lambda may only stand as an argument".to_owned(),
            span,
            Some("write e.g. `user.groups.filter(g => …)`"),
        ),
        Token::Equal
        | Token::NotEqual
        | Token::Less
        | Token::LessOrEqual
        | Token::Greater
        | Token::GreaterOrEqual
        | Token::Matches
            if starts_no_operand(expected) =>
        {
            error(
                &code::CHAINED_COMPARISON,
                "comparisons do not chain".to_owned(),
                span,
                Some("write `a < b && b < c`, or put parentheses around one of them"),
            )
        }
        Token::Caret if starts_no_operand(expected) => error(
            &code::CHAINED_POWER,
            "`^` does not chain".to_owned(),
            span,
            Some("put parentheses around one of them"),
        ),
        Token::And | Token::Or => {
            let message = format!("expected {}, found {found}", wanted(expected));
            error(
                &code::UNEXPECTED_TOKEN,
                message,
                span,
                Some("`&&` and `||` are two characters each"),
            )
        }
        _ => {
            let message = format!("expected {}, found {found}", wanted(expected));
            error(&code::UNEXPECTED_TOKEN, message, span, None)
        }
    }
}

/// The text ended too early.
pub(super) fn unexpected_end(expected: &[String], at: usize) -> Diagnostic {
    let message = format!("expected {}, found the end", wanted(expected));
    error(&code::UNEXPECTED_END, message, Span::new(at, at), None)
}

pub(super) fn duplicate_key(key: &str, span: Span) -> Diagnostic {
    error(
        &code::DUPLICATE_KEY,
        format!("the key `{key}` was given before"),
        span,
        Some("keep one of them"),
    )
}

pub(super) fn too_long(found: usize, most: usize, end: usize) -> Diagnostic {
    let message = format!("the expression has {found} characters, and {most} are allowed");
    let span = Span::new(0, end);
    error(&code::TOO_LONG, message, span, None)
}

pub(super) fn too_deep(most: usize, span: Span) -> Diagnostic {
    let message = format!("this is nested more than {most} levels deep");
    error(&code::TOO_DEEP, message, span, Some("split it into several claims"))
}

/// A backslash pair that looks like an escape (decision 1).
pub(super) fn looks_like_escape(pair: &str, span: Span) -> Diagnostic {
    let message = format!("`{pair}` is two characters here: a backslash is an ordinary character");
    error(&code::LOOKS_LIKE_ESCAPE, message, span, None)
}

/// Whether the grammar could not start an operand here, so an operand stands before.
fn starts_no_operand(expected: &[String]) -> bool {
    !expected.iter().any(|token| token.contains("name"))
}

/// The expected tokens in words; operands are one word, since there are many.
fn wanted(expected: &[String]) -> String {
    let operand = expected.iter().any(|token| token.contains("name"));
    let closing =
        |token: &&String| ["\")\"", "\"]\"", "\"}\"", "\",\"", "\":\""].contains(&token.as_str());
    let mut words: Vec<String> = Vec::new();
    if operand {
        words.push("a value".to_owned());
    }
    words.extend(expected.iter().filter(closing).map(|token| token.replace('"', "`")));
    if words.is_empty() {
        words.push("an operator or the end".to_owned());
    }
    words.join(" or ")
}
