//! Plays a story: sends its requests, prints the answers as the file has them, and compares.

use super::super::browser::{Browser, Page, Shown};
use super::super::*;
use super::story::{Exchange, Line, Step, Story};
use super::words::{Words, key};
use crate::publish::Published;
use crate::store::Fails;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

const ORGANIZATION: &str = include_str!("../../../../tests/exchanges/organization.json");

/// A world in which stories are played, and what was learned in it.
pub(super) struct Player<'w> {
    world: &'w World,
    browsers: BTreeMap<String, Browser<'w>>,
    /// What each browser shows.
    pages: BTreeMap<String, Page>,
    pub(super) words: Words,
}

/// An answer as stories have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) status: u16,
    /// The rest of the first line.
    pub(super) head: String,
    /// Header and parameter lines.
    lines: Vec<String>,
    pub(super) json: Option<Value>,
}

/// The organization after changes.
pub(super) fn organization(changes: &[(String, String)]) -> Value {
    let mut document: Value = serde_json::from_str(ORGANIZATION).unwrap();
    publish_keys(&mut document);
    for (pointer, value) in changes {
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| panic!("{value}"));
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
            Value::Array(list) if name == "-" => list.push(value),
            Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
            object => object[name] = value,
        }
    }
    document
}

/// Puts public keys where the document names them.
fn publish_keys(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix("{jwk ").and_then(|rest| rest.strip_suffix('}')) {
                *value = public_jwk(&key(name));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(publish_keys),
        Value::Object(members) => members.values_mut().for_each(publish_keys),
        _ => (),
    }
}

/// A world of this version, in whose store this call fails, and the same store without failures.
pub(super) fn world_of(published: &Arc<Published>, fatal: usize, fails: Fails) -> (World, Store) {
    let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"exchanges"));
    let whole = Store::memory(clock.clone());
    let open = |_: &Runtime, _| whole.clone().failing(fatal, fails);
    (World::of(Issuer::of(Arc::clone(published)), open, clock, random, |_| ()), whole)
}

