//! Rules that put users into groups (Okta's `/api/v1/groups/rules`). Who came by a rule alone leaves
//! when it stops holding of them or ends; who was put there by hand stays. Who is taken out by hand is
//! left alone by the rule from then on.

use super::ask::{Absent, Ask, Member, Told, check_names, merge, moment, people, require};
use super::{
    Administration, ChangeRefused, IfMatch, Required, create, delete, object_at, read_body,
    replace, set, text_of,
};
use crate::audit::Actor;
use crate::organization::{EXPRESSION_TYPE, Snapshot};
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::{Value, json};

const KIND: EntityKind = EntityKind::GroupRule;

const PEOPLE: &[Member] = &people(&[Member("exclude", Absent::Default, &[])]);

const MEMBERS: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("status", Absent::Own, &[]),
    Member("name", Absent::Default, &[]),
    Member("type", Absent::Default, &[]),
    Member(
        "conditions",
        Absent::Default,
        &[
            Member("people", Absent::Default, PEOPLE),
            Member(
                "expression",
                Absent::Default,
                &[Member("type", Absent::Default, &[]), Member("value", Absent::Default, &[])],
            ),
        ],
    ),
    Member(
        "actions",
        Absent::Default,
        &[Member(
            "assignUserToGroups",
            Absent::Default,
            &[Member("groupIds", Absent::Default, &[])],
        )],
    ),
];

/// What no rule is without.
const REQUIRED: &[&str] = &["name", "conditions", "actions"];

/// Where a rule says whom it leaves alone, and into which groups it puts others.
const EXCEPT: &[&str] = &["conditions", "people", "users"];
const EXCEPT_USERS: &str = "/conditions/people/users/exclude";
const EXCEPT_GROUPS: &str = "/conditions/people/groups/exclude";
const GROUPS: &str = "/actions/assignUserToGroups/groupIds";

fn list_at<'b>(body: &'b Value, pointer: &str) -> Vec<&'b str> {
    let list = body.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

fn status_of(body: &Value) -> &str {
    text_of(body, "status").unwrap_or("ACTIVE")
}

/// Whether the names of the groups are told too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expand {
    Nothing,
    /// `_embedded.groupIdToGroupNameMap`.
    GroupNames,
}

fn told(
    ask: &Ask<'_>,
    kept: &Snapshot,
    entity: &Entity,
    expand: Expand,
) -> Result<Told, ChangeRefused> {
    let body = read_body(entity)?;
    let path = format!("/api/v1/groups/rules/{}", entity.id);
    let mut links = json!({ "self": ask.link(&path, &["GET", "PUT", "DELETE"]) });
    ask.add_turn(&mut links, &path, status_of(&body));
    let mut value = json!({
        "type": "group_rule",
        "id": entity.id,
        "status": status_of(&body),
        "name": text_of(&body, "name"),
        "allGroupsValid": status_of(&body) != "INVALID",
        "created": moment(entity.created),
        "lastUpdated": moment(entity.last_updated.or(entity.created)),
        "conditions": {
            "people": {
                "users": { "exclude": list_at(&body, EXCEPT_USERS) },
                "groups": { "exclude": list_at(&body, EXCEPT_GROUPS) },
            },
            "expression": {
                "value": body.pointer("/conditions/expression/value"),
                "type": EXPRESSION_TYPE,
            },
        },
        "actions": { "assignUserToGroups": { "groupIds": list_at(&body, GROUPS) } },
        "_links": links,
    });
    if expand == Expand::GroupNames {
        let name = |id: &str| {
            let group = read_body(kept.find(EntityKind::Group, id)?).ok()?;
            Some((id.to_owned(), json!(text_of(&group, "name"))))
        };
        let names: serde_json::Map<String, Value> =
            list_at(&body, GROUPS).into_iter().filter_map(name).collect();
        set(&mut value, "_embedded", json!({ "groupIdToGroupNameMap": names }));
    }
    Ok(Told::new(value, entity))
}

/// The rules whose name holds `search`, in order.
///
/// # Errors
/// That the store cannot be read.
pub async fn list(
    ask: &Ask<'_>,
    search: Option<&str>,
    expand: Expand,
) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let search = search.map(str::to_lowercase);
    let holds = |told: &Told, words: &String| {
        text_of(&told.value, "name").is_some_and(|name| name.to_lowercase().contains(words))
    };
    let mut all = kept
        .list(KIND)
        .map(|entity| told(ask, &kept, entity, expand))
        .collect::<Result<Vec<Told>, _>>()?;
    all.retain(|told| search.as_ref().is_none_or(|words| holds(told, words)));
    all.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(all)
}

