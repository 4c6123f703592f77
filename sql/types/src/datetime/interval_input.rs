//! Text to interval: `1 day 02:03:04`, `@ 1 year ago`, `1-2 3 4:05:06` (SQL), `P1Y2M3DT4H` (ISO 8601).

use super::decode::DecodeError::{self, Format, Overflow};
use super::interval_iso;
use super::lex::{self, Field, Kind};
use super::words::{Unit, unit_word};
use super::{DAY, HOUR, MINUTE, SECOND, interval_out_of_range};
use crate::datum::Interval;
use crate::error::{SqlError, SqlState};
use crate::kernel::EvalSettings;
use crate::type_name::interval_fields as range;
use crate::zone::IntervalStyle;

/// Reads an `interval`. `modifier` names the fields of an `INTERVAL '1' HOUR` literal (-1: none); rounding to it is a
/// separate step. 22007 for what is no interval, 22015 for fields out of range.
pub fn interval(text: &str, modifier: i32, settings: &EvalSettings) -> Result<Interval, SqlError> {
    let fields = if modifier < 0 { range::ALL } else { (modifier >> 16) & range::ALL };
    let decoded = match decode(text, fields, settings.interval_style) {
        Err(Format) => interval_iso::decode(text),
        decoded => decoded,
    };
    match decoded {
        Ok(parts) => parts.finish(),
        Err(Overflow | DecodeError::MonthDayOverflow) => {
            let message = format!("interval field value out of range: \"{text}\"");
            Err(SqlError::new(SqlState::INTERVAL_FIELD_OVERFLOW, message))
        }
        Err(_) => {
            let message = format!("invalid input syntax for type interval: \"{text}\"");
            Err(SqlError::new(SqlState::INVALID_DATETIME_FORMAT, message))
        }
    }
}

/// An interval being read.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Parts {
    pub(super) years: i32,
    pub(super) months: i32,
    pub(super) days: i32,
    pub(super) micros: i64,
}

impl Parts {
    fn finish(self) -> Result<Interval, SqlError> {
        let months = i64::from(self.years) * 12 + i64::from(self.months);
        let months = i32::try_from(months).map_err(|_| interval_out_of_range())?;
        Ok(Interval { months, days: self.days, micros: self.micros })
    }

    /// Adds `(value + fraction) * unit` microseconds.
    pub(super) fn add_micros(&mut self, value: i64, fraction: f64, unit: i64) -> Result<(), DecodeError> {
        let whole = value.checked_mul(unit).and_then(|micros| self.micros.checked_add(micros));
        self.micros = whole.ok_or(Overflow)?;
        self.add_fraction(fraction, unit)
    }

    fn add_fraction(&mut self, fraction: f64, unit: i64) -> Result<(), DecodeError> {
        let exact = fraction * unit as f64;
        let mut micros = exact as i64;
        let rest = exact - micros as f64;
        if rest > 0.5 {
            micros += 1;
        } else if rest < -0.5 {
            micros -= 1;
        }
        self.micros = self.micros.checked_add(micros).ok_or(Overflow)?;
        Ok(())
    }

    /// Adds `(value + fraction) * unit` days.
    pub(super) fn add_days(&mut self, value: i64, fraction: f64, unit: i32) -> Result<(), DecodeError> {
        let whole = i32::try_from(value).ok().and_then(|value| value.checked_mul(unit));
        self.days = whole.and_then(|days| self.days.checked_add(days)).ok_or(Overflow)?;
        match unit {
            1 => self.add_fraction(fraction, DAY),
            _ => self.add_fraction_of_days(fraction, unit),
        }
    }

    fn add_fraction_of_days(&mut self, fraction: f64, unit: i32) -> Result<(), DecodeError> {
        let exact = fraction * f64::from(unit);
        let days = exact as i32;
        self.days = self.days.checked_add(days).ok_or(Overflow)?;
        self.add_fraction(exact - f64::from(days), DAY)
    }

    /// Adds `value + fraction` months of 30 days.
    pub(super) fn add_months(&mut self, value: i64, fraction: f64) -> Result<(), DecodeError> {
        let months = i32::try_from(value).ok().and_then(|value| self.months.checked_add(value));
        self.months = months.ok_or(Overflow)?;
        self.add_fraction_of_days(fraction, 30)
    }

