//! `claimsmith ir`: the typed program that an expression becomes, and what the code generator makes
//! of that.

use super::expression::{About, Listed, tell_of};
use clap::Args;
use std::io;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "One node a line: its number, what it does, its type (`?` may be null), where \
    it was written,\nand whether it may fault. Without a schema types are those of the context's \
    values.\n\nExamples:\n  \
    claimsmith ir '1 + 2 * 3'\n  \
    claimsmith ir 'user.email.substringBefore(\"@\")' --context me.json\n  \
    claimsmith ir '1 < 2 ? user.email : 1 / 0' --context me.json --optimized\n  \
    claimsmith ir 'user.age + 1' --schema schema.json --lowered"
)]
pub(super) struct Arguments {
    /// The expression
    expression: String,
    #[command(flatten)]
    pub(super) about: About,
    /// Print what the optimizer makes of it: what machine code is made of
    #[arg(long, conflicts_with = "lowered")]
    optimized: bool,
    /// Print Cranelift's IR, which machine code is made of
    #[arg(long)]
    lowered: bool,
}

pub(super) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let listed = match (arguments.optimized, arguments.lowered) {
        (true, _) => Listed::Optimized,
        (_, true) => Listed::Lowered,
        _ => Listed::Ir,
    };
    tell_of(&arguments.expression, &arguments.about, |prepared| prepared.listing(listed))
}
