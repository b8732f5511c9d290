//! How many instructions a run takes, generated code included: a bench runs itself again under
//! valgrind and tells what callgrind counted.
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to say")]

use super::Candidate;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// Asks for counts.
const COUNT: &str = "COUNT";
/// Says to a bench that it is being counted.
const COUNTED: &str = "CLAIMSMITH_COUNTED";

/// Whether instructions are to be counted, not time measured. The bench that is asked for counts
/// ends here, once the one that it starts has given them.
pub(crate) fn is_wanted() -> bool {
    let is_counted = std::env::var_os(COUNTED).is_some();
    if !is_counted && std::env::var_os(COUNT).is_some() {
        run_counted();
        std::process::exit(0);
    }
    is_counted
}

/// Runs each candidate once to warm up, and once to be counted.
pub(super) fn tell(title: &str, batch: usize, candidates: &mut [Candidate<'_>]) {
    for candidate in candidates {
        let prepare = |candidate: &mut Candidate<'_>| {
            if let Some(prepare) = &mut candidate.prepare {
                prepare(batch);
            }
        };
        prepare(candidate);
        (candidate.run)(batch);
        prepare(candidate);
        counted_by_callgrind(candidate.run, batch);
        println!("{title}/{}\t{batch}", candidate.name);
    }
}

/// What is counted is what happens in here, and nothing else.
#[inline(never)]
fn counted_by_callgrind(run: &mut dyn FnMut(usize), batch: usize) {
    black_box(run)(batch);
}

/// Starts this bench again under callgrind, and prints for each candidate the instructions a run.
fn run_counted() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("count");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--collect-atstart=no"]);
    for option in ["--toggle-collect", "--dump-after"] {
        command.arg(format!("{option}={}::counted_by_callgrind", module_path!()));
    }
    command.arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(std::env::current_exe().unwrap()).args(std::env::args_os().skip(1));
    let output = command.env(COUNTED, "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let named = told.lines().filter_map(|line| line.split_once('\t'));
    for (number, (name, batch)) in named.enumerate() {
        let total = total(&out.with_extension((number + 1).to_string()));
        let each = total as f64 / batch.parse::<f64>().unwrap();
        println!("{name}: {each:.1} instructions");
    }
}

fn total(dump: &Path) -> u64 {
    let text = std::fs::read_to_string(dump).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("summary: ")).unwrap();
    line.trim().parse().unwrap()
}
