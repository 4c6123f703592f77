//! Text to date, time, timestamp and timestamptz.

use super::calendar::{Civil, join};
use super::decode::{self, DecodeError, Decoded, Expect, decode};
use super::{
    DATE_INFINITY, DATE_NEG_INFINITY, SECOND, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY, UNIX_EPOCH_SECONDS,
    check_date, check_timestamp, lex,
};
use crate::error::{SqlError, SqlState};
use crate::kernel::EvalSettings;

/// Reads a `date`: days since 2000-01-01. 22007 for what is no date, 22008 out of range.
pub fn date(text: &str, settings: &EvalSettings) -> Result<i32, SqlError> {
    if let Some(days) = iso_date(text.as_bytes()) {
        return Ok(days);
    }
    match moment(text, Expect::Date, settings).map_err(|error| refuse(error, text, "date"))? {
        Decoded::Late => Ok(DATE_INFINITY),
        Decoded::Early => Ok(DATE_NEG_INFINITY),
        Decoded::Epoch => Ok(decode::EPOCH_DATE),
        Decoded::Moment { date, .. } => check_date(date.to_days()).map_err(|_| out_of_range("date", text)),
    }
}

/// Reads a `time`: microseconds since midnight.
pub fn time(text: &str, settings: &EvalSettings) -> Result<i64, SqlError> {
    match moment(text, Expect::Time, settings).map_err(|error| refuse(error, text, "time"))? {
        Decoded::Moment { clock, .. } => Ok(clock.to_micros()),
        _ => Err(refuse(DecodeError::Format, text, "time")),
    }
}

/// Reads a `timestamp`: microseconds since 2000-01-01. A zone in the text is checked and ignored.
pub fn timestamp(text: &str, settings: &EvalSettings) -> Result<i64, SqlError> {
    if let Some(timestamp) = iso_timestamp(text.as_bytes()) {
        return Ok(timestamp);
    }
    match moment(text, Expect::Date, settings).map_err(|error| refuse(error, text, "timestamp"))? {
        Decoded::Late => Ok(TIMESTAMP_INFINITY),
        Decoded::Early => Ok(TIMESTAMP_NEG_INFINITY),
        Decoded::Epoch => Ok(-UNIX_EPOCH_SECONDS * SECOND),
        Decoded::Moment { date, clock, .. } => {
            let timestamp = join(date.to_days(), clock.to_micros()).unwrap_or(i64::MAX);
            check_timestamp(timestamp).map_err(|_| out_of_range("timestamp", text))
        }
    }
}

/// Reads a `timestamptz`: microseconds since 2000-01-01 UTC. Without a zone in the text, the session's counts.
pub fn timestamptz(text: &str, settings: &EvalSettings) -> Result<i64, SqlError> {
    let decoded = moment(text, Expect::Date, settings);
    match decoded.map_err(|error| refuse(error, text, "timestamp with time zone"))? {
        Decoded::Late => Ok(TIMESTAMP_INFINITY),
        Decoded::Early => Ok(TIMESTAMP_NEG_INFINITY),
        Decoded::Epoch => Ok(-UNIX_EPOCH_SECONDS * SECOND),
        Decoded::Moment { date, clock, offset } => {
            let local = join(date.to_days(), clock.to_micros());
            let utc = local.and_then(|local| local.checked_sub(i64::from(offset) * SECOND)).unwrap_or(i64::MAX);
            check_timestamp(utc).map_err(|_| out_of_range("timestamp", text))
        }
    }
}

fn moment(text: &str, expect: Expect, settings: &EvalSettings) -> Result<Decoded, DecodeError> {
    let fields = lex::fields(text).ok_or(DecodeError::Format)?;
    if fields.is_empty() {
        return Err(DecodeError::Format);
    }
    decode(&fields, expect, settings)
}

/// `YYYY-MM-DD` exactly; everything else goes the long way.
fn iso_date(text: &[u8]) -> Option<i32> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text else { return None };
    let date = Civil {
        year: two_digits(y0, y1)? * 100 + two_digits(y2, y3)?,
        month: two_digits(m0, m1)?,
        day: two_digits(d0, d1)?,
    };
    (date.year > 0 && date.is_valid()).then(|| date.to_days() as i32)
}

/// `YYYY-MM-DD HH:MM:SS` with up to six fraction digits.
fn iso_timestamp(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    let ([b' ' | b'T', h0, h1, b':', m0, m1, b':', s0, s1], fraction) = rest.split_first_chunk::<9>()? else {
        return None;
    };
    let (hour, minute, second) = (two_digits(*h0, *h1)?, two_digits(*m0, *m1)?, two_digits(*s0, *s1)?);
    let micros = match fraction {
        [] => 0,
        [b'.', digits @ ..] if !digits.is_empty() && digits.len() <= 6 && digits.iter().all(u8::is_ascii_digit) => {
            let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
            value * 10_i64.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from((hour * 60 + minute) * 60 + second);
    join(i64::from(iso_date(date)?), seconds * SECOND + micros)
}

fn two_digits(tens: u8, ones: u8) -> Option<i32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
}

/// The error for a text that could not be decoded.
fn refuse(error: DecodeError, text: &str, name: &str) -> SqlError {
    let out_of_range = || {
        let message = format!("date/time field value out of range: \"{text}\"");
        SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, message)
    };
    match error {
        DecodeError::Format => {
            let message = format!("invalid input syntax for type {name}: \"{text}\"");
            SqlError::new(SqlState::INVALID_DATETIME_FORMAT, message)
        }
        DecodeError::Overflow => out_of_range(),
        DecodeError::MonthDayOverflow => out_of_range().hint("Perhaps you need a different \"datestyle\" setting."),
        DecodeError::ZoneOverflow => SqlError::new(
            SqlState::INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
            format!("time zone displacement out of range: \"{text}\""),
        ),
        DecodeError::UnknownZone(zone) => {
            SqlError::new(SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{zone}\" not recognized"))
        }
    }
}

fn out_of_range(what: &str, text: &str) -> SqlError {
    SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("{what} out of range: \"{text}\""))
}
