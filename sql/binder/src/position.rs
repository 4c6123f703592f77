//! Byte offsets become characters, as the protocol wants them.

use cairn_sql_types::SqlError;

/// Turns an error's position from bytes (from 1) into characters (from 1) of `text`.
pub(crate) fn in_characters(mut error: SqlError, text: &str) -> SqlError {
    if let Some(position) = error.fields().position
        && !text.is_ascii()
    {
        error.fields_mut().position = Some(character(text, position.saturating_sub(1)));
    }
    error
}

/// The character (from 1) at a byte offset (from 0).
pub(crate) fn character(text: &str, offset: u32) -> u32 {
    let before = &text.as_bytes()[..(offset as usize).min(text.len())];
    before.iter().filter(|byte| (**byte & 0xc0) != 0x80).count() as u32 + 1
}

/// An error inside a text that the client did not send (a view, a default): its position means nothing to the client.
pub(crate) fn without(mut error: SqlError) -> SqlError {
    error.fields_mut().position = None;
    error
}
