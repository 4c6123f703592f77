//! `to_char` of timestamps and intervals.

use std::fmt::Write;

use crate::datetime::calendar::{self, Civil, Clock};
use crate::datetime::{HOUR, MINUTE, Offset, SECOND};
use crate::datum::Interval;
use crate::error::{SqlError, SqlState};

use super::date::{Case, Field, FieldNode, Node, day_name, month_name, parse};
use super::ordinal_suffix;

/// A point in time or a span, taken apart.
pub(super) struct Moment {
    pub(super) year: i32,
    pub(super) month: i32,
    pub(super) day: i32,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    /// Days since 2000-01-01; `None` for intervals.
    days: Option<i32>,
    /// Zone of a timestamptz.
    zone: Option<(Offset, String)>,
}

impl Moment {
    /// A local time; `zone` is its offset and abbreviation.
    pub(super) fn of_local(local: i64, zone: Option<(Offset, String)>) -> Self {
        let (days, micros) = calendar::split(local);
        let Civil { year, month, day } = Civil::from_days(days);
        let Clock { hour, minute, second, micros } = Clock::from_micros(micros);
        Self {
            year,
            month,
            day,
            hour: i64::from(hour),
            minute: i64::from(minute),
            second: i64::from(second),
            micros: i64::from(micros),
            days: Some(days),
            zone,
        }
    }

    pub(super) fn of_interval(interval: Interval) -> Self {
        Self {
            year: interval.months / 12,
            month: interval.months % 12,
            day: interval.days,
            hour: interval.micros / HOUR,
            minute: interval.micros % HOUR / MINUTE,
            second: interval.micros % MINUTE / SECOND,
            micros: interval.micros % SECOND,
            days: None,
            zone: None,
        }
    }

    /// For what only a date in a calendar has.
    fn calendar_day(&self) -> Result<i32, SqlError> {
        self.days.ok_or_else(|| {
            SqlError::new(SqlState::INVALID_DATETIME_FORMAT, "invalid format specification for an interval value")
                .hint("Intervals are not tied to specific calendar dates.")
        })
    }

    /// Years without a sign: 44 BC is 44.
    fn shown_year(&self, year: i32) -> i64 {
        let year = i64::from(year);
        if self.days.is_some() && year <= 0 { 1 - year } else { year }
    }

    fn century(&self) -> i32 {
        match self.days {
            None => self.year / 100,
            Some(_) if self.year > 0 => (self.year - 1) / 100 + 1,
            Some(_) => self.year / 100 - 1,
        }
    }

    fn day_of_year(&self) -> i32 {
        match self.days {
            Some(_) => Civil { year: self.year, month: self.month, day: self.day }.day_of_year(),
            None => self.year * 360 + self.month * 30 + self.day,
        }
    }
}

/// `value` with zeros to `width`, a minus sign not counted.
fn number(node: &FieldNode, value: i64, width: usize) -> String {
    let width = if node.fill_mode { 0 } else { width + usize::from(value < 0) };
    let digits = format!("{value:0width$}");
    match node.ordinal {
        None => digits,
        Some(case) => {
            let suffix = ordinal_suffix(&digits);
            digits + &case.apply(suffix)
        }
    }
}

/// Days are padded to a width that counts the minus sign.
fn signed_width(value: i32, width: usize) -> usize {
    width - usize::from(value < 0)
}

/// A name with blanks to `width`.
fn name(node: &FieldNode, name: &str, case: Case, width: usize) -> String {
    let name = case.apply(name);
    if node.fill_mode || node.translated { name } else { format!("{name:<width$}") }
}

fn dotted(word: &str, dots: bool, case: Case) -> String {
    let word = if dots { word.chars().flat_map(|c| [c, '.']).collect() } else { word.to_owned() };
    case.apply(&word)
}

/// Months as Roman numerals.
pub(super) const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// The month as a Roman numeral; nothing for a span without months.
fn roman(node: &FieldNode, moment: &Moment, case: Case) -> String {
    if moment.days.is_none() && moment.month == 0 && moment.year == 0 {
        return String::new();
    }
    let numeral = ROMAN[(moment.month - 1).rem_euclid(12) as usize];
    let numeral = case.apply(numeral);
    if node.fill_mode { numeral } else { format!("{numeral:<4}") }
}

