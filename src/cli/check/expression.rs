//! Expressions on their own: whether they compile for the people and the place they are meant for.

use super::Arguments;
use crate::cli::expression::{Scene, declared_schema};
use crate::cli::input::{NOT_UTF_8, Refusal, all_to_json, is_standard_input, say_all};
use crate::cli::installation::{OrgDocument, Stop, read_document};
use crate::cli::{Format, say, show_problems, tell};
use crate::diagnostic::Diagnostic;
use crate::program::{Bounds, Engine, Length, SetBuilder};
use crate::publish::{PublicUrl, compile};
use crate::schema::{Position, Schema};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// What expressions are held against.
#[derive(Debug, Args)]
pub(super) struct Meant {
    /// Hold expressions against the users, groups and applications of this org document; without
    /// this, `--schema` or `--context` it is a new organization's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["schema", "context"])]
    org: Option<PathBuf>,
    /// Hold expressions against these types: {"user": {"age": {"type": "integer"}}}
    #[arg(long, value_name = "FILE", conflicts_with = "context")]
    schema: Option<PathBuf>,
    /// Hold expressions against the types of this context, in which every record is open
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// Where the expressions are to stand, which says what they may name
    #[arg(long, value_enum, default_value_t = Place::Anywhere)]
    at: Place,
}

/// Where an expression may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Place {
    Anywhere,
    /// A claim of access tokens
    AccessToken,
    /// A claim of ID tokens
    IdToken,
    /// A condition of a rule or a token policy
    Condition,
    /// A rule of groups
    GroupRule,
}

impl Place {
    fn position(self) -> Position {
        match self {
            Self::Anywhere => Position::Anywhere,
            Self::AccessToken => Position::AccessTokenClaim,
            Self::IdToken => Position::IdentityTokenClaim,
            Self::Condition => Position::Condition,
            Self::GroupRule => Position::GroupRule,
        }
    }

    fn is_condition(self) -> bool {
        matches!(self, Self::Condition | Self::GroupRule)
    }
}

impl Meant {
    /// How many of its files are standard input.
    pub(super) fn n_from_standard_input(&self) -> usize {
        let files = [&self.schema, &self.context].into_iter().flatten();
        files.filter(|path| is_standard_input(path)).count()
    }

    /// The schema; `None` after telling what is wrong with where it should come from.
    pub(super) fn schema(&self, public_url: PublicUrl) -> Result<Option<Arc<Schema>>, Stop> {
        let read = match (&self.schema, &self.context) {
            (Some(path), _) => declared_schema(path),
            (None, Some(path)) => {
                Scene::read(Some(path), None).map(|scene| Arc::clone(scene.schema()))
            }
            (None, None) => return self.schema_of_organization(public_url),
        };
        Ok(read.map_err(|refusal| refusal.say("")).ok())
    }

    fn schema_of_organization(&self, public_url: PublicUrl) -> Result<Option<Arc<Schema>>, Stop> {
        let (name, text) = match &self.org {
            Some(path) => (path.display().to_string(), read_document(path)?),
            None => OrgDocument::new_organization().into_parts(),
        };
        let compiled = compile(&text, public_url, Engine::Interpreter);
        let compiled = compiled.inspect_err(|problems| show_problems(problems, &name, &text));
        Ok(compiled.ok().map(|draft| Arc::clone(draft.schema())))
    }
}

/// Tells all that is wrong with an expression; whether nothing is.
pub(super) fn check(
    arguments: &Arguments,
    name: &str,
    text: &[u8],
    schema: &Arc<Schema>,
) -> Result<bool, Stop> {
    let Ok(text) = std::str::from_utf8(text) else {
        say(&format!("error: {name}: {NOT_UTF_8}\n"));
        return Ok(false);
    };
    let compiled = compiled(text, schema, arguments.meant.at);
    let is_well = compiled.is_ok();
    match (arguments.format(), compiled) {
        (Format::Json, compiled) => {
            let (said, bounds) = compiled.unwrap_or_else(|said| (said, Vec::new()));
            let bounds = arguments.bounds.then_some(bounds);
            tell(&format!("{}\n", to_json(name, text, &said, bounds.as_deref())))?;
        }
        (Format::Text, Ok((lints, bounds))) => {
            say_all(&lints, name, text);
            let bounds = bounds.iter().filter(|_| arguments.bounds);
            tell(&bounds.map(|bounds| format!("{bounds}\n")).collect::<String>())?;
            tell(&format!("{name} is in order\n"))?;
        }
        (Format::Text, Err(said)) => Refusal::Expression(said).say_of(name, text),
    }
    Ok(is_well)
}

/// What is remarkable about it, and what it costs at most; or all there is to say against it.
fn compiled(
    text: &str,
    schema: &Arc<Schema>,
    place: Place,
) -> Result<(Vec<Diagnostic>, Vec<Bounds>), Vec<Diagnostic>> {
    let mut builder = SetBuilder::new(Arc::clone(schema));
    builder.at(place.position());
    let length = if place == Place::Anywhere { Length::Free } else { Length::Claim };
    let (id, lints) = match place.is_condition() {
        true => builder.add_condition(text)?,
        false => builder.add_json(text, length)?,
    };
    Ok((lints, builder.finish(Engine::Interpreter).bounds(id)))
}

/// As documents are told; `bounds` are there if they were asked for.
fn to_json(name: &str, text: &str, said: &[Diagnostic], bounds: Option<&[Bounds]>) -> String {
    let mut told = json!({"file": name, "problems": all_to_json(said, text)});
    if let (Some(bounds), Some(members)) = (bounds, told.as_object_mut()) {
        let bounds = bounds.iter().map(|Bounds { steps, output }| {
            json!({"steps": steps.to_string(), "output": output.to_string()})
        });
        members.insert("bounds".to_owned(), bounds.collect());
    }
    told.to_string()
}
