//! String constants and quoted identifiers in all their forms.

use cairn_sql_types::io::utf8;
use cairn_sql_types::{SqlError, SqlState};

use super::lexer::{Lexer, error_near, is_identifier_part, is_identifier_start};
use super::token::TokenKind;

/// `'text'`, quotes doubled; several constants with a line break between them are one.
pub(super) fn plain_string(lexer: &mut Lexer<'_>, start: usize) -> Result<Box<str>, SqlError> {
    let mut out = String::new();
    loop {
        quoted(lexer, start, b'\'', "unterminated quoted string", &mut out)?;
        if !continues(lexer) {
            return Ok(out.into());
        }
    }
}

/// `"identifier"`
pub(super) fn quoted_identifier(lexer: &mut Lexer<'_>, start: usize) -> Result<Box<str>, SqlError> {
    let mut out = String::new();
    quoted(lexer, start, b'"', "unterminated quoted identifier", &mut out)?;
    if out.is_empty() {
        return Err(error_near("zero-length delimited identifier", lexer.text, start, lexer.at));
    }
    Ok(out.into())
}

/// Text up to the closing quote; the reading position is on the opening one.
fn quoted(
    lexer: &mut Lexer<'_>,
    start: usize,
    quote: u8,
    unterminated: &str,
    out: &mut String,
) -> Result<(), SqlError> {
    lexer.at += 1;
    loop {
        let from = lexer.at;
        while !lexer.at_end() && lexer.byte(0) != quote {
            lexer.at += 1;
        }
        if lexer.at_end() {
            return Err(error_near(unterminated, lexer.text, start, lexer.text.len()));
        }
        out.push_str(&lexer.text[from..lexer.at]);
        lexer.at += 1;
        if lexer.byte(0) != quote {
            return Ok(());
        }
        out.push(quote as char);
        lexer.at += 1;
    }
}

/// Does another piece of the same constant follow (after blanks with a line break)? Moves onto its quote.
fn continues(lexer: &mut Lexer<'_>) -> bool {
    let rest = &lexer.text.as_bytes()[lexer.at..];
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let broken = rest[..blanks].iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    let more = broken && rest.get(blanks) == Some(&b'\'');
    if more {
        lexer.at += blanks;
    }
    more
}

/// `E'text'` with backslash escapes.
pub(super) fn escape_string(lexer: &mut Lexer<'_>, start: usize) -> Result<Box<str>, SqlError> {
    lexer.at += 1;
    let mut out = Vec::new();
    loop {
        lexer.at += 1;
        loop {
            match lexer.byte(0) {
                _ if lexer.at_end() => {
                    return Err(error_near("unterminated quoted string", lexer.text, start, lexer.text.len()));
                }
                b'\'' if lexer.byte(1) == b'\'' => {
                    out.push(b'\'');
                    lexer.at += 2;
                }
                b'\'' => break,
                b'\\' => escape(lexer, &mut out)?,
                byte => {
                    out.push(byte);
                    lexer.at += 1;
                }
            }
        }
        lexer.at += 1;
        if !continues(lexer) {
            break;
        }
    }
    utf8(&out).map(Box::from)
}

