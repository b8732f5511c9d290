//! What a user's profile may hold: the base attributes and those the document declares.

use super::decode::{Object, Place, listed};
use crate::directory::Attribute;
use crate::document::{Json, Node};

/// The types an attribute may have, by the names a schema file uses.
pub const ATTRIBUTE_TYPES: &[&str] = &[
    "string",
    "integer",
    "number",
    "boolean",
    "array of string",
    "array of integer",
    "array of number",
];

/// The attributes every user may have, all of type `string` (OEL §1.2).
pub const BASE_ATTRIBUTES: &[&str] = &[
    "login",
    "email",
    "secondEmail",
    "firstName",
    "lastName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
    "title",
    "displayName",
    "nickName",
    "profileUrl",
    "primaryPhone",
    "mobilePhone",
    "streetAddress",
    "city",
    "state",
    "zipCode",
    "countryCode",
    "postalAddress",
    "preferredLanguage",
    "locale",
    "timezone",
    "userType",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
    "managerId",
    "manager",
];

/// Names that mean something else on `user` in expressions (OEL §1.1).
const TAKEN: &[&str] = &[
    "id",
    "status",
    "created",
    "lastUpdated",
    "passwordChanged",
    "lastLogin",
    "profile",
    "groups",
];

/// The base attributes of which only `login` and `email` are required.
fn base() -> Vec<Attribute> {
    let attribute = |name: &&str| Attribute {
        name: (*name).to_owned(),
        type_name: "string".to_owned(),
        required: matches!(*name, "login" | "email"),
    };
    BASE_ATTRIBUTES.iter().map(attribute).collect()
}

/// The base attributes and those that `userSchema` declares. It may make a base attribute required.
pub(super) fn read_schema(place: Option<Place<'_>>) -> Vec<Attribute> {
    let mut attributes = base();
    let Some(object) = place.and_then(|place| place.open_object()) else { return attributes };
    for (name, place) in object.members() {
        let Some(declared) = read_attribute(name, &place) else { continue };
        let known = attributes.iter_mut().find(|known| known.name.eq_ignore_ascii_case(name));
        match known {
            Some(known) if known.name == name && BASE_ATTRIBUTES.contains(&name) => {
                if declared.type_name != known.type_name {
                    place.blame(format!("`{name}` is a base attribute, whose type is `string`"));
                }
                known.required |= declared.required;
            }
            Some(known) => place.blame(format!(
                "`{name}` differs from the attribute `{}` by case only",
                known.name
            )),
            None => attributes.push(declared),
        }
    }
    attributes
}

fn read_attribute(name: &str, place: &Place<'_>) -> Option<Attribute> {
    let first = name.chars().next();
    let is_word = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word {
        place.blame("an attribute's name is a letter or `_`, then letters, digits and `_`");
    }
    if TAKEN.contains(&name) {
        place.blame(format!("`user.{name}` means something else in expressions"));
    }
    let object = place.object(&["type", "required", "title", "description"])?;
    object.text_up_to("title", 255);
    object.text_up_to("description", 1024);
    let words: Vec<(&str, &str)> = ATTRIBUTE_TYPES.iter().map(|name| (*name, *name)).collect();
    let type_name = object.require("type")?.choice(&words)?;
    let required = object.boolean("required", false);
    Some(Attribute { name: name.to_owned(), type_name: type_name.to_owned(), required })
}

/// Notes every attribute of a profile that the schema does not have or that has another type, and
/// every required one that is not there. `may_hold_more` is whether what the schema does not have may be
/// there all the same.
pub(super) fn check_profile(profile: &Object<'_>, schema: &[Attribute], may_hold_more: bool) {
    for (name, place) in profile.members() {
        let Some(attribute) = schema.iter().find(|known| known.name == name) else {
            if may_hold_more {
                continue;
            }
            let close = schema.iter().find(|known| known.name.eq_ignore_ascii_case(name));
            let hint = close.map(|known| format!("; did you mean `{}`", known.name));
            place.blame(format!(
                "the user schema has no attribute `{name}`{}",
                hint.unwrap_or_default()
            ));
            continue;
        };
        if *place.json() != Json::Null && !conforms(place.json(), &attribute.type_name) {
            place.blame(format!("expected {} for `{name}`", with_article(&attribute.type_name)));
        }
    }
    let missing =
        schema.iter().filter(|known| known.required && profile.find(&known.name).is_none());
    let missing = listed(missing.map(|attribute| &attribute.name));
    if !missing.is_empty() {
        profile.place.blame(format!("required attributes are missing: {missing}"));
    }
}

fn with_article(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {type_name}")
}

/// Whether a value has the type of this name. An integer is a number too.
fn conforms(value: &Json, type_name: &str) -> bool {
    if let Some(element) = type_name.strip_prefix("array of ") {
        let each = |nodes: &[Node]| nodes.iter().all(|node| conforms(&node.value, element));
        return matches!(value, Json::List(nodes) if each(nodes));
    }
    matches!(
        (type_name, value),
        ("string", Json::Text(_))
            | ("integer", Json::Integer(_))
            | ("number", Json::Integer(_) | Json::Number(_))
            | ("boolean", Json::Boolean(_))
    )
}
