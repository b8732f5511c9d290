//! The threads that hash passwords. The queue is bounded: a flood of sign-ins is refused rather
//! than let wait, and takes no more memory than its threads.

use super::password::{Candidate, PasswordHash};
use crate::metrics::METRICS;
use crate::random::Random;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};
use tokio::sync::oneshot;

/// Most that wait: at about 20 ms each a second or two.
const QUEUE: usize = 64;

/// The threads. Clones share them; they end with the last clone.
#[derive(Debug, Clone)]
pub struct Hasher {
    queue: SyncSender<Task>,
}

/// Too many wait already, or the process is ending: try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct HasherBusy;

#[derive(Debug)]
enum Task {
    Check { hash: PasswordHash, candidate: Candidate, answer: oneshot::Sender<Checked> },
    Make { candidate: Candidate, answer: oneshot::Sender<Option<String>> },
}

/// What became of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Whether it was the password.
    pub matches: bool,
    /// The hash to keep from now on, of a password that matched one by an older scheme.
    pub renewed: Option<String>,
}

impl Hasher {
    /// Starts the threads: half as many as there are processors.
    ///
    /// # Errors
    /// That the system gives no thread.
    pub fn start(random: &Random) -> io::Result<Self> {
        let n_processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with(random, n_processors.div_ceil(2), QUEUE)
    }

    pub(super) fn with(random: &Random, n_threads: usize, queue: usize) -> io::Result<Self> {
        let (queue, tasks) = sync_channel(queue);
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..n_threads {
            let (tasks, random) = (Arc::clone(&tasks), random.clone());
            let builder = thread::Builder::new().name("password-hasher".to_owned());
            builder.spawn(move || work(&tasks, &random))?;
        }
        Ok(Self { queue })
    }

    /// Whether this password was hashed. Without a hash the answer is no, after as long.
    ///
    /// # Errors
    /// [`HasherBusy`].
    pub async fn check(
        &self,
        hash: Option<PasswordHash>,
        candidate: Candidate,
    ) -> Result<Checked, HasherBusy> {
        let is_somebodys = hash.is_some();
        let hash = hash.unwrap_or_else(PasswordHash::of_nobody);
        let (answer, answered) = oneshot::channel();
        self.enqueue(Task::Check { hash, candidate, answer })?;
        let checked = answered.await.map_err(|_| HasherBusy)?;
        Ok(Checked { matches: checked.matches && is_somebodys, ..checked })
    }

    /// A new hash of a password.
    ///
    /// # Errors
    /// [`HasherBusy`].
    pub async fn make(&self, candidate: Candidate) -> Result<String, HasherBusy> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Task::Make { candidate, answer })?;
        answered.await.ok().flatten().ok_or(HasherBusy)
    }

    fn enqueue(&self, task: Task) -> Result<(), HasherBusy> {
        METRICS.passwords_waiting.add(1);
        match self.queue.try_send(task) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                METRICS.passwords_waiting.add(-1);
                METRICS.passwords_refused.add(1);
                Err(HasherBusy)
            }
        }
    }
}

/// Works until nobody can ask any more. Who stopped waiting is not worked for.
fn work(tasks: &Mutex<Receiver<Task>>, random: &Random) {
    loop {
        let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        METRICS.passwords_waiting.add(-i64::from(task.is_ok()));
        match task {
            Ok(Task::Check { answer, .. }) if answer.is_closed() => {}
            Ok(Task::Make { answer, .. }) if answer.is_closed() => {}
            Ok(Task::Check { hash, candidate, answer }) => {
                drop(answer.send(check(&hash, &candidate, random)));
            }
            Ok(Task::Make { candidate, answer }) => {
                drop(answer.send(PasswordHash::make(&candidate, random)));
            }
            Err(_) => return,
        }
    }
}

fn check(hash: &PasswordHash, candidate: &Candidate, random: &Random) -> Checked {
    let matches = hash.is_of(candidate);
    let is_old = matches && !hash.is_current();
    let renewed = is_old.then(|| PasswordHash::make(candidate, random)).flatten();
    Checked { matches, renewed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    fn candidate() -> Candidate {
        Candidate::new("correct horse").unwrap()
    }

    #[test]
    fn a_full_queue_is_refused_and_not_waited_for() {
        let runtime = Builder::new_current_thread().build().unwrap();
        // Nobody works.
        let hasher = Hasher::with(&Random::seeded(b"hasher"), 0, 1).unwrap();
        let waiting = hasher
            .queue
            .try_send(Task::Make { candidate: candidate(), answer: oneshot::channel().0 });
        // With no thread the receiver is gone too; both are answered alike.
        assert!(waiting.is_err());
        assert_eq!(runtime.block_on(hasher.make(candidate())), Err(HasherBusy));
        assert_eq!(runtime.block_on(hasher.check(None, candidate())), Err(HasherBusy));
    }

    #[test]
    fn what_does_not_fit_the_queue_is_refused() {
        let (queue, _tasks) = sync_channel(1);
        let hasher = Hasher { queue };
        let task = || Task::Make { candidate: candidate(), answer: oneshot::channel().0 };
        assert_eq!(hasher.enqueue(task()), Ok(()));
        assert_eq!(hasher.enqueue(task()), Err(HasherBusy));
    }

    #[test]
    fn a_hash_is_made_checked_and_renewed() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let hasher = Hasher::with(&Random::seeded(b"hasher"), 1, 4).unwrap();
        let check = |hash: Option<&str>, text: &str| {
            let hash = hash.map(|hash| PasswordHash::parse(hash).unwrap());
            runtime.block_on(hasher.check(hash, Candidate::new(text).unwrap())).unwrap()
        };
        let made = runtime.block_on(hasher.make(candidate())).unwrap();
        assert_eq!(check(Some(&made), "correct horse"), Checked { matches: true, renewed: None });
        assert!(!check(Some(&made), "wrong horse").matches);
        assert!(!check(None, "correct horse").matches);
        let old = bcrypt::hash("correct horse", 4).unwrap();
        let renewed = check(Some(&old), "correct horse").renewed.unwrap();
        assert_eq!(check(Some(&renewed), "correct horse").renewed, None);
        assert_eq!(check(Some(&old), "wrong").renewed, None);
    }
}
