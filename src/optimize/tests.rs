//! What the passes make of programs, seen in their IR.

use super::{ALL, Pass, optimize};
use crate::check::{self, Names};
use crate::ir::{self, Body, Constant, NodeKind};
use crate::schema::{Position, Schema};
use crate::syntax::{self, Limits};
use claimsmith_runtime::types::Shape;
use std::sync::Arc;

/// The program of an expression over a user whose email is required, with its charges.
pub(super) fn checked(source: &str) -> (Body, Vec<Shape>) {
    let schema = r#"{"user": {"email": {"type": "string", "required": true},
        "title": {"type": "string"}}}"#;
    let node = crate::document::read(schema.as_bytes()).unwrap();
    let schema = Arc::new(crate::schema::from_declaration(&node).unwrap());
    let tree = syntax::parse(source, Limits::free()).tree.unwrap();
    let mut names = Names::default();
    let checked = check::check(&tree, Vec::new(), &schema, Position::Anywhere, &mut names);
    (ir::place_charges(checked.body.unwrap()), roots(&schema))
}

fn roots(schema: &Schema) -> Vec<Shape> {
    let ordinals = 0..u32::try_from(schema.n_records()).unwrap();
    ordinals.filter_map(|ordinal| schema.record_shape(ordinal)).collect()
}

fn with(source: &str, passes: &[Pass]) -> Body {
    let (body, roots) = checked(source);
    optimize(&body, &roots, passes).unwrap()
}

/// What a program is behind its charges, and what those spend in all.
fn peeled(body: &Body) -> (&NodeKind, u32) {
    let (mut at, mut spent) = (body.root, 0);
    loop {
        match &body.node(at).unwrap().kind {
            NodeKind::Charge { steps, body } => {
                spent += steps;
                at = *body;
            }
            kind => return (kind, spent),
        }
    }
}

/// The constant that a program becomes.
fn constant(source: &str) -> Option<Constant> {
    let body = with(source, ALL);
    match peeled(&body).0 {
        NodeKind::Constant(constant) => Some(constant.clone()),
        _ => None,
    }
}

fn n_nodes(source: &str, passes: &[Pass]) -> usize {
    with(source, passes).nodes.len()
}

#[test]
fn what_depends_on_constants_alone_is_a_constant() {
    let text = |text: &str| Some(Constant::Text(text.to_owned()));
    assert_eq!(constant("1 + 2 * 3"), Some(Constant::Integer(7)));
    assert_eq!(constant("'a' + 1 + 'b'"), text("a1b"));
    assert_eq!(
        constant("'Ada@example.com'.substringAfter('@').toUpperCase()"),
        text("EXAMPLE.COM")
    );
    assert_eq!(constant("!('a' == 'b') && 2 > 1"), Some(Constant::Boolean(true)));
    assert_eq!(constant("(1 < 2 ? 'yes' : user.email) + '!'"), text("yes!"));
    assert_eq!(constant("null ?? 'x'"), text("x"));
}

#[test]
fn a_constant_that_faults_stays_where_it_is() {
    assert_eq!(constant("1 / 0"), None);
    assert_eq!(constant("false ? 1 / 0 : 2"), Some(Constant::Integer(2)));
    assert_eq!(constant("true || 1 / 0 == 1"), Some(Constant::Boolean(true)));
    assert_eq!(constant("1 / 0 == 1 || true"), None);
}

#[test]
fn a_long_text_is_not_kept() {
    let doubled = "'0123456789'".to_owned() + &".concat('0123456789')".repeat(3);
    assert!(constant(&doubled).is_some());
    let long = format!("'{}'.replace('a', '{}')", "a".repeat(100), "b".repeat(100));
    assert_eq!(constant(&long), None);
}

#[test]
fn what_asks_for_the_time_of_the_request_waits_for_it() {
    for source in ["Time.now()", "Time.now('UTC', 'yyyy')", "Time.now('EST', 'HH') == '07'"] {
        assert_eq!(constant(source), None, "{source}");
    }
}

#[test]
fn charges_are_spent_although_there_is_nothing_left_to_do() {
    let source = "'abc'.concat('def').toUpperCase()";
    let before = {
        let (body, _) = checked(source);
        peeled(&body).1
    };
    let body = with(source, ALL);
    let (kind, spent) = peeled(&body);
    assert!(matches!(kind, NodeKind::Constant(_)), "{kind:?}");
    assert!(spent > before, "the size of the text in the middle is spent, too: {spent}");
}

#[test]
fn what_is_never_reached_is_gone() {
    let arms = "user.title == 'a' ? 1 : (false ? user.title.length() : 2)";
    let plain = "user.title == 'a' ? 1 : 2";
    let spared = n_nodes(arms, ALL) - n_nodes(plain, ALL);
    assert!(spared <= 1, "only what asking costs is left: {spared}");
    assert_eq!(n_nodes("user.email == 'a' && false && user.title == 'b'", ALL), {
        n_nodes("user.email == 'a' && false", ALL)
    });
}

#[test]
fn each_pass_can_be_left_out() {
    let source = "1 + 2 > 2 ? user.email : user.title";
    let nothing = n_nodes(source, &[]);
    let (folded, pruned) = (n_nodes(source, &[Pass::Fold]), n_nodes(source, &[Pass::Prune]));
    assert_eq!(pruned, nothing);
    assert!(folded < nothing && n_nodes(source, ALL) < folded);
}
