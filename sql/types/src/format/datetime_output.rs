//! `to_char` of timestamps and intervals.

use std::fmt::Write;

use super::ordinal;
use super::pattern::{Case, DateField, DateKey, Node, date_nodes};
use super::roman::numeral;
use crate::datetime::calendar::{
    Civil, Clock, JULIAN_2000, day_of_week, iso_day_of_week, iso_week, iso_week_start, split,
};
use crate::datetime::{HOUR, MINUTE, Offset, SECOND, is_infinite};
use crate::datum::Interval;
use crate::error::{SqlError, SqlState};
use crate::zone::Zone;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// What is shown.
struct Shown {
    is_interval: bool,
    year: i64,
    month: i64,
    day: i64,
    day_of_year: i64,
    /// Days since 2000-01-01; `None` for an interval.
    days: Option<i32>,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    offset: Offset,
    zone: String,
}

/// `to_char(timestamp, pattern)`; `None` (NULL) for infinities and an empty pattern.
pub fn timestamp(timestamp: i64, pattern: &str) -> Result<Option<String>, SqlError> {
    moment(timestamp, 0, String::new(), pattern)
}

/// `to_char(timestamptz, pattern)`, in `zone`.
pub fn timestamptz(instant: i64, zone: &Zone, pattern: &str) -> Result<Option<String>, SqlError> {
    if is_infinite(instant) {
        return Ok(None);
    }
    let (local, offset) = zone.local_for_output(instant);
    moment(local, offset, zone.abbreviation_at(instant), pattern)
}

fn moment(local: i64, offset: Offset, zone: String, pattern: &str) -> Result<Option<String>, SqlError> {
    if is_infinite(local) || pattern.is_empty() {
        return Ok(None);
    }
    let (days, micros) = split(local);
    let (date, clock) = (Civil::from_days(days), Clock::from_micros(micros));
    let shown = Shown {
        is_interval: false,
        year: date.year.into(),
        month: date.month.into(),
        day: date.day.into(),
        day_of_year: date.day_of_year().into(),
        days: Some(days),
        hour: clock.hour,
        minute: clock.minute.into(),
        second: clock.second.into(),
        micros: clock.micros.into(),
        offset,
        zone,
    };
    shown.print(pattern).map(Some)
}

/// `to_char(interval, pattern)`; `None` (NULL) for an empty pattern. 22007 for fields that only a date has.
pub fn interval(interval: Interval, pattern: &str) -> Result<Option<String>, SqlError> {
    if pattern.is_empty() {
        return Ok(None);
    }
    let Interval { months, days, micros } = interval;
    let (year, month, day) = (i64::from(months / 12), i64::from(months % 12), i64::from(days));
    let shown = Shown {
        is_interval: true,
        year,
        month,
        day,
        day_of_year: (year * 12 + month) * 30 + day,
        days: None,
        hour: micros / HOUR,
        minute: micros / MINUTE % 60,
        second: micros / SECOND % 60,
        micros: micros % SECOND,
        offset: 0,
        zone: String::new(),
    };
    shown.print(pattern).map(Some)
}

fn only_dates() -> SqlError {
    SqlError::new(SqlState::INVALID_DATETIME_FORMAT, "invalid format specification for an interval value")
        .hint("Intervals are not tied to specific calendar dates.")
}

fn cased(text: &str, case: Case) -> String {
    match case {
        Case::Upper => text.to_ascii_uppercase(),
        Case::Capital => text.to_owned(),
        Case::Lower => text.to_ascii_lowercase(),
    }
}

impl Shown {
    fn print(&self, pattern: &str) -> Result<String, SqlError> {
        let mut out = String::new();
        for node in date_nodes(pattern) {
            match node {
                Node::Space(c) | Node::Separator(c) | Node::Text(c) => out.push(c),
                Node::Field(field) => {
                    let start = out.len();
                    self.field(field, &mut out)?;
                    let letters = out[start..].is_empty() || !out.ends_with(|c: char| c.is_ascii_digit());
                    if let (Some(upper), false) = (field.ordinal, letters) {
                        let ending = ordinal(&out[start..], upper);
                        out.push_str(ending);
                    }
                }
            }
        }
        Ok(out)
    }

