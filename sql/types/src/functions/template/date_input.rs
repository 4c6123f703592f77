//! `to_date` and `to_timestamp`: reads fields where the template says they are.
//!
//! Not here: conflicts between fields that say the same in different ways are not reported; the later field counts.

use crate::datetime::calendar::{self, Civil};
use crate::datetime::{HOUR, MINUTE, SECOND, arith};
use crate::error::{SqlError, SqlState};
use crate::zone::Zone;

use super::date::{Field, FieldNode, Node, day_name, month_name, parse};

/// The fields found.
#[derive(Default, Debug)]
struct Found {
    hour: i64,
    /// `HH12` was read.
    clock12: bool,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    second_of_day: Option<i64>,
    micros: i64,
    year: Option<i32>,
    /// Digits of the year field.
    year_digits: usize,
    iso: bool,
    before_christ: bool,
    century: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
    day_of_year: Option<i32>,
    /// ISO: Monday is 1.
    day_of_week: Option<i32>,
    week: Option<i32>,
    week_of_month: Option<i32>,
    julian: Option<i32>,
    zone_seconds: Option<i32>,
}

fn bad_format(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::INVALID_DATETIME_FORMAT, message)
}

fn out_of_range(text: &str) -> SqlError {
    SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\""))
}

/// A place in the input.
struct Reader<'a> {
    rest: &'a str,
    found: Found,
}

fn is_separator(c: char) -> bool {
    c.is_ascii_punctuation()
}

/// Reads the fields of a template. 22007 where the text does not fit it.
fn read(text: &str, template: &str) -> Result<Found, SqlError> {
    let nodes = parse(template);
    let exact = nodes.iter().any(|node| matches!(node, Node::Field(field) if field.field == Field::Exact));
    let mut reader = Reader { rest: text, found: Found::default() };
    let mut extra = 0_i32;
    for (at, node) in nodes.iter().enumerate() {
        if reader.rest.is_empty() {
            break;
        }
        if !exact && (at == 0 || matches!(node, Node::Field(_))) {
            extra += reader.skip_blanks();
        }
        match node {
            Node::Char { separator: true, .. } if !exact => {
                extra -= 1;
                if reader.rest.starts_with(|c: char| c.is_ascii_whitespace() || is_separator(c)) {
                    reader.advance(1);
                    extra += 1;
                }
            }
            Node::Char { .. } if !exact && extra > 0 => extra -= 1,
            Node::Char { .. } => reader.advance(1),
            Node::Field(field) => {
                let unbounded = field.fill_mode || next_is_no_digit(&nodes, at);
                reader.field(field, unbounded)?;
                if !exact {
                    extra = reader.skip_blanks();
                }
            }
        }
    }
    Ok(reader.found)
}

/// May a number go on as far as there are digits?
fn next_is_no_digit(nodes: &[Node], at: usize) -> bool {
    if matches!(&nodes[at], Node::Field(field) if field.ordinal.is_some()) {
        return true;
    }
    match nodes.get(at + 1) {
        None => true,
        Some(Node::Field(field)) => !field.field.is_digits(),
        Some(Node::Char { character, .. }) => !character.is_ascii_digit(),
    }
}

