//! Recorded decisions made once more by what is kept and by what is wanted.

use super::proposal::{Proposal, Standing};
use crate::analysis::replay::{Recorded, Replay, Report};
use crate::cli::installation::{Opened, Stop};
use crate::program::Engine;
use crate::publish::{Addresses, compile};
use crate::store::recorder::list_recordings;

/// How many are read at once.
const PAGE: u32 = 500;

/// Which tokens of recorded decisions would change.
pub(super) async fn replay(
    opened: &Opened,
    standing: &Standing,
    proposal: Proposal,
    addresses: &Addresses,
) -> Result<Report, Stop> {
    let kept = compile(standing.text().as_bytes(), addresses.clone(), Engine::Native);
    let served = kept.map_err(|_| "what is kept cannot be served")?;
    let served = served.rehearse(&opened.store, &opened.random)?;
    let candidate = proposal.into_draft().rehearse(&opened.store, &opened.random)?;
    let mut replay = Replay::new(&served, &candidate);
    let mut after: Option<String> = None;
    loop {
        let page = list_recordings(&opened.store, &opened.vault, after.as_deref(), PAGE).await?;
        let (recordings, next) = page;
        let parsed = recordings.iter().filter_map(|(at, told)| Recorded::parse(*at, told));
        parsed.for_each(|recorded| replay.take(&recorded));
        after = next;
        if after.is_none() {
            return Ok(replay.finish());
        }
    }
}
