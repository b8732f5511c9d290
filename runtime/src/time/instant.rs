//! The date-time value: an instant and the zone it is looked at in.

use super::civil::{self, DAY, SECOND};
use super::zone::Zone;
use jiff::civil::Date;
use jiff::tz::AmbiguousOffset;
use std::fmt::Write as _;

/// An instant in a zone, in the years -9999 to 9999 there, which is further than a zoned time of
/// `jiff` reaches: 9999-12-31T23:59:59Z is one. Two are the same here if their zones are,
/// too; the language's `==` compares the instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// Since 1970.
    microseconds: i64,
    zone: Zone,
}

/// Date and time of day as clocks of the zone show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) date: Date,
    /// 0 to 23.
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) microsecond: i64,
    /// Seconds ahead of UTC.
    pub(super) offset: i64,
}

impl DateTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self { microseconds: 0, zone: Zone::UTC };

    /// `None` outside the years that a date-time can be in.
    #[must_use]
    pub fn new(microseconds: i64, zone: Zone) -> Option<Self> {
        let made = Self { microseconds, zone };
        made.local().and_then(civil::local).map(|_| made)
    }

    /// The local time in the zone. Of a time that there is twice, that with the offset `preferred`
    /// (seconds) or else the first; one that clocks skip is as long after the gap as it was into it.
    pub(super) fn of_local(local: i64, zone: Zone, preferred: Option<i64>) -> Option<Self> {
        let offset = match zone.offset_of_local(civil::local(local)?) {
            AmbiguousOffset::Fold { after, .. }
                if preferred == Some(i64::from(after.seconds())) =>
            {
                after
            }
            AmbiguousOffset::Unambiguous { offset: before }
            | AmbiguousOffset::Gap { before, .. }
            | AmbiguousOffset::Fold { before, .. } => before,
        };
        Self::new(local.checked_sub(i64::from(offset.seconds()) * SECOND)?, zone)
    }

    /// The date-time of these bits of a value; only for those that were made here.
    pub(crate) fn from_bits(microseconds: u64, zone: u32) -> Self {
        Self { microseconds: microseconds.cast_signed(), zone: Zone::from_bits(zone) }
    }

    /// The bits of a value.
    pub(crate) fn to_bits(self) -> (u64, u32) {
        (self.microseconds.cast_unsigned(), self.zone.to_bits())
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.microseconds
    }

    #[must_use]
    pub fn zone(self) -> Zone {
        self.zone
    }

    /// The same instant elsewhere.
    pub(super) fn in_zone(self, zone: Zone) -> Option<Self> {
        Self::new(self.microseconds, zone)
    }

    /// So many microseconds later, however the clocks are changed meanwhile.
    pub(super) fn plus(self, microseconds: i64) -> Option<Self> {
        Self::new(self.microseconds.checked_add(microseconds)?, self.zone)
    }

    /// At the same time of day so many days later.
    pub(super) fn plus_days(self, days: i64) -> Option<Self> {
        let offset = self.zone.offset(self.microseconds);
        let local = self.local()?.checked_add(days.checked_mul(DAY)?)?;
        Self::of_local(local, self.zone, Some(offset))
    }

    fn local(self) -> Option<i64> {
        self.microseconds.checked_add(self.zone.offset(self.microseconds) * SECOND)
    }

    pub(super) fn clock(self) -> Clock {
        let offset = self.zone.offset(self.microseconds);
        let local = civil::nearest_local(self.microseconds.saturating_add(offset * SECOND));
        Clock {
            date: local.date(),
            hour: i64::from(local.hour()),
            minute: i64::from(local.minute()),
            second: i64::from(local.second()),
            microsecond: i64::from(local.subsec_nanosecond() / 1_000),
            offset,
        }
    }

    /// RFC 3339 with milliseconds: what it is in JSON, and where text is needed.
    #[must_use]
    pub fn text(self) -> String {
        let clock = self.clock();
        let mut text = String::with_capacity(32);
        append_date(clock.date, &mut text);
        append_hour_and_minute(clock, &mut text);
        let millisecond = clock.microsecond / 1_000;
        append(&mut text, format_args!(":{:02}.{millisecond:03}", clock.second));
        append_offset(clock.offset, &mut text);
        text
    }

    /// As Java writes a zoned date-time (OEL §3.7): no more than there is to say, and the region.
    #[must_use]
    pub(super) fn long_text(self) -> String {
        let clock = self.clock();
        let mut text = String::with_capacity(48);
        append_date(clock.date, &mut text);
        append_hour_and_minute(clock, &mut text);
        if clock.second != 0 || clock.microsecond != 0 {
            append(&mut text, format_args!(":{:02}", clock.second));
        }
        match clock.microsecond {
            0 => {}
            fraction if fraction % 1_000 == 0 => {
                append(&mut text, format_args!(".{:03}", fraction / 1_000));
            }
            fraction => append(&mut text, format_args!(".{fraction:06}")),
        }
        append_offset(clock.offset, &mut text);
        if let Some(id) = self.zone.id() {
            append(&mut text, format_args!("[{id}]"));
        }
        text
    }
}

/// Writing to a text never fails.
pub(super) fn append(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

fn append_date(date: Date, text: &mut String) {
    let sign = if date.year() < 0 { "-" } else { "" };
    let (year, month, day) = (date.year().abs(), date.month(), date.day());
    append(text, format_args!("{sign}{year:04}-{month:02}-{day:02}"));
}

fn append_hour_and_minute(clock: Clock, text: &mut String) {
    append(text, format_args!("T{:02}:{:02}", clock.hour, clock.minute));
}

/// `Z` for none, else hours and minutes, and seconds where old local times have them.
fn append_offset(seconds: i64, text: &mut String) {
    if seconds == 0 {
        return text.push('Z');
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) =
        (seconds.abs() / 3_600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    append(text, format_args!("{sign}{hours:02}:{minutes:02}"));
    if rest != 0 {
        append(text, format_args!(":{rest:02}"));
    }
}
