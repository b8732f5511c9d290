//! Claims that are no expressions: names of groups, and what the server fills by itself.

use super::groups::GroupsClaim;
use super::system::SystemClaim;
use crate::directory::{Directory, Group, GroupType, User, UserStatus};
use crate::document::{Json, Node};
use crate::server::{GroupFilter, ValueType, system_claims};
use crate::source::Span;
use serde_json::{Value, json};

fn directory(names: &[String]) -> Directory {
    let group = |name: &String| Group {
        id: format!("00g{name}"),
        name: name.clone(),
        group_type: GroupType::Okta,
        description: None,
        profile: Vec::new(),
    };
    Directory::new(Vec::new(), names.iter().map(group).collect())
}

fn user(groups: Vec<usize>, profile: &[(&str, Json)]) -> User {
    User {
        id: "00u1".to_owned(),
        login: "ada@example.com".to_owned(),
        status: UserStatus::Active,
        profile: profile.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        groups,
        links: Vec::new(),
        password: None,
        times: Vec::new(),
    }
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

#[test]
fn groups_pass_by_their_names_in_the_order_of_the_user() {
    let names = ["role_\"a\"", "Role_B", "team", "xrole_"].map(str::to_owned);
    let directory = directory(&names);
    let user = user(vec![1, 0, 2, 3], &[]);
    let of = |filter, value: &str| -> Option<Value> {
        let claim = GroupsClaim::new(filter, value, &directory).unwrap();
        let mut names = b"before".to_vec();
        let has_any = claim.write(&user, "groups", "implicit", &mut names).unwrap();
        let written = names.split_off(6);
        assert_eq!((has_any, names.as_slice()), (!written.is_empty(), &b"before"[..]));
        has_any.then(|| serde_json::from_slice(&written).unwrap())
    };
    let both = json!(["Role_B", "role_\"a\""]);
    assert_eq!(of(GroupFilter::StartsWith, "ROLE_"), Some(both.clone()));
    assert_eq!(of(GroupFilter::Contains, "ole_").unwrap().as_array().unwrap().len(), 3);
    assert_eq!(of(GroupFilter::Equals, "TEAM"), Some(json!(["team"])));
    assert_eq!(of(GroupFilter::Regex, "/role_.*/"), Some(json!(["role_\"a\""])), "with case");
    assert_eq!(of(GroupFilter::Regex, "[rR]ole_.*"), Some(both));
    assert_eq!(of(GroupFilter::Regex, "role"), None, "the whole name");
    assert_eq!(of(GroupFilter::Equals, "none"), None);
}

#[test]
fn a_hundred_groups_are_a_claim_and_one_more_is_a_fault() {
    let names: Vec<String> = (0..101).map(|number| format!("g{number}")).collect();
    let directory = directory(&names);
    let claim = GroupsClaim::new(GroupFilter::StartsWith, "g", &directory).unwrap();
    let of = |n: usize, grant| {
        let mut names = Vec::new();
        let written = claim.write(&user((0..n).collect(), &[]), "groups", grant, &mut names);
        let count = |names: &[u8]| serde_json::from_slice::<Vec<String>>(names).unwrap().len();
        written.map(|has_any| if has_any { count(&names) } else { 0 })
    };
    assert_eq!(of(100, "implicit").unwrap(), 100);
    let fault = of(101, "implicit").unwrap_err();
    assert!(fault.description().contains("matched too many groups"));
    assert_eq!(of(101, "authorization_code").unwrap(), 101, "no limit by code");
}

#[test]
fn every_system_claim_has_a_mapping() {
    let claims = system_claims();
    let system = claims.iter().filter(|claim| claim.value_type == ValueType::System);
    let without: Vec<&str> = system
        .filter(|claim| SystemClaim::find(&claim.name).is_none())
        .map(|claim| claim.name.as_str())
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn system_claims_come_from_the_profile_and_are_absent_with_their_attribute() {
    let of = |name: &str, profile: &[(&str, Json)]| {
        let mut value = Vec::new();
        let claim = SystemClaim::find(name).unwrap();
        let has_value = claim.write(&user(Vec::new(), profile), &mut value);
        assert_eq!(has_value, !value.is_empty());
        has_value.then(|| serde_json::from_slice::<Value>(&value).unwrap())
    };
    let quoted = [("firstName", text("A\"\\")), ("lastName", text("\u{1}é"))];
    assert_eq!(of("name", &quoted), Some(json!("A\"\\ \u{1}é")));
    assert_eq!(of("locale", &[("locale", text("de"))]), Some(json!("de")));
    assert_eq!(of("locale", &[("locale", text("zh_Hant_TW"))]), Some(json!("zh-Hant-TW")));
    assert_eq!(of("nickname", &[("nickName", Json::Number(1.5))]), Some(json!(1.5)));
    assert_eq!(of("nickname", &[("nickName", Json::Integer(-3))]), Some(json!(-3)));
    let names = [("firstName", text("Ada")), ("lastName", text("Lovelace"))];
    assert_eq!(of("name", &names), Some(json!("Ada Lovelace")));
    assert_eq!(
        of("name", &[("displayName", text("A. L.")), names[0].clone()]),
        Some(json!("A. L."))
    );
    assert_eq!(of("name", &[]), None);
    assert_eq!(of("locale", &[("locale", text("en_GB"))]), Some(json!("en-GB")));
    assert_eq!(of("email_verified", &[("emailVerified", Json::Boolean(true))]), Some(json!(true)));
    let address = [("city", text("London")), ("countryCode", text("GB"))];
    assert_eq!(of("address", &address), Some(json!({"locality": "London", "country": "GB"})));
    assert_eq!(of("address", &[]), None);
    let list = Json::List(vec![Node { span: Span::default(), value: text("x") }]);
    assert_eq!(of("nickname", &[("nickName", list)]), None);
}
