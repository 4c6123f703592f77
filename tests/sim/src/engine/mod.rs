//! Engines that only the simulator has.

pub mod slow;

pub use slow::{SLOW_CODE, Slow, SlowHabits};
