//! Days, years and weeks of the proleptic Gregorian calendar, as ISO 8601 counts them. Everything is
//! exact on the whole range of `i64` microseconds, so nothing here can overflow.

/// Microseconds of a second.
pub(super) const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400 * SECOND;

/// A date: year (0 is 1 BC), month and day from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

/// A week as ISO 8601 §4.3.8 counts it: the first of a year holds its first Thursday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Week {
    pub(super) year: i64,
    pub(super) week: i64,
    /// 1 is Monday.
    pub(super) day: i64,
}

pub(super) fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// How many days a month from 1 to 12 has.
pub(super) fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

pub(super) fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

impl Date {
    /// `None` for a month or day that does not exist.
    pub(super) fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let exists = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    /// The date of this day of a year, counted from 1.
    pub(super) fn of_day_of_year(year: i64, day: i64) -> Option<Self> {
        let first = Self { year, month: 1, day: 1 }.days();
        (1..=days_of_year(year)).contains(&day).then(|| Self::of_days(first + day - 1))
    }

    /// The date of this many days since 1970-01-01. (Howard Hinnant's algorithm: years begin in
    /// March, so that the odd day of a leap year is the last one.)
    pub(super) fn of_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day }
    }

    /// Days since 1970-01-01.
    pub(super) fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let march_month = (self.month + 9) % 12;
        let day_of_year = (153 * march_month + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    pub(super) fn day_of_year(self) -> i64 {
        self.days() - Self { month: 1, day: 1, ..self }.days() + 1
    }

    pub(super) fn week(self) -> Week {
        let days = self.days();
        let day = weekday(days);
        // The Thursday of a week is in the year that the week belongs to.
        let thursday = days - day + 4;
        let year = Self::of_days(thursday).year;
        let first = Self { year, month: 1, day: 1 }.days();
        Week { year, week: (thursday - first) / 7 + 1, day }
    }
}

impl Week {
    /// The date of this day; `None` if the year has no such week or the week no such day.
    pub(super) fn date(self) -> Option<Date> {
        let fourth = Date { year: self.year, month: 1, day: 4 }.days();
        let monday = fourth - weekday(fourth) + 1;
        let date = Date::of_days(monday + 7 * (self.week - 1) + self.day - 1);
        (date.week() == self).then_some(date)
    }
}

/// 1 for Monday, of days since 1970-01-01, which was a Thursday.
pub(super) fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

#[cfg(test)]
mod tests {
    use super::{Date, Week, weekday};

    #[test]
    fn days_and_dates_are_each_other() {
        let ends = [-4_371_222, -719_529, -1, 0, 11_016, 2_932_896];
        for days in (-150_000..150_000).step_by(7).chain(ends) {
            assert_eq!(Date::of_days(days).days(), days);
        }
        let known = [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((1600, 12, 31), -134_775)];
        for ((year, month, day), days) in known {
            assert_eq!(Date { year, month, day }.days(), days);
        }
        assert_eq!(Date::new(2023, 2, 29), None);
        assert_eq!(Date::new(1900, 2, 29), None);
        assert!(Date::new(2000, 2, 29).is_some() && Date::new(-4, 2, 29).is_some());
        assert_eq!(Date::of_day_of_year(2024, 60), Date::new(2024, 2, 29));
        assert_eq!(Date::of_day_of_year(2023, 366), None);
    }

    #[test]
    fn weeks_belong_to_the_year_of_their_thursday() {
        let cases = [
            ((2016, 1, 1), (2015, 53, 5)),
            ((2015, 12, 31), (2015, 53, 4)),
            ((2018, 12, 31), (2019, 1, 1)),
            ((2017, 1, 1), (2016, 52, 7)),
            ((2020, 12, 31), (2020, 53, 4)),
        ];
        for ((y, m, d), (year, week, day)) in cases {
            let date = Date::new(y, m, d).unwrap();
            assert_eq!(date.week(), Week { year, week, day });
            assert_eq!(Week { year, week, day }.date(), Some(date));
        }
        assert_eq!(Week { year: 2016, week: 53, day: 1 }.date(), None);
        assert_eq!(Week { year: 2016, week: 1, day: 8 }.date(), None);
        assert_eq!(weekday(0), 4);
    }
}
