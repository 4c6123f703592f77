//! Days and dates: the proleptic Gregorian calendar by Julian day numbers, ISO weeks, time of day.

use super::{DAY, HOUR, MINUTE, SECOND};

/// Julian day number of 2000-01-01.
pub const JULIAN_2000: i32 = 2_451_545;

/// A date. Years are astronomical: 0 is 1 BC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Civil {
    /// Year, 0 = 1 BC.
    pub year: i32,
    /// 1..=12
    pub month: i32,
    /// 1..=31
    pub day: i32,
}

/// A time of day; the hour may be 24 at midnight's end, and beyond in intervals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    /// Hours.
    pub hour: i64,
    /// 0..60
    pub minute: i32,
    /// 0..=60
    pub second: i32,
    /// 0..1000000
    pub micros: i32,
}

/// Is this a leap year?
pub const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month.
pub const fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + is_leap(year) as i32,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Civil {
    /// Days since 2000-01-01. Months outside 1..=12 and days outside the month count on into the neighbours.
    pub const fn to_days(self) -> i64 {
        // Years of 12 months from March, so that the leap day is the last of its year (Hinnant, "chrono-compatible
        // low-level date algorithms").
        let months = self.year as i64 * 12 + self.month as i64 - 3;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * month + 2) / 5 + self.day as i64 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 730_425
    }

    /// The date that lies this many days after 2000-01-01.
    pub const fn from_days(days: i32) -> Self {
        let shifted = days as i64 + 730_425;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month + 2) / 5 + 1) as i32;
        let year = (year_of_era + era * 400) as i32;
        match month < 10 {
            true => Self { year, month: month as i32 + 3, day },
            false => Self { year: year + 1, month: month as i32 - 9, day },
        }
    }

    /// Is the day one of its month, and the month one of the year?
    pub const fn is_valid(self) -> bool {
        1 <= self.month && self.month <= 12 && 1 <= self.day && self.day <= days_in_month(self.year, self.month)
    }

    /// 1..=366
    pub const fn day_of_year(self) -> i32 {
        (self.to_days() - Self { year: self.year, month: 1, day: 1 }.to_days()) as i32 + 1
    }
}

/// 0 = Sunday to 6 = Saturday.
pub const fn day_of_week(days: i32) -> i32 {
    (days as i64 + 6).rem_euclid(7) as i32 // 2000-01-01 was a Saturday
}

/// 1 = Monday to 7 = Sunday.
pub const fn iso_day_of_week(days: i32) -> i32 {
    match day_of_week(days) {
        0 => 7,
        day => day,
    }
}

/// Year and week (1..=53) of the ISO calendar.
pub const fn iso_week(days: i32) -> (i32, i32) {
    // The week belongs to the year of its Thursday.
    let thursday = days - iso_day_of_week(days) + 4;
    let date = Civil::from_days(thursday);
    (date.year, (date.day_of_year() - 1) / 7 + 1)
}

/// The Monday that begins a week of the ISO calendar, in days since 2000-01-01.
pub const fn iso_week_start(year: i32, week: i32) -> i64 {
    let fourth = Civil { year, month: 1, day: 4 }.to_days(); // always in week 1
    fourth - (iso_day_of_week(fourth as i32) as i64 - 1) + (week as i64 - 1) * 7
}

impl Clock {
    /// From microseconds since midnight (or of an interval's time, when not negative).
    pub const fn from_micros(micros: i64) -> Self {
        Self {
            hour: micros / HOUR,
            minute: (micros / MINUTE % 60) as i32,
            second: (micros / SECOND % 60) as i32,
            micros: (micros % SECOND) as i32,
        }
    }

    /// Microseconds since midnight. Hours are expected in a day's range.
    pub const fn to_micros(self) -> i64 {
        self.hour * HOUR + self.minute as i64 * MINUTE + self.second as i64 * SECOND + self.micros as i64
    }

    /// Outside 00:00:00 to 24:00:00?
    pub const fn overflows(self) -> bool {
        self.hour < 0
            || self.hour > 24
            || self.minute < 0
            || self.minute > 59
            || self.second < 0
            || self.second > 60
            || self.micros < 0
            || self.micros > SECOND as i32
            || self.to_micros() > DAY
    }
}

/// Splits a finite timestamp into its day and microseconds since midnight.
pub const fn split(timestamp: i64) -> (i32, i64) {
    (timestamp.div_euclid(DAY) as i32, timestamp.rem_euclid(DAY))
}

/// Joins what [`split`] parted; `None` beyond 64 bits.
pub fn join(days: i64, micros: i64) -> Option<i64> {
    days.checked_mul(DAY)?.checked_add(micros)
}
