//! `json` is checked and kept as typed; `jsonb` is brought to one canonical text.
//!
//! Canonical: keys sorted by length, then bytes; the last of equal keys kept; `": "` and `", "` between; numbers as
//! numeric prints them (`1e2` is `100`, `1.50` stays).

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde_json::Value;

use crate::error::{SqlError, SqlState};
use crate::numeric::Numeric;

/// 22P02 unless the text is JSON. What nests more than 127 deep is refused with 54001.
pub fn check(text: &str) -> Result<(), SqlError> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).map(|_| ()).map_err(|error| invalid(&error, text))
}

fn invalid(error: &serde_json::Error, text: &str) -> SqlError {
    if error.to_string().starts_with("recursion limit") {
        return SqlError::new(SqlState::STATEMENT_TOO_COMPLEX, "JSON nests too deeply");
    }
    let detail = super::json_error::detail(text);
    SqlError::new(SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json").detail(detail)
}

/// The canonical text of a `jsonb`. 22P02 for what is not JSON, 22P05 for `\u0000`.
pub fn canonical(text: &str) -> Result<String, SqlError> {
    let value: Value = serde_json::from_str(text).map_err(|error| invalid(&error, text))?;
    let mut out = Vec::with_capacity(text.len());
    print(&value, &mut out)?;
    Ok(String::from_utf8(out).expect("made of UTF-8 parts"))
}

/// Appends a value in canonical form.
pub fn print(value: &Value, out: &mut Vec<u8>) -> Result<(), SqlError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => print_number(number.as_str(), out)?,
        Value::String(text) => print_string(checked_string(text)?, out),
        Value::Array(elements) => {
            out.push(b'[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                print(element, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| compare_keys(a, b));
            out.push(b'{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                print_string(checked_string(key)?, out);
                out.extend_from_slice(b": ");
                print(value, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// Shorter keys first, then by bytes.
pub fn compare_keys(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

fn checked_string(text: &str) -> Result<&str, SqlError> {
    match text.contains('\0') {
        true => Err(SqlError::new(SqlState::UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence")
            .detail("\\u0000 cannot be converted to text.")),
        false => Ok(text),
    }
}

/// Appends a string in quotes, escaped as PostgreSQL escapes it.
pub fn print_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                super::bytes::print_hex(&[byte], out);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Appends a JSON number without exponent. Not through [`Numeric`], so that long numbers keep all their digits.
fn print_number(text: &str, out: &mut Vec<u8>) -> Result<(), SqlError> {
    const ZEROS_MAX: i64 = 131_072;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let overflow = || crate::numeric::overflow();
    let exponent: i64 = exponent.trim_start_matches('+').parse().map_err(|_| overflow())?;
    let mut digits = [whole, fraction].concat();
    let point = whole.len() as i64 + exponent; // digits before the point
    if point.abs() > ZEROS_MAX {
        return Err(overflow());
    }
    if point > digits.len() as i64 {
        digits.push_str(&"0".repeat(point as usize - digits.len()));
    }
    if point < 1 {
        digits.insert_str(0, &"0".repeat((1 - point) as usize));
    }
    let (whole, fraction) = digits.split_at(point.max(1) as usize);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    if negative && digits.bytes().any(|digit| digit != b'0') {
        out.push(b'-');
    }
    out.extend_from_slice(whole.as_bytes());
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
    Ok(())
}

/// The btree order of two canonical `jsonb` texts: null < strings < numbers < booleans < arrays < objects; containers by
/// size first. Text that is not JSON (there is none in a `jsonb`) compares by its bytes.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (serde_json::from_str(a), serde_json::from_str(b)) {
        (Ok(a), Ok(b)) => compare_values(&a, &b, true),
        _ => a.cmp(b),
    }
}

fn rank(value: &Value, top: bool) -> u8 {
    match value {
        // A quirk that PostgreSQL keeps for its indexes: the empty array at the top is below everything.
        Value::Array(elements) if top && elements.is_empty() => 0,
        Value::Null => 1,
        Value::String(_) => 2,
        Value::Number(_) => 3,
        Value::Bool(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    }
}

fn compare_values(a: &Value, b: &Value, top: bool) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Number(a), Value::Number(b)) => compare_numbers(a.as_str(), b.as_str()),
        (Value::Array(a), Value::Array(b)) if !(top && (a.is_empty() || b.is_empty())) => {
            let elements = || a.iter().zip(b).map(|(a, b)| compare_values(a, b, false)).find(|order| order.is_ne());
            a.len().cmp(&b.len()).then_with(|| elements().unwrap_or(Ordering::Equal))
        }
        (Value::Object(a), Value::Object(b)) => {
            let (a, b) = (sorted(a), sorted(b));
            let members = || {
                a.iter().zip(&b).map(|((ka, va), (kb, vb))| {
                    ka.as_bytes().cmp(kb.as_bytes()).then_with(|| compare_values(va, vb, false))
                })
            };
            a.len().cmp(&b.len()).then_with(|| members().find(|order| order.is_ne()).unwrap_or(Ordering::Equal))
        }
        _ => rank(a, top).cmp(&rank(b, top)),
    }
}

fn sorted(members: &serde_json::Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(a, _), (b, _)| compare_keys(a, b));
    members
}

fn compare_numbers(a: &str, b: &str) -> Ordering {
    match (Numeric::parse(a), Numeric::parse(b)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        // Beyond 38 digits a double tells most of them apart, the text the rest.
        _ => {
            let double = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            double(a).total_cmp(&double(b)).then_with(|| a.cmp(b))
        }
    }
}

/// Feeds a canonical `jsonb` text to a hasher; what [`compare`] finds equal hashes alike.
pub fn hash<H: Hasher>(text: &str, state: &mut H) {
    match serde_json::from_str(text) {
        Ok(value) => hash_value(&value, state),
        Err(_) => text.hash(state),
    }
}

fn hash_value<H: Hasher>(value: &Value, state: &mut H) {
    rank(value, false).hash(state);
    match value {
        Value::Null => {}
        Value::Bool(value) => value.hash(state),
        Value::String(text) => text.hash(state),
        Value::Number(number) => match Numeric::parse(number.as_str()) {
            Ok(number) => number.hash(state),
            Err(_) => number.as_str().hash(state),
        },
        Value::Array(elements) => elements.iter().for_each(|element| hash_value(element, state)),
        Value::Object(members) => sorted(members).into_iter().for_each(|(key, value)| {
            key.hash(state);
            hash_value(value, state);
        }),
    }
}
