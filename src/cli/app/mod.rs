//! `claimsmith app`: registers applications, and shows how each gets its first token.

mod place;
mod snippet;

use super::installation::{Installation, Stop};
use super::{Format, PUBLIC_URL, log, tell as print};
use crate::directory::EVERYONE;
use clap::{Args, Subcommand, ValueEnum};
use place::Place;
use serde_json::{Value, json};
use snippet::Registered;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Register an application, and show its id, its secret, and how it gets tokens
    #[command(
        after_help = "Without --url it works on a data directory or a database, also while a \
        server runs, which follows within a second. With it the management API is asked, with the \
        token in CLAIMSMITH_API_TOKEN.\n\nExamples:\n  \
        claimsmith app create --type web --label Shop --redirect-uri https://shop.example.com/callback \
        --data /var/lib/claimsmith --public-url https://id.example.com\n  \
        claimsmith app create --type service --scope orders:read --url https://id.example.com"
    )]
    Create(Box<Wanted>),
}

/// An application to be registered.
#[derive(Debug, Args)]
struct Wanted {
    #[command(flatten)]
    installation: Installation,
    /// What it is: a program with a secret that people use, one on their machine, one in their browser,
    /// or one that nobody uses
    #[arg(long = "type", value_enum)]
    kind: Kind,
    /// What people read that it is called
    #[arg(long, default_value = "My application")]
    label: String,
    /// Where people are sent back to; may be given several times
    #[arg(long, value_name = "URI", required_if_eq_any = [
        ("kind", "web"), ("kind", "native"), ("kind", "browser"),
    ])]
    redirect_uri: Vec<String>,
    /// Where they are sent when they signed out; may be given several times
    #[arg(long, value_name = "URI")]
    post_logout_redirect_uri: Vec<String>,
    /// Its id; one is made unless it is named
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// How it gets tokens, as in `grant_types`; what is usual for its type unless named
    #[arg(long, value_name = "GRANT")]
    grant: Vec<String>,
    /// The group whose members may use it; may be given several times
    #[arg(long, value_name = "GROUP", default_value = EVERYONE)]
    assign: Vec<String>,
    /// The authorization server whose tokens it is to get, by id or name; else the default one
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
    /// What the example asks for; may be given several times
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Ask the management API of a server that runs there
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// What an application is, in Okta's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Web,
    Native,
    Browser,
    Service,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::Service => "service",
        }
    }

    /// Whether it can keep a secret.
    fn has_secret(self) -> bool {
        matches!(self, Self::Web | Self::Service)
    }

    fn usual_grants(self) -> &'static [&'static str] {
        match self {
            Self::Service => &["client_credentials"],
            Self::Web | Self::Native | Self::Browser => &["authorization_code", "refresh_token"],
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let Task::Create(wanted) = &arguments.task;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let registered = runtime.block_on(create(wanted))?;
    let format = if wanted.json { Format::Json } else { wanted.format };
    print(&match format {
        Format::Text => registered.text(),
        Format::Json => format!("{:#}\n", registered.to_json()),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The application, whose secret is told this once.
async fn create(wanted: &Wanted) -> Result<Registered, Stop> {
    if wanted.kind == Kind::Service && !wanted.redirect_uri.is_empty() {
        return Err("nobody is sent back to a service: it takes no --redirect-uri".into());
    }
    let place = match &wanted.url {
        Some(url) => Place::served(url)?,
        None => {
            let addresses = wanted.installation.addresses(PUBLIC_URL)?;
            Place::kept(&wanted.installation, &addresses).await?
        }
    };
    // What may be wrong is looked at before anything is made.
    let server = server(&place, wanted.server.as_deref()).await?;
    let scopes = scopes(&place, &server, wanted).await?;
    let mut groups = Vec::new();
    for name in wanted.assign.iter().filter(|_| wanted.kind != Kind::Service) {
        let found = place.find_group(name).await?;
        groups.push(found.ok_or_else(|| format!("there is no group `{name}`"))?);
    }
    let app = place.create(&wanted.body(&groups)).await?;
    let text = |pointer: &str| app.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Ok(Registered {
        kind: wanted.kind,
        label: wanted.label.clone(),
        client_id: text("/credentials/oauthClient/client_id").unwrap_or_default(),
        secret: text("/credentials/oauthClient/client_secret"),
        issuer: server.get("issuer").and_then(Value::as_str).unwrap_or_default().to_owned(),
        redirect_uri: wanted.redirect_uri.first().cloned().unwrap_or_default(),
        scopes,
        id: text("/id").unwrap_or_default(),
    })
}

impl Wanted {
    fn grants(&self) -> Vec<&str> {
        match self.grant.is_empty() {
            true => self.kind.usual_grants().to_vec(),
            false => self.grant.iter().map(String::as_str).collect(),
        }
    }

    /// As the management API takes it. The members of these groups may use it.
    fn body(&self, groups: &[String]) -> Value {
        let method = if self.kind.has_secret() { "client_secret_basic" } else { "none" };
        let responses: &[&str] = match self.kind {
            Kind::Service => &["token"],
            _ if self.grants().contains(&"authorization_code") => &["code"],
            _ => &[],
        };
        json!({
            "name": "oidc_client",
            "label": self.label,
            "signOnMode": "OPENID_CONNECT",
            "credentials": { "oauthClient": {
                "client_id": self.client_id, "token_endpoint_auth_method": method,
            } },
            "settings": { "oauthClient": {
                "application_type": self.kind.word(),
                "grant_types": self.grants(),
                "response_types": responses,
                "redirect_uris": self.redirect_uri,
                "post_logout_redirect_uris": self.post_logout_redirect_uri,
            } },
            "assignments": { "groups": groups },
        })
    }
}

/// The server of this id or name, else the default one, else the first.
async fn server(place: &Place, name: Option<&str>) -> Result<Value, Stop> {
    let servers = place.servers().await?;
    let is = |server: &Value, member: &str, wanted: &str| {
        server.get(member).and_then(Value::as_str) == Some(wanted)
    };
    let of = |wanted: &str| {
        let by_id = servers.iter().find(|server| is(server, "id", wanted));
        by_id.or_else(|| servers.iter().find(|server| is(server, "name", wanted)))
    };
    let is_default = |server: &&Value| server.get("default") == Some(&Value::Bool(true));
    let found = match name {
        Some(name) => of(name),
        None => servers.iter().find(is_default).or_else(|| of("default")).or(servers.first()),
    };
    found.cloned().ok_or_else(|| match name {
        Some(name) => format!("there is no authorization server `{name}`").into(),
        None => "there is no authorization server yet".into(),
    })
}

/// What the examples ask for: what is named, else what one of this type usually asks for.
async fn scopes(place: &Place, server: &Value, wanted: &Wanted) -> Result<Vec<String>, Stop> {
    if !wanted.scope.is_empty() {
        return Ok(wanted.scope.clone());
    }
    if wanted.kind != Kind::Service {
        let usual = ["openid", "profile", "email"].into_iter();
        let refreshes = wanted.grants().contains(&"refresh_token");
        let more = refreshes.then_some("offline_access");
        return Ok(usual.chain(more).map(str::to_owned).collect());
    }
    let id = server.get("id").and_then(Value::as_str).unwrap_or_default();
    let scopes = place.scopes(id).await?;
    let own = scopes.iter().filter(|scope| scope.get("system") == Some(&Value::Bool(false)));
    let name = |scope: &Value| scope.get("name").and_then(Value::as_str).map(str::to_owned);
    Ok(own.filter_map(name).take(1).collect())
}