impl Reader<'_> {
    fn advance(&mut self, characters: usize) {
        for _ in 0..characters {
            if let Some(c) = self.rest.chars().next() {
                self.rest = &self.rest[c.len_utf8()..];
            }
        }
    }

    fn skip_blanks(&mut self) -> i32 {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        (before - self.rest.len()) as i32
    }

    /// A whole number of at most `width` digits, or of any length where `unbounded`. Gives the digits' count, too.
    fn number(&mut self, node: &FieldNode, width: usize, unbounded: bool) -> Result<(i32, usize), SqlError> {
        self.skip_blanks();
        let signed = self.rest.starts_with(['-', '+']) as usize;
        let digits = self.rest[signed..].bytes().take_while(u8::is_ascii_digit).count();
        let available: String = self.rest.chars().take(width).collect();
        let refuse = |detail: &str| {
            let shown: String = if unbounded { available.clone() } else { available.chars().take(width).collect() };
            bad_format(format!("invalid value \"{shown}\" for \"{}\"", node.keyword)).detail(detail.to_owned())
        };
        let end = if unbounded { signed + digits } else { (signed + digits).min(width) };
        if !unbounded && self.rest.chars().count() < width {
            return Err(bad_format(format!("source string too short for \"{}\" formatting field", node.keyword))
                .detail(format!("Field requires {width} characters, but only {} remain.", self.rest.chars().count()))
                .hint("If your source string is not fixed-width, try using the \"FM\" modifier."));
        }
        if digits == 0 {
            return Err(refuse("Value must be an integer."));
        }
        if !unbounded && end < width {
            return Err(refuse(&format!("Field requires {width} characters, but only {end} could be parsed.")));
        }
        let value = self.rest[..end].parse::<i32>().map_err(|_| {
            SqlError::new(
                SqlState::DATETIME_FIELD_OVERFLOW,
                format!("value for \"{}\" in source string is out of range", node.keyword),
            )
        })?;
        self.rest = &self.rest[end..];
        if node.ordinal.is_some() {
            self.advance(2);
        }
        Ok((value, end - signed))
    }

    /// One of several words, in any case.
    fn word<T: Copy>(&mut self, node: &FieldNode, words: &[(String, T)]) -> Result<T, SqlError> {
        let lower = self.rest.to_ascii_lowercase();
        let found = words.iter().filter(|(word, _)| lower.starts_with(&word.to_ascii_lowercase()));
        let Some((word, value)) = found.max_by_key(|(word, _)| word.len()) else {
            let shown: String = self.rest.chars().take_while(|c| !c.is_whitespace()).collect();
            return Err(bad_format(format!("invalid value \"{shown}\" for \"{}\"", node.keyword))
                .detail("The given value did not match any of the allowed values for this field."));
        };
        let length = word.len();
        let value = *value;
        self.rest = &self.rest[length..];
        Ok(value)
    }

    fn field(&mut self, node: &FieldNode, unbounded: bool) -> Result<(), SqlError> {
        let months = |short: bool| -> Vec<(String, i32)> {
            (1..=12).map(|at| (shorten(month_name(at), short), at)).collect()
        };
        let days = |short: bool| -> Vec<(String, i32)> {
            (0..7).map(|at| (shorten(day_name(at), short), if at == 0 { 7 } else { at })).collect()
        };
        let words = |pair: [&str; 2], dots: bool| -> Vec<(String, bool)> {
            let dotted = |word: &str| if dots { word.chars().flat_map(|c| [c, '.']).collect() } else { word.to_owned() };
            pair.iter().enumerate().map(|(at, word)| (dotted(word), at == 1)).collect()
        };
        let mut number = |width| self.number(node, width, unbounded).map(|(value, _)| value);
        match node.field {
            Field::Exact => {}
            Field::Meridiem { dots, .. } => {
                self.found.afternoon = Some(self.word(node, &words(["am", "pm"], dots))?);
                self.found.clock12 = true;
            }
            Field::Era { dots, .. } => self.found.before_christ = self.word(node, &words(["ad", "bc"], dots))?,
            Field::Hour12 => {
                self.found.hour = number(2)?.into();
                self.found.clock12 = true;
            }
            Field::Hour24 => self.found.hour = number(2)?.into(),
            Field::Minute => self.found.minute = number(2)?.into(),
            Field::Second => self.found.second = number(2)?.into(),
            Field::Millisecond => self.fraction(node, 3, unbounded)?,
            Field::Microsecond => self.fraction(node, 6, unbounded)?,
            Field::Fraction(digits) => self.fraction(node, digits as usize, unbounded)?,
            Field::SecondOfDay => self.found.second_of_day = Some(number(5)?.into()),
            Field::Month(_) => self.found.month = Some(self.word(node, &months(false))?),
            Field::Mon(_) => self.found.month = Some(self.word(node, &months(true))?),
            Field::MonthNumber => self.found.month = Some(number(2)?),
            Field::Roman(_) => {
                let numerals: Vec<(String, i32)> = super::date_output::ROMAN.iter().map(|r| r.to_string()).zip(1..).collect();
                self.found.month = Some(self.word(node, &numerals)?);
            }
            Field::Day(_) => self.found.day_of_week = Some(self.word(node, &days(false))?),
            Field::Dy(_) => self.found.day_of_week = Some(self.word(node, &days(true))?),
            Field::DayOfYear => self.found.day_of_year = Some(number(3)?),
            Field::IsoDayOfYear => {
                self.found.day_of_year = Some(number(3)?);
                self.found.iso = true;
            }
            Field::DayOfMonth => self.found.day = Some(number(2)?),
            Field::DayOfWeek => {
                let day = number(1)?;
                self.found.day_of_week = Some(if day == 1 { 7 } else { day - 1 });
            }
            Field::IsoDay => self.found.day_of_week = Some(number(1)?),
            Field::Week => self.found.week = Some(number(2)?),
            Field::IsoWeek => {
                self.found.week = Some(number(2)?);
                self.found.iso = true;
            }
            Field::WeekOfMonth => self.found.week_of_month = Some(number(1)?),
            Field::Quarter => {
                number(1)?;
            }
            Field::Century => self.found.century = Some(number(2)?),
            Field::YearWithComma => self.year_with_comma(node)?,
            Field::Year(digits) => self.year(node, digits, unbounded)?,
            Field::IsoYear(digits) => {
                self.year(node, digits, unbounded)?;
                self.found.iso = true;
            }
            Field::Julian => self.found.julian = Some(self.number(node, usize::MAX, true)?.0),
            Field::ZoneHour => {
                let negative = self.rest.starts_with('-');
                self.advance(usize::from(self.rest.starts_with(['+', '-'])));
                let hours = self.number(node, 2, unbounded)?.0 * 3600;
                self.found.zone_seconds = Some(if negative { -hours } else { hours });
            }
            Field::ZoneMinute => {
                let minutes = number(2)? * 60;
                let hours = self.found.zone_seconds.unwrap_or(0);
                self.found.zone_seconds = Some(if hours < 0 { hours - minutes } else { hours + minutes });
            }
            Field::Zone(_) | Field::Offset => {
                return Err(SqlError::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("formatting field \"{}\" is only supported in to_char", node.keyword),
                ));
            }
        }
        Ok(())
    }

    /// Digits behind the point: `5` of `MS` is half a second.
    fn fraction(&mut self, node: &FieldNode, digits: usize, unbounded: bool) -> Result<(), SqlError> {
        let (value, read) = self.number(node, digits, unbounded)?;
        let shift = 6_i32 - read.min(6) as i32;
        self.found.micros += i64::from(value) * 10_i64.pow(shift as u32);
        Ok(())
    }

    fn year(&mut self, node: &FieldNode, digits: usize, unbounded: bool) -> Result<(), SqlError> {
        let (value, read) = self.number(node, digits, unbounded)?;
        self.found.year_digits = digits.min(read.max(1));
        self.found.year = Some(if read < 4 && digits < 4 { near_2020(value) } else { value });
        if digits == 4 {
            self.found.year_digits = 4;
        }
        Ok(())
    }

    fn year_with_comma(&mut self, node: &FieldNode) -> Result<(), SqlError> {
        let thousands = self.number(node, usize::MAX, true)?.0;
        if !self.rest.starts_with(',') {
            return Err(bad_format("invalid input string for \"Y,YYY\""));
        }
        self.advance(1);
        let rest = self.number(node, 3, false)?.0;
        self.found.year = Some(thousands * 1000 + rest);
        self.found.year_digits = 4;
        Ok(())
    }
}

