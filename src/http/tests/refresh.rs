//! Refresh tokens: rotated, used twice, too late, by others, for less, and under other policies.

use super::code::{code_of, granted, spend, web};
use super::*;
use crate::grant::CodeGrant;

const INVALID: &str = "The refresh token is invalid or expired.";
const GRANT: (&str, &str) = ("grant_type", "refresh_token");
const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// What Ada granted, with `offline_access`.
pub(super) fn offline(world: &World) -> CodeGrant {
    let mut code = granted(world);
    code.grant.scopes = ["openid", "offline_access", "read:customers"].map(str::to_owned).to_vec();
    code
}

/// The demo, whose `web-app` rotates its refresh tokens.
pub(super) fn rotating_with(change: impl FnOnce(&mut Value)) -> World {
    World::with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["refresh_token"] = json!({"rotation_type": "ROTATE", "leeway": 30});
        change(document);
    })
}

fn rotating() -> World {
    rotating_with(|_| ())
}

/// The first answer with tokens of a fresh family.
fn begin(world: &World) -> Value {
    spend(world, &code_of(world, &offline(world)), &[]).expect(200)
}

fn first(world: &World) -> String {
    text_of(&begin(world)["refresh_token"])
}

pub(super) fn refresh(world: &World, token: &str, form: &[(&str, &str)]) -> Answer {
    world.post_as(TOKEN, &web(), &[&[GRANT, ("refresh_token", token)], form].concat())
}

/// The refresh token that comes after `token`.
#[track_caller]
fn next(world: &World, token: &str) -> String {
    text_of(&refresh(world, token, &[]).expect(200)["refresh_token"])
}

#[track_caller]
fn is_over(world: &World, token: &str) {
    refresh(world, token, &[]).refuses(400, "invalid_grant", INVALID);
}

fn is_active(world: &World, answer: &Value) -> bool {
    world.introspect(&text_of(&answer["access_token"]))["active"] == true
}

#[test]
fn a_refresh_token_comes_with_offline_access_and_the_grant_and_not_otherwise() {
    let world = rotating();
    assert!(begin(&world)["refresh_token"].is_string());
    let without = spend(&world, &code_of(&world, &granted(&world)), &[]).expect(200);
    assert_eq!(without.get("refresh_token"), None);
    let world = rotating_with(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["grant_types"] = json!(["authorization_code"]);
    });
    assert_eq!(begin(&world).get("refresh_token"), None);
}

#[test]
fn decision_10_a_refresh_gives_what_was_granted_with_the_sign_in_of_then() {
    let world = rotating();
    let token = first(&world);
    world.surface.clock.advance(10 * MINUTE);
    let answer = refresh(&world, &token, &[]);
    answer.expect_no_store();
    let body = answer.expect(200);
    assert_eq!(body["scope"], "openid offline_access read:customers");
    let (_, access) = world.verified("internal", &text_of(&body["access_token"]));
    assert_eq!((&access["auth_time"], &access["iat"]), (&json!(NOW - 60), &json!(NOW + 600)));
    let (_, identity) = world.verified("internal", &text_of(&body["id_token"]));
    assert_eq!(identity.get("nonce"), None);
    assert_eq!((&identity["auth_time"], &identity["amr"]), (&json!(NOW - 60), &json!(["pwd"])));
    assert_eq!(body["expires_in"], 900, "the lifetimes are those of issue");
}

#[test]
fn decision_17_rotation_gives_another_token_and_the_predecessor_the_same_one_for_a_while() {
    let world = rotating();
    let one = first(&world);
    let two = next(&world, &one);
    assert_ne!(one, two);
    world.surface.clock.advance(29);
    assert_eq!(next(&world, &one), two, "whichever node answers derives the same successor");
    let three = next(&world, &two);
    assert_ne!(three, two);
    assert_eq!(next(&world, &two), three);
    is_over(&world, &one);
    is_over(&world, &three);
}

#[test]
fn decision_17_after_its_grace_a_predecessor_ends_the_whole_family() {
    let world = rotating();
    let begun = begin(&world);
    let one = text_of(&begun["refresh_token"]);
    let two = next(&world, &one);
    world.surface.clock.advance(30);
    assert!(is_active(&world, &begun));
    is_over(&world, &one);
    is_over(&world, &two);
    assert!(!is_active(&world, &begun), "its access tokens end with it");
}

#[test]
fn decision_17_without_grace_the_predecessor_is_dead_at_once() {
    let world = rotating_with(|document| {
        document["apps"][0]["settings"]["oauthClient"]["refresh_token"]["leeway"] = json!(0);
    });
    let one = first(&world);
    let two = next(&world, &one);
    is_over(&world, &one);
    is_over(&world, &two);
}

