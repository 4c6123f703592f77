//! COPY TO: rows of text fields into lines.

use cairn_sql_binder::utility::CopyFormat;

/// Appends one line. `fields` are the values' text forms; `None` is NULL.
pub fn write_line<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = Option<&'a [u8]>>, format: &CopyFormat) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(format.delimiter);
        }
        match field {
            None => out.extend_from_slice(format.null.as_bytes()),
            Some(bytes) if format.csv => csv_field(out, bytes, format, format.force_quote.contains(&index)),
            Some(bytes) => text_field(out, bytes, format),
        }
    }
    out.push(b'\n');
}

fn text_field(out: &mut Vec<u8>, bytes: &[u8], format: &CopyFormat) {
    for &byte in bytes {
        match byte {
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            11 => out.extend_from_slice(b"\\v"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            _ if byte == format.delimiter => out.extend_from_slice(&[b'\\', byte]),
            _ => out.push(byte),
        }
    }
}

fn csv_field(out: &mut Vec<u8>, bytes: &[u8], format: &CopyFormat, force: bool) {
    let special = |byte: &u8| matches!(byte, b'\n' | b'\r') || *byte == format.delimiter || *byte == format.quote;
    let quote = force || bytes == format.null.as_bytes() || bytes == b"\\." || bytes.iter().any(special);
    if !quote {
        return out.extend_from_slice(bytes);
    }
    out.push(format.quote);
    for &byte in bytes {
        if byte == format.quote || byte == format.escape {
            out.push(format.escape);
        }
        out.push(byte);
    }
    out.push(format.quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: &CopyFormat, fields: &[Option<&str>]) -> String {
        let mut out = Vec::new();
        write_line(&mut out, fields.iter().map(|field| field.map(str::as_bytes)), format);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_escapes_what_the_reader_would_take_apart() {
        assert_eq!(written(&CopyFormat::text(), &[Some("a\tb\\"), None]), "a\\tb\\\\\t\\N\n");
    }

    #[test]
    fn csv_quotes_only_where_needed() {
        assert_eq!(
            written(&CopyFormat::csv(), &[Some("a"), Some("b,c"), Some("d\"e"), Some(""), None]),
            "a,\"b,c\",\"d\"\"e\",\"\",\n"
        );
    }
}
