//! The people a context tells of: the user, and those reached from the user (decision 55).

use super::subject::{ContextError, member, object, wrong};
use crate::document::{Json, Member, Node};
use crate::schema::{Link, MOST_LINKS, Path, standard};
use claimsmith_runtime::record::Datum;
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{Shape, Type};
use std::ops::Range;

/// A user and how they are reached; the empty path is the user of the request.
pub(super) struct Person<'n> {
    pub(super) path: Path,
    pub(super) node: &'n Node,
    /// The symbols of their groups.
    groups: Range<u32>,
}

/// What a context tells of people.
#[derive(Default)]
pub(super) struct People<'n> {
    pub(super) persons: Vec<Person<'n>>,
    /// Users as applications know them.
    pub(super) app_users: Vec<(Path, &'n Node)>,
    /// The groups of all persons, in the order of their symbols.
    pub(super) groups: Vec<&'n Node>,
}

/// The name of a slot, its shape, and what it holds.
pub(super) type Slot<'n> = (&'n str, Shape, Datum<'n>);

impl<'n> People<'n> {
    /// Everybody in a context.
    ///
    /// # Errors
    /// What should be an object and is not; groups that are no list.
    pub(super) fn read(context: &'n Node) -> Result<Self, ContextError> {
        let mut people = Self::default();
        if let Some(user) = member(context, standard::USER)
            && user.value != Json::Null
        {
            people.add(Path::default(), user)?;
            people.add_links(&Path::default(), user, "appUsers", Link::AppUser)?;
        }
        people.follow(&Path::default(), context)?;
        Ok(people)
    }

    fn add(&mut self, path: Path, node: &'n Node) -> Result<(), ContextError> {
        object(node, &format!("`{path}`"))?;
        let start = self.groups.len();
        match member(node, "groups") {
            None | Some(Node { value: Json::Null, .. }) => {}
            Some(Node { value: Json::List(entries), .. }) => self.groups.extend(entries),
            Some(other) => {
                return Err(wrong(format!("`{path}.groups` must be a list"), other.span));
            }
        }
        let symbol = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let groups = symbol(start)..symbol(self.groups.len());
        self.persons.push(Person { path, node, groups });
        Ok(())
    }

    /// The people that the members of `around` lead to: of the context itself, or of a person.
    fn follow(&mut self, path: &Path, around: &'n Node) -> Result<(), ContextError> {
        self.add_links(path, around, "linkedObjects", Link::LinkedObject)?;
        self.add_links(path, around, "manager", Link::Manager)?;
        self.add_links(path, around, "assistant", Link::Assistant)
    }

    fn add_links(
        &mut self,
        path: &Path,
        around: &'n Node,
        name: &str,
        link: fn(String) -> Link,
    ) -> Result<(), ContextError> {
        // A root or an attribute of that name may be something else.
        let Some(Json::Object(found)) = member(around, name).map(|found| &found.value) else {
            return Ok(());
        };
        let is_object = |member: &&Member| matches!(member.value.value, Json::Object(_));
        for member in found.iter().filter(is_object) {
            let Some(path) = path.then(link(member.key.clone())) else { continue };
            if path.is_app_user() {
                self.app_users.push((path, &member.value));
                continue;
            }
            self.add(path.clone(), &member.value)?;
            if path.links().len() < MOST_LINKS {
                self.add_links(&path, &member.value, "appUsers", Link::AppUser)?;
                self.follow(&path, &member.value)?;
            }
        }
        Ok(())
    }
}

impl Person<'_> {
    /// The memberships of the person, in the order given.
    pub(super) fn memberships<'n>(&self, table: &GroupTable) -> Slot<'n> {
        memberships(self.groups.clone(), table)
    }

    /// The symbols of the person's groups.
    pub(super) fn groups(&self) -> Range<u32> {
        self.groups.clone()
    }
}

/// The groups of these symbols as the slot `groups`.
pub(super) fn memberships<'n>(symbols: Range<u32>, table: &GroupTable) -> Slot<'n> {
    let groups = symbols.filter_map(|symbol| table.group(symbol).map(Datum::Group));
    ("groups", Shape::list(Shape::of(Type::Group)), Datum::List(groups.collect()))
}
