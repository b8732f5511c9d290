//! The name a person most likely meant.

/// The candidate with the fewest edits, if so few that it is likely a slip.
pub(crate) fn nearest<'n>(
    name: &str,
    candidates: impl Iterator<Item = &'n str>,
) -> Option<&'n str> {
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= allowed && *candidate != name)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, where two letters that changed places are one edit (optimal string
/// alignment); letters are compared without case. Of long names the first 64 letters count.
fn distance(one: &str, other: &str) -> usize {
    let start = |name: &str| -> String {
        name.chars().take(64).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    strsim::osa_distance(&start(one), &start(other))
}
