//! Templates of dates and times.

use super::keyword;

/// Letter case of names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Case {
    Upper,
    Capitalized,
    Lower,
}

impl Case {
    pub(super) fn apply(self, name: &str) -> String {
        match self {
            Case::Upper => name.to_ascii_uppercase(),
            Case::Capitalized => name.to_owned(),
            Case::Lower => name.to_ascii_lowercase(),
        }
    }
}

/// What a keyword stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    /// `AM`, `PM`; with dots?
    Meridiem { dots: bool, case: Case },
    /// `AD`, `BC`; with dots?
    Era { dots: bool, case: Case },
    Month(Case),
    Mon(Case),
    Roman(Case),
    Day(Case),
    Dy(Case),
    Zone(Case),
    Century,
    DayOfYear,
    DayOfMonth,
    DayOfWeek,
    /// `FF1` to `FF6`
    Fraction(u32),
    /// Whole template: input must match exactly.
    Exact,
    Hour24,
    Hour12,
    IsoDayOfYear,
    IsoDay,
    IsoWeek,
    /// `IYYY`, `IYY`, `IY`, `I`: digits.
    IsoYear(usize),
    Julian,
    Minute,
    MonthNumber,
    Millisecond,
    Offset,
    Quarter,
    SecondOfDay,
    Second,
    ZoneHour,
    ZoneMinute,
    Microsecond,
    Week,
    WeekOfMonth,
    /// `Y,YYY`
    YearWithComma,
    /// `YYYY`, `YYY`, `YY`, `Y`: digits.
    Year(usize),
}

/// One piece of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Field(FieldNode),
    /// A character that is no field. Outside of quotes, blanks and punctuation are separators.
    Char { character: char, separator: bool },
}

/// A field with its modifiers.
#[derive(Clone, Debug)]
pub(super) struct FieldNode {
    pub(super) field: Field,
    /// As it was written, for messages.
    pub(super) keyword: &'static str,
    /// `FM`: no padding.
    pub(super) fill_mode: bool,
    /// `TM`: names in the session's language (English), without padding.
    pub(super) translated: bool,
    /// `TH` or `th`.
    pub(super) ordinal: Option<Case>,
}

use Case::{Capitalized, Lower, Upper};

const KEYWORDS: &[(&str, Field)] = &[
    ("A.D.", Field::Era { dots: true, case: Upper }),
    ("A.M.", Field::Meridiem { dots: true, case: Upper }),
    ("AD", Field::Era { dots: false, case: Upper }),
    ("AM", Field::Meridiem { dots: false, case: Upper }),
    ("B.C.", Field::Era { dots: true, case: Upper }),
    ("BC", Field::Era { dots: false, case: Upper }),
    ("P.M.", Field::Meridiem { dots: true, case: Upper }),
    ("PM", Field::Meridiem { dots: false, case: Upper }),
    ("a.d.", Field::Era { dots: true, case: Lower }),
    ("a.m.", Field::Meridiem { dots: true, case: Lower }),
    ("ad", Field::Era { dots: false, case: Lower }),
    ("am", Field::Meridiem { dots: false, case: Lower }),
    ("b.c.", Field::Era { dots: true, case: Lower }),
    ("bc", Field::Era { dots: false, case: Lower }),
    ("p.m.", Field::Meridiem { dots: true, case: Lower }),
    ("pm", Field::Meridiem { dots: false, case: Lower }),
    ("CC", Field::Century),
    ("cc", Field::Century),
    ("DAY", Field::Day(Upper)),
    ("Day", Field::Day(Capitalized)),
    ("day", Field::Day(Lower)),
    ("DY", Field::Dy(Upper)),
    ("Dy", Field::Dy(Capitalized)),
    ("dy", Field::Dy(Lower)),
    ("DDD", Field::DayOfYear),
    ("ddd", Field::DayOfYear),
    ("DD", Field::DayOfMonth),
    ("dd", Field::DayOfMonth),
    ("D", Field::DayOfWeek),
    ("d", Field::DayOfWeek),
    ("FF1", Field::Fraction(1)),
    ("FF2", Field::Fraction(2)),
    ("FF3", Field::Fraction(3)),
    ("FF4", Field::Fraction(4)),
    ("FF5", Field::Fraction(5)),
    ("FF6", Field::Fraction(6)),
    ("ff1", Field::Fraction(1)),
    ("ff2", Field::Fraction(2)),
    ("ff3", Field::Fraction(3)),
    ("ff4", Field::Fraction(4)),
    ("ff5", Field::Fraction(5)),
    ("ff6", Field::Fraction(6)),
    ("FX", Field::Exact),
    ("fx", Field::Exact),
    ("HH24", Field::Hour24),
    ("hh24", Field::Hour24),
    ("HH12", Field::Hour12),
    ("hh12", Field::Hour12),
    ("HH", Field::Hour12),
    ("hh", Field::Hour12),
    ("IDDD", Field::IsoDayOfYear),
    ("iddd", Field::IsoDayOfYear),
    ("ID", Field::IsoDay),
    ("id", Field::IsoDay),
    ("IW", Field::IsoWeek),
    ("iw", Field::IsoWeek),
    ("IYYY", Field::IsoYear(4)),
    ("iyyy", Field::IsoYear(4)),
    ("IYY", Field::IsoYear(3)),
    ("iyy", Field::IsoYear(3)),
    ("IY", Field::IsoYear(2)),
    ("iy", Field::IsoYear(2)),
    ("I", Field::IsoYear(1)),
    ("i", Field::IsoYear(1)),
    ("J", Field::Julian),
    ("j", Field::Julian),
    ("MI", Field::Minute),
    ("mi", Field::Minute),
    ("MM", Field::MonthNumber),
    ("mm", Field::MonthNumber),
    ("MONTH", Field::Month(Upper)),
    ("Month", Field::Month(Capitalized)),
    ("month", Field::Month(Lower)),
    ("MON", Field::Mon(Upper)),
    ("Mon", Field::Mon(Capitalized)),
    ("mon", Field::Mon(Lower)),
    ("MS", Field::Millisecond),
    ("ms", Field::Millisecond),
    ("OF", Field::Offset),
    ("of", Field::Offset),
    ("Q", Field::Quarter),
    ("q", Field::Quarter),
    ("RM", Field::Roman(Upper)),
    ("rm", Field::Roman(Lower)),
    ("SSSSS", Field::SecondOfDay),
    ("sssss", Field::SecondOfDay),
    ("SSSS", Field::SecondOfDay),
    ("ssss", Field::SecondOfDay),
    ("SS", Field::Second),
    ("ss", Field::Second),
    ("TZH", Field::ZoneHour),
    ("tzh", Field::ZoneHour),
    ("TZM", Field::ZoneMinute),
    ("tzm", Field::ZoneMinute),
    ("TZ", Field::Zone(Upper)),
    ("tz", Field::Zone(Lower)),
    ("US", Field::Microsecond),
    ("us", Field::Microsecond),
    ("WW", Field::Week),
    ("ww", Field::Week),
    ("W", Field::WeekOfMonth),
    ("w", Field::WeekOfMonth),
    ("Y,YYY", Field::YearWithComma),
    ("y,yyy", Field::YearWithComma),
    ("YYYY", Field::Year(4)),
    ("yyyy", Field::Year(4)),
    ("YYY", Field::Year(3)),
    ("yyy", Field::Year(3)),
    ("YY", Field::Year(2)),
    ("yy", Field::Year(2)),
    ("Y", Field::Year(1)),
    ("y", Field::Year(1)),
];

