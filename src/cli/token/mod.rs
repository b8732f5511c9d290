//! `claimsmith token`: the decision and the tokens of one request, explained.

mod explain;

use super::installation::{Installation, Stop};
use super::{Format, log, tell};
use crate::clock::Clock;
use crate::directory::Person;
use crate::grant::{Decided, Form, Proof, SEVERAL_FACTORS, SignIn, choose_audience};
use crate::policy::Trace;
use crate::program::{Engine, Worker};
use crate::publish::{Missing, Published, RunningServer};
use clap::Args;
use explain::{Explanation, Signing};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  claimsmith token --demo --server internal --client web-app \
    --user ada@example.com --scope \"openid read:customers\"\n\n\
    Exit status: 0 tokens were granted, 1 they were refused or something is wrong.")]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    /// The id of the authorization server
    #[arg(long, value_name = "ID")]
    server: String,
    /// The client_id of the client
    #[arg(long, value_name = "ID")]
    client: String,
    /// The login or id of the person; without one the client asks for itself
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// Scopes separated by spaces; the server's default scopes if none is named
    #[arg(long, value_name = "SCOPES", default_value = "")]
    scope: String,
    /// The audience; the server's first if none is named
    #[arg(long, value_name = "URI")]
    audience: Option<String>,
    /// The grant [default: authorization_code with a user, else client_credentials]
    #[arg(long, value_name = "TYPE")]
    grant: Option<String>,
    /// The person has proven a second factor too
    #[arg(long)]
    second_factor: bool,
    /// Sign the tokens; --demo always does
    #[arg(long)]
    sign: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a person at the command line is taken to have signed in (RFC 8176), and with a second factor.
const METHODS: &[&str] = &["pwd"];
const MORE_METHODS: &[&str] = &["pwd", SEVERAL_FACTORS];

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let installation = &arguments.installation;
    let public_url = installation.public_url(super::PUBLIC_URL)?;
    let given = match installation.document()? {
        Some(document) => match document.draft(public_url.clone(), Engine::Native) {
            Some(draft) => Some(draft),
            None => return Ok(ExitCode::FAILURE),
        },
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let opened = runtime.block_on(installation.open(given.as_ref()))?;
    let draft = match given {
        Some(draft) => draft,
        None => runtime.block_on(opened.kept(&public_url, Engine::Native))?,
    };
    let published = runtime.block_on(opened.published(draft, &public_url, Missing::Refuse))?;
    let now = Clock::System.seconds();
    let server = find_server(&published, &arguments.server)?;
    let person = match &arguments.user {
        Some(name) => Some(runtime.block_on(find_person(&published, name))?),
        None => None,
    };
    let proof = prove(arguments, &published, server, person, now)?;
    let mut worker = Worker::new();
    let decided =
        proof.decide(Trace::Keep, now, &mut worker).map_err(|refusal| refusal.to_string())?;
    let signing = if installation.demo || arguments.sign {
        Signing::Yes(&opened.random)
    } else {
        Signing::No
    };
    let explanation = explain(arguments, server, &decided, &mut worker, &signing);
    tell(&match arguments.format {
        Format::Text => explanation.to_text(),
        Format::Json => format!("{:#}\n", explanation.to_json()),
    })?;
    Ok(if explanation.is_granted() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn explain<'e>(
    arguments: &'e Arguments,
    server: &'e RunningServer,
    decided: &'e Decided<'e>,
    worker: &mut Worker,
    signing: &Signing<'_>,
) -> Explanation<'e> {
    let tokens = decided.claim_set(worker).and_then(|claims| {
        let issued = match signing {
            Signing::Yes(random) => Some(claims.sign(random)?.given()),
            Signing::No => None,
        };
        Ok(explain::Tokens {
            access: claims.explain_access(),
            identity: claims.explain_identity(),
            issued,
        })
    });
    if let (Signing::Yes(_), Ok(_)) = (signing, &tokens) {
        tracing::info!(client = arguments.client, user = arguments.user, "signed by an operator");
    }
    Explanation {
        issuer: server.issuer(),
        client: &arguments.client,
        user: arguments.user.as_deref(),
        grant: grant(arguments),
        audience: decided.audience(),
        decision: decided.decision(),
        considered: decided.considered(),
        tokens,
    }
}

fn grant(arguments: &Arguments) -> &str {
    let usual = if arguments.user.is_some() { "authorization_code" } else { "client_credentials" };
    arguments.grant.as_deref().unwrap_or(usual)
}

fn prove<'p>(
    arguments: &'p Arguments,
    published: &'p Published,
    server: &'p RunningServer,
    person: Option<Arc<Person>>,
    now: i64,
) -> Result<Proof<'p>, Stop> {
    let directory = published.directory();
    let application = directory.find_application_index(&arguments.client).ok_or_else(|| {
        let known = directory.applications().iter().map(|known| known.client_id.as_str());
        unknown("client", &arguments.client, known)
    })?;
    let sign_in = person.map(|user| {
        let methods = if arguments.second_factor { MORE_METHODS } else { METHODS };
        let methods = methods.iter().map(|method| (*method).to_owned()).collect();
        SignIn { user, auth_time: now, methods, acr: None, session: None }
    });
    let named = arguments.audience.iter().map(|named| ("audience".to_owned(), named.clone()));
    let definition = server.definition();
    let audience = choose_audience(definition, &Form::new(named.collect())).map_err(|_| {
        let known = definition.audiences.iter().map(String::as_str);
        unknown("audience", arguments.audience.as_deref().unwrap_or_default(), known)
    })?;
    let (grant, scope) = (grant(arguments), &arguments.scope);
    Proof::by_operator(published, server, application, sign_in, grant, scope, audience)
        .map_err(|refusal| refusal.to_string().into())
}

/// The user of this login, as it is written, or of this id.
async fn find_person(published: &Published, name: &str) -> Result<Arc<Person>, Stop> {
    let by_login = published.find_person_by_login(name).await?;
    let found = match by_login.filter(|person| person.user().login == name) {
        Some(found) => Some(found),
        None => published.find_person(name).await?,
    };
    let known = published.directory().users().iter().map(|user| user.login.as_str());
    found.ok_or_else(|| unknown("user", name, known).into())
}

fn find_server<'p>(published: &'p Published, id: &str) -> Result<&'p RunningServer, Stop> {
    published.find_server(id).ok_or_else(|| {
        let known = published.servers().iter().map(|known| known.definition().id.as_str());
        unknown("active authorization server", id, known).into()
    })
}

/// That there is none of this name, and which there are, up to twenty.
fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let mut known: Vec<&str> = known.take(21).collect();
    if known.len() > 20 {
        known.truncate(20);
        known.push("…");
    }
    format!("there is no {what} `{name}`; known are: {}", known.join(", "))
}
