//! How fast a checkpoint writes and how fast it loads.
//!
//! `cargo run --release -p cairn-memtx --example image_speed [rows]`: rows of 100 bytes (half of them repeating text, half
//! random) under 8-byte keys in two spaces, on the real disk. Wall time: both use several threads.

use std::sync::Arc;
use std::time::Instant;

use cairn_base::seam::sim::SimRng;
use cairn_base::seam::{RealDisk, Rng};
use cairn_engine_api::{Engine, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

const ROW_BYTES: usize = 100;

fn open(dir: &std::path::Path) -> Memtx {
    let home = (Arc::new(RealDisk) as _, dir.join("memtx"));
    Memtx::open(MemtxConfig::default(), Some(home), &|_, _| {}).expect("the directory is usable")
}

fn main() {
    let rows =
        std::env::args().nth(1).map_or(1_000_000, |text| text.parse().expect("the argument is a number of rows"));
    let dir = tempfile::TempDir::new().expect("the system has a temporary directory");
    let engine = open(dir.path());
    let spaces = [1, 2].map(|number| SpaceId::new(MEMTX_CODE, number));
    let create = spaces.map(|space| Op::CreateSpace { space, options: SpaceOptions::default() });
    let stamp = |n: u64| Stamp { at: Timestamp(n), index: LogIndex(n), watermark: Timestamp(n) };
    engine.apply(&create, stamp(1)).expect("sound");
    let mut rng = SimRng::new(1);
    let mut row = [b'x'; ROW_BYTES];
    for n in 0..rows {
        rng.fill(&mut row[..ROW_BYTES / 2]);
        let put = Op::Put { space: spaces[n as usize % 2], key: &u64::to_be_bytes(n), value: &row };
        engine.apply(&[put], stamp(n + 2)).expect("sound");
    }
    let raw = rows as f64 * (ROW_BYTES + 8) as f64;
    let report = |what: &str, start: Instant| {
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{what}: {seconds:.2} s, {:.0} krows/s, {:.2} GB/s of rows",
            rows as f64 / seconds / 1e3,
            raw / seconds / 1e9
        );
    };
    let start = Instant::now();
    engine.checkpoint(Persisted { index: LogIndex(rows + 2), at: Timestamp(rows + 2) }, &|_| {}).expect("written");
    report("write", start);
    println!("image: {:.2} bytes per byte of rows", engine.stats(None).disk_bytes as f64 / raw);
    drop(engine);
    let start = Instant::now();
    let engine = open(dir.path());
    report("load", start);
    println!("memory: {:.1} bytes per row", engine.stats(None).memory_bytes as f64 / rows as f64);
}
