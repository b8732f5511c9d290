//! Several nodes over one database: what one gave, another renews, and what one ended is ended on
//! all. A node that hears nothing of the others says so.

use super::code::{code_of, granted, spend, web};
use super::*;
use crate::store::{Isolation, StoreError, throwaway};

const GRANT: (&str, &str) = ("grant_type", "refresh_token");

/// Two nodes, each with a store of its own over what they share.
fn two_nodes(open: impl Fn(&Runtime, Clock) -> Store) -> [World; 2] {
    let node = || World::over(&open, Clock::fixed(NOW), Random::System, rotating);
    [node(), node()]
}

/// Has `web-app` rotate its refresh tokens, and signs by the quickest algorithm.
pub(super) fn rotating(document: &mut Value) {
    internal(document)["credentials"]["signing"]["alg"] = json!("ES256");
    let settings = &mut document["apps"][0]["settings"]["oauthClient"];
    settings["refresh_token"] = json!({"rotation_type": "ROTATE", "leeway": 60});
}

/// Runs `check` on two nodes over one SQLite file, and over one PostgreSQL.
fn on_two_nodes(check: impl Fn([World; 2])) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("s.sqlite");
    check(two_nodes(|_, clock| Store::sqlite(&file, clock).unwrap()));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let Some(schema) = runtime.block_on(throwaway::schema()) else { return };
    check(two_nodes(|runtime, clock| {
        let url = schema.url();
        let opened = Store::postgres(&url, Isolation::ReadCommitted, clock);
        runtime.block_on(opened).unwrap()
    }));
}

fn refresh(world: &World, token: &str) -> Answer {
    world.post_as(TOKEN, &web(), &[GRANT, ("refresh_token", token)])
}

pub(super) fn begin(world: &World) -> Value {
    try_to_begin(world).expect("the store is busy")
}

/// The tokens of a fresh code; `None` where the store is too busy to keep it or to have it spent.
pub(super) fn try_to_begin(world: &World) -> Option<Value> {
    let mut code = granted(world);
    code.grant.scopes = ["openid", "offline_access", "read:customers"].map(str::to_owned).to_vec();
    let surface = &world.surface;
    let issued = code.issue(&surface.random, surface.clock.seconds()).unwrap();
    match world.runtime.block_on(surface.store.batch(vec![issued.insert])) {
        Ok(kept) => assert_eq!(kept.value, BatchOutcome::Applied),
        Err(StoreError::Busy) => return None,
        Err(error) => panic!("{error}"),
    }
    let answer = spend(world, &issued.code, &[]);
    (answer.status != 503).then(|| answer.expect(200))
}

#[test]
fn a_family_that_one_node_began_is_renewed_and_ended_by_the_other() {
    on_two_nodes(|[one, other]| {
        let begun = begin(&one);
        let first = text_of(&begun["refresh_token"]);
        let second = text_of(&refresh(&other, &first).expect(200)["refresh_token"]);
        let again = text_of(&refresh(&one, &first).expect(200)["refresh_token"]);
        assert_eq!(again, second, "within the grace period both derive the same successor");
        let access = text_of(&begun["access_token"]);
        assert_eq!(one.introspect(&access)["active"], true);
        for world in [&one, &other] {
            world.surface.clock.advance(61);
        }
        let third = text_of(&refresh(&one, &second).expect(200)["refresh_token"]);
        assert_eq!(refresh(&other, &first).status, 400, "two generations old");
        for world in [&one, &other] {
            assert_eq!(refresh(world, &third).status, 400, "the family has ended");
            assert_eq!(world.introspect(&access)["active"], false);
        }
    });
}

#[test]
fn a_code_is_spent_on_one_node_only() {
    on_two_nodes(|[one, other]| {
        let code = code_of(&one, &granted(&one));
        let access = text_of(&spend(&other, &code, &[]).expect(200)["access_token"]);
        assert_eq!(one.introspect(&access)["active"], true);
        assert_eq!(spend(&one, &code, &[]).status, 400);
        assert_eq!(other.introspect(&access)["active"], false, "a replayed code ends what it gave");
    });
}

#[test]
fn decision_40_a_node_that_hears_nothing_for_a_second_answers_nothing_but_keys_and_metadata() {
    let world = World::demo();
    let hear = || world.surface.issuer.freshness().hear(world.surface.clock.microseconds());
    let keys = "/oauth2/internal/v1/keys";
    let metadata = "/oauth2/internal/.well-known/openid-configuration";
    world.surface.clock.advance(100);
    assert_eq!(world.ask(&[]).status, 200, "where nobody else writes nothing need be heard");
    world.surface.issuer.freshness().depend_on_others();
    assert_eq!(world.ask(&[]).status, 503, "nothing was heard yet");
    hear();
    world.surface.clock.advance(1);
    assert_eq!(world.ask(&[]).status, 200);
    world.surface.clock.advance(1);
    let refused = world.ask(&[]);
    assert_eq!(refused.status, 503);
    assert!(refused.text.contains("temporarily_unavailable"), "{refused:?}");
    assert_eq!(world.post(INTROSPECT, &[]).status, 503);
    for document in [keys, metadata, "/health"] {
        assert_eq!(world.get(document).status, 200, "{document}");
    }
    hear();
    assert_eq!(world.ask(&[]).status, 200);
    let late = world.surface.clock.monotonic() - 1_000_001;
    world.surface.clock.advance(1);
    world.surface.issuer.freshness().hear(late);
    assert_eq!(world.ask(&[]).status, 200, "an answer that comes late takes nothing back");
}
