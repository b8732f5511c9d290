//! What is printed says the same, with the fewest brackets, in the author's spelling.

use super::{Spelling, WIDTH, print};
use crate::source::Span;
use crate::syntax::token::{self, Token};
use crate::syntax::tree::{Expression, ExpressionKind, Literal};
use crate::syntax::{Limits, format, parse, spans};

fn tree(text: &str) -> Expression {
    let parsed = parse(text, Limits::unlimited());
    spans::erased(parsed.tree.unwrap_or_else(|| panic!("{text}: {:?}", parsed.diagnostics)))
}

fn plain(text: &str) -> String {
    print(&tree(text), &Spelling::default(), usize::MAX)
}

fn laid_out(text: &str) -> String {
    format(text, Limits::free(), WIDTH).unwrap()
}

/// A text, and how it is printed plainly.
const PLAIN: &[(&str, &str)] = &[
    ("((user)).email", "user.email"),
    ("(user.email).length()", "(user.email).length()"),
    ("(a ?. b) . c", "(a?.b).c"),
    ("a?.b . c?.[0]?.![x]?.?[y].^[z].$[w]", "a?.b.c?.[0]?.![x]?.?[y].^[z].$[w]"),
    ("a.$ [0] + a?.$ [1] + a.$.$[b] + $[0]", "a.$ [0] + a?.$ [1] + a.$.$[b] + $[0]"),
    ("a.$?.[0]", "a.$?.[0]"),
    ("(a + b) + c - (d - e)", "(a + b) + c - (d - e)"),
    ("a + (b * c) + ((d))", "a + b * c + d"),
    ("(a + b) * (c)", "(a + b) * c"),
    ("a*b/c%d mod e div f", "a * b / c % d % e / f"),
    ("(-a) ^ (b) + (a ^ b) ^ c - -(a ^ b)", "-a ^ b + (a ^ b) ^ c - -(a ^ b)"),
    ("- -a + + +b - !(!c)", "- -a + + +b - !!c"),
    ("+-a - -+b", "+-a - -+b"),
    ("-9223372036854775808 - -9223372036854775808", "-9223372036854775808 - -9223372036854775808"),
    ("- -9223372036854775808", "- -9223372036854775808"),
    ("+-9223372036854775808.x", "+-9223372036854775808.x"),
    ("- -9223372036854775808.x", "- -9223372036854775808.x"),
    ("(-5).toInteger() + -5.toInteger()", "(-5).toInteger() + -5.toInteger()"),
    ("NOT (a AND b) Or c", "!(a && b) || c"),
    ("(a && b) && (c || d)", "(a && b) && (c || d)"),
    ("(a || b) || (c && d)", "(a || b) || c && d"),
    ("not a == b", "!a == b"),
    ("(a == b) == (c)", "(a == b) == c"),
    ("(a EQ b) and !(c lt d)", "a == b && !(c < d)"),
    ("a ? (b) : (c ? d : e)", "a ? b : (c ? d : e)"),
    ("a ? (b ? c : d) : e", "a ? b ? c : d : e"),
    ("(a ? b : c) ? d : e", "(a ? b : c) ? d : e"),
    ("a ?: (b ?? c) ?? d", "a ?: (b ?? c) ?? d"),
    ("a ?: b ?? c ? d : e", "a ?: b ?? c ? d : e"),
    ("f(x => (x), (a, b) => (a ?: b))", "f(x => x, (a, b) => a ?: b)"),
    ("f((a), (b))", "f(a, b)"),
    ("String.len((x)) + (String).len(y)", "String.len(x) + String.len(y)"),
    ("String?.len(x).y", "String?.len(x).y"),
    ("[1, [ ], {2}, {}, {:}]", "{1, {}, {2}, {}, {:}}"),
    ("{a : 1, 'b' : 2, 'c d' : 3, '' : 4, true: 5}", "{a: 1, b: 2, 'c d': 3, '': 4, true: 5}"),
    ("'it''s' + \"say \"\"hi\"\"\"", "\"it's\" + 'say \"hi\"'"),
    ("'''\"'", "'''\"'"),
    ("0xFF + 2L + 1.50 + 1e2 + 3d", "255 + 2 + 1.5 + 100.0 + 3.0"),
    ("1 .x + 1.e5 + 1e300.x + 1e-7", "1.x + 1.e5 + 1e300.x + 1e-7"),
    ("a.and.not.matches().true", "a.and.not.matches().true"),
    ("list.?[#this == 2]", "list.?[#this == 2]"),
    ("new && in || (T) matches return", "new && in || T matches return"),
];

#[test]
fn brackets_are_kept_only_where_they_mean_something() {
    for (text, printed) in PLAIN {
        assert_eq!(plain(text), *printed);
        assert_eq!(tree(printed), tree(text), "{text}");
    }
}

/// Each text without one pair of its brackets around an expression.
fn without_a_pair(text: &str) -> Vec<String> {
    let (tokens, _) = token::tokens(text);
    let mut open = Vec::new();
    let mut texts = Vec::new();
    for (index, (start, token, _)) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &tokens[before].1);
        let is_call = matches!(before, Some(Token::Name(_)));
        match token {
            Token::OpenParenthesis => open.push((*start, is_call)),
            Token::OpenParameters => open.push((*start, true)),
            Token::CloseParenthesis => {
                if let Some((opened, false)) = open.pop() {
                    let blank = |(at, character)| {
                        if at == opened || at == *start { ' ' } else { character }
                    };
                    texts.push(text.char_indices().map(blank).collect());
                }
            }
            _ => {}
        }
    }
    texts
}

