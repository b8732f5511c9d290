//! What an authorization request still needs from its person, or what it is answered: steps, top
//! to bottom, the first that is not done decides (authorization-server §2.3, 13 to 17).

use super::Authenticator;
use super::authorize::still_stands;
use super::consent::{self, Agreement};
use super::pending::Pending;
use super::redirect::is_registered;
use super::refusal::AuthorizationError;
use super::request::AuthorizationRequest;
use super::rows::Tries;
use super::session::Session;
use super::wanted::{Allowance, Wanted};
use crate::directory::{Application, Person, UserStatus};
use crate::grant::{
    Asking, CodeGrant, FrontChannel, FrontTokens, Grant, UserGrant, answer_in_front, is_unspent,
};
use crate::publish::{Published, RunningServer};
use crate::server::Scope;
use crate::store::{Op, Row};
use std::net::IpAddr;
use std::sync::Arc;

/// The kind of the rows of requests that were answered; their key is the id of the request.
const ANSWERED: &str = "answered";

/// The next step.
#[derive(Debug)]
pub enum Step {
    /// The person proves who they are.
    SignIn,
    /// The person proves a second factor.
    SecondFactor,
    /// The person is asked for these scopes; all that would be granted stand beside.
    Consent(Asked),
    /// The client is answered with a code, with tokens, or with both.
    Answer { code: Option<String>, tokens: Option<FrontTokens> },
    /// The client is told no.
    Refuse(AuthorizationError),
    /// The person is told that this cannot be answered, and nobody else: where it would go is not
    /// the client's any more, or the answer was given.
    Strand(AuthorizationError),
    /// The person sees this page of ours.
    Page(String),
}

/// What a person is asked to agree to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Names of scopes, in the order of the server.
    pub scopes: Vec<String>,
}

/// What a person said when they were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// Nothing yet.
    Nothing,
    /// Yes, to the scopes they were shown, but for those that they left out, if they may.
    Yes {
        shown: &'a [String],
        left_out: &'a [String],
    },
    No,
}

/// An answer that is not given yet, and what keeps what it rests on.
struct Drafted {
    code: Option<String>,
    tokens: Option<FrontTokens>,
    ops: Vec<Op>,
}

/// Who asks for what, with what the ids stand for.
struct Case<'c> {
    published: &'c Published,
    request: &'c AuthorizationRequest,
    server: &'c RunningServer,
    client: &'c Application,
    session: &'c Session,
    user: Arc<Person>,
}

impl Authenticator {
    /// The next step of a request, for a browser with this session at this address, once it is
    /// recorded if it is an end.
    pub async fn advance(
        &self,
        published: &Published,
        pending: &Pending,
        session: Option<&Session>,
        said: Said<'_>,
        now: i64,
        address: Option<IpAddr>,
    ) -> Step {
        let step = self.step(published, pending, session, said, now).await;
        match self.record_step(pending, session, &step, (now, address)).await {
            Ok(()) => step,
            Err(error) => Step::Refuse(error.into()),
        }
    }

    async fn step(
        &self,
        published: &Published,
        pending: &Pending,
        session: Option<&Session>,
        said: Said<'_>,
        now: i64,
    ) -> Step {
        let person = match session {
            Some(session) => published.find_person(&session.user_id).await,
            None => Ok(None),
        };
        let person = match person {
            Ok(person) => person,
            Err(error) => return Step::Refuse(error.into()),
        };
        let usable = usable(person.as_ref(), pending, session, now);
        let Some(request) = pending.request() else {
            let page = pending.page().unwrap_or_default();
            return if usable.is_some() { Step::Page(page.to_owned()) } else { Step::SignIn };
        };
        let (Some(server), Some(client)) = (request.server(published), request.client(published))
        else {
            return Step::Strand(AuthorizationError::unknown_client());
        };
        if !is_registered(client, &request.answer.redirect_uri) {
            return Step::Strand(AuthorizationError::unregistered_redirect());
        }
        if let Err(error) = still_stands(request, server, client) {
            return Step::Refuse(error);
        }
        let Some((session, user)) = usable else {
            let is_another = session.is_some_and(|session| {
                pending.is_for(session) && !request.may_be(&session.user_id)
            });
            return match (is_another, request.prompt.none) {
                (true, _) => Step::Refuse(AuthorizationError::another_user()),
                (false, true) => Step::Refuse(AuthorizationError::login_required()),
                (false, false) => Step::SignIn,
            };
        };
        let case = Case { published, request, server, client, session, user };
        match self.answer(&case, pending, said, now).await {
            Ok(step) => step,
            Err(error) => Step::Refuse(error),
        }
    }

