//! Reads typed values out of a JSON tree and collects everything that is wrong on the way, each
//! with its path and place. A member that is null counts as absent, as in the management API.

use crate::document::{Json, Member, Node};
use crate::source::Span;
use std::cell::RefCell;
use std::rc::Rc;

/// Something wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// As in `authorizationServers[0].claims[2].value`; empty for the whole document.
    pub path: String,
    pub span: Span,
    pub message: String,
}

/// All that was found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(super) fn into_list(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

/// A value of the document and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    node: &'a Node,
    way: Rc<Way<'a>>,
    problems: &'a Problems,
}

/// The way to a value. Written down only where somebody asks: nearly nothing is ever blamed.
#[derive(Debug)]
enum Way<'a> {
    Top,
    Member(Rc<Way<'a>>, &'a str),
    Element(Rc<Way<'a>>, usize),
}

impl Way<'_> {
    fn written(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Member(above, key) => below(&above.written(), key),
            Self::Element(above, index) => format!("{}[{index}]", above.written()),
        }
    }
}

/// A value with the place it was read from, to blame later.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a, T> {
    pub(super) value: T,
    pub(super) place: Place<'a>,
}

/// An object whose members are all known.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    members: &'a [Member],
    pub(super) place: Place<'a>,
}

impl<'a> Place<'a> {
    pub(super) fn top(node: &'a Node, problems: &'a Problems) -> Self {
        Self { node, way: Rc::new(Way::Top), problems }
    }

    pub(super) fn path(&self) -> String {
        self.way.written()
    }

    pub(super) fn span(&self) -> Span {
        self.node.span
    }

    pub(super) fn json(&self) -> &'a Json {
        &self.node.value
    }

    /// Notes that this value is wrong.
    pub(super) fn blame(&self, message: impl Into<String>) {
        self.blame_at(self.path(), self.node.span, message.into());
    }

    fn blame_at(&self, path: String, span: Span, message: String) {
        self.problems.0.borrow_mut().push(Problem { path, span, message });
    }

    fn expected(&self, what: &str) {
        self.blame(format!("expected {what}, found {}", kind_of(&self.node.value)));
    }

    fn member(&self, member: &'a Member) -> Self {
        let way = Rc::new(Way::Member(Rc::clone(&self.way), &member.key));
        Self { node: &member.value, way, problems: self.problems }
    }

    /// The object, if it is one. Members other than `known` are wrong.
    pub(super) fn object(&self, known: &[&str]) -> Option<Object<'a>> {
        let object = self.open_object()?;
        for member in object.members.iter().filter(|member| !known.contains(&&*member.key)) {
            let message =
                format!("unknown member `{}`; known are {}", member.key, listed(known.iter()));
            self.blame_at(below(&self.path(), &member.key), member.key_span, message);
        }
        Some(object)
    }

    pub(super) fn is_null(&self) -> bool {
        self.node.value == Json::Null
    }

    /// The object, if it is one, whatever its members.
    pub(super) fn open_object(&self) -> Option<Object<'a>> {
        let Json::Object(members) = &self.node.value else {
            self.expected("an object");
            return None;
        };
        Some(Object { members, place: self.clone() })
    }

    pub(super) fn list(&self) -> Vec<Place<'a>> {
        let Json::List(nodes) = &self.node.value else {
            self.expected("a list");
            return Vec::new();
        };
        let place = |(index, node)| Place {
            node,
            way: Rc::new(Way::Element(Rc::clone(&self.way), index)),
            problems: self.problems,
        };
        nodes.iter().enumerate().map(place).collect()
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        let Json::Text(text) = &self.node.value else {
            self.expected("a text");
            return None;
        };
        Some(text)
    }

    /// A text of 1 to `longest` characters.
    pub(super) fn text_up_to(&self, longest: usize) -> Option<&'a str> {
        let text = self.text()?;
        let length = text.chars().count();
        if length == 0 {
            self.blame("must not be empty");
        } else if length > longest {
            self.blame(format!("at most {longest} characters, found {length}"));
        }
        Some(text)
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        let Json::Boolean(boolean) = self.node.value else {
            self.expected("true or false");
            return None;
        };
        Some(boolean)
    }

    /// An integer of this range.
    pub(super) fn integer(&self, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let Json::Integer(integer) = self.node.value else {
            self.expected("an integer");
            return None;
        };
        let within = u32::try_from(integer).ok().filter(|integer| range.contains(integer));
        if within.is_none() {
            let (low, high) = (range.start(), range.end());
            self.blame(format!("expected an integer from {low} to {high}, found {integer}"));
        }
        within
    }

    /// What a word of a table stands for.
    pub(super) fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known = listed(words.iter().map(|(word, _)| word));
            self.blame(format!("expected one of {known}, found `{text}`"));
        }
        found.map(|(_, choice)| *choice)
    }

    /// A list of texts, each with its place and none twice.
    pub(super) fn texts(&self) -> Vec<Placed<'a, &'a str>> {
        let mut texts: Vec<Placed<'a, &'a str>> = Vec::new();
        for place in self.list() {
            let Some(value) = place.text() else { continue };
            if texts.iter().any(|known| known.value == value) {
                place.blame(format!("`{value}` is listed twice"));
            } else {
                texts.push(Placed { value, place });
            }
        }
        texts
    }
}

