//! The directory finds people and says how an application knows them.

use super::*;

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
        password: None,
    }
}

fn application() -> Application {
    Application {
        id: "0oa1".to_owned(),
        client_id: "web-app".to_owned(),
        label: "Web".to_owned(),
        application_type: ApplicationType::Web,
        grant_types: Vec::new(),
        response_types: Vec::new(),
        redirect_uris: Vec::new(),
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
