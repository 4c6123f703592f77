//! Trimming and padding.

use crate::error::SqlError;
use crate::functions::declare::{f, functions};

use super::basic::{BYTES_MAX, char_count, too_long};

fn trim_start<'a>(text: &'a str, set: &str) -> &'a str {
    text.trim_start_matches(|c| set.contains(c))
}

fn trim_end<'a>(text: &'a str, set: &str) -> &'a str {
    text.trim_end_matches(|c| set.contains(c))
}

/// The padding that brings `text` to `length` characters, or the text cut to that length.
fn padding(text: &str, length: i32, fill: &str) -> Result<Result<String, String>, SqlError> {
    let length = length.max(0) as usize;
    let have = char_count(text) as usize;
    if have >= length || fill.is_empty() {
        return Ok(Err(text.chars().take(length).collect()));
    }
    let missing = length - have;
    if missing.saturating_mul(4) > BYTES_MAX {
        return Err(too_long());
    }
    Ok(Ok(fill.chars().cycle().take(missing).collect()))
}

fn pad_left(text: &str, length: i32, fill: &str) -> Result<String, SqlError> {
    Ok(match padding(text, length, fill)? {
        Ok(padding) => padding + text,
        Err(cut) => cut,
    })
}

fn pad_right(text: &str, length: i32, fill: &str) -> Result<String, SqlError> {
    Ok(match padding(text, length, fill)? {
        Ok(padding) => [text, &padding].concat(),
        Err(cut) => cut,
    })
}

functions! {
    885 btrim(TEXT) -> TEXT = f!(|text: &str| trim_end(trim_start(text, " "), " "));
    884 btrim(TEXT, TEXT) -> TEXT = f!(|text: &str, set: &str| trim_end(trim_start(text, set), set));
    881 ltrim(TEXT) -> TEXT = f!(|text: &str| trim_start(text, " "));
    875 ltrim(TEXT, TEXT) -> TEXT = f!(|text: &str, set: &str| trim_start(text, set));
    882 rtrim(TEXT) -> TEXT = f!(|text: &str| trim_end(text, " "));
    876 rtrim(TEXT, TEXT) -> TEXT = f!(|text: &str, set: &str| trim_end(text, set));
    879 lpad(TEXT, INT4) -> TEXT = f!(|text: &str, length: i32| pad_left(text, length, " "));
    873 lpad(TEXT, INT4, TEXT) -> TEXT = f!(|text: &str, length: i32, fill: &str| pad_left(text, length, fill));
    880 rpad(TEXT, INT4) -> TEXT = f!(|text: &str, length: i32| pad_right(text, length, " "));
    874 rpad(TEXT, INT4, TEXT) -> TEXT = f!(|text: &str, length: i32, fill: &str| pad_right(text, length, fill));
}
