//! What people write who come from another language, or from memory, and what it is called here.

use super::Checker;
use crate::schema::{Place, standard};
use crate::syntax::tree::NAMESPACES;
use claimsmith_runtime::functions::{self, Function, Style};
use claimsmith_runtime::types::{RecordType, Type};

/// Functions of other languages, in lower case, and what to write.
const FUNCTIONS: [(&str, &str); 24] = [
    ("string.contains", "`String.stringContains(text, part)`, or `text.contains(part)`"),
    ("string.length", "`String.len(text)`, or `text.length()`"),
    ("string.size", "`String.len(text)`, or `text.length()`"),
    ("string.concat", "`String.append(text, suffix)`, or `+`"),
    ("string.equals", "`==`"),
    ("string.isempty", "`String.len(text) == 0`"),
    ("string.format", "join texts with `+`"),
    ("string.switch", "`String.stringSwitch(text, default, key, value, …)`"),
    ("arrays.length", "`Arrays.size(list)`"),
    ("arrays.join", "`Arrays.toCsvString(list)`, or `list.join(',')`"),
    ("arrays.filter", "`list.filter(x => …)`"),
    ("arrays.map", "`list.map(x => …)`"),
    ("groups.filter", "`user.groups.filter(g => …)`"),
    ("ismemberof", "`isMemberOfGroupName('name')`, or `user.isMemberOf({…})`"),
    ("isingroup", "`isMemberOfGroupName('name')`"),
    ("getgroups", "`user.getGroups({…})`"),
    ("getlinkedobject", "`user.getLinkedObject('name')`"),
    ("len", "`String.len(text)`, or `text.length()`"),
    ("lower", "`text.toLowerCase()`"),
    ("upper", "`text.toUpperCase()`"),
    ("parseint", "`Convert.toInt(text)`, or `text.toInteger()`"),
    ("isnull", "`x == null`"),
    ("coalesce", "`a ?? b`"),
    ("concat", "join texts with `+`"),
];

/// Methods of other languages, in lower case, and what to write.
const METHODS: [(&str, &str); 30] = [
    ("push", "`.add(…)`, which gives a new list"),
    ("append", "`+` for texts, `.add(…)` for lists"),
    ("equals", "`==`"),
    ("isnull", "`== null`"),
    ("isnullorempty", "`(… ?: '') == ''`"),
    ("ispresent", "`!= null`"),
    ("foreach", "`.map(x => …)`"),
    ("match", "`.matches('…')`, which asks for the whole text"),
    ("test", "`.matches('…')`, which asks for the whole text"),
    ("lower", "`.toLowerCase()`"),
    ("tolower", "`.toLowerCase()`"),
    ("upper", "`.toUpperCase()`"),
    ("toupper", "`.toUpperCase()`"),
    ("strip", "`.trim()`"),
    ("substr", "`.substring(start, end)`"),
    ("len", "`.length()`"),
    ("toint", "`.toInteger()`"),
    ("parseint", "`.toInteger()`"),
    ("tofloat", "`.toNumber()`"),
    ("orelse", "`?:`, or `??` for null only"),
    ("getordefault", "`?:`, or `??` for null only"),
    ("stream", "the list itself: it has `filter` and `map`"),
    ("collect", "nothing: the list is there already"),
    ("tolist", "nothing: the list is there already"),
    ("keys", "`.![key]`"),
    ("values", "`.![value]`"),
    ("entries", "`.![{key, value}]`"),
    ("fold", "`.reduce((result, x) => …, start)`"),
    ("containskey", "`['key'] != null`"),
    ("format", "`+`, which joins texts"),
];

/// Names for what has another name here, in lower case, and what to write.
const NAMES: [(&str, &str); 11] = [
    ("nil", "there is only `null`"),
    ("none", "there is only `null`"),
    ("undefined", "there is only `null`"),
    ("nan", "there is only `null`"),
    (
        "this",
        "the element in `.?[ ]` and `.![ ]` is `#this`; in a lambda it has the name you give it",
    ),
    ("it", "in a lambda the element has the name you give it: `.filter(x => …)`"),
    ("self", "the user of the request is `user`"),
    ("me", "the user of the request is `user`"),
    ("currentuser", "the user of the request is `user`"),
    ("math", "arithmetic is written with operators"),
    ("context", "what is known stands in roots such as `user`, `app` and `access`"),
];

fn known(table: &'static [(&str, &str)], name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    table.iter().find(|(known, _)| *known == lower).map(|(_, help)| *help)
}

fn is_row(fits: impl Fn(&Function) -> bool, name: &str) -> bool {
    functions::rows().any(|(_, row)| fits(row) && row.names.contains(&name))
}

/// Whether something can be called so behind a dot.
pub(super) fn is_method(name: &str) -> bool {
    is_row(Function::is_method, name)
}

/// Whether something can be called so behind a dot, and never on its own.
pub(super) fn is_only_method(name: &str) -> bool {
    is_method(name) && !is_row(|row| row.style == Style::Function, name)
}

/// What to write instead of a function that does not exist.
pub(super) fn instead_of_function(name: &str) -> Option<String> {
    if let Some(help) = known(&FUNCTIONS, name) {
        return Some(format!("write {help}"));
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    is_method(last).then(|| format!("`{last}` is a method: write `value.{last}(…)`"))
}

/// What to write instead of a method that does not exist.
pub(super) fn instead_of_method(name: &str) -> Option<String> {
    if let Some(help) = known(&METHODS, name) {
        return Some(format!("write {help}"));
    }
    let is_function = is_row(|row| row.style == Style::Function, name);
    is_function.then(|| format!("`{name}` is a function: write `{name}(…)` on its own"))
}

/// What to write instead of an attribute that does not exist.
pub(super) fn instead_of_attribute(name: &str) -> Option<String> {
    is_method(name).then(|| format!("`{name}` is a method: call it, `.{name}(…)`"))
}

impl Checker<'_> {
    /// What to write instead of a name that stands for nothing.
    pub(super) fn instead_of_name(&self, name: &str) -> Option<String> {
        if let Some(help) = known(&NAMES, name) {
            return Some(help.to_owned());
        }
        if self.user_has(name) {
            return Some(format!("did you mean `user.{name}`?"));
        }
        if is_row(|row| row.style == Style::Function, name) {
            return Some(format!("`{name}` is a function: call it, `{name}(…)`"));
        }
        None
    }

    fn user_has(&self, name: &str) -> bool {
        let Some(Place::Root { shape, .. }) = self.schema.find(standard::USER) else {
            return false;
        };
        let Type::Record(user) = &shape.ty else { return false };
        let has = |record: &RecordType| record.find(name).is_some();
        let profile = user.find(standard::PROFILE).map(|(_, field)| &field.shape.ty);
        has(user) || matches!(profile, Some(Type::Record(profile)) if has(profile))
    }

    /// Every name that can begin an expression.
    pub(super) fn first_names(&self) -> impl Iterator<Item = &str> {
        self.schema.names().chain(NAMESPACES)
    }
}