fn shorten(name: &str, short: bool) -> String {
    if short { name[..3].to_owned() } else { name.to_owned() }
}

/// A year of less than four digits is the one nearest to 2020.
fn near_2020(year: i32) -> i32 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        100..520 => year + 2000,
        520..1000 => year + 1000,
        year => year,
    }
}

impl Found {
    /// Day since 2000-01-01.
    fn day(&self, text: &str) -> Result<i64, SqlError> {
        if let Some(julian) = self.julian {
            return Ok(i64::from(julian) - 2_451_545);
        }
        let year = self.full_year();
        if self.iso {
            return self.iso_day(year, text);
        }
        if let Some(day_of_year) = self.day_of_year.filter(|_| self.month.is_none() || self.day.is_none()) {
            if self.year.is_none() {
                return Err(bad_format("cannot calculate day of year without year information"));
            }
            let length = if calendar::is_leap(year) { 366 } else { 365 };
            if !(1..=length).contains(&day_of_year) {
                return Err(out_of_range(text));
            }
            return Ok(Civil { year, month: 1, day: 1 }.to_days() + i64::from(day_of_year) - 1);
        }
        if let Some(week) = self.week {
            return Ok(Civil { year, month: 1, day: 1 }.to_days() + i64::from(week - 1) * 7);
        }
        let day = self.week_of_month.map(|week| (week - 1) * 7 + 1).or(self.day).unwrap_or(1);
        let civil = Civil { year, month: self.month.unwrap_or(1), day };
        if civil.is_valid() { Ok(civil.to_days()) } else { Err(out_of_range(text)) }
    }