impl<'w> Player<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let mut words = Words::default();
        let current = world.surface.issuer.current();
        for user in current.directory().users() {
            let name = user.login.split('@').next().unwrap();
            words.set(&format!("{name}.id"), user.id.clone());
        }
        for server in current.servers() {
            let name = format!("{}.kid", server.definition().id);
            let kid: Value = serde_json::from_str(server.keys().jwks()).unwrap();
            words.set(&name, text_of(&kid["keys"][0]["kid"]));
        }
        words.set("org", URL);
        Self { world, browsers: BTreeMap::new(), pages: BTreeMap::new(), words }
    }

    /// What becomes of a step that is no exchange.
    pub(super) fn take(&mut self, step: &Step) {
        match step {
            Step::Nothing(_) | Step::Exchange(_) => (),
            Step::Wait(seconds) => self.world.surface.clock.advance(*seconds),
            Step::Let(name, made) => {
                let value = self.words.make(made, self.now());
                self.words.set(name, value);
            }
        }
    }

    /// Whether everything that this step names is known: it is not where an answer was another than
    /// the story expects.
    pub(super) fn can_take(&self, step: &Step) -> bool {
        match step {
            Step::Let(_, made) => self.words.knows(made),
            _ => true,
        }
    }

    /// As [`Player::can_take`]; a form is there only while its page is shown.
    pub(super) fn can_ask(&self, exchange: &Exchange) -> bool {
        let sees_form = exchange.browser.as_ref().is_none_or(|name| {
            exchange.method != "SUBMIT"
                || self.pages.get(name).is_some_and(|page| page.has_form(&exchange.target))
        });
        let are_known = exchange.lines.iter().all(|line| match line {
            Line::Header(_, text) | Line::Parameter(_, text) | Line::Raw(text) => {
                self.words.knows(text)
            }
        });
        sees_form && are_known && self.words.knows(&exchange.target)
    }

    /// Plays a story whose answers are known to be right.
    pub(super) fn play(&mut self, story: &Story) -> Result<(), String> {
        for step in &story.steps {
            self.take(step);
            if let Step::Exchange(exchange) = step {
                let told = self.ask(exchange);
                if !self.agrees(&exchange.answer, &told) {
                    return Err(format!("{}: {}\n{}", story.title, exchange.title(), told.print()));
                }
            }
        }
        Ok(())
    }

    /// An answer with what is different each time under names, which stand for it from now on.
    pub(super) fn named(&mut self, mut told: Told) -> Told {
        for line in &mut told.lines {
            let (name, value) = line.split_once(['=', ':']).unwrap_or_default();
            let value = value.trim_start().to_owned();
            if NAMED.contains(&name) {
                let word = name.replace("dpop-", "");
                *line = line.replace(&value, &format!("{{{word}}}"));
                self.words.set(&word, value);
            }
        }
        if let Some(json) = &mut told.json {
            self.name(json);
        }
        told
    }

    fn name(&mut self, json: &mut Value) {
        let Some(members) = json.as_object_mut() else { return };
        for (name, value) in members {
            match (name.as_str(), value.as_str()) {
                (name, Some(text)) if NAMED.contains(&name) => {
                    self.words.set(name, text);
                    *value = json!(format!("{{{name}}}"));
                }
                ("jti" | "errorId" | "at_hash" | "cnf", _) => *value = json!("{*}"),
                ("uid" | "sub", Some(text))
                    if self.words.find("ada.id").is_some_and(|id| id == text) =>
                {
                    *value = json!("{ada.id}");
                }
                ("kid", Some(text))
                    if self.words.find("main.kid").is_some_and(|kid| kid == text) =>
                {
                    *value = json!("{main.kid}");
                }
                ("verification_uri_complete", _) => {
                    *value = json!(format!("{URL}/activate?user_code={{user_code}}"));
                }
                ("header" | "claims", _) => self.name(value),
                _ => (),
            }
        }
    }

    fn now(&self) -> i64 {
        self.world.surface.clock.seconds()
    }

    fn fill(&self, text: &str) -> String {
        self.words.fill(text, self.now())
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, exchange: &Exchange) -> Told {
        if exchange.method == "READ" {
            return self.read(&self.fill(&exchange.target));
        }
        match &exchange.browser {
            Some(name) => self.browse(name, exchange),
            None => {
                let answer = self.world.send_any(self.request(exchange));
                Told::of(answer)
            }
        }
    }

    fn parameters(&self, exchange: &Exchange) -> Vec<(String, String)> {
        let filled = exchange.lines.iter().filter_map(|line| match line {
            Line::Parameter(name, value) => Some((self.fill(name), self.fill(value))),
            _ => None,
        });
        filled.collect()
    }

    fn request(&self, exchange: &Exchange) -> Request<Body> {
        let parameters = self.parameters(exchange);
        let pairs: Vec<(&str, &str)> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (mut target, mut body) = (self.fill(&exchange.target), String::new());
        let is_form = !matches!(exchange.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        if is_form {
            body = encoded(&pairs);
        } else if !pairs.is_empty() {
            target = format!("{target}?{}", encoded(&pairs));
        }
        let mut builder = Request::builder().method(exchange.method.as_str()).uri(target);
        let mut has_type = false;
        for line in &exchange.lines {
            match line {
                Line::Header(name, value) => {
                    has_type |= name == "content-type";
                    builder = builder.header(name.as_str(), self.fill(value));
                }
                Line::Raw(text) => body = self.fill(text),
                Line::Parameter(..) => (),
            }
        }
        if is_form && !has_type {
            builder = builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        builder.body(Body::from(body)).unwrap()
    }

    /// What a person's browser shows in the end.
    fn browse(&mut self, name: &str, exchange: &Exchange) -> Told {
        let parameters = self.parameters(exchange);
        let pairs: Vec<(&str, &str)> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let target = self.fill(&exchange.target);
        let headers: Vec<(String, String)> = exchange
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Header(name, value) => Some((name.clone(), self.fill(value))),
                _ => None,
            })
            .collect();
        let world = self.world;
        let browser = self.browsers.entry(name.to_owned()).or_insert_with(|| Browser::new(world));
        // A cookie that somebody planted.
        for (header, value) in headers {
            let (cookie, value) = value.split_once('=').unwrap_or((&header, &value));
            browser.cookies.insert(cookie.to_owned(), value.to_owned());
        }
        let shown = match (exchange.method.as_str(), self.pages.get(name)) {
            ("SUBMIT", Some(page)) => browser.submit_to(page, &target, &pairs),
            ("SUBMIT", None) => panic!("{name} sees no page"),
            ("GET", _) if pairs.is_empty() => browser.visit(&target),
            ("GET", _) => browser.visit(&format!("{target}?{}", encoded(&pairs))),
            _ => browser.post(&target, encoded(&pairs)),
        };
        for (cookie, value) in &browser.cookies {
            let short = cookie.trim_start_matches("__Host-");
            self.words.set(&format!("{name}.{short}"), value.clone());
        }
        match shown {
            Shown::Elsewhere(location) => {
                self.pages.remove(name);
                Told::elsewhere(&location)
            }
            Shown::Page(page) => {
                for (field, value) in page.fields() {
                    self.words.set(&format!("{name}.{field}"), value);
                }
                let told = Told::of_page(&page);
                self.pages.insert(name.to_owned(), page);
                told
            }
        }
    }

    /// Header and claims of a token of ours.
    fn read(&self, token: &str) -> Told {
        let issuer = text_of(&part(token, 1)["iss"]);
        let server = issuer.rsplit('/').next().unwrap();
        let (header, claims) = self.world.verified(server, token);
        let json = json!({"header": header, "claims": claims});
        Told { status: 200, head: String::new(), lines: Vec::new(), json: Some(json) }
    }

    /// Whether this answer is the one expected.
    pub(super) fn agrees(&mut self, expected: &str, told: &Told) -> bool {
        let expected = Told::parse(expected);
        let heads =
            expected.status == told.status && self.words.matches(&expected.head, &told.head);
        let lines = expected.lines.len() == told.lines.len()
            && expected
                .lines
                .iter()
                .zip(&told.lines)
                .all(|(one, other)| self.words.matches(one, other));
        let bodies = match (&expected.json, &told.json) {
            (Some(expected), Some(found)) => self.words.matches_json(expected, found),
            (None, None) => true,
            _ => false,
        };
        heads && lines && bodies
    }
}

