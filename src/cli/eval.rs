//! `claimsmith eval`: one expression against one context, or a batch of both as JSON lines.

use super::{is_coloured, say};
use crate::clock::Clock;
use crate::diagnostic::{Code, Diagnostic, Severity, code, first_error, render, to_json};
use crate::document::{self, Json, Node};
use crate::program::{Engine, Length, ProgramId, Roots, SetBuilder, Subject, Worker};
use crate::schema::{self, Schema};
use crate::source::Span;
use clap::{Args, ValueEnum};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Most bytes of a context or a line.
const MOST_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    claimsmith eval 'user.groups.filter(g => g.startsWith(\"role_\"))' --context me.json\n  \
    claimsmith eval 'user.age + 1' --context me.json --schema schema.json --json\n  \
    echo '{\"expr\":\"1 + 1\"}' | claimsmith eval --batch\n\n\
    Exit status: 0 there is a value, 1 there is none, 2 the command line is wrong; of a batch 0.")]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Read {"expr", "context"} lines from standard input, write a line of JSON for each
    #[arg(long, conflicts_with_all = ["expression", "context"])]
    batch: bool,
    /// Print the typed program that the expression becomes instead of its value
    #[arg(long, conflicts_with = "batch")]
    ir: bool,
    /// Print the machine code that the expression becomes instead of its value
    #[arg(long, conflicts_with_all = ["batch", "ir"])]
    asm: bool,
    /// Print the value and all that is said as one JSON object, with byte spans, lines and columns
    #[arg(long, conflicts_with_all = ["batch", "ir", "asm"])]
    json: bool,
    /// Print what the expression costs at most instead of its value
    #[arg(long, conflicts_with_all = ["batch", "ir", "asm", "json"])]
    bounds: bool,
}

/// The engines by the names they have on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
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

/// An expression and what it is about.
#[derive(Debug, Args)]
struct Source {
    /// Which engine answers
    #[arg(long, value_enum, default_value_t = Which::Native)]
    engine: Which,
    /// The expression
    #[arg(required_unless_present = "batch")]
    expression: Option<String>,
    /// A JSON file of roots, e.g. {"user": {"profile": {...}}}; `-` is standard input
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// Types of the roots' attributes: {"user": {"age": {"type": "integer", "required": true}}}
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
}

/// What a person or a harness is told when there is no value.
struct Refusal {
    code: &'static Code,
    message: String,
    span: Span,
    /// All there is to say, for people.
    diagnostics: Vec<Diagnostic>,
}

impl Refusal {
    /// A line or context that cannot be read (decision 52, `context`).
    fn context(message: impl Into<String>) -> Self {
        Self {
            code: &code::BAD_CONTEXT,
            message: message.into(),
            span: Span::default(),
            diagnostics: Vec::new(),
        }
    }

