//! Settings of the engine, with the reason for each default.

use cairn_engine_api::EngineError;

/// How blocks above the last level are compressed. The last level, nine tenths of the data, always takes zstd unless
/// compression is off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Compression {
    /// Not at all: for data that is compressed already, and for measurements.
    None,
    /// LZ4 above, zstd at the bottom.
    #[default]
    Lz4,
}

/// Settings of the whole engine. The defaults suit a machine with 2 cores and 24 GiB that also runs memtx.
#[derive(Clone, PartialEq, Debug)]
pub struct VinylConfig {
    /// Bytes of RAM for blocks. Default 1 GiB, minimum 1 MiB. What does not fit is read from disk by the reader pool.
    pub block_cache_bytes: usize,
    /// Do the files' indexes and bloom filters live in the block cache, in evictable parts? Default no: they stay in RAM
    /// beside it, about 1.6 percent of the data with rows of 100 bytes, so that a core can tell an absent key without the
    /// disk, and 0.3 to 0.5 microseconds faster. Turn it on when they would not fit.
    pub index_in_cache: bool,
    /// Bytes of one memtable. Default 64 MiB, minimum 64 KiB. Larger: fewer, larger files on level 0, longer replay.
    pub write_buffer_bytes: usize,
    /// Memtables before writers wait for a flush. Default 4, minimum 2.
    pub write_buffers_max: u32,
    /// Uncompressed bytes of a block, the unit of reading and caching. Default 8 KiB, minimum 1 KiB: with 4 KiB the index
    /// is twice as large, with 16 KiB each point read decompresses twice as much.
    pub block_bytes: usize,
    /// Bits per key in the bloom filters. Default 10 (1 in 100 absent keys costs a block read), minimum 1.
    pub bloom_bits: f64,
    /// Bytes of one file on level 1 and below. Default 64 MiB, minimum 64 KiB. All files stay open, so the file limit of
    /// the process bounds the data: 1024 files are 64 GiB.
    pub file_bytes: u64,
    /// Compression of blocks. Default LZ4 above zstd.
    pub compression: Compression,
    /// Threads for flushes and compactions together. Default 2, minimum 2 (one of each kind).
    pub background_threads: u32,
    /// Fewest superseded versions (overwritten and deleted rows, and tombstones) for which a rewrite of everything is considered.
    /// Default 100,000, minimum 1. Their number is an estimate: one write in 16 is looked at, with a minimum below 16,384 more,
    /// below 2,048 all.
    pub collect_versions_min: u64,
    /// Does RocksDB count filter and cache hits ([`Vinyl::read_counters`](crate::Vinyl::read_counters))? Default no: it
    /// costs a few percent.
    pub statistics: bool,
}

impl Default for VinylConfig {
    fn default() -> Self {
        Self {
            block_cache_bytes: 1 << 30,
            index_in_cache: false,
            write_buffer_bytes: 64 << 20,
            write_buffers_max: 4,
            block_bytes: 8 << 10,
            bloom_bits: 10.0,
            file_bytes: 64 << 20,
            compression: Compression::Lz4,
            background_threads: 2,
            collect_versions_min: 100_000,
            statistics: false,
        }
    }
}

impl VinylConfig {
    /// Refuses values below their minimum.
    pub fn check(&self) -> Result<(), EngineError> {
        let at_least = |name: &str, value: u64, least: u64| {
            if value >= least {
                return Ok(());
            }
            Err(EngineError::BadOption(format!("vinyl.{name} is {value}, but must be at least {least}")))
        };
        at_least("block_cache_bytes", self.block_cache_bytes as u64, 1 << 20)?;
        at_least("write_buffer_bytes", self.write_buffer_bytes as u64, 64 << 10)?;
        at_least("write_buffers_max", self.write_buffers_max.into(), 2)?;
        at_least("block_bytes", self.block_bytes as u64, 1 << 10)?;
        at_least("file_bytes", self.file_bytes, 64 << 10)?;
        at_least("background_threads", self.background_threads.into(), 2)?;
        at_least("collect_versions_min", self.collect_versions_min, 1)?;
        if !(1.0..=100.0).contains(&self.bloom_bits) {
            let text = format!("vinyl.bloom_bits is {}, but must be between 1 and 100", self.bloom_bits);
            return Err(EngineError::BadOption(text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed() {
        VinylConfig::default().check().expect("defaults are above their minimums");
    }

    #[test]
    fn too_little_is_refused_by_name() {
        let default = VinylConfig::default();
        for (name, config) in [
            ("block_cache_bytes", VinylConfig { block_cache_bytes: 0, ..default.clone() }),
            ("write_buffer_bytes", VinylConfig { write_buffer_bytes: 1, ..default.clone() }),
            ("write_buffers_max", VinylConfig { write_buffers_max: 1, ..default.clone() }),
            ("block_bytes", VinylConfig { block_bytes: 1, ..default.clone() }),
            ("bloom_bits", VinylConfig { bloom_bits: f64::NAN, ..default.clone() }),
            ("bloom_bits", VinylConfig { bloom_bits: 0.5, ..default.clone() }),
            ("file_bytes", VinylConfig { file_bytes: 1, ..default.clone() }),
            ("background_threads", VinylConfig { background_threads: 1, ..default.clone() }),
            ("collect_versions_min", VinylConfig { collect_versions_min: 0, ..default.clone() }),
        ] {
            let error = config.check().expect_err(name).to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
