//! Reads a date-time by a pattern. What the pattern does not ask for is that of 1970, or of 2000 where
//! it asks for a part of a year only; what it asks for twice must agree.

use super::civil::{DAY, Date, SECOND, Week};
use super::instant::DateTime;
use super::iso::Reader;
use super::names;
use super::pattern::{Field, Name, Pattern, Token};
use super::zone::{Local, Zone};

/// The most digits of a number that is read: what is made of a longer one could overflow.
const MOST_DIGITS: usize = 9;

/// What was read.
#[derive(Default)]
struct Found {
    numbers: Vec<(Field, i64)>,
    names: Vec<(Name, i64)>,
    microsecond: i64,
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
                self.numbers.push((*field, number));
                Some(rest)
            }
            Token::TwoDigits { field, lenient } => {
                let (year, rest) = two_digits(text, *lenient, field.of(now.clock()))?;
                self.numbers.push((*field, year));
                Some(rest)
            }
            Token::Fraction(n) => {
                let (digits, rest) = digits(text, *n)?;
                let micros = digits.bytes().chain(std::iter::repeat(b'0')).take(6);
                self.microsecond = micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
                Some(rest)
            }
            Token::Name { name, .. } => {
                let (number, rest) = name.read(text)?;
                self.names.push((*name, number));
                Some(rest)
            }
            Token::ZoneName { long: true } => None,
            Token::ZoneName { long: false } => {
                let (zone, rest) = longest(text, names::ZONES.into_iter())?;
                self.zone = Some(zone.map_or(Some(Zone::UTC), Zone::find)?);
                Some(rest)
            }
            Token::ZoneId => {
                let (id, rest) = longest(text, Zone::ids().map(|id| (id, id)))?;
                self.zone = Some(Zone::find(id)?);
                Some(rest)
            }
            Token::Offset { .. } => {
                let mut reader = Reader(text.as_bytes());
                self.zone = Some(Zone::fixed(reader.offset()?)?);
                text.get(text.len() - reader.0.len()..)
            }
        }
    }

    fn number(&self, field: Field) -> Option<i64> {
        self.numbers.iter().find(|(known, _)| *known == field).map(|(_, number)| *number)
    }

    fn name(&self, name: Name) -> Option<i64> {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
    }

    fn time(&self) -> Option<DateTime> {
        let of_day = self.of_day()?;
        let days = self.date()?.days();
        let local = days.checked_mul(DAY)?.checked_add(of_day)?;
        let zone = self.zone.unwrap_or(Zone::UTC);
        if matches!(zone.local(local), Local::Never { .. }) {
            return None;
        }
        let time = DateTime::of_local(local, zone, None)?;
        self.agrees_with(time).then_some(time)
    }

    /// Microseconds of the day.
    fn of_day(&self) -> Option<i64> {
        let within = |field, range: std::ops::RangeInclusive<i64>| match self.number(field) {
            Some(number) if !range.contains(&number) => None,
            number => Some(number),
        };
        let hour = within(Field::Hour, 0..=23)?;
        let hour = hour.or(within(Field::ClockHour, 1..=24)?.map(|hour| hour % 24));
        let half = within(Field::HourOfHalf, 0..=11)?;
        let half = half.or(within(Field::ClockHourOfHalf, 1..=12)?.map(|hour| hour % 12));
        let afternoon = self.name(Name::HalfDay).unwrap_or(0);
        let hour = hour.unwrap_or(half.unwrap_or(0) + 12 * afternoon);
        let minute = within(Field::Minute, 0..=59)?.unwrap_or(0);
        let second = within(Field::Second, 0..=59)?.unwrap_or(0);
        Some((hour * 3_600 + minute * 60 + second) * SECOND + self.microsecond)
    }

    fn date(&self) -> Option<Date> {
        let (month, day) = (self.month(), self.number(Field::Day));
        let (of_year, week) = (self.number(Field::DayOfYear), self.number(Field::Week));
        let weekday = self.number(Field::Weekday).or(self.name(Name::Weekday));
        let week_year = self.number(Field::WeekYear);
        let is_of_year = month.or(day).or(of_year).is_some();
        let is_of_week = week.or(week_year).is_some() && !is_of_year;
        let is_partial = is_of_year || week.or(weekday).is_some();
        let usual = if is_partial { 2000 } else { 1970 };
        let year = self.year().or(self.number(Field::Century).map(|century| century * 100));
        if let Some(day) = of_year {
            return Date::of_day_of_year(year.unwrap_or(usual), day);
        }
        if is_of_week || (weekday.is_some() && year.is_none() && !is_of_year) {
            let year = week_year.or(year).unwrap_or(usual);
            return Week { year, week: week.unwrap_or(1), day: weekday.unwrap_or(1) }.date();
        }
        Date::new(year.unwrap_or(usual), month.unwrap_or(1), day.unwrap_or(1))
    }

    fn month(&self) -> Option<i64> {
        self.number(Field::Month).or(self.name(Name::Month))
    }

    fn year(&self) -> Option<i64> {
        let of_era = |year: i64| match self.name(Name::Era) {
            Some(0) => 1 - year,
            _ => year,
        };
        self.number(Field::Year).or(self.number(Field::YearOfEra).map(of_era))
    }

    /// Whether everything that was read is true of a time.
    fn agrees_with(&self, time: DateTime) -> bool {
        let clock = time.clock();
        // A year beside a week is that of the week.
        let by_week = self.number(Field::Week).is_some() && self.number(Field::WeekYear).is_none();
        let is_free = |field: Field| by_week && matches!(field, Field::Year | Field::YearOfEra);
        self.numbers.iter().all(|(field, number)| is_free(*field) || field.of(clock) == *number)
            && self.names.iter().all(|(name, number)| name.of(clock) == *number)
    }
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

/// The value of the longest key that a text begins with.
fn longest<T>(text: &str, keys: impl Iterator<Item = (&'static str, T)>) -> Option<(T, &str)> {
    let fitting = keys.filter(|(key, _)| text.starts_with(key));
    let (key, value) = fitting.max_by_key(|(key, _)| key.len())?;
    text.get(key.len()..).map(|rest| (value, rest))
}
