//! What a transaction has read: points and ranges, never just rows, so that a phantom is a conflict like any other.

use std::ops::Bound;
use std::sync::Arc;

use cairn_base::SpaceId;
use cairn_engine_api::{Direction, KeyRange};
use rustc_hash::FxHashMap;

use crate::sight::Sight;

/// One remembered read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read<'a> {
    /// One key, present or not.
    Point(&'a [u8]),
    /// Every key of a range, present or not.
    Range(KeyRange<'a>),
}

/// Sights among which one is looked for before it is kept once more.
const SIGHTS_RECENT: usize = 8;

/// A remembered read, with where it was made and what was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remembered<'a> {
    pub(crate) space: SpaceId,
    pub(crate) read: Read<'a>,
    /// Of a point. `None`: the whole row.
    pub(crate) sight: Option<&'a Arc<dyn Sight>>,
}

/// The reads of one transaction, in the order they were made. Keys lie in one arena.
#[derive(Debug)]
pub(crate) struct ReadSet {
    arena: Vec<u8>,
    reads: Vec<Stored>,
    /// Those of points, by number. They are forgotten all at once.
    sights: Vec<Arc<dyn Sight>>,
    /// Rises when the set was collapsed: marks from before cannot be returned to.
    epoch: u32,
    /// Reads at the front that a collapse produced; they are never forgotten.
    collapsed: ReadMark,
    bytes_max: usize,
    /// Beyond this the set collapses: `bytes_max`, or more when the covers themselves are large.
    collapse_at: usize,
}

#[derive(Clone, Copy, Debug)]
struct Stored {
    space: SpaceId,
    what: StoredRead,
}

#[derive(Clone, Copy, Debug)]
enum StoredRead {
    /// With the number of its sight.
    Point(Slice, Option<u32>),
    Range(Bound<Slice>, Bound<Slice>),
}

/// Bytes of the arena.
#[derive(Clone, Copy, Debug)]
struct Slice {
    at: usize,
    len: u32,
}

/// A position to which later reads can be forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ReadMark {
    epoch: u32,
    reads: usize,
    arena: usize,
}

impl ReadSet {
    /// A set that keeps about `bytes_max` bytes; beyond that it remembers one covering range per space, which is
    /// safe but can report conflicts that were none.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            arena: Vec::new(),
            reads: Vec::new(),
            sights: Vec::new(),
            epoch: 0,
            collapsed: ReadMark::default(),
            bytes_max,
            collapse_at: bytes_max,
        }
    }

    /// How many reads are remembered.
    pub(crate) fn len(&self) -> usize {
        self.reads.len()
    }

    /// Every remembered read.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Remembered<'_>> {
        self.reads.iter().map(|stored| self.resolve(stored))
    }

    /// The reads from before `mark`.
    pub(crate) fn before(&self, mark: ReadMark) -> impl Iterator<Item = Remembered<'_>> {
        let upto = self.effective(mark).reads;
        self.reads[..upto].iter().map(|stored| self.resolve(stored))
    }

    /// Remembers a key, of whose row only `sight` was seen.
    pub(crate) fn point(&mut self, space: SpaceId, key: &[u8], sight: Option<&Arc<dyn Sight>>) {
        if self.repeats(space, key, sight) {
            return;
        }
        let key = self.store(key);
        let sight = sight.map(|sight| self.keep_sight(sight));
        self.push(space, StoredRead::Point(key, sight));
    }

    pub(crate) fn range(&mut self, space: SpaceId, range: KeyRange<'_>) {
        let start = self.store_bound(range.start);
        let end = self.store_bound(range.end);
        self.push(space, StoredRead::Range(start, end));
    }

    /// Remembers the part of `range` that a cursor has pulled: up to `last` in its direction, or all of it when the
    /// cursor came to the end.
    pub(crate) fn pulled(&mut self, space: SpaceId, range: KeyRange<'_>, direction: Direction, last: Option<&[u8]>) {
        let part = match (last, direction) {
            (None, _) => range,
            (Some(key), Direction::Forward) => KeyRange { end: Bound::Included(key), ..range },
            (Some(key), Direction::Backward) => KeyRange { start: Bound::Included(key), ..range },
        };
        self.range(space, part);
    }

    /// Adds everything that `other` remembers.
    pub(crate) fn absorb(&mut self, other: &ReadSet) {
        for Remembered { space, read, sight } in other.iter() {
            match read {
                Read::Point(key) => self.point(space, key, sight),
                Read::Range(range) => self.range(space, range),
            }
        }
    }

    pub(crate) fn mark(&self) -> ReadMark {
        ReadMark { epoch: self.epoch, reads: self.reads.len(), arena: self.arena.len() }
    }

    /// Forgets the reads made since `mark`, as far as they can still be told apart.
    pub(crate) fn truncate(&mut self, mark: ReadMark) {
        let mark = self.effective(mark);
        self.reads.truncate(mark.reads);
        self.arena.truncate(mark.arena);
    }

    pub(crate) fn clear(&mut self) {
        self.reads.clear();
        self.sights.clear();
        self.arena.clear();
        self.arena.shrink_to(4096);
        self.reads.shrink_to(256);
        self.sights.shrink_to(256);
        self.collapsed = ReadMark::default();
        self.epoch = 0;
        self.collapse_at = self.bytes_max;
    }

    fn effective(&self, mark: ReadMark) -> ReadMark {
        if mark.epoch == self.epoch { mark } else { self.collapsed }
    }

    /// Is this what was read last, or a part of it?
    fn repeats(&self, space: SpaceId, key: &[u8], sight: Option<&Arc<dyn Sight>>) -> bool {
        let Some(Stored { space: last, what: StoredRead::Point(at, seen) }) = self.reads.last() else { return false };
        let covers = |seen: &u32| sight.is_some_and(|sight| Arc::ptr_eq(&self.sights[*seen as usize], sight));
        *last == space && self.slice(*at) == key && seen.as_ref().is_none_or(covers)
    }

    /// The number of a sight.
    fn keep_sight(&mut self, sight: &Arc<dyn Sight>) -> u32 {
        let recent = self.sights.iter().enumerate().rev().take(SIGHTS_RECENT);
        let known = recent.filter(|(_, known)| Arc::ptr_eq(known, sight)).map(|(number, _)| number).next();
        let number = known.unwrap_or_else(|| {
            self.sights.push(Arc::clone(sight));
            self.sights.len() - 1
        });
        number as u32
    }

    fn push(&mut self, space: SpaceId, what: StoredRead) {
        self.reads.push(Stored { space, what });
        let bytes = self.arena.len() + size_of_val(&*self.reads) + size_of_val(&*self.sights);
        if bytes > self.collapse_at {
            self.collapse();
        }
    }

    fn store(&mut self, bytes: &[u8]) -> Slice {
        let at = self.arena.len();
        self.arena.extend_from_slice(bytes);
        Slice { at, len: bytes.len() as u32 }
    }

    fn store_bound(&mut self, bound: Bound<&[u8]>) -> Bound<Slice> {
        bound.map(|bytes| self.store(bytes))
    }

    fn slice(&self, slice: Slice) -> &[u8] {
        &self.arena[slice.at..slice.at + slice.len as usize]
    }

    fn resolve(&self, stored: &Stored) -> Remembered<'_> {
        let (read, sight) = match stored.what {
            StoredRead::Point(key, sight) => (Read::Point(self.slice(key)), sight),
            StoredRead::Range(start, end) => {
                let bound = |bound: Bound<Slice>| bound.map(|slice| self.slice(slice));
                (Read::Range(KeyRange { start: bound(start), end: bound(end) }), None)
            }
        };
        Remembered { space: stored.space, read, sight: sight.map(|number| &self.sights[number as usize]) }
    }

    /// Replaces all reads by one covering range per space.
    fn collapse(&mut self) {
        let mut covers: FxHashMap<SpaceId, Cover> = FxHashMap::default();
        for Remembered { space, read, .. } in self.iter() {
            let range = match read {
                Read::Point(key) => KeyRange { start: Bound::Included(key), end: Bound::Included(key) },
                Read::Range(range) => range,
            };
            match covers.get_mut(&space) {
                Some((start, end)) => {
                    widen(start, range.start, |new, old| new < old);
                    widen(end, range.end, |new, old| new > old);
                }
                None => {
                    covers.insert(space, (range.start.map(<[u8]>::to_vec), range.end.map(<[u8]>::to_vec)));
                }
            }
        }
        self.reads.clear();
        self.sights.clear();
        self.arena.clear();
        for (space, (start, end)) in &covers {
            let start = self.store_bound(start.as_ref().map(Vec::as_slice));
            let end = self.store_bound(end.as_ref().map(Vec::as_slice));
            self.reads.push(Stored { space: *space, what: StoredRead::Range(start, end) });
        }
        self.epoch += 1;
        self.collapsed = self.mark();
        // Ends may be as long as keys get: never collapse again before something was added.
        self.collapse_at = self.bytes_max.max(2 * (self.arena.len() + self.reads.len() * size_of::<Stored>()));
    }
}

