//! Relations between users (Okta's linked objects): what relations there are, and who is linked to
//! whom. Each user has one other at most in a relation, and nobody leads back to themselves.

use super::ask::{Absent, Ask, Member, Told, merge, require};
use super::{
    ATTEMPTS, Administration, Along, ChangeRefused, create, delete, object_at, read_body, set,
};
use crate::audit::Actor;
use crate::organization::{
    CHAIN_AT_MOST, Snapshot, forget_link, link_of, tag_of_link, tag_of_relation,
};
use crate::store::organization::{Entity, EntityKind};
use serde_json::{Value, json};

const KIND: EntityKind = EntityKind::LinkedObject;

const SIDE: &[Member] = &[
    Member("name", Absent::Default, &[]),
    Member("title", Absent::Default, &[]),
    Member("description", Absent::Default, &[]),
    Member("type", Absent::Default, &[]),
];

const MEMBERS: &[Member] =
    &[Member("primary", Absent::Default, SIDE), Member("associated", Absent::Default, SIDE)];

/// Where the links of a user stand.
const LINKS: &str = "linkedObjects";

fn path_of(body: &Value) -> String {
    let name = body.pointer("/primary/name").and_then(Value::as_str).unwrap_or_default();
    format!("/api/v1/meta/schemas/user/linkedObjects/{name}")
}

fn told(ask: &Ask<'_>, entity: &Entity) -> Result<Told, ChangeRefused> {
    let body = read_body(entity)?;
    let side = |name: &str| {
        let side = body.get(name);
        let text = |member: &str| side.and_then(|side| side.get(member)).cloned();
        json!({
            "name": text("name"),
            "title": text("title").unwrap_or_else(|| json!("")),
            "description": text("description").unwrap_or_else(|| json!("")),
            "type": "USER",
        })
    };
    let value = json!({
        "primary": side("primary"),
        "associated": side("associated"),
        "_links": { "self": ask.link(&path_of(&body), &["GET", "DELETE"]) },
    });
    Ok(Told::new(value, entity))
}

/// The relations, in order.
///
/// # Errors
/// That the store cannot be read.
pub async fn list(ask: &Ask<'_>) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let mut all =
        kept.list(KIND).map(|entity| told(ask, entity)).collect::<Result<Vec<Told>, _>>()?;
    all.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(all)
}

/// The two sides of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Primary,
    Associated,
}

/// The relation of this name, which is the one of that side.
fn named<'k>(kept: &'k Snapshot, name: &str) -> Result<(&'k Entity, Value, Side), ChangeRefused> {
    for entity in kept.list(KIND) {
        let body = read_body(entity)?;
        for (member, side) in
            [("/primary/name", Side::Primary), ("/associated/name", Side::Associated)]
        {
            if body.pointer(member).and_then(Value::as_str) == Some(name) {
                return Ok((entity, body, side));
            }
        }
    }
    Err(ChangeRefused::not_found(KIND, name))
}

fn primary_name(body: &Value) -> &str {
    body.pointer("/primary/name").and_then(Value::as_str).unwrap_or_default()
}

/// The relation that has this name on either side.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, name: &str) -> Result<Told, ChangeRefused> {
    told(ask, named(&*ask.kept().await?, name)?.0)
}

/// Makes a relation.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add(ask: &Ask<'_>, sent: &Value) -> Result<Told, ChangeRefused> {
    require(sent, &["primary", "associated"])?;
    let id = ask.administration.new_id("lnk");
    let mut body = merge(MEMBERS, sent, None);
    set(&mut body, "id", json!(id));
    let edit = |kept: &Snapshot| Ok(vec![create(KIND, &id, kept.next_position(KIND, ""), &body)]);
    let changed = ask.administration.change(&ask.actor, edit).await?;
    told(ask, changed.find(KIND, &id)?)
}

/// Ends, step by step, that anybody is linked by a relation, and then deletes it.
///
/// # Errors
/// [`ChangeRefused`], also where somebody links users by it meanwhile. If the store fails between two
/// steps, the relation is still there.
pub async fn remove(ask: &Ask<'_>, name: &str) -> Result<(), ChangeRefused> {
    let (_, body, _) = named(&*ask.kept().await?, name)?;
    let primary = primary_name(&body);
    ask.administration.forget_links(&tag_of_relation(primary), primary).await?;
    let edit = |kept: &Snapshot| Ok(vec![delete(named(kept, name)?.0)]);
    ask.administration.change(&ask.actor, edit).await?;
    // Of those who were linked after nobody was any more, and before there was nothing to link by.
    ask.administration.forget_links(&tag_of_relation(primary), primary).await
}