    /// The day, for fields that an interval has not.
    fn date(&self) -> Result<i32, SqlError> {
        self.days.ok_or_else(only_dates)
    }

    /// The day; for an interval the one that its parts would name if they were a date.
    fn days_or_parts(&self) -> i32 {
        self.days.unwrap_or_else(|| {
            let date = Civil { year: self.year as i32, month: self.month as i32, day: self.day as i32 };
            date.to_days() as i32
        })
    }

    fn field(&self, field: DateField, out: &mut String) -> Result<(), SqlError> {
        let fill = field.fill;
        // Negative numbers get a place more, for the sign.
        let number = |value: i64, width: usize, out: &mut String| {
            let width = if fill { 0 } else { width + usize::from(value < 0) };
            write!(out, "{value:0width$}").expect("writing to memory cannot fail");
        };
        // Of these fields the sign takes one of the places.
        let signed = |value: i64, width: usize, out: &mut String| {
            let width = if fill { 0 } else { width };
            write!(out, "{value:0width$}").expect("writing to memory cannot fail");
        };
        let padded = |text: &str, width: usize, out: &mut String| {
            let width = if fill { 0 } else { width };
            write!(out, "{text:width$}").expect("writing to memory cannot fail");
        };
        match field.key {
            DateKey::HalfDay { dotted, case } => {
                let text = match (self.hour % 24 >= 12, dotted) {
                    (true, true) => "P.M.",
                    (true, false) => "PM",
                    (false, true) => "A.M.",
                    (false, false) => "AM",
                };
                out.push_str(&cased(text, case));
            }
            DateKey::Era { dotted, case } => {
                self.date()?;
                let text = match (self.year <= 0, dotted) {
                    (true, true) => "B.C.",
                    (true, false) => "BC",
                    (false, true) => "A.D.",
                    (false, false) => "AD",
                };
                out.push_str(&cased(text, case));
            }
            DateKey::Hour24 => number(self.hour, 2, out),
            DateKey::Hour12 => {
                let hour = if self.hour % 12 == 0 { 12 } else { self.hour % 12 };
                // The padding goes by the hour of the day, also where the shown one differs in sign.
                let width = if fill { 0 } else { 2 + usize::from(self.hour < 0) };
                write!(out, "{hour:0width$}").expect("writing to memory cannot fail");
            }
            DateKey::Minute => number(self.minute, 2, out),
            DateKey::Second => number(self.second, 2, out),
            DateKey::Fraction(digits) => {
                let unit = 10_i64.pow(6 - digits);
                write!(out, "{:0width$}", self.micros / unit, width = digits as usize).expect("memory");
            }
            DateKey::Millisecond => write!(out, "{:03}", self.micros / 1000).expect("memory"),
            DateKey::Microsecond => write!(out, "{:06}", self.micros).expect("memory"),
            DateKey::SecondOfDay => {
                let seconds = self.hour * 3600 + self.minute * 60 + self.second;
                write!(out, "{seconds}").expect("memory");
            }
            DateKey::Zone(case) => {
                self.date()?;
                out.push_str(&if case == Case::Upper { self.zone.clone() } else { self.zone.to_ascii_lowercase() });
            }
            DateKey::ZoneHour => {
                self.date()?;
                write!(out, "{}{:02}", self.offset_sign(), self.offset.abs() / 3600).expect("memory");
            }
            DateKey::ZoneMinute => {
                self.date()?;
                write!(out, "{:02}", self.offset.abs() / 60 % 60).expect("memory");
            }
            DateKey::Offset => {
                self.date()?;
                let width = if fill { 0 } else { 2 };
                write!(out, "{}{:0width$}", self.offset_sign(), self.offset.abs() / 3600).expect("memory");
                if self.offset % 3600 != 0 {
                    write!(out, ":{:02}", self.offset.abs() / 60 % 60).expect("memory");
                }
            }
            DateKey::MonthName(case) => {
                self.date()?;
                padded(&cased(MONTHS[self.month as usize - 1], case), 9, out);
            }
            DateKey::MonthShort(case) => {
                self.date()?;
                out.push_str(&cased(&MONTHS[self.month as usize - 1][..3], case));
            }
            DateKey::Month => number(self.month, 2, out),
            DateKey::DayName(case) => {
                let day = day_of_week(self.date()?);
                padded(&cased(DAYS[day as usize], case), 9, out);
            }
            DateKey::DayShort(case) => {
                let day = day_of_week(self.date()?);
                out.push_str(&cased(&DAYS[day as usize][..3], case));
            }
            DateKey::DayOfYear => signed(self.day_of_year, 3, out),
            DateKey::IsoDayOfYear => {
                let days = self.date()?;
                number(i64::from(days) - iso_week_start(iso_week(days).0, 1) + 1, 3, out);
            }
            DateKey::Day => signed(self.day, 2, out),
            DateKey::Weekday => write!(out, "{}", day_of_week(self.date()?) + 1).expect("memory"),
            DateKey::IsoWeekday => write!(out, "{}", iso_day_of_week(self.date()?)).expect("memory"),
            DateKey::Week => number((self.day_of_year - 1) / 7 + 1, 2, out),
            DateKey::IsoWeek => number(iso_week(self.date()?).1.into(), 2, out),
            DateKey::WeekOfMonth => write!(out, "{}", (self.day - 1) / 7 + 1).expect("memory"),
            DateKey::Quarter => {
                if self.month != 0 {
                    write!(out, "{}", (self.month - 1) / 3 + 1).expect("memory");
                }
            }
            DateKey::Century => {
                let century = match self.year {
                    year if self.is_interval => year / 100,
                    year @ 1.. => (year - 1) / 100 + 1,
                    year => year / 100 - 1,
                };
                number(century, 2, out);
            }
            DateKey::Year(digits) => self.print_year(self.shown_year(self.year), digits, fill, out),
            DateKey::IsoYear(digits) => {
                let year = iso_week(self.days_or_parts()).0.into();
                self.print_year(self.shown_year(year), digits, fill, out);
            }
            DateKey::RomanMonth(case) => {
                let month = match (self.month, self.year) {
                    (0, 0) => return Ok(()),
                    (0, year) if year >= 0 => 12,
                    (0, _) => 1,
                    (month, _) if month < 0 => month + 13,
                    (month, _) => month,
                };
                padded(&cased(&numeral(month).unwrap_or_default(), case), 4, out);
            }
            DateKey::Julian => {
                let days = i64::from(self.days_or_parts());
                write!(out, "{}", days + i64::from(JULIAN_2000)).expect("memory");
            }
            DateKey::Fixed => {}
        }
        Ok(())
    }

    const fn offset_sign(&self) -> char {
        if self.offset >= 0 { '+' } else { '-' }
    }

    /// Years BC are shown without sign.
    const fn shown_year(&self, year: i64) -> i64 {
        if self.is_interval || year > 0 { year } else { 1 - year }
    }

    fn print_year(&self, year: i64, digits: u32, fill: bool, out: &mut String) {
        match digits {
            5 => write!(out, "{},{:03}", year / 1000, year % 1000).expect("memory"),
            4 => {
                let width = if fill { 0 } else { 4 + usize::from(year < 0) };
                write!(out, "{year:0width$}").expect("memory");
            }
            _ => {
                let width = if fill { 0 } else { digits as usize + usize::from(year < 0) };
                write!(out, "{:0width$}", year % 10_i64.pow(digits)).expect("memory");
            }
        }
    }
}
