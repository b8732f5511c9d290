//! The document in one form: members and lists in an order of their own, what is usual left out, ids
//! of people and groups as the names that readers know. Two documents that say the same become the
//! same text, and what that text says becomes it again.

use crate::document::{Json, Member, Node};
use crate::source::Span;
use std::collections::BTreeMap;

/// The lists of a document that belong to the directory: a document without one leaves those alone.
const OF_DIRECTORY: &[&str] = &["groups", "users"];

/// Members in the order they are written in; all others come after them, by name.
const ORDER: &[&str] = &[
    "version",
    "organization",
    "userSchema",
    "id",
    "name",
    "label",
    "login",
    "subDomain",
    "type",
    "status",
    "description",
    "priority",
    "default",
    "claimType",
    "valueType",
    "group_filter_type",
    "value",
    "displayName",
    "consent",
    "optional",
    "profile",
    "credentials",
    "settings",
    "audiences",
    "conditions",
    "clients",
    "people",
    "grantTypes",
    "scopes",
    "elCondition",
    "actions",
    "access",
    "application_type",
    "groups",
    "users",
    "apps",
    "linkedObjects",
    "primary",
    "associated",
    "groupRules",
    "inlineHooks",
    "trustedOrigins",
    "authorizationServers",
    "claims",
    "policies",
    "rules",
    "tokenPolicies",
];

/// Lists of texts that are sets: their order says nothing.
const SETS: &[&str] = &[
    "include",
    "exclude",
    "scopes",
    "groups",
    "groupIds",
    "grant_types",
    "response_types",
    "resource_server_for",
    "associatedServers",
    "legacyGrants",
];

/// What a member says when it is not there: there is no need to write it.
const USUAL: &[(&str, &str)] = &[
    ("status", "ACTIVE"),
    ("type", "OAUTH_AUTHORIZATION_POLICY"),
    ("type", "RESOURCE_ACCESS"),
    ("type", "OKTA_GROUP"),
    ("type", "USER"),
    ("type", "group_rule"),
    ("type", "urn:okta:expression:1.0"),
    ("access", "ALLOW"),
    ("secondFactor", "OPTIONAL"),
    ("second_factor", "OPTIONAL"),
    ("consent", "IMPLICIT"),
    ("consent_method", "TRUSTED"),
    ("metadataPublish", "NO_CLIENTS"),
    ("accessTokenFormat", "okta"),
    ("refreshPolicy", "CURRENT"),
    ("rotationMode", "AUTO"),
    ("signOnMode", "OPENID_CONNECT"),
    ("description", ""),
    ("title", ""),
];

/// Switches that are off when they are not there.
const OFF: &[&str] = &[
    "default",
    "optional",
    "strictErrors",
    "alwaysIncludeInToken",
    "keepEmptyList",
    "dpop_bound_access_tokens",
    "allow_session_token",
];

/// Lists that say nothing when they are empty.
const EMPTY: &[&str] = &[
    "scopes",
    "groups",
    "exclude",
    "claims",
    "policies",
    "rules",
    "tokenPolicies",
    "associatedServers",
    "legacyGrants",
    "resource_server_for",
    "post_logout_redirect_uris",
    "grants",
    "headers",
];

/// Objects that say nothing when they are empty.
const EMPTY_OBJECTS: &[&str] = &["linkedObjects", "people", "users", "groups", "assignments"];

/// What must stand in a document of any kind, and what is free: neither is changed.
const FREE: &[&str] = &["profile", "userSchema"];

/// The widest line.
const WIDTH: usize = 96;

/// The document in its one form.
#[must_use]
pub fn canonical(document: &Node) -> String {
    in_form(document, &Names::of(document))
}

/// The same without its people, of whom others still speak by name.
#[must_use]
pub fn canonical_without_users(document: &Node) -> String {
    in_form(&without_users(document), &Names::of(document))
}

fn in_form(document: &Node, names: &Names) -> String {
    let mut whole = document.value.clone();
    settle(&mut whole, &Within { key: "", outer: "", names });
    let mut text = String::new();
    write(&whole, 0, &mut text);
    text.push('\n');
    text
}

