//! The segments of an open log: where the next batch goes, and which files can go away.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_base::frame::FrameSeed;
use cairn_base::seam::DiskFile;

use super::groups::Group;
use super::sync::{SyncJob, Synced};
use crate::Failure;
use crate::device::LogWrite;
use crate::segment::{
    LogId, PreparedSegment, Preparer, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentNumber, frame_seed, is_full,
    segment_name,
};

/// Pages in which systems keep files in memory. Where they are larger nothing is lost but what [`ActiveSegment::page_end`] is for.
const PAGE_BYTES: u64 = 4096;

/// A segment and the index of its first record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SegmentSpan {
    pub(crate) number: SegmentNumber,
    pub(crate) first: LogIndex,
}

/// The segment that is written to.
#[derive(Debug)]
pub(crate) struct ActiveSegment {
    pub(crate) number: SegmentNumber,
    pub(crate) file: Arc<dyn DiskFile>,
    /// Where the next batch goes.
    pub(crate) end: u64,
    /// Bytes that were prepared.
    pub(crate) capacity: u64,
}

impl ActiveSegment {
    /// Where the page ends in which the next batch begins: writes go on to there, with zeros. A write that ends inside a page
    /// that the system does not hold (space prepared long ago, or a file used again) makes it read that page first.
    fn page_end(&self) -> u64 {
        self.end.next_multiple_of(PAGE_BYTES).min(self.capacity.max(self.end))
    }
}

/// All segments of an open log.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) dir: PathBuf,
    pub(super) log: LogId,
    /// Oldest first; the active one is the last.
    pub(super) spans: VecDeque<SegmentSpan>,
    pub(super) active: ActiveSegment,
    pub(super) preparer: Preparer,
    /// The next batch begins a new segment even if it would fit: its index does not follow the last one's.
    pub(super) must_rotate: bool,
    /// Segments before the active one that were written and not synced (only without [`Durability::Sync`]).
    ///
    /// [`Durability::Sync`]: crate::Durability::Sync
    pub(super) unsynced: Vec<(SegmentNumber, Arc<dyn DiskFile>)>,
}

/// What placing a group did.
pub(super) struct Placed {
    pub(super) write: LogWrite,
    /// Those of the group, and of the segment's header if it is new.
    pub(super) bytes: u64,
    pub(super) rotated: bool,
    pub(super) waited: bool,
}

impl Files {
    /// Finds the place for a group, in a new segment if need be, and completes its bytes. `last` is the index of the last
    /// record handed out before, `durable` the highest one synced.
    pub(super) fn place(&mut self, group: Group, last: LogIndex, durable: LogIndex, sync: bool) -> io::Result<Placed> {
        let rotate = self.must_rotate || self.active.end + group.frame_bytes() as u64 > self.active.capacity;
        let mut waited = false;
        let mut header = None;
        if rotate {
            waited = !self.preparer.is_ready();
            let prepared = self.take_prepared()?;
            header = Some(SegmentHeader {
                log: self.log,
                number: prepared.number,
                first: group.first(),
                follows: last,
                durable,
                recycled: prepared.recycled,
            });
            self.begin(prepared, group.first(), sync);
        }
        let offset = if rotate { 0 } else { self.active.end };
        let (mut buffer, skip) = group.seal(self.seed(), durable, header.map(|header| header.encode()));
        let bytes = (buffer.len() - skip) as u64;
        self.active.end = offset + bytes;
        buffer.resize(skip + (self.active.page_end() - offset) as usize, 0);
        let write = LogWrite { file: self.active.file.clone(), offset, buffer, skip, sync };
        Ok(Placed { write, bytes, rotated: rotate, waited })
    }

    /// May frames of `bytes` bytes wait to be written? Not if they need another segment and the disk is known to be full:
    /// whoever waits could not be refused any more. A segment that is still being prepared counts as there.
    pub(super) fn admit(&mut self, bytes: u64) -> Result<(), Arc<Failure>> {
        let fits = !self.must_rotate && self.active.end + bytes <= self.active.capacity;
        if fits { Ok(()) } else { self.preparer.check_space(self.active.number.next()) }
    }

    /// The segment that was prepared. If the disk was full then, it is tried once more: space may have been freed since.
    fn take_prepared(&mut self) -> io::Result<PreparedSegment> {
        match self.preparer.take() {
            Err(error) if is_full(&error) => {
                self.preparer.request(self.active.number.next());
                self.preparer.take()
            }
            result => result,
        }
    }

    fn begin(&mut self, prepared: PreparedSegment, first: LogIndex, sync: bool) {
        let PreparedSegment { number, file, capacity, .. } = prepared;
        debug_assert_eq!(number, self.active.number.next(), "segments are prepared in order");
        let active = ActiveSegment { number, file, end: SEGMENT_HEADER_BYTES as u64, capacity };
        let before = std::mem::replace(&mut self.active, active);
        if !sync {
            self.unsynced.push((before.number, before.file));
        }
        self.spans.push_back(SegmentSpan { number, first });
        self.must_rotate = false;
        self.preparer.request(number.next());
    }

    /// Gives up the segments that hold only records below `index`, as far as the first record of the segment behind them
    /// is `synced`: a crash must always find a durable header. Answers how many.
    pub(super) fn truncate_before(&mut self, index: LogIndex, synced: LogIndex) -> usize {
        let mut numbers = Vec::new();
        while self.spans.get(1).is_some_and(|next| next.first <= index.min(synced)) {
            numbers.extend(self.spans.pop_front().map(|span| span.number));
        }
        let count = numbers.len();
        self.unsynced.retain(|(number, _)| !numbers.contains(number));
        if count > 0 {
            self.preparer.retire(numbers);
        }
        count
    }

    /// What must be synced for all records up to `upto`, which were written, to survive.
    pub(super) fn sync_job(&self, upto: LogIndex) -> SyncJob {
        let active = (self.active.number, self.active.file.clone());
        SyncJob::new(upto, self.unsynced.iter().cloned().chain([active]).collect())
    }

    /// Segments that had been written to their end when the sync began need no other.
    pub(super) fn forget_synced(&mut self, synced: &Synced) {
        self.unsynced.retain(|(number, _)| synced.last_segment.is_none_or(|last| *number >= last));
    }

    pub(super) fn active_path(&self) -> PathBuf {
        self.dir.join(segment_name(self.active.number))
    }

    fn seed(&self) -> FrameSeed {
        frame_seed(self.log, self.active.number)
    }
}
