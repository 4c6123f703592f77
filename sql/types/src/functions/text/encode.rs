//! `encode` and `decode`: bytes as hexadecimal digits, base64 or escaped text; digests.

use md5::{Digest, Md5};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};
use crate::io::utf8;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Characters per line of encoded base64 (RFC 2045).
const BASE64_LINE: usize = 76;

fn bad(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn unknown_encoding(name: &str) -> SqlError {
    bad(format!("unrecognized encoding: \"{name}\""))
}

fn encode(bytes: &[u8], format: &str) -> Result<String, SqlError> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => Ok(hex(bytes)),
        "base64" => Ok(base64(bytes)),
        "escape" => Ok(escape(bytes)),
        _ => Err(unknown_encoding(format)),
    }
}

fn decode(text: &str, format: &str) -> Result<Vec<u8>, SqlError> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => from_hex(text),
        "base64" => from_base64(text),
        "escape" => from_escape(text),
        _ => Err(unknown_encoding(format)),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn from_hex(text: &str) -> Result<Vec<u8>, SqlError> {
    let mut digits = text.chars().filter(|c| !matches!(c, ' ' | '\n' | '\t' | '\r'));
    let value = |c: char| match c.to_digit(16) {
        Some(value) => Ok(value as u8),
        None => Err(bad(format!("invalid hexadecimal digit: \"{c}\""))),
    };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    while let Some(high) = digits.next() {
        let high = value(high)?;
        let low = digits.next().ok_or_else(|| bad("invalid hexadecimal data: odd number of digits"))?;
        bytes.push(high << 4 | value(low)?);
    }
    Ok(bytes)
}

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (at, chunk) in bytes.chunks(3).enumerate() {
        if at > 0 && at % (BASE64_LINE / 4) == 0 {
            out.push('\n');
        }
        let group = chunk.iter().enumerate().fold(0_u32, |group, (at, byte)| group | u32::from(*byte) << (16 - 8 * at));
        for position in 0..4 {
            let sextet = (group >> (18 - 6 * position)) as usize & 63;
            out.push(if position <= chunk.len() { char::from(BASE64[sextet]) } else { '=' });
        }
    }
    // A full last line ends, as PostgreSQL's encoder writes it.
    if !bytes.is_empty() && bytes.len().is_multiple_of(BASE64_LINE / 4 * 3) {
        out.push('\n');
    }
    out
}

fn from_base64(text: &str) -> Result<Vec<u8>, SqlError> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut position, mut padding) = (0_u32, 0, 0);
    for c in text.chars().filter(|c| !matches!(c, ' ' | '\n' | '\t' | '\r')) {
        let sextet = if c == '=' {
            if padding == 0 {
                if position < 2 {
                    return Err(bad("unexpected \"=\" while decoding base64 sequence"));
                }
                padding = 4 - position;
            }
            0
        } else {
            let known = BASE64.iter().position(|symbol| char::from(*symbol) == c).filter(|_| padding == 0);
            known.ok_or_else(|| bad(format!("invalid symbol \"{c}\" found while decoding base64 sequence")))? as u32
        };
        group = group << 6 | sextet;
        position += 1;
        if position == 4 {
            bytes.extend_from_slice(&group.to_be_bytes()[1..4 - padding]);
            (group, position) = (0, 0);
        }
    }
    if position != 0 {
        return Err(bad("invalid base64 end sequence")
            .hint("Input data is missing padding, is truncated, or is otherwise corrupted."));
    }
    Ok(bytes)
}

/// Zero and high bytes as `\ooo`, the backslash doubled.
fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            0 | 0x80.. => out.push_str(&format!("\\{byte:03o}")),
            b'\\' => out.push_str("\\\\"),
            byte => out.push(char::from(*byte)),
        }
    }
    out
}

fn from_escape(text: &str) -> Result<Vec<u8>, SqlError> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            out.push(byte);
            at += 1;
        } else if bytes.get(at + 1) == Some(&b'\\') {
            out.push(b'\\');
            at += 2;
        } else {
            let digits = bytes.get(at + 1..at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
            let value = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
            out.push(value.ok_or_else(|| {
                SqlError::new(SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type bytea")
            })?);
            at += 4;
        }
    }
    Ok(out)
}

fn is_utf8(encoding: &str) -> bool {
    let name: String = encoding.chars().filter(char::is_ascii_alphanumeric).collect();
    matches!(name.to_ascii_lowercase().as_str(), "utf8" | "unicode" | "sqlascii")
}

fn convert_from(bytes: &[u8], encoding: &str) -> Result<String, SqlError> {
    if !is_utf8(encoding) {
        return Err(SqlError::unsupported(format!("encoding \"{encoding}\"")));
    }
    utf8(bytes).map(str::to_owned)
}

fn convert_to(text: &str, encoding: &str) -> Result<Vec<u8>, SqlError> {
    match is_utf8(encoding) {
        true => Ok(text.as_bytes().to_vec()),
        false => Err(SqlError::unsupported(format!("encoding \"{encoding}\""))),
    }
}

functions! {
    1946 encode(BYTEA, TEXT) -> TEXT = f!(|bytes: &[u8], format: &str| encode(bytes, format));
    1947 decode(TEXT, TEXT) -> BYTEA = f!(|text: &str, format: &str| decode(text, format));
    2311 md5(TEXT) -> TEXT = f!(|text: &str| hex(&Md5::digest(text.as_bytes())));
    2321 md5(BYTEA) -> TEXT = f!(|bytes: &[u8]| hex(&Md5::digest(bytes)));
    3419 sha224(BYTEA) -> BYTEA = f!(|bytes: &[u8]| Sha224::digest(bytes).to_vec());
    3420 sha256(BYTEA) -> BYTEA = f!(|bytes: &[u8]| Sha256::digest(bytes).to_vec());
    3421 sha384(BYTEA) -> BYTEA = f!(|bytes: &[u8]| Sha384::digest(bytes).to_vec());
    3422 sha512(BYTEA) -> BYTEA = f!(|bytes: &[u8]| Sha512::digest(bytes).to_vec());
    1714 convert_from(BYTEA, NAME) -> TEXT [stable] = f!(|bytes: &[u8], encoding: &str| convert_from(bytes, encoding));
    1717 convert_to(TEXT, NAME) -> BYTEA [stable] = f!(|text: &str, encoding: &str| convert_to(text, encoding));
}