    async fn answer(
        &self,
        case: &Case<'_>,
        pending: &Pending,
        said: Said<'_>,
        now: i64,
    ) -> Result<Step, AuthorizationError> {
        let request = case.request;
        if let Some(step) = self.second_factor(case).await? {
            return Ok(step);
        }
        let Allowance { mut grant, needs_second_factor } = case.wanted().allowed(now)?;
        if needs_second_factor {
            return case.ask_for_second_factor();
        }
        let granted: Vec<String> = grant.scopes.clone();
        let granted: Vec<&str> = granted.iter().map(String::as_str).collect();
        let remembered = self.remembered(case).await?;
        let definition = case.server.definition();
        let again = request.prompt.consent;
        let needed = consent::needed(definition, case.client, &granted, again, remembered.as_ref());
        let names: Vec<&str> = needed.iter().map(|scope| scope.name.as_str()).collect();
        match said {
            Said::No => return Err(AuthorizationError::denied()),
            _ if names.is_empty() => {}
            // What they were shown, and no more.
            Said::Yes { shown, .. }
                if names.iter().all(|name| shown.iter().any(|one| one == name)) => {}
            Said::Nothing if request.prompt.none => {
                return Err(AuthorizationError::consent_required(&names));
            }
            Said::Yes { .. } | Said::Nothing => {
                let scopes = names.iter().map(|name| (*name).to_owned()).collect();
                return Ok(Step::Consent(Asked { scopes }));
            }
        }
        let is_left_out = |scope: &Scope| match said {
            Said::Yes { left_out, .. } => scope.is_optional && left_out.contains(&scope.name),
            Said::Nothing | Said::No => false,
        };
        let (left_out, agreed): (Vec<&Scope>, Vec<&Scope>) =
            needed.iter().copied().partition(|scope| is_left_out(scope));
        grant.scopes.retain(|name| !left_out.iter().any(|scope| scope.name == *name));
        if grant.scopes.is_empty() {
            return Err(AuthorizationError::denied());
        }
        let agreed: Vec<&str> = agreed.iter().map(|scope| scope.name.as_str()).collect();
        self.issue(case, pending, (grant, &agreed), now).await
    }

    /// A second factor is asked for where one is demanded, and always of who has one (decision 38).
    async fn second_factor(&self, case: &Case<'_>) -> Result<Option<Step>, AuthorizationError> {
        if case.session.has_second_factor() {
            return Ok(None);
        }
        let is_demanded = case.request.second_factor || case.client.second_factor;
        if !is_demanded && !self.find_factors(&case.session.user_id).await?.any() {
            return Ok(None);
        }
        case.ask_for_second_factor().map(Some)
    }

    async fn remembered(&self, case: &Case<'_>) -> Result<Option<Agreement>, AuthorizationError> {
        let AuthorizationRequest { client_id, server, .. } = case.request;
        Ok(self.find_agreement(&case.session.user_id, client_id, server).await?)
    }

    /// The answer, which is given out only once what it rests on is kept, in one batch with what was
    /// agreed to and with the note that the request was answered.
    async fn issue(
        &self,
        case: &Case<'_>,
        pending: &Pending,
        (grant, agreed): (UserGrant, &[&str]),
        now: i64,
    ) -> Result<Step, AuthorizationError> {
        let user_id = &case.session.user_id;
        let AuthorizationRequest { client_id, server, response_type, .. } = case.request;
        let mut tries = Tries::new(&self.store);
        loop {
            let found = self.store.find(ANSWERED, &pending.id).await?;
            let at = found.seconds();
            if let Some(row) = found.value {
                let again = match response_type.has_tokens() {
                    true => None,
                    false => self.answer_again(user_id, &row).await?,
                };
                let again = again.map(|code| Step::Answer { code: Some(code), tokens: None });
                return Ok(again.unwrap_or(Step::Strand(AuthorizationError::answered())));
            }
            let Drafted { code, tokens, mut ops } =
                self.draft_answer(case, grant.clone(), (now, at)).await?;
            let ends_at = at.saturating_add(pending.ends_at().saturating_sub(now));
            let answered = (pending.id.as_str(), ends_at);
            ops.push(self.note_answer(user_id, answered, code.as_deref().unwrap_or_default())?);
            ops.extend(self.draft_agreement(user_id, client_id, server, agreed).await?);
            if tries.apply(ops).await? {
                return Ok(Step::Answer { code, tokens });
            }
        }
    }

