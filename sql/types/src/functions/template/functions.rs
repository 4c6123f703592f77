//! The templates' names in SQL.

use crate::datetime::is_infinite;
use crate::datum::Interval;
use crate::error::SqlError;
use crate::functions::args::{Date, Timestamp, Timestamptz};
use crate::functions::declare::{f, functions};
use crate::kernel::EvalContext;
use crate::numeric::Numeric;

use super::date_input::{to_date, to_timestamp};
use super::date_output::{Moment, to_char};
use super::number::{Template, parse};
use super::number_input::to_number;
use super::number_output::{self, Digits, to_char_roman};

/// Digits of a double that mean something.
const DOUBLE_DIGITS: usize = 15;
/// Digits of a real that mean something.
const REAL_DIGITS: usize = 6;

fn timestamp(at: Timestamp, template: &str) -> Result<Option<String>, SqlError> {
    if template.is_empty() || is_infinite(at.0) {
        return Ok(None);
    }
    to_char(&Moment::of_local(at.0, None), template).map(Some)
}

fn timestamptz(context: &EvalContext<'_>, at: Timestamptz, template: &str) -> Result<Option<String>, SqlError> {
    if template.is_empty() || is_infinite(at.0) {
        return Ok(None);
    }
    let zone = &context.settings.time_zone;
    let offset = (zone.offset_at(at.0), zone.abbreviation_at(at.0));
    to_char(&Moment::of_local(zone.to_local(at.0)?, Some(offset)), template).map(Some)
}

fn interval(interval: Interval, template: &str) -> Result<Option<String>, SqlError> {
    if template.is_empty() {
        return Ok(None);
    }
    to_char(&Moment::of_interval(interval), template).map(Some)
}

/// ` 1.23e+04`: C's `%e` with a blank for the plus sign.
fn scientific(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    let blank = if mantissa.starts_with('-') { "" } else { " " };
    format!("{blank}{mantissa}e{sign}{exponent:0>2}")
}

/// What stands for a number without digits.
fn no_number(template: &Template) -> String {
    "#".repeat(template.before + 1) + "." + &"#".repeat(template.after) + "####"
}

fn numeric(value: Numeric, text: &str) -> Result<String, SqlError> {
    let mut template = parse(text)?;
    if template.roman {
        return Ok(to_char_roman(&template, value.to_i32().map_or(0, i64::from)));
    }
    if template.scientific {
        return match value {
            Numeric::Finite { .. } => Ok(numeric_scientific(value, template.after)),
            _ => Ok(no_number(&template)),
        };
    }
    let value = match template.shift {
        0 => value,
        shift => {
            template.before += shift;
            value.checked_mul(Numeric::integer(10).power(Numeric::integer(shift as i64))?)?
        }
    };
    let rounded = value.round(template.after as i32)?;
    Ok(number_output::to_char(template, Digits { negative: rounded.is_negative(), text: rounded.abs().to_string() }))
}

/// The digits of a number with one before the point and `after` behind it, rounded half away from zero.
fn numeric_scientific(value: Numeric, after: usize) -> String {
    let Numeric::Finite { coefficient, scale } = value else { return String::new() };
    let digits = coefficient.unsigned_abs().to_string();
    let mut exponent = digits.len() as i32 - 1 - i32::from(scale);
    if coefficient == 0 {
        exponent = 0;
    }
    let mut kept: Vec<u8> = digits.bytes().chain(std::iter::repeat(b'0')).take(after + 1).collect();
    let round_up = digits.as_bytes().get(after + 1).is_some_and(|digit| *digit >= b'5');
    if round_up && increment(&mut kept) {
        exponent += 1;
    }
    let kept = String::from_utf8_lossy(&kept).into_owned();
    let point = if after > 0 { "." } else { "" };
    let sign = if coefficient < 0 { "-" } else { "" };
    scientific(&format!("{sign}{}{point}{}e{exponent}", &kept[..1], &kept[1..]))
}

/// Adds one in the last place; true when that made one digit more.
fn increment(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit != b'9' {
            *digit += 1;
            return false;
        }
        *digit = b'0';
    }
    digits[0] = b'1';
    true
}

fn integer(value: i64, text: &str) -> Result<String, SqlError> {
    let mut template = parse(text)?;
    if template.roman {
        return Ok(to_char_roman(&template, value));
    }
    if template.scientific {
        return Ok(numeric_scientific(Numeric::integer(value), template.after));
    }
    let mut digits = value.unsigned_abs().to_string();
    if template.shift > 0 {
        template.before += template.shift;
        digits.push_str(&"0".repeat(template.shift));
    }
    if template.after > 0 {
        digits = format!("{digits}.{}", "0".repeat(template.after));
    }
    Ok(number_output::to_char(template, Digits { negative: value < 0, text: digits }))
}

fn float(value: f64, text: &str, precision: usize) -> Result<String, SqlError> {
    let mut template = parse(text)?;
    if template.roman {
        let whole = if value.is_finite() { value.round_ties_even() as i64 } else { 0 };
        return Ok(to_char_roman(&template, whole));
    }
    if template.scientific {
        return Ok(match value.is_finite() {
            true => scientific(&format!("{value:.*e}", template.after)),
            false => no_number(&template),
        });
    }
    let mut value = value;
    if template.shift > 0 {
        value *= 10_f64.powi(template.shift as i32);
        template.before += template.shift;
    }
    let whole = format!("{:.0}", value.abs()).len();
    if whole >= precision {
        template.after = 0;
    } else if whole + template.after > precision {
        template.after = precision - whole;
    }
    let digits = match (value.is_nan(), value.is_infinite()) {
        (true, _) => "NaN".to_owned(),
        (_, true) => "Infinity".to_owned(),
        _ => format!("{:.*}", template.after, value.abs()),
    };
    let zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let negative = value.is_sign_negative() && !value.is_nan() && !(zero && value == 0.0);
    Ok(number_output::to_char(template, Digits { negative, text: digits }))
}

functions! {
    2049 to_char(TIMESTAMP, TEXT) -> TEXT [stable] = f!(|at: Timestamp, template: &str| timestamp(at, template));
    1770 to_char(TIMESTAMPTZ, TEXT) -> TEXT [stable] = f!(context, |at: Timestamptz, template: &str| timestamptz(context, at, template));
    1768 to_char(INTERVAL, TEXT) -> TEXT [stable] = f!(|span: Interval, template: &str| interval(span, template));
    1772 to_char(NUMERIC, TEXT) -> TEXT [stable] = f!(|value: Numeric, template: &str| numeric(value, template));
    1773 to_char(INT4, TEXT) -> TEXT [stable] = f!(|value: i32, template: &str| integer(i64::from(value), template));
    1774 to_char(INT8, TEXT) -> TEXT [stable] = f!(|value: i64, template: &str| integer(value, template));
    1775 to_char(FLOAT4, TEXT) -> TEXT [stable] = f!(|value: f32, template: &str| float(f64::from(value), template, REAL_DIGITS));
    1776 to_char(FLOAT8, TEXT) -> TEXT [stable] = f!(|value: f64, template: &str| float(value, template, DOUBLE_DIGITS));
    1777 to_number(TEXT, TEXT) -> NUMERIC [stable] = f!(|text: &str, template: &str| to_number(text, template));
    1780 to_date(TEXT, TEXT) -> DATE [stable] = f!(|text: &str, template: &str| to_date(text, template).map(Date));
    1778 to_timestamp(TEXT, TEXT) -> TIMESTAMPTZ [stable] = f!(context, |text: &str, template: &str| to_timestamp(&context.settings.time_zone, text, template).map(Timestamptz));
}
