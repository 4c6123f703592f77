//! `numeric`: exact decimal numbers of up to 38 significant digits.

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
