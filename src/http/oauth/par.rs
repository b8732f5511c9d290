//! `POST /oauth2/{server}/v1/par`: an authorization request pushed ahead of the browser (RFC 9126).

use super::super::Surface;
use super::super::answer::private;
use super::super::extract::ServerId;
use super::with_form;
use crate::grant::{self, Form, Refusal};
use crate::login::{self, Refused};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;

pub(crate) async fn par(
    State(surface): State<Arc<Surface>>,
    ServerId(server): ServerId,
    request: Request,
) -> Response {
    with_form(&surface, request, async |published, presented| {
        // What the browser would be told later is told now (RFC 9126 §2.1).
        let check = |form: &Form| match login::read(&published, &server, form) {
            Ok(_) => Ok(()),
            Err(Refused::Stranded(error) | Refused::Returned(_, error)) => {
                Err(Refusal::of_authorization(error.code, &error.description))
            }
        };
        let around = surface.around();
        let pushed = grant::push(&published, &server, presented, &around, check).await?;
        let body = json!({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in});
        Ok(private(StatusCode::CREATED, body.to_string()))
    })
    .await
}