    fn of(diagnostics: Vec<Diagnostic>) -> Self {
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

pub(super) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let source = &arguments.source;
    let declared = match &source.schema {
        Some(path) => match declared_schema(path)? {
            Ok(schema) => Some(Arc::new(schema)),
            Err(told) => {
                say(&told);
                return Ok(ExitCode::FAILURE);
            }
        },
        None => None,
    };
    if arguments.batch {
        return batch(declared.as_ref(), source.engine.into());
    }
    let expression = source.expression.as_deref().unwrap_or_default();
    let text = context_text(source.context.as_deref())?;
    let mut worker = Worker::new();
    let outcome = document::read(&text)
        .map_err(|error| Refusal::context(located(&error.message, error.span, &text)))
        .and_then(|context| {
            Prepared::new(expression, &context, declared.as_ref(), source.engine.into())
        })
        .and_then(|prepared| match (arguments.ir, arguments.asm) {
            (true, _) => prepared.ir(),
            (_, true) => prepared.assembly(),
            _ if arguments.bounds => prepared.bounds(),
            _ => prepared.value(&mut worker),
        });
    if arguments.json { answer_as_json(expression, outcome) } else { answer(expression, outcome) }
}

/// Tells a program: `{"value", "diagnostics"}`, without the value where there is none.
fn answer_as_json(expression: &str, outcome: Answer) -> io::Result<ExitCode> {
    let told = |diagnostics: &[Diagnostic]| {
        let all = diagnostics.iter().map(|diagnostic| to_json(diagnostic, expression));
        serde_json::Value::from(all.collect::<Vec<_>>())
    };
    let mut output = io::stdout().lock();
    match outcome {
        Ok((json, remarks)) => {
            writeln!(output, "{{\"value\":{json},\"diagnostics\":{}}}", told(&remarks))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            let diagnostics = if refusal.diagnostics.is_empty() {
                // Of a context: its place is in another text, and in the message.
                told(&[Diagnostic::new(refusal.code, refusal.message, refusal.span)])
            } else {
                told(&refusal.diagnostics)
            };
            writeln!(output, "{{\"diagnostics\":{diagnostics}}}")?;
            Ok(ExitCode::FAILURE)
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
struct Prepared {
    builder: SetBuilder,
    id: ProgramId,
    subject: Subject,
    lints: Vec<Diagnostic>,
    engine: Engine,
}

/// What is to be printed, and what is remarkable about the expression.
type Answer = Result<(String, Vec<Diagnostic>), Refusal>;

impl Prepared {
    fn new(
        expression: &str,
        context: &Node,
        declared: Option<&Arc<Schema>>,
        engine: Engine,
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
        Ok(Self { builder, id, subject, lints, engine })
    }

    fn value(self, worker: &mut Worker) -> Answer {
        let set = self.builder.finish(self.engine);
        let resolved = set.resolve(self.subject.table());
        let roots = Roots::of(&self.subject, &set, &resolved, Clock::System.microseconds());
        match set.json(self.id, &roots, worker, self.engine) {
            Ok(json) => Ok((String::from_utf8_lossy(json).into_owned(), self.lints)),
            Err(fault) => {
                let mut diagnostics = self.lints;
                diagnostics.push(fault.diagnostic());
                Err(Refusal::of(diagnostics))
            }
        }
    }

    fn ir(self) -> Answer {
        let set = self.builder.finish(Engine::Interpreter);
        Ok((set.ir(self.id).unwrap_or_default(), self.lints))
    }

    fn bounds(self) -> Answer {
        let set = self.builder.finish(Engine::Interpreter);
        let lines = set.bounds(self.id).iter().map(super::check::in_words).collect();
        Ok((lines, self.lints))
    }

    fn assembly(self) -> Answer {
        Ok((self.builder.listing().concat(), self.lints))
    }
}

/// Tells a person: the value on standard output, everything else on standard error.
fn answer(expression: &str, outcome: Answer) -> io::Result<ExitCode> {
    let tell = |diagnostics: &[Diagnostic]| {
        for diagnostic in diagnostics {
            say(&render(diagnostic, "expression", expression, is_coloured()));
        }
    };
    match outcome {
        Ok((json, lints)) => {
            tell(&lints);
            writeln!(io::stdout(), "{}", json.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) if refusal.diagnostics.is_empty() => {
            say(&format!("error[{}]: {}\n", refusal.code, refusal.message));
            Ok(ExitCode::FAILURE)
        }
        Err(refusal) => {
            let mut told = refusal.diagnostics;
            if told.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
                told.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
            }
            tell(&told);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// One line out for each line in, whatever the line is.
fn batch(declared: Option<&Arc<Schema>>, engine: Engine) -> io::Result<ExitCode> {
    let mut input = BufReader::with_capacity(1 << 16, io::stdin());
    let mut output = io::BufWriter::new(io::stdout());
    let mut worker = Worker::new();
    let mut line = Vec::new();
    while let Some(whole) = next_line(&mut input, &mut line)? {
        let outcome = if whole {
            evaluate_line(&line, declared, engine, &mut worker)
        } else {
            Err(Refusal::context("the line is longer than 16 MiB"))
        };
        write_outcome(&mut output, outcome)?;
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a line without its end into `line`. `None` at the end of input, `false` for a line that is
/// too long, the rest of which is skipped.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let most = MOST_BYTES as u64 + 1;
    if input.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(Some(true));
    }
    if line.len() <= MOST_BYTES {
        return Ok(Some(true));
    }
    input.skip_until(b'\n')?;
    Ok(Some(false))
}

fn evaluate_line(
    line: &[u8],
    declared: Option<&Arc<Schema>>,
    engine: Engine,
    worker: &mut Worker,
) -> Answer {
    let node = document::read(line).map_err(|error| Refusal::context(error.message))?;
    let Json::Object(members) = &node.value else {
        return Err(Refusal::context("expected an object with `expr` and `context`"));
    };
    let find =
        |name: &str| members.iter().find(|member| member.key == name).map(|member| &member.value);
    let Some(Node { value: Json::Text(expression), .. }) = find("expr") else {
        return Err(Refusal::context("`expr` must be a text"));
    };
    let empty = Node { span: Span::default(), value: Json::Object(Vec::new()) };
    let context = find("context").unwrap_or(&empty);
    Prepared::new(expression, context, declared, engine)?.value(worker)
}

fn write_outcome(output: &mut impl Write, outcome: Answer) -> io::Result<()> {
    match outcome {
        Ok((json, _)) => writeln!(output, "{{\"value\":{json}}}"),
        Err(refusal) => {
            let error = serde_json::json!({"error": {
                "category": refusal.code.category.name(),
                "code": refusal.code.id,
                "message": refusal.message,
                "span": [refusal.span.start, refusal.span.end],
            }});
            writeln!(output, "{error}")
        }
    }
}
