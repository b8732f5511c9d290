//! Cedar, for what it is made for: conditions and memberships. A permit is true; each person is the
//! principal, with what is asked about as attributes and its groups as parents.

use crate::Peer;
use crate::roto::digits;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, Response,
    RestrictedExpression,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

const ROWS: &[(&str, &str)] = &[
    (
        "condition",
        r#"principal.department == "Engineering" && principal.email like "*@example.com""#,
    ),
    (
        "membership of three",
        r#"principal in Group::"role_admin-0" || principal in Group::"vpn-3" || principal in Group::"nobody""#,
    ),
    ("comparison of dates", "principal.created < principal.lastLogin"),
];

pub(crate) fn prepare(row: &str, people: &[Value]) -> Option<Peer> {
    let (_, condition) = ROWS.iter().find(|(name, _)| *name == row)?;
    let policies: PolicySet =
        format!("permit(principal, action, resource) when {{ {condition} }};").parse().unwrap();
    let given: Vec<(Request, Entities)> = people.iter().map(request).collect();
    let authorizer = Authorizer::new();
    let evaluate = move |person: usize| {
        let (request, entities) = &given[person];
        authorizer.is_authorized(request, &policies, entities)
    };
    let json = |response: Response| Value::Bool(response.decision() == Decision::Allow);
    Some(Peer::new("cedar-policy", evaluate, json))
}

fn uid(kind: &str, name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.parse().unwrap(), cedar_policy::EntityId::new(name))
}

fn request(person: &Value) -> (Request, Entities) {
    let text = |name: &str| {
        RestrictedExpression::new_string(person["profile"][name].as_str().unwrap().to_owned())
    };
    let time = |name: &str| {
        RestrictedExpression::new_long(i64::try_from(digits(&person[name])).unwrap())
    };
    let attributes = HashMap::from([
        ("department".to_owned(), text("department")),
        ("email".to_owned(), text("email")),
        ("created".to_owned(), time("created")),
        ("lastLogin".to_owned(), time("lastLogin")),
    ]);
    let groups: HashSet<EntityUid> = person["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| uid("Group", name.as_str().unwrap()))
        .collect();
    let user = uid("User", "somebody");
    let parents = groups.iter().map(|group| Entity::new_no_attrs(group.clone(), HashSet::new()));
    let everything: Vec<Entity> = parents
        .chain([Entity::new(user.clone(), attributes, groups.clone()).unwrap()])
        .collect();
    let entities = Entities::from_entities(everything, None).unwrap();
    let (action, resource) = (uid("Action", "ask"), uid("Resource", "it"));
    let request = Request::new(user, action, resource, Context::empty(), None).unwrap();
    (request, entities)
}
