//! Clients that prove themselves by a JWT: by a key of theirs or by a secret, once, to this endpoint.

use super::dpop::Proof;
use super::*;
use crate::fetch::fixture::Site;
use crate::token::SharedSecret;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SECRET: &str = "a-shared-secret-of-the-tests-with-40-chars";

/// The demo, whose `billing-service` has this key and this method.
fn world(method: &str, jwks: &[Value], secret: Option<&Value>) -> World {
    World::with(|document| {
        let app = &mut document["apps"][2];
        let client = app["credentials"]["oauthClient"].as_object_mut().unwrap();
        client.insert("token_endpoint_auth_method".to_owned(), json!(method));
        client.remove("client_secret");
        if let Some(secret) = secret {
            client.insert("client_secret".to_owned(), secret.clone());
        }
        if !jwks.is_empty() {
            app["settings"]["oauthClient"]["jwks"] = json!({"keys": jwks});
        }
    })
}

fn claims(jti: &str) -> Value {
    json!({
        "iss": "billing-service", "sub": "billing-service", "jti": jti,
        "aud": issuer("internal") + "/v1/token", "iat": NOW, "exp": NOW + 60,
    })
}

fn present(world: &World, path: &str, assertion: &str, form: &[(&str, &str)]) -> Answer {
    let usual = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion),
    ];
    world.post(path, &[&usual, form].concat())
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

#[test]
fn a_key_of_the_client_s_own_proves_it_everywhere() {
    let key = key();
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    let sign =
        |claims: &Value| client_jwt(&key, &json!({"alg": "ES256", "kid": key.kid()}), claims);
    let answer = present(&world, TOKEN, &sign(&claims("1")), &[]).expect(200);
    let token = text_of(&answer["access_token"]);
    let mut other = claims("2");
    other["aud"] = json!([issuer("internal")]);
    let form = [("token", &*token), ("client_id", "billing-service")];
    let told = present(&world, INTROSPECT, &sign(&other), &form).expect(200);
    assert_eq!(told["active"], true);
    other["jti"] = json!("3");
    other["aud"] = json!(issuer("internal") + "/v1/introspect");
    assert_eq!(present(&world, INTROSPECT, &sign(&other), &form).status, 200);
    other["jti"] = json!("4");
    let text = "The audience claim for client_assertion must be the endpoint invoked for the \
                request.";
    present(&world, TOKEN, &sign(&other), &[]).refuses(401, "invalid_client", text);
}

#[test]
fn decision_20_an_assertion_is_used_once() {
    let key = key();
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    let assertion = client_jwt(&key, &json!({"alg": "ES256"}), &claims("once"));
    present(&world, TOKEN, &assertion, &[]).expect(200);
    let text = "The client_assertion has already been used.";
    present(&world, TOKEN, &assertion, &[]).refuses(401, "invalid_client", text);
    let mut unnamed = claims("");
    unnamed.as_object_mut().unwrap().remove("jti");
    let assertion = client_jwt(&key, &json!({"alg": "ES256"}), &unnamed);
    present(&world, TOKEN, &assertion, &[]).expect(200);
    present(&world, TOKEN, &assertion, &[]).expect(200);
}

#[test]
fn decision_22_a_shared_secret_signs_and_either_of_two_while_one_is_replaced() {
    let older = "an-older-shared-secret-of-the-tests-40-chars";
    let secrets = json!([{"env": SECRET}, {"env": older}]);
    let world = world("client_secret_jwt", &[], Some(&secrets));
    let sign = |secret: &str, jti: &str| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
        let input = format!("{}.{}", part(&json!({"alg": "HS256"})), part(&claims(jti)));
        let tag = SharedSecret::new(secret).sign(&input);
        format!("{input}.{}", URL_SAFE_NO_PAD.encode_to_string(tag))
    };
    present(&world, TOKEN, &sign(SECRET, "1"), &[]).expect(200);
    present(&world, TOKEN, &sign(older, "2"), &[]).expect(200);
    let text = "The client_assertion signature is invalid.";
    let answer = present(&world, TOKEN, &sign("another secret, which is not theirs", "3"), &[]);
    answer.refuses(401, "invalid_client", text);
    // The method is another one: the secret itself is not taken.
    let answer = world.post_as(TOKEN, &basic(format!("billing-service:{SECRET}")), &[]);
    answer.refuses_basic(CLIENT_FAILED);
}

