//! Small things about key ranges that more than one file needs.

use std::ops::Bound;

use cairn_engine_api::KeyRange;
use smallvec::SmallVec;

/// An owned key. Keys of up to 24 bytes (most integer keys) need no allocation.
pub(crate) type KeyBuf = SmallVec<[u8; 24]>;

/// A range as `BTreeMap::range` wants it.
pub(crate) type RawRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// The range for a `BTreeMap`, which panics on ranges that are upside down; those are `None`: nothing is inside.
pub(crate) fn raw(range: KeyRange<'_>) -> Option<RawRange<'_>> {
    let empty = match (range.start, range.end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => start >= end,
    };
    (!empty).then_some((range.start, range.end))
}

/// A range that owns its ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedRange {
    /// Lower end.
    pub start: Bound<Vec<u8>>,
    /// Upper end.
    pub end: Bound<Vec<u8>>,
}

impl OwnedRange {
    /// Copies the ends of `range`.
    pub fn copy(range: KeyRange<'_>) -> Self {
        Self { start: range.start.map(<[u8]>::to_vec), end: range.end.map(<[u8]>::to_vec) }
    }

    /// The same range, borrowed.
    pub fn as_range(&self) -> KeyRange<'_> {
        KeyRange { start: as_slice(&self.start), end: as_slice(&self.end) }
    }
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}