#[test]
fn decision_17_two_rotations_at_once_end_with_one_successor() {
    let world = rotating();
    let token = first(&world);
    let form = [GRANT, ("refresh_token", &*token)];
    let request = || {
        let mut request = posted(TOKEN, &form);
        request.headers_mut().insert(header::AUTHORIZATION, web().parse().unwrap());
        world.router.clone().oneshot(request)
    };
    let answers = world.runtime.block_on(async {
        let (one, two) = tokio::join!(request(), request());
        [Answer::read(one.unwrap()).await, Answer::read(two.unwrap()).await]
    });
    let [one, two] = answers.map(|answer| answer.expect(200));
    assert_eq!(one["refresh_token"], two["refresh_token"]);
    assert_ne!(one["access_token"], two["access_token"]);
    assert_ne!(one["refresh_token"], token);
}

#[test]
fn decision_17_a_static_token_goes_on_and_its_idle_time_begins_anew() {
    let world = World::demo();
    let token = first(&world);
    for _ in 0..4 {
        world.surface.clock.advance(6 * DAY);
        assert_eq!(next(&world, &token), token);
    }
    world.surface.clock.advance(7 * DAY);
    is_over(&world, &token);
}

#[test]
fn a_client_that_changes_to_rotation_rotates_from_its_next_refresh() {
    let world = World::demo();
    let token = first(&world);
    world.replace(|document| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["refresh_token"] = json!({"rotation_type": "ROTATE"});
    });
    let two = next(&world, &token);
    assert_ne!(two, token);
    world.replace(|_| ());
    assert_eq!(next(&world, &two), two);
}

#[test]
fn decision_18_a_client_without_a_secret_rotates_unless_it_is_bound_to_a_key() {
    use crate::publish::fixture::draft;
    let with = |settings: Value| {
        draft(&demo_with(|document| {
            let kept = document["apps"][1]["settings"]["oauthClient"].as_object_mut().unwrap();
            kept.extend(settings.as_object().unwrap().clone());
        }))
    };
    let fixed = json!({"rotation_type": "STATIC"});
    let problems = with(json!({"refresh_token": fixed})).unwrap_err();
    assert!(problems[0].diagnostic.message.contains("rotate"), "{problems:?}");
    with(json!({"refresh_token": fixed, "dpop_bound_access_tokens": true})).unwrap();
    let rotation = |draft: &crate::publish::Draft, index: usize| {
        draft.organization().directory.applications()[index].refresh_rotation
    };
    let draft = with(json!({})).unwrap();
    assert_eq!(rotation(&draft, 0), crate::directory::RefreshRotation::Static);
    assert_eq!(rotation(&draft, 1), crate::directory::RefreshRotation::Rotate);
}

#[test]
fn a_family_ends_when_it_lay_unused_too_long_and_at_its_absolute_end_whatever_is_done() {
    let world = rotating();
    let mut code = offline(&world);
    code.grant.lifetimes.refresh_token_minutes = 20 * 24 * 60;
    code.grant.lifetimes.refresh_window_minutes = 7 * 24 * 60;
    let begin = || {
        let answer = spend(&world, &code_of(&world, &code), &[]).expect(200);
        text_of(&answer["refresh_token"])
    };
    let idle = begin();
    let mut used = begin();
    world.surface.clock.advance(7 * DAY - 1);
    used = next(&world, &used);
    world.surface.clock.advance(1);
    is_over(&world, &idle);
    world.surface.clock.advance(7 * DAY - 2);
    used = next(&world, &used);
    world.surface.clock.advance(6 * DAY + 1);
    used = next(&world, &used);
    world.surface.clock.advance(1);
    is_over(&world, &used);
}

#[test]
fn a_narrower_scope_is_for_one_answer_and_a_wider_one_is_denied() {
    let world = rotating();
    let one = first(&world);
    let answer = refresh(&world, &one, &[("scope", "read:customers")]).expect(200);
    assert_eq!(answer["scope"], "read:customers");
    assert_eq!(answer.get("id_token"), None);
    assert_eq!(part(&text_of(&answer["access_token"]), 1)["scp"], json!(["read:customers"]));
    let two = text_of(&answer["refresh_token"]);
    let text = "Some of the scopes requested for the refresh request were not granted in the \
                original authorize request. Denied scopes: profile, email.";
    let wider = [("scope", "openid profile email")];
    refresh(&world, &two, &wider).refuses(400, "access_denied", text);
    let answer = refresh(&world, &two, &[]).expect(200);
    assert_eq!(answer["scope"], "openid offline_access read:customers");
}

