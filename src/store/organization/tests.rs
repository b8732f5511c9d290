//! What is written is found in every way it should be, wholly or not at all, and counted.

use super::super::Fails;
use super::super::tests::{NOW, on_each, on_each_with_clock};
use super::*;

fn user(id: &str, login: &str) -> Entity {
    let mut user = Entity::new(EntityKind::User, id, format!("{{\"login\": {login:?}}}"));
    user.names.insert(login.to_owned());
    user.words.insert(login.to_owned());
    user.words.insert("Ada Lovelace".to_owned());
    user
}

fn scope(server: &str, name: &str) -> Entity {
    Entity::new(EntityKind::Scope, &format!("{server}/{name}"), "{}".to_owned())
}

fn member(mut user: Entity, groups: &[&str]) -> Entity {
    user.tags = groups.iter().map(|group| format!("group:{group}")).collect();
    user
}

async fn write(
    organizations: &Organizations,
    changes: Vec<Change>,
) -> Result<Counters, WriteError> {
    organizations.write(&changes, &[]).await
}

async fn create(organizations: &Organizations, entities: &[Entity]) -> Counters {
    let changes = entities.iter().cloned().map(Change::Create).collect();
    write(organizations, changes).await.unwrap()
}

async fn read(organizations: &Organizations, id: &str) -> Entity {
    organizations.find(EntityKind::User, id).await.unwrap().unwrap()
}

fn ids(page: &Page) -> Vec<&str> {
    page.entities.iter().map(|entity| entity.id.as_str()).collect()
}

#[test]
fn an_entity_is_found_by_its_id_its_names_and_its_words() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        let users = [user("u1", "Ada@example.com"), user("u2", "bob@example.com")];
        create(&organizations, &users).await;
        let found = read(&organizations, "u1").await;
        assert!(found.says_the_same(&users[0]) && found.generation == 1);
        for name in ["Ada@example.com", "ADA@EXAMPLE.COM"] {
            let found = organizations.find_by_name(EntityKind::User, name).await.unwrap();
            assert_eq!(found.unwrap().id, "u1");
        }
        for absent in ["ada@example", "u1"] {
            let found = organizations.find_by_name(EntityKind::User, absent).await.unwrap();
            assert_eq!(found, None);
            assert_eq!(organizations.find(EntityKind::Group, absent).await.unwrap(), None);
        }
        let search = async |words: &str| {
            let page = organizations.search(EntityKind::User, words, None, 9).await.unwrap();
            page.entities.into_iter().map(|user| user.id).collect::<Vec<_>>()
        };
        assert_eq!(search("ada l").await, ["u1", "u2"]);
        assert_eq!(search("ADA").await, ["u1", "u2"], "one of two words, each told once");
        assert_eq!(search("bob").await, ["u2"]);
        assert_eq!(search("lovelace").await, [""; 0]);
    });
}

#[test]
fn lists_go_on_page_by_page_within_their_parent_and_end() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        let scopes = ["a", "b", "c", "d"].map(|name| scope("aus1", name));
        create(&organizations, &scopes).await;
        create(&organizations, &[scope("aus10", "x"), scope("aus0", "x")]).await;
        let list = async |after: Option<&str>| {
            let parent = Some("aus1");
            organizations.list(EntityKind::Scope, parent, after, 3).await.unwrap()
        };
        let first = list(None).await;
        assert_eq!(ids(&first), ["aus1/a", "aus1/b", "aus1/c"]);
        let second = list(first.next.as_deref()).await;
        assert_eq!((ids(&second), second.next.as_deref()), (vec!["aus1/d"], None));
        let all = organizations.list_all(EntityKind::Scope).await.unwrap();
        assert_eq!(all.len(), 6);
    });
}

