//! Cursors over a range at a timestamp.
//!
//! RocksDB's iterator holds the files and memtables that it began with, so later batches, drops and compactions change
//! nothing for it, and it sees of each key the newest version at its timestamp.

use cairn_engine_api::{Cursor, Direction, EngineError, Entry, KeyRange, SpaceId, Timestamp};
use rocksdb::{DBRawIterator, ReadOptions};

use crate::keys::{Number, PREFIX};
use crate::reads::Depth;
use crate::store::Store;

/// Opens a cursor.
pub(crate) fn open<'s>(
    store: &'s Store,
    space: SpaceId,
    range: KeyRange<'_>,
    at: Timestamp,
    direction: Direction,
    depth: Depth,
) -> Result<Box<dyn Cursor + 's>, EngineError> {
    let number = store.catalog().find(space)?;
    let Some((start, end)) = number.bounds(range) else { return Ok(Box::new(Empty)) };
    let iterator = between(store, start, end, depth.options(store.readable(at)));
    Ok(Box::new(Scan { iterator, direction, depth, place: Place::Before }))
}

/// Rows of a space's newest state, up to `max`. Fewer, where more than `max` versions and deleted rows lie between two of them.
pub(crate) fn count(store: &Store, number: Number, max: u64) -> u64 {
    let mut options = Depth::Disk.options(Timestamp::MAX);
    options.set_max_skippable_internal_keys(max);
    let mut iterator = between(store, number.start(), number.end(), options);
    iterator.seek_to_first();
    let mut rows = 0;
    while rows < max && iterator.valid() {
        rows += 1;
        iterator.next();
    }
    rows
}

/// RocksDB's iterator over the stored keys from `start` up to `end`.
fn between(store: &Store, start: Vec<u8>, end: Vec<u8>, mut options: ReadOptions) -> DBRawIterator<'_> {
    options.set_iterate_lower_bound(start);
    options.set_iterate_upper_bound(end);
    store.db.raw_iterator_opt(options)
}

/// Nothing can be in the range.
struct Empty;

impl Cursor for Empty {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        Ok(None)
    }
}

/// Where a scan stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    On,
    Behind,
}

struct Scan<'s> {
    iterator: DBRawIterator<'s>,
    direction: Direction,
    depth: Depth,
    place: Place,
}

impl Scan<'_> {
    fn step(&mut self) {
        match (self.place, self.direction) {
            (Place::Before, Direction::Forward) => self.iterator.seek_to_first(),
            (Place::Before, Direction::Backward) => self.iterator.seek_to_last(),
            (Place::On, Direction::Forward) => self.iterator.next(),
            (Place::On, Direction::Backward) => self.iterator.prev(),
            (Place::Behind, _) => {}
        }
    }
}

impl Cursor for Scan<'_> {
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError> {
        if self.place == Place::Behind {
            return Ok(None);
        }
        self.step();
        if !self.iterator.valid() {
            self.place = Place::Behind;
            return match self.iterator.status() {
                Ok(()) => Ok(None),
                Err(error) => Err(self.depth.explain("scan vinyl", error)),
            };
        }
        self.place = Place::On;
        let (stored, value) = self.iterator.item().expect("the iterator is valid");
        Ok(Some(Entry { key: &stored[PREFIX..], value }))
    }
}
