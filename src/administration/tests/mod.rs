//! Changes over the store of tests and over SQLite: what is refused changes nothing, what is made
//! serves at once, and of two at once none is lost.

mod keys;
mod kill;
mod many;

use super::*;
use crate::audit::Actor;
use crate::organization::below;
use crate::publish::Missing;
use crate::publish::fixture::{document, foundation, publisher};
use crate::store::journal::EVENT;
use crate::store::organization::Counters;
use crate::store::{Fails, Op, Row, Store};
use serde_json::{Value, json};

const SERVER: &str = "internal";

/// The organization of tests over a store, and who administers it.
struct Place {
    store: Store,
    administration: Administration,
}

impl Place {
    async fn over(store: Store) -> Self {
        let publisher = publisher(&document(|_| ()), &store).await;
        let administration = Administration::new(Arc::new(publisher), Clock::fixed(NOW));
        Self { store, administration }
    }

    /// Another node over the same store.
    async fn another(&self) -> Self {
        let foundation = self.administration.publisher().foundation().clone();
        let publisher = Publisher::start(foundation, Missing::Refuse).await;
        let administration = Administration::new(Arc::new(publisher.unwrap()), Clock::fixed(NOW));
        Self { store: self.store.clone(), administration }
    }

    async fn add_claim(&self, name: &str, value: &str) -> Result<Changed, ChangeRefused> {
        let id = self.administration.new_id("ocl");
        self.administration
            .change(&actor(), |kept| {
                kept.require(EntityKind::Server, SERVER, &IfMatch::Any)?;
                let body = json!({
                    "id": id, "name": name, "claimType": "RESOURCE", "valueType": "EXPRESSION",
                    "value": value,
                });
                let position = kept.next_position(EntityKind::Claim, SERVER);
                Ok(vec![create(EntityKind::Claim, &below(SERVER, &id), position, &body)])
            })
            .await
    }

    /// The names of the claims that serve.
    fn serves(&self, name: &str) -> bool {
        let version = self.administration.version();
        let server = version.find_server(SERVER).unwrap();
        server.definition().claims.iter().any(|claim| claim.name == name)
    }

    async fn n_recorded(&self) -> usize {
        self.store.list(EVENT).await.unwrap().value.len()
    }

    /// What was recorded of this event.
    async fn recorded(&self, event: &str) -> Value {
        let rows = self.store.list(EVENT).await.unwrap().value;
        let mut all = rows.iter().map(|row| serde_json::from_slice::<Value>(&row.bytes).unwrap());
        all.find(|recorded| recorded["eventType"] == event).unwrap()
    }

    /// The id of what has this name.
    async fn id(&self, kind: EntityKind, name: &str) -> String {
        let found = self.administration.organizations().find_by_name(kind, name).await;
        found.unwrap().unwrap().id
    }
}

const NOW: i64 = 1_700_000_000;

fn actor() -> Actor {
    Actor::system()
}

fn wait<Out>(future: impl Future<Output = Out>) -> Out {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn ask(Place { administration, .. }: &Place) -> Ask<'_> {
    Ask { administration, actor: actor(), base: String::new(), if_match: IfMatch::Any }
}

/// On the store in memory and on SQLite.
fn on_each(test: impl AsyncFn(Place)) {
    wait(async {
        test(Place::over(Store::memory(Clock::fixed(NOW))).await).await;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::sqlite(&folder.path().join("store.sqlite"), Clock::fixed(NOW)).unwrap();
        test(Place::over(store).await).await;
    });
}

