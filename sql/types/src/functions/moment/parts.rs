//! `extract`, `date_part`, `date_trunc`, `date_bin`. The binder writes `extract(year FROM x)` as `extract('year', x)`.

use crate::datetime::{arith, fields, truncate, zone_argument};
use crate::datum::Interval;
use crate::error::SqlError;
use crate::functions::args::{Date, Time, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::numeric::Numeric;

/// `date_part` is `extract` as a double.
fn double(field: Result<Option<Numeric>, SqlError>) -> Result<Option<f64>, SqlError> {
    Ok(field?.map(Numeric::to_f64))
}

functions! {
    6199 extract(TEXT, DATE) -> NUMERIC = f!(|name: &str, date: Date| fields::of_date(name, date.0));
    6200 extract(TEXT, TIME) -> NUMERIC = f!(|name: &str, time: Time| fields::of_time(name, time.0));
    6202 extract(TEXT, TIMESTAMP) -> NUMERIC = f!(|name: &str, at: Timestamp| fields::of_timestamp(name, at.0));
    6203 extract(TEXT, TIMESTAMPTZ) -> NUMERIC [stable] = f!(context, |name: &str, at: Timestamptz| fields::of_timestamptz(name, at.0, &context.settings.time_zone));
    6204 extract(TEXT, INTERVAL) -> NUMERIC = f!(|name: &str, interval: Interval| fields::of_interval(name, interval));
    1384 date_part(TEXT, DATE) -> FLOAT8 = f!(|name: &str, date: Date| double(fields::of_timestamp(name, arith::date_to_timestamp(date.0)?)));
    1385 date_part(TEXT, TIME) -> FLOAT8 = f!(|name: &str, time: Time| double(fields::of_time(name, time.0)));
    2021 date_part(TEXT, TIMESTAMP) -> FLOAT8 = f!(|name: &str, at: Timestamp| double(fields::of_timestamp(name, at.0)));
    1171 date_part(TEXT, TIMESTAMPTZ) -> FLOAT8 [stable] = f!(context, |name: &str, at: Timestamptz| double(fields::of_timestamptz(name, at.0, &context.settings.time_zone)));
    1172 date_part(TEXT, INTERVAL) -> FLOAT8 = f!(|name: &str, interval: Interval| double(fields::of_interval(name, interval)));
    2020 date_trunc(TEXT, TIMESTAMP) -> TIMESTAMP = f!(|unit: &str, at: Timestamp| truncate::timestamp(unit, at.0).map(Timestamp));
    1217 date_trunc(TEXT, TIMESTAMPTZ) -> TIMESTAMPTZ [stable] = f!(context, |unit: &str, at: Timestamptz| truncate::timestamptz(unit, at.0, &context.settings.time_zone).map(Timestamptz));
    1284 date_trunc(TEXT, TIMESTAMPTZ, TEXT) -> TIMESTAMPTZ [stable] = f!(|unit: &str, at: Timestamptz, zone: &str| truncate::timestamptz(unit, at.0, &zone_argument(zone)?).map(Timestamptz));
    1218 date_trunc(TEXT, INTERVAL) -> INTERVAL = f!(|unit: &str, interval: Interval| truncate::interval(unit, interval));
    6177 date_bin(INTERVAL, TIMESTAMP, TIMESTAMP) -> TIMESTAMP = f!(|stride: Interval, at: Timestamp, origin: Timestamp| truncate::bin(stride, at.0, origin.0).map(Timestamp));
    6178 date_bin(INTERVAL, TIMESTAMPTZ, TIMESTAMPTZ) -> TIMESTAMPTZ = f!(|stride: Interval, at: Timestamptz, origin: Timestamptz| truncate::bin(stride, at.0, origin.0).map(Timestamptz));
}
