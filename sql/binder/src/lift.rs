//! Lifting: literals of a simple statement become parameters, so that `where id = 1` and `where id = 2` share one plan.
//!
//! ```text
//! select b from t where a = 17 and c > -1.5 and d = 'x'
//! select b from t where a = $1 and c > $2 and d = $3      literals: 17 (int4), -1.5 (numeric), x (unknown)
//! ```
//!
//! One scan over the bytes, no tree. The meaning does not change: the binder gets every lifted literal's own type
//! ([`crate::Parameter::Lifted`]), so overloads resolve as before, and whatever the binder must see as a constant stays in
//! the text: type modifiers, `date '...'`, `ORDER BY 1`. Where a literal takes part in matching expressions (GROUP BY,
//! DISTINCT, windows, set operations) nothing is lifted, and neither is anything from a text with comments, parameters,
//! escape strings or several statements.

use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, Numeric, SqlError, Type, TypeId, io};

use crate::settings::Parameter;

/// More literals than this make a plan that nobody will use again.
const LITERALS_MAX: usize = 256;

/// A text without its literals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifted {
    /// The text with `$1`, `$2`, ... for the literals.
    pub text: String,
    /// The literals in order.
    pub literals: Vec<Literal>,
}

/// A literal that was lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// What it is.
    pub kind: LiteralKind,
    /// Its text: a signed number, or a string's content.
    pub text: String,
}

/// What a literal is by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    /// A number that fits int4.
    Int4,
    /// A number that fits int8.
    Int8,
    /// Any other number.
    Numeric,
    /// A string: of unknown type.
    Unknown,
}

impl Lifted {
    /// The kinds, one character each: part of a plan's key beside the text.
    pub fn kinds(&self) -> String {
        let letter = |literal: &Literal| match literal.kind {
            LiteralKind::Int4 => '4',
            LiteralKind::Int8 => '8',
            LiteralKind::Numeric => 'n',
            LiteralKind::Unknown => 'u',
        };
        self.literals.iter().map(letter).collect()
    }

    /// What the binder must know of them.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.literals.iter().map(|literal| Parameter::Lifted(Type::plain(literal.kind.type_id()))).collect()
    }
}

impl LiteralKind {
    fn type_id(self) -> TypeId {
        match self {
            LiteralKind::Int4 => TypeId::INT4,
            LiteralKind::Int8 => TypeId::INT8,
            LiteralKind::Numeric => TypeId::NUMERIC,
            LiteralKind::Unknown => TypeId::UNKNOWN,
        }
    }
}

impl Literal {
    /// The value as the type that the binder found for the parameter ([`crate::Bound::params`]).
    pub fn to_datum(&self, context: &EvalContext<'_>, ty: Type) -> Result<Datum, SqlError> {
        let wrong = || SqlError::internal(format!("lifted literal {} is no {:?}", self.text, self.kind));
        match self.kind {
            LiteralKind::Int4 => self.text.parse().map(Datum::Int4).map_err(|_| wrong()),
            LiteralKind::Int8 => self.text.parse().map(Datum::Int8).map_err(|_| wrong()),
            LiteralKind::Numeric => Numeric::parse(&self.text).map(Datum::Numeric),
            LiteralKind::Unknown => io::input(context, Type::plain(ty.id), &self.text),
        }
    }
}

/// Takes the literals out of a text; `None` where that is not safe or not worth it.
pub fn lift(text: &str) -> Option<Lifted> {
    let mut scanner = Scanner::new(text);
    let first = scanner.peek_word();
    let simple = ["select", "insert", "update", "delete"].iter().any(|word| first.eq_ignore_ascii_case(word));
    if !simple {
        return None;
    }
    scanner.run()?;
    if scanner.literals.is_empty() {
        return None;
    }
    scanner.out.push_str(&text[scanner.copied..scanner.end]);
    Some(Lifted { text: scanner.out, literals: scanner.literals })
}

