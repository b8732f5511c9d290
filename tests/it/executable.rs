//! Memory that machine code runs in goes back to the system with the program it was made for.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// A process that answers expressions, one after the other.
struct Answerer(Child);

impl Answerer {
    fn answer(&mut self, expression: &str) -> String {
        let line = serde_json::json!({"expr": expression, "context": {"user": {"age": 36}}});
        writeln!(self.0.stdin.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        BufReader::with_capacity(1, self.0.stdout.as_mut().unwrap())
            .read_line(&mut answer)
            .unwrap();
        answer
    }

    /// How many maps of its memory may be executed.
    fn n_executable(&self) -> usize {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.0.id())).unwrap();
        let accesses = maps.lines().filter_map(|line| line.split_whitespace().nth(1));
        accesses.filter(|access| access.contains('x')).count()
    }
}

#[test]
fn five_hundred_programs_leave_no_executable_memory() {
    let child = Command::new(env!("CARGO_BIN_EXE_claimsmith"))
        .args(["eval", "--batch", "--engine", "native"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answerer = Answerer(child);
    let mut answer = |number: usize| {
        let answer = answerer.answer(&format!("user.age + {number}"));
        assert_eq!(answer, format!("{{\"value\":{}}}\n", 36 + number));
        answerer.n_executable()
    };
    let before = answer(0);
    assert!(before > 0);
    let after: Vec<usize> = (1..=500).map(&mut answer).collect();
    assert_eq!(after, vec![before; 500]);
    drop(answerer.0.stdin.take());
    assert!(answerer.0.wait().unwrap().success());
}
