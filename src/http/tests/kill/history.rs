//! What clients asked and were answered, and what of it could not be if the issuer did right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a client was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With this token.
    Renewed(String),
    /// `invalid_grant`.
    Refused,
    /// Not at all, or that the issuer cannot say.
    Unanswered,
}

/// One question. The numbers count questions and answers of all clients in the order of time.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) family: u64,
    pub(super) begun: u64,
    pub(super) ended: u64,
    pub(super) presented: String,
    /// Whether the token is one that a thief could have: used long before.
    pub(super) is_reuse: bool,
    pub(super) outcome: Outcome,
}

/// Everything that was asked.
#[derive(Debug, Default)]
pub(super) struct History {
    events: Mutex<Vec<Event>>,
    clock: AtomicU64,
}

impl History {
    /// The next number.
    pub(super) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn record(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }

    pub(super) fn n_renewed(&self) -> usize {
        self.count(|event| matches!(event.outcome, Outcome::Renewed(_)))
    }

    fn count(&self, is_counted: impl Fn(&Event) -> bool) -> usize {
        self.events.lock().unwrap().iter().filter(|event| is_counted(event)).count()
    }

    /// How much it is about, in words.
    pub(super) fn extent(&self) -> String {
        let families: BTreeSet<u64> =
            self.events.lock().unwrap().iter().map(|event| event.family).collect();
        format!(
            "{} families, asked {} times: {} renewed, {} refused, {} unanswered; {} came again",
            families.len(),
            self.count(|_| true),
            self.n_renewed(),
            self.count(|event| event.outcome == Outcome::Refused),
            self.count(|event| event.outcome == Outcome::Unanswered),
            self.count(|event| event.is_reuse),
        )
    }

    /// Everything that could not be.
    pub(super) fn violations(&self) -> Vec<String> {
        let mut families: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
        for event in self.events.lock().unwrap().iter() {
            families.entry(event.family).or_default().push(event.clone());
        }
        let wrong = |(family, events): (u64, Vec<Event>)| {
            let found = [two_successors(&events), lost(&events), revived(&events)];
            found.into_iter().flatten().map(move |what| format!("family {family}: {what}"))
        };
        families.into_iter().flat_map(wrong).collect()
    }
}

/// A token that was renewed to two others.
fn two_successors(events: &[Event]) -> Option<String> {
    let mut successors: BTreeMap<&str, &str> = BTreeMap::new();
    for event in events {
        let Outcome::Renewed(successor) = &event.outcome else { continue };
        let known = successors.entry(&event.presented).or_insert(successor);
        if *known != successor.as_str() {
            return Some(format!("two successors: {event:?}, before {known}"));
        }
    }
    None
}

/// A token that its client was given, and refused although nobody had misused the family.
fn lost(events: &[Event]) -> Option<String> {
    let first_misuse = events.iter().filter(|event| event.is_reuse).map(|event| event.begun).min();
    let is_lost = |event: &&Event| {
        event.outcome == Outcome::Refused
            && !event.is_reuse
            && first_misuse.is_none_or(|misuse| misuse > event.ended)
    };
    events.iter().find(is_lost).map(|event| format!("refused what was given: {event:?}"))
}

/// A family that gave a token after it was said to have ended.
fn revived(events: &[Event]) -> Option<String> {
    let is_end = |event: &&Event| event.is_reuse && event.outcome == Outcome::Refused;
    let ended = events.iter().filter(is_end).map(|event| event.ended).min()?;
    let is_back =
        |event: &&Event| matches!(event.outcome, Outcome::Renewed(_)) && event.begun > ended;
    events.iter().find(is_back).map(|event| format!("came back: {event:?}"))
}
