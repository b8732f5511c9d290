//! Lines edited on a terminal, with history and completion: the one place that speaks `rustyline`.

use super::session::{Next, Session};
use super::{command, complain};
use crate::cli::installation::Stop;
use crate::program::complete;
use crate::schema::Schema;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::path::Path;
use std::sync::Arc;

/// What stands before an entry.
const PROMPT: &str = "oel> ";

/// What the line editor asks while a line is written.
struct Guide {
    schema: Arc<Schema>,
}

impl Helper for Guide {}
impl Highlighter for Guide {}

impl Hinter for Guide {
    type Hint = String;
}

impl Validator for Guide {
    fn validate(&self, entry: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let entry = entry.input();
        let goes_on = !entry.ends_with('\n') && command::is_unfinished(entry);
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Completer for Guide {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..position).unwrap_or(line);
        if before.starts_with(':') && !before.contains(' ') {
            let words = command::words().filter(|word| word.starts_with(before));
            return Ok((0, words.map(str::to_owned).collect()));
        }
        let completion = complete(&self.schema, before);
        Ok((completion.start, completion.candidates))
    }
}

/// Answers entries until the person leaves.
pub(super) fn run(session: &mut Session, history: Option<&Path>) -> Result<(), Stop> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(1_000)?
        .auto_add_history(true)
        .build();
    let mut editor: Editor<Guide, FileHistory> = Editor::with_config(config)?;
    if let Some(file) = history.filter(|file| file.exists())
        && let Err(error) = editor.load_history(file)
    {
        complain(&format!("{}: {error}", file.display()));
    }
    loop {
        editor.set_helper(Some(Guide { schema: Arc::clone(session.schema()) }));
        match editor.readline(PROMPT) {
            Ok(entry) if session.take(entry.trim())? == Next::Quit => break,
            // An interrupt gives up the entry, not the session.
            Ok(_) | Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(file) = history
        && let Err(error) = editor.save_history(file)
    {
        complain(&format!("{}: {error}", file.display()));
    }
    Ok(())
}
