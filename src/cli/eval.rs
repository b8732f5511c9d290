//! `claimsmith eval`: one expression against one context, or a batch of both as JSON lines.

use super::expression::{
    About, Answer, MOST_BYTES, Prepared, Refusal, Stage, Which, outcome_of, tell_of,
};
use super::say;
use crate::diagnostic::{Diagnostic, to_json};
use crate::document::{self, Json, Node};
use crate::program::{Engine, Worker};
use crate::schema::Schema;
use crate::source::Span;
use clap::Args;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    claimsmith eval 'user.groups.filter(g => g.startsWith(\"role_\"))' --context me.json\n  \
    claimsmith eval 'user.age + 1' --context me.json --schema schema.json --json\n  \
    echo '{\"expr\":\"1 + 1\"}' | claimsmith eval --batch\n\n\
    Exit status: 0 there is a value, 1 there is none, 2 the command line is wrong; of a batch 0.")]
pub(super) struct Arguments {
    /// Which engine answers
    #[arg(long, value_enum, default_value_t = Which::Native)]
    engine: Which,
    /// The expression
    #[arg(required_unless_present = "batch")]
    expression: Option<String>,
    #[command(flatten)]
    about: About,
    /// Read {"expr", "context"} lines from standard input, write a line of JSON for each
    #[arg(long, conflicts_with_all = ["expression", "context"])]
    batch: bool,
    /// Print the typed program instead of the value, as `claimsmith ir` does
    #[arg(long, conflicts_with = "batch")]
    ir: bool,
    /// Print the machine code instead of the value, as `claimsmith asm` does
    #[arg(long, conflicts_with_all = ["batch", "ir"])]
    asm: bool,
    /// Print the value and all that is said as one JSON object, with byte spans, lines and columns
    #[arg(long, conflicts_with_all = ["batch", "ir", "asm"])]
    json: bool,
    /// Print what the expression costs at most instead of its value
    #[arg(long, conflicts_with_all = ["batch", "ir", "asm", "json"])]
    bounds: bool,
}

pub(super) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    if arguments.batch {
        return match arguments.about.declared()? {
            Ok(declared) => batch(declared.as_ref(), arguments.engine.into()),
            Err(told) => {
                say(&told);
                Ok(ExitCode::FAILURE)
            }
        };
    }
    let expression = arguments.expression.as_deref().unwrap_or_default();
    let value = |prepared: Prepared| prepared.value(arguments.engine.into(), &mut Worker::new());
    let about = &arguments.about;
    if arguments.bounds {
        return tell_of(expression, about, |prepared| prepared.listing(Stage::Bounds));
    }
    match (arguments.ir, arguments.asm, arguments.json) {
        (true, ..) => tell_of(expression, about, |prepared| prepared.listing(Stage::Ir)),
        (_, true, _) => tell_of(expression, about, |prepared| prepared.listing(Stage::MachineCode)),
        (.., true) => match outcome_of(expression, about, value)? {
            Some(outcome) => answer_as_json(expression, outcome),
            None => Ok(ExitCode::FAILURE),
        },
        _ => tell_of(expression, about, value),
    }
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
    Prepared::new(expression, context, declared)?.value(engine, worker)
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
