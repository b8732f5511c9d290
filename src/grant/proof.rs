//! From a proof to a decision: what a grant proved, held against the policies of the server.

use super::issue::{ClaimSet, Wanted};
use super::{Grant, Refusal, scope};
use crate::audit::Recording;
use crate::claims::ClaimFault;
use crate::directory::{
    Access, AppUser, Application, ConsentMethod, PackError, Person, RequestRecords, Session, User,
    UserStatus,
};
use crate::few::Few;
use crate::policy::{
    self, Allowed, Applying, ConditionOutcome, ConsideredTokenPolicy, Decision, Facts, Refused,
    TokenPolicyFault, Trace,
};
use crate::program::{Engine, Roots, Traced, Worker};
use crate::publish::{Published, RunningServer};
use crate::server::{Consent, ExpressionText, Lifetimes};
use crate::token::FamilyId;
use std::sync::Arc;

const MICROSECONDS_A_SECOND: i64 = 1_000_000;

/// What a grant proved: who asks, for whom, and for what.
#[derive(Clone, Debug)]
pub struct Proof<'p> {
    pub(super) published: &'p Published,
    pub(super) server: &'p RunningServer,
    /// The index of the client.
    pub(super) application: usize,
    pub(super) sign_in: Option<SignIn>,
    /// The grant that the request began with.
    pub(super) grant_type: &'p str,
    /// The other grant of a request for a code and tokens at once.
    pub(super) also: Option<&'p str>,
    /// As asked; empty is the default scopes.
    pub(super) scopes: Vec<String>,
    pub(super) audience: &'p str,
    pub(super) nonce: Option<String>,
    /// Whose tokens these are; every grant of a person has one (decision 16).
    pub(super) family: Option<FamilyId>,
    pub(super) terms: Terms,
    /// The scopes of this answer, where it is to have fewer than are granted.
    pub(super) narrowed: Option<Vec<String>>,
    /// The thumbprint of the key that the access token is bound to (RFC 9449 §6.1).
    pub(super) thumbprint: Option<String>,
    /// The id of the hook that was wanted asked when the policies were.
    pub(super) inline_hook: Option<String>,
    /// Where a service acts for the person.
    pub(super) delegation: Option<Delegation>,
    /// What evaluates expressions.
    pub(super) engine: Engine,
}

/// A service that acts for a person by a token that it was sent (RFC 8693 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delegation {
    /// The value of `act`, as JSON.
    pub(super) actor: String,
    /// When the token that it was sent ends, in seconds since 1970: none of its own outlives that
    /// (decision 19).
    pub(super) ends_at: i64,
}

/// Whether the policies are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    /// Now, for the first time.
    Open,
    /// They were, when the person was there: these scopes, for so long.
    Agreed(Lifetimes),
    /// They were, and are again; the lifetimes stay (decision 10).
    Renewed(Lifetimes),
}

/// A person and how they signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct SignIn {
    pub user: Arc<Person>,
    /// Seconds since 1970.
    pub auth_time: i64,
    /// RFC 8176.
    pub methods: Vec<String>,
    /// OpenID Connect Core §2.
    pub acr: Option<String>,
    pub session: Option<String>,
}

/// What was decided for a proof.
#[derive(Debug)]
pub struct Decided<'d> {
    pub(super) proof: &'d Proof<'d>,
    /// When, in seconds since 1970: for expressions and for the tokens that come of it.
    pub(super) now: i64,
    /// How the client knows the person.
    app_user: Option<AppUser<'d>>,
    decision: Decision<'d>,
    /// What is allowed is for a second factor only, which the person has not proven.
    lacking: Option<Refused>,
    /// Those of the scopes granted that are for this answer, where not all are.
    narrowed: Option<Vec<&'d str>>,
    /// The token policies that apply, and the trace of all if there is one.
    customisation: Option<Result<Customisation<'d>, TokenPolicyFault>>,
    /// What the last condition read, if there was one; of a rule that matched, the claims read the
    /// same.
    records: Option<RequestRecords>,
}

