//! Who may use an application: users, and groups of them.

use super::super::ask::{Ask, Told, moment, require};
use super::super::{ChangeRefused, object_at, read_body, replace, set, text_of};
use super::{path_of, read};
use crate::organization::{Snapshot, groups_of};
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Map, Value, json};

/// The place of a group that none is said of.
const LAST: u64 = 100;

/// The assignments of this kind, `users` or `groups`, each as an object.
fn kept(body: &Value, what: &str) -> Vec<Value> {
    let listed = body.get("assignments").and_then(|all| all.get(what)).and_then(Value::as_array);
    let object = |one: &Value| match one {
        Value::String(id) => json!({ "id": id }),
        other => other.clone(),
    };
    listed.into_iter().flatten().map(object).collect()
}

/// Whom they are of.
pub(super) fn ids(body: &Value, what: &str) -> Vec<String> {
    let all = kept(body, what);
    all.iter().filter_map(|one| text_of(one, "id")).map(str::to_owned).collect()
}

fn position(all: &[Value], id: &str) -> Option<usize> {
    all.iter().position(|one| text_of(one, "id") == Some(id))
}

fn no_such(object: &'static str, id: &str) -> ChangeRefused {
    ChangeRefused::NotFound { object, id: id.to_owned() }
}

/// Has a new application begin with the assignments that it is sent with: `groups` and `users`, each a
/// list of ids. That they are there is looked at with everything else.
pub(super) fn begin_with(sent: &Value, body: &mut Value) -> Result<(), ChangeRefused> {
    let Some(assignments) = sent.get("assignments").filter(|sent| !sent.is_null()) else {
        return Ok(());
    };
    for what in ["groups", "users"] {
        let Some(listed) = assignments.get(what) else { continue };
        let ids: Option<Vec<&str>> =
            listed.as_array().and_then(|ids| ids.iter().map(Value::as_str).collect());
        let wrong = || ChangeRefused::of_field(&format!("assignments.{what}"), "expected ids");
        let all: Vec<Value> =
            ids.ok_or_else(wrong)?.into_iter().map(|id| json!({ "id": id })).collect();
        if let Some(kept) = object_at(body, &["assignments"]) {
            kept.insert(what.to_owned(), all.into());
        }
    }
    Ok(())
}

/// Changes the assignments of this kind as `edit` does.
async fn change(
    ask: &Ask<'_>,
    app: &str,
    what: &str,
    edit: impl Fn(&Snapshot, &mut Vec<Value>) -> Result<(), ChangeRefused> + Send + Sync,
) -> Result<std::sync::Arc<Snapshot>, ChangeRefused> {
    let whole = |all: &Snapshot| {
        let (entity, mut body) = read(all, app)?;
        let mut assigned = kept(&body, what);
        edit(all, &mut assigned)?;
        if let Some(assignments) = object_at(&mut body, &["assignments"]) {
            assignments.insert(what.to_owned(), assigned.into());
        }
        Ok(vec![replace(entity, &body)])
    };
    Ok(ask.administration.change(&ask.actor, whole).await?.snapshot)
}

/// A user of an application, by an assignment of their own or of a group.
fn user_told(
    ask: &Ask<'_>,
    (app, user): (&Entity, &Entity),
    assigned: &Value,
    scope: &str,
) -> Result<Told, ChangeRefused> {
    let body = read_body(user)?;
    let login = body.pointer("/profile/login").and_then(Value::as_str);
    let usual = moment(app.created);
    let created = assigned.get("created").unwrap_or(&usual);
    let updated = assigned.get("lastUpdated").unwrap_or(created);
    let path = path_of(&app.id);
    let value = json!({
        "id": user.id,
        "scope": scope,
        "status": "ACTIVE",
        "syncState": "DISABLED",
        "created": created,
        "lastUpdated": updated,
        "statusChanged": created,
        "credentials": { "userName": text_of(assigned, "userName").or(login) },
        "profile": assigned.get("profile").cloned().unwrap_or_else(|| json!({})),
        "_links": {
            "self": ask.link(&format!("{path}/users/{}", user.id), &["GET", "POST", "DELETE"]),
            "app": ask.link(&path, &["GET"]),
            "user": ask.link(&format!("/api/v1/users/{}", user.id), &["GET"]),
        },
    });
    Ok(Told { value, generation: app.generation, order: user.id.clone() })
}

