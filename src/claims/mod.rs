//! What to say about someone: which claims go in a token, and their values. How they are signed is
//! no concern of this room, nor who asked.

mod error;
mod explain;
mod groups;
mod plan;
mod system;
mod unattended;
#[cfg(test)]
mod tests;

pub use error::ClaimFault;
pub use explain::{Absence, ExplainedClaim, Outcome, Values, explain};
pub use groups::LIMIT as GROUPS_AT_MOST;
pub use plan::{ClaimMember, ClaimPlan, PlanProblem, plan};
pub use system::system_attributes;

use crate::directory::User;
use crate::few::Few;
use crate::policy::{Delivery, is_included, policy_claims};
use crate::program::{Engine, ProgramSet, Roots, Worker};
use crate::server::{AuthorizationServer, ClaimType};
use claimsmith_runtime::json;
use plan::{Selection, Source, TokenPlan};

/// The name of the claim of access tokens that says who they are about.
pub const SUBJECT: &str = "sub";

/// Everything that the claims of one token depend on.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub server: &'a AuthorizationServer,
    pub plan: &'a ClaimPlan,
    /// `None` when no person is bound to the request.
    pub user: Option<&'a User>,
    /// The scopes that are granted.
    pub scopes: &'a [&'a str],
    /// The indices of the token policies that apply.
    pub policies: &'a [usize],
    /// The grant that the request began with.
    pub grant_type: &'a str,
}

/// The engine room: the compiled expressions of the server, what they are about, and memory.
#[derive(Debug)]
pub struct Evaluation<'a> {
    pub programs: &'a ProgramSet,
    pub roots: &'a Roots<'a>,
    pub worker: &'a mut Worker,
    pub engine: Engine,
}

/// Appends the claims of a token of this type as `"name":value,…`. Those of an access token begin
/// with `sub`, which is a text and not empty (decision 9).
///
/// # Errors
/// The first claim that could not be evaluated; `buffer` is then as it was.
pub fn assemble(
    occasion: &Occasion<'_>,
    claim_type: ClaimType,
    delivery: Delivery,
    evaluation: &mut Evaluation<'_>,
    buffer: &mut Vec<u8>,
) -> Result<(), ClaimFault> {
    let start = buffer.len();
    let plan = occasion.plan.of(claim_type);
    let Chosen { selection, others } = choose(occasion, plan, claim_type, delivery);
    append_members(occasion, plan, &selection, evaluation, buffer)?;
    let is_whole = claim_type == ClaimType::Identity || has_subject(buffer, start);
    let result = if is_whole {
        let mut others = others.iter().flatten();
        others.try_for_each(|(name, source)| append_other(occasion, name, source, start, buffer))
    } else {
        Err(ClaimFault::subject())
    };
    if result.is_err() {
        buffer.truncate(start);
    }
    result
}

/// The claims that a token gets.
struct Chosen<'a> {
    selection: Selection,
    /// Those that are no expressions; none is `None`.
    others: Few<Option<(&'a str, &'a Source)>, 6>,
}

/// One that a policy adds takes the place of the server's of the same name (decision 7).
fn choose<'a>(
    occasion: &Occasion<'a>,
    plan: &'a TokenPlan,
    claim_type: ClaimType,
    delivery: Delivery,
) -> Chosen<'a> {
    let added = policy_claims(occasion.server, occasion.policies, claim_type, delivery);
    let (selection, own) = match added.is_empty() {
        true => plan.usual(),
        false => (plan.nothing(), plan.own()),
    };
    let mut chosen = Chosen { selection, others: Few::new() };
    let mut add = |name, source: Option<&'a Source>| match source {
        Some(Source::Member(member)) => chosen.selection.insert(*member),
        Some(other) => chosen.others.push(Some((name, other))),
        None => {}
    };
    for (index, source) in own {
        let Some(claim) = occasion.server.claims.get(*index) else { continue };
        if is_included(claim, occasion.scopes, delivery)
            && !added.iter().any(|known| known.is_named(&claim.name, occasion.server))
        {
            add(claim.name.as_str(), Some(source));
        }
    }
    for added in added.iter() {
        let Some(claim) = added.find(occasion.server) else { continue };
        add(claim.name.as_str(), plan.added(added.policy, added.index));
    }
    chosen
}

fn append_members(
    occasion: &Occasion<'_>,
    plan: &TokenPlan,
    selection: &Selection,
    evaluation: &mut Evaluation<'_>,
    buffer: &mut Vec<u8>,
) -> Result<(), ClaimFault> {
    let Evaluation { programs, roots, worker, engine } = evaluation;
    let start = buffer.len();
    for (object, selected, first) in plan.selected(selection) {
        match programs.object(object, &[selected], roots, worker, *engine) {
            Ok([]) => {}
            Ok(members) => {
                if buffer.len() > start {
                    buffer.push(b',');
                }
                buffer.extend_from_slice(members);
            }
            Err(fault) => {
                buffer.truncate(start);
                return Err(plan.fault(occasion.server, first, &fault));
            }
        }
    }
    Ok(())
}

/// Whether what was appended begins with `sub` as a text that is not empty. The plan puts it first.
fn has_subject(buffer: &[u8], start: usize) -> bool {
    let written = buffer.get(start..).unwrap_or_default();
    let value = written.strip_prefix(br#""sub":""#);
    value.is_some_and(|value| value.first().is_some_and(|byte| *byte != b'"'))
}

/// Appends a claim that is no expression; nothing where it has no value.
fn append_other(
    occasion: &Occasion<'_>,
    name: &str,
    source: &Source,
    start: usize,
    buffer: &mut Vec<u8>,
) -> Result<(), ClaimFault> {
    let Some(user) = occasion.user else { return Ok(()) };
    let before = buffer.len();
    if before > start {
        buffer.push(b',');
    }
    write_text(name, buffer);
    buffer.push(b':');
    let has_value = match source {
        Source::Groups(filter) => filter.write(user, name, occasion.grant_type, buffer)?,
        Source::System(claim) => claim.write(user, buffer),
        Source::Member(_) => false,
    };
    if !has_value {
        buffer.truncate(before);
    }
    Ok(())
}

/// Appends a text as JSON.
fn write_text(text: &str, buffer: &mut Vec<u8>) {
    json::write_str(text, &mut |bytes| {
        buffer.extend_from_slice(bytes);
        true
    });
}
