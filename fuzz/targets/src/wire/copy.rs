//! Lines of COPY: the same rows wherever the stream was cut, and rows that were written read back as they were.

use cairn_sql_binder::utility::CopyFormat;
use cairn_sql_protocol::copy::{Field, LineReader, write_line};

/// Reads data as it came in messages, and as one.
pub(super) fn check(pieces: &[&[u8]]) {
    if pieces.is_empty() {
        return;
    }
    let whole = pieces.concat();
    for format in formats() {
        let rows = read(pieces.iter().copied(), &format);
        assert_eq!(read([&whole[..]].into_iter(), &format), rows, "cut elsewhere: {format:?}");
        assert_eq!(read(whole.chunks(1), &format), rows, "byte by byte: {format:?}");
        check_written(&rows.0, &format);
    }
}

/// Rows up to the first that is none, and the error there: number of the line, SQLSTATE and words.
type Rows = (Vec<Vec<Field>>, Option<(u64, String)>);

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>, format: &CopyFormat) -> Rows {
    let mut reader = LineReader::new(format.clone());
    let mut rows = Vec::new();
    for (piece, last) in pieces.map(|piece| (piece, false)).chain([(&[][..], true)]) {
        reader.push(piece);
        loop {
            match reader.next(last) {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => break,
                Err(error) => return (rows, Some((reader.line(), error.to_string()))),
            }
            assert!(reader.last_line().len() <= u32::MAX as usize);
        }
    }
    (rows, None)
}

fn check_written(rows: &[Vec<Field>], format: &CopyFormat) {
    let mut out = Vec::new();
    for row in rows {
        write_line(&mut out, row.iter().map(|field| field.as_ref().map(String::as_bytes)), format);
    }
    let (again, error) = read([&out[..]].into_iter(), format);
    assert_eq!((&again[..], error), (rows, None), "{format:?} {:?}", out.escape_ascii().to_string());
}

/// Text and CSV as they are by default, and each with other signs. (In text format a value that reads like a NULL of one's own
/// choice is written as it is, by PostgreSQL too, so that NULL stays `\N` here.)
fn formats() -> [CopyFormat; 4] {
    let (text, csv) = (CopyFormat::text(), CopyFormat::csv());
    let other_text = CopyFormat { delimiter: b'|', ..text.clone() };
    let other_csv = CopyFormat { delimiter: b';', quote: b'\'', escape: b'\\', force_quote: vec![0], ..csv.clone() };
    [text, csv, other_text, other_csv]
}
