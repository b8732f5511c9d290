//! Users as they are told, and found: by id, by login, by words, by what is asked of them. Of a
//! million only so many are looked at for one answer, and none is kept.

use super::condition::{Condition, Operator, find as attribute, order};
use super::{Administration, ChangeRefused, moment, read_body, set, text_of};
use crate::organization::groups_of;
use crate::store::StoreError;
use crate::store::organization::{Entity, EntityKind, Organizations, Page};
use serde_json::{Value, json};
use std::cmp::Ordering;

/// How many users are read at once.
const STEP: u32 = 200;

/// How many are looked at for one answer. Where few of them are wanted, the answer is short, and says
/// how to go on.
const LOOKED_AT: usize = 10_000;

/// The one type of users there is.
pub const USER_TYPE: &str = "otyclaimsmithdefault";

/// What users have beside their profile.
const MEMBERS: &[&str] = &[
    "id",
    "status",
    "created",
    "activated",
    "statusChanged",
    "lastLogin",
    "lastUpdated",
    "passwordChanged",
    "type.id",
];

/// Which users are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// What a name or an address of theirs begins with.
    pub words: Option<&'w str>,
    /// What holds of them.
    pub condition: Option<&'w Condition>,
    /// Who are in this group.
    pub group: Option<&'w str>,
    /// By which attribute they are sorted, and whether from the end; by id if by none.
    pub sort: Option<(&'w str, bool)>,
    /// Behind what the list begins.
    pub after: Option<&'w str>,
    /// How many at most.
    pub limit: u32,
}

/// Users, as they are told, and behind what the next begin.
#[derive(Debug, Default)]
pub struct Found {
    pub users: Vec<Value>,
    pub next: Option<String>,
}

/// Where to look for users; each keeps them in an order, in which a key is a place.
enum Source<'s> {
    One(String),
    Login(String),
    Words(String),
    Group(&'s str),
    Everybody,
}

impl Source<'_> {
    async fn read(
        &self,
        organizations: &Organizations,
        after: Option<&str>,
    ) -> Result<Page, StoreError> {
        let user = EntityKind::User;
        let lone = |found: Option<Entity>| Page {
            entities: found.into_iter().filter(|_| after.is_none()).collect(),
            next: None,
        };
        match self {
            Self::One(id) => Ok(lone(organizations.find(user, id).await?)),
            Self::Login(login) => Ok(lone(organizations.find_by_name(user, login).await?)),
            Self::Words(words) => organizations.search(user, words, after, STEP).await,
            Self::Group(id) => {
                let tag = crate::organization::tag_of_group(id);
                organizations.list_of(user, &tag, after, STEP).await
            }
            Self::Everybody => organizations.list(user, None, after, STEP).await,
        }
    }

    /// Where a user is in the order.
    fn place(&self, user: &Entity) -> String {
        match self {
            Self::Words(words) => user.place_among(words).unwrap_or_default(),
            _ => user.id.clone(),
        }
    }
}

impl Wanted<'_> {
    /// The narrowest place to look.
    fn source(&self) -> Source<'_> {
        if let Some(words) = self.words {
            return Source::Words(words.to_owned());
        }
        let required = self.condition.map(Condition::required).unwrap_or_default();
        let indexed = required.iter().filter_map(|condition| match condition {
            Condition::Compared(name, operator, Value::String(text)) => {
                by_index(name, *operator, text)
            }
            _ => None,
        });
        let narrowest = indexed.min_by_key(|source| match source {
            Source::One(_) | Source::Login(_) => 0,
            _ => 1,
        });
        match (narrowest, self.group) {
            (Some(source @ (Source::One(_) | Source::Login(_))), None) => source,
            (_, Some(group)) => Source::Group(group),
            (Some(source), None) => source,
            (None, None) => Source::Everybody,
        }
    }

    fn is_met(&self, user: &Value) -> bool {
        match self.condition {
            Some(condition) => condition.holds(user),
            // Who is gone is told only to who asks for them.
            None => text_of(user, "status") != Some("DEPROVISIONED"),
        }
    }
}

/// Attributes that every user is found by.
fn by_index<'s>(name: &str, operator: Operator, text: &str) -> Option<Source<'s>> {
    let text = || text.to_owned();
    match (name, operator) {
        ("id", Operator::Equal) => Some(Source::One(text())),
        ("profile.login", Operator::Equal) => Some(Source::Login(text())),
        (
            "profile.login" | "profile.email" | "profile.firstName" | "profile.lastName",
            Operator::Equal | Operator::StartsWith,
        ) => Some(Source::Words(text())),
        _ => None,
    }
}

impl Administration {
    /// Whether users have an attribute of this name, as conditions write it.
    #[must_use]
    pub fn is_attribute_of_users(&self, name: &str) -> bool {
        let version = self.version();
        let is_declared = |name: &str| version.user_schema().iter().any(|known| known.name == name);
        MEMBERS.contains(&name) || name.strip_prefix("profile.").is_some_and(is_declared)
    }

    /// The user of this id or login.
    ///
    /// # Errors
    /// [`ChangeRefused::NotFound`], or that the store failed.
    pub async fn find_user(&self, name: &str) -> Result<Entity, ChangeRefused> {
        let organizations = self.organizations();
        let found = match organizations.find(EntityKind::User, name).await? {
            Some(found) => Some(found),
            None => organizations.find_by_name(EntityKind::User, name).await?,
        };
        found.ok_or_else(|| ChangeRefused::not_found(EntityKind::User, name))
    }

    /// The users who are wanted.
    ///
    /// # Errors
    /// That the store failed, or that there are too many to sort.
    pub async fn list_users(&self, wanted: Wanted<'_>) -> Result<Found, ChangeRefused> {
        match wanted.sort {
            Some((name, is_from_end)) => self.list_sorted(wanted, name, is_from_end).await,
            None => self.list_in_order(wanted).await,
        }
    }

