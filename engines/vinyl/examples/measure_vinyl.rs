//! What the engine costs on top of RocksDB: the same rows through [`Vinyl`] and through a bare database without versions.
//!
//! `cargo run --release -p cairn-vinyl --example measure_vinyl -- [rows]`

use std::time::Instant;

use cairn_engine_api::{Direction, Engine, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_vinyl::{VINYL_CODE, Vinyl, VinylConfig, bare_options};
use rocksdb::{DB, IteratorMode, WriteBatch, WriteOptions};

const SPACE: SpaceId = SpaceId::new(VINYL_CODE, 1);
const BATCH: u64 = 10;
const READS: u64 = 300_000;
const VALUE: [u8; 100] = [7; 100];
/// Each figure is the best of so many runs: the machine has other work.
const RUNS: usize = 5;

fn main() {
    let rows = std::env::args().nth(1).map_or(500_000, |text| text.parse().expect("a number"));
    println!("{rows} rows of {} bytes, nanoseconds, best of {RUNS}", VALUE.len());
    bare(rows);
    vinyl(rows);
}

fn key(n: u64, rows: u64, kind: u8) -> [u8; 9] {
    let mut key = [kind; 9];
    key[..8].copy_from_slice(&(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % rows).to_be_bytes());
    key
}

/// Nanoseconds per item of the best run.
fn best(items: u64, mut run: impl FnMut()) -> f64 {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_nanos() as f64 / items as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

fn report(name: &str, what: &str, nanos: f64) {
    println!("{name:6} {what:32} {nanos:8.0}");
}

fn bare(rows: u64) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let options = bare_options(&VinylConfig::default());
    let db = DB::open(&options, directory.path()).expect("a new database");
    let mut write = WriteOptions::default();
    write.disable_wal(true);
    let start = Instant::now();
    for first in (0..rows).step_by(BATCH as usize) {
        let mut batch = WriteBatch::default();
        (first..first + BATCH).for_each(|n| batch.put(key(n, rows, 0), VALUE));
        db.write_opt(batch, &write).expect("write");
    }
    report("bare", "put, 10 a batch", start.elapsed().as_nanos() as f64 / rows as f64);
    db.flush().expect("flush");
    db.compact_range(None::<&[u8]>, None::<&[u8]>);
    let get = |kind| {
        best(READS, || {
            let hits = (0..READS).filter(|n| db.get_pinned(key(n * 7919, rows, kind)).expect("get").is_some());
            assert_eq!(hits.count() > 0, kind == 0);
        })
    };
    report("bare", "get, cached", get(0));
    report("bare", "get, absent", get(1));
    let scan = best(rows, || assert!(db.iterator(IteratorMode::Start).count() > 0));
    report("bare", "scan, per row", scan);
}

fn vinyl(rows: u64) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = Vinyl::open(VinylConfig::default(), directory.path()).expect("a new engine");
    let apply = |index: u64, ops: &[Op<'_>]| {
        let stamp = Stamp { at: Timestamp(index), index: LogIndex(index), watermark: Timestamp::ZERO };
        vinyl.apply(ops, stamp).expect("a right batch");
    };
    apply(1, &[Op::CreateSpace { space: SPACE, options: SpaceOptions::default() }]);
    let start = Instant::now();
    let mut index = 1;
    for first in (0..rows).step_by(BATCH as usize) {
        let keys: Vec<_> = (first..first + BATCH).map(|n| key(n, rows, 0)).collect();
        let ops: Vec<_> = keys.iter().map(|key| Op::Put { space: SPACE, key, value: &VALUE }).collect();
        index += 1;
        apply(index, &ops);
    }
    report("vinyl", "put, 10 a batch", start.elapsed().as_nanos() as f64 / rows as f64);
    let at = Timestamp(index);
    vinyl.checkpoint(Persisted { index: LogIndex(index), at }, &|_| {}).expect("flush");
    while vinyl.collect(at).expect("collect") {}
    let resident = vinyl.capabilities().resident.expect("vinyl reads from memory");
    let mut row = Vec::new();
    let mut get = |kind, from_memory: bool| {
        best(READS, || {
            let hits = (0..READS).filter(|n| {
                let key = key(n * 7919, rows, kind);
                row.clear();
                let found = if from_memory {
                    resident.get_resident(SPACE, &key, at, &mut row)
                } else {
                    vinyl.get(SPACE, &key, at, &mut row)
                };
                found.expect("get")
            });
            assert_eq!(hits.count() > 0, kind == 0);
        })
    };
    report("vinyl", "get, cached", get(0, false));
    report("vinyl", "get from memory, cached", get(0, true));
    report("vinyl", "get, absent", get(1, false));
    let scan = |direction| {
        best(rows, || {
            let mut cursor = vinyl.scan(SPACE, KeyRange::ALL, at, direction).expect("scan");
            while cursor.next().expect("next").is_some() {}
        })
    };
    report("vinyl", "scan, per row", scan(Direction::Forward));
    report("vinyl", "scan backward, per row", scan(Direction::Backward));
}
