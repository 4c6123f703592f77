//! `+ - * / % -x abs round trunc ceil floor` with the result scales of PostgreSQL's `numeric.c`.

use super::wide::{Wide, digits, pow10};
use super::{Numeric, division_by_zero, overflow};
use crate::error::SqlError;

/// Digits that a quotient has at least.
pub(super) const SIGNIFICANT_DIGITS_MIN: i32 = 16;
/// Fraction digits that a computed result has at most.
pub(super) const RESULT_SCALE_MAX: i32 = 1000;

/// How to give up digits.
#[derive(Clone, Copy, PartialEq)]
enum Rounding {
    HalfAwayFromZero,
    TowardZero,
    Down,
    Up,
}

impl Numeric {
    /// `a + b`, at the larger scale. 22003 beyond 38 digits.
    pub fn checked_add(self, other: Self) -> Result<Self, SqlError> {
        use Numeric::{Finite, Infinity, NaN, NegInfinity};
        match (self, other) {
            (Finite { coefficient: a, scale: sa }, Finite { coefficient: b, scale: sb }) => {
                add_finite(a, sa, b, sb).or_else(|| add_trimmed(self, other)).ok_or_else(overflow)
            }
            (NaN, _) | (_, NaN) | (Infinity, NegInfinity) | (NegInfinity, Infinity) => Ok(NaN),
            (Infinity, _) | (_, Infinity) => Ok(Infinity),
            (NegInfinity, _) | (_, NegInfinity) => Ok(NegInfinity),
        }
    }

    /// `a - b`, at the larger scale. 22003 beyond 38 digits.
    pub fn checked_sub(self, other: Self) -> Result<Self, SqlError> {
        self.checked_add(other.negate())
    }

    /// `a * b`, exact, at the sum of the scales. 22003 beyond 38 digits.
    pub fn checked_mul(self, other: Self) -> Result<Self, SqlError> {
        use Numeric::{Finite, NaN};
        match (self, other) {
            (Finite { coefficient: a, scale: sa }, Finite { coefficient: b, scale: sb }) => {
                let negative = (a < 0) != (b < 0);
                mul_finite(negative, a.unsigned_abs(), b.unsigned_abs(), u32::from(sa) + u32::from(sb))
            }
            (NaN, _) | (_, NaN) => Ok(NaN),
            _ => match self.signum() * other.signum() {
                0 => Ok(NaN), // infinity * 0
                sign => Ok(Self::infinity(sign < 0)),
            },
        }
    }

    /// `a / b`, rounded to at least 16 significant digits (PostgreSQL's `select_div_scale`), fewer fraction digits where
    /// 38 digits would be exceeded. 22012 for a zero divisor, 22003 when even the whole part is too long.
    pub fn checked_div(self, other: Self) -> Result<Self, SqlError> {
        use Numeric::{Finite, NaN};
        match (self, other) {
            (NaN, _) | (_, NaN) => Ok(NaN),
            (_, Finite { coefficient: 0, .. }) => Err(division_by_zero()),
            (Finite { .. }, Finite { .. }) => self.div_to_scale(other, division_scale(&self, &other)),
            (Finite { .. }, _) => Ok(Self::ZERO),
            (_, Finite { .. }) => Ok(Self::infinity(self.is_negative() != other.is_negative())),
            _ => Ok(NaN), // infinity / infinity
        }
    }

    /// `a / b` of finite numbers at `scale`, rounded half away from zero; at a smaller scale where 38 digits are exceeded.
    pub(super) fn div_to_scale(self, other: Self, scale: u16) -> Result<Self, SqlError> {
        let (Self::Finite { coefficient: a, scale: sa }, Self::Finite { coefficient: b, scale: sb }) = (self, other)
        else {
            return Ok(Self::NaN);
        };
        let negative = (a < 0) != (b < 0);
        let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
        let mut scale = i32::from(scale);
        loop {
            let shift = scale + i32::from(sb) - i32::from(sa);
            match divide_shifted(a, b, shift).filter(|quotient| *quotient < pow10(Self::DIGITS_MAX)) {
                Some(quotient) => return Self::from_parts(negative, quotient, scale as u16),
                None if scale == 0 => return Err(overflow()),
                None => scale -= 1,
            }
        }
    }

