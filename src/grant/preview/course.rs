//! The course of a request, grant by grant: the proofs that each makes, decided and turned into
//! claims by what issues tokens.

use super::explain::Explainer;
use super::{
    ExplainedRule, Matched, Preview, PreviewError, PreviewRequest, PreviewedToken, RefreshPreview,
    Warning,
};
use crate::directory::{Application, ApplicationType, AuthenticationMethod};
use crate::grant::family::{OFFLINE_ACCESS, first_refresh_ends_at, may_refresh};
use crate::grant::issue::Wanted;
use crate::grant::proof::{Delegation, ONE_FACTOR, TWO_FACTORS, Terms};
use crate::grant::{
    Decided, Form, Grant, Issued, Proof, Refusal, SEVERAL_FACTORS, SignIn, choose_audience, scope,
    token_exchange,
};
use crate::policy::{Delivery, Trace};
use crate::program::{Engine, Worker};
use crate::publish::{Published, RunningServer};
use crate::random::Random;
use crate::server::{Lifetimes, RefreshPolicy, SYSTEM_SCOPES};
use serde_json::json;
use std::sync::Arc;

/// How the person of a preview has signed in (RFC 8176), and with a second factor.
const METHODS: &[&str] = &["pwd"];
const MORE_METHODS: &[&str] = &["pwd", "otp", SEVERAL_FACTORS];

/// The id of the session that they are taken to have.
const SESSION: &str = "preview";

/// A request on its way by one engine.
pub(super) struct Course<'p> {
    pub(super) published: &'p Published,
    pub(super) server: &'p RunningServer,
    pub(super) request: &'p PreviewRequest,
    pub(super) engine: Engine,
    pub(super) explain: bool,
    /// Signs the tokens by this.
    pub(super) signs: Option<&'p Random>,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// What is being found out.
pub(super) struct Told {
    pub(super) preview: Preview,
    /// The tokens, if they were signed.
    pub(super) issued: Option<Issued>,
    /// Whether what is refused now is told by way of the browser.
    by_browser: bool,
}

/// The tokens of an answer by their response type.
#[derive(Clone, Copy)]
struct Response {
    code: bool,
    token: bool,
    id_token: bool,
}

impl<'p> Course<'p> {
    /// By machine code, signing nothing.
    pub(super) fn new(
        published: &'p Published,
        server: &'p RunningServer,
        request: &'p PreviewRequest,
        now: i64,
    ) -> Self {
        let (engine, explain) = (Engine::Native, request.explain);
        Self { published, server, request, engine, explain, signs: None, now }
    }

    pub(super) fn walk(&self, worker: &mut Worker) -> Told {
        let mut told = Told { preview: self.nothing(), issued: None, by_browser: false };
        self.warn_of_server(&mut told);
        if let Err(refusal) = self.answer(&mut told, worker) {
            told.preview.error = Some(PreviewError::of(&refusal, told.by_browser));
            self.warn_of_refusal(&mut told);
        }
        told
    }

    fn nothing(&self) -> Preview {
        let user = self.request.person.as_ref().map(|person| person.user());
        Preview {
            issuer: self.server.issuer().to_owned(),
            client_id: self.request.client_id.clone(),
            grant_type: self.grant_word().to_owned(),
            user: user.map(|user| (user.id.clone(), user.login.clone())),
            audience: None,
            matched: None,
            evaluated: Vec::new(),
            granted_scopes: Vec::new(),
            access_token: None,
            id_token: None,
            userinfo: None,
            refresh_token: RefreshPreview::default(),
            warnings: Vec::new(),
            error: None,
            explanation: None,
        }
    }

