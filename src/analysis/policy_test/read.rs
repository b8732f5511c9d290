//! Reads a file of tests: JSON, as the document of the organization is, so that people and values of
//! claims are written in one way everywhere, and everything wrong is pointed at.

use super::{Case, Expectation, RuleName, Suite, TokenExpectation, Who};
use crate::diagnostic::{Diagnostic, code};
use crate::document::{self, Json, Member, Node};
use crate::publish::Problem;
use claimsmith_runtime::time;
use std::collections::BTreeMap;

const SUITE: &[&str] = &["org", "server", "people", "tests"];
const CASE: &[&str] = &[
    "name",
    "server",
    "client",
    "user",
    "grant",
    "scope",
    "audience",
    "responseType",
    "secondFactor",
    "at",
    "expect",
];
const EXPECT: &[&str] =
    &["error", "description", "scopes", "rule", "accessToken", "idToken", "refreshToken"];
const TOKEN: &[&str] = &["claims", "with", "without", "minutes"];

/// The tests of a file.
///
/// # Errors
/// Everything that is wrong with it, in its order.
pub fn read_suite(text: &[u8]) -> Result<Suite, Vec<Problem>> {
    let document = document::read(text).map_err(|error| {
        let diagnostic = Diagnostic::new(&code::NOT_JSON, error.message, error.span);
        vec![Problem::new(String::new(), diagnostic)]
    })?;
    let mut reader = Reader { problems: Vec::new() };
    let suite = reader.suite(&document);
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.diagnostic.span);
    match suite {
        Some(suite) if problems.is_empty() => Ok(suite),
        _ => Err(problems),
    }
}

struct Reader {
    problems: Vec<Problem>,
}

/// An object and the way to it.
#[derive(Clone)]
struct Place<'a> {
    node: &'a Node,
    path: String,
}

impl<'a> Place<'a> {
    fn members(&self) -> &'a [Member] {
        match &self.node.value {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    fn find(&self, name: &str) -> Option<Self> {
        let found = self.members().iter().find(|member| member.key == name)?;
        Some(self.at(&found.value, name))
    }

    fn at(&self, node: &'a Node, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Self { node, path }
    }

    fn elements(&self) -> Vec<Self> {
        let Json::List(nodes) = &self.node.value else { return Vec::new() };
        let place = |(index, node)| Self { node, path: format!("{}[{index}]", self.path) };
        nodes.iter().enumerate().map(place).collect()
    }
}

impl Reader {
    fn blame(&mut self, place: &Place<'_>, message: impl Into<String>) {
        let diagnostic = Diagnostic::new(&code::NOT_ALLOWED, message, place.node.span);
        self.problems.push(Problem::new(place.path.clone(), diagnostic));
    }

    /// Whether it is an object of known members.
    fn object(&mut self, place: &Place<'_>, known: &[&str]) -> bool {
        if !matches!(place.node.value, Json::Object(_)) {
            self.blame(place, "expected an object");
            return false;
        }
        for member in place.members() {
            if !known.contains(&member.key.as_str()) {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                let message =
                    format!("unknown member `{}`; known are {}", member.key, known.join(", "));
                self.blame(&place.at(&member.value, &member.key), message);
            }
        }
        true
    }

    fn text(&mut self, place: &Place<'_>, name: &str) -> Option<String> {
        let place = place.find(name)?;
        match &place.node.value {
            Json::Null => None,
            Json::Text(text) => Some(text.clone()),
            _ => {
                self.blame(&place, "expected a text");
                None
            }
        }
    }

    fn boolean(&mut self, place: &Place<'_>, name: &str) -> Option<bool> {
        let place = place.find(name)?;
        match place.node.value {
            Json::Null => None,
            Json::Boolean(boolean) => Some(boolean),
            _ => {
                self.blame(&place, "expected true or false");
                None
            }
        }
    }

