//! A version that takes over what the one before has compiled, against the same document compiled
//! from nothing: records, conditions and claims are alike to the byte, whatever changed.

use super::super::fixture::{document, publish, publish_after};
use super::super::{Issuer, Published, RunningServer};
use crate::claims::{self, Evaluation, Occasion};
use crate::directory::{
    Access, Directory, Group, GroupType, Person, Records, Session, User, UserStatus,
};
use crate::policy::Delivery;
use crate::program::{Engine, Length, ProgramId, ProgramSet, SetBuilder, Worker};
use crate::server::ClaimType;
use claimsmith_runtime::Value;
use claimsmith_runtime::record::Record;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The demo with a claim that lists groups, and one that reads rows of groups.
fn with_groups(change: impl FnOnce(&mut Json)) -> String {
    document(|document| {
        let claims = document["authorizationServers"][0]["claims"].as_array_mut().unwrap();
        for (name, value_type, value) in [
            ("listed", "GROUPS", "role_"),
            (
                "described",
                "EXPRESSION",
                "user?.groups.map(g => g.name + ': ' + (g.description ?: '-'))",
            ),
            ("payroll", "EXPRESSION", "isMemberOfGroupName('Internal Employees')"),
            ("employees", "EXPRESSION", "user?.groups.any(g => g.name == 'role_admin')"),
        ] {
            claims.push(json!({
                "name": name, "claimType": "RESOURCE", "valueType": value_type, "value": value,
                "group_filter_type": "STARTS_WITH",
            }));
        }
        for claim in claims {
            if claim["valueType"] != "GROUPS" {
                claim.as_object_mut().unwrap().remove("group_filter_type");
            }
        }
        change(document);
    })
}

/// Every record, and all claims and conditions of every person through every application, as text.
fn all_that_can_be_said(published: &Published) -> Vec<String> {
    let mut said: Vec<String> = published.records().users().map(text_of).collect();
    for (server, user, application) in published.servers().iter().flat_map(|server| {
        let n_users = published.directory().users().len();
        let users = (0..n_users).map(Some).chain([None]);
        users.flat_map(move |user| {
            (0..published.directory().applications().len())
                .map(move |application| (server, user, application))
        })
    }) {
        for engine in [Engine::Native, Engine::Interpreter] {
            said.push(said_of(published, server, user, application, engine));
        }
    }
    said
}

/// Everything in a record, inner records included.
fn text_of(record: Record<'_>) -> String {
    let member = |(name, value): (&str, Value<'_>)| match value.as_record() {
        Some(inner) => format!("{name}: {{{}}}", text_of(inner)),
        None => format!("{name}: {value:?}"),
    };
    record.members().map(member).collect::<Vec<_>>().join(", ")
}

fn said_of(
    published: &Published,
    server: &RunningServer,
    user: Option<usize>,
    application: usize,
    engine: Engine,
) -> String {
    let directory = published.directory();
    let definition = server.definition();
    let scopes: Vec<&str> = definition.scopes.iter().map(|scope| scope.name.as_str()).collect();
    let client = directory.applications().get(application).unwrap();
    let access = Access {
        scopes: &scopes,
        audience: &definition.audiences[0],
        grant_type: "authorization_code",
    };
    let session = user.map(|_| Session { id: Some("session"), methods: &["pwd"] });
    let records = published.records();
    let app_user = user.and_then(|user| directory.assignment(user, client));
    let user = user.and_then(|user| records.person(user)).map(|user| &**user);
    let known = user.zip(app_user);
    let request =
        records.pack_request(application, &access, known, session, server.programs()).unwrap();
    let roots = records.roots(user, application, &request, server.resolved(), 0);
    let mut worker = Worker::new();
    let mut said = String::new();
    for condition in definition.conditions() {
        let outcome = server.condition(condition, &roots, &mut worker, engine);
        said.push_str(&format!("{} {outcome:?}\n", condition.text));
    }
    let policies: Vec<usize> = (0..definition.token_policies.len()).collect();
    let occasion = Occasion {
        server: definition,
        plan: server.plan(),
        user: user.map(Person::user),
        scopes: &scopes,
        policies: &policies,
        grant_type: "authorization_code",
    };
    let programs = server.programs();
    let mut evaluation = Evaluation { programs, roots: &roots, worker: &mut worker, engine };
    for claim_type in [ClaimType::Resource, ClaimType::Identity] {
        let mut claims = Vec::new();
        let made =
            claims::assemble(&occasion, claim_type, Delivery::Full, &mut evaluation, &mut claims);
        said.push_str(&format!("{made:?} {}\n", String::from_utf8(claims).unwrap()));
    }
    said
}

