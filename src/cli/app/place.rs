//! Where an application is registered: in what a data directory or a database keeps, or by the
//! management API of a server that runs. Either tells things as that API does.

use crate::administration::{Administration, Ask as By, IfMatch, application, scope, server};
use crate::cli::installation::{Installation, Stop};
use crate::cli::operator;
use crate::directory::Status;
use crate::fetch::{Ask, Fetched, Fetcher, Limits, encoded};
use crate::publish::Addresses;
use crate::store::organization::EntityKind;
use serde_json::Value;
use std::time::Duration;

/// The variable with the token of the management API.
const TOKEN: &str = "CLAIMSMITH_API_TOKEN";

const LIMITS: Limits = Limits { bytes: 4 * 1024 * 1024, time: Duration::from_secs(30) };

/// Where an application is registered.
pub(super) enum Place {
    Kept { administration: Administration, base: String },
    Served { fetcher: Fetcher, base: String, headers: Vec<(String, String)> },
}

impl Place {
    /// What this installation keeps; people find it there.
    pub(super) async fn kept(
        installation: &Installation,
        addresses: &Addresses,
    ) -> Result<Self, Stop> {
        let opened = installation.open(None).await?;
        let administration = opened.administration(addresses).await?;
        Ok(Self::Kept { administration, base: addresses.public().to_string() })
    }

    /// What a server serves.
    pub(super) fn served(url: &str) -> Result<Self, Stop> {
        let token = std::env::var(TOKEN).map_err(|_| format!("set {TOKEN} to an API token"))?;
        let headers = vec![("Authorization".to_owned(), format!("SSWS {token}"))];
        let base = url.trim_end_matches('/').to_owned();
        Ok(Self::Served { fetcher: Fetcher::of_operator(), base, headers })
    }

    /// Every authorization server.
    pub(super) async fn servers(&self) -> Result<Vec<Value>, Stop> {
        match self.by() {
            Some(by) => Ok(values(server::list(&by, None).await?)),
            None => list(self.ask("/api/v1/authorizationServers?limit=200", Sent::Nothing).await?),
        }
    }

    /// The scopes of a server.
    pub(super) async fn scopes(&self, server: &str) -> Result<Vec<Value>, Stop> {
        match self.by() {
            Some(by) => Ok(values(scope::list(&by, server, None, None).await?)),
            None => {
                let path = format!("/api/v1/authorizationServers/{}/scopes", encoded(server));
                list(self.ask(&path, Sent::Nothing).await?)
            }
        }
    }

    /// The id of the group of this name.
    pub(super) async fn find_group(&self, name: &str) -> Result<Option<String>, Stop> {
        if let Self::Kept { administration, .. } = self {
            let kept = administration.snapshot().await?;
            return Ok(kept.find_by_name(EntityKind::Group, name).map(|group| group.id.clone()));
        }
        let path = format!("/api/v1/groups?q={}", encoded(name));
        let groups = list(self.ask(&path, Sent::Nothing).await?)?;
        let is_it = |group: &&Value| {
            let known = group.pointer("/profile/name").and_then(Value::as_str);
            known == Some(name)
        };
        let id = |group: &Value| group.get("id").and_then(Value::as_str).map(str::to_owned);
        Ok(groups.iter().find(is_it).and_then(id))
    }

    /// Makes an application; its secret is told this once.
    pub(super) async fn create(&self, body: &Value) -> Result<Value, Stop> {
        match self.by() {
            Some(by) => Ok(application::add(&by, body, Status::Active).await?.value),
            None => self.ask("/api/v1/apps", Sent::Post(body)).await,
        }
    }

    fn by(&self) -> Option<By<'_>> {
        let Self::Kept { administration, base } = self else { return None };
        let (actor, base, if_match) = (operator(), base.clone(), IfMatch::Any);
        Some(By { administration, actor, base, if_match })
    }

    /// What the management API answers, if that is no error.
    async fn ask(&self, path: &str, sent: Sent<'_>) -> Result<Value, Stop> {
        let Self::Served { fetcher, base, headers } = self else {
            return Err("nothing is served here".into());
        };
        let (url, text) = (format!("{base}{path}"), sent.text());
        let ask = match sent {
            Sent::Nothing => Ask::GetWith { headers },
            Sent::Post(_) => Ask::Post { body: &text, headers },
        };
        let fetched = fetcher.ask(&url, ask, LIMITS).await;
        let Fetched { status, body, .. } = fetched.map_err(|error| format!("{url}: {error}"))?;
        if !(200..300).contains(&status) {
            return Err(format!("{url} answered {status}: {}", refusal(&body)).into());
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

/// What is sent to the management API.
#[derive(Clone, Copy)]
enum Sent<'s> {
    Nothing,
    Post(&'s Value),
}

impl Sent<'_> {
    fn text(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Post(body) => body.to_string(),
        }
    }
}

fn values(all: Vec<crate::administration::Told>) -> Vec<Value> {
    all.into_iter().map(|told| told.value).collect()
}

fn list(answer: Value) -> Result<Vec<Value>, Stop> {
    match answer {
        Value::Array(all) => Ok(all),
        _ => Err("a list was expected of the management API".into()),
    }
}

/// Why something was refused, in the words of the API (authorization-server §1.1).
fn refusal(body: &[u8]) -> String {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.get("errorSummary").and_then(Value::as_str).map(str::to_owned);
    let causes = told.get("errorCauses").and_then(Value::as_array);
    let causes: Vec<String> = causes.into_iter().flatten().filter_map(text).collect();
    let summary = text(&told).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    if causes.is_empty() { summary } else { format!("{summary} ({})", causes.join("; ")) }
}
