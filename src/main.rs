//! Reads the command line and calls the command. No decisions.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// What one thread makes another frees: events, rows, answers of the store. That is dear to the usual one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    claimsmith::cli::main()
}
