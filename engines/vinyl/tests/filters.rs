//! Reads by key at a timestamp are spared most files by the bloom filters, and reads from memory miss and then hit.

use cairn_engine_api::{
    Direction, Engine, EngineError, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp,
};
use cairn_vinyl::{ReadCounters, VINYL_CODE, Vinyl, VinylConfig};
use tempfile::TempDir;

const SPACE: SpaceId = SpaceId::new(VINYL_CODE, 1);
const ROWS: u64 = 4000;

fn key(n: u64) -> [u8; 8] {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()
}

fn at(index: u64) -> Timestamp {
    Timestamp(index * 10)
}

fn apply(vinyl: &Vinyl, index: u64, ops: &[Op<'_>]) {
    let stamp = Stamp { at: at(index), index: LogIndex(index), watermark: Timestamp::ZERO };
    vinyl.apply(ops, stamp).expect("a right batch");
}

/// Rows 0, 2, 4... in files of their own, in three versions.
fn load(vinyl: &Vinyl) {
    apply(vinyl, 1, &[Op::CreateSpace { space: SPACE, options: SpaceOptions::default() }]);
    for index in 2..5 {
        let keys: Vec<_> = (0..ROWS).map(|n| key(2 * n)).collect();
        let value = [index as u8; 100];
        let puts: Vec<_> = keys.iter().map(|key| Op::Put { space: SPACE, key, value: &value }).collect();
        apply(vinyl, index, &puts);
        let upto = Persisted { index: LogIndex(index), at: at(index) };
        vinyl.checkpoint(upto, &|_| {}).expect("the disk takes it");
    }
}

fn open(directory: &TempDir) -> Vinyl {
    let config = VinylConfig { statistics: true, ..VinylConfig::default() };
    Vinyl::open(config, directory.path()).expect("a directory of vinyl")
}

/// What `work` adds to the counters.
fn counted(vinyl: &Vinyl, work: impl FnOnce()) -> ReadCounters {
    let before = vinyl.read_counters().expect("statistics are on");
    work();
    let after = vinyl.read_counters().expect("statistics are on");
    ReadCounters {
        filtered: after.filtered - before.filtered,
        passed: after.passed - before.passed,
        cache_hits: after.cache_hits - before.cache_hits,
        cache_misses: after.cache_misses - before.cache_misses,
    }
}

#[test]
fn absent_keys_are_filtered_at_every_timestamp() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    absent_keys_are_filtered(&open(&directory));
}

#[test]
fn absent_keys_are_filtered_by_filters_in_the_cache() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = VinylConfig { statistics: true, index_in_cache: true, ..VinylConfig::default() };
    absent_keys_are_filtered(&Vinyl::open(config, directory.path()).expect("an empty directory"));
}

fn absent_keys_are_filtered(vinyl: &Vinyl) {
    load(vinyl);
    for time in [at(2), at(3), at(4), Timestamp::MAX] {
        let counters = counted(vinyl, || {
            for n in 0..ROWS {
                let mut row = Vec::new();
                assert!(!vinyl.get(SPACE, &key(2 * n + 1), time, &mut row).expect("a read"));
            }
        });
        let asked = counters.filtered + counters.passed;
        assert!(asked >= ROWS, "filters were asked {asked} times for {ROWS} reads at {time:?}");
        assert!(counters.passed * 50 < asked, "filters let {} of {asked} through at {time:?}", counters.passed);
    }
}

#[test]
fn present_keys_pass_the_filters() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = open(&directory);
    load(&vinyl);
    let counters = counted(&vinyl, || {
        for n in 0..ROWS {
            let mut row = Vec::new();
            assert!(vinyl.get(SPACE, &key(2 * n), at(4), &mut row).expect("a read"));
            assert_eq!(row, [4; 100]);
        }
    });
    assert!(counters.passed >= ROWS, "{counters:?}");
}

#[test]
fn a_read_from_memory_misses_then_hits() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = open(&directory);
    load(&vinyl);
    drop(vinyl);
    let vinyl = open(&directory);
    let resident = vinyl.capabilities().resident.expect("vinyl can read from memory only");
    // A row from the middle: the block with the engine's own records was read when opening.
    let wanted = key(1002);
    let mut row = b"kept".to_vec();
    let missed = resident.get_resident(SPACE, &wanted, at(4), &mut row);
    assert!(matches!(missed, Err(EngineError::NotResident)), "after a restart nothing is in memory, but {missed:?}");
    assert_eq!(row, b"kept");
    let counters = counted(&vinyl, || {
        assert!(vinyl.get(SPACE, &wanted, at(4), &mut row).expect("a blocking read"));
    });
    assert!(counters.cache_misses > 0, "{counters:?}");
    let counters = counted(&vinyl, || {
        let mut row = Vec::new();
        assert!(resident.get_resident(SPACE, &wanted, at(4), &mut row).expect("now it is in memory"));
        assert_eq!(row, [4; 100]);
    });
    assert_eq!(counters.cache_misses, 0, "a read from memory touched the disk");
}

#[test]
fn a_scan_from_memory_stops_where_memory_ends() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    load(&open(&directory));
    let vinyl = open(&directory);
    let resident = vinyl.capabilities().resident.expect("vinyl can read from memory only");
    for direction in [Direction::Forward, Direction::Backward] {
        let mut cursor = vinyl.scan(SPACE, KeyRange::ALL, at(4), direction).expect("the space exists");
        cursor.next().expect("a blocking read");
        let mut cursor = resident.scan_resident(SPACE, KeyRange::ALL, at(4), direction).expect("the space exists");
        let mut seen = 0;
        let end = loop {
            match cursor.next() {
                Ok(Some(_)) => seen += 1,
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert!(matches!(end, Some(EngineError::NotResident)), "{direction:?} ended with {end:?} after {seen} rows");
        assert!((1..ROWS).contains(&seen), "{seen} rows were in memory {direction:?}");
        assert!(cursor.next().expect("dead cursors say nothing").is_none());
    }
}

/// An insert that asks whether its key is taken need not leave the core, even when no row is in memory.
#[test]
fn absent_keys_are_known_without_the_disk() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    load(&open(&directory));
    let vinyl = open(&directory);
    let resident = vinyl.capabilities().resident.expect("vinyl can read from memory only");
    let asked = 1000;
    let known = (0..asked).filter(|n| {
        let answer = resident.get_resident(SPACE, &key(2 * n + 1), at(4), &mut Vec::new());
        matches!(answer, Ok(false))
    });
    let known = known.count() as u64;
    assert!(known * 10 > asked * 9, "{known} of {asked} absent keys were known from memory");
}

#[test]
fn fresh_writes_are_in_memory() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = open(&directory);
    apply(&vinyl, 1, &[Op::CreateSpace { space: SPACE, options: SpaceOptions::default() }]);
    apply(&vinyl, 2, &[Op::Put { space: SPACE, key: b"k", value: b"v" }]);
    let resident = vinyl.capabilities().resident.expect("vinyl can read from memory only");
    let mut row = Vec::new();
    assert!(resident.get_resident(SPACE, b"k", at(2), &mut row).expect("memtables are memory"));
    assert!(!resident.get_resident(SPACE, b"other", at(2), &mut row).expect("memtables are memory"));
}
