//! The transaction as its session holds it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use cairn_base::{EngineCode, LogIndex, SpaceId, Timestamp};
use smallvec::SmallVec;

use crate::bounds::OwnedRange;
use crate::locks::{HeldLocks, Ticket, TxnId};
use crate::mode::{Access, Isolation};
use crate::readset::{ReadMark, ReadSet};
use crate::snapshots::Snapshot;
use crate::writeset::{WriteMark, WriteSet};

/// One transaction, owned by its session. Every operation goes through the [`Shard`](crate::Shard) that began it.
///
/// Ends with [`Shard::commit`](crate::Shard::commit) or [`Shard::abort`](crate::Shard::abort). One that is dropped
/// instead is aborted by the shard at its next [`begin`](crate::Shard::begin) or [`tick`](crate::Shard::tick).
#[must_use = "end it with commit or abort"]
pub struct Txn {
    state: Option<Box<State>>,
}

/// Transactions dropped without an end. The shard owns the list, its transactions know it.
pub(crate) type Orphans = Rc<OrphanList>;
type OrphanList = RefCell<Vec<Box<State>>>;

/// A savepoint inside a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SavepointId(pub(crate) u64);

/// Which class of snapshots a transaction's snapshot is registered in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Registered {
    /// No snapshot is open.
    No,
    /// Taken at the newest commit; the window reaches back to it.
    Tracked,
    /// Taken at the durable timestamp.
    Plain,
}

#[derive(Debug)]
pub(crate) struct Savepoint {
    pub(crate) id: SavepointId,
    pub(crate) writes: WriteMark,
    pub(crate) locks: usize,
    pub(crate) guards: usize,
}

/// A range that must not change until commit, whatever the isolation level.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) since: Timestamp,
    pub(crate) space: SpaceId,
    pub(crate) range: OwnedRange,
}

/// A place that a statement can be taken back to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) reads: ReadMark,
    pub(crate) writes: WriteMark,
    pub(crate) guards: usize,
}

/// The running statement.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Statement {
    /// Where it began.
    pub(crate) start: Marks,
    /// What it has done up to here need not be done again.
    pub(crate) kept: Marks,
    /// It is the one that took the transaction's snapshot.
    pub(crate) first: bool,
    /// A lock found a version newer than the snapshot.
    pub(crate) stale: bool,
    /// It queued for a lock.
    pub(crate) waited: bool,
}

/// What an engine that limits writes has let this transaction write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admitted {
    pub(crate) engine: EngineCode,
    /// Written so far, rolled back bytes included.
    pub(crate) written: u64,
    /// What the running statement may still write without asking.
    pub(crate) credit: u64,
}

/// Everything about a transaction. Boxed and reused, so that beginning one allocates nothing.
pub(crate) struct State {
    pub(crate) isolation: Isolation,
    pub(crate) access: Access,
    /// Serializable and writing: reads are remembered.
    pub(crate) tracking: bool,
    /// Began READ ONLY: its snapshots are taken at the durable timestamp.
    pub(crate) durable_reads: bool,
    pub(crate) snapshot: Snapshot,
    pub(crate) registered: Registered,
    /// The snapshot must not be older than this commit of the same session.
    pub(crate) after: LogIndex,
    pub(crate) statements: u64,
    pub(crate) statement: Statement,
    /// Has the running statement read anything? Then its snapshot cannot move under it.
    pub(crate) has_read: Cell<bool>,
    /// Newest commit that an answer to this transaction depended on.
    pub(crate) newest_read: Cell<LogIndex>,
    pub(crate) reads: RefCell<ReadSet>,
    pub(crate) guards: RefCell<Vec<Guard>>,
    /// An earlier snapshot kept open for the guards.
    pub(crate) guard_hold: Option<Timestamp>,
    pub(crate) writes: WriteSet,
    pub(crate) locks: HeldLocks,
    pub(crate) lock_timeout_nanos: Option<u64>,
    pub(crate) savepoints: Vec<Savepoint>,
    pub(crate) last_savepoint: u64,
    /// What each engine has been asked for.
    pub(crate) admitted: SmallVec<[Admitted; 2]>,
    /// The shard's list, which owns this state once the transaction is dropped.
    pub(crate) home: Weak<OrphanList>,
}

impl State {
    pub(crate) fn new(reads_bytes_max: usize, home: &Orphans) -> Self {
        Self {
            isolation: Isolation::Serializable,
            access: Access::ReadWrite,
            tracking: false,
            durable_reads: false,
            snapshot: Snapshot::default(),
            registered: Registered::No,
            after: LogIndex::ZERO,
            statements: 0,
            statement: Statement::default(),
            has_read: Cell::new(false),
            newest_read: Cell::new(LogIndex::ZERO),
            reads: RefCell::new(ReadSet::new(reads_bytes_max)),
            guards: RefCell::default(),
            guard_hold: None,
            writes: WriteSet::default(),
            locks: HeldLocks::default(),
            lock_timeout_nanos: None,
            savepoints: Vec::new(),
            last_savepoint: 0,
            admitted: SmallVec::new(),
            home: Rc::downgrade(home),
        }
    }

