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

use super::answer::refused;
use super::error::ManagementError;
use super::extract::{presented, tried_basic};
use super::limit::Admission;
use super::{ClientAddress, Surface};
use crate::grant::{Presented, Refusal};
use crate::publish::Published;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use std::sync::Arc;

/// The way of every endpoint that takes a form: read it, count it and answer it.
async fn with_form(
    surface: &Surface,
    request: Request,
    answer: impl AsyncFnOnce(Arc<Published>, Presented) -> Result<Response, Refusal>,
) -> Response {
    let tried_basic = tried_basic(request.headers());
    let host = request.headers().get(header::HOST).cloned();
    let from = request.extensions().get::<ClientAddress>().copied();
    let presented = match presented(request).await {
        Ok(presented) => presented,
        Err(refusal) => return refused(&refusal, tried_basic),
    };
    let published = surface.published(host.as_ref());
    let admission = Admission::ask(surface, &published, &presented, from);
    if admission.is_refused() {
        return admission.refusal(surface);
    }
    let answered = answer(published, presented).await;
    let is_proven = answered.as_ref().err().is_none_or(|refusal| refusal.code != "invalid_client");
    let response = answered.unwrap_or_else(|refusal| refused(&refusal, tried_basic));
    if is_proven {
        return admission.tell(response, surface);
    }
    admission.give_back(surface);
    response
}

/// What metadata and keys of a server that is not there are answered with.
fn no_server(id: &str) -> ManagementError {
    ManagementError::not_found(&format!("{id} (AuthorizationServer)"))
}
