//! Reading a segment: batch by batch, and looking for batches behind damage.

use std::io;
use std::sync::Arc;

use cairn_base::frame::{self, FRAME_HEADER_BYTES, FrameError, FrameSeed};
use cairn_base::seam::DiskFile;
use cairn_base::{LogIndex, fault};

use crate::batch::{Batch, FRAME_KIND_BATCH};

/// Bytes read from the file at a time.
const READ_AHEAD_BYTES: usize = 1 << 20;
/// Bytes searched for a frame header at a time. Small, because space never used is skipped by whole pieces of this size.
const SCAN_BYTES: usize = 4 << 10;
/// Where a frame's kind and its three zeros lie.
const KIND_AT: usize = 12;
const KIND_PATTERN: [u8; 4] = [FRAME_KIND_BATCH, 0, 0, 0];

/// Why there is no batch at an offset. Which of these is damage and which is simply the end, the caller decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BadSpot {
    /// Zeros: nothing was ever written here.
    Empty,
    /// The file ends here.
    EndOfFile,
    /// Bytes that are no frame of this segment.
    NoFrame,
    /// A sound frame header, and a payload that is cut off or damaged.
    Torn,
    /// A sound frame that does not hold a batch.
    Malformed,
    /// A sound batch with another first index than expected.
    Gap(LogIndex),
}

impl std::fmt::Display for BadSpot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "zeros where a batch should be"),
            Self::EndOfFile => write!(f, "the file ends where a batch should be"),
            Self::NoFrame => write!(f, "damaged frame header"),
            Self::Torn => write!(f, "damaged batch"),
            Self::Malformed => write!(f, "a frame that holds no batch"),
            Self::Gap(found) => write!(f, "a batch that begins at index {}", found.0),
        }
    }
}

/// Reads one segment through a window that moves forward.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    file: Arc<dyn DiskFile>,
    file_bytes: u64,
    seed: FrameSeed,
    window: Vec<u8>,
    window_at: u64,
}

impl SegmentReader {
    pub(crate) fn new(file: Arc<dyn DiskFile>, seed: FrameSeed) -> io::Result<Self> {
        let file_bytes = file.len()?;
        Ok(Self { file, file_bytes, seed, window: Vec::new(), window_at: 0 })
    }

    /// The batch at `offset`, which must begin with index `expected`, and the bytes of its frame.
    pub(crate) fn batch(&mut self, offset: u64, expected: LogIndex) -> io::Result<Result<(Batch<'_>, usize), BadSpot>> {
        Ok(match self.any_batch(offset)? {
            Ok((batch, _)) if batch.header.first != expected => Err(BadSpot::Gap(batch.header.first)),
            other => other,
        })
    }

    /// [`Self::batch`] from the medium, whatever was read before. A read may lie once, and where a log is taken to end it is
    /// cut: so the end of a log is always looked at twice.
    pub(crate) fn batch_anew(
        &mut self,
        offset: u64,
        expected: LogIndex,
    ) -> io::Result<Result<(Batch<'_>, usize), BadSpot>> {
        if !fault!(ReadTheEndOnce) {
            self.window.clear();
        }
        self.batch(offset, expected)
    }

    /// Looks behind `offset` (itself included) for a batch which says that `lost` was durable when it was written.
    /// Answers its offset. `sound_headers` is set when any sound frame header was met.
    pub(crate) fn find_witness(
        &mut self,
        offset: u64,
        lost: LogIndex,
        sound_headers: &mut bool,
    ) -> io::Result<Option<u64>> {
        let mut at = offset;
        while let Some(candidate) = self.next_candidate(at)? {
            at = candidate + 1;
            match self.any_batch(candidate)? {
                Ok((batch, _)) if batch.header.durable >= lost => return Ok(Some(candidate)),
                Ok(_) | Err(BadSpot::Torn | BadSpot::Malformed | BadSpot::Gap(_)) => *sound_headers = true,
                Err(BadSpot::Empty | BadSpot::EndOfFile | BadSpot::NoFrame) => {}
            }
        }
        Ok(None)
    }

    /// Zeroes everything from `offset` on that is not zero, a window at a time. Answers whether there was anything.
    pub(crate) fn zero_from(&mut self, offset: u64) -> io::Result<bool> {
        let mut at = offset;
        let mut changed = false;
        while at < self.file_bytes {
            let bytes = self.bytes(at, READ_AHEAD_BYTES)?;
            let (n, dirty) = (bytes.len(), !is_zero(bytes));
            if dirty {
                self.file.write_at(&vec![0; n], at)?;
                self.window.clear();
                changed = true;
            }
            at += n as u64;
        }
        Ok(changed)
    }

    fn any_batch(&mut self, offset: u64) -> io::Result<Result<(Batch<'_>, usize), BadSpot>> {
        let seed = self.seed;
        let head = self.bytes(offset, FRAME_HEADER_BYTES)?;
        let payload_bytes = match frame::decode_header(seed, head) {
            Ok(header) => header.payload_bytes as usize,
            Err(FrameError::Incomplete { .. }) => return Ok(Err(BadSpot::EndOfFile)),
            Err(_) if head.iter().all(|&byte| byte == 0) => return Ok(Err(BadSpot::Empty)),
            Err(_) => return Ok(Err(BadSpot::NoFrame)),
        };
        let frame_bytes = FRAME_HEADER_BYTES + payload_bytes;
        if offset + frame_bytes as u64 > self.file_bytes {
            return Ok(Err(BadSpot::Torn));
        }
        Ok(match frame::decode(seed, self.bytes(offset, frame_bytes)?) {
            Ok(frame) if frame.kind == FRAME_KIND_BATCH => {
                Batch::parse(frame.payload).map(|batch| (batch, frame_bytes)).ok_or(BadSpot::Malformed)
            }
            Ok(_) => Err(BadSpot::Malformed),
            Err(_) => Err(BadSpot::Torn),
        })
    }

    /// The next offset at or behind `offset` where a frame header could stand, judged by its kind and zeros.
    fn next_candidate(&mut self, offset: u64) -> io::Result<Option<u64>> {
        let mut at = offset;
        loop {
            let bytes = self.bytes(at, SCAN_BYTES)?;
            if bytes.len() < FRAME_HEADER_BYTES {
                return Ok(None);
            }
            let kinds = &bytes[KIND_AT..];
            if !is_zero(kinds)
                && let Some(found) = kinds.windows(KIND_PATTERN.len()).position(|four| four == KIND_PATTERN)
            {
                return Ok(Some(at + found as u64));
            }
            at += (bytes.len() - FRAME_HEADER_BYTES + 1) as u64;
        }
    }

    /// At most `n` bytes at `offset`; fewer only at the end of the file.
    fn bytes(&mut self, offset: u64, n: usize) -> io::Result<&[u8]> {
        let n = n.min(self.file_bytes.saturating_sub(offset) as usize);
        let inside = offset.checked_sub(self.window_at).map(|start| start as usize);
        let start = match inside {
            Some(start) if start + n <= self.window.len() => start,
            _ => {
                self.fill(offset, n.max(READ_AHEAD_BYTES))?;
                0
            }
        };
        Ok(&self.window[start..start + n])
    }

    fn fill(&mut self, offset: u64, n: usize) -> io::Result<()> {
        let n = n.min(self.file_bytes.saturating_sub(offset) as usize);
        self.window.clear();
        self.window.resize(n, 0);
        self.window_at = offset;
        self.file.read_exact_at(&mut self.window, offset)
    }
}

/// Without a way out of the loop, so that it compiles to vector instructions.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, byte| all | byte) == 0
}
