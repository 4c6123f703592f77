//! How many versions does a batch supersede? An estimate, from looking at a few of its operations.
//!
//! A version becomes garbage when another one is written over it, and whether one lies beneath a key only a read can tell. A
//! read for each write would cost about as much as the write. So one operation in N is looked at, and stands for N: what
//! [`Policy`](crate::policy::Policy) weighs are a hundred thousand versions, and a thousand samples tell those within a few
//! percent.
//!
//! ```text
//!  batch 7:   put a    put b    delete c    put d     put e    ...      N = 4
//!                        ?                              ?               drawn: looked at in memory
//!                       found                          nothing
//!  garbage:             + 4        + 1 (the tombstone)
//! ```
//!
//! - Which operations are looked at is drawn by chance, not counted out: a transaction that always does the same (one UPDATE,
//!   fifteen INSERTs) would be looked at in the same place each time. The draws follow from the batch's index, so a replay
//!   estimates what the first run did.
//! - A tombstone is garbage itself, from birth, and needs no looking.
//! - Nobody waits for the disk here. A key that every filter denies has nothing beneath; where the answer is not in memory, the
//!   filters have let the key pass, and it counts as found. That is wrong for one new key in a hundred; for more of them when
//!   the filters themselves are in the cache (`index_in_cache`) and were evicted.
//! - Ordinary compactions drop versions, too, and nobody counts them off: the garbage of a hot row is often gone already.
//!
//! The last two make the estimate too high, and then rewrites find little. That is what the policy's patience is for.

use cairn_engine_api::LogIndex;

/// So many samples are enough before a rewrite is considered.
const SAMPLES: u64 = 1024;
/// Looking at fewer operations than one in so many saves nothing more.
const ONE_IN_MAX: u64 = 16;

/// Of how many operations one is looked at, when rewrites are considered after `versions_min` superseded versions. With a small
/// minimum every operation counts.
pub(crate) fn one_in(versions_min: u64) -> u64 {
    (versions_min / SAMPLES).clamp(1, ONE_IN_MAX)
}

/// The garbage that one batch makes.
#[derive(Debug)]
pub(crate) struct Garbage {
    one_in: u64,
    chance: u64,
    versions: u64,
}

impl Garbage {
    pub(crate) fn of(batch: LogIndex, one_in: u64) -> Self {
        // Mixed: neighbouring indexes as they are would give overlapping draws.
        Self { one_in, chance: mixed(batch.0), versions: 0 }
    }

    /// A row is written. `is_over` tells whether a version lies beneath.
    pub(crate) fn put(&mut self, is_over: impl FnOnce() -> bool) {
        if self.draw() && is_over() {
            self.versions += self.one_in;
        }
    }

    /// A row is deleted.
    pub(crate) fn delete(&mut self, is_over: impl FnOnce() -> bool) {
        self.versions += 1;
        self.put(is_over);
    }

    /// About how many versions need not be kept once nobody reads below this batch.
    pub(crate) fn versions(&self) -> u64 {
        self.versions
    }

    fn draw(&mut self) -> bool {
        self.chance = self.chance.wrapping_add(GOLDEN);
        mixed(self.chance).is_multiple_of(self.one_in)
    }
}

/// SplitMix64: steps of this, mixed.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is estimated for so many batches of 16 puts, of which those `over` tells (by their place) supersede a version.
    fn estimate(batches: u64, over: impl Fn(u64) -> bool) -> u64 {
        let garbage = (1..=batches).map(|batch| {
            let mut garbage = Garbage::of(LogIndex(batch), one_in(u64::MAX));
            (0..16).for_each(|place| garbage.put(|| over(place)));
            garbage.versions()
        });
        garbage.sum()
    }

    #[test]
    fn the_estimate_is_near_the_truth() {
        for (name, per_batch, over) in [
            ("none", 0, (|_| false) as fn(u64) -> bool),
            ("all", 16, |_| true),
            ("every second", 8, |place| place % 2 == 0),
            ("the first", 1, |place| place == 0),
            ("the last", 1, |place| place == 15),
        ] {
            // A hundred thousand versions, as the default minimum has them.
            let batches = 100_000 / per_batch.max(1);
            let (told, truth) = (estimate(batches, over), batches * per_batch);
            assert!(told.abs_diff(truth) * 20 <= truth, "{name}: {told} were estimated, {truth} are right");
        }
    }

    #[test]
    fn a_small_minimum_looks_at_everything() {
        assert_eq!((one_in(1), one_in(2047), one_in(2048), one_in(100_000)), (1, 1, 2, 16));
        let mut garbage = Garbage::of(LogIndex(1), one_in(1000));
        (0..1000).for_each(|n| garbage.put(|| n % 2 == 0));
        assert_eq!(garbage.versions(), 500);
    }

    #[test]
    fn a_tombstone_always_counts() {
        let mut garbage = Garbage::of(LogIndex(1), ONE_IN_MAX);
        (0..1000).for_each(|_| garbage.delete(|| false));
        assert_eq!(garbage.versions(), 1000);
    }
}
