//! `make_date`, `make_time`, `make_timestamp`, `make_interval`, `to_timestamp(double precision)`.

use super::calendar::{Civil, join};
use super::{
    DAY, HOUR, MINUTE, SECOND, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY, UNIX_EPOCH_SECONDS, check_date,
    check_timestamp, interval_out_of_range, overflow,
};
use crate::datum::Interval;
use crate::error::SqlError;

/// `make_date`: a negative year is BC. 22008 for a day that the calendar lacks.
pub fn date(year: i32, month: i32, day: i32) -> Result<i32, SqlError> {
    let refused = || overflow(format!("date field value out of range: {year}-{month:02}-{day:02}"));
    let astronomical = match year {
        0 => return Err(refused()),
        ..0 => year.checked_add(1).ok_or_else(refused)?,
        _ => year,
    };
    let date = Civil { year: astronomical, month, day };
    if !date.is_valid() {
        return Err(refused());
    }
    check_date(date.to_days()).map_err(|_| overflow(format!("date out of range: {astronomical}-{month:02}-{day:02}")))
}

/// `make_time`: microseconds since midnight.
pub fn time(hour: i32, minute: i32, second: f64) -> Result<i64, SqlError> {
    let refused = || {
        let message = format!("time field value out of range: {hour}:{minute:02}:{}", padded(second));
        overflow(message)
    };
    if !second.is_finite() || !(0.0..=60.0).contains(&second) || !(0..60).contains(&minute) || !(0..=24).contains(&hour)
    {
        return Err(refused());
    }
    let micros =
        i64::from(hour) * HOUR + i64::from(minute) * MINUTE + (second * SECOND as f64).round_ties_even() as i64;
    if micros > DAY { Err(refused()) } else { Ok(micros) }
}

/// C's `%02g`, as far as seconds need it.
fn padded(second: f64) -> String {
    let mut text = Vec::new();
    crate::io::float::print8(second, -9, &mut text);
    format!("{:0>2}", String::from_utf8_lossy(&text))
}

/// `make_timestamp`
pub fn timestamp(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64) -> Result<i64, SqlError> {
    let refused = || overflow(format!("date field value out of range: {year}-{month:02}-{day:02}"));
    let astronomical = if year < 0 { year.saturating_add(1) } else { year };
    let date = Civil { year: astronomical, month, day };
    if year == 0 || !date.is_valid() {
        return Err(refused());
    }
    let micros = time(hour, minute, second)?;
    let timestamp = join(date.to_days(), micros).unwrap_or(i64::MAX);
    check_timestamp(timestamp).map_err(|_| {
        let shown = padded(second);
        overflow(format!("timestamp out of range: {year}-{month:02}-{day:02} {hour}:{minute:02}:{shown}"))
    })
}

/// `make_interval(years, months, weeks, days, hours, mins, secs)`. 22008 out of range.
pub fn interval(parts: [i32; 6], seconds: f64) -> Result<Interval, SqlError> {
    let [years, months, weeks, days, hours, minutes] = parts;
    let build = || {
        let months = years.checked_mul(12)?.checked_add(months)?;
        let days = weeks.checked_mul(7)?.checked_add(days)?;
        let fraction = (seconds * SECOND as f64).round_ties_even();
        if !fraction.is_finite() || fraction.abs() >= i64::MAX as f64 {
            return None;
        }
        let whole = i64::from(hours).checked_mul(HOUR)?.checked_add(i64::from(minutes).checked_mul(MINUTE)?)?;
        Some(Interval { months, days, micros: whole.checked_add(fraction as i64)? })
    };
    build().ok_or_else(interval_out_of_range)
}

/// `to_timestamp(double precision)`: seconds since 1970. 22008 for NaN and out of range.
pub fn from_epoch(seconds: f64) -> Result<i64, SqlError> {
    match seconds {
        f64::INFINITY => return Ok(TIMESTAMP_INFINITY),
        f64::NEG_INFINITY => return Ok(TIMESTAMP_NEG_INFINITY),
        _ if seconds.is_nan() => return Err(overflow("timestamp cannot be NaN")),
        _ => {}
    }
    let refused = || {
        let mut text = Vec::new();
        crate::io::float::print8(seconds, -9, &mut text);
        overflow(format!("timestamp out of range: \"{}\"", String::from_utf8_lossy(&text)))
    };
    let micros = ((seconds - UNIX_EPOCH_SECONDS as f64) * SECOND as f64).round_ties_even();
    if micros.abs() >= i64::MAX as f64 {
        return Err(refused());
    }
    check_timestamp(micros as i64).map_err(|_| refused())
}
