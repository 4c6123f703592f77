//! The lexer: PostgreSQL's `scan.l` by hand. The whole text becomes tokens at once; errors carry byte offsets
//! (positions from 1) that [`crate::parse`] turns into characters.

use cairn_sql_types::{SqlError, SqlState};

use super::literal;
use super::token::{Token, TokenKind};

/// All tokens of a text, the last one being [`TokenKind::End`].
pub(crate) fn tokenize(text: &str) -> Result<Vec<Token>, SqlError> {
    if text.len() > u32::MAX as usize / 2 {
        return Err(SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "statement text is too long"));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 1);
    loop {
        let token = lexer.next()?;
        let done = token.kind == TokenKind::End;
        tokens.push(token);
        if done {
            return Ok(tokens);
        }
    }
}

/// A syntax error of the lexer at a byte offset: `what at or near "near"`.
pub(crate) fn error_near(what: &str, text: &str, from: usize, to: usize) -> SqlError {
    let near = text.get(from..to).unwrap_or_default();
    let message = match near.is_empty() {
        true => format!("{what} at end of input"),
        false => format!("{what} at or near \"{near}\""),
    };
    SqlError::new(SqlState::SYNTAX_ERROR, message).at(from as u32 + 1)
}

/// The reading position in a text.
pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Lexer<'_> {
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn next(&mut self) -> Result<Token, SqlError> {
        self.skip_blanks()?;
        let start = self.at;
        let kind = self.scan(start)?;
        Ok(Token { kind, start: start as u32, end: self.at as u32 })
    }

    fn scan(&mut self, start: usize) -> Result<TokenKind, SqlError> {
        if self.at_end() {
            return Ok(TokenKind::End);
        }
        let byte = self.byte(0);
        match byte {
            b'\'' => literal::plain_string(self, start).map(TokenKind::Text),
            b'"' => literal::quoted_identifier(self, start).map(TokenKind::Quoted),
            b'$' => self.dollar(start),
            b'0'..=b'9' => self.number(start),
            b'.' if self.byte(1).is_ascii_digit() => self.number(start),
            b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' => self.punct(byte),
            b':' => Ok(self.colon()),
            _ if is_identifier_start(byte) => self.word(start),
            _ if is_operator(byte) => Ok(self.operator()),
            _ => {
                let length = self.text[self.at..].chars().next().map_or(1, char::len_utf8);
                Err(error_near("syntax error", self.text, start, start + length))
            }
        }
    }

    fn punct(&mut self, byte: u8) -> Result<TokenKind, SqlError> {
        self.at += 1;
        Ok(TokenKind::Punct(byte as char))
    }

    fn colon(&mut self) -> TokenKind {
        let (kind, length) = match self.byte(1) {
            b':' => (TokenKind::DoubleColon, 2),
            b'=' => (TokenKind::ColonEquals, 2),
            _ => (TokenKind::Punct(':'), 1),
        };
        self.at += length;
        kind
    }

    /// Blanks and comments; block comments nest.
    fn skip_blanks(&mut self) -> Result<(), SqlError> {
        loop {
            match (self.byte(0), self.byte(1)) {
                (b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'-', b'-') => self.line_comment(),
                (b'/', b'*') => self.block_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn line_comment(&mut self) {
        while !self.at_end() && !matches!(self.byte(0), b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn block_comment(&mut self) -> Result<(), SqlError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.byte(0), self.byte(1)) {
                (b'/', b'*') => (depth, self.at) = (depth + 1, self.at + 2),
                (b'*', b'/') => (depth, self.at) = (depth - 1, self.at + 2),
                _ if self.at_end() => {
                    return Err(error_near("unterminated /* comment", self.text, start, self.text.len()));
                }
                _ => self.at += 1,
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// `$1`, `$$text$$`, `$tag$text$tag$`.
    fn dollar(&mut self, start: usize) -> Result<TokenKind, SqlError> {
        if self.byte(1).is_ascii_digit() {
            self.at += 1;
            let digits = self.digits();
            if is_identifier_start(self.byte(0)) {
                self.at += 1;
                return Err(error_near("trailing junk after parameter", self.text, start, self.at));
            }
            return digits
                .parse()
                .ok()
                .filter(|number| *number <= i32::MAX as u32)
                .map(TokenKind::Param)
                .ok_or_else(|| error_near("parameter number too large", self.text, start, self.at));
        }
        literal::dollar_string(self, start).map(TokenKind::Text)
    }

    fn digits(&mut self) -> String {
        let start = self.at;
        while self.byte(0).is_ascii_digit() {
            self.at += 1;
        }
        self.text[start..self.at].to_owned()
    }

    /// `1`, `1.5`, `.5`, `1.`, `1e10`.
    fn number(&mut self, start: usize) -> Result<TokenKind, SqlError> {
        self.digits();
        let mut decimal = false;
        // `1..2` is not a decimal.
        if self.byte(0) == b'.' && self.byte(1) != b'.' {
            decimal = true;
            self.at += 1;
            self.digits();
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                decimal = true;
                self.at += 1 + sign;
                self.digits();
            }
        }
        if is_identifier_start(self.byte(0)) {
            while is_identifier_part(self.byte(0)) {
                self.at += 1;
            }
            return Err(error_near("trailing junk after numeric literal", self.text, start, self.at));
        }
        let text = Box::from(&self.text[start..self.at]);
        Ok(if decimal { TokenKind::Decimal(text) } else { TokenKind::Integer(text) })
    }

    /// Identifiers, keywords, and strings with a prefix letter.
    fn word(&mut self, start: usize) -> Result<TokenKind, SqlError> {
        match (self.byte(0).to_ascii_lowercase(), self.byte(1), self.byte(2)) {
            (b'e', b'\'', _) => return literal::escape_string(self, start).map(TokenKind::Text),
            // `N'text'` is `nchar 'text'`.
            (b'n', b'\'', _) => {
                self.at += 1;
                return Ok(TokenKind::Word("nchar".into()));
            }
            (b'b', b'\'', _) => return literal::bit_string(self, start, TokenKind::Bits),
            (b'x', b'\'', _) => return literal::bit_string(self, start, TokenKind::Hex),
            (b'u', b'&', b'\'' | b'"') => return literal::unicode(self, start),
            _ => {}
        }
        while is_identifier_part(self.byte(0)) {
            self.at += 1;
        }
        Ok(TokenKind::Word(self.text[start..self.at].to_ascii_lowercase().into_boxed_str()))
    }

    /// The longest run of operator characters, cut before a comment, without a trailing sign unless PostgreSQL allows it.
    fn operator(&mut self) -> TokenKind {
        let rest = &self.text.as_bytes()[self.at..];
        let mut length = rest.iter().take_while(|byte| is_operator(**byte)).count();
        for comment in [b"--", b"/*"] {
            if let Some(cut) = rest[..length].windows(2).position(|pair| pair == comment) {
                length = cut;
            }
        }
        let signed = |run: &[u8]| run.iter().any(|byte| b"~!@#%^&|`?".contains(byte));
        while length > 1 && matches!(rest[length - 1], b'+' | b'-') && !signed(&rest[..length]) {
            length -= 1;
        }
        let text = &self.text[self.at..self.at + length];
        self.at += length;
        match text {
            "=>" => TokenKind::Arrow,
            "!=" => TokenKind::Operator("<>".into()),
            _ => TokenKind::Operator(text.into()),
        }
    }
}

pub(super) fn is_identifier_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

pub(super) fn is_identifier_part(byte: u8) -> bool {
    is_identifier_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

pub(super) fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}
