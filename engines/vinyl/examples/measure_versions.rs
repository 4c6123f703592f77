//! Which way to keep versions in RocksDB? Measures three layouts on the same rows, with nothing of vinyl around them:
//!
//! * `plain`: one version per key, the floor that RocksDB itself sets;
//! * `suffix`: key bytes + inverted timestamp as the stored key, read by seeking an iterator under a prefix bloom filter;
//! * `udt`: RocksDB's user-defined timestamps with its built-in comparator, read by `Get`.
//!
//! `cargo run --release -p cairn-vinyl --example measure_versions -- [rows] [versions]`; the decision drawn from it is in
//! `docs/decisions/vinyl-versions.md`.

use std::time::Instant;

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, Direction, IteratorMode, Options, ReadOptions,
    SliceTransform, WriteBatch, WriteOptions,
};

const BATCH: u64 = 10;
const READS: u64 = 300_000;
const VALUE: [u8; 100] = [7; 100];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Layout {
    Plain,
    Suffix,
    Udt,
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let rows = arguments.next().unwrap_or(500_000);
    let versions = arguments.next().unwrap_or(3);
    println!("{rows} rows, {versions} versions (plain: 1), values of {} bytes; nanoseconds", VALUE.len());
    println!("{:8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "put", "get mem", "get sst", "miss", "scan", "reverse");
    for layout in [Layout::Plain, Layout::Suffix, Layout::Udt] {
        measure(layout, rows, versions);
    }
}

fn measure(layout: Layout, rows: u64, versions: u64) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let options = options(layout);
    let family = ColumnFamilyDescriptor::new("default", options.clone());
    let db = DB::open_cf_descriptors(&options, directory.path(), [family]).expect("a new database");
    let versions = if layout == Layout::Plain { 1 } else { versions };
    let put = load(&db, layout, rows, versions);
    let at = versions * 10;
    let memory = gets(&db, layout, rows, at, 0);
    db.flush().expect("flush");
    db.compact_range(None::<&[u8]>, None::<&[u8]>);
    gets(&db, layout, rows, at, 0);
    let table = gets(&db, layout, rows, at, 0);
    let miss = gets(&db, layout, rows, at, 1);
    let forward = scan(&db, layout, at, Direction::Forward, rows);
    let reverse = scan(&db, layout, at, Direction::Reverse, rows);
    let name = format!("{layout:?}").to_lowercase();
    println!("{name:8} {put:8.0} {memory:8.0} {table:8.0} {miss:8.0} {forward:8.0} {reverse:8.0}");
}

fn options(layout: Layout) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_write_buffer_size(1 << 30);
    options.set_memtable_whole_key_filtering(layout != Layout::Suffix);
    options.set_memtable_prefix_bloom_ratio(0.05);
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&Cache::new_lru_cache(4 << 30));
    table.set_bloom_filter(10.0, false);
    table.set_whole_key_filtering(layout != Layout::Suffix);
    options.set_block_based_table_factory(&table);
    match layout {
        Layout::Plain => options,
        Layout::Suffix => {
            let strip = SliceTransform::create("without-timestamp", |key| &key[..key.len().saturating_sub(8)], None);
            options.set_prefix_extractor(strip);
            options
        }
        Layout::Udt => options
            .get_options_from_string("comparator=leveldb.BytewiseComparator.u64ts")
            .expect("a built-in comparator"),
    }
}

/// Key number `n`; `kind` 0 is written, 1 is not. Multiplication by an odd constant shuffles.
fn key(n: u64, rows: u64, kind: u8) -> [u8; 13] {
    let mut key = [0; 13];
    key[3] = 1;
    key[4..12].copy_from_slice(&(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % rows).to_be_bytes());
    key[12] = kind;
    key
}

fn stored(key: &[u8], at: u64) -> Vec<u8> {
    [key, &(!at).to_be_bytes()].concat()
}

fn load(db: &DB, layout: Layout, rows: u64, versions: u64) -> f64 {
    let mut write = WriteOptions::default();
    write.disable_wal(true);
    let handle = db.cf_handle("default").expect("the default family");
    let start = Instant::now();
    for version in 1..=versions {
        for first in (0..rows).step_by(BATCH as usize) {
            let mut batch = WriteBatch::default();
            for n in first..(first + BATCH).min(rows) {
                let (key, at) = (key(n, rows, 0), version * 10);
                match layout {
                    Layout::Plain => batch.put(key, VALUE),
                    Layout::Suffix => batch.put(stored(&key, at), VALUE),
                    Layout::Udt => batch.put_cf_with_ts(&handle, key, at.to_le_bytes(), VALUE),
                }
            }
            db.write_opt(batch, &write).expect("write");
        }
    }
    start.elapsed().as_nanos() as f64 / (rows * versions) as f64
}

fn gets(db: &DB, layout: Layout, rows: u64, at: u64, kind: u8) -> f64 {
    let start = Instant::now();
    let mut found = 0;
    for n in 0..READS {
        let key = key(n.wrapping_mul(7919), rows, kind);
        found += u64::from(match layout {
            Layout::Plain => db.get_pinned(key).expect("get").is_some(),
            Layout::Suffix => seek(db, &key, at),
            Layout::Udt => {
                let mut read = ReadOptions::default();
                read.set_timestamp(at.to_le_bytes());
                db.get_pinned_opt(key, &read).expect("get").is_some()
            }
        });
    }
    let nanos = start.elapsed().as_nanos() as f64 / READS as f64;
    if kind == 1 {
        assert_eq!(found, 0)
    } else {
        assert!(found > READS / 2, "{found} of {READS} rows found")
    }
    nanos
}

fn seek(db: &DB, key: &[u8], at: u64) -> bool {
    let mut read = ReadOptions::default();
    read.set_prefix_same_as_start(true);
    let mut iterator = db.raw_iterator_opt(read);
    iterator.seek(stored(key, at));
    iterator.key().is_some_and(|found| found.len() == key.len() + 8 && found.starts_with(key))
}

fn scan(db: &DB, layout: Layout, at: u64, direction: Direction, rows: u64) -> f64 {
    let mut read = ReadOptions::default();
    read.set_total_order_seek(true);
    if layout == Layout::Udt {
        read.set_timestamp(at.to_le_bytes());
    }
    let mode = if matches!(direction, Direction::Forward) { IteratorMode::Start } else { IteratorMode::End };
    let start = Instant::now();
    let (mut last, mut count) = (Vec::new(), 0u64);
    for item in db.iterator_opt(mode, read) {
        let (key, _) = item.expect("scan");
        // The least that a suffix scan must do: skip the other versions of a key.
        let key = if layout == Layout::Suffix { &key[..key.len() - 8] } else { &key[..] };
        if key != last {
            last.clear();
            last.extend_from_slice(key);
            count += 1;
        }
    }
    assert!(count > rows / 2);
    start.elapsed().as_nanos() as f64 / count as f64
}
