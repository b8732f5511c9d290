//! What is wanted, beside what is kept: both in their one form, so that only what they say differently
//! is changed. A change is one transaction; where others changed something meanwhile it is seen anew,
//! or, of a plan that was shown to somebody, refused.

use super::recorded::{Step, whole};
use crate::cli::installation::{Opened, Stop};
use crate::cli::recorded;
use crate::cli::show_problems;
use crate::clock::Clock;
use crate::document::{self, Json, Node};
use crate::organization::{
    self, Difference, Version, canonical, canonical_without_users, changes, compare,
    forget_old_versions, split, versions, with_directory_of,
};
use crate::program::{Engine, Groups};
use crate::publish::{Addresses, Draft, compile};
use crate::store::organization::{Counters, Entity, EntityKind, Organizations, WriteError};
use crate::token;
use serde_json::{Value, json};

/// How often to begin anew when others write at the same time.
const ATTEMPTS: u32 = 5;

/// A document that is to be what the organization says.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) text: Vec<u8>,
}

/// What is kept, and where the counters stood then.
pub(super) struct Standing {
    kept: Vec<Entity>,
    counters: Counters,
    /// In its one form; nothing where no organization is kept yet.
    text: String,
    before: Vec<Entity>,
}

/// What would change.
pub(super) struct Proposal {
    after: Vec<Entity>,
    /// In its one form, without people.
    document: String,
    difference: Difference,
    draft: Draft,
}

/// What was changed.
pub(super) struct Applied {
    pub(super) difference: Difference,
    /// The version it became, if it is another.
    pub(super) version: Option<u64>,
    pub(super) n_changes: usize,
}

/// A plan that was kept in a file.
pub(super) struct Plan {
    pub(super) wanted: Wanted,
    pub(super) seen: Counters,
}

fn parsed(text: &str) -> Result<Node, Stop> {
    document::read(text.as_bytes()).map_err(|error| error.message.into())
}

/// The document in its one form.
pub(super) fn exported(text: &str, leaves_users_out: bool) -> Result<String, Stop> {
    let document = parsed(text)?;
    let form = if leaves_users_out { canonical_without_users } else { canonical };
    Ok(form(&document))
}

/// The entities of a document in its one form, in which nothing is wrong.
fn entities(text: &str) -> Result<Vec<Entity>, Stop> {
    let document = parsed(text)?;
    let read = organization::read(&document, &token::digest);
    let organization = read.map_err(|problems| {
        let first =
            problems.first().map(|problem| format!("{}: {}", problem.path, problem.message));
        format!("what is kept cannot be read: {}", first.unwrap_or_default())
    })?;
    Ok(split(text, &document, &organization, &token::digest))
}

impl Standing {
    pub(super) async fn read(opened: &Opened) -> Result<Self, Stop> {
        let (kept, counters) = opened.whole().await?;
        if counters.is_zero() {
            let (text, before) = (String::new(), Vec::new());
            return Ok(Self { kept, counters, text, before });
        }
        let text = exported(&organization::join(&kept), false)?;
        let before = entities(&text)?;
        Ok(Self { kept, counters, text, before })
    }

    pub(super) fn counters(&self) -> Counters {
        self.counters
    }

    /// The text of the document of what is kept, in its one form.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Proposal {
    /// What `wanted` would change; `None` after telling all that is wrong with it.
    pub(super) fn new(
        standing: &Standing,
        wanted: &Wanted,
        addresses: &Addresses,
    ) -> Result<Option<Self>, Stop> {
        let Wanted { name, text } = wanted;
        let draft_of =
            |name: &str, text: &[u8]| match compile(text, addresses.clone(), Engine::Native) {
                Ok(draft) => Some(draft),
                Err(problems) => {
                    show_problems(&problems, name, text);
                    None
                }
            };
        let Ok(document) = document::read(text) else {
            draft_of(name, text);
            return Ok(None);
        };
        // What is wrong is best shown where it was written.
        let is_whole = ["groups", "users"].iter().all(|list| has(&document, list));
        if is_whole && draft_of(name, text).is_none() {
            return Ok(None);
        }
        let whole = match standing.text.as_str() {
            "" => document,
            kept => with_directory_of(&document, &parsed(kept)?),
        };
        let text = canonical(&whole);
        let name = format!("{name}, with what is kept");
        let Some(draft) = draft_of(&name, text.as_bytes()) else { return Ok(None) };
        let after = entities(&text)?;
        let difference = compare(&standing.before, &after);
        refuse_groups_with_members(&difference, &after)?;
        let document = exported(&organization::join(&after), true)?;
        Ok(Some(Self { after, document, difference, draft }))
    }

    pub(super) fn difference(&self) -> &Difference {
        &self.difference
    }

    /// The version it would be.
    pub(super) fn into_draft(self) -> Draft {
        self.draft
    }
}

