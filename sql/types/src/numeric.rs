//! `numeric`: exact decimal numbers of up to 38 significant digits.
//!
//! PostgreSQL's numeric has up to 131072 digits before the point. Cairn's has 38 in all, which fit one `i128`, so a value
//! is copied like an integer and never allocates. What would need more digits is refused with 22003 in the exact
//! operations (`+ - *`, input); the approximating ones (`/`, sqrt, ln, exp, power) give up trailing fraction digits
//! before they refuse. Scales of results, rounding (half away from zero) and messages are PostgreSQL's.

mod arith;
mod binary;
mod convert;
mod math;
mod order;
mod text;
mod typmod;
pub(crate) mod wide;

#[cfg(test)]
mod tests;

pub use typmod::{NumericLimit, numeric_modifier};

use crate::error::{SqlError, SqlState};
use wide::pow10;

/// An exact decimal number with PostgreSQL's display scale, or NaN, or an infinity.
/// Value = coefficient / 10^scale. `1.0` and `1.00` are equal but print differently.
#[derive(Clone, Copy, Debug)]
pub enum Numeric {
    /// A number: |coefficient| < 10^38.
    Finite {
        /// Signed digits.
        coefficient: i128,
        /// Digits after the point (display scale), 0..=16383.
        scale: u16,
    },
    /// Not a number; equal to itself and greater than everything.
    NaN,
    /// Greater than every number.
    Infinity,
    /// Less than every number.
    NegInfinity,
}

impl Numeric {
    /// Significant digits at most.
    pub const DIGITS_MAX: u32 = 38;
    /// Digits after the point at most (PostgreSQL's limit of a display scale).
    pub const SCALE_MAX: u16 = 16383;
    /// 0
    pub const ZERO: Self = Self::integer(0);
    /// 1
    pub const ONE: Self = Self::integer(1);

    /// A whole number. Panics in constants when it has more than 38 digits; see `TryFrom<i128>` for checked conversion.
    pub const fn integer(n: i64) -> Self {
        Self::Finite { coefficient: n as i128, scale: 0 }
    }

    /// `coefficient / 10^scale`; 22003 beyond 38 digits.
    pub fn new(coefficient: i128, scale: u16) -> Result<Self, SqlError> {
        if coefficient.unsigned_abs() >= pow10(Self::DIGITS_MAX) || scale > Self::SCALE_MAX {
            return Err(overflow());
        }
        Ok(Self::Finite { coefficient, scale })
    }

    /// From a magnitude that may be too large.
    pub(crate) fn from_parts(negative: bool, magnitude: u128, scale: u16) -> Result<Self, SqlError> {
        if magnitude >= pow10(Self::DIGITS_MAX) || scale > Self::SCALE_MAX {
            return Err(overflow());
        }
        let coefficient = magnitude as i128;
        Ok(Self::Finite { coefficient: if negative { -coefficient } else { coefficient }, scale })
    }

    /// Digits shown after the point; `None` for NaN and the infinities.
    pub const fn scale(&self) -> Option<u16> {
        match self {
            Self::Finite { scale, .. } => Some(*scale),
            _ => None,
        }
    }

    /// Is this NaN?
    pub const fn is_nan(&self) -> bool {
        matches!(self, Self::NaN)
    }

    /// Is this an infinity?
    pub const fn is_infinite(&self) -> bool {
        matches!(self, Self::Infinity | Self::NegInfinity)
    }

    /// Is this 0?
    pub const fn is_zero(&self) -> bool {
        matches!(self, Self::Finite { coefficient: 0, .. })
    }

    /// Below zero (NaN is not).
    pub const fn is_negative(&self) -> bool {
        match self {
            Self::Finite { coefficient, .. } => *coefficient < 0,
            Self::NegInfinity => true,
            _ => false,
        }
    }

    /// -1, 0 or 1; 0 for NaN, as in PostgreSQL's internal sign.
    pub const fn signum(&self) -> i32 {
        match self {
            Self::Finite { coefficient, .. } => coefficient.signum() as i32,
            Self::Infinity => 1,
            Self::NegInfinity => -1,
            Self::NaN => 0,
        }
    }

    /// An infinity of this sign.
    pub(crate) const fn infinity(negative: bool) -> Self {
        if negative { Self::NegInfinity } else { Self::Infinity }
    }
}

/// 22003: more digits than a numeric holds.
pub(crate) fn overflow() -> SqlError {
    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format")
}

/// 22012
pub(crate) fn division_by_zero() -> SqlError {
    SqlError::new(SqlState::DIVISION_BY_ZERO, "division by zero")
}

/// Digits that stand before the point; 0 or less for numbers below 1 (as many as there are zeros after the point).
pub(crate) fn digits_before_point(number: &Numeric) -> i32 {
    number.exponent().map_or(i32::MIN, |exponent| exponent + 1)
}
