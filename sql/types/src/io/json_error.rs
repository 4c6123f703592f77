//! What is wrong with a text that is not JSON, in PostgreSQL's words. Runs only after the fast parser has refused a text.

/// One token, or why there is none.
type Lexed<'a> = Result<Token<'a>, String>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// `{ } [ ] , :`
    Mark(u8),
    String(&'a str),
    /// A number, `true`, `false`, `null`.
    Scalar(&'a str),
    End,
}

impl<'a> Token<'a> {
    fn text(self, source: &'a str, at: usize) -> &'a str {
        match self {
            Token::Mark(_) => &source[at - 1..at],
            Token::String(text) | Token::Scalar(text) => text,
            Token::End => "",
        }
    }
}

/// The container that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

/// The DETAIL of `invalid input syntax for type json`.
pub(super) fn detail(text: &str) -> String {
    let mut reader = Reader { text, at: 0 };
    match reader.document() {
        Err(detail) => detail,
        // The fast parser is stricter somewhere: say so rather than nothing.
        Ok(()) => "The JSON text is not valid.".to_owned(),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<(), String> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // A value begins here.
            match self.next()? {
                Token::Mark(b'[') => {
                    let before = self.at;
                    if self.next()? != Token::Mark(b']') {
                        self.at = before;
                        open.push(Open::Array);
                        continue;
                    }
                }
                Token::Mark(b'{') => match self.next()? {
                    Token::String(_) => {
                        self.want(b':', "\":\"")?;
                        open.push(Open::Object);
                        continue;
                    }
                    Token::Mark(b'}') => {}
                    found => return Err(self.expected("string or \"}\"", found)),
                },
                Token::String(_) | Token::Scalar(_) => {}
                found => return Err(self.expected("JSON value", found)),
            }
            // It has ended; so may what is around it.
            if !self.after_value(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Closes containers behind a value; `true`: another value must follow.
    fn after_value(&mut self, open: &mut Vec<Open>) -> Result<bool, String> {
        loop {
            let found = self.next()?;
            match (open.last(), found) {
                (None, Token::End) => return Ok(false),
                (None, found) => return Err(self.expected("end of input", found)),
                (Some(Open::Array), Token::Mark(b',')) => return Ok(true),
                (Some(Open::Object), Token::Mark(b',')) => {
                    match self.next()? {
                        Token::String(_) => self.want(b':', "\":\"")?,
                        found => return Err(self.expected("string", found)),
                    }
                    return Ok(true);
                }
                (Some(Open::Array), Token::Mark(b']')) | (Some(Open::Object), Token::Mark(b'}')) => {
                    open.pop();
                }
                (Some(Open::Array), found) => return Err(self.expected("\",\" or \"]\"", found)),
                (Some(Open::Object), found) => return Err(self.expected("\",\" or \"}\"", found)),
            }
        }
    }

    fn want(&mut self, mark: u8, shown: &str) -> Result<(), String> {
        match self.next()? {
            Token::Mark(found) if found == mark => Ok(()),
            found => Err(self.expected(shown, found)),
        }
    }

    fn expected(&self, what: &str, found: Token<'a>) -> String {
        match found {
            Token::End => "The input string ended unexpectedly.".to_owned(),
            found => format!("Expected {what}, but found \"{}\".", found.text(self.text, self.at)),
        }
    }

    fn next(&mut self) -> Lexed<'a> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        match bytes.get(self.at) {
            None => Ok(Token::End),
            Some(mark @ (b'{' | b'}' | b'[' | b']' | b',' | b':')) => {
                self.at += 1;
                Ok(Token::Mark(*mark))
            }
            Some(b'"') => self.string(),
            Some(_) => self.word(),
        }
    }

    fn string(&mut self) -> Lexed<'a> {
        let (start, bytes) = (self.at, self.text.as_bytes());
        self.at += 1;
        loop {
            match bytes.get(self.at) {
                None => return Err(invalid(&self.text[start..])),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Token::String(&self.text[start..self.at]));
                }
                Some(byte @ 0..0x20) => return Err(format!("Character with value 0x{byte:02x} must be escaped.")),
                Some(b'\\') => self.escape()?,
                Some(_) => self.at += 1,
            }
        }
    }

    /// One backslash sequence.
    fn escape(&mut self) -> Result<(), String> {
        let rest = &self.text[self.at + 1..];
        match rest.chars().next() {
            None => Err(invalid(&self.text[self.at..])),
            Some('u') => {
                let digits = rest.as_bytes().get(1..5).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                self.at += 6;
                if digits { Ok(()) } else { Err("\"\\u\" must be followed by four hexadecimal digits.".to_owned()) }
            }
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {
                self.at += 2;
                Ok(())
            }
            Some(other) => Err(format!("Escape sequence \"\\{other}\" is invalid.")),
        }
    }

    /// A number or a word.
    fn word(&mut self) -> Lexed<'a> {
        let rest = &self.text[self.at..];
        let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
        let number = rest.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let part = |c: char| in_word(c) || number && matches!(c, '+' | '-' | '.');
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len()).max(first);
        let word = &rest[..length];
        self.at += length;
        let valid = if number { is_number(word) } else { matches!(word, "true" | "false" | "null") };
        if valid { Ok(Token::Scalar(word)) } else { Err(invalid(word)) }
    }
}

fn invalid(token: &str) -> String {
    format!("Token \"{token}\" is invalid.")
}

/// `-12.5e+3`, without a leading zero.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::detail;

    #[test]
    fn says_what_postgresql_says() {
        let cases = [
            ("", "The input string ended unexpectedly."),
            ("{", "The input string ended unexpectedly."),
            ("[1, 2", "The input string ended unexpectedly."),
            ("{\"a\": }", "Expected JSON value, but found \"}\"."),
            ("{a: 1}", "Token \"a\" is invalid."),
            ("{1: 1}", "Expected string or \"}\", but found \"1\"."),
            ("{\"a\" 1}", "Expected \":\", but found \"1\"."),
            ("{\"a\": 1 \"b\"}", "Expected \",\" or \"}\", but found \"\"b\"\"."),
            ("{\"a\": 1,}", "Expected string, but found \"}\"."),
            ("[1 2]", "Expected \",\" or \"]\", but found \"2\"."),
            ("[1,]", "Expected JSON value, but found \"]\"."),
            ("1 2", "Expected end of input, but found \"2\"."),
            ("01", "Token \"01\" is invalid."),
            ("1.", "Token \"1.\" is invalid."),
            ("\"a", "Token \"\"a\" is invalid."),
            ("\"\\x\"", "Escape sequence \"\\x\" is invalid."),
            ("\"\\u12\"", "\"\\u\" must be followed by four hexadecimal digits."),
            ("\"\n\"", "Character with value 0x0a must be escaped."),
            ("tru", "Token \"tru\" is invalid."),
            ("é", "Token \"é\" is invalid."),
        ];
        for (text, expected) in cases {
            assert_eq!(detail(text), expected, "{text}");
        }
    }
}
