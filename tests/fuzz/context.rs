//! The fuzz target `context`.
#![no_main]

#[path = "targets.rs"]
#[expect(dead_code, reason = "each target asks one thing of what all ask")]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::context(input));
