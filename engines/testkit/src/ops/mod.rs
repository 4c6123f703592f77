//! Generated work: batches, reads and the events of an engine's life, drawn from a seed.

mod generator;
mod keys;

use std::fmt;
use std::ops::Bound;

use cairn_engine_api::{Direction, Engine, EngineError, KeyRange, Op, SpaceId, SpaceOptions, Stamp, Timestamp};

pub use generator::{Generator, Mix};
pub use keys::Shape;

/// An [`Op`] that owns its bytes.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of Op")]
pub enum Change {
    /// [`Op::CreateSpace`] without settings.
    Create { space: SpaceId },
    /// [`Op::DropSpace`].
    Drop { space: SpaceId },
    /// [`Op::Put`].
    Put { space: SpaceId, key: Vec<u8>, value: Vec<u8> },
    /// [`Op::Delete`].
    Delete { space: SpaceId, key: Vec<u8> },
}

impl Change {
    /// The borrowed form that engines take.
    pub fn as_op(&self) -> Op<'_> {
        match self {
            Self::Create { space } => Op::CreateSpace { space: *space, options: SpaceOptions::default() },
            Self::Drop { space } => Op::DropSpace { space: *space },
            Self::Put { space, key, value } => Op::Put { space: *space, key, value },
            Self::Delete { space, key } => Op::Delete { space: *space, key },
        }
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { space } => write!(f, "create {space:?}"),
            Self::Drop { space } => write!(f, "drop {space:?}"),
            Self::Put { space, key, value } => write!(f, "put {space:?} {:?} = {:?}", Short(key), Short(value)),
            Self::Delete { space, key } => write!(f, "delete {space:?} {:?}", Short(key)),
        }
    }
}

/// A committed batch that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The changes, in order; a key occurs at most once.
    pub changes: Vec<Change>,
    /// Its place in the log and in time.
    pub stamp: Stamp,
}

impl Batch {
    /// The borrowed form that engines take.
    pub fn ops(&self) -> Vec<Op<'_>> {
        self.changes.iter().map(Change::as_op).collect()
    }

    /// Hands the batch to an engine.
    pub fn apply_to(&self, engine: &dyn Engine) -> Result<(), EngineError> {
        engine.apply(&self.ops(), self.stamp)
    }
}

/// A [`KeyRange`] that owns its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Range {
    /// Lower end.
    pub start: Bound<Vec<u8>>,
    /// Upper end.
    pub end: Bound<Vec<u8>>,
}

impl Range {
    /// Every key.
    pub const ALL: Self = Self { start: Bound::Unbounded, end: Bound::Unbounded };

    /// The borrowed form that engines take.
    pub fn borrow(&self) -> KeyRange<'_> {
        KeyRange { start: self.start.as_ref().map(Vec::as_slice), end: self.end.as_ref().map(Vec::as_slice) }
    }
}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}..{:?}", self.start.as_ref().map(|key| Short(key)), self.end.as_ref().map(|key| Short(key)))
    }
}

/// One thing that happens to an engine.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the arguments of the call named")]
pub enum Step {
    /// A new batch is committed.
    Apply(Batch),
    /// The last `count` batches are delivered once more.
    Replay { count: usize },
    /// [`Engine::get`].
    Get { space: SpaceId, key: Vec<u8>, at: Timestamp },
    /// [`Engine::scan`], given up after `limit` rows.
    Scan { space: SpaceId, range: Range, at: Timestamp, direction: Direction, limit: usize },
    /// [`Engine::collect`], until there is no more to do or (`once`) a single time.
    Collect { watermark: Timestamp, once: bool },
    /// [`Engine::checkpoint`] of everything applied so far.
    Checkpoint,
    /// A clean shutdown and a new start.
    Reopen,
    /// The process is killed and starts again; the log is replayed from what the engine has kept.
    Crash,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apply(batch) => {
                write!(f, "apply index {} at {} ", batch.stamp.index.0, batch.stamp.at.0)?;
                write!(f, "watermark {} {:?}", batch.stamp.watermark.0, batch.changes)
            }
            Self::Replay { count } => write!(f, "replay the last {count}"),
            Self::Get { space, key, at } => write!(f, "get {space:?} {:?} at {}", Short(key), at.0),
            Self::Scan { space, range, at, direction, limit } => {
                write!(f, "scan {space:?} {range:?} at {} {direction:?} limit {limit}", at.0)
            }
            Self::Collect { watermark, once } => write!(f, "collect {} once {once}", watermark.0),
            Self::Checkpoint => f.write_str("checkpoint"),
            Self::Reopen => f.write_str("reopen"),
            Self::Crash => f.write_str("crash"),
        }
    }
}

/// Bytes for people: hexadecimal, cut after a few, with the length.
pub struct Short<'a>(
    /// The bytes.
    pub &'a [u8],
);

impl fmt::Debug for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 12;
        f.write_str("x'")?;
        for byte in self.0.iter().take(SHOWN) {
            write!(f, "{byte:02x}")?;
        }
        if self.0.len() > SHOWN {
            write!(f, "..{} bytes", self.0.len())?;
        }
        f.write_str("'")
    }
}

#[cfg(test)]
mod tests;
