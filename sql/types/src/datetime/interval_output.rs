//! Intervals as text, in the four styles.

use std::io::Write;

use super::output::fraction;
use super::{HOUR, MINUTE, SECOND};
use crate::datum::Interval;
use crate::zone::IntervalStyle;

/// An interval's parts with one sign each.
struct Parts {
    years: i32,
    months: i32,
    days: i32,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

impl Parts {
    fn of(interval: Interval) -> Self {
        let Interval { months, days, micros } = interval;
        Self {
            years: months / 12,
            months: months % 12,
            days,
            hours: micros / HOUR,
            minutes: micros % HOUR / MINUTE,
            seconds: micros % MINUTE / SECOND,
            micros: micros % SECOND,
        }
    }

    fn has_time(&self) -> bool {
        self.hours != 0 || self.minutes != 0 || self.seconds != 0 || self.micros != 0
    }

    fn time_is_negative(&self) -> bool {
        self.hours < 0 || self.minutes < 0 || self.seconds < 0 || self.micros < 0
    }

    /// `ss[.ffffff]`, without sign.
    fn put_seconds(&self, width: usize, out: &mut Vec<u8>) {
        put(out, format_args!("{:0width$}", self.seconds.unsigned_abs()));
        fraction(self.micros.unsigned_abs() as i32, out);
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to memory cannot fail");
}

/// Appends an interval.
pub fn interval(interval: Interval, style: IntervalStyle, out: &mut Vec<u8>) {
    let parts = Parts::of(interval);
    match style {
        IntervalStyle::Postgres => postgres(&parts, out),
        IntervalStyle::PostgresVerbose => verbose(&parts, out),
        IntervalStyle::SqlStandard => sql_standard(&parts, out),
        IntervalStyle::Iso8601 => iso_8601(&parts, out),
    }
}

/// `1 year -2 mons +3 days 04:05:06`: a plus sign where the part before was negative.
fn postgres(parts: &Parts, out: &mut Vec<u8>) {
    let start = out.len();
    let mut after_negative = false;
    for (value, unit) in [(parts.years, "year"), (parts.months, "mon"), (parts.days, "day")] {
        if value == 0 {
            continue;
        }
        let blank = if out.len() > start { " " } else { "" };
        let sign = if after_negative && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        put(out, format_args!("{blank}{sign}{value} {unit}{plural}"));
        after_negative = value < 0;
    }
    if out.len() > start && !parts.has_time() {
        return;
    }
    if out.len() > start {
        out.push(b' ');
    }
    match parts.time_is_negative() {
        true => out.push(b'-'),
        false if after_negative => out.push(b'+'),
        false => {}
    }
    put(out, format_args!("{:02}:{:02}:", parts.hours.unsigned_abs(), parts.minutes.unsigned_abs()));
    parts.put_seconds(2, out);
}

/// `@ 1 year 2 mons -3 days 4 hours ago`: the first part decides the sign of the whole.
fn verbose(parts: &Parts, out: &mut Vec<u8>) {
    out.push(b'@');
    let mut ago = None;
    let whole = [
        (i64::from(parts.years), "year"),
        (i64::from(parts.months), "mon"),
        (i64::from(parts.days), "day"),
        (parts.hours, "hour"),
        (parts.minutes, "min"),
    ];
    for (value, unit) in whole {
        if value == 0 {
            continue;
        }
        let negated = *ago.get_or_insert(value < 0);
        let value = if negated { -value } else { value };
        let plural = if value == 1 { "" } else { "s" };
        put(out, format_args!(" {value} {unit}{plural}"));
    }
    if parts.seconds != 0 || parts.micros != 0 {
        let negative = parts.seconds < 0 || parts.micros < 0;
        let negated = *ago.get_or_insert(negative);
        out.push(b' ');
        if negative != negated {
            out.push(b'-');
        }
        parts.put_seconds(1, out);
        let one = parts.seconds.abs() == 1 && parts.micros == 0;
        out.extend_from_slice(if one && negative == negated { b" sec" } else { b" secs" });
    }
    match ago {
        None => out.extend_from_slice(b" 0"),
        Some(true) => out.extend_from_slice(b" ago"),
        Some(false) => {}
    }
}

/// `1-2 3 4:05:06`, with a sign for each part where the parts' signs differ.
fn sql_standard(parts: &Parts, out: &mut Vec<u8>) {
    let year_month = parts.years != 0 || parts.months != 0;
    let day_time = parts.days != 0 || parts.has_time();
    let negative = parts.years < 0 || parts.months < 0 || parts.days < 0 || parts.time_is_negative();
    let positive = parts.years > 0
        || parts.months > 0
        || parts.days > 0
        || parts.hours > 0
        || parts.minutes > 0
        || parts.seconds > 0
        || parts.micros > 0;
    let sign = |negative: bool| if negative { '-' } else { '+' };
    if (negative && positive) || (year_month && day_time) {
        // Not in the standard: every part with its sign.
        let time_sign = sign(parts.time_is_negative());
        put(
            out,
            format_args!(
                "{}{}-{} {}{} {time_sign}{}:{:02}:",
                sign(parts.years < 0 || parts.months < 0),
                parts.years.unsigned_abs(),
                parts.months.unsigned_abs(),
                sign(parts.days < 0),
                parts.days.unsigned_abs(),
                parts.hours.unsigned_abs(),
                parts.minutes.unsigned_abs(),
            ),
        );
        return parts.put_seconds(2, out);
    }
    if !negative && !positive {
        return out.push(b'0');
    }
    if negative {
        out.push(b'-');
    }
    if year_month {
        return put(out, format_args!("{}-{}", parts.years.unsigned_abs(), parts.months.unsigned_abs()));
    }
    if parts.days != 0 {
        put(out, format_args!("{} ", parts.days.unsigned_abs()));
    }
    put(out, format_args!("{}:{:02}:", parts.hours.unsigned_abs(), parts.minutes.unsigned_abs()));
    parts.put_seconds(2, out);
}

/// `P1Y2M3DT4H5M6S`
fn iso_8601(parts: &Parts, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'P');
    for (value, unit) in [(parts.years, 'Y'), (parts.months, 'M'), (parts.days, 'D')] {
        if value != 0 {
            put(out, format_args!("{value}{unit}"));
        }
    }
    if parts.has_time() {
        out.push(b'T');
        for (value, unit) in [(parts.hours, 'H'), (parts.minutes, 'M')] {
            if value != 0 {
                put(out, format_args!("{value}{unit}"));
            }
        }
        if parts.seconds != 0 || parts.micros != 0 {
            if parts.seconds < 0 || parts.micros < 0 {
                out.push(b'-');
            }
            parts.put_seconds(1, out);
            out.push(b'S');
        }
    }
    if out.len() == start + 1 {
        out.extend_from_slice(b"T0S");
    }
}
