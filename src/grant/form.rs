//! What a client presented, and the checks on its shape that come before anything is believed.

use super::{Basic, Refusal};
use std::net::IpAddr;

/// The parameters of a request, decoded, in the order given.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, String)>);

/// Everything a client presented. Of proofs nothing is shown.
#[derive(Clone, Default)]
pub struct Presented {
    pub form: Form,
    /// Parameters that came beside the form, in the address.
    pub query: Form,
    /// What the client said of itself outside of the form.
    pub basic: Option<Basic>,
    /// Proofs of possession (RFC 9449); more than one is a mistake.
    pub dpop: Vec<String>,
    /// Where the connection comes from.
    pub address: Option<IpAddr>,
    /// What the URL of where it arrived begins with, if that is not the public URL (decision 50).
    pub base: Option<String>,
}

/// What may stand in the address of the token endpoint beside an assertion in the form: nothing of it is
/// secret, and older SDKs of Okta write it there.
const BESIDE_ASSERTION: &[&str] = &["grant_type", "scope", "client_assertion_type"];

impl Presented {
    /// The same, with what stands in the address beside an assertion in the form.
    pub(super) fn with_all_of_an_assertion(mut self) -> Self {
        let has = |name: &str| self.form.find(name).is_some();
        if !has("client_assertion") || has("client_assertion_type") {
            return self;
        }
        let missing = BESIDE_ASSERTION.iter().filter(|name| !has(name));
        let found: Vec<(String, String)> = missing
            .filter_map(|name| Some(((*name).to_owned(), self.query.find(name)?.to_owned())))
            .collect();
        self.form.0.extend(found);
        self
    }
}

/// A request whose shape is right.
#[derive(Clone, Debug)]
pub struct Request {
    presented: Presented,
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { form, query, basic, dpop, .. } = self;
        let mut shown = formatter.debug_struct("Presented");
        shown.field("form", form).field("query", query).field("basic", basic);
        shown.field("n_proofs", &dpop.len()).finish()
    }
}

/// Parameters that may be given more than once (RFC 8707 §2).
const REPEATABLE: &[&str] = &["resource"];

/// Parameters that are credentials, which an address must not carry: it is logged everywhere.
const SECRET: &[&str] = &["client_secret", "client_assertion"];

/// The other parameter that an address must not carry.
const PASSWORD: &str = "password";

impl Form {
    /// A form of these parameters.
    #[must_use]
    pub fn new(parameters: Vec<(String, String)>) -> Self {
        Self(parameters)
    }

    /// The value of a parameter. One without a value counts as absent (RFC 6749 §3.2).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter.
    pub fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Every parameter, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names given more than once that may not be.
    #[must_use]
    pub fn repeated(&self) -> Vec<&str> {
        let mut repeated: Vec<&str> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (name, _) in &self.0 {
            let is_new = seen.insert(name.as_str());
            if !is_new && !REPEATABLE.contains(&&**name) && !repeated.contains(&&**name) {
                repeated.push(name);
            }
        }
        repeated
    }
}

/// Names only: values may be secret.
impl std::fmt::Debug for Form {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Request {
    /// The request that was presented.
    ///
    /// # Errors
    /// `invalid_request`: credentials in the address, a parameter given twice, or credentials of
    /// more than one kind (RFC 6749 §2.3, §3.2).
    pub fn new(presented: Presented) -> Result<Self, Refusal> {
        let Presented { form, query, basic, .. } = &presented;
        if SECRET.iter().chain([&PASSWORD]).any(|name| query.find(name).is_some()) {
            return Err(Refusal::credentials_in_query());
        }
        let repeated = form.repeated();
        if !repeated.is_empty() {
            return Err(Refusal::repeated(&repeated));
        }
        let n_kinds = usize::from(basic.is_some())
            + SECRET.iter().filter(|name| form.find(name).is_some()).count();
        if n_kinds > 1 {
            return Err(Refusal::several_credentials());
        }
        Ok(Self { presented })
    }

    #[must_use]
    pub fn form(&self) -> &Form {
        &self.presented.form
    }

    pub(super) fn query(&self) -> &Form {
        &self.presented.query
    }

    pub(super) fn address(&self) -> Option<IpAddr> {
        self.presented.address
    }

    /// What the URL of where it arrived begins with, if that is not the public URL.
    pub(super) fn base(&self) -> Option<&str> {
        self.presented.base.as_deref()
    }

    pub(super) fn dpop(&self) -> &[String] {
        &self.presented.dpop
    }

    pub(super) fn basic(&self) -> Option<&Basic> {
        self.presented.basic.as_ref()
    }
}
