//! Length coercion: the second step of a cast to a type with a modifier. Assignment refuses what does not fit (22001),
//! except trailing blanks; an explicit cast cuts silently, as SQL demands.

use std::borrow::Cow;
use std::sync::Arc;

use crate::datum::{Datum, Interval};
use crate::error::{SqlError, SqlState};
use crate::ty::{Type, TypeId};

/// Brings a value of `ty.id` to `ty.modifier`. `explicit`: written as a cast. NULL stays NULL; no modifier, no change.
///
/// Errors: 22001 `value too long for type character varying(3)`, 22003 `numeric field overflow`.
pub fn coerce_length(value: Datum, ty: Type, explicit: bool) -> Result<Datum, SqlError> {
    if ty.modifier < 0 {
        return Ok(value);
    }
    Ok(match value {
        Datum::Text(text) => match ty.id {
            TypeId::VARCHAR => changed(bounded(&text, ty.modifier, explicit)?, &text),
            TypeId::BPCHAR => changed(padded(&text, ty.modifier, explicit)?, &text),
            _ => Datum::Text(text),
        },
        Datum::Numeric(number) => Datum::Numeric(number.coerce(ty.modifier)?),
        Datum::Time(micros) => Datum::Time(rounded(micros, ty.modifier)),
        Datum::Timestamp(micros) => Datum::Timestamp(rounded(micros, ty.modifier)),
        Datum::Timestamptz(micros) => Datum::Timestamptz(rounded(micros, ty.modifier)),
        Datum::Interval(interval) => Datum::Interval(interval_fields(interval, ty.modifier)),
        Datum::Array(array) => {
            let mut array = Arc::unwrap_or_clone(array);
            let element = Type { id: array.element, modifier: ty.modifier };
            for value in &mut array.elements {
                *value = coerce_length(std::mem::replace(value, Datum::Null), element, explicit)?;
            }
            Datum::Array(Arc::new(array))
        }
        other => other,
    })
}

/// The coerced text, sharing the original where nothing changed.
fn changed(coerced: Cow<'_, str>, original: &Arc<str>) -> Datum {
    if coerced.len() == original.len() { Datum::Text(original.clone()) } else { Datum::text(coerced) }
}

/// Characters that `varchar(n)` and `char(n)` allow.
fn limit(modifier: i32) -> usize {
    (modifier - 4).max(0) as usize
}

/// The longest part that fits; beyond it an assignment finds only blanks, or fails.
fn fitting<'a>(text: &'a str, modifier: i32, explicit: bool, name: &str) -> Result<&'a str, SqlError> {
    let limit = limit(modifier);
    if text.len() <= limit {
        return Ok(text);
    }
    let Some((end, _)) = text.char_indices().nth(limit) else { return Ok(text) };
    if !explicit && text[end..].bytes().any(|byte| byte != b' ') {
        return Err(SqlError::new(
            SqlState::STRING_DATA_RIGHT_TRUNCATION,
            format!("value too long for type {name}({limit})"),
        ));
    }
    Ok(&text[..end])
}

/// `varchar(n)`
pub(crate) fn bounded(text: &str, modifier: i32, explicit: bool) -> Result<Cow<'_, str>, SqlError> {
    if modifier < 4 {
        return Ok(Cow::Borrowed(text));
    }
    fitting(text, modifier, explicit, "character varying").map(Cow::Borrowed)
}

/// `char(n)`: padded with blanks to n characters.
pub(crate) fn padded(text: &str, modifier: i32, explicit: bool) -> Result<Cow<'_, str>, SqlError> {
    if modifier < 4 {
        return Ok(Cow::Borrowed(text));
    }
    let text = fitting(text, modifier, explicit, "character")?;
    let missing = limit(modifier).saturating_sub(text.chars().count());
    Ok(if missing == 0 { Cow::Borrowed(text) } else { Cow::Owned(text.to_owned() + &" ".repeat(missing)) })
}

/// Microseconds rounded to `digits` fraction digits of a second, half away from zero. The infinities stay.
pub(crate) fn rounded(micros: i64, digits: i32) -> i64 {
    if !(0..6).contains(&digits) || micros == i64::MIN || micros == i64::MAX {
        return micros;
    }
    let unit = 10_i64.pow(6 - digits as u32);
    let half = unit / 2;
    if micros >= 0 {
        micros.saturating_add(half) / unit * unit
    } else {
        -(micros.saturating_neg().saturating_add(half) / unit * unit)
    }
}

/// Bits of an interval modifier's upper half: which fields it keeps.
mod field {
    pub(super) const MONTH: i32 = 1 << 1;
    pub(super) const YEAR: i32 = 1 << 2;
    pub(super) const DAY: i32 = 1 << 3;
    pub(super) const HOUR: i32 = 1 << 10;
    pub(super) const MINUTE: i32 = 1 << 11;
    pub(super) const SECOND: i32 = 1 << 12;
}

/// `interval day to minute`, `interval(3)`: smaller fields than the smallest named one are dropped, seconds rounded.
pub(crate) fn interval_fields(interval: Interval, modifier: i32) -> Interval {
    const ALL: i32 = 0x7fff;
    const MICROS_PER_HOUR: i64 = 3_600_000_000;
    const MICROS_PER_MINUTE: i64 = 60_000_000;
    if modifier < 0 {
        return interval;
    }
    let range = (modifier >> 16) & ALL;
    let Interval { months, days, micros } = interval;
    if range == ALL || range & field::SECOND != 0 {
        return Interval { months, days, micros: rounded(micros, modifier & 0xffff) };
    }
    if range & field::MINUTE != 0 {
        return Interval { months, days, micros: micros / MICROS_PER_MINUTE * MICROS_PER_MINUTE };
    }
    if range & field::HOUR != 0 {
        return Interval { months, days, micros: micros / MICROS_PER_HOUR * MICROS_PER_HOUR };
    }
    if range & field::DAY != 0 {
        return Interval { months, days, micros: 0 };
    }
    if range & field::MONTH != 0 {
        return Interval { months, days: 0, micros: 0 };
    }
    if range & field::YEAR != 0 {
        return Interval { months: months / 12 * 12, days: 0, micros: 0 };
    }
    interval
}
