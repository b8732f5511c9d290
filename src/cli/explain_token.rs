//! `claimsmith explain-token`: why a token holds what it holds, of a token that is there, of one that
//! was recorded when it was issued, or of a request that nobody made.

use super::installation::{Installation, Opened, Stop};
use super::token::{RequestArguments, find_person, find_server, start, to_text, unknown};
use super::{Format, log, tell};
use crate::clock::Clock;
use crate::grant::preview::{Preview, PreviewRequest, Refreshed, preview};
use crate::grant::{SEVERAL_FACTORS, find_grant};
use crate::publish::{Published, RunningServer};
use crate::store::journal::EVENT;
use clap::Args;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  claimsmith explain-token eyJraWQ…\n  \
    claimsmith explain-token --record 000651f2… \n  \
    claimsmith explain-token --demo --server internal --client web-app \
    --user ada@example.com --scope openid\n\n\
    Exit status: 0 tokens would be granted, 1 they would be refused or something is wrong.")]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    /// An access token of this installation
    #[arg(conflicts_with_all = ["record", "server", "client"])]
    token: Option<String>,
    /// The id of the event that recorded a token when it was issued
    #[arg(long, value_name = "ID", conflicts_with_all = ["server", "client"])]
    record: Option<String>,
    /// The id of the authorization server of a request that nobody made
    #[arg(long, value_name = "ID", requires = "client")]
    server: Option<String>,
    /// The client_id of its client
    #[arg(long, value_name = "ID", requires = "server")]
    client: Option<String>,
    #[command(flatten)]
    request: RequestArguments,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json
    #[arg(long)]
    json: bool,
}

/// What is explained: a request, and what the token said if there was one.
struct Explained<'p> {
    server: &'p RunningServer,
    request: PreviewRequest,
    /// The claims of the token, or what the record says of it.
    before: Option<Before>,
}

/// What is known of a token that was issued.
struct Before {
    /// Claims by name, or, of a record, only `scp` and `aud`.
    claims: Map<String, Value>,
    is_whole: bool,
    /// Whether the server is known to have been defined otherwise.
    is_changed: bool,
    /// When it was issued, in seconds since 1970.
    issued_at: Option<i64>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Some((opened, published)) = start(&arguments.installation, &runtime)? else {
        return Ok(ExitCode::FAILURE);
    };
    let explained = runtime.block_on(arguments.explained(&opened, &published))?;
    let Explained { server, request, before } = explained;
    let told = preview(&published, server, &request, Clock::System.seconds());
    let differences = before.as_ref().map(|before| differences(before, &told));
    let is_json = arguments.json || arguments.format == Format::Json;
    tell(&match is_json {
        true => format!("{:#}\n", to_json(&told, before.as_ref(), differences.as_deref())),
        false => {
            let mut text = to_text(&told, None, true);
            if let (Some(before), Some(differences)) = (&before, &differences) {
                text.push_str(&since(before, differences));
            }
            text
        }
    })?;
    Ok(if told.error.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    async fn explained<'p>(
        &self,
        opened: &Opened,
        published: &'p Published,
    ) -> Result<Explained<'p>, Stop> {
        match (&self.token, &self.record, &self.server, &self.client) {
            (Some(token), ..) => of_token(token.trim(), opened, published).await,
            (None, Some(id), ..) => of_record(id, opened, published).await,
            (None, None, Some(server), Some(client)) => {
                let server = find_server(published, server)?;
                let request = self.request.read(client, published, server).await?;
                Ok(Explained { server, request, before: None })
            }
            _ => Err("name a token, a --record, or a request by --server and --client".into()),
        }
    }
}

