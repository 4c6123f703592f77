//! `numeric`. The arithmetic is [`Numeric`]'s own; here are only its names in SQL.

use crate::error::SqlError;
use crate::functions::declare::{f, functions};
use crate::functions::float::bad_bucket;
use crate::functions::int::out_of_range;
use crate::numeric::Numeric;

fn sign(a: Numeric) -> Numeric {
    if a.is_nan() { a } else { Numeric::integer(i64::from(a.signum())) }
}

/// The least scale that shows the value whole; NULL for NaN and infinities.
fn min_scale(a: Numeric) -> Option<i32> {
    a.trim_scale().scale().map(i32::from)
}

fn width_bucket(operand: Numeric, low: Numeric, high: Numeric, count: i32) -> Result<i32, SqlError> {
    if count <= 0 {
        return Err(bad_bucket("count must be greater than zero"));
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bad_bucket("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(bad_bucket("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bad_bucket("lower bound cannot equal upper bound"));
    }
    let (below, above) = if low < high { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    if below {
        return Ok(0);
    }
    if above {
        return count.checked_add(1).ok_or_else(out_of_range::<i32>);
    }
    let scaled = operand.checked_sub(low)?.checked_mul(Numeric::from(count))?;
    scaled.div_trunc(high.checked_sub(low)?)?.to_i32().map(|bucket| bucket + 1)
}

/// Euclid's algorithm on decimals.
fn gcd(a: Numeric, b: Numeric) -> Result<Numeric, SqlError> {
    if a.scale().is_none() || b.scale().is_none() {
        return Ok(Numeric::NaN);
    }
    let (mut a, mut b) = (a.abs(), b.abs());
    let scale = a.scale().max(b.scale()).map_or(0, i32::from);
    while !b.is_zero() {
        (a, b) = (b, a.checked_rem(b)?);
    }
    a.round(scale)
}

fn lcm(a: Numeric, b: Numeric) -> Result<Numeric, SqlError> {
    if a.scale().is_none() || b.scale().is_none() {
        return Ok(Numeric::NaN);
    }
    let scale = a.scale().max(b.scale()).map_or(0, i32::from);
    if a.is_zero() || b.is_zero() {
        return Numeric::ZERO.round(scale);
    }
    a.div_trunc(gcd(a, b)?)?.checked_mul(b)?.abs().round(scale)
}

/// `n!`
fn factorial(n: i64) -> Result<Numeric, SqlError> {
    if n < 0 {
        return Err(SqlError::new(
            crate::error::SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            "factorial of a negative number is undefined",
        ));
    }
    (2..=n).try_fold(Numeric::ONE, |product, k| product.checked_mul(Numeric::integer(k)))
}

functions! {
    1724 numeric_add(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.checked_add(b));
    1725 numeric_sub(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.checked_sub(b));
    1726 numeric_mul(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.checked_mul(b));
    1727 numeric_div(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.checked_div(b));
    1729 numeric_mod(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.checked_rem(b));
    1728 mod(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.checked_rem(b));
    1973 div(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.div_trunc(b));
    1980 numeric_div_trunc(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.div_trunc(b));
    1771 numeric_uminus(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.negate());
    1915 numeric_uplus(NUMERIC) -> NUMERIC = f!(|a: Numeric| a);
    1704 numeric_abs(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.abs());
    1705 abs(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.abs());
    1767 numeric_larger(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.max(b));
    1766 numeric_smaller(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.min(b));
    1706 sign(NUMERIC) -> NUMERIC = f!(|a: Numeric| sign(a));
    1708 round(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.round(0));
    1707 round(NUMERIC, INT4) -> NUMERIC = f!(|a: Numeric, scale: i32| a.round(scale));
    1710 trunc(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.trunc(0));
    1709 trunc(NUMERIC, INT4) -> NUMERIC = f!(|a: Numeric, scale: i32| a.trunc(scale));
    1711 ceil(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.ceil());
    2167 ceiling(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.ceil());
    1712 floor(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.floor());
    1730 sqrt(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.sqrt());
    1731 numeric_sqrt(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.sqrt());
    1732 exp(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.exp());
    1733 numeric_exp(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.exp());
    1734 ln(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.ln());
    1735 numeric_ln(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.ln());
    1741 log(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.log10());
    1481 log10(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.log10());
    1736 log(NUMERIC, NUMERIC) -> NUMERIC = f!(|base: Numeric, a: Numeric| base.log(a));
    1737 numeric_log(NUMERIC, NUMERIC) -> NUMERIC = f!(|base: Numeric, a: Numeric| base.log(a));
    2169 power(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.power(b));
    1738 pow(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.power(b));
    1739 numeric_power(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| a.power(b));
    3281 scale(NUMERIC) -> INT4 = f!(|a: Numeric| a.scale().map(i32::from));
    5042 min_scale(NUMERIC) -> INT4 = f!(|a: Numeric| min_scale(a));
    5043 trim_scale(NUMERIC) -> NUMERIC = f!(|a: Numeric| a.trim_scale());
    5048 gcd(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| gcd(a, b));
    5049 lcm(NUMERIC, NUMERIC) -> NUMERIC = f!(|a: Numeric, b: Numeric| lcm(a, b));
    1376 factorial(INT8) -> NUMERIC = f!(|n: i64| factorial(n));
    2170 width_bucket(NUMERIC, NUMERIC, NUMERIC, INT4) -> INT4 = f!(|a: Numeric, low: Numeric, high: Numeric, count: i32| width_bucket(a, low, high, count));
}
