//! Floating point as text: shortest digits that read back exactly, in PostgreSQL's notation.

use std::fmt::Write;

use super::{invalid_syntax, trimmed};
use crate::error::{SqlError, SqlState};

/// Reads a `float8`. 22P02, or 22003 when it is too large or rounds to zero.
pub fn float8(text: &str) -> Result<f64, SqlError> {
    let word = checked(text, "double precision")?;
    let value: f64 = word.parse().map_err(|_| invalid_syntax("double precision", text))?;
    in_range(value.is_infinite(), value == 0.0, word, "double precision")?;
    Ok(value)
}

/// Reads a `float4`.
pub fn float4(text: &str) -> Result<f32, SqlError> {
    let word = checked(text, "real")?;
    let value: f32 = word.parse().map_err(|_| invalid_syntax("real", text))?;
    in_range(value.is_infinite(), value == 0.0, word, "real")?;
    Ok(value)
}

/// The number without blanks, if it can be one: Rust reads the same decimal syntax as C.
fn checked<'a>(text: &'a str, type_name: &str) -> Result<&'a str, SqlError> {
    match trimmed(text) {
        "" => Err(invalid_syntax(type_name, text)),
        word => Ok(word),
    }
}

fn in_range(infinite: bool, zero: bool, word: &str, type_name: &str) -> Result<(), SqlError> {
    let digits = word.bytes().take_while(|byte| !byte.eq_ignore_ascii_case(&b'e'));
    let overflow = infinite && word.bytes().any(|byte| byte.is_ascii_digit());
    let underflow = zero && digits.into_iter().any(|byte| matches!(byte, b'1'..=b'9'));
    match overflow || underflow {
        true => {
            let message = format!("\"{word}\" is out of range for type {type_name}");
            Err(SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message))
        }
        false => Ok(()),
    }
}

/// Appends a `float8`. `extra_digits` above 0: shortest exact; else 15 + `extra_digits` significant digits.
pub fn print8(value: f64, extra_digits: i32, out: &mut Vec<u8>) {
    if special(value, out) {
        return;
    }
    let mut text = Scientific::new();
    match extra_digits {
        1.. => {
            write!(text, "{value:e}").expect("the buffer holds every double");
            let bits = value.abs().to_bits();
            let (mantissa, exponent) = parts(bits & ((1 << 52) - 1), (bits >> 52) as i32, 1 << 52, 1075);
            if text.is_midpoint(mantissa, exponent) {
                lengthen(
                    &mut text,
                    mantissa,
                    exponent,
                    |text, digits| write!(text, "{value:.digits$e}"),
                    |text| text.parse() == Ok(value),
                );
            }
        }
        _ => return general(value, (15 + extra_digits).max(1) as usize, out),
    }
    text.print(15, out);
}

/// Appends a `float4`; see [`print8`] (6 digits instead of 15).
pub fn print4(value: f32, extra_digits: i32, out: &mut Vec<u8>) {
    if special(f64::from(value), out) {
        return;
    }
    let mut text = Scientific::new();
    match extra_digits {
        1.. => {
            write!(text, "{value:e}").expect("the buffer holds every float");
            let bits = value.abs().to_bits();
            let (mantissa, exponent) = parts(u64::from(bits & ((1 << 23) - 1)), (bits >> 23) as i32, 1 << 23, 150);
            if text.is_midpoint(mantissa, exponent) {
                lengthen(
                    &mut text,
                    mantissa,
                    exponent,
                    |text, digits| write!(text, "{value:.digits$e}"),
                    |text| text.parse() == Ok(value),
                );
            }
        }
        _ => return general(f64::from(value), (6 + extra_digits).max(1) as usize, out),
    }
    text.print(6, out);
}

fn special(value: f64, out: &mut Vec<u8>) -> bool {
    let text: &[u8] = match value {
        _ if value.is_nan() => b"NaN",
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => return false,
    };
    out.extend_from_slice(text);
    true
}

/// C's `%.*g`.
fn general(value: f64, digits: usize, out: &mut Vec<u8>) {
    let mut text = Scientific::new();
    write!(text, "{value:.*e}", digits - 1).expect("the buffer holds every double");
    text.trim_zeros();
    text.print(digits as i32, out);
}

/// Mantissa and power of two of a float's fields: value = mantissa * 2^exponent.
const fn parts(fraction: u64, biased: i32, implicit: u64, bias: i32) -> (u64, i32) {
    match biased {
        0 => (fraction, 1 - bias),
        _ => (fraction | implicit, biased - bias),
    }
}

