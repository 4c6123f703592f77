//! The simulator inside `make test`: many seeds, and a dozen whose traces are known to the byte.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use cairn_sim::campaign::{Campaign, campaign};
use cairn_sim::run::{Plan, STEPS, run};

/// Seeds that every `make test` runs.
const SEEDS: u64 = 2_000;

#[test]
fn seeds_find_nothing() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let report = campaign(&Campaign { seeds: 0..SEEDS, steps: STEPS, go_on: false, threads }, &|_| {});
    if let Some(failure) = report.failures.values().next() {
        panic!("{failure}\nagain: make sim SEED={}", failure.plan.seed);
    }
    assert_eq!(report.seeds, SEEDS);
    assert!(report.commits > SEEDS * 10, "a campaign of {} commits tests nothing", report.commits);
}

/// Golden traces hold on every machine. When a change of the core or of the simulator moves them on purpose:
/// `CAIRN_SIM_BLESS=1 cargo test --release -p cairn-sim --test seeds`.
#[test]
fn golden_traces_hold() {
    // Tests run in their package's directory.
    let path = Path::new("golden.txt");
    let found: BTreeMap<u64, u64> = (1_000_000..1_000_012)
        .map(|seed| {
            let hash = |()| run(&Plan::of(seed)).unwrap_or_else(|failure| panic!("{failure}")).hash;
            let first = hash(());
            assert_eq!(first, hash(()), "seed {seed} runs differently the second time");
            (seed, first)
        })
        .collect();
    let text = found.iter().fold(String::new(), |mut text, (seed, hash)| {
        writeln!(text, "{seed} {hash:016x}").expect("memory takes it");
        text
    });
    if std::env::var_os("CAIRN_SIM_BLESS").is_some() {
        std::fs::write(path, &text).expect("write the golden hashes");
    }
    let golden = std::fs::read_to_string(path).expect("read the golden hashes");
    assert_eq!(text, golden, "traces differ from those of the commit that wrote {}", path.display());
}

#[test]
fn another_seed_is_another_run() {
    let hashes: std::collections::BTreeSet<u64> =
        (0..20).map(|seed| run(&Plan::of(seed)).unwrap_or_else(|failure| panic!("{failure}")).hash).collect();
    assert_eq!(hashes.len(), 20);
}
