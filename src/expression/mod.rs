//! One expression on its own, for programs that embed the language: it is compiled once against a
//! schema and evaluated for many subjects. The root of this crate re-exports what is public here,
//! and promises no more.

mod value;

pub use crate::program::Worker;
pub use value::{SubjectBuilder, Value};

use crate::clock::Clock;
use crate::diagnostic::{Diagnostic, render};
use crate::document::{self, Node};
use crate::program::{self, Engine, EvaluationFault, Length, ProgramId, ProgramSet, Roots};
use crate::program::{ContextError, SetBuilder};
use crate::schema;
use crate::source::{Span, line_and_column};
use std::fmt;
use std::sync::Arc;

/// Which attributes an expression may name, and their types.
#[derive(Clone, Debug)]
pub struct Schema(Arc<schema::Schema>);

impl Schema {
    /// The schema that a JSON text declares: for each root its attributes, each with `type`
    /// (`string`, `integer`, `number`, `boolean`, `array of string`, `array of integer`,
    /// `array of number` or `object`) and `required`. What is not required may be null. Those of
    /// `user` are of its profile; a user has `id`, `status`, `groups` and the like besides.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, InputError> {
        let node = read(text)?;
        let declared = schema::from_declaration(&node);
        declared.map(|schema| Self(Arc::new(schema))).map_err(|errors| {
            let first = errors.into_iter().next();
            first.map_or_else(InputError::default, |error| {
                InputError::new(format!("{}: {}", error.path, error.message), error.span, text)
            })
        })
    }
}

/// Who and what an expression is evaluated about.
#[derive(Debug)]
pub struct Subject {
    inner: program::Subject,
    schema: Schema,
}

impl Subject {
    /// The subject that a JSON text describes under a schema: an object of roots, as in
    /// `{"user": {"profile": {…}, "groups": […]}, "access": {"scope": […]}}`.
    ///
    /// # Errors
    /// The first thing that is wrong with it, e.g. an attribute of another type than declared.
    pub fn from_json(text: &str, schema: &Schema) -> Result<Self, InputError> {
        Self::from_node(&read(text)?, schema, text)
    }

    /// A subject that is put together from values.
    #[must_use]
    pub fn builder() -> SubjectBuilder {
        SubjectBuilder::default()
    }

    /// `text` is empty for a subject that was put together.
    fn from_node(node: &Node, schema: &Schema, text: &str) -> Result<Self, InputError> {
        let inner = program::Subject::read(node, &schema.0)
            .map_err(|error| InputError::of_context(error, text))?;
        Ok(Self { inner, schema: schema.clone() })
    }
}

/// An expression that means something, compiled to machine code where the host allows it.
#[derive(Debug)]
pub struct Program {
    text: String,
    set: ProgramSet,
    id: ProgramId,
    remarks: Vec<Diagnostic>,
}

impl Program {
    /// Compiles an expression of at most 10,000 characters.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn compile(text: &str, schema: &Schema) -> Result<Self, Mistakes> {
        let mut builder = SetBuilder::new(Arc::clone(&schema.0));
        match builder.add_json(text, Length::Free) {
            Ok((id, remarks)) => {
                let set = builder.finish(Engine::Native);
                Ok(Self { text: text.to_owned(), set, id, remarks })
            }
            Err(diagnostics) => Err(Mistakes { text: text.to_owned(), diagnostics }),
        }
    }

    /// What is allowed and yet surprising about it.
    #[must_use]
    pub fn remarks(&self) -> &[Diagnostic] {
        &self.remarks
    }

    /// The value for a subject, which must be of the schema that the program was compiled for.
    ///
    /// # Errors
    /// The fault that stopped it.
    pub fn evaluate(&self, subject: &Subject, worker: &mut Worker) -> Result<Value, Fault> {
        let json = self.json(subject, worker)?;
        match document::read(json.as_bytes()) {
            Ok(node) => Ok(Value::from(&node.value)),
            Err(_) => Err(self.fault(EvaluationFault::of_bug())),
        }
    }

    /// The same as JSON text.
    ///
    /// # Errors
    /// The fault that stopped it.
    pub fn evaluate_json(&self, subject: &Subject, worker: &mut Worker) -> Result<String, Fault> {
        self.json(subject, worker).map(str::to_owned)
    }

    /// A subject of another schema is a fault: its records are of other types.
    fn json<'w>(&self, subject: &Subject, worker: &'w mut Worker) -> Result<&'w str, Fault> {
        if !Arc::ptr_eq(self.set.schema(), &subject.schema.0) {
            return Err(self.fault(EvaluationFault::of_context()));
        }
        let resolved = self.set.resolve(subject.inner.table());
        let roots = Roots::of(&subject.inner, &self.set, &resolved, Clock::System.microseconds());
        match self.set.json(self.id, &roots, worker, Engine::Native) {
            Ok(json) => {
                std::str::from_utf8(json).map_err(|_| self.fault(EvaluationFault::of_bug()))
            }
            Err(fault) => Err(self.fault(fault)),
        }
    }

    fn fault(&self, fault: EvaluationFault) -> Fault {
        Fault { text: self.text.clone(), fault }
    }
}

/// All that is wrong with an expression. Displayed, each is shown with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    text: String,
    diagnostics: Vec<Diagnostic>,
}

impl Mistakes {
    /// Each with code, message, place and help; remarks may be among them.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown =
            self.diagnostics.iter().map(|one| render(one, "expression", &self.text, false));
        shown.try_for_each(|one| formatter.write_str(&one))
    }
}

/// Why an evaluation gave no value. Displayed, it is shown with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    text: String,
    fault: EvaluationFault,
}

impl Fault {
    /// With code, message, place and help.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        self.fault.diagnostic()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&render(&self.diagnostic(), "expression", &self.text, false))
    }
}

/// What is wrong with the JSON of a schema or a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct InputError {
    pub message: String,
    /// From 1; 0 for a subject that was put together.
    pub line: usize,
    pub column: usize,
}

impl InputError {
    fn new(message: String, span: Span, text: &str) -> Self {
        let (line, column) = line_and_column(text, span.range().start);
        Self { message, line, column }
    }

    fn of_context(error: ContextError, text: &str) -> Self {
        match text {
            "" => Self { message: error.message, line: 0, column: 0 },
            _ => Self::new(error.message, error.span, text),
        }
    }
}

fn read(text: &str) -> Result<Node, InputError> {
    document::read(text.as_bytes())
        .map_err(|error| InputError::new(error.message, error.span, text))
}