/// The document, with the people and groups of `kept` where it says nothing of them at all.
#[must_use]
pub fn with_directory_of(document: &Node, kept: &Node) -> Node {
    let mut whole = document.clone();
    if let (Json::Object(members), Json::Object(kept)) = (&mut whole.value, &kept.value) {
        for name in OF_DIRECTORY {
            if !members.iter().any(|member| member.key == *name) {
                members.extend(kept.iter().find(|member| member.key == *name).cloned());
            }
        }
    }
    whole
}

fn without_users(document: &Node) -> Node {
    let mut whole = document.clone();
    if let Json::Object(members) = &mut whole.value {
        members.retain(|member| member.key != "users");
    }
    whole
}

/// What ids stand for.
struct Names {
    groups: BTreeMap<String, String>,
    users: BTreeMap<String, String>,
}

impl Names {
    fn of(document: &Node) -> Self {
        let of_list = |list: &str, name: &dyn Fn(&Json) -> Option<String>| {
            let elements = match member(&document.value, list) {
                Some(Json::List(elements)) => elements.as_slice(),
                _ => &[],
            };
            let pair = |node: &Node| Some((text(&node.value, "id")?, name(&node.value)?));
            elements.iter().filter_map(pair).collect()
        };
        let login = |user: &Json| text(member(user, "profile")?, "login");
        Self {
            groups: of_list("groups", &|group| text(group, "name")),
            users: of_list("users", &login),
        }
    }

    /// The name of what has this id, as it is spoken of under `key` in `outer`.
    fn find(&self, id: &str, key: &str, outer: &str) -> Option<&String> {
        match (key, outer) {
            ("include" | "exclude", "groups") | ("groups", _) | ("groupIds", _) => {
                self.groups.get(id)
            }
            ("include" | "exclude", "users") | ("login", "users") | (_, "linkedObjects") => {
                self.users.get(id)
            }
            _ => None,
        }
    }
}

/// Where a value stands: the member it is of, and the one around that.
struct Within<'w> {
    key: &'w str,
    outer: &'w str,
    names: &'w Names,
}

fn member<'j>(value: &'j Json, name: &str) -> Option<&'j Json> {
    let Json::Object(members) = value else { return None };
    members.iter().find(|member| member.key == name).map(|member| &member.value.value)
}

