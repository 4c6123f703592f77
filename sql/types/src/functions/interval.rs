//! `interval` arithmetic that aggregates and operators share.

use crate::datetime::interval_out_of_range;
use crate::datum::Interval;
use crate::error::SqlError;

const DAYS_PER_MONTH: f64 = 30.0;

/// A computed part, rounded to whole units.
fn part(value: f64) -> Result<i32, SqlError> {
    if value.is_nan() || value < f64::from(i32::MIN) || value > f64::from(i32::MAX) {
        return Err(interval_out_of_range());
    }
    Ok(value as i32)
}

/// Seconds with the noise of double arithmetic removed: PostgreSQL's `TSROUND`.
fn clean(value: f64) -> f64 {
    (value * 1_000_000.0).round_ties_even() / 1_000_000.0
}

/// Scales each part; fractions of months spill into days of a 30-day month, fractions of days into time.
fn scale(interval: Interval, apply: impl Fn(f64) -> f64) -> Result<Interval, SqlError> {
    let months = apply(f64::from(interval.months));
    let days = apply(f64::from(interval.days));
    let (whole_months, whole_days) = (part(months)?, part(days)?);
    let month_days = clean((months - f64::from(whole_months)) * DAYS_PER_MONTH);
    let mut spilled_days = month_days.trunc();
    let mut seconds = clean((days - f64::from(whole_days) + month_days - spilled_days) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        let carried = (seconds / 86_400.0).trunc();
        spilled_days += carried;
        seconds -= carried * 86_400.0;
    }
    let days = whole_days.checked_add(part(spilled_days)?).ok_or_else(interval_out_of_range)?;
    let micros = (apply(interval.micros as f64) + seconds * 1_000_000.0).round_ties_even();
    if micros.is_nan() || micros.abs() >= 9_223_372_036_854_775_808.0 {
        return Err(interval_out_of_range());
    }
    Ok(Interval { months: whole_months, days, micros: micros as i64 })
}

/// `interval * float`
pub(crate) fn multiply(interval: Interval, factor: f64) -> Result<Interval, SqlError> {
    scale(interval, |part| part * factor)
}

/// `interval / float`; 22012 for zero.
pub(crate) fn divide(interval: Interval, divisor: f64) -> Result<Interval, SqlError> {
    if divisor == 0.0 {
        return Err(crate::functions::int::division_by_zero());
    }
    scale(interval, |part| part / divisor)
}
