//! `claimsmith explain`: the page of a code: what it means, what provokes it, and what is said then.

use super::expression::{Prepared, Scene};
use super::installation::Stop;
use super::tell;
use crate::analysis::lint::lint;
use crate::diagnostic::code::{self, Example};
use crate::diagnostic::{Code, Diagnostic};
use crate::document;
use crate::program::{Engine, Worker};
use crate::publish::{Problem, PublicUrl};
use crate::schema::Position;
use clap::Args;
use std::borrow::Cow;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  claimsmith explain E0402\n  claimsmith explain | grep group-limit"
)]
pub(super) struct Arguments {
    /// A code such as E0402; without one all are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// Print the pages of all codes as Markdown
    #[arg(long, conflicts_with = "code")]
    markdown: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    match &arguments.code {
        None if arguments.markdown => tell(&markdown()?)?,
        None => tell(&list())?,
        Some(id) => match code::find(id) {
            Some(code) => tell(&page(code)?)?,
            None => return Err(unknown(id).into()),
        },
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(id: &str) -> String {
    match code::nearest_to(id) {
        Some(code) => format!("there is no code `{id}`; did you mean `{code}`?"),
        None => format!("there is no code `{id}`; `claimsmith explain` lists them"),
    }
}

fn list() -> String {
    let line = |code: &Code| {
        format!("{:<6} {:<17} {}\n", code.id, code.category.name(), plain(code.title))
    };
    code::all().map(line).collect()
}

/// Without the marks of Markdown.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// The page of a code for a terminal.
fn page(code: &'static Code) -> Result<String, Stop> {
    let mut page = format!(
        "{}: {}\ncategory: {}\n\n{}\n",
        code.id,
        plain(code.title),
        code.category.name(),
        wrapped(code.meaning)
    );
    if let Example::Never(why) = code.example {
        page.push_str(&format!("\n{}\n", wrapped(&without_example(why))));
    }
    for (heading, text) in parts(&code.example) {
        page.push_str(&format!("\n{heading}:\n\n{}", indented(&text)));
    }
    if let Some(said) = said(code)? {
        page.push_str(&format!("\nIt says:\n\n{}", indented(&said)));
    }
    page.push_str(&format!("\n{}\n", wrapped(code.mend)));
    if let Some(mended) = mended(&code.example) {
        page.push_str(&format!("\n{}", indented(mended)));
    }
    Ok(page)
}

/// All pages as one document.
fn markdown() -> Result<String, Stop> {
    let mut text = "# Codes\n\nEverything that can be said of an expression, or of the document \
                    of an organization, has a code that stays the same. Codes that begin with `L` \
                    are remarks; all others are errors. `claimsmith explain E0402` prints one of \
                    these pages, and `claimsmith explain --markdown` all of them.\n"
        .to_owned();
    for code in code::all() {
        text.push_str(&format!(
            "\n## {}: {}\n\nCategory `{}`. {}\n",
            code.id,
            code.title,
            code.category.name(),
            code.meaning
        ));
        if let Example::Never(why) = code.example {
            text.push_str(&format!("\n{}\n", without_example(why)));
        }
        for (heading, part) in parts(&code.example) {
            text.push_str(&format!("\n{heading}:\n\n{}", fenced(&part)));
        }
        if let Some(said) = said(code)? {
            text.push_str(&format!("\nIt says:\n\n{}", fenced(&said)));
        }
        text.push_str(&format!("\n{}\n", code.mend));
        if let Some(mended) = mended(&code.example) {
            text.push_str(&format!("\n{}", fenced(mended)));
        }
    }
    Ok(text)
}

fn without_example(why: &str) -> String {
    format!("There is no example: {why}.")
}

/// What an example consists of, each part with words before it.
fn parts(example: &Example) -> Vec<(Cow<'static, str>, String)> {
    match example {
        Example::Expression { context, place, text, .. } => {
            let heading: Cow<'static, str> = match *place {
                "" => "For example".into(),
                place => format!("For example, in {place}").into(),
            };
            let mut parts = Vec::new();
            if *context != "{}" {
                parts.push(("With the context".into(), (*context).to_owned()));
            }
            parts.push((heading, (*text).to_owned()));
            parts
        }
        Example::Context { wrong, text, .. } => vec![
            ("With the context".into(), (*wrong).to_owned()),
            ("For example".into(), (*text).to_owned()),
        ],
        Example::Repeated { piece, times, end } => {
            let shown = format!("{piece}{piece}{piece}…{end}");
            vec![(format!("For example, `{piece}` {times} times").into(), shown)]
        }
        Example::Document(text) => {
            vec![("For example, in a document".into(), text.trim_end().to_owned())]
        }
        Example::Never(_) => Vec::new(),
    }
}

/// The example without its mistake, for those that have one line of it.
fn mended(example: &Example) -> Option<&'static str> {
    match example {
        Example::Expression { mended, .. } | Example::Context { mended, .. } => Some(mended),
        Example::Repeated { .. } | Example::Document(_) | Example::Never(_) => None,
    }
}

