//! Regular expressions that somebody else wrote: linear in time, bounded in size, matched against
//! the whole text; `\d`, `\s` and `\w` are ASCII (decision 28). And the row that matches them.

use crate::abi::Context;
use crate::fault::Fault;
use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Parameter, Returns};
use crate::value::Value;
use regex_automata::meta::{BuildError, Config, Regex};
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{
    Ast, ClassAscii, ClassAsciiKind, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet,
    ClassSetItem,
};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Hir, Look};
use std::cell::RefCell;

/// Most bytes a compiled pattern may take (design, "Constant arguments").
const SIZE: usize = 64 * 1024;
/// Most bytes that matching may keep between two texts.
const CACHE: usize = 256 * 1024;
/// Most levels of groups and brackets.
const NESTING: u32 = 100;
/// Most characters of a pattern (OEL §2.3).
const LENGTH: usize = 1000;
/// How many patterns a thread keeps compiled.
const KEPT: usize = 32;

const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();
const PATTERN: Parameter = Parameter::new("pattern", Accepts::Pattern).sized();

/// The rows of this family.
pub(crate) static ROWS: &[Function] =
    &[Function::method(&["matches"], &[TEXT, PATTERN], Returns::Boolean, Body(matches)).says(
        "whether the regular expression matches the whole text",
        "user.profile.firstName.matches('[A-Z][a-z]+')",
        "true",
    )];

/// A pattern that must match a text from its beginning to its end.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// The pattern that `text` writes.
    ///
    /// # Errors
    /// In words what is wrong with it: its grammar, its size, or a look-around or back-reference,
    /// which no linear matcher has.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.chars().nth(LENGTH).is_some() {
            return Err(format!("the pattern has more than {LENGTH} characters"));
        }
        let mut tree = ParserBuilder::new().nest_limit(NESTING).build().parse(text);
        if let Ok(tree) = &mut tree {
            make_ascii(tree);
        }
        let tree = tree.map_err(|error| error.kind().to_string())?;
        let inner = Translator::new().translate(text, &tree);
        let inner = inner.map_err(|error| error.kind().to_string())?;
        let whole = Hir::concat(vec![Hir::look(Look::Start), inner, Hir::look(Look::End)]);
        let config = Config::new().nfa_size_limit(Some(SIZE)).hybrid_cache_capacity(CACHE);
        let built = Regex::builder().configure(config).build_from_hir(&whole);
        built.map(Self).map_err(|error: BuildError| match error.size_limit() {
            Some(_) => format!("the pattern takes more than {SIZE} bytes when compiled"),
            None => error.to_string(),
        })
    }

    /// Whether the whole of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

thread_local! {
    /// The patterns used last, the latest at the end.
    static PATTERNS: RefCell<Vec<(String, Pattern)>> = const { RefCell::new(Vec::new()) };
}

fn matches<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Result<Value<'a>, Fault> {
    let text = |index: usize| arguments.get(index).and_then(|value| value.as_text());
    let (Some(text), Some(pattern)) = (text(0), text(1)) else { return Err(Fault::Type) };
    with(pattern.as_str(), |pattern| pattern.matches(text.as_str())).map(Value::boolean)
}

/// What `question` answers about the pattern that this text writes, compiled unless it was used
/// lately.
///
/// # Errors
/// [`Fault::Regex`] for a text that is no pattern.
pub(crate) fn with<T>(written: &str, question: impl FnOnce(&Pattern) -> T) -> Result<T, Fault> {
    PATTERNS.with_borrow_mut(|kept| {
        let known = kept.iter().position(|(text, _)| text == written);
        let entry = match known {
            Some(at) => kept.remove(at),
            None => (written.to_owned(), Pattern::new(written).map_err(|_| Fault::Regex)?),
        };
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        let answer = question(&entry.1);
        kept.push(entry);
        Ok(answer)
    })
}

/// Replaces the classes of one letter by those of ASCII. The parser bounds the nesting.
fn make_ascii(tree: &mut Ast) {
    match tree {
        Ast::ClassPerl(class) => {
            let span = class.span;
            let kind = ClassSet::Item(ClassSetItem::Ascii(ascii(class)));
            let bracketed = ClassBracketed { span, negated: false, kind };
            *tree = Ast::ClassBracketed(Box::new(bracketed));
        }
        Ast::ClassBracketed(class) => make_set_ascii(&mut class.kind),
        Ast::Repetition(repetition) => make_ascii(&mut repetition.ast),
        Ast::Group(group) => make_ascii(&mut group.ast),
        Ast::Alternation(all) => all.asts.iter_mut().for_each(make_ascii),
        Ast::Concat(all) => all.asts.iter_mut().for_each(make_ascii),
        Ast::Empty(_)
        | Ast::Flags(_)
        | Ast::Literal(_)
        | Ast::Dot(_)
        | Ast::Assertion(_)
        | Ast::ClassUnicode(_) => {}
    }
}

fn make_set_ascii(set: &mut ClassSet) {
    match set {
        ClassSet::Item(item) => make_item_ascii(item),
        ClassSet::BinaryOp(both) => {
            make_set_ascii(&mut both.lhs);
            make_set_ascii(&mut both.rhs);
        }
    }
}

fn make_item_ascii(item: &mut ClassSetItem) {
    match item {
        ClassSetItem::Perl(class) => *item = ClassSetItem::Ascii(ascii(class)),
        ClassSetItem::Bracketed(inner) => make_set_ascii(&mut inner.kind),
        ClassSetItem::Union(union) => union.items.iter_mut().for_each(make_item_ascii),
        ClassSetItem::Empty(_)
        | ClassSetItem::Literal(_)
        | ClassSetItem::Range(_)
        | ClassSetItem::Ascii(_)
        | ClassSetItem::Unicode(_) => {}
    }
}

fn ascii(class: &ClassPerl) -> ClassAscii {
    let kind = match class.kind {
        ClassPerlKind::Digit => ClassAsciiKind::Digit,
        ClassPerlKind::Space => ClassAsciiKind::Space,
        ClassPerlKind::Word => ClassAsciiKind::Word,
    };
    ClassAscii { span: class.span, kind, negated: class.negated }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_pattern_matches_the_whole_text_or_not_at_all() {
        let pattern = Pattern::new("role_[a-z]+|x").unwrap();
        assert!(pattern.matches("role_admin") && pattern.matches("x"));
        assert!(!pattern.matches("role_admin2") && !pattern.matches("my role_admin"));
        assert!(!Pattern::new("a").unwrap().matches("a\n"));
        assert!(Pattern::new("(?x) a # one").unwrap().matches("a"));
    }

    #[test]
    fn classes_of_one_letter_are_those_of_ascii() {
        for (pattern, text, expected) in [
            (r"\d", "7", true),
            (r"\d", "٧", false),
            (r"\D", "٧", true),
            (r"[\w-]+", "a_b-1", true),
            (r"\w", "é", false),
            (r"[^\s]", "\u{a0}", true),
            (r"(?i)engineer", "ENGINEER", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_no_linear_matcher_has_and_what_is_too_large_is_refused_in_words() {
        let (nested, long) = ("(".repeat(200) + &")".repeat(200), "a".repeat(1001));
        for text in
            ["(?=a)b", r"(a)\1", "a)(b", "[", "(?:a{1000}){1000}", nested.as_str(), long.as_str()]
        {
            let words = Pattern::new(text).unwrap_err();
            assert!(!words.is_empty() && !words.contains('\n'), "{text}: {words}");
        }
    }
}
