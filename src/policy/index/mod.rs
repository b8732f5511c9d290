//! The rules of a server by what they ask for, so that a request looks only at those that could
//! match: each rule is filed under one of its conditions, the one that the fewest other rules share.
//! Where it is filed stands, in 16 bytes, what else it asks for, so that most of those that are
//! looked at in vain are never touched.

mod list;
mod number;
#[cfg(test)]
mod tests;

use super::Facts;
use crate::server::{Access, AuthorizationServer, Clients, Policy, Rule, RuleScopes};
use list::{Lists, Matching, Posting, Traits};
use number::{Numbers, Sets, SetsBuilder, UNKNOWN, Wanted, bit};
use rustc_hash::FxHashMap;

/// Grants that postings tell from each other; all others share the last bit.
const TOLD_GRANTS: u32 = 15;

/// The active rules of a server, found by what a request brings. Compiled once, when the server is
/// published, and only for that version of it.
#[derive(Debug, Default)]
pub struct RuleIndex {
    /// In the order of the decision; rules are named by their position here.
    places: Vec<Place>,
    names: Names,
    sets: Sets,
    of_people: Lists,
    /// Without a user the condition on people is ignored (decision 2), so nothing is filed under it.
    of_programs: Lists,
    /// The scopes of the server have the first numbers.
    n_scopes: usize,
}

/// The numbers of everything that rules name.
#[derive(Debug, Default)]
struct Names {
    clients: Numbers,
    scopes: Numbers,
    audiences: Numbers,
    grants: Numbers,
}

/// Which rule of which policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) policy: u32,
    pub(super) rule: u32,
}

/// What a rule asks for and a request brings, by number. Users and groups have their indices in the
/// directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Client(u32),
    Scope(u32),
    Audience(u32),
    Grant(u32),
    User(u32),
    Group(u32),
}

/// What a request brings, by number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    client: u32,
    audience: u32,
    grant_number: u32,
    /// The bit of the grant.
    grant: u16,
    scopes: &'r [u32],
    /// The bits of the scopes.
    scope_bits: u64,
    /// The scopes are the server's defaults, of which a rule may list some.
    by_default: bool,
    has_user: bool,
    user: Option<u32>,
    groups: &'r [usize],
}

/// What is left to ask of a rule that was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing: it matches.
    #[default]
    Nothing,
    /// Its condition in the expression language.
    Condition,
    /// More than a posting says.
    Everything,
}

/// A rule that matches, but for what is left to ask of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) place: Place,
    pub(super) left: Left,
    /// What the rule says to do.
    pub(super) access: Access,
}

impl RuleIndex {
    /// The index of the rules of `server`.
    #[must_use]
    pub fn new(server: &AuthorizationServer) -> Self {
        let policies = server.policies.iter().enumerate();
        let active = policies.filter(|(_, policy)| policy.status.is_active());
        let rules: Vec<(Place, &Policy, &Rule)> = active
            .flat_map(|(policy, definition)| {
                let rules = definition.rules.iter().enumerate();
                let active = rules.filter(|(_, rule)| rule.status.is_active());
                let place = move |rule| Place { policy: policy as u32, rule: rule as u32 };
                active.map(move |(rule, found)| (place(rule), definition, found))
            })
            .collect();
        let mut names = Names::default();
        for scope in &server.scopes {
            names.scopes.number(&scope.name);
        }
        let n_scopes = names.scopes.len();
        let asking: Vec<Asking> =
            rules.iter().map(|(_, policy, rule)| Asking::new(policy, rule, &mut names)).collect();
        let mut sets = SetsBuilder::default();
        let [of_people, of_programs] = [true, false].map(|with_user| {
            let keys = rarest(&asking, with_user);
            file(&asking, keys, with_user, &mut sets)
        });
        let sets = sets.finish();
        Self {
            places: rules.iter().map(|(place, ..)| *place).collect(),
            of_people: Lists::new(of_people, &sets),
            of_programs: Lists::new(of_programs, &sets),
            names,
            sets,
            n_scopes,
        }
    }

    /// The number of a scope of the server; `None` where it has no such scope.
    pub(super) fn scope_number(&self, name: &str) -> Option<u32> {
        let number = self.names.scopes.find(name);
        ((number as usize) < self.n_scopes).then_some(number)
    }

    /// Whether the server has this scope.
    #[must_use]
    pub fn has_scope(&self, name: &str) -> bool {
        self.scope_number(name).is_some()
    }

    /// What a request brings that asks for the scopes of these numbers.
    pub(super) fn request<'r>(
        &self,
        facts: &Facts<'r>,
        scopes: &'r [u32],
        by_default: bool,
    ) -> Request<'r> {
        let grant_number = self.names.grants.find(facts.grant_type);
        Request {
            client: self.names.clients.find(facts.client_id),
            audience: self.names.audiences.find(facts.audience),
            grant_number,
            grant: if grant_number == UNKNOWN { 0 } else { grant_bit(grant_number) },
            scopes,
            scope_bits: scopes.iter().fold(0, |bits, scope| bits | bit(*scope)),
            by_default,
            has_user: facts.person.is_some(),
            user: facts.person.and_then(|person| u32::try_from(person.index).ok()),
            groups: facts.person.map_or(&[][..], |person| &person.user.groups),
        }
    }

    /// The rules that could match, in the order of the decision.
    #[inline]
    pub(super) fn candidates<'i>(&'i self, request: &'i Request<'i>) -> Candidates<'i> {
        let lists = if request.has_user { &self.of_people } else { &self.of_programs };
        Candidates { places: &self.places, matching: lists.matching(request, &self.sets) }
    }
}

