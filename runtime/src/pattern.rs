//! Regular expressions that somebody else wrote: linear in time, bounded in size, matched against
//! the whole text or, to replace, searched for; `\d`, `\s` and `\w` are ASCII (decision 28). And the
//! rows that use them.

use crate::abi::{Context, limits};
use crate::compiled::Compiled;
use crate::fault::Fault;
use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Parameter, Returns};
use crate::value::Value;
use regex_automata::Input;
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
/// Most bytes of a text that matches are replaced in: finding all of them can take the square of it.
const SEARCHED: usize = 10_000;

const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();
const REPLACEMENT: Parameter = Parameter::new("replacement", Accepts::Text).sized();
const PATTERN: Parameter = Parameter::new("pattern", Accepts::Pattern).sized();

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::method(&["matches"], &[TEXT, PATTERN], Returns::Boolean, Body(matches))
        .faults(&[Fault::Regex])
        .says(
            "whether the regular expression matches the whole text",
            "user.profile.firstName.matches('[A-Z][a-z]+')",
            "true",
        ),
    Function::method(
        &["replaceRegex"],
        &[TEXT, PATTERN, REPLACEMENT],
        Returns::Text,
        Body(replace_regex),
    )
    .faults(&[Fault::Regex])
    .says(
        "the text with each match of the regular expression replaced; `$1` is its first group, `$0` \
         the match, `$$` a dollar sign",
        "'2026-11-24'.replaceRegex('(\\d+)-(\\d+)-(\\d+)', '$3.$2.$1')",
        "\"24.11.2026\"",
    ),
];

/// A pattern that must match a text from its beginning to its end, or anywhere.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// Where a pattern matches.
#[derive(Clone, Copy, Debug)]
enum Reach {
    Whole,
    Anywhere,
}

impl Pattern {
    /// The pattern that `text` writes.
    ///
    /// # Errors
    /// In words what is wrong with it: its grammar, its size, or a look-around or back-reference,
    /// which no linear matcher has.
    pub fn new(text: &str) -> Result<Self, String> {
        Self::reaching(text, Reach::Whole)
    }

    fn reaching(text: &str, reach: Reach) -> Result<Self, String> {
        if text.chars().nth(LENGTH).is_some() {
            return Err(format!("the pattern has more than {LENGTH} characters"));
        }
        let tree = ParserBuilder::new().nest_limit(NESTING).build().parse(text);
        let mut tree = tree.map_err(|error| error.kind().to_string())?;
        if repeats_twice(&tree) {
            return Err(
                "two signs of repetition in a row: Java reads `a?+` as possessive, which no \
                        linear matcher has; write a group around what is repeated"
                    .to_owned(),
            );
        }
        make_ascii(&mut tree);
        let inner = Translator::new().translate(text, &tree);
        let inner = inner.map_err(|error| error.kind().to_string())?;
        let whole = match reach {
            Reach::Whole => Hir::concat(vec![Hir::look(Look::Start), inner, Hir::look(Look::End)]),
            Reach::Anywhere => inner,
        };
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

    /// The text with each match replaced; `None` if it grows beyond the limit on texts.
    fn replace_all(&self, text: &str, replacement: &str) -> Option<String> {
        let (mut made, mut end, mut from) = (String::new(), 0, 0);
        let mut captures = self.0.create_captures();
        // Where one match ends an empty one may follow, as in Java and JavaScript.
        while from <= text.len() {
            self.0.search_captures(&Input::new(text).range(from..), &mut captures);
            let Some(matched) = captures.get_match() else { break };
            made.push_str(text.get(end..matched.start())?);
            append(
                replacement,
                &mut made,
                |group| match captures.get_group(group) {
                    Some(span) => text.get(span.range()).unwrap_or_default(),
                    None => "",
                },
                captures.group_len(),
            );
            end = matched.end();
            let next = || text.get(end..).and_then(|rest| rest.chars().next());
            from = if matched.is_empty() { end + next().map_or(1, char::len_utf8) } else { end };
            if made.len() > limits::TEXT {
                return None;
            }
        }
        made.push_str(text.get(end..)?);
        Some(made)
    }
}

/// Appends the replacement with the groups of a match: of digits behind `$` as many count as name a
/// group there is. Another `$` stands for itself.
fn append<'t>(
    replacement: &str,
    made: &mut String,
    group: impl Fn(usize) -> &'t str,
    n_groups: usize,
) {
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        made.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let named = (1..=digits.min(3)).rev().find_map(|n| {
            let (number, behind) = after.split_at_checked(n)?;
            number.parse().ok().filter(|number| *number < n_groups).map(|number| (number, behind))
        });
        rest = match (named, after.strip_prefix('$')) {
            (Some((number, behind)), _) => {
                made.push_str(group(number));
                behind
            }
            (None, Some(behind)) => {
                made.push('$');
                behind
            }
            (None, None) => {
                made.push('$');
                after
            }
        };
    }
    made.push_str(rest);
}

