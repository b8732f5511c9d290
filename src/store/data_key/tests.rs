//! Whatever happens while a master key takes the place of another, one that is at hand opens what is
//! kept.

use super::*;
use crate::store::Fails;
use crate::store::tests::on_each;

fn master(seed: &[u8]) -> MasterKey {
    MasterKey::generate(&Random::seeded(seed))
}

async fn load(store: &Store, seed: &[u8]) -> Result<String, DataKeyError> {
    load_or_make(store, &master(seed), &Random::System).await.map(|key| key.to_text())
}

#[test]
fn the_key_is_made_once_and_opened_by_the_same_master_key_alone() {
    on_each(async |store| {
        let made = load(&store, b"one").await.unwrap();
        assert_ne!(made, master(b"one").to_text());
        assert_eq!(load(&store, b"one").await, Ok(made));
        assert_eq!(load(&store, b"two").await, Err(DataKeyError::WrongMasterKey));
    });
}

#[test]
fn what_is_kept_under_the_master_key_itself_stays_readable() {
    on_each(async |store| {
        let key = Row::new(SIGNING_KEY, "as1", Vec::new());
        store.batch(vec![Op::Insert(key)]).await.unwrap();
        assert_eq!(load(&store, b"one").await, Ok(master(b"one").to_text()));
    });
}

#[test]
fn another_master_key_opens_the_same_key_and_the_former_none() {
    on_each(async |store| {
        let (one, two) = (master(b"one"), master(b"two"));
        let nothing = add(&store, &one, &two, &Random::System).await;
        assert_eq!(nothing, Err(DataKeyError::Nothing));
        let key = load(&store, b"one").await.unwrap();
        let wrong = add(&store, &two, &one, &Random::System).await;
        assert_eq!(wrong, Err(DataKeyError::WrongMasterKey));
        add(&store, &one, &two, &Random::System).await.unwrap();
        assert_eq!(load(&store, b"one").await, Ok(key.clone()));
        assert_eq!(load(&store, b"two").await, Ok(key.clone()));
        keep_only(&store, &two, &Random::System).await.unwrap();
        assert_eq!(load(&store, b"two").await, Ok(key));
        assert_eq!(load(&store, b"one").await, Err(DataKeyError::WrongMasterKey));
    });
}

#[test]
fn a_store_that_fails_at_any_call_loses_no_key() {
    on_each(async |store| {
        let (one, two) = (master(b"one"), master(b"two"));
        let key = load(&store, b"one").await.unwrap();
        for fails in [Fails::Before, Fails::After] {
            for fatal in 1..=2 {
                let failing = store.clone().failing(fatal, fails);
                assert!(add(&failing, &one, &two, &Random::System).await.is_err());
                assert_eq!(load(&store, b"one").await, Ok(key.clone()), "{fails:?} {fatal}");
                let failing = store.clone().failing(fatal, fails);
                assert!(keep_only(&failing, &one, &Random::System).await.is_err());
                assert_eq!(load(&store, b"one").await, Ok(key.clone()), "{fails:?} {fatal}");
            }
        }
    });
}
