//! Events as rows. Those that must be there before a request is answered are in a batch of the store;
//! all others wait in a bounded queue and are written within a second, elsewhere. What a crash or a
//! full queue loses of them is counted and told (decision 41).

use super::recorder::Recorder;
use super::{Op, Range, Row, Store, StoreError};
use crate::audit::{Actor, Alteration, Event, Recording};
use crate::clock::Clock;
use crate::metrics::METRICS;
use crate::random::Random;
use std::cmp::Ordering as Comparison;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// The kind of the rows; their keys are in the order of time.
pub const EVENT: &str = "audit";

/// How many events wait at most.
const WAITING: usize = 16 * 1024;

/// How many are written at once.
const BATCH: usize = 512;

/// How long to gather events before they are written.
const GATHERING: Duration = Duration::from_millis(400);

/// How long an event is kept, in microseconds: as long as Okta keeps its own, 90 days.
const KEPT: i64 = 90 * 24 * 3600 * 1_000_000;

/// Bytes of randomness in the key of an event.
const ID_BYTES: usize = 9;

/// The row of an event that happened at `at`, in microseconds since 1970.
#[must_use]
pub fn event_row(event: &Event<'_>, at: i64, random: &Random) -> Row {
    row(at, event.to_text(), random)
}

fn row(at: i64, text: Vec<u8>, random: &Random) -> Row {
    let key = format!("{}{}", moment(at), random.base64url(ID_BYTES));
    Row::new(EVENT, &key, text)
}

/// The row of a change of the organization, made at `at` by `actor`.
#[must_use]
pub fn alteration_row(alteration: &Alteration, actor: &Actor, at: i64, random: &Random) -> Row {
    row(at, alteration.to_json(actor).to_string().into_bytes(), random)
}

/// What the keys of events of this moment begin with.
#[must_use]
pub fn moment(at: i64) -> String {
    format!("{at:016x}.")
}

/// Something that was recorded, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Sorts by when it was.
    pub key: String,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The members of Okta's System Log, but for when it was.
    pub event: serde_json::Value,
}

/// How many events are read of a store at a time.
const PAGE: u32 = 500;

/// Which of two events is told first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The oldest first.
    Ascending,
    /// The newest first.
    Descending,
}

impl Order {
    fn of(self, one: &str, other: &str) -> Comparison {
        match self {
            Self::Ascending => one.cmp(other),
            Self::Descending => other.cmp(one),
        }
    }
}

/// A part of what was recorded. Where it begins and ends, keys or the starts of such, is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where it begins, in its order.
    pub from: String,
    /// Where it ends, in its order.
    pub to: String,
    /// In which order it is looked at.
    pub order: Order,
}

/// What became of an event that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing that keeps from looking at the next.
    GoOn,
    /// It is the last to look at now.
    Last,
    /// It was not taken: it is the first to look at the next time.
    NotYet,
}

/// Looks at what was recorded in several stores as if they were one, in order; after so many that were
/// looked at there is an end of it for now. Answers the key to go on behind, if there may be more.
///
/// # Errors
/// As [`Store::find`].
pub async fn visit_events(
    stores: &[&Store],
    span: Span,
    visit: &mut (dyn FnMut(Recorded) -> Seen + Send),
) -> Result<Option<String>, StoreError> {
    let Span { from: mut behind, to, order } = span;
    for _ in 0..PAGES {
        let mut pages = Vec::new();
        for store in stores {
            pages.push(page(store, &behind, order).await?);
        }
        // What one store has behind the last row of a full page of another is for the next round.
        let full = pages.iter().filter(|page| page.len() == PAGE as usize);
        let ends = full.filter_map(|page| page.last()).map(|row| row.key.clone());
        let horizon = ends.min_by(|one, other| order.of(one, other));
        let mut rows: Vec<Row> = pages.into_iter().flatten().collect();
        rows.sort_by(|one, other| order.of(&one.key, &other.key));
        let is_within = |row: &Row| {
            let is_near = |horizon| order.of(&row.key, horizon).is_le();
            horizon.as_deref().is_none_or(is_near) && order.of(&row.key, &to).is_lt()
        };
        for row in rows.into_iter().take_while(is_within) {
            let key = row.key.clone();
            let seen = visit(recorded(row)?);
            if seen != Seen::NotYet {
                behind = key;
            }
            if seen != Seen::GoOn {
                return Ok(Some(behind));
            }
        }
        match horizon {
            Some(horizon) if order.of(&horizon, &to).is_lt() => behind = horizon,
            _ => return Ok(None),
        }
    }
    Ok(Some(behind))
}

async fn page(store: &Store, behind: &str, order: Order) -> Result<Vec<Row>, StoreError> {
    let rows = match order {
        Order::Ascending => {
            let range = Range { prefix: "", after: Some(behind), limit: PAGE };
            store.list_range(EVENT, range).await
        }
        Order::Descending => store.list_before(EVENT, behind, PAGE).await,
    };
    Ok(rows?.value)
}

