//! The endpoints of OAuth 2 and OpenID Connect, one file each.

mod introspect;
mod keys;
mod metadata;
mod token;

pub(super) use introspect::introspect;
pub(super) use keys::keys;
pub(super) use metadata::{metadata, openid};
pub(super) use token::token;

use super::answer::ManagementError;

/// What metadata and keys of a server that is not there are answered with.
fn no_server(id: &str) -> ManagementError {
    ManagementError::not_found(&format!("{id} (AuthorizationServer)"))
}
