//! PostgreSQL's regular expressions (Henry Spencer's "advanced" flavour) rewritten in the syntax of the `regex-syntax` crate.
//!
//! Not here, because a finite automaton cannot do them: back-references and look-around. They answer 0A000.

use crate::error::{SqlError, SqlState};

/// Options that change what a pattern means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Flags {
    /// `i`: case does not matter.
    pub(super) ignore_case: bool,
    /// `n`, `m`, `p`: `.` and negated brackets do not match a newline.
    pub(super) stop_at_newline: bool,
    /// `n`, `m`, `w`: `^` and `$` match at newlines.
    pub(super) anchors_at_lines: bool,
    /// `x`: white space and comments are ignored.
    pub(super) expanded: bool,
    /// `q`: the pattern is a plain string.
    pub(super) literal: bool,
}

impl Flags {
    /// Applies one option letter; `None` when there is no such option.
    pub(super) fn set(&mut self, letter: char) -> Option<Result<(), SqlError>> {
        match letter {
            'i' => self.ignore_case = true,
            'c' => self.ignore_case = false,
            'n' | 'm' => (self.stop_at_newline, self.anchors_at_lines) = (true, true),
            'p' => (self.stop_at_newline, self.anchors_at_lines) = (true, false),
            's' => (self.stop_at_newline, self.anchors_at_lines) = (false, false),
            'w' => (self.stop_at_newline, self.anchors_at_lines) = (false, true),
            'x' => self.expanded = true,
            't' => self.expanded = false,
            'q' => self.literal = true,
            'e' => {}
            'b' => return Some(Err(SqlError::unsupported("regular expression option \"b\""))),
            _ => return None,
        }
        Some(Ok(()))
    }
}

/// A pattern in the other syntax.
#[derive(Debug)]
pub(super) struct Translated {
    /// For `regex-syntax`.
    pub(super) pattern: String,
    /// As the rules of PostgreSQL's manual (9.7.3.5) decide: does the whole prefer its shortest match?
    pub(super) prefers_short: bool,
}

/// 2201B
pub(super) fn invalid(what: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_REGULAR_EXPRESSION, format!("invalid regular expression: {what}"))
}

fn unsupported(what: &str) -> SqlError {
    SqlError::unsupported(format!("{what} in a regular expression"))
}

/// Rewrites a pattern.
pub(super) fn translate(pattern: &str, mut flags: Flags) -> Result<Translated, SqlError> {
    let mut rest = pattern;
    if let Some(plain) = rest.strip_prefix("***=") {
        flags.literal = true;
        rest = plain;
    } else if let Some(advanced) = rest.strip_prefix("***:") {
        rest = advanced;
    } else if rest.starts_with("***") {
        return Err(invalid("quantifier operand invalid"));
    }
    if !flags.literal {
        rest = embedded_options(rest, &mut flags)?;
    }
    let mut translation = Translation { input: rest.chars().collect(), at: 0, out: header(flags), flags, groups: 0 };
    if flags.literal {
        for c in rest.chars() {
            translation.literal(c);
        }
        return Ok(Translated { pattern: translation.out, prefers_short: false });
    }
    let prefers_short = translation.alternatives(0)?;
    if translation.at < translation.input.len() {
        return Err(invalid("parentheses () not balanced"));
    }
    Ok(Translated { pattern: translation.out, prefers_short: prefers_short == Preference::Short })
}

fn header(flags: Flags) -> String {
    let mut header = String::from("(?");
    for (set, letter) in [(!flags.stop_at_newline, 's'), (flags.ignore_case, 'i'), (flags.anchors_at_lines, 'm')] {
        if set {
            header.push(letter);
        }
    }
    if header == "(?" { String::new() } else { header + ")" }
}

/// `(?i)` and the like, allowed at the very start only.
fn embedded_options<'a>(pattern: &'a str, flags: &mut Flags) -> Result<&'a str, SqlError> {
    let Some(options) = pattern.strip_prefix("(?") else { return Ok(pattern) };
    if !options.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(pattern);
    }
    let (letters, rest) = options.split_once(')').ok_or_else(|| invalid("invalid embedded option"))?;
    for letter in letters.chars() {
        flags.set(letter).ok_or_else(|| invalid("invalid embedded option"))??;
    }
    Ok(rest)
}

