//! Values in and out: text as a client types and sees it, binary as PostgreSQL's wire sends it.
//!
//! [`input`] and [`output`] are PostgreSQL's `typinput` and `typoutput`, [`receive`] and [`send`] its `typreceive` and
//! `typsend`. Messages and SQLSTATEs of bad input are PostgreSQL's. Length limits (`varchar(3)`, `numeric(10,2)`) are not
//! applied here: that is `casts::coerce_length`.

mod array;
mod binary;
mod boolean;
pub mod bytes;
pub mod float;
pub mod functions;
pub mod int;
pub mod json;
mod json_error;
mod record;
mod text;
mod utf8;
pub mod uuid;

pub use array::quoted_element;
pub use binary::{receive, send};
pub use boolean::parse as parse_bool;
pub use text::{input, output, output_string};
pub use utf8::utf8;

use crate::error::{SqlError, SqlState};

/// Longest `name`, in bytes.
pub const NAME_BYTES_MAX: usize = 63;

/// A `name`: cut after 63 bytes, at the end of a character.
pub fn truncate_name(text: &str) -> &str {
    &text[..text.floor_char_boundary(NAME_BYTES_MAX)]
}

/// 22P02 `invalid input syntax for type integer: "abc"`
pub fn invalid_syntax(type_name: &str, text: &str) -> SqlError {
    let message = format!("invalid input syntax for type {type_name}: \"{text}\"");
    SqlError::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
}

/// 08P01: a binary value ends too early.
pub(crate) fn insufficient() -> SqlError {
    SqlError::new(SqlState::PROTOCOL_VIOLATION, "insufficient data left in message")
}

/// 22003 `value "99999999999" is out of range for type integer`
pub(crate) fn out_of_range(type_name: &str, text: &str) -> SqlError {
    let message = format!("value \"{text}\" is out of range for type {type_name}");
    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
}

/// C's `isspace`.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Without blanks on both sides.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| u8::try_from(c).is_ok_and(is_space))
}
