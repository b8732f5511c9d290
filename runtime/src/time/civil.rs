//! Dates of the proleptic Gregorian calendar, year 0 being 1 BC, made of numbers that somebody wrote;
//! and local times as microseconds. `None` is what does not exist in the years -9999 to 9999.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, ISOWeekDate, Weekday};

/// Microseconds of a second.
pub(super) const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub(super) const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub(super) const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day.
pub(super) const DAY: i64 = 24 * HOUR;

const EPOCH: DateTime = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);

/// Month and day are counted from 1.
pub(super) fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    let (year, month) = (year.try_into().ok()?, month.try_into().ok()?);
    Date::new(year, month, day.try_into().ok()?).ok()
}

/// The day of a year, counted from 1.
pub(super) fn of_day_of_year(year: i64, day: i64) -> Option<Date> {
    date(year, 1, 1)?.with().day_of_year(day.try_into().ok()?).build().ok()
}

/// The day of a week as ISO 8601 counts them: 1 is Monday.
pub(super) fn of_week(year: i64, week: i64, day: i64) -> Option<Date> {
    let day = Weekday::from_monday_one_offset(day.try_into().ok()?).ok()?;
    let week = ISOWeekDate::new(year.try_into().ok()?, week.try_into().ok()?, day);
    week.ok().map(ISOWeekDate::date)
}

/// The local time so many microseconds after the beginning of 1970.
pub(super) fn local(microseconds: i64) -> Option<DateTime> {
    EPOCH.checked_add(SignedDuration::from_micros(microseconds)).ok()
}

/// The same; of one too far away the nearest there is.
pub(super) fn nearest_local(microseconds: i64) -> DateTime {
    EPOCH.saturating_add(SignedDuration::from_micros(microseconds))
}

/// Microseconds from the beginning of 1970 to that of a date.
pub(super) fn microseconds(date: Date) -> i64 {
    date.duration_since(EPOCH.date()).as_secs() * SECOND
}

#[cfg(test)]
mod tests {
    use super::{DAY, date, local, microseconds, nearest_local, of_day_of_year, of_week};
    use jiff::civil::DateTime;

    #[test]
    fn days_and_dates_are_each_other() {
        let ends = [-4_371_587, -719_529, -1, 0, 11_016, 2_932_896];
        for days in (-150_000..150_000).step_by(7).chain(ends) {
            assert_eq!(microseconds(local(days * DAY).unwrap().date()), days * DAY);
        }
        let known = [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((1600, 12, 31), -134_775)];
        for ((year, month, day), days) in known {
            assert_eq!(date(year, month, day).map(microseconds), Some(days * DAY));
        }
    }

    #[test]
    fn what_does_not_exist_is_none() {
        let no_days = [(2023, 2, 29), (1900, 2, 29), (2023, 13, 1), (2023, 0, 1), (10_000, 1, 1)];
        for (year, month, day) in no_days {
            assert_eq!(date(year, month, day), None, "{year} {month} {day}");
        }
        assert_eq!(date(i64::MAX, 1, 257), None);
        assert!(date(2000, 2, 29).is_some() && date(-4, 2, 29).is_some());
        assert_eq!(of_day_of_year(2024, 60), date(2024, 2, 29));
        assert_eq!(of_day_of_year(2023, 366), None);
        assert_eq!(of_day_of_year(2023, 0), None);
        assert_eq!(of_week(2015, 53, 5), date(2016, 1, 1));
        assert_eq!(of_week(2016, 53, 1), None);
        assert_eq!(of_week(2016, 1, 8), None);
        assert_eq!(local(i64::MAX), None);
        assert_eq!(nearest_local(i64::MAX), DateTime::MAX);
        assert_eq!(nearest_local(i64::MIN), DateTime::MIN);
    }
}
