//! `smallint`, `integer` and `bigint`: checked arithmetic, bits, number theory. Nothing wraps.

#[cfg(test)]
mod tests;

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

/// The three integer types.
pub(crate) trait Integer: Copy + Ord {
    /// As PostgreSQL calls it in errors.
    const NAME: &'static str;
    const ZERO: Self;
    const MINUS_ONE: Self;
    fn checked_add(self, other: Self) -> Option<Self>;
    fn checked_sub(self, other: Self) -> Option<Self>;
    fn checked_mul(self, other: Self) -> Option<Self>;
    fn checked_div(self, other: Self) -> Option<Self>;
    fn wrapping_rem(self, other: Self) -> Self;
    fn checked_neg(self) -> Option<Self>;
}

macro_rules! integer {
    ($($rust:ident $name:literal)*) => { $(
        impl Integer for $rust {
            const NAME: &'static str = $name;
            const ZERO: Self = 0;
            const MINUS_ONE: Self = -1;
            #[inline]
            fn checked_add(self, other: Self) -> Option<Self> { $rust::checked_add(self, other) }
            #[inline]
            fn checked_sub(self, other: Self) -> Option<Self> { $rust::checked_sub(self, other) }
            #[inline]
            fn checked_mul(self, other: Self) -> Option<Self> { $rust::checked_mul(self, other) }
            #[inline]
            fn checked_div(self, other: Self) -> Option<Self> { $rust::checked_div(self, other) }
            #[inline]
            fn wrapping_rem(self, other: Self) -> Self { $rust::wrapping_rem(self, other) }
            #[inline]
            fn checked_neg(self) -> Option<Self> { $rust::checked_neg(self) }
        }
    )* };
}

integer! { i16 "smallint" i32 "integer" i64 "bigint" }

/// 22003: `integer out of range`.
#[cold]
pub(crate) fn out_of_range<T: Integer>() -> SqlError {
    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{} out of range", T::NAME))
}

/// 22012.
#[cold]
pub(crate) fn division_by_zero() -> SqlError {
    SqlError::new(SqlState::DIVISION_BY_ZERO, "division by zero")
}

/// `a + b`
#[inline]
pub(crate) fn add<T: Integer>(a: T, b: T) -> Result<T, SqlError> {
    a.checked_add(b).ok_or_else(out_of_range::<T>)
}

#[inline]
fn subtract<T: Integer>(a: T, b: T) -> Result<T, SqlError> {
    a.checked_sub(b).ok_or_else(out_of_range::<T>)
}

#[inline]
fn multiply<T: Integer>(a: T, b: T) -> Result<T, SqlError> {
    a.checked_mul(b).ok_or_else(out_of_range::<T>)
}

#[inline]
fn divide<T: Integer>(a: T, b: T) -> Result<T, SqlError> {
    if b == T::ZERO {
        return Err(division_by_zero());
    }
    a.checked_div(b).ok_or_else(out_of_range::<T>)
}

/// The sign follows the dividend; `MIN % -1` is 0.
#[inline]
fn remainder<T: Integer>(a: T, b: T) -> Result<T, SqlError> {
    if b == T::ZERO {
        return Err(division_by_zero());
    }
    Ok(if b == T::MINUS_ONE { T::ZERO } else { a.wrapping_rem(b) })
}

#[inline]
fn negate<T: Integer>(a: T) -> Result<T, SqlError> {
    a.checked_neg().ok_or_else(out_of_range::<T>)
}

#[inline]
fn absolute<T: Integer>(a: T) -> Result<T, SqlError> {
    if a < T::ZERO { negate(a) } else { Ok(a) }
}

/// Euclid's algorithm; never negative, so `gcd(MIN, 0)` is out of range.
fn gcd<T: Integer>(mut a: T, mut b: T) -> Result<T, SqlError> {
    while b != T::ZERO {
        (a, b) = (b, remainder(a, b)?);
    }
    absolute(a)
}

fn lcm<T: Integer>(a: T, b: T) -> Result<T, SqlError> {
    if a == T::ZERO || b == T::ZERO {
        return Ok(T::ZERO);
    }
    absolute(multiply(divide(a, gcd(a, b)?)?, b)?)
}

