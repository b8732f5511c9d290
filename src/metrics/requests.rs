//! Requests by endpoint and how they ended.

use super::{Counter, Histogram, Text};

/// Endpoints, by how the pattern of their address ends. The first that fits counts.
const ENDPOINTS: [(&str, &str); 19] = [
    ("/v1/token", "token"),
    ("/v1/introspect", "introspect"),
    ("/v1/userinfo", "userinfo"),
    ("/v1/authorize", "authorize"),
    ("/v1/revoke", "revoke"),
    ("/v1/keys", "keys"),
    ("/v1/par", "par"),
    ("/v1/device/authorize", "device_authorize"),
    ("/v1/logout", "logout"),
    ("/.well-known/openid-configuration", "metadata"),
    ("/oauth-authorization-server", "metadata"),
    ("/oauth-authorization-server/oauth2/{server}", "metadata"),
    ("/signin", "sign_in"),
    ("/signin/factor", "second_factor"),
    ("/consent", "consent"),
    ("/signout", "sign_out"),
    ("/activate", "activate"),
    ("/account", "account"),
    ("/account/{what}", "account"),
];

/// The start of the addresses of the management API.
const MANAGEMENT: &str = "/api/v1/";

/// What every other address is.
const OTHERS: [&str; 2] = ["management", "other"];

/// How a request ends: well, by an error of OAuth, or by the class of its status.
const OUTCOMES: [&str; 32] = [
    "ok",
    "redirect",
    "access_denied",
    "authorization_pending",
    "consent_required",
    "expired_token",
    "insufficient_scope",
    "interaction_required",
    "invalid_client",
    "invalid_dpop_proof",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "login_required",
    "request_not_supported",
    "server_error",
    "slow_down",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
    "use_dpop_nonce",
    "rate_limited",
    "not_found",
    "wrong_method",
    "unauthorized",
    "forbidden",
    "client_error",
    "failure",
];

/// The outcome of whatever has no code of its own.
const CLIENT_ERROR: &str = "client_error";

const N_ENDPOINTS: usize = ENDPOINTS.len() + OTHERS.len();

/// Counts and times.
#[derive(Debug)]
pub struct Requests {
    endpoints: [Endpoint; N_ENDPOINTS],
}

#[derive(Debug)]
struct Endpoint {
    outcomes: [Counter; OUTCOMES.len()],
    duration: Histogram,
}

impl Endpoint {
    const fn new() -> Self {
        Self { outcomes: [const { Counter::new() }; OUTCOMES.len()], duration: Histogram::new() }
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self::new()
    }
}

impl Requests {
    #[must_use]
    pub const fn new() -> Self {
        Self { endpoints: [const { Endpoint::new() }; N_ENDPOINTS] }
    }

    /// One request to the address of this pattern, if it is one, that ended so after so long.
    pub fn count(&self, pattern: Option<&str>, outcome: &str, nanoseconds: u64) {
        let Some(endpoint) = self.endpoints.get(endpoint(pattern.unwrap_or_default())) else {
            return;
        };
        let known = OUTCOMES.iter().position(|known| *known == outcome);
        let outcome = known.or_else(|| OUTCOMES.iter().position(|known| *known == CLIENT_ERROR));
        if let Some(counter) = outcome.and_then(|outcome| endpoint.outcomes.get(outcome)) {
            counter.add(1);
        }
        endpoint.duration.observe(nanoseconds);
    }

    pub(super) fn write(&self, text: &mut Text) {
        let name = "claimsmith_requests_total";
        text.head(
            name,
            "counter",
            "Requests by endpoint and outcome, an error code if it has one.",
        );
        // Two patterns may be one endpoint.
        for label in labels() {
            for (index, outcome) in OUTCOMES.iter().enumerate() {
                let counters = self.of(label).filter_map(|endpoint| endpoint.outcomes.get(index));
                let count: u64 = counters.map(Counter::read).sum();
                if count > 0 {
                    let labels = [("endpoint", label), ("outcome", outcome)];
                    text.value(name, &labels, count);
                }
            }
        }
        let name = "claimsmith_request_duration_seconds";
        text.head(name, "histogram", "From the head of a request to its answer, by endpoint.");
        for label in labels() {
            let merged = Histogram::new();
            self.of(label).for_each(|endpoint| merged.add(&endpoint.duration));
            if merged.count() > 0 {
                merged.write(name, &[("endpoint", label)], text);
            }
        }
    }

    fn of(&self, label: &str) -> impl Iterator<Item = &Endpoint> {
        let names = ENDPOINTS.iter().map(|(_, name)| name).chain(&OTHERS);
        self.endpoints.iter().zip(names).filter(move |(_, name)| **name == label).map(|(e, _)| e)
    }
}

/// The names of endpoints, each once.
fn labels() -> impl Iterator<Item = &'static str> {
    let names = ENDPOINTS.iter().map(|(_, name)| *name).chain(OTHERS);
    let mut former = "";
    names.filter(move |name| std::mem::replace(&mut former, name) != *name)
}

/// The index of an endpoint by the pattern of its address.
fn endpoint(pattern: &str) -> usize {
    let fits = |(end, _): &(&str, &str)| pattern.ends_with(end);
    let is_management = usize::from(!pattern.starts_with(MANAGEMENT));
    let other = || ENDPOINTS.len() + is_management;
    if is_management == 0 { other() } else { ENDPOINTS.iter().position(fits).unwrap_or_else(other) }
}

/// How a request ended whose answer has no error code.
#[must_use]
pub fn outcome_of_status(status: u16) -> &'static str {
    match status {
        0..300 => "ok",
        300..400 => "redirect",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        405 => "wrong_method",
        429 => "rate_limited",
        400..500 => CLIENT_ERROR,
        _ => "failure",
    }
}