/// Those who are assigned by themselves, in the order of their ids; of whom a name begins with `q`.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list_users(
    ask: &Ask<'_>,
    app: &str,
    q: Option<&str>,
) -> Result<Vec<Told>, ChangeRefused> {
    let all = ask.kept().await?;
    let (entity, body) = read(&all, app)?;
    let mut listed = Vec::new();
    for assigned in kept(&body, "users") {
        let found = all.find(EntityKind::User, text_of(&assigned, "id").unwrap_or_default());
        let Some(user) = found else { continue };
        let begins = |q: &str| {
            let q = q.to_lowercase();
            let own = text_of(&assigned, "userName").map(str::to_lowercase);
            user.words.iter().map(|word| word.to_lowercase()).chain(own).any(|w| w.starts_with(&q))
        };
        if q.is_none_or(begins) {
            listed.push(user_told(ask, (entity, user), &assigned, "USER")?);
        }
    }
    listed.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(listed)
}

/// Somebody who may use an application: assigned by themselves, else by a group.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find_user(ask: &Ask<'_>, app: &str, id: &str) -> Result<Told, ChangeRefused> {
    let all = ask.kept().await?;
    let (entity, body) = read(&all, app)?;
    let found = ask.administration.organizations().find(EntityKind::User, id).await?;
    let user = found.ok_or_else(|| no_such("AppUser", id))?;
    if let Some(own) = kept(&body, "users").iter().find(|one| text_of(one, "id") == Some(id)) {
        return user_told(ask, (entity, &user), own, "USER");
    }
    let groups: Vec<&str> = groups_of(&user).collect();
    let everyone = all.find_by_name(EntityKind::Group, crate::directory::EVERYONE);
    let is_in = |group: &Value| {
        let group = text_of(group, "id").unwrap_or_default();
        groups.contains(&group) || everyone.is_some_and(|everyone| everyone.id == group)
    };
    let assigned = kept(&body, "groups");
    let theirs = assigned.iter().filter(|group| is_in(group));
    // The one that counts: of several of a place the first.
    let group = theirs.min_by_key(|group| place(group)).ok_or_else(|| no_such("AppUser", id))?;
    let said = group.get("profile").cloned().unwrap_or_else(|| json!({}));
    user_told(ask, (entity, &user), &json!({ "profile": said }), "GROUP")
}

/// Assigns a user, or changes by what name and as what the application knows them.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn assign_user(
    ask: &Ask<'_>,
    app: &str,
    id: Option<&str>,
    sent: &Value,
) -> Result<Told, ChangeRefused> {
    let id = match id {
        Some(id) => id,
        None => {
            require(sent, &["id"])?;
            text_of(sent, "id").unwrap_or_default()
        }
    };
    let found = ask.administration.organizations().find(EntityKind::User, id).await?;
    let user = found.ok_or_else(|| ChangeRefused::not_found(EntityKind::User, id))?;
    let now = moment(Some(ask.administration.clock.microseconds()));
    let user_name = sent.pointer("/credentials/userName").or_else(|| sent.get("userName"));
    let edit = |_: &Snapshot, assigned: &mut Vec<Value>| {
        let index = position(assigned, id).unwrap_or_else(|| {
            assigned.push(json!({ "id": id, "created": now }));
            assigned.len().saturating_sub(1)
        });
        let Some(one) = assigned.get_mut(index) else { return Ok(()) };
        let before = one.clone();
        for (name, value) in [("userName", user_name), ("profile", sent.get("profile"))] {
            match value {
                // A null is no name: it is the login again.
                Some(Value::Null) => {
                    one.as_object_mut().map(|one| one.remove(name));
                }
                Some(value) => set(one, name, value.clone()),
                None => {}
            }
        }
        if *one != before || one.get("lastUpdated").is_none() {
            set(one, "lastUpdated", now.clone());
        }
        Ok(())
    };
    let all = change(ask, app, "users", edit).await?;
    let (entity, body) = read(&all, app)?;
    let assigned = kept(&body, "users");
    let own = position(&assigned, id).and_then(|index| assigned.get(index));
    user_told(ask, (entity, &user), own.ok_or_else(|| no_such("AppUser", id))?, "USER")
}