/// Takes more digits, until the text reads back as the value without being a midpoint. PostgreSQL's algorithm does not
/// rely on round-half-even of the reader: 1e23, halfway between two doubles, prints as 9.999999999999999e+22.
#[cold]
fn lengthen(
    text: &mut Scientific,
    mantissa: u64,
    exponent: i32,
    mut print: impl FnMut(&mut Scientific, usize) -> std::fmt::Result,
    reads_back: impl Fn(&str) -> bool,
) {
    let (_, _, rest, _) = text.parts();
    for digits in rest.len() + 1..=17 {
        text.length = 0;
        print(text, digits).expect("the buffer holds 18 digits");
        if reads_back(text.as_str()) && !text.is_midpoint(mantissa, exponent) {
            return;
        }
    }
}

/// `-d.dddde-xxx` on the stack.
struct Scientific {
    bytes: [u8; 48],
    length: usize,
}

impl Write for Scientific {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let place = self.bytes.get_mut(self.length..self.length + text.len()).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

impl Scientific {
    const fn new() -> Self {
        Self { bytes: [0; 48], length: 0 }
    }

    /// Sign, digits without point, decimal exponent.
    fn parts(&self) -> (bool, &[u8], &[u8], i32) {
        let text = &self.bytes[..self.length];
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let e = text.iter().position(|byte| *byte == b'e').expect("{:e} prints an exponent");
        let (mantissa, exponent) = (&text[..e], &text[e + 1..]);
        let exponent = std::str::from_utf8(exponent).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        (negative, &mantissa[..1], mantissa.get(2..).unwrap_or(&[]), exponent)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or("")
    }

    /// Does the decimal number lie exactly halfway between mantissa * 2^exponent and a neighbour?
    fn is_midpoint(&self, mantissa: u64, exponent: i32) -> bool {
        // Digits d and power of ten e with d * 10^e = odd * 2^k: 5^|e| divides one side, so |e| is small.
        const POWER_MAX: u32 = 27;
        let (_, first, rest, exponent10) = self.parts();
        let power = exponent10 - rest.len() as i32;
        if mantissa == 0 || power.unsigned_abs() > POWER_MAX {
            return false;
        }
        let digits = first.iter().chain(rest).fold(0u128, |digits, digit| digits * 10 + u128::from(digit - b'0'));
        let fives = 5u128.pow(power.unsigned_abs());
        let mantissa = u128::from(mantissa);
        // Below a power of two the neighbour is only half as far.
        let below = if mantissa.is_power_of_two() { (4 * mantissa - 1, 2) } else { (2 * mantissa - 1, 1) };
        let halves = [(2 * mantissa + 1, 1), below];
        halves.into_iter().any(|(odd, shift)| {
            let (Some(left), Some(right)) = (match power {
                0.. => (digits.checked_mul(fives), Some(odd)),
                _ => (Some(digits), odd.checked_mul(fives)),
            }) else {
                return false;
            };
            let twos = exponent - shift - power;
            match twos {
                0..128 => right.leading_zeros() >= twos as u32 && left == right << twos,
                -127..0 => left.leading_zeros() >= twos.unsigned_abs() && left << twos.unsigned_abs() == right,
                _ => false,
            }
        })
    }

    /// Removes zeros at the end of the mantissa.
    fn trim_zeros(&mut self) {
        let text = &self.bytes[..self.length];
        let Some(e) = text.iter().position(|byte| *byte == b'e') else { return };
        if !text[..e].contains(&b'.') {
            return;
        }
        let mut end = e;
        while self.bytes[end - 1] == b'0' {
            end -= 1;
        }
        if self.bytes[end - 1] == b'.' {
            end -= 1;
        }
        self.bytes.copy_within(e..self.length, end);
        self.length -= e - end;
    }

    /// Appends it with an exponent only below 1e-4 and from 10^`digits` up.
    fn print(&self, digits: i32, out: &mut Vec<u8>) {
        let (negative, first, rest, exponent) = self.parts();
        if negative {
            out.push(b'-');
        }
        if exponent < -4 || exponent >= digits {
            out.extend_from_slice(first);
            if !rest.is_empty() {
                out.push(b'.');
                out.extend_from_slice(rest);
            }
            let sign = if exponent < 0 { '-' } else { '+' };
            std::io::Write::write_fmt(out, format_args!("e{sign}{:02}", exponent.unsigned_abs())).expect("memory");
        } else if exponent < 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + exponent.unsigned_abs() as usize - 1, b'0');
            out.extend_from_slice(first);
            out.extend_from_slice(rest);
        } else {
            let whole = exponent as usize;
            out.extend_from_slice(first);
            out.extend_from_slice(&rest[..rest.len().min(whole)]);
            out.resize(out.len() + whole.saturating_sub(rest.len()), b'0');
            if rest.len() > whole {
                out.push(b'.');
                out.extend_from_slice(&rest[whole..]);
            }
        }
    }
}
