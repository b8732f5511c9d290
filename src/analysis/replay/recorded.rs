//! A decision as it was recorded, and the person as far as that goes.

use crate::directory::{Attribute, Person, User, UserStatus};
use crate::document::{Json, Node};
use crate::publish::Published;
use crate::schema::{Path, USER_TIMES};
use crate::source::Span;
use claimsmith_runtime::time::{DateTime, read};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was asked, when, by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// In seconds since 1970.
    pub at: i64,
    pub server: String,
    pub client: String,
    pub grant_type: String,
    pub and_implicit: bool,
    pub scopes: Vec<String>,
    pub audience: String,
    pub delegated: bool,
    pub user: Option<RecordedUser>,
    pub methods: Vec<String>,
    pub session: Option<String>,
}

/// A person, as far as policies read them then.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedUser {
    pub id: String,
    pub login: String,
    status: UserStatus,
    /// Null where the person had none; what is not here was not recorded.
    attributes: BTreeMap<String, Json>,
    times: Vec<(&'static str, DateTime)>,
    /// Ids.
    pub groups: Vec<String>,
    /// Those whom expressions could reach from them, and the ways that lead to nobody.
    reached: Vec<(Path, Option<RecordedUser>)>,
}

impl Recorded {
    /// What [`crate::audit::Recording::to_json`] wrote, of `at` in microseconds since 1970.
    #[must_use]
    pub fn parse(at: i64, told: &Value) -> Option<Self> {
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        let is = |name: &str| told.get(name).and_then(Value::as_bool).unwrap_or_default();
        let user = match told.get("user") {
            None | Some(Value::Null) => None,
            Some(user) => Some(RecordedUser::parse(user)?),
        };
        Some(Self {
            at: crate::clock::seconds_of(at),
            server: text("server")?,
            client: text("client")?,
            grant_type: text("grant")?,
            and_implicit: is("implicit"),
            scopes: texts(told.get("scopes")),
            audience: text("audience")?,
            delegated: is("delegated"),
            user,
            methods: texts(told.get("methods")),
            session: text("session"),
        })
    }
}

fn texts(told: Option<&Value>) -> Vec<String> {
    let list = told.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

impl RecordedUser {
    fn parse(told: &Value) -> Option<Self> {
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        let status = text("status")?;
        let (_, status) = UserStatus::WORDS.iter().find(|(word, _)| *word == status)?;
        let attributes = told.get("attributes")?.as_object()?.iter();
        let attributes = attributes.map(|(name, value)| (name.clone(), to_json(value))).collect();
        let times = told.get("times")?.as_object()?;
        let time = |name: &&'static str| Some((*name, read(times.get(*name)?.as_str()?)?));
        let reached = told.get("reached").and_then(Value::as_array);
        let reached = reached.into_iter().flatten().filter_map(parse_reached).collect();
        Some(Self {
            id: text("id")?,
            login: text("login")?,
            status: *status,
            attributes,
            times: USER_TIMES.iter().filter_map(time).collect(),
            groups: texts(told.get("groups")),
            reached,
        })
    }

    /// Whether it is known who was at the end of this way.
    pub(super) fn knows_reached(&self, path: &Path) -> bool {
        path.linked_objects().is_none() || self.reached.iter().any(|(known, _)| known == path)
    }

    /// Whether it is known what this attribute was.
    pub(super) fn knows(&self, attribute: &str) -> bool {
        ALWAYS.contains(&attribute) || self.attributes.contains_key(attribute)
    }

    /// The person in this version. What must be there and is not known is filled in, so that there is
    /// somebody to decide about; whatever reads it is not believed.
    pub(super) fn person(&self, published: &Published) -> Option<Arc<Person>> {
        let directory = published.directory();
        let mut profile: Vec<(String, Json)> = self
            .attributes
            .iter()
            .filter(|(_, value)| **value != Json::Null)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let schema = published.user_schema();
        profile.retain(|(name, _)| schema.iter().any(|known| known.name == *name));
        for attribute in schema.iter().filter(|known| known.required) {
            if !profile.iter().any(|(name, _)| *name == attribute.name) {
                profile.push((attribute.name.clone(), self.filling(attribute)));
            }
        }
        let user = User {
            id: self.id.clone(),
            login: self.login.clone(),
            status: self.status,
            profile,
            groups: Vec::new(),
            links: Vec::new(),
            password: None,
            times: self.times.clone(),
        };
        let user = directory.with_groups(user, self.groups.iter().map(String::as_str));
        let index = directory.find_user_by_id(&self.id);
        let reached = self.reached.iter().filter_map(|(path, user)| {
            let user = user.as_ref()?;
            user.person(published).map(|person| (path.clone(), person))
        });
        let person = published.records().pack_person_as(user, index).ok()?;
        Some(Arc::new(person.reaching(reached.collect())))
    }

    fn filling(&self, attribute: &Attribute) -> Json {
        match attribute.type_name.as_str() {
            "string" if attribute.name == "login" => Json::Text(self.login.clone()),
            "string" => Json::Text(String::new()),
            "integer" => Json::Integer(0),
            "number" => Json::Number(0.0),
            "boolean" => Json::Boolean(false),
            _ => Json::List(Vec::new()),
        }
    }
}

fn parse_reached(told: &Value) -> Option<(Path, Option<RecordedUser>)> {
    let path = Path::of_linked_objects(texts(told.get("by")))?;
    match told.get("user")? {
        Value::Null => Some((path, None)),
        user => Some((path, Some(RecordedUser::parse(user)?))),
    }
}

/// What is recorded of everybody.
const ALWAYS: &[&str] = &["id", "login", "status", "groups"];

fn to_json(value: &Value) -> Json {
    let node = |value: &Value| Node { span: Span::default(), value: to_json(value) };
    match value {
        Value::Bool(boolean) => Json::Boolean(*boolean),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Json::Integer(integer),
            None => number.as_f64().map_or(Json::Null, Json::Number),
        },
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(list) => Json::List(list.iter().map(node).collect()),
        // Attributes hold none.
        Value::Null | Value::Object(_) => Json::Null,
    }
}
