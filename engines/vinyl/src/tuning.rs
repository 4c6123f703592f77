//! [`VinylConfig`] in RocksDB's options.

use std::sync::Arc;

use rocksdb::{BlockBasedIndexType, BlockBasedOptions, Cache, DBCompressionType, Error, LogLevel, Options};

use crate::config::{Compression, VinylConfig};
use crate::erase::{EraseFactory, Erased};

/// What can only be set by name. The comparator orders by stored key, then newest first. Closing does not flush: an orderly
/// stop checkpoints first, and then a stop and a crash leave the same, which keeps the crash path tested.
const BY_NAME: &str = "comparator=leveldb.BytewiseComparator.u64ts;avoid_flush_during_shutdown=true";

/// Diagnostic files of RocksDB that are kept, and their size in bytes.
const LOG_FILES: usize = 4;
const LOG_BYTES: usize = 4 << 20;

/// Share of a memtable that its own bloom filter takes.
const MEMTABLE_BLOOM: f64 = 0.02;

pub(crate) fn options(config: &VinylConfig, erased: Arc<Erased>) -> Result<Options, Error> {
    let mut options = Options::default().get_options_from_string(BY_NAME)?;
    options.set_compaction_filter_factory(EraseFactory(erased));
    tune(config, &mut options);
    Ok(options)
}

/// The same settings for a database without versions: for measuring what vinyl costs on top of RocksDB.
pub fn bare_options(config: &VinylConfig) -> Options {
    let mut options = Options::default();
    tune(config, &mut options);
    options
}

fn tune(config: &VinylConfig, options: &mut Options) {
    options.create_if_missing(true);
    options.set_block_based_table_factory(&table(config));
    memory(config, options);
    files(config, options);
    // Every file stays open: its index root is pinned, and a read from memory never fails for want of an open file.
    options.set_max_open_files(-1);
    options.set_paranoid_checks(true);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(LOG_FILES);
    options.set_max_log_file_size(LOG_BYTES);
    if config.statistics {
        options.enable_statistics();
    }
}

/// Blocks, indexes and filters.
fn table(config: &VinylConfig) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&Cache::new_lru_cache(config.block_cache_bytes));
    table.set_block_size(config.block_bytes);
    table.set_bloom_filter(config.bloom_bits, false);
    table.set_whole_key_filtering(true);
    if config.index_in_cache {
        // In partitions, so that the cache can hold the part in use; their roots are pinned.
        table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
        table.set_partition_filters(true);
        table.set_cache_index_and_filter_blocks(true);
        table.set_cache_index_and_filter_blocks_with_high_priority(true);
        table.set_pin_l0_filter_and_index_blocks_in_cache(true);
        table.set_pin_top_level_index_and_filter(true);
    }
    table
}

fn memory(config: &VinylConfig, options: &mut Options) {
    options.set_write_buffer_size(config.write_buffer_bytes);
    options.set_max_write_buffer_number(i32::try_from(config.write_buffers_max).unwrap_or(i32::MAX));
    // A read of a key that no memtable holds skips them all.
    options.set_memtable_whole_key_filtering(true);
    options.set_memtable_prefix_bloom_ratio(MEMTABLE_BLOOM);
}

fn files(config: &VinylConfig, options: &mut Options) {
    options.set_max_background_jobs(i32::try_from(config.background_threads).unwrap_or(i32::MAX));
    options.set_target_file_size_base(config.file_bytes);
    // Level 1 takes what a full level 0 brings: 4 files of one memtable each.
    options.set_max_bytes_for_level_base(4 * config.write_buffer_bytes as u64);
    options.set_level_compaction_dynamic_level_bytes(true);
    // Writes back to the disk as it goes, so that the sync at a file's end does not hold up the log's syncs.
    options.set_bytes_per_sync(1 << 20);
    match config.compression {
        Compression::None => options.set_compression_type(DBCompressionType::None),
        Compression::Lz4 => {
            options.set_compression_type(DBCompressionType::Lz4);
            options.set_bottommost_compression_type(DBCompressionType::Zstd);
        }
    }
}