type Customisation<'d> = (Applying, Vec<ConsideredTokenPolicy<'d>>);

impl<'p> Proof<'p> {
    /// The proof that an operator at the command line stands in for (decision 35), or that of a
    /// person who is there. `scope` is as at the token endpoint.
    ///
    /// # Errors
    /// A client, user, scope or grant that the token endpoint would refuse before any policy.
    pub fn by_operator(
        published: &'p Published,
        server: &'p RunningServer,
        application: usize,
        sign_in: Option<SignIn>,
        grant_type: &'p str,
        scope: &str,
        audience: &'p str,
    ) -> Result<Self, Refusal> {
        let scopes = scope::parse(scope)?;
        let proof = Self {
            published,
            server,
            application,
            sign_in,
            grant_type,
            also: None,
            scopes,
            audience,
            nonce: None,
            family: None,
            terms: Terms::Open,
            narrowed: None,
            thumbprint: None,
            inline_hook: None,
            delegation: None,
            engine: Engine::Native,
        };
        proof.check_grant(grant_type)?;
        if proof.sign_in.is_none() {
            proof.check_for_service()?;
        }
        Ok(proof)
    }

    /// The same proof, where tokens come by way of the browser beside what the grant gives.
    ///
    /// # Errors
    /// `unauthorized_client` if the client may not have them so.
    pub fn and_implicit(self) -> Result<Self, Refusal> {
        let implicit = Grant::Implicit.word();
        self.check_grant(implicit)?;
        Ok(Self { also: Some(implicit), ..self })
    }

    /// The same proof, of a client that acts for the person (RFC 8693), as it was recorded.
    #[must_use]
    pub fn on_behalf(self) -> Self {
        let delegation = Delegation { actor: "{}".to_owned(), ends_at: i64::MAX };
        Self { delegation: Some(delegation), ..self }
    }

