//! COPY FROM: bytes, cut anywhere, into rows of text fields. PostgreSQL documentation, COPY, "File Formats".

use std::ops::Range;

use cairn_sql_binder::utility::CopyFormat;
use cairn_sql_types::{SqlError, SqlState};

/// A row's longest line. PostgreSQL's is 1 GiB.
const LINE_BYTES_MAX: usize = 1 << 30;

/// Reads lines out of a stream of pieces.
#[derive(Debug)]
pub struct LineReader {
    format: CopyFormat,
    buffer: Vec<u8>,
    /// Bytes of `buffer` already given out.
    consumed: usize,
    /// Bytes after `consumed` known to hold no line end; where the search goes on.
    searched: usize,
    /// Inside a quoted CSV field at `searched`.
    quoted: bool,
    /// `\.` was read: the rest is ignored.
    ended: bool,
    line: u64,
    /// Where that line stands in `buffer`.
    last: Range<usize>,
}

/// One field of a row; `None` is NULL.
pub type Field = Option<String>;

impl LineReader {
    /// Nothing read yet.
    pub fn new(format: CopyFormat) -> Self {
        Self { format, buffer: Vec::new(), consumed: 0, searched: 0, quoted: false, ended: false, line: 0, last: 0..0 }
    }

    /// More bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.consumed > 0 {
            self.buffer.drain(..self.consumed);
            self.consumed = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next row's fields. `None`: no complete line is here (`last`: there will be no more bytes). 22P04 for a line that is
    /// none, 22021 for bytes that are no text.
    pub fn next(&mut self, last: bool) -> Result<Option<Vec<Field>>, SqlError> {
        if self.ended {
            return Ok(None);
        }
        let Some((line, length)) = self.find_line(last)? else { return Ok(None) };
        self.line += 1;
        let start = self.consumed;
        self.last = start..start + line;
        let bytes = &self.buffer[start..start + line];
        if bytes == b"\\." {
            self.ended = true;
            return Ok(None);
        }
        let fields = match self.format.csv {
            true => csv_fields(bytes, &self.format),
            false => text_fields(bytes, &self.format),
        };
        self.consumed += length;
        self.searched = 0;
        fields.map(Some)
    }

    /// Number of the line given out last, from 1; 0 before the first.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The line given out last, for messages.
    pub fn last_line(&self) -> String {
        String::from_utf8_lossy(&self.buffer[self.last.clone()]).into_owned()
    }

    /// (bytes of the line, bytes with its end) from `consumed` on.
    fn find_line(&mut self, last: bool) -> Result<Option<(usize, usize)>, SqlError> {
        let bytes = &self.buffer[self.consumed..];
        while let Some(&byte) = bytes.get(self.searched) {
            if self.format.csv && self.quoted && byte == self.format.escape && byte != self.format.quote {
                // An escaped quote does not end the field, and an escaped escape does not escape the byte after it.
                match bytes.get(self.searched + 1) {
                    None if !last => break,
                    Some(next) if is_escapable(*next, &self.format) => self.searched += 1,
                    _ => {}
                }
            } else if self.format.csv && byte == self.format.quote {
                self.quoted = !self.quoted;
            } else if byte == b'\n' && !self.quoted {
                let line = self.searched;
                let end = if line > 0 && bytes[line - 1] == b'\r' { line - 1 } else { line };
                return Ok(Some((end, line + 1)));
            } else if !self.format.csv && byte == b'\\' {
                if bytes.len() == self.searched + 1 && !last {
                    break;
                }
                self.searched += 1;
            }
            self.searched += 1;
        }
        self.searched = self.searched.min(bytes.len());
        if bytes.len() > LINE_BYTES_MAX {
            return Err(bad("a line of COPY data is longer than 1 GiB"));
        }
        if !last || bytes.is_empty() {
            return Ok(None);
        }
        if self.quoted {
            return Err(bad("unterminated CSV quoted field"));
        }
        let end = if bytes.ends_with(b"\r") { bytes.len() - 1 } else { bytes.len() };
        Ok(Some((end, bytes.len())))
    }
}

fn bad(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message)
}

fn utf8(bytes: Vec<u8>) -> Result<String, SqlError> {
    cairn_sql_types::io::utf8(&bytes).map(str::to_owned)
}

fn text_fields(line: &[u8], format: &CopyFormat) -> Result<Vec<Field>, SqlError> {
    let mut fields = Vec::new();
    let mut start = 0;
    loop {
        let mut end = start;
        let mut escaped = false;
        while end < line.len() && line[end] != format.delimiter {
            if line[end] == b'\\' {
                escaped = true;
                end += 1;
            }
            end += 1;
        }
        let raw = &line[start..end.min(line.len())];
        fields.push(text_field(raw, escaped, format)?);
        if end >= line.len() {
            return Ok(fields);
        }
        start = end + 1;
    }
}

fn text_field(raw: &[u8], escaped: bool, format: &CopyFormat) -> Result<Field, SqlError> {
    if raw == format.null.as_bytes() {
        return Ok(None);
    }
    if !escaped {
        return utf8(raw.to_vec()).map(Some);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            None => out.push(b'\\'),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'v') => out.push(11),
            Some(digit @ b'0'..=b'7') => out.push(number(u32::from(digit - b'0'), 8, 2, &mut bytes)),
            Some(b'x') if bytes.peek().is_some_and(u8::is_ascii_hexdigit) => out.push(number(0, 16, 2, &mut bytes)),
            Some(other) => out.push(other),
        }
    }
    utf8(out).map(Some)
}

/// Up to `digits` more digits of an octal or hexadecimal escape; the value is cut to a byte as PostgreSQL does.
fn number(mut value: u32, radix: u32, digits: usize, bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>) -> u8 {
    for _ in 0..digits {
        let Some(digit) = bytes.peek().and_then(|byte| char::from(*byte).to_digit(radix)) else { break };
        value = value * radix + digit;
        bytes.next();
    }
    (value & 0xff) as u8
}

fn csv_fields(line: &[u8], format: &CopyFormat) -> Result<Vec<Field>, SqlError> {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let mut out = Vec::new();
        let mut saw_quote = false;
        let mut quoted = false;
        while at < line.len() {
            let byte = line[at];
            if quoted {
                if byte == format.escape && line.get(at + 1).is_some_and(|next| is_escapable(*next, format)) {
                    out.push(line[at + 1]);
                    at += 1;
                } else if byte == format.quote {
                    quoted = false;
                } else {
                    out.push(byte);
                }
            } else if byte == format.quote {
                (quoted, saw_quote) = (true, true);
            } else if byte == format.delimiter {
                break;
            } else {
                out.push(byte);
            }
            at += 1;
        }
        if quoted {
            return Err(bad("unterminated CSV quoted field"));
        }
        let column = fields.len();
        let nullable =
            if saw_quote { format.force_null.contains(&column) } else { !format.force_not_null.contains(&column) };
        let is_null = nullable && out == format.null.as_bytes();
        fields.push(if is_null { None } else { Some(utf8(out)?) });
        if at >= line.len() {
            return Ok(fields);
        }
        at += 1;
    }
}

fn is_escapable(byte: u8, format: &CopyFormat) -> bool {
    byte == format.quote || byte == format.escape
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
