//! Work that is divided among threads: whoever is free takes what comes next, and what was made is in
//! the order of the work, however many made it.

use std::panic::resume_unwind;
use std::thread;

/// Room on the stack for what goes down a tree: those of expressions are bounded to 100 levels, chains
/// of members to 10,000 characters.
pub const STACK: usize = 256 * 1024 * 1024;

/// How many threads this machine runs at once.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What `work` makes, each with its number, in the order of their numbers. So many threads do it, this
/// one among them; without the others it does all. A panic of another is passed on.
pub(crate) fn gather<Made: Send>(
    n_threads: usize,
    work: impl Fn() -> Vec<(usize, Made)> + Sync,
) -> Vec<Made> {
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads)
            .filter_map(|_| {
                let thread = thread::Builder::new().name("compile".to_owned()).stack_size(STACK);
                thread.spawn_scoped(scope, &work).ok()
            })
            .collect();
        let mut all = work();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, made)| made).collect()
}
