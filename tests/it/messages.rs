//! The whole text that people read, for the usual mistakes: `tests/cases/errors`. The part before
//! the expression is its context; a line `schema {…}` declares types instead, a line `at …` says
//! where the expression stands. `UPDATE=1` writes what is said anew.

use crate::support::{
    self,
    case::{self, Case},
};
use claimsmith::diagnostic::code::{self, Example};
use claimsmith::diagnostic::{Diagnostic, render};
use claimsmith::document;
use claimsmith::program::{Engine, Length, Roots, SetBuilder, Subject, Worker};
use claimsmith::schema::Position;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the part before an expression says.
struct Setting {
    declared: Option<String>,
    position: Position,
    context: String,
}

impl Setting {
    fn of(case: &Case) -> Self {
        let mut setting =
            Self { declared: None, position: Position::default(), context: String::new() };
        for line in case.context.as_deref().unwrap_or("{}").lines() {
            if let Some(declaration) = line.strip_prefix("schema ") {
                setting.declared = Some(declaration.to_owned());
            } else if let Some(place) = line.strip_prefix("at ") {
                setting.position = Position::named(place).unwrap();
            } else {
                setting.context.push_str(line);
            }
        }
        setting
    }
}

/// Everything that is said of a case, the fault of its evaluation last.
fn said(case: &Case) -> Vec<Diagnostic> {
    let Setting { declared, position, context } = Setting::of(case);
    if let Some(declared) = declared {
        let mut builder = SetBuilder::new(support::declared(&declared));
        builder.at(position);
        return match builder.add_json(&case.expression, Length::Free) {
            Ok((_, lints)) => lints,
            Err(diagnostics) => diagnostics,
        };
    }
    let (schema, subject) = Subject::infer(&document::read(context.as_bytes()).unwrap()).unwrap();
    let mut builder = SetBuilder::new(Arc::new(schema));
    builder.at(position);
    let (id, mut told) = match builder.add_json(&case.expression, Length::Free) {
        Ok(added) => added,
        Err(diagnostics) => return diagnostics,
    };
    let set = builder.finish(Engine::Interpreter);
    let resolved = set.resolve(subject.table());
    let roots = Roots::of(&subject, &set, &resolved, 0);
    let mut worker = Worker::new();
    let outcome = set.json(id, &roots, &mut worker, Engine::Interpreter);
    told.extend(outcome.err().map(|fault| fault.diagnostic()));
    told
}

#[test]
fn every_mistake_is_told_as_its_case_says_and_every_code_has_one() {
    let update = std::env::var_os("UPDATE").is_some();
    let (mut wrong, mut met) = (Vec::new(), BTreeSet::new());
    for path in case::files_in("errors") {
        let mut cases = case::read(&path);
        for case in &mut cases {
            let told = said(case);
            met.extend(told.iter().map(|told| told.code.id));
            let rendered: Vec<String> = told
                .iter()
                .map(|told| render(told, "expression", &case.expression, false))
                .collect();
            let found = rendered.join("\n").trim_end().to_owned();
            assert!(!found.is_empty(), "nothing is said of {}", case.expression);
            if found != case.expected {
                wrong.push(format!("{}\n{found}", case.title));
                case.expected = found;
            }
        }
        if update {
            case::write(&path, &cases);
        }
    }
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n\n"));
    let is_provoked = |example: &Example| matches!(example, Example::Expression { .. });
    let missing: Vec<&str> = code::all()
        .filter(|code| is_provoked(&code.example) && !met.contains(code.id))
        .map(|code| code.id)
        .collect();
    assert!(missing.is_empty(), "no case in tests/cases/errors gives {missing:?}");
}
