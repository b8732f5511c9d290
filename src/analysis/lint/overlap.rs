//! Rules that stand in each other's way: the first that matches decides, so that one behind another
//! may never be reached, or only in part.

use super::cast::{SERVICE, active_rules, scopes_of};
use super::place::Place;
use super::{Linter, decided_by};
use crate::diagnostic::code;
use crate::publish::RunningServer;
use crate::server::{Access, AuthorizationServer, Clients, People, Policy, Rule, RuleScopes};

/// Most pairs of rules that are compared; a server with more has only its first looked at.
const PAIRS: usize = 20_000_000;

/// A rule and the policy it is in.
type InPolicy<'l> = (&'l Policy, &'l Rule);

impl<'l> Linter<'l> {
    pub(super) fn look_at_overlaps(&mut self, server: &'l RunningServer, place: &Place<'l>) {
        let definition = server.definition();
        let rules: Vec<InPolicy<'l>> = active_rules(definition).collect();
        let mut n_left = PAIRS;
        for (index, later) in rules.iter().enumerate() {
            let before = rules.get(..index).unwrap_or_default();
            n_left = n_left.saturating_sub(before.len());
            if n_left == 0 {
                return;
            }
            let at = place.named("policies", "name", &later.0.name);
            let at = at.named("rules", "name", &later.1.name);
            if let Some(earlier) = shadowing(definition, before, *later) {
                self.report_shadowed(server, earlier, *later, &at);
                continue;
            }
            let first = before
                .iter()
                .find(|earlier| differs(**earlier, *later) && meets(definition, **earlier, *later));
            if let Some(earlier) = first {
                self.report_overlap(server, *earlier, *later, &at);
            }
        }
    }

    fn report_shadowed(
        &mut self,
        server: &'l RunningServer,
        earlier: InPolicy<'l>,
        later: InPolicy<'l>,
        place: &Place<'l>,
    ) {
        let scopes = scopes_of(server.definition(), later.1);
        let requests = self.requests_of(server, later.0, later.1, &scopes);
        let (policy, rule) = (earlier.0.name.as_str(), earlier.1.name.as_str());
        let witness = self.witness(requests, |answer| {
            let last = answer.considered.last()?;
            let rule = last.rule.as_deref()?;
            let is_other = last.policy != later.0.name || rule != later.1.name;
            decided_by(answer, &last.policy, rule).filter(|_| is_other)
        });
        let message = format!(
            "the rule `{}` is never reached: `{rule}` of `{policy}` matches whatever it would",
            later.1.name
        );
        let help = "put it before the other, or remove it";
        self.report((&code::SHADOWED, place), message, help.to_owned(), witness);
    }

    /// A request that both rules match is the earlier one's.
    fn report_overlap(
        &mut self,
        server: &'l RunningServer,
        earlier: InPolicy<'l>,
        later: InPolicy<'l>,
        place: &Place<'l>,
    ) {
        let definition = server.definition();
        let shared: Vec<String> = scopes_of(definition, later.1)
            .into_iter()
            .filter(|scope| earlier.1.scopes.include(scope))
            .collect();
        let each = shared.chunks(1).flat_map(|one| self.requests_of(server, later.0, later.1, one));
        let mut requests: Vec<_> = each.collect();
        requests.extend(self.requests_of(server, later.0, later.1, &shared));
        let (policy, rule) = (earlier.0.name.as_str(), earlier.1.name.as_str());
        let witness = self.witness(requests, |answer| decided_by(answer, policy, rule));
        // Only what somebody could ask for matters here: rules overlap in theory all the time.
        if witness.is_none() {
            return;
        }
        let (code, what) = match later.1.access {
            Access::Deny => (&code::DENY_AFTER_ALLOW, "denies what was allowed already by"),
            Access::Allow => (&code::BROADER_FIRST, "is for fewer people, and comes after"),
        };
        let message = format!("the rule `{}` {what} `{rule}` of `{policy}`", later.1.name);
        let help = "the first rule that matches decides; put this one before the other, or keep the \
                    two apart";
        self.report((code, place), message, help.to_owned(), witness);
    }
}