#[test]
fn a_change_serves_at_once_and_is_recorded_with_before_and_after() {
    on_each(async |place| {
        let changed = place.add_claim("shape", "'round'").await.unwrap();
        assert!(place.serves("shape"));
        let claim = changed.snapshot.within(EntityKind::Claim, SERVER);
        let claim = claim.last().unwrap();
        assert_eq!((claim.generation, claim.created), (1, Some(NOW * 1_000_000)));
        let recorded = place.recorded("oauth2.claim.created").await;
        let details = &recorded["target"][0]["changeDetails"];
        assert_eq!((&details["from"], &details["to"]["value"]), (&Value::Null, &json!("'round'")));
        // It is what another node reads, and what this one finds nothing new in.
        assert!(place.another().await.serves("shape"));
        let counters = place.administration.organizations().counters().await.unwrap();
        assert_eq!(place.administration.publisher().served(), counters);
        place
            .administration
            .change(&actor(), |kept| {
                let claim = kept.require(EntityKind::Claim, &claim.id, &IfMatch::OneOf(vec![1]))?;
                let mut body = read_body(claim)?;
                body["status"] = json!("INACTIVE");
                Ok(vec![replace(claim, &body)])
            })
            .await
            .unwrap();
        let recorded = place.recorded("oauth2.claim.updated").await;
        assert_eq!(recorded["target"][0]["changeDetails"]["to"]["status"], "INACTIVE");
    });
}

#[test]
fn a_claim_that_does_not_compile_is_refused_with_a_caret_and_changes_nothing() {
    on_each(async |place| {
        let before = place.administration.snapshot().await.unwrap();
        let refused = place.add_claim("broken", "user?.nosuch + 1").await.unwrap_err();
        let ChangeRefused::Invalid { object, causes } = refused else { panic!("{refused:?}") };
        assert_eq!((object.as_str(), causes[0].field.as_str()), ("value", "value"));
        let (rendered, read) = causes[0].diagnostic.clone().unwrap();
        assert!(rendered.contains("user?.nosuch + 1") && rendered.contains('^'), "{rendered}");
        assert_eq!(read["span"][0], 6, "{read}");
        assert!(!place.serves("broken"));
        let after = place.administration.snapshot().await.unwrap();
        assert!(after.holds_the_same(&before) && after.counters() == before.counters());
        assert_eq!(place.n_recorded().await, 0);
    });
}

#[test]
fn what_breaks_something_else_names_that() {
    on_each(async |place| {
        let refused = place
            .administration
            .change(&actor(), |kept| {
                let claims = kept.within(EntityKind::Scope, SERVER);
                Ok(vec![delete(claims.first().unwrap())])
            })
            .await
            .unwrap_err();
        let ChangeRefused::Invalid { causes, .. } = refused else { panic!("{refused:?}") };
        assert!(causes.iter().all(|cause| cause.field.contains('`')), "{causes:?}");
    });
}

#[test]
fn of_changes_at_once_on_two_nodes_none_is_lost() {
    on_each(async |place| {
        let another = place.another().await;
        let add = async |place: &Place, node: usize| {
            for number in 0..4 {
                place.add_claim(&format!("from_{node}_{number}"), "'x'").await.unwrap();
            }
        };
        tokio::join!(add(&place, 0), add(&another, 1));
        for (place, other) in [(&place, 1), (&another, 0)] {
            place.administration.publisher().turn().await.follow().await.unwrap();
            assert!((0..4).all(|number| place.serves(&format!("from_{other}_{number}"))));
        }
        let kept = place.administration.snapshot().await.unwrap();
        let positions = kept.within(EntityKind::Claim, SERVER);
        let positions: Vec<u32> = positions.iter().map(|claim| claim.position).collect();
        assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{positions:?}");
        let stale = place
            .administration
            .change(&actor(), |kept| {
                let server = kept.require(EntityKind::Server, SERVER, &IfMatch::OneOf(vec![77]))?;
                Ok(vec![delete(server)])
            })
            .await;
        assert_eq!(stale.unwrap_err(), ChangeRefused::Overwritten);
    });
}

