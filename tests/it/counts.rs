//! How many instructions the corpus and one token take, counted by callgrind, generated code
//! included. `tests/counts.txt` keeps what they took; none may grow by more than 3 in 100.
//! `UPDATE=1` writes the counts of this build anew.
//!
//! The test runs itself again under valgrind, which is the same processor on every machine but for
//! how wide its vectors are. Counts are those of one compiler and profile; where the file has none
//! of this one, or there is no valgrind, it says so and passes.

use crate::organization::{self, API, Extent, Keeping};
use claimsmith::document;
use claimsmith::grant::{Proof, SignIn};
use claimsmith::policy::Trace;
use claimsmith::program::{Engine, Length, Roots, SetBuilder, Subject, Worker};
use claimsmith::random::Random;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Says to this very test that it is being counted.
const COUNTED: &str = "CLAIMSMITH_COUNTED";

/// In percent, how much a count may grow.
const GROWTH: u64 = 3;

/// The twelve expressions of the measurements, by what they are about.
const CORPUS: [(&str, &str); 12] = [
    (
        "lambda over groups",
        "user.groups.filter(g => g.startsWith('role_')).map(g => g.replace('role_', ''))",
    ),
    ("projection and selection", "user.groups.?[#this.startsWith('role_')].![#this.toUpperCase()]"),
    ("condition", "user.department == 'Engineering' && user.email.endsWith('@example.com')"),
    ("substringAfter", "String.substringAfter(user.email, '@')"),
    (
        "five ways",
        "user.level == 1 ? 'one' : user.level == 2 ? 'two' : user.level == 3 ? 'three' \
         : user.level == 4 ? 'four' : 'more'",
    ),
    ("concatenation", "user.firstName + ' ' + user.lastName + ' <' + user.email + '>'"),
    (
        "membership of three",
        "user.groups.contains('role_1') || user.groups.contains('team_9') \
         || user.groups.contains('role_18')",
    ),
    ("regular expression", "user.email matches '[a-z0-9.]+@example[.]com'"),
    ("dates", "user.hired.parseStringTime('yyyy-MM-dd') < DateTime.now()"),
    (
        "list as text",
        "Arrays.toCsvString(Arrays.flatten(user.firstName, user.lastName, user.department))",
    ),
    ("any of a list", "user.groups.any(g => g.endsWith('_19'))"),
    ("joined", "user.groups.filter(g => g.startsWith('role_')).join(',')"),
];

/// Twenty groups, four of them roles' prefixes apart.
fn context() -> String {
    let group = |number: usize| match number % 2 {
        0 => format!("\"role_{number}\""),
        _ => format!("\"team_{number}\""),
    };
    let groups: Vec<String> = (0..20).map(group).collect();
    format!(
        r#"{{"user": {{"groups": [{}], "department": "Engineering", "email": "ada@example.com",
        "firstName": "Ada", "lastName": "Lovelace", "level": 4, "hired": "2019-05-01"}}}}"#,
        groups.join(", ")
    )
}

/// What is counted is what happens in here, and nothing else.
#[inline(never)]
fn counted_by_callgrind(run: &mut dyn FnMut()) {
    black_box(run)();
}

/// Runs everything that is counted, in the order of [`names`].
fn run_counted() {
    let node = document::read(context().as_bytes()).unwrap();
    let (schema, subject) = Subject::infer(&node).unwrap();
    let mut builder = SetBuilder::new(Arc::new(schema));
    let ids = CORPUS.map(|(_, text)| builder.add_json(text, Length::Claim).unwrap().0);
    let set = builder.finish(Engine::Native);
    let resolved = set.resolve(subject.table());
    let roots = Roots::of(&subject, &set, &resolved, 0);
    let mut worker = Worker::new();
    for id in ids {
        let mut evaluate = || {
            black_box(set.json(id, &roots, &mut worker, Engine::Native).unwrap());
        };
        evaluate();
        counted_by_callgrind(&mut evaluate);
    }
    let extent = Extent { algorithm: "EdDSA", ..Extent::default() };
    let document = organization::document(&extent);
    let published = organization::publish(&document, Engine::Native, &Keeping::new());
    let server = published.find_server("server0").unwrap();
    let client = published.directory().find_application_index("web-app").unwrap();
    let user = published.records().person(0).unwrap().clone();
    let sign_in = SignIn { user, auth_time: 0, methods: Vec::new(), acr: None, session: None };
    let (grant, random) = ("authorization_code", Random::seeded(b"counted"));
    let proof =
        Proof::by_operator(&published, server, client, Some(sign_in), grant, "scope:1", API);
    let proof = proof.unwrap();
    let mut issue = || {
        let decided = proof.decide(Trace::Skip, 0, &mut worker).unwrap();
        let claims = decided.claim_set(&mut worker).unwrap();
        black_box(claims.sign(&random).unwrap().given());
    };
    issue();
    issue();
    counted_by_callgrind(&mut issue);
}

