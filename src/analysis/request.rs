//! A request that nobody made, and what would become of it: the decision and the claims are those of
//! the issuer itself, only nothing is signed.

use crate::claims::{ClaimFault, ExplainedClaim, Outcome};
use crate::directory::Person;
use crate::grant::{Form, Grant, Proof, Refusal, SEVERAL_FACTORS, SignIn, choose_audience};
use crate::login::is_registered;
use crate::policy::{Considered, Trace, Verdict};
use crate::program::Worker;
use crate::publish::{Published, RunningServer};
use crate::server::{ClaimType, Lifetimes};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// What somebody could ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The id of the server, or `default`.
    pub server: String,
    pub client: String,
    /// The login of the person; without one the client asks for itself.
    pub user: Option<String>,
    pub grant_type: String,
    pub scopes: Vec<String>,
    /// The server's first where none is named.
    pub audience: Option<String>,
    /// Where the answer is to go, if that matters.
    pub redirect_uri: Option<String>,
    pub second_factor: bool,
}

/// The command that asks the same.
impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "claimsmith token --server {} --client {}", self.server, self.client)?;
        if let Some(user) = &self.user {
            write!(formatter, " --user {user}")?;
        }
        write!(formatter, " --grant {} --scope \"{}\"", self.grant_type, self.scopes.join(" "))?;
        if let Some(audience) = &self.audience {
            write!(formatter, " --audience {audience}")?;
        }
        if self.second_factor {
            formatter.write_str(" --second-factor")?;
        }
        match &self.redirect_uri {
            Some(uri) => write!(formatter, ", with the redirect URI {uri}"),
            None => Ok(()),
        }
    }
}

/// What would become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub outcome: Result<Granted, Refused>,
    /// What was looked at, in order.
    pub considered: Vec<LookedAt>,
}

/// A policy that was passed over, or a rule, and whether it matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedAt {
    pub policy: String,
    pub rule: Option<String>,
    pub verdict: Verdict,
    /// The same in words.
    pub told: String,
}

/// What would be granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Granted {
    /// `iss` of the tokens.
    pub issuer: String,
    pub audience: String,
    pub policy: String,
    pub rule: String,
    pub scopes: Vec<String>,
    pub lifetimes: Lifetimes,
    /// Whether a refresh token would come along.
    pub refreshes: bool,
    /// The hook that would be asked.
    pub hook: Option<String>,
    pub access: Vec<ExplainedClaim>,
    /// `None` where there is no ID token.
    pub identity: Option<Vec<ExplainedClaim>>,
}

/// Why nothing would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// RFC 6749 §5.2.
    pub error: String,
    /// What the client is told.
    pub description: String,
    /// What it is not told.
    pub cause: Option<String>,
    /// The claim that failed, if that is why.
    pub claim: Option<Box<ClaimFault>>,
}

