//! What administrators send of users and groups, as it is kept.

use super::lifecycle::Turn;
use super::refused::Cause;
use super::{
    Administration, Along, ChangeRefused, IfMatch, Membership, moment, read_body, set, text_of,
};
use crate::audit::Actor;
use crate::directory::{Attribute, UserStatus};
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Map, Value, json};

const BLANK: &str = "The field cannot be left blank";

/// A user to be made.
#[derive(Debug, Clone)]
pub struct NewUser<'n> {
    /// As it was sent.
    pub profile: &'n Value,
    /// The hash of their password, if they have one.
    pub password: Option<&'n str>,
    /// The ids of the groups they are in from the start.
    pub groups: &'n [String],
    pub status: UserStatus,
}

/// What becomes of the attributes that are not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsent {
    /// They stay (`POST`).
    Kept,
    /// They are gone (`PUT`).
    Gone,
}

/// A change of a user.
#[derive(Debug, Clone)]
pub struct ChangedUser<'c> {
    /// As it was sent, if it was.
    pub profile: Option<&'c Value>,
    pub unsent: Unsent,
    /// The hash of the new password, if there is one.
    pub password: Option<&'c str>,
    /// What is done to them besides.
    pub turn: Option<Turn>,
    /// Kinds of rows of theirs that end with the change.
    pub ends: &'static [&'static str],
    pub if_match: IfMatch,
}

impl ChangedUser<'_> {
    /// What is recorded, where it is no change of the profile.
    fn event(&self) -> Option<&'static str> {
        let turned = self.turn.and_then(Turn::event);
        let event = turned.or(self.password.map(|_| "user.account.reset_password"));
        event.filter(|_| self.profile.is_none())
    }
}

impl Administration {
    /// Makes a user.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn add_user(
        &self,
        actor: &Actor,
        new: &NewUser<'_>,
    ) -> Result<Entity, ChangeRefused> {
        let profile = members(new.profile, "newUser")?;
        check("newUser", &profile, self.version().user_schema())?;
        let kept = self.snapshot().await?;
        for id in new.groups {
            let group = kept.find(EntityKind::Group, id);
            let group = group.ok_or_else(|| ChangeRefused::not_found(EntityKind::Group, id))?;
            if text_of(&read_body(group)?, "type") == Some("BUILT_IN") {
                return Err(ChangeRefused::not_permitted());
            }
        }
        let now = self.now();
        let mut body = json!({
            "profile": profile, "groups": new.groups, "created": now, "lastUpdated": now,
        });
        stand(&mut body, new.status, &now);
        if let Some(hash) = new.password {
            set(&mut body, "password", json!(hash));
            set(&mut body, "passwordChanged", now);
        }
        self.create_user(actor, &body).await.map_err(of_profile)
    }

    /// Changes the profile or the password of a user, or both.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn update_user(
        &self,
        actor: &Actor,
        id: &str,
        change: &ChangedUser<'_>,
    ) -> Result<Entity, ChangeRefused> {
        let version = self.version();
        let edit = |kept: &Entity, mut body: Value| {
            change.if_match.check(kept.generation)?;
            let before = body.clone();
            if let Some(sent) = change.profile {
                let profile = merged(&body, sent, change.unsent)?;
                check("user", &profile, version.user_schema())?;
                set(&mut body, "profile", profile.into());
            }
            let now = self.now();
            if let Some(hash) = change.password {
                set(&mut body, "password", json!(hash));
                set(&mut body, "passwordChanged", now.clone());
                if let Some(status) = with_password(status_of_user(&body)) {
                    stand(&mut body, status, &now);
                }
            }
            if let Some(turn) = change.turn {
                turn.turn(&mut body, false, &now)?;
            }
            if body == before {
                return Ok(None);
            }
            set(&mut body, "lastUpdated", now);
            Ok(Some(body))
        };
        let along = Along { event: change.event(), ends: change.ends, ..Along::default() };
        self.change_user(actor, id, along, edit).await.map_err(of_profile)
    }

    /// Keeps and records that somebody changed their password, which is kept elsewhere.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn note_password_changed(
        &self,
        actor: &Actor,
        id: &str,
    ) -> Result<Entity, ChangeRefused> {
        let edit = |_: &Entity, mut body: Value| {
            let now = self.now();
            set(&mut body, "passwordChanged", now.clone());
            set(&mut body, "lastUpdated", now);
            Ok(Some(body))
        };
        self.change_user(actor, id, Some("user.account.update_password"), edit).await
    }

    /// What time it is, as it is kept of users.
    pub(super) fn now(&self) -> Value {
        moment(Some(self.clock.microseconds()))
    }

    /// Makes a group of what was sent.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn add_group(&self, actor: &Actor, sent: &Value) -> Result<Entity, ChangeRefused> {
        let body = group_body(sent, None)?;
        let kept = self.snapshot().await?;
        let is_taken = |name: &str| {
            kept.list(EntityKind::Group).any(|group| {
                read_body(group).is_ok_and(|known| text_of(&known, "name") == Some(name))
            })
        };
        if text_of(&body, "name").is_some_and(is_taken) {
            return Err(ChangeRefused::taken("name"));
        }
        let made = self.create_group(actor, &body).await?;
        Ok(Entity::clone(&made))
    }

    /// Puts what was sent in the place of a group.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn put_group(
        &self,
        actor: &Actor,
        id: &str,
        if_match: &IfMatch,
        sent: &Value,
    ) -> Result<Entity, ChangeRefused> {
        let snapshot = self.snapshot().await?;
        let edit = |kept: Value| {
            let wanted = group_body(sent, Some(&kept))?;
            for other in snapshot.list(EntityKind::Group).filter(|group| group.id != id) {
                if text_of(&read_body(other)?, "name") == text_of(&wanted, "name") {
                    return Err(ChangeRefused::taken("name"));
                }
            }
            Ok(wanted)
        };
        let changed = self.change_group(actor, id, if_match, edit).await?;
        Ok(Entity::clone(&changed))
    }

    /// Has a user, by id or login, join or leave a group.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub async fn turn_member(
        &self,
        actor: &Actor,
        (user, group): (&str, &str),
        membership: Membership,
    ) -> Result<(), ChangeRefused> {
        let user = self.find_user(user).await?;
        self.change_membership(actor, (&user.id, group), membership).await
    }
}

