//! What lasts from one entry to the next: the roots, the schema, the last expression.

use super::command::{self, Command};
use super::complain;
use crate::cli::expression::{Prepared, Stage, read_context, show};
use crate::cli::installation::Stop;
use crate::cli::tell;
use crate::clock::Clock;
use crate::document::Node;
use crate::program::{Engine, Subject, Worker};
use crate::schema::Schema;
use std::path::Path;
use std::sync::Arc;

/// For how long an evaluation is repeated to be timed, in microseconds.
const TIMED: i64 = 50_000;

/// Most evaluations that are timed.
const MOST_TIMED: u32 = 100_000;

/// What comes after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Entry,
    Quit,
}

pub(super) struct Session {
    context: Node,
    declared: Option<Arc<Schema>>,
    /// The declared schema, else that of the context.
    schema: Arc<Schema>,
    engine: Engine,
    worker: Worker,
    /// The last expression that was written.
    last: String,
    has_failed: bool,
}

impl Session {
    pub(super) fn new(
        context: Node,
        declared: Option<Arc<Schema>>,
        engine: Engine,
    ) -> Result<Self, Stop> {
        let schema = schema_of(&context, declared.as_ref())?;
        let (worker, last) = (Worker::new(), String::new());
        Ok(Self { context, declared, schema, engine, worker, last, has_failed: false })
    }

    /// Whether anything went wrong so far.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Which names there are.
    pub(super) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Answers an entry.
    pub(super) fn take(&mut self, entry: &str) -> Result<Next, Stop> {
        if entry.is_empty() {
            return Ok(Next::Entry);
        }
        match command::read(entry) {
            Ok((Command::Quit, _)) => return Ok(Next::Quit),
            Ok((Command::Help, _)) => tell(&command::help()),
            Ok((Command::Context, file)) => self.turn_to(file),
            Ok((command, expression)) => self.answer(command, expression)?,
            Err(words) => self.fail(&words),
        }
        Ok(Next::Entry)
    }

    fn fail(&mut self, words: &str) {
        self.has_failed = true;
        complain(words);
    }

    fn answer(&mut self, command: Command, expression: &str) -> Result<(), Stop> {
        if !expression.is_empty() {
            expression.clone_into(&mut self.last);
        }
        if self.last.is_empty() {
            self.fail("there is no expression before; write one behind the command");
            return Ok(());
        }
        let (engine, worker) = (self.engine, &mut self.worker);
        let started = Clock::System.microseconds();
        let prepared = Prepared::new(&self.last, &self.context, self.declared.as_ref());
        let checked = Clock::System.microseconds() - started;
        let outcome = prepared.and_then(|prepared| match command {
            Command::Type => prepared.listing(Stage::Type),
            Command::Ir => prepared.listing(Stage::Ir),
            Command::Asm => prepared.listing(Stage::MachineCode),
            Command::Time => time(prepared, checked, worker),
            Command::Evaluate | Command::Context | Command::Help | Command::Quit => {
                prepared.value(engine, worker)
            }
        });
        self.has_failed |= !show(&self.last, outcome)?;
        Ok(())
    }

    /// Takes the roots of a file.
    fn turn_to(&mut self, file: &str) {
        if file.is_empty() {
            return self.fail("`:context` wants a file of JSON");
        }
        let read = match read_context(Some(Path::new(file))) {
            Ok(Ok(context)) => schema_of(&context, self.declared.as_ref())
                .map(|schema| (context, schema))
                .map_err(|stop| stop.to_string()),
            Ok(Err(refusal)) => Err(refusal.message),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok((context, schema)) => (self.context, self.schema) = (context, schema),
            Err(words) => self.fail(&words),
        }
    }
}

/// The schema that expressions over a context are checked against.
fn schema_of(context: &Node, declared: Option<&Arc<Schema>>) -> Result<Arc<Schema>, Stop> {
    match declared {
        Some(schema) => {
            Subject::read(context, schema).map_err(|error| error.message)?;
            Ok(Arc::clone(schema))
        }
        None => {
            let (schema, _) = Subject::infer(context).map_err(|error| error.message)?;
            Ok(Arc::new(schema))
        }
    }
}

/// What each stage took; a fault takes its time too.
fn time(prepared: Prepared, checked: i64, worker: &mut Worker) -> crate::cli::expression::Answer {
    let mut lines = vec![format!("read and checked in {checked} µs")];
    let clock = || Clock::System.microseconds();
    let lints = prepared.repeat(worker, clock, |engine, compiled, evaluate| {
        if let Some(microseconds) = compiled {
            lines.push(format!("compiled in {microseconds} µs"));
        }
        let (started, mut n) = (clock(), 0_u32);
        while n < MOST_TIMED && clock() - started < TIMED {
            evaluate();
            n += 1;
        }
        let nanoseconds = (clock() - started).saturating_mul(1_000) / i64::from(n.max(1));
        let name = match engine {
            Engine::Native => "machine code",
            Engine::Interpreter => "interpreter",
        };
        lines.push(format!("{name} {nanoseconds} ns, the mean of {n}"));
    });
    Ok((lines.join("\n"), lints))
}