/// A document that does not name the users leaves them as they are: none may be left in a group that
/// is no more.
fn refuse_groups_with_members(difference: &Difference, after: &[Entity]) -> Result<(), Stop> {
    let gone = difference.entries.iter().filter(|entry| {
        entry.kind == EntityKind::Group && entry.what == organization::What::Removed
    });
    for entry in gone {
        let tag = organization::tag_of_group(&entry.id);
        let member = after
            .iter()
            .find(|entity| entity.kind == EntityKind::User && entity.tags.contains(&tag));
        if let Some(member) = member {
            let group = entry.name.join(" / ");
            return Err(
                format!("the group `{group}` still has members, among them {}", member.id).into()
            );
        }
    }
    Ok(())
}

fn has(document: &Node, name: &str) -> bool {
    matches!(&document.value, Json::Object(members) if members.iter().any(|m| m.key == name))
}

/// Has the store say what is wanted; `None` after telling all that is wrong with it. `seen` is where
/// the counters stood when somebody was shown what would change.
pub(super) async fn apply(
    opened: &Opened,
    wanted: &Wanted,
    addresses: &Addresses,
    seen: Option<Counters>,
    note: &str,
) -> Result<Option<Applied>, Stop> {
    for _ in 0..ATTEMPTS {
        let standing = Standing::read(opened).await?;
        if seen.is_some_and(|seen| seen != standing.counters) {
            return Err("the organization was changed since the plan was made; make another".into());
        }
        let proposal = Proposal::new(&standing, wanted, addresses)?;
        let Some(proposal) = proposal else { return Ok(None) };
        if proposal.difference.entries.is_empty() {
            let difference = proposal.difference;
            return Ok(Some(Applied { difference, version: None, n_changes: 0 }));
        }
        match write(opened, &standing, &proposal, note).await {
            Ok((version, n_changes)) => {
                let difference = proposal.difference;
                return Ok(Some(Applied { difference, version: Some(version), n_changes }));
            }
            Err(WriteError::Overtaken | WriteError::Conflict { .. }) if seen.is_none() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err("others change the organization all the time; try again later".into())
}

/// One batch: what differs, and the version it becomes; before that the one it was, if nobody kept
/// that yet.
async fn write(
    opened: &Opened,
    standing: &Standing,
    proposal: &Proposal,
    note: &str,
) -> Result<(u64, usize), WriteError> {
    let store = &opened.store;
    let made = changes(&standing.kept, &standing.before, &proposal.after);
    let n_changes = made.len();
    let at = Clock::System.seconds();
    let known = versions(store).await?;
    let mut number = known.last().map_or(0, |version| version.number);
    let mut rows = Vec::new();
    let former = match standing.text.as_str() {
        "" => None,
        text => exported(text, true).ok(),
    };
    if let Some(document) = former
        && known.last().is_none_or(|version| version.document != document)
    {
        number += 1;
        let note = "as it was kept".to_owned();
        rows.push(Version { number, at, note, n_changes: 0, document }.row()?);
    }
    let number_before = (number > 0).then_some(number);
    number += 1;
    let document = proposal.document.clone();
    rows.push(Version { number, at, note: note.to_owned(), n_changes, document }.row()?);
    let step = Step { from: number_before, to: number, note };
    let entries = &proposal.difference.entries;
    let whole = whole(entries, n_changes, &step);
    rows.extend(recorded::rows(&opened.random, &standing.kept, &made, &whole));
    let rules = organization::has_active_rule(&proposal.after).then_some(Groups::Rows);
    let before = organization::rules_and_groups(&standing.kept);
    let sweep = organization::Sweep::due(&made, &before, rules);
    rows.extend(sweep.map(|sweep| sweep.row(standing.counters)).transpose()?);
    let organizations = Organizations::new(store.clone());
    organizations.import_with(&made, &rows, standing.counters).await?;
    if let Err(error) = forget_old_versions(store, at).await {
        tracing::warn!(%error, "versions that are too old are still there");
    }
    Ok((number, n_changes))
}

impl Plan {
    /// What is kept in a file of what somebody was shown.
    pub(super) fn write(wanted: &Wanted, seen: Counters) -> Result<String, Stop> {
        let text = std::str::from_utf8(&wanted.text)?;
        let told = json!({
            "plan": 1,
            "configuration": seen.configuration,
            "directory": seen.directory,
            "name": wanted.name,
            "document": text,
        });
        Ok(format!("{told:#}\n"))
    }

    pub(super) fn read(text: &[u8]) -> Result<Self, Stop> {
        let told: Value = serde_json::from_slice(text)?;
        let number = |name: &str| told.get(name).and_then(Value::as_i64);
        let words = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        let read = || {
            number("plan").filter(|version| *version == 1)?;
            let seen = Counters {
                configuration: number("configuration")?,
                directory: number("directory")?,
            };
            let wanted = Wanted { name: words("name")?, text: words("document")?.into_bytes() };
            Some(Self { wanted, seen })
        };
        read().ok_or_else(|| "this is no plan that `org plan --out` wrote".into())
    }
}
