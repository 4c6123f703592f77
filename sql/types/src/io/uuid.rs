//! `uuid` as text.

use super::invalid_syntax;
use crate::error::SqlError;

/// 32 hex digits, with hyphens after any group of four and braces around.
pub fn parse(text: &str) -> Result<[u8; 16], SqlError> {
    decode(text).ok_or_else(|| invalid_syntax("uuid", text))
}

fn decode(text: &str) -> Option<[u8; 16]> {
    let mut rest = text.as_bytes();
    if let [b'{', inner @ .., b'}'] = rest {
        rest = inner;
    }
    let mut uuid = [0u8; 16];
    for (at, byte) in uuid.iter_mut().enumerate() {
        let [high, low, after @ ..] = rest else { return None };
        *byte = (hex(*high)? << 4) | hex(*low)?;
        rest = match after {
            [b'-', after @ ..] if at % 2 == 1 && at < 15 => after,
            after => after,
        };
    }
    rest.is_empty().then_some(uuid)
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

/// Appends the standard form, 8-4-4-4-12.
pub fn print(uuid: &[u8; 16], out: &mut Vec<u8>) {
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        super::bytes::print_hex(&[*byte], out);
    }
}
