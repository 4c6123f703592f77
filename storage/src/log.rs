//! The log between `txn` and `wal`: the adapter behind `CommitLog`, and the turn that drives the device.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use cairn_base::{LogIndex, fault};
use cairn_txn::{CommitLog, CommitLogError, Shard};
use cairn_wal::{Record, Wal, WalError};

/// Kind of the records that transactions write.
const COMMIT: u8 = 1;
/// Raft group of the records; there is one until replication is there.
const GROUP: u16 = 0;

/// The core's log, shared by the adapter, whoever drives it, and checkpoints.
#[derive(Clone)]
pub struct Log(Rc<Inner>);

struct Inner {
    /// Empty until recovery is done.
    wal: RefCell<Option<Wal>>,
    /// Asks for a turn.
    kick: Box<dyn Fn()>,
    /// Payload bytes appended since the last checkpoint.
    since_checkpoint: Cell<u64>,
}

impl Log {
    /// A log that is not open yet. `kick` is called when there may be something to submit; a [`Self::turn`] should
    /// follow soon.
    pub fn new(kick: impl Fn() + 'static) -> Self {
        Self(Rc::new(Inner { wal: RefCell::default(), kick: Box::new(kick), since_checkpoint: Cell::default() }))
    }

    /// Recovery is done: the log takes records from now on.
    pub fn set(&self, wal: Wal) {
        *self.0.wal.borrow_mut() = Some(wal);
    }

    /// Works on the log.
    pub fn with<T>(&self, work: impl FnOnce(&mut Wal) -> T) -> T {
        work(self.0.wal.borrow_mut().as_mut().expect("the log is open once recovery is done"))
    }

    /// Asks whoever drives the log for a turn.
    pub fn kick(&self) {
        (self.0.kick)();
    }

    /// Has the log records that are acknowledged and could be lost in a crash of the system? Then somebody should sync it
    /// ([`Wal::begin_sync`]) and give the log a turn: engines wait for these records.
    pub fn is_behind(&self) -> bool {
        self.with(|wal| wal.synced() < wal.durable())
    }

    /// Bytes of log that the next start would have to replay, about.
    pub fn since_checkpoint(&self) -> u64 {
        self.0.since_checkpoint.get()
    }

    /// A checkpoint covers this many of the bytes written so far.
    pub fn checkpointed(&self, bytes: u64) {
        self.0.since_checkpoint.set(self.0.since_checkpoint.get().saturating_sub(bytes));
    }

    /// Reports to the shard what has become durable, and hands over to the device what has gathered. Never waits. To be
    /// called when kicked and when the device has ended a write. An error is final: the shard must be poisoned.
    pub fn turn(&self, shard: &mut Shard) -> Result<(), WalError> {
        let durable = self.with(Wal::poll_completion)?;
        let in_flight = self.with(Wal::submit)?;
        let durable = match (durable, in_flight) {
            (None, false) => Some(self.with(|wal| wal.durable())),
            (durable, _) => durable,
        };
        let appended = LogIndex(self.with(|wal| wal.next_index()).0 - 1);
        let (durable, synced) = match fault!(AnswerBeforeSync) {
            true => (Some(appended), appended),
            false => (durable, self.with(|wal| wal.synced())),
        };
        if let Some(index) = durable.filter(|index| *index > synced) {
            shard.acknowledge(index);
        }
        shard.durable(synced);
        Ok(())
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("since_checkpoint", &self.since_checkpoint()).finish_non_exhaustive()
    }
}

/// `txn`'s view of the log.
#[derive(Debug)]
pub struct LogAdapter(Log);

impl LogAdapter {
    /// The port's implementation over `log`.
    pub fn new(log: Log) -> Self {
        Self(log)
    }
}

impl CommitLog for LogAdapter {
    fn submit(&mut self, record: &[u8]) -> Result<LogIndex, CommitLogError> {
        let log = &self.0.0;
        let index = self.0.with(|wal| {
            let index = wal.next_index();
            wal.append(Record { kind: COMMIT, group: GROUP, index, payload: record }).map(|()| index)
        });
        let index = index.map_err(|error| match error {
            WalError::Full(failure) => CommitLogError::Full(failure.to_string()),
            WalError::RecordTooLarge { .. } => CommitLogError::Refused(error.to_string()),
            WalError::Poisoned(_) | WalError::IndexGap { .. } => {
                CommitLogError::Failed { reason: error.to_string(), fate: error.fate() }
            }
        })?;
        log.since_checkpoint.set(log.since_checkpoint.get() + record.len() as u64);
        (log.kick)();
        Ok(index)
    }
}
