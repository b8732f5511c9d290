//! Every message about characters, tokens and grammar: one constructor each.

use super::token::Token;
use crate::diagnostic::{Category, Diagnostic, Severity, Stage};
use crate::source::Span;

fn error(
    code: &'static str,
    category: Category,
    stage: Stage,
    message: String,
    span: Span,
    help: Option<&str>,
) -> Diagnostic {
    Diagnostic {
        code,
        severity: Severity::Error,
        category,
        stage,
        message,
        span,
        label: String::new(),
        help: help.map(str::to_owned),
    }
}

fn lexing(code: &'static str, message: String, span: Span, help: Option<&str>) -> Diagnostic {
    error(code, Category::Syntax, Stage::Lexing, message, span, help)
}

fn grammar(code: &'static str, message: String, span: Span, help: Option<&str>) -> Diagnostic {
    error(code, Category::Syntax, Stage::Grammar, message, span, help)
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
    error("E0110", Category::Unsupported, Stage::Lexing, message, span, help)
}

pub(super) fn trailing_comma(span: Span) -> Diagnostic {
    unsupported_form(",", span)
}

pub(super) fn number_range(text: &str, span: Span) -> Diagnostic {
    let message = format!("`{text}` is out of range");
    let help = "integers go from -9223372036854775808 to 9223372036854775807";
    lexing("E0102", message, span, Some(help))
}

/// Characters that begin no token; the usual slips have their own words.
pub(super) fn unexpected_characters(text: &str, span: Span) -> Diagnostic {
    let first = text.chars().next().unwrap_or(' ');
    match first {
        '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{00ab}'
        | '\u{00bb}' => {
            let message = format!("`{first}` is a smart quote");
            lexing("E0103", message, span, Some("write a plain `'` or `\"`"))
        }
        '\'' | '"' => {
            let message = "this text has no end".to_owned();
            let help = format!("close it with `{first}`; inside, the quote is written twice");
            lexing("E0104", message, span, Some(&help))
        }
        '&' => lexing("E0105", "a lone `&`".to_owned(), span, Some("write `&&` or `and`")),
        '|' => lexing("E0105", "a lone `|`".to_owned(), span, Some("write `||` or `or`")),
        '\\' => lexing(
            "E0106",
            "a backslash outside of text".to_owned(),
            span,
            Some("inside JSON a quote is escaped once, for JSON; the expression has plain quotes"),
        ),
        '/' => unsupported_form("/*", span),
        other if other.is_alphabetic() => {
            let message = format!("`{other}` cannot stand in a name");
            let help =
                "names are ASCII letters, digits, `_` and `$`; others are written `user['é']`";
            lexing("E0107", message, span, Some(help))
        }
        other => {
            lexing("E0101", format!("`{}` means nothing here", other.escape_debug()), span, None)
        }
    }
}

/// A token where the grammar wants something else.
pub(super) fn unexpected_token(found: &Token, expected: &[String], span: Span) -> Diagnostic {
    match found {
        Token::Arrow | Token::OpenParameters => grammar(
            "E0206",
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
            grammar(
                "E0203",
                "comparisons do not chain".to_owned(),
                span,
                Some("write `a < b && b < c`, or put parentheses around one of them"),
            )
        }
        Token::Caret if starts_no_operand(expected) => grammar(
            "E0204",
            "`^` does not chain".to_owned(),
            span,
            Some("put parentheses around one of them"),
        ),
        Token::And | Token::Or => {
            let message = format!("expected {}, found {found}", wanted(expected));
            grammar("E0201", message, span, Some("`&&` and `||` are two characters each"))
        }
        _ => {
            let message = format!("expected {}, found {found}", wanted(expected));
            grammar("E0201", message, span, None)
        }
    }
}

/// The text ended too early.
pub(super) fn unexpected_end(expected: &[String], at: usize) -> Diagnostic {
    let message = format!("expected {}, found the end", wanted(expected));
    grammar("E0202", message, Span::new(at, at), None)
}

pub(super) fn duplicate_key(key: &str, span: Span) -> Diagnostic {
    grammar("E0205", format!("the key `{key}` was given before"), span, Some("keep one of them"))
}

pub(super) fn too_long(found: usize, most: usize, end: usize) -> Diagnostic {
    let message = format!("the expression has {found} characters, and {most} are allowed");
    let span = Span::new(0, end);
    error("E0701", Category::Limit, Stage::Lexing, message, span, None)
}

pub(super) fn too_deep(most: usize, span: Span) -> Diagnostic {
    let message = format!("this is nested more than {most} levels deep");
    error(
        "E0702",
        Category::Limit,
        Stage::Lexing,
        message,
        span,
        Some("split it into several claims"),
    )
}

/// A backslash pair that looks like an escape (decision 1).
pub(super) fn looks_like_escape(pair: &str, span: Span) -> Diagnostic {
    let message = format!("`{pair}` is two characters here: a backslash is an ordinary character");
    Diagnostic { severity: Severity::Lint, ..lexing("L0101", message, span, None) }
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