    /// `div(a, b)`: the quotient cut to a whole number. 22012 for a zero divisor.
    pub fn div_trunc(self, other: Self) -> Result<Self, SqlError> {
        use Numeric::Finite;
        match (self, other) {
            (Finite { coefficient: a, scale: sa }, Finite { coefficient: b, scale: sb }) if b != 0 => {
                let remainder = remainder(a.unsigned_abs(), sa, b.unsigned_abs(), sb);
                let scale = sa.max(sb);
                let whole = self.checked_sub(Self::from_parts(a < 0, remainder, scale)?)?;
                whole.div_to_scale(other, 0)
            }
            _ => self.checked_div(other),
        }
    }

    /// `a % b`, with the sign of `a`, at the larger scale. 22012 for a zero divisor.
    pub fn checked_rem(self, other: Self) -> Result<Self, SqlError> {
        use Numeric::{Finite, NaN};
        match (self, other) {
            (NaN, _) | (_, NaN) => Ok(NaN),
            (Finite { .. }, Finite { coefficient: 0, .. }) => Err(division_by_zero()),
            (Finite { coefficient: a, scale: sa }, Finite { coefficient: b, scale: sb }) => {
                Self::from_parts(a < 0, remainder(a.unsigned_abs(), sa, b.unsigned_abs(), sb), sa.max(sb))
            }
            (Finite { .. }, _) => Ok(self),
            (_, Finite { coefficient: 0, .. }) => Err(division_by_zero()),
            _ => Ok(NaN),
        }
    }

    /// `-a`
    #[must_use]
    pub const fn negate(self) -> Self {
        match self {
            Self::Finite { coefficient, scale } => Self::Finite { coefficient: -coefficient, scale },
            Self::NaN => Self::NaN,
            Self::Infinity => Self::NegInfinity,
            Self::NegInfinity => Self::Infinity,
        }
    }

    /// `abs(a)`
    #[must_use]
    pub const fn abs(self) -> Self {
        if self.is_negative() { self.negate() } else { self }
    }

    /// `round(a, scale)`: half away from zero; pads with zeros when the scale grows, as far as 38 digits hold them.
    /// A negative scale rounds before the point. 22003 when rounding up needs a 39th digit.
    pub fn round(self, scale: i32) -> Result<Self, SqlError> {
        self.rescale(scale, Rounding::HalfAwayFromZero)
    }

    /// `trunc(a, scale)`: toward zero.
    pub fn trunc(self, scale: i32) -> Result<Self, SqlError> {
        self.rescale(scale, Rounding::TowardZero)
    }

    /// `ceil(a)`
    pub fn ceil(self) -> Result<Self, SqlError> {
        self.rescale(0, Rounding::Up)
    }

    /// `floor(a)`
    pub fn floor(self) -> Result<Self, SqlError> {
        self.rescale(0, Rounding::Down)
    }

    fn rescale(self, scale: i32, rounding: Rounding) -> Result<Self, SqlError> {
        let Self::Finite { coefficient, scale: old } = self else { return Ok(self) };
        let scale = scale.clamp(-2000, 2000);
        let drop = i32::from(old) - scale;
        if drop <= 0 {
            return Ok(self.padded(scale as u16));
        }
        let negative = coefficient < 0;
        let magnitude = drop_digits(coefficient.unsigned_abs(), drop as u32, negative, rounding);
        if scale >= 0 {
            return Self::from_parts(negative, magnitude, scale as u16);
        }
        let zeros = scale.unsigned_abs();
        match magnitude {
            0 => Ok(Self::ZERO),
            _ if zeros > 38 => Err(overflow()),
            _ => Self::from_parts(negative, magnitude.checked_mul(pow10(zeros)).ok_or_else(overflow)?, 0),
        }
    }

    /// The same value with more fraction digits, up to `scale` or the 38th digit.
    #[must_use]
    pub(super) fn padded(self, scale: u16) -> Self {
        let Self::Finite { coefficient, scale: old } = self else { return self };
        if coefficient == 0 {
            return Self::Finite { coefficient, scale: scale.max(old) };
        }
        let room = Self::DIGITS_MAX - digits(coefficient.unsigned_abs());
        let pad = u32::from(scale.saturating_sub(old)).min(room);
        Self::Finite { coefficient: coefficient * pow10(pad) as i128, scale: old + pad as u16 }
    }

