//! `= <> < <= > >=` between local and absolute times, in the session's time zone.

use std::cmp::Ordering;

use crate::datetime::arith;
use crate::functions::args::{Date, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::kernel::EvalContext;

/// A local time beyond the range of instants is beyond every instant on its side.
fn local_order(context: &EvalContext<'_>, local: Timestamp, at: Timestamptz) -> Ordering {
    match context.settings.time_zone.to_utc(local.0) {
        Ok(instant) => instant.cmp(&at.0),
        Err(_) => local.0.cmp(&0),
    }
}

/// A date is its midnight.
fn date_order(context: &EvalContext<'_>, date: Date, at: Timestamptz) -> Ordering {
    match arith::date_to_timestamp(date.0) {
        Ok(midnight) => local_order(context, Timestamp(midnight), at),
        // Only dates far in the future are no timestamps; infinity is later still.
        Err(_) if at.0 == i64::MAX => Ordering::Less,
        Err(_) => Ordering::Greater,
    }
}

functions! {
    2522 timestamp_eq_timestamptz(TIMESTAMP, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Timestamp, b: Timestamptz| local_order(context, a, b).is_eq());
    2525 timestamp_ne_timestamptz(TIMESTAMP, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Timestamp, b: Timestamptz| local_order(context, a, b).is_ne());
    2520 timestamp_lt_timestamptz(TIMESTAMP, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Timestamp, b: Timestamptz| local_order(context, a, b).is_lt());
    2521 timestamp_le_timestamptz(TIMESTAMP, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Timestamp, b: Timestamptz| local_order(context, a, b).is_le());
    2523 timestamp_gt_timestamptz(TIMESTAMP, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Timestamp, b: Timestamptz| local_order(context, a, b).is_gt());
    2524 timestamp_ge_timestamptz(TIMESTAMP, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Timestamp, b: Timestamptz| local_order(context, a, b).is_ge());
    2529 timestamptz_eq_timestamp(TIMESTAMPTZ, TIMESTAMP) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Timestamp| local_order(context, b, a).reverse().is_eq());
    2532 timestamptz_ne_timestamp(TIMESTAMPTZ, TIMESTAMP) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Timestamp| local_order(context, b, a).reverse().is_ne());
    2527 timestamptz_lt_timestamp(TIMESTAMPTZ, TIMESTAMP) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Timestamp| local_order(context, b, a).reverse().is_lt());
    2528 timestamptz_le_timestamp(TIMESTAMPTZ, TIMESTAMP) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Timestamp| local_order(context, b, a).reverse().is_le());
    2530 timestamptz_gt_timestamp(TIMESTAMPTZ, TIMESTAMP) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Timestamp| local_order(context, b, a).reverse().is_gt());
    2531 timestamptz_ge_timestamp(TIMESTAMPTZ, TIMESTAMP) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Timestamp| local_order(context, b, a).reverse().is_ge());
    2353 date_eq_timestamptz(DATE, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Date, b: Timestamptz| date_order(context, a, b).is_eq());
    2356 date_ne_timestamptz(DATE, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Date, b: Timestamptz| date_order(context, a, b).is_ne());
    2351 date_lt_timestamptz(DATE, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Date, b: Timestamptz| date_order(context, a, b).is_lt());
    2352 date_le_timestamptz(DATE, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Date, b: Timestamptz| date_order(context, a, b).is_le());
    2354 date_gt_timestamptz(DATE, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Date, b: Timestamptz| date_order(context, a, b).is_gt());
    2355 date_ge_timestamptz(DATE, TIMESTAMPTZ) -> BOOL [stable] = f!(context, |a: Date, b: Timestamptz| date_order(context, a, b).is_ge());
    2379 timestamptz_eq_date(TIMESTAMPTZ, DATE) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Date| date_order(context, b, a).reverse().is_eq());
    2382 timestamptz_ne_date(TIMESTAMPTZ, DATE) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Date| date_order(context, b, a).reverse().is_ne());
    2377 timestamptz_lt_date(TIMESTAMPTZ, DATE) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Date| date_order(context, b, a).reverse().is_lt());
    2378 timestamptz_le_date(TIMESTAMPTZ, DATE) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Date| date_order(context, b, a).reverse().is_le());
    2380 timestamptz_gt_date(TIMESTAMPTZ, DATE) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Date| date_order(context, b, a).reverse().is_gt());
    2381 timestamptz_ge_date(TIMESTAMPTZ, DATE) -> BOOL [stable] = f!(context, |a: Timestamptz, b: Date| date_order(context, b, a).reverse().is_ge());
}
