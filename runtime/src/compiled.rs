//! Patterns that come from data are compiled when they are met. Each thread keeps those it used last,
//! so that a policy which reads its pattern from an attribute compiles it once.

/// How many a thread keeps of each sort.
const KEPT: usize = 32;

/// What was compiled and used last, with the text it was compiled from; the latest is at the end.
#[derive(Debug)]
pub(crate) struct Compiled<T>(Vec<(String, T)>);

impl<T> Compiled<T> {
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// What `question` answers about what `written` compiles to.
    ///
    /// # Errors
    /// Those of `compile`, which is not called for a text that was used lately.
    pub(crate) fn with<A, E>(
        &mut self,
        written: &str,
        compile: impl FnOnce(&str) -> Result<T, E>,
        question: impl FnOnce(&T) -> A,
    ) -> Result<A, E> {
        if let Some((text, latest)) = self.0.last()
            && text == written
        {
            return Ok(question(latest));
        }
        let entry = match self.0.iter().position(|(text, _)| text == written) {
            Some(at) => self.0.remove(at),
            None => (written.to_owned(), compile(written)?),
        };
        if self.0.len() >= KEPT {
            self.0.remove(0);
        }
        let answer = question(&entry.1);
        self.0.push(entry);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Compiled, KEPT};

    #[test]
    fn what_was_used_lately_is_not_compiled_again() {
        let mut compiled = Compiled::new();
        let mut texts = Vec::new();
        let mut with = |number: usize| {
            let compile = |text: &str| {
                texts.push(text.to_owned());
                text.parse::<usize>()
            };
            compiled.with(&number.to_string(), compile, |made| *made)
        };
        for number in (0..KEPT).chain([0, KEPT, 0, 1, 1]) {
            assert_eq!(with(number), Ok(number));
        }
        // 0 was used before the one that was too many came; 1 was then the oldest.
        let once = (0..=KEPT).map(|number| number.to_string());
        assert_eq!(texts, once.chain(["1".to_owned()]).collect::<Vec<_>>());
    }

    #[test]
    fn what_cannot_be_compiled_is_not_kept() {
        let mut compiled = Compiled::new();
        let mut with =
            |outcome: Result<u8, &'static str>| compiled.with("x", |_| outcome, |made| *made);
        assert_eq!(with(Err("no")), Err("no"));
        assert_eq!(with(Ok(1)), Ok(1));
        assert_eq!(with(Err("not asked")), Ok(1));
    }
}
