//! `to_char`, `to_number`, `to_date`, `to_timestamp`: the names of [`crate::format`] in SQL.

use crate::datum::Interval;
use crate::format;
use crate::functions::args::{Date, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::numeric::Numeric;

functions! {
    2049 to_char(TIMESTAMP, TEXT) -> TEXT [stable] = f!(|at: Timestamp, pattern: &str| format::timestamp(at.0, pattern));
    1770 to_char(TIMESTAMPTZ, TEXT) -> TEXT [stable] = f!(context, |at: Timestamptz, pattern: &str| format::timestamptz(at.0, &context.settings.time_zone, pattern));
    1768 to_char(INTERVAL, TEXT) -> TEXT [stable] = f!(|span: Interval, pattern: &str| format::interval(span, pattern));
    1772 to_char(NUMERIC, TEXT) -> TEXT [stable] = f!(|value: Numeric, pattern: &str| format::numeric(value, pattern));
    1773 to_char(INT4, TEXT) -> TEXT [stable] = f!(|value: i32, pattern: &str| format::int4(value, pattern));
    1774 to_char(INT8, TEXT) -> TEXT [stable] = f!(|value: i64, pattern: &str| format::int8(value, pattern));
    1775 to_char(FLOAT4, TEXT) -> TEXT [stable] = f!(|value: f32, pattern: &str| format::float4(value, pattern));
    1776 to_char(FLOAT8, TEXT) -> TEXT [stable] = f!(|value: f64, pattern: &str| format::float8(value, pattern));
    1777 to_number(TEXT, TEXT) -> NUMERIC [stable] = f!(|text: &str, pattern: &str| format::to_number(text, pattern));
    1780 to_date(TEXT, TEXT) -> DATE [stable] = f!(|text: &str, pattern: &str| format::to_date(text, pattern).map(Date));
    1778 to_timestamp(TEXT, TEXT) -> TIMESTAMPTZ [stable] = f!(context, |text: &str, pattern: &str| format::to_timestamp(text, pattern, &context.settings.time_zone).map(Timestamptz));
}
