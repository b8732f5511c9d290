//! Tokens are what the standards say, and only ours are believed.

use super::opaque::{self, PepperKey, SecretHash, TokenKind};
use super::*;
use crate::random::Random;
use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

fn sign(key_set: &KeySet, claims: &[u8]) -> String {
    let mut token = String::new();
    key_set.active().sign(TokenType::Unsaid, claims, &mut token).unwrap();
    token
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode_to_vec(part).unwrap()
}

fn with_header(token: &str, header: &str) -> String {
    let rest = token.split_once('.').unwrap().1;
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode_to_string(header))
}

#[test]
fn what_each_algorithm_signs_it_also_verifies_and_a_changed_byte_is_refused() {
    for algorithm in Algorithm::ALL {
        let keys = KeySet::generate(algorithm).unwrap();
        let token = sign(&keys, br#"{"sub":"ada"}"#);
        assert_eq!(keys.verifier().verify(&token).unwrap(), br#"{"sub":"ada"}"#);
        let other = URL_SAFE_NO_PAD.encode_to_string(br#"{"sub":"bob"}"#);
        let parts: Vec<&str> = token.split('.').collect();
        let forged = format!("{}.{other}.{}", parts[0], parts[2]);
        assert_eq!(keys.verifier().verify(&forged), Err(VerifyError::Signature));
        let mut signature = decoded(parts[2]);
        signature[7] ^= 1;
        let forged =
            format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode_to_string(signature));
        assert_eq!(keys.verifier().verify(&forged), Err(VerifyError::Signature));
    }
}

#[test]
fn the_header_is_kid_and_alg_and_nothing_else() {
    let keys = KeySet::generate(Algorithm::Rs256).unwrap();
    let token = sign(&keys, b"{}");
    let header = decoded(token.split('.').next().unwrap());
    let kid = keys.active().key().kid();
    assert_eq!(String::from_utf8(header).unwrap(), format!(r#"{{"kid":"{kid}","alg":"RS256"}}"#));
}

#[test]
fn a_token_is_appended_to_what_the_buffer_holds() {
    let keys = KeySet::generate(Algorithm::EdDsa).unwrap();
    let mut text = "before ".to_owned();
    keys.active().sign(TokenType::Unsaid, b"{}", &mut text).unwrap();
    assert!(keys.verifier().verify(text.strip_prefix("before ").unwrap()).is_ok());
}

#[test]
fn a_header_that_lies_is_refused() {
    let keys = KeySet::generate(Algorithm::Rs256).unwrap();
    let token = sign(&keys, b"{}");
    let kid = keys.active().key().kid();
    let cases = [
        (format!(r#"{{"kid":"{kid}","alg":"none"}}"#), VerifyError::Algorithm),
        (format!(r#"{{"kid":"{kid}","alg":"HS256"}}"#), VerifyError::Algorithm),
        (format!(r#"{{"kid":"{kid}","alg":"rs256"}}"#), VerifyError::Algorithm),
        (r#"{"kid":"other","alg":"RS256"}"#.to_owned(), VerifyError::UnknownKey),
        (r#"{"alg":"RS256"}"#.to_owned(), VerifyError::Header),
        (format!(r#"{{"kid":"{kid}"}}"#), VerifyError::Header),
        (format!(r#"{{"kid":"{kid}","alg":"none","alg":"RS256"}}"#), VerifyError::Header),
        (format!(r#"{{"kid":"{kid}","alg":"RS256","crit":["b64"]}}"#), VerifyError::Header),
        (format!(r#"{{"kid":"{kid}","alg":"RS256","b64":false}}"#), VerifyError::Header),
        (format!(r#"{{"kid":"{kid}","alg":"RS256","typ":"JWT"}}"#), VerifyError::Signature),
        ("not json".to_owned(), VerifyError::Header),
    ];
    for (header, error) in cases {
        let forged = with_header(&token, &header);
        assert_eq!(keys.verifier().verify(&forged), Err(error), "{header}");
    }
}

#[test]
fn what_is_not_three_parts_of_base64url_is_refused() {
    let keys = KeySet::generate(Algorithm::EdDsa).unwrap();
    let token = sign(&keys, b"{}");
    let two = token.rsplit_once('.').unwrap().0;
    let long = "a".repeat(64 * 1024 + 1);
    for wrong in ["", ".", "..", "a.b", two, &format!("{token}."), &format!("{token}.e30")] {
        assert_eq!(keys.verifier().verify(wrong), Err(VerifyError::Malformed), "{wrong}");
    }
    for wrong in [format!("{token}="), format!(" {token}"), token.replacen('.', "=.", 1)] {
        assert_eq!(keys.verifier().verify(&wrong), Err(VerifyError::Malformed), "{wrong}");
    }
    assert_eq!(keys.verifier().verify(&long), Err(VerifyError::TooLong));
}

#[test]
fn a_signature_has_only_one_spelling() {
    let keys = KeySet::generate(Algorithm::EdDsa).unwrap();
    let mut token = sign(&keys, b"{}");
    // 64 bytes leave four unused bits in the last character.
    let last = token.pop().unwrap();
    let next = char::from_u32(last as u32 + 1).unwrap();
    token.push(next);
    assert_eq!(keys.verifier().verify(&token), Err(VerifyError::Malformed));
}

#[test]
fn a_key_of_another_set_is_unknown() {
    let (ours, theirs) =
        (KeySet::generate(Algorithm::Es256).unwrap(), KeySet::generate(Algorithm::Es256).unwrap());
    let token = sign(&theirs, b"{}");
    assert_eq!(ours.verifier().verify(&token), Err(VerifyError::UnknownKey));
}

#[test]
fn the_key_id_is_the_thumbprint_of_the_public_jwk() {
    let members = [
        (Algorithm::Rs256, vec!["e", "kty", "n"]),
        (Algorithm::Es256, vec!["crv", "kty", "x", "y"]),
        (Algorithm::EdDsa, vec!["crv", "kty", "x"]),
    ];
    for (algorithm, names) in members {
        let key = SigningKey::generate(algorithm).unwrap();
        let jwk: Value = serde_json::from_str(key.public_jwk()).unwrap();
        let input: Vec<String> =
            names.iter().map(|name| format!("\"{name}\":{}", jwk[name])).collect();
        let input = format!("{{{}}}", input.join(","));
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, input.as_bytes());
        assert_eq!(key.kid(), URL_SAFE_NO_PAD.encode_to_string(hash.as_ref()));
        assert_eq!(jwk["kid"], key.kid());
        assert_eq!(jwk["alg"], algorithm.name());
        assert_eq!(jwk["use"], "sig");
        let mut expected = names.clone();
        expected.extend(["alg", "kid", "use"]);
        expected.sort_unstable();
        let mut found: Vec<&str> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "nothing private");
    }
}

#[test]
fn the_thumbprint_is_that_of_the_example_of_rfc_8037() {
    // RFC 8037 §A.1 to §A.3.
    let seed = decoded("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    let prefix = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    let key = SigningKey::from_pkcs8(Algorithm::EdDsa, &[prefix.as_slice(), &seed].concat());
    let key = match key {
        Ok(key) => key,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let mut signature = Vec::new();
    let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    key.sign(input, &mut signature).unwrap();
    assert_eq!(
        URL_SAFE_NO_PAD.encode_to_string(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn a_key_comes_back_from_pkcs8_and_is_not_printed() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let again = SigningKey::from_pkcs8(algorithm, &key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(key.kid(), again.kid());
        assert_eq!(format!("{key:?}"), format!("SigningKey {{ kid: {:?}, .. }}", key.kid()));
        assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
    }
    let es = SigningKey::generate(Algorithm::Es256).unwrap().to_pkcs8().unwrap();
    assert_eq!(SigningKey::from_pkcs8(Algorithm::Rs256, &es).err(), Some(KeyError::Malformed));
}

fn access() -> AccessClaims<'static> {
    AccessClaims {
        acr: None,
        actor: None,
        thumbprint: None,
        jti: "AT.x",
        issuer: "https://id.example/oauth2/default",
        audience: "api://default",
        issued_at: 1_700_000_000,
        expires_at: 1_700_003_600,
        client: "c1",
        user: Some("u1"),
        scopes: &["openid", "a\"b"],
        auth_time: Some(1_699_999_990),
        layout: AccessLayout::Okta,
    }
}

#[test]
fn an_access_token_says_its_claims_in_order() {
    let mut buffer = Vec::new();
    write_access(&mut buffer, &access(), "\"sub\":\"ada\",\"team\":[\"red\"]".as_bytes());
    assert_eq!(
        String::from_utf8(buffer).unwrap(),
        concat!(
            r#"{"ver":1,"jti":"AT.x","iss":"https://id.example/oauth2/default","#,
            r#""aud":"api://default","iat":1700000000,"exp":1700003600,"cid":"c1","uid":"u1","#,
            r#""scp":["openid","a\"b"],"auth_time":1699999990,"sub":"ada","#,
            r#""team":["red"]}"#
        )
    );
}

#[test]
fn without_a_user_there_is_neither_uid_nor_auth_time() {
    let mut buffer = Vec::new();
    let claims = AccessClaims { user: None, auth_time: None, scopes: &[], ..access() };
    write_access(&mut buffer, &claims, br#""sub":"c1""#);
    let claims: Value = serde_json::from_slice(&buffer).unwrap();
    assert_eq!(claims.get("uid"), None);
    assert_eq!(claims.get("auth_time"), None);
    assert_eq!(claims["scp"], json!([]));
    assert_eq!(claims["sub"], "c1");
}

#[test]
fn each_layout_names_client_and_scopes_its_own_way() {
    let names = |layout| {
        let mut buffer = Vec::new();
        write_access(&mut buffer, &AccessClaims { layout, ..access() }, br#""sub":"ada""#);
        let claims: Value = serde_json::from_slice(&buffer).unwrap();
        ["cid", "scp", "client_id", "scope"].map(|name| claims.get(name).is_some())
    };
    assert_eq!(names(AccessLayout::Okta), [true, true, false, false]);
    assert_eq!(names(AccessLayout::Rfc9068), [false, false, true, true]);
    assert_eq!(names(AccessLayout::Both), [true; 4]);
}

#[test]
fn an_id_token_says_what_section_2_9_lists() {
    let claims = IdentityClaims {
        acr: None,
        subject: "00u1",
        issuer: "https://id.example",
        client: "c1",
        issued_at: 1,
        expires_at: 3601,
        jti: "ID.y",
        methods: &["pwd", "mfa"],
        identity_provider: "00o1",
        nonce: Some("n"),
        auth_time: 0,
        at_hash: Some("h"),
        c_hash: None,
    };
    let mut buffer = Vec::new();
    write_identity(&mut buffer, &claims, br#""name":"Ada""#);
    let expected = json!({
        "sub": "00u1", "ver": 1, "iss": "https://id.example", "aud": "c1", "iat": 1, "exp": 3601,
        "jti": "ID.y", "amr": ["pwd", "mfa"], "idp": "00o1", "nonce": "n", "auth_time": 0,
        "at_hash": "h", "name": "Ada",
    });
    assert_eq!(serde_json::from_slice::<Value>(&buffer).unwrap(), expected);
    buffer.clear();
    write_identity(&mut buffer, &IdentityClaims { nonce: None, at_hash: None, ..claims }, b"");
    let bare: Value = serde_json::from_slice(&buffer).unwrap();
    assert!(bare.get("nonce").is_none() && bare.get("at_hash").is_none());
}

#[test]
fn the_hash_of_an_access_token_is_the_left_half_of_the_hash_of_its_algorithm() {
    // OpenID Connect Core §A.3 and §A.4.
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    assert_eq!(half_hash(Algorithm::Rs256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(half_hash(Algorithm::Es256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(decoded(&half_hash(Algorithm::EdDsa, token)).len(), 32);
}

#[test]
fn a_vault_opens_only_with_the_same_key_name_and_bytes() {
    let random = Random::seeded(b"vault");
    let vault = Vault::new(&MasterKey::generate(&random)).unwrap();
    let other = Vault::new(&MasterKey::generate(&random)).unwrap();
    let closed = vault.seal(&random, "a", b"hush").unwrap();
    assert_eq!(vault.open("a", &closed).unwrap(), b"hush");
    assert_eq!(vault.open("b", &closed), Err(VaultError::Open));
    assert_eq!(other.open("a", &closed), Err(VaultError::Open));
    assert_eq!(vault.open("a", &closed[..5]), Err(VaultError::Open));
    let mut changed = closed.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(vault.open("a", &changed), Err(VaultError::Open));
    assert_ne!(closed, vault.seal(&random, "a", b"hush").unwrap(), "each time another nonce");
}

#[test]
fn a_master_key_is_thirty_two_bytes_of_base64() {
    let key = MasterKey::generate(&Random::seeded(b"m"));
    let text = format!("{}\n", key.to_text());
    assert_eq!(MasterKey::from_text(&text).unwrap().to_text(), key.to_text());
    for wrong in ["", "AAAA", "not base64 at all!"] {
        assert_eq!(MasterKey::from_text(wrong).err(), Some(MasterKeyError), "{wrong}");
    }
    assert_eq!(format!("{key:?}"), "MasterKey");
}

#[test]
fn a_key_set_comes_back_from_its_bytes_with_every_key_published() {
    let random = Random::seeded(b"set");
    let vault = Vault::new(&MasterKey::generate(&random)).unwrap();
    let others = vec![
        (KeyStatus::Next, SigningKey::generate(Algorithm::EdDsa).unwrap()),
        (KeyStatus::Expired, SigningKey::generate(Algorithm::Es256).unwrap()),
    ];
    let set = KeySet::new(SigningKey::generate(Algorithm::Rs256).unwrap(), others);
    let bytes = set.seal(&vault, &random).unwrap();
    let again = KeySet::open(&vault, &bytes).unwrap();
    assert_eq!(set.jwks(), again.jwks());
    let jwks: Value = serde_json::from_str(set.jwks()).unwrap();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 3);
    assert_eq!(
        again.keys().map(|(status, _)| status).collect::<Vec<_>>(),
        [KeyStatus::Active, KeyStatus::Next, KeyStatus::Expired]
    );
    assert!(again.verifier().verify(&sign(&set, b"{}")).is_ok());
    let other = Vault::new(&MasterKey::generate(&random)).unwrap();
    assert_eq!(KeySet::open(&other, &bytes).err(), Some(KeySetError::Vault(VaultError::Open)));
    assert_eq!(KeySet::open(&vault, b"{}").err(), Some(KeySetError::Malformed));
    let twice = [bytes.as_slice(), &bytes[FORMAT_LINE..]].concat();
    assert_eq!(KeySet::open(&vault, &twice).err(), Some(KeySetError::Malformed));
}

/// Where the keys begin in a set as bytes.
const FORMAT_LINE: usize = "claimsmith-keys 1".len();

#[test]
fn a_secret_is_long_and_matches_only_its_own_hash_under_the_same_master_key() {
    let random = Random::seeded(b"secret");
    let pepper = PepperKey::new(&MasterKey::generate(&random));
    let secret = opaque::generate_secret(&random);
    assert!(secret.len() >= 40);
    assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
    let kept = SecretHash::new(&pepper, &secret).text();
    let parsed = SecretHash::parse(&kept).unwrap();
    assert!(SecretHash::new(&pepper, &secret).is_same(&parsed));
    assert!(!SecretHash::new(&pepper, "other").is_same(&parsed));
    for none in [kept.strip_prefix("hmac-").unwrap(), "hmac-sha256:", &format!("{kept}AAAA"), ""] {
        assert!(SecretHash::parse(none).is_none(), "{none}");
    }
    let other = PepperKey::new(&MasterKey::generate(&random));
    assert!(!SecretHash::new(&other, &secret).is_same(&parsed));
}

#[test]
fn the_id_of_a_token_tells_its_kind_and_family() {
    let random = Random::seeded(b"jti");
    let with = opaque::access_jti(&random, Some("fam1"));
    let without = opaque::access_jti(&random, None);
    assert_eq!(opaque::family_of_jti(&with), Some("fam1"));
    assert_eq!(opaque::family_of_jti(&without), None);
    assert_eq!(opaque::kind_of_jti(&with), Some(TokenKind::Access));
    let identity = opaque::identity_jti(&random);
    assert_eq!(opaque::kind_of_jti(&identity), Some(TokenKind::Identity));
    assert_eq!(opaque::family_of_jti(&identity), None);
    assert_eq!(opaque::kind_of_jti("RT.x"), None);
}

/// The claims and input of RFC 7515 §A.2 and §A.3 after the header.
const RFC_7515_CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// Whether the signature of an RFC example is believed, and that of one changed bit is not.
fn holds(key: &PublicKey, header: &str, signature: &str) {
    let input = format!("{header}.{RFC_7515_CLAIMS}");
    let mut signature = decoded(signature);
    assert!(key.verifies(input.as_bytes(), &signature));
    assert!(!key.verifies(format!("{input}A").as_bytes(), &signature));
    signature[0] ^= 1;
    assert!(!key.verifies(input.as_bytes(), &signature));
}

#[test]
fn the_rs256_example_of_rfc_7515_is_believed() {
    // RFC 7515 §A.2; the DER around the two numbers is that of RFC 8017 §A.1.1.
    let modulus = decoded(concat!(
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPM",
        "EzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-",
        "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3",
        "qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9g",
        "b54h4FRWyuXpoQ"
    ));
    let before = [0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];
    let der = [before.as_slice(), &modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat();
    let key = PublicKey::new(Algorithm::Rs256, &der).unwrap();
    let jwk: Value = serde_json::from_str(key.jwk()).unwrap();
    assert_eq!((jwk["e"].as_str(), decoded(jwk["n"].as_str().unwrap())), (Some("AQAB"), modulus));
    holds(
        &key,
        "eyJhbGciOiJSUzI1NiJ9",
        concat!(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt",
            "_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArL",
            "IARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7no",
            "OPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ",
            "Ge77Rw"
        ),
    );
}

#[test]
fn the_es256_example_of_rfc_7515_is_believed() {
    // RFC 7515 §A.3.
    let x = decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    let y = decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let point = [[0x04].as_slice(), &x, &y].concat();
    holds(
        &PublicKey::new(Algorithm::Es256, &point).unwrap(),
        "eyJhbGciOiJFUzI1NiJ9",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
    let beside_the_curve = [[0x04].as_slice(), &x, &x].concat();
    let refused = PublicKey::new(Algorithm::Es256, &beside_the_curve);
    assert_eq!(refused.err(), Some(KeyError::Malformed));
}

#[test]
fn no_changed_token_is_believed_and_none_stops_us() {
    let random = Random::seeded(b"changes");
    let keys = KeySet::generate(Algorithm::EdDsa).unwrap();
    let token = sign(&keys, br#"{"sub":"ada"}"#);
    for _ in 0..20_000 {
        let mut noise = [0; 4];
        random.fill(&mut noise);
        let [high, low, byte, way] = noise;
        let mut bytes = token.clone().into_bytes();
        let place = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
        match way % 4 {
            0 => bytes[place] = byte,
            1 => bytes.truncate(place),
            2 => bytes.insert(place, byte),
            _ => bytes.swap(place, usize::from(byte) % token.len()),
        }
        let changed = String::from_utf8_lossy(&bytes);
        if changed != token {
            assert!(keys.verifier().verify(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn keys_of_the_master_key_are_those_of_hkdf_and_differ_by_label() {
    use aws_lc_rs::hkdf::{HKDF_SHA256, Prk};
    let master = MasterKey::from_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let bytes: Vec<u8> = (0..32).collect();
    let mut expected = [0; 32];
    let prk = Prk::new_less_safe(HKDF_SHA256, &bytes);
    prk.expand(&[b"label"], HKDF_SHA256).unwrap().fill(&mut expected).unwrap();
    assert_eq!(master.derive("label"), expected);
    assert_ne!(master.derive("labe"), expected);
}