/// Where a user stands.
pub(super) fn status_of_user(body: &Value) -> UserStatus {
    let word = text_of(body, "status").unwrap_or_default();
    let known = UserStatus::WORDS.iter().find(|(known, _)| *known == word);
    known.map_or(UserStatus::Active, |(_, status)| *status)
}

/// Who lacked a password, or had to have another, is active with one.
fn with_password(status: UserStatus) -> Option<UserStatus> {
    use UserStatus::{Active, LockedOut, PasswordExpired, Provisioned, Recovery};
    matches!(status, Provisioned | Recovery | PasswordExpired | LockedOut).then_some(Active)
}

/// Has a user stand somewhere, since now.
pub(super) fn stand(body: &mut Value, status: UserStatus, now: &Value) {
    set(body, "status", json!(status.word()));
    set(body, "statusChanged", now.clone());
    if status == UserStatus::Active {
        set(body, "activated", now.clone());
    }
}

/// The attributes that were sent and are something.
fn members(sent: &Value, object: &str) -> Result<Map<String, Value>, ChangeRefused> {
    let Some(sent) = sent.as_object() else {
        let cause = Cause::of("profile", BLANK);
        return Err(ChangeRefused::Invalid { object: object.to_owned(), causes: vec![cause] });
    };
    let is_something = |(_, value): &(&String, &Value)| !value.is_null();
    Ok(sent
        .iter()
        .filter(is_something)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}

fn merged(body: &Value, sent: &Value, unsent: Unsent) -> Result<Map<String, Value>, ChangeRefused> {
    let new = members(sent, "user")?;
    let Some(Value::Object(kept)) = body.get("profile").filter(|_| unsent == Unsent::Kept) else {
        return Ok(new);
    };
    let is_cleared = |name: &str| sent.get(name).is_some_and(Value::is_null);
    let kept = kept.iter().filter(|(name, value)| !is_cleared(name) && !value.is_null());
    let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
    Ok(kept.chain(new).collect())
}

/// What of a profile is wrong, as Okta says it (authorization-server §1.1).
fn check(
    object: &str,
    profile: &Map<String, Value>,
    schema: &[Attribute],
) -> Result<(), ChangeRefused> {
    let is_known = |name: &str| schema.iter().any(|known| known.name == name);
    let undeclared = profile.keys().filter(|name| !is_known(name));
    let undeclared = undeclared
        .map(|name| Cause::of("", &format!("Property name '{name}' is not defined in profile")));
    let is_blank = |name: &str| match profile.get(name) {
        None => true,
        Some(value) => value.as_str().is_some_and(|text| text.trim().is_empty()),
    };
    let missing = schema.iter().filter(|known| known.required && is_blank(&known.name));
    let missing = missing.map(|known| Cause::of(&known.name, BLANK));
    let causes: Vec<Cause> = undeclared.chain(missing).collect();
    if causes.is_empty() {
        return Ok(());
    }
    Err(ChangeRefused::Invalid { object: object.to_owned(), causes })
}

/// Okta names the attributes of a profile alone.
fn of_profile(refused: ChangeRefused) -> ChangeRefused {
    let ChangeRefused::Invalid { object, causes } = refused else { return refused };
    let bare = |name: &str| name.strip_prefix("profile.").unwrap_or(name).to_owned();
    let cause = |cause: Cause| Cause { field: bare(&cause.field), ..cause };
    ChangeRefused::Invalid {
        object: bare(&object),
        causes: causes.into_iter().map(cause).collect(),
    }
}

/// A group's body: `name` and `description` stand beside the rest of the profile in it.
fn group_body(sent: &Value, kept: Option<&Value>) -> Result<Value, ChangeRefused> {
    let mut profile = match sent.get("profile") {
        Some(Value::Object(profile)) => profile.clone(),
        _ => return Err(ChangeRefused::of_field("profile", BLANK)),
    };
    profile.retain(|_, value| !value.is_null());
    let name = match profile.remove("name") {
        Some(Value::String(name)) if !name.trim().is_empty() => name,
        None => return Err(ChangeRefused::of_field("name", BLANK)),
        Some(Value::String(_)) => return Err(ChangeRefused::of_field("name", BLANK)),
        Some(_) => return Err(ChangeRefused::of_field("name", "expected a text")),
    };
    let mut body = json!({"name": name});
    if let Some(id) = kept.and_then(|kept| kept.get("id")) {
        set(&mut body, "id", id.clone());
    }
    if let Some(description) = profile.remove("description") {
        set(&mut body, "description", description);
    }
    // Which class of groups it is of, one of Okta's SDKs sends with the profile.
    profile.remove("objectClass");
    if !profile.is_empty() {
        set(&mut body, "profile", profile.into());
    }
    Ok(body)
}
