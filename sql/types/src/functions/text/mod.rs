//! Strings and bytes.

mod basic;
mod bytes;
mod concat;
mod encode;
mod pad;
mod quote;
mod slice;

pub use quote::{quote_ident, quote_literal};

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] = &[
    basic::FUNCTIONS,
    bytes::FUNCTIONS,
    concat::FUNCTIONS,
    encode::FUNCTIONS,
    pad::FUNCTIONS,
    quote::FUNCTIONS,
    slice::FUNCTIONS,
];
