//! Every message about characters and tokens: one constructor each. Those about the grammar are in
//! `expected`.

use crate::diagnostic::{Code, Diagnostic, code};
use crate::source::Span;

pub(super) fn error(
    code: &'static Code,
    message: String,
    span: Span,
    help: Option<impl Into<String>>,
) -> Diagnostic {
    Diagnostic::new(code, message, span).help_if(help)
}

/// Forms of other languages (decision 6): how they begin, what they are called, what to do.
const UNSUPPORTED: [(&str, &str, &str); 25] = [
    ("=", "assignment", "to compare, write `==`"),
    (":=", "assignment", "to compare, write `==`"),
    ("+=", "assignment", "nothing can be changed; write `a + b`"),
    ("-=", "assignment", "nothing can be changed; write `a - b`"),
    ("*=", "assignment", "nothing can be changed; write `a * b`"),
    ("/=", "assignment", "nothing can be changed; write `a / b`, or `!=` for not equal"),
    ("=~", "`=~`", "write `matches`"),
    ("=<", "`=<`", "write `<=`"),
    ("++", "`++`", "write `+ 1`"),
    ("--", "`--`", "write `- 1`, or a space between two minus signs"),
    ("...", "spread", "join lists with `.concat(…)` or `Arrays.flatten(…)`"),
    ("@", "a bean reference", "only the roots and functions of the reference exist"),
    ("`", "a template literal", "join texts with `+`: `'a' + user.title`"),
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
        other => {
            let message = format!("`{}` means nothing here", other.escape_debug());
            Diagnostic::new(&code::UNEXPECTED_CHARACTER, message, span)
        }
    }
}

/// Operators with a character too few or too many, and those of other languages.
pub(super) fn foreign_operator(text: &str, span: Span) -> Diagnostic {
    let lone =
        |help| error(&code::LONE_OPERATOR_CHARACTER, format!("a lone `{text}`"), span, Some(help));
    let foreign =
        |help| error(&code::FOREIGN_OPERATOR, format!("`{text}` is no operator"), span, Some(help));
    match text {
        "&" => lone("write `&&` or `and`"),
        "|" => lone("write `||` or `or`"),
        "&&&" => foreign("write `&&` or `and`"),
        "|||" => foreign("write `||` or `or`"),
        "<>" => foreign("write `!=`"),
        "**" => foreign("write `^`"),
        "->" => foreign("a lambda is written `x => …`, a member `x.name`"),
        _ => foreign("write a lambda: `x => x.name`"),
    }
}

/// A text that ends at a quote which was meant to be inside it.
pub(super) fn quote_inside(escaped: bool, span: Span) -> Diagnostic {
    let help = if escaped {
        "a backslash escapes nothing: inside a text its quote is written twice, `'it''s'`"
    } else {
        "inside a text its quote is written twice: `'it''s'`"
    };
    error(&code::UNTERMINATED_TEXT, "this quote ends the text".to_owned(), span, Some(help))
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
    Diagnostic::new(&code::TOO_LONG, message, span)
}

pub(super) fn too_deep(most: usize, span: Span) -> Diagnostic {
    let message = format!("this is nested more than {most} levels deep");
    error(&code::TOO_DEEP, message, span, Some("split it into several claims"))
}

/// A backslash pair that looks like an escape (decision 1).
pub(super) fn looks_like_escape(pair: &str, span: Span) -> Diagnostic {
    let message = format!("`{pair}` is two characters here: a backslash is an ordinary character");
    Diagnostic::new(&code::LOOKS_LIKE_ESCAPE, message, span)
}

/// A character that turns the direction in which a text is shown.
pub(super) fn turned_direction(found: char, span: Span) -> Diagnostic {
    let message = format!(
        "U+{:04X} turns the direction of writing: this text is not what it looks like",
        u32::from(found)
    );
    Diagnostic::new(&code::TURNED_DIRECTION, message, span).help("take the character out")
}
