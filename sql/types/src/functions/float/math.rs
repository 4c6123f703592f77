//! Mathematical functions of `double precision`.

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

use super::arithmetic::{overflow, underflow};

pub(super) fn out_of_range(message: &str) -> SqlError {
    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
}

/// A function of a finite argument: an infinite result is an overflow.
fn checked(result: f64, argument: f64) -> Result<f64, SqlError> {
    if result.is_infinite() && !argument.is_infinite() { Err(overflow()) } else { Ok(result) }
}

/// A trigonometric function, undefined at infinity.
fn periodic(function: fn(f64) -> f64, a: f64) -> Result<f64, SqlError> {
    if a.is_infinite() { Err(out_of_range("input is out of range")) } else { checked(function(a), a) }
}

/// The inverse of a function whose values lie in `-1..=1`.
pub(super) fn inverse(function: fn(f64) -> f64, a: f64) -> Result<f64, SqlError> {
    if a.abs() > 1.0 { Err(out_of_range("input is out of range")) } else { Ok(function(a)) }
}

fn cotangent(a: f64) -> f64 {
    1.0 / a.tan()
}

fn inverse_hyperbolic_cosine(a: f64) -> Result<f64, SqlError> {
    if a < 1.0 { Err(out_of_range("input is out of range")) } else { Ok(a.acosh()) }
}

/// `sqrt`, `|/`: 2201F below zero.
pub(crate) fn square_root(a: f64) -> Result<f64, SqlError> {
    if a < 0.0 {
        return Err(SqlError::new(
            SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "cannot take square root of a negative number",
        ));
    }
    Ok(a.sqrt())
}

fn exponential(a: f64) -> Result<f64, SqlError> {
    let result = checked(a.exp(), a)?;
    if result == 0.0 && !a.is_infinite() { Err(underflow()) } else { Ok(result) }
}

/// The domain of logarithms.
pub(crate) fn positive(sign: std::cmp::Ordering) -> Result<(), SqlError> {
    let message = match sign {
        std::cmp::Ordering::Greater => return Ok(()),
        std::cmp::Ordering::Equal => "cannot take logarithm of zero",
        std::cmp::Ordering::Less => "cannot take logarithm of a negative number",
    };
    Err(SqlError::new(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, message))
}

fn logarithm(function: fn(f64) -> f64, a: f64) -> Result<f64, SqlError> {
    a.partial_cmp(&0.0).map_or(Ok(()), positive)?;
    Ok(function(a))
}

/// `ln`: 2201E at and below zero.
pub(crate) fn natural_logarithm(a: f64) -> Result<f64, SqlError> {
    logarithm(f64::ln, a)
}

fn undefined_power(message: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message)
}

/// `power`, `^`.
pub(crate) fn power(base: f64, exponent: f64) -> Result<f64, SqlError> {
    if base.is_nan() || exponent.is_nan() {
        return Ok(if exponent == 0.0 || base == 1.0 { 1.0 } else { f64::NAN });
    }
    if base == 0.0 && exponent < 0.0 {
        return Err(undefined_power("zero raised to a negative power is undefined"));
    }
    if base < 0.0 && exponent.floor() != exponent {
        return Err(undefined_power("a negative number raised to a non-integer power yields a complex result"));
    }
    let result = base.powf(exponent);
    if base.is_infinite() || exponent.is_infinite() {
        return Ok(result);
    }
    if result == 0.0 && base != 0.0 { Err(underflow()) } else { checked(result, base) }
}

