//! `to_char`, `to_number`, `to_date`, `to_timestamp`: templates as Oracle invented them and PostgreSQL understands them.
//!
//! ```text
//!   'FMDay, DD  HH12:MI:SS'  -- date::parse -->    [Field(Day, FM), Char(','), ...]  -- date_output --> text
//!   'FM999,990.00'           -- number::parse -->  [Nine, Nine, Nine, Comma, ...]    -- number_output --> text
//! ```

mod date;
mod date_input;
mod date_output;
mod functions;
mod number;
mod number_input;
mod number_output;

pub(crate) use functions::FUNCTIONS;

/// `st`, `nd`, `rd` or `th` for the digits of a number.
fn ordinal_suffix(digits: &str) -> &'static str {
    let bytes = digits.as_bytes();
    let teens = bytes.len() > 1 && bytes[bytes.len() - 2] == b'1';
    match bytes.last() {
        Some(b'1') if !teens => "st",
        Some(b'2') if !teens => "nd",
        Some(b'3') if !teens => "rd",
        _ => "th",
    }
}

/// The template keyword at the start of `text`, the longest one first.
fn keyword<'a, T: Copy>(text: &str, keywords: &'a [(&'a str, T)]) -> Option<(&'a str, T)> {
    keywords.iter().filter(|(word, _)| text.starts_with(word)).max_by_key(|(word, _)| word.len()).copied()
}