/// What is different each time.
const NAMED: &[&str] = &[
    "code",
    "access_token",
    "refresh_token",
    "id_token",
    "request_uri",
    "device_code",
    "user_code",
    "dpop-nonce",
];

/// Headers that are part of what an answer says.
const HEADERS: &[&str] = &["www-authenticate", "allow", "access-control-allow-origin"];

impl Told {
    fn of(answer: Answer) -> Self {
        if let Some(location) = answer.header("location") {
            return Self::elsewhere(location);
        }
        let is_page =
            answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_page {
            return Self::of_page(&Page { answer, path: String::new() });
        }
        let mut lines: Vec<String> = HEADERS
            .iter()
            .filter_map(|name| Some(format!("{name}: {}", answer.header(name)?)))
            .collect();
        if let Some(nonce) = answer.header("dpop-nonce") {
            lines.push(format!("dpop-nonce: {nonce}"));
        }
        let json: Option<Value> = (!answer.text.is_empty()).then(|| answer.body());
        if let Some(error) = json.as_ref().and_then(error_line) {
            return Self { status: answer.status, head: error, lines, json: None };
        }
        Self { status: answer.status, head: String::new(), lines, json }
    }

    /// A redirect to a client: where, and with which parameters.
    fn elsewhere(location: &str) -> Self {
        let at = location.find(['?', '#']).unwrap_or(location.len());
        let (uri, rest) = location.split_at(at);
        let mark = if rest.starts_with('#') { "#" } else { "" };
        let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let pairs = rest.trim_start_matches(['?', '#']).split('&').filter(|pair| !pair.is_empty());
        let lines = pairs.map(decode).collect();
        Self { status: 302, head: format!("{uri}{mark}"), lines, json: None }
    }

    fn of_page(page: &Page) -> Self {
        let between = |from: &str, to: &str| {
            let (_, rest) = page.answer.text.split_once(from)?;
            Some(rest.split_once(to)?.0.to_owned())
        };
        let title = between("<h1>", "</h1>").unwrap_or_default();
        let told = |role: &str| {
            let text = between(&format!("role=\"{role}\""), "</p>")?;
            let text = text.split_once('>')?.1.replace("&lt;", "<").replace("&gt;", ">");
            Some(format!("{role}: {}", text.replace("&#39;", "'").replace("&amp;", "&")))
        };
        let lines = ["alert", "status"].into_iter().filter_map(told).collect();
        Self { status: page.answer.status, head: format!("page: {title}"), lines, json: None }
    }

    fn parse(text: &str) -> Self {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (status, head) = first.split_once(' ').unwrap_or((first, ""));
        let json_at =
            rest.find(['{', '[']).filter(|at| *at == 0 || rest.split_at(*at).0.ends_with('\n'));
        let (lines, json) = rest.split_at(json_at.unwrap_or(rest.len()));
        let json = json_at.map(|_| {
            serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"))
        });
        Self {
            status: status.parse().unwrap_or_default(),
            head: head.to_owned(),
            lines: lines.lines().map(str::to_owned).collect(),
            json,
        }
    }

    /// As it stands in the file.
    pub(super) fn print(&self) -> String {
        let mut parts = vec![format!("{} {}", self.status, self.head).trim_end().to_owned()];
        parts.extend(self.lines.iter().cloned());
        if let Some(json) = &self.json {
            parts.push(layout(json, 0));
        }
        parts.join("\n")
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.json.as_ref()?.get(name)?.as_str()
    }

    /// A parameter of a redirect.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.lines.iter().filter_map(|line| line.split_once('='));
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
    }
}

/// JSON with a line for each member that is too long to share one.
fn layout(value: &Value, depth: usize) -> String {
    const WIDTH: usize = 100;
    let (short, pad) = (value.to_string(), "  ".repeat(depth));
    let lines: Vec<String> = match value {
        _ if short.len() + pad.len() <= WIDTH => return short,
        Value::Array(list) => list.iter().map(|value| layout(value, depth + 1)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{}: {}", json!(name), layout(value, depth + 1)))
            .collect(),
        _ => return short,
    };
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    format!("{open}\n{pad}  {}\n{pad}{close}", lines.join(&format!(",\n{pad}  ")))
}

/// An OAuth error that is nothing else, on one line.
fn error_line(body: &Value) -> Option<String> {
    let members = body.as_object().filter(|members| members.len() == 2)?;
    let (error, text) = (members.get("error")?, members.get("error_description")?);
    Some(format!("{}: {}", error.as_str()?, text.as_str()?))
}
