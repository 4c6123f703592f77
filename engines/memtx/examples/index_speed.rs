//! Time and memory per key of the engine, beside `std::collections::BTreeMap`, in one run.
//!
//! `cargo run --release -p cairn-memtx --example index_speed [keys]` prints, for four kinds of keys, nanoseconds per
//! operation (least of three rounds) and bytes per key. Rows are 8 bytes, reads are in random order. Times are CPU time
//! of the thread where the system tells it (Linux), so that a busy machine disturbs less.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use cairn_engine_api::{Direction, Engine, KeyRange, LogIndex, Op, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

/// The server's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SPACE: SpaceId = SpaceId::new(MEMTX_CODE, 1);
const ROUNDS: usize = 3;
const SCAN_ROWS: usize = 100;
const BATCH: usize = 64;

fn keys(kind: &str, count: usize) -> Vec<Vec<u8>> {
    let mut rng = SimRng::new(42);
    let hosts: Vec<String> = (0..200).map(|_| format!("www.{:x}.example", rng.below(1 << 24))).collect();
    let key = |n: usize| match kind {
        "dense u64" => (n as u64).to_be_bytes().to_vec(),
        "sparse u64" => rng.next_u64().to_be_bytes().to_vec(),
        "composite 24" => [(n as u64 / 30_000), n as u64 / 3_000 % 10, n as u64 % 3_000]
            .iter()
            .flat_map(|n| n.to_be_bytes())
            .collect(),
        _ => format!("https://{}/item/{}/{:x}", hosts[n % 200], rng.below(1000), rng.next_u64()).into_bytes(),
    };
    (0..count).map(key).collect()
}

fn shuffled(keys: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut rng = SimRng::new(7);
    let mut keys = keys.to_vec();
    for n in (1..keys.len()).rev() {
        keys.swap(n, rng.below(n as u64 + 1) as usize);
    }
    keys
}

/// Nanoseconds of CPU that this thread has used, or else of wall time since `epoch`.
fn nanos(epoch: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    spent.unwrap_or_else(|| epoch.elapsed().as_nanos() as f64)
}

fn time(operations: usize, round: impl FnOnce()) -> f64 {
    let epoch = Instant::now();
    let start = nanos(epoch);
    round();
    (nanos(epoch) - start) / operations as f64
}

/// Least nanoseconds per operation.
fn measure(operations: usize, mut round: impl FnMut()) -> f64 {
    (0..ROUNDS).map(|_| time(operations, &mut round)).fold(f64::INFINITY, f64::min)
}

fn load(keys: &[Vec<u8>]) -> (Memtx, f64) {
    let engine = Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory only opens");
    let create = Op::CreateSpace { space: SPACE, options: SpaceOptions::default() };
    let stamp = |n: u64| Stamp { at: Timestamp(n), index: LogIndex(n), watermark: Timestamp(n) };
    engine.apply(&[create], stamp(1)).expect("sound");
    let nanos = time(keys.len(), || {
        for (n, batch) in (2..).zip(keys.chunks(BATCH)) {
            let ops: Vec<_> = batch.iter().map(|key| Op::Put { space: SPACE, key, value: &key[..8] }).collect();
            engine.apply(&ops, stamp(n)).expect("sound");
        }
    });
    (engine, nanos)
}

fn scan(engine: &Memtx, starts: &[Vec<u8>], direction: Direction, rows: usize) {
    for start in starts {
        let range = match direction {
            Direction::Forward => KeyRange::from(start),
            Direction::Backward => KeyRange { end: std::ops::Bound::Included(start), ..KeyRange::ALL },
        };
        let mut cursor = engine.scan(SPACE, range, Timestamp::MAX, direction).expect("it exists");
        for _ in 0..rows {
            match cursor.next().expect("memory does not fail") {
                Some(entry) => black_box(entry.value.len()),
                None => break,
            };
        }
    }
}

/// Every key once more, collecting as a server does.
fn update(engine: &Memtx, keys: &[Vec<u8>]) {
    for (n, batch) in (keys.len() as u64 + 2..).zip(keys.chunks(BATCH)) {
        let ops: Vec<_> = batch.iter().map(|key| Op::Put { space: SPACE, key, value: &key[..8] }).collect();
        let stamp = Stamp { at: Timestamp(n), index: LogIndex(n), watermark: Timestamp(n - 1) };
        engine.apply(&ops, stamp).expect("sound");
        if n % 16 == 0 {
            engine.collect(Timestamp(n - 1)).expect("memory does not fail");
        }
    }
}

fn main() {
    let count =
        std::env::args().nth(1).map_or(1_000_000, |text| text.parse().expect("the argument is a number of keys"));
    println!(
        "{count} keys, nanoseconds per operation (first: open a cursor, read one row; forward, backward: per row of 100)"
    );
    println!(
        "{:14} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} | {:>8} {:>8}",
        "keys", "insert", "get", "update", "first", "forward", "backward", "bytes/key", "std ins", "std get"
    );
    for kind in ["dense u64", "sparse u64", "composite 24", "url"] {
        let random = shuffled(&keys(kind, count));
        let (engine, insert) = load(&random);
        let probes = shuffled(&random);
        let mut row = Vec::new();
        let through_trait: &dyn Engine = black_box(&engine);
        let get = measure(count, || {
            for key in &probes {
                row.clear();
                assert!(through_trait.get(SPACE, black_box(key), Timestamp::MAX, &mut row).expect("it exists"));
            }
        });
        let starts = &probes[..count / SCAN_ROWS];
        let forward = measure(count, || scan(&engine, starts, Direction::Forward, SCAN_ROWS));
        let backward = measure(count, || scan(&engine, starts, Direction::Backward, SCAN_ROWS));
        let first = measure(count, || scan(&engine, &probes, Direction::Forward, 1));
        let stats = engine.stats(Some(SPACE));
        let bytes = stats.memory_bytes as f64 / stats.rows as f64;
        let update = time(count, || update(&engine, &probes));
        drop(engine);

        let mut map: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let std_insert = time(count, || map.extend(random.iter().map(|key| (key.clone(), key[..8].to_vec()))));
        let std_get = measure(count, || {
            for key in &probes {
                black_box(map.get(black_box(key)).expect("it is there"));
            }
        });
        println!(
            "{kind:14} {insert:8.0} {get:8.0} {update:8.0} {first:8.0} {forward:8.1} {backward:8.1} {bytes:9.1} | {std_insert:8.0} {std_get:8.0}"
        );
    }
}