impl Granted {
    /// The value of a claim of this kind of token.
    #[must_use]
    pub fn claim(&self, token: ClaimType, name: &str) -> Option<&Value> {
        let claims = match token {
            ClaimType::Resource => Some(&self.access),
            ClaimType::Identity => self.identity.as_ref(),
        };
        claims?.iter().find_map(|claim| match &claim.outcome {
            Outcome::Value(value) if claim.name == name => Some(value),
            Outcome::Value(_) | Outcome::Absent(_) | Outcome::Fault(_) => None,
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.cause.as_deref().unwrap_or(&self.description);
        write!(formatter, "{}: {told}", self.error)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, description, cause, claim, .. } = refusal;
        Self { error: code.to_owned(), description, cause, claim }
    }
}

/// Grants that give refresh tokens (authorization-server §4).
const REFRESHING: &[Grant] = &[Grant::AuthorizationCode, Grant::DeviceCode, Grant::Password];

/// How a person is taken to have signed in.
const METHODS: &[&str] = &["pwd"];
const MORE_METHODS: &[&str] = &["pwd", SEVERAL_FACTORS];

/// What would become of a request at `now`, in seconds since 1970. `person` is whom it names.
#[must_use]
pub fn ask(
    published: &Published,
    request: &Request,
    person: Option<Arc<Person>>,
    now: i64,
    worker: &mut Worker,
) -> Answer {
    match decided(published, request, person, now, worker) {
        Ok(answer) => answer,
        Err(refused) => Answer { outcome: Err(refused), considered: Vec::new() },
    }
}

fn decided(
    published: &Published,
    request: &Request,
    person: Option<Arc<Person>>,
    now: i64,
    worker: &mut Worker,
) -> Result<Answer, Refused> {
    let Some(server) = published.find_server(&request.server) else {
        return Err(refused("invalid_request", "The authorization server id is invalid."));
    };
    check_grant(server, &request.grant_type)?;
    let Some(client) = published.directory().find_application_index(&request.client) else {
        return Err(refused("invalid_client", "Invalid value for 'client_id' parameter."));
    };
    check_redirect(published, client, request)?;
    let named = request.audience.iter().map(|named| ("audience".to_owned(), named.clone()));
    let audience = choose_audience(server.definition(), &Form::new(named.collect()))?;
    let sign_in = person.map(|user| {
        let methods = if request.second_factor { MORE_METHODS } else { METHODS };
        let methods = methods.iter().map(|method| (*method).to_owned()).collect();
        SignIn { user, auth_time: now, methods, acr: None, session: None }
    });
    let scope = request.scopes.join(" ");
    let grant_type = request.grant_type.as_str();
    let proof =
        Proof::by_operator(published, server, client, sign_in, grant_type, &scope, audience)?;
    let decided = proof.decide(Trace::Keep, now, worker)?;
    let outcome = match (decided.claim_set(worker), &decided.decision().outcome) {
        (Ok(claims), Ok(allowed)) => {
            let scopes: Vec<String> = allowed.scopes.iter().map(|s| (*s).to_owned()).collect();
            Ok(Granted {
                issuer: server.issuer().to_owned(),
                audience: audience.to_owned(),
                policy: allowed.names().0.to_owned(),
                rule: allowed.names().1.to_owned(),
                refreshes: refreshes(published, client, grant_type, &scopes),
                scopes,
                lifetimes: allowed.lifetimes(),
                hook: allowed.inline_hook().map(str::to_owned),
                access: claims.explain_access(),
                identity: claims.explain_identity(),
            })
        }
        (Err(refusal), _) => Err(Refused::from(refusal)),
        (Ok(_), Err(why)) => Err(refused(why.code(), why.description())),
    };
    let considered = decided.decision().considered.iter().map(looked_at).collect();
    Ok(Answer { outcome, considered })
}

fn looked_at(considered: &Considered<'_>) -> LookedAt {
    LookedAt {
        policy: considered.policy.to_owned(),
        rule: considered.rule.map(str::to_owned),
        verdict: considered.verdict.clone(),
        told: considered.to_string(),
    }
}

fn refused(error: &str, description: &str) -> Refused {
    let (error, description) = (error.to_owned(), description.to_owned());
    Refused { error, description, cause: None, claim: None }
}

/// A grant of before OAuth 2.1 is one of a server that was told so (decision 29).
fn check_grant(server: &RunningServer, grant_type: &str) -> Result<(), Refused> {
    let found = Grant::WORDS.iter().find(|(word, _)| *word == grant_type);
    if found.is_some_and(|(_, grant)| grant.is_of(server.definition())) {
        return Ok(());
    }
    let description = "The authorization grant type is not supported by the authorization server.";
    Err(refused("unsupported_grant_type", description))
}

fn check_redirect(published: &Published, client: usize, request: &Request) -> Result<(), Refused> {
    let Some(uri) = &request.redirect_uri else { return Ok(()) };
    let application = published.directory().applications().get(client);
    if application.is_some_and(|application| is_registered(application, uri)) {
        return Ok(());
    }
    let description =
        "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.";
    Err(refused("invalid_request", description))
}

fn refreshes(published: &Published, client: usize, grant_type: &str, scopes: &[String]) -> bool {
    let application = published.directory().applications().get(client);
    let uses = |name: &str| {
        application.is_some_and(|application| application.grant_types.iter().any(|g| g == name))
    };
    REFRESHING.iter().any(|grant| grant.word() == grant_type)
        && scopes.iter().any(|scope| scope == "offline_access")
        && uses("refresh_token")
}
