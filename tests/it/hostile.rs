//! What authors, requests and directories can send to do harm: each is refused or bounded, in words
//! of its own, on both engines alike.

use crate::support::evaluate;
use claimsmith::diagnostic::first_error;
use claimsmith::document;
use claimsmith::program::Subject;
use std::fmt::Write;

/// Room for what recurses, as the commands have it.
const STACK: usize = 256 * 1024 * 1024;

/// A user with 100 tags, a long name, and a pattern that is expensive elsewhere.
fn context() -> String {
    let tags: Vec<String> = (0..100).map(|number| format!("t{number}")).collect();
    serde_json::json!({"user": {"profile": {
        "tags": tags,
        "long": "a".repeat(60_000),
        "nul": "a\u{0}b",
        "turned": "a\u{202e}b",
        "towering": "(a+)+$",
        "huge": "((a{100}){100}){100}",
        "behind": "(?<=a)b",
        "back": r"(a)\1",
        "__proto__": "mine",
    }}})
    .to_string()
}

/// What an expression comes to: its JSON, or the code of the error.
fn outcome(expression: &str, context: &str) -> String {
    evaluate(expression, context).unwrap_or_else(|said| {
        first_error(&said).map_or_else(|| "nothing".to_owned(), |first| first.code.id.to_owned())
    })
}

