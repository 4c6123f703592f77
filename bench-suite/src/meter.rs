//! What a stretch of work costs: its time, or counts that noise cannot touch.
//!
//! Workloads hand every stretch to a [`Meter`] and do not know which of the two it takes. Counting happens in a process of
//! its own, under valgrind's callgrind, with few rows: see [`crate::counts`].

use std::hint::black_box;
use std::time::Instant;

use cairn_engine_testkit::allocator;
use serde::{Deserialize, Serialize};

use crate::cpu::ThreadClock;
use crate::run::Metric;

/// Which time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// CPU time of the working thread.
    Cpu,
    /// Wall time, for work that other threads share.
    Wall,
}

/// The function in which a counted stretch runs, by the name that callgrind knows it by.
pub(crate) const COUNTED: &str = concat!(module_path!(), "::counted_stretch");

/// Measures one round of a subject, stretch by stretch.
#[derive(Debug)]
pub enum Meter {
    /// Takes times.
    Timing(Vec<(Metric, f64)>),
    /// Counts.
    Counting(Vec<Stretch>),
}

/// What was counted in one stretch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// What was done: `get`, `scan`, ...
    pub name: String,
    /// How often.
    pub operations: u64,
    /// How often the working thread asked for memory, in all. Memory that C and C++ ask for is not seen.
    pub allocations: u64,
}

impl Meter {
    /// One that takes times.
    pub fn timing() -> Self {
        Self::Timing(Vec::new())
    }

    /// One that counts.
    pub fn counting() -> Self {
        Self::Counting(Vec::new())
    }

    /// Whether it counts, which takes fifty times as long.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Counting(_))
    }

    /// Does some work, which returns how many operations it was.
    pub fn stretch(&mut self, name: &str, clock: Clock, work: impl FnOnce() -> u64) {
        match self {
            Self::Timing(found) => {
                let (nanos, operations) = timed(clock, work);
                found.push((Metric::lower(&format!("{name} ns")), nanos / operations as f64));
            }
            Self::Counting(found) => {
                let before = allocator::calls();
                let operations = counted(work);
                let allocations = allocator::calls() - before;
                found.push(Stretch { name: name.to_owned(), operations, allocations });
            }
        }
    }

    /// Adds a figure that is no stretch of work: memory, a rate of its own. Counting leaves it out.
    pub fn add(&mut self, metric: Metric, value: f64) {
        if let Self::Timing(found) = self {
            found.push((metric, value));
        }
    }

    /// Puts a figure in front of all others: the one that a short table shows.
    pub fn headline(&mut self, name: &str) {
        if let Self::Timing(found) = self {
            found.sort_by_key(|(metric, _)| metric.name != name);
        }
    }
}

fn timed(clock: Clock, work: impl FnOnce() -> u64) -> (f64, u64) {
    match clock {
        Clock::Cpu => {
            let clock = ThreadClock::start();
            let operations = work();
            (clock.nanos(), operations)
        }
        Clock::Wall => {
            let begun = Instant::now();
            let operations = work();
            (begun.elapsed().as_nanos() as f64, operations)
        }
    }
}

fn counted(work: impl FnOnce() -> u64) -> u64 {
    let (mut work, mut operations) = (Some(work), 0);
    counted_stretch(&mut || {
        if let Some(work) = work.take() {
            operations = work();
        }
    });
    operations
}

/// callgrind knows this function by its name, [`COUNTED`]: it forgets what it has counted where the function begins, and
/// writes its count down where it ends.
#[inline(never)]
fn counted_stretch(work: &mut dyn FnMut()) {
    work();
    // What follows the call keeps it from becoming a jump, which would be taken for the end.
    black_box(());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_work_is_timed_or_counted() {
        let mut timing = Meter::timing();
        timing.add(Metric::lower("memory B"), 3.0);
        timing.stretch("get", Clock::Cpu, || (0..1000).map(black_box).sum::<u64>() / 499_500 * 1000);
        timing.headline("get ns");
        let Meter::Timing(found) = timing else { panic!("it takes times") };
        assert_eq!(found.iter().map(|(metric, _)| metric.name.as_str()).collect::<Vec<_>>(), ["get ns", "memory B"]);

        let mut counting = Meter::counting();
        counting.add(Metric::lower("memory B"), 3.0);
        counting.stretch("get", Clock::Cpu, || 7);
        let Meter::Counting(found) = counting else { panic!("it counts") };
        assert_eq!(found, [Stretch { name: "get".to_owned(), operations: 7, allocations: 0 }]);
    }
}
