//! From a decision to signed tokens.

use super::hook::{self, Asking, Payloads, Protection};
use super::{Decided, Grant, Proof, Refusal, SignIn, Surroundings};
use crate::audit::{Origin, OriginMember};
use crate::buffer::Buffer;
use crate::claims::{self, Evaluation, ExplainedClaim, Occasion, Values};
use crate::directory::Person;
use crate::policy::Delivery;
use crate::program::Worker;
use crate::publish::RunningHook;
use crate::random::Random;
use crate::server::{AccessTokenFormat, ClaimType, Lifetimes};
use crate::token::opaque::{access_jti, identity_jti};
use crate::token::{
    AccessClaims, AccessLayout, IdentityClaims, KeyError, TokenType, half_hash, write_access,
    write_identity,
};
use serde_json::Value;
use std::sync::Arc;

/// How long an ID token lives, in seconds (authorization-server §2.10).
const IDENTITY_SECONDS: i64 = 3600;

/// Which tokens an answer has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) access: bool,
    /// How much an ID token says; there is one with `openid` and a person.
    pub(super) identity: Option<Delivery>,
}

impl Wanted {
    /// What the token endpoint answers.
    pub(super) const USUAL: Self = Self { access: true, identity: Some(Delivery::Thin) };
}

/// How tokens reach their client.
#[derive(Clone, Copy, Debug)]
pub(super) enum Channel<'c> {
    /// From the token endpoint.
    Token,
    /// By way of the browser, beside this code if there is one.
    Browser { code: Option<&'c str> },
}

/// The claims of the tokens of one answer, evaluated but not signed.
#[derive(Debug)]
pub struct ClaimSet<'d> {
    decided: &'d Decided<'d>,
    wanted: Wanted,
    scopes: &'d [&'d str],
    lifetimes: Lifetimes,
    /// `"name":value,…`, `sub` first.
    access: Buffer,
    /// The same of the ID token, if there is one.
    identity: Option<Buffer>,
}

/// Tokens, as the client gets them.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    pub access_token: String,
    /// Seconds.
    pub expires_in: i64,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    pub id_token: Option<String>,
    pub refresh_token: Option<String>,
    /// `Bearer`, or `DPoP` where the access token is bound to a key.
    pub token_type: &'static str,
    /// Of a token exchange (RFC 8693 §2.2.1).
    pub issued_token_type: Option<&'static str>,
    /// Whose they are, for the record.
    pub user: Option<Arc<Person>>,
    /// What they came of, for the record.
    pub origin: Arc<Origin>,
}

/// Tokens that are signed and that nobody was given yet: what they rest on may still have to be
/// written.
#[derive(Debug)]
pub struct Signed(Issued);

/// Tokens as far as they were wanted, that nobody was given yet.
pub(super) struct SignedTokens {
    pub(super) access_token: Option<String>,
    pub(super) id_token: Option<String>,
    /// How long the access token lives, in seconds.
    pub(super) expires_in: i64,
}

impl Signed {
    /// How long the access token lives, in seconds.
    pub(super) fn expires_in(&self) -> i64 {
        self.0.expires_in
    }

    /// Whether this scope was granted.
    pub(super) fn has_scope(&self, name: &str) -> bool {
        self.0.scope.split(' ').any(|scope| scope == name)
    }

    /// The tokens, with the refresh token of their family if it has one, now that everything they
    /// rest on is kept.
    pub(super) fn with(self, refresh_token: Option<String>) -> Issued {
        Issued { refresh_token, ..self.0 }
    }

    /// The tokens, now that everything they rest on is kept, or that they rest on nothing.
    #[must_use]
    pub fn given(self) -> Issued {
        self.0
    }
}

impl<'d> ClaimSet<'d> {
    /// Evaluates the claims. An ID token comes with `openid` and a person.
    pub(super) fn assemble(
        decided: &'d Decided<'d>,
        wanted: Wanted,
        worker: &mut Worker,
    ) -> Result<Self, Refusal> {
        let Some((scopes, lifetimes)) = decided.granted() else {
            return Err(Refusal::failure("nothing is granted"));
        };
        let of_access = wanted.access.then_some((ClaimType::Resource, Delivery::Full));
        let of_identity = identity_delivery(decided, wanted, scopes);
        let of_identity = of_identity.map(|delivery| (ClaimType::Identity, delivery));
        let (access, identity) = evaluate(decided, scopes, of_access, of_identity, worker)?;
        let access = access.unwrap_or_else(Buffer::take);
        Ok(Self { decided, wanted, scopes, lifetimes, access, identity })
    }

