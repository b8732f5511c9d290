//! What would change, grouped and counted, with examples.

use super::Recorded;
use super::side::{Outcome, Tokens};
use crate::publish::Published;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most examples of a case.
const EXAMPLES: usize = 3;

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub n_decisions: usize,
    /// How many would give other tokens, or none, or some where there were none.
    pub n_otherwise: usize,
    pub n_undecidable: usize,
    /// By server and by how, the most frequent first.
    cases: BTreeMap<(String, Shift), Case>,
}

/// One way in which decisions come out otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    pub n_decisions: usize,
    pub examples: Vec<Example>,
    /// The groups that every person of it is in: ids until they are named.
    pub groups: Option<BTreeSet<String>>,
}

/// A decision of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub client: String,
    /// The login.
    pub user: Option<String>,
    pub grant_type: String,
    pub scopes: Vec<String>,
    pub before: String,
    pub after: String,
}

/// How a decision comes out otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shift {
    /// It was granted, and would be refused with this error.
    Refused {
        error: String,
    },
    /// It was refused, and would be granted by this rule.
    Granted {
        rule: String,
    },
    /// It is refused either way, with another error.
    OtherError {
        before: String,
        after: String,
    },
    Scopes,
    /// What it is called, and minutes.
    Lifetime {
        what: &'static str,
        before: u32,
        after: u32,
    },
    /// An ID token comes along now.
    IdentityAppears,
    IdentityVanishes,
    ClaimAppears {
        token: &'static str,
        claim: String,
    },
    ClaimVanishes {
        token: &'static str,
        claim: String,
    },
    ClaimChanges {
        token: &'static str,
        claim: String,
    },
    /// What was read and not recorded.
    Undecidable {
        reads: String,
    },
}

impl fmt::Display for Shift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { error } => write!(formatter, "would be refused with {error}"),
            Self::Granted { rule } => write!(formatter, "would be granted by {rule}"),
            Self::OtherError { before, after } => {
                write!(formatter, "would be refused with {after} instead of {before}")
            }
            Self::Scopes => formatter.write_str("other scopes would be granted"),
            Self::Lifetime { what, before, after } => {
                write!(formatter, "{what} would be {after} minutes instead of {before}")
            }
            Self::IdentityAppears => formatter.write_str("an ID token would come along"),
            Self::IdentityVanishes => formatter.write_str("no ID token would come along"),
            Self::ClaimAppears { token, claim } => {
                write!(formatter, "the {token} would have `{claim}`")
            }
            Self::ClaimVanishes { token, claim } => {
                write!(formatter, "the {token} would have no `{claim}` any more")
            }
            Self::ClaimChanges { token, claim } => {
                write!(formatter, "the {token} would have another `{claim}`")
            }
            Self::Undecidable { reads } => {
                write!(formatter, "cannot be decided: it reads {reads}, which was not recorded")
            }
        }
    }
}

/// How two outcomes differ, each with what there was and would be.
pub(super) fn shifts(before: &Outcome, after: &Outcome) -> Vec<(Shift, String, String)> {
    match (before, after) {
        (Outcome::Granted(one), Outcome::Granted(other)) => of_tokens(one, other),
        (Outcome::Granted(one), Outcome::Refused { error, cause }) => {
            let shift = Shift::Refused { error: error.clone() };
            vec![(shift, format!("granted by {}", one.rule), cause.clone())]
        }
        (Outcome::Refused { cause, .. }, Outcome::Granted(other)) => {
            let shift = Shift::Granted { rule: other.rule.clone() };
            vec![(shift, cause.clone(), format!("granted {}", other.scopes.join(" ")))]
        }
        (Outcome::Refused { error: one, cause: why }, Outcome::Refused { error, cause }) => {
            if one == error {
                return Vec::new();
            }
            let shift = Shift::OtherError { before: one.clone(), after: error.clone() };
            vec![(shift, why.clone(), cause.clone())]
        }
        (Outcome::Undecidable(_), _) | (_, Outcome::Undecidable(_)) => Vec::new(),
    }
}

fn of_tokens(one: &Tokens, other: &Tokens) -> Vec<(Shift, String, String)> {
    let mut found = Vec::new();
    if one.scopes != other.scopes {
        found.push((Shift::Scopes, one.scopes.join(" "), other.scopes.join(" ")));
    }
    let (old, new) = (one.lifetimes, other.lifetimes);
    for (what, before, after) in [
        ("the access token's life", old.access_token_minutes, new.access_token_minutes),
        ("the refresh token's life", old.refresh_token_minutes, new.refresh_token_minutes),
        ("the refresh token's window", old.refresh_window_minutes, new.refresh_window_minutes),
    ] {
        if before != after {
            let shift = Shift::Lifetime { what, before, after };
            found.push((shift, before.to_string(), after.to_string()));
        }
    }
    if one.access != other.access {
        of_claims("access token", &one.access, &other.access, &mut found);
    }
    match (&one.identity, &other.identity) {
        (Some(one), Some(other)) if one != other => of_claims("ID token", one, other, &mut found),
        (None, Some(_)) => found.push((Shift::IdentityAppears, String::new(), String::new())),
        (Some(_), None) => found.push((Shift::IdentityVanishes, String::new(), String::new())),
        (Some(_), Some(_)) | (None, None) => {}
    }
    found
}

