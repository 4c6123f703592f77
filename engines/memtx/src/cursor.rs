//! Cursors: ranges of visible rows, in either direction, for as long as the client likes.
//!
//! A cursor may stay open for hours (a portal that a client forgot), so it must not hold the epoch. It works in rounds: pin,
//! seek behind the last key, copy some rows into its own buffer, unpin. The rounds grow, so that `LIMIT 1` copies
//! little and a long scan seldom seeks. Between rounds the cursor holds nothing but a count on its space.

//! ```text
//!   buffer:  [key length u32][row length u32][key][row]  [..][..][key][row]  ...      one round
//!                                                        ^ position: the next row to give out
//! ```

use std::ops::Bound;

use cairn_base::fault;
use cairn_engine_api::{Cursor, Direction, EngineError, Entry, KeyRange, Timestamp};
use smallvec::SmallVec;

use crate::art::{VersionRef, Walk};
use crate::space::Space;
use crate::sync::{Arc, Guard, pin};

/// Rows copied in the first round.
const ROUND_ROWS_MIN: usize = 4;
/// How many times more rows each further round copies.
const ROUND_GROWTH: usize = 3;
/// Rows copied in a round at most.
const ROUND_ROWS_MAX: usize = 256;
/// A round ends when it has copied this many bytes.
const ROUND_BYTES_MAX: usize = 64 << 10;
/// A round ends when it has passed this many keys, visible or not: bounds the time of one pin.
const ROUND_KEYS_MAX: usize = 4096;
/// Room for the first round's bytes, so that small rows need one allocation.
const BUFFER_BYTES_MIN: usize = 256;
/// Keys whose versions are fetched into the processor's cache together: a tree's versions lie scattered in memory, so a
/// scan that asks for one at a time waits for memory at each row. The first of a group is the one that is waited for, so
/// groups are large.
pub(crate) const GROUP_KEYS_MAX: usize = 64;
/// Bytes of the two lengths before a row in the buffer.
const LENGTHS_BYTES: usize = size_of::<u64>();

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
    /// Where the next row to give out begins in the buffer.
    position: usize,
    round_rows: usize,
    /// The range is exhausted behind the rows in the buffer.
    at_end: bool,
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
            buffer: Vec::with_capacity(BUFFER_BYTES_MIN),
            position: 0,
            round_rows: ROUND_ROWS_MIN,
            at_end: is_empty(range),
        }
    }

    /// Copies the next rows. Wait-free: bounded by the round's limits, whatever the writer does.
    fn fill(&mut self, guard: &Guard) {
        self.buffer.clear();
        self.position = 0;
        let mut walk = self.space.tree.walk(self.from.as_ref().map(Vec::as_slice), self.direction, guard);
        if let Some(key) = self.copy_round(&mut walk) {
            self.continue_behind(key);
        }
        self.round_rows = (self.round_rows * ROUND_GROWTH).min(ROUND_ROWS_MAX);
    }

    /// Copies one round's rows and returns the last key passed.
    fn copy_round<'g>(&mut self, walk: &mut Walk<'g>) -> Option<&'g [u8]> {
        let mut last = None;
        let (mut rows, mut keys) = (0, 0);
        while rows < self.round_rows && keys < ROUND_KEYS_MAX {
            let most = GROUP_KEYS_MAX.min(self.round_rows - rows);
            let mut group = Group::new();
            walk.next_group(most, &mut group);
            if group.is_empty() {
                self.at_end = true;
                return last;
            }
            group.iter().for_each(|version| version.prefetch());
            for newest in group.iter().copied() {
                let key = newest.key();
                if is_past(key, &self.to, self.direction) {
                    self.at_end = true;
                    return last;
                }
                last = Some(key);
                if let Some((bytes, key_len)) = newest.visible(self.at).and_then(VersionRef::key_and_row) {
                    self.copy(bytes, key_len);
                    rows += 1;
                    if self.buffer.len() >= ROUND_BYTES_MAX {
                        return last;
                    }
                }
            }
            keys += group.len();
        }
        last
    }

    /// Appends a row: its key and value, one behind the other.
    #[inline]
    fn copy(&mut self, bytes: &[u8], key_len: usize) {
        self.buffer.reserve(LENGTHS_BYTES + bytes.len());
        let lengths = key_len as u64 | ((bytes.len() - key_len) as u64) << 32;
        self.buffer.extend_from_slice(&lengths.to_le_bytes());
        self.buffer.extend_from_slice(bytes);
    }

    fn continue_behind(&mut self, key: &[u8]) {
        let mut bytes = match std::mem::replace(&mut self.from, Bound::Unbounded) {
            Bound::Included(bytes) | Bound::Excluded(bytes) => bytes,
            Bound::Unbounded => Vec::new(),
        };
        bytes.clear();
        bytes.extend_from_slice(key);
        if let Some(last) = bytes.last_mut().filter(|_| fault!(CursorSkipsARow)) {
            *last = last.saturating_add(1);
        }
        self.from = Bound::Excluded(bytes);
    }
}

impl Cursor for SpaceCursor {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        while self.position == self.buffer.len() {
            if self.at_end {
                return Ok(None);
            }
            self.fill(&pin());
        }
        let (entry, behind) = row_at(&self.buffer, self.position);
        self.position = behind;
        Ok(Some(entry))
    }
}

/// The row that [`SpaceCursor::copy`] put at `position`, and the position behind it.
#[inline]
fn row_at(buffer: &[u8], position: usize) -> (Entry<'_>, usize) {
    let (lengths, rest) = buffer[position..].split_first_chunk::<LENGTHS_BYTES>().expect("`copy` began with lengths");
    let lengths = u64::from_le_bytes(*lengths);
    let (key, rest) = rest.split_at(lengths as u32 as usize);
    let (value, rest) = rest.split_at((lengths >> 32) as usize);
    (Entry { key, value }, buffer.len() - rest.len())
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
