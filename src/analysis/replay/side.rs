//! One version, and what it makes of a recorded decision: by the issuer's own decision and claims, on
//! machine code. Only where the version reads what may not have been recorded is it looked at which
//! expressions had a say.

use super::Recorded;
use crate::claims::{Absence, ExplainedClaim, Outcome as Value};
use crate::grant::{ClaimSet, Decided, Grant, Proof, Refusal, SignIn};
use crate::policy::{TokenPolicyMismatch, Trace, Verdict};
use crate::program::{Reads, Worker};
use crate::publish::{Published, RunningServer};
use crate::schema::Path;
use crate::server::{ExpressionText, Lifetimes};
use std::collections::{BTreeMap, BTreeSet};

/// A version.
#[derive(Debug)]
pub(super) struct Side<'v> {
    published: &'v Published,
    /// By the id of the server.
    servers: BTreeMap<&'v str, Reading<'v>>,
}

/// What the policies of a server read.
#[derive(Debug)]
struct Reading<'v> {
    server: &'v RunningServer,
    expressions: Vec<(&'v ExpressionText, Reads)>,
    /// Of all of them, and of what reads without an expression.
    attributes: BTreeSet<String>,
    reached: BTreeSet<Path>,
}

/// What became of a decision.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    Granted(Box<Tokens>),
    Refused {
        error: String,
        cause: String,
    },
    /// It reads this attribute, which was not recorded.
    Undecidable(String),
}

/// What would be issued.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tokens {
    pub(super) rule: String,
    pub(super) scopes: Vec<String>,
    pub(super) lifetimes: Lifetimes,
    /// `"name":value,…`
    pub(super) access: Vec<u8>,
    pub(super) identity: Option<Vec<u8>>,
}

impl<'v> Side<'v> {
    pub(super) fn new(published: &'v Published) -> Self {
        let reading = |server: &'v RunningServer| {
            let expressions = server.reads();
            let mut attributes: BTreeSet<String> =
                server.plain_reads().map(str::to_owned).collect();
            let mut reached = BTreeSet::new();
            for (_, reads) in &expressions {
                attributes.extend(reads.attributes.iter().cloned());
                reached.extend(reads.reached.iter().cloned());
                if reads.everything {
                    attributes.extend(published.user_schema().iter().map(|a| a.name.clone()));
                }
            }
            (server.definition().id.as_str(), Reading { server, expressions, attributes, reached })
        };
        Self { published, servers: published.servers().iter().map(reading).collect() }
    }

    pub(super) fn published(&self) -> &'v Published {
        self.published
    }

    /// What this version makes of it.
    pub(super) fn decide(&self, recorded: &Recorded, worker: &mut Worker) -> Outcome {
        let refused = |error: &str, cause: &str| Outcome::Refused {
            error: error.to_owned(),
            cause: cause.to_owned(),
        };
        let found = self.servers.get(recorded.server.as_str());
        let active = |reading: &&Reading<'_>| reading.server.definition().status.is_active();
        let Some(reading) = found.filter(active) else {
            return refused("invalid_request", "the server is no more");
        };
        let server = reading.server;
        let client = self.published.directory().find_application_index(&recorded.client);
        let Some(client) = client else {
            return refused("invalid_client", "the client is no more");
        };
        let mut audiences = server.definition().audiences.iter();
        let Some(audience) = audiences.find(|known| **known == recorded.audience) else {
            return refused("invalid_target", "the audience is no more");
        };
        let mut words = Grant::WORDS.iter();
        let Some((grant_type, _)) = words.find(|(word, _)| *word == recorded.grant_type) else {
            return refused("unsupported_grant_type", "the grant is no more");
        };
        let sign_in = match &recorded.user {
            None => None,
            Some(user) => match user.person(self.published) {
                Some(person) => Some(SignIn {
                    user: person,
                    auth_time: recorded.at,
                    methods: recorded.methods.clone(),
                    acr: None,
                    session: recorded.session.clone(),
                }),
                None => {
                    return Outcome::Undecidable(
                        "the schema, which the person does not fit".to_owned(),
                    );
                }
            },
        };
        let scope = recorded.scopes.join(" ");
        let proof = Proof::by_operator(
            self.published,
            server,
            client,
            sign_in,
            grant_type,
            &scope,
            audience,
        );
        let proof = match (proof, recorded.and_implicit) {
            (Ok(proof), true) => proof.and_implicit(),
            (proof, _) => proof,
        };
        let proof = match proof {
            Ok(proof) if recorded.delegated => proof.on_behalf(),
            Ok(proof) => proof,
            Err(refusal) => return of_refusal(&refusal),
        };
        let unknown = reading.unknown(recorded);
        let trace = if unknown.is_empty() { Trace::Skip } else { Trace::Keep };
        let decided = match proof.decide(trace, recorded.at, worker) {
            Ok(decided) => decided,
            Err(refusal) => return of_refusal(&refusal),
        };
        let claims = decided.claim_set(worker);
        if let Some(read) = reading.had_a_say(&decided, claims.as_ref().ok(), &unknown) {
            return Outcome::Undecidable(read);
        }
        match (claims, &decided.decision().outcome) {
            (Ok(claims), Ok(allowed)) => {
                let (access, identity) = claims.members();
                let (policy, rule) = allowed.names();
                Outcome::Granted(Box::new(Tokens {
                    rule: format!("{policy} / {rule}"),
                    scopes: allowed.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                    lifetimes: allowed.lifetimes(),
                    access: access.to_vec(),
                    identity: identity.map(<[u8]>::to_vec),
                }))
            }
            (Err(refusal), _) => of_refusal(&refusal),
            (Ok(_), Err(why)) => refused(why.code(), &why.to_string()),
        }
    }
}

