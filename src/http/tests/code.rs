//! Codes spent at the token endpoint: by whom, with what, how often, and until when.

use super::*;
use crate::grant::{CodeGrant, UserGrant};
use crate::server::Lifetimes;

/// RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const CALLBACK: &str = "http://127.0.0.1:3000/callback";

const SPENT: &str = "The authorization code is invalid or has expired.";

/// What Ada granted to `web-app` a minute after she signed in.
pub(super) fn granted(world: &World) -> CodeGrant {
    let current = world.surface.issuer.current();
    let directory = current.directory();
    let ada = &directory.users()[directory.find_user_by_login("ada@example.com").unwrap()];
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    CodeGrant {
        grant: UserGrant {
            server: "internal".to_owned(),
            client: "web-app".to_owned(),
            user: ada.id.clone(),
            grant_type: "authorization_code".to_owned(),
            scopes: owned(&["openid", "profile", "read:customers"]),
            audience: "https://api.mycompany.com".to_owned(),
            lifetimes: Lifetimes { access_token_minutes: 15, ..Lifetimes::default() },
            inline_hook: None,
            auth_time: NOW - 60,
            methods: owned(&["pwd"]),
            acr: Some("urn:okta:loa:1fa:any".to_owned()),
            session: Some("102abc".to_owned()),
            thumbprint: None,
        },
        redirect_uri: CALLBACK.to_owned(),
        code_challenge: Some(CHALLENGE.to_owned()),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
    }
}

/// A code for it, kept as the login does.
pub(super) fn code_of(world: &World, grant: &CodeGrant) -> String {
    let surface = &world.surface;
    let issued = grant.issue(&surface.random, surface.clock.seconds()).unwrap();
    let kept = world.runtime.block_on(surface.store.batch(vec![issued.insert])).unwrap();
    assert_eq!(kept.value, BatchOutcome::Applied);
    issued.code
}

/// The credentials of `web-app`.
pub(super) fn web() -> String {
    basic(format!("web-app:{WEB_SECRET}"))
}

/// A code spent by `web-app` with these parameters besides the usual ones, which they replace.
pub(super) fn spend(world: &World, code: &str, changed: &[(&str, &str)]) -> Answer {
    let usual = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let is_kept = |(name, _): &&(&str, &str)| !changed.iter().any(|(known, _)| known == name);
    let form: Vec<_> = usual.iter().filter(is_kept).chain(changed).copied().collect();
    world.post_as(TOKEN, &web(), &form)
}

#[test]
fn a_code_is_spent_for_tokens_that_say_what_was_granted() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    let answer = spend(&world, &code, &[]);
    let body = answer.expect(200);
    answer.expect_no_store();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(900), &json!("openid profile read:customers"))
    );
    let (_, access) = world.verified("internal", &text_of(&body["access_token"]));
    assert_eq!(access["sub"], "ada");
    assert_eq!(access["scp"], json!(["openid", "profile", "read:customers"]));
    assert_eq!(access["auth_time"], NOW - 60);
    assert_eq!(access["acr"], "urn:okta:loa:1fa:any");
    assert_eq!(access["exp"], NOW + 900);
    let (_, identity) = world.verified("internal", &text_of(&body["id_token"]));
    assert_eq!((&identity["aud"], &identity["sub"]), (&json!("web-app"), &access["uid"]));
    assert_eq!(identity["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(identity["acr"], "urn:okta:loa:1fa:any");
    assert_eq!(identity["amr"], json!(["pwd"]));
}

#[test]
fn decision_16_the_jti_names_the_family_and_introspection_asks_for_it() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    let token = text_of(&spend(&world, &code, &[]).expect(200)["access_token"]);
    let jti = text_of(&part(&token, 1)["jti"]);
    assert_eq!(jti.split('.').count(), 3, "{jti}");
    assert_eq!(world.introspect(&token)["username"], "ada@example.com");
    let family = jti.split('.').nth(1).unwrap();
    let row = world.runtime.block_on(world.surface.store.find(FAMILY, family)).unwrap();
    let row = row.value.unwrap();
    // A minute after its token ends, at the next full hour.
    let kept_until = row.expires_at.unwrap();
    assert!((NOW + 960..NOW + 960 + 3600).contains(&kept_until) && kept_until % 3600 == 0);
    assert!(row.tags.contains("client:web-app") && row.tags.contains("session:102abc"));
}

#[test]
fn decision_28_a_code_is_spent_once_and_a_replay_ends_what_it_gave() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    let token = text_of(&spend(&world, &code, &[]).expect(200)["access_token"]);
    assert_eq!(world.introspect(&token)["active"], true);
    spend(&world, &code, &[]).refuses(400, "invalid_grant", SPENT);
    assert_eq!(world.introspect(&token), json!({"active": false}));
    spend(&world, &code, &[]).refuses(400, "invalid_grant", SPENT);
}

#[test]
fn decision_28_a_code_lives_for_sixty_seconds() {
    let world = World::demo();
    let codes = [code_of(&world, &granted(&world)), code_of(&world, &granted(&world))];
    world.surface.clock.advance(59);
    spend(&world, &codes[0], &[]).expect(200);
    world.surface.clock.advance(1);
    spend(&world, &codes[1], &[]).refuses(400, "invalid_grant", SPENT);
}

