//! What a transaction has written: new versions by key, in order, with everything needed to undo.
//!
//! ```text
//!   arena    | space key | value | space key | value | value' |    append-only; a savepoint is a length
//!   entries    [0: key, value'] [1: key, value]                    one per key written
//!   order      1 0                                                 by (space, key)
//!   undo       (0: value)                                          what an overwritten entry was before
//! ```

use std::cmp::Ordering;
use std::ops::Bound;

use cairn_base::SpaceId;
use cairn_engine_api::{Direction, KeyRange, SpaceOptions};

mod order;
#[cfg(test)]
mod tests;

use order::{Order, Place};

/// Bytes of the space in front of each stored key; big-endian, so that one comparison orders by space and key.
const SPACE_BYTES: usize = 4;

/// The buffered writes of one transaction.
#[derive(Debug, Default)]
pub(crate) struct WriteSet {
    arena: Vec<u8>,
    entries: Vec<Entry>,
    order: Order,
    undo: Vec<(u32, Value)>,
    spaces: Vec<SpaceChange>,
    /// Bytes that the entries would take in a record, roughly; only ever an over-estimate.
    bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key_at: usize,
    /// With the space in front.
    key_len: u32,
    value: Value,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Deleted,
    Row { at: usize, len: u32 },
}

/// A space created or dropped by the transaction.
#[derive(Clone, Debug)]
pub(crate) enum SpaceChange {
    Created(SpaceId, SpaceOptions),
    Dropped(SpaceId),
}

/// A state to return to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct WriteMark {
    arena: usize,
    entries: usize,
    undo: usize,
    spaces: usize,
    bytes: usize,
}

/// A written key: its row, or `None` where it was deleted.
pub(crate) type Written<'a> = Option<&'a [u8]>;

