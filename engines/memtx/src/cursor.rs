//! Cursors: ranges of visible rows, in either direction, for as long as the client likes.
//!
//! A cursor may stay open for hours (a portal that a client forgot), so it must not hold the epoch. It works in rounds: pin,
//! seek behind the last key, copy some rows into its own buffer, unpin. The rounds grow, so that `LIMIT 1` copies
//! little and a long scan seldom seeks. Between rounds the cursor holds nothing but a count on its space.

use std::ops::Bound;

use cairn_engine_api::{Cursor, Direction, EngineError, Entry, KeyRange, Timestamp};

use smallvec::SmallVec;

use crate::art::{LENGTH_MAX, VersionRef, Walk};
use crate::space::Space;
use crate::sync::{Arc, Guard, pin};

/// Rows copied in the first round.
const ROUND_ROWS_MIN: usize = 4;
/// How many times more rows each further round copies.
const ROUND_GROWTH: usize = 3;
/// Room for the first round's bytes, so that small rows need one allocation.
const BUFFER_BYTES_MIN: usize = 256;
/// Rows copied in a round at most.
const ROUND_ROWS_MAX: usize = 256;
/// A round ends when it has copied this many bytes.
const ROUND_BYTES_MAX: usize = 64 << 10;
/// A round ends when it has passed this many keys, visible or not: bounds the time of one pin.
const ROUND_KEYS_MAX: usize = 4096;
const _: () = assert!(ROUND_BYTES_MAX + 2 * LENGTH_MAX <= u32::MAX as usize);

/// Keys whose versions are fetched into the processor's cache together: a tree's versions lie scattered in memory, so a
/// scan that asks for one at a time waits for memory at each row.
const GROUP_KEYS_MAX: usize = 16;

/// Newest versions of consecutive keys.
type Group<'g> = SmallVec<[VersionRef<'g>; GROUP_KEYS_MAX]>;

/// A cursor over one space at one snapshot.
#[derive(Debug)]
pub(crate) struct SpaceCursor {
    space: Arc<Space>,
    at: Timestamp,
    direction: Direction,
    /// Where the next round starts; moves behind the last key passed.
    from: Bound<Vec<u8>>,
    /// Where the scan ends.
    to: Bound<Vec<u8>>,
    /// Rows of this round, copied.
    buffer: Vec<u8>,
    rows: SmallVec<[Row; ROUND_ROWS_MIN]>,
    /// The next row to give out.
    next: usize,
    round_rows: usize,
    /// The range is exhausted behind the rows in the buffer.
    at_end: bool,
}

/// Where a row lies in the buffer: the key, directly followed by the value. 32 bits do: a round ends behind 64 KiB, and
/// one row is at most 2 GiB.
#[derive(Debug)]
struct Row {
    start: u32,
    key_end: u32,
    end: u32,
}

impl SpaceCursor {
    /// A cursor before the first row in `direction`.
    pub(crate) fn new(space: Arc<Space>, range: KeyRange<'_>, at: Timestamp, direction: Direction) -> Self {
        let (from, to) = match direction {
            Direction::Forward => (range.start, range.end),
            Direction::Backward => (range.end, range.start),
        };
        Self {
            space,
            at,
            direction,
            from: from.map(<[u8]>::to_vec),
            to: to.map(<[u8]>::to_vec),
            buffer: Vec::new(),
            rows: SmallVec::new(),
            next: 0,
            round_rows: ROUND_ROWS_MIN,
            at_end: is_empty(range),
        }
    }

    /// Copies the next rows. Wait-free: bounded by the round's limits, whatever the writer does.
    fn fill(&mut self, guard: &Guard) {
        self.buffer.clear();
        self.rows.clear();
        self.buffer.reserve(BUFFER_BYTES_MIN);
        self.rows.reserve(self.round_rows);
        self.next = 0;
        let mut walk = self.space.tree.walk(self.from.as_ref().map(Vec::as_slice), self.direction, guard);
        let mut last = None;
        let mut keys = 0;
        while keys < ROUND_KEYS_MAX && self.rows.len() < self.round_rows && self.buffer.len() < ROUND_BYTES_MAX {
            let group: Group<'_> = next_group(&mut walk, self.round_rows - self.rows.len());
            let is_last_group = group.len() < GROUP_KEYS_MAX.min(self.round_rows - self.rows.len());
            keys += group.len();
            for newest in group {
                if is_past(newest.key(), &self.to, self.direction) {
                    self.at_end = true;
                    return;
                }
                if let Some(row) = newest.visible(self.at).and_then(VersionRef::row) {
                    self.copy(newest.key(), row);
                }
                last = Some(newest.key());
            }
            if is_last_group {
                self.at_end = true;
                return;
            }
        }
        if let Some(key) = last {
            self.continue_behind(key);
        }
        self.round_rows = (self.round_rows * ROUND_GROWTH).min(ROUND_ROWS_MAX);
    }

    fn copy(&mut self, key: &[u8], row: &[u8]) {
        let start = self.buffer.len() as u32;
        self.buffer.extend_from_slice(key);
        let key_end = self.buffer.len() as u32;
        self.buffer.extend_from_slice(row);
        self.rows.push(Row { start, key_end, end: self.buffer.len() as u32 });
    }

    fn continue_behind(&mut self, key: &[u8]) {
        let mut bytes = match std::mem::replace(&mut self.from, Bound::Unbounded) {
            Bound::Included(bytes) | Bound::Excluded(bytes) => bytes,
            Bound::Unbounded => Vec::new(),
        };
        bytes.clear();
        bytes.extend_from_slice(key);
        self.from = Bound::Excluded(bytes);
    }
}

impl Cursor for SpaceCursor {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        while self.next == self.rows.len() {
            if self.at_end {
                return Ok(None);
            }
            self.fill(&pin());
        }
        let row = &self.rows[self.next];
        self.next += 1;
        let (start, key_end, end) = (row.start as usize, row.key_end as usize, row.end as usize);
        Ok(Some(Entry { key: &self.buffer[start..key_end], value: &self.buffer[key_end..end] }))
    }
}

/// The versions of the next keys, on their way into the cache: fewer than `most` and than a full group only at the end.
fn next_group<'g>(walk: &mut Walk<'g>, most: usize) -> Group<'g> {
    let mut group = Group::new();
    while group.len() < GROUP_KEYS_MAX.min(most) {
        let Some(version) = walk.next() else { break };
        version.prefetch();
        group.push(version);
    }
    group
}

/// Does `key` lie behind the end `to`?
#[inline]
fn is_past(key: &[u8], to: &Bound<Vec<u8>>, direction: Direction) -> bool {
    match (to, direction) {
        (Bound::Unbounded, _) => false,
        (Bound::Included(to), Direction::Forward) => key > to.as_slice(),
        (Bound::Excluded(to), Direction::Forward) => key >= to.as_slice(),
        (Bound::Included(to), Direction::Backward) => key < to.as_slice(),
        (Bound::Excluded(to), Direction::Backward) => key <= to.as_slice(),
    }
}

/// Is the range empty whatever the space holds, its ends being crossed?
fn is_empty(range: KeyRange<'_>) -> bool {
    match (range.start, range.end) {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end) | Bound::Included(end)) => start >= end,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}
