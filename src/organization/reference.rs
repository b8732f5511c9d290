//! Turns the ids and names by which parts of the document speak of each other into what they mean. An
//! id goes before a name: what is kept says ids, so that another name breaks nothing.

use super::decode::{Placed, listed};
use crate::directory::Directory;
use std::collections::BTreeSet;

type Names<'p, 'a> = &'p [Placed<'a, &'a str>];

/// The indices of groups by id or name.
pub(super) fn groups(names: Names<'_, '_>, directory: &Directory) -> Vec<usize> {
    distinct(names, "group", |name| group(name, directory))
}

/// The index of the group of this id, else of this name.
pub(super) fn group(name: &str, directory: &Directory) -> Option<usize> {
    directory.find_group_by_id(name).or_else(|| directory.find_group(name))
}

/// The indices of users by id or login.
pub(super) fn users(names: Names<'_, '_>, directory: &Directory) -> Vec<usize> {
    distinct(names, "user", |login| user(login, directory))
}

/// The index of the user of this id, else of this login.
pub(super) fn user(login: &str, directory: &Directory) -> Option<usize> {
    directory.find_user_by_id(login).or_else(|| directory.find_user_by_login(login))
}

/// As [`resolve`]; what is named by its id and by its name is still one.
fn distinct(names: Names<'_, '_>, what: &str, find: impl Fn(&str) -> Option<usize>) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let one = resolve(std::slice::from_ref(name), what, &find);
        match one.first() {
            Some(index) if !seen.insert(*index) => {
                name.place.blame(format!("this {what} is listed twice, by its id and by its name"));
            }
            _ => found.extend(one),
        }
    }
    found
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
