//! `/.well-known/okta-organization`: what tools made for Okta ask before anything else.

use super::Surface;
use super::answer::public;
use super::management::Base;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;

/// Which organization it is. Its pipeline is that of Okta's Classic Engine, whose tools do not look for
/// authentication policies of apps.
pub(super) async fn organization(
    State(surface): State<Arc<Surface>>,
    base: Option<Extension<Base>>,
) -> Response {
    let published = surface.issuer.version();
    let url = base.map_or_else(|| published.public_url().to_string(), |Extension(Base(base))| base);
    let told = json!({
        "id": published.organization_id(),
        "pipeline": "v1",
        "_links": { "organization": { "href": url } },
    });
    public("no-cache", told.to_string())
}
