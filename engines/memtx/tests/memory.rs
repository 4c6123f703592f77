//! Memory: counted, limited, and given back.

use std::time::{Duration, Instant};

use cairn_engine_api::{
    Admit, Direction, Engine, EngineError, KeyRange, LogIndex, Op, SpaceId, SpaceOptions, Stamp, Timestamp,
};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

const MIB: u64 = 1 << 20;

fn space(number: u32) -> SpaceId {
    SpaceId::new(MEMTX_CODE, number)
}

fn memtx(memory_bytes_max: Option<u64>) -> Memtx {
    Memtx::open(MemtxConfig { memory_bytes_max }, None, &|_, _| {}).expect("memory only opens")
}

fn apply(engine: &Memtx, n: u64, ops: &[Op<'_>]) {
    let stamp = Stamp { at: Timestamp(n), index: LogIndex(n), watermark: Timestamp(n - 1) };
    engine.apply(ops, stamp).expect("the batch is sound");
}

fn create(number: u32) -> Op<'static> {
    Op::CreateSpace { space: space(number), options: SpaceOptions::default() }
}

/// Puts rows of `bytes` bytes under the numbers `keys`.
fn put(engine: &Memtx, n: u64, number: u32, keys: std::ops::Range<u64>, bytes: usize) {
    let keys: Vec<_> = keys.map(u64::to_be_bytes).collect();
    let value = vec![7; bytes];
    let ops: Vec<_> = keys.iter().map(|key| Op::Put { space: space(number), key, value: &value }).collect();
    apply(engine, n, &ops);
}

fn delete(engine: &Memtx, n: u64, number: u32, keys: std::ops::Range<u64>) {
    let keys: Vec<_> = keys.map(u64::to_be_bytes).collect();
    let ops: Vec<_> = keys.iter().map(|key| Op::Delete { space: space(number), key }).collect();
    apply(engine, n, &ops);
}

/// Collects until at most `bytes` are in use. Other tests' readers may hold the epoch for a moment.
fn collect_down_to(engine: &Memtx, watermark: u64, bytes: u64) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        while engine.collect(Timestamp(watermark)).expect("memory does not fail") {}
        let used = engine.stats(None).memory_bytes;
        if used <= bytes {
            return;
        }
        assert!(Instant::now() < patience, "{used} bytes are still in use");
        std::thread::yield_now();
    }
}

fn full(admit: Admit) -> bool {
    matches!(admit, Admit::Full { .. })
}

#[test]
fn everything_comes_back() {
    let engine = memtx(None);
    apply(&engine, 1, &[create(1), create(2)]);
    let empty = engine.stats(None).memory_bytes;
    put(&engine, 2, 1, 0..20_000, 100);
    put(&engine, 3, 2, 0..20_000, 10);
    let bytes = engine.stats(Some(space(1))).memory_bytes + engine.stats(Some(space(2))).memory_bytes;
    assert_eq!(engine.stats(None).memory_bytes, empty + bytes + engine_waiting(&engine, empty + bytes));
    assert!(bytes > 20_000 * (110 + 2 * 32));
    for round in 0..5 {
        put(&engine, 4 + round, 1, 0..20_000, 50 + round as usize);
    }
    delete(&engine, 20, 1, 0..20_000);
    apply(&engine, 21, &[Op::DropSpace { space: space(2) }]);
    collect_down_to(&engine, 21, empty);
    assert_eq!(engine.stats(None).memory_bytes, empty);
    assert_eq!(engine.stats(Some(space(1))), Default::default());
}

/// Bytes of replaced nodes that wait for readers: what is counted beyond what the trees can reach.
fn engine_waiting(engine: &Memtx, reachable: u64) -> u64 {
    engine.stats(None).memory_bytes.checked_sub(reachable).expect("the engine counts at least what its trees hold")
}