    /// The astronomical year.
    fn full_year(&self) -> i32 {
        let year = match (self.year, self.century) {
            (Some(year), Some(century)) if self.year_digits <= 2 => {
                let in_century = year % 100;
                let first = (century - 1) * 100;
                if in_century == 0 { first + 100 } else { first + in_century }
            }
            (Some(year), _) => year,
            (None, Some(century)) => (century - 1) * 100 + 1,
            (None, None) => 0,
        };
        match (self.before_christ, self.year.is_some() || self.century.is_some()) {
            (true, true) => 1 - year,
            // A negative year is BC, too: there is no year 0.
            (false, true) if year < 0 => year + 1,
            _ => year,
        }
    }

    fn iso_day(&self, year: i32, text: &str) -> Result<i64, SqlError> {
        if let Some(day_of_year) = self.day_of_year {
            return Ok(calendar::iso_week_start(year, 1) + i64::from(day_of_year) - 1);
        }
        let week = self.week.unwrap_or(1);
        if !(1..=53).contains(&week) {
            return Err(out_of_range(text));
        }
        Ok(calendar::iso_week_start(year, week) + i64::from(self.day_of_week.unwrap_or(1)) - 1)
    }

    /// Microseconds since midnight.
    fn time(&self, text: &str) -> Result<i64, SqlError> {
        if let Some(seconds) = self.second_of_day {
            return Ok(seconds * SECOND + self.micros);
        }
        let mut hour = self.hour;
        if self.clock12 {
            if !(1..=12).contains(&hour) && (hour != 0 || self.afternoon.is_none()) {
                return Err(bad_format(format!("hour \"{hour}\" is invalid for the 12-hour clock"))
                    .hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            }
            match self.afternoon {
                Some(true) if hour < 12 => hour += 12,
                Some(false) if hour == 12 => hour = 0,
                _ => {}
            }
        }
        let inside = (0..=23).contains(&hour) && (0..60).contains(&self.minute) && (0..60).contains(&self.second);
        if !inside {
            return Err(out_of_range(text));
        }
        Ok(hour * HOUR + self.minute * MINUTE + self.second * SECOND + self.micros)
    }
}

/// `to_date`: what the template does not name counts as year 0, January, first. 22008 for a day that the calendar lacks.
pub(super) fn to_date(text: &str, template: &str) -> Result<i32, SqlError> {
    let found = read(text, template)?;
    let day = found.day(text)?;
    crate::datetime::check_date(day).map_err(|_| {
        SqlError::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date out of range: \"{text}\""))
    })
}

/// `to_timestamp`: a local time of `zone`, unless the template has an offset.
pub(super) fn to_timestamp(zone: &Zone, text: &str, template: &str) -> Result<i64, SqlError> {
    let found = read(text, template)?;
    let day = crate::datetime::check_date(found.day(text)?)?;
    let local = arith::date_to_timestamp(day)?.saturating_add(found.time(text)?);
    let zone = found.zone_seconds.map_or(*zone, Zone::Fixed);
    zone.to_utc(local)
}
