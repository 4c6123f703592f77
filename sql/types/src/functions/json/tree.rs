//! Reading and writing JSON text. The text comes from a json or jsonb value, so it is known to be valid; a fault in it is a
//! bug and answers XX000.

use std::borrow::Cow;

use crate::Datum;
use crate::error::SqlError;
use crate::functions::args::{Answer, Arg};
use crate::io::json;

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
    let mut bytes = Vec::with_capacity(text.len() + 2);
    json::print_string(text, &mut bytes);
    out.push_str(std::str::from_utf8(&bytes).expect("escaping keeps UTF-8"));
}

/// A value's text, spaced as jsonb's.
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
pub(crate) fn jsonb_text(value: &Value<'_>) -> Result<String, SqlError> {
    let mut out = String::new();
    write_jsonb(&mut out, value);
    json::canonical(&out)
}

impl<'a> Arg<'a> for Value<'a> {
    fn get(datum: Option<&'a Datum>) -> Result<Self, SqlError> {
        parse(<&str>::get(datum)?)
    }
}

/// As jsonb.
impl Answer for Value<'_> {
    fn answer(self) -> Result<Datum, SqlError> {
        jsonb_text(&self).map(Datum::text)
    }
}