/// Who is linked on one node to somebody who is linked to them on another at the same moment.
#[test]
fn two_who_are_linked_at_once_come_to_no_circle() {
    on_each(async |place| {
        let another = place.another().await;
        let (here, there) = (ask(&place), ask(&another));
        let relation = json!({
            "primary": {"name": "manager", "title": "Manager", "type": "USER"},
            "associated": {"name": "subordinate", "title": "Subordinate", "type": "USER"},
        });
        linked_object::add(&here, &relation).await.unwrap();
        another.administration.publisher().turn().await.follow().await.unwrap();
        for number in 0..4 {
            let profile = |who: &str| {
                let login = format!("{who}{number}@example.com");
                json!({"profile": {"login": login, "email": login}})
            };
            let make = async |who| place.administration.create_user(&actor(), &profile(who)).await;
            let (one, other) = (make("one").await.unwrap().id, make("other").await.unwrap().id);
            let linked = tokio::join!(
                linked_object::link(&here, (&one, &other), "manager"),
                linked_object::link(&there, (&other, &one), "manager"),
            );
            let n_linked = [&linked.0, &linked.1].into_iter().filter(|one| one.is_ok()).count();
            assert_eq!(n_linked, 1, "{linked:?}");
        }
        let seen = Some(Counters::default());
        let along = Along { seen, ..Along::default() };
        let ada = place.id(EntityKind::User, "ada@example.com").await;
        let suspend = |_: &Entity, mut body: Value| {
            body["status"] = json!("SUSPENDED");
            Ok(Some(body))
        };
        let late = place.administration.change_user(&actor(), &ada, along, suspend).await;
        assert_eq!(late.unwrap_err(), ChangeRefused::Conflict);
    });
}

#[test]
fn a_group_may_be_renamed_and_deleted_wherever_it_is_spoken_of() {
    on_each(async |place| {
        let administration = &place.administration;
        let id = place.id(EntityKind::Group, "role_admin").await;
        let names = |place: &Place, login: &str| {
            let version = place.administration.version();
            let login = login.to_owned();
            async move {
                let person = version.find_person_by_login(&login).await.unwrap().unwrap();
                let groups = version.directory().groups_of(person.user());
                groups.map(|group| group.name.clone()).collect::<Vec<_>>()
            }
        };
        let renamed = administration
            .change_group(&actor(), &id, &IfMatch::Any, |mut body| {
                body["name"] = json!("role_owner");
                Ok(body)
            })
            .await
            .unwrap();
        assert_eq!(renamed.generation, 2);
        assert!(names(&place, "ada@example.com").await.contains(&"role_owner".to_owned()));
        administration.delete_group(&actor(), &id, &IfMatch::Any).await.unwrap();
        let left = names(&place, "ada@example.com").await;
        assert!(!left.contains(&"role_owner".to_owned()) && left.len() > 1, "{left:?}");
        let kept = administration.snapshot().await.unwrap();
        assert!(kept.all().all(|entity| !entity.body.contains(&id)));
        let ada = place.id(EntityKind::User, "ada@example.com").await;
        let ada = administration.organizations().find(EntityKind::User, &ada).await.unwrap();
        assert!(!ada.unwrap().tags.contains(&organization::tag_of_group(&id)));
        // And from nothing it reads the same.
        assert_eq!(names(&place.another().await, "ada@example.com").await, left);
        let everyone = place.id(EntityKind::Group, "Everyone").await;
        let refused = administration.delete_group(&actor(), &everyone, &IfMatch::Any).await;
        assert_eq!(refused.unwrap_err(), ChangeRefused::not_permitted());
    });
}

