//! Counters since the log was opened.

/// What the log has done since it was opened. `syncs / records` is the figure that group commit is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Records made durable.
    pub records: u64,
    /// Bytes of their payloads.
    pub payload_bytes: u64,
    /// Groups made durable: one write each.
    pub writes: u64,
    /// Bytes written: payloads, frames and segment headers. Not the zeros that fill each write's last page.
    pub written_bytes: u64,
    /// Data syncs that made groups durable.
    pub syncs: u64,
    /// New segments begun.
    pub rotations: u64,
    /// Rotations that had to wait because the next segment was not prepared yet.
    pub rotation_waits: u64,
    /// Truncated segments that could not be removed; they are tried again when the log is opened.
    pub retire_failures: u64,
}
