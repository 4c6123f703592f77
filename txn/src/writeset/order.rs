//! An order over numbered entries whose keys live elsewhere (in an arena): a B-tree of two levels.
//!
//! ```text
//!   chunks: [ 4 0 7 ] [ 2 9 ] [ 1 3 8 5 ]     numbers of entries, in key order, at most CHUNK in each
//! ```
//! A small transaction has one chunk: a sorted vector. Inserting in key order, as COPY does, appends.

use std::cmp::Ordering;

/// Most entries of a chunk.
const CHUNK: usize = 512;

/// Entries in order. Every method that compares is given the entry's place in the order.
#[derive(Debug, Default)]
pub(super) struct Order {
    chunks: Vec<Vec<u32>>,
}

/// A place between entries or at one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    chunk: usize,
    slot: usize,
}

impl Order {
    /// The first place whose entry is not `Less`. `compare` says how an entry stands to what is searched.
    pub(super) fn lower_bound(&self, compare: impl Fn(u32) -> Ordering) -> Place {
        let before = |entry: &u32| compare(*entry) == Ordering::Less;
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(before));
        let slot = self.chunks.get(chunk).map_or(0, |entries| entries.partition_point(before));
        Place { chunk, slot }
    }

    /// The last entry in order.
    pub(super) fn last(&self) -> Option<u32> {
        self.chunks.last()?.last().copied()
    }

    /// The place behind everything.
    pub(super) fn end(&self) -> Place {
        Place { chunk: self.chunks.len(), slot: 0 }
    }

    /// The entry at `place`, if any stands there.
    pub(super) fn at(&self, place: Place) -> Option<u32> {
        self.chunks.get(place.chunk)?.get(place.slot).copied()
    }

    /// Puts `entry` before what stands at `place`, which came from [`Self::lower_bound`].
    pub(super) fn insert(&mut self, place: Place, entry: u32) {
        let Place { mut chunk, mut slot } = place;
        if chunk == self.chunks.len() {
            let Some(last) = self.chunks.last() else {
                self.chunks.push(vec![entry]);
                return;
            };
            if last.len() >= CHUNK {
                // Behind everything: begin a new chunk instead of leaving two halves.
                let mut fresh = Vec::with_capacity(CHUNK);
                fresh.push(entry);
                self.chunks.push(fresh);
                return;
            }
            (chunk, slot) = (chunk - 1, last.len());
        }
        if self.chunks[chunk].len() >= CHUNK {
            let upper = self.chunks[chunk].split_off(CHUNK / 2);
            self.chunks.insert(chunk + 1, upper);
            if slot > CHUNK / 2 {
                (chunk, slot) = (chunk + 1, slot - CHUNK / 2);
            }
        }
        self.chunks[chunk].insert(slot, entry);
    }

    /// Takes out the entry at `place`.
    pub(super) fn remove(&mut self, place: Place) {
        self.chunks[place.chunk].remove(place.slot);
        if self.chunks[place.chunk].is_empty() && self.chunks.len() > 1 {
            self.chunks.remove(place.chunk);
        }
    }

    /// The place after `place`.
    pub(super) fn after(&self, place: Place) -> Place {
        let next = Place { slot: place.slot + 1, ..place };
        match self.chunks.get(place.chunk) {
            Some(chunk) if next.slot >= chunk.len() => Place { chunk: place.chunk + 1, slot: 0 },
            _ => next,
        }
    }

    /// The place before `place`, if there is one.
    pub(super) fn before(&self, place: Place) -> Option<Place> {
        if place.slot > 0 {
            return Some(Place { slot: place.slot - 1, ..place });
        }
        let chunk = place.chunk.checked_sub(1)?;
        let slot = self.chunks[chunk].len().checked_sub(1)?;
        Some(Place { chunk, slot })
    }

    /// All entries in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.chunks.iter().flatten().copied()
    }

    /// Forgets all entries and keeps the first chunk's memory.
    pub(super) fn clear(&mut self) {
        self.chunks.truncate(1);
        if let Some(first) = self.chunks.first_mut() {
            first.clear();
        }
    }
}
