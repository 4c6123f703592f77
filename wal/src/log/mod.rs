//! The open log.

mod files;
mod groups;
mod open;
mod sync;

#[cfg(test)]
mod crash_loop;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;

use cairn_base::{LogIndex, fault};

use crate::device::{ChosenDevice, LogWritten};
use crate::{Durability, Failure, RECORD_BYTES_MAX, Record, Stats, WalError};
use files::Files;
pub(crate) use files::{ActiveSegment, SegmentSpan};
use groups::Groups;

pub(crate) use open::Taker;
pub use open::{Opened, Place, Progress, Recovery, Resume, TornTail};
pub use sync::{SyncFailed, SyncJob, Synced};

/// A core's log. One thread appends; nothing here waits for the medium but what says so.
///
/// ```text
///   append(7) append(8)  submit()            append(9) append(10)      poll_completion()   submit()
///   |---- open group ----|--- one write, one sync ---------------------|-- 9 and 10 -------> ...
///                                                                      durable() = 8
/// ```
/// A core's loop, with a simulated disk instead of a real one:
/// ```
/// use std::sync::Arc;
/// use cairn_base::seam::sim::{SimDisk, SimRng};
/// use cairn_wal::{Options, Place, Record, Resume, Wal};
///
/// let place = Place { disk: Arc::new(SimDisk::new()), dir: "/wal".into() };
/// let mut replay = |record: Record<'_>| Ok(println!("{} bytes", record.payload.len()));
/// let opened = Wal::open(place, Options::default(), &mut SimRng::new(1), Resume::EVERYTHING, &mut replay, &mut |_| {})?;
/// let mut wal = opened.wal;
/// // One turn of the loop: whatever the sessions commit, then one submission for all of them.
/// let index = wal.next_index();
/// wal.append(Record { kind: 1, group: 0, index, payload: b"a batch" })?;
/// wal.submit()?;
/// // Woken by `wake_fd`: acknowledge up to the durable index, and hand over what has gathered meanwhile.
/// if let Some(durable) = wal.poll_completion()? {
///     assert_eq!(durable, index);
///     wal.submit()?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Wal {
    durability: Durability,
    /// `None` with [`Durability::None`]: there is nothing to write to.
    writer: Option<Writer>,
    groups: Groups,
    next: LogIndex,
    durable: LogIndex,
    stats: Stats,
    poison: Option<Arc<Failure>>,
}

/// What writes: the segments and their device.
#[derive(Debug)]
struct Writer {
    files: Files,
    chosen: ChosenDevice,
    in_flight: Option<InFlight>,
    /// Last index handed to the device.
    submitted: LogIndex,
    /// Last index known to be synced, whatever counts as durable.
    synced: LogIndex,
}

/// A group on its way.
#[derive(Debug)]
struct InFlight {
    last: LogIndex,
    records: u64,
    payload_bytes: u64,
    written_bytes: u64,
    sync: bool,
}

impl Wal {
    /// A log that keeps nothing, for a server without a disk: numbering begins behind `last`.
    pub fn nowhere(last: LogIndex) -> Self {
        Self::new(Durability::None, None, usize::MAX, last)
    }

    fn new(durability: Durability, writer: Option<Writer>, group_bytes_max: usize, last: LogIndex) -> Self {
        let groups = Groups::new(group_bytes_max);
        Self { durability, writer, groups, next: last.next(), durable: last, stats: Stats::default(), poison: None }
    }

    /// The index that the next record must carry.
    pub fn next_index(&self) -> LogIndex {
        self.next
    }

    /// The highest index that is durable, in the sense of this log's [`Durability`]; so are all below.
    pub fn durable(&self) -> LogIndex {
        self.durable
    }

    /// The highest index that survives a crash of the system, whatever counts as durable; so do all below. With
    /// [`Durability::None`] nothing does, and this is the same as [`Self::durable`].
    pub fn synced(&self) -> LogIndex {
        self.writer.as_ref().map_or(self.durable, |writer| writer.synced.min(self.durable))
    }

    /// Bytes of records that were appended and not submitted yet: they wait for the write under way. For back-pressure.
    pub fn waiting_bytes(&self) -> usize {
        self.groups.waiting_bytes()
    }

