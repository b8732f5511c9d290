//! Which roots exist where, what is said of the others, and what programs say that they read.

use crate::support::declared;
use claimsmith::document;
use claimsmith::program::{Engine, Groups, Length, ProgramSet, Roots, SetBuilder, Subject, Worker};
use claimsmith::schema::{Link, Position, Schema};
use std::sync::Arc;

const POSITIONS: [Position; 12] = [
    Position::AccessTokenClaim,
    Position::IdentityTokenClaim,
    Position::Condition,
    Position::GroupRule,
    Position::SignInPolicy,
    Position::AccountManagement,
    Position::Routing,
    Position::IdentityProvider,
    Position::EventHook,
    Position::PasswordPolicy,
    Position::Mapping,
    Position::Realm,
];

/// Every root, and the positions that have it by the letters of [`POSITIONS`] in this order.
const ROOTS: [(&str, &str); 17] = [
    ("user", "AICGSMRPEWXL"),
    ("appuser", "AICX"),
    ("app", "AICX"),
    ("org", "AICX"),
    ("access", "AIC"),
    ("session", "AICS"),
    ("security", "S"),
    ("device", "S"),
    ("login", "R"),
    ("accessRequest", "M"),
    ("idpuser", "P"),
    ("event", "E"),
    ("password", "W"),
    ("source", "X"),
    ("profile", "L"),
    ("directory", "X"),
    ("workday", "X"),
];

fn schema(context: &str) -> Arc<Schema> {
    let context = document::read(context.as_bytes()).unwrap();
    Arc::new(Subject::infer(&context).unwrap().0)
}