/// What a token says of the request that it came of; how that began is known while its family is.
async fn of_token<'p>(
    token: &str,
    opened: &Opened,
    published: &'p Published,
) -> Result<Explained<'p>, Stop> {
    let signed_it = |server: &'p RunningServer| {
        let claims = server.keys().verifier().verify(token).ok()?;
        Some((server, serde_json::from_slice::<Map<String, Value>>(&claims).ok()?))
    };
    let found = published.servers().iter().find_map(signed_it);
    let (server, claims) = found.ok_or(
        "no authorization server of this installation has signed this, or its key is gone",
    )?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let jti = text("jti").unwrap_or_default();
    if !jti.starts_with("AT.") {
        return Err("this is no access token: give the one that came with it".into());
    }
    let grant = find_grant(&opened.store, &jti).await.map_err(|error| error.to_string())?;
    let scopes = match claims.get("scp").and_then(Value::as_array) {
        Some(scopes) => scopes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        None => text("scope").unwrap_or_default(),
    };
    let person = match text("uid") {
        Some(id) => Some(find_person(published, &id).await?),
        None => None,
    };
    let is_exchanged = claims.contains_key("act");
    let usual = match (&person, is_exchanged) {
        (None, _) => "client_credentials",
        (_, true) => "urn:ietf:params:oauth:grant-type:token-exchange",
        (_, false) => "authorization_code",
    };
    let grant = grant.filter(|_| !is_exchanged);
    let begun = grant.as_ref().map_or(usual, |grant| &grant.grant_type).to_owned();
    // One whose scopes are fewer than were granted comes of a refresh that asked for fewer.
    let all = grant.as_ref().map_or(scopes.clone(), |grant| grant.scopes.join(" "));
    let is_narrowed = all.split(' ').count() > scopes.split(' ').count();
    let methods = grant.map(|grant| grant.methods).unwrap_or_default();
    let request = PreviewRequest {
        client_id: text("cid").or_else(|| text("client_id")).unwrap_or_default(),
        grant_type: Some(if is_narrowed { "refresh_token".to_owned() } else { begun.clone() }),
        person,
        scope: all,
        audiences: text("aud").into_iter().collect(),
        second_factor: methods.iter().any(|method| method == SEVERAL_FACTORS),
        refreshed: Refreshed { grant_type: Some(begun), scope: is_narrowed.then_some(scopes) },
        explain: true,
        ..PreviewRequest::default()
    };
    let issued_at = claims.get("iat").and_then(Value::as_i64);
    let before = Some(Before { claims, is_whole: true, is_changed: false, issued_at });
    Ok(Explained { server, request, before })
}

/// What was recorded of a token when it was issued.
async fn of_record<'p>(
    id: &str,
    opened: &Opened,
    published: &'p Published,
) -> Result<Explained<'p>, Stop> {
    let events = opened.events().await?;
    let row = match events.find(EVENT, id).await?.value {
        Some(row) => Some(row),
        None => opened.store.find(EVENT, id).await?.value,
    };
    let row = row.ok_or_else(|| format!("there is no event `{id}`, or it was forgotten"))?;
    let event: Value = serde_json::from_slice(&row.bytes)?;
    let targets =
        event.get("target").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let target = |kind: &str| {
        let is_it = |target: &&Value| target.get("type").is_some_and(|known| known == kind);
        let found = targets.iter().find(is_it)?;
        found.get("id")?.as_str().map(str::to_owned)
    };
    let details = event.pointer("/debugContext/debugData");
    let detail = |name: &str| details?.get(name)?.as_str().map(str::to_owned);
    let server = target("AuthorizationServer").ok_or("the event is not about a token")?;
    let server = find_server(published, &server)?;
    let client_id = target("PublicClientApp").ok_or("the event is not about a token")?;
    if published.directory().find_application_index(&client_id).is_none() {
        let known = published.directory().applications().iter();
        return Err(unknown("client", &client_id, known.map(|one| &*one.client_id)).into());
    }
    let person = match target("User") {
        Some(id) => Some(find_person(published, &id).await?),
        None => None,
    };
    let asked = detail("requestedScopes").or_else(|| detail("grantedScopes")).unwrap_or_default();
    let request = PreviewRequest {
        client_id,
        grant_type: detail("grantType"),
        person,
        scope: asked,
        audiences: detail("audience").into_iter().collect(),
        second_factor: detail("amr")
            .is_some_and(|amr| amr.split(' ').any(|m| m == SEVERAL_FACTORS)),
        refreshed: Refreshed { grant_type: detail("originalGrant"), scope: None },
        explain: true,
        ..PreviewRequest::default()
    };
    let mut claims = Map::new();
    let version = detail("serverVersion").filter(|version| version != server.version());
    if let Some(granted) = detail("grantedScopes") {
        claims.insert("scp".to_owned(), granted.split(' ').collect());
    }
    for (name, recorded) in [("aud", "audience"), ("policy", "policy"), ("rule", "rule")] {
        if let Some(value) = detail(recorded) {
            claims.insert(name.to_owned(), Value::from(value));
        }
    }
    let is_changed = version.is_some();
    let before = Some(Before { claims, is_whole: false, is_changed, issued_at: None });
    Ok(Explained { server, request, before })
}

