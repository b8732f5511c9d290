//! Regular expressions that somebody else wrote: linear in time, bounded in size, matched against
//! the whole text.

use regex::{Regex, RegexBuilder};

/// Most bytes a compiled pattern may take (design, "Constant arguments").
const SIZE: usize = 64 * 1024;

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
        let whole = format!("^(?:{text})$");
        // Alone first: `a)(b` would otherwise be a pattern once it stands inside the brackets.
        let parse = |text: &str| RegexBuilder::new(text).size_limit(SIZE).build();
        parse(text).and_then(|_| parse(&whole)).map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                format!("the pattern takes more than {SIZE} bytes when compiled")
            }
            other => last_line(&other.to_string()),
        })
    }

    /// Whether the whole of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// The words of the error, without the drawing above them.
fn last_line(words: &str) -> String {
    let last = words.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
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
    }

    #[test]
    fn what_no_linear_matcher_has_and_what_is_too_large_is_refused_in_words() {
        for text in ["(?=a)b", r"(a)\1", "a)(b", "[", "(?:a{1000}){1000}"] {
            let words = Pattern::new(text).unwrap_err();
            assert!(!words.is_empty() && !words.contains('\n'), "{text}: {words}");
        }
    }
}
