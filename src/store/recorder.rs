//! Decisions on their way to being recorded (decision 37): they wait in a bounded queue, and are
//! written encrypted, off the way of the request. What does not fit is not recorded, and counted.

use super::{Op, Range, Row, Store, StoreError};
use crate::audit::Recording;
use crate::clock::Clock;
use crate::random::Random;
use crate::token::{Vault, digest};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// The kind of the rows; their keys are in the order of time.
pub const RECORDING: &str = "recording";

/// How many wait at most.
const WAITING: usize = 4 * 1024;

/// How many are written at once.
const BATCH: usize = 256;

/// How long to gather before they are written.
const GATHERING: Duration = Duration::from_millis(400);

/// Bytes of randomness in a key.
const ID_BYTES: usize = 9;

/// How many characters of a hash tell versions of a person apart.
const VERSION: usize = 16;

/// Takes decisions to be recorded. Clones share the queue.
#[derive(Debug, Clone)]
pub struct Recorder {
    clock: Clock,
    sender: mpsc::Sender<(i64, Recording)>,
    n_lost: Arc<AtomicU64>,
}

/// The other end of the queue.
#[derive(Debug)]
pub struct RecordingWriter {
    receiver: mpsc::Receiver<(i64, Recording)>,
    n_lost: Arc<AtomicU64>,
    vault: Arc<Vault>,
    random: Random,
    /// How long they are kept, in seconds.
    kept: i64,
}

