//! What is remarked on, and that ordinary expressions are not.

use crate::support;
use claimsmith::diagnostic::Diagnostic;
use claimsmith::program::{Length, SetBuilder};
use claimsmith::schema::Schema;
use std::sync::Arc;

/// Attributes as organizations declare them: some always there, most not.
const DECLARED: &str = r#"{
    "user": {
        "email": {"type": "string", "required": true},
        "login": {"type": "string", "required": true},
        "title": {"type": "string"},
        "manager": {"type": "string"},
        "age": {"type": "integer"},
        "level": {"type": "integer", "required": true},
        "isContractor": {"type": "boolean"},
        "isActive": {"type": "boolean", "required": true},
        "tags": {"type": "array of string"},
        "skills": {"type": "array of string", "required": true}
    },
    "app": {"profile": {"type": "object", "required": true}, "clientId": {"type": "string", "required": true}}
}"#;

fn declared() -> Arc<Schema> {
    support::declared(DECLARED)
}

/// Everything that is said of an expression.
fn said(expression: &str, schema: Arc<Schema>) -> Vec<Diagnostic> {
    match SetBuilder::new(schema).add_json(expression, Length::Free) {
        Ok((_, lints)) => lints,
        Err(diagnostics) => diagnostics,
    }
}

/// Code and place of each remark, as `L0404 user.title`.
fn remarks(expression: &str) -> Vec<String> {
    let told = said(expression, declared());
    let written = |told: &Diagnostic| expression.get(told.span.range()).unwrap_or_default();
    told.iter().map(|told| format!("{} {}", told.code, written(told))).collect()
}