#[test]
fn decision_22_a_hash_or_a_short_secret_cannot_be_signed_with() {
    use crate::publish::fixture::draft;
    let started = |secret: Value| {
        let document = demo_with(|document| {
            let client = &mut document["apps"][2]["credentials"]["oauthClient"];
            client["token_endpoint_auth_method"] = json!("client_secret_jwt");
            client["client_secret"] = secret;
        });
        assert!(draft(&document).is_ok());
        std::panic::catch_unwind(|| publish(&document)).is_ok()
    };
    assert!(started(json!({"env": SECRET})));
    assert!(!started(json!({"env": "only-thirty-one-characters-long"})));
    let hash = format!("hmac-sha256:{}", "A".repeat(43));
    assert!(!started(json!({"hash": hash})));
}

#[test]
fn whatever_is_wrong_with_an_assertion_is_told() {
    let (key, stranger) = (key(), key());
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    let refused = |by: &SigningKey, header: Value, change: &dyn Fn(&mut Value), text: &str| {
        let mut claims = claims("x");
        change(&mut claims);
        let answer = present(&world, TOKEN, &client_jwt(by, &header, &claims), &[]);
        answer.refuses(401, "invalid_client", text);
    };
    let good = || json!({"alg": "ES256", "kid": key.kid()});
    let set = |name: &'static str, value: Value| {
        move |claims: &mut Value| {
            claims[name] = value.clone();
        }
    };
    let remove = |name: &'static str| {
        move |claims: &mut Value| {
            claims.as_object_mut().unwrap().remove(name);
        }
    };
    let signature = "The client_assertion signature is invalid.";
    refused(&stranger, good(), &|_| (), signature);
    refused(&stranger, json!({"alg": "ES256"}), &|_| (), signature);
    refused(&key, json!({"alg": "RS256"}), &|_| (), signature);
    refused(&key, json!({"alg": "none"}), &|_| (), signature);
    // A key that the client brings along is not looked at, nor is a path in `kid`.
    let brought = json!({"alg": "ES256", "jwk": public_jwk(&stranger)});
    refused(&stranger, brought, &|_| (), signature);
    let kid = "The client_assertion token has an invalid value for 'kid' in its header.";
    for wrong in ["", "../../etc/passwd", "' OR 1=1 --", stranger.kid()] {
        refused(&key, json!({"alg": "ES256", "kid": wrong}), &|_| (), kid);
    }
    refused(&key, json!({"alg": "HS256"}), &|_| (), CLIENT_FAILED);
    let issuer = "The issuer claim for client_assertion must be the client_id.";
    refused(&key, good(), &set("iss", json!("web-app")), issuer);
    let subject = "The subject claim for client_assertion must be the client_id.";
    refused(
        &key,
        good(),
        &|claims| {
            claims["sub"] = json!(["billing-service"]);
        },
        subject,
    );
    let audience = "The audience claim for client_assertion must be the endpoint invoked for the \
                    request.";
    for wrong in [json!(""), json!(["https://evil.example"]), json!(URL), json!(7)] {
        refused(&key, good(), &set("aud", wrong), audience);
    }
    let missing = "The client_assertion must contain the claim 'exp'.";
    refused(&key, good(), &remove("exp"), missing);
    refused(&key, good(), &set("exp", json!("soon")), missing);
    refused(&key, good(), &set("exp", json!(NOW - 30)), "The client_assertion is expired.");
    let far = "The client_assertion has an expiration too far into the future.";
    refused(&key, good(), &set("exp", json!(NOW + 3631)), far);
    let future = "The client_assertion was issued in the future.";
    refused(&key, good(), &set("iat", json!(NOW + 31)), future);
    refused(&key, good(), &set("nbf", json!(NOW + 31)), future);
    present(&world, TOKEN, "x.y.z", &[("client_id", "billing-service")]).refuses(
        401,
        "invalid_client",
        "The client_assertion is not a valid JWT.",
    );
    let mut stray = claims("y");
    stray["sub"] = json!("nobody");
    stray["iss"] = json!("nobody");
    let answer = present(&world, TOKEN, &client_jwt(&key, &good(), &stray), &[]);
    answer.refuses(401, "invalid_client", UNKNOWN_CLIENT);
}

