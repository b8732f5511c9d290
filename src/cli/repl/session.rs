//! What lasts from one entry to the next: what expressions are about, and the last one.

use super::command::{self, Command};
use super::complain;
use crate::cli::expression::{Answer, Listed, Prepared, Scene, show};
use crate::cli::input::{Refusal, is_standard_input};
use crate::cli::installation::Stop;
use crate::cli::tell;
use crate::clock::Clock;
use crate::program::{Engine, Worker};
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
    scene: Scene,
    declared: Option<Arc<Schema>>,
    engine: Engine,
    worker: Worker,
    /// The last expression that was written.
    last: String,
    has_failed: bool,
}

impl Session {
    /// About the context in a file.
    pub(super) fn open(
        context: Option<&Path>,
        declared: Option<Arc<Schema>>,
        engine: Engine,
    ) -> Result<Self, Refusal> {
        let scene = Scene::read(context, declared.as_ref())?;
        let (worker, last) = (Worker::new(), String::new());
        Ok(Self { scene, declared, engine, worker, last, has_failed: false })
    }

    /// Whether anything went wrong so far.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Which names there are.
    pub(super) fn schema(&self) -> &Arc<Schema> {
        self.scene.schema()
    }

    /// Answers an entry.
    pub(super) fn take(&mut self, entry: &str) -> Result<Next, Stop> {
        if entry.is_empty() {
            return Ok(Next::Entry);
        }
        match command::read(entry) {
            Ok((Command::Quit, _)) => return Ok(Next::Quit),
            Ok((Command::Help, _)) => tell(&command::help())?,
            Ok((Command::Context, file)) => self.turn_to(file),
            Ok((command, expression)) => self.answer(command, expression)?,
            Err(words) => self.fail(&words),
        }
        Ok(Next::Entry)
    }

    /// Tells of something that went wrong without an expression.
    pub(super) fn fail(&mut self, words: &str) {
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
        let prepared = Prepared::new(&self.last, &self.scene);
        let checked = Clock::System.microseconds() - started;
        let outcome = prepared.and_then(|prepared| match command {
            Command::Type => prepared.listing(Listed::Type),
            Command::Ir => prepared.listing(Listed::Ir),
            Command::Asm => prepared.listing(Listed::MachineCode),
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
        if is_standard_input(Path::new(file)) {
            return self.fail("standard input is where entries come from");
        }
        match Scene::read(Some(Path::new(file)), self.declared.as_ref()) {
            Ok(scene) => self.scene = scene,
            Err(refusal) => {
                self.has_failed = true;
                refusal.say("");
            }
        }
    }
}

/// What each stage took; a fault takes its time too.
fn time(prepared: Prepared<'_>, checked: i64, worker: &mut Worker) -> Answer {
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
