//! What several test files need: reading cases, and asking the language through its own door.

pub(crate) mod allocator;
pub(crate) mod case;
pub(crate) mod guard;
pub(crate) mod made_subject;
pub(crate) mod random_program;
pub(crate) mod rare_program;
pub(crate) mod server;

use claimsmith::diagnostic::{Diagnostic, first_error};
use claimsmith::document;
use claimsmith::program::{Engine, Length, ProgramSet, Roots, SetBuilder, Subject, Worker};
use claimsmith::schema::{Schema, from_declaration};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Whether the machine has this tool; if not, it is said aloud what is not tested.
pub(crate) fn has(tool: &str) -> bool {
    let mut asked = Command::new(tool);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let found = asked.status().is_ok();
    if !found {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let mut out = std::io::stderr().lock();
        writeln!(out, "\nSKIPPED {test}: there is no {tool} here").unwrap();
    }
    found
}

/// The schema that a JSON text declares.
pub(crate) fn declared(json: &str) -> Arc<Schema> {
    Arc::new(from_declaration(&document::read(json.as_bytes()).unwrap()).unwrap())
}

/// What an expression gives for a context: its value as JSON, or all that was said. Both engines
/// are asked, of the program as it is and optimized, and must agree to the byte.
pub(crate) fn evaluate(expression: &str, context: &str) -> Result<String, Vec<Diagnostic>> {
    let usual = |engine| evaluate_on(engine, expression, context, |builder| builder.finish(engine));
    let native = usual(Engine::Native);
    assert_eq!(native, usual(Engine::Interpreter), "the engines differ on {expression}");
    #[cfg(feature = "internals")]
    {
        use claimsmith::program::Making;
        let optimized = Making {
            optimizes: true,
            interprets_optimized: true,
            interprets_only: true,
            ..Making::default()
        };
        for (engine, making) in [
            (Engine::Native, Making { keeps_nothing: true, ..Making::default() }),
            (Engine::Interpreter, optimized),
        ] {
            let finish = |builder: SetBuilder| builder.finish_for_test(&making);
            let found = evaluate_on(engine, expression, context, finish);
            assert_eq!(native, found, "optimizing {expression} changes it on {engine:?}");
        }
    }
    native
}

fn evaluate_on(
    engine: Engine,
    expression: &str,
    context: &str,
    finish: impl FnOnce(SetBuilder) -> ProgramSet,
) -> Result<String, Vec<Diagnostic>> {
    let context = document::read(context.as_bytes()).unwrap();
    let (schema, subject) = Subject::infer(&context).unwrap();
    let mut builder = SetBuilder::new(Arc::new(schema));
    let (id, lints) = builder.add_json(expression, Length::Free)?;
    let set = finish(builder);
    assert_eq!(set.is_native(), engine == Engine::Native);
    let resolved = set.resolve(subject.table());
    let roots = Roots::of(&subject, &set, &resolved, 0);
    let mut worker = Worker::new();
    match set.json(id, &roots, &mut worker, engine) {
        Ok(json) => Ok(String::from_utf8(json.to_vec()).unwrap()),
        Err(fault) => Err(lints.into_iter().chain([fault.diagnostic()]).collect()),
    }
}

/// The error a harness would be told.
pub(crate) fn told(diagnostics: &[Diagnostic]) -> String {
    let first = first_error(diagnostics).unwrap();
    format!("{} {}..{} {}", first.code, first.span.start, first.span.end, first.message)
}