    /// What policies say of the person or client in the access token and in the ID token, if there is
    /// one: members of an object, `"name":value,…`.
    #[must_use]
    pub fn members(&self) -> (&[u8], Option<&[u8]>) {
        (&self.access, self.identity.as_ref().map(|claims| &claims[..]))
    }

    /// Every claim that the access token could have, with its value or why it is absent.
    #[must_use]
    pub fn explain_access(&self) -> Vec<ExplainedClaim> {
        self.explain(ClaimType::Resource, Delivery::Full, &self.access)
    }

    /// The same of the ID token; `None` where none is issued.
    #[must_use]
    pub fn explain_identity(&self) -> Option<Vec<ExplainedClaim>> {
        let claims = self.identity.as_ref()?;
        Some(self.explain(ClaimType::Identity, Delivery::Thin, claims))
    }

    fn explain(
        &self,
        claim_type: ClaimType,
        delivery: Delivery,
        claims: &[u8],
    ) -> Vec<ExplainedClaim> {
        let object = [b"{", claims, b"}"].concat();
        let claims = serde_json::from_slice(&object).unwrap_or_default();
        let occasion = occasion(self.decided, self.scopes);
        let (considered, values) = (self.decided.considered(), Values::Told(&claims));
        claims::explain(&occasion, claim_type, delivery, considered, values)
    }

    /// Signs the tokens.
    ///
    /// # Errors
    /// `server_error` where the library refuses to sign.
    pub fn sign(&self, random: &Random) -> Result<Signed, Refusal> {
        let (access_token, id_token) = self.sign_beside(random, None)?;
        Ok(self.answered(access_token.unwrap_or_default(), id_token, self.expires_in()))
    }

    fn answered(&self, access_token: String, id_token: Option<String>, expires_in: i64) -> Signed {
        let is_bound = self.decided.proof.thumbprint.is_some();
        Signed(Issued {
            access_token,
            expires_in,
            scope: self.scope(),
            id_token,
            refresh_token: None,
            token_type: if is_bound { "DPoP" } else { "Bearer" },
            issued_token_type: None,
            user: self.decided.proof.sign_in.as_ref().map(|sign_in| Arc::clone(&sign_in.user)),
            origin: Arc::new(self.origin()),
        })
    }

    fn origin(&self) -> Origin {
        let proof = self.decided.proof;
        let methods = proof.sign_in.as_ref().map(|known| known.methods.as_slice());
        let (policy, rule) = self.rule().unwrap_or_default();
        let mut origin = Origin::default();
        origin.push(OriginMember::Audience, [proof.audience]);
        origin.push(OriginMember::OriginalGrant, Grant::word_of(proof.grant_type));
        origin.push(OriginMember::RequestedScopes, proof.scopes.iter().map(String::as_str));
        origin.push(OriginMember::Methods, methods.iter().copied().flatten().map(String::as_str));
        origin.push(OriginMember::Policy, [policy]);
        origin.push(OriginMember::Rule, [rule]);
        origin.push(OriginMember::ServerVersion, [proof.server.version()]);
        origin
    }

    /// How long the access token lives, in seconds.
    pub(super) fn expires_in(&self) -> i64 {
        let longest = i64::from(self.lifetimes.access_token_minutes) * 60;
        let ends_at = self.decided.proof.delegation.as_ref().map(|delegation| delegation.ends_at);
        let left = ends_at.map(|end| end.saturating_sub(self.decided.now));
        left.map_or(longest, |left| left.min(longest))
    }

    /// The scopes granted, separated by spaces.
    pub(super) fn scope(&self) -> String {
        self.scopes.join(" ")
    }

