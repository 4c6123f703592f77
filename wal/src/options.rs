//! How a log is set up.

use crate::Durability;
use crate::segment::SEGMENT_HEADER_BYTES;

/// Smallest segment: below this, rotation would be most of the work.
pub const SEGMENT_BYTES_MIN: u64 = 4 * 1024;

/// Settings of one log. May change from one run to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Bytes that a segment is prepared with, at least [`SEGMENT_BYTES_MIN`]. Default 64 MiB. A batch that is larger gets
    /// a segment of its own size.
    pub segment_bytes: u64,
    /// Truncated segments kept to be written over, instead of being removed and prepared anew. Default 2. Hostile: 0.
    pub spare_segments_max: usize,
    /// A group that has reached this many bytes is closed and the next one begun. Default 64 MiB. Hostile: 1.
    pub group_bytes_max: usize,
    /// What "durable" means.
    pub durability: Durability,
    /// Who writes.
    pub device: DeviceKind,
}

/// Which device writes the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DeviceKind {
    /// io_uring where the kernel allows it, a thread where not; the calling thread on a simulated disk.
    #[default]
    Auto,
    /// io_uring, or an error.
    Uring,
    /// A thread with `pwrite` and `fdatasync`.
    Portable,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            spare_segments_max: 2,
            group_bytes_max: 64 << 20,
            durability: Durability::default(),
            device: DeviceKind::default(),
        }
    }
}

const _: () = assert!(SEGMENT_BYTES_MIN > SEGMENT_HEADER_BYTES as u64);

impl Options {
    /// Is every setting within its bounds? The text is for the user.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.segment_bytes < SEGMENT_BYTES_MIN {
            return Err(format!("a log segment has at least {SEGMENT_BYTES_MIN} bytes, not {}", self.segment_bytes));
        }
        Ok(())
    }
}
