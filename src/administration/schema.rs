//! The schema of users: the base attributes, and those that administrators declare besides. What
//! changes is compiled with every expression, so that none is broken by it.

use super::{Administration, ChangeRefused, moment, read_body, replace, set, text_of};
use crate::audit::Actor;
use crate::directory::Attribute;
use crate::organization::{BASE_ATTRIBUTES, Snapshot};
use crate::store::organization::{Change, Entity, EntityKind, WriteError};
use serde_json::{Map, Value, json};

/// Where the organization's own body declares attributes.
const DECLARED: &str = "userSchema";

/// How many users are read at once.
const STEP: u32 = 500;

/// What is told of an attribute beside its type.
const TEXTS: &[&str] = &["title", "description"];

impl Administration {
    /// The schema of users as Okta tells it, without address and links.
    ///
    /// # Errors
    /// That the store failed.
    pub async fn user_schema_value(&self) -> Result<Value, ChangeRefused> {
        let kept = self.snapshot().await?;
        schema_value(organization(&kept)?, self.version().user_schema())
    }

    /// Declares, changes and takes back attributes: those that are sent under `definitions.custom`,
    /// where null takes one back. Users lose what they have of one that is taken back.
    ///
    /// # Errors
    /// [`ChangeRefused`], also that an expression would be broken, each of which is named.
    pub async fn change_user_schema(
        &self,
        actor: &Actor,
        sent: &Value,
    ) -> Result<Value, ChangeRefused> {
        let version = self.version();
        check_base(sent, version.user_schema())?;
        let wanted = read_custom(sent)?;
        for (name, attribute) in &wanted {
            let was = version.user_schema().iter().find(|known| known.name == *name);
            let Some(attribute) = attribute else { continue };
            if was.is_none() {
                // Of one of this name that was taken back something may be left.
                self.forget_values(name).await?;
            }
            if attribute.required && !was.is_some_and(|was| was.required) {
                self.check_all_have(name).await?;
            }
        }
        let edit = |kept: &Snapshot| {
            let top = organization(kept)?;
            let mut body = read_body(top)?;
            let before = body.clone();
            let mut declared = match body.get(DECLARED) {
                Some(Value::Object(declared)) => declared.clone(),
                _ => Map::new(),
            };
            let mut changes = Vec::new();
            for (name, attribute) in &wanted {
                match attribute {
                    Some(attribute) => {
                        let merged = merge(declared.get(name), attribute, name)?;
                        declared.insert(name.clone(), merged);
                    }
                    None => {
                        declared.remove(name);
                    }
                }
            }
            set(&mut body, DECLARED, declared.into());
            if body != before {
                changes.push(replace(top, &body));
                changes.extend(without_taken_back(kept, &wanted)?);
            }
            Ok(changes)
        };
        let changed = self.change(actor, edit).await?;
        for (name, _) in wanted.iter().filter(|(_, attribute)| attribute.is_none()) {
            self.forget_values(name).await?;
        }
        schema_value(organization(&changed.snapshot)?, self.version().user_schema())
    }