    /// What is recorded of it (decision 37). Nothing of the organization's own server, which has no
    /// policies to be changed.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        let server = self.server.definition();
        let client = self.client().ok()?;
        let extent = || Arc::clone(self.published.extent());
        let sign_in = self.sign_in.as_ref();
        (!server.is_organization()).then(|| Recording {
            server: server.id.clone(),
            client: client.client_id.clone(),
            grant_type: self.grant_type.to_owned(),
            and_implicit: self.also.is_some(),
            scopes: self.scopes.clone(),
            audience: self.audience.to_owned(),
            delegated: self.delegation.is_some(),
            person: sign_in.map(|sign_in| (Arc::clone(&sign_in.user), extent())),
            methods: sign_in.map(|sign_in| sign_in.methods.clone()).unwrap_or_default(),
            session: sign_in.and_then(|sign_in| sign_in.session.clone()),
        })
    }

    fn check_grant(&self, grant_type: &str) -> Result<(), Refusal> {
        let grant_types = &self.client()?.grant_types;
        match grant_types.iter().any(|allowed| allowed == grant_type) {
            true => Ok(()),
            false => Err(Refusal::unauthorized_client(grant_types)),
        }
    }

    pub(super) fn check_for_service(&self) -> Result<(), Refusal> {
        let server = self.server.definition();
        scope::check_for_service(server, &self.scopes)?;
        match server.is_organization() {
            true => scope::check_management(server, self.client()?, &self.scopes),
            false => Ok(()),
        }
    }

    pub(super) fn client(&self) -> Result<&'p Application, Refusal> {
        let application = self.published.directory().applications().get(self.application);
        application.filter(|found| found.status.is_active()).ok_or_else(Refusal::unknown_client)
    }

    pub(super) fn person(&self) -> Option<&Person> {
        self.sign_in.as_ref().map(|sign_in| &*sign_in.user)
    }

    pub(super) fn user(&self) -> Option<&User> {
        self.person().map(Person::user)
    }

    /// How the client knows the person. Refused are people who may not have tokens now, and people
    /// who are not assigned to the client (authorization-server §2.6).
    fn app_user(&self) -> Result<Option<AppUser<'_>>, Refusal> {
        let Some(person) = self.person() else { return Ok(None) };
        let user = person.user();
        if user.status != UserStatus::Active {
            return Err(Refusal::inactive_user());
        }
        let assignment = self.client()?.known_as(person.index(), user);
        // To the service that acts for them people need not be assigned (authorization-server §2.6).
        let by_delegation = self.delegation.as_ref();
        let by_delegation = by_delegation.map(|_| AppUser { user_name: &user.login, profile: &[] });
        assignment.or(by_delegation).map(Some).ok_or_else(Refusal::not_assigned)
    }

    /// The records of this request while these scopes are, or would be, granted.
    fn records(
        &self,
        scopes: &[&str],
        app_user: Option<AppUser<'_>>,
    ) -> Result<RequestRecords, PackError> {
        let access = Access { scopes, audience: self.audience, grant_type: self.grant_type };
        let methods = self.sign_in.as_ref().map(SignIn::methods).unwrap_or_default();
        let session = self
            .sign_in
            .as_ref()
            .map(|sign_in| Session { id: sign_in.session.as_deref(), methods: &methods });
        let programs = self.server.programs();
        let records = self.published.records();
        let known = self.person().zip(app_user);
        records.pack_request(self.application, &access, known, session, programs)
    }

    /// Those of the scopes allowed that this answer is to have, if not all.
    fn narrow<'d>(&self, allowed: &[&'d str]) -> Option<Vec<&'d str>> {
        let wanted = self.narrowed.as_ref()?;
        let is_wanted = |scope: &&&str| wanted.iter().any(|wanted| wanted == **scope);
        Some(allowed.iter().filter(is_wanted).copied().collect())
    }

    /// What was decided when the person was there. A scope that is no more is refused.
    fn agreed(&self, lifetimes: Lifetimes) -> Decision<'_> {
        let is_gone = |scope: &&String| !self.server.rules().has_scope(scope);
        let gone: Vec<String> = self.scopes.iter().filter(is_gone).cloned().collect();
        let outcome = if gone.is_empty() {
            let scopes = self.scopes.iter().map(String::as_str).collect();
            Ok(Allowed::agreed(scopes, lifetimes, self.inline_hook.as_deref()))
        } else {
            Err(Refused::UnknownScopes { scopes: gone })
        };
        Decision { outcome, considered: Vec::new() }
    }

    /// What expressions are about; `now` is in seconds since 1970.
    pub(super) fn roots<'r>(&'r self, request: &'r RequestRecords, now: i64) -> Roots<'r> {
        let read = (self.server.resolved(), self.server.programs().needs().paths());
        let now = now.saturating_mul(MICROSECONDS_A_SECOND);
        let records = self.published.records();
        records.roots_reaching(self.person(), self.application, request, read, now)
    }

    /// What a condition gives while these scopes are, or would be, granted. `records` are those of
    /// the condition before, packed anew only when they are of other scopes.
    fn condition(
        &self,
        expression: &ExpressionText,
        scopes: &[&str],
        app_user: Option<AppUser<'_>>,
        now: i64,
        records: &mut Option<RequestRecords>,
        worker: &mut Worker,
    ) -> ConditionOutcome {
        let records = match records.take().filter(|records| records.are_of(scopes)) {
            Some(fitting) => records.insert(fitting),
            None => match self.records(scopes, app_user) {
                Ok(packed) => records.insert(packed),
                Err(error) => return ConditionOutcome::Fault(error.to_string()),
            },
        };
        let roots = self.roots(records, now);
        self.server.condition(expression, &roots, worker, self.engine)
    }

    /// What policies are told of the request.
    pub(super) fn facts<'f>(&'f self, client: &'f Application) -> Facts<'f> {
        let person = self.person();
        Facts {
            client_id: &client.client_id,
            person: person.map(|known| policy::Person { index: known.index(), user: known.user() }),
            grant_type: self.grant_type,
            also: self.also,
            scopes: &self.scopes,
            audience: self.audience,
        }
    }

    /// What a condition gives while these scopes are, or would be, granted, with every part of it.
    pub(super) fn trace_condition(
        &self,
        expression: &ExpressionText,
        scopes: &[&str],
        now: i64,
        worker: &mut Worker,
    ) -> Option<Traced> {
        let app_user = self.app_user().ok()?;
        let records = self.records(scopes, app_user).ok()?;
        self.server.trace_condition(expression, &self.roots(&records, now), worker)
    }

    /// Holds the proof against the server's policies, at this time in seconds since 1970.
    ///
    /// # Errors
    /// A person who may not have tokens of this client at all. Refusals by policy are part of what
    /// was decided.
    pub fn decide<'d>(
        &'d self,
        trace: Trace,
        now: i64,
        worker: &mut Worker,
    ) -> Result<Decided<'d>, Refusal> {
        let client = self.client()?;
        let app_user = self.app_user()?;
        let facts = self.facts(client);
        let server = self.server.definition();
        let mut records = None;
        let mut evaluate = |text: &ExpressionText, scopes: &[&str]| {
            self.condition(text, scopes, app_user, now, &mut records, worker)
        };
        let decision = match self.terms {
            Terms::Open | Terms::Renewed(_) => {
                policy::decide(server, self.server.rules(), &facts, trace, &mut evaluate)
            }
            Terms::Agreed(lifetimes) => self.agreed(lifetimes),
        };
        let allowed = decision.outcome.as_ref().ok();
        let lacking = allowed.filter(|allowed| self.lacks_second_factor(client, allowed));
        let lacking = lacking.map(|allowed| {
            let (policy, rule) = allowed.names();
            Refused::SecondFactor { policy: policy.to_owned(), rule: rule.to_owned() }
        });
        let narrowed = allowed.and_then(|allowed| self.narrow(&allowed.scopes));
        let customisation = allowed.map(|allowed| {
            let granted = narrowed.as_deref().unwrap_or(&allowed.scopes);
            policy::token_policies_that_apply(server, &facts, granted, trace, &mut evaluate)
        });
        Ok(Decided {
            proof: self,
            now,
            app_user,
            decision,
            lacking,
            narrowed,
            customisation,
            records,
        })
    }

    /// Whether a rule or the client demands a second factor of a person who has proven none. What
    /// was agreed once is not asked again (decisions 10 and 38).
    fn lacks_second_factor(&self, client: &Application, allowed: &Allowed<'_>) -> bool {
        let is_asked = !matches!(self.terms, Terms::Agreed(_));
        let is_demanded = allowed.second_factor() || client.second_factor;
        let lacks = |sign_in: &SignIn| !sign_in.methods.iter().any(|word| word == SEVERAL_FACTORS);
        is_asked && is_demanded && self.sign_in.as_ref().is_some_and(lacks)
    }
}