    /// `trim_scale(a)`: without trailing zeros after the point.
    #[must_use]
    pub const fn trim_scale(self) -> Self {
        let Self::Finite { mut coefficient, mut scale } = self else { return self };
        if coefficient == 0 {
            return Self::ZERO;
        }
        while scale > 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            scale -= 1;
        }
        Self::Finite { coefficient, scale }
    }

    /// `min_scale(a)`; `None` for NaN and the infinities.
    pub const fn min_scale(self) -> Option<u16> {
        self.trim_scale().scale()
    }

    /// Decimal exponent of the leading digit: 0 for 1 to 9, -1 for 0.1; `None` for zero and what is not finite.
    pub(super) fn exponent(&self) -> Option<i32> {
        match self {
            Self::Finite { coefficient, scale } if *coefficient != 0 => {
                Some(digits(coefficient.unsigned_abs()) as i32 - 1 - i32::from(*scale))
            }
            _ => None,
        }
    }

    /// Weight (power of 10000) and value of the leading base-10000 digit, as PostgreSQL stores the number; (0, 0) for 0.
    pub(super) fn leading_digit(&self) -> (i32, u32) {
        let (Self::Finite { coefficient, .. }, Some(exponent)) = (self, self.exponent()) else { return (0, 0) };
        let magnitude = coefficient.unsigned_abs();
        let wanted = exponent.rem_euclid(4) as u32 + 1;
        let have = digits(magnitude);
        let digit = match have >= wanted {
            true => magnitude / pow10(have - wanted),
            false => magnitude * pow10(wanted - have),
        };
        (exponent.div_euclid(4), digit as u32)
    }
}

/// Sum at the larger scale; `None` beyond 38 digits.
fn add_finite(a: i128, sa: u16, b: i128, sb: u16) -> Option<Numeric> {
    let scale = sa.max(sb);
    let (a_magnitude, b_magnitude) = (widened(a, scale - sa)?, widened(b, scale - sb)?);
    let (negative, magnitude) = match (a < 0) == (b < 0) {
        true => (a < 0, a_magnitude.checked_add(b_magnitude)?),
        false if a_magnitude >= b_magnitude => (a < 0, a_magnitude - b_magnitude),
        false => (b < 0, b_magnitude - a_magnitude),
    };
    Numeric::from_parts(negative, magnitude, scale).ok()
}

/// |coefficient| with `by` more zeros.
fn widened(coefficient: i128, by: u16) -> Option<u128> {
    match (coefficient.unsigned_abs(), by) {
        (0, _) => Some(0),
        (magnitude, 0) => Some(magnitude),
        (magnitude, 1..=38) => magnitude.checked_mul(pow10(u32::from(by))),
        _ => None,
    }
}

/// The sum where the operands' scales ask for more than 38 digits: exact in 256 bits, then without trailing zeros.
#[cold]
fn add_trimmed(a: Numeric, b: Numeric) -> Option<Numeric> {
    let (Numeric::Finite { coefficient: a, scale: sa }, Numeric::Finite { coefficient: b, scale: sb }) =
        (a.trim_scale(), b.trim_scale())
    else {
        return None;
    };
    let scale = sa.max(sb);
    let wide = |coefficient: i128, scale_up: u16| match scale_up {
        0..=38 => Some(Wide::product(coefficient.unsigned_abs(), pow10(scale_up.into()))),
        _ => (coefficient == 0).then_some(Wide { high: 0, low: 0 }),
    };
    let (wide_a, wide_b) = (wide(a, scale - sa)?, wide(b, scale - sb)?);
    let (negative, sum) = match (a < 0) == (b < 0) {
        true => (a < 0, wide_a.plus(wide_b)),
        false if wide_a >= wide_b => (a < 0, wide_a.minus(wide_b)),
        false => (b < 0, wide_b.minus(wide_a)),
    };
    shortened(negative, sum, scale.into()).ok()
}

fn mul_finite(negative: bool, a: u128, b: u128, scale: u32) -> Result<Numeric, SqlError> {
    shortened(negative, Wide::product(a, b), scale)
}

