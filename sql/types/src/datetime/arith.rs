//! Arithmetic on dates, times and intervals.

use super::calendar::{Civil, days_in_month, join, split};
use super::{
    DATE_INFINITY, DATE_NEG_INFINITY, DAY, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY, check_date, check_timestamp,
    interval_out_of_range, is_infinite, is_infinite_date, overflow, timestamp_out_of_range,
};
use crate::datum::Interval;
use crate::error::SqlError;
use crate::zone::Zone;

/// Days of a month in `justify_days` and comparisons.
const DAYS_PER_MONTH: i32 = 30;

/// `timestamp + interval`: months first (the day is held within the month), then days, then time. 22008 out of range.
pub fn timestamp_plus(timestamp: i64, interval: Interval) -> Result<i64, SqlError> {
    if is_infinite(timestamp) {
        return Ok(timestamp);
    }
    let (days, micros) = split(timestamp);
    let mut moved = timestamp;
    if interval.months != 0 {
        let date = add_months(Civil::from_days(days), interval.months);
        moved = at(date.to_days(), micros)?;
    }
    if interval.days != 0 {
        let (days, micros) = split(moved);
        moved = at(i64::from(days) + i64::from(interval.days), micros)?;
    }
    check_timestamp(moved.checked_add(interval.micros).ok_or_else(timestamp_out_of_range)?)
}

/// `timestamp - interval`
pub fn timestamp_minus(timestamp: i64, interval: Interval) -> Result<i64, SqlError> {
    timestamp_plus(timestamp, negate(interval)?)
}

/// `timestamptz + interval`: months and days are counted in local time of `zone`, so that a day may have 23 or 25 hours.
pub fn timestamptz_plus(instant: i64, interval: Interval, zone: &Zone) -> Result<i64, SqlError> {
    if is_infinite(instant) {
        return Ok(instant);
    }
    let mut moved = instant;
    for calendar in [
        Interval { months: interval.months, ..Interval::default() },
        Interval { days: interval.days, ..Interval::default() },
    ] {
        if calendar != Interval::default() {
            moved = zone.to_utc(timestamp_plus(zone.to_local(moved)?, calendar)?)?;
        }
    }
    check_timestamp(moved.checked_add(interval.micros).ok_or_else(timestamp_out_of_range)?)
}

/// `timestamptz - interval`
pub fn timestamptz_minus(instant: i64, interval: Interval, zone: &Zone) -> Result<i64, SqlError> {
    timestamptz_plus(instant, negate(interval)?, zone)
}

fn at(days: i64, micros: i64) -> Result<i64, SqlError> {
    check_timestamp(join(days, micros).ok_or_else(timestamp_out_of_range)?)
}

/// The date some months later; the last day of a shorter month stands in for days that it lacks.
pub(super) fn add_months(date: Civil, months: i32) -> Civil {
    let total = i64::from(date.year) * 12 + i64::from(date.month) - 1 + i64::from(months);
    let (year, month) = (total.div_euclid(12) as i32, total.rem_euclid(12) as i32 + 1);
    Civil { year, month, day: date.day.min(days_in_month(year, month)) }
}

/// `timestamp - timestamp` (both kinds): days and time. 22008 for infinities.
pub fn difference(a: i64, b: i64) -> Result<Interval, SqlError> {
    if is_infinite(a) || is_infinite(b) {
        return Err(overflow("cannot subtract infinite timestamps"));
    }
    let micros = a.checked_sub(b).ok_or_else(interval_out_of_range)?;
    justify_hours(Interval { months: 0, days: 0, micros })
}

/// `date + integer`. 22008 out of range.
pub fn date_plus(date: i32, days: i32) -> Result<i32, SqlError> {
    if is_infinite_date(date) {
        return Ok(date);
    }
    check_date(i64::from(date) + i64::from(days))
}

/// `date - integer`
pub fn date_minus(date: i32, days: i32) -> Result<i32, SqlError> {
    if is_infinite_date(date) {
        return Ok(date);
    }
    check_date(i64::from(date) - i64::from(days))
}