#[test]
fn of_two_who_spend_a_code_at_once_neither_keeps_anything() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let request = || {
        let mut request = posted(TOKEN, &form);
        request.headers_mut().insert(header::AUTHORIZATION, web().parse().unwrap());
        world.router.clone().oneshot(request)
    };
    let answers = world.runtime.block_on(async {
        let (one, two) = tokio::join!(request(), request());
        [Answer::read(one.unwrap()).await, Answer::read(two.unwrap()).await]
    });
    let mut given = answers.iter().filter(|answer| answer.status == 200);
    let token = text_of(&given.next().unwrap().body()["access_token"]);
    assert!(given.next().is_none(), "{answers:?}");
    assert_eq!(world.introspect(&token), json!({"active": false}));
}

#[test]
fn a_code_that_is_presented_wrongly_is_refused_and_not_spent() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    let redirect = "The 'redirect_uri' does not match the redirection URI used in the \
                    authorization request.";
    for uri in [
        "",
        "http://127.0.0.1:3000/callback/",
        "http://127.0.0.1:3000/CALLBACK",
        "http://127.0.0.1:3000/callback?x",
        "http://127.0.0.1:3001/callback",
    ] {
        let answer = spend(&world, &code, &[("redirect_uri", uri)]);
        answer.refuses(400, "invalid_grant", redirect);
    }
    let mismatch = "PKCE verification failed.";
    for verifier in [
        CHALLENGE,
        VERIFIER.trim_start_matches('d'),
        &VERIFIER.to_lowercase(),
        &format!("{VERIFIER}="),
    ] {
        let answer = spend(&world, &code, &[("code_verifier", verifier)]);
        answer.refuses(400, "invalid_grant", mismatch);
    }
    let missing = "PKCE code verifier is required by the application.";
    spend(&world, &code, &[("code_verifier", "")]).refuses(400, "invalid_request", missing);
    let audience = "The 'audience' or 'resource' is not the one of the authorization request.";
    let other = [("resource", "https://my-partner-api.com")];
    spend(&world, &code, &other).refuses(400, "invalid_target", audience);
    let no_code = "The 'code' parameter is required.";
    spend(&world, "", &[]).refuses(400, "invalid_request", no_code);
    spend(&world, "nonsense", &[]).refuses(400, "invalid_grant", SPENT);
    spend(&world, &code, &[("resource", "https://api.mycompany.com/")]).expect(200);
}

#[test]
fn a_verifier_without_a_challenge_is_a_downgrade_and_refused() {
    let world = World::demo();
    let code = code_of(&world, &CodeGrant { code_challenge: None, ..granted(&world) });
    let text = "PKCE code challenge should be specified in the authorize request for code \
                verification.";
    spend(&world, &code, &[]).refuses(400, "invalid_request", text);
    spend(&world, &code, &[("code_verifier", "")]).expect(200);
}

#[test]
fn decision_26_a_public_client_gets_nothing_without_pkce() {
    let world = World::demo();
    let mut grant = CodeGrant { code_challenge: None, ..granted(&world) };
    grant.grant.client = "phone-app".to_owned();
    let code = code_of(&world, &grant);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "phone-app"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
    ];
    let missing = "PKCE code verifier is required by the application.";
    world.post(TOKEN, &form).refuses(400, "invalid_request", missing);
}

#[test]
fn a_code_is_for_its_client_and_its_server() {
    let world = World::demo();
    let code = code_of(&world, &granted(&world));
    let client = "The grant was issued to another client. Please make sure the 'client_id' \
                  matches the one used at the authorize request.";
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "phone-app"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    world.post(TOKEN, &form).refuses(400, "invalid_grant", client);
    let server = "The grant was issued for another authorization server.";
    let form = [&form[..1], &form[2..]].concat();
    let answer = world.post_as("/oauth2/default/v1/token", &web(), &form);
    answer.refuses(400, "invalid_request", server);
    spend(&world, &code, &[]).expect(200);
    // After that a replay by another client is no replay: it has no part in what was given.
    let form = [&form[..], &[("client_id", "phone-app")]].concat();
    world.post(TOKEN, &form).refuses(400, "invalid_grant", SPENT);
}

#[test]
fn policy_is_not_asked_again_when_a_code_is_spent_but_people_and_scopes_must_still_be_there() {
    let no_policies = |document: &mut Value| internal(document)["policies"] = json!([]);
    let world = World::demo();
    let codes: Vec<String> = (0..4).map(|_| code_of(&world, &granted(&world))).collect();
    world.replace(no_policies);
    spend(&world, &codes[0], &[]).expect(200);
    world.replace(|document| document["users"][0]["status"] = json!("SUSPENDED"));
    spend(&world, &codes[1], &[]).refuses(400, "invalid_grant", "The user is not active.");
    world.replace(|document| document["apps"][0]["assignments"] = json!({}));
    let text = "User is not assigned to the client application.";
    spend(&world, &codes[1], &[]).refuses(400, "access_denied", text);
    world.replace(|document| {
        no_policies(document);
        internal(document)["scopes"].as_array_mut().unwrap().remove(0);
        internal(document)["claims"] = json!([]);
        internal(document)["tokenPolicies"] = json!([]);
    });
    let text = "One or more scopes are not configured for the authorization server resource.";
    spend(&world, &codes[2], &[]).refuses(400, "invalid_scope", text);
}

#[test]
fn nothing_of_a_code_is_kept_or_printed() {
    let world = World::demo();
    let grant = granted(&world);
    let issued = grant.issue(&world.surface.random, NOW).unwrap();
    let Op::Insert(row) = &issued.insert else { panic!("{issued:?}") };
    let kept = format!("{}{}", row.key, String::from_utf8_lossy(&row.bytes));
    assert!(issued.code.len() == 43 && !kept.contains(&issued.code));
    assert_eq!(format!("{issued:?}"), "IssuedCode");
}