/// Takes the assignment of a user back.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn unassign_user(ask: &Ask<'_>, app: &str, id: &str) -> Result<(), ChangeRefused> {
    unassign(ask, app, "users", ("AppUser", id)).await
}

async fn unassign(
    ask: &Ask<'_>,
    app: &str,
    what: &str,
    (object, id): (&'static str, &str),
) -> Result<(), ChangeRefused> {
    let edit = |_: &Snapshot, assigned: &mut Vec<Value>| {
        let index = position(assigned, id).ok_or_else(|| no_such(object, id))?;
        assigned.remove(index);
        Ok(())
    };
    change(ask, app, what, edit).await.map(|_| ())
}

const GROUP: &str = "ApplicationGroupAssignment";

/// The place of a group among others.
fn place(assigned: &Value) -> u64 {
    assigned.get("priority").and_then(Value::as_u64).unwrap_or(LAST)
}

fn group_told(ask: &Ask<'_>, app: &Entity, assigned: &Value) -> Told {
    let id = text_of(assigned, "id").unwrap_or_default();
    let priority = place(assigned);
    let path = path_of(&app.id);
    let usual = moment(app.last_updated.or(app.created));
    let value = json!({
        "id": id,
        "lastUpdated": assigned.get("lastUpdated").unwrap_or(&usual),
        "priority": priority,
        "profile": assigned.get("profile").cloned().unwrap_or_else(|| json!({})),
        "_links": {
            "self": ask.link(&format!("{path}/groups/{id}"), &["GET", "PUT", "DELETE"]),
            "app": ask.link(&path, &["GET"]),
            "group": ask.link(&format!("/api/v1/groups/{id}"), &["GET"]),
        },
    });
    Told { value, generation: app.generation, order: format!("{priority:03}/{id}") }
}

/// The groups that are assigned, in the order in which they count.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn list_groups(ask: &Ask<'_>, app: &str) -> Result<Vec<Told>, ChangeRefused> {
    let all = ask.kept().await?;
    let (entity, body) = read(&all, app)?;
    let assigned = kept(&body, "groups");
    let mut listed: Vec<Told> = assigned.iter().map(|one| group_told(ask, entity, one)).collect();
    listed.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(listed)
}

/// A group that is assigned.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find_group(ask: &Ask<'_>, app: &str, id: &str) -> Result<Told, ChangeRefused> {
    tell_group(ask, &*ask.kept().await?, app, id)
}

fn tell_group(ask: &Ask<'_>, all: &Snapshot, app: &str, id: &str) -> Result<Told, ChangeRefused> {
    let (entity, body) = read(all, app)?;
    let assigned = kept(&body, "groups");
    let found = position(&assigned, id).and_then(|index| assigned.get(index));
    Ok(group_told(ask, entity, found.ok_or_else(|| no_such(GROUP, id))?))
}

/// Assigns a group, or changes its place.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn assign_group(
    ask: &Ask<'_>,
    app: &str,
    id: &str,
    sent: &Value,
) -> Result<Told, ChangeRefused> {
    let now = moment(Some(ask.administration.clock.microseconds()));
    let mut assigned: Map<String, Value> = Map::new();
    assigned.insert("id".to_owned(), json!(id));
    assigned.insert("lastUpdated".to_owned(), now);
    for name in ["priority", "profile"] {
        let value = sent.get(name).filter(|value| !value.is_null());
        assigned.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    let assigned = Value::Object(assigned);
    let edit = |all: &Snapshot, groups: &mut Vec<Value>| {
        if all.find(EntityKind::Group, id).is_none() {
            return Err(ChangeRefused::not_found(EntityKind::Group, id));
        }
        match position(groups, id).and_then(|index| groups.get_mut(index)) {
            Some(known) => *known = assigned.clone(),
            None => groups.push(assigned.clone()),
        }
        Ok(())
    };
    let all = change(ask, app, "groups", edit).await?;
    tell_group(ask, &all, app, id)
}

/// Takes the assignment of a group back.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn unassign_group(ask: &Ask<'_>, app: &str, id: &str) -> Result<(), ChangeRefused> {
    unassign(ask, app, "groups", (GROUP, id)).await
}
