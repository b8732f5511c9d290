//! The claims of OpenID Connect Core §5.1 that the server fills from a user's profile
//! (authorization-server §3.2). A missing attribute leaves its claim out.

use crate::directory::User;
use crate::document::Json;
use serde_json::Value;

/// A claim of the server's own and how it is filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct SystemClaim(Mapping);

#[derive(Clone, Copy, Debug)]
enum Mapping {
    /// The attribute as it is.
    Attribute(&'static str),
    /// `displayName`, else first and last name.
    Name,
    /// With a dash between language and country.
    Locale,
    Address,
}

/// Name of the claim, and its mapping. `updated_at` waits for a directory that knows when a user
/// was changed.
const MAPPINGS: &[(&str, Mapping)] = &[
    ("name", Mapping::Name),
    ("preferred_username", Mapping::Attribute("login")),
    ("nickname", Mapping::Attribute("nickName")),
    ("given_name", Mapping::Attribute("firstName")),
    ("middle_name", Mapping::Attribute("middleName")),
    ("family_name", Mapping::Attribute("lastName")),
    ("profile", Mapping::Attribute("profileUrl")),
    ("picture", Mapping::Attribute("picture")),
    ("website", Mapping::Attribute("website")),
    ("gender", Mapping::Attribute("gender")),
    ("birthdate", Mapping::Attribute("birthdate")),
    ("zoneinfo", Mapping::Attribute("timezone")),
    ("locale", Mapping::Locale),
    ("email", Mapping::Attribute("email")),
    ("email_verified", Mapping::Attribute("emailVerified")),
    ("phone_number", Mapping::Attribute("primaryPhone")),
    ("address", Mapping::Address),
];

/// Members of `address` and their attributes.
const ADDRESS: [(&str, &str); 5] = [
    ("street_address", "streetAddress"),
    ("locality", "city"),
    ("region", "state"),
    ("postal_code", "zipCode"),
    ("country", "countryCode"),
];

impl SystemClaim {
    /// The mapping of the claim with this name, if there is one.
    pub(super) fn find(name: &str) -> Option<Self> {
        MAPPINGS.iter().find(|(known, _)| *known == name).map(|(_, mapping)| Self(*mapping))
    }

    /// The value for this user.
    pub(super) fn value_of(self, user: &User) -> Option<Value> {
        match self.0 {
            Mapping::Attribute(name) => scalar(user, name),
            Mapping::Name => text(user, "displayName").map(Value::from).or_else(|| {
                let names = [text(user, "firstName"), text(user, "lastName")];
                let names: Vec<&str> = names.into_iter().flatten().collect();
                (!names.is_empty()).then(|| Value::from(names.join(" ")))
            }),
            Mapping::Locale => text(user, "locale").map(|text| Value::from(text.replace('_', "-"))),
            Mapping::Address => {
                let members = ADDRESS.iter().filter_map(|(member, attribute)| {
                    Some(((*member).to_owned(), Value::from(text(user, attribute)?)))
                });
                let members: serde_json::Map<String, Value> = members.collect();
                (!members.is_empty()).then_some(Value::Object(members))
            }
        }
    }
}

fn text<'u>(user: &'u User, name: &str) -> Option<&'u str> {
    match user.attribute(name)? {
        Json::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn scalar(user: &User, name: &str) -> Option<Value> {
    match user.attribute(name)? {
        Json::Text(text) => Some(Value::from(text.as_str())),
        Json::Boolean(value) => Some(Value::from(*value)),
        Json::Integer(value) => Some(Value::from(*value)),
        Json::Number(value) => Some(Value::from(*value)),
        Json::Null | Json::List(_) | Json::Object(_) => None,
    }
}