#[test]
fn no_pair_of_brackets_can_be_left_out() {
    let mut n_pairs = 0;
    for (text, _) in PLAIN {
        for fewer in without_a_pair(&plain(text)) {
            n_pairs += 1;
            let parsed = parse(&fewer, Limits::free()).tree.map(spans::erased);
            assert_ne!(parsed, Some(tree(text)), "{fewer} would do for {text}");
        }
    }
    assert!(n_pairs > 15, "only {n_pairs}");
}

#[test]
fn the_first_spelling_is_that_of_all() {
    for (text, expected) in [
        ("a AND b and (c && d)", "a AND b AND (c AND d)"),
        ("a && b and c", "a && b && c"),
        ("not a || !b", "not a || not b"),
        ("a eq b || c == d || e !== f || g ne h", "a eq b || c eq d || e ne f || g ne h"),
        ("a === b", "a == b"),
        ("a div b / c % d", "a div b div c % d"),
        ("NULL == null || TRUE", "NULL == NULL || TRUE"),
        ("\"a\" + 'b' + 'say \"hi\"'", "\"a\" + \"b\" + 'say \"hi\"'"),
        ("\"it's\" + 'b' + \"c\"", "\"it's\" + 'b' + 'c'"),
        ("[1] + {2} + {}", "[1] + [2] + []"),
        ("a[0] + {1} + [2]", "a[0] + {1} + {2}"),
        ("a?.[0] + [2] + {1}", "a?.[0] + [2] + [1]"),
        ("{:}.x + {a: {1}} + [2]", "{:}.x + {a: {1}} + {2}"),
        ("{'a': 1, b: (\"c\")}", "{'a': 1, b: 'c'}"),
        ("((0xFF)) + 2L + 1.50", "0xFF + 2L + 1.50"),
        ("new and b", "new and b"),
        ("a and (new && b)", "a and (new and b)"),
        ("return Matches 'x'", "return Matches 'x'"),
    ] {
        assert_eq!(laid_out(text), expected);
        assert_eq!(laid_out(expected), expected, "twice");
    }
}

#[test]
fn a_long_expression_goes_over_several_lines() {
    let text = r#"
user.groups.filter(g => g.startsWith("role_")).map(g => g.replace("role_", "")).sortBy(g => g.length())
=
user.groups
  .filter(g => g.startsWith("role_"))
  .map(g => g.replace("role_", ""))
  .sortBy(g => g.length())
=
user.groups.filter(group => group.startsWith("role_") && group.length() > 5 || group == "Administrators of all")
=
user.groups.filter(group =>
  group.startsWith("role_") && group.length() > 5 || group == "Administrators of all"
)
=
isMemberOfGroupName("Internal Employees") && user.department != null && !user.title.contains("contractor")
=
isMemberOfGroupName("Internal Employees")
  && user.department != null
  && !user.title.contains("contractor")
=
user.department == "Engineering" ? "engineering@example.com" : user.department == "Sales" ? "sales@example.com" : "all@example.com"
=
user.department == "Engineering" ? "engineering@example.com"
  : user.department == "Sales" ? "sales@example.com"
  : "all@example.com"
=
String.stringContains(user.email, "@example.com") ? String.substringBefore(user.email, "@") : user.email
=
String.stringContains(user.email, "@example.com")
  ? String.substringBefore(user.email, "@")
  : user.email
=
String.replace(String.substringAfter(user.email, "@example.com"), "a long text to find", "what replaces it")
=
String.replace(
  String.substringAfter(user.email, "@example.com"),
  "a long text to find",
  "what replaces it"
)
=
user.getGroups({'group.profile.name': {'role_admin', 'role_auditor', 'role_reviewer'}, operator: 'EXACT'}).![profile.name]
=
user
  .getGroups({
    'group.profile.name': {'role_admin', 'role_auditor', 'role_reviewer'},
    operator: 'EXACT'
  })
  .![profile.name]
=
user.displayName ?: user.profile.nickName ?: user.profile.firstName + " " + user.profile.lastName
=
user.displayName ?: user.profile.nickName ?: user.profile.firstName + " " + user.profile.lastName
"#;
    let parts: Vec<&str> = text.split("\n=\n").map(|part| part.trim_matches('\n')).collect();
    for pair in parts.chunks(2) {
        assert_eq!(laid_out(pair[0]), pair[1]);
        assert_eq!(laid_out(pair[1]), pair[1], "twice");
    }
}

#[test]
fn text_over_several_lines_counts_from_its_last() {
    let text = format!("'{}\n{}' + user.email", "a".repeat(90), "b".repeat(80));
    assert_eq!(laid_out(&text), text);
    let text = format!("'{}\n{}' + user.email", "a".repeat(20), "b".repeat(95));
    assert_eq!(laid_out(&text), text.replace(" + ", "\n  + "));
}

#[test]
fn what_would_become_too_long_stays_shorter() {
    let limits = Limits { scalars: 60, nesting: 100 };
    let formatted = |text: &str| format(text, limits, 20).unwrap();
    assert_eq!(formatted("aaaaaaaa+bbbbbbbbbbbb+c"), "aaaaaaaa\n  + bbbbbbbbbbbb\n  + c");
    let one_line = format!("{}+a", ["b+"; 12].concat().trim_end_matches('+'));
    assert_eq!(formatted(&one_line), one_line.replace('+', " + "));
    let tight = format!("{}b", "b+".repeat(29));
    assert_eq!(formatted(&tight), tight);
}

#[test]
fn numbers_read_back_as_what_they_are() {
    for value in [0.0, 1.0, 0.1, 1e21, 1e16, 1.5e-7, 5e-324, f64::MAX, 123_456_789.125] {
        let kind = ExpressionKind::Literal(Literal::Number(value));
        let literal = Expression { span: Span::default(), kind };
        assert_eq!(tree(&print(&literal, &Spelling::default(), WIDTH)), literal, "{value}");
    }
}
