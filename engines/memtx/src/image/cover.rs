//! Cover notes: an image is still right although the log went on.
//!
//! The log is shared. When only other engines were written to since the newest image, a checkpoint has nothing to save and
//! yet must let the log be cut. Then it notes, in a file of its own, that the image covers more of the log than it
//! says.
//!
//! ```text
//!  0         8         12        16        24        32        40    44     48
//! +---------+---------+---------+---------+---------+---------+-----+------+
//! | CAIRNCOV| version | crc0-12 |  image  | covered | covered | crc | zero |     NNN.cover, NNN = image's index
//! |         |         |         |  index  |  index  |   at    | 0-40|      |
//! +---------+---------+---------+---------+---------+---------+-----+------+
//! ```

use cairn_engine_api::{LogIndex, Persisted, Timestamp};

use super::preamble::{FORMAT_VERSION, PREAMBLE_BYTES, PreambleError, decode_numbers, encode_numbers};

const MAGIC: &[u8; 8] = b"CAIRNCOV";

/// What a cover note says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CoverNote {
    /// The image that it is about.
    pub(super) image: LogIndex,
    /// What that image covers by now.
    pub(super) covered: Persisted,
}

impl CoverNote {
    pub(super) fn encode(&self) -> [u8; PREAMBLE_BYTES] {
        encode_numbers(MAGIC, FORMAT_VERSION, [self.image.0, self.covered.index.0, self.covered.at.0])
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, PreambleError> {
        let bytes = bytes.try_into().map_err(|_| PreambleError::Corrupt(0, "a cover note has 48 bytes"))?;
        let (_, [image, index, at]) = decode_numbers(MAGIC, bytes)?;
        Ok(Self { image: LogIndex(image), covered: Persisted { index: LogIndex(index), at: Timestamp(at) } })
    }
}