/// What is said of an expression at a position: nothing, or the first error with its help.
fn said(expression: &str, position: Position) -> Option<(String, String)> {
    let mut builder = SetBuilder::new(schema(r#"{"directory": [{}], "workday": [{}]}"#));
    builder.at(position);
    let found = builder.add_json(expression, Length::Claim).err()?;
    Some((found[0].message.clone(), found[0].help.clone().unwrap_or_default()))
}

#[test]
fn every_root_exists_where_it_should_and_nowhere_else() {
    let letters = "AICGSMRPEWXL".chars();
    for (position, letter) in POSITIONS.into_iter().zip(letters) {
        for (root, places) in ROOTS {
            let expected = places.contains(letter);
            let found = said(root, position);
            assert_eq!(found.is_none(), expected, "{root} at {position:?}: {found:?}");
            assert_eq!(position.has(root), expected);
        }
    }
    for (root, _) in ROOTS {
        assert_eq!(said(root, Position::Anywhere), None, "{root}");
    }
}

#[test]
fn a_root_that_is_not_here_is_told_with_where_it_is() {
    let (message, help) = said("device.id", Position::AccessTokenClaim).unwrap();
    assert_eq!(message, "`device` is not filled here");
    assert!(help.contains("exists in policies for signing in"), "{help}");
    let (_, help) = said("access.scope", Position::GroupRule).unwrap();
    assert!(
        help.contains(
            "exists in claims of access tokens, claims of ID tokens and conditions of rules"
        ),
        "{help}"
    );
    assert!(help.contains("here there are `user`"), "{help}");
}

#[test]
fn a_function_that_reads_a_root_exists_where_the_root_does() {
    for function in ["hasDirectoryUser()", "findWorkdayUser()"] {
        assert_eq!(said(function, Position::Mapping), None);
        let (message, _) = said(function, Position::IdentityTokenClaim).unwrap();
        assert!(message.contains("is not filled here"), "{message}");
    }
}

#[test]
fn rules_of_groups_have_no_conversions() {
    let (message, _) = said("Convert.toInt('1') == 1", Position::GroupRule).unwrap();
    assert_eq!(message, "`Convert.toInt` is not supported in rules of groups");
    for position in [Position::Anywhere, Position::Condition] {
        assert_eq!(said("Convert.toInt('1') == 1", position), None);
    }
    assert_eq!(said("Arrays.contains({'a'}, 'a')", Position::GroupRule), None);
}

#[test]
fn roots_are_looked_for_inside_lambdas_and_group_expressions_too() {
    for expression in [
        "{1}.map(x => device.id)",
        "{1}.map(device => device)",
        r#"getFilteredGroups({"g"}, "group.name + device.id", 1)"#,
    ] {
        let is_parameter = expression.contains("device =>");
        let found = said(expression, Position::Condition);
        assert_eq!(found.is_none(), is_parameter, "{expression}: {found:?}");
    }
}

fn set_of(expression: &str) -> ProgramSet {
    let schema = schema(
        r#"{"user": {"groups": ["a"]}, "app": {"list": [1]},
            "linkedObjects": {"m": {"linkedObjects": {"n": {}}}}}"#,
    );
    let mut builder = SetBuilder::new(schema);
    builder.add_json(expression, Length::Free).unwrap();
    builder.finish(Engine::Interpreter)
}

#[test]
fn programs_say_which_records_they_read() {
    let set = set_of("user.getLinkedObject('m').getLinkedObject('n')?.id ?: user.getAppUser('a')");
    let paths: Vec<String> = set.needs().paths().iter().map(ToString::to_string).collect();
    assert_eq!(
        paths,
        ["user.linkedObjects.m", "user.linkedObjects.m.linkedObjects.n", "user.appUsers.a"]
    );
    assert_eq!(set.needs().paths()[0].links(), [Link::LinkedObject("m".to_owned())]);
    let n_records = set.schema().n_records();
    assert!((n_records..n_records + 3).all(|ordinal| set.needs().reads(ordinal)));
    assert!(!set.needs().reads(n_records + 3));
    assert!(!set.reads(set.schema().ordinal("app").unwrap()));
    assert_eq!(set_of("getManagerUser('x')").needs().paths()[0].to_string(), "user.manager.x");
}

#[test]
fn programs_say_how_much_of_groups_they_read() {
    for (expression, expected) in [
        ("app.id == 'x'", Groups::Nothing),
        ("user.groups", Groups::Names),
        ("user.groups.filter(g => g.startsWith('a')).map(g => g.replace('a', ''))", Groups::Names),
        ("isMemberOfGroupName('a')", Groups::Names),
        ("isMemberOfGroupNameRegex('a')", Groups::Names),
        ("user.groups.name", Groups::Names),
        ("isMemberOfGroup('a')", Groups::Rows),
        ("user.groups.id", Groups::Rows),
        ("user.groups.map(g => g.profile.x)", Groups::Rows),
        ("Groups.startsWith('OKTA', 'a', 1)", Groups::Rows),
        ("user.getGroups({'group.type': 'x'})", Groups::Rows),
        ("user.getGroups({'group.profile.name': 'x'})", Groups::Names),
        ("user.groups[0] == user.groups[1]", Groups::Rows),
    ] {
        assert_eq!(set_of(expression).needs().groups(), expected, "{expression}");
    }
}

/// What an expression gives under a schema that declares a user only, or what is wrong with it.
fn under_declared(expression: &str, context: &str) -> String {
    let schema = declared(r#"{"user": {"email": {"type": "string"}}}"#);
    let subject = Subject::read(&document::read(context.as_bytes()).unwrap(), &schema).unwrap();
    let mut builder = SetBuilder::new(schema);
    let id = match builder.add_json(expression, Length::Claim) {
        Ok((id, _)) => id,
        Err(found) => return format!("{} {}", found[0].code, found[0].message),
    };
    let set = builder.finish(Engine::Native);
    let resolved = set.resolve(subject.table());
    let roots = Roots::of(&subject, &set, &resolved, 0);
    let mut worker = Worker::new();
    let mut on = |engine| match set.json(id, &roots, &mut worker, engine) {
        Ok(json) => String::from_utf8(json.to_vec()).unwrap(),
        Err(fault) => fault.code.id.to_owned(),
    };
    let native = on(Engine::Native);
    assert_eq!(native, on(Engine::Interpreter));
    native
}

#[test]
fn roots_that_are_not_declared_have_the_attributes_that_are_listed() {
    let context = r#"{"user": {"profile": {}}, "session": {"amr": ["pwd"]}, "org": {"name": "o"},
        "device": {"profile": {"managed": true, "osVersion": "14.2"}, "provider": {"x": {"y": 1}}},
        "security": {"risk": {"level": "LOW"}, "behaviors": ["New IP"]}, "login": {},
        "accessRequest": {"authenticator": {"key": "webauthn"}}, "password": {"value": "abc"},
        "event": {"target": [{"id": "1"}], "actor": {"type": "User"}}}"#;
    for (expression, expected) in [
        ("device.profile.managed == true && device.profile.registered == null", "true"),
        ("device.profile.osVersion.versionGreaterThan('14.1')", "true"),
        ("device.provider.x.y + 1", "2"),
        ("device.assurance.screenLockType", "null"),
        ("security.risk.level != 'HIGH' && security.behaviors.contains('New IP')", "true"),
        ("session.amr.map(m => m.toUpperCase())", r#"["PWD"]"#),
        ("org.name + org.subDomain", r#""o""#),
        ("login.identifier", "null"),
        ("accessRequest.authenticator.key", r#""webauthn""#),
        ("event.target.map(t => t.id)", r#"["1"]"#),
        ("event.actor.type", r#""User""#),
        ("password.value.contains('b')", "true"),
        ("access?.scope", "null"),
        ("access.scope", "E0602"),
        ("device.profile.managd", "E0302 `device.profile` has no attribute `managd`"),
        ("session.amr + 1 - 2", "E0406 `+` does not apply to list of text"),
        ("password.value.filter(x => x)", "E0404 `filter` is not a method of a text"),
    ] {
        assert_eq!(under_declared(expression, context), expected, "{expression}");
    }
}
