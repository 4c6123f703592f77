//! Records as text: `(1,"a b",)`. An empty field is NULL, an empty string is `""`.

use super::is_space;
use crate::datum::Datum;

/// Appends a record; `write` appends one field's text.
pub(super) fn print(fields: &[Datum], out: &mut Vec<u8>, write: &dyn Fn(&Datum, &mut Vec<u8>)) {
    let mut scratch = Vec::new();
    out.push(b'(');
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if field.is_null() {
            continue;
        }
        scratch.clear();
        write(field, &mut scratch);
        quoted(&scratch, out);
    }
    out.push(b')');
}

fn quoted(text: &[u8], out: &mut Vec<u8>) {
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',') || is_space(*byte);
    if !text.is_empty() && !text.iter().any(special) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(*byte);
        }
        out.push(*byte);
    }
    out.push(b'"');
}