fn of_refusal(refusal: &Refusal) -> Outcome {
    let cause = refusal.cause.clone().unwrap_or_else(|| refusal.description.clone());
    Outcome::Refused { error: refusal.code.to_owned(), cause }
}

/// What is read and was not recorded.
#[derive(Debug, Default)]
struct Unknown<'s> {
    attributes: Vec<&'s str>,
    /// Ways to others.
    reached: Vec<&'s Path>,
}

impl Unknown<'_> {
    fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.reached.is_empty()
    }
}

impl Reading<'_> {
    /// What the server reads and was not recorded.
    fn unknown<'s>(&'s self, recorded: &Recorded) -> Unknown<'s> {
        let Some(user) = &recorded.user else { return Unknown::default() };
        let attributes = self.attributes.iter().filter(|name| !user.knows(name));
        let reached = self.reached.iter().filter(|path| !user.knows_reached(path));
        Unknown { attributes: attributes.map(String::as_str).collect(), reached: reached.collect() }
    }

    /// The unknown attribute that something read on the way to what was decided, if any did.
    fn had_a_say(
        &self,
        decided: &Decided<'_>,
        claims: Option<&ClaimSet<'_>>,
        unknown: &Unknown<'_>,
    ) -> Option<String> {
        if unknown.is_empty() {
            return None;
        }
        let Unknown { attributes: unknown, reached } = unknown;
        let mut texts = self.conditions(decided);
        let plain = self.tests(decided, unknown);
        match claims {
            Some(claims) => {
                let identity = claims.explain_identity().unwrap_or_default();
                for claim in claims.explain_access().iter().chain(&identity) {
                    texts.extend(expression_of(claim));
                }
            }
            // Which claims were evaluated before one failed is not told.
            None if decided.decision().outcome.is_ok() => {
                texts.extend(self.server.definition().expressions().map(|e| e.text.clone()));
            }
            None => {}
        }
        let reads =
            self.expressions.iter().filter(|(known, _)| texts.contains(known.text.as_str()));
        let read = reads.into_iter().find_map(|(expression, reads)| {
            let named =
                unknown.iter().find(|name| reads.everything || reads.attributes.contains(**name));
            let named = named.map(|name| format!("`user.{name}`"));
            let way = reached.iter().find(|path| reads.reached.contains(*path));
            let named = named.or_else(|| way.map(|path| format!("`{path}`")));
            named.map(|named| format!("{named}, in {}", expression.path))
        });
        let of_system = claims.is_some_and(|claims| claims.members().1.is_some());
        let system =
            crate::claims::system_attributes().find(|name| of_system && unknown.contains(name));
        read.or(plain)
            .or_else(|| system.map(|name| format!("`user.{name}`, in the server's own claims")))
    }

    /// The conditions that were evaluated.
    fn conditions(&self, decided: &Decided<'_>) -> BTreeSet<String> {
        let definition = self.server.definition();
        let mut texts = BTreeSet::new();
        for considered in &decided.decision().considered {
            let is_evaluated = matches!(
                considered.verdict,
                Verdict::ConditionFalse
                    | Verdict::ConditionNull
                    | Verdict::ConditionNotBoolean
                    | Verdict::ConditionFault(_)
                    | Verdict::Denied
                    | Verdict::Allowed
            );
            let policies = definition.policies.iter().filter(|p| p.name == considered.policy);
            let mut rules = policies.flat_map(|policy| &policy.rules);
            let rule = rules.find(|rule| Some(rule.name.as_str()) == considered.rule);
            let condition = rule.and_then(|rule| rule.condition.as_ref()).filter(|_| is_evaluated);
            texts.extend(condition.map(|condition| condition.text.clone()));
        }
        for (policy, considered) in definition.token_policies.iter().zip(decided.considered()) {
            let is_evaluated = matches!(
                considered.mismatch,
                None | Some(
                    TokenPolicyMismatch::ConditionFalse
                        | TokenPolicyMismatch::ConditionNull
                        | TokenPolicyMismatch::ConditionNotBoolean
                )
            );
            let condition = policy.condition.as_ref().filter(|_| is_evaluated);
            texts.extend(condition.map(|condition| condition.text.clone()));
        }
        texts
    }

    /// An unknown attribute that a token policy compared.
    fn tests(&self, decided: &Decided<'_>, unknown: &[&str]) -> Option<String> {
        let policies = self.server.definition().token_policies.iter();
        policies.zip(decided.considered()).find_map(|(policy, considered)| {
            let is_reached = !matches!(
                considered.mismatch,
                Some(
                    TokenPolicyMismatch::Inactive
                        | TokenPolicyMismatch::Groups
                        | TokenPolicyMismatch::Audience
                        | TokenPolicyMismatch::Client
                        | TokenPolicyMismatch::Scopes
                )
            );
            let mut tests = policy.user_attributes.iter().filter(|_| is_reached);
            let test = tests.find(|test| unknown.contains(&test.name.as_str()))?;
            Some(format!("`user.{}`, in the token policy `{}`", test.name, policy.name))
        })
    }
}

/// The expression of a claim that was evaluated.
fn expression_of(claim: &ExplainedClaim) -> Option<String> {
    let is_evaluated = matches!(
        claim.outcome,
        Value::Value(_)
            | Value::Fault(_)
            | Value::Absent(Absence::Null | Absence::EmptyList | Absence::Empty)
    );
    claim.expression.clone().filter(|_| is_evaluated)
}
