//! Why a change is not made.

use super::record::type_name;
use crate::diagnostic;
use crate::organization::{Problem as DocumentProblem, Snapshot, locate};
use crate::publish::{Problem, PublishError};
use crate::store::StoreError;
use crate::store::organization::{Change, Entity, EntityKind, WriteError};
use serde_json::Value;

/// Why a change is not made. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChangeRefused {
    /// There is no such thing (E0000007).
    #[error("Not found: Resource not found: {id} ({object})")]
    NotFound {
        /// As Okta calls it: `OAuth2Claim`.
        object: &'static str,
        /// As it was asked for.
        id: String,
    },
    /// What would be kept is not in order (E0000001).
    #[error("{}", invalid(object, causes))]
    Invalid {
        /// The field that is wrong, or what has several.
        object: String,
        /// Everything that is wrong.
        causes: Vec<Cause>,
    },
    /// Another changed it since the administrator read it (`If-Match`, 412).
    #[error("another changed it in the meantime")]
    Overwritten,
    /// Others were first again and again.
    #[error("others change the organization at the same time")]
    Conflict,
    /// It may not be done at all (403): the code of the error and what it says.
    #[error("{summary}")]
    Forbidden {
        /// `E0000006`, `E0000077` and so on.
        code: &'static str,
        /// What is told.
        summary: String,
    },
    /// It is active, and what is active is not deleted (E0000056 of applications).
    #[error("Delete application forbidden.")]
    Active,
    /// The store failed; [`StoreError::Unknown`] leaves open whether it was written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else failed that is not the administrator's fault.
    #[error("{0}")]
    Failed(String),
}

impl From<PublishError> for ChangeRefused {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Store(error) => Self::Store(error),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// What is wrong, for people: each field with why, or what has several.
fn invalid(object: &str, causes: &[Cause]) -> String {
    let told = |Cause { field, message, .. }: &Cause| match field.as_str() {
        "" => message.clone(),
        field => format!("{field}: {message}"),
    };
    match causes {
        [] => format!("{object} is not in order"),
        causes => causes.iter().map(told).collect::<Vec<_>>().join("; "),
    }
}

/// Something wrong with what would be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// Within what is changed, as in `conditions.people`; where something else is wrong, that is named.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// Of an expression: the same with a caret, and as a program reads it.
    pub diagnostic: Option<(String, Value)>,
}

impl Cause {
    /// That this is wrong with a field.
    pub(super) fn of(field: &str, message: &str) -> Self {
        Self { field: field.to_owned(), message: message.to_owned(), diagnostic: None }
    }
}

impl ChangeRefused {
    /// That there is no such thing. Of an id within another the last part is told.
    #[must_use]
    pub fn not_found(kind: EntityKind, id: &str) -> Self {
        let own = id.rsplit_once('/').map_or(id, |(_, own)| own);
        Self::NotFound { object: type_name(kind), id: own.to_owned() }
    }

    /// That one field is wrong.
    #[must_use]
    pub fn of_field(field: &str, message: impl Into<String>) -> Self {
        let cause = Cause { field: field.to_owned(), message: message.into(), diagnostic: None };
        Self::Invalid { object: field.to_owned(), causes: vec![cause] }
    }

    /// That something is wrong with the whole of what is changed.
    #[must_use]
    pub fn of_whole(object: &str, message: &str) -> Self {
        let causes = vec![Cause::of("", message)];
        Self::Invalid { object: object.to_owned(), causes }
    }

    /// That another has this name already.
    #[must_use]
    pub fn taken(field: &str) -> Self {
        let words = "An object with this field already exists in the current organization";
        Self::of_field(field, words)
    }

    /// That keys of this use do not rotate, in Okta's words (authorization-server §1.1).
    #[must_use]
    pub(super) fn invalid_rotation() -> Self {
        let message = "Invalid value specified for key 'use' parameter.".to_owned();
        let cause = Cause { field: String::new(), message, diagnostic: None };
        Self::Invalid { object: "rotateKeys".to_owned(), causes: vec![cause] }
    }

    /// That it may not be done (E0000006).
    #[must_use]
    pub fn not_permitted() -> Self {
        let summary = "You do not have permission to perform the requested action".to_owned();
        Self::Forbidden { code: "E0000006", summary }
    }

    /// That this cannot be changed (E0000077).
    #[must_use]
    pub fn read_only(what: &str) -> Self {
        let summary = format!("Cannot modify the {what} attribute because it is read-only.");
        Self::Forbidden { code: "E0000077", summary }
    }

    /// What is wrong with what would be kept after these changes.
    pub(super) fn invalid(wanted: &Snapshot, changes: &[Change], problems: Vec<Problem>) -> Self {
        let causes = problems.into_iter().map(|problem| {
            let (owner, path) = locate(wanted.all(), &problem.path);
            let is_first = changes.first().is_none_or(|change| {
                owner.is_some_and(|owner| change.about() == (owner.kind, owner.id.as_str()))
            });
            let field = match owner.filter(|_| !is_first) {
                Some(owner) => within(owner, path),
                None => path.to_owned(),
            };
            let expression = problem.expression.map(|told| *told);
            let diagnostic = expression.map(|(text, told)| {
                let rendered = diagnostic::render(&told, "expression", &text, false);
                (rendered, diagnostic::to_json(&told, &text))
            });
            Cause { field, message: problem.diagnostic.message, diagnostic }
        });
        Self::of_causes(causes.collect(), changes.first().map(|change| change.about().0))
    }

    /// What is wrong with one entity of this kind.
    pub(super) fn of_problems(kind: EntityKind, problems: Vec<DocumentProblem>) -> Self {
        let cause = |problem: DocumentProblem| {
            let DocumentProblem { path, message, .. } = problem;
            Cause { field: path, message, diagnostic: None }
        };
        Self::of_causes(problems.into_iter().map(cause).collect(), Some(kind))
    }

    fn of_causes(causes: Vec<Cause>, kind: Option<EntityKind>) -> Self {
        let first = causes.first().map(|cause| cause.field.as_str()).unwrap_or_default();
        let object = match causes.iter().all(|cause| cause.field == first) && !first.is_empty() {
            true => first.to_owned(),
            false => kind.map_or("organization", type_name).to_owned(),
        };
        Self::Invalid { object, causes }
    }
}

/// What is wrong elsewhere than in what was changed.
fn within(owner: &Entity, path: &str) -> String {
    let body: Option<Value> = serde_json::from_str(&owner.body).ok();
    let member = |name: &str| body.as_ref()?.get(name)?.as_str();
    let name = member("name").or_else(|| member("label")).unwrap_or(&owner.id);
    format!("{} `{name}`: {path}", owner.kind.word())
}

impl From<WriteError> for ChangeRefused {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Conflict { .. } | WriteError::Overtaken => Self::Conflict,
            WriteError::NameTaken { kind, .. } => Self::taken(match kind {
                EntityKind::User => "login",
                EntityKind::Application => "client_id",
                _ => "name",
            }),
            WriteError::Store(error) => Self::Store(error),
        }
    }
}
