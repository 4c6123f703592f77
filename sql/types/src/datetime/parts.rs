//! The pieces of date and time text: runs of a date, times of day, fractions, zone offsets.

use super::SECOND;
use super::calendar::Clock;
use super::decode::DecodeError::{self, Format, Overflow, ZoneOverflow};
use super::zones::Offset;

/// The runs of digits and of letters in a date; `None` when it ends in separators (one is tolerated).
pub(super) fn date_parts(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        if rest.is_empty() {
            return Some(parts);
        }
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let first = rest.chars().next()?;
        let same = |c: char| if first.is_ascii_digit() { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        // The character after a run separates, whatever it is.
        rest = rest.get(end + 1..).unwrap_or("");
    }
}

/// `.789` as microseconds, rounded half to even.
pub(super) fn micros(fraction: &str) -> Result<i32, DecodeError> {
    let value: f64 = match fraction {
        "." => 0.0,
        _ => format!("0{fraction}").parse().map_err(|_| Format)?,
    };
    Ok((value * SECOND as f64).round_ties_even() as i32)
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.ffffff`, `mm:ss.ffffff`
pub(super) fn time(text: &str) -> Result<Clock, DecodeError> {
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut parts = whole.split(':');
    let mut next = || match parts.next() {
        None => Ok(None),
        // PostgreSQL reads an empty field as 0: `12:` is noon.
        Some("") => Ok(Some(0)),
        Some(digits) => digits.parse::<i64>().map(Some).map_err(|_| Overflow),
    };
    let (first, second, third, more) = (next()?, next()?, next()?, next()?);
    let (Some(first), Some(second), None) = (first, second, more) else { return Err(Format) };
    let micros = if fraction.is_empty() { 0 } else { micros(fraction)? };
    let (hour, minute, second) = match (third, fraction.is_empty()) {
        (Some(third), _) => (first, second, third),
        (None, true) => (first, second, 0),
        (None, false) => (0, first, second),
    };
    if !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return Err(Overflow);
    }
    Ok(Clock { hour, minute: minute as i32, second: second as i32, micros })
}

/// `+hh`, `+hhmm`, `+hh:mm`, `+hh:mm:ss` as seconds east.
pub(super) fn offset(text: &str) -> Result<Offset, DecodeError> {
    const HOURS_MAX: i32 = 15;
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'+') => (false, &text[1..]),
        Some(b'-') => (true, &text[1..]),
        _ => return Err(Format),
    };
    let mut rest = digits;
    let (mut hour, mut more) = offset_part(&mut rest)?;
    let (mut minute, mut second) = (0, 0);
    if !more && rest.is_empty() && text.len() > 3 {
        (hour, minute) = (hour / 100, hour % 100);
    }
    for part in [&mut minute, &mut second] {
        if more {
            (*part, more) = offset_part(&mut rest)?;
        }
    }
    // In this order: a number too large is reported before what follows it.
    if hour > HOURS_MAX || minute > 59 || second > 59 {
        return Err(ZoneOverflow);
    }
    if more || !rest.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Format);
    }
    let offset = (hour * 60 + minute) * 60 + second;
    Ok(if negative { -offset } else { offset })
}

/// A number of an offset, and whether a colon follows it (which is taken).
fn offset_part(rest: &mut &str) -> Result<(i32, bool), DecodeError> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (part, after) = rest.split_at(end);
    let value = if part.is_empty() { 0 } else { part.parse().map_err(|_| ZoneOverflow)? };
    *rest = after.strip_prefix(':').unwrap_or(after);
    Ok((value, after.starts_with(':')))
}
