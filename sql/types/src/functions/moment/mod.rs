//! Dates, times and intervals. The arithmetic is [`crate::datetime`]'s; here are its names in SQL, and what needs the session:
//! its time zone and its clock.

mod arithmetic;
mod clock;
mod compare;
mod convert;
mod overlaps;
mod parts;
mod series;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] = &[
    arithmetic::FUNCTIONS,
    clock::FUNCTIONS,
    compare::FUNCTIONS,
    convert::FUNCTIONS,
    overlaps::FUNCTIONS,
    parts::FUNCTIONS,
    series::FUNCTIONS,
];
