//! What is written means this shape, or this error.

use super::{Limits, parse};
use crate::diagnostic::{Category, first_error};

/// Category and code of the error a text is told, if any.
fn error_of(text: &str) -> Option<(Category, &'static str)> {
    let parsed = parse(text, Limits::free());
    let error = first_error(&parsed.diagnostics).map(|error| (error.code.category, error.code.id));
    assert_eq!(error.is_some(), parsed.tree.is_none(), "{text}: {:?}", parsed.diagnostics);
    error
}

#[test]
fn what_oel_allows_is_read() {
    for text in [
        "user.email",
        "String.substringAfter(user.email, \"@\")",
        "user.getGroups({'group.profile.name': 'role_', operator: 'EXACT'}).![profile.name]",
        "Claims(user.groups.filter(g => g.startsWith(\"role_\")).map((g, i) => g + i))",
        "a ?: b ?? c ? d : e ?: f",
        "1.toInteger() + 1.6.toInteger() - 0xFF * 2L",
        "-9223372036854775808",
        "not a and !b OR c Eq d",
        "user.not.div?.and[0]?.[1]",
        "{true: 1, 'a b': {}, c: {:}}.![key]",
        "[1, 2, {3}][0]",
        "'it''s' + \"say \"\"hi\"\"\" + '\\'",
        "list.?[x > 1].^[#this == 2]?.$[y].![{name, id}]",
        "a === b || c !== d",
        "a\n\t== b",
    ] {
        assert_eq!(error_of(text), None, "{text}");
    }
}

#[test]
fn what_oel_lacks_is_named() {
    for (text, category, code) in [
        ("a = b", Category::Unsupported, "E0110"),
        ("a++", Category::Unsupported, "E0110"),
        ("'a' instanceof T(String)", Category::Unsupported, "E0110"),
        ("T(java.lang.Math).PI", Category::Unsupported, "E0110"),
        ("#var", Category::Unsupported, "E0110"),
        ("#fn(1)", Category::Unsupported, "E0110"),
        ("@bean", Category::Unsupported, "E0110"),
        ("x in y", Category::Unsupported, "E0110"),
        ("new Date()", Category::Unsupported, "E0110"),
        ("a // comment", Category::Unsupported, "E0110"),
        ("a /* comment */", Category::Unsupported, "E0110"),
        ("{1, 2,}", Category::Unsupported, "E0110"),
        ("`x`", Category::Unsupported, "E0110"),
        ("f(...x)", Category::Unsupported, "E0110"),
        ("\u{201c}x\u{201d}", Category::Syntax, "E0103"),
        ("'open", Category::Syntax, "E0104"),
        ("a &&& b", Category::Syntax, "E0108"),
        ("a | b", Category::Syntax, "E0105"),
        ("user.é", Category::Syntax, "E0107"),
        ("9223372036854775808", Category::Syntax, "E0102"),
        ("1 - 9223372036854775808", Category::Syntax, "E0102"),
        ("1e999", Category::Syntax, "E0102"),
        (".5", Category::Syntax, "E0201"),
        ("5.", Category::Syntax, "E0202"),
        ("1 +", Category::Syntax, "E0202"),
        ("a b", Category::Syntax, "E0201"),
        ("", Category::Syntax, "E0202"),
        ("1 < 2 < 3", Category::Syntax, "E0203"),
        ("1 < 2 == true", Category::Syntax, "E0203"),
        ("2 ^ 3 ^ 2", Category::Syntax, "E0204"),
        ("{a: 1, 'a': 2}", Category::Syntax, "E0205"),
        ("x => x", Category::Syntax, "E0206"),
        ("1 + (x => x)", Category::Syntax, "E0206"),
        ("f((x, y) => x) + (x, y) => y", Category::Syntax, "E0206"),
    ] {
        assert_eq!(error_of(text), Some((category, code)), "{text}");
    }
}

#[test]
fn size_and_nesting_are_bounded_before_a_tree_is_built() {
    let nested = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(error_of(&nested(100)), None);
    assert_eq!(error_of(&nested(101)), Some((Category::Limit, "E0702")));
    assert_eq!(error_of(&nested(100_000)), Some((Category::Limit, "E0701")));
    assert_eq!(error_of(&"!".repeat(101)), Some((Category::Limit, "E0702")));
    assert_eq!(error_of(&"x".repeat(1 << 20)), Some((Category::Limit, "E0701")));
    assert_eq!(error_of(&format!("{}a", "a ? ".repeat(101))), Some((Category::Limit, "E0702")));
    let flat = ["a + ", "a ?: ", "a ? b : ", "a && ", "a * "];
    for chain in flat {
        assert_eq!(error_of(&format!("{}a", chain.repeat(1_000))), None, "{chain}");
    }
    assert_eq!(error_of(&format!("a{}", ".b".repeat(4_000))), None);
}
