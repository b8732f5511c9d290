//! Tokens that are bound to a key of the client, and the proofs that it has it (RFC 9449).

use super::code::{CALLBACK, CHALLENGE, VERIFIER, code_of, granted};
use super::*;
use crate::grant::CodeGrant;
use crate::token::digest;

const USERINFO: &str = "/oauth2/internal/v1/userinfo";

/// What a proof says, which a test changes.
pub(super) struct Proof {
    header: Value,
    claims: Value,
}

impl Proof {
    pub(super) fn new(world: &World, key: &SigningKey) -> Self {
        let now = world.surface.clock.seconds();
        let nonce = world.surface.issuer.current().keyring().nonce.nonce(now);
        let mut jwk = public_jwk(key);
        for member in ["kid", "use", "alg"] {
            jwk.as_object_mut().unwrap().remove(member);
        }
        Self {
            header: json!({"typ": "dpop+jwt", "alg": key.algorithm().name(), "jwk": jwk}),
            claims: json!({
                "htm": "POST", "htu": issuer("internal") + "/v1/token", "iat": now,
                "jti": world.surface.random.base64url(12), "nonce": nonce,
            }),
        }
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    /// For using this token at userinfo.
    fn using(self, token: &str) -> Self {
        let hash = URL_SAFE_NO_PAD.encode_to_string(digest(token.as_bytes()));
        self.with("htu", json!(issuer("internal") + "/v1/userinfo"))
            .with("htm", json!("GET"))
            .with("ath", json!(hash))
            .without("nonce")
    }

    pub(super) fn sign(&self, key: &SigningKey) -> String {
        client_jwt(key, &self.header, &self.claims)
    }
}

fn post(
    world: &World,
    authorization: Option<&str>,
    form: &[(&str, &str)],
    proofs: &[String],
) -> Answer {
    let mut request = posted(TOKEN, form);
    if let Some(value) = authorization {
        request.headers_mut().insert(header::AUTHORIZATION, value.parse().unwrap());
    }
    for proof in proofs {
        request.headers_mut().append("dpop", proof.parse().unwrap());
    }
    world.send(request)
}

/// `billing-service` asks with this proof.
fn ask(world: &World, proof: &str) -> Answer {
    let grant = [("grant_type", "client_credentials")];
    post(world, Some(&billing()), &grant, &[proof.to_owned()])
}

fn use_at_userinfo(world: &World, scheme: &str, token: &str, proof: Option<String>) -> Answer {
    let mut request = request(Method::GET, USERINFO, None, "");
    let headers = request.headers_mut();
    headers.insert(header::AUTHORIZATION, format!("{scheme} {token}").parse().unwrap());
    if let Some(proof) = proof {
        headers.insert("dpop", proof.parse().unwrap());
    }
    world.send(request)
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

#[test]
fn decision_44_a_proof_without_a_nonce_is_told_one_and_with_it_the_token_is_bound() {
    let world = World::demo();
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        for wrong in [
            Proof::new(&world, &key).without("nonce"),
            Proof::new(&world, &key).with("nonce", json!("x")),
        ] {
            let answer = ask(&world, &wrong.sign(&key));
            let text = "Authorization server requires nonce in DPoP proof.";
            answer.refuses(400, "use_dpop_nonce", text);
            let nonce = answer.header("dpop-nonce").unwrap();
            let proof = Proof::new(&world, &key).with("nonce", json!(nonce));
            let body = ask(&world, &proof.sign(&key)).expect(200);
            assert_eq!(body["token_type"], "DPoP");
            let token = text_of(&body["access_token"]);
            assert_eq!(part(&token, 1)["cnf"], json!({"jkt": key.kid()}));
            let told = world.introspect(&token);
            assert_eq!(
                (&told["token_type"], &told["cnf"]["jkt"]),
                (&json!("DPoP"), &json!(key.kid()))
            );
        }
    }
}

#[test]
fn decision_20_a_proof_is_used_once() {
    let world = World::demo();
    let key = key();
    let proof = Proof::new(&world, &key).sign(&key);
    ask(&world, &proof).expect(200);
    let text = "The DPoP proof JWT has already been used.";
    ask(&world, &proof).refuses(400, "invalid_dpop_proof", text);
}

#[test]
fn decision_20_a_proof_of_before_a_restore_proves_nothing() {
    let (world, key) = (World::demo(), key());
    let old = Proof::new(&world, &key).sign(&key);
    world.restore();
    let text = "The DPoP proof JWT has already been used.";
    ask(&world, &old).refuses(400, "invalid_dpop_proof", text);
    world.surface.clock.advance(60);
    let fresh = Proof::new(&world, &key).with("iat", json!(NOW + 60)).sign(&key);
    assert_eq!(ask(&world, &fresh).status, 200);
}

#[test]
fn whatever_is_wrong_with_a_proof_is_told() {
    let world = World::demo();
    let (key, stranger) = (key(), key());
    let proof = || Proof::new(&world, &key);
    let refused = |proof: Proof, text: &str| {
        ask(&world, &proof.sign(&key)).refuses(400, "invalid_dpop_proof", text);
    };
    let header = |name: &str, value: Value| {
        let mut proof = proof();
        proof.header[name] = value;
        proof
    };
    refused(header("typ", json!("jwt")), "The 'typ' of the DPoP proof JWT must be 'dpop+jwt'.");
    for alg in ["none", "HS256", ""] {
        refused(header("alg", json!(alg)), "The 'alg' of the DPoP proof JWT is not supported.");
    }
    let signature = "The signature of the DPoP proof JWT is invalid.";
    refused(header("alg", json!("RS256")), signature);
    refused(header("jwk", public_jwk(&stranger)), signature);
    let mut private = public_jwk(&key);
    private["d"] = json!("AAAA");
    let no_key = "The 'jwk' of the DPoP proof JWT is not a public key.";
    for jwk in [private, json!({"kty": "oct", "k": "AAAA"}), json!("x")] {
        refused(header("jwk", jwk), no_key);
    }
    let method = "The 'htm' of the DPoP proof JWT is not the method of the request.";
    refused(proof().with("htm", json!("GET")), method);
    let url = "The 'htu' of the DPoP proof JWT is not the URL of the request.";
    for wrong in [
        issuer("default") + "/v1/token",
        issuer("internal") + "/v1/token/",
        "x".to_owned(),
        issuer("internal") + "/v1/introspect",
        "http://id.example.com/oauth2/internal/v1/token".to_owned(),
    ] {
        refused(proof().with("htu", json!(wrong)), url);
    }
    refused(proof().without("iat"), "The DPoP proof JWT must contain the claim 'iat'.");
    let future = "The DPoP proof JWT was issued in the future.";
    refused(proof().with("iat", json!(NOW + 31)), future);
    let old = "The DPoP proof JWT was issued more than five minutes in the past.";
    refused(proof().with("iat", json!(NOW - 301)), old);
    let id = "The DPoP proof JWT must contain the claim 'jti'.";
    refused(proof().without("jti"), id);
    refused(proof().with("jti", json!("x".repeat(257))), id);
    let text = "The DPoP proof JWT header is not a valid JWT.";
    ask(&world, "x").refuses(400, "invalid_dpop_proof", text);
    let two = [proof().sign(&key), proof().sign(&key)];
    let text = "The request has more than one DPoP proof JWT header.";
    let grant = [("grant_type", "client_credentials")];
    post(&world, Some(&billing()), &grant, &two).refuses(400, "invalid_dpop_proof", text);
    let with_query = proof().with("htu", json!(issuer("internal") + "/v1/token?x=1#y"));
    ask(&world, &with_query.sign(&key)).expect(200);
}

#[test]
fn a_client_that_must_bind_its_tokens_gets_none_without_a_proof() {
    let world = World::with(|document| {
        document["apps"][2]["settings"]["oauthClient"]["dpop_bound_access_tokens"] = json!(true);
    });
    let text = "The DPoP proof JWT header is missing.";
    world.ask(&[]).refuses(400, "invalid_dpop_proof", text);
    let key = key();
    ask(&world, &Proof::new(&world, &key).sign(&key)).expect(200);
}

/// Ada's code for `phone-app`, which has no secret.
fn phone_code(world: &World, thumbprint: Option<&str>) -> String {
    let mut code: CodeGrant = granted(world);
    code.grant.client = "phone-app".to_owned();
    code.grant.scopes = ["openid", "offline_access"].map(str::to_owned).to_vec();
    code.grant.thumbprint = thumbprint.map(str::to_owned);
    code_of(world, &code)
}

fn spend(world: &World, code: &str, proofs: &[String]) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "phone-app"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    post(world, None, &form, proofs)
}