/// Asserts what is remarked on in each expression, and where.
fn assert_remarks(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(expression, expected)| (expression, remarks(expression), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(expression, found, expected)| {
            format!("{expression}\n  expected {expected:?}\n  found    {found:?}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_may_be_null_is_remarked_on_unless_it_was_asked() {
    assert_remarks(&[
        ("user.manager.length()", &["L0404 manager"]),
        ("user.manager?.length()", &[]),
        ("user.manager != null ? user.manager.length() : 0", &[]),
        ("null != user.manager ? user.manager.length() : 0", &[]),
        ("user.manager == null ? 0 : user.manager.length()", &[]),
        ("user.manager == null ? user.manager.length() : 0", &["L0406 manager"]),
        ("!(user.manager == null) ? user.manager.length() : 0", &[]),
        ("(not (user.manager != null)) ? 0 : user.manager.length()", &[]),
        ("user.manager != null && user.manager.length() > 3", &[]),
        ("user.manager == null || user.manager.length() > 3", &[]),
        ("user.manager != null || user.manager.length() > 3", &["L0406 manager"]),
        ("user.title != null && user.manager.length() > 3", &["L0404 manager"]),
        ("(user.manager ?: 'x').length()", &[]),
        ("(user.manager ?? 'x').length()", &[]),
        ("(user.manager ?: '') != '' ? user.manager.length() : 0", &[]),
        ("(user.manager ?: '') == '' ? 0 : user.manager.length()", &[]),
        ("'x' == (user.manager ?: 'y') && user.manager.length() > 1", &[]),
        ("(user.manager ?: 'x') == 'x' ? user.manager.length() : 0", &["L0404 manager"]),
        ("(user.age ?? 1) == 1.0 ? user.age + 1 : 0", &["L0405 age"]),
        ("org.name + '-' + user.email", &[]),
        ("(user.manager ?? user.title).length()", &["L0404 user.manager ?? user.title"]),
        ("user.manager ?: user.title.length()", &["L0404 title"]),
        ("user.profile.manager != null ? user.manager.length() : 0", &[]),
        ("user['manager'] != null ? user.profile.manager.length() : 0", &[]),
        ("user.manager != null ? {1}.map(x => user.manager.length() + x) : {}", &[]),
        (
            "{1}.map(x => user.manager != null).any(y => user.manager.length() > 1)",
            &["L0404 manager"],
        ),
        ("user.manager.length() + user.manager.length()", &["L0404 manager"]),
        (
            "(user.isActive ? user.manager.length() : 0) + user.manager.length()",
            &["L0404 manager", "L0404 manager"],
        ),
        ("user.manager == 'x' ? user.manager.length() : 0", &[]),
        ("user.manager == user.email && user.manager.length() > 1", &[]),
        ("user.manager == user.title && user.manager.length() > 1", &["L0404 manager"]),
        ("user.manager != user.email || user.manager.length() > 1", &[]),
        ("user.manager?.length() > 3 && user.manager.length() < 9", &["L0403 manager?.length()"]),
        ("(user.manager?.length() ?: 0) > 3", &[]),
        ("String.len(user.manager) > 3 && user.manager.length() < 9", &[]),
        ("String.len(user.manager) == 0 ? '' : user.manager.substring(1)", &[]),
        ("String.len(user.manager) >= 0 && user.manager.length() < 9", &["L0404 manager"]),
        ("0 != Arrays.size(user.tags) && user.tags[0] == 'x'", &[]),
        ("Arrays.contains(user.tags, 'a') && user.tags.size() > 1", &[]),
        ("Arrays.isEmpty(user.tags) ? '' : user.tags[0]", &[]),
        ("String.startsWith(user.manager, 'x') && user.manager.length() > 1", &[]),
        ("user.tags[0]", &["L0404 tags"]),
        ("user.skills[0]", &[]),
        ("user.tags.any(t => t == 'x')", &["L0404 tags"]),
        ("user.tags?.any(t => t == 'x')", &[]),
        ("user.age + 1", &["L0405 age"]),
        ("user.age != null ? user.age + 1 : 0", &[]),
        ("-user.age", &["L0405 age"]),
        ("(user.age ?: 0) + 1", &[]),
        ("user.age > 3", &["L0403 age"]),
        ("user.age != null && user.age > 3", &[]),
        ("user.level > 3", &[]),
        ("user.isContractor ? 1 : 2", &["L0401 isContractor"]),
        ("(user.isContractor ?: false) ? 1 : 2", &[]),
        ("!user.isContractor", &["L0401 isContractor"]),
        ("user.isContractor != null && user.isContractor", &[]),
        ("user.isContractor == true ? 1 : 2", &[]),
        ("user.title matches 'a.c'", &["L0405 title"]),
        ("'x' + user.title", &["L0402 title"]),
        ("user.title != null ? 'x' + user.title : 'x'", &[]),
        ("'x' + (user.title ?: '')", &[]),
        ("user.skills.find(s => s == 'x').length()", &["L0404 skills.find(s => s == 'x')"]),
        ("user.getLinkedObject('m').title", &["L0404 user.getLinkedObject('m')"]),
        ("user.getLinkedObject('m') != null ? user.getLinkedObject('m').email : null", &[]),
        ("user.skills.map(s => user.title).filter(t => t != null).map(t => t.length())", &[]),
        ("user.skills.map(s => user.title).map(t => t.length())", &["L0404 t"]),
        (
            "user.skills.map(s => user.title).filter(t => t != null).sort().map(t => t.length())",
            &[],
        ),
        (
            "user.skills.map(s => user.title).filter(t => t != null).take(1).all((t, i) => t.length() > i)",
            &[],
        ),
        (
            "user.skills.map(s => user.title).filter(t => t == null).map(t => t.length())",
            &["L0406 t"],
        ),
        ("user.skills.![user.title]", &["E0303 user"]),
        (
            "(user.title != null && user.manager != null) || (user.title != null && user.age != null) ? user.title.length() : 0",
            &[],
        ),
        ("user.title != null ? user.title.length() : user.age != null ? user.age + 1 : 0", &[]),
        ("user.title == null ? 0 : user.age == null ? 1 : user.age + user.title.length()", &[]),
        ("appuser != null ? appuser.userName : app.clientId", &[]),
        ("appuser?.userName?.length()", &[]),
        ("hasDirectoryUser() ? findDirectoryUser().managerUpn : null", &[]),
        ("user.nope.length() + user.nope", &["E0302 nope", "E0302 nope"]),
        ("Groups.startsWith('OKTA', 'a', 100) ?: {}", &[]),
        (
            "Groups.startsWith('OKTA', 'a', 100).size()",
            &["L0404 Groups.startsWith('OKTA', 'a', 100)"],
        ),
        ("device.profile.displayName.substring(0, 3)", &[]),
    ]);
}

#[test]
fn what_surprises_is_remarked_on() {
    assert_remarks(&[
        ("user.email == null", &["L0410 user.email == null"]),
        ("user.email != null ? 1 : 2", &["L0410 user.email != null"]),
        ("user.title == null", &[]),
        (
            "user.title == null || user.title != null && user.level > 1",
            &["L0410 user.title != null"],
        ),
        ("true && user.isActive", &["L0410 true"]),
        ("user.isActive ? 1 : user.isActive ? 2 : 3", &["L0410 isActive"]),
        ("user.isActive && !user.isActive", &["L0410 !user.isActive"]),
        ("user.level > 3 ? 1 : user.level > 3 ? 2 : 3", &["L0410 user.level > 3"]),
        ("user.level > 3 ? 1 : user.level > 2 ? 2 : 3", &[]),
        (
            "isMemberOfGroupName('a') ? 1 : isMemberOfGroupName('a') ? 2 : 3",
            &["L0410 isMemberOfGroupName('a')"],
        ),
        ("isMemberOfGroupName('a') ? 1 : isMemberOfGroupName('b') ? 2 : 3", &[]),
        ("user.level == '3'", &["L0410 user.level == '3'"]),
        ("user.level == 3.0", &[]),
        ("user.title == user.age", &[]),
        ("user.email == user.age", &["L0410 user.email == user.age"]),
        ("user.email == user.profile.email", &["L0410 user.email == user.profile.email"]),
        ("1 == 1", &["L0410 1 == 1"]),
        ("{1, 2}.filter(x => true)", &[]),
        ("user.level ?: 3", &["L0411 3"]),
        ("user.email ?: 'x'", &[]),
        ("user.email ?? 'x'", &["L0411 'x'"]),
        ("user.email ?? 'x' ?? 'y'", &["L0411 'x'", "L0411 'y'"]),
        ("null ?: user.email", &["L0411 null"]),
        ("user.title != null ? user.title ?? 'x' : 'y'", &["L0411 'x'"]),
        ("user.title ?? user.title ?? 'x'", &["L0411 title"]),
        ("Groups.contains('OKTA', 'a', 101)", &["L0409 101"]),
        ("Groups.contains('OKTA', 'a', 100)", &[]),
        ("user.email matches 'ada.*'", &["L0412 'ada.*'"]),
        ("user.email.matches('.*@example\\.com')", &["L0412 '.*@example\\.com'"]),
        ("user.email matches '.*@example.com'", &[]),
        ("user.email matches '(?i)ada'", &[]),
        ("user.email matches '.*'", &[]),
        ("user.email matches '\\<'", &[]),
        ("user.email matches 'a\\.b'", &["L0412 'a\\.b'"]),
        (
            "{'a'}.reduce((r, x) => x matches 'a\\n[b]' ? 'k' : r == 0 ? 'z' : r.toUpperCase(), 0)",
            &[],
        ),
        ("isMemberOfGroupNameRegex('/.*admin.*')", &["L0412 '/.*admin.*'"]),
        ("'a\\nb' + user.email", &["L0101 \\n"]),
        ("user.email matches 'a\\n[b]'", &[]),
        ("isMemberOfGroupNameRegex('a\\t[b]')", &[]),
        ("app.profile.list.?[user == 'x']", &["L0301 user"]),
        ("app.profile.list.?[user.x == 'x' && name == 'y']", &["L0301 user"]),
        ("app.profile.list.filter(e => user.email == 'y')", &[]),
        ("user.getGroups().![profile.name]", &[]),
    ]);
}