/// How surely a person is who they say, as `acr` (decision 38).
pub const ONE_FACTOR: &str = "urn:okta:loa:1fa:any";
/// The same, with a second factor.
pub const TWO_FACTORS: &str = "urn:okta:loa:2fa:any";

/// How a sign-in with a second factor is told in `amr` (RFC 8176 §2).
pub const SEVERAL_FACTORS: &str = "mfa";

impl SignIn {
    /// How the person signed in, as expressions and ID tokens take it.
    pub(super) fn methods(&self) -> Few<&str, 4> {
        self.methods.iter().map(String::as_str).collect()
    }
}

impl<'d> Decided<'d> {
    /// The decision, with everything that was looked at if a trace was asked for.
    #[must_use]
    pub fn decision(&self) -> &Decision<'d> {
        &self.decision
    }

    /// Whether what is allowed waits for a second factor.
    #[must_use]
    pub fn needs_second_factor(&self) -> bool {
        self.lacking.is_some()
    }

    /// Why nothing is granted as things stand.
    pub(super) fn refused(&self) -> Option<&Refused> {
        self.decision.outcome.as_ref().err().or(self.lacking.as_ref())
    }

    /// The audience the tokens are for.
    #[must_use]
    pub fn audience(&self) -> &'d str {
        self.proof.audience
    }

    /// Every token policy and whether it applies; nothing for a request that was refused, or without
    /// a trace.
    #[must_use]
    pub fn considered(&self) -> &[ConsideredTokenPolicy<'d>] {
        match &self.customisation {
            Some(Ok((_, considered))) => considered,
            _ => &[],
        }
    }

    /// What a condition has read of this request, if these scopes were granted then.
    pub(super) fn known_records(&self, scopes: &[&str]) -> Option<&RequestRecords> {
        self.records.as_ref().filter(|records| records.are_of(scopes))
    }

    /// The records of this request while these scopes are granted.
    pub(super) fn pack_records(&self, scopes: &[&str]) -> Result<RequestRecords, Refusal> {
        let packed = self.proof.records(scopes, self.app_user);
        packed.map_err(|error| Refusal::failure(&error.to_string()))
    }

    pub(super) fn policies(&self) -> &[usize] {
        match &self.customisation {
            Some(Ok((policies, _))) => policies,
            _ => &[],
        }
    }

    /// What is granted.
    pub(super) fn granted(&self) -> Option<(&[&'d str], Lifetimes)> {
        let allowed = self.decision.outcome.as_ref().ok()?;
        let lifetimes = match self.proof.terms {
            Terms::Open => allowed.lifetimes(),
            Terms::Agreed(lifetimes) | Terms::Renewed(lifetimes) => lifetimes,
        };
        Some((self.narrowed.as_deref().unwrap_or(&allowed.scopes), lifetimes))
    }

    /// Refuses scopes that the person would have to agree to first.
    pub(super) fn check_consent(&self) -> Result<(), Refusal> {
        let needed = self.consent_needed()?;
        if needed.is_empty() { Ok(()) } else { Err(Refusal::consent_of_a_person(&needed)) }
    }

    /// The scopes granted that the person has to agree to.
    pub(super) fn consent_needed(&self) -> Result<Vec<&'d str>, Refusal> {
        if self.proof.client()?.consent_method == ConsentMethod::Trusted {
            return Ok(Vec::new());
        }
        let granted = self.granted().map_or(&[][..], |(scopes, _)| scopes);
        let all = self.proof.server.definition().scopes.iter();
        let needed = all.filter(|scope| scope.consent != Consent::Implicit);
        let needed = needed.map(|scope| scope.name.as_str());
        Ok(needed.filter(|name| granted.contains(name)).collect())
    }

    /// The claims of the tokens, if any are granted.
    ///
    /// # Errors
    /// The refusal by policy, or a claim that could not be evaluated.
    pub fn claim_set(&'d self, worker: &mut Worker) -> Result<ClaimSet<'d>, Refusal> {
        self.claim_set_of(Wanted::USUAL, worker)
    }

    /// As [`Decided::claim_set`], of these tokens.
    pub(super) fn claim_set_of(
        &'d self,
        wanted: Wanted,
        worker: &mut Worker,
    ) -> Result<ClaimSet<'d>, Refusal> {
        self.permit()?;
        ClaimSet::assemble(self, wanted, worker)
    }

    /// That something is granted.
    pub(super) fn permit_by_rule(&self) -> Result<(), Refusal> {
        let strict = self.proof.server.definition().strict_errors;
        self.refused().map_or(Ok(()), |refused| Err(Refusal::by_policy(refused, strict)))
    }

    /// That something is granted, and that which claims are added is known.
    pub(super) fn permit(&self) -> Result<(), Refusal> {
        self.permit_by_rule()?;
        let definition = self.proof.server.definition();
        if let Some(Err(TokenPolicyFault { policy, cause })) = &self.customisation {
            let found = definition.token_policies.iter().find(|known| known.name == *policy);
            let claim = found.and_then(|found| found.claims.first());
            let name = claim.map_or(policy.as_str(), |claim| claim.name.as_str());
            return Err(Refusal::by_claim(&ClaimFault::policy(name, policy, cause)));
        }
        Ok(())
    }
}