/// Which servers of `later` have taken over what was compiled for `former`.
fn kept(former: &Published, later: &Published) -> Vec<bool> {
    let pairs = former.servers().iter().zip(later.servers());
    pairs.map(|(one, other)| Arc::ptr_eq(one.compiled().1, other.compiled().1)).collect()
}

/// Publishes the demo, then the changed demo after it, and compares that with the changed demo
/// published from nothing. Answers which servers were kept.
fn change(change: impl Fn(&mut Json)) -> Vec<bool> {
    let former = publish(&with_groups(|_| {}));
    let changed = with_groups(&change);
    let (later, fresh) = (publish_after(&former, &changed), publish(&changed));
    assert_eq!(all_that_can_be_said(&later), all_that_can_be_said(&fresh));
    assert!(later.servers().iter().all(|server| server.programs().is_native()));
    // And once more, so that what was kept is kept a second time.
    let again = publish_after(&later, &changed);
    assert_eq!(kept(&later, &again), vec![true; later.servers().len()]);
    assert_eq!(all_that_can_be_said(&again), all_that_can_be_said(&fresh));
    kept(&former, &later)
}

#[test]
fn a_changed_server_is_compiled_alone() {
    let claim = |document: &mut Json| {
        document["authorizationServers"][0]["claims"][1]["value"] = json!("'changed'");
    };
    assert_eq!(change(claim), [false, true]);
    let rule = |document: &mut Json| {
        let policy = &mut document["authorizationServers"][0]["policies"][1];
        policy["rules"][2]["conditions"]["scopes"]["include"] = json!(["openid"]);
    };
    assert_eq!(change(rule), [false, true]);
    let text_before_it = |document: &mut Json| {
        document["organization"]["name"] = json!("A name that moves everything behind it");
    };
    assert_eq!(change(text_before_it), [true, true]);
}

#[test]
fn a_group_that_is_renamed_is_read_under_its_new_name() {
    let rename = |document: &mut Json| {
        let text = document.to_string().replace("role_admin", "role_owner");
        *document = serde_json::from_str(&text).unwrap();
        document["groups"][3]["description"] = json!("renamed");
    };
    assert_eq!(change(rename), [false, false]);
    let describe = |document: &mut Json| document["groups"][3]["description"] = json!("changed");
    assert_eq!(change(describe), [true, true], "expressions read it from the records");
}

/// A group of this id and name.
fn group(id: &str, name: &str) -> Group {
    Group {
        id: id.to_owned(),
        name: name.to_owned(),
        group_type: GroupType::Okta,
        description: Some(format!("the {id} {name}")),
        profile: Vec::new(),
    }
}

/// The records of one person who is in all of these groups, after `former`.
fn records_of(groups: &[(&str, &str)], former: Option<&Records>) -> Records {
    let user = User {
        id: "ada".to_owned(),
        login: "ada".to_owned(),
        status: UserStatus::Active,
        profile: Vec::new(),
        groups: (0..groups.len()).collect(),
        times: Vec::new(),
        links: Vec::new(),
        password: None,
    };
    let groups = groups.iter().map(|(id, name)| group(id, name)).collect();
    Records::pack("Org", "org", &[], &Directory::new(vec![user], groups), former).unwrap()
}