    /// The answer, made anew: `now` by the clock of this node, `at` by that of the store.
    async fn draft_answer(
        &self,
        case: &Case<'_>,
        grant: UserGrant,
        (now, at): (i64, i64),
    ) -> Result<Drafted, AuthorizationError> {
        let response_type = case.request.response_type;
        let code = match response_type.code {
            true => Some(case.code(grant.clone()).issue(&self.random, at)?),
            false => None,
        };
        let (code, mut ops) = match code {
            Some(issued) => (Some(issued.code), vec![issued.insert]),
            None => (None, Vec::new()),
        };
        if !response_type.has_tokens() {
            return Ok(Drafted { code, tokens: None, ops });
        }
        let wanted = FrontChannel {
            token: response_type.token,
            id_token: response_type.id_token,
            code: code.as_deref(),
            nonce: case.request.nonce.as_deref(),
        };
        let place = (case.published, case.server);
        let asking = Asking { fetcher: &self.fetcher, random: &self.random, now };
        let (tokens, keep) = answer_in_front(place, grant, wanted, &asking, at).await?;
        ops.extend(keep);
        Ok(Drafted { code, tokens: Some(tokens), ops })
    }

    /// What notes that a request was answered, and how.
    fn note_answer(
        &self,
        user_id: &str,
        (request_id, ends_at): (&str, i64),
        code: &str,
    ) -> Result<Op, AuthorizationError> {
        let sealed = self.vault.seal(&self.random, &answered_to(user_id), code.as_bytes());
        let sealed = sealed.map_err(|error| AuthorizationError::unavailable(&error.to_string()))?;
        let row = Row::new(ANSWERED, request_id, sealed).tagged(format!("user:{user_id}"));
        Ok(Op::Insert(row.expiring_at(ends_at)))
    }

    /// The code that a request was answered with, for the same person and while it is unspent: who
    /// presses a button twice sees the second answer only.
    async fn answer_again(
        &self,
        user_id: &str,
        row: &Row,
    ) -> Result<Option<String>, AuthorizationError> {
        let code = self.vault.open(&answered_to(user_id), &row.bytes).ok();
        let Some(code) = code.and_then(|code| String::from_utf8(code).ok()) else {
            return Ok(None);
        };
        Ok(is_unspent(&self.store, &code).await?.then_some(code))
    }
}

/// The name under which the code of an answer is closed up.
fn answered_to(user_id: &str) -> String {
    format!("authorization answer 1 {user_id}")
}

/// The session, if it will do for this request, and its user, who is `person`.
pub fn usable<'s>(
    person: Option<&Arc<Person>>,
    pending: &Pending,
    session: Option<&'s Session>,
    now: i64,
) -> Option<(&'s Session, Arc<Person>)> {
    let session = session?;
    let user = person.filter(|person| person.user().status == UserStatus::Active)?.clone();
    let Some(request) = pending.request() else { return Some((session, user)) };
    let age = now.saturating_sub(session.auth_time);
    let is_young = request.max_age.is_none_or(|max_age| age <= max_age);
    let will_do = pending.is_for(session) || !request.prompt.login && is_young;
    (will_do && request.may_be(&session.user_id)).then_some((session, user))
}

impl<'c> Case<'c> {
    /// What a code for this grant stands for.
    fn code(&self, grant: UserGrant) -> CodeGrant {
        let request = self.request;
        CodeGrant {
            grant: UserGrant { thumbprint: request.dpop_jkt.clone(), ..grant },
            redirect_uri: request.answer.redirect_uri.clone(),
            code_challenge: request.code_challenge.clone(),
            nonce: request.nonce.clone(),
        }
    }

    fn ask_for_second_factor(&self) -> Result<Step, AuthorizationError> {
        if self.request.prompt.none {
            return Err(AuthorizationError::interaction_required());
        }
        Ok(Step::SecondFactor)
    }

    fn wanted(&self) -> Wanted<'_> {
        let Self { published, request, server, session, ref user, .. } = *self;
        let (code, has_tokens) = (request.response_type.code, request.response_type.has_tokens());
        let grant = if code { Grant::AuthorizationCode } else { Grant::Implicit };
        Wanted {
            published,
            server,
            client_id: &request.client_id,
            session,
            user,
            grant_type: grant.word(),
            and_implicit: code && has_tokens,
            scopes: &request.scopes,
            audience: &request.audience,
        }
    }
}
