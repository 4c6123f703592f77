//! `to_timestamp(text, pattern)` and `to_date(text, pattern)`.

use super::datetime_output::{DAYS, MONTHS};
use super::given::{Convention, Given, malformed};
use super::pattern::{DateField, DateKey, Node, date_nodes, is_separator};
use super::roman::numeral;
use crate::datetime::calendar::{Civil, Clock, join};
use crate::datetime::{Offset, SECOND, check_date, check_timestamp};
use crate::error::{SqlError, SqlState};
use crate::zone::Zone;

/// `to_timestamp(text, pattern)`: an instant; without TZH in the pattern the text is local time in `zone`.
/// 22007 for text that does not match, 22008 for fields out of range.
pub fn to_timestamp(text: &str, pattern: &str, zone: &Zone) -> Result<i64, SqlError> {
    let (date, clock, offset) = read(text, pattern)?;
    let out_of_range = || SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    let local = join(date.to_days(), clock.to_micros()).ok_or_else(out_of_range)?;
    let offset = match offset {
        Some(offset) => offset,
        None => zone.offset_of_local(check_timestamp(local)?),
    };
    check_timestamp(local.checked_sub(i64::from(offset) * SECOND).ok_or_else(out_of_range)?)
}

/// `to_date(text, pattern)`: a time in the text is checked and ignored.
pub fn to_date(text: &str, pattern: &str) -> Result<i32, SqlError> {
    let (date, _, _) = read(text, pattern)?;
    check_date(date.to_days())
        .map_err(|_| SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date out of range: \"{text}\"")))
}

/// Date, time and offset that the text gives.
fn read(text: &str, pattern: &str) -> Result<(Civil, Clock, Option<Offset>), SqlError> {
    let mut reader = Reader { rest: text, before: None, given: Given::default(), exact: false, extra: 0 };
    let nodes = date_nodes(pattern);
    for at in 0..nodes.len() {
        if reader.rest.is_empty() {
            break;
        }
        reader.node(&nodes, at)?;
    }
    reader.given.resolve(text)
}

struct Reader<'a> {
    rest: &'a str,
    /// The character before `rest`.
    before: Option<char>,
    given: Given,
    /// `FX`: the text must match the pattern's width.
    exact: bool,
    /// Characters skipped beyond those that the pattern has.
    extra: i32,
}

/// Sets a field; a second value must be the same.
fn set(place: &mut i32, value: i32, name: &str) -> Result<(), SqlError> {
    if *place != 0 && *place != value {
        return Err(malformed(format!("conflicting values for \"{name}\" field in formatting string"))
            .detail("This value contradicts a previous setting for the same field type."));
    }
    *place = value;
    Ok(())
}

impl<'a> Reader<'a> {
    fn skip(&mut self) {
        let mut chars = self.rest.chars();
        self.before = chars.next();
        self.rest = chars.as_str();
    }

    fn blanks(&mut self) {
        while self.rest.starts_with(|c: char| c.is_ascii_whitespace()) {
            self.skip();
            self.extra += 1;
        }
    }

    fn node(&mut self, nodes: &[Node<DateField>], at: usize) -> Result<(), SqlError> {
        let node = nodes[at];
        let is_field = matches!(node, Node::Field(_));
        let is_exact_mark = matches!(node, Node::Field(field) if field.key == DateKey::Fixed);
        if !self.exact && !is_exact_mark && (is_field || at == 0) {
            self.blanks();
        }
        match node {
            Node::Space(_) | Node::Separator(_) => {
                if self.exact {
                    self.skip();
                } else {
                    self.extra -= 1;
                    if self.rest.starts_with(|c: char| c.is_ascii_whitespace() || is_separator(c)) {
                        self.skip();
                        self.extra += 1;
                    }
                }
            }
            Node::Text(_) => {
                if !self.exact && self.extra > 0 {
                    self.extra -= 1;
                } else {
                    self.skip();
                }
            }
            Node::Field(field) => {
                self.set_convention(field.key)?;
                self.field(field, nodes.get(at + 1))?;
                if !self.exact {
                    self.extra = 0;
                    self.blanks();
                }
            }
        }
        Ok(())
    }

    fn set_convention(&mut self, key: DateKey) -> Result<(), SqlError> {
        use DateKey as K;
        let convention = match key {
            K::IsoDayOfYear | K::IsoWeekday | K::IsoWeek | K::IsoYear(_) => Convention::IsoWeek,
            K::DayOfYear | K::Day | K::Weekday | K::Month | K::MonthName(_) | K::MonthShort(_) => Convention::Gregorian,
            K::RomanMonth(_) | K::WeekOfMonth | K::Week | K::Year(_) => Convention::Gregorian,
            _ => return Ok(()),
        };
        match self.given.convention {
            Some(before) if before != convention => {
                Err(malformed("invalid combination of date conventions".to_owned())
                    .hint("Do not mix Gregorian and ISO week date conventions in a formatting template."))
            }
            _ => {
                self.given.convention = Some(convention);
                Ok(())
            }
        }
    }

