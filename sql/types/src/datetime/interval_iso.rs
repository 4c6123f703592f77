//! ISO 8601 durations: `P1Y2M3DT4H5M6S`, `P2W`, `P0001-02-03T04:05:06`, `P00010203T040506`.

use super::decode::DecodeError::{self, Format, Overflow};
use super::interval_input::Parts;
use super::{HOUR, MINUTE, SECOND};

/// Decodes a duration. Follows PostgreSQL's `DecodeISO8601Interval`.
pub(super) fn decode(text: &str) -> Result<Parts, DecodeError> {
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or(Format)?;
    let mut parts = Parts::default();
    let mut in_date = true;
    let mut has_field = false;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            in_date = false;
            has_field = false;
            rest = time;
            continue;
        }
        let (value, fraction, width, after) = number(rest)?;
        let mut chars = after.chars();
        let unit = chars.next();
        let next = chars.as_str();
        match (in_date, unit) {
            (true, Some('Y')) => parts.add_years(value, fraction, 1)?,
            (true, Some('M')) => parts.add_months(value, fraction)?,
            (true, Some('W')) => parts.add_days(value, fraction, 7)?,
            (true, Some('D')) => parts.add_days(value, fraction, 1)?,
            (true, Some('T') | None) => {
                if width == 8 && !has_field {
                    // YYYYMMDD
                    parts.add_years(value / 10_000, 0.0, 1)?;
                    parts.add_months(value / 100 % 100, 0.0)?;
                    parts.add_days(value % 100, fraction, 1)?;
                    rest = after;
                    has_field = true;
                    continue;
                }
                if has_field {
                    return Err(Format);
                }
                parts.add_years(value, fraction, 1)?;
                if unit.is_none() {
                    return Ok(parts);
                }
                in_date = false;
                has_field = false;
                rest = next;
                continue;
            }
            (true, Some('-')) => {
                if has_field {
                    return Err(Format);
                }
                parts.add_years(value, fraction, 1)?;
                rest = extended_date(&mut parts, next)?;
                has_field = true;
                continue;
            }
            (false, Some('H')) => parts.add_micros(value, fraction, HOUR)?,
            (false, Some('M')) => parts.add_micros(value, fraction, MINUTE)?,
            (false, Some('S')) => parts.add_micros(value, fraction, SECOND)?,
            (false, None) => {
                if width == 6 && !has_field {
                    // HHMMSS
                    parts.add_micros(value / 10_000, 0.0, HOUR)?;
                    parts.add_micros(value / 100 % 100, 0.0, MINUTE)?;
                    parts.add_micros(value % 100, fraction, SECOND)?;
                } else if has_field {
                    return Err(Format);
                } else {
                    parts.add_micros(value, fraction, HOUR)?;
                }
                return Ok(parts);
            }
            (false, Some(':')) => {
                if has_field {
                    return Err(Format);
                }
                parts.add_micros(value, fraction, HOUR)?;
                return extended_time(parts, next);
            }
            _ => return Err(Format),
        }
        rest = next;
        has_field = true;
    }
    Ok(parts)
}

/// `MM-DD` after `YYYY-`; what follows the date.
fn extended_date<'a>(parts: &mut Parts, text: &'a str) -> Result<&'a str, DecodeError> {
    let (months, fraction, _, rest) = number(text)?;
    parts.add_months(months, fraction)?;
    if rest.is_empty() || rest.starts_with('T') {
        return Ok(rest);
    }
    let (days, fraction, _, rest) = number(rest.strip_prefix('-').ok_or(Format)?)?;
    parts.add_days(days, fraction, 1)?;
    match rest.is_empty() || rest.starts_with('T') {
        true => Ok(rest),
        false => Err(Format),
    }
}

/// `MM:SS` after `HH:`.
fn extended_time(mut parts: Parts, text: &str) -> Result<Parts, DecodeError> {
    let (minutes, fraction, _, rest) = number(text)?;
    parts.add_micros(minutes, fraction, MINUTE)?;
    if rest.is_empty() {
        return Ok(parts);
    }
    let (seconds, fraction, _, rest) = number(rest.strip_prefix(':').ok_or(Format)?)?;
    parts.add_micros(seconds, fraction, SECOND)?;
    if rest.is_empty() { Ok(parts) } else { Err(Format) }
}

/// A signed decimal number: its whole part, its fraction, the count of whole digits, and what follows.
fn number(text: &str) -> Result<(i64, f64, usize, &str), DecodeError> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    let accept = |c: char| c.is_ascii_digit() || c == '.';
    let end = unsigned.find(|c| !accept(c)).unwrap_or(unsigned.len());
    let (digits, rest) = unsigned.split_at(end);
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    if digits.is_empty() || digits == "." {
        return Err(Format);
    }
    let value = match whole {
        "" => 0,
        _ => format!("{sign}{whole}").parse::<i32>().map_err(|_| Overflow)?,
    };
    let part = match fraction {
        "" | "." => 0.0,
        _ => format!("{sign}0{fraction}").parse::<f64>().map_err(|_| Format)?,
    };
    Ok((i64::from(value), part, whole.len(), rest))
}
