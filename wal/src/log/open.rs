//! Opening a log: recovery first, then a writer behind its end.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use cairn_base::LogIndex;
use cairn_base::seam::{Disk, Rng};

use super::{Files, Wal, Writer};
use crate::device::{self, ChosenDevice};
use crate::options::Options;
use crate::recovery::{self, Recovered};
use crate::segment::Preparer;
use crate::{Durability, OpenError, Record, ReplayError};

/// Where a log lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The log's own directory, made if absent. The caller holds whatever lock keeps other processes out.
    pub dir: PathBuf,
}

/// From where to replay, and where to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resume {
    /// First record wanted: one above what every user of the log has kept elsewhere.
    pub from: LogIndex,
    /// Highest index that any user has kept elsewhere. Numbering goes on above it even if the log ends earlier (after a
    /// time without [`Durability::Sync`]), so that no index means two things.
    pub floor: LogIndex,
}

impl Resume {
    /// Everything the log has: nobody has kept anything elsewhere.
    pub const EVERYTHING: Self = Self { from: LogIndex(1), floor: LogIndex::ZERO };
}

/// How far recovery has come, about once per MiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of segments read.
    pub bytes_done: u64,
    /// Bytes of segments to read, at most.
    pub bytes_total: u64,
    /// Last index read.
    pub index: LogIndex,
}

/// What recovery found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovery {
    /// The log is new.
    pub created: bool,
    /// Records handed to the caller.
    pub replayed: u64,
    /// Last index in the log.
    pub last: LogIndex,
    /// The unfinished end that was cut off, if there was one.
    pub torn: Option<TornTail>,
    /// Indexes skipped because the log ended below [`Resume::floor`]: last one before and first one after the gap.
    pub skipped: Option<(LogIndex, LogIndex)>,
}

/// The end of a log that a crash left unfinished. None of its records had been acknowledged as synced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TornTail {
    /// The segment.
    pub file: PathBuf,
    /// Where its sound batches end.
    pub offset: u64,
    /// Why the log does not go on there.
    pub reason: String,
}

impl fmt::Display for TornTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ends at offset {}: {}", self.file.display(), self.offset, self.reason)
    }
}

/// Takes replayed records, in order.
pub(crate) type Taker<'a> = dyn FnMut(Record<'_>) -> Result<(), ReplayError> + 'a;

/// A log just opened.
#[derive(Debug)]
pub struct Opened {
    /// The log.
    pub wal: Wal,
    /// What was found.
    pub recovery: Recovery,
}

impl Wal {
    /// Opens the log at `place`, or creates it. Every record from `resume.from` on is handed to `replay` in order, then the
    /// end is repaired: what a crash left unfinished is cut, and what is kept is durable before this returns.
    ///
    /// Damage that no crash explains is refused ([`OpenError::Corrupt`]) and nothing on disk is changed. With
    /// [`Durability::None`] nothing on disk is ever changed.
    pub fn open(
        place: Place,
        options: Options,
        rng: &mut dyn Rng,
        resume: Resume,
        replay: &mut Taker<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Opened, OpenError> {
        Self::open_on(place, options, None, rng, resume, replay, progress)
    }

    /// [`Self::open`] with a device of the caller's: for tests that hold a write back.
    pub fn open_on(
        place: Place,
        options: Options,
        device: Option<ChosenDevice>,
        rng: &mut dyn Rng,
        resume: Resume,
        replay: &mut Taker<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Opened, OpenError> {
        options.check().map_err(OpenError::Options)?;
        if options.durability == Durability::None {
            return Self::open_read_only(&place, resume, replay, progress);
        }
        let walked = recovery::walk(&place, resume, replay, progress)?;
        let recovered = recovery::repair(&place, options, walked, resume, rng)?;
        let Recovered { log, spans, active, last, report } = recovered;
        let real = active.file.raw_fd().is_some();
        let chosen = match device {
            Some(device) => device,
            None => device::choose(options.device, real).map_err(OpenError::io("start the log device"))?,
        };
        let mut preparer =
            Preparer::new(place.disk, place.dir.clone(), options.segment_bytes, options.spare_segments_max, real)
                .map_err(OpenError::io("start the thread that prepares log segments"))?;
        preparer.request(active.number.next());
        let must_rotate = report.skipped.is_some();
        let files = Files {
            dir: place.dir,
            log,
            spans: VecDeque::from(spans),
            active,
            preparer,
            must_rotate,
            unsynced: Vec::new(),
        };
        let writer = Writer { files, chosen, in_flight: None, submitted: last, synced: last };
        let wal = Self::new(options.durability, Some(writer), options.group_bytes_max, last.max(resume.floor));
        Ok(Opened { wal, recovery: report })
    }

    /// With [`Durability::None`]: what is there is replayed, and nothing is repaired or written.
    fn open_read_only(
        place: &Place,
        resume: Resume,
        replay: &mut Taker<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Opened, OpenError> {
        let walked = recovery::walk(place, resume, replay, progress)?;
        let recovery = recovery::report(place, &walked, resume)?;
        Ok(Opened { wal: Self::nowhere(recovery.last.max(resume.floor)), recovery })
    }
}
