//! How many instructions the corpus and one token take, counted by callgrind, generated code
//! included. `tests/counts.txt` keeps what they took; none may grow by more than 3 in 100.
//! `UPDATE=1` writes the file anew.
//!
//! The test runs itself again under valgrind. Counts are those of one compiler, one profile and one
//! kind of processor; where these, or valgrind, are others than the file's, it says so and passes.

use crate::organization::{self, API, Extent, Keeping};
use claimsmith::document;
use claimsmith::grant::{Proof, SignIn};
use claimsmith::policy::Trace;
use claimsmith::program::{Engine, Length, Roots, SetBuilder, Subject, Worker};
use claimsmith::random::Random;
use std::fmt::Write as _;
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
    let vendor = processor.lines().find_map(|line| line.strip_prefix("vendor_id\t: "));
    let is_avx2 = processor.contains(" avx2 ");
    format!(
        "{} {} {} avx2={is_avx2} debug={}",
        compiler.trim(),
        std::env::consts::ARCH,
        vendor.unwrap_or("unknown"),
        cfg!(debug_assertions)
    )
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
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let (kept_by, lines) = kept.split_once('\n').unwrap_or_default();
    let is_update = std::env::var_os("UPDATE").is_some();
    if !is_update && kept_by != made_by() {
        return say(&format!("the counts are of {kept_by}, and this is {}", made_by()));
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(counts) = count(folder.path()) else { return say("there is no valgrind") };
    if is_update {
        let mut text = format!("{}\n", made_by());
        for (name, count) in names().zip(&counts) {
            writeln!(text, "{count} {name}").unwrap();
        }
        return std::fs::write(&file, text).unwrap();
    }
    let mut grown = Vec::new();
    for (name, count) in names().zip(counts) {
        let known = lines.lines().find_map(|line| {
            let (known, line) = line.split_once(' ')?;
            known.parse::<u64>().ok().filter(|_| line == name)
        });
        let Some(known) = known else { panic!("`{name}` is not in {}", file.display()) };
        if count * 100 > known * (100 + GROWTH) {
            grown.push(format!("{name}: {count} instructions, and it was {known}"));
        }
    }
    assert!(grown.is_empty(), "UPDATE=1 keeps the new counts:\n{}", grown.join("\n"));
}

/// Says why nothing was counted, past what the test runner swallows.
fn say(why: &str) {
    use std::io::Write as _;
    let words = format!("instructions are not counted: {why}\n");
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}
