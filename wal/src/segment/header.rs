//! The first 64 bytes of a segment.
//!
//! ```text
//!  0          8        12      16       24       32       40        48        56    60      64
//! +----------+--------+-------+--------+--------+--------+---------+---------+-----+-------+
//! | CAIRNLOG | version| flags | log id | number | first  | follows | durable |  0  | crc   |
//! +----------+--------+-------+--------+--------+--------+---------+---------+-----+-------+
//! ```

use cairn_base::LogIndex;
use cairn_base::frame::FrameSeed;

use super::{LogId, SegmentNumber};

/// Bytes before a segment's first batch.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 64;
/// The format written here, and the newest one read here.
pub(crate) const FORMAT_VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"CAIRNLOG";
const FLAG_RECYCLED: u32 = 1;
const CRC_AT: usize = SEGMENT_HEADER_BYTES - 4;

/// What a segment says about itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SegmentHeader {
    pub(crate) log: LogId,
    pub(crate) number: SegmentNumber,
    /// Index of the segment's first record.
    pub(crate) first: LogIndex,
    /// Index of the last record before: one below `first`, or lower where numbers were skipped.
    pub(crate) follows: LogIndex,
    /// Highest index that was durable when the segment was begun.
    pub(crate) durable: LogIndex,
    /// The file was a segment before, and its old bytes lie behind the new ones.
    pub(crate) recycled: bool,
}

/// Why 64 bytes are not a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HeaderError {
    /// Never written, or torn, or damaged.
    Unreadable,
    /// Sound, and written by a newer version.
    Newer(u32),
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(if self.recycled { FLAG_RECYCLED } else { 0 }).to_le_bytes());
        let words = [self.log.0, self.number.0, self.first.0, self.follows.0, self.durable.0];
        for (room, word) in bytes[16..56].chunks_exact_mut(8).zip(words) {
            room.copy_from_slice(&word.to_le_bytes());
        }
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let bytes: &[u8; SEGMENT_HEADER_BYTES] = bytes.first_chunk().ok_or(HeaderError::Unreadable)?;
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        if &bytes[..8] != MAGIC || crc32c::crc32c(&bytes[..CRC_AT]) != u32_at(CRC_AT) {
            return Err(HeaderError::Unreadable);
        }
        match u32_at(8) {
            FORMAT_VERSION => {}
            version if version > FORMAT_VERSION => return Err(HeaderError::Newer(version)),
            _ => return Err(HeaderError::Unreadable),
        }
        let header = Self {
            log: LogId(u64_at(16)),
            number: SegmentNumber(u64_at(24)),
            first: LogIndex(u64_at(32)),
            follows: LogIndex(u64_at(40)),
            durable: LogIndex(u64_at(48)),
            recycled: u32_at(12) & FLAG_RECYCLED != 0,
        };
        // Nobody has written a header whose first record does not come after the one before it.
        if header.follows < header.first { Ok(header) } else { Err(HeaderError::Unreadable) }
    }
}

/// The seed of all frames in one segment. Frames of another log, and those left in a recycled file by an earlier segment,
/// fail their checksums under it; and nobody who does not know the log's random identity can write a payload that looks
/// like a frame of it.
pub(crate) fn frame_seed(log: LogId, number: SegmentNumber) -> FrameSeed {
    let mut identity = [0; 16];
    identity[..8].copy_from_slice(&log.0.to_le_bytes());
    identity[8..].copy_from_slice(&number.0.to_le_bytes());
    FrameSeed::of(&identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: SegmentHeader = SegmentHeader {
        log: LogId(0x0123_4567_89AB_CDEF),
        number: SegmentNumber(7),
        first: LogIndex(100),
        follows: LogIndex(99),
        durable: LogIndex(98),
        recycled: true,
    };

    #[test]
    fn round_trip() {
        for recycled in [false, true] {
            let header = SegmentHeader { recycled, ..HEADER };
            assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
        }
    }

    #[test]
    fn a_first_record_that_follows_itself_is_unreadable() {
        for (first, follows) in [(0, 0), (5, 5), (5, 9)] {
            let header = SegmentHeader { first: LogIndex(first), follows: LogIndex(follows), ..HEADER };
            assert_eq!(SegmentHeader::decode(&header.encode()), Err(HeaderError::Unreadable));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_unreadable() {
        let bytes = HEADER.encode();
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&bad), Err(HeaderError::Unreadable), "bit {bit}");
        }
        for cut in 0..bytes.len() {
            assert_eq!(SegmentHeader::decode(&bytes[..cut]), Err(HeaderError::Unreadable));
        }
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let mut bytes = HEADER.encode();
        bytes[8] = 9;
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderError::Newer(9)));
    }

    #[test]
    fn golden_bytes_stay_as_they_are_on_disk() {
        let expected = "434149524e4c4f47010000000100000\
                        0efcdab896745230107000000000000006400000000000000630000000000000062000000000000000000000\
                        0";
        let hex: String = HEADER.encode()[..CRC_AT].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
    }

    #[test]
    fn seeds_differ_by_log_and_number() {
        let seed = frame_seed(LogId(1), SegmentNumber(1));
        assert_ne!(seed, frame_seed(LogId(2), SegmentNumber(1)));
        assert_ne!(seed, frame_seed(LogId(1), SegmentNumber(2)));
    }
}
