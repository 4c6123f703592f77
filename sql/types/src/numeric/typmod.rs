//! `numeric(precision, scale)`: the type modifier and the coercion of values to it.

use super::wide::pow10;
use super::{Numeric, digits_before_point};
use crate::error::{SqlError, SqlState};

/// The limits in a `numeric(precision, scale)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NumericLimit {
    /// Digits in all.
    pub precision: i32,
    /// Digits after the point; negative: rounded before the point.
    pub scale: i32,
}

impl NumericLimit {
    /// From a type modifier; `None` for -1 (no limit).
    pub const fn of(modifier: i32) -> Option<Self> {
        if modifier < 4 {
            return None;
        }
        let packed = modifier - 4;
        // The scale is an 11-bit two's complement number.
        Some(Self { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024 })
    }
}

/// The modifier of `numeric(precision)` or `numeric(precision, scale)`; 22023 outside PostgreSQL's bounds.
pub fn numeric_modifier(precision: i32, scale: i32) -> Result<i32, SqlError> {
    let bad = |message: String| Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
    if !(1..=1000).contains(&precision) {
        return bad(format!("NUMERIC precision {precision} must be between 1 and 1000"));
    }
    if !(-1000..=1000).contains(&scale) {
        return bad(format!("NUMERIC scale {scale} must be between -1000 and 1000"));
    }
    Ok(((precision << 16) | (scale & 0x7ff)) + 4)
}

impl Numeric {
    /// Rounded to the modifier's scale; 22003 `numeric field overflow` when too many digits stand before the point.
    pub fn coerce(self, modifier: i32) -> Result<Self, SqlError> {
        let Some(limit) = NumericLimit::of(modifier) else { return Ok(self) };
        match self {
            Self::NaN => Ok(self),
            Self::Infinity | Self::NegInfinity => Err(field_overflow(limit, true)),
            Self::Finite { coefficient, scale } => {
                // Already there: the usual case, two compares.
                let whole_digits = limit.precision - limit.scale;
                if i32::from(scale) == limit.scale
                    && limit.precision <= 38
                    && coefficient.unsigned_abs() < pow10(limit.precision as u32)
                {
                    return Ok(self);
                }
                let rounded = self.round(limit.scale).map_err(|_| field_overflow(limit, false))?;
                match digits_before_point(&rounded) > whole_digits {
                    true => Err(field_overflow(limit, false)),
                    false => Ok(rounded),
                }
            }
        }
    }
}

fn field_overflow(limit: NumericLimit, infinite: bool) -> SqlError {
    let NumericLimit { precision, scale } = limit;
    let kind = format!("A field with precision {precision}, scale {scale}");
    let detail = match (infinite, precision - scale) {
        (true, _) => format!("{kind} cannot hold an infinite value."),
        (false, 0) => format!("{kind} must round to an absolute value less than 1."),
        (false, whole) => format!("{kind} must round to an absolute value less than 10^{whole}."),
    };
    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow").detail(detail)
}
