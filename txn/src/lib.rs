//! # cairn-txn: one serializable order above all engines
//!
//! A [`Shard`] is the transaction manager of one core. It owns the snapshots, the row locks, the buffered writes, the
//! validation and the commit order of that core; engines below it see committed, durable batches only, and the log
//! beside it sees opaque records. No IO, no threads, no async: every answer is immediate, and whatever has to be
//! waited for (a lock, durability, a slow engine, bytes on disk) is a value that the caller waits on.
//!
//! ```text
//!  session     begin   begin_statement   lock   get   put   commit -----------------------> answer the client
//!                 |         |              |      |     |      |                                  ^
//!  shard          |     snapshot         queue  own -> overlay -> engine      durable(index)      |
//!                 |                               |     |      |                  |               |
//!                 |                            read set |   validate, stamp,      |               |
//!                 |                                  write set  submit,        apply to        Event::
//!                 |                                             publish,       engines,        Durable
//!                 |                                             release locks  drop overlay
//!  log                                                          |==== write, sync ====|
//! ```
//!
//! **How a session drives it.** [`Shard::begin`], then for each statement [`Shard::begin_statement`] and any number of
//! [`lock`](Shard::lock), [`get`](Shard::get), [`scan`](Shard::scan), [`put`](Shard::put), ...; then
//! [`Shard::commit`] or [`Shard::abort`]. A statement that cannot go on now says what to wait for: [`Lock::Queued`]
//! (until [`Event::Granted`]), [`TxnError::NotResident`] (until its task has run), [`TxnError::EngineBusy`] (until
//! [`Event::Applied`]) or nothing ([`TxnError::Restart`]). Then [`Shard::restart_statement`] takes it back and it runs
//! again from its beginning. Locks and queue places survive, so it makes progress.
//!
//! ## Why commit order is the serial order
//!
//! A shard is used by one thread, so a commit is one step: nothing comes between its validation and its publication.
//! A serializable transaction has remembered every point and every range that an answer of it depended on
//! (its read set), all of them read at one snapshot. At commit, [`Validator`] checks that no transaction that committed after that snapshot
//! wrote into any of them, or at least ([`Sight`]) nothing that this one looked at. If so, running the whole transaction now, at its commit, would have given the same
//! answers. Its writes become visible at the same moment. So the transaction is equivalent to one that ran entirely at
//! its commit, and all of them are equivalent to a serial execution in commit order. A transaction that wrote nothing
//! is equivalent to one that ran at its snapshot, which is a prefix of that order, so it need not validate anything and
//! the read-only anomaly cannot arise. Both moments lie between the transaction's beginning and its answer: the order
//! agrees with real time.
//!
//! Locks are not needed for any of this. They make writers of one row queue instead of failing validation one
//! after another. A writer that comes out of the queue finds a version newer than its snapshot; *snapshot extension* then
//! validates its reads at now, and if they hold its snapshot moves to now, as if it had begun late. Only a true
//! conflict answers 40001.
//!
//! Below SERIALIZABLE nothing is remembered. REPEATABLE READ is snapshot isolation: the lock finds a newer version, and
//! the first updater wins. READ COMMITTED takes a snapshot for each statement, and a statement that meets a newer row
//! runs again on a newer snapshot (PostgreSQL re-checks that one row instead; running again is never weaker). Constraint
//! reads ([`Shard::guard`], [`Shard::constraint_get`]) are validated at commit at every level.
//!
//! ## Why locks may be released before the commit is durable
//!
//! At submit the record has its place in the log. Whoever reads or overwrites the new versions afterwards submits
//! later, so its record stands behind in the same log; the log makes prefixes durable, so no dependent survives a crash
//! that its source did not. A transaction without a record of its own that was answered from unstable versions
//! waits for the newest of them ([`Commit::wait`]). And if the log fails, nobody behind the failure was told "committed":
//! the shard is poisoned as a whole, and those in the queue are told "unknown".
//!
//! ## Why READ ONLY may read at the durable timestamp
//!
//! What is durable is a prefix of the commit order, so it is one of the states the serial execution went through. Every
//! commit that was answered before the transaction began is in that prefix, so real-time order holds. Nothing in it
//! can be lost, so there is nothing to wait for; and a transaction that writes nothing need not be validated, so there is nothing
//! to remember. A session that pipelines a read behind its own unanswered commit says so with [`Shard::begin_after`].
//!
//! ## What is deliberately missing
//!
//! - Transactions across shards: prepared records and the decision will come as further steps of the same commit.
//! - Lock escalation: each locked key costs about 200 bytes until the transaction ends.
//! - Ranges see whole rows: who scans a table by its primary key depends on every column of what it pulled.
//! - PostgreSQL's SSI accepts some schedules that backward validation refuses (a reader whose row was overwritten may still
//!   commit before the writer there). Here it answers 40001 if it also writes.
//! - Versions themselves, and their collection: engines keep them; [`Shard::watermark`] tells what they may forget.

pub mod bounds;
mod cursor;
mod engines;
mod error;
mod event;
mod fetch;
mod locks;
mod mode;
mod overlay;
mod ports;
mod readset;
pub mod record;
mod run;
mod shard;
mod sieve;
mod sight;
mod snapshots;
mod txn;
mod validate;
mod view;
mod window;
mod writeset;

// What callers of this crate say to engines through it; they do not depend on engines/api themselves.
pub use cairn_base::{EngineCode, LogIndex, SpaceId, Timestamp};
pub use cairn_engine_api::{Direction, Engine, EngineError, EngineStats, Entry, KeyRange, Persisted, SpaceOptions};

pub use cursor::TxnCursor;
pub use engines::Engines;
pub use error::{Conflict, TxnError, WaitEdge};
pub use event::Event;
pub use fetch::ReadTask;
pub use locks::{Lock, LockMode, Ticket, TxnId, Wait};
pub use mode::{Access, Isolation};
pub use ports::{Applier, CommitLog, CommitLogError, NoApplier};
pub use readset::Read;
pub use shard::{Commit, ReplayError, Shard, ShardConfig, ShardStats};
pub use sight::Sight;
pub use txn::{SavepointId, Txn};
pub use validate::{BackwardValidator, BlindValidator, RowsOnlyValidator, Validator};
pub use view::{Frozen, ReadLog, SnapshotView, ViewCursor};
pub use window::{Change, Window};
