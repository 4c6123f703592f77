//! The kernels behind `pg_cast`: numbers, strings, oids, booleans. Casts between dates and times stand with their family.

use crate::compare::unpadded;
use crate::datum::Datum;
use crate::error::{SqlError, SqlState};
use crate::functions::args::{Oid, Time};
use crate::functions::declare::{f, functions};
use crate::functions::float::narrow;
use crate::functions::int::{Integer, out_of_range};
use crate::io::truncate_name;
use crate::numeric::Numeric;
use crate::ty::TypeId;

use super::length;

/// A narrower integer.
fn shrink<A, B: TryFrom<A> + Integer>(value: A) -> Result<B, SqlError> {
    B::try_from(value).map_err(|_| out_of_range::<B>())
}

/// Half to even, then a range check against the first value beyond the type.
fn float_to_int<T: Integer>(value: f64, limit: f64, convert: fn(f64) -> T) -> Result<T, SqlError> {
    let whole = value.round_ties_even();
    if whole >= -limit && whole < limit { Ok(convert(whole)) } else { Err(out_of_range::<T>()) }
}

fn to_int2(value: f64) -> Result<i16, SqlError> {
    float_to_int(value, 32_768.0, |whole| whole as i16)
}

fn to_int4(value: f64) -> Result<i32, SqlError> {
    float_to_int(value, 2_147_483_648.0, |whole| whole as i32)
}

fn to_int8(value: f64) -> Result<i64, SqlError> {
    float_to_int(value, 9_223_372_036_854_775_808.0, |whole| whole as i64)
}

fn int8_to_oid(value: i64) -> Result<Oid, SqlError> {
    u32::try_from(value).map(Oid).map_err(|_| SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "OID out of range"))
}

/// `"char"` holds one byte: an ASCII character, or a high byte shown as `\nnn`; the zero byte is the empty string.
fn char_of_byte(byte: u8) -> String {
    match byte {
        0 => String::new(),
        1..=127 => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    }
}

fn byte_of_char(text: &str) -> i8 {
    match text.strip_prefix('\\').and_then(|octal| u8::from_str_radix(octal, 8).ok()) {
        Some(byte) if text.len() == 4 => byte as i8,
        _ => text.bytes().next().unwrap_or(0) as i8,
    }
}

fn int4_to_char(value: i32) -> Result<String, SqlError> {
    let byte = i8::try_from(value)
        .map_err(|_| SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "\"char\" out of range"))?;
    Ok(char_of_byte(byte as u8))
}

fn text_to_char(text: &str) -> String {
    char_of_byte(byte_of_char(text) as u8)
}

