//! Type resolution: which overload a call means, what its arguments must be coerced to, and what type comes out. These are
//! the rules of PostgreSQL's manual, chapter 10, as pure functions over type ids; the binder applies the answers to
//! expressions.
//!
//! ```text
//!   operator("+", int4, unknown)           -> int4pl, coerce right to int4, result int4
//!   function("lower", [varchar])           -> lower(text), relabel
//!   common_type("CASE", [int4, numeric])   -> numeric
//!   coercion(int4, float8, Implicit)       -> Function(float8(int4))
//! ```
//!
//! A literal without a type is [`TypeId::UNKNOWN`]; so is a parameter whose type is not known yet.
//!
//! Not here: domains, composite types, named arguments.

mod candidates;
mod coerce;
mod common;
mod function;
mod names;
mod operator;
mod polymorphic;
#[cfg(test)]
mod tests;

pub use coerce::{Coercion, binary_coercible, can_coerce, cannot_cast, coercion, length_needed};
pub use common::common_type;
pub use function::{Callable, FunctionMatch, Gather, ResolvedCall, call_signature, function};
pub use operator::{ResolvedOperator, operator};

use crate::info::TypeInfo;
use crate::ty::TypeId;

/// `typcategory`
fn category(ty: TypeId) -> char {
    TypeInfo::of(ty).map_or('P', |info| info.category)
}

/// `typispreferred`
fn preferred(ty: TypeId) -> bool {
    TypeInfo::of(ty).is_some_and(|info| info.preferred)
}

fn is_array(ty: TypeId) -> bool {
    ty.element().is_some()
}
