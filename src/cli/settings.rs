//! Where a setting comes from: the command line, else its environment variable, else the file that
//! `--config` names, else what it is unless somebody says. A file is TOML, one setting a line, named
//! as on the command line; there is one file for all commands.

use super::CommandLine;
use super::installation::Stop;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The command whose settings a file may have.
pub(super) const SERVE: &str = "serve";

/// The setting that names the file.
const CONFIG: &str = "config";

/// The settings of a file, each as the command line would have it.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, Vec<String>>,
}

/// What was chosen for one setting, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// As on the command line, without its dashes.
    pub(super) name: String,
    /// Several where it may be given several times; none if it is not set.
    pub(super) values: Vec<String>,
    pub(super) origin: Origin,
    pub(super) is_secret: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    CommandLine,
    /// The variable of this name.
    Environment(String),
    File(PathBuf),
    Default,
    /// It has no value.
    Unset,
}

/// Reads the command line, and the file that it or the environment names.
///
/// # Errors
/// A file that cannot be read, or that has a setting which there is not. Where the command line is
/// wrong, or asks for help, the process ends.
pub(super) fn read() -> Result<(ArgMatches, SettingsFile), Stop> {
    let command = CommandLine::command();
    let matches = command.clone().get_matches();
    let named = matches.subcommand().and_then(|(name, given)| {
        let path = given.try_get_one::<PathBuf>(CONFIG).ok().flatten()?;
        Some((name.to_owned(), path.clone()))
    });
    let Some((name, path)) = named else { return Ok((matches, SettingsFile::default())) };
    let file = SettingsFile::read(&path, &names(&command))?;
    let command = command.mut_subcommand(name, |command| file.apply(command));
    Ok((command.get_matches(), file))
}

/// The settings of `serve`, with what was chosen for each, in the order of its help.
pub(super) fn chosen(matches: &ArgMatches, file: &SettingsFile) -> Vec<Setting> {
    let command = CommandLine::command();
    let Some(serve) = command.find_subcommand(SERVE) else { return Vec::new() };
    let setting = |argument: &clap::Arg| {
        let name = argument.get_long()?.to_owned();
        let id = argument.get_id().as_str();
        let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
        let values: Vec<String> =
            matches.get_raw(id).map(|values| values.map(text).collect()).unwrap_or_default();
        let variable = || argument.get_env().map(text).unwrap_or_default();
        let origin = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => Origin::CommandLine,
            Some(ValueSource::EnvVariable) => Origin::Environment(variable()),
            Some(_) if file.values.contains_key(&name) => Origin::File(file.path.clone()),
            Some(_) => Origin::Default,
            None => Origin::Unset,
        };
        Some(Setting { name, values, origin, is_secret: argument.is_hide_env_values_set() })
    };
    serve.get_arguments().filter_map(setting).collect()
}

/// Every setting that a file may have.
fn names(command: &Command) -> BTreeSet<String> {
    let serve = command.find_subcommand(SERVE);
    let arguments = serve.into_iter().flat_map(Command::get_arguments);
    let names = arguments.filter_map(|argument| argument.get_long()).map(str::to_owned);
    names.filter(|name| name != CONFIG).collect()
}

impl SettingsFile {
    fn read(path: &Path, known: &BTreeSet<String>) -> Result<Self, Stop> {
        let wrong = |why: String| -> Stop { format!("{}: {why}", path.display()).into() };
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let table: Table =
            text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        let mut values = BTreeMap::new();
        for (name, value) in table {
            if !known.contains(&name) {
                let known = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(wrong(format!("there is no setting `{name}`; known are {known}")));
            }
            let texts = texts(&value).ok_or_else(|| {
                let kinds = "a text, a whole number, true or false, or a list of them";
                wrong(format!("`{name}` is {}; expected {kinds}", value.type_str()))
            })?;
            values.insert(name, texts);
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// The command, for which what the file says is so unless somebody says otherwise.
    fn apply(&self, command: Command) -> Command {
        command.mut_args(|argument| {
            match argument.get_long().and_then(|name| self.values.get(name)) {
                Some(values) => argument.default_values(values.clone()),
                None => argument,
            }
        })
    }
}

/// A value as the command line would have it.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(whether) => Some(whether.to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}