    /// Makes an ended transaction a new one.
    pub(crate) fn reset(&mut self, id: TxnId, isolation: Isolation, access: Access, after: LogIndex) {
        debug_assert_eq!(self.registered, Registered::No);
        self.locks.reset(id);
        self.isolation = isolation;
        self.access = access;
        self.tracking = false;
        self.durable_reads = false;
        self.snapshot = Snapshot::default();
        self.after = after;
        self.statements = 0;
        self.statement = Statement::default();
        self.has_read.set(false);
        self.newest_read.set(LogIndex::ZERO);
        self.lock_timeout_nanos = None;
        self.last_savepoint = 0;
    }

    /// Gives up what the transaction collected.
    pub(crate) fn clear(&mut self) {
        self.reads.get_mut().clear();
        self.guards.get_mut().clear();
        self.writes.clear();
        self.savepoints.clear();
        self.admitted.clear();
    }

    /// The present.
    pub(crate) fn marks(&mut self) -> Marks {
        Marks { reads: self.reads.get_mut().mark(), writes: self.writes.mark(), guards: self.guards.get_mut().len() }
    }

    /// Undoes the writes and forgets the reads since `marks`. Locks stay.
    pub(crate) fn take_back(&mut self, marks: Marks) {
        self.reads.get_mut().truncate(marks.reads);
        self.writes.rollback(marks.writes);
        self.guards.get_mut().truncate(marks.guards);
    }

    /// The next write asks its engine again.
    pub(crate) fn drop_credit(&mut self) {
        self.admitted.iter_mut().for_each(|admitted| admitted.credit = 0);
    }

    /// Remembers that an answer depended on the commit at `index`.
    pub(crate) fn depends_on(&self, index: LogIndex) {
        self.newest_read.set(self.newest_read.get().max(index));
    }
}

impl Txn {
    pub(crate) fn new(state: Box<State>) -> Self {
        Self { state: Some(state) }
    }

    pub(crate) fn state(&self) -> &State {
        self.state.as_ref().expect("a transaction has a state until it ends")
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        self.state.as_mut().expect("a transaction has a state until it ends")
    }

    pub(crate) fn into_state(mut self) -> Box<State> {
        self.state.take().expect("a transaction has a state until it ends")
    }

    /// Identity in the shard.
    pub fn id(&self) -> TxnId {
        self.state().locks.txn
    }

    /// Isolation level.
    pub fn isolation(&self) -> Isolation {
        self.state().isolation
    }

    /// May it write?
    pub fn access(&self) -> Access {
        self.state().access
    }

    /// Everything committed up to here is visible. [`Timestamp::ZERO`] before the first statement.
    pub fn snapshot(&self) -> Timestamp {
        self.state().snapshot.at
    }

    /// Has a first statement begun?
    pub fn has_started(&self) -> bool {
        self.state().statements > 0
    }

    /// Has it buffered any write?
    pub fn has_writes(&self) -> bool {
        !self.state().writes.is_empty()
    }

    /// Did this transaction itself create `space`, unseen by others? Then no lock is needed in it.
    pub fn created(&self, space: SpaceId) -> bool {
        self.state().writes.created(space)
    }

    /// Bytes of keys and rows written so far.
    pub fn write_bytes(&self) -> usize {
        self.state().writes.bytes()
    }

    /// The lock it waits for.
    pub fn waits_for(&self) -> Option<Ticket> {
        self.state().locks.pending()
    }

    /// How long [`Wait::Wait`](crate::Wait::Wait) waits at most; `None` (the default) for ever.
    pub fn set_lock_timeout(&mut self, timeout: Option<Duration>) {
        self.state_mut().lock_timeout_nanos =
            timeout.map(|timeout| timeout.as_nanos().min(u128::from(u64::MAX)) as u64);
    }

    /// From now on refuses writes; what was written stays (`SET TRANSACTION READ ONLY` in the middle).
    pub fn forbid_writes(&mut self) {
        self.state_mut().access = Access::ReadOnly;
    }
}

impl Drop for Txn {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            // Without a shard there is nothing left to take back.
            if let Some(home) = state.home.upgrade() {
                home.borrow_mut().push(state);
            }
        }
    }
}

impl fmt::Debug for Txn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Txn")
            .field("id", &self.id())
            .field("isolation", &state.isolation)
            .field("access", &state.access)
            .field("snapshot", &state.snapshot)
            .field("reads", &state.reads.borrow().len())
            .field("writes", &state.writes.len())
            .finish_non_exhaustive()
    }
}
