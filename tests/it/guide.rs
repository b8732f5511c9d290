//! `docs/language.md`: its snippets give what it says, on both engines, and its tables are made
//! from the tables of the language. `UPDATE=1` writes the tables anew; answers are written by hand.

use crate::reference::is_generated;
use crate::support::{declared, evaluate, told};
use claimsmith::diagnostic::code;
use claimsmith::program::functions;
use claimsmith::schema::Position;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

const FILE: &str = "docs/language.md";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(FILE)
}

/// An expression and its answer, over the context shown last before it.
struct Snippet {
    context: String,
    expression: String,
    answer: String,
}

/// The snippets: in blocks marked `oel` an expression, then its answer behind an arrow.
fn snippets(text: &str) -> Vec<Snippet> {
    let mut snippets = Vec::new();
    let mut context = "{}".to_owned();
    for (index, part) in text.split("```").enumerate().filter(|(index, _)| index % 2 == 1) {
        let (language, body) = part.split_once('\n').unwrap();
        match language {
            "json" => context = body.to_owned(),
            "oel" => snippets.extend(in_block(body, &context)),
            _ => panic!("block {index} is marked `{language}`"),
        }
    }
    snippets
}

fn in_block(body: &str, context: &str) -> Vec<Snippet> {
    let mut snippets = Vec::new();
    let mut expression = String::new();
    for line in body.lines() {
        match line.strip_prefix("→ ") {
            Some(answer) => snippets.push(Snippet {
                context: context.to_owned(),
                expression: std::mem::take(&mut expression).trim().to_owned(),
                answer: answer.to_owned(),
            }),
            None => expression = format!("{expression}\n{line}"),
        }
    }
    assert_eq!(expression.trim(), "", "an expression without an answer");
    snippets
}

#[test]
fn every_snippet_of_the_guide_gives_what_it_says() {
    let snippets = snippets(&fs::read_to_string(path()).unwrap());
    assert!(snippets.len() > 60, "only {} snippets", snippets.len());
    let mut wrong = Vec::new();
    for Snippet { context, expression, answer } in snippets {
        let found = evaluate(&expression, &context).unwrap_or_else(|said| {
            let told = told(&said);
            told.split(' ').next().unwrap().to_owned()
        });
        if found != answer {
            wrong.push(format!("{expression}\n  gives {found}\n  not   {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The levels of the grammar from the tightest, how each reads, and what it is for.
const LEVELS: [(&str, &str, &str); 8] = [
    ("unary", "from the right", "not; the sign of numbers"),
    ("powExpr", "does not chain", "power of numbers"),
    ("mulExpr", "from the left", "product, quotient and remainder of numbers"),
    ("sumExpr", "from the left", "sum and difference of numbers; text with anything"),
    ("relExpr", "does not chain", "comparisons; a regular expression for a whole text"),
    ("andExpr", "stops at the first that decides", "both"),
    ("orExpr", "stops at the first that decides", "either"),
    (
        "expression",
        "from the right",
        "another value for null or the empty text, for null; a choice",
    ),
];

/// The operators of a level, out of the grammar.
fn operators_of(grammar: &str, production: &str) -> String {
    let start = format!("// {production} = ");
    let lines = grammar.lines().skip_while(|line| !line.starts_with(&start));
    let rule: Vec<&str> = lines.take_while(|line| line.starts_with("//")).collect();
    let quoted = rule.iter().flat_map(|line| line.split('"').skip(1).step_by(2));
    let operators: Vec<String> =
        quoted.map(|one| format!("`{}`", one.replace('|', "\\|"))).collect();
    assert!(!operators.is_empty(), "the grammar has no operators at `{production}`");
    operators.join(" ")
}

fn operators() -> String {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let grammar = fs::read_to_string(top.join("grammar/expression.lalrpop")).unwrap();
    let mut table = "The operators, from the one that binds tightest:\n\n| operators | chains | for |\n\
                     |---|---|---|\n| `.` `?.` `[ ]` `.![ ]` `.?[ ]` `.^[ ]` `.$[ ]` | from the left \
                     | members, calls, elements |\n"
        .to_owned();
    for (production, chains, meaning) in LEVELS {
        let operators = operators_of(&grammar, production);
        writeln!(table, "| {operators} | {chains} | {meaning} |").unwrap();
    }
    table
}

fn codes() -> String {
    let mut table = "| code | category | |\n|---|---|---|\n".to_owned();
    for code in code::all() {
        let title = code.title.replace('|', "\\|");
        writeln!(table, "| {} | `{}` | {title} |", code.id, code.category.name()).unwrap();
    }
    table
}

fn roots() -> String {
    let schema = declared("{}");
    let mut table = "| root | exists in |\n|---|---|\n".to_owned();
    for root in schema.roots() {
        let places = Position::ALL.iter().filter(|place| **place != Position::Anywhere);
        let n_places = places.clone().count();
        let places: Vec<&str> =
            places.filter(|place| place.has(&root.name)).map(|place| place.words()).collect();
        let places =
            if places.len() == n_places { "every place".to_owned() } else { places.join(", ") };
        writeln!(table, "| `{}` | {places} |", root.name).unwrap();
    }
    table
}

fn function_table() -> String {
    let mut table = String::new();
    let mut family = "";
    for entry in functions() {
        if entry.family != family {
            family = entry.family;
            write!(table, "\n### {family}\n\n| function | gives |\n|---|---|\n").unwrap();
        }
        let signature = entry.signature().replace('|', "\\|");
        writeln!(table, "| `{signature}` | {} |", entry.documentation()).unwrap();
    }
    table.trim_start().to_owned()
}

/// The text with what stands between the markers of `name` replaced.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let start = format!("<!-- generated: {name} -->\n");
    let (before, rest) = text.split_once(&start).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{start}\n{table}\n<!-- end -->{after}")
}

#[test]
fn the_tables_of_the_guide_are_those_of_the_language() {
    let mut generated = fs::read_to_string(path()).unwrap();
    for (name, table) in [
        ("operators", operators()),
        ("codes", codes()),
        ("roots", roots()),
        ("functions", function_table()),
    ] {
        generated = with_table(&generated, name, &table);
    }
    is_generated(FILE, &generated);
}
