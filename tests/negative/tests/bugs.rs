//! Each deliberate bug must turn a check red.

use std::fmt::Write;
use std::sync::Mutex;

use cairn_base::fault::{Fault, switch};
use cairn_negative::{MEDIAN_MAX, SEEDS_MAX};
use cairn_sim::campaign::{Campaign, campaign};
use cairn_sim::run::STEPS;

/// The switch is one for the whole process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Seeds that run before anybody looks for the first that failed.
const SEEDS_AT_ONCE: usize = 20;

/// A bug that was caught.
struct Caught {
    fault: Fault,
    check: &'static str,
    seeds: u64,
}

#[test]
fn every_bug_turns_a_check_red() {
    let _alone = ONE_AT_A_TIME.lock();
    // Bugs make production code panic; the simulator reports that as a violation.
    std::panic::set_hook(Box::new(|_| {}));
    let outcomes: Vec<Result<Caught, Fault>> = Fault::ALL.iter().map(|fault| catch(*fault)).collect();
    switch(None);
    let _ = std::panic::take_hook();
    let escaped: Vec<Fault> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).copied().collect();
    let caught: Vec<Caught> = outcomes.into_iter().filter_map(Result::ok).collect();
    assert!(escaped.is_empty(), "no check turns red within {SEEDS_MAX} seeds: {escaped:?}");
    let mut seeds: Vec<u64> = caught.iter().map(|one| one.seeds).collect();
    seeds.sort_unstable();
    let median = seeds[seeds.len() / 2];
    assert!(median <= MEDIAN_MAX, "the median bug needs {median} seeds");
    write_table(&caught, median);
}

#[test]
fn without_a_bug_nothing_turns_red() {
    let _alone = ONE_AT_A_TIME.lock();
    switch(None);
    let report = campaign(&Campaign { seeds: 0..300, steps: STEPS, go_on: false, threads: 2 }, &|_| {});
    assert!(
        report.failures.is_empty(),
        "{}",
        report.failures.values().next().map_or(String::new(), ToString::to_string)
    );
}

fn catch(fault: Fault) -> Result<Caught, Fault> {
    switch(Some(fault));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for first in (0..SEEDS_MAX).step_by(SEEDS_AT_ONCE) {
        let seeds = first..first + SEEDS_AT_ONCE as u64;
        let report = campaign(&Campaign { seeds, steps: STEPS, go_on: true, threads }, &|_| {});
        if let Some((seed, failure)) = report.failures.first_key_value() {
            let (check, seeds) = (failure.violation.check, seed + 1);
            println!("{fault:?}: {check} after {seeds} seeds");
            return Ok(Caught { fault, check, seeds });
        }
    }
    println!("{fault:?}: no check turns red");
    Err(fault)
}

fn write_table(caught: &[Caught], median: u64) {
    let worst = caught.iter().map(|one| one.seeds).max().unwrap_or_default();
    let mut text = String::from(
        "# Deliberate bugs\n\nWritten by `make negative` ([`tests/negative`](../tests/negative/tests/bugs.rs)). Each bug is one line of production code \
         behind [`fault!`](../base/src/fault.rs), off in every build that serves users. The simulator \
         runs seed after seed until a [check](simulator.md) turns red.\n\nTwo more were tried and are no bugs, as 5,000 seeds \
         each confirmed: memtx applying a batch again writes the same versions at the same times, and an image that lacks \
         versions collected while it was written lacks only what the log behind it writes again.\n\n",
    );
    writeln!(text, "{} bugs, all caught; the median needs {median} seeds, the worst {worst}.\n", caught.len())
        .expect("memory");
    text.push_str("| bug | what it does | caught by | seeds |\n|---|---|---|---|\n");
    for Caught { fault, check, seeds } in caught {
        writeln!(text, "| `{fault:?}` | {} | `{check}` | {seeds} |", fault.what()).expect("memory takes it");
    }
    // Tests run in their package's directory.
    std::fs::write("../../docs/deliberate-bugs.md", text).expect("write the table");
}
