//! `date_trunc` and `date_bin`.

use super::calendar::{Civil, iso_day_of_week, join, split};
use super::fields::{unrecognized, unsupported};
use super::words::{Unit, unit_word};
use super::{
    DAY, HOUR, MINUTE, SECOND, check_timestamp, interval_out_of_range, is_infinite, overflow, timestamp_out_of_range,
};
use crate::datum::Interval;
use crate::error::{SqlError, SqlState};
use crate::ty::TypeId;
use crate::zone::Zone;

/// The unit of this name. Unlike `extract`, this knows no `dow` and no `epoch`.
fn unit(name: &str, ty: TypeId) -> Result<Unit, SqlError> {
    match unit_word(&name.to_ascii_lowercase()) {
        Some(Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute) => Err(unsupported(name, ty)),
        Some(unit) => Ok(unit),
        None => Err(unrecognized(name, ty)),
    }
}

/// Microseconds of the units below a day.
const fn clock_unit(unit: Unit) -> Option<i64> {
    Some(match unit {
        Unit::Microsecond => 1,
        Unit::Millisecond => 1000,
        Unit::Second => SECOND,
        Unit::Minute => MINUTE,
        Unit::Hour => HOUR,
        _ => return None,
    })
}

/// `date_trunc(unit, timestamp)`. 22023 for an unknown unit, 0A000 for one that is none of a timestamp.
pub fn timestamp(name: &str, timestamp: i64) -> Result<i64, SqlError> {
    if is_infinite(timestamp) {
        return Ok(timestamp); // whatever the unit's name
    }
    let unit = unit(name, TypeId::TIMESTAMP)?;
    truncated(unit, timestamp)
}

/// `date_trunc(unit, timestamptz [, zone])`: in local time of `zone`.
pub fn timestamptz(name: &str, instant: i64, zone: &Zone) -> Result<i64, SqlError> {
    if is_infinite(instant) {
        return Ok(instant); // whatever the unit's name
    }
    let unit = unit(name, TypeId::TIMESTAMPTZ)?;
    let (local, offset) = zone.local_for_output(instant);
    match clock_unit(unit) {
        // Within the hour the offset stays what it was, even in the doubled hour of a fall-back change.
        Some(micros) => check_timestamp(local - local.rem_euclid(micros) - i64::from(offset) * SECOND),
        None => zone.to_utc(truncated(unit, local)?),
    }
}

fn truncated(unit: Unit, local: i64) -> Result<i64, SqlError> {
    if let Some(micros) = clock_unit(unit) {
        return check_timestamp(local - local.rem_euclid(micros));
    }
    let (days, _) = split(local);
    let date = Civil::from_days(days);
    let start = |year| Civil { year, month: 1, day: 1 }.to_days();
    let first_day = match unit {
        Unit::Day => i64::from(days),
        Unit::Week => i64::from(days - (iso_day_of_week(days) - 1)),
        Unit::Month => Civil { day: 1, ..date }.to_days(),
        Unit::Quarter => Civil { month: (date.month - 1) / 3 * 3 + 1, day: 1, ..date }.to_days(),
        Unit::Year => start(date.year),
        Unit::Decade => start(match date.year {
            year @ 1.. => year / 10 * 10,
            year => -((8 - (year - 1)) / 10) * 10,
        }),
        Unit::Century => start(first_year(date.year, 100)),
        Unit::Millennium => start(first_year(date.year, 1000)),
        _ => i64::from(days),
    };
    check_timestamp(join(first_day, 0).ok_or_else(timestamp_out_of_range)?)
}

/// The first year of a century or millennium: 2001 for 2001..=2100.
const fn first_year(year: i32, length: i32) -> i32 {
    match year {
        1.. => (year + length - 1) / length * length - (length - 1),
        _ => -((length - 1 - (year - 1)) / length) * length + 1,
    }
}

/// `date_trunc(unit, interval)`
pub fn interval(name: &str, interval: Interval) -> Result<Interval, SqlError> {
    let unit = unit(name, TypeId::INTERVAL)?;
    let Interval { months, days, micros } = interval;
    let whole_months = |unit: i32| Interval { months: months / unit * unit, days: 0, micros: 0 };
    Ok(match unit {
        Unit::Millennium => whole_months(12_000),
        Unit::Century => whole_months(1200),
        Unit::Decade => whole_months(120),
        Unit::Year => whole_months(12),
        Unit::Quarter => whole_months(3),
        Unit::Month => whole_months(1),
        Unit::Week => {
            return Err(unsupported(name, TypeId::INTERVAL).detail("Months usually have fractional weeks."));
        }
        Unit::Day => Interval { months, days, micros: 0 },
        _ => match clock_unit(unit) {
            Some(unit) => Interval { months, days, micros: micros / unit * unit },
            None => return Err(unsupported(name, TypeId::INTERVAL)),
        },
    })
}

/// `date_bin(stride, timestamp, origin)` of both kinds of timestamp: the start of the bin that holds it.
pub fn bin(stride: Interval, timestamp: i64, origin: i64) -> Result<i64, SqlError> {
    if is_infinite(timestamp) {
        return Ok(timestamp);
    }
    if is_infinite(origin) {
        return Err(overflow("origin out of range"));
    }
    if stride.months != 0 {
        let message = "timestamps cannot be binned into intervals containing months or years";
        return Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    }
    let width = i64::from(stride.days).checked_mul(DAY).and_then(|days| days.checked_add(stride.micros));
    let width = width.ok_or_else(interval_out_of_range)?;
    if width <= 0 {
        return Err(overflow("stride must be greater than zero"));
    }
    let distance = timestamp.checked_sub(origin).ok_or_else(interval_out_of_range)?;
    let start = distance.div_euclid(width).checked_mul(width).and_then(|bins| bins.checked_add(origin));
    check_timestamp(start.ok_or_else(timestamp_out_of_range)?)
}
