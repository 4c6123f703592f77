//! Blocks: some rows of one space. What fills at least half of a window becomes one ([`window`]); the rest is compressed.
//!
//! ```text
//!  0        4        8            12
//! +--------+--------+------------+---------------------------+
//! | space  |  rows  | raw bytes  |  zstd of (key, row)*      |     payload of a block frame
//! +--------+--------+------------+---------------------------+
//!                                   key, row := u32 length, that many bytes
//! ```

use cairn_base::frame::{self, FRAME_HEADER_BYTES, FrameSeed};
use cairn_engine_api::{SpaceId, Timestamp};

use super::footer::BlockEntry;
use super::window;
use super::{Input, kind, put_bytes};
use crate::art::{Leaves, Versions, laid_out_bytes, lay_out};

/// A compressed block is closed when it has this many bytes before compression. It is also what makes a window worth its
/// room: half of it.
pub(super) const BLOCK_BYTES_MIN: usize = 128 << 10;
/// A row that takes more does not go into a window, which could be left with a hole of that size.
const WINDOW_ROW_BYTES_MAX: usize = 8 << 10;
/// zstd's level: the fastest that compresses. Checkpoints share two cores with the database.
const ZSTD_LEVEL: i32 = 1;

/// Bytes before the compressed part.
const HEAD_BYTES: usize = 12;

/// Rows on their way into a block of one space.
pub(super) struct RawBlock {
    space: SpaceId,
    /// The rows' timestamp.
    at: Timestamp,
    /// The rows as versions.
    versions: Vec<u8>,
    rows: u32,
    first_key: Vec<u8>,
    has_large_row: bool,
}

impl RawBlock {
    pub(super) fn new(space: SpaceId, at: Timestamp) -> Self {
        let versions = Vec::with_capacity(window::ROOM_BYTES);
        Self { space, at, versions, rows: 0, first_key: Vec::new(), has_large_row: false }
    }

    /// Does this row go into this block? The first one always does.
    pub(super) fn has_room(&self, key: &[u8], row: &[u8]) -> bool {
        let bytes = laid_out_bytes(key.len(), row.len());
        if self.has_large_row || bytes > WINDOW_ROW_BYTES_MAX {
            self.versions.len() < BLOCK_BYTES_MIN
        } else {
            self.versions.len() + bytes <= window::ROOM_BYTES
        }
    }

    pub(super) fn push(&mut self, key: &[u8], row: &[u8]) {
        if self.rows == 0 {
            self.first_key = key.to_vec();
        }
        lay_out(key, row, self.at, &mut self.versions);
        self.has_large_row |= laid_out_bytes(key.len(), row.len()) > WINDOW_ROW_BYTES_MAX;
        self.rows += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Is it to be a window?
    fn fills_window(&self) -> bool {
        !self.has_large_row && self.versions.len() >= BLOCK_BYTES_MIN
    }

    /// The rows as a compressed block has them.
    fn pairs(&self) -> Vec<u8> {
        let mut pairs = Vec::with_capacity(self.versions.len());
        for version in Versions::of(&self.versions, self.at) {
            put_bytes(version.key, &mut pairs);
            put_bytes(version.row, &mut pairs);
        }
        pairs
    }
}

/// A block as it goes into the file.
pub(super) struct Sealed {
    pub(super) frame: Vec<u8>,
    /// Its offset is still unknown.
    pub(super) entry: BlockEntry,
}

/// Turns rows into frames.
pub(super) struct BlockWriter {
    seed: FrameSeed,
    compressor: zstd::bulk::Compressor<'static>,
}

impl BlockWriter {
    pub(super) fn new(seed: FrameSeed) -> std::io::Result<Self> {
        Ok(Self { seed, compressor: zstd::bulk::Compressor::new(ZSTD_LEVEL)? })
    }

    pub(super) fn seal(&mut self, block: RawBlock) -> std::io::Result<Sealed> {
        let (kind, frame) = if block.fills_window() {
            (kind::WINDOW, window::seal(self.seed, block.space, block.rows, &block.versions))
        } else {
            (kind::BLOCK, self.compress(&block)?)
        };
        let frame_bytes = frame.len() as u64;
        let entry = BlockEntry { offset: 0, frame_bytes, kind, rows: block.rows, first_key: block.first_key };
        Ok(Sealed { frame, entry })
    }

    fn compress(&mut self, block: &RawBlock) -> std::io::Result<Vec<u8>> {
        let pairs = block.pairs();
        let raw_bytes = u32::try_from(pairs.len()).expect("a key and a row of 1 GiB each and a block fit 32 bits");
        let bound = zstd::zstd_safe::compress_bound(pairs.len());
        let mut frame = Vec::with_capacity(FRAME_HEADER_BYTES + HEAD_BYTES + bound);
        let begun = frame::begin(&mut frame);
        for number in [block.space.0, block.rows, raw_bytes] {
            frame.extend_from_slice(&number.to_le_bytes());
        }
        let start = frame.len();
        frame.resize(start + bound, 0);
        let length = self.compressor.compress_to_buffer(&pairs, &mut frame[start..])?;
        frame.truncate(start + length);
        frame::finish(self.seed, kind::BLOCK, begun, &mut frame);
        Ok(frame)
    }
}

/// Turns payloads into leaves.
pub(super) struct BlockReader {
    raw: Vec<u8>,
    decompressor: zstd::bulk::Decompressor<'static>,
}

impl BlockReader {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { raw: Vec::new(), decompressor: zstd::bulk::Decompressor::new()? })
    }

    /// Decodes the payload of the block that the footer calls `entry` of `space`; its rows get the timestamp `at`.
    pub(super) fn read(
        &mut self,
        payload: &[u8],
        space: SpaceId,
        entry: &BlockEntry,
        at: Timestamp,
    ) -> Result<Leaves, &'static str> {
        let mut head = Input(payload);
        let (Some(id), Some(rows), Some(raw_bytes)) = (head.u32(), head.u32(), head.u32()) else {
            return Err("the block is too short");
        };
        if id != space.0 || rows != entry.rows {
            return Err("the block is not the one that the footer names");
        }
        self.raw.clear();
        self.raw.resize(raw_bytes as usize, 0);
        match self.decompressor.decompress_to_buffer(&payload[HEAD_BYTES..], &mut self.raw[..]) {
            Ok(length) if length == raw_bytes as usize => {}
            Ok(_) | Err(_) => return Err("the block cannot be decompressed"),
        }
        let mut input = Input(&self.raw);
        let mut leaves = Leaves::with_capacity(rows as usize);
        for _ in 0..rows {
            let (Some(key), Some(row)) = (input.bytes(), input.bytes()) else {
                return Err("the block holds fewer rows than it says");
            };
            leaves.push(key, row, at);
        }
        if !input.is_empty() {
            return Err("the block holds more than its rows");
        }
        window::check_first_key(leaves, entry)
    }
}
