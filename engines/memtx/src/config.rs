//! Settings of the engine.

/// Settings of [`crate::Memtx`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemtxConfig {
    /// Bytes of RAM that rows and indexes may take; `None` (the default) sets no limit. Above it new writes are refused
    /// by [`cairn_engine_api::Admission`]; reads, deletes and batches already committed go on. Minimum:
    /// [`MemtxConfig::MEMORY_BYTES_MIN`].
    pub memory_bytes_max: Option<u64>,
}

impl MemtxConfig {
    /// Smallest sensible `memory_bytes_max`: 1 MiB.
    pub const MEMORY_BYTES_MIN: u64 = 1 << 20;
    /// The part of the limit kept free for writes that were admitted before but not applied yet: one sixteenth.
    const MARGIN_PART: u64 = 16;
    /// The margin's upper end: 64 MiB.
    const MARGIN_BYTES_MAX: u64 = 64 << 20;

    /// Bytes at which writes are refused: the limit less a margin for what is already on its way. `None`: never.
    pub(crate) fn refuse_above(&self) -> Option<u64> {
        self.memory_bytes_max.map(|limit| limit - (limit / Self::MARGIN_PART).min(Self::MARGIN_BYTES_MAX))
    }
}
