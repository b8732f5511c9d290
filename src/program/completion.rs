//! What can be written next: names of the schema, and functions and methods of the table.

use crate::schema::{Place, Schema};
use claimsmith_runtime::Kind;
use claimsmith_runtime::functions::{self, Accepts, Function, Style};
use claimsmith_runtime::types::{Field, RecordType, Type};

/// What a word that was begun can become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins, in bytes of the text.
    pub start: usize,
    /// In alphabetical order; what is called ends with its opening parenthesis.
    pub candidates: Vec<String>,
}

/// Constants and operators that are words (decision 5).
const WORDS: [&str; 8] = ["true", "false", "null", "and", "or", "not", "matches", "#this"];

/// What the word at the end of `text` can become, where `schema` says which names there are.
#[must_use]
pub fn complete(schema: &Schema, text: &str) -> Completion {
    let start = text.len() - ending_word(text).len();
    let none = Completion { start, candidates: Vec::new() };
    if is_in_text(text) {
        return none;
    }
    let (before, word) = (text.get(..start).unwrap_or_default(), ending_word(text));
    let mut candidates = match before.strip_suffix('.') {
        Some(receiver) => members(schema, receiver.strip_suffix('?').unwrap_or(receiver)),
        None => beginnings(schema, before),
    };
    candidates.retain(|candidate| candidate.starts_with(word));
    candidates.sort();
    candidates.dedup();
    Completion { candidates, ..none }
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_$#".contains(character)
}

fn ending_word(text: &str) -> &str {
    let rest = text.trim_end_matches(is_of_word);
    text.get(rest.len()..).unwrap_or_default()
}

/// Whether a quote is open; a doubled one closes and opens.
fn is_in_text(text: &str) -> bool {
    let open = text.chars().fold(None, |open, character| match open {
        None if matches!(character, '\'' | '"') => Some(character),
        Some(quote) if quote == character => None,
        open => open,
    });
    open.is_some()
}

/// What an expression can begin with: roots, parameters of lambdas before, functions.
fn beginnings(schema: &Schema, before: &str) -> Vec<String> {
    let rows = functions::rows().filter(|(_, row)| row.style == Style::Function);
    let called = rows.flat_map(|(_, row)| row.names.iter().map(|name| format!("{name}(")));
    let parameters = before.match_indices("=>").flat_map(|(at, _)| {
        let head = before.get(..at).unwrap_or_default().trim_end();
        let from = if head.ends_with(')') { head.rfind('(') } else { None };
        let names = head.get(from.unwrap_or(head.len() - ending_word(head).len())..);
        names.unwrap_or_default().split(|c| !is_of_word(c)).map(str::to_owned)
    });
    let words = WORDS.iter().map(|word| (*word).to_owned());
    let roots = schema.names().map(str::to_owned);
    let all = called.chain(parameters.filter(|name| !name.is_empty())).chain(words).chain(roots);
    all.collect()
}

/// What can follow the dot after `receiver`.
fn members(schema: &Schema, receiver: &str) -> Vec<String> {
    let path = ending_path(receiver);
    if let [namespace] = path.as_slice() {
        let inside = functions_of(namespace);
        if !inside.is_empty() {
            return inside;
        }
    }
    let ty = type_of_path(schema, &path);
    let mut found = match &ty {
        Some(Type::Record(record)) => {
            let profile = profile_of(record).map(|profile| profile.fields.as_slice());
            [names(&record.fields), names(profile.unwrap_or_default())].concat()
        }
        Some(Type::Group) => names(&schema.group().fields),
        Some(Type::List(element)) if element.ty == Type::Group => names(&schema.group().fields),
        _ => Vec::new(),
    };
    let kind = ty.as_ref().and_then(kind_of);
    let rows = functions::rows().map(|(_, row)| row).filter(|row| acts_on(row, kind));
    found.extend(rows.flat_map(|row| {
        let end = if row.style == Style::Method { "(" } else { "" };
        row.names.iter().map(move |name| format!("{name}{end}"))
    }));
    found
}

fn names(fields: &[Field]) -> Vec<String> {
    fields.iter().map(|field| field.name.clone()).collect()
}

/// The profile of a user, whose attributes are the user's own too (decision 41).
fn profile_of(record: &RecordType) -> Option<&RecordType> {
    let (_, profile) = record.find("profile").filter(|_| record.name == "user")?;
    if let Type::Record(profile) = &profile.shape.ty { Some(profile) } else { None }
}

/// The functions of a namespace such as `String`.
fn functions_of(namespace: &str) -> Vec<String> {
    let all = functions::rows().flat_map(|(_, row)| row.names);
    let inside = all.filter_map(|name| name.strip_prefix(namespace)?.strip_prefix('.'));
    inside.map(|name| format!("{name}(")).collect()
}