#[test]
fn members_are_listed_by_group_and_follow_a_change() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        let one = member(user("u1", "one@example.com"), &["g1", "g2"]);
        let two = member(user("u2", "two@example.com"), &["g1"]);
        create(&organizations, &[one, two]).await;
        let members = async |group: &str| {
            let tag = format!("group:{group}");
            let page = organizations.list_of(EntityKind::User, &tag, None, 9).await.unwrap();
            page.entities.into_iter().map(|user| user.id).collect::<Vec<_>>()
        };
        assert_eq!(members("g1").await, ["u1", "u2"]);
        let moved = member(read(&organizations, "u1").await, &["g3"]);
        write(&organizations, vec![Change::Replace(moved)]).await.unwrap();
        assert_eq!(members("g1").await, ["u2"]);
        assert_eq!(members("g2").await, [""; 0]);
        assert_eq!(members("g3").await, ["u1"]);
    });
}

#[test]
fn who_was_not_first_is_told_and_changes_nothing() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        create(&organizations, &[user("u1", "one@example.com")]).await;
        let read_once = read(&organizations, "u1").await;
        let conflict = Err(WriteError::Conflict { kind: EntityKind::User, id: "u1".to_owned() });
        let other = Change::Create(user("u9", "nine@example.com"));
        let again = vec![other.clone(), Change::Create(user("u1", "else@example.com"))];
        assert_eq!(write(&organizations, again).await, conflict);
        write(&organizations, vec![Change::Replace(read_once.clone())]).await.unwrap();
        let late = vec![other.clone(), Change::Replace(read_once)];
        assert_eq!(write(&organizations, late).await, conflict);
        let delete = Change::Delete { kind: EntityKind::User, id: "u1".to_owned(), generation: 1 };
        assert_eq!(write(&organizations, vec![other, delete]).await, conflict);
        assert_eq!(organizations.find(EntityKind::User, "u9").await.unwrap(), None);
        assert_eq!(organizations.counters().await.unwrap().directory, 2);
    });
}

#[test]
fn a_name_has_one_bearer_until_it_is_given_up_and_two_may_exchange_theirs() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        create(&organizations, &[user("u1", "one@example.com"), user("u2", "two@example.com")])
            .await;
        let taken =
            write(&organizations, vec![Change::Create(user("u3", "ONE@example.com"))]).await;
        let name = "one@example.com".to_owned();
        assert_eq!(taken, Err(WriteError::NameTaken { kind: EntityKind::User, name }));
        let renamed =
            |old: Entity, login| Entity { generation: old.generation, ..user(&old.id, login) };
        let (one, two) = (read(&organizations, "u1").await, read(&organizations, "u2").await);
        let exchange = vec![
            Change::Replace(renamed(one, "two@example.com")),
            Change::Replace(renamed(two, "one@example.com")),
        ];
        write(&organizations, exchange).await.unwrap();
        let found = organizations.find_by_name(EntityKind::User, "one@example.com").await.unwrap();
        assert_eq!(found.unwrap().id, "u2");
        let delete = Change::Delete { kind: EntityKind::User, id: "u2".to_owned(), generation: 2 };
        write(&organizations, vec![delete]).await.unwrap();
        create(&organizations, &[user("u3", "One@example.com")]).await;
        let found = organizations.find_by_name(EntityKind::User, "one@example.com").await.unwrap();
        assert_eq!(found.unwrap().id, "u3");
        let page = organizations.search(EntityKind::User, "one", None, 9).await.unwrap();
        assert_eq!(ids(&page), ["u3"]);
    });
}

