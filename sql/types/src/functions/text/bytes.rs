//! `bytea`.

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

use super::slice::window;

fn substring(bytes: &[u8], start: i32, length: Option<i32>) -> Result<Vec<u8>, SqlError> {
    let (from, to) = window(start, length)?;
    let (from, to) = (from.min(bytes.len()), to.min(bytes.len()));
    Ok(if from < to { bytes[from..to].to_vec() } else { Vec::new() })
}

fn overlay(bytes: &[u8], new: &[u8], start: i32, length: i32) -> Result<Vec<u8>, SqlError> {
    if start <= 0 {
        return Err(SqlError::new(SqlState::SUBSTRING_ERROR, "negative substring length not allowed"));
    }
    let after = crate::functions::int::add(start, length)?;
    Ok([substring(bytes, 1, Some(start - 1))?, new.to_vec(), substring(bytes, after, None)?].concat())
}

fn position(haystack: &[u8], needle: &[u8]) -> i32 {
    if needle.is_empty() {
        return 1;
    }
    haystack.windows(needle.len()).position(|window| window == needle).map_or(0, |at| at as i32 + 1)
}

fn trim_start<'a>(bytes: &'a [u8], set: &[u8]) -> &'a [u8] {
    let kept = bytes.iter().position(|b| !set.contains(b)).unwrap_or(bytes.len());
    &bytes[kept..]
}

fn trim_end<'a>(bytes: &'a [u8], set: &[u8]) -> &'a [u8] {
    let kept = bytes.iter().rposition(|b| !set.contains(b)).map_or(0, |at| at + 1);
    &bytes[..kept]
}

/// 2202E unless `0 <= n < length`.
fn index(n: i64, length: usize) -> Result<usize, SqlError> {
    usize::try_from(n).ok().filter(|n| *n < length).ok_or_else(|| {
        SqlError::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            format!("index {n} out of valid range, 0..{}", length as i64 - 1),
        )
    })
}

fn set_byte(bytes: &[u8], n: i32, value: i32) -> Result<Vec<u8>, SqlError> {
    let at = index(i64::from(n), bytes.len())?;
    let mut result = bytes.to_vec();
    result[at] = value as u8;
    Ok(result)
}

fn get_bit(bytes: &[u8], n: i64) -> Result<i32, SqlError> {
    let at = index(n, bytes.len() * 8)?;
    Ok(i32::from(bytes[at / 8] >> (at % 8) & 1))
}

fn set_bit(bytes: &[u8], n: i64, value: i32) -> Result<Vec<u8>, SqlError> {
    let at = index(n, bytes.len() * 8)?;
    if value != 0 && value != 1 {
        return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, "new bit must be 0 or 1"));
    }
    let mut result = bytes.to_vec();
    let bit = 1 << (at % 8);
    result[at / 8] = if value == 1 { result[at / 8] | bit } else { result[at / 8] & !bit };
    Ok(result)
}

functions! {
    2010 length(BYTEA) -> INT4 = f!(|bytes: &[u8]| bytes.len() as i32);
    720 octet_length(BYTEA) -> INT4 = f!(|bytes: &[u8]| bytes.len() as i32);
    1810 bit_length(BYTEA) -> INT4 = f!(|bytes: &[u8]| bytes.len() as i32 * 8);
    6163 bit_count(BYTEA) -> INT8 = f!(|bytes: &[u8]| bytes.iter().map(|b| i64::from(b.count_ones())).sum::<i64>());
    2011 byteacat(BYTEA, BYTEA) -> BYTEA = f!(|a: &[u8], b: &[u8]| [a, b].concat());
    2086 substr(BYTEA, INT4) -> BYTEA = f!(|bytes: &[u8], start: i32| substring(bytes, start, None));
    2085 substr(BYTEA, INT4, INT4) -> BYTEA = f!(|bytes: &[u8], start: i32, length: i32| substring(bytes, start, Some(length)));
    2013 substring(BYTEA, INT4) -> BYTEA = f!(|bytes: &[u8], start: i32| substring(bytes, start, None));
    2012 substring(BYTEA, INT4, INT4) -> BYTEA = f!(|bytes: &[u8], start: i32, length: i32| substring(bytes, start, Some(length)));
    752 overlay(BYTEA, BYTEA, INT4) -> BYTEA = f!(|bytes: &[u8], new: &[u8], start: i32| overlay(bytes, new, start, new.len() as i32));
    749 overlay(BYTEA, BYTEA, INT4, INT4) -> BYTEA = f!(|bytes: &[u8], new: &[u8], start: i32, length: i32| overlay(bytes, new, start, length));
    2014 position(BYTEA, BYTEA) -> INT4 = f!(|bytes: &[u8], needle: &[u8]| position(bytes, needle));
    2015 btrim(BYTEA, BYTEA) -> BYTEA = f!(|bytes: &[u8], set: &[u8]| trim_end(trim_start(bytes, set), set).to_vec());
    6195 ltrim(BYTEA, BYTEA) -> BYTEA = f!(|bytes: &[u8], set: &[u8]| trim_start(bytes, set).to_vec());
    6196 rtrim(BYTEA, BYTEA) -> BYTEA = f!(|bytes: &[u8], set: &[u8]| trim_end(bytes, set).to_vec());
    721 get_byte(BYTEA, INT4) -> INT4 = f!(|bytes: &[u8], n: i32| index(i64::from(n), bytes.len()).map(|at| i32::from(bytes[at])));
    722 set_byte(BYTEA, INT4, INT4) -> BYTEA = f!(|bytes: &[u8], n: i32, value: i32| set_byte(bytes, n, value));
    723 get_bit(BYTEA, INT8) -> INT4 = f!(|bytes: &[u8], n: i64| get_bit(bytes, n));
    724 set_bit(BYTEA, INT8, INT4) -> BYTEA = f!(|bytes: &[u8], n: i64, value: i32| set_bit(bytes, n, value));
}
