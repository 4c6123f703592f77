//! Reading the log from the first record wanted to its end. Changes nothing.

use cairn_base::{LogIndex, fault};

use super::inventory::{self, FoundSegment};
use super::looks_torn;
use crate::OpenError;
use crate::log::{Place, Progress, Resume, Taker};
use crate::segment::{BadSpot, LogId, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentReader, frame_seed};

/// Progress is told about this often.
const PROGRESS_BYTES: u64 = 1 << 20;

/// What the walk found.
#[derive(Debug)]
pub(crate) struct Walked {
    /// `None`: there is no log.
    pub(super) found: Option<Found>,
    pub(super) replayed: u64,
}

/// An existing log.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) log: LogId,
    pub(super) segments: Vec<FoundSegment>,
    /// Position in `segments` where the walk began.
    pub(super) start: usize,
    /// Position in `segments` of the one where the log ends.
    pub(super) end: usize,
    /// Where its sound batches end.
    pub(super) end_offset: u64,
    /// What stands there.
    pub(super) spot: BadSpot,
    /// A sound frame header stands there or behind: something written by this log, which must not be met again.
    pub(super) sound_headers: bool,
    /// Index of the last record.
    pub(super) last: LogIndex,
    /// What no later batch vouches for.
    pub(super) unvouched: Unvouched,
}

impl Walked {
    /// Index of the last record in the log.
    pub(crate) fn last(&self) -> LogIndex {
        self.found.as_ref().map_or(LogIndex::ZERO, |found| found.last)
    }
}

impl Found {
    pub(super) fn end_segment(&self) -> &FoundSegment {
        &self.segments[self.end]
    }

    pub(super) fn end_is_recycled(&self) -> bool {
        self.end_segment().header.is_some_and(|header| header.recycled)
    }

    pub(super) fn is_torn(&self) -> bool {
        looks_torn(self.spot, self.end_is_recycled(), self.sound_headers)
    }
}

/// Stretches of segments that were read but are not known to have been synced.
#[derive(Debug, Default)]
pub(super) struct Unvouched {
    pub(super) stretches: Vec<Stretch>,
}

/// Bytes of one segment.
#[derive(Debug)]
pub(super) struct Stretch {
    /// Position in the list of segments.
    pub(super) segment: usize,
    pub(super) offset: u64,
    pub(super) bytes: u64,
    /// Synced once this index is.
    last: LogIndex,
}

impl Unvouched {
    fn vouch(&mut self, durable: LogIndex) {
        self.stretches.retain(|stretch| stretch.last > durable);
    }

    fn add(&mut self, segment: usize, offset: u64, bytes: u64, last: LogIndex) {
        match self.stretches.last_mut() {
            Some(before) if before.segment == segment && before.offset + before.bytes == offset => {
                before.bytes += bytes;
                before.last = last;
            }
            _ => self.stretches.push(Stretch { segment, offset, bytes, last }),
        }
    }
}

