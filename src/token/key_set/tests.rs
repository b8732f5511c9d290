//! The life of keys, by the calendar.

use super::rotation::RotationMode::{Auto, Manual};
use super::*;
use crate::token::MasterKey;

const NOW: i64 = 1_700_000_000;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const ES256: Algorithm = Algorithm::Es256;

fn statuses(set: &KeySet) -> Vec<KeyStatus> {
    set.keys().map(|(status, _)| status).collect()
}

/// A set with times, as a server has it a moment after its start.
fn fresh() -> KeySet {
    let (set, is_changed) = KeySet::generate(ES256).unwrap().advance(Auto, ES256, NOW).unwrap();
    assert!(is_changed);
    set
}

fn later(set: KeySet, seconds: i64) -> (KeySet, bool) {
    set.advance(Auto, ES256, NOW + seconds).unwrap()
}

#[test]
fn a_key_is_published_before_it_signs_and_after_it_signed() {
    use KeyStatus::{Active, Expired, Next};
    let set = fresh();
    let first = set.active().key().kid().to_owned();
    let (set, is_changed) = later(set, 76 * DAY - 1);
    assert!(!is_changed && statuses(&set) == [Active]);
    let (set, is_changed) = later(set, 76 * DAY);
    assert!(is_changed && statuses(&set) == [Active, Next]);
    assert_eq!(set.jwks().matches("\"kid\"").count(), 2, "it is published");
    assert_eq!(set.active().key().kid(), first, "and does not sign");
    let second = set.keys().nth(1).unwrap().1.kid().to_owned();
    let (set, is_changed) = later(set, 90 * DAY - 1);
    assert!(!is_changed);
    let (set, is_changed) = later(set, 90 * DAY);
    assert!(is_changed && statuses(&set) == [Active, Expired]);
    assert_eq!(set.active().key().kid(), second);
    let (set, is_changed) = later(set, 91 * DAY + HOUR - 1);
    assert!(!is_changed, "its last token may live for a day");
    let (set, is_changed) = later(set, 91 * DAY + HOUR);
    assert!(is_changed && statuses(&set) == [Active]);
}

#[test]
fn a_server_that_slept_still_publishes_a_key_for_a_while_before_it_signs() {
    let (set, _) = later(fresh(), 400 * DAY);
    let first = set.active().key().kid().to_owned();
    assert_eq!(statuses(&set), [KeyStatus::Active, KeyStatus::Next]);
    let (set, is_changed) = later(set, 400 * DAY + 2 * HOUR - 1);
    assert!(!is_changed && set.active().key().kid() == first);
    let (set, is_changed) = later(set, 400 * DAY + 2 * HOUR);
    assert!(is_changed && set.active().key().kid() != first);
}

#[test]
fn another_algorithm_comes_by_the_same_way() {
    let set = fresh().advance(Auto, Algorithm::EdDsa, NOW + 1).unwrap().0;
    assert_eq!(set.active().key().algorithm(), ES256);
    let set = set.advance(Auto, Algorithm::EdDsa, NOW + 1 + 2 * HOUR).unwrap().0;
    assert_eq!(set.active().key().algorithm(), Algorithm::EdDsa);
    assert_eq!(set.keys().count(), 2);
}

#[test]
fn by_hand_keys_change_only_when_told_to() {
    let (set, is_changed) = fresh().advance(Manual, Algorithm::EdDsa, NOW + 400 * DAY).unwrap();
    assert!(!is_changed && statuses(&set) == [KeyStatus::Active]);
    let first = set.active().key().kid().to_owned();
    let set = set.rotate(ES256, NOW + 400 * DAY).unwrap();
    assert_eq!(statuses(&set), [KeyStatus::Active, KeyStatus::Expired]);
    assert_ne!(set.active().key().kid(), first);
    let (set, _) = set.advance(Manual, ES256, NOW + 402 * DAY).unwrap();
    assert_eq!(statuses(&set), [KeyStatus::Active]);
}

#[test]
fn a_rotation_that_is_told_takes_the_key_that_was_made_ahead() {
    let (set, _) = later(fresh(), 80 * DAY);
    let next = set.keys().nth(1).unwrap().1.kid().to_owned();
    let set = set.rotate(ES256, NOW + 80 * DAY).unwrap();
    assert_eq!(set.active().key().kid(), next);
    let (_, is_changed) = later(set, 81 * DAY);
    assert!(!is_changed, "its ninety days begin then");
}

#[test]
fn times_come_back_from_bytes_and_keys_without_them_are_dated_when_first_seen() {
    let random = Random::System;
    let vault = Vault::new(&MasterKey::generate(&random)).unwrap();
    let (set, _) = later(fresh(), 76 * DAY);
    let again = KeySet::open(&vault, &set.seal(&vault, &random).unwrap()).unwrap();
    for (_, key) in set.keys() {
        assert_eq!(again.since(key.kid()), set.since(key.kid()));
    }
    let text = String::from_utf8(KeySet::generate(ES256).unwrap().seal(&vault, &random).unwrap());
    let without =
        text.unwrap().replace("claimsmith-keys 2", "claimsmith-keys 1").replace(" 0 ", " ");
    let (set, is_changed) = later(KeySet::open(&vault, without.as_bytes()).unwrap(), 0);
    assert!(is_changed && set.since(set.active().key().kid()) == Some(NOW));
}
