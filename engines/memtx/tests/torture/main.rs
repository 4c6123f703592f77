//! Readers on every processor against one writer that grows, shrinks and sweeps the trees as hard as it can. Every read, by
//! key and by range in both directions, is held against the history at its timestamp.
//!
//! `CAIRN_SEED=n` repeats a history (not the interleaving), `CAIRN_ROUNDS=n` runs the n seeds from there on, and
//! `CAIRN_BATCHES=n` makes each history so long. `make races` is the long form; ThreadSanitizer and AddressSanitizer run
//! the same program (`docs/concurrency.md`).

mod history;
mod race;
mod spaces;

use history::History;
use race::Race;

/// Batches of a history, unless CAIRN_BATCHES says otherwise.
const BATCHES: u64 = 12_000;

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

#[test]
fn every_racing_read_is_right() {
    switch_planted_bug();
    let (first, rounds, batches) =
        (number("CAIRN_SEED", 7), number("CAIRN_ROUNDS", 1), number("CAIRN_BATCHES", BATCHES));
    for seed in first..first + rounds {
        println!("CAIRN_SEED={seed}");
        let history = History::draw(seed, batches);
        let race = Race::new(&history);
        let reads = race.run(seed);
        println!("{reads} reads raced {batches} batches");
        race.check_the_end();
    }
}

/// Spaces come, are filled and go while others read them: a reader finds all of a space or none.
#[test]
fn spaces_come_and_go_under_readers() {
    switch_planted_bug();
    spaces::come_and_go();
}

/// `CAIRN_FAULT=Name` switches a deliberate bug on, to show that this test and the checkers around it notice.
#[cfg(feature = "deliberate-bugs")]
fn switch_planted_bug() {
    cairn_base::fault::switch_from_environment("CAIRN_FAULT").expect("CAIRN_FAULT names a deliberate bug");
}

#[cfg(not(feature = "deliberate-bugs"))]
fn switch_planted_bug() {}