fn field(node: &FieldNode, m: &Moment) -> Result<String, SqlError> {
    let n = |value: i64, width: usize| number(node, value, width);
    let iso = |days: i32| calendar::iso_week(days);
    Ok(match node.field {
        Field::Exact => String::new(),
        Field::Meridiem { dots, case } => dotted(if m.hour % 24 >= 12 { "PM" } else { "AM" }, dots, case),
        Field::Era { dots, case } => {
            m.calendar_day()?;
            dotted(if m.year <= 0 { "BC" } else { "AD" }, dots, case)
        }
        Field::Hour12 => n(if m.hour % 12 == 0 { 12 } else { m.hour % 12 }, 2),
        Field::Hour24 => n(m.hour, 2),
        Field::Minute => n(m.minute, 2),
        Field::Second => n(m.second, 2),
        Field::Fraction(digits) => n(m.micros / 10_i64.pow(6 - digits), digits as usize),
        Field::Millisecond => n(m.micros / 1000, 3),
        Field::Microsecond => n(m.micros, 6),
        Field::SecondOfDay => n(m.hour * 3600 + m.minute * 60 + m.second, 0),
        Field::Zone(case) => {
            m.calendar_day()?;
            m.zone.as_ref().map_or_else(String::new, |(_, abbreviation)| match case {
                Case::Lower => abbreviation.to_lowercase(),
                _ => abbreviation.to_uppercase(),
            })
        }
        Field::ZoneHour => {
            m.calendar_day()?;
            let offset = m.zone.as_ref().map_or(0, |(offset, _)| *offset);
            format!("{}{:02}", if offset >= 0 { '+' } else { '-' }, offset.abs() / 3600)
        }
        Field::ZoneMinute => {
            m.calendar_day()?;
            format!("{:02}", m.zone.as_ref().map_or(0, |(offset, _)| offset.abs() % 3600 / 60))
        }
        Field::Offset => {
            m.calendar_day()?;
            offset(node, m.zone.as_ref().map_or(0, |(offset, _)| *offset))
        }
        Field::Month(case) => {
            m.calendar_day()?;
            name(node, month_name(m.month), case, 9)
        }
        Field::Mon(case) => {
            m.calendar_day()?;
            case.apply(&month_name(m.month)[..3])
        }
        Field::Roman(case) => roman(node, m, case),
        Field::MonthNumber => n(i64::from(m.month), 2),
        Field::Day(case) => name(node, day_name(calendar::day_of_week(m.calendar_day()?)), case, 9),
        Field::Dy(case) => case.apply(&day_name(calendar::day_of_week(m.calendar_day()?))[..3]),
        Field::DayOfYear => n(i64::from(m.day_of_year()), signed_width(m.day_of_year(), 3)),
        Field::IsoDayOfYear => {
            let days = m.calendar_day()?;
            let (year, _) = iso(days);
            n(i64::from(days) - calendar::iso_week_start(year, 1) + 1, 3)
        }
        Field::DayOfMonth => n(i64::from(m.day), signed_width(m.day, 2)),
        Field::DayOfWeek => n(i64::from(calendar::day_of_week(m.calendar_day()?)) + 1, 0),
        Field::IsoDay => n(i64::from(calendar::iso_day_of_week(m.calendar_day()?)), 0),
        Field::Week => n(i64::from((m.day_of_year() - 1) / 7 + 1), 2),
        Field::IsoWeek => n(i64::from(iso(m.calendar_day()?).1), 2),
        Field::WeekOfMonth => n(i64::from((m.day - 1) / 7 + 1), 0),
        Field::Quarter if m.month == 0 => String::new(),
        Field::Quarter => n(i64::from((m.month - 1) / 3 + 1), 0),
        Field::Century => n(i64::from(m.century()), if m.century().abs() <= 99 { 2 } else { 0 }),
        Field::YearWithComma => {
            let year = m.shown_year(m.year);
            let text = format!("{},{:03}", year / 1000, year % 1000);
            let suffix = ordinal_suffix(&text);
            node.ordinal.map_or(text.clone(), |case| text + &case.apply(suffix))
        }
        Field::Year(digits) => year(node, m.shown_year(m.year), digits),
        Field::IsoYear(digits) => year(node, m.shown_year(iso(m.calendar_day()?).0), digits),
        Field::Julian => n(i64::from(m.calendar_day()?) + 2_451_545, 0),
    })
}

fn year(node: &FieldNode, year: i64, digits: usize) -> String {
    let shown = if digits == 4 { year } else { year % 10_i64.pow(digits as u32) };
    number(node, shown, digits)
}

/// `+05`, `-08:30`
fn offset(node: &FieldNode, offset: Offset) -> String {
    let width = if node.fill_mode { 0 } else { 2 };
    let mut text = format!("{}{:0width$}", if offset >= 0 { '+' } else { '-' }, offset.abs() / 3600);
    if offset.abs() % 3600 != 0 {
        let _ = write!(text, ":{:02}", offset.abs() % 3600 / 60);
    }
    text
}

/// Fills the template in. 22007 for a field that intervals do not have.
pub(super) fn to_char(moment: &Moment, template: &str) -> Result<String, SqlError> {
    let mut out = String::new();
    for node in parse(template) {
        match node {
            Node::Char { character, .. } => out.push(character),
            Node::Field(node) => out.push_str(&field(&node, moment)?),
        }
    }
    Ok(out)
}