functions! {
    176 int2pl(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| add(a, b));
    178 int24pl(INT2, INT4) -> INT4 = f!(|a: i16, b: i32| add(i32::from(a), b));
    841 int28pl(INT2, INT8) -> INT8 = f!(|a: i16, b: i64| add(i64::from(a), b));
    179 int42pl(INT4, INT2) -> INT4 = f!(|a: i32, b: i16| add(a, i32::from(b)));
    177 int4pl(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| add(a, b));
    1278 int48pl(INT4, INT8) -> INT8 = f!(|a: i32, b: i64| add(i64::from(a), b));
    837 int82pl(INT8, INT2) -> INT8 = f!(|a: i64, b: i16| add(a, i64::from(b)));
    1274 int84pl(INT8, INT4) -> INT8 = f!(|a: i64, b: i32| add(a, i64::from(b)));
    463 int8pl(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| add(a, b));
    180 int2mi(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| subtract(a, b));
    182 int24mi(INT2, INT4) -> INT4 = f!(|a: i16, b: i32| subtract(i32::from(a), b));
    942 int28mi(INT2, INT8) -> INT8 = f!(|a: i16, b: i64| subtract(i64::from(a), b));
    183 int42mi(INT4, INT2) -> INT4 = f!(|a: i32, b: i16| subtract(a, i32::from(b)));
    181 int4mi(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| subtract(a, b));
    1279 int48mi(INT4, INT8) -> INT8 = f!(|a: i32, b: i64| subtract(i64::from(a), b));
    838 int82mi(INT8, INT2) -> INT8 = f!(|a: i64, b: i16| subtract(a, i64::from(b)));
    1275 int84mi(INT8, INT4) -> INT8 = f!(|a: i64, b: i32| subtract(a, i64::from(b)));
    464 int8mi(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| subtract(a, b));
    152 int2mul(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| multiply(a, b));
    170 int24mul(INT2, INT4) -> INT4 = f!(|a: i16, b: i32| multiply(i32::from(a), b));
    943 int28mul(INT2, INT8) -> INT8 = f!(|a: i16, b: i64| multiply(i64::from(a), b));
    171 int42mul(INT4, INT2) -> INT4 = f!(|a: i32, b: i16| multiply(a, i32::from(b)));
    141 int4mul(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| multiply(a, b));
    1280 int48mul(INT4, INT8) -> INT8 = f!(|a: i32, b: i64| multiply(i64::from(a), b));
    839 int82mul(INT8, INT2) -> INT8 = f!(|a: i64, b: i16| multiply(a, i64::from(b)));
    1276 int84mul(INT8, INT4) -> INT8 = f!(|a: i64, b: i32| multiply(a, i64::from(b)));
    465 int8mul(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| multiply(a, b));
    153 int2div(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| divide(a, b));
    172 int24div(INT2, INT4) -> INT4 = f!(|a: i16, b: i32| divide(i32::from(a), b));
    948 int28div(INT2, INT8) -> INT8 = f!(|a: i16, b: i64| divide(i64::from(a), b));
    173 int42div(INT4, INT2) -> INT4 = f!(|a: i32, b: i16| divide(a, i32::from(b)));
    154 int4div(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| divide(a, b));
    1281 int48div(INT4, INT8) -> INT8 = f!(|a: i32, b: i64| divide(i64::from(a), b));
    840 int82div(INT8, INT2) -> INT8 = f!(|a: i64, b: i16| divide(a, i64::from(b)));
    1277 int84div(INT8, INT4) -> INT8 = f!(|a: i64, b: i32| divide(a, i64::from(b)));
    466 int8div(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| divide(a, b));
    155 int2mod(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| remainder(a, b));
    156 int4mod(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| remainder(a, b));
    945 int8mod(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| remainder(a, b));
    940 mod(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| remainder(a, b));
    941 mod(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| remainder(a, b));
    947 mod(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| remainder(a, b));
    213 int2um(INT2) -> INT2 = f!(|a: i16| negate(a));
    1911 int2up(INT2) -> INT2 = f!(|a: i16| a);
    1253 int2abs(INT2) -> INT2 = f!(|a: i16| absolute(a));
    1398 abs(INT2) -> INT2 = f!(|a: i16| absolute(a));
    212 int4um(INT4) -> INT4 = f!(|a: i32| negate(a));
    1912 int4up(INT4) -> INT4 = f!(|a: i32| a);
    1251 int4abs(INT4) -> INT4 = f!(|a: i32| absolute(a));
    1397 abs(INT4) -> INT4 = f!(|a: i32| absolute(a));
    462 int8um(INT8) -> INT8 = f!(|a: i64| negate(a));
    1910 int8up(INT8) -> INT8 = f!(|a: i64| a);
    1230 int8abs(INT8) -> INT8 = f!(|a: i64| absolute(a));
    1396 abs(INT8) -> INT8 = f!(|a: i64| absolute(a));
    1892 int2and(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| a & b);
    1893 int2or(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| a | b);
    1894 int2xor(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| a ^ b);
    1895 int2not(INT2) -> INT2 = f!(|a: i16| !a);
    1896 int2shl(INT2, INT4) -> INT2 = f!(|a: i16, by: i32| i32::from(a).wrapping_shl(by as u32) as i16);
    1897 int2shr(INT2, INT4) -> INT2 = f!(|a: i16, by: i32| i32::from(a).wrapping_shr(by as u32) as i16);
    1898 int4and(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| a & b);
    1899 int4or(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| a | b);
    1900 int4xor(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| a ^ b);
    1901 int4not(INT4) -> INT4 = f!(|a: i32| !a);
    1902 int4shl(INT4, INT4) -> INT4 = f!(|a: i32, by: i32| a.wrapping_shl(by as u32));
    1903 int4shr(INT4, INT4) -> INT4 = f!(|a: i32, by: i32| a.wrapping_shr(by as u32));
    1904 int8and(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| a & b);
    1905 int8or(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| a | b);
    1906 int8xor(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| a ^ b);
    1907 int8not(INT8) -> INT8 = f!(|a: i64| !a);
    1908 int8shl(INT8, INT4) -> INT8 = f!(|a: i64, by: i32| a.wrapping_shl(by as u32));
    1909 int8shr(INT8, INT4) -> INT8 = f!(|a: i64, by: i32| a.wrapping_shr(by as u32));
    770 int2larger(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| a.max(b));
    771 int2smaller(INT2, INT2) -> INT2 = f!(|a: i16, b: i16| a.min(b));
    768 int4larger(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| a.max(b));
    769 int4smaller(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| a.min(b));
    1236 int8larger(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| a.max(b));
    1237 int8smaller(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| a.min(b));
    5044 gcd(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| gcd(a, b));
    5046 lcm(INT4, INT4) -> INT4 = f!(|a: i32, b: i32| lcm(a, b));
    2089 to_hex(INT4) -> TEXT = f!(|a: i32| format!("{a:x}"));
    5045 gcd(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| gcd(a, b));
    5047 lcm(INT8, INT8) -> INT8 = f!(|a: i64, b: i64| lcm(a, b));
    2090 to_hex(INT8) -> TEXT = f!(|a: i64| format!("{a:x}"));
}
