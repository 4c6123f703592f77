//! Bytes to text.

use crate::error::{SqlError, SqlState};

/// 22021 for bytes that are not UTF-8 or hold a zero, which no PostgreSQL string does.
pub fn utf8(bytes: &[u8]) -> Result<&str, SqlError> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => Ok(text),
        Ok(_) => Err(invalid(&[0])),
        Err(error) => {
            let start = error.valid_up_to();
            // As many bytes as the first one announces.
            let announced = match bytes[start] {
                0xC0..0xE0 => 2,
                0xE0..0xF0 => 3,
                0xF0..0xF8 => 4,
                _ => 1,
            };
            Err(invalid(&bytes[start..bytes.len().min(start + announced)]))
        }
    }
}

fn invalid(bytes: &[u8]) -> SqlError {
    let shown: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
    let message = format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" "));
    SqlError::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, message)
}
