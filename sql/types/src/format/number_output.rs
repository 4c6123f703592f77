//! `to_char` of numbers.

use super::number::{Picture, SignPlace};
use super::ordinal;
use super::pattern::{Node, NumberKey};
use super::roman::numeral;
use crate::error::{SqlError, SqlState};
use crate::numeric::Numeric;

/// `to_char(integer, pattern)`
pub fn int4(value: i32, pattern: &str) -> Result<Option<String>, SqlError> {
    match Picture::of(pattern)?.exponent {
        // PostgreSQL takes the exponent of an integer from its double, which rounds into the next decade rightly.
        true => float8(f64::from(value), pattern),
        false => int8(i64::from(value), pattern),
    }
}

/// `to_char(bigint, pattern)` (the empty text for an empty pattern).
pub fn int8(value: i64, pattern: &str) -> Result<Option<String>, SqlError> {
    numeric(Numeric::integer(value), pattern)
}

/// `to_char(real, pattern)`
pub fn float4(value: f32, pattern: &str) -> Result<Option<String>, SqlError> {
    const DIGITS: usize = 6;
    float(f64::from(value), DIGITS, pattern)
}

/// `to_char(double precision, pattern)`
pub fn float8(value: f64, pattern: &str) -> Result<Option<String>, SqlError> {
    const DIGITS: usize = 15;
    float(value, DIGITS, pattern)
}

/// Floats show no more digits than they are good for.
fn float(value: f64, digits: usize, pattern: &str) -> Result<Option<String>, SqlError> {
    if pattern.is_empty() {
        return Ok(Some(String::new()));
    }
    let mut picture = Picture::of(pattern)?;
    if picture.roman {
        return finish(picture, roman_text(value.round_ties_even() as i64));
    }
    if picture.exponent {
        return Ok(Some(match value.is_finite() {
            true => scientific(&format!("{value:.*e}", picture.fraction.max(0) as usize)),
            false => no_number(&picture),
        }));
    }
    let value = scaled(value, &mut picture);
    let length = match value.is_infinite() {
        true => "Infinity".len(),
        false => format!("{:.0}", value.abs()).len(),
    };
    picture.fraction = picture.fraction.min(digits.saturating_sub(length) as i32);
    let text = match value.is_finite() {
        true => format!("{value:.*}", picture.fraction as usize),
        false if value.is_nan() => "NaN".to_owned(),
        false => if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
    };
    finish(picture, text)
}

/// `V`: shifted by as many digits as follow it.
fn scaled(value: f64, picture: &mut Picture) -> f64 {
    match picture.multiply {
        true => {
            picture.whole += picture.multiplier;
            value * 10f64.powi(picture.multiplier)
        }
        false => value,
    }
}

/// `to_char(numeric, pattern)` (the empty text for an empty pattern). 42601 for a pattern that contradicts itself.
pub fn numeric(value: Numeric, pattern: &str) -> Result<Option<String>, SqlError> {
    if pattern.is_empty() {
        return Ok(Some(String::new()));
    }
    let mut picture = Picture::of(pattern)?;
    if picture.roman {
        return finish(picture, roman_text(value.to_i32()?.into()));
    }
    if picture.exponent {
        return Ok(Some(match value {
            Numeric::Finite { coefficient, scale } => numeric_scientific(coefficient, scale, picture.fraction),
            _ => no_number(&picture),
        }));
    }
    let value = match picture.multiply {
        true => {
            picture.whole += picture.multiplier;
            value.checked_mul(Numeric::try_from(10i128.pow(picture.multiplier.clamp(0, 37) as u32))?)?
        }
        false => value,
    };
    let mut text = value.round(picture.fraction)?.to_string();
    // A number so long that the pattern's zeros do not fit into 38 digits gets them here.
    let shown = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if matches!(value, Numeric::Finite { .. }) && (shown as i32) < picture.fraction {
        if shown == 0 {
            text.push('.');
        }
        text.push_str(&"0".repeat(picture.fraction as usize - shown));
    }
    finish(picture, text)
}

fn numeric_scientific(coefficient: i128, scale: u16, fraction: i32) -> String {
    let digits = coefficient.unsigned_abs().to_string();
    let sign = if coefficient < 0 { "-" } else { "" };
    // Rounded to one digit and the fraction, half away from zero.
    let kept = 1 + fraction.max(0) as usize;
    let exponent = if coefficient == 0 { 0 } else { digits.len() as i32 - 1 - i32::from(scale) };
    let mut first = digits[..1].to_owned();
    let mut mantissa: Vec<u8> = digits.bytes().chain(std::iter::repeat(b'0')).take(kept).collect();
    if digits.as_bytes().get(kept).is_some_and(|next| *next >= b'5') {
        let carried = mantissa.iter().rposition(|digit| *digit != b'9');
        let from = carried.map_or(0, |at| at + 1);
        mantissa[from..].fill(b'0');
        match carried {
            Some(0) => first = ((mantissa[0] + 1) as char).to_string(),
            Some(at) => mantissa[at] += 1,
            // PostgreSQL does not shift the point after this carry: 999.996 is 10.00e+02.
            None => first = "10".to_owned(),
        }
    }
    let mantissa = String::from_utf8(mantissa).expect("digits are ASCII");
    let rest = &mantissa[1..];
    let point = if rest.is_empty() { "" } else { "." };
    scientific(&format!("{sign}{first}{point}{rest}e{exponent}"))
}

