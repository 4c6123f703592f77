//! Functions that the session or the catalog answers ([`crate::kernel::Host`]). Here are only their signatures; a host may
//! refuse one with 0A000.

mod catalog;
mod privilege;
mod session;

/// The functions of this family.
pub(crate) static FUNCTIONS: &[&[crate::kernel::Function]] =
    &[catalog::FUNCTIONS, privilege::FUNCTIONS, session::FUNCTIONS];