impl<'a> Object<'a> {
    /// The member of this name, unless it is absent or null.
    pub(super) fn find(&self, name: &str) -> Option<Place<'a>> {
        let member = self.members.iter().find(|member| member.key == name)?;
        (member.value.value != Json::Null).then(|| self.place.member(member))
    }

    /// The member of this name, which must be there.
    pub(super) fn require(&self, name: &str) -> Option<Place<'a>> {
        let found = self.find(name);
        if found.is_none() {
            self.place.blame(format!("the member `{name}` is missing"));
        }
        found
    }

    /// The elements of the list of this name; none when it is absent.
    pub(super) fn list(&self, name: &str) -> Vec<Place<'a>> {
        self.find(name).map(|place| place.list()).unwrap_or_default()
    }

    /// The texts of the list of this name; none when it is absent.
    pub(super) fn texts(&self, name: &str) -> Vec<Placed<'a, &'a str>> {
        self.find(name).map(|place| place.texts()).unwrap_or_default()
    }

    /// What the word of this name stands for, else `otherwise`.
    pub(super) fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)], otherwise: T) -> T {
        self.find(name).and_then(|place| place.choice(words)).unwrap_or(otherwise)
    }

    pub(super) fn boolean(&self, name: &str, otherwise: bool) -> bool {
        self.find(name).and_then(|place| place.boolean()).unwrap_or(otherwise)
    }

    /// As [`Object::find`], of a text that may be absent: empty it says nothing, and tools that know no
    /// null write it so.
    pub(super) fn find_text(&self, name: &str) -> Option<Place<'a>> {
        self.find(name).filter(|place| *place.json() != text_of(""))
    }

    /// A text of at most `longest` characters that may be absent or empty.
    pub(super) fn text_up_to(&self, name: &str, longest: usize) -> Option<&'a str> {
        self.find_text(name).and_then(|place| place.text_up_to(longest))
    }

    /// A text of at most `longest` characters; empty when it is absent.
    pub(super) fn description(&self, longest: usize) -> String {
        self.text_up_to("description", longest).unwrap_or_default().to_owned()
    }

    /// Every member with its place, null or not.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, Place<'a>)> {
        self.members.iter().map(|member| (member.key.as_str(), self.place.member(member)))
    }

    /// Every member as free JSON.
    pub(super) fn to_profile(&self) -> Vec<(String, Json)> {
        self.members.iter().map(|m| (m.key.clone(), m.value.value.clone())).collect()
    }
}

fn text_of(text: &str) -> Json {
    Json::Text(text.to_owned())
}

/// `one`, `two` and so on, each in backticks.
pub(super) fn listed<T: std::fmt::Display>(names: impl Iterator<Item = T>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The path of a member; a name that is no plain word stands in brackets.
fn below(path: &str, key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.is_empty() || !key.chars().all(plain) {
        return format!("{path}[{key:?}]");
    }
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Boolean(_) => "a boolean",
        Json::Integer(_) => "an integer",
        Json::Number(_) => "a number",
        Json::Text(_) => "a text",
        Json::List(_) => "a list",
        Json::Object(_) => "an object",
    }
}
