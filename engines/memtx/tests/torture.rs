//! Readers on every thread against one writer that grows, shrinks and sweeps the trees as hard as it can. Every read is
//! held against the history by timestamp.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;
use cairn_engine_api::{Direction, Engine, KeyRange, LogIndex, Op, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

const SPACE: SpaceId = SpaceId::new(MEMTX_CODE, 1);
const BATCHES: u64 = 12_000;
const READERS: usize = 3;
/// The writer waits for a read after so many batches at the latest.
const BATCHES_PER_READ: u64 = 16;

type Row = Option<Vec<u8>>;
type History = BTreeMap<Vec<u8>, Vec<(u64, Row)>>;

/// Keys that share nodes of every size, end in the middle of others, and have long common prefixes.
fn key(rng: &mut SimRng) -> Vec<u8> {
    match rng.below(4) {
        0 => vec![b'd', rng.below(2) as u8, rng.below(256) as u8],
        1 => b"abcabcabcabcabcabc"[..rng.below(18) as usize].to_vec(),
        2 => format!("prefix-that-is-long/{}/{}", rng.below(6), rng.below(60)).into_bytes(),
        _ => rng.below(400).to_be_bytes().to_vec(),
    }
}

/// Batch `n` carries timestamp `n`; phases of growth and of decay alternate.
fn batches(seed: u64) -> Vec<BTreeMap<Vec<u8>, Row>> {
    let mut rng = SimRng::new(seed);
    let batch = |n: u64| {
        let grows = (n / 500).is_multiple_of(2);
        let changes = 1 + rng.below(12);
        let change = |_| (key(&mut rng), (rng.below(10) < if grows { 8 } else { 1 }).then(|| n.to_le_bytes().to_vec()));
        (0..changes).map(change).collect()
    };
    (1..=BATCHES).map(batch).collect()
}

fn visible(history: &History, key: &[u8], at: u64) -> Row {
    let versions = history.get(key)?;
    let newer = versions.partition_point(|(ts, _)| *ts <= at);
    versions[..newer].last()?.1.clone()
}

/// Ends the race when its thread ends, also by a panic: nobody waits for reads that never come.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn every_racing_read_is_right() {
    let seed = std::env::var("CAIRN_SEED").ok().map_or(7, |text| text.parse().expect("CAIRN_SEED is a number"));
    println!("CAIRN_SEED={seed}");
    let batches = batches(seed);
    let mut history = History::new();
    for (n, batch) in (1..).zip(&batches) {
        for (key, row) in batch {
            history.entry(key.clone()).or_default().push((n, row.clone()));
        }
    }
    let engine = Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory only opens");
    let create = Op::CreateSpace { space: SPACE, options: SpaceOptions::default() };
    engine.apply(&[create], Stamp { at: Timestamp(0), index: LogIndex(1), watermark: Timestamp(0) }).expect("sound");

    let applied = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let reads = AtomicU64::new(0);
    // Each reader announces the oldest timestamp it may read; the writer keeps below all of them.
    let pins: [AtomicU64; READERS] = Default::default();
    std::thread::scope(|scope| {
        for (number, pin) in pins.iter().enumerate() {
            let (engine, history, applied, over, reads) = (&engine, &history, &applied, &over, &reads);
            scope.spawn(move || {
                let _over = OnDrop(over);
                let mut rng = SimRng::new(seed + number as u64 * 1000);
                while !over.load(Ordering::Acquire) {
                    // First announce something old enough, then read what is current, then hold that.
                    pin.store(0, Ordering::SeqCst);
                    let at = applied.load(Ordering::SeqCst);
                    pin.store(at, Ordering::SeqCst);
                    for _ in 0..1 + rng.below(5) {
                        check(engine, history, at, &mut rng);
                        reads.fetch_add(1, Ordering::Relaxed);
                    }
                }
                pin.store(u64::MAX, Ordering::SeqCst);
            });
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (n, batch) in (1..).zip(&batches) {
                let oldest = |now: u64| pins.iter().map(|pin| pin.load(Ordering::SeqCst)).min().unwrap_or(now).min(now);
                let watermark = Timestamp(oldest(n - 1));
                let ops: Vec<_> = batch
                    .iter()
                    .map(|(key, row)| match row {
                        Some(value) => Op::Put { space: SPACE, key, value },
                        None => Op::Delete { space: SPACE, key },
                    })
                    .collect();
                engine.apply(&ops, Stamp { at: Timestamp(n), index: LogIndex(n + 1), watermark }).expect("sound");
                applied.store(n, Ordering::SeqCst);
                // The readers must get their turns, also on a busy machine.
                while reads.load(Ordering::Relaxed) < n / BATCHES_PER_READ && !over.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                if n.is_multiple_of(16) {
                    engine.collect(Timestamp(oldest(n))).expect("memory does not fail");
                }
            }
        }));
        over.store(true, Ordering::Release);
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });

    let reads = reads.into_inner();
    println!("{reads} reads raced {BATCHES} batches");

    let last: Vec<Op<'_>> = history.keys().map(|key| Op::Delete { space: SPACE, key }).collect();
    let end = BATCHES + 1;
    engine
        .apply(&last, Stamp { at: Timestamp(end), index: LogIndex(end + 1), watermark: Timestamp(end) })
        .expect("sound");
    while engine.collect(Timestamp(end)).expect("memory does not fail") {}
    let stats = engine.stats(Some(SPACE));
    assert_eq!((stats.rows, stats.versions, stats.memory_bytes), (0, 0, 0), "everything was deleted and collected");
}

