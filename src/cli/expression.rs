//! An expression and what it is about, as `eval`, `ir`, `asm` and `repl` take them: read, compiled,
//! and told of.

use super::{is_coloured, say};
use crate::clock::Clock;
use crate::diagnostic::{Code, Diagnostic, Severity, code, first_error, render};
use crate::document::{self, Node};
use crate::program::{Engine, Length, Listing, ProgramId, Roots, SetBuilder, Subject, Worker};
use crate::schema::{self, Schema};
use crate::source::Span;
use clap::{Args, ValueEnum};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Most bytes of a context or a line.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

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
    /// The declared schema, if there is one; the error is all that is wrong with it, to be said.
    pub(super) fn declared(&self) -> io::Result<Result<Option<Arc<Schema>>, String>> {
        let Some(path) = &self.schema else { return Ok(Ok(None)) };
        Ok(declared_schema(path)?.map(|schema| Some(Arc::new(schema))))
    }
}

/// What was read of a context.
pub(super) fn read_context(path: Option<&Path>) -> io::Result<Result<Node, Refusal>> {
    let text = context_text(path)?;
    Ok(document::read(&text)
        .map_err(|error| Refusal::context(located(&error.message, error.span, &text))))
}

/// Compiles an expression for what it is about, and what `made` makes of it; `None` after telling
/// what is wrong with the schema.
pub(super) fn outcome_of(
    expression: &str,
    about: &About,
    made: impl FnOnce(Prepared) -> Answer,
) -> io::Result<Option<Answer>> {
    let declared = match about.declared()? {
        Ok(declared) => declared,
        Err(told) => {
            say(&told);
            return Ok(None);
        }
    };
    let outcome = read_context(about.context.as_deref())?
        .and_then(|context| Prepared::new(expression, &context, declared.as_ref()))
        .and_then(made);
    Ok(Some(outcome))
}

