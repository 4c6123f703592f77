//! Making a log that was walked ready to be written to: what is kept becomes durable, what is cut disappears.

use std::io;
use std::sync::Arc;

use cairn_base::fault;
use cairn_base::seam::{DiskFile, OpenMode, Rng};

use super::inventory::FoundSegment;
use super::walk::{Found, Stretch, Walked};
use super::{Recovered, report};
use crate::log::{ActiveSegment, Place, Recovery, Resume, SegmentSpan};
use crate::options::Options;
use crate::segment::{
    LogId, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentNumber, SegmentReader, TEMPORARY_NAME, frame_seed,
    remove_if_present, segment_name,
};
use crate::{OpenError, TornTail};

/// Bytes read and written back at a time.
const REWRITE_BYTES: u64 = 1 << 20;

/// Cuts what is torn, removes what is not part of the log, and makes the rest durable. Creates the log if there is none.
pub(crate) fn repair(
    place: &Place,
    options: Options,
    walked: Walked,
    resume: Resume,
    rng: &mut dyn Rng,
) -> Result<Recovered, OpenError> {
    let report = report(place, &walked, resume)?;
    let context = format!("prepare the log in {}", place.dir.display());
    let recovered = match walked.found {
        None => create(place, options, resume, rng, report),
        Some(found) => repair_found(place, &found, report),
    };
    recovered.map_err(OpenError::io(context))
}

/// The first segment gets its name when its header is durable: a segment 1 without a header is damage, not a crash.
fn create(
    place: &Place,
    options: Options,
    resume: Resume,
    rng: &mut dyn Rng,
    report: Recovery,
) -> io::Result<Recovered> {
    let (log, number, last) = (LogId(rng.next_u64()), SegmentNumber::FIRST, resume.floor);
    let first = last.next();
    let header = SegmentHeader { log, number, first, follows: last, durable: last, recycled: false };
    let temporary = place.dir.join(TEMPORARY_NAME);
    place.disk.create_dir_all(&place.dir)?;
    remove_if_present(&*place.disk, &temporary)?;
    let file = place.disk.open(&temporary, OpenMode::CreateNew)?;
    file.allocate(options.segment_bytes)?;
    file.write_at(&header.encode(), 0)?;
    file.sync_data()?;
    place.disk.rename(&temporary, &place.dir.join(segment_name(number)))?;
    place.disk.sync_dir(&place.dir)?;
    let capacity = file.len()?;
    let active = ActiveSegment { number, file, end: SEGMENT_HEADER_BYTES as u64, capacity };
    Ok(Recovered { log, spans: vec![SegmentSpan { number, first }], active, last, report: Recovery { last, ..report } })
}

fn repair_found(place: &Place, found: &Found, mut report: Recovery) -> io::Result<Recovered> {
    let kept = kept_segments(found);
    remove_others(place, found, kept)?;
    let end = found.end_segment();
    let file = place.disk.open(&end.path, OpenMode::Write)?;
    if cut_tail(found, &file)? && report.torn.is_none() {
        let reason = "remains of an unfinished write".to_owned();
        report.torn = Some(TornTail { file: end.path.clone(), offset: found.end_offset, reason });
    }
    make_durable(place, found)?;
    file.sync_data()?;
    place.disk.sync_dir(&place.dir)?;
    let spans = found.segments[kept..=found.end].iter().filter_map(span).collect();
    let active = ActiveSegment { number: end.number, end: found.end_offset, capacity: file.len()?, file };
    Ok(Recovered { log: found.log, spans, active, last: found.last, report })
}

fn span(segment: &FoundSegment) -> Option<SegmentSpan> {
    Some(SegmentSpan { number: segment.number, first: segment.header?.first })
}

/// Position of the oldest segment that connects to the start of the walk. Those before it were truncated, and a crash
/// undid the removal of some.
fn kept_segments(found: &Found) -> usize {
    let mut oldest = found.start;
    while let Some(before) = oldest.checked_sub(1)
        && found.segments[before].header.is_some()
        && found.segments[before].number.next() == found.segments[oldest].number
    {
        oldest = before;
    }
    oldest
}

/// Removes what is no part of the log: leftovers before it, and behind it what was prepared or is cut off.
fn remove_others(place: &Place, found: &Found, kept: usize) -> io::Result<()> {
    let others = found.segments[..kept].iter().chain(&found.segments[found.end + 1..]);
    others.map(|segment| &segment.path).try_for_each(|path| place.disk.remove(path))?;
    remove_if_present(&*place.disk, &place.dir.join(TEMPORARY_NAME))?;
    place.disk.sync_dir(&place.dir)
}

/// Zeroes the last segment behind its end where an unfinished write may lie. What an earlier segment left in a recycled
/// file fails every checksum and may stay. Answers whether there was anything.
fn cut_tail(found: &Found, file: &Arc<dyn DiskFile>) -> io::Result<bool> {
    if found.end_is_recycled() && !found.is_torn() {
        return Ok(false);
    }
    let seed = frame_seed(found.log, found.end_segment().number);
    SegmentReader::new(file.clone(), seed)?.zero_from(found.end_offset)
}

/// Writes what no batch vouches for once more, and syncs it: the system may have dropped it from its list of things to write
/// when an earlier sync failed. Whatever counts as durable for those who append: engines are given what is recovered.
fn make_durable(place: &Place, found: &Found) -> io::Result<()> {
    for stretch in &found.unvouched.stretches {
        let file = place.disk.open(&found.segments[stretch.segment].path, OpenMode::Write)?;
        if !fault!(NoRewrite) {
            rewrite(&*file, stretch)?;
        }
        file.sync_data()?;
    }
    Ok(())
}

fn rewrite(file: &dyn DiskFile, stretch: &Stretch) -> io::Result<()> {
    let end = stretch.offset + stretch.bytes;
    let mut at = stretch.offset;
    while at < end {
        let mut bytes = vec![0; (end - at).min(REWRITE_BYTES) as usize];
        file.read_exact_at(&mut bytes, at)?;
        // A read may lie, and here a lie would be written down.
        let mut again = vec![0; bytes.len()];
        file.read_exact_at(&mut again, at)?;
        if bytes != again {
            return Err(io::Error::other(format!("two reads at offset {at} gave different bytes")));
        }
        file.write_at(&bytes, at)?;
        at += bytes.len() as u64;
    }
    Ok(())
}
