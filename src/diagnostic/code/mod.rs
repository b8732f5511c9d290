//! THE table of codes: each once, with its category and a page that says what it means, what
//! provokes it and how to mend it. Whoever raises a code names its entry here; `claimsmith explain`
//! and `docs/codes.md` print the pages, and a test runs every example.

mod call;
mod document;
mod fault;
mod grammar;
mod lexing;
mod limit;
mod name;
mod policy;
mod setting;
mod types;

pub(crate) use {
    call::*, fault::*, grammar::*, lexing::*, limit::*, name::*, policy::*, setting::*, types::*,
};

use super::nearest::nearest;
use super::{Category, Severity, Stage};
use std::fmt;

/// A stable code and its page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `E0402`; a lint begins with `L`.
    pub id: &'static str,
    /// Which kind of error a harness sees (OEL §4.5).
    pub category: Category,
    /// The stage that finds it; of several errors the earliest stage is named first (decision 52).
    pub stage: Stage,
    /// What is wrong, on one line.
    pub title: &'static str,
    /// Why it is an error, in a few sentences.
    pub meaning: &'static str,
    pub example: Example,
    /// What to do about it.
    pub mend: &'static str,
}

/// What provokes a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// An expression.
    Expression {
        /// Roots as JSON.
        context: &'static str,
        /// Where it stands, as positions are said in words; empty for nowhere.
        place: &'static str,
        text: &'static str,
        /// The same without the mistake.
        mended: &'static str,
    },
    /// An expression over roots that cannot be.
    Context { wrong: &'static str, mended: &'static str, text: &'static str },
    /// One piece of text many times over, and an end.
    Repeated { piece: &'static str, times: usize, end: &'static str },
    /// A document of an organization.
    Document(&'static str),
    /// No expression provokes it; why.
    Never(&'static str),
}

impl Example {
    /// An expression without a context.
    const fn new(text: &'static str, mended: &'static str) -> Self {
        Self::Expression { context: "{}", place: "", text, mended }
    }

    /// An expression that reads these roots.
    const fn over(context: &'static str, text: &'static str, mended: &'static str) -> Self {
        Self::Expression { context, place: "", text, mended }
    }

    /// An expression that is only wrong where it stands.
    const fn at(place: &'static str, text: &'static str, mended: &'static str) -> Self {
        Self::Expression { context: "{}", place, text, mended }
    }
}

/// The codes by family, in the order of their numbers.
static FAMILIES: [&[&Code]; 9] = [
    lexing::ROWS,
    grammar::ROWS,
    name::ROWS,
    types::ROWS,
    call::ROWS,
    fault::ROWS,
    limit::ROWS,
    policy::ROWS,
    setting::ROWS,
];

/// Every code, lints after the errors of their family.
pub fn all() -> impl Iterator<Item = &'static Code> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// The code with this id, in either letter case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    all().find(|code| code.id.eq_ignore_ascii_case(id))
}

/// The code that was most likely meant, if any is near.
#[must_use]
pub fn nearest_to(id: &str) -> Option<&'static Code> {
    find(nearest(id, all().map(|code| code.id))?)
}

impl Code {
    /// How much it matters, unless whoever raises it says otherwise.
    #[must_use]
    pub fn severity(&self) -> Severity {
        if self.id.starts_with('L') { Severity::Lint } else { Severity::Error }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id)
    }
}

/// Makes an entry of each code, and `ROWS`, the list of them: no code can be missing from it.
macro_rules! codes {
    ($($name:ident { $($field:ident: $value:expr),+ $(,)? })+) => {
        use super::{Code, Example};
        use crate::diagnostic::{Category, Stage};

        $(pub(crate) static $name: Code = Code { $($field: $value),+ };)+

        pub(super) static ROWS: &[&Code] = &[$(&$name),+];
    };
}
use codes;
