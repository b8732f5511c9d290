//! What `filter` and `search` ask for: comparisons of attributes, joined by `and`, `or` and `not (…)`,
//! as SCIM writes them (RFC 7644 §3.4.2.2, the part that Okta has; authorization-server §1.1).

use claimsmith_runtime::time;
use serde_json::Value;
use std::cmp::Ordering;

/// Most bytes of a condition.
const LONGEST: usize = 8 * 1024;

/// Most comparisons in one.
const MOST: usize = 100;

/// Most parentheses in one another.
const DEEPEST: usize = 20;

/// What is asked of each thing of a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every one of these.
    All(Vec<Condition>),
    /// At least one of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// The attribute is there.
    Present(String),
    /// The attribute, or any value of it if it has several, compares so with this.
    Compared(String, Operator, Value),
}

/// How an attribute is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    StartsWith,
    EndsWith,
    Contains,
}

const OPERATORS: &[(&str, Operator)] = &[
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("sw", Operator::StartsWith),
    ("ew", Operator::EndsWith),
    ("co", Operator::Contains),
];

/// The text is no condition, or names an attribute that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid search criteria.")]
pub struct NoCondition;

impl Condition {
    /// Reads a condition. `is_known` says which attributes there are.
    ///
    /// # Errors
    /// [`NoCondition`].
    pub fn read(text: &str, is_known: &dyn Fn(&str) -> bool) -> Result<Self, NoCondition> {
        if text.len() > LONGEST {
            return Err(NoCondition);
        }
        let mut reader = Reader { words: words(text)?, next: 0, n_compared: 0, is_known };
        let condition = reader.any(0)?;
        if reader.peek().is_some() { Err(NoCondition) } else { Ok(condition) }
    }

    /// Whether it holds of this JSON.
    #[must_use]
    pub fn holds(&self, thing: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(thing)),
            Self::Any(any) => any.iter().any(|one| one.holds(thing)),
            Self::Not(condition) => !condition.holds(thing),
            Self::Present(name) => values(thing, name).into_iter().any(is_something),
            Self::Compared(name, operator, wanted) => {
                let compares = |found: &Value| compares(found, *operator, wanted);
                let values = values(thing, name);
                // What is not there is as null is.
                if values.is_empty() {
                    compares(&Value::Null)
                } else {
                    values.into_iter().any(compares)
                }
            }
        }
    }

    /// What of it must hold in any case.
    #[must_use]
    pub fn required(&self) -> &[Self] {
        match self {
            Self::All(all) => all,
            other => std::slice::from_ref(other),
        }
    }
}

/// The attribute of this name, as in `profile.login`.
#[must_use]
pub fn find<'t>(thing: &'t Value, name: &str) -> Option<&'t Value> {
    name.split('.').try_fold(thing, |value, part| value.get(part))
}

/// Every value that an attribute has: of lists on the way, and at its end, those of all elements.
fn values<'t>(thing: &'t Value, name: &str) -> Vec<&'t Value> {
    let mut found = Vec::new();
    reach(thing, Some(name), &mut found);
    found
}

/// Goes down as deep as the thing is, which is no deeper than JSON is read.
fn reach<'t>(value: &'t Value, name: Option<&str>, found: &mut Vec<&'t Value>) {
    match (value, name) {
        (Value::Array(list), _) => list.iter().for_each(|one| reach(one, name, found)),
        (_, None) => found.push(value),
        (_, Some(name)) => {
            let (part, rest) = match name.split_once('.') {
                Some((part, rest)) => (part, Some(rest)),
                None => (name, None),
            };
            if let Some(value) = value.get(part) {
                reach(value, rest, found);
            }
        }
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Texts whatever the case of their letters, times as times. What is of another kind is not equal.
fn compares(found: &Value, operator: Operator, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => {
            let (low, sought) = (found.to_lowercase(), wanted.to_lowercase());
            match operator {
                Operator::StartsWith => low.starts_with(&sought),
                Operator::EndsWith => low.ends_with(&sought),
                Operator::Contains => low.contains(&sought),
                _ => match moments(found, wanted) {
                    Some((found, wanted)) => is_so(found.cmp(&wanted), operator),
                    None => is_so(low.cmp(&sought), operator),
                },
            }
        }
        (Value::Number(found), Value::Number(wanted)) => {
            let pair = found.as_f64().zip(wanted.as_f64());
            let order = match found.as_i64().zip(wanted.as_i64()) {
                Some((found, wanted)) => Some(found.cmp(&wanted)),
                None => pair.and_then(|(found, wanted)| found.partial_cmp(&wanted)),
            };
            order.is_some_and(|order| is_so(order, operator))
        }
        (Value::Bool(found), Value::Bool(wanted)) => match operator {
            Operator::Equal => found == wanted,
            Operator::NotEqual => found != wanted,
            _ => false,
        },
        (Value::Null, Value::Null) => operator == Operator::Equal,
        _ => operator == Operator::NotEqual,
    }
}

