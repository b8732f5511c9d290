//! What is split and joined says the same; what is imported twice is written once.

use super::*;
use crate::clock::Clock;
use crate::document;
use crate::organization::{Adopted, DEMO, Organization, Snapshot, adopt, import, read, read_all};
use crate::store::Store;
use crate::store::organization::{Change, Counter, Organizations};
use crate::token::digest;
use serde_json::Value;

fn organization(text: &str) -> Organization {
    read(&document::read(text.as_bytes()).unwrap(), &digest).unwrap()
}

fn entities(text: &str) -> Vec<Entity> {
    split(text, &document::read(text.as_bytes()).unwrap(), &organization(text), &digest)
}

fn demo(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(DEMO).unwrap();
    change(&mut document);
    document.to_string()
}

fn wait<Out>(future: impl Future<Output = Out>) -> Out {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// All that is said, without where it was written.
fn said(organization: &Organization) -> String {
    let text = format!("{organization:?}");
    let is_of_span = |c: char| c.is_ascii_digit() || c == '.';
    text.split("span: ").map(|part| part.trim_start_matches(is_of_span)).collect()
}

#[test]
fn what_was_split_is_joined_to_a_document_that_says_the_same() {
    let (before, after) = (organization(DEMO), organization(&join(&entities(DEMO))));
    assert_eq!(said(&before), said(&after));
    let mut shuffled = entities(DEMO);
    shuffled.reverse();
    assert_eq!(join(&shuffled), join(&entities(DEMO)));
    let again = entities(&join(&entities(DEMO)));
    assert!(again.iter().zip(entities(DEMO)).all(|(one, other)| one.says_the_same(&other)));
}

#[test]
fn a_link_of_a_relation_that_is_no_more_is_not_said() {
    let text = demo(|document| {
        let side = |name: &str| serde_json::json!({"name": name});
        document["linkedObjects"] = serde_json::json!([
            {"primary": side("manager"), "associated": side("subordinate")},
            {"primary": side("mentor"), "associated": side("mentee")},
        ]);
        document["users"][1]["linkedObjects"] =
            serde_json::json!({"manager": "ada@example.com", "mentor": "ada@example.com"});
    });
    let mut kept = entities(&text);
    kept.retain(|entity| !entity.names.contains("mentor"));
    let joined: Value = serde_json::from_str(&join(&kept)).unwrap();
    let links = |document: &Value| document["users"][1]["linkedObjects"].clone();
    assert_eq!(links(&joined).as_object().unwrap().keys().collect::<Vec<_>>(), ["manager"]);
    organization(&join(&kept));
    kept.retain(|entity| !entity.names.contains("manager"));
    let joined: Value = serde_json::from_str(&join(&kept)).unwrap();
    assert_eq!(links(&joined), serde_json::json!({}));
}

#[test]
fn every_part_of_the_document_is_an_entity_of_its_own() {
    let all = entities(DEMO);
    let document: Value = serde_json::from_str(DEMO).unwrap();
    let count = |kind: EntityKind| all.iter().filter(|entity| entity.kind == kind).count();
    let servers = document["authorizationServers"].as_array().unwrap();
    let of_servers = |name: &str| -> usize {
        servers.iter().filter_map(|server| server[name].as_array()).map(Vec::len).sum()
    };
    assert_eq!(count(EntityKind::User), document["users"].as_array().unwrap().len());
    // And the built-in one, which need not be written.
    assert_eq!(count(EntityKind::Group), document["groups"].as_array().unwrap().len() + 1);
    assert_eq!(count(EntityKind::Application), document["apps"].as_array().unwrap().len());
    assert_eq!(count(EntityKind::Server), servers.len());
    assert_eq!(count(EntityKind::Scope), of_servers("scopes"));
    assert_eq!(count(EntityKind::Claim), of_servers("claims"));
    assert_eq!(count(EntityKind::Policy), of_servers("policies"));
    assert_eq!(count(EntityKind::TokenPolicy), of_servers("tokenPolicies"));
    assert!(count(EntityKind::Rule) >= count(EntityKind::Policy));
    let ada = all.iter().find(|entity| entity.names.contains("ada@example.com")).unwrap();
    assert!(ada.words.contains("Ada Lovelace") && ada.tags.first().is_some());
    assert!(ada.body.contains("\"id\": \"00u"));
    let n_ended = |all: &[Entity]| all.iter().filter(|entity| entity.is_ended).count();
    let suspended = demo(|document| document["users"][0]["status"] = "SUSPENDED".into());
    assert_eq!(n_ended(&entities(&suspended)), n_ended(&all) + 1);
}

#[test]
fn a_new_name_makes_no_new_thing_of_what_was_kept() {
    let mut all = entities(DEMO);
    let group = all.iter_mut().find(|entity| entity.names.contains("role_auditor")).unwrap();
    let id = group.id.clone();
    group.body = group.body.replace("role_auditor", "role_reviewer");
    let text = join(&all).replace("role_auditor", "role_reviewer");
    let renamed = organization(&text);
    let found = renamed.directory.groups().iter().find(|group| group.name == "role_reviewer");
    assert_eq!(found.unwrap().id, id);
}

#[test]
fn an_import_writes_what_differs_and_nothing_the_second_time() {
    wait(async {
        let store = Store::memory(Clock::fixed(1_700_000_000));
        let organizations = Organizations::new(store);
        let first = import(&organizations, &entities(DEMO)).await.unwrap();
        assert_eq!(first.n_changes, entities(DEMO).len());
        assert_eq!((first.counters.configuration, first.counters.directory), (1, 1));
        let second = import(&organizations, &entities(DEMO)).await.unwrap();
        assert_eq!((second.n_changes, second.counters), (0, first.counters));
        let kept = read_all(&organizations).await.unwrap();
        assert_eq!(said(&organization(&join(&kept))), said(&organization(DEMO)));
        let changed = demo(|document| {
            document["users"].as_array_mut().unwrap().truncate(2);
            document["apps"] = serde_json::json!([]);
            document["authorizationServers"] = serde_json::json!([]);
        });
        let third = import(&organizations, &entities(&changed)).await.unwrap();
        assert!(third.n_changes > 3 && third.counters.directory == 2);
        let kept = read_all(&organizations).await.unwrap();
        assert_eq!(kept.iter().filter(|one| one.kind == EntityKind::User).count(), 2);
        assert_eq!(said(&organization(&join(&kept))), said(&organization(&changed)));
    });
}

#[test]
fn a_document_is_adopted_unless_something_else_changed_what_is_kept() {
    wait(async {
        let organizations = Organizations::new(Store::memory(Clock::fixed(1_700_000_000)));
        let first = adopt(&organizations, &entities(DEMO), &|_, _| Vec::new()).await.unwrap();
        assert!(matches!(first, Adopted::Imported(_)), "{first:?}");
        let again = adopt(&organizations, &entities(DEMO), &|_, _| Vec::new()).await.unwrap();
        assert!(matches!(again, Adopted::Same(_)), "{again:?}");
        let edited = demo(|document| document["users"].as_array_mut().unwrap().truncate(3));
        let edited = entities(&edited);
        let third = adopt(&organizations, &edited, &|_, _| Vec::new()).await.unwrap();
        assert!(matches!(third, Adopted::Imported(_)), "{third:?}");
        let mut by_another = Entity::new(EntityKind::Group, "00gnew", "{}".to_owned());
        by_another.names.insert("new".to_owned());
        organizations.write(&[Change::Create(by_another)], &[]).await.unwrap();
        assert_eq!(
            adopt(&organizations, &edited, &|_, _| Vec::new()).await.unwrap(),
            Adopted::ChangedSince
        );
        assert_eq!(import(&organizations, &edited).await.unwrap().n_changes, 1);
        let last = adopt(&organizations, &edited, &|_, _| Vec::new()).await.unwrap();
        assert!(matches!(last, Adopted::Same(_)), "{last:?}");
    });
}

#[test]
fn two_nodes_that_import_at_once_end_with_one_organization() {
    wait(async {
        let organizations = Organizations::new(Store::memory(Clock::fixed(1_700_000_000)));
        let all = entities(DEMO);
        let (one, other) = tokio::join!(import(&organizations, &all), import(&organizations, &all));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.n_changes + other.n_changes, all.len());
        assert_eq!(read_all(&organizations).await.unwrap().len(), all.len());
    });
}

