//! Parts of strings, counted in characters from 1.

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};
use crate::functions::int::{add, out_of_range};

use super::basic::char_count;

/// Characters `from..to` (from 0, clamped) of a text.
fn characters(text: &str, from: usize, to: usize) -> &str {
    if from >= to {
        return "";
    }
    if text.is_ascii() {
        return &text[from.min(text.len())..to.min(text.len())];
    }
    let mut starts = text.char_indices().map(|(at, _)| at).skip(from);
    let Some(start) = starts.next() else { return "" };
    let end = starts.nth(to - from - 1).unwrap_or(text.len());
    &text[start..end]
}

/// The window `start, start + length` of 1-based positions as a 0-based range; positions before 1 count but hold nothing.
pub(super) fn window(start: i32, length: Option<i32>) -> Result<(usize, usize), SqlError> {
    let from = i64::from(start).max(1) - 1;
    let to = match length {
        None => i64::MAX,
        Some(length) if length < 0 => {
            return Err(SqlError::new(SqlState::SUBSTRING_ERROR, "negative substring length not allowed"));
        }
        Some(length) => (i64::from(start) + i64::from(length)).max(1) - 1,
    };
    Ok((from as usize, to as usize))
}

fn substring(text: &str, start: i32, length: Option<i32>) -> Result<&str, SqlError> {
    let (from, to) = window(start, length)?;
    Ok(characters(text, from, to))
}

/// Negative counts leave out that many characters at the end.
fn left(text: &str, count: i32) -> &str {
    let to = if count < 0 { i64::from(char_count(text)) + i64::from(count) } else { i64::from(count) };
    characters(text, 0, to.max(0) as usize)
}

/// Negative counts leave out that many characters at the start.
fn right(text: &str, count: i32) -> &str {
    let from = if count < 0 { -i64::from(count) } else { i64::from(char_count(text)) - i64::from(count) };
    characters(text, from.max(0) as usize, usize::MAX)
}

fn overlay(text: &str, new: &str, start: i32, length: i32) -> Result<String, SqlError> {
    if start <= 0 {
        return Err(SqlError::new(SqlState::SUBSTRING_ERROR, "negative substring length not allowed"));
    }
    let after = add(start, length).map_err(|_| out_of_range::<i32>())?;
    Ok([substring(text, 1, Some(start - 1))?, new, substring(text, after, None)?].concat())
}

/// The n-th field, from the end when n is negative; empty beyond the last.
fn split_part<'a>(text: &'a str, delimiter: &str, n: i32) -> Result<&'a str, SqlError> {
    if n == 0 {
        return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, "field position must not be zero"));
    }
    if text.is_empty() {
        return Ok("");
    }
    if delimiter.is_empty() {
        return Ok(if n == 1 || n == -1 { text } else { "" });
    }
    let at = n.unsigned_abs() as usize;
    let at = if n > 0 { Some(at - 1) } else { text.split(delimiter).count().checked_sub(at) };
    Ok(at.and_then(|at| text.split(delimiter).nth(at)).unwrap_or(""))
}

functions! {
    883 substr(TEXT, INT4) -> TEXT = f!(|text: &str, start: i32| substring(text, start, None));
    877 substr(TEXT, INT4, INT4) -> TEXT = f!(|text: &str, start: i32, length: i32| substring(text, start, Some(length)));
    937 substring(TEXT, INT4) -> TEXT = f!(|text: &str, start: i32| substring(text, start, None));
    936 substring(TEXT, INT4, INT4) -> TEXT = f!(|text: &str, start: i32, length: i32| substring(text, start, Some(length)));
    3060 left(TEXT, INT4) -> TEXT = f!(|text: &str, count: i32| left(text, count));
    3061 right(TEXT, INT4) -> TEXT = f!(|text: &str, count: i32| right(text, count));
    1405 overlay(TEXT, TEXT, INT4) -> TEXT = f!(|text: &str, new: &str, start: i32| overlay(text, new, start, char_count(new)));
    1404 overlay(TEXT, TEXT, INT4, INT4) -> TEXT = f!(|text: &str, new: &str, start: i32, length: i32| overlay(text, new, start, length));
    2088 split_part(TEXT, TEXT, INT4) -> TEXT = f!(|text: &str, delimiter: &str, n: i32| split_part(text, delimiter, n));
}
