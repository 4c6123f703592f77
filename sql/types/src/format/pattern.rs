//! Cuts a pattern into nodes.

/// One piece of a date pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Node<K> {
    /// A field.
    Field(K),
    /// Blank in the pattern.
    Space(char),
    /// Punctuation in the pattern.
    Separator(char),
    /// Any other character, and everything in quotes.
    Text(char),
}

/// A field of a date pattern with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct DateField {
    pub(super) key: DateKey,
    /// As written, for messages.
    pub(super) name: &'static str,
    /// `FM`: without padding.
    pub(super) fill: bool,
    /// `TH` (`Some(true)`) or `th`.
    pub(super) ordinal: Option<bool>,
}

/// How letters are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Case {
    Upper,
    Capital,
    Lower,
}

/// What a field shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DateKey {
    /// AM, PM; dotted: A.M.
    HalfDay {
        dotted: bool,
        case: Case,
    },
    /// AD, BC
    Era {
        dotted: bool,
        case: Case,
    },
    Century,
    DayName(Case),
    DayShort(Case),
    DayOfYear,
    IsoDayOfYear,
    Day,
    Weekday,
    IsoWeekday,
    Fraction(u32),
    Fixed,
    Hour24,
    Hour12,
    Week,
    IsoWeek,
    WeekOfMonth,
    /// The last n digits; 5: `Y,YYY`.
    Year(u32),
    IsoYear(u32),
    Julian,
    Minute,
    Month,
    MonthName(Case),
    MonthShort(Case),
    Millisecond,
    Microsecond,
    Offset,
    Quarter,
    RomanMonth(Case),
    SecondOfDay,
    Second,
    ZoneHour,
    ZoneMinute,
    Zone(Case),
}

use Case::{Capital, Lower, Upper};
use DateKey as K;

/// Field names; at one place the longest that fits counts.
const DATE_KEYS: &[(&str, DateKey)] = &[
    ("A.D.", K::Era { dotted: true, case: Upper }),
    ("B.C.", K::Era { dotted: true, case: Upper }),
    ("a.d.", K::Era { dotted: true, case: Lower }),
    ("b.c.", K::Era { dotted: true, case: Lower }),
    ("AD", K::Era { dotted: false, case: Upper }),
    ("BC", K::Era { dotted: false, case: Upper }),
    ("ad", K::Era { dotted: false, case: Lower }),
    ("bc", K::Era { dotted: false, case: Lower }),
    ("A.M.", K::HalfDay { dotted: true, case: Upper }),
    ("P.M.", K::HalfDay { dotted: true, case: Upper }),
    ("a.m.", K::HalfDay { dotted: true, case: Lower }),
    ("p.m.", K::HalfDay { dotted: true, case: Lower }),
    ("AM", K::HalfDay { dotted: false, case: Upper }),
    ("PM", K::HalfDay { dotted: false, case: Upper }),
    ("am", K::HalfDay { dotted: false, case: Lower }),
    ("pm", K::HalfDay { dotted: false, case: Lower }),
    ("CC", K::Century),
    ("DAY", K::DayName(Upper)),
    ("Day", K::DayName(Capital)),
    ("day", K::DayName(Lower)),
    ("DY", K::DayShort(Upper)),
    ("Dy", K::DayShort(Capital)),
    ("dy", K::DayShort(Lower)),
    ("DDD", K::DayOfYear),
    ("DD", K::Day),
    ("D", K::Weekday),
    ("FF1", K::Fraction(1)),
    ("FF2", K::Fraction(2)),
    ("FF3", K::Fraction(3)),
    ("FF4", K::Fraction(4)),
    ("FF5", K::Fraction(5)),
    ("FF6", K::Fraction(6)),
    ("FX", K::Fixed),
    ("HH24", K::Hour24),
    ("HH12", K::Hour12),
    ("HH", K::Hour12),
    ("IDDD", K::IsoDayOfYear),
    ("ID", K::IsoWeekday),
    ("IW", K::IsoWeek),
    ("IYYY", K::IsoYear(4)),
    ("IYY", K::IsoYear(3)),
    ("IY", K::IsoYear(2)),
    ("I", K::IsoYear(1)),
    ("J", K::Julian),
    ("MI", K::Minute),
    ("MM", K::Month),
    ("MONTH", K::MonthName(Upper)),
    ("Month", K::MonthName(Capital)),
    ("month", K::MonthName(Lower)),
    ("MON", K::MonthShort(Upper)),
    ("Mon", K::MonthShort(Capital)),
    ("mon", K::MonthShort(Lower)),
    ("MS", K::Millisecond),
    ("OF", K::Offset),
    ("Q", K::Quarter),
    ("RM", K::RomanMonth(Upper)),
    ("rm", K::RomanMonth(Lower)),
    ("SSSSS", K::SecondOfDay),
    ("SSSS", K::SecondOfDay),
    ("SS", K::Second),
    ("TZH", K::ZoneHour),
    ("TZM", K::ZoneMinute),
    ("TZ", K::Zone(Upper)),
    ("tz", K::Zone(Lower)),
    ("US", K::Microsecond),
    ("WW", K::Week),
    ("W", K::WeekOfMonth),
    ("Y,YYY", K::Year(5)),
    ("YYYY", K::Year(4)),
    ("YYY", K::Year(3)),
    ("YY", K::Year(2)),
    ("Y", K::Year(1)),
];

