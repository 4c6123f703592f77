//! Length, case, concatenation, replacement, characters.

use crate::compare::unpadded;
use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

/// A PostgreSQL value holds at most 1 GiB.
pub(super) const BYTES_MAX: usize = 0x3fff_ffff;

/// 54000 for results that no value may hold.
pub(super) fn too_long() -> SqlError {
    SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "requested length too large")
}

pub(super) fn char_count(text: &str) -> i32 {
    let count = if text.is_ascii() { text.len() } else { text.chars().count() };
    count as i32
}

/// First letter of each word in upper case, the others in lower case; words are runs of letters and digits.
fn initcap(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            result.extend(c.to_lowercase());
        } else {
            result.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric();
    }
    result
}

fn concatenate(a: &str, b: &str) -> String {
    let mut result = String::with_capacity(a.len() + b.len());
    result.push_str(a);
    result.push_str(b);
    result
}

/// Position of the first occurrence, in characters from 1; 0 when absent.
fn position(haystack: &str, needle: &str) -> i32 {
    haystack.find(needle).map_or(0, |at| char_count(&haystack[..at]) + 1)
}

fn repeat(text: &str, times: i32) -> Result<String, SqlError> {
    let times = times.max(0) as usize;
    match text.len().checked_mul(times) {
        Some(bytes) if bytes <= BYTES_MAX => Ok(text.repeat(times)),
        _ => Err(too_long()),
    }
}

fn replace(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() { text.to_owned() } else { text.replace(from, to) }
}

/// Each character of `from` becomes the one at the same place in `to`, or disappears.
fn translate(text: &str, from: &str, to: &str) -> String {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    text.chars()
        .filter_map(|c| match from.iter().position(|f| *f == c) {
            Some(at) => to.get(at).copied(),
            None => Some(c),
        })
        .collect()
}

fn chr(code: i32) -> Result<String, SqlError> {
    let limit = |message: String| SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
    if code < 0 {
        return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, "character number must be positive"));
    }
    if code == 0 {
        return Err(limit("null character not permitted".to_owned()));
    }
    if code > 0x10_ffff {
        return Err(limit(format!("requested character too large for encoding: {code}")));
    }
    char::from_u32(code as u32)
        .map(String::from)
        .ok_or_else(|| limit(format!("requested character not valid for encoding: {code}")))
}

functions! {
    1317 length(TEXT) -> INT4 = f!(|text: &str| char_count(text));
    1318 length(BPCHAR) -> INT4 = f!(|text: &str| char_count(unpadded(text)));
    1381 char_length(TEXT) -> INT4 = f!(|text: &str| char_count(text));
    1372 char_length(BPCHAR) -> INT4 = f!(|text: &str| char_count(unpadded(text)));
    1369 character_length(TEXT) -> INT4 = f!(|text: &str| char_count(text));
    1367 character_length(BPCHAR) -> INT4 = f!(|text: &str| char_count(unpadded(text)));
    1257 textlen(TEXT) -> INT4 = f!(|text: &str| char_count(text));
    1374 octet_length(TEXT) -> INT4 = f!(|text: &str| text.len() as i32);
    1375 octet_length(BPCHAR) -> INT4 = f!(|text: &str| text.len() as i32);
    1811 bit_length(TEXT) -> INT4 = f!(|text: &str| text.len() as i32 * 8);
    871 upper(TEXT) -> TEXT = f!(|text: &str| text.to_uppercase());
    870 lower(TEXT) -> TEXT = f!(|text: &str| text.to_lowercase());
    872 initcap(TEXT) -> TEXT = f!(|text: &str| initcap(text));
    1258 textcat(TEXT, TEXT) -> TEXT = f!(|a: &str, b: &str| concatenate(a, b));
    458 text_larger(TEXT, TEXT) -> TEXT = f!(|a: &str, b: &str| a.max(b));
    459 text_smaller(TEXT, TEXT) -> TEXT = f!(|a: &str, b: &str| a.min(b));
    868 strpos(TEXT, TEXT) -> INT4 = f!(|text: &str, needle: &str| position(text, needle));
    849 position(TEXT, TEXT) -> INT4 = f!(|text: &str, needle: &str| position(text, needle));
    3696 starts_with(TEXT, TEXT) -> BOOL = f!(|text: &str, prefix: &str| text.starts_with(prefix));
    1622 repeat(TEXT, INT4) -> TEXT = f!(|text: &str, times: i32| repeat(text, times));
    2087 replace(TEXT, TEXT, TEXT) -> TEXT = f!(|text: &str, from: &str, to: &str| replace(text, from, to));
    878 translate(TEXT, TEXT, TEXT) -> TEXT = f!(|text: &str, from: &str, to: &str| translate(text, from, to));
    3062 reverse(TEXT) -> TEXT = f!(|text: &str| text.chars().rev().collect::<String>());
    1620 ascii(TEXT) -> INT4 = f!(|text: &str| text.chars().next().map_or(0, |c| c as i32));
    1621 chr(INT4) -> TEXT = f!(|code: i32| chr(code));
}
