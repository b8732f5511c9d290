//! The organization's own server: people without policy, services with the scopes of the management
//! API that they were granted, at addresses that name no server.

use super::super::management;
use super::browser::Browser;
use super::code::web;
use super::dpop::Proof;
use super::sign_in::{CALLBACK, CHALLENGE, VERIFIER, ada};
use super::*;

const ORG_TOKEN: &str = "/oauth2/v1/token";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The demo, whose `billing-service` proves itself by this key and was granted these scopes.
fn world(key: &SigningKey, granted: &[&str]) -> World {
    World::with(|document| {
        let app = &mut document["apps"][2];
        let client = app["credentials"]["oauthClient"].as_object_mut().unwrap();
        client.insert("token_endpoint_auth_method".to_owned(), json!("private_key_jwt"));
        client.remove("client_secret");
        app["settings"]["oauthClient"]["jwks"] = json!({"keys": [public_jwk(key)]});
        let grants = granted.iter().map(|scope| json!({"issuer": URL, "scopeId": scope}));
        app["grants"] = grants.collect();
    })
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

fn assertion(world: &World, key: &SigningKey) -> String {
    assertion_for(world, key, &format!("{URL}{ORG_TOKEN}"))
}

fn assertion_for(world: &World, key: &SigningKey, audience: &str) -> String {
    let claims = json!({
        "iss": "billing-service", "sub": "billing-service", "aud": audience,
        "jti": world.surface.random.base64url(12), "iat": NOW, "exp": NOW + 60,
    });
    client_jwt(key, &json!({"alg": "ES256", "kid": key.kid()}), &claims)
}

fn ask(world: &World, key: &SigningKey, scope: &str) -> Answer {
    let assertion = assertion(world, key);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", TYPE),
        ("client_assertion", &assertion),
        ("scope", scope),
    ];
    world.post(ORG_TOKEN, &form)
}

/// Okta's SDKs take the address that they were given for the audience of assertions and for `htu`.
#[test]
fn decision_50_where_it_is_managed_the_endpoint_is_known_by_that_address_too() {
    const ELSEWHERE: &str = "http://127.0.0.1:9";
    let key = key();
    let world = world(&key, &["okta.apps.read"]);
    let elsewhere = format!("{ELSEWHERE}{ORG_TOKEN}");
    let ask = |router: Router, audience: &str| {
        let assertion = assertion_for(&world, &key, audience);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", TYPE),
            ("client_assertion", &assertion),
            ("scope", "okta.apps.read"),
        ];
        let proof = Proof::new(&world, &key).with("htu", json!(audience)).sign(&key);
        let mut request = posted(ORG_TOKEN, &form);
        request.headers_mut().insert("dpop", proof.parse().unwrap());
        world.send_to(router, request)
    };
    let managed = || management(world.surface.clone(), ELSEWHERE.to_owned());
    for audience in [&elsewhere, &format!("{URL}{ORG_TOKEN}")] {
        let issued = ask(managed(), audience).expect(200);
        assert_eq!(issued["token_type"], "DPoP");
    }
    let text = "The audience claim for client_assertion must be the endpoint invoked for the \
                request.";
    ask(world.router.clone(), &elsewhere).refuses(401, "invalid_client", text);
    for wrong in [ELSEWHERE, "http://127.0.0.1:9/oauth2/internal/v1/token"] {
        ask(managed(), wrong).refuses(401, "invalid_client", text);
    }
}

#[test]
fn decision_43_its_documents_name_the_organization_and_addresses_without_a_server() {
    let world = World::demo();
    for name in ["openid-configuration", "oauth-authorization-server"] {
        let document = world.get(&format!("/.well-known/{name}")).expect(200);
        assert_eq!(document["issuer"], URL);
        for (endpoint, path) in [
            ("authorization_endpoint", "authorize"),
            ("token_endpoint", "token"),
            ("jwks_uri", "keys"),
            ("introspection_endpoint", "introspect"),
            ("revocation_endpoint", "revoke"),
            ("end_session_endpoint", "logout"),
            ("pushed_authorization_request_endpoint", "par"),
            ("device_authorization_endpoint", "device/authorize"),
        ] {
            assert_eq!(document[endpoint], format!("{URL}/oauth2/v1/{path}"));
            assert_ne!(
                world
                    .send_any(request(Method::GET, &format!("/oauth2/v1/{path}"), None, ""))
                    .status,
                404
            );
        }
        assert!(!document["scopes_supported"].to_string().contains("okta."), "{document}");
    }
    for hidden in ["/oauth2/@organization/v1/keys", "/oauth2/%40organization/v1/keys"] {
        assert_eq!(world.get(hidden).status, 404, "{hidden}");
    }
}