#[test]
fn a_full_engine_refuses_writes_and_nothing_else() {
    let engine = memtx(Some(8 * MIB));
    let admission = engine.capabilities().admission.expect("memtx limits what it takes in");
    apply(&engine, 1, &[create(1)]);
    let mut n = 2;
    while admission.admit(1000 * 150) == Admit::Yes {
        put(&engine, n, 1, n * 1000..(n + 1) * 1000, 100);
        n += 1;
    }
    let used = engine.stats(None).memory_bytes;
    assert!((7 * MIB..8 * MIB).contains(&used), "{used} bytes were taken under a limit of 8 MiB");
    assert_eq!(admission.admit(u64::MAX), Admit::Full { used, limit: 8 * MIB });
    assert_eq!(admission.admit(0), Admit::Yes, "deletes go on");
    // What was admitted before is taken, margin or not.
    put(&engine, n, 1, n * 1000..(n + 1) * 1000, 1000);
    assert!(full(admission.admit(1)));
    let mut row = Vec::new();
    assert!(engine.get(space(1), &2000u64.to_be_bytes(), Timestamp::MAX, &mut row).expect("reads go on"));

    delete(&engine, n + 1, 1, 0..(n + 1) * 1000);
    assert!(full(admission.admit(1)), "deleted rows take room until they are collected");
    collect_down_to(&engine, n + 1, MIB);
    assert_eq!(admission.admit(MIB), Admit::Yes);
    drop(engine);
    assert!(matches!(
        Memtx::open(MemtxConfig { memory_bytes_max: Some(1000) }, None, &|_, _| {}),
        Err(EngineError::BadOption(_))
    ));
}

#[test]
fn updates_clean_up_behind_themselves() {
    let engine = memtx(None);
    apply(&engine, 1, &[create(1)]);
    put(&engine, 2, 1, 0..1000, 100);
    for n in 3..500 {
        put(&engine, n, 1, n % 10 * 100..(n % 10 + 1) * 100, 100);
    }
    delete(&engine, 500, 1, 0..500);
    put(&engine, 501, 1, 900..1000, 100);
    // Never collected, and yet: each batch leaves at most its own versions and those of the one before.
    let stats = engine.stats(Some(space(1)));
    assert!(stats.versions <= 1000 + 2 * 600, "{stats:?}");
    for n in 502..520 {
        put(&engine, n, 1, 900..1000, 100);
    }
    let stats = engine.stats(Some(space(1)));
    assert!(stats.versions <= 500 + 200, "{stats:?}");
    // What readers could still see is freed by later batches. Other tests of this process count as readers.
    let deadline = Instant::now() + Duration::from_secs(30);
    for n in 520.. {
        put(&engine, n, 1, 900..1000, 100);
        if engine.stats(None).memory_bytes < 1_000_000 {
            break;
        }
        assert!(Instant::now() < deadline, "{:?}", engine.stats(None));
    }
}

#[test]
fn an_old_snapshot_keeps_versions_and_nothing_after_it_does() {
    let engine = memtx(None);
    apply(&engine, 1, &[create(1)]);
    let old = Timestamp(2);
    for n in 2..1000 {
        let stamp = Stamp { at: Timestamp(n), index: LogIndex(n), watermark: old };
        engine.apply(&[Op::Put { space: space(1), key: b"hot", value: &n.to_be_bytes() }], stamp).expect("sound");
        engine.collect(old).expect("memory does not fail");
    }
    assert_eq!(engine.stats(Some(space(1))).versions, 998);
    for at in [2, 3, 500, 999] {
        let mut row = Vec::new();
        assert!(engine.get(space(1), b"hot", Timestamp(at), &mut row).expect("it exists"));
        assert_eq!(row, at.to_be_bytes());
    }
    while engine.collect(Timestamp(999)).expect("memory does not fail") {}
    assert_eq!(engine.stats(Some(space(1))).versions, 1);
}

#[test]
fn an_open_cursor_does_not_hold_memory_back() {
    let engine = memtx(None);
    apply(&engine, 1, &[create(1), create(2)]);
    let empty = engine.stats(None).memory_bytes;
    put(&engine, 2, 1, 0..5000, 10);
    put(&engine, 3, 2, 0..5000, 10);
    let mut cursor = engine.scan(space(1), KeyRange::ALL, Timestamp(3), Direction::Forward).expect("it exists");
    cursor.next().expect("memory does not fail").expect("there are rows");
    let one_space = engine.stats(Some(space(1))).memory_bytes;
    apply(&engine, 4, &[Op::DropSpace { space: space(2) }]);
    collect_down_to(&engine, 3, empty + one_space);
    // The cursor's own space outlives its name, and goes with the cursor.
    apply(&engine, 5, &[Op::DropSpace { space: space(1) }]);
    let mut rows = 1;
    while cursor.next().expect("memory does not fail").is_some() {
        rows += 1;
    }
    assert_eq!(rows, 5000);
    assert_eq!(engine.stats(None).memory_bytes, empty + one_space);
    drop(cursor);
    collect_down_to(&engine, 5, empty);
}
