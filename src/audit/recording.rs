//! A decision as it is recorded for replay (decision 37): what was asked, and of the person no more
//! than the policies read. It is written encrypted, and who makes it pays for nothing but its facts.

use crate::directory::Person;
use crate::document::{Json, Member, Node};
use crate::schema::Path;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How much of a person is recorded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Names of attributes, those of the account such as `status` too, in order.
    pub attributes: Vec<String>,
    /// The ids of the groups by their index in the directory.
    pub groups: Vec<String>,
    /// The ways by linked objects to others, of whom as much is recorded.
    pub reached: Vec<Path>,
}

/// The facts of a request that was decided.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The id of the server.
    pub server: String,
    pub client: String,
    /// The grant that it began with.
    pub grant_type: String,
    /// Whether tokens come by way of the browser besides.
    pub and_implicit: bool,
    /// As asked; none is the defaults.
    pub scopes: Vec<String>,
    pub audience: String,
    /// Whether the client acts for the person (RFC 8693).
    pub delegated: bool,
    pub person: Option<(Arc<Person>, Arc<Extent>)>,
    /// How the person signed in: RFC 8176.
    pub methods: Vec<String>,
    pub session: Option<String>,
}

impl Recording {
    /// The ids of the person and of those whom they are linked to: it is deleted with any of them.
    pub fn user_ids(&self) -> impl Iterator<Item = &str> {
        self.person.iter().flat_map(|(person, extent)| {
            let reached = extent.reached.iter().filter_map(|path| person.find_reached(path));
            std::iter::once(person).chain(reached).map(|person| person.user().id.as_str())
        })
    }

    /// What is kept of it, but for when it was, which its key says. `version` is a hash of a text by
    /// which versions of a person are told apart.
    #[must_use]
    pub fn to_json(&self, version: impl Fn(&str) -> String) -> Value {
        let user = self.person.as_ref().map(|(person, extent)| {
            let mut told = of_user(person, extent);
            let reached: Vec<Value> =
                extent.reached.iter().map(|path| of_reached(path, person, extent)).collect();
            if let Value::Object(members) = &mut told {
                if !reached.is_empty() {
                    members.insert("reached".to_owned(), reached.into());
                }
                let version = version(&Value::Object(members.clone()).to_string());
                members.insert("version".to_owned(), Value::from(version));
            }
            told
        });
        json!({
            "server": self.server,
            "client": self.client,
            "grant": self.grant_type,
            "implicit": self.and_implicit,
            "scopes": self.scopes,
            "audience": self.audience,
            "delegated": self.delegated,
            "user": user,
            "methods": self.methods,
            "session": self.session,
        })
    }
}

/// Whom a way leads to; nobody is worth a word, too.
fn of_reached(path: &Path, person: &Person, extent: &Extent) -> Value {
    let reached = person.find_reached(path).map(|reached| of_user(reached, extent));
    json!({ "by": path.linked_objects(), "user": reached })
}

fn of_user(person: &Person, extent: &Extent) -> Value {
    let user = person.user();
    let (mut attributes, mut times) = (Map::new(), Map::new());
    for name in &extent.attributes {
        if let Some(time) = user.time(name) {
            times.insert(name.clone(), Value::from(time.text()));
        }
        let value = user.attribute(name).map_or(Value::Null, to_value);
        attributes.insert(name.clone(), value);
    }
    let groups = user.groups.iter().filter_map(|index| extent.groups.get(*index));
    json!({
        "id": user.id,
        "login": user.login,
        "status": user.status.word(),
        "attributes": attributes,
        "times": times,
        "groups": groups.collect::<Vec<_>>(),
    })
}

fn to_value(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Boolean(boolean) => Value::from(*boolean),
        Json::Integer(integer) => Value::from(*integer),
        Json::Number(number) => Value::from(*number),
        Json::Text(text) => Value::from(text.as_str()),
        Json::List(nodes) => nodes.iter().map(|node: &Node| to_value(&node.value)).collect(),
        Json::Object(members) => {
            let pair = |member: &Member| (member.key.clone(), to_value(&member.value.value));
            Value::Object(members.iter().map(pair).collect())
        }
    }
}
