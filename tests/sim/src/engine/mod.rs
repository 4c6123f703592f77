//! Engines that only the simulator has.

mod slow;

pub use slow::{SLOW_CODE, Slow, SlowHabits};