/// A range that takes in several reads.
type Cover = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// Moves `bound` outwards to take in `other`; ends of a cover are inclusive, which is safe.
fn widen(bound: &mut Bound<Vec<u8>>, other: Bound<&[u8]>, beyond: impl Fn(&[u8], &[u8]) -> bool) {
    let (Bound::Included(old) | Bound::Excluded(old)) = &*bound else { return };
    let (Bound::Included(new) | Bound::Excluded(new)) = other else {
        *bound = Bound::Unbounded;
        return;
    };
    let furthest = if beyond(new, old) { new.to_vec() } else { old.clone() };
    *bound = Bound::Included(furthest);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACE: SpaceId = SpaceId(7);

    #[test]
    fn truncation_forgets_only_later_reads() {
        let mut reads = ReadSet::new(1 << 20);
        reads.point(SPACE, b"a", None);
        reads.point(SPACE, b"a", None);
        let mark = reads.mark();
        reads.pulled(SPACE, KeyRange::ALL, Direction::Forward, Some(b"m"));
        reads.truncate(mark);
        let left: Vec<_> = reads.iter().map(|left| (left.space, left.read)).collect();
        assert_eq!(left, [(SPACE, Read::Point(b"a"))]);
    }

    #[test]
    fn too_many_points_become_one_cover_that_a_mark_cannot_remove() {
        let mut reads = ReadSet::new(1 << 10);
        reads.point(SPACE, b"m", None);
        let mark = reads.mark();
        for n in 0..1000u32 {
            reads.point(SPACE, &n.to_be_bytes(), None);
        }
        assert!(reads.len() < 200);
        reads.truncate(mark);
        let covered =
            |key: &[u8]| reads.iter().any(|left| matches!(left.read, Read::Range(range) if range.contains(key)));
        assert!(covered(b"m") && covered(&0u32.to_be_bytes()));
    }

    #[test]
    fn backward_pull_remembers_the_upper_part() {
        let mut reads = ReadSet::new(1 << 10);
        reads.pulled(SPACE, KeyRange::ALL, Direction::Backward, Some(b"m"));
        let left = reads.iter().next().expect("one read");
        assert_eq!(left.read, Read::Range(KeyRange { start: Bound::Included(b"m"), end: Bound::Unbounded }));
    }
}
