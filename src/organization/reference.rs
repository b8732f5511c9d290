//! Turns the names by which parts of the document speak of each other into what they mean.

use super::decode::{Placed, listed};
use crate::directory::{Directory, Group};

type Names<'p, 'a> = &'p [Placed<'a, &'a str>];

/// The indices of groups by name.
pub(super) fn groups(names: Names<'_, '_>, groups: &[Group]) -> Vec<usize> {
    resolve(names, "group", |name| groups.iter().position(|group| group.name == name))
}

/// The indices of users by login.
pub(super) fn users(names: Names<'_, '_>, directory: &Directory) -> Vec<usize> {
    resolve(names, "user", |login| directory.find_user_by_login(login))
}

/// Client ids, each of an application.
pub(super) fn clients(names: Names<'_, '_>, directory: &Directory) -> Vec<String> {
    resolve(names, "application", |client_id| {
        directory.find_application(client_id).map(|application| application.client_id.clone())
    })
}

/// Names that must be among those that a server has, as a `what`.
pub(super) fn among<'k>(
    names: Names<'_, '_>,
    what: &str,
    known: impl Iterator<Item = &'k str>,
) -> Vec<String> {
    let known: Vec<&str> = known.collect();
    let resolved = |placed: &Placed<'_, &str>| {
        let name = placed.value;
        if !known.contains(&name) {
            let known = listed(known.iter().copied());
            let known = if known.is_empty() { "none".to_owned() } else { known };
            placed.place.blame(format!("the server has no {what} `{name}`; it has {known}"));
        }
        name.to_owned()
    };
    names.iter().map(resolved).collect()
}

fn resolve<T>(names: Names<'_, '_>, what: &str, find: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let one = |placed: &Placed<'_, &str>| {
        let found = find(placed.value);
        if found.is_none() {
            placed.place.blame(format!("there is no {what} `{}`", placed.value));
        }
        found
    };
    names.iter().filter_map(one).collect()
}
