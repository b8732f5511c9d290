//! Where somebody stands in the log who asks for it again and again. An event is written up to some
//! seconds after it happened, and has its place by when it happened. So a cursor stays that far behind,
//! and names what was told already of the time since: nothing is lost, and nothing told twice.

use crate::store::journal::moment;
use std::collections::BTreeSet;

/// How long after an event it may be written, in microseconds, with the clocks of several nodes apart.
const SETTLING: i64 = 10 * 1_000_000;

/// Most events that a cursor names. Who was told so many of the last seconds is told more once those
/// have passed.
const MOST: usize = 256;

/// Bytes of the name of an event among those of some seconds, of the randomness in its key.
const NAME: usize = 8;

/// Bytes of a key before the randomness: sixteen digits and a point.
const MOMENT: usize = 17;

/// Stands between the key and the names.
const NAMED: char = '~';

/// A cursor: the key behind which to go on, and the events behind it that were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) after: String,
    told: BTreeSet<String>,
}

impl Cursor {
    /// Before everything that comes behind this key, or start of one.
    pub(super) fn at(after: String) -> Self {
        Self { after, told: BTreeSet::new() }
    }

    /// What was [written](Self::text); nothing, if it was not.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (after, names) = text.split_once(NAMED).unwrap_or((text, ""));
        let (digits, rest) = after.split_at_checked(MOMENT - 1)?;
        if !rest.starts_with('.') || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let names = names.as_bytes().chunks(NAME);
        let told = names.map(|name| String::from_utf8(name.to_vec()).ok());
        Some(Self { after: after.to_owned(), told: told.collect::<Option<_>>()? })
    }

    /// As it stands in the link to the next part.
    pub(super) fn text(&self) -> String {
        let names: String = self.told.iter().map(String::as_str).collect();
        if names.is_empty() { self.after.clone() } else { format!("{}{NAMED}{names}", self.after) }
    }
}

/// One look at the log from a cursor on.
pub(super) struct Poll {
    cursor: Cursor,
    /// Before this nothing is written any more.
    settled: String,
}

impl Poll {
    /// For somebody who goes on asking, at this time in microseconds since 1970.
    pub(super) fn at(cursor: Cursor, now: i64) -> Self {
        Self { cursor, settled: moment(now.saturating_sub(SETTLING).max(0)) }
    }

    /// For somebody who asks once, for whom what is there now is all.
    pub(super) fn once(cursor: Cursor) -> Self {
        Self { cursor, settled: moment(i64::MAX) }
    }

    /// Comes by an event; answers whether it was told before.
    pub(super) fn passes(&mut self, key: &str) -> bool {
        let Some(name) = name_of(key) else { return false };
        if self.is_settled(key) {
            // Nobody comes by it again.
            self.cursor.told.remove(name)
        } else {
            self.cursor.told.contains(name)
        }
    }

    /// Remembers that an event is told; answers whether there was room to.
    pub(super) fn tells(&mut self, key: &str) -> bool {
        if self.is_settled(key) {
            return true;
        }
        if self.cursor.told.len() >= MOST {
            return false;
        }
        self.cursor.told.extend(name_of(key).map(str::to_owned));
        true
    }

    /// Where to go on behind the event of this key; without one, behind all there is.
    pub(super) fn ends(self, reached: Option<String>) -> Cursor {
        let Self { cursor: Cursor { after, told }, settled } = self;
        let place = match reached {
            Some(reached) => reached.min(settled),
            None => settled,
        };
        Cursor { after: after.max(place), told }
    }

    fn is_settled(&self, key: &str) -> bool {
        *key < *self.settled
    }
}

fn name_of(key: &str) -> Option<&str> {
    key.get(MOMENT..MOMENT + NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    fn key(seconds_ago: i64, name: &str) -> String {
        format!("{}{name:_<12}", moment(NOW - seconds_ago * 1_000_000))
    }

    /// What is told of these keys at this time, and the cursor then, written and read.
    fn look(cursor: Cursor, now: i64, keys: &[String]) -> (Vec<String>, Cursor) {
        let mut poll = Poll::at(cursor, now);
        let (mut told, mut reached) = (Vec::new(), None);
        let behind = poll.cursor.after.clone();
        for key in keys.iter().filter(|key| **key > behind) {
            if poll.passes(key) {
                continue;
            }
            if !poll.tells(key) {
                reached = Some(told.last().cloned().unwrap_or(behind));
                break;
            }
            told.push(key.clone());
        }
        (told, Cursor::read(&poll.ends(reached).text()).unwrap())
    }

    #[test]
    fn what_is_written_late_is_told_and_nothing_twice() {
        let [old, early, late, new] =
            [key(60, "old"), key(3, "early"), key(2, "late"), key(1, "new")];
        let cursor = Cursor::at(moment(0));
        let (told, cursor) = look(cursor, NOW, &[old.clone(), new.clone()]);
        assert_eq!(told, [old.clone(), new.clone()]);
        assert_eq!(cursor.after, moment(NOW - SETTLING));
        let written = [old, early, late, new];
        let (told, cursor) = look(cursor, NOW, &written);
        assert_eq!(told, &written[1..3]);
        let (told, cursor) = look(cursor, NOW, &written);
        assert_eq!((told.len(), cursor.told.len()), (0, 3));
        // Once they are settled they are named no more.
        let (told, cursor) = look(cursor, NOW + SETTLING, &written);
        assert_eq!((told.len(), cursor), (0, Cursor::at(moment(NOW))));
    }

    #[test]
    fn of_the_last_seconds_no_more_is_told_than_can_be_named_until_they_have_passed() {
        let keys: Vec<String> = (0..600).map(|index| key(1, &format!("{index:04}"))).collect();
        let (told, cursor) = look(Cursor::at(moment(0)), NOW, &keys);
        assert_eq!(told, &keys[..MOST]);
        let (told, cursor) = look(cursor, NOW + 1, &keys);
        assert_eq!(told, [""; 0]);
        let (told, _) = look(cursor, NOW + SETTLING, &keys);
        assert_eq!(told, &keys[MOST..]);
    }

    #[test]
    fn who_stops_before_the_last_seconds_goes_on_right_there_and_never_back() {
        let poll = |after| Poll::at(Cursor::at(after), NOW);
        let old = key(60, "old");
        assert_eq!(poll(moment(0)).ends(Some(old.clone())), Cursor::at(old));
        let since = moment(NOW - 1);
        assert_eq!(poll(since.clone()).ends(None), Cursor::at(since));
        let new = key(1, "new");
        let once = Poll::once(Cursor::at(moment(0)));
        assert_eq!(once.ends(Some(new.clone())), Cursor::at(new));
    }

    #[test]
    fn what_is_no_cursor_is_none() {
        for text in ["", "~", "x", "0000000000000001", "000000000000000g.x", "0000000000000001é"] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
        assert_eq!(Cursor::read("0000000000000001.~"), Some(Cursor::at(moment(1))));
        assert_eq!(Cursor::read("0000000000000001.~1234567é"), None, "a letter cut in two");
    }
}
