//! A large record as it stands: a sorted run.
//!
//! A record's keys are in (space, key) order, so a list of places is a search structure. A transaction of a million rows
//! enters the overlay and the window by one pass over its bytes, and leaves them in one step, instead of a million
//! insertions and removals on the core.

use std::rc::Rc;

use cairn_base::SpaceId;
use cairn_engine_api::{Direction, KeyRange, Op};

use crate::overlay::Visible;
use crate::readset::Read;
use crate::record::{Ops, Record};

/// One large record, searchable.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) record: Rc<Record>,
    spaces: Vec<RunSpace>,
    /// Spaces that the record creates or drops.
    whole: Vec<SpaceId>,
    keys: usize,
}

#[derive(Debug)]
struct RunSpace {
    space: SpaceId,
    /// Places of the operations, in key order.
    places: Vec<u32>,
}

impl Run {
    pub(crate) fn new(record: Rc<Record>) -> Self {
        let mut spaces: Vec<RunSpace> = Vec::new();
        let mut whole = Vec::new();
        let mut keys = 0;
        for (place, op) in record.ops() {
            let space = op.space();
            if matches!(op, Op::CreateSpace { .. } | Op::DropSpace { .. }) {
                whole.push(space);
                continue;
            }
            keys += 1;
            match spaces.last_mut() {
                Some(last) if last.space == space => last.places.push(place),
                _ => spaces.push(RunSpace { space, places: vec![place] }),
            }
        }
        Self { record, spaces, whole, keys }
    }

    /// Keys written.
    pub(crate) fn len(&self) -> usize {
        self.keys
    }

    /// Does the record write into what `read` names?
    pub(crate) fn touches(&self, space: SpaceId, read: Read<'_>) -> bool {
        if self.whole.contains(&space) {
            return true;
        }
        match read {
            Read::Point(key) => self.get(space, key).is_some(),
            Read::Range(range) => self.scan(space, range, Direction::Forward).next().is_some(),
        }
    }

    /// The version of `key` that the record makes.
    pub(crate) fn get(&self, space: SpaceId, key: &[u8]) -> Option<Visible<'_>> {
        let places = self.places(space);
        let found = places.binary_search_by(|place| self.op(*place).0.cmp(key)).ok()?;
        Some(self.visible(places[found]).1)
    }

    /// Walks the versions that the record makes in a range.
    pub(crate) fn scan(&self, space: SpaceId, range: KeyRange<'_>, direction: Direction) -> RunScan<'_> {
        let places = self.places(space);
        let below = KeyRange { end: range.end, ..KeyRange::ALL };
        let above = KeyRange { start: range.start, ..KeyRange::ALL };
        let start = places.partition_point(|place| !above.contains(self.op(*place).0));
        let end = places.partition_point(|place| below.contains(self.op(*place).0));
        RunScan { run: self, places: places.get(start..end).unwrap_or_default(), direction }
    }

    fn places(&self, space: SpaceId) -> &[u32] {
        let found = self.spaces.binary_search_by_key(&space, |run| run.space);
        found.map_or(&[], |at| &self.spaces[at].places)
    }

    fn op(&self, place: u32) -> (&[u8], Option<&[u8]>) {
        match Ops::op_at(&self.record.bytes, place) {
            Op::Put { key, value, .. } => (key, Some(value)),
            Op::Delete { key, .. } => (key, None),
            Op::CreateSpace { .. } | Op::DropSpace { .. } => unreachable!("runs list keys only"),
        }
    }

    fn visible(&self, place: u32) -> (&[u8], Visible<'_>) {
        let (key, row) = self.op(place);
        (key, Visible { index: self.record.index, row })
    }
}

/// A walk over a run.
#[derive(Debug)]
pub(crate) struct RunScan<'a> {
    run: &'a Run,
    places: &'a [u32],
    direction: Direction,
}

impl<'a> Iterator for RunScan<'a> {
    type Item = (&'a [u8], Visible<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (place, rest) = match self.direction {
            Direction::Forward => self.places.split_first()?,
            Direction::Backward => self.places.split_last()?,
        };
        self.places = rest;
        Some(self.run.visible(*place))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use cairn_base::{LogIndex, Timestamp};

    use super::*;
    use crate::record::RecordWriter;

    const T: SpaceId = SpaceId(3);

    /// A record that writes the even numbers below 100, deletes 50, and drops space 9.
    fn run() -> Run {
        let even = || (0..100u8).step_by(2);
        let bytes = even().map(|key| if key == 50 { RecordWriter::delete_len(1) } else { RecordWriter::put_len(1, 1) });
        let mut record = RecordWriter::new(bytes.sum::<usize>() + RecordWriter::drop_len());
        for key in even() {
            match key {
                50 => record.delete(T, &[key]),
                _ => record.put(T, &[key], &[key]),
            }
        }
        record.drop(SpaceId(9));
        let bytes = record.finish(Timestamp(7));
        Run::new(Rc::new(Record { bytes, at: Timestamp(7), index: LogIndex(3) }))
    }

    #[test]
    fn keys_are_found_and_others_are_not() {
        let run = run();
        assert_eq!(run.len(), 50);
        assert_eq!(run.get(T, &[40]).map(|version| version.row), Some(Some(&[40u8][..])));
        assert_eq!(run.get(T, &[50]).map(|version| version.row), Some(None));
        assert!(run.get(T, &[41]).is_none() && run.get(SpaceId(4), &[40]).is_none());
    }

    #[test]
    fn ranges_are_walked_both_ways() {
        let run = run();
        let range = KeyRange { start: Bound::Excluded(&[40]), end: Bound::Included(&[46]) };
        let keys = |direction| run.scan(T, range, direction).map(|(key, _)| key[0]).collect::<Vec<_>>();
        assert_eq!(keys(Direction::Forward), [42, 44, 46]);
        assert_eq!(keys(Direction::Backward), [46, 44, 42]);
        let upside_down = KeyRange { start: Bound::Included(&[9]), end: Bound::Included(&[3]) };
        assert_eq!(run.scan(T, upside_down, Direction::Forward).count(), 0);
    }

    #[test]
    fn reads_are_touched_by_keys_and_by_whole_spaces() {
        let run = run();
        let gap = KeyRange { start: Bound::Excluded(&[40]), end: Bound::Excluded(&[42]) };
        assert!(run.touches(T, Read::Point(&[50])) && run.touches(T, Read::Range(KeyRange::ALL)));
        assert!(!run.touches(T, Read::Point(&[51])) && !run.touches(T, Read::Range(gap)));
        assert!(run.touches(SpaceId(9), Read::Point(&[1])), "the space is gone");
    }
}