    /// The access token and the ID token, as far as they are wanted, that are answered beside `code`.
    pub(super) fn sign_beside(
        &self,
        random: &Random,
        code: Option<&str>,
    ) -> Result<(Option<String>, Option<String>), Refusal> {
        let access_token = match self.wanted.access {
            true => Some(self.sign_access(random).map_err(|error| failure(&error))?),
            false => None,
        };
        let id_token = match &self.identity {
            Some(claims) => {
                let signed = self.sign_identity(random, claims, access_token.as_deref(), code);
                Some(signed.map_err(|error| failure(&error))?)
            }
            None => None,
        };
        Ok((access_token, id_token))
    }

    /// As [`ClaimSet::sign`], once the hook of the rule that allowed it was asked, if it has one.
    ///
    /// # Errors
    /// What the hook says, or `server_error` where the library refuses to sign.
    pub(super) async fn sign_asking(&self, around: &Surroundings<'_>) -> Result<Signed, Refusal> {
        if self.hook().is_none() {
            return self.sign(around.random);
        }
        let signed = self.sign_for(Channel::Token, &around.asking()).await?;
        let SignedTokens { access_token, id_token, expires_in } = signed;
        Ok(self.answered(access_token.unwrap_or_default(), id_token, expires_in))
    }

    /// The tokens that are wanted, once the hook of the rule that allowed it was asked, if it has one.
    ///
    /// # Errors
    /// As [`ClaimSet::sign_asking`].
    pub(super) async fn sign_for(
        &self,
        channel: Channel<'_>,
        asking: &Asking<'_>,
    ) -> Result<SignedTokens, Refusal> {
        let code = match channel {
            Channel::Browser { code } => code,
            Channel::Token => None,
        };
        let Some(hook) = self.hook() else {
            let (access_token, id_token) = self.sign_beside(asking.random, code)?;
            return Ok(SignedTokens { access_token, id_token, expires_in: self.expires_in() });
        };
        let payloads = self.payloads(asking.random)?;
        let changed = hook::transform(hook, self, payloads, channel, asking).await?;
        self.sign_changed(changed, code).map_err(|error| failure(&error))
    }

    /// Signs claims that a hook may have changed.
    fn sign_changed(
        &self,
        payloads: Payloads,
        code: Option<&str>,
    ) -> Result<SignedTokens, KeyError> {
        let issued_at = self.decided.now;
        let ends_at = payloads.access.as_ref().and_then(|access| access.get("exp")?.as_i64());
        let expires_in = match ends_at {
            Some(end) => end.saturating_sub(issued_at),
            None => self.expires_in(),
        };
        let access_token = payloads.access.map(|access| {
            self.signed(self.layout().1, Value::Object(access).to_string().as_bytes())
        });
        let access_token = access_token.transpose()?;
        let algorithm = self.decided.proof.server.keys().active().key().algorithm();
        let id_token = payloads.identity.map(|mut identity| {
            for (name, text) in [("at_hash", access_token.as_deref()), ("c_hash", code)] {
                if let Some(text) = text {
                    let hash = half_hash(algorithm, text).to_string();
                    identity.insert(name.to_owned(), Value::from(hash));
                }
            }
            self.signed(TokenType::Unsaid, Value::Object(identity).to_string().as_bytes())
        });
        Ok(SignedTokens { access_token, id_token: id_token.transpose()?, expires_in })
    }

    /// What the client asked for, by way of the browser (OAuth 2.0 Multiple Response Types §3).
    pub(super) fn response_type(&self, has_code: bool) -> String {
        let words = [
            ("code", has_code),
            ("id_token", self.identity.is_some()),
            ("token", self.wanted.access),
        ];
        let words = words.into_iter().filter(|(_, is_wanted)| *is_wanted);
        words.map(|(word, _)| word).collect::<Vec<_>>().join(" ")
    }

