//! Reads the access policies of a server and their rules.

use super::decode::{Object, Place};
use super::expression;
use super::grants::{RULE_GRANTS, VENDOR_GRANTS};
use super::identity::{self, Digest, POLICY, RULE};
use super::reference;
use crate::directory::{Directory, Status};
use crate::server::{
    Access, Clients, InlineHook, Lifetimes, People, Policy, Rule, RuleScopes, Scope,
};
use std::collections::BTreeSet;

const MEMBERS: &[&str] =
    &["id", "type", "name", "description", "priority", "status", "system", "conditions", "rules"];
const RULE_MEMBERS: &[&str] =
    &["id", "type", "name", "priority", "status", "system", "conditions", "actions"];
const RULE_CONDITIONS: &[&str] = &["people", "grantTypes", "scopes", "audiences", "elCondition"];
const TOKEN_ACTIONS: &[&str] = &[
    "accessTokenLifetimeMinutes",
    "refreshTokenLifetimeMinutes",
    "refreshTokenWindowMinutes",
    "inlineHook",
];

/// What the parts of a server may speak of.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'s> {
    pub(super) server_id: &'s str,
    pub(super) directory: &'s Directory,
    pub(super) hooks: &'s [InlineHook],
    pub(super) scopes: &'s [Scope],
    pub(super) audiences: &'s [String],
    pub(super) digest: Digest<'s>,
}

impl Surroundings<'_> {
    pub(super) fn scopes(&self) -> impl Iterator<Item = &str> + Clone {
        self.scopes.iter().map(|scope| scope.name.as_str())
    }

    pub(super) fn audiences(&self) -> impl Iterator<Item = &str> + Clone {
        self.audiences.iter().map(String::as_str)
    }
}

/// The policies of a server in the order of their priority.
pub(super) fn read_policies(server: &Object<'_>, around: Surroundings<'_>) -> Vec<Policy> {
    in_order("policy", &server.list("policies"), |place| {
        let policy = read_policy(place, around)?;
        Some((policy.name.clone(), policy))
    })
}

/// Reads ordered things: those with a priority by it, then the others as they are written. Names
/// and priorities are unique.
pub(super) fn in_order<'a, T>(
    what: &str,
    places: &[Place<'a>],
    mut read: impl FnMut(&Place<'a>) -> Option<(String, T)>,
) -> Vec<T> {
    let mut found: Vec<(u32, T)> = Vec::with_capacity(places.len());
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for place in places {
        let Some((name, value)) = read(place) else { continue };
        let priority = place.open_object().and_then(|object| object.find("priority"));
        let number = priority.as_ref().and_then(|priority| priority.integer(1..=u32::MAX - 1));
        if names.contains(&name) {
            place.blame(format!("another {what} has the name `{name}` already"));
        }
        names.insert(name);
        if let (Some(priority), Some(number)) = (&priority, number)
            && !numbers.insert(number)
        {
            priority.blame(format!("another {what} has the priority {number} already"));
        }
        found.push((number.unwrap_or(u32::MAX), value));
    }
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, value)| value).collect()
}

fn read_policy(place: &Place<'_>, around: Surroundings<'_>) -> Option<Policy> {
    let object = place.object(MEMBERS)?;
    object.find("type").and_then(|place| place.choice(&[("OAUTH_AUTHORIZATION_POLICY", ())]));
    object.boolean("system", false);
    let name = object.require("name")?.text_up_to(100)?;
    let conditions = object.find("conditions").and_then(|place| place.object(&["clients"]));
    let clients = conditions.as_ref().and_then(|object| object.find("clients"));
    let rules = in_order("rule of this policy", &object.list("rules"), |place| {
        let rule = read_rule(place, name, around)?;
        Some((rule.name.clone(), rule))
    });
    Some(Policy {
        id: identity::id_in(&object, POLICY, &[around.server_id, name], around.digest),
        name: name.to_owned(),
        description: object.description(255),
        clients: clients.map_or(Clients::Listed(Vec::new()), |place| read_clients(&place, around)),
        status: object.choice("status", Status::WORDS, Status::Active),
        rules,
    })
}

/// `ALL_CLIENTS` or client ids.
fn read_clients(place: &Place<'_>, around: Surroundings<'_>) -> Clients {
    let object = place.object(&["include"]);
    let mut names = object.map(|object| object.texts("include")).unwrap_or_default();
    let n_names = names.len();
    names.retain(|name| name.value != "ALL_CLIENTS");
    let listed = reference::clients(&names, around.directory);
    if names.len() < n_names { Clients::All } else { Clients::Listed(listed) }
}

fn read_rule(place: &Place<'_>, policy: &str, around: Surroundings<'_>) -> Option<Rule> {
    let object = place.object(RULE_MEMBERS)?;
    object.find("type").and_then(|place| place.choice(&[("RESOURCE_ACCESS", ())]));
    object.boolean("system", false);
    let name = object.require("name")?.text_up_to(100)?;
    let conditions = object.require("conditions")?.object(RULE_CONDITIONS)?;
    let people = conditions.find("people").and_then(|place| read_people(&place, around));
    let actions = object.find("actions").and_then(|place| place.object(ACTIONS));
    let audiences = included(&conditions, "audiences").unwrap_or_default();
    Some(Rule {
        id: identity::id_in(&object, RULE, &[around.server_id, policy, name], around.digest),
        name: name.to_owned(),
        status: object.choice("status", Status::WORDS, Status::Active),
        people: people.unwrap_or_default(),
        grant_types: read_grants(&conditions),
        scopes: read_scopes(&conditions, around),
        audiences: reference::among(&audiences, "audience", around.audiences()),
        condition: expression::read_condition(&conditions),
        access: actions.as_ref().map_or(Access::Allow, |actions| {
            actions.choice("access", Access::WORDS, Access::Allow)
        }),
        second_factor: actions
            .as_ref()
            .is_some_and(|actions| actions.choice("secondFactor", SECOND_FACTOR, false)),
        inline_hook: actions.as_ref().and_then(|actions| read_inline_hook(actions, around)),
        lifetimes: actions.as_ref().map(read_token_actions).unwrap_or_default(),
    })
}

