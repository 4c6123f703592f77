use super::*;

/// All rows, fed in pieces of `piece` bytes.
fn rows(format: &CopyFormat, input: &[u8], piece: usize) -> Result<Vec<Vec<Field>>, SqlError> {
    let mut reader = LineReader::new(format.clone());
    let mut rows = Vec::new();
    for bytes in input.chunks(piece) {
        reader.push(bytes);
        while let Some(row) = reader.next(false)? {
            rows.push(row);
        }
    }
    while let Some(row) = reader.next(true)? {
        rows.push(row);
    }
    Ok(rows)
}

fn check(format: &CopyFormat, input: &str, expected: &[&[Option<&str>]]) {
    let expected: Vec<Vec<Field>> =
        expected.iter().map(|row| row.iter().map(|field| field.map(str::to_owned)).collect()).collect();
    for piece in 1..=input.len().max(1) {
        assert_eq!(rows(format, input.as_bytes(), piece).unwrap(), expected, "pieces of {piece}");
    }
}

#[test]
fn text_rows_however_they_are_cut() {
    check(&CopyFormat::text(), "1\tab\n2\t\\N\n", &[&[Some("1"), Some("ab")], &[Some("2"), None]]);
}

#[test]
fn text_escapes() {
    check(&CopyFormat::text(), "a\\tb\\\\c\\nd\\x41\\101\\q\n", &[&[Some("a\tb\\c\ndAAq")]]);
}

#[test]
fn an_escaped_line_end_is_data() {
    check(&CopyFormat::text(), "a\\\nb\n", &[&[Some("a\nb")]]);
}

#[test]
fn an_escaped_null_word_is_text() {
    check(&CopyFormat::text(), "\\\\N\n", &[&[Some("\\N")]]);
}

#[test]
fn the_end_mark_ends_the_data() {
    check(&CopyFormat::text(), "1\n\\.\n2\n", &[&[Some("1")]]);
}

#[test]
fn a_last_line_needs_no_end_and_carriage_returns_go() {
    check(&CopyFormat::text(), "1\r\n2", &[&[Some("1")], &[Some("2")]]);
}

#[test]
fn csv_quotes_commas_and_line_ends() {
    check(&CopyFormat::csv(), "1,\"a,\"\"b\"\"\nc\"\n,\"\"\n", &[&[Some("1"), Some("a,\"b\"\nc")], &[None, Some("")]]);
}

#[test]
fn csv_with_a_backslash_escape() {
    let format = CopyFormat { escape: b'\\', ..CopyFormat::csv() };
    check(&format, "\"a\\\"b\",2\n", &[&[Some("a\"b"), Some("2")]]);
}

#[test]
fn csv_without_the_closing_quote_is_refused() {
    assert_eq!(rows(&CopyFormat::csv(), b"\"abc\n", 3).unwrap_err().state().as_str(), "22P04");
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    assert_eq!(rows(&CopyFormat::text(), b"\xff\n", 1).unwrap_err().state().as_str(), "22021");
}