/// Whom a user is linked to, of a primary name, or who is linked to them, of an associated one: their
/// ids. Of many only those behind `after`, `limit` at most, and behind whom to go on.
///
/// # Errors
/// [`ChangeRefused::NotFound`] of the user or the relation.
pub async fn list_linked(
    ask: &Ask<'_>,
    (user, name): (&str, &str),
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<String>, Option<String>), ChangeRefused> {
    let administration = ask.administration;
    let user = administration.find_user(user).await?;
    let kept = ask.kept().await?;
    let (_, body, side) = named(&kept, name)?;
    let organizations = administration.organizations();
    if side == Side::Associated {
        let tag = tag_of_link(primary_name(&body), &user.id);
        let page = organizations.list_of(EntityKind::User, &tag, after, limit).await?;
        return Ok((page.entities.into_iter().map(|user| user.id).collect(), page.next));
    }
    let Some(to) = link_of(&user, name) else { return Ok((Vec::new(), None)) };
    // Who is gone is nobody's any more.
    let found = organizations.find(EntityKind::User, &to).await?;
    Ok((found.into_iter().map(|user| user.id).collect(), None))
}

/// Links a user to another, in the place of whom they were linked to.
///
/// # Errors
/// [`ChangeRefused`], also where the other one leads back to the user.
pub async fn link(
    ask: &Ask<'_>,
    (associated, primary): (&str, &str),
    name: &str,
) -> Result<(), ChangeRefused> {
    let administration = ask.administration;
    for _ in 0..ATTEMPTS {
        // Two who are linked at once must not come to a circle: neither is written once anything is.
        let seen = Some(administration.organizations().counters().await?);
        let associated = administration.find_user(associated).await?;
        let primary = administration.find_user(primary).await?;
        require_primary(&*ask.kept().await?, name)?;
        administration.check_chain(&associated.id, &primary, name).await?;
        let (along, to) = (Along { seen, ..Along::default() }, Some(primary.id.as_str()));
        match administration.set_link(&ask.actor, &associated.id, name, to, along).await {
            Err(ChangeRefused::Conflict) => {}
            linked => return linked,
        }
    }
    Err(ChangeRefused::Conflict)
}

/// Ends that a user is linked to somebody.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn unlink(ask: &Ask<'_>, user: &str, name: &str) -> Result<(), ChangeRefused> {
    let user = ask.administration.find_user(user).await?;
    require_primary(&*ask.kept().await?, name)?;
    ask.administration.set_link(&ask.actor, &user.id, name, None, Along::default()).await
}

/// That this is the name of a relation on the side of the one.
fn require_primary(kept: &Snapshot, name: &str) -> Result<(), ChangeRefused> {
    match named(kept, name)?.2 {
        Side::Primary => Ok(()),
        Side::Associated => Err(ChangeRefused::not_found(KIND, name)),
    }
}

impl Administration {
    /// That following the relation from `primary` never comes to the user `id`.
    async fn check_chain(
        &self,
        id: &str,
        primary: &Entity,
        name: &str,
    ) -> Result<(), ChangeRefused> {
        let refused = |words: &str| Err(ChangeRefused::of_field(name, words));
        let mut at = Some(primary.clone());
        for _ in 0..CHAIN_AT_MOST {
            let Some(user) = at else { return Ok(()) };
            if user.id == id {
                return refused(
                    "A user cannot be linked to themselves, also not by way of others.",
                );
            }
            at = match link_of(&user, name) {
                Some(next) => self.organizations().find(EntityKind::User, &next).await?,
                None => None,
            };
        }
        refused("The chain of users who are each linked to the next is too long.")
    }

    async fn set_link(
        &self,
        actor: &Actor,
        user: &str,
        name: &str,
        to: Option<&str>,
        along: Along<'_>,
    ) -> Result<(), ChangeRefused> {
        let edit = |kept: &Entity, mut body: Value| {
            if link_of(kept, name).as_deref() == to {
                return Ok(None);
            }
            if let Some(links) = object_at(&mut body, &[LINKS]) {
                match to {
                    Some(to) => drop(links.insert(name.to_owned(), json!(to))),
                    None => drop(links.remove(name)),
                }
            }
            Ok(Some(body))
        };
        self.change_user(actor, user, along, edit).await.map(|_| ())
    }

    /// Takes a link of this name from everybody who has this tag for it.
    async fn forget_links(&self, tag: &str, name: &str) -> Result<(), ChangeRefused> {
        self.alter_tagged(tag, |user| {
            let mut body = read_body(user)?;
            if let Some(links) = object_at(&mut body, &[LINKS]) {
                links.remove(name);
            }
            user.body = body.to_string();
            forget_link(user, name);
            Ok(())
        })
        .await
    }

    /// Ends that others are linked to a user who is gone.
    pub(super) async fn forget_links_to(&self, user: &str) -> Result<(), ChangeRefused> {
        for relation in self.snapshot().await?.list(KIND) {
            let body = read_body(relation)?;
            let name = primary_name(&body);
            self.forget_links(&tag_of_link(name, user), name).await?;
        }
        Ok(())
    }
}
