//! Who changes something, and how it is told that they may not.

use super::super::ClientAddress;
use super::super::error::ManagementError;
use super::call::Call;
use crate::administration::{Ask, Cause, ChangeRefused};
use crate::audit::{Actor, ActorKind};
use crate::authority::Credential;
use serde_json::{Value, json};

impl Call {
    /// What resources are asked with.
    pub(super) fn ask(&self) -> Ask<'_> {
        Ask {
            administration: &self.surface.administration,
            actor: self.actor(),
            base: self.url(""),
            if_match: self.if_match(),
        }
    }

    /// Whoever asks, for the audit log.
    pub(super) fn actor(&self) -> Actor {
        let (kind, id) = match (&self.authority.credential, self.authority.user_id()) {
            (_, Some(user_id)) => (ActorKind::User, user_id),
            (Credential::AccessToken { client_id, .. }, None) => {
                (ActorKind::Client, client_id.as_str())
            }
            (Credential::ApiToken { user_id, .. } | Credential::Session { user_id, .. }, None) => {
                (ActorKind::User, user_id.as_str())
            }
        };
        let address = self.address.map(|ClientAddress(address)| address);
        Actor { id: id.to_owned(), kind, name: None, address, request: self.request.clone() }
    }
}

impl From<ChangeRefused> for ManagementError {
    fn from(refused: ChangeRefused) -> Self {
        match refused {
            ChangeRefused::NotFound { object, id } => Self::no_such(object, &id),
            ChangeRefused::Invalid { object, causes } => {
                Self::invalid(&object, causes.into_iter().map(cause))
            }
            ChangeRefused::Overwritten => Self::precondition_failed(),
            ChangeRefused::Conflict => {
                Self::conflict("Others change the organization at the same time. Try again.")
            }
            ChangeRefused::Forbidden { code, summary } => Self::forbidden_as(code, &summary),
            ChangeRefused::Active => {
                let cause = "The application must be deactivated before deletion.";
                Self::forbidden_as("E0000056", "Delete application forbidden.").because(cause)
            }
            ChangeRefused::Store(error) => {
                tracing::error!(%error, "the store failed");
                Self::unavailable()
            }
            ChangeRefused::Failed(why) => {
                tracing::error!(why, "a change failed");
                Self::unavailable()
            }
        }
    }
}

/// `errorSummary`; of an expression also where in it, with a caret and as a program reads it.
fn cause(cause: Cause) -> Value {
    let Cause { field, message, diagnostic } = cause;
    let summary = if field.is_empty() { message } else { format!("{field}: {message}") };
    let mut told = json!({ "errorSummary": summary, "location": field });
    if let (Value::Object(told), Some((rendered, diagnostic))) = (&mut told, diagnostic) {
        told.insert("reason".to_owned(), Value::from(rendered));
        told.insert("diagnostic".to_owned(), diagnostic);
    }
    told
}
