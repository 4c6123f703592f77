//! Count, sum and spread of doubles by the Youngs-Cramer recurrence.

use crate::error::SqlError;
use crate::functions::float::overflow;

/// What has been seen. Once a value was infinite or NaN, the spread is NaN.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments {
    pub(super) count: f64,
    pub(super) sum: f64,
    /// Sum of squared differences from the mean.
    pub(super) squares: f64,
}

impl Moments {
    /// Takes in a value; 22003 where finite values overflow.
    pub(super) fn add(&mut self, value: f64) -> Result<(), SqlError> {
        let before = *self;
        self.count += 1.0;
        self.sum += value;
        if before.count == 0.0 {
            if !value.is_finite() {
                self.squares = f64::NAN;
            }
            return Ok(());
        }
        let difference = value * self.count - self.sum;
        self.squares += difference * difference / (self.count * before.count);
        if self.sum.is_infinite() || self.squares.is_infinite() {
            if !before.sum.is_infinite() && !value.is_infinite() {
                return Err(overflow());
            }
            self.squares = f64::NAN;
        }
        Ok(())
    }

    /// Takes in what another has seen; 22003 where finite values overflow.
    pub(super) fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        if self.count == 0.0 || other.count == 0.0 {
            *self = if self.count == 0.0 { other } else { *self };
            return Ok(());
        }
        let count = self.count + other.count;
        let sum = self.sum + other.sum;
        if sum.is_infinite() && !self.sum.is_infinite() && !other.sum.is_infinite() {
            return Err(overflow());
        }
        let difference = self.sum / self.count - other.sum / other.count;
        let squares = self.squares + other.squares + self.count * other.count * difference * difference / count;
        if squares.is_infinite() && !self.squares.is_infinite() && !other.squares.is_infinite() {
            return Err(overflow());
        }
        *self = Self { count, sum, squares };
        Ok(())
    }
}
