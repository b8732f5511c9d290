//! Access policies, their rules, and token policies (authorization-server §1.5, §1.6; decisions 1, 2
//! and 7).

use super::ask::{Absent, Ask, Member, Told, merge, moment, people, require};
use super::ranked::{In, Ranked};
use super::{ChangeRefused, set, text_of};
use crate::organization::own_id;
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Value, json};

/// Which list of things that are tried in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List<'l> {
    /// The access policies of a server.
    Policies,
    /// The rules of this access policy.
    Rules(&'l str),
    /// The token policies of a server.
    TokenPolicies,
}

impl<'l> List<'l> {
    pub(super) fn of(self, server: &'l str) -> (&'static Ranked, In<'l>) {
        let place = |policy| In { server, policy };
        match self {
            Self::Policies => (&POLICIES, place(None)),
            Self::Rules(policy) => (&RULES, place(Some(policy))),
            Self::TokenPolicies => (&TOKEN_POLICIES, place(None)),
        }
    }

    /// All of it, in the order in which they are tried.
    ///
    /// # Errors
    /// [`ChangeRefused::NotFound`].
    pub async fn all(self, ask: &Ask<'_>, server: &str) -> Result<Vec<Told>, ChangeRefused> {
        let (ranked, place) = self.of(server);
        ranked.list(ask, place).await
    }

    /// The one of this id.
    ///
    /// # Errors
    /// [`ChangeRefused::NotFound`].
    pub async fn find(self, ask: &Ask<'_>, server: &str, id: &str) -> Result<Told, ChangeRefused> {
        let (ranked, place) = self.of(server);
        ranked.find(ask, place, id).await
    }

    /// Makes one.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn add(
        self,
        ask: &Ask<'_>,
        server: &str,
        sent: &Value,
    ) -> Result<Told, ChangeRefused> {
        let (ranked, place) = self.of(server);
        ranked.add(ask, place, sent).await
    }

    /// Puts what is sent in the place of one.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn put(
        self,
        ask: &Ask<'_>,
        server: &str,
        id: &str,
        sent: &Value,
    ) -> Result<Told, ChangeRefused> {
        let (ranked, place) = self.of(server);
        ranked.put(ask, place, id, sent).await
    }

    /// Activates or deactivates one.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn turn(
        self,
        ask: &Ask<'_>,
        server: &str,
        id: &str,
        status: &str,
    ) -> Result<(), ChangeRefused> {
        let (ranked, place) = self.of(server);
        ranked.turn(ask, place, id, status).await
    }

    /// Deletes one.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn remove(self, ask: &Ask<'_>, server: &str, id: &str) -> Result<(), ChangeRefused> {
        let (ranked, place) = self.of(server);
        ranked.remove(ask, place, id).await
    }
}

const POLICIES: Ranked =
    Ranked { kind: EntityKind::Policy, prefix: "00p", wanted: wanted_policy, told: told_policy };

const RULES: Ranked =
    Ranked { kind: EntityKind::Rule, prefix: "0pr", wanted: wanted_rule, told: told_rule };

const TOKEN_POLICIES: Ranked = Ranked {
    kind: EntityKind::TokenPolicy,
    prefix: "tkp",
    wanted: wanted_token_policy,
    told: told_token_policy,
};

const INCLUDE: &[Member] = &[Member("include", Absent::Default, &[])];

/// Okta's SDKs do not send back whom a rule excludes (decision 49).
const PEOPLE: &[Member] =
    &people(&[Member("include", Absent::Default, &[]), Member("exclude", Absent::Kept, &[])]);

const POLICY: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("system", Absent::Own, &[]),
    Member("type", Absent::Default, &[]),
    Member("name", Absent::Default, &[]),
    Member("description", Absent::Default, &[]),
    Member("status", Absent::Kept, &[]),
    Member("conditions", Absent::Default, &[Member("clients", Absent::Default, INCLUDE)]),
];

