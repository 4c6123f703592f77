//! Patterns: LIKE, SIMILAR TO and POSIX regular expressions.

mod like;
mod regex;
mod regex_functions;
mod similar;
#[cfg(test)]
mod tests;
mod translate;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] =
    &[like::FUNCTIONS, similar::FUNCTIONS, regex_functions::FUNCTIONS];
