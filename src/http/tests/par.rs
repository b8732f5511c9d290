//! Authorization requests that clients push ahead of the browser (RFC 9126).

use super::browser::Browser;
use super::code::{CALLBACK, CHALLENGE, VERIFIER, web};
use super::dpop::Proof;
use super::sign_in::ada;
use super::*;

const PAR: &str = "/oauth2/internal/v1/par";

fn push(world: &World, changed: &[(&str, &str)]) -> Answer {
    let usual = [
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("prompt", "none"),
    ];
    let is_kept = |(name, _): &&(&str, &str)| !changed.iter().any(|(known, _)| known == name);
    let form: Vec<_> = usual.iter().filter(is_kept).chain(changed).copied().collect();
    world.post_as(PAR, &web(), &form)
}

fn authorize(
    world: &World,
    server: &str,
    client: &str,
    request_uri: &str,
) -> (u16, Option<String>) {
    let path = format!(
        "/oauth2/{server}/v1/authorize?client_id={client}&request_uri={}",
        percent(request_uri)
    );
    let request = request(Method::GET, &path, None, "");
    let response =
        world.runtime.block_on(async { world.router.clone().oneshot(request).await.unwrap() });
    let location = response.headers().get("location");
    let location = location.map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), location)
}

#[test]
fn what_was_pushed_is_authorized_once_by_its_name() {
    let world = World::demo();
    let answer = push(&world, &[]);
    answer.expect_no_store();
    let body = answer.expect(201);
    assert_eq!(body["expires_in"], 90);
    let uri = text_of(&body["request_uri"]);
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    let (status, location) = authorize(&world, "internal", "web-app", &uri);
    let location = location.unwrap();
    assert_eq!(status, 302);
    assert!(
        location.starts_with(CALLBACK) && location.contains("error=login_required"),
        "{location}"
    );
    assert_eq!(authorize(&world, "internal", "web-app", &uri), (400, None));
}

#[test]
fn a_pushed_request_is_for_its_client_and_its_server_and_for_ninety_seconds() {
    let world = World::demo();
    let uri = || text_of(&push(&world, &[]).expect(201)["request_uri"]);
    let (one, two) = (uri(), uri());
    assert_eq!(authorize(&world, "internal", "phone-app", &one), (400, None));
    assert_eq!(authorize(&world, "default", "web-app", &one), (400, None));
    world.surface.clock.advance(89);
    assert_eq!(authorize(&world, "internal", "web-app", &one).0, 302);
    world.surface.clock.advance(1);
    assert_eq!(authorize(&world, "internal", "web-app", &two), (400, None));
    assert_eq!(authorize(&world, "internal", "web-app", "urn:x"), (400, None));
}

#[test]
fn what_the_browser_would_be_told_is_told_when_it_is_pushed() {
    let world = World::demo();
    let error = |changed: &[(&str, &str)]| text_of(&push(&world, changed).expect(400)["error"]);
    assert_eq!(error(&[("redirect_uri", "https://evil.example")]), "invalid_request");
    assert_eq!(error(&[("scope", "nothing")]), "invalid_scope");
    assert_eq!(error(&[("response_type", "magic")]), "unsupported_response_type");
    let text = "The 'request_uri' parameter must not be present in the request.";
    push(&world, &[("request_uri", "urn:x")]).refuses(400, "invalid_request", text);
    world.post(PAR, &[]).refuses(401, "invalid_client", NO_CREDENTIALS);
    world.post_as(PAR, &basic("web-app:no"), &[]).refuses_basic(WRONG_SECRET);
}

#[test]
fn a_key_that_is_proven_when_a_request_is_pushed_is_the_one_its_code_is_bound_to() {
    let world = World::demo();
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let push = |proof: &Proof, changed: &[(&str, &str)]| {
        let usual = [
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let mut request = posted(PAR, &[&usual, changed].concat());
        request.headers_mut().insert(header::AUTHORIZATION, web().parse().unwrap());
        request.headers_mut().insert("dpop", proof.sign(&key).parse().unwrap());
        world.send(request)
    };
    let proof = || Proof::new(&world, &key).with("htu", json!(issuer("internal") + "/v1/par"));
    let text = "Authorization server requires nonce in DPoP proof.";
    push(&proof().without("nonce"), &[]).refuses(400, "use_dpop_nonce", text);
    let another = "The 'dpop_jkt' is not the thumbprint of the key of the DPoP proof JWT.";
    let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    push(&proof(), &[("dpop_jkt", thumbprint)]).refuses(400, "invalid_dpop_proof", another);
    assert_eq!(push(&proof(), &[("dpop_jkt", key.kid())]).status, 201);
    let uri = text_of(&push(&proof(), &[]).expect(201)["request_uri"]);

    let mut browser = Browser::new(&world);
    let query = encoded(&[("client_id", "web-app"), ("request_uri", &uri)]);
    let page = browser.visit(&format!("/oauth2/internal/v1/authorize?{query}")).page();
    let code = browser.submit(&page, &ada()).elsewhere(CALLBACK)["code"].clone();
    let spend = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let bound = "The authorization code is bound to another key.";
    world.post_as(TOKEN, &web(), &spend).refuses(400, "invalid_dpop_proof", bound);
    let mut request = posted(TOKEN, &spend);
    request.headers_mut().insert(header::AUTHORIZATION, web().parse().unwrap());
    let proof = Proof::new(&world, &key).sign(&key);
    request.headers_mut().insert("dpop", proof.parse().unwrap());
    assert_eq!(world.send(request).expect(200)["token_type"], "DPoP");
}

#[test]
fn a_thumbprint_that_is_none_is_told() {
    let world = World::demo();
    for wrong in
        ["x", &"a".repeat(44), &"a".repeat(5000), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4+"]
    {
        let text = "The authentication request has an invalid 'dpop_jkt' parameter.";
        push(&world, &[("dpop_jkt", wrong)]).refuses(400, "invalid_request", text);
    }
}