#[test]
fn refresh_tokens_of_a_client_without_a_secret_are_bound_to_its_key() {
    let world = World::demo();
    let (key, other) = (key(), key());
    assert_eq!(CHALLENGE.len(), 43);
    let code = phone_code(&world, None);
    let body = spend(&world, &code, &[Proof::new(&world, &key).sign(&key)]).expect(200);
    assert_eq!(body["token_type"], "DPoP");
    let token = text_of(&body["refresh_token"]);
    let refresh = |proofs: &[String]| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "phone-app"),
            ("refresh_token", &*token),
        ];
        post(&world, None, &form, proofs)
    };
    let text = "Invalid DPoP Public Key binding in refresh token";
    refresh(&[]).refuses(400, "invalid_dpop_proof", text);
    let by_other = Proof::new(&world, &other).sign(&other);
    refresh(&[by_other]).refuses(400, "invalid_dpop_proof", text);
    let body = refresh(&[Proof::new(&world, &key).sign(&key)]).expect(200);
    assert_eq!(body["token_type"], "DPoP");
}

#[test]
fn a_code_that_is_bound_to_a_key_is_spent_with_it_alone() {
    let world = World::demo();
    let (key, other) = (key(), key());
    let code = phone_code(&world, Some(key.kid()));
    let text = "The authorization code is bound to another key.";
    spend(&world, &code, &[]).refuses(400, "invalid_dpop_proof", text);
    let by_other = Proof::new(&world, &other).sign(&other);
    spend(&world, &code, &[by_other]).refuses(400, "invalid_dpop_proof", text);
    spend(&world, &code, &[Proof::new(&world, &key).sign(&key)]).expect(200);
}