fn of_claims(
    token: &'static str,
    one: &[u8],
    other: &[u8],
    found: &mut Vec<(Shift, String, String)>,
) {
    let object = |members: &[u8]| -> Map<String, Value> {
        serde_json::from_slice(&[b"{", members, b"}"].concat()).unwrap_or_default()
    };
    let (old, new) = (object(one), object(other));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let claim = name.clone();
        let text = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
        let (before, after) = (old.get(name), new.get(name));
        let shift = match (before, after) {
            (None, Some(_)) => Shift::ClaimAppears { token, claim },
            (Some(_), None) => Shift::ClaimVanishes { token, claim },
            (one, other) if one != other => Shift::ClaimChanges { token, claim },
            _ => continue,
        };
        found.push((shift, text(before), text(after)));
    }
}

impl Report {
    pub(super) fn add(&mut self, recorded: &Recorded, shift: Shift, before: String, after: String) {
        let case = self.cases.entry((recorded.server.clone(), shift)).or_default();
        case.n_decisions += 1;
        let groups: BTreeSet<String> =
            recorded.user.iter().flat_map(|user| user.groups.iter().cloned()).collect();
        case.groups = Some(match case.groups.take() {
            Some(known) => known.intersection(&groups).cloned().collect(),
            None => groups,
        });
        if case.examples.len() < EXAMPLES {
            let user = recorded.user.as_ref().map(|user| user.login.clone());
            let is_new = !case.examples.iter().any(|known| known.user == user && user.is_some());
            if is_new {
                case.examples.push(Example {
                    client: recorded.client.clone(),
                    user,
                    grant_type: recorded.grant_type.clone(),
                    scopes: recorded.scopes.clone(),
                    before,
                    after,
                });
            }
        }
    }

    /// Groups that everybody is in say nothing; the others get their names.
    pub(super) fn name_groups(&mut self, published: &Published) {
        for case in self.cases.values_mut() {
            let ids = case.groups.take().unwrap_or_default();
            let groups = published.directory().groups().iter();
            let named = groups.filter(|group| !group.is_everyone() && ids.contains(&group.id));
            case.groups = Some(named.map(|group| group.name.clone()).collect());
        }
    }

    /// Server, how, and what of it; the most frequent first.
    #[must_use]
    pub fn cases(&self) -> Vec<(&str, &Shift, &Case)> {
        let all = self.cases.iter().map(|((server, shift), case)| (server.as_str(), shift, case));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(_, _, case)| std::cmp::Reverse(case.n_decisions));
        all
    }

    /// For a program.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let example = |example: &Example| {
            json!({
                "client": example.client,
                "user": example.user,
                "grant": example.grant_type,
                "scopes": example.scopes,
                "before": example.before,
                "after": example.after,
            })
        };
        let case = |(server, shift, case): (&str, &Shift, &Case)| {
            json!({
                "server": server,
                "what": shift.to_string(),
                "decisions": case.n_decisions,
                "groups": case.groups,
                "examples": case.examples.iter().map(example).collect::<Vec<_>>(),
            })
        };
        json!({
            "decisions": self.n_decisions,
            "otherwise": self.n_otherwise,
            "undecidable": self.n_undecidable,
            "cases": self.cases().into_iter().map(case).collect::<Vec<_>>(),
        })
    }
}

/// For a person.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_decisions, n_otherwise, n_undecidable, .. } = self;
        writeln!(
            formatter,
            "{n_decisions} recorded decisions: {n_otherwise} come out otherwise, {n_undecidable} \
             cannot be decided"
        )?;
        for (server, shift, case) in self.cases() {
            let Case { n_decisions, examples, groups } = case;
            writeln!(formatter, "\n{n_decisions:>8}  {server}: {shift}")?;
            if let Some(groups) = groups.as_ref().filter(|groups| !groups.is_empty()) {
                let names: Vec<&str> = groups.iter().map(String::as_str).collect();
                writeln!(formatter, "          all of people in {}", names.join(", "))?;
            }
            for Example { client, user, scopes, before, after, .. } in examples {
                let who = user.as_deref().unwrap_or("no person");
                let scopes = scopes.join(" ");
                write!(formatter, "          {who} by {client} for {scopes}")?;
                match (before.as_str(), after.as_str()) {
                    ("", "") => writeln!(formatter)?,
                    (before, "") => writeln!(formatter, ": {before} before")?,
                    ("", after) => writeln!(formatter, ": {after}")?,
                    (before, after) => writeln!(formatter, ": {before} becomes {after}")?,
                }
            }
        }
        Ok(())
    }
}
