//! Numeric values as key bytes.
//!
//! ```text
//!  class                     then
//!  01  -infinity             nothing
//!  02  negative              exponent and digits as below, every byte inverted
//!  03  zero                  nothing
//!  04  positive              exponent (2 bytes, big-endian, + 8000h), digits, 00
//!  05  +infinity             nothing
//!  06  NaN                   nothing
//! ```
//! The value is 0.d1d2d3... x 10^exponent with d1 > 0. Digits go two to a byte (00..99, stored + 1), trailing zeros are
//! dropped, an odd last digit is filled with a zero; the closing 00 is below every pair. So 1, 1.0 and 1.00 are the same
//! bytes, and 105 (10 50) sorts after 10 (10) and before 11 (11 after a longer common exponent).

use super::KeyError;

/// Largest scale of a numeric, PostgreSQL's limit.
pub const NUMERIC_SCALE_MAX: u32 = 16_383;

const CLASS_NEGATIVE_INFINITY: u8 = 0x01;
const CLASS_NEGATIVE: u8 = 0x02;
const CLASS_ZERO: u8 = 0x03;
const CLASS_POSITIVE: u8 = 0x04;
const CLASS_INFINITY: u8 = 0x05;
const CLASS_NAN: u8 = 0x06;

/// Added to the exponent to make it unsigned.
const EXPONENT_BIAS: i32 = 0x8000;
/// Closes the digits; below every stored pair.
const DIGITS_END: u8 = 0x00;
/// Most digit pairs of a coefficient: `u128::MAX` has 39 digits.
const PAIRS_MAX: usize = 20;

const _: () = assert!((u128::MAX.ilog10() as usize) < 2 * PAIRS_MAX);
const _: () = assert!((NUMERIC_SCALE_MAX as i32) < EXPONENT_BIAS && 2 * (PAIRS_MAX as i32) < EXPONENT_BIAS);

/// A numeric value as keys see it: numerically equal values are equal, whatever scale they were written with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NumericKey {
    /// Below every number.
    NegativeInfinity,
    /// An ordinary number.
    Finite(Decimal),
    /// Above every number.
    Infinity,
    /// Equal to itself and above everything else, as in PostgreSQL.
    NaN,
}

/// `coefficient / 10^scale` with the smallest possible scale.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Decimal {
    coefficient: i128,
    scale: u32,
}

impl NumericKey {
    /// The number `coefficient / 10^scale`.
    ///
    /// # Panics
    /// When `scale` exceeds [`NUMERIC_SCALE_MAX`]: no numeric has more.
    pub fn from_parts(coefficient: i128, scale: u32) -> Self {
        assert!(scale <= NUMERIC_SCALE_MAX, "numeric scale {scale} exceeds {NUMERIC_SCALE_MAX}");
        let (mut coefficient, mut scale) = (coefficient, if coefficient == 0 { 0 } else { scale });
        while scale > 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            scale -= 1;
        }
        Self::Finite(Decimal { coefficient, scale })
    }

    /// Coefficient and scale of an ordinary number, with the smallest scale; `None` for NaN and the infinities.
    pub fn to_parts(self) -> Option<(i128, u32)> {
        match self {
            Self::Finite(Decimal { coefficient, scale }) => Some((coefficient, scale)),
            Self::NegativeInfinity | Self::Infinity | Self::NaN => None,
        }
    }
}