fn text(value: &Json, name: &str) -> Option<String> {
    match member(value, name) {
        Some(Json::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Puts a value in its form.
fn settle(value: &mut Json, within: &Within<'_>) {
    match value {
        Json::Object(members) => settle_object(members, within),
        Json::List(elements) => settle_list(elements, within),
        Json::Text(text) => {
            if let Some(name) = within.names.find(text, within.key, within.outer) {
                text.clone_from(name);
            }
        }
        Json::Null | Json::Boolean(_) | Json::Integer(_) | Json::Number(_) => {}
    }
}

fn settle_object(members: &mut Vec<Member>, within: &Within<'_>) {
    let is_free = FREE.contains(&within.key);
    for member in &mut *members {
        if !is_free {
            let Member { key, value, .. } = member;
            settle(&mut value.value, &Within { key, outer: within.key, names: within.names });
        }
    }
    if is_free {
        members.sort_by(|one, other| one.key.cmp(&other.key));
        return;
    }
    let is_of_access = members.iter().any(|member| {
        member.key == "claimType" && member.value.value == Json::Text("RESOURCE".to_owned())
    });
    members.retain(|member| {
        let of_access = is_of_access && member.key == "alwaysIncludeInToken";
        !of_access && !says_nothing(member, within.key)
    });
    members.sort_by_key(|member| (rank(&member.key), member.key.clone()));
}

fn rank(key: &str) -> usize {
    ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len())
}

/// Whether a member might as well not be there.
fn says_nothing(member: &Member, outer: &str) -> bool {
    let key = member.key.as_str();
    match &member.value.value {
        Json::Null => true,
        Json::Text(text) => {
            USUAL.contains(&(key, text)) || (key, text.as_str()) == ("name", "oidc_client")
        }
        Json::Boolean(false) => OFF.contains(&key),
        Json::List(elements) if elements.is_empty() => {
            // Of people nobody may be listed; elsewhere that is another thing than no list.
            EMPTY.contains(&key)
                || key == "include" && matches!(outer, "users" | "groups")
                || key == "users" && outer == "assignments"
        }
        Json::Object(members) => {
            members.is_empty() && EMPTY_OBJECTS.contains(&key) && outer != "conditions"
                || members.is_empty() && (key, outer) == ("people", "conditions")
        }
        Json::Boolean(true) | Json::Integer(_) | Json::Number(_) | Json::List(_) => false,
    }
}

fn settle_list(elements: &mut Vec<Node>, within: &Within<'_>) {
    for node in &mut *elements {
        settle(&mut node.value, within);
    }
    let is_of_texts = elements.iter().all(|node| matches!(node.value, Json::Text(_)));
    match within.key {
        key if is_of_texts && SETS.contains(&key) => {
            elements.sort_by_key(|node| as_text(&node.value));
        }
        "policies" | "rules" | "tokenPolicies" => set_priorities(elements),
        "groups"
        | "users"
        | "apps"
        | "scopes"
        | "claims"
        | "groupRules"
        | "inlineHooks"
        | "trustedOrigins"
        | "authorizationServers" => elements.sort_by_key(|node| order_of(&node.value)),
        _ => {}
    }
}

fn as_text(value: &Json) -> String {
    match value {
        Json::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// By what things without an order of their own are put in one.
fn order_of(value: &Json) -> (String, String, String) {
    let login = member(value, "profile").and_then(|profile| text(profile, "login"));
    let name = text(value, "name").filter(|name| name != "oidc_client");
    let name = text(value, "label").or(name).or(login).or_else(|| text(value, "login"));
    let kind = text(value, "claimType").unwrap_or_default();
    (name.unwrap_or_default(), kind, text(value, "id").unwrap_or_default())
}

/// Puts them in the order they are tried in, numbered from one.
fn set_priorities(elements: &mut Vec<Node>) {
    let priority = |node: &Node| match member(&node.value, "priority") {
        Some(Json::Integer(priority)) => *priority,
        _ => i64::MAX,
    };
    elements.sort_by_key(priority);
    for (number, node) in (1..).zip(elements) {
        let Json::Object(members) = &mut node.value else { continue };
        members.retain(|member| member.key != "priority");
        let (key, key_span) = ("priority".to_owned(), Span::default());
        let value = Node { span: Span::default(), value: Json::Integer(number) };
        members.push(Member { key, key_span, value });
        members.sort_by_key(|member| (rank(&member.key), member.key.clone()));
    }
}

/// Writes a value on one line if it fits, else a member or an element a line.
fn write(value: &Json, depth: usize, text: &mut String) {
    let short = on_one_line(value);
    let has_parts = matches!(value, Json::List(list) if !list.is_empty())
        || matches!(value, Json::Object(members) if !members.is_empty());
    let column = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    if !has_parts || depth > 0 && column + short.chars().count() <= WIDTH {
        text.push_str(&short);
        return;
    }
    let line = |text: &mut String, is_first: bool, depth: usize| {
        if !is_first {
            text.push(',');
        }
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    let (open, close) = if matches!(value, Json::List(_)) { ('[', ']') } else { ('{', '}') };
    text.push(open);
    match value {
        Json::List(elements) => {
            for (index, node) in elements.iter().enumerate() {
                line(text, index == 0, depth + 1);
                write(&node.value, depth + 1, text);
            }
        }
        Json::Object(members) => {
            for (index, member) in members.iter().enumerate() {
                line(text, index == 0, depth + 1);
                text.push_str(&quoted(&member.key));
                text.push_str(": ");
                write(&member.value.value, depth + 1, text);
            }
        }
        Json::Null | Json::Boolean(_) | Json::Integer(_) | Json::Number(_) | Json::Text(_) => {}
    }
    line(text, true, depth);
    text.push(close);
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value on one line.
#[must_use]
pub(super) fn on_one_line(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Boolean(boolean) => boolean.to_string(),
        Json::Integer(integer) => integer.to_string(),
        Json::Number(number) => serde_json::Value::from(*number).to_string(),
        Json::Text(text) => quoted(text),
        Json::List(elements) => {
            let parts: Vec<String> = elements.iter().map(|n| on_one_line(&n.value)).collect();
            format!("[{}]", parts.join(", "))
        }
        Json::Object(members) => {
            let part = |m: &Member| format!("{}: {}", quoted(&m.key), on_one_line(&m.value.value));
            let parts: Vec<String> = members.iter().map(part).collect();
            format!("{{{}}}", parts.join(", "))
        }
    }
}
