//! What the log carries.

use cairn_base::LogIndex;
use cairn_base::limits::LOG_RECORD_BYTES_MAX;

/// Longest payload of one record.
pub const RECORD_BYTES_MAX: usize = LOG_RECORD_BYTES_MAX;

/// One record. The log looks at the index only; the rest is its writer's business and comes back as it was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// What the payload is.
    pub kind: u8,
    /// Whose record it is: later, which Raft group's.
    pub group: u16,
    /// Position in this log. Every record's is one above the last one's, whatever its group.
    pub index: LogIndex,
    /// The bytes to keep, at most [`RECORD_BYTES_MAX`].
    pub payload: &'a [u8],
}