/// `date - date`, in days. 22008 for infinities.
pub fn date_difference(a: i32, b: i32) -> Result<i32, SqlError> {
    match is_infinite_date(a) || is_infinite_date(b) {
        true => Err(overflow("cannot subtract infinite dates")),
        false => Ok(a - b),
    }
}

/// A date's midnight. 22008 beyond a timestamp's range.
pub fn date_to_timestamp(date: i32) -> Result<i64, SqlError> {
    match date {
        DATE_INFINITY => Ok(TIMESTAMP_INFINITY),
        DATE_NEG_INFINITY => Ok(TIMESTAMP_NEG_INFINITY),
        _ => {
            let timestamp = join(i64::from(date), 0).unwrap_or(i64::MAX);
            check_timestamp(timestamp).map_err(|_| overflow("date out of range for timestamp"))
        }
    }
}

/// A date's midnight in `zone`.
pub fn date_to_timestamptz(date: i32, zone: &Zone) -> Result<i64, SqlError> {
    zone.to_utc(date_to_timestamp(date)?).map_err(|_| overflow("date out of range for timestamp"))
}

/// The day of a timestamp.
pub fn timestamp_to_date(timestamp: i64) -> i32 {
    match timestamp {
        TIMESTAMP_INFINITY => DATE_INFINITY,
        TIMESTAMP_NEG_INFINITY => DATE_NEG_INFINITY,
        _ => split(timestamp).0,
    }
}

/// The day of an instant in `zone`.
pub fn timestamptz_to_date(instant: i64, zone: &Zone) -> i32 {
    match is_infinite(instant) {
        true => timestamp_to_date(instant),
        false => timestamp_to_date(zone.local_for_output(instant).0),
    }
}

/// The time of day of a timestamp; `None` (NULL) for infinities.
pub fn timestamp_to_time(timestamp: i64) -> Option<i64> {
    (!is_infinite(timestamp)).then(|| split(timestamp).1)
}

/// The time of day of an instant in `zone`; `None` (NULL) for infinities.
pub fn timestamptz_to_time(instant: i64, zone: &Zone) -> Option<i64> {
    (!is_infinite(instant)).then(|| split(zone.local_for_output(instant).0).1)
}

/// `time + interval`: its time part, round the clock.
pub const fn time_plus(time: i64, interval: Interval) -> i64 {
    time.wrapping_add(interval.micros % DAY).rem_euclid(DAY)
}

/// `time - interval`
pub const fn time_minus(time: i64, interval: Interval) -> i64 {
    time.wrapping_sub(interval.micros % DAY).rem_euclid(DAY)
}

/// `interval::time`: the time part, round the clock.
pub const fn interval_to_time(interval: Interval) -> i64 {
    interval.micros.rem_euclid(DAY)
}

/// `time - time`, and `time::interval` with `b` = 0.
pub const fn time_difference(a: i64, b: i64) -> Interval {
    Interval { months: 0, days: 0, micros: a - b }
}

/// `interval + interval`, part by part. 22008 out of range.
pub fn interval_plus(a: Interval, b: Interval) -> Result<Interval, SqlError> {
    let sum = || {
        Some(Interval {
            months: a.months.checked_add(b.months)?,
            days: a.days.checked_add(b.days)?,
            micros: a.micros.checked_add(b.micros)?,
        })
    };
    sum().ok_or_else(interval_out_of_range)
}

/// `interval - interval`, part by part. 22008 out of range.
pub fn interval_minus(a: Interval, b: Interval) -> Result<Interval, SqlError> {
    let difference = || {
        Some(Interval {
            months: a.months.checked_sub(b.months)?,
            days: a.days.checked_sub(b.days)?,
            micros: a.micros.checked_sub(b.micros)?,
        })
    };
    difference().ok_or_else(interval_out_of_range)
}

/// `- interval`. 22008 out of range.
pub fn negate(interval: Interval) -> Result<Interval, SqlError> {
    interval_minus(Interval::default(), interval)
}

