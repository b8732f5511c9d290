//! Reads a date-time by a pattern, as Joda-Time does: what was read is set field by field, the longer
//! ones first, so that of what contradicts itself the shorter field holds (OEL §3.6).

use super::civil::{self, SECOND};
use super::instant::DateTime;
use super::iso;
use super::names;
use super::pattern::{Field, Pattern, Token};
use super::zone::Zone;
use jiff::civil::Date;
use jiff::tz::AmbiguousOffset;

/// The most digits of a number that is read: what is made of a longer one could overflow.
const MOST_DIGITS: usize = 9;

/// What was read.
#[derive(Default)]
struct Found {
    /// In the order of the text.
    fields: Vec<(Field, i64)>,
    zone: Option<Zone>,
}

impl Pattern {
    /// The time that a text writes in this pattern, in UTC if it names no zone. Years of two digits
    /// are those nearest to 30 years before `now`.
    pub(super) fn read(&self, text: &str, now: DateTime) -> Option<DateTime> {
        let mut found = Found::default();
        let mut rest = text;
        for token in &self.0 {
            rest = found.take(token, rest, now)?;
        }
        if rest.is_empty() { found.time() } else { None }
    }
}

impl Found {
    /// Reads one piece of a pattern; gives what is behind it.
    fn take<'t>(&mut self, token: &Token, text: &'t str, now: DateTime) -> Option<&'t str> {
        match token {
            Token::Literal(literal) => {
                let (start, rest) = text.split_at_checked(literal.len())?;
                start.eq_ignore_ascii_case(literal).then_some(rest)
            }
            Token::Number { field, most, .. } => {
                let (number, rest) = number(text, *most, field.is_signed())?;
                self.fields.push((*field, number));
                Some(rest)
            }
            Token::TwoDigits { field, lenient } => {
                let (year, rest) = two_digits(text, *lenient, field.of(now.clock()))?;
                self.fields.push((*field, year));
                Some(rest)
            }
            Token::Fraction(n) => {
                let (digits, rest) = digits(text, *n)?;
                let micros = digits.bytes().chain(std::iter::repeat(b'0')).take(6);
                let number = micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
                self.fields.push((Field::Fraction, number));
                Some(rest)
            }
            Token::Name { name, .. } => {
                let (number, rest) = name.read(text)?;
                self.fields.push((name.field(), number));
                Some(rest)
            }
            Token::ZoneName { long: true } => None,
            Token::ZoneName { long: false } => {
                let mut known = names::ZONES.into_iter().filter(|(word, _)| text.starts_with(word));
                let (word, id) = known.next()?;
                self.zone = Some(id.map_or(Some(Zone::UTC), Zone::find)?);
                text.get(word.len()..)
            }
            Token::ZoneId => {
                let (zone, rest) = Zone::read(text)?;
                self.zone = Some(zone);
                Some(rest)
            }
            Token::Offset { .. } => {
                let (offset, rest) = iso::offset(text)?;
                self.zone = Some(Zone::fixed(offset)?);
                Some(rest)
            }
        }
    }

    /// The time that the fields make of the beginning of 1970, set in the order of their ranks; of
    /// the same rank the later wins. A part of a year without the year is one of 2000.
    fn time(mut self) -> Option<DateTime> {
        let first = self.fields.iter().map(|(field, _)| field.rank()).min();
        if first.is_some_and(|rank| PARTS_OF_A_YEAR.contains(&rank)) {
            self.fields.push((Field::Year, 2000));
        }
        self.fields.sort_by_key(|(field, _)| field.rank());
        let n_dates = self.fields.partition_point(|(field, _)| field.rank() < FIRST_OF_DAY);
        let (dates, times) = self.fields.split_at(n_dates);
        let date = date(dates, times.is_empty())?;
        let of_day = times
            .iter()
            .try_fold(OfDay::default(), |of_day, (field, number)| of_day.with(*field, *number))?;
        let local = civil::microseconds(date) + of_day.microseconds();
        let zone = self.zone.unwrap_or(Zone::UTC);
        if matches!(zone.offset_of_local(civil::local(local)?), AmbiguousOffset::Gap { .. }) {
            return None;
        }
        DateTime::of_local(local, zone, None)
    }
}

/// Ranks of fields from a month to a day.
const PARTS_OF_A_YEAR: std::ops::RangeInclusive<u8> = 3..=7;
/// The first rank of fields within a day.
const FIRST_OF_DAY: u8 = 8;

/// The date of these fields. They are set twice, first with what is smaller put to its beginning: a
/// week may only fit once the year is known, and the year not be the one asked for before.
fn date(fields: &[(Field, i64)], ends_there: bool) -> Option<Date> {
    let is_before_christ = fields.contains(&(Field::Era, 0));
    let names_year = |(field, _): &(Field, i64)| matches!(field.rank(), 1 | 2);
    if is_before_christ && !fields.iter().any(names_year) {
        return None;
    }
    let beginning = civil::date(1970, 1, 1)?;
    let date = fields
        .iter()
        .try_fold(beginning, |date, (field, number)| field.floor(field.set(date, *number)?))?;
    let date = fields.iter().try_fold(date, |date, (field, number)| field.set(date, *number))?;
    match fields.last() {
        Some((field, _)) if ends_there => field.floor(date),
        _ => Some(date),
    }
}

/// A time of day.
#[derive(Clone, Copy, Default)]
struct OfDay {
    hour: i64,
    minute: i64,
    second: i64,
    microsecond: i64,
}

