//! Dates, times and intervals: text in and out, time zones, arithmetic, fields.
//!
//! ```text
//!  date                 days          since 2000-01-01            i32::MIN, i32::MAX: -infinity, infinity
//!  time                 microseconds  since midnight              0..=86 400 000 000 (24:00 included)
//!  timestamp            microseconds  since 2000-01-01 local      i64::MIN, i64::MAX: -infinity, infinity
//!  timestamptz          microseconds  since 2000-01-01 UTC        the same
//!  interval             months, days, microseconds                three parts that never convert by themselves
//! ```
//! The calendar is the proleptic Gregorian one; year 0 is 1 BC. What a text means depends on the session: field order
//! (`DateStyle`), time zone, and the transaction's start for `now`. All of that comes in as [`EvalSettings`], so that
//! every function here is a pure one.
//!
//! [`EvalSettings`]: crate::kernel::EvalSettings

mod abbreviations;
pub mod arith;
pub mod calendar;
mod complete;
mod decode;
pub mod fields;
pub mod input;
mod interval_input;
mod interval_iso;
pub mod interval_output;
mod lex;
pub mod make;
pub mod output;
mod parts;
mod styles;
pub mod truncate;
mod words;
mod zones;

#[cfg(test)]
mod tests;

pub use calendar::{Civil, Clock};
pub use interval_input::interval as interval_text;
pub use zones::{Offset, zone_argument, zone_argument_at};

use crate::error::{SqlError, SqlState};

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;
/// Days from 1970-01-01 to 2000-01-01.
pub const UNIX_EPOCH_DAYS: i32 = 10_957;
/// Seconds from 1970 to 2000.
pub const UNIX_EPOCH_SECONDS: i64 = UNIX_EPOCH_DAYS as i64 * 86_400;

/// `-infinity` as a date.
pub const DATE_NEG_INFINITY: i32 = i32::MIN;
/// `infinity` as a date.
pub const DATE_INFINITY: i32 = i32::MAX;
/// 4714-11-24 BC, Julian day 0.
pub const DATE_MIN: i32 = -calendar::JULIAN_2000;
/// The first day after the last date, 5874898-01-01.
pub const DATE_END: i32 = 2_147_483_494 - calendar::JULIAN_2000;

/// `-infinity` as a timestamp.
pub const TIMESTAMP_NEG_INFINITY: i64 = i64::MIN;
/// `infinity` as a timestamp.
pub const TIMESTAMP_INFINITY: i64 = i64::MAX;
/// 4714-11-24 00:00 BC
pub const TIMESTAMP_MIN: i64 = -211_813_488_000_000_000;
/// The first microsecond after the last timestamp, 294277-01-01 00:00.
pub const TIMESTAMP_END: i64 = 9_223_371_331_200_000_000;

/// Is this timestamp infinite?
pub const fn is_infinite(timestamp: i64) -> bool {
    timestamp == TIMESTAMP_INFINITY || timestamp == TIMESTAMP_NEG_INFINITY
}

/// Is this date infinite?
pub const fn is_infinite_date(date: i32) -> bool {
    date == DATE_INFINITY || date == DATE_NEG_INFINITY
}

/// 22008 unless the timestamp is in range (infinities are not).
pub fn check_timestamp(timestamp: i64) -> Result<i64, SqlError> {
    match timestamp {
        TIMESTAMP_MIN..TIMESTAMP_END => Ok(timestamp),
        _ => Err(timestamp_out_of_range()),
    }
}

/// 22008 unless the date is in range.
pub fn check_date(date: i64) -> Result<i32, SqlError> {
    match i32::try_from(date) {
        Ok(date @ DATE_MIN..DATE_END) => Ok(date),
        _ => Err(overflow("date out of range")),
    }
}

/// 22008 `timestamp out of range`
pub fn timestamp_out_of_range() -> SqlError {
    overflow("timestamp out of range")
}

/// 22008 `interval out of range`
pub fn interval_out_of_range() -> SqlError {
    overflow("interval out of range")
}

/// 22008 with a message of its own.
pub(crate) fn overflow(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, message)
}
