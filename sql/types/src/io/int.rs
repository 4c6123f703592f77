//! Integers as text.

use super::{invalid_syntax, out_of_range, trimmed};
use crate::error::SqlError;

/// Reads an integer that fits T. 22P02 and 22003 name the type as SQL calls it.
pub(super) fn parse<T: TryFrom<i64>>(text: &str, type_name: &str) -> Result<T, SqlError> {
    let digits = trimmed(text);
    let (negative, digits) = match digits.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(invalid_syntax(type_name, text));
    }
    // Summed below zero, where there is room for i64::MIN.
    let sum = digits.iter().try_fold(0i64, |sum, digit| sum.checked_mul(10)?.checked_sub(i64::from(digit - b'0')));
    let value = sum.and_then(|sum| if negative { Some(sum) } else { sum.checked_neg() });
    value.and_then(|value| T::try_from(value).ok()).ok_or_else(|| out_of_range(type_name, text))
}

/// Reads an `int2`.
pub fn int2(text: &str) -> Result<i16, SqlError> {
    parse(text, "smallint")
}

/// Reads an `int4`.
pub fn int4(text: &str) -> Result<i32, SqlError> {
    parse(text, "integer")
}

/// Reads an `int8`.
pub fn int8(text: &str) -> Result<i64, SqlError> {
    parse(text, "bigint")
}

/// Reads an `oid` (or `xid`); as in C's `strtoul`, `-1` is the greatest.
pub fn oid(text: &str, type_name: &str) -> Result<u32, SqlError> {
    match parse::<i64>(text, type_name)? {
        value @ 0..=0xFFFF_FFFF => Ok(value as u32),
        value @ -0x8000_0000..0 => Ok(value as i32 as u32),
        _ => Err(out_of_range(type_name, text)),
    }
}

/// Appends an integer's decimal digits. Allocates nothing besides.
pub fn print(value: i64, out: &mut Vec<u8>) {
    const DIGITS_MAX: usize = 20;
    let mut buffer = [0u8; DIGITS_MAX];
    let mut at = DIGITS_MAX;
    let mut rest = value.unsigned_abs();
    while rest >= 100 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[rest as usize]);
    } else {
        at -= 1;
        buffer[at] = b'0' + rest as u8;
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&buffer[at..]);
}

/// The two digits of 0 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};
