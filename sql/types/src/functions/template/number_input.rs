//! `to_number`: reads a number where the template says digits are. After PostgreSQL's `NUM_processor`.

use crate::error::SqlError;
use crate::numeric::{Numeric, numeric_modifier};

use super::number::{Key, Node, SignPlace, Template, parse};

/// What has been read so far.
struct Reader<'a> {
    template: &'a Template,
    input: &'a [u8],
    at: usize,
    /// `-`, `+`, or a blank while there is none.
    sign: u8,
    digits: String,
    before: usize,
    after: usize,
    point: bool,
}

/// Reads `text` by `template`. NULL for an empty template; 22P02 where there is no number, 0A000 for `RN` and `EEEE`.
pub(super) fn to_number(text: &str, template: &str) -> Result<Option<Numeric>, SqlError> {
    let template = parse(template)?;
    if template.nodes.is_empty() {
        return Ok(None);
    }
    if template.scientific {
        return Err(SqlError::new(crate::SqlState::FEATURE_NOT_SUPPORTED, "\"EEEE\" not supported for input"));
    }
    if template.roman {
        return Err(SqlError::new(crate::SqlState::FEATURE_NOT_SUPPORTED, "\"RN\" not supported for input"));
    }
    let mut reader = Reader {
        template: &template,
        input: text.as_bytes(),
        at: 0,
        sign: b' ',
        digits: String::new(),
        before: 0,
        after: 0,
        point: false,
    };
    for node in &template.nodes {
        if reader.at >= reader.input.len() {
            break;
        }
        reader.node(*node);
    }
    reader.finish().map(Some)
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn node(&mut self, node: Node) {
        let step = match node {
            Node::Char(_) => {
                self.at += self.character();
                false
            }
            Node::Key(Key::Nine | Key::Zero) => {
                self.digit(true);
                true
            }
            Node::Key(Key::Point | Key::Decimal) => {
                self.digit(false);
                true
            }
            Node::Key(Key::Comma | Key::Group) => self.peek() == Some(b','),
            Node::Key(Key::Currency) => self.skip(1),
            Node::Key(Key::OrdinalUpper | Key::OrdinalLower) => {
                if self.sign == b'-' || self.template.point { false } else { self.skip(2) }
            }
            Node::Key(Key::Minus) => self.sign_key(b"-"),
            Node::Key(Key::Plus) => self.sign_key(b"+"),
            Node::Key(Key::Sign) => self.sign_key(b"-+"),
            Node::Key(_) => false,
        };
        self.at += usize::from(step);
    }

    /// Bytes of the character here.
    fn character(&self) -> usize {
        let following = self.input[self.at..].iter().skip(1).take_while(|byte| **byte & 0xc0 == 0x80);
        1 + following.count()
    }

    /// Passes over characters that cannot belong to a number.
    fn skip(&mut self, count: usize) -> bool {
        for _ in 0..count {
            match self.peek() {
                Some(byte) if !b"0123456789.,+-".contains(&byte) => self.at += self.character(),
                _ => break,
            }
        }
        false
    }

    /// A sign where the template has one; anything else is passed over. True when a byte was used.
    fn sign_key(&mut self, allowed: &[u8]) -> bool {
        match self.peek() {
            Some(byte) if allowed.contains(&byte) => {
                self.sign = byte;
                true
            }
            _ => self.skip(1),
        }
    }

    fn take_sign(&mut self, negative: u8) {
        match self.peek() {
            Some(byte) if byte == b'-' || (byte == negative && self.template.brackets) => {
                self.sign = b'-';
                self.at += 1;
            }
            Some(b'+') => {
                self.sign = b'+';
                self.at += 1;
            }
            _ => {}
        }
    }

    /// A digit position (or the point's): the caller moves one byte on afterwards.
    fn digit(&mut self, is_digit_key: bool) {
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        if self.sign == b' ' && is_digit_key && self.before + self.after == 0 {
            let elsewhere = self.template.sign == Some(SignPlace::After);
            if !elsewhere {
                self.take_sign(b'<');
            }
        }
        let Some(byte) = self.peek() else { return };
        let mut read = false;
        if byte.is_ascii_digit() {
            if self.point && self.after == self.template.after {
                return;
            }
            self.digits.push(char::from(byte));
            if self.point {
                self.after += 1;
            } else {
                self.before += 1;
            }
            read = true;
        } else if self.template.point && !self.point && byte == b'.' {
            self.digits.push('.');
            self.point = true;
            read = true;
        }
        if self.sign == b' ' && self.before + self.after > 0 {
            self.sign_behind(read);
        }
    }

    /// A sign after the last digit.
    fn sign_behind(&mut self, read: bool) {
        let next_is_digit = self.input.get(self.at + 1).is_none_or(u8::is_ascii_digit);
        if self.template.sign.is_some() && read && !next_is_digit {
            if let Some(sign @ (b'-' | b'+')) = self.input.get(self.at + 1) {
                self.sign = *sign;
                self.at += 1;
            }
        } else if !read && self.template.sign.is_none() && !self.template.plus && !self.template.minus {
            self.take_sign(b'>');
        }
    }

    fn finish(self) -> Result<Numeric, SqlError> {
        let sign = char::from(self.sign);
        let number = Numeric::parse(&format!("{sign}{}", self.digits.trim_end_matches('.')))?;
        let precision = self.template.before + self.template.shift + self.after;
        let number = match numeric_modifier(precision as i32, self.after as i32) {
            Ok(modifier) => number.coerce(modifier)?,
            Err(_) => number,
        };
        if self.template.shift == 0 {
            return Ok(number);
        }
        number.checked_mul(Numeric::integer(10).power(Numeric::integer(-(self.template.shift as i64)))?)
    }
}