/// One backslash escape.
fn escape(lexer: &mut Lexer<'_>, out: &mut Vec<u8>) -> Result<(), SqlError> {
    let byte = lexer.byte(1);
    lexer.at += 2;
    match byte {
        b'b' => out.push(8),
        b'f' => out.push(12),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        b'v' => out.push(11),
        b'0'..=b'7' => {
            lexer.at -= 1;
            out.push(radix_run(lexer, 8, 3) as u8);
        }
        b'x' if lexer.byte(0).is_ascii_hexdigit() => out.push(radix_run(lexer, 16, 2) as u8),
        b'u' | b'U' => {
            lexer.at -= 2;
            let character = code_point(lexer)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        _ => {
            // A character after a backslash stands for itself; it may be longer than a byte.
            lexer.at -= 1;
            let character = lexer.text[lexer.at..].chars().next();
            if let Some(character) = character {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                lexer.at += character.len_utf8();
            }
        }
    }
    Ok(())
}

/// `\uXXXX` or `\UXXXXXXXX`, or two of them that are a surrogate pair of UTF-16.
fn code_point(lexer: &mut Lexer<'_>) -> Result<char, SqlError> {
    const NO_PAIR: &str = "invalid Unicode surrogate pair";
    let start = lexer.at;
    let first = code_unit(lexer)?;
    let code = match first {
        0xD800..=0xDBFF => {
            let at = lexer.at;
            let follows = lexer.byte(0) == b'\\' && matches!(lexer.byte(1), b'u' | b'U');
            let second = if follows { code_unit(lexer)? } else { 0 };
            if !(0xDC00..=0xDFFF).contains(&second) {
                let next = lexer.text[at..].chars().next().map_or(0, char::len_utf8);
                return Err(error_near(NO_PAIR, lexer.text, at, lexer.at.max(at + next)));
            }
            0x1_0000 + ((first & 0x3FF) << 10) + (second & 0x3FF)
        }
        0xDC00..=0xDFFF => return Err(error_near(NO_PAIR, lexer.text, start, lexer.at)),
        code => code,
    };
    let character = char::from_u32(code).filter(|character| *character != '\0');
    character.ok_or_else(|| error_near("invalid Unicode escape value", lexer.text, start, lexer.at))
}

/// The number of one Unicode escape, the backslash included.
fn code_unit(lexer: &mut Lexer<'_>) -> Result<u32, SqlError> {
    let start = lexer.at;
    let width = if lexer.byte(1) == b'u' { 4 } else { 8 };
    lexer.at += 2;
    let code = radix_run(lexer, 16, width);
    if lexer.at - start == width + 2 {
        return Ok(code);
    }
    let error = SqlError::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid Unicode escape");
    Err(error.hint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX.").at(start as u32 + 1))
}

/// Up to `most` digits of a radix.
fn radix_run(lexer: &mut Lexer<'_>, radix: u32, most: usize) -> u32 {
    let mut value = 0_u32;
    for _ in 0..most {
        let Some(digit) = (lexer.byte(0) as char).to_digit(radix) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        lexer.at += 1;
    }
    value
}

/// `B'..'` and `X'..'`
pub(super) fn bit_string(
    lexer: &mut Lexer<'_>,
    start: usize,
    kind: fn(Box<str>) -> TokenKind,
) -> Result<TokenKind, SqlError> {
    lexer.at += 1;
    let mut out = String::new();
    quoted(lexer, start, b'\'', "unterminated bit string literal", &mut out)?;
    Ok(kind(out.into()))
}

/// `$$text$$`, `$tag$text$tag$`
pub(super) fn dollar_string(lexer: &mut Lexer<'_>, start: usize) -> Result<Box<str>, SqlError> {
    let bytes = lexer.text.as_bytes();
    let mut end = start + 1;
    if bytes.get(end).copied().is_some_and(is_identifier_start) {
        while bytes.get(end).is_some_and(|byte| is_identifier_part(*byte) && *byte != b'$') {
            end += 1;
        }
    }
    if bytes.get(end) != Some(&b'$') {
        return Err(error_near("syntax error", lexer.text, start, start + 1));
    }
    let tag = &lexer.text[start..=end];
    let Some(length) = lexer.text[end + 1..].find(tag) else {
        return Err(error_near("unterminated dollar-quoted string", lexer.text, start, lexer.text.len()));
    };
    lexer.at = end + 1 + length + tag.len();
    Ok(lexer.text[end + 1..end + 1 + length].into())
}

/// `U&'..'` and `U&".."`, with the default escape character or `UESCAPE 'c'`.
pub(super) fn unicode(lexer: &mut Lexer<'_>, start: usize) -> Result<TokenKind, SqlError> {
    lexer.at += 2;
    let identifier = lexer.byte(0) == b'"';
    let raw = if identifier { quoted_identifier(lexer, start)? } else { plain_string(lexer, start)? };
    let escape = uescape(lexer)?.unwrap_or('\\');
    let text = decode_unicode(&raw, escape).map_err(|at| {
        SqlError::new(SqlState::SYNTAX_ERROR, "invalid Unicode escape")
            .hint(format!("Unicode escapes must be {escape}XXXX or {escape}+XXXXXX."))
            .at((start + "U&'".len() + at) as u32 + 1)
    })?;
    Ok(if identifier { TokenKind::Quoted(text.into()) } else { TokenKind::Text(text.into()) })
}

/// `UESCAPE 'c'` behind a unicode string.
fn uescape(lexer: &mut Lexer<'_>) -> Result<Option<char>, SqlError> {
    let rest = lexer.text[lexer.at..].trim_start();
    if !rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("uescape")) {
        return Ok(None);
    }
    let after = rest[7..].trim_start();
    let mut characters = after.chars();
    let (quote, escape, end) = (characters.next(), characters.next(), characters.next());
    let at = lexer.text.len() - after.len();
    let valid = escape.filter(|c| !c.is_ascii_hexdigit() && !"+'\"".contains(*c) && !c.is_whitespace());
    match (quote, valid, end) {
        (Some('\''), Some(escape), Some('\'')) => {
            lexer.at = at + 2 + escape.len_utf8();
            Ok(Some(escape))
        }
        _ => Err(error_near("invalid Unicode escape character", lexer.text, at, lexer.text.len())),
    }
}

/// Resolves `\XXXX`, `\+XXXXXX` and doubled escape characters. Fails with the offset of the escape that is none.
fn decode_unicode(raw: &str, escape: char) -> Result<String, usize> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    let mut high = None;
    loop {
        let at = raw.len() - rest.as_str().len();
        let Some(character) = rest.next() else { break };
        if character != escape {
            out.push(character);
            continue;
        }
        let mut ahead = rest.clone();
        let first = ahead.next().ok_or(at)?;
        if first == escape {
            out.push(escape);
            rest = ahead;
            continue;
        }
        let (width, mut digits) = if first == '+' { (6, ahead) } else { (4, rest.clone()) };
        let mut code = 0;
        for _ in 0..width {
            code = code * 16 + digits.next().and_then(|digit| digit.to_digit(16)).ok_or(at)?;
        }
        rest = digits;
        match (high.take(), code) {
            (Some(high), 0xdc00..=0xdfff) => {
                let offset: u32 = ((high - 0xd800) << 10) + (code - 0xdc00);
                let code = 0x10000 + offset;
                out.push(char::from_u32(code).ok_or(at)?);
            }
            (None, 0xd800..=0xdbff) => high = Some(code),
            (None, _) => out.push(char::from_u32(code).filter(|c| *c != '\0').ok_or(at)?),
            _ => return Err(at),
        }
    }
    if high.is_none() { Ok(out) } else { Err(raw.len()) }
}
