//! Tokens given back: what ends with them, what does not, and who may.

use super::code::{code_of, granted, spend, web};
use super::*;
use crate::grant::{CodeGrant, FAMILY};
use crate::store::organization::{Change, Entity, EntityKind, Organizations};

const REVOKE: &str = "/oauth2/internal/v1/revoke";
const ANOTHER_CLIENT: &str = "The grant was issued to another client. Please make sure the \
                              'client_id' matches the one used at the authorize request.";

fn begin(world: &World) -> (String, String) {
    let mut code: CodeGrant = granted(world);
    code.grant.scopes.push("offline_access".to_owned());
    let answer = spend(world, &code_of(world, &code), &[]).expect(200);
    (text_of(&answer["access_token"]), text_of(&answer["refresh_token"]))
}

#[track_caller]
fn revoke(world: &World, token: &str) {
    let answer = world.post_as(REVOKE, &web(), &[("token", token)]);
    assert_eq!((answer.status, &*answer.text), (200, ""), "{answer:?}");
    assert_eq!(answer.header("content-type"), None);
    answer.expect_no_store();
}

fn is_active(world: &World, token: &str) -> bool {
    world.post_as(INTROSPECT, &web(), &[("token", token)]).expect(200)["active"] == true
}

#[test]
fn decision_16_a_refresh_token_takes_its_access_tokens_with_it() {
    let world = World::demo();
    let (access, refresh) = begin(&world);
    assert!(is_active(&world, &access) && is_active(&world, &refresh));
    revoke(&world, &refresh);
    assert!(!is_active(&world, &access) && !is_active(&world, &refresh));
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    let text = "The refresh token is invalid or expired.";
    world.post_as(TOKEN, &web(), &form).refuses(400, "invalid_grant", text);
    revoke(&world, &refresh);
}

#[test]
fn decision_16_an_access_token_is_denied_alone_until_it_would_have_ended() {
    let world = World::demo();
    let (access, refresh) = begin(&world);
    revoke(&world, &access);
    assert!(!is_active(&world, &access));
    assert!(is_active(&world, &refresh), "its refresh token lives on");
    let surface = &world.surface;
    let fresh = DenyList::default();
    world.runtime.block_on(fresh.read(&surface.store)).unwrap();
    assert_eq!(format!("{fresh:?}"), format!("{:?}", surface.denied), "another node learns it");
    for (seconds, is_kept) in [(900 + 599, true), (1, false)] {
        surface.clock.advance(seconds);
        world.runtime.block_on(surface.denied.read(&surface.store)).unwrap();
        let is_empty = format!("{:?}", surface.denied) == format!("{:?}", DenyList::default());
        assert_eq!(!is_empty, is_kept, "ten minutes longer, for nodes whose clocks are behind");
    }
}

#[test]
fn a_program_gives_its_token_back_too() {
    let world = World::demo();
    let token = world.access_token(&[]);
    let answer = world.post_as(REVOKE, &billing(), &[("token", &token)]);
    assert_eq!(answer.status, 200);
    assert_eq!(world.introspect(&token), json!({"active": false}));
}

#[test]
fn what_is_unknown_or_over_is_revoked_already_whatever_the_hint_says() {
    let world = World::demo();
    let (access, _) = begin(&world);
    for token in ["x", "RT.x", "a.b.c", &format!("{access}x")] {
        revoke(&world, token);
    }
    let form = [("token", &*access), ("token_type_hint", "refresh_token")];
    assert_eq!(world.post_as(REVOKE, &web(), &form).status, 200);
    assert!(!is_active(&world, &access));
    let text = "The 'token' parameter is required.";
    world.post_as(REVOKE, &web(), &[]).refuses(400, "invalid_request", text);
}

#[test]
fn a_token_of_another_client_is_not_revoked() {
    let world = World::demo();
    let (access, refresh) = begin(&world);
    for token in [&access, &refresh] {
        let answer = world.post_as(REVOKE, &billing(), &[("token", token)]);
        answer.refuses(400, "invalid_grant", ANOTHER_CLIENT);
        let form = [("token", &**token), ("client_id", "phone-app")];
        world.post(REVOKE, &form).refuses(400, "invalid_grant", ANOTHER_CLIENT);
        assert!(is_active(&world, token));
    }
    world.post(REVOKE, &[("token", &access)]).refuses(401, "invalid_client", NO_CREDENTIALS);
    world.post_as(REVOKE, &basic("web-app:no"), &[]).refuses_basic(WRONG_SECRET);
}

