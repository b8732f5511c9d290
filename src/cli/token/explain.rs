//! What was decided and why, for a person and for a program.

use crate::claims::{ExplainedClaim, Outcome};
use crate::grant::{Issued, Refusal};
use crate::policy::{ConsideredTokenPolicy, Decision};
use crate::random::Random;
use serde_json::{Map, Value, json};

/// Whether the tokens are signed.
pub(super) enum Signing<'m> {
    Yes(&'m Random),
    No,
}

/// Everything there is to say about one request.
pub(super) struct Explanation<'e> {
    pub(super) issuer: &'e str,
    pub(super) client: &'e str,
    pub(super) user: Option<&'e str>,
    pub(super) grant: &'e str,
    pub(super) audience: &'e str,
    pub(super) decision: &'e Decision<'e>,
    pub(super) considered: &'e [ConsideredTokenPolicy<'e>],
    pub(super) tokens: Result<Tokens, Refusal>,
}

/// The claims of the tokens, and the tokens if they were signed.
pub(super) struct Tokens {
    pub(super) access: Vec<ExplainedClaim>,
    pub(super) identity: Option<Vec<ExplainedClaim>>,
    pub(super) issued: Option<Issued>,
}

impl Explanation<'_> {
    pub(super) fn is_granted(&self) -> bool {
        self.tokens.is_ok()
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |line: &str| {
            text.push_str(line.trim_end());
            text.push('\n');
        };
        line(&format!("issuer    {}", self.issuer));
        line(&format!("client    {}", self.client));
        line(&format!("user      {}", self.user.unwrap_or("none")));
        line(&format!("grant     {}", self.grant));
        line(&format!("audience  {}", self.audience));
        if let Ok(allowed) = &self.decision.outcome {
            line(&format!("scopes    {}", allowed.scopes.join(" ")));
        }
        line("\naccess policies");
        for considered in &self.decision.considered {
            let rule = considered.rule.map(|rule| format!(" / {rule}")).unwrap_or_default();
            line(&format!("  {}{rule}: {}", considered.policy, considered));
        }
        if !self.considered.is_empty() {
            line("\ntoken policies");
        }
        for considered in self.considered {
            let mismatch = considered.mismatch.as_ref().map(ToString::to_string);
            let verdict = mismatch.unwrap_or_else(|| "applies".to_owned());
            line(&format!("  {}: {verdict}", considered.policy));
        }
        match (&self.tokens, &self.decision.outcome) {
            (Ok(tokens), Ok(allowed)) => {
                let minutes = allowed.lifetimes.access_token_minutes;
                line(&format!("\naccess token, for {minutes} minutes"));
                claims_to_text(&tokens.access, &mut line);
                if let Some(identity) = &tokens.identity {
                    line("\nID token, for 60 minutes");
                    claims_to_text(identity, &mut line);
                }
                if let Some(issued) = &tokens.issued {
                    line(&format!("\naccess_token {}", issued.access_token));
                    if let Some(id_token) = &issued.id_token {
                        line(&format!("\nid_token {id_token}"));
                    }
                }
            }
            (Err(refusal), _) => line(&format!("\nrefused: {refusal}")),
            (Ok(_), Err(refused)) => line(&format!("\nrefused: {refused}")),
        }
        text
    }

    pub(super) fn to_json(&self) -> Value {
        let considered: Vec<Value> = self
            .decision
            .considered
            .iter()
            .map(|considered| {
                let verdict = considered.to_string();
                json!({"policy": considered.policy, "rule": considered.rule, "verdict": verdict})
            })
            .collect();
        let token_policies: Vec<Value> = self
            .considered
            .iter()
            .map(|considered| {
                let mismatch = considered.mismatch.as_ref().map(ToString::to_string);
                json!({"policy": considered.policy, "applies": mismatch.is_none(), "reason": mismatch})
            })
            .collect();
        let mut told = json!({
            "issuer": self.issuer,
            "client": self.client,
            "user": self.user,
            "grant": self.grant,
            "audience": self.audience,
            "considered": considered,
            "tokenPolicies": token_policies,
        });
        let Value::Object(members) = &mut told else { return told };
        if let Ok(allowed) = &self.decision.outcome {
            members.insert(
                "matched".to_owned(),
                json!({"policy": allowed.policy, "rule": allowed.rule}),
            );
            members.insert("scopes".to_owned(), json!(allowed.scopes.as_slice()));
            let minutes = allowed.lifetimes.access_token_minutes;
            members.insert("accessTokenLifetimeMinutes".to_owned(), json!(minutes));
        }
        match &self.tokens {
            Ok(tokens) => {
                let (access, identity) = match &tokens.issued {
                    Some(issued) => {
                        (Some(issued.access_token.as_str()), issued.id_token.as_deref())
                    }
                    None => (None, None),
                };
                members.insert("accessToken".to_owned(), token_to_json(&tokens.access, access));
                if let Some(claims) = &tokens.identity {
                    members.insert("idToken".to_owned(), token_to_json(claims, identity));
                }
            }
            Err(refusal) => {
                let (error, description) = (refusal.code, &refusal.description);
                let told = json!({
                    "error": error, "error_description": description, "cause": refusal.cause,
                });
                members.insert("refused".to_owned(), told);
            }
        }
        told
    }
}

fn claims_to_text(claims: &[ExplainedClaim], line: &mut impl FnMut(&str)) {
    for claim in claims {
        let by = claim.policy.as_ref().map(|policy| format!(" (by `{policy}`)"));
        let by = by.unwrap_or_default();
        line(&match &claim.outcome {
            Outcome::Value(value) => format!("  {} = {value}{by}", claim.name),
            Outcome::Absent(absence) => format!("  {} is absent{by}: {absence}", claim.name),
        });
    }
}

fn token_to_json(claims: &[ExplainedClaim], token: Option<&str>) -> Value {
    let claims: Vec<Value> = claims
        .iter()
        .map(|claim| {
            let mut told = Map::new();
            told.insert("name".to_owned(), json!(claim.name));
            told.insert("policy".to_owned(), json!(claim.policy));
            match &claim.outcome {
                Outcome::Value(value) => told.insert("value".to_owned(), value.clone()),
                Outcome::Absent(absence) => {
                    told.insert("absent".to_owned(), json!(absence.to_string()))
                }
            };
            Value::Object(told)
        })
        .collect();
    json!({"claims": claims, "token": token})
}
