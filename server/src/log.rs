//! The log between `txn` and `wal`: the adapter behind `CommitLog`, and the task that drives the device.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use cairn_base::{Fate, LogIndex};
use cairn_sql_session::Core;
use cairn_txn::{CommitLog, CommitLogError};
use cairn_wal::{Record, Wal, WalError};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

/// Kind of the records that transactions write.
const COMMIT: u8 = 1;
/// Raft group of the records; there is one until replication is there.
const GROUP: u16 = 0;

/// The core's log, shared by the adapter, the log task and checkpoints.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<Inner>);

#[derive(Default)]
struct Inner {
    /// Empty until recovery is done.
    wal: RefCell<Option<Wal>>,
    kick: Notify,
    /// Payload bytes appended since the last checkpoint.
    since_checkpoint: Cell<u64>,
}

impl Log {
    /// Recovery is done: the log takes records from now on.
    pub(crate) fn set(&self, wal: Wal) {
        *self.0.wal.borrow_mut() = Some(wal);
    }

    /// Works on the log.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Wal) -> T) -> T {
        work(self.0.wal.borrow_mut().as_mut().expect("the log is open once recovery is done"))
    }

    /// Tells the log task that there may be something to submit.
    pub(crate) fn kick(&self) {
        self.0.kick.notify_one();
    }

    /// Bytes of log that the next start would have to replay, about.
    pub(crate) fn since_checkpoint(&self) -> u64 {
        self.0.since_checkpoint.get()
    }

    /// A checkpoint covers what was written so far.
    pub(crate) fn checkpointed(&self, bytes: u64) {
        self.0.since_checkpoint.set(self.0.since_checkpoint.get().saturating_sub(bytes));
    }
}

/// `txn`'s view of the log.
pub(crate) struct LogAdapter(pub(crate) Log);

impl CommitLog for LogAdapter {
    fn submit(&mut self, record: &[u8]) -> Result<LogIndex, CommitLogError> {
        let log = &self.0.0;
        let index = self.0.with(|wal| {
            let index = wal.next_index();
            wal.append(Record { kind: COMMIT, group: GROUP, index, payload: record }).map(|()| index)
        });
        let index = index.map_err(|error| {
            let fate = match error {
                WalError::RecordTooLarge { .. } => Fate::DidNotHappen,
                _ => Fate::Unknown,
            };
            CommitLogError { reason: error.to_string(), fate }
        })?;
        log.since_checkpoint.set(log.since_checkpoint.get() + record.len() as u64);
        log.kick.notify_one();
        Ok(index)
    }
}

struct WakeFd(RawFd);

impl AsRawFd for WakeFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

#[expect(
    deprecated,
    reason = "the descriptor lives as long as the log, which this task holds; the replacement is unsafe"
)]
fn watch(fd: RawFd) -> std::io::Result<AsyncFd<WakeFd>> {
    AsyncFd::with_interest(WakeFd(fd), Interest::READABLE)
}

/// Drives the log for ever: what has gathered is written, what is written is reported. Ends when the log has failed, with
/// the reason; the shard is poisoned then.
pub(crate) async fn drive(log: Log, core: Rc<Core>) -> String {
    let wake = match log.with(|wal| wal.wake_fd()).map(watch).transpose() {
        Ok(wake) => wake,
        Err(error) => return fail(&core, format!("cannot wait for the log device: {error}")),
    };
    loop {
        if let Err(error) = turn(&log, &core) {
            return fail(&core, error.to_string());
        }
        match &wake {
            None => log.0.kick.notified().await,
            Some(wake) => {
                tokio::select! {
                    biased;
                    ready = wake.readable() => match ready {
                        Ok(mut ready) => ready.clear_ready(),
                        Err(error) => return fail(&core, format!("cannot wait for the log device: {error}")),
                    },
                    () = log.0.kick.notified() => {}
                }
            }
        }
    }
}

/// Reports what has become durable and hands over what has gathered.
fn turn(log: &Log, core: &Core) -> Result<(), WalError> {
    let durable = log.with(Wal::poll_completion)?;
    let in_flight = log.with(Wal::submit)?;
    let durable = match (durable, in_flight) {
        (None, false) => Some(log.with(|wal| wal.durable())),
        (durable, _) => durable,
    };
    if let Some(index) = durable {
        core.with_shard(|shard| shard.durable(index));
    }
    Ok(())
}

fn fail(core: &Core, reason: String) -> String {
    core.with_shard(|shard| shard.poison(reason.clone()));
    reason
}