#[test]
fn every_write_raises_its_counter_and_tells_what_it_changed() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        assert!(organizations.counters().await.unwrap().is_zero());
        let first = create(&organizations, &[user("u1", "one@example.com")]).await;
        assert_eq!((first.configuration, first.directory), (0, 1));
        let both =
            create(&organizations, &[scope("aus1", "a"), user("u2", "two@example.com")]).await;
        assert_eq!((both.configuration, both.directory), (1, 2));
        let delete = Change::Delete { kind: EntityKind::User, id: "u1".to_owned(), generation: 1 };
        let third = write(&organizations, vec![delete]).await.unwrap();
        assert_eq!(organizations.counters().await.unwrap(), third);
        let changed = |id: &str| Changed { kind: EntityKind::User, id: id.to_owned() };
        let since = async |number| organizations.changes(Counter::Directory, number).await.unwrap();
        assert_eq!(since(0).await.unwrap(), [changed("u1"), changed("u2"), changed("u1")]);
        assert_eq!(since(2).await.unwrap(), [changed("u1")]);
        assert_eq!(since(3).await.unwrap(), []);
        let configuration = organizations.changes(Counter::Configuration, 0).await.unwrap();
        assert_eq!(configuration.unwrap()[0].id, "aus1/a");
    });
}

#[test]
fn of_writers_at_once_none_is_lost_and_each_has_its_number() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        let writer = |index: usize| {
            let organizations = organizations.clone();
            let user = user(&format!("u{index}"), &format!("login{index}@example.com"));
            tokio::spawn(async move { create(&organizations, &[user]).await.directory })
        };
        let writers: Vec<_> = (0..5).map(writer).collect();
        let mut numbers = Vec::new();
        for writer in writers {
            numbers.push(writer.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        assert_eq!(organizations.list_all(EntityKind::User).await.unwrap().len(), 5);
    });
}

#[test]
fn what_was_changed_long_ago_is_told_no_more_and_who_asks_reads_all() {
    on_each_with_clock(async |store, clock| {
        let organizations = Organizations::new(store.clone());
        create(&organizations, &[user("u1", "one@example.com")]).await;
        clock.advance(24 * 3600);
        create(&organizations, &[user("u2", "two@example.com")]).await;
        store.sweep().await.unwrap();
        let since = async |number| organizations.changes(Counter::Directory, number).await.unwrap();
        assert_eq!(since(0).await, None);
        assert_eq!(since(1).await.unwrap().len(), 1);
        clock.advance(24 * 3600);
        store.sweep().await.unwrap();
        assert_eq!(since(1).await, None);
        assert_eq!(since(2).await, Some(Vec::new()));
        assert_eq!(clock.seconds(), NOW + 48 * 3600);
    });
}

#[test]
fn audit_rows_are_there_with_their_change_or_not_at_all() {
    on_each(async |store| {
        let organizations = Organizations::new(store.clone());
        let audit = |key: &str| [Row::new("audit", key, b"who".to_vec())];
        let one = [Change::Create(user("u1", "one@example.com"))];
        organizations.write(&one, &audit("1")).await.unwrap();
        let taken = [Change::Create(user("u2", "one@example.com"))];
        assert!(organizations.write(&taken, &audit("2")).await.is_err());
        let kept = store.list("audit").await.unwrap().value;
        assert_eq!(kept.into_iter().map(|row| row.key).collect::<Vec<_>>(), ["1"]);
    });
}

#[test]
fn a_write_during_which_the_store_fails_is_whole_or_not_there_and_can_be_made_again() {
    on_each(async |store| {
        for fails in [Fails::Before, Fails::After] {
            for fatal in 1..=4 {
                let id = format!("{fails:?}{fatal}");
                let organizations = Organizations::new(store.clone());
                let before = organizations.counters().await.unwrap();
                let failing = Organizations::new(store.clone().failing(fatal, fails));
                let login = format!("{id}@example.com");
                let change = [Change::Create(user(&id, &login))];
                let audit = [Row::new("audit", &id, Vec::new())];
                let failed = failing.write(&change, &audit).await;
                // Where the counters stand, what is being ended, and the write itself.
                let reached = fatal <= 3;
                assert_eq!(failed.is_err(), reached, "{failed:?}");
                let is_there = organizations.find(EntityKind::User, &id).await.unwrap().is_some();
                assert_eq!(is_there, !reached || (fatal == 3 && fails == Fails::After));
                let by_name = organizations.find_by_name(EntityKind::User, &login).await.unwrap();
                assert_eq!(by_name.is_some(), is_there);
                assert_eq!(store.find("audit", &id).await.unwrap().value.is_some(), is_there);
                let counters = organizations.counters().await.unwrap();
                assert_eq!(counters.directory, before.directory + i64::from(is_there));
                let again = organizations.write(&change, &audit).await;
                assert_eq!(again.is_ok(), !is_there, "{again:?}");
            }
        }
    });
}

