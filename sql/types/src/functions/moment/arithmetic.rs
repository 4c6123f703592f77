//! `+ - * /` of dates, times and intervals.

use crate::datetime::arith;
use crate::datum::Interval;
use crate::error::SqlError;
use crate::functions::args::{Date, Time, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::functions::interval::{divide, multiply};
use crate::kernel::EvalContext;

fn timestamp_plus(at: Timestamp, by: Interval) -> Result<Timestamp, SqlError> {
    arith::timestamp_plus(at.0, by).map(Timestamp)
}

fn timestamptz_plus(context: &EvalContext<'_>, at: Timestamptz, by: Interval) -> Result<Timestamptz, SqlError> {
    arith::timestamptz_plus(at.0, by, &context.settings.time_zone).map(Timestamptz)
}

fn date_plus(date: Date, by: Interval) -> Result<Timestamp, SqlError> {
    timestamp_plus(Timestamp(arith::date_to_timestamp(date.0)?), by)
}

fn date_minus(date: Date, by: Interval) -> Result<Timestamp, SqlError> {
    arith::timestamp_minus(arith::date_to_timestamp(date.0)?, by).map(Timestamp)
}

/// A date and a time of that day.
fn join(date: Date, time: Time) -> Result<Timestamp, SqlError> {
    let midnight = arith::date_to_timestamp(date.0)?;
    if crate::datetime::is_infinite(midnight) {
        return Ok(Timestamp(midnight));
    }
    crate::datetime::check_timestamp(midnight.saturating_add(time.0)).map(Timestamp)
}

functions! {
    1141 date_pli(DATE, INT4) -> DATE = f!(|date: Date, days: i32| arith::date_plus(date.0, days).map(Date));
    2550 integer_pl_date(INT4, DATE) -> DATE = f!(|days: i32, date: Date| arith::date_plus(date.0, days).map(Date));
    1142 date_mii(DATE, INT4) -> DATE = f!(|date: Date, days: i32| arith::date_minus(date.0, days).map(Date));
    1140 date_mi(DATE, DATE) -> INT4 = f!(|a: Date, b: Date| arith::date_difference(a.0, b.0));
    2071 date_pl_interval(DATE, INTERVAL) -> TIMESTAMP = f!(|date: Date, by: Interval| date_plus(date, by));
    2546 interval_pl_date(INTERVAL, DATE) -> TIMESTAMP = f!(|by: Interval, date: Date| date_plus(date, by));
    2072 date_mi_interval(DATE, INTERVAL) -> TIMESTAMP = f!(|date: Date, by: Interval| date_minus(date, by));
    1272 datetime_pl(DATE, TIME) -> TIMESTAMP = f!(|date: Date, time: Time| join(date, time));
    2025 timestamp(DATE, TIME) -> TIMESTAMP = f!(|date: Date, time: Time| join(date, time));
    1296 timedate_pl(TIME, DATE) -> TIMESTAMP = f!(|time: Time, date: Date| join(date, time));
    1176 timestamptz(DATE, TIME) -> TIMESTAMPTZ [stable] = f!(context, |date: Date, time: Time| context.settings.time_zone.to_utc(join(date, time)?.0).map(Timestamptz));
    1747 time_pl_interval(TIME, INTERVAL) -> TIME = f!(|time: Time, by: Interval| Time(arith::time_plus(time.0, by)));
    1848 interval_pl_time(INTERVAL, TIME) -> TIME = f!(|by: Interval, time: Time| Time(arith::time_plus(time.0, by)));
    1748 time_mi_interval(TIME, INTERVAL) -> TIME = f!(|time: Time, by: Interval| Time(arith::time_minus(time.0, by)));
    1690 time_mi_time(TIME, TIME) -> INTERVAL = f!(|a: Time, b: Time| arith::time_difference(a.0, b.0));
    2032 timestamp_pl_interval(TIMESTAMP, INTERVAL) -> TIMESTAMP = f!(|at: Timestamp, by: Interval| timestamp_plus(at, by));
    2548 interval_pl_timestamp(INTERVAL, TIMESTAMP) -> TIMESTAMP = f!(|by: Interval, at: Timestamp| timestamp_plus(at, by));
    2033 timestamp_mi_interval(TIMESTAMP, INTERVAL) -> TIMESTAMP = f!(|at: Timestamp, by: Interval| arith::timestamp_minus(at.0, by).map(Timestamp));
    2031 timestamp_mi(TIMESTAMP, TIMESTAMP) -> INTERVAL = f!(|a: Timestamp, b: Timestamp| arith::difference(a.0, b.0));
    1189 timestamptz_pl_interval(TIMESTAMPTZ, INTERVAL) -> TIMESTAMPTZ [stable] = f!(context, |at: Timestamptz, by: Interval| timestamptz_plus(context, at, by));
    2549 interval_pl_timestamptz(INTERVAL, TIMESTAMPTZ) -> TIMESTAMPTZ [stable] = f!(context, |by: Interval, at: Timestamptz| timestamptz_plus(context, at, by));
    1190 timestamptz_mi_interval(TIMESTAMPTZ, INTERVAL) -> TIMESTAMPTZ [stable] = f!(context, |at: Timestamptz, by: Interval| arith::timestamptz_minus(at.0, by, &context.settings.time_zone).map(Timestamptz));
    1188 timestamptz_mi(TIMESTAMPTZ, TIMESTAMPTZ) -> INTERVAL = f!(|a: Timestamptz, b: Timestamptz| arith::difference(a.0, b.0));
    1169 interval_pl(INTERVAL, INTERVAL) -> INTERVAL = f!(|a: Interval, b: Interval| arith::interval_plus(a, b));
    1170 interval_mi(INTERVAL, INTERVAL) -> INTERVAL = f!(|a: Interval, b: Interval| arith::interval_minus(a, b));
    1168 interval_um(INTERVAL) -> INTERVAL = f!(|a: Interval| arith::negate(a));
    1618 interval_mul(INTERVAL, FLOAT8) -> INTERVAL = f!(|a: Interval, factor: f64| multiply(a, factor));
    1624 mul_d_interval(FLOAT8, INTERVAL) -> INTERVAL = f!(|factor: f64, a: Interval| multiply(a, factor));
    1326 interval_div(INTERVAL, FLOAT8) -> INTERVAL = f!(|a: Interval, divisor: f64| divide(a, divisor));
    1175 justify_hours(INTERVAL) -> INTERVAL = f!(|a: Interval| arith::justify_hours(a));
    1295 justify_days(INTERVAL) -> INTERVAL = f!(|a: Interval| arith::justify_days(a));
    2711 justify_interval(INTERVAL) -> INTERVAL = f!(|a: Interval| arith::justify_interval(a));
    1138 date_larger(DATE, DATE) -> DATE = f!(|a: Date, b: Date| a.max(b));
    1139 date_smaller(DATE, DATE) -> DATE = f!(|a: Date, b: Date| a.min(b));
    2036 timestamp_larger(TIMESTAMP, TIMESTAMP) -> TIMESTAMP = f!(|a: Timestamp, b: Timestamp| a.max(b));
    2035 timestamp_smaller(TIMESTAMP, TIMESTAMP) -> TIMESTAMP = f!(|a: Timestamp, b: Timestamp| a.min(b));
    1196 timestamptz_larger(TIMESTAMPTZ, TIMESTAMPTZ) -> TIMESTAMPTZ = f!(|a: Timestamptz, b: Timestamptz| a.max(b));
    1195 timestamptz_smaller(TIMESTAMPTZ, TIMESTAMPTZ) -> TIMESTAMPTZ = f!(|a: Timestamptz, b: Timestamptz| a.min(b));
}
