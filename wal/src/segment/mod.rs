//! Segments: the files of a log.

mod header;
mod name;
mod prepare;
mod reader;

pub(crate) use header::{FORMAT_VERSION, HeaderError, SEGMENT_HEADER_BYTES, SegmentHeader, frame_seed};
pub(crate) use name::{parse_segment_name, segment_name};
pub(crate) use prepare::{PreparedSegment, Preparer, TEMPORARY_NAME, is_full, remove_if_present};
pub(crate) use reader::{BadSpot, SegmentReader};

/// Which segment of a log, counted from 1. A number is used once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct SegmentNumber(pub(crate) u64);

impl SegmentNumber {
    /// The first segment of every log.
    pub(crate) const FIRST: Self = Self(1);

    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Random identity of one log, to tell its frames from those of any other file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LogId(pub(crate) u64);
