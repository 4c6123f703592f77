//! Strings and bytes.

mod basic;
mod bytes;
mod pad;
mod slice;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] =
    &[basic::FUNCTIONS, bytes::FUNCTIONS, pad::FUNCTIONS, slice::FUNCTIONS];