#[test]
fn decision_43_people_sign_in_without_a_policy_and_the_tokens_are_the_organizations() {
    let world = World::demo();
    let mut browser = Browser::new(&world);
    let form = [
        ("client_id", "web-app"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let page = browser.visit(&format!("/oauth2/v1/authorize?{}", encoded(&form))).page();
    let answer = browser.submit(&page, &ada()).elsewhere(CALLBACK);
    assert_eq!(answer["iss"], URL);
    let spend = [
        ("grant_type", "authorization_code"),
        ("code", &answer["code"]),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = world.post_as(ORG_TOKEN, &web(), &spend).expect(200);
    let access = part(&text_of(&tokens["access_token"]), 1);
    assert_eq!((&access["iss"], &access["aud"]), (&json!(URL), &json!(URL)));
    assert_eq!(access["sub"], "ada");
    let identity = part(&text_of(&tokens["id_token"]), 1);
    assert_eq!((&identity["iss"], &identity["name"]), (&json!(URL), &json!("Ada Lovelace")));
    let mut userinfo = request(Method::GET, "/oauth2/v1/userinfo", None, "");
    let bearer = format!("Bearer {}", text_of(&tokens["access_token"]));
    userinfo.headers_mut().insert(header::AUTHORIZATION, bearer.parse().unwrap());
    assert_eq!(world.send(userinfo).expect(200)["email"], "ada@example.com");
    let token = [("token", text_of(&tokens["access_token"]))];
    let token = [("token", &*token[0].1)];
    assert_eq!(world.post_as("/oauth2/v1/introspect", &web(), &token).expect(200)["active"], true);
    assert_eq!(world.post_as(INTROSPECT, &web(), &token).expect(200)["active"], false);
}

#[test]
fn decision_43_people_who_are_not_assigned_and_scopes_of_services_are_refused() {
    let world = World::with(|document| {
        document["apps"][0]["assignments"] = json!({"users": [], "groups": []});
    });
    let ask = |world: &World, scope: &str| {
        let mut browser = Browser::new(world);
        let form = [
            ("client_id", "web-app"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", scope),
            ("state", "1"),
        ];
        let page = browser.visit(&format!("/oauth2/v1/authorize?{}", encoded(&form))).page();
        browser.submit(&page, &ada()).elsewhere(CALLBACK)
    };
    let answer = ask(&world, "openid");
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["error_description"], "User is not assigned to the client application.");
    let answer = ask(&World::demo(), "openid okta.users.read");
    assert_eq!(
        (&*answer["error"], &*answer["error_description"]),
        ("access_denied", POLICY_REFUSED)
    );
}

#[test]
fn decision_31_a_service_gets_the_management_scopes_it_was_granted_and_no_others() {
    let key = key();
    let world = world(&key, &["okta.users.read", "okta.apps.manage"]);
    let body = ask(&world, &key, "okta.users.read").expect(200);
    assert_eq!(body["scope"], "okta.users.read");
    let claims = part(&text_of(&body["access_token"]), 1);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(URL), &json!(URL)));
    assert_eq!(claims["scp"], json!(["okta.users.read"]));
    assert_eq!((&claims["sub"], claims.get("uid")), (&json!("billing-service"), None));
    let text = "You are not allowed any of the requested scopes.";
    for scope in ["okta.users.manage", "okta.users.read okta.logs.read"] {
        ask(&world, &key, scope).refuses(400, "consent_required", text);
    }
    let unknown = "One or more scopes are not configured for the authorization server resource.";
    ask(&world, &key, "okta.everything").refuses(400, "invalid_scope", unknown);
    let openid = "Cannot request 'openid' scopes using client credentials.";
    ask(&world, &key, "openid").refuses(400, "invalid_scope", openid);
    assert_eq!(ask(&world, &key, "").expect(400)["error"], "invalid_scope");
}

#[test]
fn decision_31_a_secret_gets_no_management_scopes_and_no_other_server_has_them() {
    let world = World::with(|document| {
        document["apps"][2]["grants"] = json!([{"scopeId": "okta.users.read"}]);
    });
    let form = [("grant_type", "client_credentials"), ("scope", "okta.users.read")];
    let answer = world.post_as(ORG_TOKEN, &billing(), &form);
    answer.refuses_basic(
        "Client Credentials requests to the Org Authorization Server must use the private_key_jwt \
         token_endpoint_auth_method.",
    );
    let unknown = "One or more scopes are not configured for the authorization server resource.";
    world.ask(&[("scope", "okta.users.read")]).refuses(400, "invalid_scope", unknown);
}
