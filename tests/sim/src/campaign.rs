//! Many seeds on all processors.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::run::{Failure, Plan, run};

/// What to run.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Which seeds.
    pub seeds: Range<u64>,
    /// Steps of each seed's safety phase.
    pub steps: u64,
    /// Go on after a failure.
    pub go_on: bool,
    /// Threads.
    pub threads: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Seeds that ran.
    pub seeds: u64,
    /// Commits in all of them.
    pub commits: u64,
    /// Events in all of them.
    pub events: u64,
    /// Failures, by seed.
    pub failures: BTreeMap<u64, Box<Failure>>,
}

impl Report {
    /// How many failures each check has.
    pub fn by_check(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for failure in self.failures.values() {
            *counts.entry(failure.violation.check).or_default() += 1;
        }
        counts
    }
}

/// Runs the seeds; `progress` is called with the number of seeds done, from any thread.
pub fn campaign(plan: &Campaign, progress: &(dyn Fn(u64) + Sync)) -> Report {
    let next = AtomicU64::new(plan.seeds.start);
    let stop = AtomicBool::new(false);
    let report = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..plan.threads {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= plan.seeds.end {
                        return;
                    }
                    let result = run(&Plan { steps: plan.steps, ..Plan::of(seed) });
                    let mut report = report.lock().expect("no thread panics while it counts");
                    report.seeds += 1;
                    match result {
                        Ok(outcome) => {
                            report.commits += outcome.commits;
                            report.events += outcome.lines;
                        }
                        Err(failure) => {
                            report.failures.insert(seed, failure);
                            stop.fetch_or(!plan.go_on, Relaxed);
                        }
                    }
                    progress(report.seeds);
                }
            });
        }
    });
    report.into_inner().expect("no thread panics while it counts")
}
