//! The endpoints of OAuth 2 and OpenID Connect, one file each.

mod authorization_answer;
mod authorize;
mod device;
mod introspect;
mod keys;
mod logout;
mod metadata;
mod par;
mod revoke;
mod token;
mod userinfo;

pub(super) use authorization_answer::AuthorizationAnswer;
pub(super) use authorize::{authorize, authorize_posted};
pub(super) use device::device;
pub(super) use introspect::introspect;
pub(super) use keys::keys;
pub(super) use logout::{logout, logout_posted};
pub(super) use metadata::{metadata, openid};
pub(super) use par::par;
pub(super) use revoke::revoke;
pub(super) use token::token;
pub(super) use userinfo::userinfo;

use super::answer::{ManagementError, refused};
use super::extract::{presented, tried_basic};
use crate::grant::{Presented, Refusal};
use axum::extract::Request;
use axum::response::Response;

/// The way of every endpoint that takes a form: read it and answer it.
async fn with_form(
    request: Request,
    answer: impl AsyncFnOnce(Presented) -> Result<Response, Refusal>,
) -> Response {
    let tried_basic = tried_basic(request.headers());
    let answered = match presented(request).await {
        Ok(presented) => answer(presented).await,
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(|refusal| refused(&refusal, tried_basic))
}

/// What metadata and keys of a server that is not there are answered with.
fn no_server(id: &str) -> ManagementError {
    ManagementError::not_found(&format!("{id} (AuthorizationServer)"))
}
