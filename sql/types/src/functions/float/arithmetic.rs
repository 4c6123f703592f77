//! The four operations. An infinite result of finite operands is an overflow, a zero result of non-zero factors an
//! underflow; both are errors, as in PostgreSQL.

use std::ops::{Add, Div, Mul, Sub};

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};
use crate::functions::int::division_by_zero;

/// The two float types.
pub(crate) trait Float:
    Copy + PartialEq + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    const ZERO: Self;
    fn infinite(self) -> bool;
    fn nan(self) -> bool;
}

macro_rules! float {
    ($($rust:ident)*) => { $(
        impl Float for $rust {
            const ZERO: Self = 0.0;
            #[inline]
            fn infinite(self) -> bool { self.is_infinite() }
            #[inline]
            fn nan(self) -> bool { self.is_nan() }
        }
    )* };
}

float! { f32 f64 }

/// 22003.
#[cold]
pub(crate) fn overflow() -> SqlError {
    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

/// 22003.
#[cold]
pub(super) fn underflow() -> SqlError {
    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow")
}

/// Refuses an infinity that the operands do not explain.
#[inline]
fn finite<T: Float>(result: T, explained: bool) -> Result<T, SqlError> {
    if result.infinite() && !explained { Err(overflow()) } else { Ok(result) }
}

#[inline]
fn add<T: Float>(a: T, b: T) -> Result<T, SqlError> {
    finite(a + b, a.infinite() || b.infinite())
}

#[inline]
fn subtract<T: Float>(a: T, b: T) -> Result<T, SqlError> {
    finite(a - b, a.infinite() || b.infinite())
}

#[inline]
fn multiply<T: Float>(a: T, b: T) -> Result<T, SqlError> {
    let result = finite(a * b, a.infinite() || b.infinite())?;
    if result == T::ZERO && a != T::ZERO && b != T::ZERO { Err(underflow()) } else { Ok(result) }
}

#[inline]
fn divide<T: Float>(a: T, b: T) -> Result<T, SqlError> {
    if b == T::ZERO && !a.nan() {
        return Err(division_by_zero());
    }
    let result = finite(a / b, a.infinite())?;
    if result == T::ZERO && a != T::ZERO && !b.infinite() { Err(underflow()) } else { Ok(result) }
}

/// `double precision` to `real`.
pub(crate) fn narrow(a: f64) -> Result<f32, SqlError> {
    let result = finite(a as f32, a.is_infinite())?;
    if result == 0.0 && a != 0.0 { Err(underflow()) } else { Ok(result) }
}

functions! {
    204 float4pl(FLOAT4, FLOAT4) -> FLOAT4 = f!(|a: f32, b: f32| add(a, b));
    281 float48pl(FLOAT4, FLOAT8) -> FLOAT8 = f!(|a: f32, b: f64| add(f64::from(a), b));
    285 float84pl(FLOAT8, FLOAT4) -> FLOAT8 = f!(|a: f64, b: f32| add(a, f64::from(b)));
    218 float8pl(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| add(a, b));
    205 float4mi(FLOAT4, FLOAT4) -> FLOAT4 = f!(|a: f32, b: f32| subtract(a, b));
    282 float48mi(FLOAT4, FLOAT8) -> FLOAT8 = f!(|a: f32, b: f64| subtract(f64::from(a), b));
    286 float84mi(FLOAT8, FLOAT4) -> FLOAT8 = f!(|a: f64, b: f32| subtract(a, f64::from(b)));
    219 float8mi(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| subtract(a, b));
    202 float4mul(FLOAT4, FLOAT4) -> FLOAT4 = f!(|a: f32, b: f32| multiply(a, b));
    279 float48mul(FLOAT4, FLOAT8) -> FLOAT8 = f!(|a: f32, b: f64| multiply(f64::from(a), b));
    283 float84mul(FLOAT8, FLOAT4) -> FLOAT8 = f!(|a: f64, b: f32| multiply(a, f64::from(b)));
    216 float8mul(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| multiply(a, b));
    203 float4div(FLOAT4, FLOAT4) -> FLOAT4 = f!(|a: f32, b: f32| divide(a, b));
    280 float48div(FLOAT4, FLOAT8) -> FLOAT8 = f!(|a: f32, b: f64| divide(f64::from(a), b));
    284 float84div(FLOAT8, FLOAT4) -> FLOAT8 = f!(|a: f64, b: f32| divide(a, f64::from(b)));
    217 float8div(FLOAT8, FLOAT8) -> FLOAT8 = f!(|a: f64, b: f64| divide(a, b));
    206 float4um(FLOAT4) -> FLOAT4 = f!(|a: f32| -a);
    1913 float4up(FLOAT4) -> FLOAT4 = f!(|a: f32| a);
    207 float4abs(FLOAT4) -> FLOAT4 = f!(|a: f32| a.abs());
    1394 abs(FLOAT4) -> FLOAT4 = f!(|a: f32| a.abs());
    220 float8um(FLOAT8) -> FLOAT8 = f!(|a: f64| -a);
    1914 float8up(FLOAT8) -> FLOAT8 = f!(|a: f64| a);
    221 float8abs(FLOAT8) -> FLOAT8 = f!(|a: f64| a.abs());
    1395 abs(FLOAT8) -> FLOAT8 = f!(|a: f64| a.abs());
}