/// As [`outcome_of`], told to a person.
pub(super) fn tell_of(
    expression: &str,
    about: &About,
    made: impl FnOnce(Prepared) -> Answer,
) -> io::Result<ExitCode> {
    let is_well = match outcome_of(expression, about, made)? {
        Some(outcome) => show(expression, outcome)?,
        None => false,
    };
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a person or a harness is told when there is no value.
pub(super) struct Refusal {
    pub(super) code: &'static Code,
    pub(super) message: String,
    pub(super) span: Span,
    /// All there is to say, for people.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Refusal {
    /// A line or context that cannot be read (decision 52, `context`).
    pub(super) fn context(message: impl Into<String>) -> Self {
        Self {
            code: &code::BAD_CONTEXT,
            message: message.into(),
            span: Span::default(),
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn of(diagnostics: Vec<Diagnostic>) -> Self {
        match first_error(&diagnostics) {
            Some(first) => Self {
                code: first.code,
                message: first.message.clone(),
                span: first.span,
                diagnostics,
            },
            None => Self::context("nothing was evaluated"),
        }
    }
}

/// The message with the line and column it is about.
fn located(message: &str, span: Span, text: &[u8]) -> String {
    let readable = String::from_utf8_lossy(text);
    let (line, column) = crate::source::line_and_column(&readable, span.range().start);
    format!("the context, line {line}, column {column}: {message}")
}

fn context_text(path: Option<&Path>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let most = MOST_BYTES as u64 + 1;
    match path {
        None => text.extend_from_slice(b"{}"),
        Some(path) if path == Path::new("-") => {
            io::stdin().lock().take(most).read_to_end(&mut text)?;
        }
        Some(path) => {
            let file = fs::File::open(path).map_err(|error| named(path, &error))?;
            file.take(most).read_to_end(&mut text).map_err(|error| named(path, &error))?;
        }
    }
    if text.len() > MOST_BYTES {
        return Err(io::Error::other("the context is longer than 16 MiB"));
    }
    Ok(text)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The schema in a file, or all that is wrong with it.
fn declared_schema(path: &Path) -> io::Result<Result<Schema, String>> {
    let text = context_text(Some(path))?;
    let readable = String::from_utf8_lossy(&text);
    let place = |span: Span| {
        let (line, column) = crate::source::line_and_column(&readable, span.range().start);
        format!("{}:{line}:{column}", path.display())
    };
    let node = match document::read(&text) {
        Ok(node) => node,
        Err(error) => return Ok(Err(format!("{}: {}\n", place(error.span), error.message))),
    };
    Ok(schema::from_declaration(&node).map_err(|errors| {
        let lines = errors
            .iter()
            .map(|error| format!("{}: {}: {}\n", place(error.span), error.path, error.message));
        lines.collect()
    }))
}

/// An expression compiled for a context, and the subject the context describes.
pub(super) struct Prepared {
    builder: SetBuilder,
    id: ProgramId,
    subject: Subject,
    lints: Vec<Diagnostic>,
}

/// What is to be printed, and what is remarkable about the expression.
pub(super) type Answer = Result<(String, Vec<Diagnostic>), Refusal>;

impl Prepared {
    pub(super) fn new(
        expression: &str,
        context: &Node,
        declared: Option<&Arc<Schema>>,
    ) -> Result<Self, Refusal> {
        let read = match declared {
            Some(schema) => {
                Subject::read(context, schema).map(|subject| (Arc::clone(schema), subject))
            }
            None => Subject::infer(context).map(|(schema, subject)| (Arc::new(schema), subject)),
        };
        let (schema, subject) = read.map_err(|error| Refusal::context(error.message))?;
        let mut builder = SetBuilder::new(schema);
        let (id, lints) = builder.add_json(expression, Length::Free).map_err(Refusal::of)?;
        Ok(Self { builder, id, subject, lints })
    }

    pub(super) fn value(self, engine: Engine, worker: &mut Worker) -> Answer {
        let set = self.builder.finish(engine);
        let resolved = set.resolve(self.subject.table());
        let roots = Roots::of(&self.subject, &set, &resolved, Clock::System.microseconds());
        match set.json(self.id, &roots, worker, engine) {
            Ok(json) => Ok((String::from_utf8_lossy(json).into_owned(), self.lints)),
            Err(fault) => {
                let mut diagnostics = self.lints;
                diagnostics.push(fault.diagnostic());
                Err(Refusal::of(diagnostics))
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
        let roots = Roots::of(&self.subject, &set, &resolved, Clock::System.microseconds());
        let engines = [(Engine::Native, Some(compiled)), (Engine::Interpreter, None)];
        for (engine, compiled) in engines {
            let mut evaluate = || drop(set.json(self.id, &roots, worker, engine).map(<[u8]>::len));
            run(engine, compiled, &mut evaluate);
        }
        self.lints
    }

    /// What it becomes on the way to machine code.
    pub(super) fn listing(self, stage: Stage) -> Answer {
        let Self { builder, id, lints, .. } = self;
        let text = match stage {
            Stage::Type => builder.type_name(id),
            Stage::Bounds => {
                let set = builder.finish(Engine::Interpreter);
                set.bounds(id).iter().map(super::check::in_words).collect()
            }
            Stage::Ir => builder.finish(Engine::Interpreter).ir(id).unwrap_or_default(),
            Stage::Lowered => builder.listing(id).unwrap_or_else(none_here).ir,
            Stage::MachineCode => builder.listing(id).unwrap_or_else(none_here).machine_code,
        };
        Ok((text, lints))
    }
}

/// What an expression is on its way to machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Only what type it has.
    Type,
    /// What it costs at most.
    Bounds,
    /// Typed, with its charges.
    Ir,
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
    let tell = |diagnostics: &[Diagnostic]| {
        for diagnostic in diagnostics {
            say(&render(diagnostic, "expression", expression, is_coloured()));
        }
    };
    match outcome {
        Ok((json, lints)) => {
            tell(&lints);
            writeln!(io::stdout(), "{}", json.trim_end())?;
            Ok(true)
        }
        Err(refusal) if refusal.diagnostics.is_empty() => {
            say(&format!("error[{}]: {}\n", refusal.code, refusal.message));
            Ok(false)
        }
        Err(refusal) => {
            let mut told = refusal.diagnostics;
            if told.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
                told.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
            }
            tell(&told);
            Ok(false)
        }
    }
}