    /// The claims as the hook is shown them.
    fn payloads(&self, random: &Random) -> Result<Payloads, Refusal> {
        let object = |payload: &[u8]| match serde_json::from_slice(payload) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Err(Refusal::failure("claims are no JSON object")),
        };
        let access = self.wanted.access.then(|| object(&self.access_payload(random)));
        let identity = self.unsigned_identity_payload(random).map(|payload| object(&payload));
        Ok(Payloads { access: access.transpose()?, identity: identity.transpose()? })
    }

    /// The hook of the rule that allowed it, if it has one that is active.
    pub(super) fn hook(&self) -> Option<&'d RunningHook> {
        let id = self.decided.decision().outcome.as_ref().ok()?.inline_hook()?;
        self.decided.proof.published.find_hook(id)
    }

    pub(super) fn proof(&self) -> &'d Proof<'d> {
        self.decided.proof
    }

    /// The ids of the policy and of its rule that allowed it, where that was decided now.
    pub(super) fn rule(&self) -> Option<(&'d str, &'d str)> {
        self.decided.decision().outcome.as_ref().ok()?.ids()
    }

    /// What a hook must leave alone.
    pub(super) fn protection(&self) -> Protection<'d> {
        let proof = self.decided.proof;
        let definition = proof.server.definition();
        Protection {
            format: definition.access_token_format,
            audiences: &definition.audiences,
            longest: proof.delegation.as_ref().map(|_| self.expires_in()),
        }
    }

    pub(super) fn layout(&self) -> (AccessLayout, TokenType) {
        match self.decided.proof.server.definition().access_token_format {
            AccessTokenFormat::Okta => (AccessLayout::Okta, TokenType::Unsaid),
            AccessTokenFormat::Rfc9068 => (AccessLayout::Rfc9068, TokenType::AccessToken),
            AccessTokenFormat::Both => (AccessLayout::Both, TokenType::AccessToken),
        }
    }

    fn sign_access(&self, random: &Random) -> Result<String, KeyError> {
        self.signed(self.layout().1, &self.access_payload(random))
    }

    pub(super) fn access_payload(&self, random: &Random) -> Buffer {
        let expires_in = self.expires_in();
        let proof = self.decided.proof;
        let (layout, _) = self.layout();
        let family = proof.family.map(|family| family.text());
        let sign_in = proof.sign_in.as_ref();
        let claims = AccessClaims {
            jti: &access_jti(random, family.as_deref()),
            issuer: proof.server.issuer(),
            audience: proof.audience,
            issued_at: self.decided.now,
            expires_at: self.decided.now.saturating_add(expires_in),
            client: client_id(self.decided),
            user: proof.user().map(|user| user.id.as_str()),
            scopes: self.scopes,
            auth_time: sign_in.map(|sign_in| sign_in.auth_time),
            acr: sign_in.and_then(|sign_in| sign_in.acr.as_deref()),
            thumbprint: proof.thumbprint.as_deref(),
            actor: proof.delegation.as_ref().map(|delegation| delegation.actor.as_str()),
            layout,
        };
        let mut payload = Buffer::take();
        write_access(&mut payload, &claims, &self.access);
        payload
    }

    fn sign_identity(
        &self,
        random: &Random,
        custom: &[u8],
        access_token: Option<&str>,
        code: Option<&str>,
    ) -> Result<String, KeyError> {
        self.signed(TokenType::Unsaid, &self.identity_payload(random, custom, access_token, code))
    }

    /// The claims of the ID token, if there is one, as far as they depend on nothing signed.
    pub(super) fn unsigned_identity_payload(&self, random: &Random) -> Option<Buffer> {
        let custom = self.identity.as_ref()?;
        Some(self.identity_payload(random, custom, None, None))
    }

    fn identity_payload(
        &self,
        random: &Random,
        custom: &[u8],
        access_token: Option<&str>,
        code: Option<&str>,
    ) -> Buffer {
        let proof = self.decided.proof;
        let algorithm = proof.server.keys().active().key().algorithm();
        let sign_in = proof.sign_in.as_ref();
        let at_hash = access_token.map(|token| half_hash(algorithm, token));
        let c_hash = code.map(|code| half_hash(algorithm, code));
        let claims = IdentityClaims {
            subject: proof.user().map_or("", |user| &user.id),
            issuer: proof.server.issuer(),
            client: client_id(self.decided),
            issued_at: self.decided.now,
            expires_at: self.decided.now.saturating_add(IDENTITY_SECONDS),
            jti: &identity_jti(random),
            methods: &sign_in.map(SignIn::methods).unwrap_or_default(),
            identity_provider: proof.published.organization_id(),
            nonce: proof.nonce.as_deref(),
            auth_time: sign_in.map_or(self.decided.now, |sign_in| sign_in.auth_time),
            acr: sign_in.and_then(|sign_in| sign_in.acr.as_deref()),
            at_hash: at_hash.as_deref(),
            c_hash: c_hash.as_deref(),
        };
        let mut payload = Buffer::take();
        write_identity(&mut payload, &claims, custom);
        payload
    }

    fn signed(&self, token_type: TokenType, payload: &[u8]) -> Result<String, KeyError> {
        let signer = self.decided.proof.server.keys().active();
        let mut token = String::with_capacity(signer.length(payload.len()));
        signer.sign(token_type, payload, &mut token)?;
        Ok(token)
    }
}