/// The texts of `{name}.include`; `None` when `name` is absent.
pub(super) fn included<'a>(
    conditions: &Object<'a>,
    name: &str,
) -> Option<Vec<super::decode::Placed<'a, &'a str>>> {
    let object = conditions.find(name)?.object(&["include"])?;
    Some(object.texts("include"))
}

fn read_grants(conditions: &Object<'_>) -> Vec<String> {
    if conditions.require("grantTypes").is_none() {
        return Vec::new();
    }
    let grants = included(conditions, "grantTypes").unwrap_or_default();
    for grant in &grants {
        if grant.value == "refresh_token" {
            grant.place.blame("a refresh is decided as the grant it began with; name that one");
        } else if !RULE_GRANTS.contains(&grant.value) && !VENDOR_GRANTS.contains(&grant.value) {
            let known = super::decode::listed(RULE_GRANTS.iter());
            grant.place.blame(format!("expected one of {known}, found `{}`", grant.value));
        }
    }
    grants.iter().map(|grant| grant.value.to_owned()).collect()
}

fn read_scopes(conditions: &Object<'_>, around: Surroundings<'_>) -> RuleScopes {
    if conditions.require("scopes").is_none() {
        return RuleScopes::Listed(Vec::new());
    }
    let mut names = included(conditions, "scopes").unwrap_or_default();
    let n_names = names.len();
    names.retain(|name| name.value != "*");
    let listed = reference::among(&names, "scope", around.scopes());
    if names.len() < n_names { RuleScopes::All } else { RuleScopes::Listed(listed) }
}

fn read_people(place: &Place<'_>, around: Surroundings<'_>) -> Option<People> {
    let object = place.object(&["users", "groups"])?;
    let side = |name: &str| object.find(name).and_then(|p| p.object(&["include", "exclude"]));
    let mut people = People::default();
    if let Some(users) = side("users") {
        people.users = reference::users(&users.texts("include"), around.directory);
        people.except_users = reference::users(&users.texts("exclude"), around.directory);
    }
    if let Some(groups) = side("groups") {
        let mut include = groups.texts("include");
        people.everyone = include.iter().any(|name| name.value == "EVERYONE");
        include.retain(|name| name.value != "EVERYONE");
        people.groups = reference::groups(&include, around.directory);
        let exclude = groups.texts("exclude");
        people.except_groups = reference::groups(&exclude, around.directory);
    }
    Some(people)
}

const ACTIONS: &[&str] = &["access", "secondFactor", "token"];

/// Whether a second factor is needed (decision 38).
pub(super) const SECOND_FACTOR: &[(&str, bool)] = &[("REQUIRED", true), ("OPTIONAL", false)];

/// `token.inlineHook.id`: a hook of the organization that is active.
fn read_inline_hook(actions: &Object<'_>, around: Surroundings<'_>) -> Option<String> {
    let hook = actions.find("token")?.open_object()?.find("inlineHook")?.object(&["id"])?;
    let place = hook.require("id")?;
    let id = place.text()?;
    let found = around.hooks.iter().find(|known| known.id == id);
    if !found.is_some_and(|found| found.status.is_active()) {
        place.blame(format!("there is no active hook with the id `{id}`"));
    }
    Some(id.to_owned())
}

fn read_token_actions(actions: &Object<'_>) -> Lifetimes {
    let token = actions.find("token").and_then(|place| place.object(TOKEN_ACTIONS));
    token.as_ref().map(read_lifetimes).unwrap_or_default()
}

/// The lifetimes in minutes, within the bounds of authorization-server §1.6.
fn read_lifetimes(token: &Object<'_>) -> Lifetimes {
    const YEARS_5: u32 = 2_628_000;
    let minutes = |name: &str, range, otherwise| {
        token.find(name).and_then(|place| place.integer(range)).unwrap_or(otherwise)
    };
    let usual = Lifetimes::default();
    let access = minutes("accessTokenLifetimeMinutes", 5..=1440, usual.access_token_minutes);
    let refresh = minutes("refreshTokenLifetimeMinutes", 0..=u32::MAX, usual.refresh_token_minutes);
    // A family that ends sooner than the usual window has all its life as the window.
    let usual_window = match refresh {
        0 => usual.refresh_window_minutes.max(access),
        refresh => usual.refresh_window_minutes.min(refresh),
    };
    let window = minutes("refreshTokenWindowMinutes", 5..=YEARS_5, usual_window);
    if refresh > 0 && refresh < access {
        token.place.blame("a refresh token may not end before the access token");
    }
    if refresh > 0 && !(access..=refresh).contains(&window) {
        token.place.blame(
            "`refreshTokenWindowMinutes` must lie between the lifetimes of the access token and \
             the refresh token",
        );
    }
    Lifetimes {
        access_token_minutes: access,
        refresh_token_minutes: refresh,
        refresh_window_minutes: window,
    }
}
