//! The page for what cannot be told to a client: it says what a person can do, and never leads
//! anywhere.

use super::layout::{Layout, Text};
use axum::http::StatusCode;
use axum::response::Response;

/// A page that says what is wrong. It is markup only in what we wrote ourselves.
pub(crate) fn error_page(layout: &Layout<'_>, status: u16, description: &str) -> Response {
    let words = layout.words;
    let body = format!(
        "<p class=\"alert\" role=\"alert\">{}</p>\n<p class=\"soft\">{}</p>\n",
        Text(description),
        words.error_help
    );
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    layout.render(status, words.error, &body)
}

/// The page for a failure of ours; what failed is for the log only.
pub(crate) fn failed(layout: &Layout<'_>, cause: &str) -> Response {
    tracing::error!(cause, "a page could not be shown");
    error_page(layout, 503, layout.words.busy)
}
