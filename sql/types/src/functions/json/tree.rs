//! Reading and writing JSON text. The text comes from a json or jsonb value, so it is known to be valid; a fault in it is a
//! bug and answers XX000.

use std::borrow::Cow;
use std::fmt::Write;

use crate::error::SqlError;
use crate::functions::args::{Answer, Arg};
use crate::Datum;

/// What a JSON text says.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// The number's own text.
    Number(Cow<'a, str>),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    /// Members in the order of the text.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl Value<'_> {
    /// As `json_typeof` calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    pub(crate) fn is_scalar(&self) -> bool {
        !matches!(self, Value::Array(_) | Value::Object(_))
    }
}

/// Levels of nesting that are read; deeper text never got into a value.
const DEPTH_MAX: usize = 6000;

/// Reads a position in valid JSON text.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

fn corrupt() -> SqlError {
    SqlError::internal("a json value holds invalid text")
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is not white space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Takes the byte if it comes next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), SqlError> {
        if self.eat(byte) { Ok(()) } else { Err(corrupt()) }
    }

    /// Skips a value and returns its text.
    pub(crate) fn skip(&mut self) -> Result<&'a str, SqlError> {
        self.peek();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or_else(corrupt)? {
                b'[' | b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b']' | b'}' => {
                    depth = depth.checked_sub(1).ok_or_else(corrupt)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                b'"' => {
                    self.raw_string()?;
                }
                _ => {
                    self.word()?;
                }
            }
            if depth == 0 {
                return Ok(&self.text[start..self.at]);
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<&'a str, SqlError> {
        let rest = &self.text[self.at..];
        let end = rest.find([',', ']', '}', ':', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        if end == 0 {
            return Err(corrupt());
        }
        self.at += end;
        Ok(&rest[..end])
    }

    /// What stands between the quotes.
    fn raw_string(&mut self) -> Result<&'a str, SqlError> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut at = start;
        loop {
            match bytes.get(at).ok_or_else(corrupt)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        self.text.get(start..at).ok_or_else(corrupt)
    }

    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, SqlError> {
        if self.peek() != Some(b'"') {
            return Err(corrupt());
        }
        let raw = self.raw_string()?;
        if raw.contains('\\') { unescape(raw).map(Cow::Owned) } else { Ok(Cow::Borrowed(raw)) }
    }

    /// Reads a whole value.
    pub(crate) fn value(&mut self, depth: usize) -> Result<Value<'a>, SqlError> {
        if depth > DEPTH_MAX {
            return Err(corrupt());
        }
        Ok(match self.peek().ok_or_else(corrupt)? {
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while !self.eat(b'}') {
                    let key = self.string()?;
                    self.expect(b':')?;
                    members.push((key, self.value(depth + 1)?));
                    self.eat(b',');
                }
                Value::Object(members)
            }
            b'[' => {
                self.at += 1;
                let mut elements = Vec::new();
                while !self.eat(b']') {
                    elements.push(self.value(depth + 1)?);
                    self.eat(b',');
                }
                Value::Array(elements)
            }
            b'"' => Value::String(self.string()?),
            _ => match self.word()? {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                number => Value::Number(Cow::Borrowed(number)),
            },
        })
    }
}

fn unescape(raw: &str) -> Result<String, SqlError> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match rest.next().ok_or_else(corrupt)? {
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => unicode(&mut rest)?,
            c => c,
        });
    }
    Ok(out)
}

/// `\uXXXX`, or two of them for a character beyond the first plane.
fn unicode(rest: &mut std::str::Chars<'_>) -> Result<char, SqlError> {
    let unit = hex4(rest)?;
    if (0xd800..0xdc00).contains(&unit) {
        if rest.next() != Some('\\') || rest.next() != Some('u') {
            return Err(corrupt());
        }
        let low = hex4(rest)?;
        let code = 0x1_0000 + ((unit - 0xd800) << 10) + low.wrapping_sub(0xdc00);
        return char::from_u32(code).ok_or_else(corrupt);
    }
    if unit == 0 {
        return Err(SqlError::new(crate::SqlState::UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence")
            .detail("\\u0000 cannot be converted to text."));
    }
    char::from_u32(unit).ok_or_else(corrupt)
}

fn hex4(rest: &mut std::str::Chars<'_>) -> Result<u32, SqlError> {
    let digits: String = rest.by_ref().take(4).collect();
    u32::from_str_radix(&digits, 16).map_err(|_| corrupt())
}

/// Reads a whole text.
pub(crate) fn parse(text: &str) -> Result<Value<'_>, SqlError> {
    Reader::new(text).value(0)
}

/// A string in quotes, escaped as PostgreSQL does it.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// jsonb's order of keys: by length, then bytes.
pub(crate) fn key_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Makes a value canonical: sorts keys, and keeps the last of equal ones.
pub(crate) fn canonicalize(value: &mut Value<'_>) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(canonicalize),
        Value::Object(members) => {
            members.iter_mut().for_each(|(_, value)| canonicalize(value));
            members.reverse();
            members.sort_by(|(a, _), (b, _)| key_order(a, b));
            members.dedup_by(|(later, _), (kept, _)| later == kept);
        }
        Value::Number(number) => {
            if number.contains(['e', 'E', '+']) || number.starts_with("-0") {
                *number = Cow::Owned(plain_number(number));
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A JSON number without exponent, as `numeric` shows it: `1e2` is `100`, `1.50` stays, `-0` is `0`.
fn plain_number(number: &str) -> String {
    let (negative, rest) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let point = whole.len() as i32 + exponent;
    let (whole, fraction) = if point <= 0 {
        ("0".to_owned(), "0".repeat(point.unsigned_abs() as usize) + &digits)
    } else if point as usize >= digits.len() {
        (digits.clone() + &"0".repeat(point as usize - digits.len()), String::new())
    } else {
        (digits[..point as usize].to_owned(), digits[point as usize..].to_owned())
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let plain = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    let zero = plain.bytes().all(|byte| byte == b'0' || byte == b'.');
    if negative && !zero { format!("-{plain}") } else { plain }
}

/// jsonb's text of a canonical value.
pub(crate) fn write_jsonb(out: &mut String, value: &Value<'_>) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(number),
        Value::String(text) => write_string(out, text),
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_jsonb(out, element);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_string(out, key);
                out.push_str(": ");
                write_jsonb(out, value);
            }
            out.push('}');
        }
    }
}

/// The canonical text of any value.
pub(crate) fn jsonb_text(mut value: Value<'_>) -> String {
    canonicalize(&mut value);
    let mut out = String::new();
    write_jsonb(&mut out, &value);
    out
}

impl<'a> Arg<'a> for Value<'a> {
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError> {
        parse(<&str>::get(datum)?)
    }
}

/// As jsonb.
impl Answer for Value<'_> {
    fn answer(self) -> Result<Datum, SqlError> {
        Ok(Datum::text(jsonb_text(self)))
    }
}
