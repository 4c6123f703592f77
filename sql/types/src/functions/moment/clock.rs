//! What time it is.

use crate::datetime::{Civil, Clock, arith, calendar};
use crate::datum::Interval;
use crate::error::SqlError;
use crate::functions::args::{Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::kernel::EvalContext;

fn transaction_start(context: &EvalContext<'_>) -> Timestamptz {
    Timestamptz(context.settings.transaction_start)
}

/// `Sat Nov 21 13:01:02.123456 2026 EST`
fn time_of_day(context: &EvalContext<'_>) -> Result<String, SqlError> {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let instant = context.host.clock();
    let zone = &context.settings.time_zone;
    let (days, micros) = calendar::split(zone.to_local(instant)?);
    let Civil { year, month, day } = Civil::from_days(days);
    let Clock { hour, minute, second, micros } = Clock::from_micros(micros);
    Ok(format!(
        "{} {} {day:02} {hour:02}:{minute:02}:{second:02}.{micros:06} {year:04} {}",
        DAYS[calendar::day_of_week(days) as usize],
        MONTHS[month as usize - 1],
        zone.abbreviation_at(instant),
    ))
}

/// Midnight of today, local.
fn today(context: &EvalContext<'_>) -> Result<i64, SqlError> {
    let zone = &context.settings.time_zone;
    arith::date_to_timestamp(arith::timestamptz_to_date(context.settings.transaction_start, zone))
}

fn age_of(context: &EvalContext<'_>, a: i64, b: i64) -> Result<Interval, SqlError> {
    let zone = &context.settings.time_zone;
    arith::age(zone.to_local(a)?, zone.to_local(b)?)
}

functions! {
    1299 now() -> TIMESTAMPTZ [stable] = f!(context, || transaction_start(context));
    2647 transaction_timestamp() -> TIMESTAMPTZ [stable] = f!(context, || transaction_start(context));
    2648 statement_timestamp() -> TIMESTAMPTZ [stable] = f!(context, || Timestamptz(context.settings.statement_start));
    2649 clock_timestamp() -> TIMESTAMPTZ [volatile] = f!(context, || Timestamptz(context.host.clock()));
    274 timeofday() -> TEXT [volatile] = f!(context, || time_of_day(context));
    2058 age(TIMESTAMP, TIMESTAMP) -> INTERVAL = f!(|a: Timestamp, b: Timestamp| arith::age(a.0, b.0));
    2059 age(TIMESTAMP) -> INTERVAL [stable] = f!(context, |at: Timestamp| arith::age(today(context)?, at.0));
    1199 age(TIMESTAMPTZ, TIMESTAMPTZ) -> INTERVAL = f!(context, |a: Timestamptz, b: Timestamptz| age_of(context, a.0, b.0));
    1386 age(TIMESTAMPTZ) -> INTERVAL [stable] = f!(context, |at: Timestamptz| arith::age(today(context)?, context.settings.time_zone.to_local(at.0)?));
}