    /// Adds `(value + fraction) * unit` years; a fraction becomes months.
    pub(super) fn add_years(&mut self, value: i64, fraction: f64, unit: i32) -> Result<(), DecodeError> {
        let whole = i32::try_from(value).ok().and_then(|value| value.checked_mul(unit));
        self.years = whole.and_then(|years| self.years.checked_add(years)).ok_or(Overflow)?;
        let months = (fraction * f64::from(unit) * 12.0).round_ties_even() as i32;
        self.months = self.months.checked_add(months).ok_or(Overflow)?;
        Ok(())
    }

    fn negate(&mut self) -> Result<(), DecodeError> {
        self.years = self.years.checked_neg().ok_or(Overflow)?;
        self.months = self.months.checked_neg().ok_or(Overflow)?;
        self.days = self.days.checked_neg().ok_or(Overflow)?;
        self.micros = self.micros.checked_neg().ok_or(Overflow)?;
        Ok(())
    }

    /// Makes every part negative or zero: SQL's sign in front counts for all fields.
    fn all_negative(&mut self) {
        self.years = -self.years.abs();
        self.months = -self.months.abs();
        self.days = -self.days.abs();
        self.micros = -self.micros.abs();
    }
}

/// Units that have had their value, one bit each.
mod found {
    pub(super) const TIME: u32 = 0b1_1111;
    pub(super) const MICROSECOND: u32 = 1;
    pub(super) const MILLISECOND: u32 = 1 << 1;
    pub(super) const SECOND: u32 = 1 << 2;
    pub(super) const SECONDS: u32 = 0b111;
    pub(super) const MINUTE: u32 = 1 << 3;
    pub(super) const HOUR: u32 = 1 << 4;
    pub(super) const DAY: u32 = 1 << 5;
    pub(super) const WEEK: u32 = 1 << 6;
    pub(super) const MONTH: u32 = 1 << 7;
    pub(super) const YEAR: u32 = 1 << 8;
    pub(super) const DECADE: u32 = 1 << 9;
    pub(super) const CENTURY: u32 = 1 << 10;
    pub(super) const MILLENNIUM: u32 = 1 << 11;
}

/// Fields are read from the back, so that a unit is known before its number.
fn decode(text: &str, fields: i32, style: IntervalStyle) -> Result<Parts, DecodeError> {
    let words = lex::fields(text).ok_or(Format)?;
    let mut decoder = Decoder { fields, unit: None, found: 0, ago: false, needs_unit: false, parts: Parts::default() };
    for word in words.iter().rev() {
        let mask = decoder.field(word)?;
        if mask & decoder.found != 0 {
            return Err(Format);
        }
        decoder.found |= mask;
    }
    if decoder.found == 0 {
        return Err(Format);
    }
    let signed = |field: &Field| field.text.starts_with(['-', '+']);
    if style == IntervalStyle::SqlStandard && words[0].text.starts_with('-') && !words[1..].iter().any(signed) {
        decoder.parts.all_negative();
    }
    if decoder.ago {
        decoder.parts.negate()?;
    }
    Ok(decoder.parts)
}

struct Decoder {
    /// Fields of the type's modifier: they say what a bare number counts.
    fields: i32,
    /// Unit of the number to the left.
    unit: Option<Unit>,
    found: u32,
    ago: bool,
    /// Directly before `ago` stands a unit, never a number.
    needs_unit: bool,
    parts: Parts,
}

impl Decoder {
    fn field(&mut self, field: &Field) -> Result<u32, DecodeError> {
        match field.kind {
            Kind::Time => self.time(&field.text, false),
            Kind::Signed => {
                let (sign, rest) = field.text.split_at(1);
                match rest.contains(':') {
                    true => self.time(rest, sign == "-"),
                    false => self.number(&field.text),
                }
            }
            Kind::Date | Kind::Number => self.number(&field.text),
            Kind::Text | Kind::SignedText => self.word(&field.text),
        }
    }

    fn word(&mut self, word: &str) -> Result<u32, DecodeError> {
        if word == "ago" {
            self.ago = true;
            self.needs_unit = true;
            return Ok(0);
        }
        self.unit = Some(unit_word(word).ok_or(Format)?);
        self.needs_unit = false;
        Ok(0)
    }

    fn time(&mut self, text: &str, negative: bool) -> Result<u32, DecodeError> {
        let micros = time(text, self.fields)?;
        let micros = if negative { -micros } else { micros };
        self.parts.micros = self.parts.micros.checked_add(micros).ok_or(Overflow)?;
        self.needs_unit = false;
        self.unit = Some(Unit::Day); // `1 02:03` is a day and two hours
        Ok(found::TIME)
    }