#[test]
fn one_user_is_made_changed_moved_and_deleted_without_a_new_version() {
    on_each(async |place| {
        let administration = &place.administration;
        let version = administration.version();
        let profile = |login: &str| json!({"login": login, "email": login});
        let make = async |login: &str| {
            administration.create_user(&actor(), &json!({"profile": profile(login)})).await
        };
        let user = make("new@example.com").await.unwrap();
        assert!(user.id.starts_with("00u") && user.id.len() == 20);
        let group = place.id(EntityKind::Group, "Partners").await;
        let ids = (user.id.as_str(), group.as_str());
        for _ in 0..2 {
            administration.change_membership(&actor(), ids, Membership::Joined).await.unwrap();
        }
        let person = version.find_person(&user.id).await.unwrap().unwrap();
        let groups: Vec<&str> =
            version.directory().groups_of(person.user()).map(|group| &*group.name).collect();
        assert_eq!(groups, ["Everyone", "Partners"]);
        let recorded = place.recorded("group.user_membership.add").await;
        assert_eq!(recorded["target"][0]["id"], user.id.as_str());
        let suspend = |_: &Entity, mut body: Value| {
            body["status"] = json!("SUSPENDED");
            Ok(Some(body))
        };
        let event = Some("user.lifecycle.suspend");
        administration.change_user(&actor(), &user.id, event, suspend).await.unwrap();
        let person = version.find_person(&user.id).await.unwrap().unwrap();
        assert!(!person.user().status.may_sign_in());
        assert!(Arc::ptr_eq(&version, &administration.version()), "nothing was compiled");
        // Logins are unique, clients have none, and profiles fit the schema.
        let taken = make("NEW@example.com").await.unwrap_err();
        assert_eq!(taken, ChangeRefused::taken("login"));
        let client = version.directory().applications()[0].client_id.clone();
        let refused = make(&client).await.unwrap_err();
        assert!(matches!(refused, ChangeRefused::Invalid { .. }), "{refused:?}");
        let odd = json!({"profile": {"login": "odd@example.com", "nosuch": 1}});
        let refused = administration.create_user(&actor(), &odd).await.unwrap_err();
        let ChangeRefused::Invalid { causes, .. } = refused else { panic!("{refused:?}") };
        assert!(causes.iter().any(|cause| cause.field == "profile.nosuch"), "{causes:?}");
        administration.delete_user(&actor(), &user.id).await.unwrap();
        assert!(version.find_person(&user.id).await.unwrap().is_none());
        let gone = administration.delete_user(&actor(), &user.id).await.unwrap_err();
        assert_eq!(gone, ChangeRefused::not_found(EntityKind::User, &user.id));
    });
}

#[test]
fn who_chooses_a_password_by_a_link_is_active_once_it_is_kept_and_not_before() {
    on_each(async |place| {
        let administration = &place.administration;
        let store = &administration.publisher().foundation().store;
        let body = json!({
            "profile": {"login": "new@example.com", "email": "new@example.com"},
            "status": "PROVISIONED",
        });
        let user = administration.create_user(&actor(), &body).await.unwrap();
        let status = async || {
            let kept = administration.organizations().find(EntityKind::User, &user.id).await;
            let body = read_body(&kept.unwrap().unwrap()).unwrap();
            text_of(&body, "status").unwrap().to_owned()
        };
        let spend = |expected| Op::Delete {
            kind: "link".to_owned(),
            key: "a".to_owned(),
            expected: Some(expected),
        };
        let keep = Op::Insert(Row::new("kept", "a", Vec::new()));
        store.batch(vec![Op::Insert(Row::new("link", "a", Vec::new()))]).await.unwrap();
        // Another was first, and spent the link.
        let ops = [spend(2), keep.clone()];
        let late = administration.choose_password(&actor(), &user.id, &ops).await.unwrap_err();
        assert_eq!(late, ChangeRefused::Conflict);
        assert_eq!(status().await, "PROVISIONED");
        let ops = [spend(1), keep];
        administration.choose_password(&actor(), &user.id, &ops).await.unwrap();
        assert_eq!(status().await, "ACTIVE");
        assert_eq!(store.find("link", "a").await.unwrap().value, None);
        assert!(store.find("kept", "a").await.unwrap().value.is_some());
    });
}

