//! Who the client is, proven (RFC 6749 §2.3, authorization-server §2.5).

use super::{Endpoint, Presented, Refusal, Request, Surroundings, assertion, dpop};
use crate::directory::{Application, AuthenticationMethod};
use crate::publish::Published;
use crate::token::foreign::ForeignJwt;

/// What `Authorization: Basic` held.
#[derive(Clone)]
pub enum Basic {
    /// Not credentials at all.
    Malformed,
    /// An id without a colon: a public client of some libraries (decision 45).
    ClientId(String),
    /// Id and secret as sent, and decoded as RFC 6749 §2.3.1 wants them encoded.
    Pair { raw: (String, String), decoded: Option<(String, String)> },
}

/// A client that proved who it is.
#[derive(Clone, Copy, Debug)]
pub struct ProvenClient<'p> {
    published: &'p Published,
    index: usize,
    application: &'p Application,
}

impl<'p> ProvenClient<'p> {
    #[must_use]
    pub fn application(&self) -> &'p Application {
        self.application
    }

    /// Its index in the directory.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn published(&self) -> &'p Published {
        self.published
    }

    /// Whether it has no secret.
    pub(super) fn is_public(&self) -> bool {
        self.application.token_endpoint_auth_method == AuthenticationMethod::None
    }
}

/// The client that sent the request, by whichever method it is registered for.
///
/// # Errors
/// `invalid_client`.
pub async fn authenticate<'p>(
    published: &'p Published,
    request: &Request,
    endpoint: &Endpoint<'_>,
    around: &Surroundings<'_>,
) -> Result<ProvenClient<'p>, Refusal> {
    let (client, mark) = recognize(published, request, endpoint, around).await?;
    if let Some(mark) = mark {
        mark.write(around).await?;
    }
    Ok(client)
}

/// As [`authenticate`], with the mark of the assertion still to be written.
pub(super) async fn recognize<'p>(
    published: &'p Published,
    request: &Request,
    endpoint: &Endpoint<'_>,
    around: &Surroundings<'_>,
) -> Result<(ProvenClient<'p>, Option<assertion::Mark>), Refusal> {
    match request.form().find("client_assertion") {
        Some(assertion) => {
            assertion::authenticate(published, request, assertion, endpoint, around).await
        }
        None => by_secret(published, request).map(|client| (client, None)),
    }
}

/// The client that sent the request, and the thumbprint of the key that it proves to have, if it
/// proves one (RFC 9449). An assertion is spent last.
pub(super) async fn authenticate_with_key<'p>(
    published: &'p Published,
    request: &Request,
    endpoint: &Endpoint<'_>,
    around: &Surroundings<'_>,
) -> Result<(ProvenClient<'p>, Option<String>), Refusal> {
    let (client, mark) = recognize(published, request, endpoint, around).await?;
    let binding = dpop::Purpose::Binding;
    let proven = dpop::prove(published, request.dpop(), endpoint, binding, around).await;
    let thumbprint = spend(mark, proven, around).await?;
    Ok((client, thumbprint))
}

/// The outcome of what followed a recognized client, once its assertion is spent; it is not where
/// the client is asked to come again with a nonce.
pub(super) async fn spend<T>(
    mark: Option<assertion::Mark>,
    outcome: Result<T, Refusal>,
    around: &Surroundings<'_>,
) -> Result<T, Refusal> {
    let comes_again = outcome.as_ref().is_err_and(|refusal| refusal.nonce.is_some());
    if let Some(mark) = mark.filter(|_| !comes_again) {
        mark.write(around).await?;
    }
    outcome
}

/// The client that a request says it is of, which nothing is believed for yet.
#[must_use]
pub fn claimed<'p>(published: &'p Published, presented: &Presented) -> Option<&'p Application> {
    let find = |id: &str| published.directory().find_application(id);
    let by_assertion = || {
        let jwt = ForeignJwt::parse(presented.form.find("client_assertion")?)?;
        find(jwt.text("sub")?)
    };
    let named = match &presented.basic {
        Some(Basic::Pair { raw, decoded }) => {
            let decoded = decoded.as_ref().and_then(|(id, _)| find(id));
            decoded.or_else(|| find(&raw.0))
        }
        Some(Basic::ClientId(id)) => find(id),
        Some(Basic::Malformed) | None => None,
    };
    let in_form = || find(presented.form.find("client_id")?);
    let in_address = || find(presented.query.find("client_id")?);
    named.or_else(in_form).or_else(by_assertion).or_else(in_address)
}