/// Claims that are another in every token.
const FRESH: &[&str] = &["jti", "iat", "exp", "auth_time", "nonce", "cnf", "acr", "amr"];

/// What differs between what was issued and what would be issued now, a line each.
fn differences(before: &Before, told: &Preview) -> Vec<String> {
    if let Some(error) = &told.error {
        return vec![format!("the request would now be refused: {}", error.error)];
    }
    let payload = told.access_token.as_ref().map_or("{}", |token| &token.payload);
    let mut now: Map<String, Value> = serde_json::from_str(payload).unwrap_or_default();
    now.insert("scp".to_owned(), told.granted_scopes.iter().cloned().collect());
    if let Some(matched) = told.matched.as_ref().filter(|_| !before.is_whole) {
        now.insert("policy".to_owned(), Value::from(matched.policy_id.clone()));
        now.insert("rule".to_owned(), Value::from(matched.rule_id.clone()));
    }
    let mut lines = Vec::new();
    for (name, value) in before.claims.iter().filter(|(name, _)| !FRESH.contains(&name.as_str())) {
        match now.get(name) {
            Some(same) if same == value => {}
            Some(other) => lines.push(format!("{name} was {value}, and would now be {other}")),
            None if name == "scope" => {}
            None => lines.push(format!("{name} was {value}, and would now be absent")),
        }
    }
    let is_new = |name: &&String| {
        before.is_whole && !before.claims.contains_key(*name) && !FRESH.contains(&name.as_str())
    };
    for name in now.keys().filter(is_new).filter(|name| *name != "scp") {
        let value = now.get(name).map(Value::to_string).unwrap_or_default();
        lines.push(format!("{name} was absent, and would now be {value}"));
    }
    lines
}

fn since(before: &Before, differences: &[String]) -> String {
    let what = if before.is_whole { "the token" } else { "what was recorded" };
    let mut text = match before.is_changed {
        true => "\nthe authorization server was changed since\n".to_owned(),
        false => String::new(),
    };
    if differences.is_empty() {
        text.push_str(&format!("\nnothing of {what} differs from what would be issued now\n"));
        return text;
    }
    let lines: String = differences.iter().map(|line| format!("  {line}\n")).collect();
    text.push_str(&format!("\nwhat differs from what would be issued now\n{lines}"));
    text
}

fn to_json(told: &Preview, before: Option<&Before>, differences: Option<&[String]>) -> Value {
    let mut told: Value = serde_json::from_str(&told.to_json()).unwrap_or_default();
    if let (Some(members), Some(before)) = (told.as_object_mut(), before) {
        let issued = json!({"claims": before.claims, "issuedAt": before.issued_at, "serverChanged": before.is_changed});
        members.insert("issued".to_owned(), issued);
        members.insert("differences".to_owned(), json!(differences.unwrap_or_default()));
    }
    told
}