const RULE: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("system", Absent::Own, &[]),
    Member("type", Absent::Default, &[]),
    Member("name", Absent::Default, &[]),
    Member("status", Absent::Kept, &[]),
    Member(
        "conditions",
        Absent::Default,
        &[
            Member("people", Absent::Default, PEOPLE),
            Member("grantTypes", Absent::Default, INCLUDE),
            Member("scopes", Absent::Default, INCLUDE),
            Member("audiences", Absent::Kept, INCLUDE),
            Member("elCondition", Absent::Kept, &[Member("condition", Absent::Default, &[])]),
        ],
    ),
    Member(
        "actions",
        Absent::Default,
        &[
            Member("access", Absent::Kept, &[]),
            Member("secondFactor", Absent::Kept, &[]),
            Member(
                "token",
                Absent::Default,
                &[
                    Member("accessTokenLifetimeMinutes", Absent::Default, &[]),
                    Member("refreshTokenLifetimeMinutes", Absent::Default, &[]),
                    Member("refreshTokenWindowMinutes", Absent::Default, &[]),
                    Member("inlineHook", Absent::Default, &[Member("id", Absent::Default, &[])]),
                ],
            ),
        ],
    ),
];

/// None of Okta's: all of it is put in the place of all of it.
const TOKEN_POLICY: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("name", Absent::Default, &[]),
    Member("description", Absent::Default, &[]),
    Member("status", Absent::Kept, &[]),
    Member("conditions", Absent::Default, &[]),
    Member("actions", Absent::Default, &[]),
];

fn wanted_policy(sent: &Value, kept: Option<&Value>) -> Result<Value, ChangeRefused> {
    require(sent, &["name"])?;
    Ok(merge(POLICY, sent, kept))
}

fn wanted_token_policy(sent: &Value, kept: Option<&Value>) -> Result<Value, ChangeRefused> {
    require(sent, &["name"])?;
    Ok(merge(TOKEN_POLICY, sent, kept))
}

fn wanted_rule(sent: &Value, kept: Option<&Value>) -> Result<Value, ChangeRefused> {
    require(sent, &["name"])?;
    if sent.pointer("/actions/scopes").is_some_and(|scopes| !scopes.is_null()) {
        let words = "Scopes are granted by 'conditions.scopes'.";
        return Err(ChangeRefused::of_field("actions.scopes", words));
    }
    let mut rule = merge(RULE, sent, kept);
    // An empty condition clears the one that is kept.
    let condition = rule.pointer("/conditions/elCondition");
    let is_empty = condition.is_some_and(|condition| {
        text_of(condition, "condition").is_none_or(|text| text.trim().is_empty())
    });
    if is_empty && let Some(conditions) = rule.get_mut("conditions").and_then(Value::as_object_mut)
    {
        conditions.remove("elCondition");
    }
    check_people(&rule)?;
    Ok(rule)
}

/// Grants that a person takes part in, of which a rule says whom it is for.
const OF_PEOPLE: &[&str] = &["authorization_code", "implicit", "password"];

fn check_people(rule: &Value) -> Result<(), ChangeRefused> {
    let list = |pointer: &str| {
        rule.pointer(pointer).and_then(Value::as_array).into_iter().flatten().map(Value::as_str)
    };
    let mut grants = list("/conditions/grantTypes/include");
    let mut included =
        list("/conditions/people/users/include").chain(list("/conditions/people/groups/include"));
    let is_of_people = grants.any(|grant| grant.is_some_and(|grant| OF_PEOPLE.contains(&grant)));
    if is_of_people && included.next().is_none() {
        let words = "At least one of 'conditions.people.users.include' or \
                     'conditions.people.groups.include' must contain a valid user or group when \
                     'conditions.grantTypes' contains one or more of [authorization_code, \
                     implicit, password].";
        return Err(ChangeRefused::of_field("conditions.people", words));
    }
    Ok(())
}

