//! "Certainly not changed lately": a quick answer for single keys.
//!
//! A table of timestamps, one for each hash value: the newest commit of any key that hashes there. It never forgets, is
//! never searched and never needs pruning; two keys in one slot only make an answer less certain. With a few hundred
//! recent keys in 4096 slots, nearly every look into window and overlay ends here.

use std::hash::{BuildHasher, Hash, Hasher};

use cairn_base::{SpaceId, Timestamp};
use rustc_hash::FxBuildHasher;

/// Slots: 32 KiB, what a core's first cache holds.
const SLOTS: usize = 4_096;

#[derive(Debug)]
pub(crate) struct Sieve {
    newest: Box<[Timestamp]>,
    /// Newest commit that was too large to note key by key.
    any: Timestamp,
}

impl Sieve {
    pub(crate) fn new() -> Self {
        Self { newest: vec![Timestamp::ZERO; SLOTS].into(), any: Timestamp::ZERO }
    }

    pub(crate) fn note(&mut self, space: SpaceId, key: &[u8], at: Timestamp) {
        self.newest[slot(space, key)] = at;
    }

    /// Any key may have been written at `at`.
    pub(crate) fn note_any(&mut self, at: Timestamp) {
        self.any = at;
    }

    /// `false`: the key was certainly not written after `since`.
    pub(crate) fn maybe_since(&self, space: SpaceId, key: &[u8], since: Timestamp) -> bool {
        self.any > since || self.newest[slot(space, key)] > since
    }
}

fn slot(space: SpaceId, key: &[u8]) -> usize {
    hash(space, key) as usize % SLOTS
}

/// The hash of a key that all of this crate uses.
pub(crate) fn hash(space: SpaceId, key: &[u8]) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    space.0.hash(&mut hasher);
    hasher.write(key);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_key_is_never_called_unchanged() {
        let mut sieve = Sieve::new();
        for at in 1..20_000u64 {
            sieve.note(SpaceId(1), &at.to_be_bytes(), Timestamp(at));
            assert!(sieve.maybe_since(SpaceId(1), &at.to_be_bytes(), Timestamp(at - 1)));
            assert!(!sieve.maybe_since(SpaceId(1), &at.to_be_bytes(), Timestamp(at)));
        }
        sieve.note_any(Timestamp(30_000));
        assert!(sieve.maybe_since(SpaceId(9), b"x", Timestamp(29_999)));
    }

    #[test]
    fn few_recent_keys_leave_most_others_certain() {
        let mut sieve = Sieve::new();
        for key in 0..200u32 {
            sieve.note(SpaceId(1), &key.to_be_bytes(), Timestamp(5));
        }
        let unsure = (1_000..11_000u32).filter(|key| sieve.maybe_since(SpaceId(1), &key.to_be_bytes(), Timestamp(4)));
        assert!(unsure.count() < 1_000, "the hash spreads badly");
    }
}