#[test]
fn decision_10_a_policy_that_says_no_now_ends_the_family_and_a_fault_does_not() {
    let world = rotating();
    let (one, two) = (first(&world), first(&world));
    let deny = |condition: &'static str| {
        move |document: &mut Value| {
            let settings = &mut document["apps"][0]["settings"]["oauthClient"];
            settings["refresh_token"] = json!({"rotation_type": "ROTATE", "leeway": 30});
            for policy in internal(document)["policies"].as_array_mut().unwrap() {
                for rule in policy["rules"].as_array_mut().unwrap() {
                    rule["conditions"]["elCondition"] = json!({"condition": condition});
                }
            }
        }
    };
    world.replace(deny("user.getLinkedObject('manager').login == 'x'"));
    refresh(&world, &one, &[]).refuses(400, "invalid_grant", POLICY_REFUSED);
    world.replace(deny("true"));
    let one = next(&world, &one);
    world.replace(deny("false"));
    refresh(&world, &one, &[]).refuses(400, "invalid_grant", POLICY_REFUSED);
    world.replace(deny("true"));
    is_over(&world, &one);
    next(&world, &two);
}

#[test]
fn decision_10_whatever_subset_is_asked_all_that_was_granted_is_decided() {
    let world = rotating();
    let token = first(&world);
    world.replace(|document| {
        for policy in internal(document)["policies"].as_array_mut().unwrap() {
            for rule in policy["rules"].as_array_mut().unwrap() {
                rule["conditions"]["scopes"] = json!({"include": ["read:customers"]});
            }
        }
    });
    let narrow = [("scope", "read:customers")];
    refresh(&world, &token, &narrow).refuses(400, "invalid_grant", POLICY_REFUSED);
}

#[test]
fn decision_10_a_server_may_keep_to_what_was_decided_once() {
    let snapshot = |document: &mut Value| {
        internal(document)["refreshPolicy"] = json!("SNAPSHOT");
    };
    let world = World::with(snapshot);
    let token = first(&world);
    world.replace(|document| {
        snapshot(document);
        internal(document)["policies"] = json!([]);
    });
    assert_eq!(refresh(&world, &token, &[]).expect(200)["expires_in"], 900);
}

#[test]
fn people_who_may_not_have_tokens_any_more_get_none() {
    let world = rotating();
    let (one, two) = (first(&world), first(&world));
    world.replace(|document| document["users"][0]["status"] = json!("SUSPENDED"));
    refresh(&world, &one, &[]).refuses(400, "invalid_grant", "The user is not active.");
    world.replace(|document| document["apps"][0]["assignments"] = json!({}));
    let text = "User is not assigned to the client application.";
    refresh(&world, &two, &[]).refuses(400, "invalid_grant", text);
    world.replace(|_| ());
    is_over(&world, &one);
    is_over(&world, &two);
}

#[test]
fn a_refresh_token_is_for_its_client_and_its_server() {
    let world = rotating();
    let token = first(&world);
    let form = [GRANT, ("client_id", "phone-app"), ("refresh_token", &*token)];
    let client = "The grant was issued to another client. Please make sure the 'client_id' \
                  matches the one used at the authorize request.";
    world.post(TOKEN, &form).refuses(400, "invalid_grant", client);
    let server = "The refresh token was issued by another authorization server.";
    let form = [GRANT, ("refresh_token", &*token)];
    let answer = world.post_as("/oauth2/default/v1/token", &web(), &form);
    answer.refuses(400, "mismatched_authorization_server", server);
    let audience = "The 'audience' or 'resource' is not the one of the authorization request.";
    let other = [("audience", "https://my-partner-api.com")];
    refresh(&world, &token, &other).refuses(400, "invalid_target", audience);
    next(&world, &token);
}

#[test]
fn what_is_no_refresh_token_is_refused() {
    let world = rotating();
    let begun = begin(&world);
    for token in ["RT.", "x", &text_of(&begun["access_token"]), "RT.AAAA"] {
        is_over(&world, token);
    }
    let text = "The 'refresh_token' parameter is required.";
    refresh(&world, "", &[]).refuses(400, "invalid_request", text);
}

#[test]
fn a_replayed_code_ends_the_refresh_token_too() {
    let world = rotating();
    let code = code_of(&world, &offline(&world));
    let token = text_of(&spend(&world, &code, &[]).expect(200)["refresh_token"]);
    let token = next(&world, &token);
    world.surface.clock.advance(DAY);
    assert_eq!(spend(&world, &code, &[]).status, 400);
    is_over(&world, &token);
}

#[test]
fn decision_17_a_token_that_no_longer_rotates_does_not_bring_its_predecessor_back() {
    let world = rotating();
    let first = first(&world);
    let second = next(&world, &first);
    world.surface.clock.advance(29);
    let change = |document: &mut Value| {
        let settings = &mut document["apps"][0]["settings"]["oauthClient"];
        settings["refresh_token"] = json!({"rotation_type": "STATIC", "leeway": 30});
    };
    world.replace(change);
    assert_eq!(next(&world, &second), second);
    world.surface.clock.advance(1);
    is_over(&world, &first);
    is_over(&world, &second);
}
