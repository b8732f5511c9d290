//! The same, fast: typed IR becomes machine code, and gives the value or the fault that the
//! interpreter gives.
//!
//! Code is written for where a value goes: [`value`] leaves it in registers, [`branch`] decides a
//! condition by control flow, [`sink`] writes JSON straight into the output. Lists are loops
//! ([`stream`]). What has no fast path calls its row of the function table.

mod branch;
mod compare;
mod constant;
mod function;
mod import;
mod inspect;
mod kept;
mod literal;
mod machine;
mod maker;
mod member;
mod object;
mod present;
mod search;
mod share;
mod sink;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod unread;
mod value;
mod walk;
mod whole;

use crate::ir::{Body, NodeId, Object};
use crate::source::Span;
use claimsmith_runtime::Fault;

pub(crate) use machine::{CompiledSet, Inputs, Made, is_available};

/// What keeps the code generator's library from logging every function it makes.
pub(crate) const QUIET: &str = "cranelift_jit=warn,cranelift_codegen=warn,cranelift_frontend=warn";

/// One thing to compile into a function of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit<'u> {
    /// Leaves its value in the context.
    Value(&'u Body),
    /// Writes its value as JSON.
    Json(&'u Body),
    /// Writes the selected members, `"name":value` with commas between.
    Object(&'u Object),
}

impl<'u> Unit<'u> {
    /// Its expressions.
    fn bodies(self) -> Vec<&'u Body> {
        match self {
            Self::Value(body) | Self::Json(body) => vec![body],
            Self::Object(object) => {
                let alternatives = object.members.iter().flat_map(|member| &member.alternatives);
                let bodies = alternatives
                    .flat_map(|alternative| alternative.guard.iter().chain([&alternative.value]));
                bodies.collect()
            }
        }
    }

    fn made(self) -> Made {
        match self {
            Self::Value(_) => Made::Value,
            Self::Json(_) => Made::Json,
            Self::Object(_) => Made::Members,
        }
    }
}

/// The code of one unit, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Cranelift's IR.
    pub ir: String,
    /// The instructions, disassembled.
    pub machine_code: String,
}

/// How to compile. All but the listing is for tests: nobody else asks for less than the usual.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// Keep the code as text, for [`CompiledSet::listing`].
    pub(crate) listing: bool,
    /// Compile wrongly on purpose, so that a test can show that it would be found.
    #[cfg(any(test, feature = "internals"))]
    pub(crate) planted_mistake: Option<Mistake>,
    /// Make everything of groups anew each time.
    pub(crate) keeps_nothing: bool,
    /// Do everything anew each time it is asked for.
    pub(crate) shares_nothing: bool,
    /// Call every row of the function table and for every text that is written, those too that are
    /// usually answered and copied in place.
    pub(crate) calls_for_all: bool,
    /// Count every step and every byte as it is spent, whatever is known of those to come.
    pub(crate) counts_at_once: bool,
    /// Make every word of every value, those too that nothing reads.
    pub(crate) makes_unread: bool,
    /// Leave the steps that the last expression did not spend where a fault's site would be.
    pub(crate) tells_steps: bool,
}

/// A mistake the code generator can be told to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// The last byte of a constant prefix is not compared.
    ShortPrefix,
    /// The index of a stage starts at one.
    IndexFromOne,
    /// A charge is not made.
    SkippedCharge,
    /// A null is not noticed.
    MissingNullCheck,
    /// The second mapping stage of a stream does nothing.
    LostSecondMap,
    /// Each charge is one step short.
    ShortCharge,
    /// A fault is said to be in the whole expression.
    FaultAtRoot,
    /// `take` passes one element more.
    OneMoreTaken,
    /// Null equals the empty text.
    NullIsEmpty,
    /// Elements with equal keys change places when they are sorted.
    UnstableSort,
}

impl Settings {
    /// The usual, and the code kept as text.
    pub(crate) fn with_listing() -> Self {
        Self { listing: true, ..Self::default() }
    }

    /// Whether what is made of groups is kept.
    fn keeps(self) -> bool {
        !self.keeps_nothing && !self.is_mistaken()
    }

    /// Whether what is asked for twice is found out once. A mistake made on purpose shares nothing:
    /// what goes another way would not show it.
    fn shares(self) -> bool {
        !self.shares_nothing && !self.is_mistaken()
    }

    #[cfg(any(test, feature = "internals"))]
    fn is_mistaken(self) -> bool {
        self.planted_mistake.is_some()
    }

    #[cfg(not(any(test, feature = "internals")))]
    #[expect(clippy::unused_self, reason = "the other half of a test-only switch")]
    fn is_mistaken(self) -> bool {
        false
    }

    #[cfg(any(test, feature = "internals"))]
    fn makes(self, mistake: Mistake) -> bool {
        self.planted_mistake == Some(mistake)
    }

    #[cfg(not(any(test, feature = "internals")))]
    #[expect(clippy::unused_self, reason = "the other half of a test-only switch")]
    fn makes(self, _: Mistake) -> bool {
        false
    }
}

/// How an evaluation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The value is in the context, or its JSON in the output.
    Done,
    /// It faulted; nothing was written.
    Fault { fault: Fault, site: Site },
    /// The output, or what compiled code keeps count of, is too small: nothing was written, and
    /// the interpreter's answer counts.
    OutputFull,
}

impl Outcome {
    /// A fault that is no author's doing.
    const UNKNOWN: Self = Self::Fault { fault: Fault::Internal, site: Site::UNKNOWN };
}

/// Where compiled code faulted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// For an object, the expression.
    pub(crate) member: Option<Place>,
    /// The node of the expression that was compiled.
    pub(crate) node: NodeId,
    /// Where that was written.
    pub(crate) span: Span,
}

impl Site {
    /// Nowhere: for what is no author's doing.
    const UNKNOWN: Self = Self { member: None, node: NodeId(0), span: Span::NONE };
}

/// An expression of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the member.
    pub(crate) member: usize,
    /// Index of the alternative.
    pub(crate) alternative: usize,
    /// Whether it is the alternative's guard rather than its value.
    pub(crate) in_guard: bool,
}

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodegenError {
    /// No code generator for this processor.
    #[error("no native code for this machine: {0}")]
    Machine(String),
    /// The host refuses executable memory, or the compiler refuses a function.
    #[error("no native code: {0}")]
    Module(#[from] Box<cranelift_module::ModuleError>),
    /// A generated function holds something that could end the process; a bug of ours.
    #[error("generated code may trap: {0}")]
    Trapping(String),
}

/// Compiles units into one set, by at most so many threads; a unit keeps its index.
///
/// # Errors
/// See [`CodegenError`]: the interpreter serves then.
pub(crate) fn compile(
    units: &[Unit<'_>],
    settings: Settings,
    most_threads: usize,
) -> Result<CompiledSet, CodegenError> {
    CompiledSet::compile(units, settings, most_threads)
}