/// How many pages of each store are looked at for one answer.
const PAGES: usize = 100;

fn recorded(row: Row) -> Result<Recorded, StoreError> {
    let unreadable = || StoreError::Database("an event of the audit log cannot be read".to_owned());
    let event = serde_json::from_slice(&row.bytes).map_err(|_| unreadable())?;
    let at = row.key.get(..16).and_then(|digits| i64::from_str_radix(digits, 16).ok());
    Ok(Recorded { at: at.ok_or_else(unreadable)?, key: row.key, event })
}

/// Forgets events that are too old, one step; answers whether there may be more. They have no
/// expiry of their own: what expires ends when a backup is restored.
///
/// # Errors
/// As [`Store::batch`].
pub async fn forget_old_events(store: &Store, now: i64) -> Result<bool, StoreError> {
    let range = Range { prefix: "", after: None, limit: super::STEP };
    let before = moment(now.saturating_sub(KEPT));
    let rows = store.list_range(EVENT, range).await?.value;
    let n_rows = rows.len();
    let old = rows.into_iter().filter(|row| row.key < before).map(|row| Op::Delete {
        kind: row.kind,
        key: row.key,
        expected: None,
    });
    let old: Vec<Op> = old.collect();
    let may_be_more = n_rows == super::STEP as usize && old.len() == n_rows;
    if !old.is_empty() {
        store.batch(old).await?;
    }
    Ok(may_be_more)
}

/// When an event was, in microseconds since 1970, and as what it is kept: what it is about is gone
/// before it is written.
type Noted = (i64, Vec<u8>);

/// Takes events that need not be there before a request is answered. Clones share the queue.
#[derive(Debug, Clone)]
pub struct Journal {
    clock: Clock,
    sender: mpsc::Sender<Noted>,
    n_lost: Arc<AtomicU64>,
    /// Where decisions go, where they are recorded.
    recorder: Option<Recorder>,
}

/// The other end of the queue.
#[derive(Debug)]
pub struct JournalWriter {
    receiver: mpsc::Receiver<Noted>,
    n_lost: Arc<AtomicU64>,
    random: Random,
}

impl Journal {
    /// A queue and what writes it.
    #[must_use]
    pub fn new(clock: Clock, random: Random) -> (Self, JournalWriter) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let n_lost = Arc::<AtomicU64>::default();
        let writer = JournalWriter { receiver, n_lost: Arc::clone(&n_lost), random };
        (Self { clock, sender, n_lost, recorder: None }, writer)
    }

    /// The same, where decisions are recorded too.
    #[must_use]
    pub fn recording(self, recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// Records a decision, if any are; it is made only then.
    pub fn record(&self, recording: impl FnOnce() -> Option<Recording>) {
        if let Some(recorder) = &self.recorder
            && let Some(recording) = recording()
        {
            recorder.record(recording);
        }
    }

    /// Records an event that happened now. It costs no waiting; where the queue is full, or nobody
    /// writes it any more, the event is lost.
    pub fn note(&self, event: &Event<'_>) {
        match self.sender.try_reserve() {
            Ok(place) => {
                METRICS.audit_waiting.add(1);
                place.send((self.clock.microseconds(), event.to_text()));
            }
            Err(_) => lose(&self.n_lost, 1),
        }
    }

    /// How many events were lost since the start.
    #[must_use]
    pub fn n_lost(&self) -> u64 {
        self.n_lost.load(Ordering::Relaxed)
    }
}

impl JournalWriter {
    /// Writes what comes to `store`, as long as somebody may still send.
    pub async fn run(&mut self, store: &Store) {
        let mut told = 0;
        loop {
            let mut events = Vec::with_capacity(BATCH);
            if self.receiver.recv_many(&mut events, BATCH).await == 0 {
                return;
            }
            if events.len() < BATCH {
                tokio::time::sleep(GATHERING).await;
            }
            self.write(store, events).await;
            self.drain(store).await;
            let n_lost = self.n_lost.load(Ordering::Relaxed);
            if n_lost > told {
                tracing::error!(n_lost, "events were lost for the audit log");
                told = n_lost;
            }
        }
    }

    /// Writes everything that waits.
    pub async fn drain(&mut self, store: &Store) {
        loop {
            let mut events = Vec::new();
            while events.len() < BATCH
                && let Ok(event) = self.receiver.try_recv()
            {
                events.push(event);
            }
            if events.is_empty() {
                return;
            }
            self.write(store, events).await;
        }
    }

    async fn write(&self, store: &Store, events: Vec<Noted>) {
        let n_events = events.len();
        METRICS.audit_waiting.add(-i64::try_from(n_events).unwrap_or_default());
        let insert = |(at, text): Noted| Op::Insert(row(at, text, &self.random));
        if let Err(error) = store.batch(events.into_iter().map(insert).collect()).await {
            tracing::error!(%error, "events could not be written to the audit log");
            lose(&self.n_lost, n_events as u64);
        }
    }
}