/// What the previous token allows here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator, `(`, `,` or a keyword after which a value stands.
    Value,
    /// An operand, or a word that may be a type.
    Operand,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// End of the statement: before a trailing semicolon.
    end: usize,
    /// How much of the text is in `out`.
    copied: usize,
    out: String,
    literals: Vec<Literal>,
    before: Before,
    /// Between ORDER BY and what ends it.
    sorting: bool,
    /// Parentheses of a type modifier that are open.
    modifier_depth: usize,
    /// The previous token is the name of a type that takes modifiers.
    type_word: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            end: text.len(),
            copied: 0,
            out: String::with_capacity(text.len()),
            literals: Vec::new(),
            before: Before::Operand,
            sorting: false,
            modifier_depth: 0,
            type_word: false,
        }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn peek_word(&mut self) -> &'a str {
        while self.byte(0).is_ascii_whitespace() {
            self.at += 1;
        }
        let rest = &self.text[self.at..];
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        &rest[..length]
    }

    /// `None`: nothing may be lifted from this text.
    fn run(&mut self) -> Option<()> {
        while self.at < self.bytes.len() {
            let byte = self.byte(0);
            match byte {
                _ if byte.is_ascii_whitespace() => self.at += 1,
                b'\'' => self.string()?,
                b'"' => self.quoted()?,
                b'0'..=b'9' => self.number(self.at)?,
                b'.' if self.byte(1).is_ascii_digit() => self.number(self.at)?,
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word()?,
                b';' => return self.finish(),
                b'-' if self.byte(1) == b'-' => return None,
                b'/' if self.byte(1) == b'*' => return None,
                b'-' if self.is_sign() => self.number(self.at)?,
                b'(' => self.open(),
                b')' | b']' => self.close(byte),
                b'.' | b'[' => self.token(Before::Operand, 1),
                b'$' | b'\\' | b'{' | b'}' => return None,
                _ => self.token(Before::Value, 1),
            }
        }
        Some(())
    }

    fn token(&mut self, before: Before, length: usize) {
        self.at += length;
        self.before = before;
        self.type_word = false;
    }

    /// Only blanks may follow a semicolon.
    fn finish(&mut self) -> Option<()> {
        self.end = self.at;
        let rest = &self.bytes[self.at + 1..];
        rest.iter().all(u8::is_ascii_whitespace).then(|| self.at = self.bytes.len())
    }

    /// Is this minus the sign of a number?
    fn is_sign(&self) -> bool {
        let digit = self.byte(1).is_ascii_digit() || self.byte(1) == b'.' && self.byte(2).is_ascii_digit();
        let glued = self.at > 0 && b"~!@#%^&|?`<>=*/+-".contains(&self.bytes[self.at - 1]);
        digit && self.before == Before::Value && !glued
    }

    fn open(&mut self) {
        let modifier = self.type_word || self.modifier_depth > 0;
        self.modifier_depth += usize::from(modifier);
        self.token(Before::Value, 1);
    }

    fn close(&mut self, byte: u8) {
        if byte == b')' {
            self.modifier_depth = self.modifier_depth.saturating_sub(1);
            self.sorting = false;
        }
        self.token(Before::Operand, 1);
    }

    fn may_lift(&self) -> bool {
        self.before == Before::Value && !self.sorting && self.modifier_depth == 0
    }

    /// Puts a parameter in the place of the bytes from `start` to here.
    fn replace(&mut self, start: usize, kind: LiteralKind, text: String) -> Option<()> {
        self.out.push_str(&self.text[self.copied..start]);
        self.literals.push(Literal { kind, text });
        self.out.push('$');
        self.out.push_str(&self.literals.len().to_string());
        self.copied = self.at;
        (self.literals.len() <= LITERALS_MAX).then_some(())
    }

    /// `'text'`; a constant in several pieces is left to the parser.
    fn string(&mut self) -> Option<()> {
        let start = self.at;
        let mut content = String::new();
        self.at += 1;
        loop {
            let length = self.bytes[self.at..].iter().position(|byte| *byte == b'\'')?;
            content.push_str(&self.text[self.at..self.at + length]);
            self.at += length + 1;
            if self.byte(0) != b'\'' {
                break;
            }
            content.push('\'');
            self.at += 1;
        }
        let next = self.bytes[self.at..].iter().find(|byte| !byte.is_ascii_whitespace());
        if next == Some(&b'\'') || content.contains('\0') {
            return None;
        }
        if self.may_lift() {
            self.replace(start, LiteralKind::Unknown, content)?;
        }
        self.before = Before::Operand;
        self.type_word = false;
        Some(())
    }

    /// `"identifier"`
    fn quoted(&mut self) -> Option<()> {
        let length = self.bytes[self.at + 1..].iter().position(|byte| *byte == b'"')?;
        self.token(Before::Operand, length + 2);
        Some(())
    }

    /// A number with its sign, if it has one.
    fn number(&mut self, start: usize) -> Option<()> {
        let digits = |scanner: &mut Self| {
            while scanner.byte(0).is_ascii_digit() {
                scanner.at += 1;
            }
        };
        self.at += usize::from(self.byte(0) == b'-');
        digits(self);
        let mut decimal = false;
        if self.byte(0) == b'.' {
            decimal = true;
            self.at += 1;
            digits(self);
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if !self.byte(1 + sign).is_ascii_digit() {
                return None;
            }
            decimal = true;
            self.at += 1 + sign;
            digits(self);
        }
        if matches!(self.byte(0), b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' | b'$' | 0x80..) {
            return None;
        }
        let text = &self.text[start..self.at];
        // `-1::text` is `-(1::text)`: the sign may not go into the literal.
        let signed_cast = text.starts_with('-') && (self.byte(0) == b':' || self.byte(0) == b'[');
        // `- 2147483648` is an int4 as it stands, but its number alone would be an int8; and `-(-2147483648)` is an int8.
        if matches!(text.trim_start_matches('-'), "2147483648" | "9223372036854775808") {
            return None;
        }
        if signed_cast || !self.may_lift() {
            self.before = Before::Operand;
            self.type_word = false;
            return Some(());
        }
        let kind = match decimal {
            true => LiteralKind::Numeric,
            false if text.parse::<i32>().is_ok() => LiteralKind::Int4,
            false if text.parse::<i64>().is_ok() => LiteralKind::Int8,
            false => LiteralKind::Numeric,
        };
        self.replace(start, kind, text.to_owned())?;
        self.before = Before::Operand;
        self.type_word = false;
        Some(())
    }

    /// A keyword or identifier.
    fn word(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.byte(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80..) {
            self.at += 1;
        }
        // A string with a prefix letter.
        if matches!(self.byte(0), b'\'') || self.byte(0) == b'&' && matches!(self.byte(1), b'\'' | b'"') {
            return None;
        }
        self.before = Before::Operand;
        self.type_word = false;
        let length = self.at - start;
        if length > LONGEST_WORD {
            return Some(());
        }
        let mut folded = [0_u8; LONGEST_WORD];
        folded[..length].copy_from_slice(&self.bytes[start..self.at]);
        folded[..length].make_ascii_lowercase();
        match &folded[..length] {
            b"group" | b"distinct" | b"over" | b"union" | b"intersect" | b"except" | b"having" | b"window"
            | b"into" | b"recursive" => self.refuse_unless_insert(&folded[..length]),
            b"order" => {
                self.sorting = true;
                Some(())
            }
            b"limit" | b"offset" => {
                self.sorting = false;
                self.before = Before::Value;
                Some(())
            }
            b"select" | b"where" | b"and" | b"or" | b"not" | b"like" | b"ilike" | b"between" | b"then" | b"else"
            | b"when" | b"case" | b"on" | b"returning" => {
                self.before = Before::Value;
                Some(())
            }
            b"varchar" | b"char" | b"character" | b"varying" | b"numeric" | b"decimal" | b"dec" | b"float" | b"bit"
            | b"time" | b"timestamp" | b"timestamptz" | b"interval" | b"bpchar" | b"current_time"
            | b"current_timestamp" | b"localtime" | b"localtimestamp" => {
                self.type_word = true;
                Some(())
            }
            _ => Some(()),
        }
    }

    /// INSERT INTO is the only INTO that may stay.
    fn refuse_unless_insert(&mut self, word: &[u8]) -> Option<()> {
        let inserting = word == b"into"
            && self.text.trim_start().get(..6).is_some_and(|first| first.eq_ignore_ascii_case("insert"));
        inserting.then_some(())
    }
}

/// The longest word that means something here.
const LONGEST_WORD: usize = 17;

#[cfg(test)]
mod tests;
