//! Comparison operators. Strings compare byte by byte; every order is total, as indexes need it.

mod container;
mod float;
mod moment;
mod order;
mod scalar;
mod text;

pub(crate) use container::array_order;
pub(crate) use float::float_order;
pub(crate) use moment::interval_order;
pub(crate) use order::datum_order;
pub(crate) use text::unpadded;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] =
    &[scalar::FUNCTIONS, float::FUNCTIONS, text::FUNCTIONS, moment::FUNCTIONS, container::FUNCTIONS];
