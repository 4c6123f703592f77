//! Time that moves when told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::seam::Clock;

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Clone, Debug)]
pub struct SimClock {
    wall_micros: Arc<AtomicU64>,
    monotonic_nanos: Arc<AtomicU64>,
}

impl SimClock {
    /// A clock that shows `wall_micros` since 1970.
    pub fn at(wall_micros: u64) -> Self {
        Self { wall_micros: Arc::new(AtomicU64::new(wall_micros)), monotonic_nanos: Arc::default() }
    }

    /// Lets time pass: monotonic time by `nanos`, wall time by the whole microseconds that this completes.
    pub fn advance_nanos(&self, nanos: u64) {
        let before = self.monotonic_nanos.fetch_add(nanos, Relaxed);
        self.wall_micros.fetch_add((before + nanos) / 1000 - before / 1000, Relaxed);
    }

    /// Makes wall time jump, forwards or backwards, as an operator or NTP does.
    pub fn set_wall_micros(&self, wall_micros: u64) {
        self.wall_micros.store(wall_micros, Relaxed);
    }
}

impl Clock for SimClock {
    fn wall_micros(&self) -> u64 {
        self.wall_micros.load(Relaxed)
    }

    fn monotonic_nanos(&self) -> u64 {
        self.monotonic_nanos.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_when_told() {
        let clock = SimClock::at(5);
        clock.advance_nanos(1_999);
        assert_eq!((clock.wall_micros(), clock.monotonic_nanos()), (6, 1_999));
        clock.clone().advance_nanos(1);
        assert_eq!((clock.wall_micros(), clock.monotonic_nanos()), (7, 2_000));
        clock.set_wall_micros(1);
        assert_eq!((clock.wall_micros(), clock.monotonic_nanos()), (1, 2_000));
    }
}
