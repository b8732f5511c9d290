//! Users whom nothing names are read as they are wanted, kept for a while, and read anew once they
//! changed.

use super::super::fixture::{URL, document, publish_after, start_over};
use super::super::{PublicUrl, Published, compile, compile_after};
use crate::clock::Clock;
use crate::document;
use crate::organization::{import, join, read, read_named, split};
use crate::program::Engine;
use crate::store::Store;
use crate::store::organization::{Change, Entity, EntityKind, Organizations};
use crate::token::digest;
use serde_json::json;

/// What keeps an organization, and a runtime to ask it in.
struct Kept {
    store: Store,
    organizations: Organizations,
    runtime: tokio::runtime::Runtime,
}

/// The demo, with so many users whom nothing names.
fn with_strangers(n_users: usize) -> String {
    document(|document| {
        let user = |index: usize| {
            let login = format!("user{index}@example.com");
            json!({
                "profile": {
                    "login": login, "email": login, "firstName": "Un", "lastName": "Named",
                    "projects": vec!["x".repeat(200); index % 7],
                },
                "password": "$2b$04$6Tz1VzQnYsYvR2mGkq8Xuu1o5xXl8XyUu3J6mJ6fXQe3bqUu0b5yC",
                "groups": ["Internal Employees", "role_auditor"],
            })
        };
        document["users"].as_array_mut().unwrap().extend((0..n_users).map(user));
    })
}

impl Kept {
    fn new(text: &str) -> Self {
        let store = Store::memory(Clock::fixed(1_700_000_000));
        let organizations = Organizations::new(store.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let kept = Self { store, organizations, runtime };
        kept.import(text);
        kept
    }

    fn import(&self, text: &str) {
        let node = document::read(text.as_bytes()).unwrap();
        let entities = split(text, &node, &read(&node, &digest).unwrap(), &digest);
        self.runtime.block_on(import(&self.organizations, &entities)).unwrap();
    }

    fn publish(&self) -> Published {
        let entities = self.runtime.block_on(read_named(&self.organizations)).unwrap();
        let url = PublicUrl::new(URL).unwrap();
        let draft = compile(join(&entities).as_bytes(), url, Engine::Interpreter).unwrap();
        start_over(draft, &self.store)
    }

    /// The names of the groups of a user.
    fn groups(&self, published: &Published, id: &str) -> Vec<String> {
        let person = self.runtime.block_on(published.find_person(id)).unwrap().unwrap();
        let groups = published.directory().groups_of(person.user());
        groups.map(|group| group.name.clone()).collect()
    }

    fn change(&self, kind: EntityKind, name: &str, change: impl FnOnce(&mut Entity)) -> String {
        let find = self.organizations.find_by_name(kind, name);
        let mut entity = self.runtime.block_on(find).unwrap().unwrap();
        change(&mut entity);
        let id = entity.id.clone();
        let write = [Change::Replace(entity)];
        self.runtime.block_on(self.organizations.write(&write, &[])).unwrap();
        id
    }
}

#[test]
fn whom_nothing_names_is_found_like_those_of_the_document() {
    let text = with_strangers(20);
    let kept = Kept::new(&text);
    let published = kept.publish();
    let find = |login: &str| kept.runtime.block_on(published.find_person_by_login(login)).unwrap();
    let stranger = find("USER7@example.com").unwrap();
    let (user, id) = (stranger.user(), &stranger.user().id);
    assert!(!published.names_user(id) && published.directory().find_user_by_id(id).is_none());
    let whole = read(&document::read(text.as_bytes()).unwrap(), &digest).unwrap();
    let same = &whole.directory.users()[whole.directory.find_user_by_id(id).unwrap()];
    assert_eq!((user, user.groups.len()), (same, 3), "with the group that everybody is in");
    let again = kept.runtime.block_on(published.find_person(id)).unwrap().unwrap();
    assert!(std::sync::Arc::ptr_eq(&stranger, &again), "it is kept");
    let ada = find("ada@example.com").unwrap();
    assert!(published.names_user(&ada.user().id), "the environment has her password");
    assert!(find("nobody@example.com").is_none());
    assert!(kept.runtime.block_on(published.find_person("00unobody")).unwrap().is_none());
    let some = kept.runtime.block_on(published.some_people(7, 5)).unwrap();
    assert_eq!(some.len(), 5);
}

#[test]
fn a_user_who_changed_is_read_anew_and_a_group_s_new_name_is_that_of_its_members() {
    let kept = Kept::new(&with_strangers(2));
    let published = kept.publish();
    let login = "user1@example.com";
    let stranger = kept.runtime.block_on(published.find_person_by_login(login)).unwrap().unwrap();
    let id = stranger.user().id.clone();
    assert_eq!(kept.groups(&published, &id), ["Everyone", "Internal Employees", "role_auditor"]);
    kept.change(EntityKind::User, login, |user| {
        let first = user.tags.first().unwrap().to_owned();
        user.tags.remove(&first);
    });
    assert_eq!(kept.groups(&published, &id).len(), 3, "what is kept is believed until then");
    published.forget_person(&id);
    let fewer = kept.groups(&published, &id);
    assert_eq!(fewer.len(), 2);
    let name = fewer[1].clone();
    kept.change(EntityKind::Group, &name, |group| {
        group.names = ["renamed".to_owned()].into();
        group.body = group.body.replace(&name, "renamed");
    });
    let mut entities = kept.runtime.block_on(read_named(&kept.organizations)).unwrap();
    for entity in &mut entities {
        entity.body = entity.body.replace(&name, "renamed");
    }
    let url = PublicUrl::new(URL).unwrap();
    let text = join(&entities);
    let draft = compile_after(Some(&published), text.as_bytes(), url, Engine::Interpreter);
    let next = start_over(draft.unwrap(), &kept.store);
    assert_eq!(kept.groups(&next, &id), ["Everyone", "renamed"]);
}

#[test]
fn who_does_not_conform_to_the_schema_is_nobody() {
    let kept = Kept::new(&with_strangers(1));
    let published = kept.publish();
    let id = kept.change(EntityKind::User, "user0@example.com", |user| {
        user.body = user.body.replace("\"firstName\": \"Un\"", "\"firstName\": 7");
        user.body = user.body.replace("\"firstName\":\"Un\"", "\"firstName\":7");
    });
    assert!(kept.runtime.block_on(published.find_person(&id)).unwrap().is_none());
}

#[test]
fn however_many_are_wanted_few_are_kept_and_those_wanted_lately_are() {
    let kept = Kept::new(&with_strangers(1));
    let published = kept.publish();
    let login = "user0@example.com";
    let first = kept.runtime.block_on(published.find_person_by_login(login)).unwrap().unwrap();
    let mut memory = super::super::people::Kept::default();
    let n_fit = super::super::people::HALF / 10_000;
    for index in 0..3 * n_fit {
        memory.keep(index.to_string(), first.clone(), 10_000);
        assert!(memory.find("0").is_some(), "{index}");
        assert!(memory.len() <= 2 * n_fit + 1, "{index}");
    }
    assert!(memory.find("1").is_none());
    memory.forget("0");
    assert!(memory.find("0").is_none());
}

#[test]
fn a_document_names_all_of_its_users() {
    let text = with_strangers(1);
    let published = publish_after(&Kept::new(&text).publish(), &text);
    let index = published.directory().find_user_by_login("user0@example.com").unwrap();
    let id = &published.directory().users()[index].id;
    assert!(published.names_user(id));
}
