//! `extract(field FROM value)` with PostgreSQL's scales; `date_part` is the same as a double.
//!
//! `None` is NULL: a field that goes round and round (day, hour, ...) has no value at infinity, one that grows (year,
//! epoch, ...) is infinite there.

use super::calendar::{Civil, JULIAN_2000, day_of_week, iso_day_of_week, iso_week, split};
use super::words::{Unit, Word, date_word, unit_word};
use super::{
    DATE_NEG_INFINITY, DAY, HOUR, MINUTE, SECOND, TIMESTAMP_NEG_INFINITY, UNIX_EPOCH_DAYS, UNIX_EPOCH_SECONDS,
    is_infinite, is_infinite_date,
};
use crate::datum::Interval;
use crate::error::{SqlError, SqlState};
use crate::numeric::Numeric;
use crate::ty::TypeId;
use crate::zone::Zone;

/// A field of a date or time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Unit(Unit),
    Epoch,
    Julian,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
}

/// A field by name. 22023 for an unknown one, 0A000 for a word of dates that is no field.
pub(super) fn field(name: &str, ty: TypeId) -> Result<Field, SqlError> {
    let lower = name.to_ascii_lowercase();
    if let Some(unit) = unit_word(&lower) {
        return Ok(Field::Unit(unit));
    }
    Ok(match lower.as_str() {
        "epoch" => Field::Epoch,
        "dow" => Field::DayOfWeek,
        "isodow" => Field::IsoDayOfWeek,
        "doy" => Field::DayOfYear,
        "isoyear" => Field::IsoYear,
        "j" | "jd" | "julian" => Field::Julian,
        _ => match date_word(&lower) {
            Some(Word::Early | Word::Late | Word::Now | Word::Today(_) | Word::Zulu) => {
                return Err(unsupported(name, ty));
            }
            _ => return Err(unrecognized(name, ty)),
        },
    })
}

