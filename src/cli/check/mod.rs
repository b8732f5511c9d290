//! `claimsmith check`: whether org documents could be served and expressions compiled, without
//! serving or evaluating them.

mod document;
mod expression;

use super::input::{Source, is_json, is_standard_input, sources};
use super::installation::Stop;
use super::{Format, say};
use crate::publish::PublicUrl;
use crate::schema::Schema;
use clap::Args;
use expression::Meant;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(
    after_help = "A file that ends in .json, or that begins with `{` and does not end in .oel, is an \
    org document. Any\nother file holds one expression.\n\n\
    Examples:\n  claimsmith check org.json --public-url https://id.example.com\n  \
    claimsmith check org.json --json\n  \
    claimsmith check claims/*.oel --org org.json --at access-token\n  \
    claimsmith check --expression 'user.profle.email'\n\n\
    Exit status: 0 all is in order, 1 there are problems, 2 the command line is wrong."
)]
pub(super) struct Arguments {
    /// Organizations and expressions to check; `-` is standard input, one expression
    #[arg(value_name = "FILE", required_unless_present = "expression")]
    files: Vec<PathBuf>,
    /// An expression to check instead
    #[arg(long, short, value_name = "TEXT", conflicts_with = "files")]
    expression: Option<String>,
    #[command(flatten)]
    meant: Meant,
    /// Where the outside world will find the server: no audience may equal an issuer
    #[arg(long, value_name = "URL", default_value = super::PUBLIC_URL)]
    public_url: String,
    /// Print what each expression costs at most, as sums over the sizes of what it reads
    #[arg(long)]
    bounds: bool,
    /// How problems are told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`, an object on a line for each file: byte spans, lines and columns
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl Arguments {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    /// How many of its files are standard input.
    pub(super) fn n_from_standard_input(&self) -> usize {
        let files = self.files.iter().filter(|path| is_standard_input(path));
        files.count() + self.meant.n_from_standard_input()
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let public_url = PublicUrl::new(&arguments.public_url)
        .map_err(|error| format!("the public URL `{}`: {error}", arguments.public_url))?;
    // Made when the first expression asks for it.
    let mut schema: Option<Arc<Schema>> = None;
    let mut is_well = true;
    for source in sources(arguments.expression.as_deref(), &arguments.files) {
        let name = source.name();
        let text = match source.read() {
            Ok(text) => text,
            Err(stop) => {
                say(&format!("error: {stop}\n"));
                is_well = false;
                continue;
            }
        };
        if is_document(&source, &text) {
            is_well &= document::check(arguments, &name, &text, public_url.clone())?;
            continue;
        }
        if schema.is_none() {
            schema = arguments.meant.schema(public_url.clone())?;
        }
        let Some(schema) = &schema else { return Ok(ExitCode::FAILURE) };
        is_well &= expression::check(arguments, &name, &text, schema)?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether it is an org document, by its name or, where that says nothing, by how it begins.
fn is_document(source: &Source<'_>, text: &[u8]) -> bool {
    let Source::File(path) = source else { return false };
    let is_expression = path.extension().is_some_and(|extension| extension == "oel");
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    is_json(path) || (!is_expression && first == Some(&b'{'))
}
