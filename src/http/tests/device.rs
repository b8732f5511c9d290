//! Devices that poll until a person has answered elsewhere (RFC 8628).

use super::code::granted;
use super::*;
use crate::grant::{DEVICE, UserGrant, WaitingDevice, find_device};
use crate::store::Row;

const AUTHORIZE: &str = "/oauth2/internal/v1/device/authorize";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const INVALID: &str = "The device code is invalid or has expired.";
const PENDING: &str = "The device authorization is pending. Please try again later.";
const SLOW: &str = "The device asks too often. Five seconds were added to its interval.";

/// The demo, where `phone-app` may use devices.
fn world() -> World {
    World::with(|document| {
        let settings = &mut document["apps"][1]["settings"]["oauthClient"];
        settings["grant_types"] = json!(["authorization_code", "refresh_token", GRANT]);
    })
}

fn authorize(world: &World, form: &[(&str, &str)]) -> Answer {
    world.post(AUTHORIZE, &[&[("client_id", "phone-app")], form].concat())
}

fn begin(world: &World) -> (String, String) {
    let body = authorize(world, &[("scope", "openid offline_access")]).expect(200);
    (text_of(&body["device_code"]), text_of(&body["user_code"]))
}

fn poll(world: &World, code: &str) -> Answer {
    let form = [("grant_type", GRANT), ("client_id", "phone-app"), ("device_code", code)];
    world.post(TOKEN, &form)
}

fn waiting(world: &World, typed: &str) -> Option<WaitingDevice> {
    world.runtime.block_on(find_device(&world.surface.around(), typed)).unwrap()
}

fn apply(world: &World, ops: Vec<Op>) -> BatchOutcome {
    world.runtime.block_on(world.surface.store.batch(ops)).unwrap().value
}

/// Ada's answer to what the device asked for.
fn grant_of(world: &World, device: &WaitingDevice) -> UserGrant {
    UserGrant {
        client: device.request.client.clone(),
        scopes: device.request.scopes.clone(),
        audience: device.request.audience.clone(),
        grant_type: GRANT.to_owned(),
        ..granted(world).grant
    }
}

#[test]
fn a_device_is_told_two_codes_and_where_to_type_the_short_one() {
    let world = world();
    let answer = authorize(&world, &[("scope", "openid")]);
    answer.expect_no_store();
    let body = answer.expect(200);
    let code = text_of(&body["user_code"]);
    assert_eq!((code.len(), code.find('-')), (9, Some(4)), "{code}");
    assert!(code.chars().all(|c| "BCDFGHJKLMNPQRSTVWXZ-".contains(c)), "{code}");
    assert_eq!(body["verification_uri"], format!("{URL}/activate"));
    assert_eq!(body["verification_uri_complete"], format!("{URL}/activate?user_code={code}"));
    assert_eq!((&body["expires_in"], &body["interval"]), (&json!(600), &json!(5)));
    assert_eq!(text_of(&body["device_code"]).len(), 43);
}

#[test]
fn a_device_waits_until_its_person_allowed_it_and_gets_tokens_once() {
    let world = world();
    let (code, typed) = begin(&world);
    poll(&world, &code).refuses(400, "authorization_pending", PENDING);
    let device = waiting(&world, &typed.to_lowercase().replace('-', " ")).unwrap();
    assert_eq!(device.request.scopes, ["openid", "offline_access"]);
    let ops = device.grant(grant_of(&world, &device)).unwrap();
    assert_eq!(apply(&world, ops), BatchOutcome::Applied);
    assert!(waiting(&world, &typed).is_none(), "a user code is typed once");
    let body = poll(&world, &code).expect(200);
    assert!(body["refresh_token"].is_string() && body["id_token"].is_string());
    let claims = part(&text_of(&body["access_token"]), 1);
    assert_eq!((&claims["cid"], &claims["auth_time"]), (&json!("phone-app"), &json!(NOW - 60)));
    assert_eq!(claims["jti"].as_str().unwrap().split('.').count(), 3);
    poll(&world, &code).refuses(400, "invalid_grant", INVALID);
}