fn names() -> impl Iterator<Item = &'static str> {
    CORPUS.iter().map(|(name, _)| *name).chain(["token of 20 claims, EdDSA"])
}

/// What counts depend on besides the code.
fn made_by() -> String {
    let output = Command::new("rustc").arg("-V").output().unwrap();
    let compiler = String::from_utf8(output.stdout).unwrap();
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let vectors = if processor.contains(" avx2 ") { "avx2" } else { "no avx2" };
    let assertions = if cfg!(debug_assertions) { "assertions" } else { "no assertions" };
    let level = env!("CLAIMSMITH_OPT_LEVEL");
    let architecture = std::env::consts::ARCH;
    format!("# {}, {architecture}, {vectors}, opt-level {level}, {assertions}", compiler.trim())
}

/// The counts that the file keeps, by what they were made by.
fn read(text: &str) -> Vec<(String, Vec<String>)> {
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        match sections.last_mut() {
            Some((_, counts)) if !line.starts_with('#') => counts.push(line.to_owned()),
            _ => sections.push((line.to_owned(), Vec::new())),
        }
    }
    sections
}

/// Counts by running this test again under callgrind; `None` where there is no valgrind.
fn count(folder: &Path) -> Option<Vec<u64>> {
    let out = folder.join("count");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--collect-atstart=no"]);
    for option in ["--toggle-collect", "--dump-after"] {
        command.arg(format!("{option}={}::counted_by_callgrind", module_path!()));
    }
    command.arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "counts::no_count_grows", "--test-threads=1"]);
    let output = command.env(COUNTED, "1").output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dump = |number: usize| PathBuf::from(format!("{}.{number}", out.display()));
    let total = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("summary: ")).unwrap();
        line.trim().parse().unwrap()
    };
    Some((1..=names().count()).map(dump).map(total).collect())
}

#[test]
fn no_count_grows() {
    if std::env::var_os(COUNTED).is_some() {
        return run_counted();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counts.txt");
    let mut sections = read(&std::fs::read_to_string(&file).unwrap_or_default());
    let made_by = made_by();
    let is_update = std::env::var_os("UPDATE").is_some();
    let known = sections.iter().position(|(known, _)| *known == made_by);
    if !is_update && known.is_none() {
        return say(&format!("{} keeps none of a build like this one: {made_by}", file.display()));
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(counts) = count(folder.path()) else { return say("there is no valgrind") };
    let counts: Vec<(&str, u64)> = names().zip(counts).collect();
    if is_update {
        let lines = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        match known.and_then(|known| sections.get_mut(known)) {
            Some((_, old)) => *old = lines,
            None => sections.push((made_by, lines)),
        }
        let lines =
            sections.into_iter().flat_map(|(made_by, lines)| [vec![made_by], lines].concat());
        return std::fs::write(&file, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    }
    let kept = known.and_then(|known| sections.get(known)).map(|(_, lines)| lines.as_slice());
    let grown = grown(kept.unwrap_or_default(), &counts);
    assert!(grown.is_empty(), "UPDATE=1 keeps the new counts:\n{}", grown.join("\n"));
}

/// What takes more than it may, or was never counted before.
fn grown(kept: &[String], counts: &[(&str, u64)]) -> Vec<String> {
    let mut grown = Vec::new();
    for (name, count) in counts {
        let known = kept.iter().find_map(|line| {
            let (known, line) = line.split_once(' ')?;
            known.parse::<u64>().ok().filter(|_| line == *name)
        });
        match known {
            Some(known) if count * 100 <= known * (100 + GROWTH) => {}
            Some(known) => grown.push(format!("{name}: {count} instructions, and it was {known}")),
            None => grown.push(format!("{name}: {count} instructions, and none are kept")),
        }
    }
    grown
}

#[test]
fn counts_may_grow_by_three_in_a_hundred() {
    let kept = read("# one\n100 dates\n# other\n200 dates\n");
    assert_eq!(kept.len(), 2);
    let (_, of_one) = &kept[0];
    assert!(grown(of_one, &[("dates", 103)]).is_empty());
    assert_eq!(grown(of_one, &[("dates", 104), ("joined", 1)]).len(), 2);
}

/// Says why nothing was counted, past what the test runner swallows.
fn say(why: &str) {
    use std::io::Write as _;
    let words = format!("\nSKIPPED counts::no_count_grows: instructions are not counted: {why}\n");
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}
