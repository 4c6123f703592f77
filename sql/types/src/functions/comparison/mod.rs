//! Comparison operators. Strings compare byte by byte; every order is total, as indexes need it.

mod container;
mod float;
mod moment;
mod scalar;
mod text;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] =
    &[scalar::FUNCTIONS, float::FUNCTIONS, text::FUNCTIONS, moment::FUNCTIONS, container::FUNCTIONS];