functions! {
    2558 int4(BOOL) -> INT4 = f!(|a: bool| i32::from(a));
    2557 bool(INT4) -> BOOL = f!(|a: i32| a != 0);
    2971 text(BOOL) -> TEXT = f!(|a: bool| if a { "true" } else { "false" });

    314 int2(INT4) -> INT2 = f!(|a: i32| shrink::<i32, i16>(a));
    714 int2(INT8) -> INT2 = f!(|a: i64| shrink::<i64, i16>(a));
    480 int4(INT8) -> INT4 = f!(|a: i64| shrink::<i64, i32>(a));
    313 int4(INT2) -> INT4 = f!(|a: i16| i32::from(a));
    754 int8(INT2) -> INT8 = f!(|a: i16| i64::from(a));
    481 int8(INT4) -> INT8 = f!(|a: i32| i64::from(a));

    238 int2(FLOAT4) -> INT2 = f!(|a: f32| to_int2(f64::from(a)));
    237 int2(FLOAT8) -> INT2 = f!(|a: f64| to_int2(a));
    319 int4(FLOAT4) -> INT4 = f!(|a: f32| to_int4(f64::from(a)));
    317 int4(FLOAT8) -> INT4 = f!(|a: f64| to_int4(a));
    653 int8(FLOAT4) -> INT8 = f!(|a: f32| to_int8(f64::from(a)));
    483 int8(FLOAT8) -> INT8 = f!(|a: f64| to_int8(a));
    236 float4(INT2) -> FLOAT4 = f!(|a: i16| f32::from(a));
    318 float4(INT4) -> FLOAT4 = f!(|a: i32| a as f32);
    652 float4(INT8) -> FLOAT4 = f!(|a: i64| a as f32);
    312 float4(FLOAT8) -> FLOAT4 = f!(|a: f64| narrow(a));
    235 float8(INT2) -> FLOAT8 = f!(|a: i16| f64::from(a));
    316 float8(INT4) -> FLOAT8 = f!(|a: i32| f64::from(a));
    482 float8(INT8) -> FLOAT8 = f!(|a: i64| a as f64);
    311 float8(FLOAT4) -> FLOAT8 = f!(|a: f32| f64::from(a));

    1782 numeric(INT2) -> NUMERIC = f!(|a: i16| Numeric::from(a));
    1740 numeric(INT4) -> NUMERIC = f!(|a: i32| Numeric::from(a));
    1781 numeric(INT8) -> NUMERIC = f!(|a: i64| Numeric::from(a));
    1742 numeric(FLOAT4) -> NUMERIC = f!(|a: f32| Numeric::from_f32(a));
    1743 numeric(FLOAT8) -> NUMERIC = f!(|a: f64| Numeric::from_f64(a));
    1703 numeric(NUMERIC, INT4) -> NUMERIC = f!(|a: Numeric, modifier: i32| a.coerce(modifier));
    1783 int2(NUMERIC) -> INT2 = f!(|a: Numeric| a.to_i16());
    1744 int4(NUMERIC) -> INT4 = f!(|a: Numeric| a.to_i32());
    1779 int8(NUMERIC) -> INT8 = f!(|a: Numeric| a.to_i64());
    1745 float4(NUMERIC) -> FLOAT4 = f!(|a: Numeric| a.to_f32());
    1746 float8(NUMERIC) -> FLOAT8 = f!(|a: Numeric| a.to_f64());

    1287 oid(INT8) -> OID = f!(|a: i64| int8_to_oid(a));
    1288 int8(OID) -> INT8 = f!(|a: Oid| i64::from(a.0));
    // PostgreSQL casts these without a function (same bits); Cairn keeps oids apart from integers.
    9000001 cairn_int4_to_oid(INT4) -> OID = f!(|a: i32| Oid(a as u32));
    9000002 cairn_oid_to_int4(OID) -> INT4 = f!(|a: Oid| a.0 as i32);
    9000003 cairn_int2_to_oid(INT2) -> OID = f!(|a: i16| Oid(a as u32));
    1079 regclass(TEXT) -> REGCLASS [stable] = f!(context, |name: &str| context.host.reg_in(TypeId::REGCLASS, name).map(Oid));
    3495 to_regclass(TEXT) -> REGCLASS [stable] = f!(context, |name: &str| context.host.reg_in(TypeId::REGCLASS, name).ok().map(Oid));
    3493 to_regtype(TEXT) -> REGTYPE [stable] = f!(context, |name: &str| context.host.reg_in(TypeId::REGTYPE, name).ok().map(Oid));
    3494 to_regproc(TEXT) -> REGPROC [stable] = f!(context, |name: &str| context.host.reg_in(TypeId::REGPROC, name).ok().map(Oid));
    4086 to_regnamespace(TEXT) -> REGNAMESPACE [stable] = f!(context, |name: &str| context.host.reg_in(TypeId::REGNAMESPACE, name).ok().map(Oid));
    4093 to_regrole(TEXT) -> REGROLE [stable] = f!(context, |name: &str| context.host.reg_in(TypeId::REGROLE, name).ok().map(Oid));

    401 text(BPCHAR) -> TEXT = f!(|a: &str| unpadded(a));
    406 text(NAME) -> TEXT = f!(|a: &Datum| a.clone());
    946 text(CHAR) -> TEXT = f!(|a: &Datum| a.clone());
    1401 varchar(NAME) -> VARCHAR = f!(|a: &Datum| a.clone());
    408 bpchar(NAME) -> BPCHAR = f!(|a: &Datum| a.clone());
    860 bpchar(CHAR) -> BPCHAR = f!(|a: &Datum| a.clone());
    407 name(TEXT) -> NAME = f!(|a: &str| truncate_name(a));
    1400 name(VARCHAR) -> NAME = f!(|a: &str| truncate_name(a));
    409 name(BPCHAR) -> NAME = f!(|a: &str| unpadded(truncate_name(a)));
    944 char(TEXT) -> CHAR = f!(|a: &str| text_to_char(a));
    78 char(INT4) -> CHAR = f!(|a: i32| int4_to_char(a));
    77 int4(CHAR) -> INT4 = f!(|a: &str| i32::from(byte_of_char(a)));

    668 bpchar(BPCHAR, INT4, BOOL) -> BPCHAR = f!(|a: &str, modifier: i32, explicit: bool| length::padded(a, modifier, explicit));
    669 varchar(VARCHAR, INT4, BOOL) -> VARCHAR = f!(|a: &str, modifier: i32, explicit: bool| length::bounded(a, modifier, explicit));
    1968 time(TIME, INT4) -> TIME = f!(|a: Time, modifier: i32| Time(length::rounded(a.0, modifier)));
}