/// What programs say of the groups of the person.
fn said_of_groups(set: &ProgramSet, ids: &[ProgramId], records: &Records) -> Vec<String> {
    let resolved = set.resolve(records.groups());
    let access = Access { scopes: &[], audience: "", grant_type: "" };
    let request = records.pack_request(0, &access, None, None, set).unwrap();
    let user = records.person(0).map(|user| &**user);
    let roots = records.roots(user, 0, &request, &resolved, 0);
    let mut worker = Worker::new();
    let mut said = Vec::new();
    for engine in [Engine::Native, Engine::Interpreter] {
        for id in ids {
            let json = set.json(*id, &roots, &mut worker, engine).unwrap();
            said.push(String::from_utf8(json.to_vec()).unwrap());
        }
    }
    said
}

#[test]
fn a_second_group_of_the_same_name_is_another_group() {
    let compiled = |records: &Records| {
        let mut builder = SetBuilder::new(Arc::clone(records.schema()));
        let ids = [
            "user.groups.map(g => g.id + ' ' + g.name + ' ' + g.description)",
            "isMemberOfGroupName('team')",
            "user.groups.distinct().size()",
            "user.groups.filter(g => g.startsWith('te')).map(g => g.replace('te', 's'))",
            "user.groups.contains('team')",
        ]
        .map(|text| builder.add_json(text, Length::Claim).unwrap().0);
        (builder.finish(Engine::Native), ids)
    };
    let former = records_of(&[("one", "team"), ("two", "other")], None);
    let (kept, ids) = compiled(&former);
    for groups in [
        &[("one", "team"), ("two", "other"), ("three", "team")][..],
        &[("three", "team"), ("one", "team")],
        &[("two", "other")],
        &[],
    ] {
        let (later, fresh) = (records_of(groups, Some(&former)), records_of(groups, None));
        assert!(Arc::ptr_eq(later.schema(), former.schema()));
        assert!(later.users().map(text_of).eq(fresh.users().map(text_of)));
        let (anew, _) = compiled(&fresh);
        let said = said_of_groups(&kept, &ids, &later);
        assert_eq!(said, said_of_groups(&anew, &ids, &fresh), "{groups:?}");
        let n_teams = groups.iter().filter(|(_, name)| *name == "team").count();
        assert_eq!(said[3].matches("sam").count(), n_teams, "{said:?}");
    }
}

#[test]
fn a_schema_that_changes_makes_every_record_and_program_anew() {
    let change_schema = |document: &mut Json| {
        document["userSchema"]["aaa"] = json!({"type": "string", "required": false});
        document["users"][0]["profile"]["aaa"] = json!("first of all");
        let claims = document["authorizationServers"][0]["claims"].as_array_mut().unwrap();
        claims.push(json!({
            "name": "aaa", "claimType": "RESOURCE", "valueType": "EXPRESSION",
            "value": "user?.aaa",
        }));
    };
    assert_eq!(change(change_schema), [false, false]);
}

#[test]
fn a_membership_that_changes_needs_no_new_programs() {
    let join = |document: &mut Json| {
        document["users"][0]["groups"] = json!(["Contractors", "role_support"]);
        document["users"][1]["profile"]["department"] = json!("Research");
    };
    assert_eq!(change(join), [true, true]);
}

#[test]
fn what_was_published_without_machine_code_gets_it_while_it_serves() {
    let text = with_groups(|_| {});
    let url = super::super::PublicUrl::new(super::super::fixture::URL).unwrap();
    let draft = super::super::compile(text.as_bytes(), url, Engine::Interpreter).unwrap();
    let published = super::super::fixture::start(draft);
    assert!(published.servers().iter().all(|server| !server.programs().is_compiled()));
    let before = all_that_can_be_said(&published);
    let issuer = Issuer::new(published);
    while !issuer.current().servers().iter().all(|server| server.programs().is_native()) {
        std::thread::yield_now();
    }
    assert_eq!(all_that_can_be_said(&issuer.current()), before);
}
