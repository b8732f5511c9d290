//! The request that is previewed at the command line.

use crate::cli::installation::{Stop, read_document};
use crate::directory::Person;
use crate::grant::preview::{PreviewRequest, Refreshed, SubjectToken};
use crate::publish::{Published, RunningServer};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(in crate::cli) struct RequestArguments {
    /// The login or id of the person; without one the client asks for itself
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// A file with a person who is made up: `{"profile": {…}, "groups": ["…"]}`
    #[arg(long, value_name = "FILE", conflicts_with = "user")]
    user_json: Option<PathBuf>,
    /// Scopes separated by spaces; the server's default scopes if none is named
    #[arg(long, value_name = "SCOPES", default_value = "")]
    scope: String,
    /// The audience; the server's first if none is named
    #[arg(long, value_name = "URI", alias = "resource")]
    audience: Vec<String>,
    /// The grant [default: authorization_code with a user, else client_credentials]
    #[arg(long, value_name = "TYPE")]
    grant: Option<String>,
    /// The response type of a grant by way of the browser [default: code]
    #[arg(long, value_name = "TYPES")]
    response_type: Option<String>,
    /// The nonce of the request
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    /// The person has proven a second factor too
    #[arg(long)]
    second_factor: bool,
    /// Of a refresh: the grant that it began with [default: authorization_code]
    #[arg(long, value_name = "TYPE")]
    begun_by: Option<String>,
    /// Of a refresh: the scopes that it asks for, of those that were granted
    #[arg(long, value_name = "SCOPES")]
    refresh_scope: Option<String>,
    /// Of a token exchange: the scopes of the token that is exchanged, if it is of this server and
    /// for this audience
    #[arg(long, value_name = "SCOPES")]
    subject_scope: Option<String>,
}

impl RequestArguments {
    /// Whether its person is.
    pub(super) fn is_made_up(&self) -> bool {
        self.user_json.is_some()
    }

    /// The request, whose names are all known.
    pub(in crate::cli) async fn read(
        &self,
        client: &str,
        published: &Published,
        server: &RunningServer,
    ) -> Result<PreviewRequest, Stop> {
        let directory = published.directory();
        if directory.find_application_index(client).is_none() {
            let known = directory.applications().iter().map(|known| known.client_id.as_str());
            return Err(unknown("client", client, known).into());
        }
        let definition = server.definition();
        let is_known = |named: &&String| {
            let bare = |text: &str| text.trim_end_matches('/').to_owned();
            definition.audiences.iter().any(|known| bare(known) == bare(named))
        };
        if let Some(other) = self.audience.iter().find(|named| !is_known(named)) {
            let known = definition.audiences.iter().map(String::as_str);
            return Err(unknown("audience", other, known).into());
        }
        let person = match (&self.user, &self.user_json) {
            (Some(name), _) => Some(find_person(published, name).await?),
            (None, Some(file)) => {
                let text = String::from_utf8(read_document(file)?)?;
                let at =
                    |problems: Vec<String>| format!("{}: {}", file.display(), problems.join("\n"));
                Some(published.make_up_person(&text).await.map_err(at)?)
            }
            (None, None) => None,
        };
        Ok(PreviewRequest {
            client_id: client.to_owned(),
            grant_type: self.grant.clone(),
            person,
            scope: self.scope.clone(),
            audiences: self.audience.clone(),
            response_type: self.response_type.clone(),
            nonce: self.nonce.clone(),
            second_factor: self.second_factor,
            refreshed: Refreshed {
                grant_type: self.begun_by.clone(),
                scope: self.refresh_scope.clone(),
            },
            subject: SubjectToken { scope: self.subject_scope.clone() },
            explain: true,
        })
    }
}

/// The user of this login, as it is written, or of this id.
pub(in crate::cli) async fn find_person(
    published: &Published,
    name: &str,
) -> Result<Arc<Person>, Stop> {
    let by_login = published.find_person_by_login(name).await?;
    let found = match by_login.filter(|person| person.user().login == name) {
        Some(found) => Some(found),
        None => published.find_person(name).await?,
    };
    let known = published.directory().users().iter().map(|user| user.login.as_str());
    found.ok_or_else(|| unknown("user", name, known).into())
}

/// The active server of this id.
pub(in crate::cli) fn find_server<'p>(
    published: &'p Published,
    id: &str,
) -> Result<&'p RunningServer, Stop> {
    published.find_server(id).ok_or_else(|| {
        let known = published.servers().iter().map(|known| known.definition().id.as_str());
        unknown("active authorization server", id, known).into()
    })
}

/// That there is none of this name, and which there are, up to twenty.
pub(in crate::cli) fn unknown<'k>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'k str>,
) -> String {
    let mut known: Vec<&str> = known.take(21).collect();
    if known.len() > 20 {
        known.truncate(20);
        known.push("…");
    }
    format!("there is no {what} `{name}`; known are: {}", known.join(", "))
}