/// Which match a part of the pattern prefers.
#[derive(Clone, Copy, PartialEq)]
enum Preference {
    None,
    Long,
    Short,
}

struct Translation {
    input: Vec<char>,
    at: usize,
    out: String,
    flags: Flags,
    groups: usize,
}

impl Translation {
    fn peek(&self) -> Option<char> {
        self.input.get(self.at).copied()
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn literal(&mut self, c: char) {
        if !c.is_alphanumeric() && !c.is_whitespace() && c.is_ascii() && !c.is_ascii_control() && c != '_' {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    /// `branch|branch`: several branches always prefer the longest match.
    fn alternatives(&mut self, depth: usize) -> Result<Preference, SqlError> {
        if depth > 200 {
            return Err(invalid("regular expression is too complex"));
        }
        let mut preference = self.branch(depth)?;
        while self.eat('|') {
            self.out.push('|');
            self.branch(depth)?;
            preference = Preference::Long;
        }
        Ok(preference)
    }

    /// Its preference is that of its first quantified atom that has one.
    fn branch(&mut self, depth: usize) -> Result<Preference, SqlError> {
        let mut preference = Preference::None;
        loop {
            self.skip_expanded();
            match self.peek() {
                None | Some('|') => return Ok(preference),
                Some(')') if depth > 0 => return Ok(preference),
                Some(')') => return Err(invalid("parentheses () not balanced")),
                Some('*' | '+' | '?') => return Err(invalid("quantifier operand invalid")),
                Some(_) => {}
            }
            let start = self.out.len();
            let (atom, quantifiable) = self.atom(depth)?;
            self.skip_expanded();
            let quantified = self.quantifier(start, quantifiable)?;
            if preference == Preference::None {
                preference = if quantified == Preference::None { atom } else { quantified };
            }
        }
    }

    /// White space and `#` comments in expanded syntax; `(?#...)` comments everywhere.
    fn skip_expanded(&mut self) {
        loop {
            if self.flags.expanded && self.peek().is_some_and(char::is_whitespace) {
                self.at += 1;
            } else if self.flags.expanded && self.peek() == Some('#') {
                self.skip_past('\n');
            } else if self.input[self.at..].starts_with(&['(', '?', '#']) {
                self.skip_past(')');
            } else {
                return;
            }
        }
    }

    fn skip_past(&mut self, end: char) {
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == end {
                return;
            }
        }
    }

    /// One atom or constraint; says what it prefers and whether it takes a quantifier.
    fn atom(&mut self, depth: usize) -> Result<(Preference, bool), SqlError> {
        let c = self.input[self.at];
        self.at += 1;
        match c {
            '(' => return self.group(depth).map(|preference| (preference, true)),
            '[' => self.bracket()?,
            '\\' => return self.escape().map(|takes| (Preference::None, takes)),
            '.' => self.out.push('.'),
            '^' | '$' => {
                self.out.push(c);
                return Ok((Preference::None, false));
            }
            '{' if self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                return Err(invalid("quantifier operand invalid"));
            }
            c => self.literal(c),
        }
        Ok((Preference::None, true))
    }

    fn group(&mut self, depth: usize) -> Result<Preference, SqlError> {
        if self.eat('?') {
            match self.peek() {
                Some(':') => self.at += 1,
                Some('=' | '!') => return Err(unsupported("a lookahead constraint")),
                Some('<') => return Err(unsupported("a lookbehind constraint")),
                _ => return Err(invalid("quantifier operand invalid")),
            }
            self.out.push_str("(?:");
        } else {
            self.groups += 1;
            self.out.push('(');
        }
        let preference = self.alternatives(depth + 1)?;
        if !self.eat(')') {
            return Err(invalid("parentheses () not balanced"));
        }
        self.out.push(')');
        Ok(preference)
    }

    /// The quantifier after an atom that starts at `start` of the output, if there is one.
    fn quantifier(&mut self, start: usize, quantifiable: bool) -> Result<Preference, SqlError> {
        let bound = match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                c.to_string()
            }
            Some('{') if self.input.get(self.at + 1).is_some_and(char::is_ascii_digit) => self.bound()?,
            _ => return Ok(Preference::None),
        };
        if !quantifiable {
            return Err(invalid("quantifier operand invalid"));
        }
        // `x{2}{3}` and `x**` are errors there, nested repetition here.
        let fixed = bound.starts_with('{') && !bound.contains(',');
        let lazy = self.eat('?');
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return Err(invalid("quantifier operand invalid"));
        }
        debug_assert!(start < self.out.len(), "an atom writes something");
        self.out.push_str(&bound);
        if lazy {
            self.out.push('?');
        }
        Ok(match (fixed, lazy) {
            (true, _) => Preference::None,
            (false, true) => Preference::Short,
            (false, false) => Preference::Long,
        })
    }

    /// `{m}`, `{m,}`, `{m,n}`
    fn bound(&mut self) -> Result<String, SqlError> {
        let end = self.input[self.at..].iter().position(|c| *c == '}');
        let end = self.at + end.ok_or_else(|| invalid("braces {} not balanced"))?;
        let text: String = self.input[self.at + 1..end].iter().collect();
        self.at = end + 1;
        let number = |digits: &str| digits.parse::<u32>().ok().filter(|n| *n <= 255);
        let refuse = || invalid("invalid repetition count(s)");
        match text.split_once(',') {
            None => number(&text).ok_or_else(refuse).map(|n| format!("{{{n}}}")),
            Some((min, "")) => number(min).ok_or_else(refuse).map(|min| format!("{{{min},}}")),
            Some((min, max)) => match (number(min), number(max)) {
                (Some(min), Some(max)) if min <= max => Ok(format!("{{{min},{max}}}")),
                _ => Err(refuse()),
            },
        }
    }

    /// After a backslash, outside of brackets; says whether it takes a quantifier.
    fn escape(&mut self) -> Result<bool, SqlError> {
        let c = self.peek().ok_or_else(|| invalid("invalid escape \\ sequence"))?;
        let constraint = match c {
            'A' => "\\A",
            'Z' => "\\z",
            'm' => "\\b{start}",
            'M' => "\\b{end}",
            'y' => "\\b",
            'Y' => "\\B",
            _ => "",
        };
        if !constraint.is_empty() {
            self.at += 1;
            self.out.push_str(constraint);
            return Ok(false);
        }
        match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.at += 1;
                self.out.push('\\');
                self.out.push(c);
            }
            '1'..='9' => return Err(self.back_reference()),
            _ => {
                let c = self.escaped_character()?;
                self.literal(c);
            }
        }
        Ok(true)
    }

    fn back_reference(&self) -> SqlError {
        let digits = self.input[self.at..].iter().take_while(|c| c.is_ascii_digit());
        let number: usize = digits.collect::<String>().parse().unwrap_or(usize::MAX);
        if number > self.groups { invalid("invalid backreference number") } else { unsupported("a back-reference") }
    }

    /// A backslash and what follows, where they stand for one character.
    fn escaped_character(&mut self) -> Result<char, SqlError> {
        let c = self.peek().ok_or_else(|| invalid("invalid escape \\ sequence"))?;
        self.at += 1;
        let refuse = || invalid("invalid escape \\ sequence");
        Ok(match c {
            'a' => '\x07',
            'b' => '\x08',
            'B' => '\\',
            'c' => {
                let of = self.peek().ok_or_else(refuse)?;
                self.at += 1;
                char::from(of as u8 & 0x1f)
            }
            'e' => '\x1b',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '0' => self.code(8, 2).unwrap_or('\0'),
            'x' => self.code(16, 8).ok_or_else(refuse)?,
            'u' => self.code(16, 4).ok_or_else(refuse)?,
            'U' => self.code(16, 8).ok_or_else(refuse)?,
            c if c.is_ascii_alphanumeric() => return Err(refuse()),
            c => c,
        })
    }

    /// A character by its code: at most `digits` digits.
    fn code(&mut self, radix: u32, digits: usize) -> Option<char> {
        let text: String = self.input[self.at..].iter().take(digits).take_while(|c| c.is_digit(radix)).collect();
        self.at += text.len();
        char::from_u32(u32::from_str_radix(&text, radix).ok()?)
    }

    /// A bracket expression, after its `[`.
    fn bracket(&mut self) -> Result<(), SqlError> {
        if let Some(boundary) = self.word_boundary() {
            self.out.push_str(boundary);
            return Ok(());
        }
        self.out.push('[');
        if self.eat('^') {
            self.out.push('^');
            if self.flags.stop_at_newline {
                self.out.push_str("\\n");
            }
        }
        let mut first = true;
        loop {
            let c = self.peek().ok_or_else(|| invalid("brackets [] not balanced"))?;
            if c == ']' && !first {
                self.at += 1;
                self.out.push(']');
                return Ok(());
            }
            first = false;
            self.bracket_item()?;
        }
    }

    /// `[[:<:]]` and `[[:>:]]`
    fn word_boundary(&mut self) -> Option<&'static str> {
        let rest: String = self.input[self.at..].iter().take(6).collect();
        let boundary = match rest.as_str() {
            "[:<:]]" => "\\b{start}",
            "[:>:]]" => "\\b{end}",
            _ => return None,
        };
        self.at += 6;
        Some(boundary)
    }

    /// A character, range, class or class escape inside brackets.
    fn bracket_item(&mut self) -> Result<(), SqlError> {
        if self.input[self.at..].starts_with(&['[', ':']) {
            return self.named_class();
        }
        if self.peek() == Some('\\')
            && let Some(&c @ ('d' | 's' | 'w')) = self.input.get(self.at + 1)
        {
            self.at += 2;
            self.out.push('\\');
            self.out.push(c);
            return Ok(());
        }
        let low = self.bracket_character()?;
        let is_range = self.peek() == Some('-') && self.input.get(self.at + 1).is_some_and(|c| *c != ']');
        self.literal(low);
        if is_range {
            self.at += 1;
            let high = self.bracket_character()?;
            if high < low {
                return Err(invalid("invalid character range"));
            }
            self.out.push('-');
            self.literal(high);
        }
        Ok(())
    }

    fn bracket_character(&mut self) -> Result<char, SqlError> {
        let c = self.peek().ok_or_else(|| invalid("brackets [] not balanced"))?;
        self.at += 1;
        match (c, self.peek()) {
            ('\\', _) => self.escaped_character(),
            ('[', Some(kind @ ('.' | '='))) => self.collating_element(kind),
            _ => Ok(c),
        }
    }

    /// `[.x.]`, `[=x=]` with a single character.
    fn collating_element(&mut self, kind: char) -> Result<char, SqlError> {
        let element = self.input.get(self.at + 1).copied();
        let closed = self.input[self.at..].get(2..4) == Some(&[kind, ']']);
        match element {
            Some(c) if closed => {
                self.at += 4;
                Ok(c)
            }
            _ => Err(invalid("invalid collating element")),
        }
    }

    /// `[:alpha:]`
    fn named_class(&mut self) -> Result<(), SqlError> {
        let text: String = self.input[self.at + 2..].iter().take_while(|c| **c != ':').collect();
        let class = match text.as_str() {
            "alpha" => "\\p{Alphabetic}",
            "alnum" => "\\p{Alphabetic}\\p{Nd}",
            "digit" => "0-9",
            "lower" => "\\p{Lowercase}",
            "upper" => "\\p{Uppercase}",
            "space" => "\\s",
            "word" => "\\w",
            "blank" => " \\t",
            "punct" => "[:punct:]",
            "cntrl" => "[:cntrl:]",
            "graph" => "[:graph:]",
            "print" => "[:print:]",
            "xdigit" => "[:xdigit:]",
            "ascii" => "[:ascii:]",
            _ => return Err(invalid("invalid character class")),
        };
        self.at += 2 + text.chars().count();
        if !(self.eat(':') && self.eat(']')) {
            return Err(invalid("invalid character class"));
        }
        match class.starts_with("[:") {
            true => self.out.push_str(&format!("[{class}]")),
            false => self.out.push_str(class),
        }
        Ok(())
    }
}
