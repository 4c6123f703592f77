//! Formatting patterns: `to_char`, `to_timestamp`, `to_date`, `to_number`.
//!
//! A pattern such as `YYYY-MM-DD "at" HH24:MI` or `FM999,990.00` is cut into nodes once (`pattern.rs`); four interpreters
//! walk them. Everything follows PostgreSQL's `formatting.c`, oddities included, because patterns are found by trial and
//! error and their users rely on what came out. Locale is "C": decimal point `.`, group separator `,`, no currency sign.

mod datetime_input;
mod datetime_output;
mod given;
mod number;
mod number_input;
mod number_output;
mod pattern;
mod roman;

pub use datetime_input::{to_date, to_timestamp};
pub use datetime_output::{interval, timestamp, timestamptz};
pub use number_input::to_number;
pub use number_output::{float4, float8, int4, int8, numeric};

/// The English ending of an ordinal number whose digits these are: `st`, `nd`, `rd`, `th`.
fn ordinal(digits: &str, upper: bool) -> &'static str {
    let bytes = digits.as_bytes();
    let teen = bytes.len() > 1 && bytes[bytes.len() - 2] == b'1';
    match (bytes.last(), teen, upper) {
        (Some(b'1'), false, true) => "ST",
        (Some(b'2'), false, true) => "ND",
        (Some(b'3'), false, true) => "RD",
        (_, _, true) => "TH",
        (Some(b'1'), false, false) => "st",
        (Some(b'2'), false, false) => "nd",
        (Some(b'3'), false, false) => "rd",
        (_, _, false) => "th",
    }
}
