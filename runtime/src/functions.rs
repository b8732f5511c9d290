//! THE table: one row per library function. The checker reads signatures from it, both engines call
//! its bodies, the code generator goes through it by row number, documentation prints it.

use crate::Context;
use crate::fault::Fault;
use crate::value::{Kind, Value};
use crate::{convert, country, group, list, operator, pattern, relation, text, time, version};

/// A function body: safe Rust over arguments that already are what the row's parameters say.
pub type Body = for<'a> fn(&mut Context<'a>, &[Value<'a>]) -> Result<Value<'a>, Fault>;

/// One library function.
#[derive(Debug)]
pub struct Function {
    /// Every spelling, the preferred one first: `String.len`, or `length` for a method.
    pub names: &'static [&'static str],
    pub style: Style,
    /// For a method the first parameter is its receiver.
    pub parameters: &'static [Parameter],
    /// How many of the last parameters may be left out.
    pub n_optional: usize,
    pub repeats: Repeats,
    pub returns: Returns,
    pub meaning: Meaning,
    /// Whether it can never fault once its arguments are what the parameters say.
    pub total: bool,
    /// Whether the time of the request decides, besides its arguments.
    pub asks_time: bool,
    /// How its body, or what a lambda gives it, can fail, besides arguments that are null or of a
    /// wrong kind and results that are too large.
    pub faults: &'static [Fault],
    /// Of a classic function, the method that does the same to its first argument, if its last word
    /// does not name it; else empty.
    pub method: &'static str,
    /// One line: what it gives.
    pub documentation: &'static str,
    /// An expression and its answer as JSON; empty for internal rows.
    pub example: (&'static str, &'static str),
}

/// How a function is written in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `String.len(x)`, `isMemberOfGroupName(x)`.
    Function,
    /// `x.length()`, for receivers that its first parameter accepts.
    Method,
    /// `x.length` without parentheses, and also as a method.
    Property,
    /// Never written: an operator or a conversion that check inserts.
    Internal,
}

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub accepts: Accepts,
    pub null: Null,
    /// What is charged for it before the call (design: `ChargeSize`), if anything.
    pub work: Option<Work>,
}

/// What a body does with an argument whose size counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Looks at each byte or element once.
    Walk,
    /// Compares the elements of a list to put them in order.
    Sort,
    /// Looks for elements of a list that equal others.
    Match,
}

impl Work {
    /// The row that says how many steps it is.
    #[must_use]
    pub fn operator(self) -> Operator {
        match self {
            Self::Walk => Operator::Size,
            Self::Sort => Operator::SortSize,
            Self::Match => Operator::MatchSize,
        }
    }
}

/// Whether the last parameter stands for any number of arguments, none included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    Never,
    Freely,
    /// For an even number of them.
    InPairs,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    Any,
    Boolean,
    Integer,
    /// An integer or a number.
    Numeric,
    /// Text, or a kind that acts as text.
    Text,
    /// As `Text`, and a list is joined with commas (decision 51).
    TextOrList,
    List,
    /// As `List`, of numbers: the body faults for others, and `check` tells of a type that is none.
    Numbers,
    /// As `List`, of elements that have an order (decision 14), likewise.
    Ordered,
    /// As `List`, and text is split at commas (decision 51).
    ListOrText,
    Map,
    Group,
    DateTime,
    Country,
    /// As `Text`, the id of a time zone: a constant one is checked when the program is.
    Zone,
    /// As `Text`, a pattern of times: a constant one is checked when the program is.
    TimePattern,
    /// A text that is known when the expression is checked (decision 48).
    Constant,
    /// A constant text that is an expression over `group` (decision 48).
    Expression,
    /// A record of a user; only `check` knows one.
    User,
    /// As `Text`, a regular expression: a constant one is checked when the program is (decision 28).
    Pattern,
    /// A map literal of group criteria (OEL §3.4).
    Criteria,
    /// `element => condition`, `(element, index) => condition`.
    Condition,
    /// `element => value`, `(element, index) => value`.
    Mapping,
    /// `(result, element) => value`, `(result, element, index) => value`.
    Reduction,
}

/// What null does as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// Faults: `null-target` for a receiver, `type` for any other argument.
    Faults,
    /// Is handed to the body.
    Accepted,
    /// Makes the result null, and the body is not called.
    Flows,
}

/// The type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    Boolean,
    Integer,
    Number,
    Text,
    /// A text, or null.
    TextOrNull,
    DateTime,
    /// A date-time; a text if all arguments are given.
    TimeOrText,
    Country,
    Any,
    /// A list of texts.
    Texts,
    /// A list of texts, or null.
    TextsOrNull,
    /// A list of groups.
    Groups,
    /// An element of the first argument, or null.
    Element,
    /// A list with the elements of the first argument.
    SameList,
    /// A list with the elements of the first argument, or null.
    SameListOrNull,
    /// A list with the elements of the first argument and the second.
    Added,
    /// A list of what the mapping gives.
    Mapped,
}