impl OfDay {
    /// `None` for a number that the field never shows.
    fn with(self, field: Field, number: i64) -> Option<Self> {
        let shown = match field {
            Field::HalfDay => 0..=1,
            Field::HourOfHalf => 0..=11,
            Field::ClockHourOfHalf => 1..=12,
            Field::Hour => 0..=23,
            Field::ClockHour => 1..=24,
            Field::Minute | Field::Second => 0..=59,
            _ => 0..=SECOND - 1,
        };
        let half = self.hour / 12 * 12;
        shown.contains(&number).then_some(match field {
            Field::HalfDay => Self { hour: self.hour % 12 + 12 * number, ..self },
            Field::HourOfHalf | Field::ClockHourOfHalf => Self { hour: half + number % 12, ..self },
            Field::Hour | Field::ClockHour => Self { hour: number % 24, ..self },
            Field::Minute => Self { minute: number, ..self },
            Field::Second => Self { second: number, ..self },
            _ => Self { microsecond: number, ..self },
        })
    }

    fn microseconds(self) -> i64 {
        (self.hour * 3_600 + self.minute * 60 + self.second) * SECOND + self.microsecond
    }
}

impl Field {
    /// Its place in the order in which Joda-Time sets fields (`DateTimeParserBucket`): by what they
    /// are parts of, then by what they count, the longer first.
    fn rank(self) -> u8 {
        match self {
            Self::Era => 0,
            Self::Century => 1,
            Self::YearOfEra | Self::Year | Self::WeekYear => 2,
            Self::Month => 3,
            Self::Week => 4,
            Self::DayOfYear => 5,
            Self::Day => 6,
            Self::Weekday => 7,
            Self::HalfDay => 8,
            Self::Hour | Self::ClockHour => 9,
            Self::HourOfHalf | Self::ClockHourOfHalf => 10,
            Self::Minute => 11,
            Self::Second => 12,
            Self::Fraction => 13,
        }
    }

    /// The date with this field set to a number; `None` for one that it cannot have there.
    fn set(self, date: Date, number: i64) -> Option<Date> {
        let year = i64::from(date.year());
        let week = date.iso_week_date();
        let weekday = i64::from(date.weekday().to_monday_one_offset());
        match self {
            Self::Era if (year > 0) == (number > 0) => Some(date),
            Self::Era => in_month(-year, date.month().into(), date),
            Self::Century if number >= 0 => {
                let sign = if year < 0 { -1 } else { 1 };
                in_month(sign * (number * 100 + year.abs() % 100), date.month().into(), date)
            }
            Self::YearOfEra if number >= 1 => {
                in_month(if year > 0 { number } else { 1 - number }, date.month().into(), date)
            }
            Self::Year => in_month(number, date.month().into(), date),
            Self::WeekYear => {
                let most = civil::of_week(number, 1, 1)?.iso_week_date().weeks_in_year();
                civil::of_week(number, week.week().min(most).into(), weekday)
            }
            Self::Month => in_month(year, number, date),
            Self::Week => civil::of_week(week.year().into(), number, weekday),
            Self::DayOfYear => civil::of_day_of_year(year, number),
            Self::Day => civil::date(year, date.month().into(), number),
            Self::Weekday => civil::of_week(week.year().into(), week.week().into(), number),
            _ => None,
        }
    }

    /// The beginning of what this field counts; before Christ that is the first day there is.
    fn floor(self, date: Date) -> Option<Date> {
        let year = i64::from(date.year());
        let week = date.iso_week_date();
        match self {
            Self::Era if year > 0 => civil::date(1, 1, 1),
            Self::Era => Some(Date::MIN),
            Self::Century => civil::date(year - year % 100, 1, 1),
            Self::YearOfEra | Self::Year => Some(date.first_of_year()),
            Self::WeekYear => civil::of_week(week.year().into(), 1, 1),
            Self::Month => Some(date.first_of_month()),
            Self::Week => civil::of_week(week.year().into(), week.week().into(), 1),
            _ => Some(date),
        }
    }
}

/// The same day of a month, or the month's last if that is earlier.
fn in_month(year: i64, month: i64, date: Date) -> Option<Date> {
    let last = civil::date(year, month, 1)?.last_of_month();
    civil::date(year, month, date.day().min(last.day()).into())
}

impl Field {
    fn is_signed(self) -> bool {
        matches!(self, Self::Century | Self::WeekYear | Self::Year)
    }
}

/// One to `most` digits.
fn digits(text: &str, most: usize) -> Option<(&str, &str)> {
    let n = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if n == 0 { None } else { text.split_at_checked(n) }
}

/// A number of at most so many digits, a sign apart.
fn number(text: &str, most: usize, signed: bool) -> Option<(i64, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).filter(|_| signed).unwrap_or(text);
    let negative = unsigned.len() < text.len() && text.starts_with('-');
    let (digits, rest) = digits(unsigned, most)?;
    if digits.len() > MOST_DIGITS {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some((if negative { -number } else { number }, rest))
}

/// A year of two digits, in the hundred years around 30 before this year.
fn two_digits(text: &str, lenient: bool, this_year: i64) -> Option<(i64, &str)> {
    let (year, rest) = number(text, if lenient { MOST_DIGITS } else { 2 }, lenient)?;
    let n_read = text.len() - rest.len();
    if n_read != 2 || text.starts_with(['+', '-']) {
        return lenient.then_some((year, rest));
    }
    let first = this_year - 30 - 50;
    Some((first + (year - first).rem_euclid(100), rest))
}
