//! `claimsmith users`: takes people over from elsewhere. A file is read row by row, whatever its length;
//! each few hundred rows are one transaction. What was interrupted is done again from the start: who is
//! there already is left alone, and told if they differ.

mod csv;
mod line;
mod row;
#[cfg(test)]
mod tests;

use super::installation::{Installation, Stop};
use super::{PUBLIC_URL, log, operator, say, tell};
use crate::administration::{Administration, Expected, Imported};
use clap::{Args, Subcommand, ValueEnum};
use row::{Read, Rows};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make users of the rows of a file
    #[command(
        after_help = "CSV begins with the names of the columns: attributes of users, and id, \
        status, groups (names) and password (a hash of argon2id, bcrypt or PBKDF2). A line of JSON is a \
        user as in an org document.\n\n\
        Whoever has a password is active, others are to be invited, unless the row says otherwise. Bad \
        rows are told with their lines, and the others kept; rows that are there already are left alone, \
        so that it can be run again.\n\n\
        Exit status: 0 every row is there, 1 the file cannot be read, 2 some rows are not.\n\n\
        Example:\n  claimsmith users import people.csv --column 'E-Mail=email' --column 'Notes=' \
        --data /var/lib/claimsmith"
    )]
    Import(Box<Import>),
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    installation: Installation,
    /// The file; `-` is standard input
    file: PathBuf,
    /// What it is written in; known by its ending unless it is named
    #[arg(long, value_enum)]
    format: Option<Written>,
    /// What stands between the fields of CSV
    #[arg(long, default_value = ",", value_name = "CHARACTER")]
    delimiter: char,
    /// What stands between several groups, or other values, in one field of CSV
    #[arg(long, default_value = ";", value_name = "CHARACTER")]
    separator: char,
    /// What a column of CSV is that is called otherwise; nothing behind the `=` passes over it
    #[arg(long = "column", value_name = "NAME=ATTRIBUTE", value_parser = column)]
    columns: Vec<(String, String)>,
    /// Tell the numbers as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    Csv,
    #[value(alias = "ndjson")]
    Jsonl,
}

fn column(text: &str) -> Result<(String, String), String> {
    let (name, attribute) = text.split_once('=').ok_or("expected `NAME=ATTRIBUTE`")?;
    Ok((name.trim().to_owned(), attribute.trim().to_owned()))
}

/// How many rows are one transaction.
const BATCH: usize = 500;

/// After how many rows it is told how far it is.
const TOLD: u64 = 5_000;

/// The exit status where rows were not taken.
const REJECTED: u8 = 2;

/// What became of the rows so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    n_made: u64,
    n_present: u64,
    n_rejected: u64,
}

impl Tally {
    fn n_rows(self) -> u64 {
        self.n_made + self.n_present + self.n_rejected
    }

    fn text(self) -> String {
        let Self { n_made, n_present, n_rejected } = self;
        format!("{n_made} imported, {n_present} were there already, {n_rejected} bad")
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    log::start();
    let Task::Import(import) = &arguments.task;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tally = runtime.block_on(async {
        let addresses = import.installation.addresses(PUBLIC_URL)?;
        let opened = import.installation.open(None).await?;
        let administration = opened.administration(&addresses).await?;
        let (file, name) = (open(&import.file)?, import.file.display().to_string());
        take(import, file, &name, &administration).await
    })?;
    let Tally { n_made, n_present, n_rejected } = tally;
    tell(&match import.json {
        true => {
            format!(
                "{}\n",
                json!({"imported": n_made, "present": n_present, "rejected": n_rejected})
            )
        }
        false => format!("{} rows: {}\n", tally.n_rows(), tally.text()),
    })?;
    Ok(if n_rejected > 0 { ExitCode::from(REJECTED) } else { ExitCode::SUCCESS })
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Stop> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(stdin())));
    }
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

impl Import {
    fn written(&self) -> Written {
        let ending = self.file.extension().and_then(std::ffi::OsStr::to_str);
        let of_ending = match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
            "json" | "jsonl" | "ndjson" => Written::Jsonl,
            _ => Written::Csv,
        };
        self.format.unwrap_or(of_ending)
    }
}

/// Takes every row, batch by batch.
async fn take(
    import: &Import,
    file: impl BufRead,
    name: &str,
    administration: &Administration,
) -> Result<Tally, Stop> {
    let version = administration.publisher().issuer().version();
    let schema = version.user_schema();
    let mut rows = match import.written() {
        Written::Jsonl => Rows::of_json(file),
        Written::Csv => {
            Rows::of_csv(file, (import.delimiter, import.separator), &import.columns, schema)
                .map_err(|error| format!("{name}: {error}"))?
        }
    };
    let (mut tally, mut expected) = (Tally::default(), Expected::New);
    loop {
        let mut batch: Vec<Read> = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let next = rows.next().map_err(|error| format!("{name}: {error}"))?;
            let Some(read) = next else { break };
            batch.push(read);
        }
        if batch.is_empty() {
            return Ok(tally);
        }
        let before = tally;
        write(administration, name, (batch, expected), &mut tally).await?;
        // An import that goes on finds people who are there until it comes to where it stopped.
        expected = match tally.n_present > before.n_present {
            true => Expected::Known,
            false => Expected::New,
        };
        if tally.n_rows() / TOLD > before.n_rows() / TOLD {
            say(&format!("{} rows: {}\n", tally.n_rows(), tally.text()));
        }
    }
}

/// Writes a batch in one transaction, and tells which rows are bad.
async fn write(
    administration: &Administration,
    name: &str,
    (batch, expected): (Vec<Read>, Expected),
    tally: &mut Tally,
) -> Result<(), Stop> {
    let good: Vec<Value> = batch.iter().filter_map(|read| read.user.clone().ok()).collect();
    let lines =
        (batch.first().map_or(0, |read| read.line), batch.last().map_or(0, |read| read.line));
    let from = format!("{name}, lines {} to {}", lines.0, lines.1);
    let imported = administration.import_users(&operator(), &good, &from, expected).await?;
    let mut imported = imported.into_iter();
    for Read { line, user } in batch {
        let became = match user {
            Ok(_) => imported
                .next()
                .unwrap_or_else(|| Imported::Refused("nothing is said of it".to_owned())),
            Err(why) => Imported::Refused(why),
        };
        match became {
            Imported::Made => tally.n_made += 1,
            Imported::Present => tally.n_present += 1,
            Imported::Refused(why) => {
                tally.n_rejected += 1;
                say(&format!("{name}:{line}: {why}\n"));
            }
        }
    }
    Ok(())
}
