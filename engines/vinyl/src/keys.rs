//! Stored keys.
//!
//! ```text
//!  row:       | number, u32 big-endian | user key, as it is |      (+ timestamp, u64, kept and compared by RocksDB)
//!  applied:   | 00 |
//!  catalog:   | 00 00 |
//! ```
//! Nothing needs escaping: the number has a fixed length and the timestamp is not part of these bytes. The engine's own two
//! records are shorter than any row's key and sort before all of them.

use std::ops::Bound;

use cairn_engine_api::KeyRange;

/// Which batch was applied last.
pub(crate) const APPLIED: &[u8] = &[0];
/// Which spaces exist.
pub(crate) const CATALOG: &[u8] = &[0, 0];
/// The timestamp of the engine's own records. They are overwritten in place: only rows have versions.
pub(crate) const OWN: [u8; 8] = [0; 8];
/// A timestamp after every commit.
pub(crate) const NEWEST: [u8; 8] = [0xff; 8];

/// Length of the number before the user's key.
pub(crate) const PREFIX: usize = size_of::<Number>();

/// The internal number of a space. Counts up and is never used twice, so rows of a dropped space can lie around until a
/// compaction removes them without ever showing up in another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Number(pub(crate) u32);

impl Number {
    /// The first stored key that belongs to this space.
    pub(crate) fn start(self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }

    /// The first stored key behind this space. (The catalog gives out numbers below `u32::MAX` only.)
    pub(crate) fn end(self) -> Vec<u8> {
        Number(self.0 + 1).start()
    }

    /// The number in a stored key; `None` for the engine's own records.
    pub(crate) fn of(stored: &[u8]) -> Option<Self> {
        stored.first_chunk::<PREFIX>().map(|bytes| Self(u32::from_be_bytes(*bytes)))
    }

    /// Puts the stored form of `key` into `out`, replacing what is there.
    pub(crate) fn store(self, key: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.0.to_be_bytes());
        out.extend_from_slice(key);
    }

    /// The stored keys of `range` as an inclusive start and an exclusive end; `None` when no key can be inside.
    pub(crate) fn bounds(self, range: KeyRange<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
        let start = match range.start {
            Bound::Unbounded => self.start(),
            Bound::Included(key) => self.joined(key, &[]),
            Bound::Excluded(key) => self.joined(key, &[0]),
        };
        let end = match range.end {
            Bound::Unbounded => self.end(),
            Bound::Included(key) => self.joined(key, &[0]),
            Bound::Excluded(key) => self.joined(key, &[]),
        };
        (start < end).then_some((start, end))
    }

    fn joined(self, key: &[u8], tail: &[u8]) -> Vec<u8> {
        [&self.0.to_be_bytes(), key, tail].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_records_sort_before_every_row() {
        assert!(APPLIED < CATALOG);
        assert!(CATALOG < Number(0).start().as_slice());
        assert_eq!((Number::of(APPLIED), Number::of(CATALOG)), (None, None));
    }

    #[test]
    fn a_space_ends_where_the_next_one_starts() {
        assert_eq!(Number(0xff).end(), Number(0x100).start());
        assert!(Number(7).joined(&[0xff; 100], &[0]) < Number(7).end());
    }

    #[test]
    fn bounds_become_a_half_open_range() {
        let bounds = |start, end| Number(1).bounds(KeyRange { start, end });
        let one = [0, 0, 0, 1];
        let with = |key: &[u8]| [&one, key].concat();
        assert_eq!(bounds(Bound::Unbounded, Bound::Unbounded), Some((one.to_vec(), vec![0, 0, 0, 2])));
        assert_eq!(bounds(Bound::Included(b"a"), Bound::Excluded(b"b")), Some((with(b"a"), with(b"b"))));
        assert_eq!(bounds(Bound::Excluded(b"a"), Bound::Included(b"b")), Some((with(b"a\0"), with(b"b\0"))));
        assert_eq!(bounds(Bound::Excluded(b"a"), Bound::Excluded(b"a")), None);
        assert_eq!(bounds(Bound::Excluded(b"a"), Bound::Excluded(b"a\0")), None, "nothing lies between");
        assert_eq!(bounds(Bound::Included(b"b"), Bound::Included(b"a")), None);
    }
}