#[test]
fn one_that_is_deleted_and_made_anew_in_one_write_has_the_names_of_the_new_one() {
    on_each(async |store| {
        let organizations = Organizations::new(store);
        create(&organizations, &[user("u1", "one@example.com")]).await;
        let delete = Change::Delete { kind: EntityKind::User, id: "u1".to_owned(), generation: 1 };
        let anew = vec![delete, Change::Create(user("u1", "one@example.com"))];
        write(&organizations, anew).await.unwrap();
        let found = organizations.find_by_name(EntityKind::User, "one@example.com").await.unwrap();
        assert_eq!(found.map(|user| user.generation), Some(1));
        let page = organizations.search(EntityKind::User, "ada", None, 9).await.unwrap();
        assert_eq!(ids(&page), ["u1"]);
    });
}

/// Keeps rows of these kinds that belong to something.
async fn begin(store: &Store, tag: &str, kinds: &[&str]) {
    let row = |kind: &&str| Row::new(kind, tag, Vec::new()).tagged(tag.to_owned());
    let ops = kinds.iter().map(row).map(Op::Insert).collect();
    assert_eq!(store.batch(ops).await.unwrap().value, BatchOutcome::Applied);
}

async fn kept(store: &Store, tag: &str) -> Vec<&'static str> {
    let mut kept = Vec::new();
    for kind in ["code", "family", "password", "session"] {
        let rows = store.list_by_tag(kind, tag, None, 9).await.unwrap().value;
        kept.extend(rows.iter().map(|_| kind));
    }
    kept
}

#[test]
fn what_came_of_a_user_who_is_deactivated_ends_and_does_not_come_back_with_them() {
    on_each_with_clock(async |store, clock| {
        let organizations = Organizations::new(store.clone());
        create(&organizations, &[user("u1", "one@example.com")]).await;
        let all = ["code", "family", "password", "session"];
        begin(&store, "user:u1", &all).await;
        begin(&store, "user:u2", &all).await;
        let mut endings = Endings::new(store.clone());
        assert_eq!(endings.remove().await.unwrap(), 0);
        let turn = async |is_ended: bool| {
            let turned = Entity { is_ended, ..read(&organizations, "u1").await };
            write(&organizations, vec![Change::Replace(turned)]).await.unwrap();
        };
        turn(true).await;
        assert_eq!(endings.remove().await.unwrap(), 3);
        assert_eq!(kept(&store, "user:u1").await, ["password"]);
        assert_eq!(kept(&store, "user:u2").await, all);
        // A node that had not heard of it began one more; another node ends it.
        begin(&store, "user:u1", &["family"]).await;
        assert_eq!(endings.remove().await.unwrap(), 0, "once is enough for now");
        assert_eq!(Endings::new(store.clone()).remove().await.unwrap(), 1);
        begin(&store, "user:u1", &["family"]).await;
        turn(false).await;
        assert_eq!(kept(&store, "user:u1").await, ["password"], "not even what nobody saw");
        begin(&store, "user:u1", &["family"]).await;
        clock.advance(3600);
        assert_eq!(endings.remove().await.unwrap(), 0, "what began since is no part of it");
        assert_eq!(kept(&store, "user:u1").await, ["family", "password"]);
    });
}

