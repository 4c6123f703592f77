//! `generate_series` of timestamps.

use crate::datetime::arith;
use crate::datum::{Datum, Interval};
use crate::error::SqlError;
use crate::functions::args::Timestamp;
use crate::functions::args::{Arg, Timestamptz};
use crate::functions::declare::{functions, set};
use crate::functions::series::{collect, refuse};
use crate::functions::types::TIMESTAMPTZ;
use crate::kernel::{Body, EvalContext};

fn series(
    start: i64,
    stop: i64,
    step: Interval,
    next: impl Fn(i64, Interval) -> Result<i64, SqlError>,
) -> Result<Vec<i64>, SqlError> {
    let direction = step.span();
    if direction == 0 {
        return Err(refuse("step size cannot equal zero"));
    }
    let inside = |at: &i64| if direction > 0 { *at <= stop } else { *at >= stop };
    let members =
        std::iter::successors(Some(Ok(start)), |at: &Result<i64, SqlError>| at.as_ref().ok().map(|at| next(*at, step)));
    collect(members.take_while(|at| at.as_ref().map_or(true, inside)))
}

fn timestamps(start: Timestamp, stop: Timestamp, step: Interval) -> Result<Vec<Timestamp>, SqlError> {
    Ok(series(start.0, stop.0, step, arith::timestamp_plus)?.into_iter().map(Timestamp).collect())
}

/// Steps of days and months follow the session's time zone.
fn instants(context: &EvalContext<'_>, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    let (start, stop): (Timestamptz, Timestamptz) = (Arg::get(args.first())?, Arg::get(args.get(1))?);
    let zone = &context.settings.time_zone;
    let next = |at, step| arith::timestamptz_plus(at, step, zone);
    let values = series(start.0, stop.0, Arg::get(args.get(2))?, next)?;
    Ok(values.into_iter().map(|at| vec![Datum::Timestamptz(at)]).collect())
}

functions! {
    938 generate_series(TIMESTAMP, TIMESTAMP, INTERVAL) -> TIMESTAMP = set!(TIMESTAMP "generate_series", |start: Timestamp, stop: Timestamp, step: Interval| timestamps(start, stop, step));
    939 generate_series(TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL) -> TIMESTAMPTZ [stable] = Body::Set(instants, &[("generate_series", TIMESTAMPTZ)]);
}
