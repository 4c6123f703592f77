//! `= <> < <= > >=` of dates, times and intervals. Infinities need no care: they are the extreme values.

use std::cmp::Ordering;

use crate::datum::Interval;
use crate::functions::args::{Date, Time, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};

const MICROS_PER_DAY: i128 = 86_400_000_000;

/// A date is its midnight. Dates reach further than timestamps, so the comparison is done in 128 bits.
fn date_order(date: Date, at: Timestamp) -> Ordering {
    let midnight = match date.0 {
        i32::MIN => i128::MIN,
        i32::MAX => i128::MAX,
        days => i128::from(days) * MICROS_PER_DAY,
    };
    let at = match at.0 {
        i64::MIN => i128::MIN,
        i64::MAX => i128::MAX,
        micros => i128::from(micros),
    };
    midnight.cmp(&at)
}

functions! {
    1086 date_eq(DATE, DATE) -> BOOL = f!(|a: Date, b: Date| a == b);
    1091 date_ne(DATE, DATE) -> BOOL = f!(|a: Date, b: Date| a != b);
    1087 date_lt(DATE, DATE) -> BOOL = f!(|a: Date, b: Date| a < b);
    1088 date_le(DATE, DATE) -> BOOL = f!(|a: Date, b: Date| a <= b);
    1089 date_gt(DATE, DATE) -> BOOL = f!(|a: Date, b: Date| a > b);
    1090 date_ge(DATE, DATE) -> BOOL = f!(|a: Date, b: Date| a >= b);
    1145 time_eq(TIME, TIME) -> BOOL = f!(|a: Time, b: Time| a == b);
    1106 time_ne(TIME, TIME) -> BOOL = f!(|a: Time, b: Time| a != b);
    1102 time_lt(TIME, TIME) -> BOOL = f!(|a: Time, b: Time| a < b);
    1103 time_le(TIME, TIME) -> BOOL = f!(|a: Time, b: Time| a <= b);
    1104 time_gt(TIME, TIME) -> BOOL = f!(|a: Time, b: Time| a > b);
    1105 time_ge(TIME, TIME) -> BOOL = f!(|a: Time, b: Time| a >= b);
    1152 timestamptz_eq(TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL = f!(|a: Timestamptz, b: Timestamptz| a == b);
    1153 timestamptz_ne(TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL = f!(|a: Timestamptz, b: Timestamptz| a != b);
    1154 timestamptz_lt(TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL = f!(|a: Timestamptz, b: Timestamptz| a < b);
    1155 timestamptz_le(TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL = f!(|a: Timestamptz, b: Timestamptz| a <= b);
    1157 timestamptz_gt(TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL = f!(|a: Timestamptz, b: Timestamptz| a > b);
    1156 timestamptz_ge(TIMESTAMPTZ, TIMESTAMPTZ) -> BOOL = f!(|a: Timestamptz, b: Timestamptz| a >= b);
    1162 interval_eq(INTERVAL, INTERVAL) -> BOOL = f!(|a: Interval, b: Interval| a.span().cmp(&b.span()).is_eq());
    1163 interval_ne(INTERVAL, INTERVAL) -> BOOL = f!(|a: Interval, b: Interval| a.span().cmp(&b.span()).is_ne());
    1164 interval_lt(INTERVAL, INTERVAL) -> BOOL = f!(|a: Interval, b: Interval| a.span().cmp(&b.span()).is_lt());
    1165 interval_le(INTERVAL, INTERVAL) -> BOOL = f!(|a: Interval, b: Interval| a.span().cmp(&b.span()).is_le());
    1167 interval_gt(INTERVAL, INTERVAL) -> BOOL = f!(|a: Interval, b: Interval| a.span().cmp(&b.span()).is_gt());
    1166 interval_ge(INTERVAL, INTERVAL) -> BOOL = f!(|a: Interval, b: Interval| a.span().cmp(&b.span()).is_ge());
    2052 timestamp_eq(TIMESTAMP, TIMESTAMP) -> BOOL = f!(|a: Timestamp, b: Timestamp| a == b);
    2053 timestamp_ne(TIMESTAMP, TIMESTAMP) -> BOOL = f!(|a: Timestamp, b: Timestamp| a != b);
    2054 timestamp_lt(TIMESTAMP, TIMESTAMP) -> BOOL = f!(|a: Timestamp, b: Timestamp| a < b);
    2055 timestamp_le(TIMESTAMP, TIMESTAMP) -> BOOL = f!(|a: Timestamp, b: Timestamp| a <= b);
    2057 timestamp_gt(TIMESTAMP, TIMESTAMP) -> BOOL = f!(|a: Timestamp, b: Timestamp| a > b);
    2056 timestamp_ge(TIMESTAMP, TIMESTAMP) -> BOOL = f!(|a: Timestamp, b: Timestamp| a >= b);
    2340 date_eq_timestamp(DATE, TIMESTAMP) -> BOOL = f!(|a: Date, b: Timestamp| date_order(a, b).is_eq());
    2343 date_ne_timestamp(DATE, TIMESTAMP) -> BOOL = f!(|a: Date, b: Timestamp| date_order(a, b).is_ne());
    2338 date_lt_timestamp(DATE, TIMESTAMP) -> BOOL = f!(|a: Date, b: Timestamp| date_order(a, b).is_lt());
    2339 date_le_timestamp(DATE, TIMESTAMP) -> BOOL = f!(|a: Date, b: Timestamp| date_order(a, b).is_le());
    2341 date_gt_timestamp(DATE, TIMESTAMP) -> BOOL = f!(|a: Date, b: Timestamp| date_order(a, b).is_gt());
    2342 date_ge_timestamp(DATE, TIMESTAMP) -> BOOL = f!(|a: Date, b: Timestamp| date_order(a, b).is_ge());
    2366 timestamp_eq_date(TIMESTAMP, DATE) -> BOOL = f!(|a: Timestamp, b: Date| date_order(b, a).reverse().is_eq());
    2369 timestamp_ne_date(TIMESTAMP, DATE) -> BOOL = f!(|a: Timestamp, b: Date| date_order(b, a).reverse().is_ne());
    2364 timestamp_lt_date(TIMESTAMP, DATE) -> BOOL = f!(|a: Timestamp, b: Date| date_order(b, a).reverse().is_lt());
    2365 timestamp_le_date(TIMESTAMP, DATE) -> BOOL = f!(|a: Timestamp, b: Date| date_order(b, a).reverse().is_le());
    2367 timestamp_gt_date(TIMESTAMP, DATE) -> BOOL = f!(|a: Timestamp, b: Date| date_order(b, a).reverse().is_gt());
    2368 timestamp_ge_date(TIMESTAMP, DATE) -> BOOL = f!(|a: Timestamp, b: Date| date_order(b, a).reverse().is_ge());
}
