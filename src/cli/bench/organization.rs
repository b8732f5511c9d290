//! What the claims and rules of an organization take.

use super::measure::{Spread, take_turns};
use super::table::{span, tenths};
use crate::cli::installation::{Stop, read_document};
use crate::cli::{PUBLIC_URL, show_problems, tell};
use crate::clock::Clock;
use crate::program::Engine;
use crate::publish::{PublicUrl, compile};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// One row.
struct Row {
    /// Where it stands in the document.
    path: String,
    native: Spread,
    interpreted: Spread,
    n_turns: usize,
}

/// Measures each kind of token, and, if it is to be told `apart`, each claim and rule.
pub(super) fn run(org: &Path, apart: bool, json: bool, time: u64) -> Result<ExitCode, Stop> {
    let text = read_document(org)?;
    let draft = match compile(&text, PublicUrl::new(PUBLIC_URL)?, Engine::Native) {
        Ok(draft) => draft,
        Err(problems) => {
            show_problems(&problems, &org.display().to_string(), &text);
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut rows = Vec::new();
    draft.measure(apart, Clock::System.microseconds(), &mut |path, evaluate| {
        let (native, interpreted, n_turns) = take_turns(time, evaluate);
        rows.push(Row { path: path.to_owned(), native, interpreted, n_turns });
    })?;
    if json {
        tell(&format!("{}\n", rows.iter().map(to_json).collect::<Value>()))?;
    } else {
        let heading = format!("{:>10} {:>12}  what\n", "native ns", "interpreted");
        tell(&rows.iter().fold(heading, |text, row| text + &in_words(row)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(row: &Row) -> Value {
    json!({
        "path": row.path,
        "native_ns": tenths(row.native.median),
        "interpreted_ns": tenths(row.interpreted.median),
        "spread": {"native_ns": span(row.native), "interpreted_ns": span(row.interpreted)},
        "turns": row.n_turns,
    })
}

fn in_words(row: &Row) -> String {
    let medians = [row.native, row.interpreted].map(|spread| tenths(spread.median));
    format!("{:>10} {:>12}  {}\n", medians[0], medians[1], row.path)
}
