//! Dates and times as text, in the session's style.

use std::io::Write;

use super::calendar::{Civil, Clock, day_of_week, split};
use super::zones::{Offset, Offsets};
use super::{DATE_INFINITY, DATE_NEG_INFINITY, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY};
use crate::kernel::EvalSettings;
use crate::zone::{DateFormat, DateOrder, DateStyle};

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Appends a `date`.
pub fn date(days: i32, style: DateStyle, out: &mut Vec<u8>) {
    match days {
        DATE_INFINITY => return out.extend_from_slice(b"infinity"),
        DATE_NEG_INFINITY => return out.extend_from_slice(b"-infinity"),
        _ => {}
    }
    let date = Civil::from_days(days);
    civil(date, style, out);
    era(date, out);
}

/// Appends a `time`.
pub fn time(micros: i64, out: &mut Vec<u8>) {
    clock(Clock::from_micros(micros), out);
}

/// Appends a `timestamp`.
pub fn timestamp(timestamp: i64, style: DateStyle, out: &mut Vec<u8>) {
    if !infinity(timestamp, out) {
        moment(timestamp, style, None, out);
    }
}

/// Appends a `timestamptz`, shown in the session's zone.
pub fn timestamptz(instant: i64, settings: &EvalSettings, out: &mut Vec<u8>) {
    if infinity(instant, out) {
        return;
    }
    let (local, offset) = settings.time_zone.local_for_output(instant);
    let abbreviation = match settings.date_style.format {
        DateFormat::Iso => String::new(),
        _ => settings.time_zone.abbreviation_at(instant),
    };
    moment(local, settings.date_style, Some((offset, &abbreviation)), out);
}

fn infinity(timestamp: i64, out: &mut Vec<u8>) -> bool {
    match timestamp {
        TIMESTAMP_INFINITY => out.extend_from_slice(b"infinity"),
        TIMESTAMP_NEG_INFINITY => out.extend_from_slice(b"-infinity"),
        _ => return false,
    }
    true
}

fn moment(local: i64, style: DateStyle, zone: Option<(Offset, &str)>, out: &mut Vec<u8>) {
    let (days, micros) = split(local);
    let (date, time) = (Civil::from_days(days), Clock::from_micros(micros));
    match style.format {
        DateFormat::Iso | DateFormat::Sql | DateFormat::German => {
            civil(date, style, out);
            out.push(b' ');
            clock(time, out);
        }
        DateFormat::Postgres => {
            let (weekday, month) = (WEEKDAYS[day_of_week(days) as usize], MONTHS[date.month as usize - 1]);
            let first = match style.order {
                DateOrder::Dmy => format!("{:02} {month}", date.day),
                _ => format!("{month} {:02}", date.day),
            };
            put(out, format_args!("{weekday} {first} "));
            clock(time, out);
            put(out, format_args!(" {:04}", shown_year(date)));
        }
    }
    if let Some((offset, abbreviation)) = zone {
        match style.format {
            DateFormat::Iso => put_offset(offset, out),
            _ => put(out, format_args!(" {abbreviation}")),
        }
    }
    era(date, out);
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to memory cannot fail");
}

/// 1 BC is year 0.
const fn shown_year(date: Civil) -> i32 {
    if date.year > 0 { date.year } else { 1 - date.year }
}

fn era(date: Civil, out: &mut Vec<u8>) {
    if date.year <= 0 {
        out.extend_from_slice(b" BC");
    }
}

fn civil(date: Civil, style: DateStyle, out: &mut Vec<u8>) {
    let year = shown_year(date);
    let (first, second) = match style.order {
        DateOrder::Dmy => (date.day, date.month),
        _ => (date.month, date.day),
    };
    match style.format {
        DateFormat::Iso => {
            put_year(year, out);
            out.push(b'-');
            two_digits(date.month, out);
            out.push(b'-');
            two_digits(date.day, out);
        }
        DateFormat::Sql => put(out, format_args!("{first:02}/{second:02}/{year:04}")),
        DateFormat::Postgres => put(out, format_args!("{first:02}-{second:02}-{year:04}")),
        DateFormat::German => put(out, format_args!("{:02}.{:02}.{year:04}", date.day, date.month)),
    }
}

fn put_year(year: i32, out: &mut Vec<u8>) {
    match year {
        0..10_000 => {
            two_digits(year / 100, out);
            two_digits(year % 100, out);
        }
        _ => crate::io::int::print(i64::from(year), out),
    }
}

fn two_digits(value: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
}

/// `HH:MM:SS` and as many of six fraction digits as are not trailing zeros.
pub(super) fn clock(clock: Clock, out: &mut Vec<u8>) {
    two_digits(clock.hour as i32, out);
    out.push(b':');
    two_digits(clock.minute, out);
    out.push(b':');
    two_digits(clock.second, out);
    fraction(clock.micros, out);
}

/// `.ffffff` without trailing zeros; nothing for 0.
pub(super) fn fraction(micros: i32, out: &mut Vec<u8>) {
    if micros == 0 {
        return;
    }
    out.push(b'.');
    let (mut rest, mut unit) = (micros, 100_000);
    while rest > 0 {
        out.push(b'0' + (rest / unit) as u8);
        rest %= unit;
        unit /= 10;
    }
}

fn put_offset(offset: Offset, out: &mut Vec<u8>) {
    if offset % 3600 == 0 {
        out.push(if offset < 0 { b'-' } else { b'+' });
        two_digits(offset.abs() / 3600, out);
    } else {
        put(out, format_args!("{}", Offsets(offset)));
    }
}