const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Name of a month, from 1.
pub(super) fn month_name(month: i32) -> &'static str {
    MONTHS[(month - 1).rem_euclid(12) as usize]
}

/// Name of a day of the week, Sunday being 0.
pub(super) fn day_name(day: i32) -> &'static str {
    DAYS[day.rem_euclid(7) as usize]
}

impl Field {
    /// Does its text consist of digits?
    pub(super) fn is_digits(self) -> bool {
        !matches!(
            self,
            Field::Meridiem { .. }
                | Field::Era { .. }
                | Field::Month(_)
                | Field::Mon(_)
                | Field::Roman(_)
                | Field::Day(_)
                | Field::Dy(_)
                | Field::Zone(_)
                | Field::Exact
                | Field::Offset
                | Field::ZoneHour
        )
    }
}

/// Reads a template. Every text is one: what is no keyword stands for itself.
pub(super) fn parse(template: &str) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut rest = template;
    while let Some(next) = rest.chars().next() {
        let (mut fill_mode, mut translated) = (false, false);
        if let Some(after) = rest.strip_prefix("FM").or_else(|| rest.strip_prefix("fm")) {
            (fill_mode, rest) = (true, after);
        } else if let Some(after) = rest.strip_prefix("TM").or_else(|| rest.strip_prefix("tm")) {
            (translated, rest) = (true, after);
        }
        if let Some((word, field)) = keyword(rest, KEYWORDS) {
            rest = &rest[word.len()..];
            let ordinal = match rest.get(..2) {
                Some("TH") => Some(Case::Upper),
                Some("th") => Some(Case::Lower),
                _ => None,
            };
            rest = if ordinal.is_some() { &rest[2..] } else { rest };
            nodes.push(Node::Field(FieldNode { field, keyword: word, fill_mode, translated, ordinal }));
        } else if fill_mode || translated {
            // The prefix alone says nothing.
        } else if next == '"' {
            rest = quoted(&rest[1..], &mut nodes);
        } else {
            if rest.starts_with("\\\"") {
                rest = &rest[1..];
            }
            let character = rest.chars().next().unwrap_or(next);
            let separator = character.is_ascii_whitespace() || character.is_ascii_punctuation();
            nodes.push(Node::Char { character, separator });
            rest = &rest[character.len_utf8()..];
        }
    }
    nodes
}

/// Characters up to the closing quote; a backslash takes the next one as it is.
fn quoted<'a>(text: &'a str, nodes: &mut Vec<Node>) -> &'a str {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let character = match c {
            '"' => break,
            '\\' => rest.next().unwrap_or('\\'),
            c => c,
        };
        nodes.push(Node::Char { character, separator: false });
    }
    rest.as_str()
}
