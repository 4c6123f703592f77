//! The tables in redb's file, and how a version's key is made.

use std::ops::Bound;

use cairn_engine_api::{KeyRange, LogIndex, Persisted, SpaceId, Timestamp};
use redb::TableDefinition;

/// Space, key, and the timestamp inverted: of one key the newest version comes first.
pub(crate) type RowKey = (u32, &'static [u8], u64);
/// Rows; `None` is a tombstone.
pub(crate) const ROWS: TableDefinition<'_, RowKey, Option<&'static [u8]>> = TableDefinition::new("rows");
/// Rows, versions and bytes of each space. A space exists when it is in here.
pub(crate) const SPACES: TableDefinition<'_, u32, (u64, u64, u64)> = TableDefinition::new("spaces");
/// From this timestamp on, older versions of this key may go.
pub(crate) const GARBAGE: TableDefinition<'_, (u64, u32, &'static [u8]), ()> = TableDefinition::new("garbage");
/// What has been applied.
pub(crate) const STATE: TableDefinition<'_, &'static str, (u64, u64)> = TableDefinition::new("state");
/// The one entry of [`STATE`].
pub(crate) const APPLIED: &str = "applied";

/// A timestamp as it stands in a version's key.
pub(crate) fn inverted(at: Timestamp) -> u64 {
    !at.0
}

/// All versions of a key at or below `at`, newest first.
pub(crate) fn versions(space: SpaceId, key: &[u8], at: Timestamp) -> std::ops::RangeInclusive<(u32, &[u8], u64)> {
    (space.0, key, inverted(at))..=(space.0, key, u64::MAX)
}

/// One end of a range of versions.
pub(crate) type End<'k> = Bound<(u32, &'k [u8], u64)>;

/// The versions of all keys in a range. Empty where the range's ends are crossed.
pub(crate) fn span<'k>(space: SpaceId, range: KeyRange<'k>) -> (End<'k>, End<'k>) {
    let start = match range.start {
        Bound::Included(key) => Bound::Included((space.0, key, 0)),
        Bound::Excluded(key) => Bound::Excluded((space.0, key, u64::MAX)),
        Bound::Unbounded => Bound::Included((space.0, [].as_slice(), 0)),
    };
    let end = match range.end {
        Bound::Included(key) => Bound::Included((space.0, key, u64::MAX)),
        // No version has the largest timestamp, which inverts to 0.
        Bound::Excluded(key) => Bound::Excluded((space.0, key, 0)),
        Bound::Unbounded => match space.0.checked_add(1) {
            Some(next) => Bound::Excluded((next, [].as_slice(), 0)),
            None => Bound::Unbounded,
        },
    };
    (start, end)
}

/// Whether a range can hold no key at all, its ends being crossed.
pub(crate) fn is_crossed(range: KeyRange<'_>) -> bool {
    match (range.start, range.end) {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end) | Bound::Included(end)) => start >= end,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

/// A value of [`STATE`].
pub(crate) fn persisted((index, at): (u64, u64)) -> Persisted {
    Persisted { index: LogIndex(index), at: Timestamp(at) }
}