/// Rust's `1.5e-7` as C's ` 1.5e-07`, with room for a sign.
fn scientific(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let blank = if mantissa.starts_with('-') { "" } else { " " };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{blank}{mantissa}e{sign}{:02}", exponent.abs())
}

/// Hash signs in the shape of the pattern: what `EEEE` shows for NaN and infinities.
fn no_number(picture: &Picture) -> String {
    let length = (picture.whole + picture.fraction + 6).max(0) as usize;
    let mut text = vec!['#'; length];
    text[0] = ' ';
    if let Some(point) = text.get_mut(picture.whole as usize + 1) {
        *point = '.';
    }
    text.into_iter().collect()
}

fn roman_text(number: i64) -> String {
    numeral(number).unwrap_or_else(|| "#".repeat(15))
}

/// Sign and digits into the pattern.
fn finish(mut picture: Picture, text: String) -> Result<Option<String>, SqlError> {
    let (negative, mut digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits.to_owned()),
        None => (false, text),
    };
    let length = digits.find('.').unwrap_or(digits.len()) as i32;
    let mut blanks = 0;
    if picture.roman {
        picture = Picture {
            fill: picture.fill,
            roman: true,
            ..Picture::of("").expect("an empty pattern").with(picture.nodes)
        };
    } else if length < picture.whole {
        blanks = picture.whole - length;
    } else if length > picture.whole {
        // Too many digits for the pattern.
        let (whole, fraction) = (picture.whole as usize, picture.fraction as usize);
        digits = format!("{}.{}", "#".repeat(whole), "#".repeat(fraction));
    }
    Writer::new(&mut picture, negative, digits, blanks).write().map(Some)
}

impl Picture {
    fn with(self, nodes: Vec<Node<NumberKey>>) -> Self {
        Self { nodes, ..self }
    }
}

/// The state of PostgreSQL's `NUM_processor` on its way to text.
struct Writer<'a> {
    picture: &'a Picture,
    negative: bool,
    number: Vec<u8>,
    /// Next character of `number`.
    next: usize,
    /// Blanks before the first digit.
    blanks: i32,
    /// Last character that `FM` keeps.
    last: Option<usize>,
    sign_written: bool,
    sign: SignPlace,
    bracket: bool,
    zero_start: i32,
    count: i32,
    at: i32,
    in_number: bool,
    out: String,
}

impl<'a> Writer<'a> {
    fn new(picture: &'a mut Picture, negative: bool, number: String, blanks: i32) -> Self {
        let mut bracket = picture.bracket;
        let mut sign = picture.sign;
        let sign_written = if picture.plus || picture.minus {
            picture.minus || !picture.plus
        } else {
            if !negative && bracket && picture.fill {
                bracket = false;
            }
            if sign == SignPlace::Before && picture.whole == picture.whole_at_sign {
                sign = SignPlace::After;
            }
            !negative && picture.fill && !picture.has_sign
        };
        let number = number.into_bytes();
        let mut last = None;
        if picture.fill && picture.has_point {
            last = last_relevant(&number);
            if let Some(at) = last.filter(|_| picture.zero_end > blanks) {
                let zero = (number.len() - 1).min((picture.zero_end - blanks) as usize);
                last = Some(at.max(zero));
            }
        }
        let zero_start = picture.zero_start - i32::from(picture.zero_start > 0);
        let mut count = picture.fraction + picture.whole - 1;
        if !sign_written && blanks == 0 {
            count += 1;
        }
        Self {
            negative,
            number,
            next: 0,
            blanks,
            last,
            sign_written,
            sign,
            bracket,
            zero_start,
            count,
            at: 0,
            in_number: false,
            out: String::new(),
            picture,
        }
    }