pub(super) fn unsupported(name: &str, ty: TypeId) -> SqlError {
    let message = format!("unit \"{}\" not supported for type {}", name.to_ascii_lowercase(), ty.sql_name());
    SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

pub(super) fn unrecognized(name: &str, ty: TypeId) -> SqlError {
    let message = format!("unit \"{}\" not recognized for type {}", name.to_ascii_lowercase(), ty.sql_name());
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn whole(value: impl Into<i64>) -> Result<Option<Numeric>, SqlError> {
    Ok(Some(Numeric::integer(value.into())))
}

fn scaled(micros: i128, scale: u16) -> Result<Option<Numeric>, SqlError> {
    Numeric::new(micros, scale).map(Some)
}

/// The value of a field at an infinity.
fn at_infinity(field: Field, negative: bool) -> Option<Numeric> {
    match field {
        Field::Epoch
        | Field::Julian
        | Field::IsoYear
        | Field::Unit(Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium) => {
            Some(if negative { Numeric::NegInfinity } else { Numeric::Infinity })
        }
        _ => None,
    }
}

/// `extract(field FROM timestamp)`
pub fn of_timestamp(name: &str, timestamp: i64) -> Result<Option<Numeric>, SqlError> {
    let field = field(name, TypeId::TIMESTAMP)?;
    if is_infinite(timestamp) {
        return Ok(at_infinity(field, timestamp == TIMESTAMP_NEG_INFINITY));
    }
    match field {
        Field::Unit(Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute) => {
            Err(unsupported(name, TypeId::TIMESTAMP))
        }
        Field::Epoch => scaled(i128::from(timestamp) + i128::from(UNIX_EPOCH_SECONDS * SECOND), 6),
        _ => of_moment(name, field, timestamp, TypeId::TIMESTAMP),
    }
}

/// `extract(field FROM timestamptz)`, in `zone`.
pub fn of_timestamptz(name: &str, instant: i64, zone: &Zone) -> Result<Option<Numeric>, SqlError> {
    let field = field(name, TypeId::TIMESTAMPTZ)?;
    if is_infinite(instant) {
        return Ok(at_infinity(field, instant == TIMESTAMP_NEG_INFINITY));
    }
    let (local, offset) = zone.local_for_output(instant);
    match field {
        Field::Unit(Unit::Timezone) => whole(offset),
        Field::Unit(Unit::TimezoneHour) => whole(offset / 3600),
        Field::Unit(Unit::TimezoneMinute) => whole(offset / 60 % 60),
        Field::Epoch => scaled(i128::from(instant) + i128::from(UNIX_EPOCH_SECONDS * SECOND), 6),
        _ => of_moment(name, field, local, TypeId::TIMESTAMPTZ),
    }
}

fn of_moment(name: &str, field: Field, local: i64, ty: TypeId) -> Result<Option<Numeric>, SqlError> {
    let (days, micros) = split(local);
    if let Some(value) = of_clock(field, micros) {
        return value;
    }
    match field {
        Field::Julian => {
            let fraction = Numeric::integer(micros).checked_div(Numeric::integer(DAY))?;
            Numeric::integer(i64::from(days) + i64::from(JULIAN_2000)).checked_add(fraction).map(Some)
        }
        _ => of_day(field, days).ok_or_else(|| unsupported(name, ty))?,
    }
}

/// Hours down to microseconds.
fn of_clock(field: Field, micros: i64) -> Option<Result<Option<Numeric>, SqlError>> {
    Some(match field {
        Field::Unit(Unit::Microsecond) => whole(micros % MINUTE),
        Field::Unit(Unit::Millisecond) => scaled(i128::from(micros % MINUTE), 3),
        Field::Unit(Unit::Second) => scaled(i128::from(micros % MINUTE), 6),
        Field::Unit(Unit::Minute) => whole(micros / MINUTE % 60),
        Field::Unit(Unit::Hour) => whole(micros / HOUR),
        _ => return None,
    })
}

/// Days up to millennia.
fn of_day(field: Field, days: i32) -> Option<Result<Option<Numeric>, SqlError>> {
    let date = Civil::from_days(days);
    let year = date.year;
    Some(match field {
        Field::Unit(Unit::Day) => whole(date.day),
        Field::Unit(Unit::Week) => whole(iso_week(days).1),
        Field::Unit(Unit::Month) => whole(date.month),
        Field::Unit(Unit::Quarter) => whole((date.month - 1) / 3 + 1),
        Field::Unit(Unit::Year) => whole(if year > 0 { year } else { year - 1 }),
        Field::Unit(Unit::Decade) => whole(if year >= 0 { year / 10 } else { -((8 - (year - 1)) / 10) }),
        Field::Unit(Unit::Century) => whole(if year > 0 { (year + 99) / 100 } else { -((99 - (year - 1)) / 100) }),
        Field::Unit(Unit::Millennium) => {
            whole(if year > 0 { (year + 999) / 1000 } else { -((999 - (year - 1)) / 1000) })
        }
        Field::Julian => whole(i64::from(days) + i64::from(JULIAN_2000)),
        Field::IsoYear => {
            let year = iso_week(days).0;
            whole(if year > 0 { year } else { year - 1 })
        }
        Field::DayOfWeek => whole(day_of_week(days)),
        Field::IsoDayOfWeek => whole(iso_day_of_week(days)),
        Field::DayOfYear => whole(date.day_of_year()),
        _ => return None,
    })
}

/// `extract(field FROM date)`: only fields of a day. (`date_part` takes the date as a timestamp instead.)
pub fn of_date(name: &str, date: i32) -> Result<Option<Numeric>, SqlError> {
    let field = field(name, TypeId::DATE)?;
    let refused = || unsupported(name, TypeId::DATE);
    if is_infinite_date(date) {
        return match of_clock(field, 0) {
            Some(_) => Err(refused()),
            None if matches!(field, Field::Unit(Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute)) => {
                Err(refused())
            }
            None => Ok(at_infinity(field, date == DATE_NEG_INFINITY)),
        };
    }
    match field {
        Field::Epoch => whole((i64::from(date) + i64::from(UNIX_EPOCH_DAYS)) * (DAY / SECOND)),
        _ => of_day(field, date).ok_or_else(refused)?,
    }
}

/// `extract(field FROM time)`
pub fn of_time(name: &str, time: i64) -> Result<Option<Numeric>, SqlError> {
    let field = field(name, TypeId::TIME)?;
    match field {
        Field::Epoch => scaled(i128::from(time), 6),
        _ => of_clock(field, time).ok_or_else(|| unsupported(name, TypeId::TIME))?,
    }
}

/// `extract(field FROM interval)`
pub fn of_interval(name: &str, interval: Interval) -> Result<Option<Numeric>, SqlError> {
    let field = field(name, TypeId::INTERVAL)?;
    let Interval { months, days, micros } = interval;
    let (years, month) = (months / 12, months % 12);
    match field {
        Field::Epoch => {
            // A year counts 365.25 days; in quarters of a day everything is whole.
            let quarter_days = 1461 * i128::from(years) + 120 * i128::from(month) + 4 * i128::from(days);
            scaled(quarter_days * i128::from(DAY / 4) + i128::from(micros), 6)
        }
        Field::Unit(Unit::Day) => whole(days),
        Field::Unit(Unit::Month) => whole(month),
        Field::Unit(Unit::Quarter) => whole(month / 3 + 1),
        Field::Unit(Unit::Year) => whole(years),
        Field::Unit(Unit::Decade) => whole(years / 10),
        Field::Unit(Unit::Century) => whole(years / 100),
        Field::Unit(Unit::Millennium) => whole(years / 1000),
        _ => of_clock(field, micros).ok_or_else(|| unsupported(name, TypeId::INTERVAL))?,
    }
}
