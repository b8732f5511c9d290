//! `claimsmith eval`: one expression against one context, or a batch of both as JSON lines.

use super::expression::{About, Answer, Listed, Prepared, Scene, Which, outcome_of, tell_of};
use super::input::{LINE_TOO_LONG, Line, Refusal, all_to_json, next_line};
use super::{tell, unless_closed};
use crate::document::{self, Json, Node};
use crate::program::{Engine, Worker};
use crate::schema::Schema;
use crate::source::Span;
use clap::Args;
use std::io::{self, BufReader, Write};
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
    #[command(flatten)]
    told: Told,
}

/// What is told instead of the value; one of them at most.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Told {
    /// Read {"expr", "context"} lines from standard input, write a line of JSON for each
    #[arg(long, conflicts_with_all = ["expression", "context"])]
    batch: bool,
    /// Print the typed program instead of the value, as `claimsmith ir` does
    #[arg(long)]
    ir: bool,
    /// Print the machine code instead of the value, as `claimsmith asm` does
    #[arg(long)]
    asm: bool,
    /// Print the value and all that is said as one JSON object, with byte spans, lines and columns
    #[arg(long)]
    json: bool,
    /// Print what the expression costs at most instead of its value
    #[arg(long)]
    bounds: bool,
}

impl Told {
    fn listed(&self) -> Option<Listed> {
        let all =
            [(self.ir, Listed::Ir), (self.asm, Listed::MachineCode), (self.bounds, Listed::Bounds)];
        all.into_iter().find_map(|(is_asked, listed)| is_asked.then_some(listed))
    }
}

impl Arguments {
    /// How many times it would read standard input.
    pub(super) fn n_from_standard_input(&self) -> usize {
        self.about.n_from_standard_input() + usize::from(self.told.batch)
    }
}

pub(super) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let (about, engine) = (&arguments.about, arguments.engine.into());
    if arguments.told.batch {
        return match about.declared() {
            Ok(declared) => batch(declared.as_ref(), engine),
            Err(refusal) => {
                refusal.say("");
                Ok(ExitCode::FAILURE)
            }
        };
    }
    let expression = arguments.expression.as_deref().unwrap_or_default();
    if let Some(listed) = arguments.told.listed() {
        return tell_of(expression, about, |prepared| prepared.listing(listed));
    }
    let value = |prepared: Prepared<'_>| prepared.value(engine, &mut Worker::new());
    match arguments.told.json {
        true => answer_as_json(expression, outcome_of(expression, about, value)),
        false => tell_of(expression, about, value),
    }
}

/// Tells a program: `{"value", "diagnostics"}`, without the value where there is none.
fn answer_as_json(expression: &str, outcome: Answer) -> io::Result<ExitCode> {
    match outcome {
        Ok((json, remarks)) => {
            let remarks = all_to_json(&remarks, expression);
            tell(&format!("{{\"value\":{json},\"diagnostics\":{remarks}}}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            tell(&format!("{{\"diagnostics\":{}}}\n", refusal.to_json(expression)))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// One line out for each line in, whatever the line is, while somebody reads them.
fn batch(declared: Option<&Arc<Schema>>, engine: Engine) -> io::Result<ExitCode> {
    unless_closed(answer_lines(declared, engine))?;
    Ok(ExitCode::SUCCESS)
}

fn answer_lines(declared: Option<&Arc<Schema>>, engine: Engine) -> io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 16, io::stdin());
    let mut output = io::BufWriter::new(io::stdout());
    let mut worker = Worker::new();
    let mut line = Vec::new();
    while let Some(read) = next_line(&mut input, &mut line)? {
        let outcome = match read {
            Line::Whole => evaluate_line(&line, declared, engine, &mut worker),
            Line::TooLong => Err(Refusal::context(LINE_TOO_LONG)),
        };
        write_outcome(&mut output, outcome)?;
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}

fn evaluate_line(
    line: &[u8],
    declared: Option<&Arc<Schema>>,
    engine: Engine,
    worker: &mut Worker,
) -> Answer {
    let (expression, context) = read_line(line)?;
    let scene = Scene::new(&context, declared).map_err(|error| Refusal::context(error.message))?;
    Prepared::new(&expression, &scene)?.value(engine, worker)
}

/// The expression and the context of a line.
pub(super) fn read_line(line: &[u8]) -> Result<(String, Node), Refusal> {
    let node = document::read(line).map_err(|error| Refusal::context(error.message))?;
    let Json::Object(members) = node.value else {
        return Err(Refusal::context("expected an object with `expr` and `context`"));
    };
    let (mut expression, mut context) = (None, None);
    for member in members {
        match (member.key.as_str(), member.value) {
            ("expr", Node { value: Json::Text(text), .. }) => expression = Some(text),
            ("context", node) => context = Some(node),
            _ => {}
        }
    }
    let empty = || Node { span: Span::default(), value: Json::Object(Vec::new()) };
    match expression {
        Some(expression) => Ok((expression, context.unwrap_or_else(empty))),
        None => Err(Refusal::context("`expr` must be a text")),
    }
}

fn write_outcome(output: &mut impl Write, outcome: Answer) -> io::Result<()> {
    match outcome {
        Ok((json, _)) => writeln!(output, "{{\"value\":{json}}}"),
        Err(refusal) => {
            let error = serde_json::json!({"error": refusal.first_as_json()});
            writeln!(output, "{error}")
        }
    }
}
