//! Who counts which bytes.
//!
//! A space counts what its tree can reach; its writer alone changes that. The engine counts everything that is allocated,
//! also what is taken out of a tree and waits for its last reader. Both count the sizes asked of the allocator, so they
//! are exact, but the allocator's own overhead (rounding, free lists) comes on top.

use crate::sync::{AtomicU64, Ordering};

/// Counters of one space. Changed by the writer only, read by anybody.
#[derive(Debug, Default)]
pub(crate) struct SpaceCounts {
    /// Keys whose newest version is a row.
    pub(crate) rows: Count,
    /// Versions reachable from the tree, tombstones included.
    pub(crate) versions: Count,
    /// Bytes of those versions.
    pub(crate) version_bytes: Count,
    /// Bytes of the tree's inner nodes.
    pub(crate) node_bytes: Count,
}

impl SpaceCounts {
    /// Bytes of nodes and versions.
    pub(crate) fn bytes(&self) -> u64 {
        self.version_bytes.get() + self.node_bytes.get()
    }
}

/// A number with one writer and many readers: plain loads and stores, no read-modify-write.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// The value, possibly a moment old.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Writer only.
    pub(crate) fn add(&self, amount: u64) {
        self.0.store(self.get() + amount, Ordering::Relaxed);
    }

    /// Writer only.
    pub(crate) fn subtract(&self, amount: u64) {
        let value = self.get();
        debug_assert!(value >= amount, "count {value} cannot fall by {amount}");
        self.0.store(value.wrapping_sub(amount), Ordering::Relaxed);
    }
}

/// Bytes of the whole engine.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    taken: AtomicU64,
    given_back: AtomicU64,
}

impl Ledger {
    /// Bytes allocated now, those that wait for readers included.
    pub(crate) fn used(&self) -> u64 {
        // `given_back` first: what is given back was taken before, so the difference cannot be negative.
        let given_back = self.given_back.load(Ordering::Acquire);
        self.taken.load(Ordering::Relaxed).saturating_sub(given_back)
    }

    /// Bytes were allocated.
    pub(crate) fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes were freed. Any thread.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.given_back.fetch_add(bytes as u64, Ordering::Release);
    }
}
