//! Recovery: what a crash left, told apart from what no crash explains.
//!
//! The walk goes from the segment that holds the first record wanted to the first place where no batch with the expected
//! index stands: a *bad spot*. In the middle of a log there is one at the end of every segment, and the next segment's
//! header says that it follows. Otherwise the question is whether the spot was ever durable:
//!
//! ```text
//!   sound batch   bad spot    what stands behind          verdict
//!  [ ... to 41 ] [ ??????? ]  nothing sound               torn tail: cut here
//!  [ ... to 41 ] [ ??????? ]  sound, durable = 41         torn tail: cut here (same unsynced write, or no syncing at all)
//!  [ ... to 41 ] [ ??????? ]  sound, durable >= 42        corrupt: refuse, 42 had been synced
//! ```
//! Every batch and every segment header carries the highest index that was synced when it was written: a *witness*. So
//! nothing is guessed from distances or positions, and the rule holds for logs that are not synced at all: what nobody
//! vouches for may be lost, and then everything behind it is lost with it.
//!
//! What no witness vouches for (normally the last batch) may be in the system's memory only, or not on its way to the
//! medium at all if its sync failed and the process came back. It is therefore written once more and synced before
//! anybody acts on it.

mod inventory;
mod repair;
mod walk;

#[cfg(test)]
mod tests;

use cairn_base::LogIndex;

use crate::OpenError;
use crate::log::{ActiveSegment, Place, Recovery, Resume, SegmentSpan, TornTail};
use crate::segment::{BadSpot, LogId};
pub(crate) use repair::repair;
pub(crate) use walk::{Walked, walk};

/// A repaired log, ready to be written to.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) log: LogId,
    pub(crate) spans: Vec<SegmentSpan>,
    pub(crate) active: ActiveSegment,
    pub(crate) last: LogIndex,
    pub(crate) report: Recovery,
}

/// What the walk found, in the caller's terms. Refuses when records are missing that somebody needs.
pub(crate) fn report(place: &Place, walked: &Walked, resume: Resume) -> Result<Recovery, OpenError> {
    let last = walked.last();
    let ends_early = last < resume.floor;
    if ends_early && resume.from <= resume.floor {
        let from = resume.from.max(last.next());
        return Err(OpenError::Missing { dir: place.dir.clone(), from, upto: resume.floor });
    }
    let found = walked.found.as_ref();
    let torn = found.filter(|found| found.is_torn()).map(|found| TornTail {
        file: found.end_segment().path.clone(),
        offset: found.end_offset,
        reason: found.spot.to_string(),
    });
    let skipped = (ends_early && found.is_some()).then(|| (last, resume.floor.next()));
    Ok(Recovery { created: found.is_none(), replayed: walked.replayed, last, torn, skipped })
}

/// Does this spot look like something that was being written, rather than space never used?
fn looks_torn(spot: BadSpot, recycled: bool, sound_headers: bool) -> bool {
    match spot {
        BadSpot::Torn | BadSpot::Malformed | BadSpot::Gap(_) => true,
        // A recycled file holds its old frames there.
        BadSpot::NoFrame => sound_headers || !recycled,
        BadSpot::Empty | BadSpot::EndOfFile => sound_headers,
    }
}