#[test]
fn decision_16_whatever_ends_the_family_s_row_ends_its_tokens() {
    for tag in ["client:web-app", "session:102abc", "server:internal"] {
        let world = World::demo();
        let (access, refresh) = begin(&world);
        let deleted = world.surface.store.delete_by_tag(Some(FAMILY), tag);
        assert_eq!(world.runtime.block_on(deleted).unwrap().value, 1, "{tag}");
        assert!(!is_active(&world, &access) && !is_active(&world, &refresh), "{tag}");
    }
}

#[test]
fn a_refresh_token_is_introspected_by_its_own_client_alone() {
    let world = World::demo();
    let (_, refresh) = begin(&world);
    let told = world.post_as(INTROSPECT, &web(), &[("token", &refresh)]).expect(200);
    let expected = json!({
        "active": true,
        "token_type": "Bearer",
        "scope": "openid profile read:customers offline_access",
        "client_id": "web-app",
        "username": "ada@example.com",
        "sub": "ada@example.com",
        "uid": granted(&world).grant.user,
        "iss": issuer("internal"),
        "iat": NOW,
        "exp": NOW + 7 * 24 * 60 * 60,
    });
    assert_eq!(told, expected);
    assert_eq!(world.introspect(&refresh), json!({"active": false}));
    world.replace(|document| document["users"][0]["status"] = json!("SUSPENDED"));
    assert!(!is_active(&world, &refresh));
}

#[test]
fn decision_14_where_applications_are_bound_to_an_audience_only_they_and_the_client_may_ask() {
    let bound = |document: &mut Value| {
        let settings = &mut document["apps"][2]["settings"]["oauthClient"];
        settings["resource_server_for"] = json!(["https://api.mycompany.com"]);
    };
    let world = World::with(bound);
    let (access, _) = begin(&world);
    let asks = |form: &[(&str, &str)]| world.post(INTROSPECT, form).expect(200)["active"] == true;
    assert!(is_active(&world, &access), "its own client");
    assert_eq!(world.introspect(&access)["active"], true, "the one that is bound");
    let form = [&partner()[..], &[("token", &*access)]].concat();
    assert!(!asks(&form), "any other");
    world.replace(|document| {
        bound(document);
        document["apps"][2]["status"] = json!("INACTIVE");
    });
    assert!(!asks(&form), "one that is inactive frees it for nobody");
    world.replace(|_| ());
    assert!(asks(&form), "any at all where none is bound");
}

/// Writes the client `billing-service` as active or not, and has this node read what counts no more.
fn turn(world: &World, is_ended: bool) {
    let organizations = Organizations::new(world.surface.store.clone());
    let write = async {
        let mut entity = Entity::new(EntityKind::Application, "0oa", String::new());
        entity.names.insert("billing-service".to_owned());
        entity.is_ended = is_ended;
        let change = match organizations.find(entity.kind, &entity.id).await.unwrap() {
            Some(Entity { generation, .. }) => Change::Replace(Entity { generation, ..entity }),
            None => Change::Create(entity),
        };
        organizations.write(&[change], &[]).await.unwrap();
        world.surface.denied.read(&world.surface.store).await.unwrap();
    };
    world.runtime.block_on(write);
}

#[test]
fn tokens_that_a_client_had_for_itself_do_not_come_back_when_it_is_active_again() {
    let world = World::demo();
    turn(&world, false);
    let token = world.access_token(&[]);
    assert_eq!(world.introspect(&token)["active"], true);
    turn(&world, true);
    world.surface.clock.advance(60);
    turn(&world, false);
    assert_eq!(world.introspect(&token), json!({"active": false}));
    assert_eq!(world.introspect(&world.access_token(&[]))["active"], true, "it begins anew");
    let (access, _) = begin(&world);
    assert_eq!(world.introspect(&access)["active"], true, "those of others live on");
}

#[test]
fn decision_21_tokens_of_before_a_restore_count_no_more_even_those_of_no_family() {
    let world = World::demo();
    let token = world.access_token(&[]);
    world.restore();
    world.surface.clock.advance(1);
    assert_eq!(world.introspect(&token), json!({"active": false}), "it may have been revoked");
    assert_eq!(world.introspect(&world.access_token(&[]))["active"], true);
}
