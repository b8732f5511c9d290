//! Reads a date-time as ISO 8601 writes it, leniently (OEL §3.6): the time, its seconds, its fraction
//! and the offset may be missing, and a day may be given by its week or its number in the year.

use super::civil::{self, SECOND};
use super::instant::DateTime;
use super::zone::Zone;
use jiff::civil::Date;

/// The date-time that a text writes, in the zone of its offset; without one in UTC. Finer than
/// microseconds is rounded down.
#[must_use]
pub fn read(text: &str) -> Option<DateTime> {
    let mut reader = Reader(text.as_bytes());
    let date = reader.date()?;
    let (mut of_day, mut zone) = (0, Zone::UTC);
    if reader.take_any(b"Tt") {
        of_day = reader.time()?;
        if !reader.is_done() {
            zone = Zone::fixed(reader.offset()?)?;
        }
    }
    if !reader.is_done() {
        return None;
    }
    DateTime::of_local(civil::microseconds(date) + of_day, zone, None)
}

/// The offset in seconds that a text begins with, and the rest.
pub(super) fn offset(text: &str) -> Option<(i64, &str)> {
    let mut reader = Reader(text.as_bytes());
    let offset = reader.offset()?;
    Some((offset, text.get(text.len() - reader.0.len()..)?))
}

/// What is still to be read.
struct Reader<'t>(&'t [u8]);

impl Reader<'_> {
    fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Takes the next byte if it is one of these.
    fn take_any(&mut self, any: &[u8]) -> bool {
        match self.0.split_first() {
            Some((byte, rest)) if any.contains(byte) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes exactly `n` digits.
    fn digits(&mut self, n: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(n)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    /// As [`Reader::digits`], of a number in a range.
    fn number(&mut self, n: usize, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        self.digits(n).filter(|number| range.contains(number))
    }

    fn n_digits(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// `2015`, `2015-07`, `2015-07-31`, `2015-212`, `2015-W31`, `2015-W31-5`.
    fn date(&mut self) -> Option<Date> {
        let year = self.year()?;
        if !self.take_any(b"-") {
            return civil::date(year, 1, 1);
        }
        if self.take_any(b"Ww") {
            let week = self.digits(2)?;
            let day = if self.take_any(b"-") { self.digits(1)? } else { 1 };
            return civil::of_week(year, week, day);
        }
        if self.n_digits() == 3 {
            return civil::of_day_of_year(year, self.digits(3)?);
        }
        let month = self.digits(2)?;
        let day = if self.take_any(b"-") { self.digits(2)? } else { 1 };
        civil::date(year, month, day)
    }

    /// Four digits; with a sign four or more.
    fn year(&mut self) -> Option<i64> {
        let negative = self.peek() == Some(b'-');
        if !self.take_any(b"+-") {
            return self.digits(4);
        }
        let n = self.n_digits();
        let year = (4..=9).contains(&n).then(|| self.digits(n))??;
        Some(if negative { -year } else { year })
    }

    /// Microseconds of the day. The smallest unit may have a fraction.
    fn time(&mut self) -> Option<i64> {
        let mut of_day = self.number(2, 0..=23)? * 3_600 * SECOND;
        for unit in [60 * SECOND, SECOND] {
            if let Some(fraction) = self.fraction(60 * unit)? {
                return Some(of_day + fraction);
            }
            if !self.take_any(b":") {
                return Some(of_day);
            }
            of_day += self.number(2, 0..=59)? * unit;
        }
        Some(of_day + self.fraction(SECOND)?.unwrap_or(0))
    }

    /// A fraction of a unit of so many microseconds, if there is one; nothing at all if it has no
    /// digits.
    fn fraction(&mut self, unit: i64) -> Option<Option<i64>> {
        if !self.take_any(b".,") {
            return Some(None);
        }
        let n = self.n_digits();
        let digits = self.0.get(..n).filter(|digits| !digits.is_empty())?;
        // More digits than these say nothing of microseconds, even of an hour.
        let (mut number, mut scale) = (0_i128, 1_i128);
        for digit in digits.iter().take(18) {
            number = number * 10 + i128::from(digit - b'0');
            scale *= 10;
        }
        self.0 = self.0.get(n..)?;
        i64::try_from(i128::from(unit) * number / scale).ok().map(Some)
    }

    /// `Z`, `+02`, `+02:00`, `+0200`, and with seconds; in seconds.
    fn offset(&mut self) -> Option<i64> {
        if self.take_any(b"Zz") {
            return Some(0);
        }
        let negative = self.peek() == Some(b'-');
        if !self.take_any(b"+-") {
            return None;
        }
        let mut seconds = self.number(2, 0..=23)? * 3_600;
        let colon = self.peek() == Some(b':');
        for unit in [60, 1] {
            let goes_on = if colon { self.take_any(b":") } else { self.n_digits() >= 2 };
            if !goes_on {
                break;
            }
            seconds += self.number(2, 0..=59)? * unit;
        }
        Some(if negative { -seconds } else { seconds })
    }
}
