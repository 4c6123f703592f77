//! Decimal text: input as PostgreSQL accepts it, output at the display scale.

use std::fmt;

use super::wide::{digits, pow10};
use super::{Numeric, overflow};
use crate::error::{SqlError, SqlState};

impl Numeric {
    /// Reads `[+-]digits[.digits][e[+-]digits]`, `NaN`, `[+-]Infinity` or `[+-]inf`, with blanks around it.
    /// 22P02 for anything else, 22003 beyond 38 digits.
    pub fn parse(text: &str) -> Result<Self, SqlError> {
        let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
        match special(trimmed) {
            Some(value) => Ok(value),
            None => parse_decimal(trimmed).ok_or_else(|| invalid(text))?,
        }
    }
}

fn invalid(text: &str) -> SqlError {
    let message = format!("invalid input syntax for type numeric: \"{text}\"");
    SqlError::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
}

fn special(text: &str) -> Option<Numeric> {
    let (negative, signed, word) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    if word.eq_ignore_ascii_case("infinity") || word.eq_ignore_ascii_case("inf") {
        return Some(Numeric::infinity(negative));
    }
    (!signed && word.eq_ignore_ascii_case("nan")).then_some(Numeric::NaN)
}

/// `None`: not a number; `Some(Err)`: a number that does not fit.
fn parse_decimal(text: &str) -> Option<Result<Numeric, SqlError>> {
    let (negative, rest) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&rest[..at], parse_exponent(&rest[at + 1..])?),
        None => (rest, 0),
    };
    let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, &mantissa[..0]),
    };
    let all_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    Some(assemble(negative, whole, fraction, exponent))
}

/// The exponent, saturated far beyond what any number can use.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1 << 30));
    Some(if negative { -value } else { value })
}

fn assemble(negative: bool, whole: &[u8], fraction: &[u8], exponent: i64) -> Result<Numeric, SqlError> {
    let scale = (fraction.len() as i64 - exponent).max(0);
    let mut magnitude = 0u128;
    let mut zeros = 0u32; // digits 0 not yet multiplied in
    for digit in whole.iter().chain(fraction) {
        zeros += 1;
        if *digit != b'0' {
            magnitude = append_zeros(magnitude, zeros).ok_or_else(overflow)? + u128::from(digit - b'0');
            zeros = 0;
        }
    }
    // Trailing zeros and the exponent are kept as far as 38 digits hold them; beyond, only zeros after the point may go.
    let padding = i64::from(zeros) + (exponent - fraction.len() as i64).max(0);
    if magnitude == 0 {
        return Numeric::from_parts(false, 0, u16::try_from(scale).map_err(|_| overflow())?);
    }
    let room = i64::from(Numeric::DIGITS_MAX) - i64::from(digits(magnitude));
    let dropped = (padding - room).max(0);
    if dropped > scale || room < 0 {
        return Err(overflow());
    }
    let magnitude = append_zeros(magnitude, (padding - dropped) as u32).ok_or_else(overflow)?;
    Numeric::from_parts(negative, magnitude, u16::try_from(scale - dropped).map_err(|_| overflow())?)
}

fn append_zeros(magnitude: u128, count: u32) -> Option<u128> {
    match magnitude {
        0 => Some(0),
        _ if count > Numeric::DIGITS_MAX => None,
        _ => magnitude.checked_mul(pow10(count)),
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        self.print(&mut out);
        f.write_str(std::str::from_utf8(&out).expect("digits are ASCII"))
    }
}

impl Numeric {
    /// Appends the text; allocates nothing besides.
    pub fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Finite { coefficient, scale } => print_finite(*coefficient, *scale as usize, out),
            Self::NaN => out.extend_from_slice(b"NaN"),
            Self::Infinity => out.extend_from_slice(b"Infinity"),
            Self::NegInfinity => out.extend_from_slice(b"-Infinity"),
        }
    }
}

fn print_finite(coefficient: i128, scale: usize, out: &mut Vec<u8>) {
    if coefficient < 0 {
        out.push(b'-');
    }
    let mut buffer = [0u8; 39];
    let digits = decimal_digits(coefficient.unsigned_abs(), &mut buffer);
    let whole = digits.len().saturating_sub(scale);
    match whole {
        0 => out.push(b'0'),
        _ => out.extend_from_slice(&digits[..whole]),
    }
    if scale > 0 {
        out.push(b'.');
        out.resize(out.len() + scale.saturating_sub(digits.len()), b'0');
        out.extend_from_slice(&digits[whole..]);
    }
}

/// The decimal digits of a magnitude; empty for 0. Works on 64-bit pieces, because 128-bit division is slow.
fn decimal_digits(mut magnitude: u128, buffer: &mut [u8; 39]) -> &[u8] {
    const PIECE: u128 = 10_u128.pow(19);
    let mut at = buffer.len();
    while magnitude > 0 {
        let (mut piece, last) = match u64::try_from(magnitude) {
            Ok(piece) => (piece, true),
            Err(_) => ((magnitude % PIECE) as u64, false),
        };
        magnitude = if last { 0 } else { magnitude / PIECE };
        let end = if last { 0 } else { at - 19 };
        while at > end && (!last || piece > 0) {
            at -= 1;
            buffer[at] = b'0' + (piece % 10) as u8;
            piece /= 10;
        }
    }
    &buffer[at..]
}