    fn field(&mut self, field: DateField, next: Option<&Node<DateField>>) -> Result<(), SqlError> {
        let name = field.name;
        let mut int = |width: usize| self.integer(width, field, next);
        match field.key {
            DateKey::Fixed => self.exact = true,
            DateKey::HalfDay { dotted, .. } => {
                let words: &[&str] = if dotted { &["a.m.", "p.m."] } else { &["am", "pm"] };
                self.given.afternoon = self.word(words, name)? == 1;
                self.given.half_days = true;
            }
            DateKey::Era { dotted, .. } => {
                let words: &[&str] = if dotted { &["a.d.", "b.c."] } else { &["ad", "bc"] };
                self.given.before_christ = self.word(words, name)? == 1;
            }
            DateKey::Hour12 => {
                let (value, _) = int(2)?;
                set(&mut self.given.hour, value, name)?;
                self.given.half_days = true;
            }
            DateKey::Hour24 => {
                let (value, _) = int(2)?;
                set(&mut self.given.hour, value, name)?;
            }
            DateKey::Minute => {
                let (value, _) = int(2)?;
                set(&mut self.given.minute, value, name)?;
            }
            DateKey::Second => {
                let (value, _) = int(2)?;
                set(&mut self.given.second, value, name)?;
            }
            DateKey::Millisecond => {
                let (value, length) = int(3)?;
                set(&mut self.given.millisecond, value.saturating_mul(shift(3, length)), name)?;
            }
            DateKey::Fraction(digits) => {
                let (value, length) = int(digits as usize)?;
                set(&mut self.given.microsecond, value.saturating_mul(shift(6, length)), name)?;
            }
            DateKey::Microsecond => {
                let (value, length) = int(6)?;
                set(&mut self.given.microsecond, value.saturating_mul(shift(6, length)), name)?;
            }
            DateKey::SecondOfDay => {
                let (value, _) = int(name.len())?;
                set(&mut self.given.second_of_day, value, name)?;
            }
            DateKey::Zone(_) | DateKey::Offset => {
                let message = format!("formatting field \"{name}\" is only supported in to_char");
                return Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message));
            }
            DateKey::ZoneHour => {
                // A minus that was taken for a separator belongs to the offset.
                let sign = self.rest.chars().next().filter(|c| matches!(c, '+' | '-' | ' '));
                let negative = match sign {
                    Some(c) => c == '-',
                    None => self.extra > 0 && self.before == Some('-'),
                };
                if sign.is_some() {
                    self.skip();
                }
                self.given.zone_sign = if negative { -1 } else { 1 };
                let (value, _) = self.integer(2, field, next)?;
                set(&mut self.given.zone_hour, value, name)?;
            }
            DateKey::ZoneMinute => {
                let (value, _) = int(2)?;
                if self.given.zone_sign == 0 {
                    self.given.zone_sign = 1;
                }
                set(&mut self.given.zone_minute, value, name)?;
            }
            DateKey::MonthName(_) => {
                let month = self.word(&MONTHS, name)? as i32 + 1;
                set(&mut self.given.month, month, name)?;
            }
            DateKey::MonthShort(_) => {
                let month = self.word(&MONTHS.map(|month| &month[..3]), name)? as i32 + 1;
                set(&mut self.given.month, month, name)?;
            }
            DateKey::Month => {
                let (value, _) = int(2)?;
                set(&mut self.given.month, value, name)?;
            }
            DateKey::RomanMonth(_) => {
                let numerals: Vec<String> = (1..=12).rev().filter_map(numeral).collect();
                let words: Vec<&str> = numerals.iter().map(String::as_str).collect();
                let month = 12 - self.word(&words, name)? as i32;
                set(&mut self.given.month, month, name)?;
            }
            DateKey::DayName(_) => {
                let day = self.word(&DAYS, name)? as i32 + 1;
                set(&mut self.given.weekday, day, name)?;
            }
            DateKey::DayShort(_) => {
                let day = self.word(&DAYS.map(|day| &day[..3]), name)? as i32 + 1;
                set(&mut self.given.weekday, day, name)?;
            }
            DateKey::DayOfYear => {
                let (value, _) = int(3)?;
                set(&mut self.given.day_of_year, value, name)?;
            }
            DateKey::IsoDayOfYear => {
                let (value, _) = int(3)?;
                set(&mut self.given.day_of_year, value, name)?;
            }
            DateKey::Day => {
                let (value, _) = int(2)?;
                set(&mut self.given.day, value, name)?;
            }
            DateKey::Weekday => {
                let (value, _) = int(1)?;
                set(&mut self.given.weekday, value, name)?;
            }
            DateKey::IsoWeekday => {
                let (value, _) = int(1)?;
                // From Monday = 1 to Sunday = 1.
                set(&mut self.given.weekday, if value >= 7 { 1 } else { value + 1 }, name)?;
            }
            DateKey::Week | DateKey::IsoWeek => {
                let (value, _) = int(2)?;
                set(&mut self.given.week, value, name)?;
            }
            DateKey::WeekOfMonth => {
                let (value, _) = int(1)?;
                set(&mut self.given.week_of_month, value, name)?;
            }
            DateKey::Quarter => {
                int(1)?; // says nothing that could be used
            }
            DateKey::Century => {
                let (value, _) = int(2)?;
                set(&mut self.given.century, value, name)?;
            }
            DateKey::Year(5) => self.year_with_comma(name)?,
            DateKey::Year(digits) | DateKey::IsoYear(digits) => {
                let (value, length) = int(digits as usize)?;
                let value = if digits < 4 && length < 4 { near_2020(value) } else { value };
                set(&mut self.given.year, value, name)?;
                self.given.year_digits = digits;
            }
            DateKey::Julian => {
                let (value, _) = int(1)?;
                set(&mut self.given.julian, value, name)?;
            }
        }
        if field.ordinal.is_some() {
            self.skip();
            self.skip();
        }
        Ok(())
    }

    /// `1,999`
    fn year_with_comma(&mut self, name: &str) -> Result<(), SqlError> {
        let parse = || {
            let (thousands, rest) = self.rest.split_once(',')?;
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()).min(3);
            let year = thousands.trim_start().parse::<i32>().ok()?.checked_mul(1000)?;
            Some((year.checked_add(rest[..end].parse().ok()?)?, &rest[end..]))
        };
        let (year, rest) = parse().ok_or_else(|| malformed("invalid input string for \"Y,YYY\"".to_owned()))?;
        set(&mut self.given.year, year, name)?;
        self.given.year_digits = 4;
        self.rest = rest;
        Ok(())
    }

    /// A number of at most `width` characters; of any length where something else than a digit must follow. Answers the
    /// number and how many characters it took, leading blanks included.
    fn integer(
        &mut self,
        width: usize,
        field: DateField,
        next: Option<&Node<DateField>>,
    ) -> Result<(i32, usize), SqlError> {
        let name = field.name;
        let start = self.rest;
        let text = start.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let copy: String = text.chars().take(width).collect();
        let invalid = || malformed(format!("invalid value \"{copy}\" for \"{name}\""));
        let hint = "If your source string is not fixed-width, try using the \"FM\" modifier.";
        let taken = if field.fill || field.ordinal.is_some() || ends_number(next) {
            digits_end(text)
        } else {
            let have = copy.chars().count();
            if have < width {
                return Err(malformed(format!("source string too short for \"{name}\" formatting field"))
                    .detail(format!("Field requires {width} characters, but only {have} remain."))
                    .hint(hint));
            }
            let end = digits_end(&copy);
            if end > 0 && end < width {
                return Err(invalid()
                    .detail(format!("Field requires {width} characters, but only {end} could be parsed."))
                    .hint(hint));
            }
            end
        };
        if taken == 0 {
            return Err(invalid().detail("Value must be an integer."));
        }
        let value = text[..taken].trim_start_matches('+').parse::<i32>().map_err(|_| {
            let message = format!("value for \"{name}\" in source string is out of range");
            SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, message).detail(format!(
                "Value must be in the range {} to {}.",
                i32::MIN,
                i32::MAX
            ))
        })?;
        self.before = text[..taken].chars().next_back();
        self.rest = &text[taken..];
        Ok((value, start.len() - self.rest.len()))
    }

    /// One of some words, in any case; answers its index.
    fn word(&mut self, words: &[&str], name: &str) -> Result<usize, SqlError> {
        let fits = |word: &str| {
            let begin = self.rest.as_bytes().get(..word.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()))
        };
        let Some(at) = words.iter().position(|word| fits(word)) else {
            let end = self.rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(self.rest.len());
            let message = format!("invalid value \"{}\" for \"{name}\"", &self.rest[..end]);
            let detail = "The given value did not match any of the allowed values for this field.";
            return Err(malformed(message).detail(detail));
        };
        let (word, rest) = self.rest.split_at(words[at].len());
        self.before = word.chars().next_back();
        self.rest = rest;
        Ok(at)
    }
}

