//! The list of functions: what each is called in which style, takes, gives, makes of null, and how
//! it can fail, for people and editors. All of it is read from the function table.

use super::fault::code_of;
use crate::diagnostic::{Code, nearest};
use claimsmith_runtime::functions::{
    Accepts, EXAMPLE_CONTEXT, Family, Function, Meaning, Membership, Null, Parameter, Repeats,
    Returns, Style, TABLE,
};
use serde_json::{Value, json};

/// A function that can be written.
#[derive(Clone, Copy, Debug)]
pub struct FunctionEntry {
    /// The heading it stands under.
    pub family: &'static str,
    row: &'static Function,
}

/// Every function, by family. Rows that are the same function in another form are told once.
#[must_use]
pub fn functions() -> Vec<FunctionEntry> {
    TABLE.iter().flat_map(of_family).collect()
}

fn of_family(family: &'static Family) -> Vec<FunctionEntry> {
    let mut entries: Vec<FunctionEntry> = Vec::new();
    for row in family.rows.iter().filter(|row| row.style != Style::Internal) {
        if !entries.iter().any(|known| is_same(known.row, row)) {
            entries.push(FunctionEntry { family: family.name, row });
        }
    }
    entries
}

/// Whether one row is another form of the other: a step of a stream, and its body for receivers
/// whose kind is known late.
fn is_same(one: &Function, other: &Function) -> bool {
    let first = |row: &Function| row.parameters.first().map(|first| type_words(first.accepts));
    let most = other.parameters.len();
    one.names.first() == other.names.first()
        && one.style == other.style
        && first(one) == first(other)
        && (other.least()..=most).all(|n| one.takes(n))
}

/// The functions that a name can mean: every function with this spelling, with or without what
/// stands before its dot, and those that are the same in another style.
#[must_use]
pub fn find_functions(name: &str) -> Vec<FunctionEntry> {
    let bare = name.trim_start_matches('.').trim_end_matches("()");
    let all = functions();
    let is_named = |name: &&str| *name == bare || name.rsplit('.').next() == Some(bare);
    let named: Vec<&FunctionEntry> =
        all.iter().filter(|entry| entry.row.names.iter().any(is_named)).collect();
    let is_meant = |entry: &FunctionEntry| {
        named.iter().any(|meant| meant.is(entry) || meant.is_counterpart(entry))
    };
    all.iter().filter(|entry| is_meant(entry)).copied().collect()
}

/// The spelling that was most likely meant.
#[must_use]
pub fn nearest_function(name: &str) -> Option<&'static str> {
    let names: Vec<&'static str> =
        functions().iter().flat_map(|entry| entry.row.names).copied().collect();
    nearest(name, names.into_iter())
}

/// What the examples are about, as JSON.
#[must_use]
pub fn example_context() -> &'static str {
    EXAMPLE_CONTEXT
}

