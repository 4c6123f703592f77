//! The commit record: one transaction's batch as bytes.
//!
//! The same contiguous buffer goes to the log, stands behind the overlay and is applied to the engines: after encoding
//! nothing is copied. Layout (little endian; `docs/formats/commit-record.md` has the grid):
//!
//! ```text
//!  header  version u8 | reserved [u8; 3] | operations u32 | commit timestamp u64                       16 bytes
//!  op      tag u8 | space u32 | ...
//!            1 create   setting count varint, then per setting: name length varint, name, value length varint, value
//!            2 drop
//!            3 put      key length varint | value length varint | key | value
//!            4 delete   key length varint | key
//! ```
//! Spaces are created first, then keys are written in (space, key) order, then spaces are dropped. Decoding is checked:
//! foreign bytes give a [`RecordError`], never a panic.

use std::sync::Arc;

use cairn_base::{EngineCode, Timestamp};
use cairn_engine_api::{Engine, EngineError, Op, Stamp};

mod decode;
mod encode;
#[cfg(test)]
mod tests;
mod varint;

pub use decode::{Ops, RecordError, RecordView};
pub(crate) use encode::RecordWriter;

/// Version of the format that this code writes and reads.
pub const FORMAT_VERSION: u8 = 1;

/// Bytes before the first operation.
pub const HEADER_BYTES: usize = 16;

const TAG_CREATE: u8 = 1;
const TAG_DROP: u8 = 2;
const TAG_PUT: u8 = 3;
const TAG_DELETE: u8 = 4;

/// Decodes `record` and applies the operations that belong to `engine` (registered as `code`) under `stamp`. Blocks as
/// long as the engine does; for applier threads and recovery. A record without operations for the engine is no call.
pub fn apply(engine: &dyn Engine, code: EngineCode, record: &[u8], stamp: Stamp) -> Result<(), ApplyError> {
    let mut ops = Vec::new();
    for op in RecordView::parse(record)?.ops() {
        let op = op?;
        if op.space().engine() == code {
            ops.push(op);
        }
    }
    if ops.is_empty() { Ok(()) } else { Ok(engine.apply(&ops, stamp)?) }
}

/// A record could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The bytes are not a record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The engine failed. Fatal: the batch is committed and cannot be refused any more.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// One committed record: shared by the overlay's versions and by applier threads.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) at: Timestamp,
    pub(crate) index: cairn_base::LogIndex,
}

impl Record {
    /// The operations of this record, which this process encoded itself.
    pub(crate) fn view(&self) -> RecordView<'_> {
        RecordView::parse(&self.bytes).expect("own records are well formed")
    }

    /// Every operation with the place where it stands.
    pub(crate) fn ops(&self) -> impl Iterator<Item = (u32, Op<'_>)> {
        let mut ops = self.view().ops();
        std::iter::from_fn(move || {
            let at = ops.position();
            Some((at, ops.next()?.expect("own records are well formed")))
        })
    }
}