/// What policies, rules and token policies have alike.
fn told_alike(ask: &Ask<'_>, path: &str, entity: &Entity, body: &Value) -> (Value, String) {
    let path = format!("{path}/{}", own_id(entity));
    let status = text_of(body, "status").unwrap_or("ACTIVE");
    let mut links = json!({"self": ask.link(&path, &["GET", "PUT", "DELETE"])});
    ask.add_turn(&mut links, &path, status);
    let value = json!({
        "id": own_id(entity),
        "name": text_of(body, "name"),
        "status": status,
        "created": moment(entity.created),
        "lastUpdated": moment(entity.last_updated),
        "_links": links,
    });
    (value, path)
}

/// `{"include": […]}` of a condition, empty if nothing is said.
fn included(body: &Value, pointer: &str) -> Value {
    let include = body.pointer(&format!("{pointer}/include"));
    json!({ "include": include.cloned().unwrap_or_else(|| json!([])) })
}

fn told_policy(ask: &Ask<'_>, path: &str, entity: &Entity, body: &Value) -> Value {
    let (mut value, path) = told_alike(ask, path, entity, body);
    set(&mut value, "type", json!("OAUTH_AUTHORIZATION_POLICY"));
    set(&mut value, "description", json!(text_of(body, "description").unwrap_or_default()));
    set(&mut value, "system", json!(super::ask::is_true(body, "system")));
    set(&mut value, "conditions", json!({"clients": included(body, "/conditions/clients")}));
    if let Some(links) = value.get_mut("_links") {
        set(links, "rules", ask.link(&format!("{path}/rules"), &["GET", "POST"]));
    }
    value
}

fn told_token_policy(ask: &Ask<'_>, path: &str, entity: &Entity, body: &Value) -> Value {
    let (mut value, _) = told_alike(ask, path, entity, body);
    for name in ["description", "conditions", "actions"] {
        if let Some(own) = body.get(name) {
            set(&mut value, name, own.clone());
        }
    }
    value
}

fn told_rule(ask: &Ask<'_>, path: &str, entity: &Entity, body: &Value) -> Value {
    let (mut value, _) = told_alike(ask, path, entity, body);
    set(&mut value, "type", json!("RESOURCE_ACCESS"));
    set(&mut value, "system", json!(super::ask::is_true(body, "system")));
    let side = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_else(|| json!([]));
    let mut users = json!({"exclude": side("/conditions/people/users/exclude")});
    let included_users = side("/conditions/people/users/include");
    if included_users != json!([]) {
        set(&mut users, "include", included_users);
    }
    let groups = json!({
        "include": side("/conditions/people/groups/include"),
        "exclude": side("/conditions/people/groups/exclude"),
    });
    let mut conditions = json!({
        "people": {"users": users, "groups": groups},
        "grantTypes": included(body, "/conditions/grantTypes"),
        "scopes": included(body, "/conditions/scopes"),
    });
    for name in ["audiences", "elCondition"] {
        if let Some(own) = body.pointer(&format!("/conditions/{name}")) {
            set(&mut conditions, name, own.clone());
        }
    }
    set(&mut value, "conditions", conditions);
    let mut actions = json!({"token": told_token(body)});
    for name in ["access", "secondFactor"] {
        if let Some(own) = body.pointer(&format!("/actions/{name}")) {
            set(&mut actions, name, own.clone());
        }
    }
    set(&mut value, "actions", actions);
    value
}

/// `actions.token` with what is usual where nothing is said, as it is read.
fn told_token(body: &Value) -> Value {
    let said = |name: &str| body.pointer(&format!("/actions/token/{name}"));
    let minutes = |name: &str, usual: u64| said(name).and_then(Value::as_u64).unwrap_or(usual);
    let access = minutes("accessTokenLifetimeMinutes", 60);
    let refresh = minutes("refreshTokenLifetimeMinutes", 0);
    let window = match refresh {
        0 => access.max(10_080),
        refresh => refresh.min(10_080),
    };
    let mut token = json!({
        "accessTokenLifetimeMinutes": access,
        "refreshTokenLifetimeMinutes": refresh,
        "refreshTokenWindowMinutes": minutes("refreshTokenWindowMinutes", window),
    });
    if let Some(hook) = said("inlineHook") {
        set(&mut token, "inlineHook", hook.clone());
    }
    token
}
