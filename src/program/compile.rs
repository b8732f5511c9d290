//! From typed IR to machine code: optimized, then compiled together; as usual, or as a test wants it.

use super::{Engine, Program, ProgramId, ProgramSet, SetBuilder, needs::Needs};
use crate::codegen::{self, CompiledSet, Listing, Unit};
use crate::ir;
use crate::optimize::{self, Pass};
use crate::threads::processors;
use claimsmith_runtime::types::Shape;
use std::sync::OnceLock;

/// Mistakes that code generation can be told to make, so that a test can show it would find them.
#[cfg(feature = "internals")]
pub fn mistakes() -> impl Iterator<Item = &'static str> {
    PLANTED.iter().map(|(name, _)| *name)
}

#[cfg(feature = "internals")]
const PLANTED: [(&str, codegen::Mistake); 10] = [
    ("short-prefix", codegen::Mistake::ShortPrefix),
    ("index-from-one", codegen::Mistake::IndexFromOne),
    ("skipped-charge", codegen::Mistake::SkippedCharge),
    ("missing-null-check", codegen::Mistake::MissingNullCheck),
    ("lost-second-map", codegen::Mistake::LostSecondMap),
    ("short-charge", codegen::Mistake::ShortCharge),
    ("fault-at-root", codegen::Mistake::FaultAtRoot),
    ("one-more-taken", codegen::Mistake::OneMoreTaken),
    ("null-is-empty", codegen::Mistake::NullIsEmpty),
    ("unstable-sort", codegen::Mistake::UnstableSort),
];

/// How a test wants a set to be made.
#[cfg(feature = "internals")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Making<'m> {
    /// One of [`mistakes`] that code generation makes.
    pub mistake: Option<&'m str>,
    /// Whether machine code is made of the optimized programs.
    pub optimizes: bool,
    /// Whether the interpreter runs them, too.
    pub interprets_optimized: bool,
    /// Whether machine code makes everything of groups anew each time.
    pub keeps_nothing: bool,
    /// Whether there is no machine code.
    pub interprets_only: bool,
    /// Whether machine code is as everybody gets it, which does not tell [`super::tally::steps_left`].
    pub hides_steps: bool,
}

impl SetBuilder {
    /// The set of all that was added, compiled to machine code for [`Engine::Native`]. Where the
    /// host refuses executable memory the set runs interpreted, with a warning in the log.
    #[must_use]
    pub fn finish(self, engine: Engine) -> ProgramSet {
        self.finish_by(processors(), engine)
    }

    /// As [`SetBuilder::finish`], by no more threads than these.
    #[must_use]
    pub fn finish_by(self, most_threads: usize, engine: Engine) -> ProgramSet {
        self.compile(engine, (codegen::Settings::default(), most_threads), optimize::ALL)
    }

    /// As [`SetBuilder::finish`], made as a test wants it. Machine code tells
    /// [`super::tally::steps_left`] unless it hides them.
    #[cfg(feature = "internals")]
    #[must_use]
    pub fn finish_for_test(self, making: &Making<'_>) -> ProgramSet {
        let planted = PLANTED.iter().find(|(name, _)| Some(*name) == making.mistake);
        let planted_mistake = planted.map(|(_, mistake)| *mistake);
        let keeps_nothing = making.keeps_nothing;
        let settings = codegen::Settings {
            planted_mistake,
            keeps_nothing,
            shares_nothing: !making.optimizes,
            calls_for_all: !making.optimizes,
            counts_at_once: !making.optimizes,
            makes_unread: !making.optimizes,
            tells_steps: !making.hides_steps,
            ..Default::default()
        };
        let passes = if making.optimizes { optimize::ALL } else { &[] };
        let mut builder = self;
        if making.interprets_optimized {
            builder.programs =
                builder.programs.iter().map(|made| builder.optimized(made, passes)).collect();
        }
        let engine = if making.interprets_only { Engine::Interpreter } else { Engine::Native };
        builder.compile(engine, (settings, processors()), passes)
    }

    /// A program with less to do. One that a pass breaks, which is a bug of ours, stays as it is.
    fn optimized(&self, program: &Program, passes: &[Pass]) -> Program {
        optimized(program, &self.root_shapes, passes)
    }

    /// The typed IR of an expression or condition as machine code is made of it; `None` for an
    /// object.
    #[must_use]
    pub fn optimized_ir(&self, id: ProgramId) -> Option<String> {
        self.optimized(self.programs.get(id.0)?, optimize::ALL).ir()
    }

    /// The machine code of a program, as text for people; `None` where there is no native code.
    #[must_use]
    pub fn listing(self, id: ProgramId) -> Option<Listing> {
        let settings = codegen::Settings::with_listing();
        let set = self.compile(Engine::Native, (settings, processors()), optimize::ALL);
        set.native(Engine::Native)?.listing().get(id.0).cloned()
    }

    fn compile(
        self,
        engine: Engine,
        making: (codegen::Settings, usize),
        passes: &[Pass],
    ) -> ProgramSet {
        let Self { schema, names, programs, root_shapes, .. } = self;
        let native = match engine {
            Engine::Interpreter => OnceLock::new(),
            Engine::Native => OnceLock::from(machine_code(&programs, &root_shapes, making, passes)),
        };
        let needs = Needs::new(&programs, schema.n_records(), names.paths());
        let names = names.list().to_vec();
        ProgramSet { schema, names, programs, needs, root_shapes, native }
    }
}

/// Machine code of all programs, made by at most so many threads; `None`, with a warning in the log,
/// where there can be none. The optimized IR that it is made of is not kept: its faults know where they
/// were written.
pub(super) fn machine_code(
    programs: &[Program],
    root_shapes: &[Shape],
    (settings, most_threads): (codegen::Settings, usize),
    passes: &[Pass],
) -> Option<CompiledSet> {
    let optimized: Vec<Program> =
        programs.iter().map(|program| optimized(program, root_shapes, passes)).collect();
    let units: Vec<Unit<'_>> = optimized.iter().map(Program::unit).collect();
    codegen::compile(&units, settings, most_threads)
        .inspect_err(|error| tracing::warn!(%error, "expressions run interpreted"))
        .ok()
}

fn optimized(program: &Program, root_shapes: &[Shape], passes: &[Pass]) -> Program {
    program.optimized(root_shapes, passes).unwrap_or_else(|wrong| {
        debug_assert!(false, "{wrong}");
        tracing::error!(%wrong, "a program is not optimized");
        program.clone()
    })
}

impl Program {
    fn optimized(&self, roots: &[Shape], passes: &[Pass]) -> Result<Self, String> {
        Ok(match self {
            Self::Json(body) => Self::Json(optimize::optimize(body, roots, passes)?),
            Self::Condition(body) => Self::Condition(optimize::optimize(body, roots, passes)?),
            Self::Object(object) => Self::Object(optimize::optimize_object(object, roots, passes)?),
        })
    }

    fn unit(&self) -> Unit<'_> {
        match self {
            Self::Json(body) => Unit::Json(body),
            Self::Condition(body) => Unit::Value(body),
            Self::Object(object) => Unit::Object(object),
        }
    }

    pub(super) fn ir(&self) -> Option<String> {
        match self {
            Self::Json(body) | Self::Condition(body) => Some(ir::print::print(body)),
            Self::Object(_) => None,
        }
    }
}
