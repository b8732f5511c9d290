//! A token counts only as what it is, from whom it is, and while it lasts.

use super::*;
use crate::token::{AccessClaims, AccessLayout, IdentityClaims, write_access, write_identity};
use serde_json::json;

const ISSUER: &str = "https://id.example/oauth2/default";
const ENDS: i64 = 1_700_003_600;

fn access() -> Claims {
    let claims = AccessClaims {
        acr: None,
        actor: None,
        thumbprint: None,
        jti: "AT.x",
        issuer: ISSUER,
        audience: "api://default",
        issued_at: ENDS - 3600,
        expires_at: ENDS,
        client: "c1",
        user: None,
        scopes: &["a", "b"],
        auth_time: None,
        layout: AccessLayout::Okta,
    };
    let mut buffer = Vec::new();
    write_access(&mut buffer, &claims, br#""sub":"c1","team":["red"],"level":7"#);
    Claims::parse(&buffer).unwrap()
}

fn identity() -> Claims {
    let claims = IdentityClaims {
        acr: None,
        subject: "00u1",
        issuer: ISSUER,
        client: "c1",
        issued_at: ENDS - 3600,
        expires_at: ENDS,
        jti: "ID.x",
        methods: &["pwd"],
        identity_provider: "00o1",
        nonce: None,
        auth_time: ENDS - 3700,
        at_hash: None,
        c_hash: None,
    };
    let mut buffer = Vec::new();
    write_identity(&mut buffer, &claims, b"");
    Claims::parse(&buffer).unwrap()
}

fn with(claims: &Claims, name: &str, value: Value) -> Claims {
    let mut claims = claims.clone();
    claims.0.insert(name.to_owned(), value);
    claims
}

#[test]
fn what_we_write_is_accepted_as_what_it_is_and_nothing_else() {
    let now = ENDS - 1;
    assert_eq!(access().check(TokenKind::Access, ISSUER, now), Ok(()));
    assert_eq!(identity().check(TokenKind::Identity, ISSUER, now), Ok(()));
    assert_eq!(access().check(TokenKind::Identity, ISSUER, now), Err(ClaimsError::Kind));
    assert_eq!(identity().check(TokenKind::Access, ISSUER, now), Err(ClaimsError::Kind));
    for jti in [json!("RT.x"), json!("at.x"), json!(7), json!(null)] {
        let other = with(&access(), "jti", jti);
        assert_eq!(other.check(TokenKind::Access, ISSUER, now), Err(ClaimsError::Kind));
    }
}

#[test]
fn a_token_has_expired_from_the_second_it_names() {
    assert_eq!(access().check(TokenKind::Access, ISSUER, ENDS), Err(ClaimsError::Expired));
    assert_eq!(access().check(TokenKind::Access, ISSUER, i64::MAX), Err(ClaimsError::Expired));
}

#[test]
fn another_issuer_is_refused_whatever_the_likeness() {
    for other in ["", "https://id.example/oauth2/default/", "HTTPS://id.example/oauth2/default"] {
        assert_eq!(access().check(TokenKind::Access, other, 0), Err(ClaimsError::Issuer));
    }
}

#[test]
fn every_claim_a_kind_needs_is_asked_for_by_name_and_type() {
    let access_names = ACCESS.iter().map(|[(okta, _), _]| *okta);
    let identity_names = IDENTITY.iter().map(|(name, _)| *name);
    let kinds = [
        (TokenKind::Access, access(), access_names.collect::<Vec<_>>()),
        (TokenKind::Identity, identity(), identity_names.collect()),
    ];
    for (kind, claims, own) in kinds {
        for name in BOTH.iter().map(|(name, _)| *name).chain(own) {
            let wrong = with(&claims, name, json!({"a": 1}));
            assert_eq!(wrong.check(kind, ISSUER, 0), Err(ClaimsError::Claim(name)));
            let mut without = claims.clone();
            without.0.remove(name);
            assert_eq!(without.check(kind, ISSUER, 0), Err(ClaimsError::Claim(name)));
        }
    }
    let mixed = with(&access(), "scp", json!(["a", 1]));
    assert_eq!(mixed.check(TokenKind::Access, ISSUER, 0), Err(ClaimsError::Claim("scp")));
}

#[test]
fn claims_are_read_by_type_and_their_values_are_not_printed() {
    let claims = access();
    assert_eq!(claims.text("cid"), Some("c1"));
    assert_eq!(claims.integer("exp"), Some(ENDS));
    assert_eq!(claims.texts("team"), Some(vec!["red"]));
    assert_eq!(
        (claims.text("exp"), claims.integer("cid"), claims.texts("cid")),
        (None, None, None)
    );
    assert_eq!(claims.iter().count(), 11);
    let printed = format!("{claims:?}");
    assert!(printed.contains("\"cid\"") && !printed.contains("c1"), "{printed}");
}

#[test]
fn what_is_not_one_object_is_refused() {
    let deep = "[".repeat(100_000);
    for wrong in ["", "[]", "null", "{} {}", "{", "\u{0}", deep.as_str()] {
        assert_eq!(Claims::parse(wrong.as_bytes()).err(), Some(ClaimsError::Malformed));
    }
    assert_eq!(Claims::parse(b"{\"a\":\"\xff\"}").err(), Some(ClaimsError::Malformed));
}
