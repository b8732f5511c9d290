//! An expression and what it is about, as `eval`, `ir`, `asm`, `repl` and `explain` take them: read,
//! compiled, and told of.

use super::input::{Given, Refusal, is_standard_input, say_all};
use super::tell;
use crate::clock::Clock;
use crate::diagnostic::{Diagnostic, code};
use crate::document::Node;
use crate::program::{
    ContextError, Engine, Length, Listing, ProgramId, Roots, SetBuilder, Subject, Worker,
};
use crate::schema::{self, Position, Schema};
use clap::{Args, ValueEnum};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The engines by the names they have on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Which {
    Native,
    Interpreter,
}

impl From<Which> for Engine {
    fn from(which: Which) -> Self {
        match which {
            Which::Native => Self::Native,
            Which::Interpreter => Self::Interpreter,
        }
    }
}

/// What an expression is about.
#[derive(Debug, Args)]
pub(super) struct About {
    /// A JSON file of roots, e.g. {"user": {"profile": {...}}}; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) context: Option<PathBuf>,
    /// Types of the roots' attributes: {"user": {"age": {"type": "integer", "required": true}}}
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
}

impl About {
    /// The declared schema, if there is one.
    pub(super) fn declared(&self) -> Result<Option<Arc<Schema>>, Refusal> {
        self.schema.as_deref().map(declared_schema).transpose()
    }

    /// How many of its files are standard input.
    pub(super) fn n_from_standard_input(&self) -> usize {
        let files = [&self.context, &self.schema].into_iter().flatten();
        files.filter(|path| is_standard_input(path)).count()
    }
}

/// The schema that a file declares.
pub(super) fn declared_schema(path: &Path) -> Result<Arc<Schema>, Refusal> {
    let (node, given) = Given::read(path, "schema", &code::NOT_JSON)?;
    schema::from_declaration(&node).map(Arc::new).map_err(|errors| {
        let told = errors.into_iter().map(|error| {
            let path = if error.path.is_empty() { "the schema" } else { &error.path };
            let message = format!("{path}: {}", error.message);
            Diagnostic::new(&code::NOT_ALLOWED, message, error.span)
        });
        given.refused(told.collect())
    })
}

/// Who and what expressions are about, and which names they may use.
pub(super) struct Scene {
    schema: Arc<Schema>,
    subject: Subject,
}

impl Scene {
    /// Under the declared schema, else that of the context.
    pub(super) fn new(
        context: &Node,
        declared: Option<&Arc<Schema>>,
    ) -> Result<Self, ContextError> {
        match declared {
            Some(schema) => {
                let subject = Subject::read(context, schema)?;
                Ok(Self { schema: Arc::clone(schema), subject })
            }
            None => {
                let (schema, subject) = Subject::infer(context)?;
                Ok(Self { schema: Arc::new(schema), subject })
            }
        }
    }

    /// Of the context in a file; without one there are no roots.
    pub(super) fn read(
        context: Option<&Path>,
        declared: Option<&Arc<Schema>>,
    ) -> Result<Self, Refusal> {
        let (node, given) = match context {
            Some(path) => Given::read(path, "context", &code::BAD_CONTEXT)?,
            None => Given::new("context", b"{}").parsed(&code::BAD_CONTEXT)?,
        };
        Self::new(&node, declared).map_err(|error| given.refused(vec![error.diagnostic()]))
    }

    pub(super) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }
}

