//! A store that fails when told to, for tests: at its n-th call, before it did anything or after it
//! did everything. What is asked again must then find that nothing was lost and nothing done twice.

use super::row::{Answer, Batched, Op, Row, StoreError};
use super::{Range, Store};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// On which side of its effect a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fails {
    /// Nothing was done.
    Before,
    /// Everything was done, and nobody was told.
    After,
}

/// A store, and which of its calls fails. Clones count together.
#[derive(Debug, Clone)]
pub struct Failing {
    store: Box<Store>,
    n_calls: Arc<AtomicUsize>,
    fatal: usize,
    fails: Fails,
}

/// A call of a store in a store: its type would hold itself.
type Called<'c, Said> = Pin<Box<dyn Future<Output = Result<Answer<Said>, StoreError>> + Send + 'c>>;

impl Failing {
    pub(super) fn new(store: Store, fatal: usize, fails: Fails) -> Self {
        Self { store: Box::new(store), n_calls: Arc::default(), fatal, fails }
    }

    /// How many calls there were.
    pub(super) fn n_calls(&self) -> usize {
        self.n_calls.load(Ordering::SeqCst)
    }

    pub(super) fn apply(&self, ops: Vec<Op>) -> Called<'_, Batched> {
        self.call(async move { self.store.apply(ops).await })
    }

    pub(super) fn time(&self) -> Called<'_, ()> {
        self.call(async move { self.store.time().await })
    }

    pub(super) fn find<'c>(&'c self, kind: &'c str, key: &'c str) -> Called<'c, Option<Row>> {
        self.call(async move { self.store.find(kind, key).await })
    }

    pub(super) fn list<'c>(&'c self, kind: &'c str) -> Called<'c, Vec<Row>> {
        self.call(async move { self.store.list(kind).await })
    }

    pub(super) fn list_range<'c>(
        &'c self,
        kind: &'c str,
        range: Range<'c>,
    ) -> Called<'c, Vec<Row>> {
        self.call(async move { self.store.list_range(kind, range).await })
    }

    pub(super) fn list_before<'c>(
        &'c self,
        kind: &'c str,
        before: &'c str,
        limit: u32,
    ) -> Called<'c, Vec<Row>> {
        self.call(async move { self.store.list_before(kind, before, limit).await })
    }

    pub(super) fn list_by_tag<'c>(
        &'c self,
        kind: &'c str,
        tag: &'c str,
        after: Option<&'c str>,
        limit: u32,
    ) -> Called<'c, Vec<Row>> {
        self.call(async move { self.store.list_by_tag(kind, tag, after, limit).await })
    }

    /// The future does nothing before it is waited for, so that one dropped has no effect.
    fn call<'c, Said: Send + 'c>(
        &self,
        asked: impl Future<Output = Result<Answer<Said>, StoreError>> + Send + 'c,
    ) -> Called<'c, Said> {
        let is_fatal = self.n_calls.fetch_add(1, Ordering::SeqCst) + 1 == self.fatal;
        let fails = self.fails;
        Box::pin(async move {
            if is_fatal && fails == Fails::Before {
                return Err(StoreError::Database("made to fail before the effect".to_owned()));
            }
            let said = asked.await;
            if is_fatal { Err(StoreError::Unknown) } else { said }
        })
    }
}
