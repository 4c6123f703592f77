//! Casts between dates and times, time zones, construction.

use crate::casts::{interval_fields, rounded};
use crate::datetime::{arith, is_infinite, is_infinite_date, make, zone_argument};
use crate::datum::Interval;
use crate::error::{SqlError, SqlState};
use crate::functions::args::{Date, Time, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::kernel::EvalContext;
use crate::zone::Zone;

/// `AT TIME ZONE interval`: an offset east of Greenwich without months and days.
fn zone_of(context: &EvalContext<'_>, offset: Interval) -> Result<Zone, SqlError> {
    if offset.months != 0 || offset.days != 0 {
        let shown = crate::io::output_string(context, crate::TypeId::INTERVAL, &crate::Datum::Interval(offset));
        let message = format!("interval time zone \"{shown}\" must not include months or days");
        return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    Ok(Zone::Fixed((offset.micros / crate::datetime::SECOND) as i32))
}

fn make_timestamptz(zone: &Zone, date: [i32; 3], clock: [i32; 2], second: f64) -> Result<Timestamptz, SqlError> {
    let local = make::timestamp(date[0], date[1], date[2], clock[0], clock[1], second)?;
    zone.to_utc(local).map(Timestamptz)
}

/// A zone as `make_timestamptz` takes it: a name, or a signed offset that counts eastward.
fn make_zone(text: &str) -> Result<Zone, SqlError> {
    if text.starts_with(['+', '-'])
        && let Some(zone) = Zone::parse(text)
    {
        return Ok(zone);
    }
    zone_argument(text)
}

functions! {
    2024 timestamp(DATE) -> TIMESTAMP = f!(|date: Date| arith::date_to_timestamp(date.0).map(Timestamp));
    1174 timestamptz(DATE) -> TIMESTAMPTZ [stable] = f!(context, |date: Date| arith::date_to_timestamptz(date.0, &context.settings.time_zone).map(Timestamptz));
    2029 date(TIMESTAMP) -> DATE = f!(|at: Timestamp| Date(arith::timestamp_to_date(at.0)));
    1178 date(TIMESTAMPTZ) -> DATE [stable] = f!(context, |at: Timestamptz| Date(arith::timestamptz_to_date(at.0, &context.settings.time_zone)));
    1316 time(TIMESTAMP) -> TIME = f!(|at: Timestamp| arith::timestamp_to_time(at.0).map(Time));
    2019 time(TIMESTAMPTZ) -> TIME [stable] = f!(context, |at: Timestamptz| arith::timestamptz_to_time(at.0, &context.settings.time_zone).map(Time));
    1419 time(INTERVAL) -> TIME = f!(|interval: Interval| Time(arith::interval_to_time(interval)));
    1370 interval(TIME) -> INTERVAL = f!(|time: Time| arith::time_difference(time.0, 0));
    2028 timestamptz(TIMESTAMP) -> TIMESTAMPTZ [stable] = f!(context, |at: Timestamp| context.settings.time_zone.to_utc(at.0).map(Timestamptz));
    2027 timestamp(TIMESTAMPTZ) -> TIMESTAMP [stable] = f!(context, |at: Timestamptz| context.settings.time_zone.to_local(at.0).map(Timestamp));
    1961 timestamp(TIMESTAMP, INT4) -> TIMESTAMP = f!(|at: Timestamp, digits: i32| Timestamp(rounded(at.0, digits)));
    1967 timestamptz(TIMESTAMPTZ, INT4) -> TIMESTAMPTZ = f!(|at: Timestamptz, digits: i32| Timestamptz(rounded(at.0, digits)));
    1200 interval(INTERVAL, INT4) -> INTERVAL = f!(|interval: Interval, modifier: i32| interval_fields(interval, modifier));
    2069 timezone(TEXT, TIMESTAMP) -> TIMESTAMPTZ = f!(|zone: &str, at: Timestamp| crate::datetime::zone_argument_at(zone, at.0)?.to_utc(at.0).map(Timestamptz));
    1159 timezone(TEXT, TIMESTAMPTZ) -> TIMESTAMP = f!(|zone: &str, at: Timestamptz| crate::datetime::zone_argument_at(zone, at.0)?.to_local(at.0).map(Timestamp));
    2070 timezone(INTERVAL, TIMESTAMP) -> TIMESTAMPTZ = f!(context, |zone: Interval, at: Timestamp| zone_of(context, zone)?.to_utc(at.0).map(Timestamptz));
    1026 timezone(INTERVAL, TIMESTAMPTZ) -> TIMESTAMP = f!(context, |zone: Interval, at: Timestamptz| zone_of(context, zone)?.to_local(at.0).map(Timestamp));
    1158 to_timestamp(FLOAT8) -> TIMESTAMPTZ = f!(|seconds: f64| make::from_epoch(seconds).map(Timestamptz));
    3846 make_date(INT4, INT4, INT4) -> DATE = f!(|year: i32, month: i32, day: i32| make::date(year, month, day).map(Date));
    3847 make_time(INT4, INT4, FLOAT8) -> TIME = f!(|hour: i32, minute: i32, second: f64| make::time(hour, minute, second).map(Time));
    3461 make_timestamp(INT4, INT4, INT4, INT4, INT4, FLOAT8) -> TIMESTAMP = f!(|year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64| make::timestamp(year, month, day, hour, minute, second).map(Timestamp));
    3462 make_timestamptz(INT4, INT4, INT4, INT4, INT4, FLOAT8) -> TIMESTAMPTZ [stable] = f!(context, |year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64| make_timestamptz(&context.settings.time_zone, [year, month, day], [hour, minute], second));
    3463 make_timestamptz(INT4, INT4, INT4, INT4, INT4, FLOAT8, TEXT) -> TIMESTAMPTZ [stable] = f!(|year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64, zone: &str| make_timestamptz(&make_zone(zone)?, [year, month, day], [hour, minute], second));
    3464 make_interval(INT4, INT4, INT4, INT4, INT4, INT4, FLOAT8) -> INTERVAL [optional(7)] = f!(|years: Option<i32>, months: Option<i32>, weeks: Option<i32>, days: Option<i32>, hours: Option<i32>, minutes: Option<i32>, seconds: Option<f64>| make::interval([years, months, weeks, days, hours, minutes].map(Option::unwrap_or_default), seconds.unwrap_or(0.0)));
    1373 isfinite(DATE) -> BOOL = f!(|date: Date| !is_infinite_date(date.0));
    2048 isfinite(TIMESTAMP) -> BOOL = f!(|at: Timestamp| !is_infinite(at.0));
    1389 isfinite(TIMESTAMPTZ) -> BOOL = f!(|at: Timestamptz| !is_infinite(at.0));
    1390 isfinite(INTERVAL) -> BOOL = f!(|_interval: Interval| true);
}
