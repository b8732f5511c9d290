//! `claimsmith asm`: the machine code that an expression becomes, disassembled.

use super::expression::{About, Listed, Prepared, tell_of};
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
    pub(super) about: About,
}

pub(super) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let show = |prepared: Prepared<'_>| prepared.listing(Listed::MachineCode);
    tell_of(&arguments.expression, &arguments.about, show)
}