/// Whichever call to the store fails, on either side of its effect: a new password comes with the end
/// of what the one before opened.
#[test]
fn a_password_that_an_administrator_sets_ends_sessions_in_the_same_batch() {
    wait(async {
        let store = Store::memory(Clock::fixed(NOW));
        let place = Place::over(store.clone()).await;
        let id = place.id(EntityKind::User, "ada@example.com").await;
        let hash = |number: usize| format!("$2a$10$abcdefghijklmnopqrstuu{number:031}");
        let has_session = async || {
            let tag = organization::tag_of_user(&id);
            !store.list_by_tag("session", &tag, None, 1).await.unwrap().value.is_empty()
        };
        let has = async |text: &str| {
            let user = place.administration.organizations().find(EntityKind::User, &id).await;
            user.unwrap().unwrap().body.contains(text)
        };
        let mut number = 0;
        for fails in [Fails::Before, Fails::After] {
            for fatal in 1.. {
                number += 1;
                let row = Row::new("session", &format!("s{number}"), Vec::new());
                let row = row.tagged(organization::tag_of_user(&id));
                store.batch(vec![Op::Insert(row)]).await.unwrap();
                let counting = store.clone().failing(0, fails);
                drop(Publisher::start(foundation(&counting), Missing::Refuse).await.unwrap());
                let n_before = counting.n_calls();
                let failing = store.clone().failing(n_before + fatal, fails);
                let publisher = Publisher::start(foundation(&failing), Missing::Refuse).await;
                let publisher = Arc::new(publisher.unwrap());
                let administration = Administration::new(publisher, Clock::fixed(NOW));
                let hash = hash(number);
                let change = ChangedUser {
                    profile: None,
                    unsent: Unsent::Kept,
                    password: Some(&hash),
                    turn: Some(UserTurn::ExpirePassword),
                    ends: &["session"],
                    if_match: IfMatch::Any,
                };
                let made = administration.update_user(&actor(), &id, &change).await;
                let is_made = has(&hash).await;
                assert_eq!(is_made, !has_session().await, "{fatal} {fails:?}");
                assert!(is_made || made.is_err());
                store
                    .delete_by_tag(Some("session"), &organization::tag_of_user(&id))
                    .await
                    .unwrap();
                if n_before + fatal > failing.n_calls() {
                    break;
                }
            }
        }
    });
}

#[test]
fn a_rule_may_name_a_user_by_login_and_loses_them_when_they_are_deleted() {
    on_each(async |place| {
        let administration = &place.administration;
        let login = "named@example.com";
        let body = json!({"profile": {"login": login, "email": login}});
        let user = administration.create_user(&actor(), &body).await.unwrap();
        let kept = administration.snapshot().await.unwrap();
        let rule = kept.list(EntityKind::Rule).next().unwrap().id.clone();
        administration
            .change(&actor(), |kept| {
                let rule = kept.require(EntityKind::Rule, &rule, &IfMatch::Any)?;
                let mut body = read_body(rule)?;
                body["conditions"]["people"]["users"] = json!({"exclude": [login]});
                Ok(vec![replace(rule, &body)])
            })
            .await
            .unwrap();
        let kept = administration.snapshot().await.unwrap();
        assert!(kept.find(EntityKind::User, &user.id).is_some());
        let body = read_body(kept.find(EntityKind::Rule, &rule).unwrap()).unwrap();
        assert_eq!(body["conditions"]["people"]["users"]["exclude"], json!([user.id]));
        assert!(administration.version().names_user(&user.id));
        administration.delete_user(&actor(), &user.id).await.unwrap();
        assert!(!administration.version().names_user(&user.id));
        let kept = administration.snapshot().await.unwrap();
        let body = read_body(kept.find(EntityKind::Rule, &rule).unwrap()).unwrap();
        assert_eq!(body["conditions"]["people"]["users"]["exclude"], json!([]));
        assert!(kept.find(EntityKind::User, &user.id).is_none());
    });
}

#[test]
fn nothing_secret_is_recorded() {
    on_each(async |place| {
        let administration = &place.administration;
        let hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";
        let body = json!({
            "profile": {"login": "hush@example.com", "email": "hush@example.com"}, "password": hash,
        });
        administration.create_user(&actor(), &body).await.unwrap();
        let kept = administration.snapshot().await.unwrap();
        let client = kept.list(EntityKind::Application).next().unwrap().id.clone();
        administration
            .change(&actor(), |kept| {
                let client = kept.require(EntityKind::Application, &client, &IfMatch::Any)?;
                let mut body = read_body(client)?;
                body["label"] = json!("Another label");
                body["credentials"]["oauthClient"]["client_secret"] =
                    json!({"env": "HUSHHUSHHUSHHUSH"});
                Ok(vec![replace(client, &body)])
            })
            .await
            .unwrap();
        for row in place.store.list(EVENT).await.unwrap().value {
            let text = String::from_utf8(row.bytes).unwrap();
            assert!(
                text.contains("***") && !text.contains("HUSH") && !text.contains(hash),
                "{text}"
            );
        }
    });
}