    async fn list_in_order(&self, wanted: Wanted<'_>) -> Result<Found, ChangeRefused> {
        let source = wanted.source();
        let mut after = wanted.after.map(str::to_owned);
        let mut found = Found::default();
        let mut n_looked_at = 0;
        loop {
            let page = source.read(self.organizations(), after.as_deref()).await?;
            for user in &page.entities {
                if found.users.len() >= wanted.limit as usize {
                    return Ok(found);
                }
                let told = user_value(user)?;
                if wanted.is_met(&told) {
                    found.users.push(told);
                }
                found.next = Some(source.place(user));
            }
            n_looked_at += page.entities.len().max(1);
            after = page.next;
            if after.is_none() {
                return Ok(Found { next: None, ..found });
            }
            if n_looked_at >= LOOKED_AT || found.users.len() >= wanted.limit as usize {
                return Ok(Found { next: after, ..found });
            }
        }
    }

    /// All who are wanted are read before the first is told.
    async fn list_sorted(
        &self,
        wanted: Wanted<'_>,
        name: &str,
        is_from_end: bool,
    ) -> Result<Found, ChangeRefused> {
        let limit = u32::try_from(LOOKED_AT).unwrap_or(u32::MAX);
        let all = Wanted { sort: None, after: None, limit, ..wanted };
        let Found { mut users, next } = self.list_in_order(all).await?;
        if next.is_some() {
            let words = format!("more than {LOOKED_AT} users are too many to sort");
            return Err(ChangeRefused::of_field("sortBy", words));
        }
        let by_id = |one: &Value, other: &Value| text_of(one, "id").cmp(&text_of(other, "id"));
        users.sort_by(|one, other| {
            let by_name = order(attribute(one, name), attribute(other, name));
            let by_name = if is_from_end { by_name.reverse() } else { by_name };
            by_name.then_with(|| by_id(one, other))
        });
        let start = wanted
            .after
            .and_then(|after| users.iter().position(|user| text_of(user, "id") == Some(after)));
        let start = start.map_or(0, |index| index.saturating_add(1));
        let rest = users.split_off(start.min(users.len()));
        let is_more = rest.len() > wanted.limit as usize;
        let part: Vec<Value> = rest.into_iter().take(wanted.limit as usize).collect();
        let last = part.last().and_then(|user| text_of(user, "id")).map(str::to_owned);
        Ok(Found { users: part, next: last.filter(|_| is_more) })
    }

    /// The groups of a user, in the order of their names: the one of every user among them.
    ///
    /// # Errors
    /// That the store failed.
    pub async fn groups_of_user(&self, user: &Entity) -> Result<Vec<Value>, ChangeRefused> {
        let kept = self.snapshot().await?;
        let mut groups = Vec::new();
        for group in kept.list(EntityKind::Group) {
            let told = group_value(group)?;
            let is_everyone = text_of(&told, "type") == Some("BUILT_IN");
            if is_everyone || groups_of(user).any(|id| id == group.id) {
                groups.push(told);
            }
        }
        groups.sort_by(by_name);
        Ok(groups)
    }
}

fn by_name(one: &Value, other: &Value) -> Ordering {
    let name = |group: &Value| attribute(group, "profile.name").cloned();
    order(name(one).as_ref(), name(other).as_ref())
}

/// A user as Okta tells them, without links.
///
/// # Errors
/// That what is kept is no JSON.
pub fn user_value(user: &Entity) -> Result<Value, ChangeRefused> {
    let body = read_body(user)?;
    let time = |name: &str, otherwise: Option<i64>| match body.get(name) {
        Some(Value::String(text)) => {
            moment(claimsmith_runtime::time::read(text).map(|time| time.microseconds()))
        }
        _ => moment(otherwise),
    };
    let mut profile = body.get("profile").cloned().unwrap_or_else(|| json!({}));
    if let Some(members) = profile.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    let mut credentials = json!({"provider": {"type": "OKTA", "name": "OKTA"}});
    if body.get("password").is_some() {
        set(&mut credentials, "password", json!({}));
    }
    Ok(json!({
        "id": user.id,
        "status": text_of(&body, "status").unwrap_or("ACTIVE"),
        "created": time("created", user.created),
        "activated": time("activated", None),
        "statusChanged": time("statusChanged", user.created),
        "lastLogin": time("lastLogin", None),
        "lastUpdated": time("lastUpdated", user.last_updated),
        "passwordChanged": time("passwordChanged", None),
        "type": {"id": USER_TYPE},
        "profile": profile,
        "credentials": credentials,
    }))
}

/// A group as Okta tells it, without links.
///
/// # Errors
/// That what is kept is no JSON.
pub fn group_value(group: &Entity) -> Result<Value, ChangeRefused> {
    let body = read_body(group)?;
    let mut profile = match body.get("profile") {
        Some(profile @ Value::Object(_)) => profile.clone(),
        _ => json!({}),
    };
    set(&mut profile, "name", body.get("name").cloned().unwrap_or_default());
    set(&mut profile, "description", body.get("description").cloned().unwrap_or_default());
    let is_everyone = text_of(&body, "name") == Some(crate::directory::EVERYONE);
    let usual = if is_everyone { "BUILT_IN" } else { "OKTA_GROUP" };
    Ok(json!({
        "id": group.id,
        "created": moment(group.created),
        "lastUpdated": moment(group.last_updated),
        "lastMembershipUpdated": moment(group.last_updated),
        "objectClass": ["okta:user_group"],
        "type": text_of(&body, "type").unwrap_or(usual),
        "profile": profile,
    }))
}
