//! What tokens of the management API let in.

use super::*;
use crate::clock::Clock;
use crate::random::Random;
use crate::store::Store;

const NOW: i64 = 1_700_000_000;

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn new(scopes: &[&str]) -> NewApiToken {
    NewApiToken {
        name: "deploys".to_owned(),
        user_id: "00u1".to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expires_at: None,
    }
}

/// Decision 32.
#[test]
fn a_token_is_found_by_itself_alone_until_it_ends_or_is_revoked() {
    let clock = Clock::fixed(NOW);
    let (store, random) = (Store::memory(clock.clone()), Random::seeded(b"authority"));
    let scopes = ["okta.users.read"];
    let (token, secret) = wait(create(&store, &random, new(&scopes))).unwrap();
    assert!(token.id.starts_with("00T") && token.id.len() == 20 && secret.len() >= 42);
    assert_eq!(wait(find_by_secret(&store, &secret)).unwrap(), Some(token.clone()));
    assert_eq!(wait(find(&store, &token.id)).unwrap(), Some(token.clone()));
    assert_eq!(wait(find_by_secret(&store, &token.id)).unwrap(), None);
    let bytes = wait(store.list("api-token")).unwrap().value.remove(0);
    assert!(!String::from_utf8_lossy(&bytes.bytes).contains(&secret), "it is kept by its hash");
    let (other, of_other) = wait(create(&store, &random, new(&scopes))).unwrap();
    assert!(wait(revoke(&store, token.clone(), Vec::new())).unwrap());
    assert!(!wait(revoke(&store, token, Vec::new())).unwrap());
    assert_eq!(wait(find_by_secret(&store, &secret)).unwrap(), None);
    clock.advance(other.expires_at - NOW - 1);
    assert_eq!(wait(find_by_secret(&store, &of_other)).unwrap(), Some(other.clone()));
    clock.advance(1);
    assert_eq!(wait(find_by_secret(&store, &of_other)).unwrap(), None);
    assert_eq!(wait(find(&store, &other.id)).unwrap(), None);
}

#[test]
fn what_is_wrong_with_a_token_to_be_made_is_told_by_its_member() {
    let (store, random) = (Store::memory(Clock::fixed(NOW)), Random::seeded(b"authority"));
    let ask = |new: NewApiToken| wait(create(&store, &random, new)).unwrap_err().to_string();
    assert_eq!(ask(new(&[])), "scopes: expected at least one");
    assert_eq!(ask(new(&["okta.all"])), "scopes: there is no scope `okta.all`");
    let nameless = NewApiToken { name: String::new(), ..new(&["okta.users.read"]) };
    assert_eq!(ask(nameless), "name: expected 1 to 255 characters");
    let past = NewApiToken { expires_at: Some(NOW), ..new(&["okta.users.read"]) };
    assert_eq!(ask(past), "expiresAt: expected a time within a year from now");
}

/// Decision 31.
#[test]
fn who_manages_reads_too_and_nobody_grants_what_they_lack() {
    let (store, random) = (Store::memory(Clock::fixed(NOW)), Random::seeded(b"authority"));
    let scopes = ["okta.users.manage", "okta.apps.read"];
    let (token, _) = wait(create(&store, &random, new(&scopes))).unwrap();
    let authority = Authority::of_api_token(token);
    assert!(authority.may("users", Access::Read) && authority.may("users", Access::Manage));
    assert!(authority.may("apps", Access::Read) && !authority.may("apps", Access::Manage));
    assert!(!authority.may("user", Access::Read) && !authority.may("", Access::Read));
    for covered in ["okta.users.manage", "okta.users.read", "okta.apps.read"] {
        assert!(authority.covers(covered), "{covered}");
    }
    for more in ["okta.apps.manage", "okta.groups.read", "okta.everything.read", "openid"] {
        assert!(!authority.covers(more), "{more}");
    }
    assert_eq!(authority.user_id(), Some("00u1"));
}

/// Decision 33.
#[test]
fn decision_33_an_installation_begins_with_one_token_however_many_nodes_start() {
    let (store, random) = (Store::memory(Clock::fixed(NOW)), Random::seeded(b"authority"));
    assert_eq!(wait(stands(&store)), Ok(Bootstrap::Over), "nobody began with one");
    let secret = "x".repeat(32);
    assert!(!wait(finish(&store, &random, &secret, "00u1")).unwrap());
    for _ in 0..2 {
        wait(begin(&store)).unwrap();
        assert_eq!(wait(stands(&store)), Ok(Bootstrap::Begun));
    }
    let short = wait(finish(&store, &random, &"x".repeat(31), "00u1")).unwrap_err();
    assert_eq!(short.to_string(), "token: a bootstrap token has 32 characters or more");
    assert!(wait(finish(&store, &random, &secret, "00u1")).unwrap());
    assert!(!wait(finish(&store, &random, &"y".repeat(32), "00u1")).unwrap());
    assert_eq!(wait(stands(&store)), Ok(Bootstrap::Over));
    assert_eq!(wait(find_by_secret(&store, &"y".repeat(32))).unwrap(), None);
    let token = wait(find_by_secret(&store, &secret)).unwrap().unwrap();
    assert_eq!(token.expires_at, NOW + 30 * 24 * 3600);
    let authority = Authority::of_api_token(token);
    assert!(MANAGEMENT_SCOPES.iter().all(|scope| authority.covers(scope)));
}