thread_local! {
    static WHOLE: RefCell<Compiled<Pattern>> = const { RefCell::new(Compiled::new()) };
    static SEARCHES: RefCell<Compiled<Pattern>> = const { RefCell::new(Compiled::new()) };
}

fn matches<'a>(_: &mut Context<'a>, arguments: &[Value<'a>]) -> Result<Value<'a>, Fault> {
    let text = |index: usize| arguments.get(index).and_then(|value| value.as_text());
    let (Some(text), Some(pattern)) = (text(0), text(1)) else { return Err(Fault::Type) };
    with(pattern.as_str(), |pattern| pattern.matches(text.as_str())).map(Value::boolean)
}

fn replace_regex<'a>(
    context: &mut Context<'a>,
    arguments: &[Value<'a>],
) -> Result<Value<'a>, Fault> {
    let text = |index: usize| arguments.get(index).and_then(|value| value.as_text());
    let (Some(source), Some(pattern), Some(replacement)) = (text(0), text(1), text(2)) else {
        return Err(Fault::Type);
    };
    if source.as_str().len() > SEARCHED {
        return Err(Fault::Limit);
    }
    let compile = |text: &str| Pattern::reaching(text, Reach::Anywhere).map_err(|_| Fault::Regex);
    let replace = |pattern: &Pattern| pattern.replace_all(source.as_str(), replacement.as_str());
    let made =
        SEARCHES.with_borrow_mut(|compiled| compiled.with(pattern.as_str(), compile, replace))?;
    context.make_text(&made.ok_or(Fault::Limit)?).map(Value::text)
}

/// What `question` answers about the pattern that this text writes, compiled unless it was used
/// lately.
///
/// # Errors
/// [`Fault::Regex`] for a text that is no pattern.
pub(crate) fn with<T>(written: &str, question: impl FnOnce(&Pattern) -> T) -> Result<T, Fault> {
    let compile = |text: &str| Pattern::new(text).map_err(|_| Fault::Regex);
    WHOLE.with_borrow_mut(|compiled| compiled.with(written, compile, question))
}

/// Whether what is repeated is, without a group between them, a repetition itself.
fn repeats_twice(tree: &Ast) -> bool {
    match tree {
        Ast::Repetition(repetition) => {
            matches!(*repetition.ast, Ast::Repetition(_)) || repeats_twice(&repetition.ast)
        }
        Ast::Group(group) => repeats_twice(&group.ast),
        Ast::Alternation(all) => all.asts.iter().any(repeats_twice),
        Ast::Concat(all) => all.asts.iter().any(repeats_twice),
        _ => false,
    }
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
        for text in [
            "(?=a)b",
            r"(a)\1",
            "a?+",
            "(x|b++)",
            "a)(b",
            "[",
            "(?:a{1000}){1000}",
            nested.as_str(),
            long.as_str(),
        ] {
            let words = Pattern::new(text).unwrap_err();
            assert!(!words.is_empty() && !words.contains('\n'), "{text}: {words}");
        }
    }
}
