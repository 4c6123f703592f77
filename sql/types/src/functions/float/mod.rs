//! `real` and `double precision`: IEEE arithmetic with PostgreSQL's errors for overflow, underflow and division by
//! zero, and the mathematical functions.

mod arithmetic;
mod degrees;
mod math;

pub(crate) use arithmetic::{narrow, overflow};
pub(crate) use math::bad_bucket;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] =
    &[arithmetic::FUNCTIONS, degrees::FUNCTIONS, math::FUNCTIONS];
