//! # cairn-engine-api: what a storage engine promises
//!
//! An engine keeps **committed, durable versions** and nothing else. Transactions, locks, validation, the log and
//! replication live above it, once, for all engines. An engine therefore never sees an aborted or an unstable write and
//! never rolls back. That makes a new engine one small crate: implement [`Engine`], run `cairn-engine-testkit`, add one
//! line of registration in the server.
//!
//! ```text
//!              one writer: batches in log order              any number of readers, on any thread
//!  time |   apply(ops, ts=10, index=7)   apply(ops, ts=12, index=8)
//!       |   |==========|                 |===========|
//!       v            get(k, at=11) ------------------------> sees ts 10, never ts 12, whenever it runs
//!                           scan(range, at=12) ------------> started after apply(12) returned: sees 10 and 12
//! ```
//!
//! **The contract**
//! 1. *One writer.* `apply` and `collect` are called by one thread at a time, batches in rising `index` and `at`.
//! 2. *Snapshot reads.* A read at `at` sees exactly the batches with timestamp <= `at`, provided they were applied before
//!    the read began. The caller never reads at a timestamp above the last applied batch and expects it to be complete;
//!    it may read there, and then sees, key by key, what has been applied so far.
//! 3. *Nobody waits.* Readers never block the writer, the writer never blocks readers.
//! 4. *Idempotent by index.* A batch whose `index` is not above the last applied one is skipped whole: recovery replays.
//! 5. *Durability is the log's.* After a crash the engine comes back with everything up to [`Engine::persisted`], possibly
//!    more only if it can tell by index; the log is replayed from there.
//! 6. *Versions stay* until [`Engine::collect`] (or a later `apply`) is given a watermark above them: for every key the
//!    newest version at or below the watermark and all versions above it remain readable.
//! 7. *Sizes.* Keys come with up to [`KEY_BYTES_MAX`](cairn_base::limits::KEY_BYTES_MAX) bytes, rows with up to
//!    [`ROW_BYTES_MAX`](cairn_base::limits::ROW_BYTES_MAX): the layers above refuse longer ones before they reach the log.
//!
//! What is missing: cross-engine transactions need nothing here; bulk loading and ingestion will be further capabilities.

use std::fmt;

pub use cairn_base::{EngineCode, LogIndex, SpaceId, Timestamp};

mod error;
mod op;
mod range;

pub use error::EngineError;
pub use op::{Op, SpaceOptions, Stamp};
pub use range::{Direction, KeyRange};

/// A storage engine. See the crate documentation for the contract and its picture.
pub trait Engine: Send + Sync + fmt::Debug {
    /// Are these the settings of a space that [`Op::CreateSpace`] will accept? Called when the statement runs, so that a
    /// wrong `WITH (...)` is refused before it reaches the log.
    fn validate(&self, options: &SpaceOptions) -> Result<(), EngineError>;