    pub(super) fn grant_word(&self) -> &'p str {
        let usual = match self.request.person {
            Some(_) => Grant::AuthorizationCode,
            None => Grant::ClientCredentials,
        };
        self.request.grant_type.as_deref().unwrap_or(usual.word())
    }

    /// The phases of the endpoints that the request would pass.
    fn answer(&self, told: &mut Told, worker: &mut Worker) -> Result<(), Refusal> {
        if !self.server.definition().status.is_active() {
            return Err(Refusal::unknown_server());
        }
        let (index, client) = self.client()?;
        let grant = self.grant(self.grant_word())?;
        match grant {
            Grant::ClientCredentials => self.for_itself(index, client, told, worker),
            Grant::AuthorizationCode | Grant::DeviceCode | Grant::Implicit => {
                self.for_person(grant, index, client, told, worker)
            }
            Grant::Password => self.by_password(index, told, worker),
            Grant::RefreshToken => self.again(index, client, told, worker),
            Grant::TokenExchange => self.on_behalf(index, client, told, worker),
        }
    }

    pub(super) fn client(&self) -> Result<(usize, &'p Application), Refusal> {
        let directory = self.published.directory();
        let index = directory.find_application_index(&self.request.client_id);
        let found = index.and_then(|index| Some((index, directory.applications().get(index)?)));
        found.filter(|(_, client)| client.status.is_active()).ok_or_else(Refusal::unknown_client)
    }

    fn grant(&self, word: &str) -> Result<Grant, Refusal> {
        let definition = self.server.definition();
        let known = || Grant::WORDS.iter().filter(|(_, grant)| grant.is_of(definition));
        let found = known().find(|(known, _)| *known == word).map(|(_, grant)| *grant);
        found.ok_or_else(|| {
            Refusal::unsupported_grant_type(&known().map(|(word, _)| *word).collect::<Vec<_>>())
        })
    }

    fn audience(&self) -> Result<&'p str, Refusal> {
        let named = self.request.audiences.iter();
        let form = Form::new(named.map(|name| ("audience".to_owned(), name.clone())).collect());
        choose_audience(self.server.definition(), &form)
    }

    fn sign_in(&self) -> Result<SignIn, Refusal> {
        let nobody = "The request is for a person, and none is named.";
        let user = self.request.person.as_ref().map(Arc::clone);
        let user = user.ok_or_else(|| Refusal::of_authorization("login_required", nobody))?;
        let sign_in = SignIn {
            user,
            auth_time: self.now,
            methods: Vec::new(),
            acr: None,
            session: Some(SESSION.to_owned()),
        };
        Ok(with_factors(sign_in, self.request.second_factor))
    }

    fn proof(
        &self,
        index: usize,
        sign_in: Option<SignIn>,
        grant: Grant,
        scope: &str,
    ) -> Result<Proof<'p>, Refusal> {
        let (published, server, audience) = (self.published, self.server, self.audience()?);
        let proof =
            Proof::by_operator(published, server, index, sign_in, grant.word(), scope, audience)?;
        Ok(Proof { engine: self.engine, ..proof })
    }

    fn for_itself(
        &self,
        index: usize,
        client: &Application,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        if client.token_endpoint_auth_method == AuthenticationMethod::None {
            return Err(Refusal::client_failed());
        }
        let proof = self.proof(index, None, Grant::ClientCredentials, &self.request.scope)?;
        self.consider(&proof, told, worker)?;
        self.tokens(&proof, Wanted::USUAL, told, worker)
    }

    /// A person who is there, at a browser or at `/activate`; then what they granted is fetched.
    fn for_person(
        &self,
        grant: Grant,
        index: usize,
        client: &Application,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        told.by_browser = grant != Grant::DeviceCode;
        let response = self.response(grant)?;
        let mut scopes = scope::parse(&self.request.scope)?;
        if told.by_browser {
            scope::check_openid(&scopes, response.id_token)?;
        }
        if !response.code {
            scopes.retain(|scope| scope != OFFLINE_ACCESS);
        }
        let proof = self.proof(index, Some(self.sign_in()?), grant, &scopes.join(" "))?;
        let is_hybrid = response.code && (response.token || response.id_token);
        let proof = if is_hybrid { proof.and_implicit()? } else { proof };
        let agreed = self.agree(proof, told, worker)?;
        told.by_browser = !response.code;
        if is_hybrid {
            told.warn(Warning::hybrid());
        }
        if !response.code {
            return self.in_front(&agreed, client, response, told, worker);
        }
        self.note_refresh(&agreed, client, told);
        self.tokens(&agreed, Wanted::USUAL, told, worker)
    }

    fn response(&self, grant: Grant) -> Result<Response, Refusal> {
        let usual = if grant == Grant::Implicit { "id_token token" } else { "code" };
        let asked = self.request.response_type.as_deref().unwrap_or(usual);
        let has = |word: &str| asked.split(' ').any(|asked| asked == word);
        let (code, id_token, token) = (has("code"), has("id_token"), has("token"));
        let words = [("code", code), ("id_token", id_token), ("token", token)];
        let words = words.into_iter().filter(|(_, is_asked)| *is_asked).map(|(word, _)| word);
        let asked = words.collect::<Vec<_>>().join(" ");
        let known: Vec<&str> = self.server.definition().response_types().collect();
        let fits = code != (grant == Grant::Implicit);
        if known.contains(&&*asked) && fits {
            return Ok(Response { code, token, id_token });
        }
        let description = format!(
            "The response type is not supported by the authorization server. Configured response \
             types: [{}].",
            known.join(", ")
        );
        Err(Refusal::of_authorization("unsupported_response_type", &description))
    }

    /// Tokens that come by way of the browser.
    fn in_front(
        &self,
        agreed: &Proof<'p>,
        client: &Application,
        response: Response,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        if agreed.inline_hook.is_some() {
            let why = "no hook is asked for tokens by way of the browser";
            return Err(Refusal::without_hook(why));
        }
        if response.token && client.dpop_bound {
            return Err(Refusal::no_dpop());
        }
        if agreed.nonce.is_none() {
            told.warn(Warning::nonce_needed());
        }
        let delivery = if response.token { Delivery::Thin } else { Delivery::Full };
        let identity = response.id_token.then_some(delivery);
        self.tokens(agreed, Wanted { access: response.token, identity }, told, worker)
    }

    /// What the person grants: the policies are asked, then the person, as far as they have to be.
    fn agree(
        &self,
        proof: Proof<'p>,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<Proof<'p>, Refusal> {
        let mut proof = proof;
        if proof.decide(Trace::Skip, self.now, worker)?.needs_second_factor() {
            told.warn(Warning::second_factor());
            proof.sign_in = proof.sign_in.map(|sign_in| with_factors(sign_in, true));
        }
        self.consider(&proof, told, worker)?;
        let decided = proof.decide(Trace::Skip, self.now, worker)?;
        decided.permit_by_rule()?;
        let consent = decided.consent_needed()?;
        if !consent.is_empty() {
            told.warn(Warning::consent(&consent));
        }
        let inline_hook =
            decided.decision().outcome.as_ref().ok().and_then(|one| one.inline_hook());
        let inline_hook = inline_hook.map(str::to_owned);
        let (scopes, lifetimes) = decided.granted().unwrap_or_default();
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let (terms, nonce) = (Terms::Agreed(lifetimes), self.request.nonce.clone());
        Ok(Proof { scopes, terms, inline_hook, nonce, also: None, ..proof })
    }

    fn by_password(
        &self,
        index: usize,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        let sign_in = SignIn { session: None, ..self.sign_in()? };
        let proof = self.proof(index, Some(sign_in), Grant::Password, &self.request.scope)?;
        self.consider(&proof, told, worker)?;
        let decided = proof.decide(Trace::Skip, self.now, worker)?;
        if decided.needs_second_factor() || self.request.second_factor {
            return Err(Refusal::password_alone());
        }
        decided.permit()?;
        decided.check_consent()?;
        let lifetimes = decided.granted().unwrap_or_default().1;
        let agreed = Proof { terms: Terms::Agreed(lifetimes), ..proof.clone() };
        self.note_refresh(&agreed, proof.client()?, told);
        self.tokens(&proof, Wanted::USUAL, told, worker)
    }

    /// A refresh of what a person granted in the same way just before.
    fn again(
        &self,
        index: usize,
        client: &Application,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        if !may_refresh(client) {
            return Err(Refusal::unauthorized_client(&client.grant_types));
        }
        let usual = Grant::AuthorizationCode.word();
        let begun = self.grant(self.request.refreshed.grant_type.as_deref().unwrap_or(usual))?;
        let sign_in = self.sign_in()?;
        let sign_in = match begun {
            Grant::Password => SignIn { session: None, ..sign_in },
            _ => sign_in,
        };
        let proof = self.proof(index, Some(sign_in), begun, &self.request.scope)?;
        let agreed = self.agree(proof, told, worker)?;
        self.note_refresh(&agreed, client, told);
        if !told.preview.refresh_token.present {
            return Err(Refusal::invalid_refresh_token());
        }
        let asked = scope::parse(self.request.refreshed.scope.as_deref().unwrap_or_default())?;
        let is_more = |scope: &&String| !agreed.scopes.contains(scope);
        let more: Vec<&str> = asked.iter().filter(is_more).map(String::as_str).collect();
        if !more.is_empty() {
            return Err(Refusal::more_than_granted(&more));
        }
        let Terms::Agreed(lifetimes) = agreed.terms else { return Err(Refusal::failure("terms")) };
        let terms = match self.server.definition().refresh_policy {
            RefreshPolicy::Current => Terms::Renewed(lifetimes),
            RefreshPolicy::Snapshot => Terms::Agreed(lifetimes),
        };
        let narrowed = (!asked.is_empty()).then_some(asked);
        let proof = Proof { terms, narrowed, nonce: None, ..agreed };
        let decided = proof.decide(Trace::Skip, self.now, worker).map_err(Refusal::of_refresh)?;
        decided.permit_by_rule().map_err(Refusal::of_refresh)?;
        self.tokens(&proof, Wanted::USUAL, told, worker)
    }

    /// A service that acts for the person.
    fn on_behalf(
        &self,
        index: usize,
        client: &Application,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        let grant = Grant::TokenExchange;
        if !client.grant_types.iter().any(|known| known == grant.word()) {
            return Err(Refusal::unauthorized_client(&client.grant_types));
        }
        if client.application_type != ApplicationType::Service {
            return Err(Refusal::exchange_is_for_services());
        }
        if self.request.audiences.is_empty() || self.audience().is_err() {
            return Err(Refusal::exchange_without_audience());
        }
        let asked = scope::parse(&self.request.scope)?;
        if asked.iter().any(|scope| SYSTEM_SCOPES.iter().any(|(system, _)| system == scope)) {
            return Err(Refusal::exchange_of_openid());
        }
        let scopes = match &self.request.subject.scope {
            Some(subject) => token_exchange::within(subject, asked)?,
            None => asked,
        };
        let proof = self.proof(index, Some(self.sign_in()?), grant, &scopes.join(" "))?;
        let actor = json!({"sub": client.client_id}).to_string();
        let proof = Proof { delegation: Some(Delegation { actor, ends_at: i64::MAX }), ..proof };
        self.consider(&proof, told, worker)?;
        let decided = proof.decide(Trace::Skip, self.now, worker)?;
        decided.permit()?;
        decided.check_consent()?;
        self.tokens(&proof, Wanted::USUAL, told, worker)
    }

    /// What every rule said that was looked at, which must come to what the index of them says.
    fn consider(
        &self,
        proof: &Proof<'p>,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        told.preview.audience = Some(proof.audience.to_owned());
        let decided = proof.decide(Trace::Keep, self.now, worker)?;
        let explainer = Explainer { decided: &decided, traces: self.explain };
        told.preview.evaluated = explainer.rules(worker);
        told.preview.matched = told.preview.evaluated.iter().find_map(|one| one.matched());
        let by_index = proof.decide(Trace::Skip, self.now, worker)?;
        if by_index.decision().outcome != decided.decision().outcome {
            tracing::error!("a bug: index and order of the rules differ in a preview");
            told.warn(Warning::index_differs());
        }
        Ok(())
    }

    fn note_refresh(&self, agreed: &Proof<'p>, client: &Application, told: &mut Told) {
        let Terms::Agreed(lifetimes) = agreed.terms else { return };
        match (may_refresh(client), agreed.scopes.iter().any(|scope| scope == OFFLINE_ACCESS)) {
            (true, true) => {
                told.preview.refresh_token = RefreshPreview {
                    present: true,
                    expires_at: Some(first_refresh_ends_at(lifetimes, self.now)),
                    idle_minutes: Some(lifetimes.refresh_window_minutes),
                };
            }
            (true, false) => told.warn(Warning::no_offline_access(&client.client_id)),
            (false, true) => told.warn(Warning::no_refresh_grant(&client.client_id)),
            (false, false) => {}
        }
    }

    /// The claims of the tokens, as they are signed.
    fn tokens(
        &self,
        proof: &Proof<'p>,
        wanted: Wanted,
        told: &mut Told,
        worker: &mut Worker,
    ) -> Result<(), Refusal> {
        if self.explain {
            let decided = proof.decide(Trace::Keep, self.now, worker)?;
            let explainer = Explainer { decided: &decided, traces: true };
            told.preview.explanation = explainer.explain(wanted, worker);
        }
        let decided = proof.decide(Trace::Skip, self.now, worker)?;
        let claims = decided.claim_set_of(wanted, worker)?;
        let granted = decided.granted().map_or(&[][..], |(scopes, _)| scopes);
        told.preview.granted_scopes = granted.iter().map(|scope| (*scope).to_owned()).collect();
        // What is random is of no use here, and the same in both engines.
        let random = Random::seeded(SESSION.as_bytes());
        let signer = self.server.keys().active();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let token = |token_type, payload: &[u8]| PreviewedToken {
            header: signer.header(token_type),
            payload: text(payload),
        };
        let (_, access_type) = claims.layout();
        let access = wanted.access.then(|| claims.access_payload(&random));
        told.preview.access_token = access.map(|payload| token(access_type, &payload));
        let identity = claims.unsigned_identity_payload(&random);
        let unsaid = crate::token::TokenType::Unsaid;
        told.preview.id_token = identity.map(|payload| token(unsaid, &payload));
        if let Some(random) = self.signs {
            told.issued = Some(claims.sign(random)?.given());
        }
        let allowed = decided.decision().outcome.as_ref().ok();
        if let Some(hook) = allowed.and_then(|allowed| allowed.inline_hook()) {
            told.warn(match self.published.find_hook(hook) {
                Some(_) => Warning::hook_not_run(hook),
                None => Warning::hook_missing(hook),
            });
        }
        self.ask_userinfo(&decided, told, worker);
        self.warn_of_answer(&decided, told);
        Ok(())
    }

    fn ask_userinfo(&self, decided: &Decided<'_>, told: &mut Told, worker: &mut Worker) {
        let proof = decided.proof;
        let scopes = &told.preview.granted_scopes;
        if proof.sign_in.is_none() || !scopes.iter().any(|scope| scope == "openid") {
            return;
        }
        let asking = Proof {
            scopes: scopes.clone(),
            terms: Terms::Agreed(Lifetimes::default()),
            narrowed: None,
            ..proof.clone()
        };
        let decided = asking.decide(Trace::Skip, self.now, worker);
        match decided.and_then(|decided| decided.userinfo(worker)) {
            Ok(claims) => told.preview.userinfo = String::from_utf8(claims).ok(),
            Err(refusal) => told.warn(Warning::userinfo_fails(&refusal.to_string())),
        }
    }
}

impl Told {
    pub(super) fn warn(&mut self, warning: Warning) {
        if !self.preview.warnings.contains(&warning) {
            self.preview.warnings.push(warning);
        }
    }
}

/// The sign-in by these factors.
fn with_factors(sign_in: SignIn, several: bool) -> SignIn {
    let (methods, level) =
        if several { (MORE_METHODS, TWO_FACTORS) } else { (METHODS, ONE_FACTOR) };
    let methods = methods.iter().map(|method| (*method).to_owned()).collect();
    SignIn { methods, acr: Some(level.to_owned()), ..sign_in }
}

impl ExplainedRule {
    fn matched(&self) -> Option<Matched> {
        let (rule_id, rule) = self.rule.clone()?;
        let (policy_id, policy) = self.policy.clone();
        self.decides().then_some(Matched { policy_id, policy, rule_id, rule })
    }
}