    /// Is a write under way?
    pub fn is_in_flight(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.in_flight.is_some())
    }

    /// A descriptor that becomes readable when the write under way has ended; then call [`Self::poll_completion`]. `None`
    /// for a simulated device and with [`Durability::None`], where polling after `submit` is enough.
    pub fn wake_fd(&self) -> Option<RawFd> {
        self.writer.as_ref()?.chosen.device.wake_fd()
    }

    /// The device's name and why it was chosen; `None` with [`Durability::None`].
    pub fn device(&self) -> Option<(&'static str, &str)> {
        self.writer.as_ref().map(|writer| (writer.chosen.name, writer.chosen.reason.as_str()))
    }

    /// What has been done since the log was opened.
    pub fn stats(&self) -> Stats {
        let retire_failures = self.writer.as_ref().map_or(0, |writer| writer.files.preparer.retire_failures);
        Stats { retire_failures, ..self.stats }
    }

    /// Adds a record to the open group. Copies it; does no I/O. After an error the log is as before.
    pub fn append(&mut self, record: Record<'_>) -> Result<(), WalError> {
        self.check_poison()?;
        if record.index != self.next {
            return Err(WalError::IndexGap { expected: self.next, found: record.index });
        }
        if record.payload.len() > RECORD_BYTES_MAX {
            return Err(WalError::RecordTooLarge { bytes: record.payload.len(), limit: RECORD_BYTES_MAX });
        }
        if let Some(writer) = &mut self.writer {
            let bytes = self.groups.frame_bytes_with(&record);
            writer.files.admit(bytes as u64).map_err(WalError::Full)?;
        }
        self.next = self.next.next();
        match &self.writer {
            Some(_) => self.groups.push(&record),
            None => {
                self.stats.records += 1;
                self.stats.payload_bytes += record.payload.len() as u64;
            }
        }
        Ok(())
    }

    /// Hands the open group to the device, unless a write is under way or there is nothing to write. Call it at the end
    /// of every turn of the core's loop. Answers whether a write is under way now; if not, everything appended is durable.
    ///
    /// Waits only when the next segment is needed before it was prepared ([`Stats::rotation_waits`]).
    pub fn submit(&mut self) -> Result<bool, WalError> {
        self.check_poison()?;
        let Some(writer) = &mut self.writer else {
            self.durable = LogIndex(self.next.0 - 1);
            return Ok(false);
        };
        if writer.in_flight.is_some() {
            return Ok(true);
        }
        let Some(group) = self.groups.take() else { return Ok(false) };
        let sync = self.durability == Durability::Sync;
        match writer.submit(group, sync, &mut self.stats) {
            Ok(()) => Ok(true),
            Err(error) => Err(self.poison_with("submit a batch to", error)),
        }
    }

    /// Has the write under way ended? Then its records are durable: the new [`Self::durable`]. Never waits. What has been
    /// appended meanwhile is the next group: call [`Self::submit`].
    pub fn poll_completion(&mut self) -> Result<Option<LogIndex>, WalError> {
        self.check_poison()?;
        let Some(writer) = self.writer.as_mut().filter(|writer| writer.in_flight.is_some()) else { return Ok(None) };
        match writer.chosen.device.poll() {
            Some(written) => self.complete(written).map(Some),
            None => Ok(None),
        }
    }

    /// Waits for the write under way, if there is one. Answers the highest durable index.
    pub fn wait(&mut self) -> Result<LogIndex, WalError> {
        self.check_poison()?;
        match self.writer.as_mut().filter(|writer| writer.in_flight.is_some()) {
            Some(writer) => {
                let written = writer.chosen.device.wait();
                self.complete(written)
            }
            None => Ok(self.durable),
        }
    }

    /// Submits and waits until everything appended is durable.
    pub fn flush(&mut self) -> Result<LogIndex, WalError> {
        while self.submit()? {
            self.wait()?;
        }
        Ok(self.durable)
    }

    /// Begins to make what is durable here survive a crash of the system, too, whatever counts as durable: the files to
    /// sync, on any thread. Hand the outcome to [`Self::end_sync`]. Records appended meanwhile are not part of it. Whoever
    /// keeps data elsewhere and syncs it does this first, so that it never holds what the log could still lose.
    pub fn begin_sync(&self) -> Result<SyncJob, WalError> {
        self.check_poison()?;
        let behind = self.writer.as_ref().filter(|writer| writer.synced < self.durable);
        Ok(behind.map_or_else(|| SyncJob::nothing(self.durable), |writer| writer.files.sync_job(self.durable)))
    }

    /// Takes in the outcome of [`SyncJob::run`]. Answers the highest index that survives a crash of the system. A failure
    /// is final, as every failed sync.
    pub fn end_sync(&mut self, outcome: Result<Synced, SyncFailed>) -> Result<LogIndex, WalError> {
        self.check_poison()?;
        let synced = match outcome {
            Ok(synced) => synced,
            Err(SyncFailed(error)) => return Err(self.poison_with("sync", error)),
        };
        let Some(writer) = self.writer.as_mut() else { return Ok(synced.upto) };
        if writer.synced < synced.upto {
            writer.synced = synced.upto;
            self.stats.syncs += 1;
        }
        writer.files.forget_synced(&synced);
        Ok(writer.synced)
    }

    /// Waits until everything appended survives a crash of the system. For those who may wait; a core never may.
    pub fn sync(&mut self) -> Result<LogIndex, WalError> {
        self.flush()?;
        let job = self.begin_sync()?;
        self.end_sync(job.run())
    }

    /// Gives up segments that hold only records below `index`: whoever needs the log will ask for `index` and later ones.
    /// Answers how many segments. The files go (or are written over) in the background. Nothing is given up beyond what is
    /// synced: with [`Durability::Os`], call [`Self::sync`] before.
    pub fn truncate_before(&mut self, index: LogIndex) -> Result<usize, WalError> {
        self.check_poison()?;
        Ok(self.writer.as_mut().map_or(0, |writer| writer.files.truncate_before(index, writer.synced)))
    }

    /// Index of the oldest record that is still in the log, or of the next one if there is none; `None` without files.
    pub fn first_index(&self) -> Option<LogIndex> {
        self.writer.as_ref()?.files.spans.front().map(|span| span.first)
    }

    fn complete(&mut self, written: LogWritten) -> Result<LogIndex, WalError> {
        let writer = self.writer.as_mut().expect("something was written");
        let in_flight = writer.in_flight.take().expect("a write was under way");
        if let Err(error) = written.result
            && !fault!(IgnoreAFailedSync)
        {
            return Err(self.poison_with("write or sync", error));
        }
        self.durable = in_flight.last;
        if in_flight.sync {
            writer.synced = in_flight.last;
            self.stats.syncs += 1;
        }
        self.stats.writes += 1;
        self.stats.records += in_flight.records;
        self.stats.payload_bytes += in_flight.payload_bytes;
        self.stats.written_bytes += in_flight.written_bytes;
        self.groups.recycle(written.buffer);
        Ok(self.durable)
    }

    fn check_poison(&self) -> Result<(), WalError> {
        match &self.poison {
            Some(failure) => Err(WalError::Poisoned(failure.clone())),
            None => Ok(()),
        }
    }

    /// From now on every call answers this failure.
    fn poison_with(&mut self, verb: &str, source: io::Error) -> WalError {
        let path = self.writer.as_ref().map(|writer| writer.files.active_path()).unwrap_or_default();
        let failure = Arc::new(Failure { context: format!("{verb} {}", path.display()), source });
        self.poison = Some(failure.clone());
        WalError::Poisoned(failure)
    }
}

impl Writer {
    fn submit(&mut self, group: groups::Group, sync: bool, stats: &mut Stats) -> io::Result<()> {
        let (last, records, payload_bytes) = (group.last(), group.count().into(), group.payload_bytes() as u64);
        let placed = self.files.place(group, self.submitted, self.synced, sync)?;
        stats.rotations += u64::from(placed.rotated);
        stats.rotation_waits += u64::from(placed.waited);
        let written_bytes = placed.bytes;
        self.chosen.device.submit(placed.write)?;
        self.in_flight = Some(InFlight { last, records, payload_bytes, written_bytes, sync });
        self.submitted = last;
        Ok(())
    }
}