    /// That every user has something under this name.
    async fn check_all_have(&self, name: &str) -> Result<(), ChangeRefused> {
        let mut after: Option<String> = None;
        loop {
            let organizations = self.organizations();
            let page = organizations.list(EntityKind::User, None, after.as_deref(), STEP).await?;
            for user in &page.entities {
                if !has(&read_body(user)?, name) {
                    let login = user.names.first().unwrap_or(&user.id);
                    let words = format!("cannot be required: the user `{login}` has none");
                    return Err(ChangeRefused::of_field(name, words));
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Takes from every user, step by step, what they have under a name that the schema does not have.
    async fn forget_values(&self, name: &str) -> Result<(), ChangeRefused> {
        let mut after: Option<String> = None;
        loop {
            let organizations = self.organizations();
            let page = organizations.list(EntityKind::User, None, after.as_deref(), STEP).await?;
            let mut changes = Vec::new();
            for user in page.entities.iter().filter(|user| user.body.contains(name)) {
                let mut body = read_body(user)?;
                let profile = body.get_mut("profile").and_then(Value::as_object_mut);
                if profile.is_some_and(|profile| profile.remove(name).is_some()) {
                    changes.push(replace(user, &body));
                }
            }
            let written = match changes.is_empty() {
                true => Ok(()),
                false => organizations.write(&changes, &[]).await.map(|_| ()),
            };
            match written {
                // Somebody changed one of them; they are read again.
                Err(WriteError::Conflict { .. } | WriteError::Overtaken) => continue,
                Err(error) => return Err(error.into()),
                Ok(()) => {}
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

fn has(body: &Value, name: &str) -> bool {
    let value = body.get("profile").and_then(|profile| profile.get(name));
    value.is_some_and(|value| !value.is_null())
}

/// An attribute as it is to be declared.
struct Declared {
    type_name: String,
    required: bool,
    texts: Vec<(&'static str, String)>,
}

fn organization(kept: &Snapshot) -> Result<&Entity, ChangeRefused> {
    let found = kept.list(EntityKind::Organization).next();
    found.ok_or_else(|| ChangeRefused::Failed("there is no organization".to_owned()))
}

/// Those who are known whatever they are asked, without what is taken back. All others lose it when
/// they are read.
fn without_taken_back(
    kept: &Snapshot,
    wanted: &[(String, Option<Declared>)],
) -> Result<Vec<Change>, ChangeRefused> {
    let mut changes = Vec::new();
    let gone: Vec<&String> =
        wanted.iter().filter(|(_, declared)| declared.is_none()).map(|(name, _)| name).collect();
    for user in kept.list(EntityKind::User) {
        let mut body = read_body(user)?;
        let Some(profile) = body.get_mut("profile").and_then(Value::as_object_mut) else {
            continue;
        };
        let n_before = profile.len();
        profile.retain(|name, _| !gone.contains(&name));
        if profile.len() < n_before {
            changes.push(replace(user, &body));
        }
    }
    Ok(changes)
}

/// What is sent of the base attributes must be what they are.
fn check_base(sent: &Value, schema: &[Attribute]) -> Result<(), ChangeRefused> {
    let base = sent.pointer("/definitions/base/properties").and_then(Value::as_object);
    for (name, property) in base.into_iter().flatten() {
        let known = schema
            .iter()
            .find(|known| known.name == *name && BASE_ATTRIBUTES.contains(&name.as_str()));
        let is_as_known = known.is_some_and(|known| {
            let required = property.get("required").and_then(Value::as_bool);
            let type_name = text_of(property, "type");
            required.is_none_or(|required| required == known.required)
                && type_name.is_none_or(|type_name| type_name == known.type_name)
        });
        if !is_as_known {
            return Err(ChangeRefused::read_only(name));
        }
    }
    Ok(())
}

/// The custom attributes that are sent; none for one that is taken back.
fn read_custom(sent: &Value) -> Result<Vec<(String, Option<Declared>)>, ChangeRefused> {
    let custom = sent.pointer("/definitions/custom").filter(|custom| !custom.is_null());
    let Some(custom) = custom else { return Ok(Vec::new()) };
    let listed = custom.get("required").and_then(Value::as_array).into_iter().flatten();
    let listed: Vec<&str> = listed.filter_map(Value::as_str).collect();
    let properties = custom.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut wanted = Vec::new();
    for (name, property) in properties {
        if BASE_ATTRIBUTES.contains(&name.as_str()) {
            return Err(ChangeRefused::of_field(name, "is a base attribute"));
        }
        let declared = match property {
            Value::Null => None,
            Value::Object(_) => {
                Some(read_property(name, property, listed.contains(&name.as_str()))?)
            }
            _ => return Err(ChangeRefused::of_field(name, "expected an object")),
        };
        wanted.push((name.clone(), declared));
    }
    Ok(wanted)
}

fn read_property(name: &str, property: &Value, is_listed: bool) -> Result<Declared, ChangeRefused> {
    let type_name = match (text_of(property, "type"), property.pointer("/items/type")) {
        (Some("array"), Some(Value::String(item))) => format!("array of {item}"),
        (Some("array"), _) => return Err(ChangeRefused::of_field(name, "items.type is missing")),
        (Some(type_name), _) => type_name.to_owned(),
        (None, _) => {
            return Err(ChangeRefused::of_field(name, "type: The field cannot be left blank"));
        }
    };
    let text = |text: &&'static str| Some((*text, text_of(property, text)?.to_owned()));
    let required = property.get("required").and_then(Value::as_bool).unwrap_or(is_listed);
    Ok(Declared { type_name, required, texts: TEXTS.iter().filter_map(text).collect() })
}

/// What is kept of an attribute: its type is what it always was.
fn merge(kept: Option<&Value>, wanted: &Declared, name: &str) -> Result<Value, ChangeRefused> {
    let kept_type = kept.and_then(|kept| text_of(kept, "type"));
    if kept_type.is_some_and(|kept_type| kept_type != wanted.type_name) {
        let words = "the type of an attribute cannot be changed; take it back first";
        return Err(ChangeRefused::of_field(name, words));
    }
    let mut merged = json!({"type": wanted.type_name, "required": wanted.required});
    for (text, value) in &wanted.texts {
        set(&mut merged, text, json!(value));
    }
    Ok(merged)
}

fn schema_value(top: &Entity, schema: &[Attribute]) -> Result<Value, ChangeRefused> {
    let body = read_body(top)?;
    let of = |is_base: bool| {
        let attributes =
            schema.iter().filter(|known| BASE_ATTRIBUTES.contains(&known.name.as_str()) == is_base);
        let required: Vec<&str> = attributes
            .clone()
            .filter(|known| known.required)
            .map(|known| known.name.as_str())
            .collect();
        let properties: Map<String, Value> = attributes
            .map(|known| {
                let declared = body.get(DECLARED).and_then(|all| all.get(&known.name));
                (known.name.clone(), property(known, declared))
            })
            .collect();
        let id = if is_base { "#base" } else { "#custom" };
        json!({"id": id, "type": "object", "properties": properties, "required": required})
    };
    Ok(json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "name": "user",
        "title": "User",
        "type": "object",
        "created": moment(top.created),
        "lastUpdated": moment(top.last_updated),
        "definitions": {"base": of(true), "custom": of(false)},
        "properties": {
            "profile": {
                "allOf": [{"$ref": "#/definitions/base"}, {"$ref": "#/definitions/custom"}],
            },
        },
    }))
}

fn property(attribute: &Attribute, declared: Option<&Value>) -> Value {
    let text = |name: &str| declared.and_then(|declared| text_of(declared, name));
    let mut told = json!({
        "title": text("title").unwrap_or(&attribute.name),
        "required": attribute.required,
        "mutability": "READ_WRITE",
        "scope": "NONE",
        "permissions": [{"principal": "SELF", "action": "READ_ONLY"}],
        "master": {"type": "PROFILE_MASTER"},
    });
    if let Some(description) = text("description") {
        set(&mut told, "description", json!(description));
    }
    match attribute.type_name.strip_prefix("array of ") {
        Some(item) => {
            set(&mut told, "type", json!("array"));
            set(&mut told, "items", json!({"type": item}));
        }
        None => set(&mut told, "type", json!(attribute.type_name)),
    }
    if attribute.name == "login" {
        set(&mut told, "minLength", json!(5));
        set(&mut told, "maxLength", json!(100));
    }
    told
}