    fn write(mut self) -> Result<String, SqlError> {
        let picture = self.picture;
        let fill = picture.fill;
        for node in &picture.nodes {
            let key = match node {
                Node::Field(key) => *key,
                Node::Space(c) | Node::Separator(c) | Node::Text(c) => {
                    self.out.push(*c);
                    continue;
                }
            };
            match key {
                NumberKey::Nine | NumberKey::Zero | NumberKey::Point | NumberKey::Decimal => self.digit(key),
                NumberKey::Comma | NumberKey::Group => match (self.in_number, fill) {
                    (true, _) => self.out.push(','),
                    (false, true) => {}
                    (false, false) => self.out.push(' '),
                },
                NumberKey::Currency => self.out.push(' '),
                NumberKey::Roman(upper) => self.roman(upper),
                NumberKey::Ordinal(upper) => {
                    let hidden =
                        picture.roman || self.number.first() == Some(&b'#') || self.negative || picture.has_point;
                    if !hidden {
                        let digits = String::from_utf8_lossy(&self.number);
                        if !digits.ends_with(|c: char| c.is_ascii_digit()) {
                            let message = format!("\"{digits}\" is not a number");
                            return Err(SqlError::new(SqlState::INVALID_TEXT_REPRESENTATION, message));
                        }
                        self.out.push_str(ordinal(&digits, upper));
                    }
                }
                NumberKey::Minus => self.out.push_str(match (self.negative, fill) {
                    (true, _) => "-",
                    (false, true) => "",
                    (false, false) => " ",
                }),
                NumberKey::Plus => self.out.push_str(match (self.negative, fill) {
                    (false, _) => "+",
                    (true, true) => "",
                    (true, false) => " ",
                }),
                NumberKey::SignText => self.out.push(if self.negative { '-' } else { '+' }),
                _ => {}
            }
        }
        Ok(self.out)
    }

    fn roman(&mut self, upper: bool) {
        let text = String::from_utf8_lossy(&self.number).into_owned();
        let text = if upper { text } else { text.to_ascii_lowercase() };
        match self.picture.fill {
            true => self.out.push_str(&text),
            false => self.out.push_str(&format!("{text:>15}")),
        }
    }

    /// A zero before the point, which a `9` leaves out.
    fn leading_zero(&self) -> bool {
        let picture = self.picture;
        !picture.has_zero && self.next == 0 && self.number.first() == Some(&b'0') && picture.fraction != 0
    }

    fn last_is_point(&self) -> bool {
        self.last.is_some_and(|last| self.number.get(last) == Some(&b'.'))
    }

    fn digit(&mut self, key: NumberKey) {
        let picture = self.picture;
        if picture.roman {
            return;
        }
        self.in_number = false;
        let begins = self.at >= self.blanks || (picture.has_zero && self.zero_start == self.at);
        if !self.sign_written && begins && (!self.leading_zero() || self.last_is_point()) {
            self.sign_before();
        }
        if self.at < self.blanks && (self.zero_start > self.at || !picture.has_zero) {
            if !picture.fill {
                self.out.push(' ');
            }
        } else if picture.has_zero && self.at < self.blanks && self.zero_start <= self.at {
            self.out.push('0');
            self.in_number = true;
        } else {
            self.significant(key);
        }
        let mut end = self.count + i32::from(self.blanks > 0) + i32::from(picture.has_point);
        if self.last == Some(self.next) {
            end = self.at;
        }
        if self.at + 1 == end {
            self.sign_after();
        }
        self.at += 1;
    }

    fn sign_before(&mut self) {
        let picture = self.picture;
        if picture.has_sign {
            if self.sign == SignPlace::Before {
                self.out.push(if self.negative { '-' } else { '+' });
                self.sign_written = true;
            }
        } else if self.bracket {
            self.out.push(if self.negative { '<' } else { ' ' });
            self.sign_written = true;
        } else {
            match self.negative {
                true => self.out.push('-'),
                false if !picture.fill => self.out.push(' '),
                false => {}
            }
            self.sign_written = true;
        }
    }

    fn sign_after(&mut self) {
        if self.sign_written && self.bracket {
            self.out.push(if self.negative { '>' } else { ' ' });
        } else if self.picture.has_sign && self.sign == SignPlace::After {
            self.out.push(if self.negative { '-' } else { '+' });
        }
    }

    /// The point, or a digit of the number.
    fn significant(&mut self, key: NumberKey) {
        let picture = self.picture;
        match self.number.get(self.next).copied() {
            Some(b'.') => {
                if !self.last_is_point() || picture.fill {
                    self.out.push('.');
                }
            }
            digit => {
                let beyond = self.last.is_some_and(|last| self.next > last) && key != NumberKey::Zero;
                if beyond {
                } else if self.leading_zero() {
                    if !picture.fill {
                        self.out.push(' ');
                    } else if self.last_is_point() {
                        self.out.push('0');
                    }
                } else if let Some(digit) = digit {
                    self.out.push(digit as char);
                    self.in_number = true;
                }
            }
        }
        if self.next < self.number.len() {
            self.next += 1;
        }
    }
}

/// The last digit after the point that is not 0, or the point.
fn last_relevant(number: &[u8]) -> Option<usize> {
    let point = number.iter().position(|byte| *byte == b'.')?;
    number[point + 1..].iter().rposition(|digit| *digit != b'0').map_or(Some(point), |at| Some(point + 1 + at))
}