/// The rule before `later` that takes the last of what it could match, if together they take all:
/// each client, grant and audience of it.
fn shadowing<'l>(
    server: &AuthorizationServer,
    before: &[InPolicy<'l>],
    later: InPolicy<'l>,
) -> Option<InPolicy<'l>> {
    let (policy, rule) = later;
    let candidates: Vec<&InPolicy<'l>> = before
        .iter()
        .filter(|(_, earlier)| earlier.condition.is_none() && takes_scopes(earlier, rule))
        .collect();
    if candidates.is_empty() || rule.grant_types.is_empty() {
        return None;
    }
    let clients: Vec<Option<&String>> = match &policy.clients {
        Clients::All => vec![None],
        Clients::Listed(listed) => listed.iter().map(Some).collect(),
    };
    let audiences = if rule.audiences.is_empty() { &server.audiences } else { &rule.audiences };
    let mut last = None;
    for client in clients {
        for grant in &rule.grant_types {
            for audience in audiences {
                let found = candidates.iter().find(|(policy, earlier)| {
                    let of_client = match (&policy.clients, client) {
                        (Clients::All, _) => true,
                        (Clients::Listed(_), None) => false,
                        (listed, Some(client)) => listed.include(client),
                    };
                    let of_audience =
                        earlier.audiences.is_empty() || earlier.audiences.contains(audience);
                    let of_grant =
                        earlier.grant_types.contains(grant) && takes_people(earlier, rule, grant);
                    of_client && of_audience && of_grant
                });
                last = Some(**found?);
            }
        }
    }
    last
}

/// Whether a rule is for all the people that another is for, of those who come by this grant.
fn takes_people(earlier: &Rule, rule: &Rule, grant: &str) -> bool {
    // Of a service nobody asks who it is (decision 2).
    if grant == SERVICE {
        return true;
    }
    let (of_earlier, of_rule) = (&earlier.people, &rule.people);
    let all = |some: &[usize], of: &[usize]| some.iter().all(|one| of.contains(one));
    let includes = of_earlier.everyone
        || !of_rule.everyone
            && all(&of_rule.users, &of_earlier.users)
            && all(&of_rule.groups, &of_earlier.groups);
    includes
        && all(&of_earlier.except_users, &of_rule.except_users)
        && all(&of_earlier.except_groups, &of_rule.except_groups)
}

/// A rule that allows matches when all scopes asked for are its own, one that denies when any is.
fn takes_scopes(earlier: &Rule, rule: &Rule) -> bool {
    let RuleScopes::Listed(of_earlier) = &earlier.scopes else { return true };
    let RuleScopes::Listed(of_rule) = &rule.scopes else { return false };
    let is_within = of_rule.iter().all(|scope| of_earlier.contains(scope));
    match (earlier.access, rule.access) {
        (Access::Allow, Access::Deny) => false,
        (Access::Allow | Access::Deny, Access::Allow) | (Access::Deny, Access::Deny) => is_within,
    }
}

/// Whether some request is for both of two rules, as far as clients, grants, audiences and scopes go.
fn meets(server: &AuthorizationServer, earlier: InPolicy<'_>, later: InPolicy<'_>) -> bool {
    let (one, other) = (earlier.1, later.1);
    let clients = match (&earlier.0.clients, &later.0.clients) {
        (Clients::All, _) | (_, Clients::All) => true,
        (Clients::Listed(one), Clients::Listed(other)) => one.iter().any(|c| other.contains(c)),
    };
    let audiences = one.audiences.is_empty()
        || other.audiences.is_empty()
        || one.audiences.iter().any(|audience| other.audiences.contains(audience));
    let scope = |name: &str| one.scopes.include(name) && other.scopes.include(name);
    clients
        && audiences
        && one.grant_types.iter().any(|grant| other.grant_types.contains(grant))
        && server.scopes.iter().any(|known| scope(&known.name))
}

/// Whether it matters which of two rules decides, and the order looks like a mistake: an exception
/// that comes after what it is one of.
fn differs(earlier: InPolicy<'_>, later: InPolicy<'_>) -> bool {
    let (one, other) = (earlier.1, later.1);
    if one.access == Access::Deny {
        return false;
    }
    if other.access == Access::Deny {
        return true;
    }
    let is_narrower = is_broad(&one.people) && !is_broad(&other.people);
    let is_other = one.lifetimes != other.lifetimes
        || one.second_factor != other.second_factor
        || one.inline_hook != other.inline_hook;
    is_narrower && is_other
}

fn is_broad(people: &People) -> bool {
    people.everyone && people.except_users.is_empty() && people.except_groups.is_empty()
}