impl WriteSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.spaces.is_empty()
    }

    /// Keys written.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes written, keys included.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn write(&mut self, space: SpaceId, key: &[u8], value: Written<'_>) {
        let place = self.place_for(space, key);
        let found = self.order.at(place).filter(|entry| self.compare(*entry, space, key) == Ordering::Equal);
        self.bytes += key.len() + value.map_or(0, <[u8]>::len) + 2 * SPACE_BYTES;
        match found {
            Some(number) => {
                let value = self.store(value);
                let entry = &mut self.entries[number as usize];
                self.undo.push((number, std::mem::replace(&mut entry.value, value)));
            }
            None => {
                let key_at = self.arena.len();
                self.arena.extend_from_slice(&space.0.to_be_bytes());
                self.arena.extend_from_slice(key);
                let key_len = (SPACE_BYTES + key.len()) as u32;
                let value = self.store(value);
                self.order.insert(place, self.entries.len() as u32);
                self.entries.push(Entry { key_at, key_len, value });
            }
        }
    }

    pub(crate) fn change_space(&mut self, change: SpaceChange) {
        self.spaces.push(change);
    }

    pub(crate) fn spaces(&self) -> &[SpaceChange] {
        &self.spaces
    }

    /// Did this transaction create `space`? Then neither engine nor overlay knows it.
    pub(crate) fn created(&self, space: SpaceId) -> bool {
        self.spaces.iter().any(|change| matches!(change, SpaceChange::Created(created, _) if *created == space))
    }

    pub(crate) fn dropped(&self, space: SpaceId) -> bool {
        self.spaces.iter().any(|change| matches!(change, SpaceChange::Dropped(dropped) if *dropped == space))
    }

    /// What this transaction wrote to `key`, if it did.
    pub(crate) fn get(&self, space: SpaceId, key: &[u8]) -> Option<Written<'_>> {
        let entry = self.order.at(self.lower_bound(space, key))?;
        (self.compare(entry, space, key) == Ordering::Equal).then(|| self.value(entry))
    }

    /// Walks the written keys of a range.
    pub(crate) fn scan(&self, space: SpaceId, range: KeyRange<'_>, direction: Direction) -> OwnScan<'_> {
        let start = match range.start {
            Bound::Unbounded => self.lower_bound(space, b""),
            Bound::Included(key) => self.lower_bound(space, key),
            Bound::Excluded(key) => self.upper_bound(space, key),
        };
        let end = match range.end {
            Bound::Unbounded => self.upper_end(space),
            Bound::Included(key) => self.upper_bound(space, key),
            Bound::Excluded(key) => self.lower_bound(space, key),
        };
        let upside_down = crate::bounds::raw(range).is_none();
        OwnScan { writes: self, start, end: if upside_down { start } else { end }, direction }
    }

    /// All written keys in (space, key) order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SpaceId, &[u8], Written<'_>)> {
        self.order.iter().map(|entry| {
            let (space, key) = self.key(entry);
            (space, key, self.value(entry))
        })
    }

    pub(crate) fn mark(&self) -> WriteMark {
        WriteMark {
            arena: self.arena.len(),
            entries: self.entries.len(),
            undo: self.undo.len(),
            spaces: self.spaces.len(),
            bytes: self.bytes,
        }
    }

    /// Undoes everything since `mark`.
    pub(crate) fn rollback(&mut self, mark: WriteMark) {
        while self.undo.len() > mark.undo {
            let (entry, value) = self.undo.pop().expect("longer than the mark");
            self.entries[entry as usize].value = value;
        }
        for number in (mark.entries..self.entries.len()).rev() {
            let (space, key) = self.key(number as u32);
            let place = self.lower_bound(space, key);
            debug_assert_eq!(self.order.at(place), Some(number as u32));
            self.order.remove(place);
        }
        self.entries.truncate(mark.entries);
        self.spaces.truncate(mark.spaces);
        self.arena.truncate(mark.arena);
        self.bytes = mark.bytes;
    }

    /// Forgets everything and keeps a little memory for the next transaction.
    pub(crate) fn clear(&mut self) {
        self.arena.clear();
        self.arena.shrink_to(16 * 1024);
        self.entries.clear();
        self.entries.shrink_to(256);
        self.order.clear();
        self.undo.clear();
        self.undo.shrink_to(256);
        self.spaces.clear();
        self.bytes = 0;
    }

    fn store(&mut self, value: Written<'_>) -> Value {
        let Some(row) = value else { return Value::Deleted };
        let at = self.arena.len();
        self.arena.extend_from_slice(row);
        Value::Row { at, len: row.len() as u32 }
    }

    fn key(&self, entry: u32) -> (SpaceId, &[u8]) {
        let entry = &self.entries[entry as usize];
        let bytes = &self.arena[entry.key_at..entry.key_at + entry.key_len as usize];
        let (space, key) = bytes.split_at(SPACE_BYTES);
        (SpaceId(u32::from_be_bytes(space.try_into().expect("four bytes"))), key)
    }

    fn value(&self, entry: u32) -> Written<'_> {
        match self.entries[entry as usize].value {
            Value::Deleted => None,
            Value::Row { at, len } => Some(&self.arena[at..at + len as usize]),
        }
    }

    fn compare(&self, entry: u32, space: SpaceId, key: &[u8]) -> Ordering {
        let (entry_space, entry_key) = self.key(entry);
        entry_space.cmp(&space).then_with(|| entry_key.cmp(key))
    }

    /// [`Self::lower_bound`], quick for keys that come in order.
    fn place_for(&self, space: SpaceId, key: &[u8]) -> Place {
        match self.order.last() {
            Some(last) if self.compare(last, space, key) == Ordering::Less => self.order.end(),
            _ => self.lower_bound(space, key),
        }
    }

    fn lower_bound(&self, space: SpaceId, key: &[u8]) -> Place {
        self.order.lower_bound(|entry| self.compare(entry, space, key))
    }

    fn upper_bound(&self, space: SpaceId, key: &[u8]) -> Place {
        self.order.lower_bound(|entry| match self.compare(entry, space, key) {
            Ordering::Equal => Ordering::Less,
            other => other,
        })
    }

    /// The place behind the last key of `space`.
    fn upper_end(&self, space: SpaceId) -> Place {
        self.order.lower_bound(|entry| if self.key(entry).0 <= space { Ordering::Less } else { Ordering::Greater })
    }
}

/// A walk over own writes.
#[derive(Debug)]
pub(crate) struct OwnScan<'a> {
    writes: &'a WriteSet,
    start: Place,
    end: Place,
    direction: Direction,
}

impl<'a> Iterator for OwnScan<'a> {
    type Item = (&'a [u8], Written<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.start == self.end {
            return None;
        }
        let place = match self.direction {
            Direction::Forward => {
                let place = self.start;
                self.start = self.writes.order.after(place);
                place
            }
            Direction::Backward => {
                self.end = self.writes.order.before(self.end)?;
                self.end
            }
        };
        let entry = self.writes.order.at(place)?;
        Some((self.writes.key(entry).1, self.writes.value(entry)))
    }
}