impl Recorder {
    /// A queue and what writes it. What is written is kept for this many seconds.
    #[must_use]
    pub fn new(
        clock: Clock,
        vault: Arc<Vault>,
        random: Random,
        kept: i64,
    ) -> (Self, RecordingWriter) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let n_lost = Arc::<AtomicU64>::default();
        let writer = RecordingWriter { receiver, n_lost: Arc::clone(&n_lost), vault, random, kept };
        (Self { clock, sender, n_lost }, writer)
    }

    /// Records a decision of now. It costs no waiting.
    pub fn record(&self, recording: Recording) {
        if self.sender.try_send((self.clock.microseconds(), recording)).is_err() {
            self.n_lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many were lost since the start.
    #[must_use]
    pub fn n_lost(&self) -> u64 {
        self.n_lost.load(Ordering::Relaxed)
    }
}

impl RecordingWriter {
    /// Writes what comes to `store`, as long as somebody may still send.
    pub async fn run(&mut self, store: &Store) {
        let mut told = 0;
        loop {
            let mut waiting = Vec::with_capacity(BATCH);
            if self.receiver.recv_many(&mut waiting, BATCH).await == 0 {
                return;
            }
            if waiting.len() < BATCH {
                tokio::time::sleep(GATHERING).await;
            }
            self.write(store, waiting).await;
            self.drain(store).await;
            let n_lost = self.n_lost.load(Ordering::Relaxed);
            if n_lost > told {
                tracing::warn!(n_lost, "decisions were not recorded");
                told = n_lost;
            }
        }
    }

    /// Writes everything that waits.
    pub async fn drain(&mut self, store: &Store) {
        loop {
            let mut waiting = Vec::new();
            while waiting.len() < BATCH
                && let Ok(one) = self.receiver.try_recv()
            {
                waiting.push(one);
            }
            if waiting.is_empty() {
                return;
            }
            self.write(store, waiting).await;
        }
    }

    async fn write(&self, store: &Store, waiting: Vec<(i64, Recording)>) {
        let n_waiting = waiting.len() as u64;
        let rows = waiting.iter().filter_map(|(at, recording)| {
            recording_row(recording, *at, self.kept, &self.vault, &self.random)
        });
        let ops: Vec<Op> = rows.map(Op::Insert).collect();
        if let Err(error) = store.batch(ops).await {
            tracing::warn!(%error, "decisions could not be recorded");
            self.n_lost.fetch_add(n_waiting, Ordering::Relaxed);
        }
    }
}

/// The row of a decision of `at`, in microseconds since 1970, which belongs to its person and is kept
/// for so many seconds; `None` where the library refuses to encrypt it.
#[must_use]
pub fn recording_row(
    recording: &Recording,
    at: i64,
    kept: i64,
    vault: &Vault,
    random: &Random,
) -> Option<Row> {
    let key = format!("{at:016x}.{}", random.base64url(ID_BYTES));
    let version = |text: &str| {
        let hash = digest(text.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        hex.chars().take(VERSION).collect()
    };
    let plain = recording.to_json(version).to_string();
    let sealed = vault.seal(random, &name_of(&key), plain.as_bytes()).ok()?;
    let ends_at = crate::clock::seconds_of(at).saturating_add(kept);
    let row = Row::new(RECORDING, &key, sealed).expiring_at(ends_at);
    Some(recording.user_ids().fold(row, |row, id| row.tagged(format!("user:{id}"))))
}

fn name_of(key: &str) -> String {
    format!("recording {key}")
}

/// Recorded decisions after a key, in the order of time: when each was, in microseconds since 1970,
/// and what was recorded; and the key to go on behind, if there may be more. One that cannot be opened
/// is passed over.
///
/// # Errors
/// As [`Store::find`].
pub async fn list_recordings(
    store: &Store,
    vault: &Vault,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<(i64, Value)>, Option<String>), StoreError> {
    let found = store.list_range(RECORDING, Range { prefix: "", after, limit }).await?;
    let now = found.seconds();
    let rows = found.value;
    let next = rows.last().filter(|_| rows.len() >= limit as usize).map(|row| row.key.clone());
    let is_kept = |row: &&Row| row.expires_at.is_none_or(|end| end > now);
    let open = |row: &Row| {
        let at = i64::from_str_radix(row.key.split('.').next()?, 16).ok()?;
        let plain = vault.open(&name_of(&row.key), &row.bytes).ok()?;
        Some((at, serde_json::from_slice(&plain).ok()?))
    };
    Ok((rows.iter().filter(is_kept).filter_map(open).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::MasterKey;

    const NOW: i64 = 1_700_000_000;

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    fn recording() -> Recording {
        Recording {
            server: "internal".to_owned(),
            client: "billing-service".to_owned(),
            grant_type: "client_credentials".to_owned(),
            and_implicit: false,
            scopes: vec!["read:customers".to_owned()],
            audience: "https://api.mycompany.com".to_owned(),
            delegated: false,
            person: None,
            methods: Vec::new(),
            session: None,
        }
    }

    /// Decision 37.
    #[test]
    fn decisions_are_written_encrypted_and_opened_by_the_master_key_only() {
        let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"recorder"));
        let vault = |random: &Random| Arc::new(Vault::new(&MasterKey::generate(random)).unwrap());
        let (own, other) = (vault(&random), vault(&Random::seeded(b"other")));
        let store = Store::memory(clock.clone());
        let (recorder, mut writer) = Recorder::new(clock.clone(), Arc::clone(&own), random, 3600);
        recorder.record(recording());
        drop(recorder);
        wait(writer.run(&store));
        let rows = wait(store.list(RECORDING)).unwrap().value;
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert!(!String::from_utf8_lossy(&row.bytes).contains("billing"));
        assert_eq!(row.expires_at, Some(NOW + 3600));
        let (found, next) = wait(list_recordings(&store, &own, None, 10)).unwrap();
        assert_eq!((found.len(), next), (1, None));
        assert_eq!(found[0], (NOW * 1_000_000, recording().to_json(str::to_owned)));
        assert_eq!(wait(list_recordings(&store, &other, None, 10)).unwrap().0, []);
        clock.advance(3600);
        assert_eq!(wait(list_recordings(&store, &own, None, 10)).unwrap().0, []);
    }

    #[test]
    fn the_queue_is_bounded_and_what_does_not_fit_is_counted() {
        let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"recorder"));
        let vault = Arc::new(Vault::new(&MasterKey::generate(&random)).unwrap());
        let (recorder, mut writer) = Recorder::new(clock.clone(), vault, random, 3600);
        for _ in 0..WAITING + 2 {
            recorder.record(recording());
        }
        assert_eq!(recorder.n_lost(), 2);
        let store = Store::memory(clock);
        wait(writer.drain(&store));
        assert_eq!(wait(store.list(RECORDING)).unwrap().value.len(), WAITING);
    }
}