/// Both, if both are times.
fn moments(found: &str, wanted: &str) -> Option<(i64, i64)> {
    Some((time::read(found)?.microseconds(), time::read(wanted)?.microseconds()))
}

/// How two things stand in the order of a list that is sorted by them.
#[must_use]
pub fn order(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => sort_text(one).cmp(&sort_text(other)),
    }
}

fn sort_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.to_lowercase(),
        Some(other) => other.to_string(),
    }
}

fn is_so(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::StartsWith | Operator::EndsWith | Operator::Contains => false,
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Word {
    Open,
    Close,
    Name(String),
    Literal(Value),
}

/// The words of a condition. A literal is JSON.
fn words(text: &str) -> Result<Vec<Word>, NoCondition> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, n_bytes) = match first {
            '(' => (Word::Open, 1),
            ')' => (Word::Close, 1),
            '"' => {
                let end = end_of_text(rest).ok_or(NoCondition)?;
                let literal = rest.get(..end).ok_or(NoCondition)?;
                (Word::Literal(serde_json::from_str(literal).map_err(|_| NoCondition)?), end)
            }
            _ => {
                let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"');
                let end = rest.find(is_end).unwrap_or(rest.len());
                let word = rest.get(..end).ok_or(NoCondition)?;
                let is_literal = first.is_ascii_digit() || first == '-' || is_constant(word);
                (
                    if is_literal {
                        Word::Literal(serde_json::from_str(word).map_err(|_| NoCondition)?)
                    } else {
                        Word::Name(word.to_owned())
                    },
                    end,
                )
            }
        };
        words.push(word);
        rest = rest.get(n_bytes..).unwrap_or_default().trim_start();
    }
    Ok(words)
}

fn is_constant(word: &str) -> bool {
    matches!(word, "true" | "false" | "null")
}

/// Where the text ends that this begins with.
fn end_of_text(rest: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return index.checked_add(1),
            _ => {}
        }
    }
    None
}

