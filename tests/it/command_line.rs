//! The commands as a person or a harness runs them: the built binary, its output and exit status.

use std::io::Write;
use std::process::{Command, Output, Stdio};

pub(crate) fn claimsmith(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_claimsmith"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A command that reads nothing closes the pipe early; that is no failure.
    drop(writer.join().unwrap());
    output
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const LAMBDA: &str =
    r#"user.groups.filter(g => g.startsWith("role_")).map(g => g.replace("role_", ""))"#;
const GROUPS: &[u8] = br#"{"user": {"groups": ["Everyone", "role_admin", "role_auditor"]}}"#;

#[test]
fn eval_prints_the_roles() {
    for expression in [LAMBDA.to_owned(), format!("Claims({LAMBDA})")] {
        for engine in ["native", "interpreter"] {
            let arguments = ["eval", &expression, "--context", "-", "--engine", engine];
            let output = claimsmith(&arguments, GROUPS);
            assert!(output.status.success(), "{}", text(&output.stderr));
            assert_eq!(text(&output.stdout), "[\"admin\",\"auditor\"]\n");
        }
    }
}

#[test]
fn a_mistake_is_shown_with_a_caret_and_fails() {
    let output = claimsmith(&["eval", "user.groups.fliter(g => true)", "--context", "-"], GROUPS);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let said = text(&output.stderr);
    assert!(said.contains("error[E0501]: there is no function `fliter`"), "{said}");
    assert!(said.contains("^^^^^^") && said.contains("did you mean `filter`?"), "{said}");
}

#[test]
fn a_criterion_that_looks_like_a_pattern_is_remarked_and_its_place_is_shown() {
    let criteria = "user.isMemberOf({'group.profile.name': {'ok.*', '^(Admin-|Service-).*'}})";
    let output = claimsmith(&["eval", criteria, "--context", "-"], GROUPS);
    assert!(output.status.success() && text(&output.stdout) == "false\n");
    let said = text(&output.stderr);
    assert_eq!(said.matches("L0408").count(), 1, "{said}");
    assert!(said.contains("expression:1:49"), "{said}");
}

#[test]
fn several_mistakes_are_told_at_once() {
    let output = claimsmith(&["eval", "nope.a + usr.b + user.getGrups()"], b"");
    let said = text(&output.stderr);
    assert_eq!(said.matches("error[").count(), 3, "{said}");
}

#[test]
fn repl_answers_lines_and_goes_on_while_something_is_open() {
    let context = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(context.path(), GROUPS).unwrap();
    let input = format!(
        "1 + 1\n\n{{1,\n  2\n}}\n'a\nb'\n:type\n:type user?.groups\n:context {}\n{LAMBDA}\n:type\n\
         (1 +\n\n:ir 7\n:asm 7\n:time 7\n:help\n:nothing\n1 / 0\n:quit\n2\n",
        context.path().display()
    );
    let output = claimsmith(&["repl"], input.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    let start = "2\n[1,2]\n\"a\\nb\"\ntext\n";
    assert!(printed.starts_with(start), "{printed}");
    for part in
        ["[\"admin\",\"auditor\"]\nlist<text>\n", "root %", "ret", " ns, the mean of ", ":quit"]
    {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(!printed.contains("oel>") && !printed.ends_with("\n2\n"), "{printed}");
    let said = text(&output.stderr);
    for part in ["E0202", "no command `:nothing`", "E0604"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let well =
        claimsmith(&["repl", "--context", context.path().to_str().unwrap()], b"user.groups.size()");
    assert_eq!((well.status.code(), text(&well.stdout)), (Some(0), "3\n".to_owned()));
}

#[test]
fn every_stage_of_an_expression_is_shown() {
    let shown = |arguments: &[&str]| {
        let output = claimsmith(arguments, GROUPS);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let ir = shown(&["ir", "user.groups.any(g => g == 'role_admin')", "--context", "-"]);
    assert!(ir.contains("stream") && ir.contains(" : boolean @") && ir.contains("root %"), "{ir}");
    let typed =
        shown(&["eval", "--ir", "user.groups.any(g => g == 'role_admin')", "--context", "-"]);
    assert_eq!(typed, ir);
    let lowered = shown(&["ir", "--lowered", "1 + 1"]);
    assert!(lowered.starts_with("function ") && lowered.contains("return"), "{lowered}");
    let machine_code = shown(&["asm", "1 + 1"]);
    assert!(machine_code.contains("ret") && !machine_code.contains("function "), "{machine_code}");
    let output = claimsmith(&["asm", "1 +"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("E0202"), "{}", text(&output.stderr));
}

#[test]
fn fmt_prints_an_expression_and_rewrites_files() {
    let source = b"user.groups . filter(g=>(g.startsWith(\"role_\")AND g!='role_'))\n";
    let expected =
        "user.groups.filter(g => g.startsWith(\"role_\") AND g != \"role_\")\n".to_owned();
    assert_eq!(text(&claimsmith(&["fmt", "-"], source).stdout), expected);
    assert_eq!(text(&claimsmith(&["fmt", "--expression", &text(source)], b"").stdout), expected);
    let file = tempfile::NamedTempFile::with_suffix(".oel").unwrap();
    std::fs::write(file.path(), source).unwrap();
    let path = file.path().to_str().unwrap();
    let status = |arguments: &[&str]| claimsmith(arguments, b"").status.code();
    assert_eq!(status(&["fmt", "--check", path]), Some(1));
    assert_eq!(std::fs::read(path).unwrap(), source);
    assert_eq!(status(&["fmt", path]), Some(0));
    assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    assert_eq!(status(&["fmt", "--check", path]), Some(0));
    std::fs::write(path, "a +").unwrap();
    let output = claimsmith(&["fmt", path], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("E0202"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "a +");
}

#[test]
fn fmt_changes_the_expressions_of_an_org_document_only() {
    let demo = include_str!("../../src/organization/demo.json");
    let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    let path = file.path().to_str().unwrap();
    let untidy = demo.replace("\"user?.department\"", "\"( user ?. department )\"").replace(
        "access.scope.contains('process:payments')",
        "access . scope.contains(('process:payments') )",
    );
    std::fs::write(path, &untidy).unwrap();
    assert_eq!(claimsmith(&["fmt", "--check", path], b"").status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(path).unwrap(), untidy);
    assert_eq!(claimsmith(&["fmt", path], b"").status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(path).unwrap(), demo);
    assert_eq!(claimsmith(&["fmt", "--check", path], b"").status.code(), Some(0));
    let broken = demo.replace("user?.employeeType", "user?.");
    std::fs::write(path, &broken).unwrap();
    let output = claimsmith(&["fmt", path], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("value: expected"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(path).unwrap(), broken);
}

/// What `eval --batch` answers, a line for each line, as it is printed.
fn printed(lines: &[&[u8]]) -> String {
    let output = claimsmith(&["eval", "--batch"], &lines.join(&b'\n'));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn batch(lines: &[&[u8]]) -> Vec<serde_json::Value> {
    printed(lines).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn batch_answers_every_line_whatever_it_is() {
    let deep = format!("{{\"expr\":\"1\",\"context\":{}{}}}", "[".repeat(101), "]".repeat(101));
    let long = vec![b'x'; 17 << 20];
    let lines: [&[u8]; 12] = [
        br#"{"expr":"1 + 1"}"#,
        br#"{"expr":"user.a","context":{"user":{"a":"x"}},"other":[]}"#,
        b"",
        b"\xff\xfe",
        br#"{"expr":"\ud800"}"#,
        br#"{"expr":7}"#,
        br#"{"expr":"1","expr":"2"}"#,
        br#"{"expr":"1","context":{"a":9223372036854775808}}"#,
        br#"{"expr":"1","context":{"user":3}}"#,
        deep.as_bytes(),
        &long,
        br#"{"expr":"1 / 0"}"#,
    ];
    let answers = batch(&lines);
    assert_eq!(answers.len(), lines.len());
    assert_eq!(answers[0], serde_json::json!({"value": 2}));
    assert_eq!(answers[1], serde_json::json!({"value": "x"}));
    for answer in &answers[2..11] {
        assert_eq!(answer["error"]["category"], "context", "{answer}");
        assert_eq!(answer["error"]["span"], serde_json::json!([0, 0]), "{answer}");
    }
    assert_eq!(answers[11]["error"]["category"], "arith");
}

#[test]
fn a_time_of_the_context_that_cannot_be_read_is_the_contexts_fault() {
    let lines: [&[u8]; 6] = [
        br#"{"expr":"1","context":{"now":"soon"}}"#,
        br#"{"expr":"1","context":{"now":1438363117979}}"#,
        br#"{"expr":"1","context":{"user":{"created":"30.07.2015"}}}"#,
        br#"{"expr":"1","context":{"user":{"lastLogin":true}}}"#,
        br#"{"expr":"1","context":{"linkedObjects":{"manager":{"lastUpdated":""}}}}"#,
        br#"{"expr":"Time.now() > user.created","context":{"user":{"created":"2015-07-30"},"now":null}}"#,
    ];
    let answers = batch(&lines);
    for answer in &answers[..5] {
        assert_eq!(answer["error"]["category"], "context", "{answer}");
    }
    assert_eq!(answers[5], serde_json::json!({"value": true}));
}

#[test]
fn a_record_prints_its_members_in_the_order_given() {
    let line = br#"{"expr":"{x, user}","context":{"x":{"b":1,"a":null},"user":{"z":"","id":2}}}"#;
    let members = r#"[{"b":1,"a":null},{"z":"","id":2}]"#;
    assert_eq!(printed(&[line]), format!("{{\"value\":{members}}}\n"));
}

#[test]
fn hostile_expressions_are_refused_at_once() {
    let nested = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let huge = "a".repeat(1 << 20);
    let chain = format!("user{}", ".trimmed".repeat(1_200));
    let escaped =
        |expr: &str| serde_json::json!({"expr": expr, "context": {"user": {}}}).to_string();
    let lines = [escaped(&nested), escaped(&huge), escaped(&chain)];
    let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    let answers = batch(&lines);
    assert_eq!(answers[0]["error"]["category"], "limit");
    assert_eq!(answers[1]["error"]["category"], "limit");
    assert_eq!(answers[2]["error"]["category"], "null-target");
}

#[test]
fn a_declared_schema_turns_mistakes_into_errors() {
    let schema = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        schema.path(),
        r#"{"user": {"age": {"type": "integer", "required": true}, "title": {"type": "string"}}}"#,
    )
    .unwrap();
    let path = schema.path().to_str().unwrap();
    let lines: [&[u8]; 4] = [
        br#"{"expr":"user.age + 1","context":{"user":{"profile":{"age":1}}}}"#,
        br#"{"expr":"user.titel","context":{"user":{"profile":{"age":1}}}}"#,
        br#"{"expr":"false ? user.age.startsWith('x') : true","context":{"user":{"profile":{"age":1}}}}"#,
        br#"{"expr":"user.age","context":{"user":{"profile":{"age":"x"}}}}"#,
    ];
    let output = claimsmith(&["eval", "--batch", "--schema", path], &lines.join(&b'\n'));
    let said = text(&output.stdout);
    let answers: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0], serde_json::json!({"value": 2}));
    assert_eq!(answers[1]["error"]["category"], "unknown-property");
    assert_eq!(answers[2]["error"]["category"], "type");
    assert_eq!(answers[3]["error"]["category"], "context");
}

#[test]
fn programs_get_the_value_and_everything_said_as_json() {
    let read =
        |output: &Output| -> serde_json::Value { serde_json::from_slice(&output.stdout).unwrap() };
    let output = claimsmith(&["eval", "--json", "'é' + 'a\\nb'.length()"], b"");
    assert!(output.status.success() && output.stderr.is_empty());
    let answer = read(&output);
    assert_eq!(answer["value"], "é4");
    let remark = &answer["diagnostics"][0];
    assert_eq!((&remark["code"], &remark["severity"]), (&"L0101".into(), &"lint".into()));
    assert_eq!(remark["span"], serde_json::json!([9, 11]), "bytes");
    assert_eq!((&remark["line"], &remark["column"]), (&1.into(), &9.into()));

    let output = claimsmith(&["eval", "--json", "1 +\n  usr.x"], b"");
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(1), ""));
    let answer = read(&output);
    assert_eq!(answer.get("value"), None);
    let error = &answer["diagnostics"][0];
    assert_eq!(error["code"], "E0301");
    assert_eq!((&error["line"], &error["column"]), (&2.into(), &3.into()));
    assert_eq!(error["help"], "did you mean `user`?");

    let output = claimsmith(&["eval", "--json", "1", "--context", "-"], b"[");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(read(&output)["diagnostics"][0]["category"], "context");
}

#[test]
fn expressions_in_files_are_checked_against_whom_they_are_meant_for() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let right = path("right.oel", "user.groups\n  .filter(g => g.startsWith('role_'))\n");
    let wrong = path("wrong.oel", "{user.firstName,\n user.profle.email}");
    let custom = path("custom.oel", "user.employeeType");
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/src/organization/demo.json");

    let output = claimsmith(&["check", &right, &wrong, demo], b"");
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    assert_eq!(printed.matches("is in order").count(), 2, "{printed}");
    let said = text(&output.stderr);
    assert!(said.contains("wrong.oel:2:7") && said.contains("`profile`"), "{said}");

    let output = claimsmith(&["check", "--json", &right, &wrong, "--bounds"], b"");
    let lines = text(&output.stdout);
    let told: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&told[0]["problems"], &told[0]["file"]), (&serde_json::json!([]), &right.into()));
    assert!(told[0]["bounds"][0]["steps"].is_string());
    let problem = &told[1]["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&2.into(), &7.into()));

    let of = |arguments: &[&str]| {
        let output = claimsmith(&[&["check"], arguments].concat(), b"user.employeeType");
        (output.status.success(), text(&output.stderr))
    };
    assert!(!of(&[&custom]).0, "a new organization has no such attribute");
    assert_eq!(of(&[&custom, "--org", demo]), (true, String::new()));
    assert_eq!(of(&["-", "--org", demo]), (true, String::new()));
    assert!(!of(&["-", "--org", demo, "--at", "condition"]).0, "a text is no condition");
    let (is_well, said) = of(&["-e", "device.id", "--at", "access-token"]);
    assert!(!is_well && said.contains("policies for signing in"), "{said}");
    assert!(!of(&["-e", "1", "--schema", "/nowhere"]).0);
}

#[test]
fn problems_of_a_document_are_told_as_json_with_places() {
    let document = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(document.path(), b"{\n  \"version\": 1\n}").unwrap();
    let path = document.path().to_str().unwrap();
    let output = claimsmith(&["check", "--json", path], b"");
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(1), ""));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problem = &told["problems"][0];
    assert_eq!(problem["code"], "E0712");
    assert_eq!((&problem["line"], &problem["column"]), (&1.into(), &1.into()));
}

const COMMANDS: [&str; 7] = ["serve", "token", "eval", "check", "fmt", "explain", "functions"];

#[test]
fn every_command_explains_itself_with_examples() {
    let whole = text(&claimsmith(&["--help"], b"").stdout);
    assert!(whole.contains("Exit status: 0 done, 1 the input is wrong, 2"), "{whole}");
    for command in COMMANDS {
        assert!(whole.contains(&format!("\n  {command} ")), "{command} is not in --help");
        let output = claimsmith(&[command, "--help"], b"");
        let help = text(&output.stdout);
        assert!(output.status.success() && help.contains("Example"), "{command}: {help}");
        assert!(help.contains(&format!("\n  claimsmith {command}")), "{command}: {help}");
    }
}

#[test]
fn the_exit_status_tells_wrong_input_from_a_wrong_command_line() {
    for (arguments, status) in [
        (&["eval", "1 + 1"][..], 0),
        (&["eval", "1 +"], 1),
        (&["eval", "1 / 0"], 1),
        (&["eval"], 2),
        (&["eval", "1", "--context", "/nowhere"], 1),
        (&["check", "/nowhere"], 1),
        (&["explain", "E9999"], 1),
        (&["functions", "nothingLikeIt"], 1),
        (&["nonsense"], 2),
        (&[], 2),
        (&["--version"], 0),
    ] {
        let output = claimsmith(arguments, b"");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// What a command shows on a terminal, made by `script`; `None` where that is not installed.
fn on_terminal(no_color: Option<&str>) -> Option<String> {
    let command = format!("'{}' eval 'usr.x'; true", env!("CARGO_BIN_EXE_claimsmith"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).env("TERM", "xterm");
    match no_color {
        Some(value) => script.env("NO_COLOR", value),
        None => script.env_remove("NO_COLOR"),
    };
    script.output().ok().map(|output| text(&output.stdout))
}

#[test]
fn colours_are_for_terminals_whose_owner_wants_them() {
    let mut plain = Command::new(env!("CARGO_BIN_EXE_claimsmith"));
    let output = plain.args(["eval", "usr.x"]).env_remove("NO_COLOR").output().unwrap();
    assert!(text(&output.stderr).contains("E0301") && !text(&output.stderr).contains('\u{1b}'));
    let Some(coloured) = on_terminal(None) else { return };
    assert!(coloured.contains("E0301") && coloured.contains('\u{1b}'), "{coloured:?}");
    let plain = on_terminal(Some("1")).unwrap();
    assert!(plain.contains("E0301") && !plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn what_an_expression_costs_at_most_is_printed() {
    let output = claimsmith(&["eval", LAMBDA, "--context", "-", "--bounds"], GROUPS);
    let printed = text(&output.stdout);
    assert!(printed.contains("steps   ") && printed.contains("·|user.groups|"), "{printed}");
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/src/organization/demo.json");
    let printed = text(&claimsmith(&["check", demo, "--bounds"], b"").stdout);
    let claim = "authorizationServers[0].claims[0].value\n  steps   ";
    assert!(printed.contains(claim) && printed.contains("is in order"), "{printed}");
}

#[test]
fn bench_measures_each_line_in_order_and_draws_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, plot) = (folder.path().join("lines.jsonl"), folder.path().join("plot.svg"));
    let lines = [
        r#"{"expr": "1 + 2 * 3"}"#,
        "",
        r#"{"expr": "user.email.substringBefore('@')", "context": {"user": {"profile": {"email": "a@b"}}}}"#,
        r#"{"expr": "1 +"}"#,
        r#"{"expr": "10 / (5 - 5)"}"#,
        "no JSON",
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let name = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let arguments =
        ["bench", "--expressions", &name(&file), "--json", "--milliseconds", "1", "--plot"];
    let plot_name = name(&plot);
    let output = claimsmith(&[&arguments[..], &[plot_name.as_str()]].concat(), b"");
    assert_eq!(output.status.code(), Some(1), "two lines cannot be measured");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = told.as_array().unwrap();
    let expressions: Vec<&str> = told.iter().map(|one| one["expr"].as_str().unwrap()).collect();
    let wanted = ["1 + 2 * 3", "user.email.substringBefore('@')", "1 +", "10 / (5 - 5)", ""];
    assert_eq!(expressions, wanted);
    for measured in [&told[0], &told[1], &told[3]] {
        for figure in ["native_ns", "interpreted_ns", "compile_us", "code_bytes", "steps"] {
            assert!(measured[figure].as_f64().unwrap() > 0.0, "{figure} of {measured}");
        }
        assert_eq!(measured["spread"]["native_ns"].as_array().unwrap().len(), 2);
    }
    assert_eq!(told[3]["fault"]["code"], "E0604");
    assert_eq!(told[2]["error"]["category"], "syntax");
    let svg = std::fs::read_to_string(plot).unwrap();
    assert!(svg.starts_with("<svg ") && svg.matches("<rect ").count() == 1 + 2 * 3, "{svg}");

    let output = claimsmith(&["bench", "--expressions", &name(&file), "--milliseconds", "1"], b"");
    assert_eq!(text(&output.stdout).lines().count(), 1 + wanted.len());
}

#[test]
fn bench_profiles_the_claims_and_rules_of_an_organization() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/src/organization/demo.json");
    let measured = |more: &[&str]| {
        let arguments = [&["bench", "--org", demo, "--json", "--milliseconds", "1"], more].concat();
        let output = claimsmith(&arguments, b"");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        told.as_array().unwrap().clone()
    };
    let (whole, apart) = (measured(&[]), measured(&["--profile"]));
    assert!(!whole.is_empty() && apart.len() > whole.len() + 5, "{apart:?}");
    for row in whole.iter().chain(&apart) {
        assert!(row["native_ns"].as_f64().unwrap() > 0.0, "{row}");
    }
    let has = |part: &str| apart.iter().any(|row| row["path"].as_str().unwrap().contains(part));
    assert!(has(".claims[") && has("ondition"), "{apart:?}");
}
