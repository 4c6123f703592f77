//! `(a, b) OVERLAPS (c, d)`. A period is half open; its ends may come in any order, and its second may be a length.

use crate::datetime::arith;
use crate::datum::Interval;
use crate::error::SqlError;
use crate::functions::args::{Time, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::kernel::EvalContext;

/// Start and end in order; a single known end is the start. `None` when nothing is known.
fn ordered(start: Option<i64>, end: Option<i64>) -> Option<(i64, Option<i64>)> {
    match (start, end) {
        (Some(start), Some(end)) => Some((start.min(end), Some(start.max(end)))),
        (start, end) => start.or(end).map(|known| (known, None)),
    }
}

/// Do two periods share a point? `None` (NULL) where an unknown end decides.
fn overlaps(a: (Option<i64>, Option<i64>), b: (Option<i64>, Option<i64>)) -> Option<bool> {
    let (a, b) = (ordered(a.0, a.1)?, ordered(b.0, b.1)?);
    if a.0 == b.0 {
        return a.1.and(b.1).map(|_| true);
    }
    let ((_, early_end), (late_start, late_end)) = if a.0 < b.0 { (a, b) } else { (b, a) };
    match early_end {
        None => None,
        Some(end) if late_start < end => Some(true),
        Some(_) => late_end.map(|_| false),
    }
}

type Period = (Option<i64>, Option<i64>);

fn timestamps(start: Option<Timestamp>, end: Option<Timestamp>) -> Period {
    (start.map(|at| at.0), end.map(|at| at.0))
}

fn timestamp_length(start: Option<Timestamp>, length: Option<Interval>) -> Result<Period, SqlError> {
    let end = start.zip(length).map(|(start, length)| arith::timestamp_plus(start.0, length)).transpose()?;
    Ok((start.map(|at| at.0), end))
}

fn instants(start: Option<Timestamptz>, end: Option<Timestamptz>) -> Period {
    (start.map(|at| at.0), end.map(|at| at.0))
}

fn instant_length(
    context: &EvalContext<'_>,
    start: Option<Timestamptz>,
    length: Option<Interval>,
) -> Result<Period, SqlError> {
    let zone = &context.settings.time_zone;
    let end = start.zip(length).map(|(start, length)| arith::timestamptz_plus(start.0, length, zone)).transpose()?;
    Ok((start.map(|at| at.0), end))
}

fn times(start: Option<Time>, end: Option<Time>) -> Period {
    (start.map(|at| at.0), end.map(|at| at.0))
}

fn time_length(start: Option<Time>, length: Option<Interval>) -> Period {
    (start.map(|at| at.0), start.zip(length).map(|(start, length)| arith::time_plus(start.0, length)))
}

functions! {
    2041 overlaps(TIMESTAMP, TIMESTAMP, TIMESTAMP, TIMESTAMP) -> BOOL [lax] = f!(|a: Option<Timestamp>, b: Option<Timestamp>, c: Option<Timestamp>, d: Option<Timestamp>| overlaps(timestamps(a, b), timestamps(c, d)));
    2042 overlaps(TIMESTAMP, INTERVAL, TIMESTAMP, INTERVAL) -> BOOL [lax] = f!(|a: Option<Timestamp>, b: Option<Interval>, c: Option<Timestamp>, d: Option<Interval>| overlaps(timestamp_length(a, b)?, timestamp_length(c, d)?));
    2043 overlaps(TIMESTAMP, TIMESTAMP, TIMESTAMP, INTERVAL) -> BOOL [lax] = f!(|a: Option<Timestamp>, b: Option<Timestamp>, c: Option<Timestamp>, d: Option<Interval>| overlaps(timestamps(a, b), timestamp_length(c, d)?));
    2044 overlaps(TIMESTAMP, INTERVAL, TIMESTAMP, TIMESTAMP) -> BOOL [lax] = f!(|a: Option<Timestamp>, b: Option<Interval>, c: Option<Timestamp>, d: Option<Timestamp>| overlaps(timestamp_length(a, b)?, timestamps(c, d)));
    1304 overlaps(TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL [lax] = f!(|a: Option<Timestamptz>, b: Option<Timestamptz>, c: Option<Timestamptz>, d: Option<Timestamptz>| overlaps(instants(a, b), instants(c, d)));
    1305 overlaps(TIMESTAMPTZ, INTERVAL, TIMESTAMPTZ, INTERVAL) -> BOOL [stable, lax] = f!(context, |a: Option<Timestamptz>, b: Option<Interval>, c: Option<Timestamptz>, d: Option<Interval>| overlaps(instant_length(context, a, b)?, instant_length(context, c, d)?));
    1306 overlaps(TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL) -> BOOL [stable, lax] = f!(context, |a: Option<Timestamptz>, b: Option<Timestamptz>, c: Option<Timestamptz>, d: Option<Interval>| overlaps(instants(a, b), instant_length(context, c, d)?));
    1307 overlaps(TIMESTAMPTZ, INTERVAL, TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL [stable, lax] = f!(context, |a: Option<Timestamptz>, b: Option<Interval>, c: Option<Timestamptz>, d: Option<Timestamptz>| overlaps(instant_length(context, a, b)?, instants(c, d)));
    1308 overlaps(TIME, TIME, TIME, TIME) -> BOOL [lax] = f!(|a: Option<Time>, b: Option<Time>, c: Option<Time>, d: Option<Time>| overlaps(times(a, b), times(c, d)));
    1309 overlaps(TIME, INTERVAL, TIME, INTERVAL) -> BOOL [lax] = f!(|a: Option<Time>, b: Option<Interval>, c: Option<Time>, d: Option<Interval>| overlaps(time_length(a, b), time_length(c, d)));
    1310 overlaps(TIME, TIME, TIME, INTERVAL) -> BOOL [lax] = f!(|a: Option<Time>, b: Option<Time>, c: Option<Time>, d: Option<Interval>| overlaps(times(a, b), time_length(c, d)));
    1311 overlaps(TIME, INTERVAL, TIME, TIME) -> BOOL [lax] = f!(|a: Option<Time>, b: Option<Interval>, c: Option<Time>, d: Option<Time>| overlaps(time_length(a, b), times(c, d)));
}
