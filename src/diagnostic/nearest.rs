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

/// Levenshtein's distance, where two letters that changed places are one edit; letters are compared
/// without case. Names are short by the cap on sources.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().take(64).map(|letter| letter.to_ascii_lowercase()).collect();
    let other: Vec<char> =
        other.chars().take(64).map(|letter| letter.to_ascii_lowercase()).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let (mut last_but_one, mut last) = (Vec::new(), (0..=other.len()).collect::<Vec<usize>>());
    for (index, left) in one.iter().enumerate() {
        let mut row = vec![index + 1];
        for (place, right) in other.iter().enumerate() {
            let changed = at(&last, place) + usize::from(left != right);
            let mut edits = changed.min(at(&last, place + 1) + 1).min(at(&row, place) + 1);
            let crossed = index > 0
                && place > 0
                && one.get(index - 1) == Some(right)
                && other.get(place - 1) == Some(left);
            if crossed {
                edits = edits.min(at(&last_but_one, place - 1) + 1);
            }
            row.push(edits);
        }
        last_but_one = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}