/// The rule of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, id: &str, expand: Expand) -> Result<Told, ChangeRefused> {
    let kept = ask.kept().await?;
    told(ask, &kept, kept.require(KIND, id, &IfMatch::Any)?, expand)
}

/// Makes a rule, which is inactive: nobody is put anywhere before it is activated.
///
/// # Errors
/// [`ChangeRefused`]; of an expression that does not compile with its diagnostics.
pub async fn add(ask: &Ask<'_>, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, REQUIRED)?;
    let id = ask.administration.new_id("0pr");
    let mut body = merge(MEMBERS, sent, None);
    set(&mut body, "id", json!(id));
    set(&mut body, "status", json!("INACTIVE"));
    let edit = |kept: &Snapshot| {
        check_names(kept, (KIND, &id), &body, &["name"])?;
        Ok(vec![create(KIND, &id, kept.next_position(KIND, ""), &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, &changed.snapshot, changed.find(KIND, &id)?, Expand::Nothing)
}

/// Puts what is sent in the place of a rule that is not active. One that was invalid is inactive then.
///
/// # Errors
/// [`ChangeRefused`]; of an expression that does not compile with its diagnostics.
pub async fn put(ask: &Ask<'_>, id: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, REQUIRED)?;
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let before = read_body(entity)?;
        if status_of(&before) == "ACTIVE" {
            let words = "Only a rule that is not active can be changed.";
            return Err(ChangeRefused::of_field("status", words));
        }
        let mut body = merge(MEMBERS, sent, Some(&before));
        set(&mut body, "status", json!("INACTIVE"));
        check_names(kept, (KIND, id), &body, &["name"])?;
        Ok(vec![replace(entity, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, &changed.snapshot, changed.find(KIND, id)?, Expand::Nothing)
}

/// Whether a rule is to put users into groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Activate,
    Deactivate,
}

/// Activates a rule, which is followed at once, or deactivates it: who came by it alone leaves.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn turn(ask: &Ask<'_>, id: &str, turn: Turn) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let entity = kept.require(KIND, id, &ask.if_match)?;
        let mut body = read_body(entity)?;
        let status = match (turn, status_of(&body)) {
            (Turn::Activate, "ACTIVE") | (Turn::Deactivate, "INACTIVE" | "INVALID") => {
                return Ok(Vec::new());
            }
            (Turn::Activate, "INVALID") => {
                let words = "A group of the rule was deleted. Change the rule first.";
                return Err(ChangeRefused::of_field("status", words));
            }
            (Turn::Activate, _) => "ACTIVE",
            (Turn::Deactivate, _) => "INACTIVE",
        };
        set(&mut body, "status", json!(status));
        Ok(vec![replace(entity, &body)])
    };
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}

/// Deletes a rule. Who came by it alone leaves.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, id: &str) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| Ok(vec![delete(kept.require(KIND, id, &ask.if_match)?)]);
    ask.administration.change(&ask.actor, edit).await.map(|_| ())
}

/// A rule that has lost a group it puts users into does nothing until somebody says what it is to do.
pub(super) fn invalidate(before: &Entity, body: &mut Value) -> Result<(), ChangeRefused> {
    if before.kind == KIND && list_at(&read_body(before)?, GROUPS) != list_at(body, GROUPS) {
        set(body, "status", json!("INVALID"));
    }
    Ok(())
}

impl Administration {
    /// Has these rules leave a user alone from now on, as Okta does with who is taken out of a group
    /// that a rule put them into: else the rule would put them back.
    pub(super) async fn except_from_rules(
        &self,
        actor: &Actor,
        user: &str,
        rules: &[String],
    ) -> Result<(), ChangeRefused> {
        let edit = |kept: &Snapshot| {
            let mut changes: Vec<Change> = Vec::new();
            for rule in rules.iter().filter_map(|id| kept.find(KIND, id)) {
                let mut body = read_body(rule)?;
                let mut except = list_at(&body, EXCEPT_USERS);
                if except.contains(&user) {
                    continue;
                }
                except.push(user);
                let except = json!(except);
                if let Some(users) = object_at(&mut body, EXCEPT) {
                    users.insert("exclude".to_owned(), except);
                }
                changes.push(replace(rule, &body));
            }
            Ok(changes)
        };
        let event = "group.user_membership.rule.add_exclusion";
        self.change_as(actor, Some(event), edit).await.map(|_| ())
    }
}