/// Names that may also be written in lower case.
fn date_key(text: &str) -> Option<(&'static str, DateKey)> {
    let longest = |found: &[(&'static str, DateKey)]| found.iter().copied().max_by_key(|(name, _)| name.len());
    let exact: Vec<_> = DATE_KEYS.iter().copied().filter(|(name, _)| text.starts_with(name)).collect();
    let lower: Vec<_> = DATE_KEYS
        .iter()
        .copied()
        .filter(|(name, _)| {
            let begin = text.as_bytes().get(..name.len());
            let is_lower = |byte: &u8| !byte.is_ascii_uppercase();
            begin.is_some_and(|begin| begin.iter().all(is_lower) && begin.eq_ignore_ascii_case(name.as_bytes()))
        })
        .filter(|(name, _)| !has_own_lower_case(name))
        .collect();
    longest(&[exact, lower].concat())
}

fn has_own_lower_case(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower != name && DATE_KEYS.iter().any(|(other, _)| *other == lower)
}

/// The nodes of a date pattern.
pub(super) fn date_nodes(pattern: &str) -> Vec<Node<DateField>> {
    let mut nodes = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (fill, names_only, after) = match rest.as_bytes() {
            [b'F', b'M', ..] | [b'f', b'm', ..] => (true, false, &rest[2..]),
            [b'T', b'M', ..] | [b't', b'm', ..] => (true, true, &rest[2..]),
            _ => (false, false, rest),
        };
        if let Some((name, key)) = date_key(after) {
            // `TM`, translation: names lose their padding, and stay English in locale "C".
            let fill = fill && (!names_only || matches!(key, DateKey::MonthName(_) | DateKey::DayName(_)));
            rest = &after[name.len()..];
            let ordinal = match rest.as_bytes() {
                [b'T', b'H', ..] => Some(true),
                [b't', b'h', ..] => Some(false),
                _ => None,
            };
            if ordinal.is_some() {
                rest = &rest[2..];
            }
            nodes.push(Node::Field(DateField { key, name, fill, ordinal }));
            continue;
        }
        if after.len() < rest.len() {
            rest = after; // a modifier without a field
            continue;
        }
        rest = plain(first, rest, &mut nodes);
    }
    nodes
}

/// One character that is no field, or a quoted text.
fn plain<'a, K>(first: char, rest: &'a str, nodes: &mut Vec<Node<K>>) -> &'a str {
    match first {
        '"' => {
            let mut chars = rest[1..].char_indices();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => return &rest[at + 2..],
                    '\\' => {
                        if let Some((_, escaped)) = chars.next() {
                            nodes.push(Node::Text(escaped));
                        }
                    }
                    c => nodes.push(Node::Text(c)),
                }
            }
            ""
        }
        '\\' if rest[1..].starts_with('"') => {
            nodes.push(Node::Text('"'));
            &rest[2..]
        }
        c => {
            nodes.push(match c {
                _ if c.is_ascii_whitespace() => Node::Space(c),
                _ if is_separator(c) => Node::Separator(c),
                _ => Node::Text(c),
            });
            &rest[c.len_utf8()..]
        }
    }
}

/// Printable ASCII that is neither letter nor digit.
pub(super) const fn is_separator(c: char) -> bool {
    c.is_ascii_punctuation()
}

/// A piece of a number pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NumberKey {
    Comma,
    Point,
    Zero,
    Nine,
    Blank,
    Decimal,
    Exponent,
    Fill,
    Group,
    Currency,
    Minus,
    Plus,
    Bracket,
    Roman(bool),
    Sign,
    SignText,
    Ordinal(bool),
    Multiply,
    /// `C`, which PostgreSQL reads and ignores.
    Code,
}

const NUMBER_KEYS: &[(&str, NumberKey)] = &[
    ("EEEE", NumberKey::Exponent),
    ("FM", NumberKey::Fill),
    ("MI", NumberKey::Minus),
    ("PL", NumberKey::Plus),
    ("PR", NumberKey::Bracket),
    ("SG", NumberKey::SignText),
    ("SP", NumberKey::Code),
    ("RN", NumberKey::Roman(true)),
    ("TH", NumberKey::Ordinal(true)),
    (",", NumberKey::Comma),
    (".", NumberKey::Point),
    ("0", NumberKey::Zero),
    ("9", NumberKey::Nine),
    ("B", NumberKey::Blank),
    ("C", NumberKey::Code),
    ("D", NumberKey::Decimal),
    ("G", NumberKey::Group),
    ("L", NumberKey::Currency),
    ("S", NumberKey::Sign),
    ("V", NumberKey::Multiply),
];

/// The nodes of a number pattern.
pub(super) fn number_nodes(pattern: &str) -> Vec<Node<NumberKey>> {
    let mut nodes = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let found = NUMBER_KEYS.iter().find(|(name, _)| {
            let lower = || rest.strip_prefix(name.to_ascii_lowercase().as_str()).is_some();
            rest.starts_with(name) || lower()
        });
        rest = match found {
            Some((name, key)) => {
                let lower = !rest.starts_with(name);
                nodes.push(Node::Field(match key {
                    NumberKey::Roman(_) => NumberKey::Roman(!lower),
                    NumberKey::Ordinal(_) => NumberKey::Ordinal(!lower),
                    key => *key,
                }));
                &rest[name.len()..]
            }
            None => plain(first, rest, &mut nodes),
        };
    }
    nodes
}