    /// A text of words, or a list of them.
    fn words(&mut self, place: &Place<'_>, name: &str) -> Option<Vec<String>> {
        let place = place.find(name)?;
        match &place.node.value {
            Json::Null => None,
            Json::Text(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
            Json::List(_) => Some(self.texts(&place)),
            _ => {
                self.blame(&place, "expected a text of words, or a list of texts");
                None
            }
        }
    }

    fn texts(&mut self, place: &Place<'_>) -> Vec<String> {
        let mut texts = Vec::new();
        for place in place.elements() {
            match &place.node.value {
                Json::Text(text) => texts.push(text.clone()),
                _ => self.blame(&place, "expected a text"),
            }
        }
        texts
    }

    fn suite(&mut self, document: &Node) -> Option<Suite> {
        let top = Place { node: document, path: String::new() };
        if !self.object(&top, SUITE) {
            return None;
        }
        let org = self.text(&top, "org");
        let server = self.text(&top, "server");
        let people = top.find("people").map(|people| {
            let of = |member: &Member| (member.key.clone(), written(&member.value.value));
            people.members().iter().map(of).collect::<BTreeMap<_, _>>()
        });
        let people = people.unwrap_or_default();
        let Some(tests) = top.find("tests") else {
            self.blame(&top, "the member `tests` is missing");
            return None;
        };
        if !matches!(tests.node.value, Json::List(_)) {
            self.blame(&tests, "expected a list");
        }
        let cases = tests.elements();
        let cases =
            cases.iter().filter_map(|place| self.case(place, server.as_deref(), &people)).collect();
        Some(Suite { org, cases })
    }

    fn case(
        &mut self,
        place: &Place<'_>,
        server: Option<&str>,
        people: &BTreeMap<String, String>,
    ) -> Option<Case> {
        if !self.object(place, CASE) {
            return None;
        }
        let own = self.text(place, "server");
        let name = self.text(place, "name");
        let client = self.text(place, "client");
        let server = own.or_else(|| server.map(str::to_owned));
        for (what, found) in [("name", &name), ("client", &client), ("server", &server)] {
            if found.is_none() {
                self.blame(place, format!("the member `{what}` is missing"));
            }
        }
        let Some(expect) = place.find("expect") else {
            self.blame(
                place,
                "the member `expect` is missing: a test that expects nothing says nothing",
            );
            return None;
        };
        let at = self.moment(place);
        Some(Case {
            name: name?,
            span: place.node.span,
            server: server?,
            client: client?,
            user: self.who(place, people),
            grant_type: self.text(place, "grant"),
            scope: self.words(place, "scope").unwrap_or_default().join(" "),
            audiences: self.words(place, "audience").unwrap_or_default(),
            response_type: self.text(place, "responseType"),
            second_factor: self.boolean(place, "secondFactor").unwrap_or_default(),
            at,
            expectation: self.expectation(&expect)?,
        })
    }

    fn moment(&mut self, place: &Place<'_>) -> Option<i64> {
        let text = self.text(place, "at")?;
        let read = time::read(&text);
        if read.is_none()
            && let Some(place) = place.find("at")
        {
            self.blame(&place, "expected a time in ISO 8601, such as `2026-11-28T09:30:00Z`");
        }
        read.map(|time| time.microseconds().div_euclid(1_000_000))
    }

    /// A login, the name of somebody in `people`, or somebody made up.
    fn who(&mut self, place: &Place<'_>, people: &BTreeMap<String, String>) -> Who {
        let Some(place) = place.find("user") else { return Who::Nobody };
        match &place.node.value {
            Json::Null => Who::Nobody,
            Json::Text(name) => match people.get(name) {
                Some(person) => Who::MadeUp(person.clone()),
                None => Who::Stored(name.clone()),
            },
            Json::Object(_) => Who::MadeUp(written(&place.node.value)),
            _ => {
                self.blame(&place, "expected a login, a name of `people`, or a person");
                Who::Nobody
            }
        }
    }

    fn expectation(&mut self, place: &Place<'_>) -> Option<Expectation> {
        if !self.object(place, EXPECT) {
            return None;
        }
        if place.members().is_empty() {
            self.blame(place, "a test that expects nothing says nothing");
        }
        let error = self.text(place, "error");
        let of_tokens = ["scopes", "accessToken", "idToken", "refreshToken"];
        let contradicting = of_tokens.iter().find_map(|name| place.find(name));
        if let (Some(_), Some(found)) = (&error, contradicting) {
            self.blame(&found, "who expects an error expects no tokens");
        }
        let access = place.find("accessToken").map(|place| self.token(&place)).unwrap_or_default();
        let identity = place.find("idToken").map(|place| match place.node.value {
            Json::Null => None,
            _ => Some(self.token(&place)),
        });
        Some(Expectation {
            error,
            description: self.text(place, "description"),
            scopes: self.words(place, "scopes"),
            rule: self.rule(place),
            access,
            identity,
            refresh: self.boolean(place, "refreshToken"),
        })
    }

    /// `policy / rule`, or the name of the rule alone.
    fn rule(&mut self, place: &Place<'_>) -> Option<RuleName> {
        let text = self.text(place, "rule")?;
        Some(match text.split_once(" / ") {
            Some((policy, rule)) => {
                RuleName { policy: Some(policy.to_owned()), rule: rule.to_owned() }
            }
            None => RuleName { policy: None, rule: text },
        })
    }

    fn token(&mut self, place: &Place<'_>) -> TokenExpectation {
        if !self.object(place, TOKEN) {
            return TokenExpectation::default();
        }
        let claims = place.find("claims").map(|claims| {
            let of = |member: &Member| (member.key.clone(), written(&member.value.value));
            claims.members().iter().map(of).collect()
        });
        let minutes = place.find("minutes").and_then(|place| match place.node.value {
            Json::Integer(minutes) => Some(minutes),
            _ => {
                self.blame(&place, "expected an integer");
                None
            }
        });
        TokenExpectation {
            claims: claims.unwrap_or_default(),
            with: self.words(place, "with").unwrap_or_default(),
            without: self.words(place, "without").unwrap_or_default(),
            minutes,
        }
    }
}

/// A value as JSON.
fn written(value: &Json) -> String {
    to_value(value).to_string()
}

fn to_value(value: &Json) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Json::Null => Value::Null,
        Json::Boolean(boolean) => Value::from(*boolean),
        Json::Integer(integer) => Value::from(*integer),
        Json::Number(number) => Value::from(*number),
        Json::Text(text) => Value::from(text.as_str()),
        Json::List(nodes) => nodes.iter().map(|node| to_value(&node.value)).collect(),
        Json::Object(members) => {
            let pair = |member: &Member| (member.key.clone(), to_value(&member.value.value));
            Value::Object(members.iter().map(pair).collect())
        }
    }
}
