//! The rules of a server by what they ask for, so that a request looks only at those that could
//! match: each rule is filed under one of its conditions, the one that the fewest other rules share.

#[cfg(test)]
mod tests;

use super::Facts;
use crate::server::{AuthorizationServer, Clients, Policy, Rule, RuleScopes};
use rustc_hash::{FxHashMap, FxHashSet};

/// The active rules of a server, found by what a request brings. Compiled once, when the server is
/// published, and only for that version of it.
#[derive(Debug, Default)]
pub struct RuleIndex {
    /// In the order of the decision; rules are named by their position here.
    places: Vec<Place>,
    of_people: Files<Vec<u32>>,
    /// Without a user the condition on people is ignored (decision 2), so nothing is filed under it.
    of_programs: Files<Vec<u32>>,
    scopes: FxHashSet<String>,
}

/// Which rule of which policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) policy: usize,
    pub(super) rule: usize,
}

/// What a rule asks for and a request brings.
#[derive(Clone, Copy, Debug)]
enum Key<'k> {
    Client(&'k str),
    Scope(&'k str),
    Audience(&'k str),
    Grant(&'k str),
    User(usize),
    Group(usize),
}

/// Something for each key.
#[derive(Debug, Default)]
struct Files<T> {
    clients: FxHashMap<String, T>,
    scopes: FxHashMap<String, T>,
    audiences: FxHashMap<String, T>,
    grants: FxHashMap<String, T>,
    users: FxHashMap<usize, T>,
    groups: FxHashMap<usize, T>,
}

impl<T: Default> Files<T> {
    fn get(&self, key: Key<'_>) -> Option<&T> {
        match key {
            Key::Client(id) => self.clients.get(id),
            Key::Scope(name) => self.scopes.get(name),
            Key::Audience(name) => self.audiences.get(name),
            Key::Grant(word) => self.grants.get(word),
            Key::User(index) => self.users.get(&index),
            Key::Group(index) => self.groups.get(&index),
        }
    }

    fn entry(&mut self, key: Key<'_>) -> &mut T {
        match key {
            Key::Client(id) => self.clients.entry(id.to_owned()).or_default(),
            Key::Scope(name) => self.scopes.entry(name.to_owned()).or_default(),
            Key::Audience(name) => self.audiences.entry(name.to_owned()).or_default(),
            Key::Grant(word) => self.grants.entry(word.to_owned()).or_default(),
            Key::User(index) => self.users.entry(index).or_default(),
            Key::Group(index) => self.groups.entry(index).or_default(),
        }
    }
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
                active.map(move |(rule, found)| (Place { policy, rule }, definition, found))
            })
            .collect();
        Self {
            places: rules.iter().map(|(place, ..)| *place).collect(),
            of_people: file(&rules, true),
            of_programs: file(&rules, false),
            scopes: server.scopes.iter().map(|scope| scope.name.clone()).collect(),
        }
    }

    /// Whether the server has this scope.
    pub(super) fn has_scope(&self, name: &str) -> bool {
        self.scopes.contains(name)
    }

    /// The rules that could match, in the order of the decision. `asked` are the scopes that the
    /// request is about.
    pub(super) fn candidates<'i>(&'i self, facts: &Facts<'_>, asked: &[&str]) -> Candidates<'i> {
        let files = if facts.person.is_some() { &self.of_people } else { &self.of_programs };
        let groups = facts.person.map_or(&[][..], |person| &person.user.groups);
        let keys = [
            Key::Client(facts.client_id),
            Key::Audience(facts.audience),
            Key::Grant(facts.grant_type),
        ];
        let keys = keys
            .into_iter()
            .chain(asked.iter().map(|scope| Key::Scope(scope)))
            .chain(facts.person.map(|person| Key::User(person.index)))
            .chain(groups.iter().map(|group| Key::Group(*group)));
        let mut lists = Vec::with_capacity(8);
        lists.extend(keys.filter_map(|key| files.get(key)).map(Vec::as_slice));
        Candidates { places: &self.places, lists }
    }
}

/// Merges lists in ascending order, each rule once.
#[derive(Debug)]
pub(super) struct Candidates<'i> {
    places: &'i [Place],
    /// What is left of each list; none is empty.
    lists: Vec<&'i [u32]>,
}

impl Iterator for Candidates<'_> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let first = self.lists.iter().filter_map(|list| list.first()).min().copied()?;
        self.lists.retain_mut(|list| {
            if let [head, rest @ ..] = *list
                && *head == first
            {
                *list = rest;
            }
            !list.is_empty()
        });
        self.places.get(first as usize).copied()
    }
}

/// Files each rule under the condition whose keys the fewest rules ask for.
fn file(rules: &[(Place, &Policy, &Rule)], with_user: bool) -> Files<Vec<u32>> {
    let mut shared: Files<usize> = Files::default();
    for (_, policy, rule) in rules {
        for key in conditions(policy, rule, with_user).into_iter().flatten() {
            *shared.entry(key) += 1;
        }
    }
    let weight =
        |keys: &Vec<Key<'_>>| -> usize { keys.iter().filter_map(|key| shared.get(*key)).sum() };
    let mut files: Files<Vec<u32>> = Files::default();
    for (number, (_, policy, rule)) in (0..).zip(rules) {
        let rarest = conditions(policy, rule, with_user).into_iter().min_by_key(weight);
        for key in rarest.into_iter().flatten() {
            let list = files.entry(key);
            if list.last() != Some(&number) {
                list.push(number);
            }
        }
    }
    files
}

/// The conditions of a rule that have keys: a request meets one only if it brings one of its keys.
/// One without keys is never met. There is always that of the grant.
fn conditions<'r>(policy: &'r Policy, rule: &'r Rule, with_user: bool) -> Vec<Vec<Key<'r>>> {
    let mut conditions = Vec::with_capacity(5);
    if let Clients::Listed(listed) = &policy.clients {
        conditions.push(listed.iter().map(|id| Key::Client(id)).collect());
    }
    if with_user && !rule.people.everyone {
        let users = rule.people.users.iter().map(|user| Key::User(*user));
        let groups = rule.people.groups.iter().map(|group| Key::Group(*group));
        conditions.push(users.chain(groups).collect());
    }
    // A rule that allows lists all scopes or some, one that denies lists some: at least one.
    if let RuleScopes::Listed(listed) = &rule.scopes {
        conditions.push(listed.iter().map(|scope| Key::Scope(scope)).collect());
    }
    if !rule.audiences.is_empty() {
        conditions.push(rule.audiences.iter().map(|audience| Key::Audience(audience)).collect());
    }
    conditions.push(rule.grant_types.iter().map(|grant| Key::Grant(grant)).collect());
    conditions
}
