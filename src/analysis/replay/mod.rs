//! Recorded decisions made once more, by the version that serves and by another beside it: which
//! tokens would change, and how (decision 37). Nothing is guessed: where the other version reads what
//! was not recorded, that is said.

mod recorded;
mod report;
mod side;
#[cfg(test)]
mod tests;

pub use recorded::Recorded;
pub use report::{Case, Example, Report, Shift};

use crate::program::Worker;
use crate::publish::Published;
use side::{Outcome, Side};

/// Two versions, side by side.
#[derive(Debug)]
pub struct Replay<'v> {
    served: Side<'v>,
    candidate: Side<'v>,
    worker: Worker,
    report: Report,
}

impl<'v> Replay<'v> {
    /// Of the version that serves, and of one that is to.
    #[must_use]
    pub fn new(served: &'v Published, candidate: &'v Published) -> Self {
        let (served, candidate) = (Side::new(served), Side::new(candidate));
        Self { served, candidate, worker: Worker::new(), report: Report::default() }
    }

    /// Makes a decision once more.
    pub fn take(&mut self, recorded: &Recorded) {
        let before = self.served.decide(recorded, &mut self.worker);
        let after = self.candidate.decide(recorded, &mut self.worker);
        self.report.n_decisions += 1;
        let shifts = match (&before, &after) {
            (Outcome::Undecidable(reads), _) | (_, Outcome::Undecidable(reads)) => {
                self.report.n_undecidable += 1;
                vec![(Shift::Undecidable { reads: reads.clone() }, String::new(), String::new())]
            }
            (one, other) => report::shifts(one, other),
        };
        let is_undecidable = matches!(shifts.first(), Some((Shift::Undecidable { .. }, ..)));
        if !shifts.is_empty() && !is_undecidable {
            self.report.n_otherwise += 1;
        }
        for (shift, before, after) in shifts {
            self.report.add(recorded, shift, before, after);
        }
    }

    /// What was found, with groups by the names they have now.
    #[must_use]
    pub fn finish(self) -> Report {
        let Self { candidate, mut report, .. } = self;
        report.name_groups(candidate.published());
        report
    }
}
