//! The claims of OpenID Connect Core §5.1 that the server fills from a user's profile
//! (authorization-server §3.2). A missing attribute leaves its claim out.

use super::write_text;
use crate::directory::User;
use crate::document::Json;

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
    /// Seconds since 1970.
    Time(&'static str),
}

/// Name of the claim, and its mapping.
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
    ("updated_at", Mapping::Time("lastUpdated")),
];

/// Members of `address` and their attributes.
const ADDRESS: [(&str, &str); 5] = [
    ("street_address", "streetAddress"),
    ("locality", "city"),
    ("region", "state"),
    ("postal_code", "zipCode"),
    ("country", "countryCode"),
];

/// The attributes of a person that these claims say.
pub fn system_attributes() -> impl Iterator<Item = &'static str> {
    let of_mapping = |(_, mapping): &(&str, Mapping)| match *mapping {
        Mapping::Attribute(name) | Mapping::Time(name) => vec![name],
        Mapping::Name => vec!["displayName", "firstName", "lastName"],
        Mapping::Locale => vec!["locale"],
        Mapping::Address => ADDRESS.iter().map(|(_, attribute)| *attribute).collect(),
    };
    MAPPINGS.iter().flat_map(of_mapping)
}

impl SystemClaim {
    /// The mapping of the claim with this name, if there is one.
    pub(super) fn find(name: &str) -> Option<Self> {
        MAPPINGS.iter().find(|(known, _)| *known == name).map(|(_, mapping)| Self(*mapping))
    }

    /// Appends the value for this user as JSON; answers `false`, and appends nothing, where there
    /// is none.
    pub(super) fn write(self, user: &User, buffer: &mut Vec<u8>) -> bool {
        match self.0 {
            Mapping::Attribute(name) => write_scalar(user, name, buffer),
            Mapping::Name => match text(user, "displayName") {
                Some(name) => write_pieces(&[name], buffer),
                None => match (text(user, "firstName"), text(user, "lastName")) {
                    (Some(first), Some(last)) => write_pieces(&[first, " ", last], buffer),
                    (Some(only), None) | (None, Some(only)) => write_pieces(&[only], buffer),
                    (None, None) => false,
                },
            },
            Mapping::Locale => match text(user, "locale").map(|text| text.split_once('_')) {
                None => false,
                Some(None) => write_scalar(user, "locale", buffer),
                Some(Some((language, rest))) => write_locale(language, rest, buffer),
            },
            Mapping::Address => write_address(user, buffer),
            Mapping::Time(name) => user.time(name).is_some_and(|time| {
                let seconds = time.microseconds().div_euclid(1_000_000);
                buffer.extend_from_slice(seconds.to_string().as_bytes());
                true
            }),
        }
    }
}

/// Appends one JSON string of several pieces.
fn write_pieces(pieces: &[&str], buffer: &mut Vec<u8>) -> bool {
    buffer.push(b'"');
    for piece in pieces {
        // Every piece between its own quotes, which are none of the whole.
        let start = buffer.len();
        write_text(piece, buffer);
        buffer.pop();
        buffer.remove(start);
    }
    buffer.push(b'"');
    true
}

/// Every underscore becomes a dash.
fn write_locale(language: &str, rest: &str, buffer: &mut Vec<u8>) -> bool {
    let start = buffer.len();
    write_pieces(&[language, "-", rest], buffer);
    let written = buffer.get_mut(start..).unwrap_or_default();
    written.iter_mut().filter(|byte| **byte == b'_').for_each(|byte| *byte = b'-');
    true
}

fn write_address(user: &User, buffer: &mut Vec<u8>) -> bool {
    let start = buffer.len();
    for (member, attribute) in ADDRESS {
        let Some(value) = text(user, attribute) else { continue };
        buffer.push(if buffer.len() == start { b'{' } else { b',' });
        write_text(member, buffer);
        buffer.push(b':');
        write_text(value, buffer);
    }
    let has_any = buffer.len() > start;
    if has_any {
        buffer.push(b'}');
    }
    has_any
}

fn text<'u>(user: &'u User, name: &str) -> Option<&'u str> {
    match user.attribute(name)? {
        Json::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn write_scalar(user: &User, name: &str, buffer: &mut Vec<u8>) -> bool {
    let written = match user.attribute(name) {
        Some(Json::Text(text)) => {
            write_text(text, buffer);
            Ok(())
        }
        Some(Json::Boolean(value)) => serde_json::to_writer(&mut *buffer, value),
        Some(Json::Integer(value)) => serde_json::to_writer(&mut *buffer, value),
        Some(Json::Number(value)) => serde_json::to_writer(&mut *buffer, value),
        Some(Json::Null | Json::List(_) | Json::Object(_)) | None => return false,
    };
    // Writing to memory does not fail.
    written.is_ok()
}