/// What is said of the example, as people see it. Nothing is shown of texts that are very long.
fn said(code: &'static Code) -> Result<Option<String>, Stop> {
    if matches!(code.example, Example::Repeated { .. } | Example::Never(_)) {
        return Ok(None);
    }
    let Provoked { text, problems } = provoke(&code.example)?;
    let told = problems.iter().find(|problem| problem.diagnostic.code == code);
    Ok(told.map(|problem| problem.render(name_of(&code.example), &text, false)))
}

fn name_of(example: &Example) -> &'static str {
    match example {
        Example::Document(_) => "org.json",
        Example::Context { .. } => "context",
        Example::Expression { .. } | Example::Repeated { .. } | Example::Never(_) => "expression",
    }
}

/// A text, and all that is said of it.
struct Provoked {
    text: String,
    problems: Vec<Problem>,
}

/// Runs an example.
fn provoke(example: &Example) -> Result<Provoked, Stop> {
    let of_expression = |text: String, diagnostics: Vec<Diagnostic>| {
        let of = |diagnostic| Problem::new(String::new(), diagnostic);
        Provoked { text, problems: diagnostics.into_iter().map(of).collect() }
    };
    Ok(match example {
        Example::Expression { context, place, text, .. } => {
            of_expression((*text).to_owned(), evaluate(context, place, text)?)
        }
        Example::Context { wrong, text, .. } => {
            of_expression((*wrong).to_owned(), evaluate(wrong, "", text)?)
        }
        Example::Repeated { piece, times, end } => {
            let text = format!("{}{end}", piece.repeat(*times));
            let diagnostics = evaluate("{}", "", &text)?;
            of_expression(text, diagnostics)
        }
        Example::Document(text) => {
            let problems = match lint(text.as_bytes(), PublicUrl::new(super::PUBLIC_URL)?) {
                Ok(findings) => findings.into_iter().map(|finding| finding.problem).collect(),
                Err(problems) => problems,
            };
            Provoked { text: (*text).to_owned(), problems }
        }
        Example::Never(_) => Provoked { text: String::new(), problems: Vec::new() },
    })
}

/// All that is said of an expression that stands at a place, its fault last.
fn evaluate(context: &str, place: &str, text: &str) -> Result<Vec<Diagnostic>, Stop> {
    let context = document::read(context.as_bytes())?;
    let scene = match Scene::new(&context, None) {
        Ok(scene) => scene,
        Err(error) => return Ok(vec![error.diagnostic()]),
    };
    let position = Position::named(place).unwrap_or_default();
    let mut worker = Worker::new();
    // The pages must not change from day to day.
    let outcome = Prepared::at(position, text, &scene)
        .and_then(|prepared| prepared.value_when(0, Engine::Interpreter, &mut worker));
    Ok(match outcome {
        Ok((_, lints)) => lints,
        Err(refusal) => refusal.into_diagnostics(),
    })
}

/// The widest line of a page.
const WIDTH: usize = 80;

/// The text in lines that fit a terminal.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") })
        .collect()
}

fn fenced(text: &str) -> String {
    format!("```text\n{}\n```\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{evaluate, provoke};
    use crate::diagnostic::code::{self, Example};

    #[test]
    fn every_example_provokes_its_code_and_is_mended() {
        let mut wrong = Vec::new();
        for code in code::all() {
            let problems = provoke(&code.example).unwrap().problems;
            let is_raised = problems.iter().any(|problem| problem.diagnostic.code == code);
            if is_raised == matches!(code.example, Example::Never(_)) {
                wrong.push(format!("{code}: {:?} gives {problems:?}", code.example));
            }
            let mended = match code.example {
                Example::Expression { context, place, mended, .. } => {
                    evaluate(context, place, mended).unwrap()
                }
                Example::Context { mended, text, .. } => evaluate(mended, "", text).unwrap(),
                Example::Repeated { .. } | Example::Document(_) | Example::Never(_) => continue,
            };
            if !mended.is_empty() {
                wrong.push(format!("{code}: mended it is still wrong: {mended:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn only_what_cannot_happen_has_no_example() {
        let never = code::all().filter(|code| matches!(code.example, Example::Never(_)));
        let ids: Vec<&str> = never.map(|code| code.id).collect();
        assert_eq!(ids, ["E0607", "E0608", "E0699"]);
    }

    #[test]
    fn codes_are_in_order_and_each_is_there_once() {
        let ids: Vec<&str> = code::all().map(|code| code.id).collect();
        let family = |id: &str| id.chars().skip(1).take(2).collect::<String>();
        let key = |id: &str| (family(id), id.starts_with('L'), id.to_owned());
        assert!(ids.windows(2).all(|pair| key(pair[0]) < key(pair[1])), "{ids:?}");
    }
}