impl Returns {
    /// Whether it may be null though no argument is.
    #[must_use]
    pub fn may_be_null(self) -> bool {
        match self {
            Self::TextOrNull
            | Self::TextsOrNull
            | Self::Element
            | Self::SameListOrNull
            | Self::Any => true,
            Self::Boolean
            | Self::Integer
            | Self::Number
            | Self::Text
            | Self::DateTime
            | Self::TimeOrText
            | Self::Country
            | Self::Texts
            | Self::Groups
            | Self::SameList
            | Self::Added
            | Self::Mapped => false,
        }
    }
}

/// What calling a function does.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    Body(Body),
    Stage(Stage),
    Sink(Sink),
    /// Membership of the user in groups: `check` makes other nodes of it.
    Membership(Membership),
    /// Some of the user's groups, at most as many as a limit: `check` makes other nodes of it.
    Limited(Limited),
    /// A record beyond the user of the request: `check` makes other nodes of it.
    Relation(Relation),
}

/// A step that passes elements on (design: streams).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Filter,
    Map,
    /// Passes the elements of the list that the mapping gives.
    FlatMap,
    Take,
    Skip,
    /// Takes everything first, then passes it in the order of what the mapping gives.
    SortBy,
}

/// What ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    Any,
    All,
    Find,
    /// Whether the condition holds for none, or without one, whether nothing arrives.
    None,
    Last,
    Contains,
    IndexOf,
    /// A place, counted from the end if it is negative.
    At,
    Count,
    Join,
    Reduce,
}

/// A question about the user's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Whether one has exactly this name.
    Name,
    /// Whether the name of one starts so.
    NameStartsWith,
    /// Whether the name of one contains this.
    NameContains,
    /// Whether the whole name of one matches this.
    NameMatches,
    /// Whether one has one of these ids.
    Id,
    /// `user.getGroups(criteria…)`: those that meet all criteria.
    Criteria,
    /// `user.isMemberOf(criteria…)`: whether any does.
    AnyOfCriteria,
}

/// Which of the user's groups, at most as many as a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// `Groups.startsWith(app, pattern, limit)`.
    StartsWith,
    /// `Groups.endsWith(app, pattern, limit)`.
    EndsWith,
    /// `Groups.contains(app, pattern, limit)`.
    Contains,
    /// `getFilteredGroups(allowlist, expression, limit)`.
    Filtered,
}

/// A record beyond the user of the request (OEL §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    LinkedObject,
    /// The user as an application knows them.
    AppUser,
    /// The id or status of a user.
    InternalProperty,
    Manager,
    Assistant,
    ManagerAppUser,
    AssistantAppUser,
    HasDirectoryUser,
    FindDirectoryUser,
    HasWorkdayUser,
    FindWorkdayUser,
}

/// Functions of one subject.
#[derive(Debug)]
pub struct Family {
    /// As a heading.
    pub name: &'static str,
    pub rows: &'static [Function],
}

/// Every function, operators first, then in the order the documentation lists them; a row's number
/// is its place here.
pub static TABLE: &[Family] = &[
    Family { name: "Operators", rows: operator::ROWS },
    Family { name: "Text", rows: text::ROWS },
    Family { name: "Versions", rows: version::ROWS },
    Family { name: "Lists", rows: list::ROWS },
    Family { name: "Conversions", rows: convert::ROWS },
    Family { name: "Regular expressions", rows: pattern::ROWS },
    Family { name: "Groups", rows: group::ROWS },
    Family { name: "Other records of people", rows: relation::ROWS },
    Family { name: "Times", rows: time::ROWS },
    Family { name: "Countries", rows: country::ROWS },
];

/// What the examples of rows are about, as JSON.
pub const EXAMPLE_CONTEXT: &str = r#"{"user": {"profile": {"email": "ada@example.com", "firstName": "Ada"},
    "groups": ["Everyone", "role_admin", "role_auditor"]}}"#;

