//! Time.

use std::fmt;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Tells the time. Any thread may ask.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Wall time: microseconds since 1970. May jump, also backwards.
    fn wall_micros(&self) -> u64;

    /// Nanoseconds since some moment before this clock was made. Never goes back; says nothing about the date.
    fn monotonic_nanos(&self) -> u64;
}

/// The operating system's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall_micros(&self) -> u64 {
        // A machine whose date lies before 1970 gets 1970: timestamps still rise by their counter.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
    }

    fn monotonic_nanos(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_time_runs() {
        let clock = SystemClock::new();
        let (wall, monotonic) = (clock.wall_micros(), clock.monotonic_nanos());
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(clock.monotonic_nanos() - monotonic >= 2_000_000);
        assert!(wall > 1_700_000_000_000_000, "after 2023");
    }
}
