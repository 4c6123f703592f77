//! Cuts date, time and interval text into fields.

/// A field's kind, by its first characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Digits, perhaps with a decimal point.
    Number,
    /// Letters.
    Text,
    /// Something with `-`, `/` or `.` between: a date, or a zone such as `america/new_york`.
    Date,
    /// Something with `:` between.
    Time,
    /// A sign and digits: a zone offset, or a signed number.
    Signed,
    /// A sign and letters: `-infinity`.
    SignedText,
}

/// One field, in lower case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Field {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// Most fields of one text.
const FIELDS_MAX: usize = 25;
/// Longest text, after which there is nothing sensible to read.
const LENGTH_MAX: usize = 128;

/// The fields of a text; `None` when it holds something that no date, time or interval has.
pub(super) fn fields(text: &str) -> Option<Vec<Field>> {
    let mut scanner = Scanner { rest: text.as_bytes(), text: String::new() };
    let mut fields = Vec::new();
    let mut length = 0;
    loop {
        scanner.skip_blanks();
        let Some(first) = scanner.peek() else { return Some(fields) };
        let kind = match first {
            b'0'..=b'9' => scanner.number_like(),
            b'.' => {
                scanner.take();
                scanner.digits();
                Kind::Number
            }
            b'a'..=b'z' | b'A'..=b'Z' => scanner.word_like(),
            b'+' | b'-' => scanner.signed()?,
            _ if first.is_ascii_punctuation() => {
                scanner.rest = &scanner.rest[1..];
                continue;
            }
            _ => return None,
        };
        length += scanner.text.len() + 1;
        if fields.len() == FIELDS_MAX || length > LENGTH_MAX {
            return None;
        }
        fields.push(Field { kind, text: std::mem::take(&mut scanner.text) });
    }
}

struct Scanner<'a> {
    rest: &'a [u8],
    /// The field being collected.
    text: String,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn take(&mut self) {
        if let Some((first, rest)) = self.rest.split_first() {
            self.text.push(first.to_ascii_lowercase() as char);
            self.rest = rest;
        }
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&accept) {
            self.take();
        }
    }

    fn digits(&mut self) {
        self.take_while(|byte| byte.is_ascii_digit());
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte == 0x0b) {
            self.rest = &self.rest[1..];
        }
    }

    /// Begins with a digit: a time, a date, or a number.
    fn number_like(&mut self) -> Kind {
        self.digits();
        match self.peek() {
            Some(b':') => {
                self.take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
                Kind::Time
            }
            Some(delimiter @ (b'-' | b'/' | b'.')) => {
                self.take();
                if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                    // A month in letters.
                    self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == delimiter);
                    return Kind::Date;
                }
                self.digits();
                // The same delimiter twice makes a date of three fields.
                if self.peek() == Some(delimiter) {
                    self.take_while(|byte| byte.is_ascii_digit() || byte == delimiter);
                    return Kind::Date;
                }
                if delimiter == b'.' { Kind::Number } else { Kind::Date }
            }
            _ => Kind::Number,
        }
    }

    /// Begins with a letter: a word, a date such as `jan-8-1999`, or a zone's name.
    fn word_like(&mut self) -> Kind {
        self.take_while(|byte| byte.is_ascii_alphabetic());
        let goes_on = match self.peek() {
            Some(b'-' | b'/' | b'.') => true,
            Some(b'+' | b'0'..=b'9') => super::words::date_word(&self.text).is_none(),
            _ => false,
        };
        if !goes_on {
            return Kind::Text;
        }
        self.take_while(|byte| byte.is_ascii_alphanumeric() || b"+-/_.:".contains(&byte));
        Kind::Date
    }

    fn signed(&mut self) -> Option<Kind> {
        self.take();
        self.skip_blanks();
        match self.peek()? {
            b'0'..=b'9' => {
                self.take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-'));
                Some(Kind::Signed)
            }
            byte if byte.is_ascii_alphabetic() => {
                self.take_while(|byte| byte.is_ascii_alphabetic());
                Some(Kind::SignedText)
            }
            _ => None,
        }
    }
}
