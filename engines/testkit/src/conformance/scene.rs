//! Small words to write directed cases with.

use cairn_engine_api::{EngineCode, LogIndex, SpaceId, Stamp, Timestamp};

use crate::ops::{Batch, Change};

/// The space that directed cases use.
pub(super) const SPACE: SpaceId = SpaceId::new(EngineCode(9), 1);

pub(super) fn create(space: SpaceId) -> Change {
    Change::Create { space }
}

pub(super) fn drop_space(space: SpaceId) -> Change {
    Change::Drop { space }
}

pub(super) fn put(key: &[u8], value: &[u8]) -> Change {
    put_in(SPACE, key, value)
}

pub(super) fn put_in(space: SpaceId, key: &[u8], value: &[u8]) -> Change {
    Change::Put { space, key: key.to_vec(), value: value.to_vec() }
}

pub(super) fn delete(key: &[u8]) -> Change {
    Change::Delete { space: SPACE, key: key.to_vec() }
}

/// A batch with log index `n` at timestamp `10 n` that lets nothing be forgotten.
pub(super) fn batch(n: u64, changes: impl Into<Vec<Change>>) -> Batch {
    Batch { changes: changes.into(), stamp: stamp(n) }
}

pub(super) fn stamp(n: u64) -> Stamp {
    Stamp { at: time(n), index: LogIndex(n), watermark: Timestamp::ZERO }
}

/// The timestamp of batch `n`.
pub(super) fn time(n: u64) -> Timestamp {
    Timestamp(n * 10)
}

/// Key number `n` of a space with dense integer keys.
pub(super) fn key(n: u64) -> Vec<u8> {
    n.to_be_bytes().to_vec()
}
