//! `claimsmith asm`: the machine code that an expression becomes, disassembled.

use super::expression::{About, Stage, tell_of};
use clap::Args;
use std::io;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "The code is that of this processor, and writes the value as JSON. What it \
    is made of is told by\n`claimsmith ir --lowered`.\n\nExamples:\n  \
    claimsmith asm '1 + 2 * 3'\n  \
    claimsmith asm 'user.groups.any(g => g == \"admin\")' --context me.json"
)]
pub(super) struct Arguments {
    /// The expression
    expression: String,
    #[command(flatten)]
    about: About,
}

pub(super) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let show = |prepared: super::expression::Prepared| prepared.listing(Stage::MachineCode);
    tell_of(&arguments.expression, &arguments.about, show)
}
