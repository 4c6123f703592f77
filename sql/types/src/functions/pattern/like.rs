//! `LIKE`, `ILIKE` and `ESCAPE`. The binder writes `a LIKE b ESCAPE c` as `a ~~ like_escape(b, c)`.

use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

/// Does all of `text` match? `%` stands for any bytes, `_` for one character, `\` makes the next character literal.
///
/// Iterative with one resume point: after a mismatch only the last `%` has to take one character more, because what
/// earlier ones took already led to a match of everything up to the last one. O(text * pattern) at worst.
fn matches(text: &[u8], pattern: &[u8], character: fn(&[u8]) -> usize) -> Result<bool, SqlError> {
    let (mut t, mut p) = (0, 0);
    let mut resume: Option<(usize, usize)> = None;
    loop {
        match pattern.get(p) {
            None if t == text.len() => return Ok(true),
            Some(b'%') => {
                p += 1;
                resume = Some((t, p));
                continue;
            }
            Some(b'_') if t < text.len() => {
                t += character(&text[t..]);
                p += 1;
                continue;
            }
            Some(b'\\') if t < text.len() => {
                let literal = pattern.get(p + 1).ok_or_else(dangling_escape)?;
                if text.get(t) == Some(literal) {
                    (t, p) = (t + 1, p + 2);
                    continue;
                }
            }
            Some(literal) if !matches!(literal, b'_' | b'\\') && text.get(t) == Some(literal) => {
                (t, p) = (t + 1, p + 1);
                continue;
            }
            _ => {}
        }
        match resume {
            Some((from, after)) if from < text.len() => {
                let from = from + character(&text[from..]);
                resume = Some((from, after));
                (t, p) = (from, after);
            }
            _ => return Ok(false),
        }
    }
}

#[cold]
fn dangling_escape() -> SqlError {
    SqlError::new(SqlState::INVALID_ESCAPE_SEQUENCE, "LIKE pattern must not end with escape character")
}

/// Bytes of the UTF-8 character at the start.
fn utf8_character(bytes: &[u8]) -> usize {
    match bytes[0] {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
    .min(bytes.len())
}

pub(super) fn like(text: &str, pattern: &str) -> Result<bool, SqlError> {
    matches(text.as_bytes(), pattern.as_bytes(), utf8_character)
}

fn ilike(text: &str, pattern: &str) -> Result<bool, SqlError> {
    like(&text.to_lowercase(), &pattern.to_lowercase())
}

fn bytea_like(bytes: &[u8], pattern: &[u8]) -> Result<bool, SqlError> {
    matches(bytes, pattern, |_| 1)
}

/// The pattern rewritten so that its escape character is `\`; an empty `escape` means that there is none.
fn like_escape(pattern: &str, escape: &str) -> Result<String, SqlError> {
    let mut characters = escape.chars();
    let escape = characters.next();
    if characters.next().is_some() {
        return Err(SqlError::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
            .hint("Escape string must be empty or one character."));
    }
    let mut result = String::with_capacity(pattern.len());
    let mut after_escape = false;
    for c in pattern.chars() {
        if Some(c) == escape && !after_escape {
            result.push('\\');
            after_escape = true;
        } else {
            if c == '\\' && !after_escape {
                result.push('\\');
            }
            result.push(c);
            after_escape = false;
        }
    }
    Ok(result)
}

functions! {
    850 textlike(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern));
    851 textnlike(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern).map(|found| !found));
    1569 like(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern));
    1570 notlike(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern).map(|found| !found));
    858 namelike(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern));
    859 namenlike(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern).map(|found| !found));
    1631 bpcharlike(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern));
    1632 bpcharnlike(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| like(text, pattern).map(|found| !found));
    2005 bytealike(BYTEA, BYTEA) -> BOOL = f!(|bytes: &[u8], pattern: &[u8]| bytea_like(bytes, pattern));
    2006 byteanlike(BYTEA, BYTEA) -> BOOL = f!(|bytes: &[u8], pattern: &[u8]| bytea_like(bytes, pattern).map(|found| !found));
    1633 texticlike(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| ilike(text, pattern));
    1634 texticnlike(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| ilike(text, pattern).map(|found| !found));
    1635 nameiclike(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| ilike(text, pattern));
    1636 nameicnlike(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| ilike(text, pattern).map(|found| !found));
    1660 bpchariclike(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| ilike(text, pattern));
    1661 bpcharicnlike(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| ilike(text, pattern).map(|found| !found));
    1637 like_escape(TEXT, TEXT) -> TEXT = f!(|pattern: &str, escape: &str| like_escape(pattern, escape));
}
