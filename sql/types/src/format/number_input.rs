//! `to_number(text, pattern)`.

use super::number::{Picture, SignPlace};
use super::pattern::{Node, NumberKey};
use crate::error::{SqlError, SqlState};
use crate::numeric::{Numeric, numeric_modifier};

/// Reads a number by a pattern; `None` (NULL) for an empty pattern. 22P02 when no number comes out, 22003 when it has more
/// digits than the pattern.
pub fn to_number(text: &str, pattern: &str) -> Result<Option<Numeric>, SqlError> {
    if pattern.is_empty() {
        return Ok(None);
    }
    let picture = Picture::of(pattern)?;
    for (present, name) in [(picture.exponent, "EEEE"), (picture.roman, "RN")] {
        if present {
            let message = format!("\"{name}\" not supported for input");
            return Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message));
        }
    }
    let mut reader = Reader {
        picture: &picture,
        chars: text.chars().collect(),
        at: 0,
        sign: ' ',
        digits: String::new(),
        has_point: false,
        whole: 0,
        fraction: 0,
    };
    reader.read();
    let number = Numeric::parse(&format!("{}{}", reader.sign, reader.digits.trim_end_matches('.')))?;
    let precision = (picture.whole + picture.multiplier + reader.fraction).max(1);
    let number = number.coerce(numeric_modifier(precision, reader.fraction)?)?;
    match picture.multiply {
        true => {
            let unit = Numeric::try_from(10i128.pow(picture.multiplier.clamp(0, 37) as u32))?;
            number.checked_div(unit).map(Some)
        }
        false => Ok(Some(number)),
    }
}

struct Reader<'a> {
    picture: &'a Picture,
    chars: Vec<char>,
    at: usize,
    /// Blank until a sign was read.
    sign: char,
    digits: String,
    has_point: bool,
    whole: i32,
    fraction: i32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn read(&mut self) {
        let mut in_number = false;
        for node in &self.picture.nodes {
            let Some(next) = self.peek() else { return };
            let Node::Field(key) = node else {
                self.at += 1; // skipped, whatever it is
                continue;
            };
            match key {
                NumberKey::Nine | NumberKey::Zero | NumberKey::Point | NumberKey::Decimal => {
                    self.digit(*key);
                    in_number = true;
                }
                NumberKey::Comma | NumberKey::Group => {
                    if (!in_number && self.picture.fill) || next != ',' {
                        continue;
                    }
                }
                NumberKey::Currency => {
                    self.skip_decoration(1);
                    continue;
                }
                NumberKey::Ordinal(_) => {
                    if !(self.picture.has_point || self.sign == '-') {
                        self.skip_decoration(2);
                    }
                    continue;
                }
                NumberKey::Minus | NumberKey::Plus | NumberKey::SignText => {
                    let minus = *key != NumberKey::Plus && next == '-';
                    let plus = *key != NumberKey::Minus && next == '+';
                    if !(minus || plus) {
                        self.skip_decoration(1);
                        continue;
                    }
                    self.sign = next;
                }
                _ => continue,
            }
            self.at += 1;
        }
    }

    /// Skips characters that belong to no number.
    fn skip_decoration(&mut self, count: usize) {
        for _ in 0..count {
            match self.peek() {
                Some('0'..='9' | '.' | ',' | '+' | '-') | None => return,
                Some(_) => self.at += 1,
            }
        }
    }

    fn digit(&mut self, key: NumberKey) {
        let picture = self.picture;
        if self.peek() == Some(' ') {
            self.at += 1;
        }
        let first = self.whole + self.fraction == 0;
        if self.sign == ' ' && first && matches!(key, NumberKey::Nine | NumberKey::Zero) {
            self.leading_sign();
        }
        let mut taken = false;
        match self.peek() {
            None => return,
            Some(digit @ '0'..='9') => {
                if self.has_point && self.fraction == picture.fraction {
                    return;
                }
                self.digits.push(digit);
                *if self.has_point { &mut self.fraction } else { &mut self.whole } += 1;
                taken = true;
            }
            Some('.') if picture.has_point && !self.has_point => {
                self.digits.push('.');
                self.has_point = true;
                taken = true;
            }
            Some(_) => {}
        }
        if self.sign == ' ' && self.whole + self.fraction > 0 {
            self.trailing_sign(taken);
        }
    }

    fn leading_sign(&mut self) {
        let picture = self.picture;
        match self.peek() {
            Some(sign @ ('+' | '-')) if !picture.has_sign || picture.sign == SignPlace::Before => {
                self.sign = sign;
                self.at += 1;
            }
            Some('<') if picture.bracket => {
                self.sign = '-';
                self.at += 1;
            }
            _ => {}
        }
    }

    fn trailing_sign(&mut self, taken: bool) {
        let picture = self.picture;
        if picture.has_sign && taken {
            if let Some(sign @ ('+' | '-')) = self.chars.get(self.at + 1).copied() {
                self.sign = sign;
                self.at += 1;
            }
        } else if let (Some(sign @ ('+' | '-')), false, false) = (self.peek(), taken, picture.has_sign) {
            self.sign = sign;
        }
    }
}
