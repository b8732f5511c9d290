//! The directory finds people and says how an application knows them.

use super::*;
use crate::program::{Engine, Length, SetBuilder, Worker};
use crate::schema::Position;

fn group(name: &str, group_type: GroupType) -> Group {
    Group {
        id: format!("00g{name}"),
        name: name.to_owned(),
        group_type,
        description: None,
        profile: Vec::new(),
    }
}

fn user(login: &str, groups: &[usize]) -> User {
    User {
        id: format!("00u{login}"),
        login: login.to_owned(),
        status: UserStatus::Active,
        profile: Vec::new(),
        groups: groups.to_vec(),
        links: Vec::new(),
        password: None,
        times: vec![("created", claimsmith_runtime::time::read("2015-07-30T23:58:32Z").unwrap())],
    }
}

fn application() -> Application {
    Application {
        refresh_rotation: RefreshRotation::Rotate,
        refresh_leeway: 30,
        dpop_bound: false,
        jwks: Vec::new(),
        jwks_uri: None,
        resource_server_for: Vec::new(),
        management_scopes: Vec::new(),
        id: "0oa1".to_owned(),
        client_id: "web-app".to_owned(),
        label: "Web".to_owned(),
        application_type: ApplicationType::Web,
        grant_types: Vec::new(),
        response_types: Vec::new(),
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        consent_method: ConsentMethod::Trusted,
        second_factor: false,
        session_token: false,
        policy_uri: None,
        tos_uri: None,
        token_endpoint_auth_method: AuthenticationMethod::None,
        pkce_required: true,
        secrets: Vec::new(),
        profile: Vec::new(),
        status: Status::Active,
        assigned_users: vec![Assignment {
            user: 0,
            user_name: Some("countess".to_owned()),
            profile: vec![("role".to_owned(), Json::Text("admin".to_owned()))],
        }],
        assigned_groups: vec![0],
        group_profiles: Vec::new(),
    }
}

fn directory() -> Directory {
    let groups = vec![group("staff", GroupType::Okta), group(EVERYONE, GroupType::BuiltIn)];
    let users = vec![user("ada", &[0]), user("bob", &[0]), user("eve", &[])];
    Directory::new(users, groups).with_applications(vec![application()])
}

#[test]
fn everyone_contains_every_user_and_groups_are_in_order_of_name() {
    let directory = directory();
    let names = |index: usize| -> Vec<&str> {
        let user = &directory.users()[index];
        directory.groups_of(user).map(|group| group.name.as_str()).collect()
    };
    assert_eq!(names(0), ["Everyone", "staff"]);
    assert_eq!(names(2), ["Everyone"]);
}

#[test]
fn an_assignment_of_ones_own_wins_over_that_of_a_group() {
    let directory = directory();
    let application = directory.find_application("web-app").unwrap();
    let ada = directory.assignment(0, application).unwrap();
    assert_eq!((ada.user_name, ada.profile.len()), ("countess", 1));
    let bob = directory.assignment(1, application).unwrap();
    assert_eq!((bob.user_name, bob.profile.len()), ("bob", 0));
    assert_eq!(directory.assignment(2, application), None);
}

#[test]
fn people_and_clients_are_found_by_what_names_them() {
    let directory = directory();
    assert_eq!(directory.find_user_by_login("bob"), Some(1));
    assert_eq!(directory.find_user_by_id("00ueve"), Some(2));
    assert_eq!(directory.find_user_by_login("BOB"), None);
    assert_eq!(directory.find_group("staff"), Some(0));
    assert!(directory.find_application("other").is_none());
}

/// What an expression gives for Ada by this grant; both engines say the same.
fn evaluated(expression: &str, grant_type: &str) -> String {
    let mut groups = vec![group("staff", GroupType::Okta), group(EVERYONE, GroupType::BuiltIn)];
    groups[0].description = Some("who works here".to_owned());
    groups[0].profile = vec![("level".to_owned(), Json::Integer(3))];
    let directory = Directory::new(vec![user("ada", &[0])], groups);
    let directory = directory.with_applications(vec![application()]);
    let records = Records::pack("Org", "org", &[], &directory, None).unwrap();
    let mut builder = SetBuilder::new(records.schema().clone());
    builder.at(Position::AccessTokenClaim);
    let (id, _) = builder.add_json(expression, Length::Claim).unwrap();
    let set = builder.finish(Engine::Native);
    let access = Access { scopes: &[], audience: "a", grant_type };
    let request = records.pack_request(0, &access, None, None, &set).unwrap();
    let resolved = set.resolve(records.groups());
    let roots = records.roots(records.person(0).map(|ada| &**ada), 0, &request, &resolved, 0);
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
fn expressions_read_when_things_happened_to_an_account() {
    for (expression, expected) in [
        ("user.created", r#""2015-07-30T23:58:32.000Z""#),
        ("user.created.plusDays(2).toString('MM/dd/yyyy')", r#""08/01/2015""#),
        ("{user.lastUpdated, user.passwordChanged, user.lastLogin}", "[null,null,null]"),
        ("user.lastLogin?.withinDays(90) ?? false", "false"),
        ("user.created > Time.now()", "true"),
    ] {
        assert_eq!(evaluated(expression, "authorization_code"), expected, "{expression}");
    }
}

#[test]
fn expressions_read_whole_rows_of_groups() {
    let code = "authorization_code";
    for (expression, expected) in [
        (
            "user.groups.![{name, id, type, description}]",
            r#"[["Everyone","00gEveryone","BUILT_IN",null],["staff","00gstaff","OKTA_GROUP","who works here"]]"#,
        ),
        ("user.groups.map(g => g.profile.level)", "[null,3]"),
        ("user.groups.map(g => g.source?.id)", "[null,null]"),
        ("isMemberOfAnyGroup('00gx', '00gstaff')", "true"),
        ("user.getGroups({'group.type': 'BUILT_IN'})", r#"["Everyone"]"#),
        ("Groups.startsWith('OKTA', '', 10)", r#"["staff"]"#),
        (
            "getFilteredGroups({'00gstaff'}, \"group.name + group.profile.level\", 10)",
            r#"["staff3"]"#,
        ),
    ] {
        assert_eq!(evaluated(expression, code), expected, "{expression}");
    }
}

#[test]
fn a_group_limit_above_a_hundred_is_for_the_grant_that_a_request_began_with() {
    let expression = "Groups.startsWith('OKTA', '', 500)";
    assert_eq!(evaluated(expression, "authorization_code"), r#"["staff"]"#);
    assert_eq!(evaluated(expression, "urn:ietf:params:oauth:grant-type:token-exchange"), "E0621");
}

#[test]
fn nobody_is_linked_to_anybody_yet() {
    for (expression, expected) in [
        ("user.getLinkedObject('manager')?.id", "null"),
        ("user.getLinkedObject('manager').id", "E0602"),
        ("getManagerUser('active_directory')", "null"),
        ("user.getAppUser('0oa1').profile.department", "null"),
        ("getManagerAppUser('active_directory', '0oa1')", "null"),
        ("user.getInternalProperty('id')", r#""00uada""#),
    ] {
        assert_eq!(evaluated(expression, "authorization_code"), expected, "{expression}");
    }
}