/// A result that may be too long: trailing zeros after the point may go, digits may not.
fn shortened(negative: bool, magnitude: Wide, scale: u32) -> Result<Numeric, SqlError> {
    let (mut magnitude, mut scale) = (magnitude, scale);
    while magnitude.high != 0 || magnitude.low >= pow10(Numeric::DIGITS_MAX) || scale > u32::from(Numeric::SCALE_MAX) {
        let (quotient, remainder) = div_wide_by_10(magnitude);
        if scale == 0 || remainder != 0 {
            return Err(overflow());
        }
        magnitude = quotient;
        scale -= 1;
    }
    Numeric::from_parts(negative, magnitude.low, scale as u16)
}

fn div_wide_by_10(wide: Wide) -> (Wide, u128) {
    let rest = Wide { high: wide.high % 10, low: wide.low };
    let (low, remainder) = rest.div_rem(10).expect("the high half is below the divisor");
    (Wide { high: wide.high / 10, low }, remainder)
}

/// PostgreSQL's `select_div_scale`.
fn division_scale(a: &Numeric, b: &Numeric) -> u16 {
    let ((weight_a, digit_a), (weight_b, digit_b)) = (a.leading_digit(), b.leading_digit());
    let quotient_weight = weight_a - weight_b - i32::from(digit_a <= digit_b);
    let scales = i32::from(a.scale().unwrap_or(0).max(b.scale().unwrap_or(0)));
    result_scale(SIGNIFICANT_DIGITS_MIN - quotient_weight * 4, scales)
}

/// A computed scale, at least that of the inputs, within PostgreSQL's bounds.
pub(super) fn result_scale(wanted: i32, of_inputs: i32) -> u16 {
    wanted.max(of_inputs).clamp(0, RESULT_SCALE_MAX) as u16
}

/// round(a * 10^shift / b), half up; `None` beyond 128 bits.
fn divide_shifted(a: u128, b: u128, shift: i32) -> Option<u128> {
    if a == 0 {
        return Some(0);
    }
    let (quotient, remainder, divisor) = match shift {
        0..=38 => {
            let (quotient, remainder) = Wide::product(a, pow10(shift as u32)).div_rem(b)?;
            (quotient, remainder, b)
        }
        39..=76 => {
            // In two steps: the first must leave room, or the quotient exceeds 38 digits anyway.
            let first = Wide::product(a, pow10(38)).div_rem(b)?;
            let factor = pow10(shift as u32 - 38);
            let high = first.0.checked_mul(factor)?;
            let (low, remainder) = Wide::product(first.1, factor).div_rem(b)?;
            (high.checked_add(low)?, remainder, b)
        }
        77.. => return None, // a * 10^77 / b > 10^38
        -38..0 => match b.checked_mul(pow10(shift.unsigned_abs())) {
            Some(divisor) => (a / divisor, a % divisor, divisor),
            None => return Some(0), // divisor >= 2^128 > 2a
        },
        _ => return Some(0),
    };
    quotient.checked_add(u128::from(remainder >= divisor - remainder))
}

/// |a| mod |b| at the larger scale. The caller has checked that `b` is not 0.
fn remainder(a: u128, sa: u16, b: u128, sb: u16) -> u128 {
    if sa >= sb {
        match widened(b as i128, sa - sb) {
            Some(b) => a % b,
            None => a, // b exceeds 128 bits, so it exceeds a
        }
    } else {
        let mut rest = a % b;
        let mut shift = u32::from(sb - sa);
        while shift > 0 && rest != 0 {
            let step = shift.min(38);
            let (_, next) = Wide::product(rest, pow10(step) % b).div_rem(b).expect("rest < b, so the quotient fits");
            rest = next;
            shift -= step;
        }
        rest
    }
}

fn drop_digits(magnitude: u128, count: u32, negative: bool, rounding: Rounding) -> u128 {
    let (quotient, remainder, half_or_more) = match count {
        0 => return magnitude,
        1..=38 => {
            let unit = pow10(count);
            (magnitude / unit, magnitude % unit, magnitude % unit >= unit / 2)
        }
        _ => (0, magnitude, false),
    };
    let up = match rounding {
        Rounding::HalfAwayFromZero => half_or_more,
        Rounding::TowardZero => false,
        Rounding::Down => negative && remainder != 0,
        Rounding::Up => !negative && remainder != 0,
    };
    quotient + u128::from(up)
}