impl Decided<'_> {
    /// Every claim about the person that the scopes give, as one JSON object, `sub` first.
    pub(super) fn userinfo(&self, worker: &mut Worker) -> Result<Vec<u8>, Refusal> {
        self.permit()?;
        let Some((scopes, _)) = self.granted() else {
            return Err(Refusal::failure("nothing is granted"));
        };
        let wanted = Some((ClaimType::Identity, Delivery::Full));
        let (_, claims) = evaluate(self, scopes, None, wanted, worker)?;
        let claims = claims.unwrap_or_else(Buffer::take);
        let subject = self.proof.user().map_or("", |user| &user.id);
        let mut object = format!(r#"{{"sub":{}"#, serde_json::Value::from(subject)).into_bytes();
        if !claims.is_empty() {
            object.push(b',');
            object.extend_from_slice(&claims);
        }
        object.push(b'}');
        Ok(object)
    }
}

/// How much the ID token says, if there is one: it comes with `openid` and a person.
pub(super) fn identity_delivery(
    decided: &Decided<'_>,
    wanted: Wanted,
    scopes: &[&str],
) -> Option<Delivery> {
    let Proof { sign_in, delegation, .. } = decided.proof;
    let has_identity = sign_in.is_some() && delegation.is_none() && scopes.contains(&"openid");
    wanted.identity.filter(|_| has_identity)
}

/// The claims of each kind that is wanted, as members of an object.
fn evaluate(
    decided: &Decided<'_>,
    scopes: &[&str],
    one: Option<(ClaimType, Delivery)>,
    other: Option<(ClaimType, Delivery)>,
    worker: &mut Worker,
) -> Result<(Option<Buffer>, Option<Buffer>), Refusal> {
    let proof = decided.proof;
    let packed;
    let records = match decided.known_records(scopes) {
        Some(known) => known,
        None => {
            packed = decided.pack_records(scopes)?;
            &packed
        }
    };
    let roots = proof.roots(records, decided.now);
    let occasion = occasion(decided, scopes);
    let programs = proof.server.programs();
    let mut evaluation = Evaluation { programs, roots: &roots, worker, engine: proof.engine };
    let mut assemble = |(claim_type, delivery)| {
        let mut claims = Buffer::take();
        claims::assemble(&occasion, claim_type, delivery, &mut evaluation, &mut claims)
            .map_err(|fault| Refusal::by_claim(&fault))?;
        Ok::<_, Refusal>(claims)
    };
    let one = one.map(&mut assemble).transpose()?;
    Ok((one, other.map(assemble).transpose()?))
}

fn client_id<'d>(decided: &'d Decided<'_>) -> &'d str {
    decided.proof.client().map_or("", |client| &client.client_id)
}

pub(super) fn occasion<'o>(decided: &'o Decided<'o>, scopes: &'o [&'o str]) -> Occasion<'o> {
    let proof = decided.proof;
    Occasion {
        server: proof.server.definition(),
        plan: proof.server.plan(),
        user: proof.user(),
        scopes,
        policies: decided.policies(),
        grant_type: proof.grant_type,
    }
}

fn failure(error: &KeyError) -> Refusal {
    Refusal::failure(&error.to_string())
}

/// No token is printed.
impl std::fmt::Debug for Issued {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Issued")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