struct Reader<'r> {
    words: Vec<Word>,
    next: usize,
    n_compared: usize,
    is_known: &'r dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.next)
    }

    fn take(&mut self) -> Option<Word> {
        let word = self.words.get(self.next).cloned();
        self.next += 1;
        word
    }

    /// Whether this word comes next, which is taken then. `and` binds closer than `or`.
    fn takes(&mut self, name: &str) -> bool {
        let is_next =
            matches!(self.peek(), Some(Word::Name(word)) if word.eq_ignore_ascii_case(name));
        self.next += usize::from(is_next);
        is_next
    }

    fn any(&mut self, depth: usize) -> Result<Condition, NoCondition> {
        let mut any = vec![self.all(depth)?];
        while self.takes("or") {
            any.push(self.all(depth)?);
        }
        Ok(lone(any, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, NoCondition> {
        let mut all = vec![self.one(depth)?];
        while self.takes("and") {
            all.push(self.one(depth)?);
        }
        Ok(lone(all, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, NoCondition> {
        match self.take() {
            Some(Word::Open) => self.enclosed(depth),
            Some(Word::Name(word))
                if word.eq_ignore_ascii_case("not") && self.peek() == Some(&Word::Open) =>
            {
                self.next += 1;
                Ok(Condition::Not(Box::new(self.enclosed(depth)?)))
            }
            Some(Word::Name(name)) if (self.is_known)(&name) => self.comparison(name),
            _ => Err(NoCondition),
        }
    }

    /// What is between a parenthesis, which was taken, and the one that closes it.
    fn enclosed(&mut self, depth: usize) -> Result<Condition, NoCondition> {
        if depth >= DEEPEST {
            return Err(NoCondition);
        }
        let inner = self.any(depth + 1)?;
        if self.take() == Some(Word::Close) { Ok(inner) } else { Err(NoCondition) }
    }

    fn comparison(&mut self, name: String) -> Result<Condition, NoCondition> {
        self.n_compared += 1;
        if self.n_compared > MOST {
            return Err(NoCondition);
        }
        if self.takes("pr") {
            return Ok(Condition::Present(name));
        }
        let Some(Word::Name(word)) = self.take() else { return Err(NoCondition) };
        let known = OPERATORS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known));
        let (_, operator) = known.ok_or(NoCondition)?;
        match self.take() {
            Some(Word::Literal(value)) => Ok(Condition::Compared(name, *operator, value)),
            _ => Err(NoCondition),
        }
    }
}

fn lone(mut list: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match list.pop() {
        Some(one) if list.is_empty() => one,
        last => {
            list.extend(last);
            join(list)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(text: &str) -> Result<bool, NoCondition> {
        let thing = json!({
            "id": "00u1", "status": "ACTIVE", "lastUpdated": "2026-11-28T09:30:00.000Z",
            "profile": {"login": "Ada@example.com", "age": 36, "tags": ["a", "b"], "vip": true},
        });
        let is_known = |name: &str| name != "profile.nosuch";
        Ok(Condition::read(text, &is_known)?.holds(&thing))
    }

    #[test]
    fn comparisons_are_joined_and_compare_by_the_kind_of_what_is_there() {
        for (text, expected) in [
            ("status eq \"ACTIVE\"", true),
            ("status EQ \"active\" AND id sw \"00U\"", true),
            ("status eq \"STAGED\" or id eq \"00u1\" and profile.age gt 40", false),
            ("(status eq \"STAGED\" or id eq \"00u1\") and profile.age ge 36", true),
            ("profile.login co \"@EXAMPLE\" and profile.login ew \".com\"", true),
            ("lastUpdated gt \"2026-11-28T10:00:00+02:00\"", true),
            ("lastUpdated lt \"2026-11-28T09:30:00.000Z\"", false),
            ("profile.tags eq \"b\" and profile.vip eq true", true),
            ("profile.middleName pr", false),
            ("profile.tags pr and profile.age le 36.5 and profile.age lt 37", true),
            ("profile.age eq \"36\"", false),
            ("profile.login eq \"a\\\"b\"", false),
            ("profile.age ne 36 or profile.vip ne true or id ne \"00U1\"", false),
            ("profile.age ne 37 and profile.vip ne false and id ne \"00u2\"", true),
            ("profile.age ne \"36\" and profile.middleName ne \"x\"", true),
            ("profile.middleName eq null and id ne null", true),
            ("profile.middleName ne null or id eq null", false),
            ("not (id eq \"00u1\")", false),
            ("NOT (id eq \"x\" or profile.middleName pr) and status pr", true),
            ("not (not (id pr)) and not (id eq \"x\")", true),
        ] {
            assert_eq!(holds(text), Ok(expected), "{text}");
        }
    }

    /// RFC 7644 §3.4.2.2.
    #[test]
    fn of_a_list_on_the_way_any_element_matches() {
        let thing = json!({
            "target": [{"id": "a", "type": "User"}, {"id": "b", "of": [{"id": 1}, {"id": 2}]}],
            "none": [],
        });
        for (text, expected) in [
            ("target.id eq \"b\" and target.type eq \"User\"", true),
            ("target.id eq \"c\" or target.id gt \"b\"", false),
            ("target.id ne \"a\"", true),
            ("not (target.id eq \"a\")", false),
            ("target.of.id ge 2 and target.of.id pr", true),
            ("target.none pr or none pr or none.id pr", false),
            ("none.id ne \"a\"", true),
        ] {
            let condition = Condition::read(text, &|_| true).unwrap();
            assert_eq!(condition.holds(&thing), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_however_long_or_deep() {
        let (deep, long) = ("(".repeat(5000), "id pr and ".repeat(500));
        let denied = format!("{}id pr{}", "not (".repeat(DEEPEST + 1), ")".repeat(DEEPEST + 1));
        let many = format!("{}id pr", "id pr or ".repeat(MOST));
        for text in [
            "",
            "id",
            "id eq",
            "id eq 1x",
            "id is \"x\"",
            "id eq \"x",
            "id eq x",
            "eq \"x\"",
            "(id pr",
            "id pr)",
            "id pr or",
            "id pr id pr",
            "profile.nosuch pr",
            "not id pr",
            "not (id pr",
            "not (profile.nosuch pr)",
            "id not eq \"x\"",
            "\"id\" pr",
            "id eq \"\\q\"",
            &deep,
            &denied,
            &long,
            &many,
        ] {
            assert_eq!(holds(text), Err(NoCondition), "{text:.40}");
        }
    }
}
