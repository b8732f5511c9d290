//! Keys and JWTs of others: what is taken, and what is not.

use super::super::{Algorithm, SigningKey};
use super::*;

fn jwk_of(key: &SigningKey) -> Map<String, Value> {
    serde_json::from_str(key.public_jwk()).unwrap()
}

fn read(jwk: &Map<String, Value>) -> Result<ForeignKey, JwkError> {
    ForeignKey::from_jwk(&|name| jwk.get(name)?.as_str())
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode_to_string(value.to_string())
}

fn signed(key: &SigningKey, header: &Value) -> String {
    let input = format!("{}.{}", part(header), part(&serde_json::json!({"sub": "x"})));
    let mut signature = Vec::new();
    key.sign(input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode_to_string(signature))
}

#[test]
fn a_key_of_each_kind_verifies_its_own_algorithm_and_no_other() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let mut jwk = jwk_of(&key);
        let foreign = read(&jwk).unwrap();
        assert_eq!((foreign.thumbprint(), foreign.kid()), (key.kid(), Some(key.kid())));
        let token = signed(&key, &serde_json::json!({"alg": algorithm.name()}));
        assert!(ForeignJwt::parse(&token).unwrap().is_signed_by(&foreign));
        for other in PUBLIC_KEY_ALGORITHMS.iter().chain(SECRET_ALGORITHMS).chain(&["none", ""]) {
            let token = signed(&key, &serde_json::json!({"alg": other}));
            let jwt = ForeignJwt::parse(&token).unwrap();
            assert_eq!(jwt.is_signed_by(&foreign), *other == algorithm.name(), "{other}");
            // The public key is no secret (RFC 8725 §2.1).
            assert!(!jwt.is_signed_with(&SharedSecret::new(key.public_jwk())), "{other}");
        }
        jwk.remove("alg");
        assert!(ForeignJwt::parse(&token).unwrap().is_signed_by(&read(&jwk).unwrap()));
        jwk.insert("alg".to_owned(), "HS256".into());
        assert_eq!(read(&jwk), Err(JwkError::Algorithm));
    }
}

#[test]
fn private_small_and_broken_keys_are_no_keys() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let with = |name: &str, value: &str| {
        let mut jwk = jwk_of(&key);
        jwk.insert(name.to_owned(), value.into());
        read(&jwk)
    };
    assert_eq!(with("d", "AA"), Err(JwkError::Private));
    assert_eq!(with("kty", "oct"), Err(JwkError::Kind));
    assert_eq!(with("crv", "P-224"), Err(JwkError::Kind));
    assert_eq!(with("x", "AA"), Err(JwkError::Malformed));
    assert_eq!(with("x", "!"), Err(JwkError::Malformed));
    assert_eq!(with("kty", "RSA"), Err(JwkError::Malformed));
    let small = [("kty", "RSA"), ("n", "AQAB"), ("e", "AQAB")];
    let member = |name: &str| small.iter().find(|(known, _)| *known == name).map(|(_, v)| *v);
    assert_eq!(ForeignKey::from_jwk(&member), Err(JwkError::Small));
}

#[test]
fn what_is_no_jwt_or_asks_for_too_much_is_not_read() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let token = signed(&key, &serde_json::json!({"alg": "ES256"}));
    let critical = signed(&key, &serde_json::json!({"alg": "ES256", "crit": ["x"], "x": 1}));
    let long = format!("{token}{}", "A".repeat(BYTES_AT_MOST));
    for wrong in
        ["", "a", "a.b", "a.b.c", &format!("{token}.x"), &format!(" {token}"), &critical, &long]
    {
        assert!(ForeignJwt::parse(wrong).is_none(), "{wrong}");
    }
    assert_eq!(format!("{:?}", ForeignJwt::parse(&token).unwrap()), "ForeignJwt");
}

#[test]
fn a_secret_signs_by_each_size_of_hash() {
    let secret = SharedSecret::new("a secret of the tests that is long enough");
    let sizes =
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
    for (name, algorithm) in sizes {
        let input =
            format!("{}.{}", part(&serde_json::json!({"alg": name})), part(&serde_json::json!({})));
        let tag = hmac::sign(&hmac::Key::new(algorithm, &secret.0), input.as_bytes());
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode_to_string(tag.as_ref()));
        let jwt = ForeignJwt::parse(&token).unwrap();
        assert!(jwt.is_signed_with(&secret) && !jwt.is_signed_with(&SharedSecret::new("other")));
    }
    assert_eq!(format!("{secret:?}"), "SharedSecret");
}
