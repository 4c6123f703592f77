//! The checks. Each has a name, by which a violation, the table of deliberate bugs and `docs/simulator.md` call it.

pub mod data;
pub mod log;
pub mod quiet;
pub mod reads;