impl FunctionEntry {
    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.row, other.row)
    }

    /// Whether one is the classic form of the other.
    fn is_counterpart(&self, other: &Self) -> bool {
        let is_classic_of = |classic: &Self, method: &Self| {
            let name = classic.counterpart_name();
            classic.family == method.family
                && method.row.is_method()
                && name.is_some_and(|name| method.row.names.contains(&name))
        };
        is_classic_of(self, other) || is_classic_of(other, self)
    }

    /// The name of the method that does what this classic function does.
    fn counterpart_name(&self) -> Option<&'static str> {
        match self.row {
            Function { style: Style::Function, method: "", names, .. } => {
                names.first()?.split_once('.').map(|(_, last)| last)
            }
            Function { style: Style::Function, method, .. } => Some(method),
            _ => None,
        }
    }

    /// The preferred spelling.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.row.names.first().copied().unwrap_or_default()
    }

    /// Every spelling in this style, the preferred one first.
    #[must_use]
    pub fn names(&self) -> &'static [&'static str] {
        self.row.names
    }

    /// The spellings of the same function in the other style.
    #[must_use]
    pub fn other_style(&self) -> Vec<String> {
        let all = functions();
        let others = all.iter().filter(|entry| self.is_counterpart(entry));
        let mut spelled: Vec<String> = others
            .flat_map(|entry| entry.row.names.iter().map(|name| entry.spelled(name)))
            .collect();
        spelled.sort_unstable();
        spelled.dedup();
        spelled
    }

    /// One line: what it gives.
    #[must_use]
    pub fn documentation(&self) -> &'static str {
        self.row.documentation
    }

    /// An expression over [`example_context`], and the JSON it gives.
    #[must_use]
    pub fn example(&self) -> (&'static str, &'static str) {
        self.row.example
    }

    fn spelled(&self, name: &str) -> String {
        match self.row.parameters.first() {
            Some(receiver) if self.row.is_method() => format!("{}.{name}", receiver.name),
            _ => name.to_owned(),
        }
    }

    fn receiver(&self) -> Option<&'static Parameter> {
        self.row.parameters.first().filter(|_| self.row.is_method())
    }

    /// The parameters between the parentheses.
    fn arguments(&self) -> &'static [Parameter] {
        self.row.parameters.get(usize::from(self.row.is_method())..).unwrap_or_default()
    }

    /// `text.padStart(length: integer, fill?: text) → text`.
    #[must_use]
    pub fn signature(&self) -> String {
        let n = self.arguments().len();
        let arguments: Vec<String> = self
            .arguments()
            .iter()
            .enumerate()
            .map(|(index, parameter)| self.parameter(parameter, index, n))
            .collect();
        let spelled = self.spelled(self.name());
        let returns = returns_words(self.row.returns);
        match self.row.style {
            Style::Property => format!("{spelled} → {returns}"),
            _ => format!("{spelled}({}) → {returns}", arguments.join(", ")),
        }
    }

    fn parameter(&self, parameter: &Parameter, index: usize, n: usize) -> String {
        let Parameter { name, accepts, .. } = parameter;
        let ty = type_words(*accepts);
        let is_last = index + 1 == n;
        match self.row.repeats {
            Repeats::Freely if is_last => format!("{name}…: {ty}"),
            Repeats::InPairs if is_last => format!("{name} …: {ty}"),
            _ if index + self.row.n_optional >= n => format!("{name}?: {ty}"),
            _ => format!("{name}: {ty}"),
        }
    }

    /// What null does before the dot and as an argument.
    #[must_use]
    pub fn null(&self) -> String {
        let mut told = Vec::new();
        match self.row.meaning {
            Meaning::Membership(Membership::Criteria | Membership::AnyOfCriteria)
            | Meaning::Body(_)
            | Meaning::Stage(_)
            | Meaning::Sink(_)
            | Meaning::Limited(_)
            | Meaning::Relation(_) => {}
            Meaning::Membership(_) => told.push("false without a user".to_owned()),
        }
        if let Some(receiver) = self.receiver() {
            told.push(match receiver.null {
                Null::Faults => "null before the dot is an error, E0602".to_owned(),
                Null::Accepted => "null before the dot has an answer of its own".to_owned(),
                Null::Flows => "null before the dot gives null".to_owned(),
            });
        }
        let named = |null: Null, word: &str| {
            let of = self
                .arguments()
                .iter()
                .filter(|parameter| parameter.null == null && !is_lambda(parameter.accepts));
            let names: Vec<String> = of.map(|parameter| format!("`{}`", parameter.name)).collect();
            (!names.is_empty()).then(|| listed(&names, word))
        };
        if let Some(names) = named(Null::Flows, "or") {
            told.push(format!("null as {names} gives null"));
        }
        if let Some(names) = named(Null::Accepted, "and") {
            told.push(format!("{names} may be null"));
        }
        if let Some(names) = named(Null::Faults, "or") {
            told.push(format!("null as {names} is an error"));
        }
        told.join("; ")
    }

    /// How it can fail by itself. Any function faults for an argument of a wrong kind, and for a
    /// result beyond the limits.
    #[must_use]
    pub fn faults(&self) -> Vec<&'static Code> {
        self.row.faults.iter().map(|fault| code_of(*fault)).collect()
    }

    /// Everything, for editors.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let parameters = self.row.parameters.iter().enumerate().map(|(index, parameter)| {
            json!({
                "name": parameter.name,
                "type": type_words(parameter.accepts),
                "receiver": self.row.is_method() && index == 0,
                "optional": index >= self.row.least(),
                "repeats": self.row.repeats != Repeats::Never
                    && index + 1 == self.row.parameters.len(),
                "null": match parameter.null {
                    Null::Faults => "fault",
                    Null::Accepted => "accepted",
                    Null::Flows => "null",
                },
            })
        });
        let (expression, answer) = self.row.example;
        let value: Value = serde_json::from_str(answer).unwrap_or_default();
        json!({
            "name": self.name(),
            "names": self.names(),
            "family": self.family,
            "style": match self.row.style {
                Style::Function | Style::Internal => "function",
                Style::Method => "method",
                Style::Property => "property",
            },
            "otherStyle": self.other_style(),
            "signature": self.signature(),
            "parameters": parameters.collect::<Vec<_>>(),
            "returns": returns_words(self.row.returns),
            "documentation": self.row.documentation,
            "null": self.null(),
            "faults": self.faults().iter().map(|code| code.id).collect::<Vec<_>>(),
            "example": {"expression": expression, "value": value},
        })
    }
}

/// `a`, `a or b`, `a, b or c`, or with another word.
fn listed(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

fn is_lambda(accepts: Accepts) -> bool {
    matches!(accepts, Accepts::Condition | Accepts::Mapping | Accepts::Reduction)
}

/// The language's words for what an argument may be.
fn type_words(accepts: Accepts) -> &'static str {
    match accepts {
        Accepts::Any => "any",
        Accepts::Boolean => "boolean",
        Accepts::Integer => "integer",
        Accepts::Numeric => "number",
        Accepts::Text => "text",
        Accepts::TextOrList => "text or list",
        Accepts::List => "list",
        Accepts::Numbers => "list of numbers",
        Accepts::Ordered => "list of what has an order",
        Accepts::ListOrText => "list or text",
        Accepts::Map => "map",
        Accepts::Group => "group",
        Accepts::Constant => "constant text",
        Accepts::Expression => "constant text of an expression",
        Accepts::User => "user",
        Accepts::Pattern => "regular expression",
        Accepts::DateTime => "date-time",
        Accepts::Country => "country",
        Accepts::Zone => "time zone",
        Accepts::TimePattern => "pattern of times",
        Accepts::Criteria => "criteria",
        Accepts::Condition => "x => boolean",
        Accepts::Mapping => "x => any",
        Accepts::Reduction => "(result, x) => any",
    }
}

/// The language's words for what a function gives.
fn returns_words(returns: Returns) -> &'static str {
    match returns {
        Returns::Boolean => "boolean",
        Returns::Integer => "integer",
        Returns::Number => "number",
        Returns::Text => "text",
        Returns::TextOrNull => "text, or null",
        Returns::DateTime => "date-time",
        Returns::TimeOrText => "date-time, or text with a format",
        Returns::Country => "country",
        Returns::Any => "any",
        Returns::Texts => "list of text",
        Returns::TextsOrNull => "list of text, or null",
        Returns::Groups => "list of groups",
        Returns::Element => "element, or null",
        Returns::SameList | Returns::Added | Returns::Mapped => "list",
        Returns::SameListOrNull => "list, or null",
    }
}
