//! Exchanges as data: stories of requests and the answers they get. A file is a comment, then stories:
//!
//! ```text
//! === a code is spent once
//! after: a person signs in
//! with: /apps/0/status = "INACTIVE"
//!
//! let verifier = dBjft...
//! wait 61
//! > POST /oauth2/main/v1/token
//! authorization: {basic web-app}
//! code={code}
//! < 400 invalid_grant: The authorization code is invalid or has expired.
//! ```
//!
//! Lines of a request are headers (`name: value`), parameters (`name=value`: of the form, or of the
//! address if it is a `GET`), or the body as it is (`| ...`). `> ada: GET ...` is the browser of Ada,
//! which has cookies and follows redirects of ours; `> ada: SUBMIT signin` sends the form of her page
//! that leads there. `> READ {token}` is header and claims of a JWT that the server signed.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The stories of a file.
pub(super) struct File {
    path: PathBuf,
    comment: String,
    pub(super) stories: Vec<Story>,
}

/// What is asked in order, and answered.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) title: String,
    /// The title of the story of the same file that goes before it.
    pub(super) after: Option<String>,
    /// What is different in the organization: JSON pointers and the values there.
    pub(super) with: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone)]
pub(super) enum Step {
    /// A blank line or a comment.
    Nothing(String),
    /// A name, and what it stands for.
    Let(String, String),
    /// Seconds that pass.
    Wait(i64),
    Exchange(Exchange),
}

#[derive(Clone)]
pub(super) struct Exchange {
    /// Whose browser it is, if it is one's.
    pub(super) browser: Option<String>,
    pub(super) method: String,
    /// The address, or what a form leads to.
    pub(super) target: String,
    pub(super) lines: Vec<Line>,
    /// The answer, without `< `.
    pub(super) answer: String,
}

#[derive(Clone)]
pub(super) enum Line {
    Header(String, String),
    Parameter(String, String),
    Raw(String),
}

/// The files of stories, by name.
pub(super) fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchanges");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_text = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "txt");
    let mut paths: Vec<PathBuf> = paths.filter(is_text).collect();
    paths.sort();
    paths.into_iter().map(File::read).collect()
}

impl File {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let (comment, rest) = text.split_once("=== ").unwrap_or((&text, ""));
        let stories = rest.split("\n=== ").map(Story::parse).collect();
        Self { path, comment: comment.to_owned(), stories }
    }

    pub(super) fn name(&self) -> String {
        self.path.file_stem().unwrap().to_string_lossy().into_owned()
    }

    pub(super) fn find(&self, title: &str) -> &Story {
        let found = self.stories.iter().find(|story| story.title == title);
        found.unwrap_or_else(|| panic!("{} has no story `{title}`", self.name()))
    }

    /// The stories that go before this one, the first one first.
    pub(super) fn before(&self, story: &Story) -> Vec<&Story> {
        let Some(title) = &story.after else { return Vec::new() };
        let former = self.find(title);
        let mut all = self.before(former);
        all.push(former);
        all
    }

    /// Writes the stories back, for `UPDATE=1`.
    pub(super) fn write(&self) {
        let stories: Vec<String> = self.stories.iter().map(Story::print).collect();
        fs::write(&self.path, format!("{}{}", self.comment, stories.join("\n"))).unwrap();
    }
}

impl Story {
    fn parse(text: &str) -> Self {
        let mut lines = text.trim_end().lines().peekable();
        let title = lines.next().unwrap().to_owned();
        let (mut after, mut with) = (None, Vec::new());
        while let Some(line) = lines.peek() {
            if let Some(title) = line.strip_prefix("after: ") {
                after = Some(title.to_owned());
            } else if let Some(change) = line.strip_prefix("with: ") {
                let (pointer, value) = change.split_once(" = ").unwrap();
                with.push((pointer.to_owned(), value.to_owned()));
            } else {
                break;
            }
            lines.next();
        }
        let mut steps = Vec::new();
        while let Some(line) = lines.next() {
            steps.push(if let Some(request) = line.strip_prefix("> ") {
                let mut exchange = Exchange::begin(request);
                while let Some(line) = lines.next_if(|line| !line.starts_with('<')) {
                    exchange.lines.push(Line::parse(line));
                }
                let mut answer = lines
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches('<')
                    .trim_start()
                    .to_owned();
                while let Some(line) = lines.next_if(|line| !line.is_empty()) {
                    write!(answer, "\n{line}").unwrap();
                }
                exchange.answer = answer;
                Step::Exchange(exchange)
            } else if let Some((name, value)) =
                line.strip_prefix("let ").and_then(|rest| rest.split_once(" = "))
            {
                Step::Let(name.to_owned(), value.to_owned())
            } else if let Some(seconds) = line.strip_prefix("wait ") {
                Step::Wait(seconds.parse().unwrap())
            } else {
                assert!(line.is_empty() || line.starts_with('#'), "{title}: what is `{line}`?");
                Step::Nothing(line.to_owned())
            });
        }
        Self { title, after, with, steps }
    }

    fn print(&self) -> String {
        let mut text = format!("=== {}\n", self.title);
        if let Some(after) = &self.after {
            writeln!(text, "after: {after}").unwrap();
        }
        for (pointer, value) in &self.with {
            writeln!(text, "with: {pointer} = {value}").unwrap();
        }
        for step in &self.steps {
            match step {
                Step::Nothing(line) => writeln!(text, "{line}").unwrap(),
                Step::Let(name, value) => writeln!(text, "let {name} = {value}").unwrap(),
                Step::Wait(seconds) => writeln!(text, "wait {seconds}").unwrap(),
                Step::Exchange(exchange) => text.push_str(&exchange.print()),
            }
        }
        text
    }

    pub(super) fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.steps.iter().filter_map(|step| match step {
            Step::Exchange(exchange) => Some(exchange),
            _ => None,
        })
    }
}

impl Exchange {
    fn begin(request: &str) -> Self {
        let (browser, request) = match request.split_once(": ") {
            Some((name, rest)) => (Some(name.to_owned()), rest),
            None => (None, request),
        };
        let (method, target) = request.split_once(' ').unwrap_or((request, ""));
        Self {
            browser,
            method: method.to_owned(),
            target: target.to_owned(),
            lines: Vec::new(),
            answer: String::new(),
        }
    }

    /// The request as it stands in the file.
    pub(super) fn title(&self) -> String {
        let browser = self.browser.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        format!("> {browser}{} {}", self.method, self.target)
    }

    fn print(&self) -> String {
        let mut text = self.title();
        for line in &self.lines {
            match line {
                Line::Header(name, value) => write!(text, "\n{name}: {value}").unwrap(),
                Line::Parameter(name, value) => write!(text, "\n{name}={value}").unwrap(),
                Line::Raw(body) => write!(text, "\n| {body}").unwrap(),
            }
        }
        format!("{text}\n< {}\n", self.answer)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| match line {
            Line::Parameter(known, value) if known == name => Some(value.as_str()),
            _ => None,
        })
    }
}

impl Line {
    fn parse(line: &str) -> Self {
        if let Some(body) = line.strip_prefix("| ") {
            return Self::Raw(body.to_owned());
        }
        let at = line.find(['=', ':']).unwrap_or_else(|| panic!("what is `{line}`?"));
        let (name, rest) = line.split_at(at);
        match rest.strip_prefix(':') {
            Some(value) => Self::Header(name.to_owned(), value.trim_start().to_owned()),
            None => Self::Parameter(name.to_owned(), rest.split_at(1).1.to_owned()),
        }
    }
}
