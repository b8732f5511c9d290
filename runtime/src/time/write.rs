//! Writes a date-time by a pattern.

use super::instant::{Clock, DateTime, append};
use super::names;
use super::pattern::{Field, Pattern, Token};

impl Pattern {
    /// The time as this pattern writes it, in its zone.
    pub(super) fn write(&self, time: DateTime) -> String {
        let clock = time.clock();
        let mut text = String::new();
        for token in &self.0 {
            match token {
                Token::Literal(literal) => text.push_str(literal),
                Token::Number { field, least, .. } => number(field.of(clock), *least, &mut text),
                Token::TwoDigits { field, .. } => number(field.of(clock).abs() % 100, 2, &mut text),
                Token::Fraction(n) => fraction(clock.microsecond, *n, &mut text),
                Token::Name { name, long } => {
                    text.push_str(name.word(name.field().of(clock), *long))
                }
                Token::ZoneName { long } => text.push_str(&zone_name(time, *long)),
                Token::Offset { colon } => offset(clock.offset, *colon, &mut text),
                Token::ZoneId => match time.zone().id() {
                    Some(id) => text.push_str(id),
                    None => text.push_str(&fixed_name(clock.offset)),
                },
            }
        }
        text
    }
}

impl Clock {
    /// Counted from 1 in both eras.
    fn year_of_era(self) -> i64 {
        let year = i64::from(self.date.year());
        if year > 0 { year } else { 1 - year }
    }
}

impl Field {
    /// The number that a clock shows.
    pub(super) fn of(self, clock: Clock) -> i64 {
        // A clock of 1 to n shows n where one from 0 shows 0.
        let from_one = |number: i64, n: i64| if number % n == 0 { n } else { number % n };
        let week = || clock.date.iso_week_date();
        match self {
            Self::Era => i64::from(clock.date.year() > 0),
            Self::Century => clock.year_of_era() / 100,
            Self::YearOfEra => clock.year_of_era(),
            Self::WeekYear => i64::from(week().year()),
            Self::Year => i64::from(clock.date.year()),
            Self::Week => i64::from(week().week()),
            Self::Weekday => i64::from(clock.date.weekday().to_monday_one_offset()),
            Self::DayOfYear => i64::from(clock.date.day_of_year()),
            Self::Month => i64::from(clock.date.month()),
            Self::Day => i64::from(clock.date.day()),
            Self::HalfDay => clock.hour / 12,
            Self::HourOfHalf => clock.hour % 12,
            Self::ClockHourOfHalf => from_one(clock.hour, 12),
            Self::Hour => clock.hour,
            Self::ClockHour => from_one(clock.hour, 24),
            Self::Minute => clock.minute,
            Self::Second => clock.second,
            Self::Fraction => clock.microsecond,
        }
    }
}

fn number(number: i64, least: usize, text: &mut String) {
    let sign = if number < 0 { "-" } else { "" };
    append(text, format_args!("{sign}{:0least$}", number.abs()));
}

/// Cut, not rounded; beyond microseconds there are zeros.
fn fraction(microsecond: i64, n: usize, text: &mut String) {
    let digits = format!("{microsecond:06}");
    match digits.get(..n) {
        Some(cut) => text.push_str(cut),
        None => append(text, format_args!("{digits:0<n$}")),
    }
}

/// Hours and minutes.
fn offset(seconds: i64, colon: bool, text: &mut String) {
    let sign = if seconds < 0 { '-' } else { '+' };
    let between = if colon { ":" } else { "" };
    let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
    append(text, format_args!("{sign}{hours:02}{between}{minutes:02}"));
}

/// What stands for the name of a fixed offset.
fn fixed_name(seconds: i64) -> String {
    if seconds == 0 {
        return "UTC".to_owned();
    }
    let mut text = String::new();
    offset(seconds, true, &mut text);
    text
}

/// The abbreviation, or the long name if it is known; else the offset.
fn zone_name(time: DateTime, long: bool) -> String {
    let Some(id) = time.zone().id() else {
        return match fixed_name(time.clock().offset) {
            utc if long && utc == "UTC" => "Coordinated Universal Time".to_owned(),
            name => name,
        };
    };
    let short = time.zone().abbreviation(time.microseconds());
    let found = match (&short, long) {
        (Some(short), true) => names::long_zone(short, id).map(str::to_owned),
        _ => short,
    };
    found.unwrap_or_else(|| {
        let mut text = String::new();
        offset(time.clock().offset, true, &mut text);
        text
    })
}
