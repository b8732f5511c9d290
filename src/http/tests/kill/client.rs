//! The client of one family. It asks two nodes at once with the same token, as two tabs of a browser
//! do, and asks again what was not answered.

use super::history::{Event, History, Outcome};
use crate::random::Random;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whoever renews tokens: nodes, or a model of them.
pub(super) trait Issuing {
    /// The same token presented at two nodes at once.
    fn ask_twice(&self, token: &str) -> [Outcome; 2];

    /// A token presented at one node.
    fn ask(&self, token: &str) -> Outcome;
}

pub(super) struct Client<'h> {
    history: &'h History,
    random: &'h Random,
    family: u64,
    /// Every token that was given, in order; the last is the current one.
    tokens: Vec<String>,
}

/// Of how many steps one is a theft.
const THEFT: u8 = 40;

/// How often an ended family is asked for more.
const AFTERWARDS: usize = 5;

impl<'h> Client<'h> {
    pub(super) fn new(history: &'h History, first: String, random: &'h Random) -> Self {
        Self { history, random, family: history.tick(), tokens: vec![first] }
    }

    /// Until the family was stolen and ended, or everything is over.
    pub(super) fn renew_until_it_ends(mut self, issuing: &impl Issuing, is_over: &AtomicBool) {
        loop {
            let mut byte = [0];
            self.random.fill(&mut byte);
            if byte[0].is_multiple_of(THEFT) && self.tokens.len() > 2 {
                return self.steal(issuing);
            }
            if !self.renew(issuing) {
                return;
            }
            // The last token that was given is proved to be good before the end.
            if is_over.load(Ordering::SeqCst) {
                self.renew(issuing);
                return;
            }
        }
    }

    /// Whether the family goes on.
    fn renew(&mut self, issuing: &impl Issuing) -> bool {
        let Some(current) = self.tokens.last().cloned() else { return false };
        let begun = self.history.tick();
        let outcomes = issuing.ask_twice(&current);
        let ended = self.history.tick();
        for outcome in &outcomes {
            self.record(begun, ended, &current, false, outcome.clone());
        }
        for outcome in outcomes {
            match outcome {
                Outcome::Renewed(next) => {
                    self.tokens.push(next);
                    return true;
                }
                Outcome::Refused => return false,
                Outcome::Unanswered => {}
            }
        }
        true
    }

    /// A thief comes with a token of long ago, which ends the family; then nobody gets any more.
    fn steal(&self, issuing: &impl Issuing) {
        let Some(old) = self.tokens.iter().rev().nth(2).cloned() else { return };
        let Some(current) = self.tokens.last().cloned() else { return };
        for (token, is_reuse, n_times) in [(old, true, 1), (current, false, AFTERWARDS)] {
            for _ in 0..n_times {
                let begun = self.history.tick();
                let outcome = issuing.ask(&token);
                let ended = self.history.tick();
                self.record(begun, ended, &token, is_reuse, outcome);
            }
        }
    }

    fn record(&self, begun: u64, ended: u64, token: &str, is_reuse: bool, outcome: Outcome) {
        let (family, presented) = (self.family, token.to_owned());
        self.history.record(Event { family, begun, ended, presented, is_reuse, outcome });
    }
}
