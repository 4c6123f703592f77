//! Versions of keys of spaces in `BTreeMap`s.

use std::collections::BTreeMap;
use std::ops::Bound;

use cairn_engine_api::{EngineError, KeyRange, Op, Persisted, SpaceId, Stamp, Timestamp};

/// One value of a key, or its absence, from a timestamp on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Commit timestamp.
    pub at: Timestamp,
    /// The row's bytes; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// All versions of a key, oldest first.
type Versions = Vec<Version>;
/// One space.
type Keys = BTreeMap<Vec<u8>, Versions>;

/// Every version of every key, and the last batch applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store {
    pub(super) spaces: BTreeMap<SpaceId, Keys>,
    pub(super) applied: Persisted,
}

impl Store {
    /// The last batch applied.
    pub fn applied(&self) -> Persisted {
        self.applied
    }

    /// The spaces that exist, in the order of their ids.
    pub fn spaces(&self) -> impl Iterator<Item = SpaceId> + '_ {
        self.spaces.keys().copied()
    }

    /// Applies a batch, or skips it when its index is not above the last one. A batch that names a space that does not
    /// exist changes nothing.
    pub fn apply(&mut self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError> {
        if stamp.index <= self.applied.index {
            return Ok(());
        }
        self.check_spaces(ops)?;
        for op in ops {
            self.apply_one(op, stamp.at);
        }
        self.applied = Persisted { index: stamp.index, at: stamp.at };
        Ok(())
    }

    /// Does every operation find its space, given what the operations before it do?
    fn check_spaces(&self, ops: &[Op<'_>]) -> Result<(), EngineError> {
        let mut changed = BTreeMap::new();
        for op in ops {
            let space = op.space();
            match op {
                Op::CreateSpace { .. } => drop(changed.insert(space, true)),
                Op::DropSpace { .. } => drop(changed.insert(space, false)),
                Op::Put { .. } | Op::Delete { .. } => {
                    let exists = changed.get(&space).copied().unwrap_or_else(|| self.spaces.contains_key(&space));
                    if !exists {
                        return Err(EngineError::NoSuchSpace(space));
                    }
                }
            }
        }
        Ok(())
    }

    fn apply_one(&mut self, op: &Op<'_>, at: Timestamp) {
        match op {
            Op::CreateSpace { space, .. } => drop(self.spaces.entry(*space).or_default()),
            Op::DropSpace { space } => drop(self.spaces.remove(space)),
            Op::Put { space, key, value } => self.push(*space, key, Version { at, value: Some(value.to_vec()) }),
            Op::Delete { space, key } => self.push(*space, key, Version { at, value: None }),
        }
    }

    fn push(&mut self, space: SpaceId, key: &[u8], version: Version) {
        let keys = self.spaces.get_mut(&space).expect("check_spaces has found it");
        keys.entry(key.to_vec()).or_default().push(version);
    }

    /// The row of `key` visible at `at`.
    pub fn get(&self, space: SpaceId, key: &[u8], at: Timestamp) -> Result<Option<&[u8]>, EngineError> {
        Ok(self.keys(space)?.get(key).and_then(|versions| visible(versions, at)))
    }

    /// The rows of `range` visible at `at`, in key order. An inverted range is empty.
    pub fn range<'s>(
        &'s self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
    ) -> Result<impl DoubleEndedIterator<Item = (&'s [u8], &'s [u8])>, EngineError> {
        let keys = self.keys(space)?;
        let bounds = (!is_empty(range)).then_some((range.start, range.end));
        let found = bounds.map(|bounds| keys.range::<[u8], _>(bounds)).into_iter().flatten();
        Ok(found.filter_map(move |(key, versions)| Some((key.as_slice(), visible(versions, at)?))))
    }

    /// All versions of a key, oldest first; none when there is no such key.
    pub fn versions(&self, space: SpaceId, key: &[u8]) -> Result<&[Version], EngineError> {
        Ok(self.keys(space)?.get(key).map_or(&[], Vec::as_slice))
    }

    /// Forgets what no snapshot at or above `watermark` can see.
    pub fn collect(&mut self, watermark: Timestamp) {
        for keys in self.spaces.values_mut() {
            keys.retain(|_, versions| {
                trim(versions, watermark);
                !versions.is_empty()
            });
        }
    }

    /// Keys with a visible newest version, versions of all keys, and bytes of keys and values, of one space.
    pub fn count(&self, space: SpaceId) -> (u64, u64, u64) {
        let (mut rows, mut count, mut bytes) = (0, 0, 0);
        for (key, versions) in self.spaces.get(&space).into_iter().flatten() {
            rows += u64::from(versions.last().is_some_and(|newest| newest.value.is_some()));
            count += versions.len() as u64;
            bytes += (key.len() + versions.iter().map(|v| v.value.as_ref().map_or(0, Vec::len)).sum::<usize>()) as u64;
        }
        (rows, count, bytes)
    }

    fn keys(&self, space: SpaceId) -> Result<&Keys, EngineError> {
        self.spaces.get(&space).ok_or(EngineError::NoSuchSpace(space))
    }
}

/// The newest version at or below `at`, if it is not a tombstone.
fn visible(versions: &[Version], at: Timestamp) -> Option<&[u8]> {
    versions.iter().rev().find(|version| version.at <= at)?.value.as_deref()
}

/// Keeps the newest version at or below the watermark (unless it is a tombstone: then nothing below it is left to
/// hide) and all versions above.
fn trim(versions: &mut Versions, watermark: Timestamp) {
    let old = versions.iter().take_while(|version| version.at <= watermark).count();
    versions.drain(..old.saturating_sub(1));
    if versions.first().is_some_and(|first| first.at <= watermark && first.value.is_none()) {
        versions.remove(0);
    }
}

/// Can no key be inside? (`BTreeMap::range` panics on such bounds.)
fn is_empty(range: KeyRange<'_>) -> bool {
    match (range.start, range.end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => start >= end,
    }
}
