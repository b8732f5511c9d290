//! An issuer in memory that forgets to answer now and then, and does wrong where a mistake is
//! planted: to see that the clients find it.

use super::client::Issuing;
use super::history::Outcome;
use std::collections::BTreeMap;
use std::sync::Mutex;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// A rotation is answered and then forgotten.
    LosesAcknowledged,
    /// A token that comes again gets another successor.
    TwoSuccessors,
    /// A family that has ended goes on.
    Revives,
}

#[derive(Default)]
struct Families {
    /// The generation of each; absent once it has ended.
    generations: BTreeMap<usize, usize>,
    n_begun: usize,
    n_asked: usize,
}

pub(super) struct Model {
    bug: Option<Bug>,
    families: Mutex<Families>,
}

/// Every so often nothing is answered, and every so often the mistake is made.
const SILENT: usize = 7;
const WRONG: usize = 50;

impl Model {
    pub(super) fn new(bug: Option<Bug>) -> Self {
        Self { bug, families: Mutex::default() }
    }

    pub(super) fn n_asked(&self) -> usize {
        self.families.lock().unwrap().n_asked
    }

    pub(super) fn begin(&self) -> String {
        let mut families = self.families.lock().unwrap();
        families.n_begun += 1;
        let family = families.n_begun;
        families.generations.insert(family, 0);
        format!("{family}.0")
    }
}

impl Issuing for Model {
    fn ask_twice(&self, token: &str) -> [Outcome; 2] {
        [self.ask(token), self.ask(token)]
    }

    fn ask(&self, token: &str) -> Outcome {
        let mut families = self.families.lock().unwrap();
        families.n_asked += 1;
        let n_asked = families.n_asked;
        let makes_mistake = |bug| self.bug == Some(bug) && n_asked.is_multiple_of(WRONG);
        let mut parts = token.split('.').map(|part| part.parse::<usize>().unwrap());
        let (family, generation) = (parts.next().unwrap(), parts.next().unwrap());
        let Some(current) = families.generations.get(&family).copied() else {
            let revived = format!("{family}.{}", generation + 1);
            return match self.bug {
                Some(Bug::Revives) => Outcome::Renewed(revived),
                _ => Outcome::Refused,
            };
        };
        let is_known = generation == current || generation + 1 == current;
        if !is_known {
            families.generations.remove(&family);
            return Outcome::Refused;
        }
        let forgets = makes_mistake(Bug::LosesAcknowledged);
        families.generations.insert(family, if forgets { generation } else { generation + 1 });
        if n_asked.is_multiple_of(SILENT) && !forgets {
            return Outcome::Unanswered;
        }
        let other = if makes_mistake(Bug::TwoSuccessors) { ".1" } else { "" };
        Outcome::Renewed(format!("{family}.{}{other}", generation + 1))
    }
}
