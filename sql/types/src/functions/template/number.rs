//! Templates of numbers.

use crate::error::{SqlError, SqlState};

use super::keyword;

/// A keyword.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Key {
    Comma,
    Point,
    Zero,
    Nine,
    Blank,
    /// `D`: the locale's point, which is a point.
    Decimal,
    Scientific,
    FillMode,
    /// `G`: the locale's separator, which is a comma.
    Group,
    /// `L`: the locale's currency symbol, which is a blank.
    Currency,
    Minus,
    Plus,
    Brackets,
    RomanUpper,
    RomanLower,
    Sign,
    Spell,
    LocaleSign,
    OrdinalUpper,
    OrdinalLower,
    Shift,
}

const KEYWORDS: &[(&str, Key)] = &[
    (",", Key::Comma),
    (".", Key::Point),
    ("0", Key::Zero),
    ("9", Key::Nine),
    ("B", Key::Blank),
    ("b", Key::Blank),
    // Reserved for currency; writes nothing.
    ("C", Key::Spell),
    ("c", Key::Spell),
    ("D", Key::Decimal),
    ("d", Key::Decimal),
    ("EEEE", Key::Scientific),
    ("eeee", Key::Scientific),
    ("FM", Key::FillMode),
    ("fm", Key::FillMode),
    ("G", Key::Group),
    ("g", Key::Group),
    ("L", Key::Currency),
    ("l", Key::Currency),
    ("MI", Key::Minus),
    ("mi", Key::Minus),
    ("PL", Key::Plus),
    ("pl", Key::Plus),
    ("PR", Key::Brackets),
    ("pr", Key::Brackets),
    ("RN", Key::RomanUpper),
    ("rn", Key::RomanLower),
    ("SG", Key::Sign),
    ("sg", Key::Sign),
    ("SP", Key::Spell),
    ("sp", Key::Spell),
    ("S", Key::LocaleSign),
    ("s", Key::LocaleSign),
    ("TH", Key::OrdinalUpper),
    ("th", Key::OrdinalLower),
    ("V", Key::Shift),
    ("v", Key::Shift),
];

/// One piece of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Key(Key),
    Char(char),
}

/// Where `S` puts the sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SignPlace {
    Before,
    After,
}

/// A template and what it says as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    pub(super) nodes: Vec<Node>,
    /// Digits before the point.
    pub(super) before: usize,
    /// Digits after the point.
    pub(super) after: usize,
    /// `S`
    pub(super) sign: Option<SignPlace>,
    /// Digits before `S`.
    pub(super) digits_before_sign: usize,
    /// Digits after `V`.
    pub(super) shift: usize,
    /// Position of the first `0`, from 1; 0 for none.
    pub(super) zero_start: usize,
    /// Position of the last `0`.
    pub(super) zero_end: usize,
    pub(super) point: bool,
    pub(super) fill_mode: bool,
    pub(super) zero: bool,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) brackets: bool,
    pub(super) roman: bool,
    pub(super) multiply: bool,
    pub(super) scientific: bool,
}

fn syntax(message: &str) -> SqlError {
    SqlError::new(SqlState::SYNTAX_ERROR, message)
}

/// Reads a template. 42601 where its parts contradict each other.
pub(super) fn parse(text: &str) -> Result<Template, SqlError> {
    let mut template = Template::default();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some((word, key)) = keyword(rest, KEYWORDS) {
            template.take_in(key)?;
            template.nodes.push(Node::Key(key));
            rest = &rest[word.len()..];
        } else if next == '"' {
            rest = template.quoted(&rest[1..]);
        } else {
            if rest.starts_with("\\\"") {
                rest = &rest[1..];
            }
            let character = rest.chars().next().unwrap_or(next);
            template.nodes.push(Node::Char(character));
            rest = &rest[character.len_utf8()..];
        }
    }
    Ok(template)
}

impl Template {
    fn quoted<'a>(&mut self, text: &'a str) -> &'a str {
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let character = match c {
                '"' => break,
                '\\' => rest.next().unwrap_or('\\'),
                c => c,
            };
            self.nodes.push(Node::Char(character));
        }
        rest.as_str()
    }

    fn take_in(&mut self, key: Key) -> Result<(), SqlError> {
        if self.scientific && key != Key::Scientific {
            return Err(syntax("\"EEEE\" must be the last pattern used"));
        }
        match key {
            Key::Nine if self.brackets => return Err(syntax("\"9\" must be ahead of \"PR\"")),
            Key::Nine if self.multiply => self.shift += 1,
            Key::Nine if self.point => self.after += 1,
            Key::Nine => self.before += 1,
            Key::Zero => self.take_zero()?,
            Key::Decimal | Key::Point => {
                if self.point {
                    return Err(syntax("multiple decimal points"));
                }
                if self.multiply {
                    return Err(syntax("cannot use \"V\" and decimal point together"));
                }
                self.point = true;
            }
            Key::FillMode => self.fill_mode = true,
            Key::LocaleSign => self.take_sign()?,
            Key::Minus | Key::Plus | Key::Sign => {
                if self.sign.is_some() {
                    let word = match key {
                        Key::Minus => "MI",
                        Key::Plus => "PL",
                        _ => "SG",
                    };
                    return Err(syntax(&format!("cannot use \"S\" and \"{word}\" together")));
                }
                self.minus |= key != Key::Plus;
                self.plus |= key != Key::Minus;
            }
            Key::Brackets => {
                if self.sign.is_some() || self.plus || self.minus {
                    return Err(syntax("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together"));
                }
                self.brackets = true;
            }
            Key::RomanUpper | Key::RomanLower => self.roman = true,
            Key::Shift => {
                if self.point {
                    return Err(syntax("cannot use \"V\" and decimal point together"));
                }
                self.multiply = true;
            }
            Key::Scientific => self.take_scientific()?,
            Key::Comma
            | Key::Group
            | Key::Currency
            | Key::Blank
            | Key::Spell
            | Key::OrdinalUpper
            | Key::OrdinalLower => {}
        }
        Ok(())
    }

    fn take_zero(&mut self) -> Result<(), SqlError> {
        if self.brackets {
            return Err(syntax("\"0\" must be ahead of \"PR\""));
        }
        if !self.zero && !self.point {
            self.zero = true;
            self.zero_start = self.before + 1;
        }
        if self.point {
            self.after += 1;
        } else {
            self.before += 1;
        }
        self.zero_end = self.before + self.after;
        Ok(())
    }

    fn take_sign(&mut self) -> Result<(), SqlError> {
        if self.sign.is_some() {
            return Err(syntax("cannot use \"S\" twice"));
        }
        if self.plus || self.minus || self.brackets {
            return Err(syntax("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together"));
        }
        if self.point {
            self.sign = Some(SignPlace::After);
        } else {
            self.sign = Some(SignPlace::Before);
            self.digits_before_sign = self.before;
        }
        Ok(())
    }

    fn take_scientific(&mut self) -> Result<(), SqlError> {
        if self.scientific {
            return Err(syntax("cannot use \"EEEE\" twice"));
        }
        let mixed = self.fill_mode
            || self.sign.is_some()
            || self.brackets
            || self.minus
            || self.plus
            || self.roman
            || self.multiply;
        if mixed {
            return Err(syntax("\"EEEE\" is incompatible with other formats")
                .detail("\"EEEE\" may only be used together with digit and decimal point patterns."));
        }
        self.scientific = true;
        Ok(())
    }
}