    fn number(&mut self, text: &str) -> Result<u32, DecodeError> {
        if self.needs_unit {
            return Err(Format);
        }
        let unit = *self.unit.get_or_insert(default_unit(self.fields));
        let unsigned = text.trim_start_matches(['+', '-']);
        let negative = text.starts_with('-');
        let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
        let (whole, rest) = unsigned.split_at(digits);
        let sign = if negative { "-" } else { "" };
        let value: i64 = match whole {
            "" => 0,
            _ => format!("{sign}{whole}").parse().map_err(|_| Overflow)?,
        };
        if let Some(months) = rest.strip_prefix('-') {
            return self.years_months(value, negative, months);
        }
        let fraction = match rest {
            "" | "." => 0.0,
            _ if rest.starts_with('.') => format!("{sign}0{rest}").parse::<f64>().map_err(|_| Format)?,
            _ => return Err(Format),
        };
        self.add(unit, value, fraction)
    }

    /// SQL's `years-months`.
    fn years_months(&mut self, years: i64, negative: bool, months: &str) -> Result<u32, DecodeError> {
        let months: i64 = months.parse().map_err(|_| Format)?;
        if !(0..12).contains(&months) {
            return Err(Overflow);
        }
        let months = if negative { -months } else { months };
        let total = years.checked_mul(12).and_then(|total| total.checked_add(months)).ok_or(Overflow)?;
        self.unit = Some(Unit::Month);
        self.parts.add_months(total, 0.0)?;
        Ok(found::MONTH)
    }

    fn add(&mut self, unit: Unit, value: i64, fraction: f64) -> Result<u32, DecodeError> {
        let parts = &mut self.parts;
        Ok(match unit {
            Unit::Microsecond => {
                parts.add_micros(value, fraction, 1)?;
                found::MICROSECOND
            }
            Unit::Millisecond => {
                parts.add_micros(value, fraction, 1000)?;
                found::MILLISECOND
            }
            Unit::Second => {
                parts.add_micros(value, fraction, SECOND)?;
                if fraction == 0.0 { found::SECOND } else { found::SECONDS }
            }
            Unit::Minute => {
                parts.add_micros(value, fraction, MINUTE)?;
                found::MINUTE
            }
            Unit::Hour => {
                parts.add_micros(value, fraction, HOUR)?;
                self.unit = Some(Unit::Day);
                found::HOUR
            }
            Unit::Day => {
                parts.add_days(value, fraction, 1)?;
                found::DAY
            }
            Unit::Week => {
                parts.add_days(value, fraction, 7)?;
                found::WEEK
            }
            Unit::Month => {
                parts.add_months(value, fraction)?;
                found::MONTH
            }
            Unit::Year => {
                parts.add_years(value, fraction, 1)?;
                found::YEAR
            }
            Unit::Decade => {
                parts.add_years(value, fraction, 10)?;
                found::DECADE
            }
            Unit::Century => {
                parts.add_years(value, fraction, 100)?;
                found::CENTURY
            }
            Unit::Millennium => {
                parts.add_years(value, fraction, 1000)?;
                found::MILLENNIUM
            }
            Unit::Quarter | Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute => return Err(Format),
        })
    }
}

/// What the rightmost bare number counts: the smallest field of the type.
fn default_unit(fields: i32) -> Unit {
    match fields {
        range::YEAR => Unit::Year,
        _ if fields == range::MONTH || fields == range::YEAR | range::MONTH => Unit::Month,
        range::DAY => Unit::Day,
        _ if fields == range::HOUR || fields == range::DAY | range::HOUR => Unit::Hour,
        _ if fields & range::MINUTE != 0 && fields & range::SECOND == 0 => Unit::Minute,
        _ => Unit::Second,
    }
}

/// `hh:mm`, `hh:mm:ss`, `mm:ss.fff`, in microseconds. Hours are not bounded by the day.
fn time(text: &str, fields: i32) -> Result<i64, DecodeError> {
    let clock = super::parts::time(text)?;
    let minutes_to_seconds = fields == range::MINUTE | range::SECOND && text.matches(':').count() == 1;
    let (hour, minute, second) = match minutes_to_seconds && !text.contains('.') {
        true => (0, clock.hour, i64::from(clock.minute)),
        false => (clock.hour, i64::from(clock.minute), i64::from(clock.second)),
    };
    let seconds =
        hour.checked_mul(3600).and_then(|seconds| seconds.checked_add(minute * 60 + second)).ok_or(Overflow)?;
    seconds.checked_mul(SECOND).and_then(|micros| micros.checked_add(i64::from(clock.micros))).ok_or(Overflow)
}