#[test]
fn many_people_are_imported_in_one_write_in_which_names_change_hands() {
    let text = demo(|document| {
        document["apps"] = serde_json::json!([]);
        document["authorizationServers"] = serde_json::json!([]);
        let user = |index: usize| {
            let login = format!("user{index}@example.com");
            serde_json::json!({"profile": {"login": login, "email": login}, "groups": []})
        };
        document["users"] = (0..2500).map(user).collect();
    });
    wait(async {
        let organizations = Organizations::new(Store::memory(Clock::fixed(1_700_000_000)));
        let imported = import(&organizations, &entities(&text)).await.unwrap();
        assert_eq!(imported.counters.directory, 1);
        assert_eq!(organizations.find_import().await.unwrap(), Some(imported.counters));
        let page = organizations.search(EntityKind::User, "user1234@", None, 9).await.unwrap();
        assert_eq!(page.entities.len(), 1);
        // The last takes the login of the first, which gives it up in the same document.
        let exchanged = text
            .replace("user2499@", "first@")
            .replace("user0@", "user2499@")
            .replace("first@", "user0@");
        let all = entities(&text);
        let mut exchanged = entities(&exchanged);
        for entity in &mut exchanged {
            let same = |one: &&Entity| one.kind == entity.kind && one.position == entity.position;
            entity.id = all.iter().find(same).unwrap().id.clone();
        }
        let again = import(&organizations, &exchanged).await.unwrap();
        assert_eq!((again.n_changes, again.counters.directory), (2, 2));
        let told = organizations.changes(Counter::Directory, 0).await.unwrap();
        assert_eq!(told, None, "so many that all is read anew");
        let told = organizations.changes(Counter::Directory, 1).await.unwrap();
        assert_eq!(told.unwrap().len(), 2);
    });
}