/// The rules that could match, in the order of the decision.
#[derive(Debug)]
pub(super) struct Candidates<'i> {
    places: &'i [Place],
    matching: Matching<'i>,
}

impl Iterator for Candidates<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let posting = self.matching.next()?;
        let place = *self.places.get(posting.rule as usize)?;
        let access = if posting.traits.denies { Access::Deny } else { Access::Allow };
        Some(Candidate { place, left: posting.traits.left, access })
    }
}

fn grant_bit(number: u32) -> u16 {
    1 << number.min(TOLD_GRANTS)
}

fn keys(numbers: &[u32], key: fn(u32) -> Key) -> Vec<Key> {
    numbers.iter().copied().map(key).collect()
}

/// What a rule asks for, by number.
#[derive(Debug)]
struct Asking {
    /// `None` where any will do.
    clients: Option<Vec<u32>>,
    scopes: Option<Vec<u32>>,
    audiences: Option<Vec<u32>>,
    grants: Vec<u32>,
    /// Users and groups; `None` where it is for everyone.
    people: Option<Vec<Key>>,
    has_exceptions: bool,
    denies: bool,
    has_condition: bool,
}

impl Asking {
    fn new(policy: &Policy, rule: &Rule, names: &mut Names) -> Self {
        let all = |names: &mut Numbers, listed: &[String]| -> Vec<u32> {
            listed.iter().map(|name| names.number(name)).collect()
        };
        let people = &rule.people;
        let key = |index: &usize, key: fn(u32) -> Key| u32::try_from(*index).ok().map(key);
        let users = people.users.iter().filter_map(|user| key(user, Key::User));
        let groups = people.groups.iter().filter_map(|group| key(group, Key::Group));
        Self {
            clients: match &policy.clients {
                Clients::All => None,
                Clients::Listed(listed) => Some(all(&mut names.clients, listed)),
            },
            scopes: match &rule.scopes {
                RuleScopes::All => None,
                RuleScopes::Listed(listed) => Some(all(&mut names.scopes, listed)),
            },
            audiences: (!rule.audiences.is_empty())
                .then(|| all(&mut names.audiences, &rule.audiences)),
            grants: all(&mut names.grants, &rule.grant_types),
            people: (!people.everyone).then(|| users.chain(groups).collect()),
            has_exceptions: !people.except_users.is_empty() || !people.except_groups.is_empty(),
            denies: rule.access == Access::Deny,
            has_condition: rule.condition.is_some(),
        }
    }

    /// The conditions that have keys: a request meets one only if it brings one of its keys. One
    /// without keys is never met. There is always that of the grant.
    fn conditions(&self, with_user: bool) -> Vec<Vec<Key>> {
        let mut conditions = Vec::with_capacity(5);
        conditions.extend(self.clients.iter().map(|all| keys(all, Key::Client)));
        conditions.extend(self.people.iter().filter(|_| with_user).cloned());
        // A rule that allows lists all scopes or some, one that denies lists some: at least one.
        conditions.extend(self.scopes.iter().map(|all| keys(all, Key::Scope)));
        conditions.extend(self.audiences.iter().map(|all| keys(all, Key::Audience)));
        conditions.push(keys(&self.grants, Key::Grant));
        conditions
    }

    /// The rule with this number in lists of these keys.
    fn posting(&self, rule: u32, keys: &[Key], with_user: bool, sets: &mut SetsBuilder) -> Posting {
        let mut wanted = |numbers: &Option<Vec<u32>>| {
            numbers.as_ref().map_or(Wanted::ANY, |numbers| sets.wanted(numbers.clone()))
        };
        // Whoever is found in a list of people is one of them.
        let by_people = matches!(keys.first(), Some(Key::User(_) | Key::Group(_)));
        let by_audience = matches!(keys.first(), Some(Key::Audience(_)));
        let asks_more = (with_user && self.has_exceptions)
            || (with_user && self.people.is_some() && !by_people)
            || (self.audiences.is_some() && !by_audience)
            || self.grants.iter().any(|grant| *grant >= TOLD_GRANTS);
        let left = match (asks_more, self.has_condition) {
            (true, _) => Left::Everything,
            (false, true) => Left::Condition,
            (false, false) => Left::Nothing,
        };
        Posting {
            rule,
            scope: wanted(&self.scopes),
            client: wanted(&self.clients),
            grants: self.grants.iter().fold(0, |bits, grant| bits | grant_bit(*grant)),
            traits: Traits { denies: self.denies, left },
        }
    }
}

/// The keys of the condition of each rule whose keys the fewest rules ask for.
fn rarest(asking: &[Asking], with_user: bool) -> Vec<Vec<Key>> {
    let mut shared: FxHashMap<Key, usize> = FxHashMap::default();
    for key in asking.iter().flat_map(|rule| rule.conditions(with_user)).flatten() {
        *shared.entry(key).or_default() += 1;
    }
    let weight = |keys: &Vec<Key>| -> usize { keys.iter().filter_map(|key| shared.get(key)).sum() };
    let rarest = |rule: &Asking| {
        rule.conditions(with_user).into_iter().min_by_key(weight).unwrap_or_default()
    };
    asking.iter().map(rarest).collect()
}

/// A posting for each rule under each of its keys.
fn file(
    asking: &[Asking],
    keys: Vec<Vec<Key>>,
    with_user: bool,
    sets: &mut SetsBuilder,
) -> Vec<(Key, Posting)> {
    let mut filed = Vec::with_capacity(asking.len());
    for (number, (rule, keys)) in (0..).zip(asking.iter().zip(keys)) {
        let posting = rule.posting(number, &keys, with_user, sets);
        filed.extend(keys.into_iter().map(|key| (key, posting)));
    }
    filed
}