#[test]
fn the_type_of_an_assertion_must_be_named_and_other_credentials_may_not_come_with_it() {
    let key = key();
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    let assertion = client_jwt(&key, &json!({"alg": "ES256"}), &claims("1"));
    let form = [("grant_type", "client_credentials"), ("client_assertion", &*assertion)];
    let text = "The client_assertion_type is invalid.";
    world.post(TOKEN, &form).refuses(400, "invalid_request", text);
    let answer = present(&world, TOKEN, &assertion, &[("client_secret", "x")]);
    answer.refuses(401, "invalid_request", SEVERAL_CREDENTIALS);
    present(&world, TOKEN, &assertion, &[]).expect(200);
}

/// As Okta's SDK for Python wrote it up to 2.9. The assertion itself is in the form.
#[test]
fn what_is_said_beside_an_assertion_may_stand_in_the_address() {
    let key = key();
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    let assertion = client_jwt(&key, &json!({"alg": "ES256"}), &claims("1"));
    let query = format!("grant_type=client_credentials&client_assertion_type={TYPE}");
    let form = [("client_assertion", &*assertion)];
    world.post(&format!("{TOKEN}?{query}"), &form).expect(200);
    let form = [("client_id", "billing-service"), ("client_secret", SECRET)];
    let elsewhere = world.post(&format!("{TOKEN}?{query}"), &form);
    assert_eq!(elsewhere.status, 401, "without an assertion nothing of it counts");
    let text = "Client credentials cannot be supplied via query parameters.";
    let in_address = world.post(&format!("{TOKEN}?{query}&client_assertion={assertion}"), &[]);
    in_address.refuses(400, "invalid_request", text);
}

#[test]
fn keys_of_a_client_are_judged_when_the_document_is_read() {
    use crate::publish::fixture::draft;
    let wrong = |jwks: Value| {
        let document = demo_with(|document| {
            let app = &mut document["apps"][2];
            let client = app["credentials"]["oauthClient"].as_object_mut().unwrap();
            client.insert("token_endpoint_auth_method".to_owned(), json!("private_key_jwt"));
            client.remove("client_secret");
            app["settings"]["oauthClient"]["jwks"] = jwks;
        });
        draft(&document).unwrap_err()[0].diagnostic.message.clone()
    };
    let jwk = public_jwk(&key());
    let mut private = jwk.clone();
    private["d"] = json!("AAAA");
    assert!(wrong(json!({"keys": [private]})).contains("private key"));
    assert!(wrong(json!({"keys": [jwk, jwk]})).contains("this `kid` already"));
    assert!(wrong(json!({"keys": [{"kty": "oct", "k": "AA"}]})).contains("private key"));
    assert!(wrong(json!({"keys": []})).contains("`jwks` or `jwks_uri` is needed"));
}

#[test]
fn an_assertion_that_is_asked_to_come_again_with_a_nonce_may_be_the_same() {
    let key = key();
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    let assertion = client_jwt(&key, &json!({"alg": "ES256"}), &claims("again"));
    let ask = |proof: &Proof| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", TYPE),
            ("client_assertion", &*assertion),
        ];
        let mut request = posted(TOKEN, &form);
        request.headers_mut().insert("dpop", proof.sign(&key).parse().unwrap());
        world.send(request)
    };
    let text = "Authorization server requires nonce in DPoP proof.";
    ask(&Proof::new(&world, &key).without("nonce")).refuses(400, "use_dpop_nonce", text);
    assert_eq!(ask(&Proof::new(&world, &key)).status, 200);
    let text = "The client_assertion has already been used.";
    ask(&Proof::new(&world, &key)).refuses(401, "invalid_client", text);
}

#[test]
fn decision_20_an_assertion_whose_name_is_no_text_could_not_be_told_from_another() {
    let key = key();
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    for jti in [json!(1), json!(["a"]), json!(null)] {
        let mut claims = claims("");
        claims["jti"] = jti;
        let assertion = client_jwt(&key, &json!({"alg": "ES256"}), &claims);
        let text = "The claim 'jti' of the client_assertion must be a text.";
        present(&world, TOKEN, &assertion, &[]).refuses(401, "invalid_client", text);
    }
}