fn lose(n_lost: &AtomicU64, n_events: u64) {
    n_lost.fetch_add(n_events, Ordering::Relaxed);
    METRICS.audit_lost.add(n_events);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{About, EventType, Outcome};
    use crate::store::Fails;

    const NOW: i64 = 1_700_000_000;

    fn event(about: &About) -> Event<'_> {
        let (event_type, outcome) = (EventType::AccessTokenGranted, Outcome::Success);
        Event { event_type, outcome, about }
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    fn journal() -> (Journal, JournalWriter, Store) {
        let clock = Clock::fixed(NOW);
        let (journal, writer) = Journal::new(clock.clone(), Random::seeded(b"journal"));
        (journal, writer, Store::memory(clock))
    }

    /// Decision 41.
    #[test]
    fn what_was_noted_is_written_and_the_queue_is_bounded() {
        let (journal, mut writer, store) = journal();
        for _ in 0..WAITING + 3 {
            journal.note(&event(&About::default()));
        }
        assert_eq!(journal.n_lost(), 3);
        wait(writer.drain(&store));
        let kept = wait(store.list(EVENT)).unwrap().value;
        assert_eq!(kept.len(), WAITING);
        assert!(kept[0].key.starts_with(&moment(NOW * 1_000_000)));
        drop(journal);
        wait(writer.run(&store));
    }

    /// Decision 41.
    #[test]
    fn what_could_not_be_written_is_counted() {
        let (journal, mut writer, store) = journal();
        journal.note(&event(&About::default()));
        journal.note(&event(&About::default()));
        let failing = store.failing(1, Fails::Before);
        wait(writer.drain(&failing));
        assert_eq!(journal.n_lost(), 2);
    }

    #[test]
    fn events_are_forgotten_after_ninety_days_and_not_before() {
        let (.., store) = journal();
        let random = Random::seeded(b"events");
        let at = NOW * 1_000_000;
        for offset in [-KEPT - 1, -KEPT, 0] {
            let row = event_row(&event(&About::default()), at + offset, &random);
            wait(store.batch(vec![Op::Insert(row)])).unwrap();
        }
        assert_eq!(wait(forget_old_events(&store, at)), Ok(false));
        assert_eq!(wait(store.list(EVENT)).unwrap().value.len(), 2);
    }

    /// Two stores with events of every microsecond, the odd ones in one and the even ones in another.
    fn two_stores(n_events: i64) -> [Store; 2] {
        let clock = Clock::fixed(NOW);
        let stores = [Store::memory(clock.clone()), Store::memory(clock)];
        let random = Random::seeded(b"events");
        for (store, first) in stores.iter().zip([0, 1]) {
            let moments = (first..n_events).step_by(2);
            let row = |at| Op::Insert(event_row(&event(&About::default()), at, &random));
            wait(store.batch(moments.map(row).collect())).unwrap();
        }
        stores
    }

    #[test]
    fn events_of_several_stores_are_visited_as_one_list_forwards_and_backwards() {
        let n_events = i64::from(PAGE) * 4 + 7;
        let stores = two_stores(n_events);
        let stores: Vec<&Store> = stores.iter().collect();
        let visit = |from: String, to: i64, order, end: (i64, Seen)| {
            let mut seen = Vec::new();
            let mut visit = |recorded: Recorded| {
                seen.push(recorded.at);
                if recorded.at == end.0 { end.1 } else { Seen::GoOn }
            };
            let span = Span { from, to: moment(to), order };
            let next = wait(visit_events(&stores, span, &mut visit)).unwrap();
            (seen, next)
        };
        let never = (-1, Seen::GoOn);
        let (all, next) = visit(String::new(), n_events, Order::Ascending, never);
        assert_eq!((all, next), ((0..n_events).collect(), None));
        let (all, next) = visit(moment(n_events), 0, Order::Descending, never);
        assert_eq!((all, next), ((0..n_events).rev().collect(), None));
        let (some, next) = visit(moment(9), 3, Order::Descending, never);
        assert_eq!((some, next), ((3..9).rev().collect(), None));
        for (order, from, to, whole) in [
            (Order::Ascending, moment(2), 1500, (2..1500).collect::<Vec<i64>>()),
            (Order::Descending, moment(1500), 2, (2..1500).rev().collect()),
        ] {
            for (seen, n_twice) in [(Seen::Last, 0), (Seen::NotYet, 1)] {
                let (mut first, next) = visit(from.clone(), to, order, (1200, seen));
                let (second, end) = visit(next.unwrap(), to, order, never);
                assert_eq!((first.pop(), end), (Some(1200), None));
                assert_eq!(second.first() == Some(&1200), n_twice == 1);
                first.extend([1200].into_iter().skip(n_twice));
                first.extend(second);
                assert_eq!(first, whole);
            }
        }
    }
}