/// The rows behind operators and conversions, in the order of the rows of `operator.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Operator {
    /// `(a, b)`: the language's `==` (decision 13). Never faults.
    Equal,
    /// `(a, b)`: -1, 0 or 1 (decision 14).
    Compare,
    /// `(a, b)`: `+` of kinds known at run time: numbers, or text with anything (decisions 11, 17, 18).
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    /// `(a)`: unary minus.
    Negate,
    /// `(a)`: what `text + a` appends (decisions 10, 17, 18).
    Piece,
    /// `(a, …)`: one text of many texts.
    Concatenate,
    /// `(a)`: the text that a group, date-time or country acts as; text as it is; else `type`.
    AsText,
    /// `(a)`: a boolean, or `'true'`/`'false'` (decision 16).
    AsBoolean,
    /// `(a)`: an integer, or a number without fraction; else `type`.
    AsInteger,
    /// `(a)`: an integer or number as it is; else `type`.
    AsNumeric,
    /// `(a)`: a list as it is; null is `null-target`; else `type`.
    AsList,
    /// `(a)`: a map as it is; else `type`.
    AsMap,
    /// `(a)`: a list as it is, a map as the list of its entries `{key, value}`; else as `AsList`.
    Entries,
    /// `(source, kept)`: what a selection kept of the source's entries: a map if it was one.
    Kept,
    /// `(a)`: text as it is, a list joined with commas (decision 51).
    CsvText,
    /// `(a)`: a list as it is, text split at commas (decision 51).
    CsvList,
    /// `(receiver, name)`: the member of that constant name of a map, record or group; on a list of
    /// groups the members of each.
    Member,
    /// `(receiver, index)`: decisions 20 and 47.
    Index,
    /// `(a, …)`: a list literal.
    List,
    /// `(key, value, …)`: a map literal.
    Map,
    /// `(a)`: its size in steps, see [`crate::size`], as an integer.
    Size,
    /// `(receiver, name, argument…)`: the method of that name for the receiver's kind, its
    /// arguments made to fit the row's parameters.
    Method,
    /// `(a)`: what sorting the list costs in steps, see [`crate::size`].
    SortSize,
    /// `(a)`: what finding equal elements of the list costs in steps.
    MatchSize,
    /// `(list, keys)`: the elements in the order of their keys, of which there are as many.
    SortedBy,
    /// `(a)`: a date-time as it is; else `type`.
    AsDateTime,
    /// `(a)`: a country as it is; else `type`.
    AsCountry,
}

/// The row number of an operator.
#[must_use]
pub fn operator(operator: Operator) -> u32 {
    operator as u32
}

/// Row `number` of the table.
#[must_use]
pub fn row(number: u32) -> Option<&'static Function> {
    let mut number = number as usize;
    for family in TABLE {
        if let Some(function) = family.rows.get(number) {
            return Some(function);
        }
        number -= family.rows.len();
    }
    None
}

/// Every row with its number.
pub fn rows() -> impl Iterator<Item = (u32, &'static Function)> {
    TABLE
        .iter()
        .flat_map(|family| family.rows)
        .enumerate()
        .map(|(number, row)| (number as u32, row))
}

impl Function {
    /// Whether it takes this many arguments, a receiver included.
    #[must_use]
    pub fn takes(&self, n: usize) -> bool {
        let least = self.least();
        match self.repeats {
            Repeats::Never => (least..=self.parameters.len()).contains(&n),
            Repeats::Freely => n >= least,
            Repeats::InPairs => n >= least && (n - least).is_multiple_of(2),
        }
    }

    /// The fewest arguments it takes, a receiver included.
    #[must_use]
    pub fn least(&self) -> usize {
        self.parameters.len() - self.n_optional - usize::from(self.repeats != Repeats::Never)
    }

    /// The parameter that argument `index` is for.
    #[must_use]
    pub fn parameter(&self, index: usize) -> Option<&'static Parameter> {
        let last = self.parameters.last().filter(|_| self.repeats != Repeats::Never);
        self.parameters.get(index).or(last)
    }

    /// Whether it can be written `receiver.name(…)`.
    #[must_use]
    pub fn is_method(&self) -> bool {
        matches!(self.style, Style::Method | Style::Property)
    }
}

/// Calls the body of row `number`. Arguments must already be what its parameters accept.
///
/// # Errors
/// What the body says; [`Fault::Internal`] for a row without a body.
pub fn call<'a>(
    context: &mut Context<'a>,
    number: u32,
    arguments: &[Value<'a>],
) -> Result<Value<'a>, Fault> {
    match row(number).map(|function| function.meaning) {
        Some(Meaning::Body(body)) => body(context, arguments),
        _ => Err(Fault::Internal),
    }
}

/// Whether an argument of this kind is accepted as it is.
#[must_use]
pub fn accepts(accepts: Accepts, kind: Kind) -> bool {
    match accepts {
        Accepts::Any => true,
        Accepts::Boolean => kind == Kind::Boolean,
        Accepts::Integer => kind == Kind::Integer,
        Accepts::Numeric => matches!(kind, Kind::Integer | Kind::Number),
        Accepts::Text | Accepts::Pattern | Accepts::Zone | Accepts::TimePattern => {
            kind == Kind::Text
        }
        Accepts::DateTime => kind == Kind::DateTime,
        Accepts::Country => kind == Kind::Country,
        Accepts::TextOrList => matches!(kind, Kind::Text | Kind::List),
        Accepts::List | Accepts::Numbers | Accepts::Ordered => kind == Kind::List,
        Accepts::ListOrText => matches!(kind, Kind::List | Kind::Text),
        Accepts::Map => kind == Kind::Map,
        Accepts::Group => kind == Kind::Group,
        Accepts::Constant
        | Accepts::User
        | Accepts::Expression
        | Accepts::Criteria
        | Accepts::Condition
        | Accepts::Mapping
        | Accepts::Reduction => false,
    }
}
