//! `to_char` of numbers.

use super::number::{Key, Node, SignPlace, Template};
use super::ordinal_suffix;

/// A number as digits, ready to be filled in.
pub(super) struct Digits {
    pub(super) negative: bool,
    /// Without sign, rounded to the template's digits after the point.
    pub(super) text: String,
}

/// Width of a Roman numeral without `FM`.
const ROMAN_WIDTH: usize = 15;

/// A Roman numeral; 15 `#` beyond 1..=3999.
fn roman(value: i64) -> String {
    const PARTS: [(i64, &str); 13] = [
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
        (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ];
    if !(1..=3999).contains(&value) {
        return "#".repeat(ROMAN_WIDTH);
    }
    let mut rest = value;
    let mut numeral = String::new();
    for (amount, letters) in PARTS {
        while rest >= amount {
            numeral.push_str(letters);
            rest -= amount;
        }
    }
    numeral
}

/// A template with a Roman numeral: everything that belongs to digits falls away.
pub(super) fn to_char_roman(template: &Template, value: i64) -> String {
    let numeral = roman(value);
    let numeral = if template.fill_mode { numeral } else { format!("{numeral:>ROMAN_WIDTH$}") };
    let mut out = String::new();
    for node in &template.nodes {
        match node {
            Node::Key(Key::RomanUpper) => out.push_str(&numeral),
            Node::Key(Key::RomanLower) => out.push_str(&numeral.to_lowercase()),
            Node::Key(Key::Comma | Key::Group) if !template.fill_mode => out.push(' '),
            Node::Key(_) => {}
            Node::Char(c) => out.push(*c),
        }
    }
    out
}

/// Fills digits into a template. Digits that do not fit become `#`.
pub(super) fn to_char(mut template: Template, digits: Digits) -> String {
    let whole = digits.text.find('.').unwrap_or(digits.text.len());
    let blanks = template.before.saturating_sub(whole);
    let number = if whole > template.before {
        "#".repeat(template.before) + "." + &"#".repeat(template.after)
    } else {
        digits.text
    };
    template.zero_start = template.zero_start.saturating_sub(1);
    let mut filler = Filler::new(template, number.into_bytes(), digits.negative, blanks);
    let nodes = std::mem::take(&mut filler.template.nodes);
    for node in nodes {
        filler.node(node);
    }
    filler.out
}

/// The state of a template being filled in; after PostgreSQL's `NUM_processor`.
struct Filler {
    template: Template,
    number: Vec<u8>,
    /// Next digit of `number`.
    at: usize,
    /// Digit positions of the template passed.
    position: usize,
    /// Positions before the first digit.
    blanks: usize,
    negative: bool,
    sign_done: bool,
    /// Something numeric has been written just before.
    in_number: bool,
    /// The last digit that `FM` keeps.
    last_relevant: Option<usize>,
    /// Digit positions in all.
    count: usize,
    out: String,
}

impl Filler {
    fn new(mut template: Template, number: Vec<u8>, negative: bool, blanks: usize) -> Self {
        let sign_done;
        if template.plus || template.minus {
            sign_done = !(template.plus && !template.minus);
        } else {
            if !negative && template.fill_mode {
                template.brackets = false;
            }
            sign_done = !negative && template.fill_mode && template.sign.is_none();
            if template.sign == Some(SignPlace::Before) && template.before == template.digits_before_sign {
                template.sign = Some(SignPlace::After);
            }
        }
        let last_relevant = (template.fill_mode && template.point).then(|| last_relevant(&number)).flatten();
        let last_relevant = last_relevant.map(|last| {
            if template.zero_end > blanks { last.max(template.zero_end - blanks) } else { last }
        });
        let mut count = (template.after + template.before).saturating_sub(1);
        if !sign_done && blanks == 0 {
            count += 1;
        }
        Self {
            template,
            number,
            at: 0,
            position: 0,
            blanks,
            negative,
            sign_done,
            in_number: false,
            last_relevant,
            count,
            out: String::new(),
        }
    }

    fn node(&mut self, node: Node) {
        let fill_mode = self.template.fill_mode;
        match node {
            Node::Char(c) => self.out.push(c),
            Node::Key(Key::Nine | Key::Zero | Key::Point | Key::Decimal) => {
                self.digit(node == Node::Key(Key::Zero));
            }
            Node::Key(Key::Comma | Key::Group) => match (self.in_number, fill_mode) {
                (true, _) => self.out.push(','),
                (false, false) => self.out.push(' '),
                (false, true) => {}
            },
            Node::Key(Key::Currency) => self.out.push(' '),
            Node::Key(Key::Minus) => self.sign('-', self.negative),
            Node::Key(Key::Plus) => self.sign('+', !self.negative),
            Node::Key(Key::Sign) => self.out.push(if self.negative { '-' } else { '+' }),
            Node::Key(key @ (Key::OrdinalUpper | Key::OrdinalLower)) => self.ordinal(key == Key::OrdinalUpper),
            Node::Key(_) => {}
        }
    }

    /// A sign of its own, or the room for it.
    fn sign(&mut self, sign: char, applies: bool) {
        if applies {
            self.out.push(sign);
        } else if !self.template.fill_mode {
            self.out.push(' ');
        }
    }

    fn ordinal(&mut self, upper: bool) {
        if self.number.first() == Some(&b'#') || self.negative || self.template.point {
            return;
        }
        let suffix = ordinal_suffix(std::str::from_utf8(&self.number).unwrap_or_default());
        if upper {
            self.out.push_str(&suffix.to_uppercase());
        } else {
            self.out.push_str(suffix);
        }
    }

    /// `0.5` without a `0` in the template: the zero before the point is not shown.
    fn hides_leading_zero(&self) -> bool {
        !self.template.zero && self.at == 0 && self.number.first() == Some(&b'0') && self.template.after != 0
    }

    fn ends_at_point(&self) -> bool {
        self.last_relevant.is_some_and(|last| self.number.get(last) == Some(&b'.'))
    }

    fn digit(&mut self, zero_key: bool) {
        self.in_number = false;
        let zero_here = self.template.zero && self.template.zero_start <= self.position;
        let sign_due = self.position >= self.blanks || (self.template.zero && self.template.zero_start == self.position);
        if !self.sign_done && sign_due && (!self.hides_leading_zero() || self.ends_at_point()) {
            self.leading_sign();
        }
        if self.position < self.blanks && !zero_here {
            if !self.template.fill_mode {
                self.out.push(' ');
            }
        } else if self.position < self.blanks {
            self.out.push('0');
            self.in_number = true;
        } else {
            self.own_digit(zero_key);
        }
        self.trailing_sign();
        self.position += 1;
    }

    /// A digit or the point of the number itself.
    fn own_digit(&mut self, zero_key: bool) {
        let digit = self.number.get(self.at).copied();
        if digit == Some(b'.') {
            if !self.ends_at_point() || self.template.fill_mode {
                self.out.push('.');
            }
        } else if self.last_relevant.is_some_and(|last| self.at > last) && !zero_key {
            // FM drops trailing zeros.
        } else if self.hides_leading_zero() {
            if !self.template.fill_mode {
                self.out.push(' ');
            } else if self.ends_at_point() {
                self.out.push('0');
            }
        } else if let Some(digit) = digit {
            self.out.push(char::from(digit));
            self.in_number = true;
        }
        self.at += usize::from(digit.is_some());
    }

    fn leading_sign(&mut self) {
        match (self.template.sign, self.template.brackets, self.negative) {
            (Some(SignPlace::After), ..) => return,
            (Some(SignPlace::Before), _, negative) => self.out.push(if negative { '-' } else { '+' }),
            (None, true, negative) => self.out.push(if negative { '<' } else { ' ' }),
            (None, false, true) => self.out.push('-'),
            (None, false, false) if !self.template.fill_mode => self.out.push(' '),
            (None, false, false) => {}
        }
        self.sign_done = true;
    }

    /// After the last digit: the closing bracket or a sign behind.
    fn trailing_sign(&mut self) {
        let mut end = self.count + usize::from(self.blanks > 0) + usize::from(self.template.point);
        if self.last_relevant == Some(self.at) {
            end = self.position;
        }
        if self.position + 1 != end {
            return;
        }
        if self.sign_done && self.template.brackets {
            self.out.push(if self.negative { '>' } else { ' ' });
        } else if self.template.sign == Some(SignPlace::After) {
            self.out.push(if self.negative { '-' } else { '+' });
        }
    }
}

/// Position of the last digit after the point that is not 0, or of the point; `None` without a point.
fn last_relevant(number: &[u8]) -> Option<usize> {
    let point = number.iter().position(|byte| *byte == b'.')?;
    let digit = number[point + 1..].iter().rposition(|byte| *byte != b'0');
    Some(digit.map_or(point, |digit| point + 1 + digit))
}
