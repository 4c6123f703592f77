//! The first and the last bytes of an image.
//!
//! ```text
//!  0         8         12        16        24        32        40    44     48
//! +---------+---------+---------+---------+---------+---------+-----+------+
//! | CAIRNIMG| version | crc0-12 | covered | covered | snapshot| crc | zero |     preamble
//! |         |         |         |  index  |   at    |   at    | 0-40|      |
//! +---------+---------+---------+---------+---------+---------+-----+------+
//!
//!  0               8      12     16
//! +---------------+------+------+
//! | footer offset |  crc | CIMG |     trailer, at the very end
//! +---------------+------+------+
//! ```
//! The version has a checksum of its own in a place that no version of the format will move, so that a newer image is told
//! from a damaged one. All other checksums begin at a seed taken from the preamble: no piece of another image fits.

use cairn_base::frame::FrameSeed;
use cairn_engine_api::{LogIndex, Persisted, Timestamp};

/// The format that this program writes, and the newest that it reads.
pub(super) const FORMAT_VERSION: u32 = 2;
/// Bytes before the first block.
pub(super) const PREAMBLE_BYTES: usize = 48;
/// Bytes behind the footer.
pub(super) const TRAILER_BYTES: usize = 16;

/// Where the preamble's checksum stands; it covers all before it.
const CRC_AT: usize = 40;
const MAGIC: &[u8; 8] = b"CAIRNIMG";
const END_MAGIC: &[u8; 4] = b"CIMG";

/// What an image is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Preamble {
    /// The format of this image.
    pub(super) version: u32,
    /// The log is not needed up to here.
    pub(super) covered: Persisted,
    /// The rows are those visible at this timestamp.
    pub(super) snapshot: Timestamp,
}

/// Why bytes are not a preamble.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PreambleError {
    /// Written by a newer program.
    Newer(u32),
    /// Damaged, at this offset.
    Corrupt(u64, &'static str),
}

impl Preamble {
    pub(super) fn encode(&self) -> [u8; PREAMBLE_BYTES] {
        encode_numbers(MAGIC, self.version, [self.covered.index.0, self.covered.at.0, self.snapshot.0])
    }

    pub(super) fn decode(bytes: &[u8; PREAMBLE_BYTES]) -> Result<Self, PreambleError> {
        let (version, [index, at, snapshot]) = decode_numbers(MAGIC, bytes)?;
        let covered = Persisted { index: LogIndex(index), at: Timestamp(at) };
        Ok(Self { version, covered, snapshot: Timestamp(snapshot) })
    }

    /// What the checksums of this image begin with. The preamble's own checksum is left out of it: a CRC over bytes and
    /// their CRC is the same for all bytes.
    pub(super) fn seed(&self) -> FrameSeed {
        FrameSeed::of(&self.encode()[..CRC_AT])
    }
}

/// Magic, version and three numbers with their checksums.
pub(super) fn encode_numbers(magic: &[u8; 8], version: u32, numbers: [u64; 3]) -> [u8; PREAMBLE_BYTES] {
    let mut out = Vec::with_capacity(PREAMBLE_BYTES);
    out.extend_from_slice(magic);
    out.extend_from_slice(&version.to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.try_into().expect("8 + 4 + 4 + 3 * 8 + 4 + 4 bytes")
}

/// The version and the numbers that [`encode_numbers`] wrote behind this magic.
pub(super) fn decode_numbers(magic: &[u8; 8], bytes: &[u8; PREAMBLE_BYTES]) -> Result<(u32, [u64; 3]), PreambleError> {
    if &bytes[..8] != magic {
        return Err(PreambleError::Corrupt(0, "the first bytes are not those of such a file"));
    }
    if crc32c::crc32c(&bytes[..12]) != u32_at(bytes, 12) {
        return Err(PreambleError::Corrupt(8, "the version's checksum is wrong"));
    }
    let version = u32_at(bytes, 8);
    match version {
        1..=FORMAT_VERSION => {}
        0 => return Err(PreambleError::Corrupt(8, "there is no format version 0")),
        newer => return Err(PreambleError::Newer(newer)),
    }
    if crc32c::crc32c(&bytes[..CRC_AT]) != u32_at(bytes, CRC_AT) || bytes[CRC_AT + 4..] != [0; 4] {
        return Err(PreambleError::Corrupt(16, "the preamble's checksum is wrong"));
    }
    Ok((version, [16, 24, 32].map(|at| u64_at(bytes, at))))
}

/// The last bytes of an image whose footer begins at `footer_offset`.
pub(super) fn encode_trailer(seed: FrameSeed, footer_offset: u64) -> [u8; TRAILER_BYTES] {
    let mut out = [0; TRAILER_BYTES];
    out[..8].copy_from_slice(&footer_offset.to_le_bytes());
    let crc = crc32c::crc32c_append(seed.0, &out[..8]);
    out[8..12].copy_from_slice(&crc.to_le_bytes());
    out[12..].copy_from_slice(END_MAGIC);
    out
}

/// Where the footer begins; `None`: damaged, or the file was cut.
pub(super) fn decode_trailer(seed: FrameSeed, bytes: &[u8; TRAILER_BYTES]) -> Option<u64> {
    let sound = &bytes[12..] == END_MAGIC && crc32c::crc32c_append(seed.0, &bytes[..8]) == u32_at(bytes, 8);
    sound.then(|| u64_at(bytes, 0))
}

fn u32_at<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