/// Appends the ascending encoding of `value`.
pub(super) fn encode(value: &NumericKey, out: &mut Vec<u8>) {
    let class = match value {
        NumericKey::NegativeInfinity => CLASS_NEGATIVE_INFINITY,
        NumericKey::Finite(decimal) => match decimal.coefficient.signum() {
            -1 => CLASS_NEGATIVE,
            0 => CLASS_ZERO,
            _ => CLASS_POSITIVE,
        },
        NumericKey::Infinity => CLASS_INFINITY,
        NumericKey::NaN => CLASS_NAN,
    };
    out.push(class);
    let start = out.len();
    if let (NumericKey::Finite(decimal), CLASS_NEGATIVE | CLASS_POSITIVE) = (value, class) {
        encode_magnitude(decimal.coefficient.unsigned_abs(), decimal.scale, out);
    }
    if class == CLASS_NEGATIVE {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

fn encode_magnitude(magnitude: u128, scale: u32, out: &mut Vec<u8>) {
    let digit_count = magnitude.ilog10() + 1;
    let exponent = digit_count as i32 - scale as i32;
    out.extend_from_slice(&((exponent + EXPONENT_BIAS) as u16).to_be_bytes());
    let first_pair = out.len();
    push_pairs(magnitude, digit_count, out);
    while out.len() > first_pair + 1 && out.last() == Some(&pair_byte(0)) {
        out.pop();
    }
    out.push(DIGITS_END);
}

/// Pushes the digits from the front, two to a byte. An odd count is filled with a zero at the end.
fn push_pairs(magnitude: u128, digit_count: u32, out: &mut Vec<u8>) {
    let mut pairs = [0u8; PAIRS_MAX];
    let count = digit_count.div_ceil(2) as usize;
    let mut rest = magnitude;
    let mut at = count;
    if digit_count % 2 == 1 {
        at -= 1;
        pairs[at] = pair_byte((rest % 10) as u8 * 10);
        rest /= 10;
    }
    // Most coefficients fit 64 bits, where division is several times cheaper than in 128.
    while rest > u128::from(u64::MAX) {
        at -= 1;
        pairs[at] = pair_byte((rest % 100) as u8);
        rest /= 100;
    }
    let mut rest = rest as u64;
    while at > 0 {
        at -= 1;
        pairs[at] = pair_byte((rest % 100) as u8);
        rest /= 100;
    }
    out.extend_from_slice(&pairs[..count]);
}

const fn pair_byte(pair: u8) -> u8 {
    pair + 1
}

/// Reads one ascending encoding from `next`, which gives the bytes one by one.
pub(super) fn decode(mut next: impl FnMut() -> Result<u8, KeyError>) -> Result<NumericKey, KeyError> {
    match next()? {
        CLASS_NEGATIVE_INFINITY => Ok(NumericKey::NegativeInfinity),
        CLASS_ZERO => Ok(NumericKey::from_parts(0, 0)),
        CLASS_INFINITY => Ok(NumericKey::Infinity),
        CLASS_NAN => Ok(NumericKey::NaN),
        CLASS_POSITIVE => decode_magnitude(false, next),
        CLASS_NEGATIVE => decode_magnitude(true, || Ok(!next()?)),
        byte => Err(KeyError::Unexpected { byte, expected: "a numeric class" }),
    }
}

fn decode_magnitude(negative: bool, mut next: impl FnMut() -> Result<u8, KeyError>) -> Result<NumericKey, KeyError> {
    let exponent = i32::from(u16::from_be_bytes([next()?, next()?])) - EXPONENT_BIAS;
    let (magnitude, digit_count) = decode_digits(next)?;
    let (magnitude, scale) = place_point(magnitude, digit_count, exponent)?;
    let coefficient = if negative { 0i128.checked_sub_unsigned(magnitude) } else { i128::try_from(magnitude).ok() };
    Ok(NumericKey::from_parts(coefficient.ok_or(KeyError::Numeric)?, scale))
}

/// The digits as one number without trailing zeros, and how many they are. A pair is added when the next byte tells
/// whether it was the last one, whose second digit may be the filler.
fn decode_digits(mut next: impl FnMut() -> Result<u8, KeyError>) -> Result<(u128, i32), KeyError> {
    let (mut magnitude, mut digit_count) = (0u128, 0);
    let mut pair = take_pair(&mut next)?.filter(|&first| first >= 10).ok_or(KeyError::Numeric)?;
    while let Some(following) = take_pair(&mut next)? {
        magnitude = append(magnitude, 100, pair)?;
        digit_count += 2;
        pair = following;
    }
    match (pair, pair % 10) {
        (0, _) => Err(KeyError::Numeric),
        (_, 0) => Ok((append(magnitude, 10, pair / 10)?, digit_count + 1)),
        _ => Ok((append(magnitude, 100, pair)?, digit_count + 2)),
    }
}

fn take_pair(next: &mut impl FnMut() -> Result<u8, KeyError>) -> Result<Option<u8>, KeyError> {
    match next()? {
        DIGITS_END => Ok(None),
        stored if stored <= pair_byte(99) => Ok(Some(stored - 1)),
        _ => Err(KeyError::Numeric),
    }
}

fn append(magnitude: u128, factor: u128, digits: u8) -> Result<u128, KeyError> {
    magnitude.checked_mul(factor).and_then(|shifted| shifted.checked_add(digits.into())).ok_or(KeyError::Numeric)
}

/// Turns "0.digits x 10^exponent" into coefficient and scale.
fn place_point(magnitude: u128, digit_count: i32, exponent: i32) -> Result<(u128, u32), KeyError> {
    let scale = digit_count - exponent;
    match u32::try_from(scale) {
        Ok(scale) if scale <= NUMERIC_SCALE_MAX => Ok((magnitude, scale)),
        Ok(_) => Err(KeyError::Numeric),
        Err(_) => Ok((shift(magnitude, scale.unsigned_abs())?, 0)),
    }
}

fn shift(magnitude: u128, places: u32) -> Result<u128, KeyError> {
    let factor = 10u128.checked_pow(places).ok_or(KeyError::Numeric)?;
    magnitude.checked_mul(factor).ok_or(KeyError::Numeric)
}