#[test]
fn decision_44_a_bound_token_is_used_with_a_proof_without_a_nonce_and_not_as_bearer() {
    let world = World::demo();
    let (key, other) = (key(), key());
    let code = phone_code(&world, None);
    let body = spend(&world, &code, &[Proof::new(&world, &key).sign(&key)]).expect(200);
    let token = text_of(&body["access_token"]);
    let proof = || Proof::new(&world, &key).using(&token);
    let told = use_at_userinfo(&world, "DPoP", &token, Some(proof().sign(&key))).expect(200);
    assert!(told["sub"].is_string());
    let invalid = |answer: Answer, error: &str| {
        assert_eq!(answer.expect(401)["error"], error);
        assert!(answer.header("www-authenticate").unwrap().contains(error));
    };
    invalid(use_at_userinfo(&world, "Bearer", &token, None), "invalid_token");
    invalid(use_at_userinfo(&world, "Bearer", &token, Some(proof().sign(&key))), "invalid_token");
    invalid(use_at_userinfo(&world, "DPoP", &token, None), "invalid_dpop_proof");
    let by_other = Proof::new(&world, &other).using(&token).sign(&other);
    invalid(use_at_userinfo(&world, "DPoP", &token, Some(by_other)), "invalid_dpop_proof");
    for wrong in [
        proof().without("ath"),
        proof().with("ath", json!("x")),
        proof().with("htm", json!("POST")),
    ] {
        let answer = use_at_userinfo(&world, "DPoP", &token, Some(wrong.sign(&key)));
        invalid(answer, "invalid_dpop_proof");
    }
    let unbound = spend(&world, &phone_code(&world, None), &[]).expect(200);
    let unbound = text_of(&unbound["access_token"]);
    let proof = Proof::new(&world, &key).using(&unbound).sign(&key);
    invalid(use_at_userinfo(&world, "DPoP", &unbound, Some(proof)), "invalid_token");
}

#[test]
fn decision_44_urls_that_mean_the_same_are_the_same() {
    let (world, key) = (World::demo(), key());
    for same in [
        "HTTPS://ID.Example.COM:443/oauth2/internal/v1/token?x=1#y",
        "https://id.example.com/oauth2/%69nternal/v1/token",
    ] {
        let proof = Proof::new(&world, &key).with("htu", json!(same));
        assert_eq!(ask(&world, &proof.sign(&key)).status, 200, "{same}");
    }
    for other in [
        "http://id.example.com/oauth2/internal/v1/token",
        "https://id.example.com:8443/oauth2/internal/v1/token",
        "https://id.example.com/OAUTH2/internal/v1/token",
        "https://user@id.example.com/oauth2/internal/v1/token",
        "https://id.example.com/oauth2/internal/v1/token%",
        "https://id.example.com/oauth2/internal/v1/token/",
    ] {
        let proof = Proof::new(&world, &key).with("htu", json!(other));
        assert_eq!(ask(&world, &proof.sign(&key)).status, 400, "{other}");
    }
}

#[test]
fn a_public_client_that_proves_a_key_when_it_refreshes_is_bound_to_it_from_then_on() {
    let (world, key) = (World::demo(), key());
    let mut code = granted(&world);
    code.grant.client = "phone-app".to_owned();
    code.grant.scopes = ["openid", "offline_access"].map(str::to_owned).to_vec();
    let code = code_of(&world, &code);
    let spend = [
        ("grant_type", "authorization_code"),
        ("client_id", "phone-app"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let first = text_of(&post(&world, None, &spend, &[]).expect(200)["refresh_token"]);
    let refresh = |token: &str, proofs: &[String]| {
        let form =
            [("grant_type", "refresh_token"), ("client_id", "phone-app"), ("refresh_token", token)];
        post(&world, None, &form, proofs)
    };
    let body = refresh(&first, &[Proof::new(&world, &key).sign(&key)]).expect(200);
    assert_eq!(body["token_type"], "DPoP");
    let second = text_of(&body["refresh_token"]);
    let text = "Invalid DPoP Public Key binding in refresh token";
    refresh(&second, &[]).refuses(400, "invalid_dpop_proof", text);
    assert_eq!(refresh(&second, &[Proof::new(&world, &key).sign(&key)]).status, 200);
}