#[test]
fn a_device_that_asks_too_often_is_told_to_wait_longer() {
    let world = world();
    let (code, _) = begin(&world);
    let clock = &world.surface.clock;
    poll(&world, &code).refuses(400, "authorization_pending", PENDING);
    clock.advance(4);
    poll(&world, &code).refuses(400, "slow_down", SLOW);
    clock.advance(9);
    poll(&world, &code).refuses(400, "slow_down", SLOW);
    clock.advance(15);
    poll(&world, &code).refuses(400, "authorization_pending", PENDING);
}

#[test]
fn a_person_who_says_no_or_nothing_gives_a_device_nothing() {
    let world = world();
    let (denied, typed) = begin(&world);
    let (forgotten, late) = begin(&world);
    let device = waiting(&world, &typed).unwrap();
    assert_eq!(apply(&world, device.deny().unwrap()), BatchOutcome::Applied);
    let text = "The resource owner or authorization server denied the request.";
    poll(&world, &denied).refuses(400, "access_denied", text);
    world.surface.clock.advance(600);
    assert!(waiting(&world, &late).is_none());
    poll(&world, &forgotten).refuses(400, "expired_token", "The device code has expired.");
    assert!(waiting(&world, "BBBB-BBBB").is_none());
}

#[test]
fn what_a_person_granted_a_device_ends_with_them_before_it_comes_for_it() {
    let world = world();
    let (code, typed) = begin(&world);
    let device = waiting(&world, &typed).unwrap();
    let grant = grant_of(&world, &device);
    let tag = format!("user:{}", grant.user);
    assert_eq!(apply(&world, device.grant(grant).unwrap()), BatchOutcome::Applied);
    let ended = world.surface.store.delete_by_tag(None, &tag);
    assert_eq!(world.runtime.block_on(ended).unwrap().value, 1);
    poll(&world, &code).refuses(400, "invalid_grant", INVALID);
}

#[test]
fn a_client_has_no_more_devices_waiting_than_codes_can_be_kept_apart() {
    let world = world();
    begin(&world);
    let store = &world.surface.store;
    let known = world.runtime.block_on(store.list(DEVICE)).unwrap().value.remove(0);
    let more = |number| Op::Insert(Row { key: format!("device {number}"), ..known.clone() });
    assert_eq!(apply(&world, (1..1000).map(more).collect()), BatchOutcome::Applied);
    let text = "Too many user codes of this client are waiting. Try again later.";
    authorize(&world, &[]).refuses(429, "too_many_user_codes", text);
    world.surface.clock.advance(600);
    begin(&world);
}

#[test]
fn of_two_answers_the_first_counts() {
    let world = world();
    let (code, typed) = begin(&world);
    let (one, two) = (waiting(&world, &typed).unwrap(), waiting(&world, &typed).unwrap());
    assert_eq!(apply(&world, one.deny().unwrap()), BatchOutcome::Applied);
    let ops = two.grant(grant_of(&world, &two)).unwrap();
    assert_eq!(apply(&world, ops), BatchOutcome::Failed(0));
    assert_eq!(poll(&world, &code).expect(400)["error"], "access_denied");
}

#[test]
fn a_device_code_is_for_its_client_and_its_server_and_a_client_without_the_grant_gets_none() {
    let world = world();
    let (code, _) = begin(&world);
    let answer = world.post_as(AUTHORIZE, &super::code::web(), &[]);
    assert_eq!(answer.expect(400)["error"], "unauthorized_client");
    authorize(&world, &[("scope", "nothing")]).refuses(
        400,
        "invalid_scope",
        "One or more scopes are not configured for the authorization server resource.",
    );
    let form = [("grant_type", GRANT), ("client_id", "phone-app"), ("device_code", &*code)];
    let text = "The grant was issued for another authorization server.";
    world.post("/oauth2/default/v1/token", &form).refuses(400, "invalid_request", text);
    poll(&world, "x").refuses(400, "invalid_grant", INVALID);
    let text = "The 'device_code' parameter is required.";
    poll(&world, "").refuses(400, "invalid_request", text);
}
