//! To and from integers and floats. Rounding to integers is half away from zero.

use super::wide::pow10;
use super::{Numeric, overflow};
use crate::error::{SqlError, SqlState};

impl From<i64> for Numeric {
    fn from(n: i64) -> Self {
        Self::integer(n)
    }
}

impl From<i32> for Numeric {
    fn from(n: i32) -> Self {
        Self::integer(i64::from(n))
    }
}

impl From<i16> for Numeric {
    fn from(n: i16) -> Self {
        Self::integer(i64::from(n))
    }
}

impl TryFrom<i128> for Numeric {
    type Error = SqlError;

    /// 22003 beyond 38 digits.
    fn try_from(n: i128) -> Result<Self, SqlError> {
        Self::new(n, 0)
    }
}

impl Numeric {
    /// As PostgreSQL's cast from double precision: 15 significant digits.
    pub fn from_f64(value: f64) -> Result<Self, SqlError> {
        Self::from_float(value, 15)
    }

    /// As PostgreSQL's cast from real: 6 significant digits.
    pub fn from_f32(value: f32) -> Result<Self, SqlError> {
        Self::from_float(f64::from(value), 6)
    }

    fn from_float(value: f64, significant: usize) -> Result<Self, SqlError> {
        if value.is_nan() {
            return Ok(Self::NaN);
        }
        if value.is_infinite() {
            return Ok(Self::infinity(value < 0.0));
        }
        // printf("%.*g"): scientific with that many digits, trailing zeros removed.
        let text = format!("{value:.*e}", significant - 1);
        let (mantissa, exponent) = text.split_once('e').expect("{:e} prints an exponent");
        let mantissa = match mantissa.contains('.') {
            true => mantissa.trim_end_matches('0').trim_end_matches('.'),
            false => mantissa,
        };
        Self::parse(&format!("{mantissa}e{exponent}"))
    }

    /// Rounded to a whole number; `None` for NaN, the infinities and beyond 128 bits.
    fn to_i128(self) -> Option<i128> {
        match self.round(0).ok()? {
            Self::Finite { coefficient, .. } => Some(coefficient),
            _ => None,
        }
    }

    /// Rounded; 22003 `bigint out of range`, 0A000 for NaN and infinities.
    pub fn to_i64(self) -> Result<i64, SqlError> {
        self.to_integer("bigint")
    }

    /// Rounded; 22003 `integer out of range`.
    pub fn to_i32(self) -> Result<i32, SqlError> {
        self.to_integer("integer")
    }

    /// Rounded; 22003 `smallint out of range`.
    pub fn to_i16(self) -> Result<i16, SqlError> {
        self.to_integer("smallint")
    }

    fn to_integer<T: TryFrom<i128>>(self, name: &str) -> Result<T, SqlError> {
        let what = match self {
            Self::NaN => "NaN",
            Self::Infinity | Self::NegInfinity => "infinity",
            Self::Finite { .. } => {
                let value = self.to_i128().and_then(|value| T::try_from(value).ok());
                return value.ok_or_else(|| {
                    SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{name} out of range"))
                });
            }
        };
        Err(SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, format!("cannot convert {what} to {name}")))
    }

    /// The exact whole value, when this is a whole number that fits.
    pub(super) fn as_whole_i64(self) -> Option<i64> {
        match self.trim_scale() {
            Self::Finite { coefficient, scale: 0 } => i64::try_from(coefficient).ok(),
            _ => None,
        }
    }

    /// The nearest double; never out of range with 38 digits, but may underflow to 0 at large scales.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::NaN => f64::NAN,
            Self::Infinity => f64::INFINITY,
            Self::NegInfinity => f64::NEG_INFINITY,
            Self::Finite { coefficient, scale } => nearest(coefficient, scale),
        }
    }

    /// The nearest real; 22003 when it is out of range.
    pub fn to_f32(self) -> Result<f32, SqlError> {
        let value = match self {
            Self::Finite { .. } => self.to_string().parse::<f32>().map_err(|_| overflow())?,
            _ => self.to_f64() as f32,
        };
        match value.is_infinite() && !self.is_infinite() || value == 0.0 && !self.is_zero() {
            true => {
                let message = format!("\"{self}\" is out of range for type real");
                Err(SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message))
            }
            false => Ok(value),
        }
    }
}

/// coefficient / 10^scale, correctly rounded: directly when both are exact doubles, else through decimal text.
fn nearest(coefficient: i128, scale: u16) -> f64 {
    const EXACT: u128 = 1 << 53;
    match coefficient.unsigned_abs() {
        magnitude if magnitude <= EXACT && scale <= 22 => coefficient as f64 / pow10(u32::from(scale)) as f64,
        _ => format!("{coefficient}e-{scale}").parse().expect("a decimal literal"),
    }
}
