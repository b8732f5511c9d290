//! How many requests are taken, and the headers that say so as Okta does (authorization-server
//! §1.1): one `X-Rate-Limit-Reset` for each answer, of the bucket that is told about.

use super::error::ManagementError;
use super::pages::{Layout, Words, error_page};
use super::{ClientAddress, Surface};
use crate::clock::seconds_of;
use crate::directory::AuthenticationMethod;
use crate::grant::{Presented, claimed};
use crate::metrics::METRICS;
use crate::publish::Published;
use crate::traffic::{Caller, Taken};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

const LIMIT: HeaderName = HeaderName::from_static("x-rate-limit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");

/// Around the endpoints of OAuth: so many of each address.
pub(super) async fn endpoints(
    State(surface): State<Arc<Surface>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(taken) = take(&surface, &request, Caller::Address) else {
        return next.run(request).await;
    };
    if !taken.is_allowed {
        METRICS.limited_addresses.add(1);
        return tell(taken, ManagementError::too_many().into_response(), &surface);
    }
    let response = next.run(request).await;
    // What is told of the client goes before what is told of the address.
    if response.headers().contains_key(RESET) { response } else { tell(taken, response, &surface) }
}

/// Around the pages that people see: so many of each address, in words.
pub(super) async fn pages(
    State(surface): State<Arc<Surface>>,
    request: Request,
    next: Next,
) -> Response {
    match take(&surface, &request, Caller::Visitor) {
        Some(taken) if !taken.is_allowed => {
            METRICS.limited_addresses.add(1);
            let headers = request.headers();
            let (published, words) =
                (surface.published(headers.get(header::HOST)), Words::of(headers));
            let layout = Layout::new(&surface, &published, words);
            tell(taken, error_page(&layout, 429, words.too_many), &surface)
        }
        Some(_) | None => next.run(request).await,
    }
}

/// So many previews of each who administers.
pub(super) fn preview(surface: &Surface, administrator: &str) -> Result<(), ManagementError> {
    let caller = Caller::Previewer(administrator);
    match surface.traffic.take(caller, surface.clock.microseconds()) {
        Some(taken) if !taken.is_allowed => Err(ManagementError::too_many()),
        Some(_) | None => Ok(()),
    }
}

fn take(
    surface: &Surface,
    request: &Request,
    caller: impl FnOnce(IpAddr) -> Caller<'static>,
) -> Option<Taken> {
    let ClientAddress(from) = request.extensions().get()?;
    surface.traffic.take(caller(*from), surface.clock.microseconds())
}

/// What is told of a bucket. Seconds are rounded up: before that there would be none.
fn tell(taken: Taken, mut response: Response, surface: &Surface) -> Response {
    let reset = seconds_of(taken.reset.saturating_add(999_999));
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(taken.limit));
    headers.insert(REMAINING, HeaderValue::from(taken.remaining));
    headers.insert(RESET, HeaderValue::from(reset));
    if !taken.is_allowed {
        let wait = reset.saturating_sub(surface.clock.seconds()).max(1);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// What is told of a lock that opens at this time, in seconds since 1970, as of a bucket that is empty
/// until then: SDKs wait for that.
pub(super) fn told_until(reset: i64, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(1));
    headers.insert(REMAINING, HeaderValue::from(0));
    headers.insert(RESET, HeaderValue::from(reset));
    response
}

/// A request counted for the client that it says it is of. If it turns out not to be, it is given
/// back: nobody uses up what another may ask.
pub(super) struct Admission {
    claimed: Option<Claimed>,
    taken: Option<Taken>,
}

struct Claimed {
    client_id: String,
    /// Where a client is that has nothing to prove itself with.
    public_at: Option<IpAddr>,
}

impl Claimed {
    fn caller(&self) -> Caller<'_> {
        match self.public_at {
            Some(from) => Caller::PublicClient(&self.client_id, from),
            None => Caller::Client(&self.client_id),
        }
    }
}

impl Admission {
    pub(super) fn ask(
        surface: &Surface,
        published: &Published,
        presented: &Presented,
        from: Option<ClientAddress>,
    ) -> Self {
        if surface.traffic.limits.client.is_none() {
            return Self { claimed: None, taken: None };
        }
        let claimed = claimed(published, presented).and_then(|application| {
            let is_public = application.token_endpoint_auth_method == AuthenticationMethod::None;
            let public_at = from.filter(|_| is_public).map(|ClientAddress(from)| from);
            // A public client that comes from nowhere is not on a socket.
            (public_at.is_some() || !is_public)
                .then(|| Claimed { client_id: application.client_id.to_string(), public_at })
        });
        let now = surface.clock.microseconds();
        let taken =
            claimed.as_ref().and_then(|claimed| surface.traffic.take(claimed.caller(), now));
        Self { claimed, taken }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.taken.is_some_and(|taken| !taken.is_allowed)
    }

    /// What a client is told that asked for too much.
    pub(super) fn refusal(&self, surface: &Surface) -> Response {
        METRICS.limited_clients.add(1);
        self.tell(ManagementError::too_many().into_response(), surface)
    }

    /// Gives back what was taken for a client that the request was not of.
    pub(super) fn give_back(&self, surface: &Surface) {
        if let Some(claimed) = &self.claimed {
            surface.traffic.give_back(claimed.caller(), surface.clock.microseconds());
        }
    }

    /// The response with what is told of the client's bucket.
    pub(super) fn tell(&self, response: Response, surface: &Surface) -> Response {
        match self.taken {
            Some(taken) => tell(taken, response, surface),
            None => response,
        }
    }
}