#[test]
fn what_changed_in_a_server_is_told_by_its_id_and_anything_else_concerns_all() {
    let all = entities(DEMO);
    let before =
        Snapshot::default().with(&all.iter().cloned().map(Change::Create).collect::<Vec<_>>());
    let first = |kind| all.iter().find(|one| one.kind == kind).unwrap().clone();
    let after = |changes: &[Change]| before.with(changes).servers_changed_since(&before);
    assert_eq!(after(&[]), Some(BTreeSet::new()));
    let claim = first(EntityKind::Claim);
    let server = server_of(claim.kind, &claim.id).unwrap().to_owned();
    let own = Some(BTreeSet::from([server.clone()]));
    assert_eq!(after(&[Change::Replace(claim.clone())]), own);
    let gone =
        Change::Delete { kind: claim.kind, id: claim.id.clone(), generation: claim.generation };
    assert_eq!(after(&[gone]), own);
    let text = before.to_document_of(own.as_ref().unwrap());
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let servers = document["authorizationServers"].as_array().unwrap();
    let whole: Vec<_> = servers.iter().filter(|one| !one.is_null()).collect();
    assert!(servers.len() > 1 && whole.len() == 1 && whole[0]["id"] == *server, "{text}");
    for kind in [EntityKind::Group, EntityKind::Application, EntityKind::Organization] {
        assert_eq!(after(&[Change::Replace(first(kind))]), None, "{kind:?}");
    }
    let server = first(EntityKind::Server);
    let elsewhere = Entity { position: server.position + 100, ..server.clone() };
    assert_eq!(after(&[Change::Replace(elsewhere)]), None);
    let gone = Change::Delete { kind: server.kind, id: server.id, generation: 1 };
    assert_eq!(after(&[gone]), None);
}