/// Asserts what each of these comes to.
fn come_to(questions: Vec<(String, &'static str)>) {
    let ask = move || {
        let context = context();
        let mut wrong = String::new();
        for (expression, expected) in questions {
            let found = outcome(&expression, &context);
            if found != expected {
                let start: String = expression.chars().take(80).collect();
                let found: String = found.chars().take(80).collect();
                writeln!(wrong, "{start} comes to {found}, not {expected}").unwrap();
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    };
    std::thread::Builder::new().stack_size(STACK).spawn(ask).unwrap().join().unwrap();
}

fn all(questions: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    questions.iter().map(|(expression, expected)| ((*expression).to_owned(), *expected)).collect()
}

#[test]
fn what_nests_deeply_is_refused_and_what_only_goes_on_is_not() {
    let nested = |open: &str, inner: &str, close: &str, n: usize| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    come_to(vec![
        (nested("(", "1", ")", 99), "1"),
        (nested("(", "1", ")", 4_000), "E0702"),
        (nested("{", "1", "}", 4_000), "E0702"),
        (nested("[", "1", "]", 4_000), "E0702"),
        (nested("{k: ", "1", "}", 1_500), "E0702"),
        (nested("!", "true", "", 9_000), "E0702"),
        (nested("not ", "true", "", 2_000), "E0702"),
        (nested("- ", "1", "", 4_000), "E0702"),
        (nested("user.tags.map(x => ", "1", ")", 400), "E0702"),
        (nested("true ? (", "1", ") : 2", 600), "E0702"),
        (nested("user[", "'a'", "]", 1_500), "E0702"),
        (nested("String.len(", "'a'", ")", 700), "E0702"),
        ("(".repeat(9_999), "E0702"),
        (format!("1{}", " + 1".repeat(2_400)), "2401"),
        (format!("user{}", "?.a".repeat(3_000)), "null"),
        (format!("user{}", ".a".repeat(3_000)), "E0602"),
        (format!("{}7", "user.none ?: ".repeat(700)), "7"),
        (format!("{}7", "user.none == 1 ? 2 : ".repeat(450)), "7"),
        (format!("'a'{}", ".trim()".repeat(1_400)), "\"a\""),
    ]);
}

#[test]
fn enormous_literals_are_refused() {
    come_to(vec![
        (format!("'{}'", "a".repeat(10_000)), "E0701"),
        (format!("{{{}}}", "1,".repeat(100_000)), "E0701"),
        ("9".repeat(5_000), "E0102"),
        (format!("0x{}", "f".repeat(5_000)), "E0102"),
        (format!("1.{}", "9".repeat(5_000)), "2.0"),
        (format!("{}.5", "9".repeat(400)), "E0102"),
        ("1e999999999999".to_owned(), "E0102"),
        ("1e-999999999999".to_owned(), "0.0"),
        (format!("user.{}", "a".repeat(9_000)), "null"),
    ]);
}

#[test]
fn what_grows_with_its_input_ends_at_the_limits() {
    come_to(all(&[
        ("user.long + user.long", "E0606"),
        ("user.tags.reduce((made, tag) => made + made + tag, 'a')", "E0606"),
        ("user.tags.map(x => user.long).join('')", "E0606"),
        ("user.long.replace('a', 'aa')", "E0606"),
        ("'a'.repeat(100001)", "E0606"),
        ("'a'.padStart(9223372036854775807)", "E0606"),
        ("user.long.split('')", "E0606"),
        ("user.tags.reduce((made, tag) => {made, made}, {1})", "E0606"),
        ("user.tags.reduce((made, tag) => {made}, {1})", "E0606"),
        ("user.tags.reduce((made, tag) => made.concat(made), {1})", "E0606"),
        ("user.tags.flatMap(a => user.tags).flatMap(b => user.tags)", "E0606"),
        (
            "user.tags.flatMap(a => user.tags).flatMap(b => user.tags).flatMap(c => user.tags).count()",
            "E0606",
        ),
        (
            "user.tags.map(a => user.tags.map(b => user.tags.map(c => user.tags.map(d => d))))",
            "E0606",
        ),
        (
            "user.tags.all(a => user.tags.all(b => user.tags.all(c => user.tags.all(d => true))))",
            "E0606",
        ),
        ("9 ^ 999", "E0604"),
        ("9223372036854775807 + 1", "E0604"),
    ]));
}

#[test]
fn patterns_take_time_in_proportion_or_are_refused() {
    come_to(all(&[
        ("(user.long.substring(0, 9000) + '!').matches('(a+)+$')", "false"),
        ("(user.long.substring(0, 9000) + '!').matches('(a|a)*b')", "false"),
        ("(user.long.substring(0, 9000) + '!').matches('(.*)*x')", "false"),
        ("(user.long.substring(0, 9000) + '!').matches(user.towering)", "false"),
        ("'a'.matches('((a{100}){100}){100}')", "E0410"),
        ("'a'.matches(user.huge)", "E0610"),
        ("'b'.matches('(?=b)b')", "E0410"),
        ("'b'.matches('(?<!a)b')", "E0410"),
        ("'b'.matches(user.behind)", "E0610"),
        (r"'aa'.matches('(a)\1')", "E0410"),
        ("'aa'.matches(user.back)", "E0610"),
        (r"'a'.matches('\q')", "E0410"),
        (r"'a'.matches('\u12')", "E0410"),
        (r"'a'.matches('\')", "E0410"),
        ("'a'.matches('(')", "E0410"),
        ("'a'.matches('[z-a]')", "E0410"),
        ("'a'.matches('a{2,1}')", "E0410"),
    ]));
}

#[test]
fn characters_that_nobody_sees_do_no_harm() {
    come_to(all(&[
        ("'a\u{0}b'", r#""a\u0000b""#),
        ("'a\u{0}b'.length()", "3"),
        ("user.nul == 'a\u{0}b'", "true"),
        ("user.nul.substringBefore('\u{0}')", r#""a""#),
        ("1 +\u{0} 1", "E0101"),
        ("\u{0}", "E0101"),
        ("user\u{202e}.long", "E0101"),
        ("1 \u{2066}+ 1", "E0101"),
        ("1\u{feff}", "E0101"),
        ("1\u{a0}+ 1", "E0101"),
        ("us\u{435}r.long", "E0107"),
        ("user.turned == 'a\u{202e}b'", "true"),
        (r"1 \u002b 1", "E0106"),
        (r"'\ud800'", r#""\\ud800""#),
    ]));
}

#[test]
fn the_machinery_beneath_other_languages_does_not_exist() {
    come_to(all(&[
        ("user.__proto__", r#""mine""#),
        ("user.constructor", "null"),
        ("user['constructor']", "null"),
        ("{__proto__: 1}.constructor", "null"),
        ("{__proto__: {admin: true}}.admin", "null"),
        ("'a'.__proto__", "E0609"),
        ("'a'.constructor", "E0609"),
        ("'a'.class", "E0609"),
        ("'a'.getClass()", "E0501"),
        ("'a'.getClass().forName('java.lang.Runtime')", "E0501"),
        ("user.tags.constructor('x')", "E0501"),
        ("user.toString.call(1)", "E0501"),
        ("T(java.lang.Runtime)", "E0110"),
        ("T(java.lang.Runtime).getRuntime().exec('id')", "E0110"),
        ("new java.lang.ProcessBuilder('id').start()", "E0110"),
        ("@environment.getProperty('x')", "E0110"),
        ("&@bean", "E0105"),
        ("#root", "E0110"),
        ("#vars['x']", "E0110"),
        ("#this", "E0505"),
        ("eval('1')", "E0501"),
        ("user.long = 'b'", "E0110"),
        ("globalThis", "E0301"),
        ("this", "E0301"),
        ("${user.long}", "E0201"),
    ]));
}

#[test]
fn contexts_are_read_strictly_and_never_too_deep() {
    let deep = |n: usize| {
        let (open, close) = ("{\"a\": ".repeat(n), "}".repeat(n));
        format!("{{\"user\": {{\"profile\": {open}1{close}}}}}")
    };
    let is_read =
        |context: &[u8]| document::read(context).is_ok_and(|node| Subject::infer(&node).is_ok());
    assert!(is_read(deep(90).as_bytes()));
    let (deeper, open) = (deep(100_000), "[".repeat(1_000_000));
    let refused: [&[u8]; 11] = [
        deeper.as_bytes(),
        open.as_bytes(),
        br#"{"user": {"profile": {"a": "\ud800"}}}"#,
        br#"{"user": {"profile": {"a": "\udc00\ud800"}}}"#,
        br#"{"user": {"profile": {"a": "\q"}}}"#,
        b"{\"user\": {\"profile\": {\"a\": \"\x00\"}}}",
        b"{\"user\": {\"profile\": {\"a\": \"\xff\"}}}",
        b"{\"user\": {\"profile\": {\"a\": \"\xed\xa0\x80\"}}}",
        br#"{"user": null, "user": {}}"#,
        br#"{"user": {"profile": {"a": 1e999}}}"#,
        br#"{"user": {"profile": {"a": NaN}}}"#,
    ];
    let read: Vec<String> = refused
        .iter()
        .filter(|context| is_read(context))
        .map(|context| String::from_utf8_lossy(context).chars().take(60).collect())
        .collect();
    assert!(read.is_empty(), "{read:#?}");
}