/// `justify_hours`: 24 hours become a day; days and time get the same sign.
pub fn justify_hours(interval: Interval) -> Result<Interval, SqlError> {
    let carried = (interval.micros / DAY) as i32;
    let mut result = Interval {
        days: interval.days.checked_add(carried).ok_or_else(interval_out_of_range)?,
        micros: interval.micros % DAY,
        ..interval
    };
    if result.days > 0 && result.micros < 0 {
        result.micros += DAY;
        result.days -= 1;
    } else if result.days < 0 && result.micros > 0 {
        result.micros -= DAY;
        result.days += 1;
    }
    Ok(result)
}

/// `justify_days`: 30 days become a month; months and days get the same sign.
pub fn justify_days(interval: Interval) -> Result<Interval, SqlError> {
    let carried = interval.days / DAYS_PER_MONTH;
    let mut result = Interval {
        months: interval.months.checked_add(carried).ok_or_else(interval_out_of_range)?,
        days: interval.days % DAYS_PER_MONTH,
        ..interval
    };
    if result.months > 0 && result.days < 0 {
        result.days += DAYS_PER_MONTH;
        result.months -= 1;
    } else if result.months < 0 && result.days > 0 {
        result.days -= DAYS_PER_MONTH;
        result.months += 1;
    }
    Ok(result)
}

/// `justify_interval`: both, and one sign for all parts.
pub fn justify_interval(interval: Interval) -> Result<Interval, SqlError> {
    let Interval { months, days, micros } = interval;
    // Days of the same sign as the time may overflow together: carry them first.
    let (mut months, mut days) = match (days > 0 && micros > 0) || (days < 0 && micros < 0) {
        true => (months.checked_add(days / DAYS_PER_MONTH).ok_or_else(interval_out_of_range)?, days % DAYS_PER_MONTH),
        false => (months, days),
    };
    let mut micros = micros;
    days = days.checked_add((micros / DAY) as i32).ok_or_else(interval_out_of_range)?;
    micros %= DAY;
    months = months.checked_add(days / DAYS_PER_MONTH).ok_or_else(interval_out_of_range)?;
    days %= DAYS_PER_MONTH;
    if months > 0 && (days < 0 || (days == 0 && micros < 0)) {
        days += DAYS_PER_MONTH;
        months -= 1;
    } else if months < 0 && (days > 0 || (days == 0 && micros > 0)) {
        days -= DAYS_PER_MONTH;
        months += 1;
    }
    if days > 0 && micros < 0 {
        micros += DAY;
        days -= 1;
    } else if days < 0 && micros > 0 {
        micros -= DAY;
        days += 1;
    }
    Ok(Interval { months, days, micros })
}

/// `age(a, b)` of timestamps: years, months, days and time between them, as a person counts. For timestamptz pass local
/// times. 22008 for infinities.
pub fn age(a: i64, b: i64) -> Result<Interval, SqlError> {
    if is_infinite(a) || is_infinite(b) {
        return Err(timestamp_out_of_range());
    }
    let (later, earlier, sign) = if a >= b { (a, b, 1) } else { (b, a, -1) };
    let ((later_days, later_micros), (earlier_days, earlier_micros)) = (split(later), split(earlier));
    let (to, from) = (Civil::from_days(later_days), Civil::from_days(earlier_days));
    let mut micros = later_micros - earlier_micros;
    let mut days = to.day - from.day;
    let mut months = (to.year - from.year) * 12 + to.month - from.month;
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    while days < 0 {
        // Borrow the month that the earlier date stands in.
        days += days_in_month(from.year, from.month);
        months -= 1;
    }
    Ok(Interval { months: sign * months, days: sign * days, micros: i64::from(sign) * micros })
}

/// Rounds microseconds to this many fraction digits of a second, half away from zero.
pub fn round_micros(micros: i64, digits: i32) -> i64 {
    let unit = 10_i64.pow(6 - digits.clamp(0, 6) as u32);
    let half = unit / 2;
    match micros >= 0 {
        true => micros.saturating_add(half) / unit * unit,
        false => -((-micros.saturating_add(1)).saturating_add(half + 1) / unit * unit),
    }
}