    /// Makes one committed batch visible at `stamp.at`, atomically with remembering `stamp.index`. Operations come in
    /// order; a key occurs at most once per batch. Creating a space that exists and dropping one that does not are no
    /// errors. An error here is fatal for the core: the batch is committed and cannot be refused any more. Only
    /// [`EngineError::NoSpace`] is not, for an engine with `slow_apply`: the batch comes again until it fits.
    fn apply(&self, ops: &[Op<'_>], stamp: Stamp) -> Result<(), EngineError>;

    /// Reads the version of `key` visible at `at`. On `Ok(true)` the row's bytes have been appended to `out`; on
    /// `Ok(false)` (no such key, or deleted) and on an error `out` is as it was.
    fn get(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError>;

    /// Opens a cursor over the rows of `range` visible at `at`, in key order or against it.
    fn scan<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError>;

    /// What survives a crash without the log: everything up to this index, which carried this timestamp.
    fn persisted(&self) -> Persisted;

    /// Makes everything applied so far survive without the log. `upto` is the last index delivered to this core (other
    /// engines' batches included), so that an idle engine does not hold the log back: on success
    /// `persisted().index >= upto`. (An engine opened without a disk keeps nothing: it answers zero, like `persisted`.) Runs on a background thread while `apply` goes on. `progress` is called with rows done
    /// so far.
    fn checkpoint(&self, upto: Persisted, progress: &dyn Fn(u64)) -> Result<Persisted, EngineError>;

    /// Forgets versions that no snapshot at or above `watermark` can see. May do a bounded part of the work per call;
    /// returns whether there is more to do.
    fn collect(&self, watermark: Timestamp) -> Result<bool, EngineError>;

    /// Rows, versions and bytes, of one space or of the whole engine. May read a little from the disk, so it is not for a core.
    fn stats(&self, space: Option<SpaceId>) -> EngineStats;

    /// The special powers of this engine.
    fn capabilities(&self) -> Capabilities<'_>;
}

/// A position in a scan. Lending: an entry is valid until the next call.
pub trait Cursor {
    /// The next row in the cursor's direction, or `None` at the end of the range. After an error the cursor is dead.
    fn next(&mut self) -> Result<Option<Entry<'_>>, EngineError>;
}

/// One row under a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key's bytes.
    pub key: &'a [u8],
    /// The row's bytes.
    pub value: &'a [u8],
}

/// A point in the log with the timestamp that its record carried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Persisted {
    /// Last log index covered.
    pub index: LogIndex,
    /// Commit timestamp of that record (of the last one at or below it).
    pub at: Timestamp,
}

/// Counters of an engine or a space. Estimates are allowed for `rows` and `versions`; the engine says which in its docs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EngineStats {
    /// Keys with a visible newest version.
    pub rows: u64,
    /// Versions of all keys, tombstones included.
    pub versions: u64,
    /// Bytes of RAM in use.
    pub memory_bytes: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
}

/// Optional powers. `None` means that the engine does not have that power and its callers do without.
#[derive(Clone, Copy, Default)]
pub struct Capabilities<'a> {
    /// Reads can miss memory: the core must use this instead of `get` and `scan`, and go to the reader pool on a miss.
    /// `None`: every read is served from memory.
    pub resident: Option<&'a dyn ResidentRead>,
    /// The engine limits what it takes in. `None`: it takes everything.
    pub admission: Option<&'a dyn Admission>,
    /// `apply` can take long (disk, compaction): the server runs it on the engine's own applier thread. `false`: it is
    /// called on the core.
    pub slow_apply: bool,
    /// Every new batch must come above this timestamp: below it the engine may have forgotten versions, and remembers after a
    /// restart that it has, whatever the log has lost and wherever the wall clock has gone. [`Timestamp::ZERO`]: no such bound.
    /// Asked for once, before the first batch.
    pub floor: Timestamp,
}

impl fmt::Debug for Capabilities<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capabilities")
            .field("resident", &self.resident.is_some())
            .field("admission", &self.admission.is_some())
            .field("slow_apply", &self.slow_apply)
            .field("floor", &self.floor)
            .finish()
    }
}

/// Reads that touch memory only. The same contract as [`Engine::get`] and [`Engine::scan`], but where bytes are not in
/// memory the answer is [`EngineError::NotResident`] at once. The caller then lets a reader pool do the same read with
/// the blocking methods, which brings the blocks into memory, and asks again.
pub trait ResidentRead: Send + Sync {
    /// [`Engine::get`] from memory only.
    fn get_resident(&self, space: SpaceId, key: &[u8], at: Timestamp, out: &mut Vec<u8>) -> Result<bool, EngineError>;

    /// [`Engine::scan`] from memory only; the cursor's `next` may answer [`EngineError::NotResident`].
    fn scan_resident<'a>(
        &'a self,
        space: SpaceId,
        range: KeyRange<'_>,
        at: Timestamp,
        direction: Direction,
    ) -> Result<Box<dyn Cursor + 'a>, EngineError>;
}

/// Asked before a transaction may write `bytes` more to this engine; what was admitted and committed must be taken.
pub trait Admission: Send + Sync {
    /// May a transaction write this many bytes now? Says nothing about later.
    fn admit(&self, bytes: u64) -> Admit;
}

/// Answer of [`Admission::admit`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admit {
    /// Go on.
    Yes,
    /// The engine is behind: ask again after it has applied more.
    Later,
    /// The engine's disk is full: refuse the write (SQLSTATE 53100), deletes too, until there is space.
    NoSpace,
    /// The engine's limit is reached: refuse the write (SQLSTATE 53200) until something was deleted and collected.
    Full {
        /// Bytes in use.
        used: u64,
        /// The configured limit.
        limit: u64,
    },
}