#[test]
fn a_key_that_was_registered_without_a_name_may_be_called_anything() {
    let key = key();
    let mut jwk = public_jwk(&key);
    jwk.as_object_mut().unwrap().remove("kid");
    let world = world("private_key_jwt", &[jwk], None);
    let assertion = client_jwt(&key, &json!({"alg": "ES256", "kid": "mine"}), &claims("1"));
    present(&world, TOKEN, &assertion, &[]).expect(200);
    let other = SigningKey::generate(Algorithm::Es256).unwrap();
    let assertion = client_jwt(&other, &json!({"alg": "ES256", "kid": "mine"}), &claims("2"));
    let text = "The client_assertion signature is invalid.";
    present(&world, TOKEN, &assertion, &[]).refuses(401, "invalid_client", text);
}

#[test]
fn decision_20_what_may_have_been_used_before_a_restore_proves_nothing() {
    let key = key();
    let world = world("private_key_jwt", &[public_jwk(&key)], None);
    let ask = |jti: &str, made: Option<i64>, ends: i64| {
        let mut claims = claims(jti);
        claims["iat"] = json!(made);
        claims["exp"] = json!(ends);
        if made.is_none() {
            claims.as_object_mut().unwrap().remove("iat");
        }
        let assertion = client_jwt(&key, &json!({"alg": "ES256", "kid": key.kid()}), &claims);
        present(&world, TOKEN, &assertion, &[]).status
    };
    assert_eq!(ask("1", Some(NOW), NOW + 300), 200);
    world.restore();
    world.surface.clock.advance(60);
    assert_eq!(ask("2", Some(NOW), NOW + 300), 401, "of before");
    assert_eq!(ask("3", None, NOW + 300), 401, "it may be of before");
    assert_eq!(ask("4", Some(NOW + 60), NOW + 300), 200);
    world.surface.clock.advance(60);
    assert_eq!(ask("5", None, NOW + 3700), 200, "so late an end nobody believed before");
}

/// Decision 25.
#[test]
fn keys_that_a_client_publishes_itself_are_fetched_when_it_signs() {
    let (key, other) = (key(), key());
    let keys = json!({"keys": [public_jwk(&key)]}).to_string();
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let site = runtime.block_on(Site::with_json(keys));
    let world = World::with(|document| {
        let app = &mut document["apps"][2];
        let client = app["credentials"]["oauthClient"].as_object_mut().unwrap();
        client.insert("token_endpoint_auth_method".to_owned(), json!("private_key_jwt"));
        client.remove("client_secret");
        app["settings"]["oauthClient"]["jwks_uri"] = json!(site.url("/keys"));
    });
    let sign = |key: &SigningKey, jti: &str| {
        client_jwt(key, &json!({"alg": "ES256", "kid": key.kid()}), &claims(jti))
    };
    for jti in ["1", "2"] {
        present(&world, TOKEN, &sign(&key, jti), &[]).expect(200);
    }
    assert_eq!(site.n_asked(), 1);
    let text = "The client_assertion token has an invalid value for 'kid' in its header.";
    present(&world, TOKEN, &sign(&other, "3"), &[]).refuses(401, "invalid_client", text);
    world.surface.clock.advance(4000);
    let mut late = claims("4");
    (late["iat"], late["exp"]) = (json!(NOW + 4000), json!(NOW + 4060));
    let late = client_jwt(&key, &json!({"alg": "ES256"}), &late);
    present(&world, TOKEN, &late, &[]).expect(200);
    assert_eq!(site.n_asked(), 2, "an unknown key is not asked for again so soon");
    drop(runtime);
    world.surface.clock.advance(100_000);
    let now = NOW + 104_000;
    let mut last = claims("5");
    (last["iat"], last["exp"]) = (json!(now), json!(now + 60));
    let last = client_jwt(&key, &json!({"alg": "ES256"}), &last);
    let text = "The keys of the client could not be fetched from its jwks_uri.";
    present(&world, TOKEN, &last, &[]).refuses(401, "invalid_client", text);
}