/// Compiles an expression for what it is about, and what `made` makes of it.
pub(super) fn outcome_of(
    expression: &str,
    about: &About,
    made: impl FnOnce(Prepared<'_>) -> Answer,
) -> Answer {
    let declared = about.declared()?;
    let scene = Scene::read(about.context.as_deref(), declared.as_ref())?;
    made(Prepared::new(expression, &scene)?)
}

/// As [`outcome_of`], told to a person.
pub(super) fn tell_of(
    expression: &str,
    about: &About,
    made: impl FnOnce(Prepared<'_>) -> Answer,
) -> io::Result<ExitCode> {
    let is_well = show(expression, outcome_of(expression, about, made))?;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// An expression compiled for what it is about.
pub(super) struct Prepared<'s> {
    builder: SetBuilder,
    id: ProgramId,
    subject: &'s Subject,
    lints: Vec<Diagnostic>,
}

/// What is to be printed, and what is remarkable about the expression.
pub(super) type Answer = Result<(String, Vec<Diagnostic>), Refusal>;

impl<'s> Prepared<'s> {
    pub(super) fn new(expression: &str, scene: &'s Scene) -> Result<Self, Refusal> {
        Self::at(Position::default(), expression, scene)
    }

    /// Of an expression that stands at a place.
    pub(super) fn at(
        position: Position,
        expression: &str,
        scene: &'s Scene,
    ) -> Result<Self, Refusal> {
        let mut builder = SetBuilder::new(Arc::clone(&scene.schema));
        builder.at(position);
        match builder.add_json(expression, Length::Free) {
            Ok((id, lints)) => Ok(Self { builder, id, subject: &scene.subject, lints }),
            Err(diagnostics) => Err(Refusal::Expression(diagnostics)),
        }
    }

    pub(super) fn value(self, engine: Engine, worker: &mut Worker) -> Answer {
        self.value_when(Clock::System.microseconds(), engine, worker)
    }

    /// The value when it is `now`, in microseconds since 1970, unless the context says otherwise.
    pub(super) fn value_when(self, now: i64, engine: Engine, worker: &mut Worker) -> Answer {
        let set = self.builder.finish(engine);
        let resolved = set.resolve(self.subject.table());
        let roots = Roots::of(self.subject, &set, &resolved, now);
        match set.json(self.id, &roots, worker, engine) {
            Ok(json) => Ok((String::from_utf8_lossy(json).into_owned(), self.lints)),
            Err(fault) => {
                let mut diagnostics = self.lints;
                diagnostics.push(fault.diagnostic());
                Err(Refusal::Expression(diagnostics))
            }
        }
    }

    /// Hands on each engine, how long compiling took by `clock` where it does, and what evaluates.
    pub(super) fn repeat(
        self,
        worker: &mut Worker,
        clock: impl Fn() -> i64,
        mut run: impl FnMut(Engine, Option<i64>, &mut dyn FnMut()),
    ) -> Vec<Diagnostic> {
        let started = clock();
        let set = self.builder.finish(Engine::Native);
        let compiled = clock() - started;
        let resolved = set.resolve(self.subject.table());
        let roots = Roots::of(self.subject, &set, &resolved, Clock::System.microseconds());
        let engines = [(Engine::Native, Some(compiled)), (Engine::Interpreter, None)];
        for (engine, compiled) in engines {
            let mut evaluate = || drop(set.json(self.id, &roots, worker, engine).map(<[u8]>::len));
            run(engine, compiled, &mut evaluate);
        }
        self.lints
    }

    /// What it becomes on the way to machine code.
    pub(super) fn listing(self, listed: Listed) -> Answer {
        let Self { builder, id, lints, .. } = self;
        let text = match listed {
            Listed::Type => builder.type_name(id),
            Listed::Bounds => {
                let set = builder.finish(Engine::Interpreter);
                set.bounds(id).iter().map(|bounds| format!("{bounds}\n")).collect()
            }
            Listed::Ir => builder.finish(Engine::Interpreter).ir(id).unwrap_or_default(),
            Listed::Optimized => builder.optimized_ir(id).unwrap_or_default(),
            Listed::Lowered => builder.listing(id).unwrap_or_else(none_here).ir,
            Listed::MachineCode => builder.listing(id).unwrap_or_else(none_here).machine_code,
        };
        Ok((text, lints))
    }
}

/// What an expression is on its way to machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// Only what type it has.
    Type,
    /// What it costs at most.
    Bounds,
    /// Typed, with its charges.
    Ir,
    /// The same with less to do.
    Optimized,
    /// As the code generator's library takes it.
    Lowered,
    MachineCode,
}

/// What is listed where nothing is compiled.
fn none_here() -> Listing {
    let words = "this host lets no generated code run; expressions are interpreted\n".to_owned();
    Listing { ir: words.clone(), machine_code: words }
}

/// Tells a person: the value on standard output, everything else on standard error. Says whether
/// there was a value.
pub(super) fn show(expression: &str, outcome: Answer) -> io::Result<bool> {
    match outcome {
        Ok((text, lints)) => {
            say_all(&lints, "expression", expression);
            tell(&format!("{}\n", text.trim_end()))?;
            Ok(true)
        }
        Err(refusal) => {
            refusal.say(expression);
            Ok(false)
        }
    }
}