#[test]
fn what_a_node_began_late_is_ended_when_no_request_of_before_can_be_under_way() {
    on_each_with_clock(async |store, clock| {
        let organizations = Organizations::new(store.clone());
        create(&organizations, &[user("u1", "one@example.com")]).await;
        let ended = Entity { is_ended: true, ..read(&organizations, "u1").await };
        write(&organizations, vec![Change::Replace(ended)]).await.unwrap();
        let mut endings = Endings::new(store.clone());
        endings.remove().await.unwrap();
        begin(&store, "user:u1", &["family"]).await;
        clock.advance(59);
        assert_eq!(endings.remove().await.unwrap(), 0);
        clock.advance(1);
        assert_eq!(endings.remove().await.unwrap(), 1);
        begin(&store, "user:u1", &["family"]).await;
        assert_eq!(endings.remove().await.unwrap(), 0, "that was the end of it");
    });
}

#[test]
fn nothing_is_kept_of_what_is_deleted_whoever_had_it() {
    on_each(async |store| {
        let organizations = Organizations::new(store.clone());
        let mut client = Entity::new(EntityKind::Application, "0oa1", "{}".to_owned());
        client.names.insert("web-app".to_owned());
        let mut other = Entity::new(EntityKind::Application, "0oa2", "{}".to_owned());
        other.tags.insert("user:u1".to_owned());
        let gone = Entity { is_ended: true, ..user("u2", "two@example.com") };
        let server = Entity::new(EntityKind::Server, "aus1", "{}".to_owned());
        create(&organizations, &[user("u1", "one@example.com"), gone, client, other, server]).await;
        let tags = ["user:u1", "user:u2", "client:web-app", "server:aus1"];
        for tag in tags {
            begin(&store, tag, &["family", "password", "welcome-token", "state-token"]).await;
        }
        let delete = |kind, id: &str| Change::Delete { kind, id: id.to_owned(), generation: 1 };
        let changes = vec![
            delete(EntityKind::User, "u1"),
            delete(EntityKind::User, "u2"),
            delete(EntityKind::Application, "0oa1"),
            delete(EntityKind::Server, "aus1"),
        ];
        write(&organizations, changes).await.unwrap();
        assert_eq!(Endings::new(store.clone()).remove().await.unwrap(), 16);
        for tag in tags {
            assert_eq!(kept(&store, tag).await, [""; 0], "{tag}");
        }
        let named = organizations.find(EntityKind::Application, "0oa2").await.unwrap();
        assert!(named.is_some(), "what only names them stays");
    });
}

#[test]
fn tokens_of_a_client_or_server_count_from_when_it_was_last_inactive() {
    on_each_with_clock(async |store, clock| {
        let organizations = Organizations::new(store.clone());
        let mut client = Entity::new(EntityKind::Application, "0oa1", "{}".to_owned());
        client.names.insert("Web-App".to_owned());
        let server = Entity::new(EntityKind::Server, "aus1", "{}".to_owned());
        create(&organizations, &[client, server]).await;
        assert!(not_before(&store).await.unwrap().is_empty());
        let turn = async |is_ended: bool| {
            let mut changes = Vec::new();
            for (kind, id) in [(EntityKind::Application, "0oa1"), (EntityKind::Server, "aus1")] {
                let entity = organizations.find(kind, id).await.unwrap().unwrap();
                changes.push(Change::Replace(Entity { is_ended, ..entity }));
            }
            write(&organizations, changes).await.unwrap();
        };
        turn(true).await;
        let tags = |since: i64| {
            let pair = |tag: &str| (tag.to_owned(), since);
            [pair("client:Web-App"), pair("server:aus1")].into_iter().collect()
        };
        assert_eq!(not_before(&store).await.unwrap(), tags(NOW + 1));
        clock.advance(100);
        turn(false).await;
        assert_eq!(not_before(&store).await.unwrap(), tags(NOW + 100));
        clock.advance(24 * 3600);
        store.sweep().await.unwrap();
        assert!(not_before(&store).await.unwrap().is_empty(), "no token lives that long");
    });
}