/// Zero and NaN stay themselves.
fn sign(a: f64) -> f64 {
    if a > 0.0 {
        1.0
    } else if a < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// 53 random bits in `0.0..1.0`.
fn unit_interval(random: u64) -> f64 {
    (random >> 11) as f64 / (1u64 << 53) as f64
}

/// 2201G.
pub(crate) fn bad_bucket(message: &str) -> SqlError {
    SqlError::new(SqlState::of(b"2201G"), message)
}

fn width_bucket(operand: f64, low: f64, high: f64, count: i32) -> Result<i32, SqlError> {
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
        return count.checked_add(1).ok_or_else(crate::functions::int::out_of_range::<i32>);
    }
    // Half the values, so that the difference of two huge bounds stays finite.
    let share = (operand / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    Ok(((share * f64::from(count)) as i32).min(count - 1) + 1)
}

functions! {
    230 dsqrt(FLOAT8) -> FLOAT8 = f!(|a: f64| square_root(a));
    1344 sqrt(FLOAT8) -> FLOAT8 = f!(|a: f64| square_root(a));
    231 dcbrt(FLOAT8) -> FLOAT8 = f!(|a: f64| a.cbrt());
    1345 cbrt(FLOAT8) -> FLOAT8 = f!(|a: f64| a.cbrt());
    232 dpow(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| power(a, b));
    1346 pow(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| power(a, b));
    1368 power(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| power(a, b));
    1347 exp(FLOAT8) -> FLOAT8 = f!(|a: f64| exponential(a));
    1341 ln(FLOAT8) -> FLOAT8 = f!(|a: f64| natural_logarithm(a));
    1340 log(FLOAT8) -> FLOAT8 = f!(|a: f64| logarithm(f64::log10, a));
    1194 log10(FLOAT8) -> FLOAT8 = f!(|a: f64| logarithm(f64::log10, a));
    2308 ceil(FLOAT8) -> FLOAT8 = f!(|a: f64| a.ceil());
    2320 ceiling(FLOAT8) -> FLOAT8 = f!(|a: f64| a.ceil());
    2309 floor(FLOAT8) -> FLOAT8 = f!(|a: f64| a.floor());
    1342 round(FLOAT8) -> FLOAT8 = f!(|a: f64| a.round_ties_even());
    1343 trunc(FLOAT8) -> FLOAT8 = f!(|a: f64| a.trunc());
    2310 sign(FLOAT8) -> FLOAT8 = f!(|a: f64| sign(a));
    1608 degrees(FLOAT8) -> FLOAT8 = f!(|a: f64| checked(a / (std::f64::consts::PI / 180.0), a));
    1609 radians(FLOAT8) -> FLOAT8 = f!(|a: f64| a * (std::f64::consts::PI / 180.0));
    1610 pi() -> FLOAT8 = f!(|| std::f64::consts::PI);
    1604 sin(FLOAT8) -> FLOAT8 = f!(|a: f64| periodic(f64::sin, a));
    1605 cos(FLOAT8) -> FLOAT8 = f!(|a: f64| periodic(f64::cos, a));
    1606 tan(FLOAT8) -> FLOAT8 = f!(|a: f64| periodic(f64::tan, a));
    1607 cot(FLOAT8) -> FLOAT8 = f!(|a: f64| if a == 0.0 { Ok(f64::INFINITY.copysign(a)) } else { periodic(cotangent, a) });
    1600 asin(FLOAT8) -> FLOAT8 = f!(|a: f64| inverse(f64::asin, a));
    1601 acos(FLOAT8) -> FLOAT8 = f!(|a: f64| inverse(f64::acos, a));
    1602 atan(FLOAT8) -> FLOAT8 = f!(|a: f64| a.atan());
    1603 atan2(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| a.atan2(b));
    2462 sinh(FLOAT8) -> FLOAT8 = f!(|a: f64| a.sinh());
    2463 cosh(FLOAT8) -> FLOAT8 = f!(|a: f64| a.cosh());
    2464 tanh(FLOAT8) -> FLOAT8 = f!(|a: f64| a.tanh());
    2465 asinh(FLOAT8) -> FLOAT8 = f!(|a: f64| a.asinh());
    2466 acosh(FLOAT8) -> FLOAT8 = f!(|a: f64| inverse_hyperbolic_cosine(a));
    2467 atanh(FLOAT8) -> FLOAT8 = f!(|a: f64| inverse(f64::atanh, a));
    1598 random() -> FLOAT8 [volatile] = f!(context, || unit_interval(context.host.random()));
    1599 setseed(FLOAT8) -> VOID [volatile] = crate::kernel::Body::Host;
    320 width_bucket(FLOAT8, FLOAT8, FLOAT8, INT4) -> INT4 = f!(|a: f64, low: f64, high: f64, count: i32| width_bucket(a, low, high, count));
}