/// Length of a number at the beginning: sign and digits; 0 without digits.
fn digits_end(text: &str) -> usize {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    if digits == 0 { 0 } else { text.len() - unsigned.len() + digits }
}

/// Can the next node not begin with a digit?
fn ends_number(next: Option<&Node<DateField>>) -> bool {
    use DateKey as K;
    match next {
        None => true,
        Some(Node::Field(field)) => matches!(
            field.key,
            K::HalfDay { .. }
                | K::Era { .. }
                | K::DayName(_)
                | K::DayShort(_)
                | K::MonthName(_)
                | K::MonthShort(_)
                | K::RomanMonth(_)
                | K::Zone(_)
                | K::ZoneHour
                | K::Offset
                | K::Fixed
        ),
        Some(Node::Space(c) | Node::Separator(c) | Node::Text(c)) => !c.is_ascii_digit(),
    }
}

/// What makes `length` digits `places` ones: 25 ms are 250 ms, as in 0.25.
const fn shift(places: u32, length: usize) -> i32 {
    10_i32.pow(places.saturating_sub(length as u32))
}

/// Years of one to three digits are those nearest to 2020.
const fn near_2020(year: i32) -> i32 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        100..520 => year + 2000,
        520..1000 => year + 1000,
        _ => year,
    }
}
