//! Rows that stay in the image's file after a start: they read as before, and their memory comes back when they go.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cairn_base::seam::RealDisk;
use cairn_engine_api::{Direction, Engine, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

const SPACE: SpaceId = SpaceId::new(MEMTX_CODE, 1);
const ROWS: u64 = 40_000;
/// Rows of 100 bytes with key and header: more than 15 windows of 256 KiB.
const VALUE_BYTES: usize = 68;

fn open(directory: &Path) -> Memtx {
    let home = (Arc::new(RealDisk) as _, directory.to_owned());
    Memtx::open(MemtxConfig::default(), Some(home), &|_, _| {}).expect("the directory is sound")
}

fn apply(engine: &Memtx, index: u64, watermark: u64, ops: &[Op<'_>]) {
    let stamp = Stamp { at: Timestamp(index), index: LogIndex(index), watermark: Timestamp(watermark) };
    engine.apply(ops, stamp).expect("the batch is sound");
}

fn value(n: u64, version: u64) -> Vec<u8> {
    [n.to_le_bytes(), version.to_le_bytes()].concat().into_iter().cycle().take(VALUE_BYTES).collect()
}

fn put(engine: &Memtx, index: u64, watermark: u64, keys: impl Iterator<Item = u64>) {
    let rows: Vec<_> = keys.map(|n| (n.to_be_bytes(), value(n, index))).collect();
    let ops: Vec<_> = rows.iter().map(|(key, value)| Op::Put { space: SPACE, key, value }).collect();
    apply(engine, index, watermark, &ops);
}

/// An engine that has just started with an image of `ROWS` rows, all written by batch 2.
fn started(directory: &Path) -> Memtx {
    let engine = open(directory);
    apply(&engine, 1, 0, &[Op::CreateSpace { space: SPACE, options: SpaceOptions::default() }]);
    put(&engine, 2, 0, 0..ROWS);
    engine.checkpoint(Persisted { index: LogIndex(2), at: Timestamp(2) }, &|_| {}).expect("the disk takes it");
    drop(engine);
    open(directory)
}

/// Collects until the engine takes less than so many bytes. Readers of other tests may hold the epoch back for a moment.
fn collect_below(engine: &Memtx, watermark: u64, bytes: u64) {
    let patience = Instant::now() + Duration::from_secs(20);
    while engine.collect(Timestamp(watermark)).expect("memory does not fail")
        || engine.stats(None).memory_bytes >= bytes
    {
        assert!(Instant::now() < patience, "{:?}, and not below {bytes}", engine.stats(None));
    }
}

/// The row's version; `None` where there is none.
fn read(engine: &Memtx, n: u64, at: u64) -> Option<u64> {
    let mut row = Vec::new();
    let found = engine.get(SPACE, &n.to_be_bytes(), Timestamp(at), &mut row).expect("the space exists");
    found.then(|| {
        let version = u64::from_le_bytes(*row[8..].first_chunk().expect("a value"));
        assert_eq!(row, value(n, version));
        version
    })
}

#[test]
fn rows_read_as_before_and_new_ones_take_their_place() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let engine = started(directory.path());
    put(&engine, 3, 2, (0..ROWS).step_by(3));
    apply(&engine, 4, 2, &[Op::Delete { space: SPACE, key: &7u64.to_be_bytes() }]);
    for n in 0..ROWS {
        assert_eq!(read(&engine, n, 2), Some(2), "row {n} at the old snapshot");
        let newest = if n == 7 { None } else { Some(if n.is_multiple_of(3) { 3 } else { 2 }) };
        assert_eq!(read(&engine, n, 4), newest, "row {n}");
    }
    let mut cursor = engine.scan(SPACE, KeyRange::ALL, Timestamp(2), Direction::Backward).expect("the space exists");
    let mut seen = ROWS;
    while let Some(entry) = cursor.next().expect("memory does not fail") {
        seen -= 1;
        assert_eq!((entry.key, entry.value), (&seen.to_be_bytes()[..], &value(seen, 2)[..]));
    }
    assert_eq!(seen, 0);
}

#[test]
fn a_window_that_is_half_empty_gives_its_memory_back() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let engine = started(directory.path());
    let loaded = engine.stats(None).memory_bytes;
    let row_bytes = loaded / ROWS;
    let snapshot = engine.scan(SPACE, KeyRange::ALL, Timestamp(2), Direction::Forward);
    // Three of four rows leave every window, a few in each batch.
    for (index, first) in (3..).zip((0..ROWS).step_by(400)) {
        put(&engine, index, index - 1, (first..first + 400).filter(|n| !n.is_multiple_of(4)));
    }
    let last = 2 + ROWS / 400;
    collect_below(&engine, last, loaded + 100 * row_bytes);
    assert_eq!(engine.stats(None).versions, ROWS);
    for n in 0..ROWS {
        let version = if n.is_multiple_of(4) { 2 } else { 3 + n / 400 };
        assert_eq!(read(&engine, n, last), Some(version), "row {n}");
    }
    drop(snapshot);
    // And all of them survive another round trip.
    engine.checkpoint(Persisted { index: LogIndex(last), at: Timestamp(last) }, &|_| {}).expect("the disk takes it");
    drop(engine);
    let again = open(directory.path());
    assert!((0..ROWS).all(|n| read(&again, n, last) == Some(if n.is_multiple_of(4) { 2 } else { 3 + n / 400 })));
}

#[test]
fn nothing_is_left_of_rows_that_are_gone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let engine = started(directory.path());
    let empty = open(&directory.path().join("other")).stats(None).memory_bytes;
    let keys: Vec<_> = (0..ROWS).map(u64::to_be_bytes).collect();
    let deletes: Vec<_> = keys.iter().map(|key| Op::Delete { space: SPACE, key }).collect();
    apply(&engine, 3, 2, &deletes);
    assert_eq!(read(&engine, 0, 2), Some(2));
    collect_below(&engine, 3, empty + (64 << 10));
    assert_eq!((engine.stats(None).rows, engine.stats(None).versions), (0, 0));

    let engine = started(&directory.path().join("third"));
    apply(&engine, 3, 2, &[Op::DropSpace { space: SPACE }]);
    collect_below(&engine, 3, empty + (64 << 10));
}
