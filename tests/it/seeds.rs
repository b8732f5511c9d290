//! Every seed of the fuzz targets, replayed: what was once interesting stays well.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

/// Room for what recurses, as the commands have it.
const STACK: usize = 256 * 1024 * 1024;

/// The seeds of a folder, with their names.
fn seeds(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut seeds: Vec<_> =
        paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect();
    seeds.sort();
    seeds
}

/// Asks each target of each seed; a panic names both.
fn replay(folder: &'static str, targets: &'static [targets::Target]) {
    let seeds = seeds(folder);
    assert!(seeds.len() >= 10, "only {} seeds", seeds.len());
    let mut fallen = Vec::new();
    for (name, seed) in seeds {
        for (target, ask) in targets {
            let seed = seed.clone();
            let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || ask(&seed));
            if thread.unwrap().join().is_err() {
                fallen.push(format!("{target} of {name}"));
            }
        }
    }
    assert!(fallen.is_empty(), "{fallen:#?}");
}

#[test]
fn every_expression_that_was_interesting_is_well() {
    replay("expression", &targets::OF_EXPRESSIONS);
}

#[test]
fn every_context_that_was_interesting_is_well() {
    replay("context", &[("context", targets::context)]);
}
