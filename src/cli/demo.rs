//! The secrets of the demo: made on first use, kept in `credentials.json` for its owner alone.

use super::installation::Stop;
use crate::directory::{Password, SecretSource};
use crate::document::{self, Json, Node};
use crate::organization::Organization;
use crate::random::Random;
use crate::store::data_directory::DataDirectory;
use crate::token::opaque::generate_secret;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The file in the data directory.
pub(super) const FILE: &str = "credentials.json";

/// Characters of a password: 95 bits.
const PASSWORD_LENGTH: usize = 16;

/// What the demo's clients and users prove themselves with.
#[derive(Clone)]
pub(super) struct Credentials {
    /// Secrets by client id.
    pub(super) clients: BTreeMap<String, String>,
    /// Passwords by login.
    pub(super) users: BTreeMap<String, String>,
    /// Secrets by the variable that the document names.
    by_variable: BTreeMap<String, String>,
}

impl Credentials {
    /// The credentials of the directory, made where there are none yet.
    pub(super) fn load_or_make(
        directory: &DataDirectory,
        organization: &Organization,
        random: &Random,
    ) -> Result<Self, Stop> {
        let text = directory.load_or_make(FILE, random, || make(organization, random))?;
        let file = directory.path().join(FILE);
        let wrong = |why: &str| -> Stop {
            format!("{}: {why}; delete it to have new ones made", file.display()).into()
        };
        let document = document::read(text.as_bytes()).map_err(|error| wrong(&error.message))?;
        let (clients, users) = (texts(&document, "clients"), texts(&document, "users"));
        let mut by_variable = BTreeMap::new();
        let passwords = password_variables(organization).map(|named| (&users, named));
        for (known, (name, variable)) in
            variables(organization).map(|named| (&clients, named)).chain(passwords)
        {
            let secret = known.get(name);
            let secret = secret.ok_or_else(|| wrong(&format!("no secret of `{name}`")))?;
            by_variable.insert(variable.to_owned(), secret.clone());
        }
        Ok(Self { clients, users, by_variable })
    }

    /// The secret that the document says is in this variable.
    pub(super) fn secret(&self, variable: &str) -> Result<String, String> {
        let found = self.by_variable.get(variable).cloned();
        found.ok_or_else(|| format!("{FILE} has no secret for {variable}"))
    }
}

/// Each client with a secret, and the variable that holds it.
fn variables(organization: &Organization) -> impl Iterator<Item = (&str, &str)> {
    organization.directory.applications().iter().flat_map(|application| {
        application.secrets.iter().filter_map(|source| match source {
            SecretSource::Environment(name) => Some((&*application.client_id, name.as_str())),
            SecretSource::Hash(_) | SecretSource::Sealed(_) | SecretSource::File(_) => None,
        })
    })
}

/// Each user with a password, and the variable that holds it.
fn password_variables(organization: &Organization) -> impl Iterator<Item = (&str, &str)> {
    organization.directory.users().iter().filter_map(|user| match &user.password {
        Some(Password::Environment(name)) => Some((&*user.login, name.as_str())),
        Some(Password::Hash(_)) | None => None,
    })
}

fn make(organization: &Organization, random: &Random) -> String {
    let clients: Map<String, Value> = variables(organization)
        .map(|(client_id, _)| (client_id.to_owned(), Value::from(generate_secret(random))))
        .collect();
    let users: Map<String, Value> = password_variables(organization)
        .map(|(login, _)| (login.to_owned(), Value::from(random.base62(PASSWORD_LENGTH))))
        .collect();
    let text = json!({"clients": clients, "users": users});
    format!("{text:#}\n")
}

fn texts(document: &Node, name: &str) -> BTreeMap<String, String> {
    let Json::Object(members) = &document.value else { return BTreeMap::new() };
    let found = members.iter().find(|member| member.key == name).map(|member| &member.value.value);
    let Some(Json::Object(members)) = found else { return BTreeMap::new() };
    let text = |member: &document::Member| match &member.value.value {
        Json::Text(text) => Some((member.key.clone(), text.clone())),
        _ => None,
    };
    members.iter().filter_map(text).collect()
}
