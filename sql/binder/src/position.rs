//! Byte offsets become characters, as the protocol wants them.

use cairn_sql_types::SqlError;

/// Turns an error's position from bytes (from 1) into characters (from 1) of `text`.
pub(crate) fn in_characters(mut error: SqlError, text: &str) -> SqlError {
    if let Some(position) = error.fields().position
        && !text.is_ascii()
    {
        let end = (position as usize).saturating_sub(1).min(text.len());
        let characters = text.as_bytes()[..end].iter().filter(|byte| (**byte & 0xc0) != 0x80).count();
        error.fields_mut().position = Some(characters as u32 + 1);
    }
    error
}

/// An error inside a text that the client did not send (a view, a default): its position means nothing to the client.
pub(crate) fn without(mut error: SqlError) -> SqlError {
    error.fields_mut().position = None;
    error
}