/// Reads the log in `place` and hands every record from `resume.from` on to `replay`.
pub(crate) fn walk(
    place: &Place,
    resume: Resume,
    replay: &mut Taker<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Walked, OpenError> {
    let Some((segments, log)) = inventory::read(place)? else { return Ok(Walked { found: None, replayed: 0 }) };
    let from = resume.from.max(LogIndex(1));
    let start = starting_segment(place, &segments, from)?;
    let bytes_total = segments[start..].iter().map(|segment| segment.file_bytes).sum();
    let walker = Walker {
        log,
        segments: &segments,
        from,
        replay,
        progress,
        replayed: 0,
        unvouched: Unvouched::default(),
        bytes_total,
        bytes_before: 0,
        bytes_told: 0,
    };
    let (end, replayed) = walker.run(start)?;
    let End { segment, offset, last, spot, sound_headers, unvouched } = end;
    let found = Found { log, segments, start, end: segment, end_offset: offset, spot, sound_headers, last, unvouched };
    Ok(Walked { found: Some(found), replayed })
}

/// The last segment that begins at or before record `from`.
fn starting_segment(place: &Place, segments: &[FoundSegment], from: LogIndex) -> Result<usize, OpenError> {
    let begins_before = |segment: &FoundSegment| segment.header.is_some_and(|header| header.follows < from);
    segments.iter().rposition(begins_before).ok_or_else(|| {
        let oldest = &segments[0];
        match oldest.header {
            Some(header) => OpenError::Missing { dir: place.dir.clone(), from, upto: header.follows },
            None => OpenError::Corrupt {
                file: oldest.path.clone(),
                offset: 0,
                what: format!("unreadable segment header, and no other segment holds record {}", from.0),
            },
        }
    })
}

struct Walker<'a, 'b> {
    log: LogId,
    segments: &'a [FoundSegment],
    from: LogIndex,
    replay: &'a mut Taker<'b>,
    progress: &'a mut dyn FnMut(Progress),
    replayed: u64,
    unvouched: Unvouched,
    bytes_total: u64,
    bytes_before: u64,
    bytes_told: u64,
}

/// Where the log ends.
struct End {
    segment: usize,
    offset: u64,
    last: LogIndex,
    spot: BadSpot,
    sound_headers: bool,
    unvouched: Unvouched,
}

impl Walker<'_, '_> {
    fn run(mut self, start: usize) -> Result<(End, u64), OpenError> {
        let mut segment = start;
        let mut header = self.segments[start].header.expect("the walk starts at a readable header");
        loop {
            let (offset, last, spot) = self.read_segment(segment, header)?;
            match self.following(segment, last) {
                Some(next) => {
                    self.bytes_before += self.segments[segment].file_bytes;
                    (segment, header) = (segment + 1, next);
                }
                None => {
                    let sound_headers = self.refuse_if_vouched_for(segment, offset, last, spot)?;
                    self.tell(offset, last);
                    let end = End { segment, offset, last, spot, sound_headers, unvouched: self.unvouched };
                    return Ok((end, self.replayed));
                }
            }
        }
    }

    /// The header of the segment behind `segment`, if it says that it begins where this one ended.
    fn following(&self, segment: usize, last: LogIndex) -> Option<SegmentHeader> {
        let next = self.segments.get(segment + 1)?;
        let header = next.header?;
        let is_next = next.number == self.segments[segment].number.next() && header.follows == last;
        is_next.then_some(header)
    }

    /// Reads batches to the first spot without one: its offset, the last index before it, and what stands there.
    fn read_segment(&mut self, segment: usize, header: SegmentHeader) -> Result<(u64, LogIndex, BadSpot), OpenError> {
        let mut reader = self.reader(segment)?;
        let mut offset = SEGMENT_HEADER_BYTES as u64;
        let mut expected = header.first;
        self.unvouched.vouch(header.durable);
        self.unvouched.add(segment, 0, offset, header.first);
        loop {
            let (batch, frame_bytes) = match reader.batch(offset, expected).map_err(self.reading(segment))? {
                Ok(found) => found,
                Err(_) => match reader.batch_anew(offset, expected).map_err(self.reading(segment))? {
                    Ok(found) => found,
                    Err(spot) => return Ok((offset, LogIndex(expected.0 - 1), spot)),
                },
            };
            for record in batch.records().filter(|record| record.index >= self.from) {
                (self.replay)(record).map_err(|source| {
                    let file = self.segments[segment].path.clone();
                    OpenError::Replay { file, offset, source }
                })?;
                self.replayed += 1;
            }
            self.unvouched.vouch(batch.header.durable);
            self.unvouched.add(segment, offset, frame_bytes as u64, batch.last());
            expected = batch.last().next();
            offset += frame_bytes as u64;
            if self.bytes_before + offset >= self.bytes_told + PROGRESS_BYTES {
                self.tell(offset, LogIndex(expected.0 - 1));
            }
        }
    }

    /// Refuses the bad spot behind `last` when anything sound behind it says that more had been durable. Otherwise
    /// answers whether any sound frame header stands there.
    fn refuse_if_vouched_for(&self, end: usize, offset: u64, last: LogIndex, spot: BadSpot) -> Result<bool, OpenError> {
        let lost = last.next();
        let mut sound_headers = false;
        if fault!(NoWitness) {
            return Ok(sound_headers);
        }
        for later in end..self.segments.len() {
            let from = if later == end { offset } else { SEGMENT_HEADER_BYTES as u64 };
            let header = self.segments[later].header.filter(|header| later > end && header.durable >= lost);
            let mut sound = false;
            let witness = match header {
                Some(_) => Some(0),
                None => self.reader(later)?.find_witness(from, lost, &mut sound).map_err(self.reading(later))?,
            };
            if let Some(at) = witness {
                return Err(self.corrupt(end, offset, spot, lost, (later, at)));
            }
            sound_headers |= sound && later == end;
        }
        Ok(sound_headers)
    }

    fn corrupt(&self, end: usize, offset: u64, spot: BadSpot, lost: LogIndex, witness: (usize, u64)) -> OpenError {
        let (file, offset, what) = self.damage(end, offset, spot);
        let (segment, at) = witness;
        let by = self.segments[segment].path.file_name().unwrap_or_default().to_string_lossy();
        let what = format!("{what}; record {} had been made durable before what stands at offset {at} of {by}", lost.0);
        OpenError::Corrupt { file, offset, what }
    }

    /// Where the damage is: here, or, when this segment just ends, at the beginning of the next one.
    fn damage(&self, end: usize, offset: u64, spot: BadSpot) -> (std::path::PathBuf, u64, String) {
        let here = &self.segments[end];
        let just_ends = matches!(spot, BadSpot::Empty | BadSpot::EndOfFile);
        match self.segments.get(end + 1) {
            Some(next) if just_ends && next.number > here.number.next() => {
                let missing = here.path.with_file_name(crate::segment::segment_name(here.number.next()));
                (missing, 0, "the segment is missing".to_owned())
            }
            Some(next) if just_ends && next.header.is_none() => {
                (next.path.clone(), 0, "unreadable segment header".to_owned())
            }
            _ => (here.path.clone(), offset, spot.to_string()),
        }
    }

    fn reader(&self, segment: usize) -> Result<SegmentReader, OpenError> {
        let FoundSegment { number, file, .. } = &self.segments[segment];
        SegmentReader::new(file.clone(), frame_seed(self.log, *number)).map_err(self.reading(segment))
    }

    fn reading(&self, segment: usize) -> impl FnOnce(std::io::Error) -> OpenError + use<> {
        OpenError::io(format!("read {}", self.segments[segment].path.display()))
    }

    fn tell(&mut self, offset: u64, index: LogIndex) {
        self.bytes_told = self.bytes_before + offset;
        (self.progress)(Progress { bytes_done: self.bytes_told, bytes_total: self.bytes_total, index });
    }
}
