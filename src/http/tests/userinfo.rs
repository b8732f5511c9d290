//! What a client is told of the person whose token it has.

use super::code::{code_of, granted, spend};
use super::*;
use crate::grant::CodeGrant;

const USERINFO: &str = "/oauth2/internal/v1/userinfo";
const INVALID: &str =
    r#"Bearer error="invalid_token", error_description="The access token is invalid""#;

fn token_for(world: &World, scopes: &[&str]) -> String {
    let mut code: CodeGrant = granted(world);
    code.grant.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    text_of(&spend(world, &code_of(world, &code), &[]).expect(200)["access_token"])
}

fn ask(world: &World, token: &str) -> Answer {
    let mut request = request(Method::GET, USERINFO, None, "");
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, value);
    world.send(request)
}

#[track_caller]
fn is_invalid(answer: &Answer) {
    let body =
        json!({"error": "invalid_token", "error_description": "The access token is invalid"});
    assert_eq!(answer.expect(401), body);
    assert_eq!(answer.header("www-authenticate"), Some(INVALID));
}

#[test]
fn every_claim_of_the_granted_scopes_is_told_by_any_way_of_asking() {
    let world = World::demo();
    let token = token_for(&world, &["openid", "profile", "email"]);
    let answer = ask(&world, &token);
    answer.expect_no_store();
    let told = answer.expect(200);
    assert_eq!(told["sub"], json!(granted(&world).grant.user));
    assert_eq!(
        (&told["name"], &told["email"]),
        (&json!("Ada Lovelace"), &json!("ada@example.com"))
    );
    assert_eq!((&told["given_name"], &told["locale"]), (&json!("Ada"), &json!("en-GB")));
    let by_form = world.post(USERINFO, &[("access_token", &token)]);
    assert_eq!(by_form.expect(200), told);
    let by_post = world.post_as(USERINFO, &format!("bearer {token}"), &[]);
    assert_eq!(by_post.expect(200), told);
    let few = ask(&world, &token_for(&world, &["openid"])).expect(200);
    assert_eq!(few.get("given_name"), None);
    assert_eq!(few["sub"], told["sub"]);
}

#[test]
fn decision_16_claims_are_evaluated_again_with_the_session_of_the_family() {
    let add = |document: &mut Value| {
        let claim = |name: &str, value: &str| {
            json!({"name": name, "claimType": "IDENTITY", "valueType": "EXPRESSION",
                "value": value})
        };
        let claims = internal(document)["claims"].as_array_mut().unwrap();
        claims.push(claim("sign_in", "session.id + '/' + session.amr[0]"));
        claims.push(claim("team", "user.department"));
    };
    let world = World::with(add);
    let token = token_for(&world, &["openid"]);
    let told = ask(&world, &token).expect(200);
    assert_eq!((&told["sign_in"], &told["team"]), (&json!("102abc/pwd"), &json!("Engineering")));
    world.replace(|document| {
        add(document);
        document["users"][0]["profile"]["department"] = json!("Analysis");
    });
    assert_eq!(ask(&world, &token).expect(200)["team"], "Analysis");
}

#[test]
fn a_token_that_does_not_count_is_invalid() {
    let world = World::demo();
    let token = token_for(&world, &["openid"]);
    let identity = spend(&world, &code_of(&world, &granted(&world)), &[]).expect(200);
    for wrong in ["", "x", "a.b.c", &format!("{token}x"), &text_of(&identity["id_token"])] {
        is_invalid(&ask(&world, wrong));
    }
    is_invalid(&world.post_as(USERINFO, &billing(), &[]));
    world.surface.clock.advance(900);
    is_invalid(&ask(&world, &token));
    let token = token_for(&world, &["openid"]);
    world.replace(|document| document["users"][0]["status"] = json!("SUSPENDED"));
    is_invalid(&ask(&world, &token));
    world.replace(|document| document["apps"][0]["assignments"] = json!({}));
    is_invalid(&ask(&world, &token));
}

#[test]
fn without_a_token_no_error_is_named_and_two_are_too_many() {
    let world = World::demo();
    let token = token_for(&world, &["openid"]);
    for path in [USERINFO.to_owned(), format!("{USERINFO}?access_token={token}")] {
        let answer = world.get(&path);
        assert_eq!(answer.expect(401), json!({}));
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="claimsmith""#));
    }
    let twice = world.post_as(USERINFO, &format!("Bearer {token}"), &[("access_token", &token)]);
    twice.refuses(400, "invalid_request", "The request has more than one access token.");
}

#[test]
fn a_token_without_openid_or_without_a_person_is_not_enough() {
    let world = World::demo();
    let text = "The access token must provide access to at least one of these scopes - profile, \
                email, address or phone";
    for token in [token_for(&world, &["profile", "read:customers"]), world.access_token(&[])] {
        let answer = ask(&world, &token);
        let body = json!({"error": "insufficient_scope", "error_description": text});
        assert_eq!(answer.expect(403), body);
        let challenge = format!(r#"Bearer error="insufficient_scope", error_description="{text}""#);
        assert_eq!(answer.header("www-authenticate"), Some(&*challenge));
    }
}

#[test]
fn a_scope_that_was_deleted_since_gives_nothing_more_and_takes_nothing_else_away() {
    let world = World::demo();
    let token = token_for(&world, &["openid", "profile", "process:payments"]);
    world.replace(|document| {
        let server = internal(document);
        let is_other = |name: &Value| name != "process:payments";
        server["scopes"].as_array_mut().unwrap().retain(|scope| is_other(&scope["name"]));
        let text = server.to_string().replace("\"process:payments\"", "\"read:customers\"");
        *server = serde_json::from_str(&text).unwrap();
        for list in ["policies", "tokenPolicies", "claims"] {
            server[list] = json!([]);
        }
    });
    let told = ask(&world, &token).expect(200);
    assert_eq!(told["name"], "Ada Lovelace");
}