/// A client with a secret, or one that has none.
fn by_secret<'p>(published: &'p Published, request: &Request) -> Result<ProvenClient<'p>, Refusal> {
    let form_id = request.form().find("client_id");
    let client = match request.basic() {
        Some(Basic::Malformed | Basic::ClientId(_)) => return Err(Refusal::malformed_basic()),
        Some(Basic::Pair { raw, decoded }) => {
            let decoded = decoded.as_ref().unwrap_or(raw);
            let client = find(published, &decoded.0).or_else(|_| find(published, &raw.0))?;
            if form_id.is_some_and(|id| id != client.application.client_id) {
                return Err(Refusal::client_failed());
            }
            expect(client, AuthenticationMethod::ClientSecretBasic)?;
            // Most secrets read the same both ways; each is hashed once.
            let secrets = [decoded.1.as_str(), raw.1.as_str()];
            let n_different = if decoded.1 == raw.1 { 1 } else { 2 };
            prove(client, secrets.get(..n_different).unwrap_or_default())?
        }
        None => {
            let client = find(published, form_id.ok_or_else(Refusal::no_credentials)?)?;
            match request.form().find("client_secret") {
                Some(secret) => {
                    expect(client, AuthenticationMethod::ClientSecretPost)?;
                    prove(client, &[secret])?
                }
                None => {
                    expect(client, AuthenticationMethod::None)?;
                    client
                }
            }
        }
    };
    Ok(client)
}

/// As [`authenticate`], but a public client may also name itself in the address or by Basic
/// without a colon: at introspection and revocation (authorization-server §2.1, decision 45).
pub(super) async fn authenticate_loosely<'p>(
    published: &'p Published,
    request: &Request,
    endpoint: &Endpoint<'_>,
    around: &Surroundings<'_>,
) -> Result<ProvenClient<'p>, Refusal> {
    let form = request.form();
    let credentials = ["client_id", "client_secret", "client_assertion"];
    let says_more = credentials.iter().any(|name| form.find(name).is_some());
    let lone = match request.basic() {
        Some(Basic::ClientId(id)) => Some(id.as_str()),
        None if !says_more => request.query().find("client_id"),
        _ => None,
    };
    let Some(id) = lone else {
        return authenticate(published, request, endpoint, around).await;
    };
    if form.find("client_id").is_some_and(|named| named != id) {
        return Err(Refusal::client_failed());
    }
    let client = find(published, id)?;
    expect(client, AuthenticationMethod::None)?;
    Ok(client)
}

pub(super) fn find<'p>(published: &'p Published, id: &str) -> Result<ProvenClient<'p>, Refusal> {
    let directory = published.directory();
    let index = directory.find_application_index(id).ok_or_else(Refusal::unknown_client)?;
    let application = directory.applications().get(index).ok_or_else(Refusal::unknown_client)?;
    if !application.status.is_active() {
        return Err(Refusal::unknown_client());
    }
    Ok(ProvenClient { published, index, application })
}

/// A client uses the method it is registered for and no other.
pub(super) fn expect(
    client: ProvenClient<'_>,
    method: AuthenticationMethod,
) -> Result<(), Refusal> {
    if client.application.token_endpoint_auth_method == method {
        Ok(())
    } else {
        Err(Refusal::client_failed())
    }
}

fn prove<'p>(client: ProvenClient<'p>, secrets: &[&str]) -> Result<ProvenClient<'p>, Refusal> {
    if client.published.is_secret_of(client.application, secrets) {
        Ok(client)
    } else {
        Err(Refusal::wrong_secret())
    }
}

/// Nothing of the credentials.
impl std::fmt::Debug for Basic {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Basic")
    }
}