/// Whether a row is a method or property of a receiver of this kind; of an unknown one it may be.
fn acts_on(row: &Function, kind: Option<Kind>) -> bool {
    let is_member = matches!(row.style, Style::Method | Style::Property);
    let accepts = row.parameter(0).map_or(Accepts::Any, |receiver| receiver.accepts);
    is_member
        && match (kind, accepts) {
            (None, _) => true,
            (Some(kind), Accepts::User) => kind == Kind::Record,
            // A group acts as its name.
            (Some(Kind::Group), Accepts::Text) => true,
            (Some(kind), accepts) => functions::accepts(accepts, kind),
        }
}

fn kind_of(ty: &Type) -> Option<Kind> {
    Some(match ty {
        Type::Null | Type::Any => return None,
        Type::Boolean => Kind::Boolean,
        Type::Integer => Kind::Integer,
        Type::Number => Kind::Number,
        Type::Text => Kind::Text,
        Type::List(_) => Kind::List,
        Type::Map => Kind::Map,
        Type::Record(_) => Kind::Record,
        Type::Group => Kind::Group,
        Type::DateTime => Kind::DateTime,
        Type::Country => Kind::Country,
    })
}

/// The names with dots between at the end of a text; none if something else is before them.
fn ending_path(text: &str) -> Vec<&str> {
    let is_of_path = |character: char| is_of_word(character) || ".?".contains(character);
    let rest = text.trim_end_matches(is_of_path);
    if rest.ends_with([')', ']', '}', '\'', '"']) {
        return Vec::new();
    }
    let path = text.get(rest.len()..).unwrap_or_default();
    path.split('.').map(|name| name.trim_end_matches('?')).collect()
}

/// The type at the end of a path of attributes, if the schema knows it.
fn type_of_path(schema: &Schema, path: &[&str]) -> Option<Type> {
    let (root, rest) = path.split_first()?;
    let mut ty = match schema.find(root)? {
        Place::Root { shape, .. } => shape.ty.clone(),
        Place::Further { record_type, slot, .. } => {
            record_type.fields.get(slot as usize)?.shape.ty.clone()
        }
    };
    for name in rest {
        let record = match &ty {
            Type::Record(record) => record,
            Type::Group => schema.group(),
            _ => return None,
        };
        let found = record.find(name).or_else(|| profile_of(record)?.find(name));
        ty = found?.1.shape.ty.clone();
    }
    Some(ty)
}

#[cfg(test)]
mod tests {
    use super::{Completion, complete};
    use crate::document;
    use crate::program::Subject;

    fn candidates(text: &str) -> Vec<String> {
        let context = br#"{"user": {"profile": {"email": "a", "age": 1, "tags": ["x"]},
            "groups": ["Everyone"]}, "extra": {"inner": {"deep": 1}}}"#;
        let (schema, _) = Subject::infer(&document::read(context).unwrap()).unwrap();
        let Completion { start, candidates } = complete(&schema, text);
        assert!(candidates.iter().all(|one| one.starts_with(text.get(start..).unwrap())), "{text}");
        candidates
    }

    #[test]
    fn names_of_the_schema_and_functions_are_offered() {
        assert!(candidates("us").contains(&"user".to_owned()));
        assert!(candidates("1 + isMem").contains(&"isMemberOfGroupName(".to_owned()));
        assert!(candidates("String.le").contains(&"len(".to_owned()));
        assert_eq!(candidates("user.em"), ["email"]);
        assert_eq!(candidates("f(user?.em"), ["email"]);
        assert_eq!(candidates("ext"), ["extra"]);
        assert!(candidates("user.groups.filter(gro => gr").contains(&"gro".to_owned()));
        assert!(candidates("l.map((one, two) => tw").contains(&"two".to_owned()));
    }

    #[test]
    fn methods_are_those_of_the_kind() {
        let of_text = candidates("user.email.s");
        assert!(of_text.contains(&"startsWith(".to_owned()));
        assert!(!of_text.contains(&"sortBy(".to_owned()), "{of_text:?}");
        let of_list = candidates("user.tags.s");
        assert!(of_list.contains(&"sortBy(".to_owned()));
        assert!(!of_list.contains(&"startsWith(".to_owned()), "{of_list:?}");
        let of_any = candidates("f(x).s");
        assert!(
            of_any.contains(&"sortBy(".to_owned()) && of_any.contains(&"startsWith(".to_owned())
        );
    }

    #[test]
    fn nothing_is_offered_inside_of_a_text() {
        assert_eq!(candidates("'us"), Vec::<String>::new());
        assert_eq!(candidates("\"it''s us"), Vec::<String>::new());
        assert!(!candidates("'a' + us").is_empty());
        assert_eq!(candidates("é'"), Vec::<String>::new());
    }
}
