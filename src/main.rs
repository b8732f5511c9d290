//! Reads the command line and calls the command. No decisions.
fn main() {}