fn check(engine: &Memtx, history: &History, at: u64, rng: &mut SimRng) {
    let (low, high) = (key(rng), key(rng));
    let mut row = Vec::new();
    let found = engine.get(SPACE, &low, Timestamp(at), &mut row).expect("the space exists");
    assert_eq!(found.then_some(row), visible(history, &low, at), "get {low:?} at {at}");
    let range = match rng.below(3) {
        0 => KeyRange::ALL,
        1 => KeyRange::from(&low),
        _ => KeyRange { start: std::ops::Bound::Excluded(&low), end: std::ops::Bound::Included(&high) },
    };
    let mut expected: Vec<_> = history
        .keys()
        .filter(|key| range.contains(key))
        .filter_map(|key| Some((key, visible(history, key, at)?)))
        .collect();
    let direction = if rng.below(2) == 0 { Direction::Forward } else { Direction::Backward };
    if direction == Direction::Backward {
        expected.reverse();
    }
    let mut cursor = engine.scan(SPACE, range, Timestamp(at), direction).expect("the space exists");
    for (key, row) in expected {
        let entry =
            cursor.next().expect("memory does not fail").unwrap_or_else(|| panic!("{key:?} is missing at {at}"));
        assert_eq!((entry.key, entry.value), (key.as_slice(), row.as_slice()), "{direction:?} at {at}");
    }
    assert_eq!(cursor.next().expect("memory does not fail"), None, "too many rows at {at}");
}

/// Spaces come, are filled and go while others read them: a reader finds all of a space or none.
#[test]
fn spaces_come_and_go_under_readers() {
    const SPACES: u32 = 300;
    const ROWS: u64 = 200;
    let engine = Memtx::open(MemtxConfig::default(), None, &|_, _| {}).expect("memory only opens");
    let filled = AtomicU64::new(0);
    let complete_scans = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let id = |number: u32| SpaceId::new(MEMTX_CODE, number * 1000);
    std::thread::scope(|scope| {
        for reader in 0..READERS as u64 {
            let (engine, filled, complete_scans, over) = (&engine, &filled, &complete_scans, &over);
            scope.spawn(move || {
                let _over = OnDrop(over);
                let mut rng = SimRng::new(reader);
                while !over.load(Ordering::Acquire) {
                    let newest = filled.load(Ordering::Acquire);
                    let number = newest.saturating_sub(rng.below(4)) as u32;
                    let key = rng.below(ROWS).to_be_bytes();
                    let mut row = Vec::new();
                    if engine.get(id(number), &key, Timestamp(newest * 2), &mut row).is_ok_and(|found| found) {
                        assert_eq!(row, number.to_be_bytes());
                    }
                    let direction = if rng.below(2) == 0 { Direction::Forward } else { Direction::Backward };
                    let Ok(mut cursor) = engine.scan(id(number), KeyRange::ALL, Timestamp(newest * 2), direction)
                    else {
                        continue;
                    };
                    let mut rows = 0;
                    while let Some(entry) = cursor.next().expect("memory does not fail") {
                        assert_eq!(entry.value, number.to_be_bytes());
                        rows += 1;
                    }
                    assert!(rows == ROWS || number == 0, "{rows} rows of space {number} after batch {newest}");
                    complete_scans.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for number in 1..=SPACES {
                let space = id(number);
                let keys: Vec<_> = (0..ROWS).map(u64::to_be_bytes).collect();
                let value = number.to_be_bytes();
                let put = |key| Op::Put { space, key, value: &value };
                let mut ops = vec![Op::CreateSpace { space, options: SpaceOptions::default() }];
                ops.extend(keys.iter().map(|key| put(key.as_slice())));
                let at = u64::from(number) * 2;
                engine
                    .apply(&ops, Stamp { at: Timestamp(at), index: LogIndex(at), watermark: Timestamp(at) })
                    .expect("sound");
                filled.store(u64::from(number), Ordering::Release);
                if number > 2 {
                    let drop = Op::DropSpace { space: id(number - 2) };
                    let at = at + 1;
                    engine
                        .apply(&[drop], Stamp { at: Timestamp(at), index: LogIndex(at), watermark: Timestamp(at) })
                        .expect("sound");
                }
                engine.collect(Timestamp(at)).expect("memory does not fail");
                while complete_scans.load(Ordering::Relaxed) < u64::from(number) / 4 && !over.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
            }
        }));
        over.store(true, Ordering::Release);
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}
