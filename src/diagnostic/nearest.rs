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

/// How many letters must be added, left out, changed or swapped with the next to make one name of
/// the other, letters compared without case; names are short by the cap on sources.
fn distance(one: &str, other: &str) -> usize {
    let letters = |name: &str| -> Vec<char> {
        name.chars().take(64).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let (one, other) = (letters(one), letters(other));
    // `rows[i][j]` is the distance of the first `i` letters of one and `j` of the other.
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    let at = |rows: &[Vec<usize>], i: usize, j: usize| {
        rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(usize::MAX / 2)
    };
    for (i, left) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in other.iter().enumerate() {
            let changed = at(&rows, i, j) + usize::from(left != right);
            let before = row.last().copied().unwrap_or_default();
            let mut least = changed.min(at(&rows, i, j + 1) + 1).min(before + 1);
            let is_swapped =
                i > 0 && j > 0 && one.get(i - 1) == Some(right) && other.get(j - 1) == Some(left);
            if is_swapped {
                least = least.min(at(&rows, i - 1, j - 1) + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    at(&rows, one.len(), other.len())
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn letters_are_added_left_out_changed_and_swapped() {
        for (one, other, expected) in [
            ("", "", 0),
            ("email", "EMAIL", 0),
            ("emial", "email", 1),
            ("mail", "email", 1),
            ("emaill", "email", 1),
            ("emall", "email", 1),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn only_what_is_likely_a_slip_is_suggested() {
        let names = ["email", "firstName", "id"];
        assert_eq!(nearest("emial", names.into_iter()), Some("email"));
        assert_eq!(nearest("fristNmae", names.into_iter()), Some("firstName"));
        assert_eq!(nearest("phone", names.into_iter()), None);
    }
}
