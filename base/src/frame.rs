//! Frames: how bytes that must survive are told from bytes that did not.
//!
//! ```text
//!  0            4             8          12     13          16
//! +------------+-------------+----------+------+-----------+-----------------+
//! | header crc | payload crc |  length  | kind | 0   0   0 | payload ...     |
//! +------------+-------------+----------+------+-----------+-----------------+
//!   u32          u32           u32        u8     reserved    `length` bytes
//! ```
//! Integers are little-endian. Both checksums are CRC32C and begin at a *seed* that the file chooses: a frame of another
//! file, or of an earlier life of the same file, then never passes. The header has a checksum of its own over bytes 4 to
//! 16, so that a length can be trusted before anything of that length is read, and so that a reader can look for frames
//! behind a damaged one cheaply. Kind 0 is never written: zeroed space is not a frame.

use crate::fault;
use crate::limits::FRAME_PAYLOAD_BYTES_MAX;

/// Bytes before the payload.
pub const FRAME_HEADER_BYTES: usize = 16;

const HEADER_CRC: std::ops::Range<usize> = 0..4;
const PAYLOAD_CRC: std::ops::Range<usize> = 4..8;
const LENGTH: std::ops::Range<usize> = 8..12;
const KIND: usize = 12;
const RESERVED: std::ops::Range<usize> = 13..16;
const _: () = assert!(RESERVED.end == FRAME_HEADER_BYTES);

/// What a frame's checksums begin with. Zero for files that are written once and never recycled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FrameSeed(pub u32);

impl FrameSeed {
    /// A seed derived from bytes that identify the file and its present life.
    pub fn of(identity: &[u8]) -> Self {
        Self(crc32c::crc32c(identity))
    }
}

/// A frame that passed both checksums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// What the payload is; never 0.
    pub kind: u8,
    /// The payload's bytes.
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// Header and payload together.
    pub fn frame_bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.payload.len()
    }
}

/// A header that passed its checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameHeader {
    /// What the payload is; never 0.
    pub kind: u8,
    /// Bytes of the payload.
    pub payload_bytes: u32,
    payload_crc: u32,
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// The bytes end before the frame does. What is there may be sound: it was torn off, or more must be read.
    #[error("the frame is cut off: {have} of {need} bytes")]
    Incomplete {
        /// Bytes of the whole frame, or of the header while the length is not known.
        need: usize,
        /// Bytes there are.
        have: usize,
    },
    /// The header's checksum is wrong, so nothing in it can be believed. Zeroed space answers this too.
    #[error("the frame's header is corrupt")]
    CorruptHeader,
    /// The header is sound and the payload's checksum is wrong.
    #[error("the frame's payload is corrupt")]
    CorruptPayload,
}

/// Appends a frame whose payload is `parts`, one after the other.
///
/// # Panics
/// When `kind` is 0 or the payload exceeds [`FRAME_PAYLOAD_BYTES_MAX`]: the caller holds its own limits below that.
pub fn encode(seed: FrameSeed, kind: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    let start = begin(out);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    finish(seed, kind, start, out);
}

/// Leaves room for a header at the end of `out`; the payload is appended behind it, then [`finish`] is called with the
/// returned position. For payloads that grow in place, without a copy.
pub fn begin(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME_HEADER_BYTES]);
    start
}

/// Writes the header of the frame that [`begin`] opened at `start` and whose payload is everything behind it.
///
/// # Panics
/// As [`encode`].
pub fn finish(seed: FrameSeed, kind: u8, start: usize, out: &mut [u8]) {
    assert_ne!(kind, 0, "frame kind 0 marks empty space");
    let (header, payload) = out[start..].split_at_mut(FRAME_HEADER_BYTES);
    assert!(payload.len() <= FRAME_PAYLOAD_BYTES_MAX, "a frame's length has 32 bits");
    header[PAYLOAD_CRC].copy_from_slice(&crc(seed, payload).to_le_bytes());
    header[LENGTH].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    header[KIND] = kind;
    header[RESERVED].fill(0);
    let header_crc = crc(seed, &header[PAYLOAD_CRC.start..]);
    header[HEADER_CRC].copy_from_slice(&header_crc.to_le_bytes());
}

/// Reads the frame at the beginning of `bytes`, whatever follows it.
pub fn decode(seed: FrameSeed, bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
    let header = decode_header(seed, bytes)?;
    let need = FRAME_HEADER_BYTES + header.payload_bytes as usize;
    let payload = bytes.get(FRAME_HEADER_BYTES..need).ok_or(FrameError::Incomplete { need, have: bytes.len() })?;
    if crc(seed, payload) != header.payload_crc && !fault!(SkipTheChecksum) {
        return Err(FrameError::CorruptPayload);
    }
    Ok(Frame { kind: header.kind, payload })
}

/// Reads only the header at the beginning of `bytes`: enough to know how much must be read for [`decode`].
pub fn decode_header(seed: FrameSeed, bytes: &[u8]) -> Result<FrameHeader, FrameError> {
    let header: &[u8; FRAME_HEADER_BYTES] =
        bytes.first_chunk().ok_or(FrameError::Incomplete { need: FRAME_HEADER_BYTES, have: bytes.len() })?;
    let plausible = header[KIND] != 0 && header[RESERVED] == [0; 3];
    if !plausible || crc(seed, &header[PAYLOAD_CRC.start..]) != u32_at(header, HEADER_CRC.start) {
        return Err(FrameError::CorruptHeader);
    }
    Ok(FrameHeader {
        kind: header[KIND],
        payload_bytes: u32_at(header, LENGTH.start),
        payload_crc: u32_at(header, PAYLOAD_CRC.start),
    })
}

fn crc(seed: FrameSeed, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(seed.0, bytes)
}

fn u32_at(header: &[u8; FRAME_HEADER_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

#[cfg(test)]
mod tests;
