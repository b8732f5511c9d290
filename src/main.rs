//! Reads the command line and calls the command. No decisions.

use std::process::ExitCode;

fn main() -> ExitCode {
    claimsmith::cli::main()
}
