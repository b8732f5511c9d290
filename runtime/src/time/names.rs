//! The English words of dates and times.

use super::pattern::Name;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ERAS: [&str; 2] = ["BC", "AD"];
const HALVES: [&str; 2] = ["AM", "PM"];

/// Zone abbreviations that are read, longer ones first, and the zones they mean.
pub(super) const ZONES: [(&str, Option<&str>); 11] = [
    ("UTC", None),
    ("UT", None),
    ("GMT", None),
    ("EST", Some("America/New_York")),
    ("EDT", Some("America/New_York")),
    ("CST", Some("America/Chicago")),
    ("CDT", Some("America/Chicago")),
    ("MST", Some("America/Denver")),
    ("MDT", Some("America/Denver")),
    ("PST", Some("America/Los_Angeles")),
    ("PDT", Some("America/Los_Angeles")),
];

/// Abbreviations, where their zones' ids begin, and their names.
const LONG_ZONES: [(&str, &str, &str); 37] = [
    ("UTC", "", "Coordinated Universal Time"),
    ("GMT", "", "Greenwich Mean Time"),
    ("EST", "", "Eastern Standard Time"),
    ("EDT", "", "Eastern Daylight Time"),
    ("CST", "Asia/", "China Standard Time"),
    ("CST", "America/Havana", "Cuba Standard Time"),
    ("CDT", "America/Havana", "Cuba Daylight Time"),
    ("CST", "", "Central Standard Time"),
    ("CDT", "", "Central Daylight Time"),
    ("MST", "", "Mountain Standard Time"),
    ("MDT", "", "Mountain Daylight Time"),
    ("PST", "Asia/", "Philippine Standard Time"),
    ("PST", "", "Pacific Standard Time"),
    ("PDT", "", "Pacific Daylight Time"),
    ("AKST", "", "Alaska Standard Time"),
    ("AKDT", "", "Alaska Daylight Time"),
    ("HST", "", "Hawaii-Aleutian Standard Time"),
    ("HDT", "", "Hawaii-Aleutian Daylight Time"),
    ("AST", "", "Atlantic Standard Time"),
    ("ADT", "", "Atlantic Daylight Time"),
    ("NST", "", "Newfoundland Standard Time"),
    ("NDT", "", "Newfoundland Daylight Time"),
    ("BST", "Europe/London", "British Summer Time"),
    ("IST", "Europe/", "Irish Standard Time"),
    ("IST", "Asia/Jerusalem", "Israel Standard Time"),
    ("IST", "", "India Standard Time"),
    ("WET", "", "Western European Standard Time"),
    ("WEST", "", "Western European Summer Time"),
    ("CET", "", "Central European Standard Time"),
    ("CEST", "", "Central European Summer Time"),
    ("EET", "", "Eastern European Standard Time"),
    ("EEST", "", "Eastern European Summer Time"),
    ("MSK", "", "Moscow Standard Time"),
    ("JST", "", "Japan Standard Time"),
    ("KST", "", "Korean Standard Time"),
    ("AEST", "", "Australian Eastern Standard Time"),
    ("AEDT", "", "Australian Eastern Daylight Time"),
];

/// The long name of an abbreviation in a zone.
pub(super) fn long_zone(abbreviation: &str, id: &str) -> Option<&'static str> {
    let meant = |(known, prefix, _): &&(&str, &str, &'static str)| {
        *known == abbreviation && id.starts_with(prefix)
    };
    LONG_ZONES.iter().find(meant).map(|(_, _, name)| *name)
}

impl Name {
    /// The words, and the number of the first.
    fn words(self) -> (&'static [&'static str], i64) {
        match self {
            Self::Era => (&ERAS, 0),
            Self::HalfDay => (&HALVES, 0),
            Self::Month => (&MONTHS, 1),
            Self::Weekday => (&WEEKDAYS, 1),
        }
    }

    /// The word for a number, or its beginning.
    pub(super) fn word(self, number: i64, long: bool) -> &'static str {
        let (words, first) = self.words();
        let place = usize::try_from(number - first).ok();
        let word = place.and_then(|place| words.get(place)).copied().unwrap_or_default();
        if long { word } else { word.get(..3).unwrap_or(word) }
    }

    /// The number of the word that a text begins with, long or short, in any letter case, and the
    /// rest.
    pub(super) fn read(self, text: &str) -> Option<(i64, &str)> {
        let (words, first) = self.words();
        let all =
            |long| (first..).zip(words).map(move |(number, _)| (number, self.word(number, long)));
        all(true).chain(all(false)).find_map(|(number, word)| {
            let (start, rest) = text.split_at_checked(word.len())?;
            start.eq_ignore_ascii_case(word).then_some((number, rest))
        })
    }
}
