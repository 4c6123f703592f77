//! Collection really gives disk space back, and back-pressure shows when RocksDB falls behind.

use cairn_engine_api::{Admit, Engine, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_vinyl::{Compression, VINYL_CODE, Vinyl, VinylConfig};

const A: SpaceId = SpaceId::new(VINYL_CODE, 1);
const B: SpaceId = SpaceId::new(VINYL_CODE, 2);
const ROWS: u64 = 2000;

fn config() -> VinylConfig {
    VinylConfig { compression: Compression::None, collect_versions_min: 1000, ..VinylConfig::default() }
}

fn apply(vinyl: &Vinyl, index: u64, ops: &[Op<'_>]) {
    let stamp = Stamp { at: Timestamp(index), index: LogIndex(index), watermark: Timestamp::ZERO };
    vinyl.apply(ops, stamp).expect("a right batch");
}

fn fill(vinyl: &Vinyl, index: u64, space: SpaceId) {
    let keys: Vec<_> = (0..ROWS).map(u64::to_be_bytes).collect();
    let value = [index as u8; 500];
    let puts: Vec<_> = keys.iter().map(|key| Op::Put { space, key, value: &value }).collect();
    apply(vinyl, index, &puts);
    vinyl.checkpoint(Persisted { index: LogIndex(index), at: Timestamp(index) }, &|_| {}).expect("the disk takes it");
}

fn create(vinyl: &Vinyl) {
    let options = SpaceOptions::default();
    let ops = [A, B].map(|space| Op::CreateSpace { space, options: options.clone() });
    apply(vinyl, 1, &ops);
}

fn collect(vinyl: &Vinyl, watermark: u64) {
    while vinyl.collect(Timestamp(watermark)).expect("a collection") {}
}

#[test]
fn superseded_versions_give_their_space_back() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = Vinyl::open(config(), directory.path()).expect("an empty directory");
    create(&vinyl);
    (2..12).for_each(|index| fill(&vinyl, index, A));
    let before = vinyl.stats(None);
    assert!(before.versions >= 10 * ROWS && before.disk_bytes > 10 * ROWS * 500, "{before:?}");
    collect(&vinyl, 11);
    let after = vinyl.stats(None);
    // One version below the watermark may stay besides the newest.
    assert!(after.versions <= 2 * ROWS, "{after:?}");
    assert!(after.disk_bytes < 3 * ROWS * 500, "{after:?}");
}

/// Rewrites are for garbage, and new rows are none: a load costs what RocksDB's own compactions cost.
#[test]
fn new_rows_are_not_rewritten_and_overwritten_ones_are() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    // Large enough for sampling, as the default is.
    let config = VinylConfig { collect_versions_min: 20_000, ..config() };
    let vinyl = Vinyl::open(config, directory.path()).expect("an empty directory");
    create(&vinyl);
    let write = |batch: u64, thousand: u64| {
        let keys: Vec<_> = (thousand * 1000..(thousand + 1) * 1000).map(u64::to_be_bytes).collect();
        let puts: Vec<_> = keys.iter().map(|key| Op::Put { space: A, key, value: &[1; 20] }).collect();
        apply(&vinyl, batch, &puts);
        vinyl.collect(Timestamp(batch)).expect("a collection")
    };
    for thousand in 0..100 {
        assert!(!write(2 + thousand, thousand), "a rewrite after {thousand} thousand new rows");
    }
    assert_eq!(vinyl.stats(None).disk_bytes, 0, "a rewrite would have flushed");
    vinyl.checkpoint(Persisted::default(), &|_| {}).expect("the disk takes it");
    for thousand in 100..200 {
        assert!(!write(2 + thousand, thousand), "a rewrite after {thousand} thousand new rows");
    }
    // The first half of them in a file, the other in memory.
    for thousand in 70..130 {
        write(202 + thousand, thousand);
    }
    collect(&vinyl, 331);
    let left = vinyl.stats(None).versions;
    assert!((200_000..240_000).contains(&left), "{left} versions of 200,000 rows, 60,000 written over");
}

#[test]
fn a_dropped_space_gives_its_space_back_and_leaves_its_neighbour() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = Vinyl::open(config(), directory.path()).expect("an empty directory");
    create(&vinyl);
    fill(&vinyl, 2, A);
    fill(&vinyl, 3, B);
    apply(&vinyl, 4, &[Op::DropSpace { space: A }]);
    collect(&vinyl, 5);
    let after = vinyl.stats(None);
    // The engine's own records are counted, too, until they are flushed.
    assert!((ROWS..ROWS + 5).contains(&after.versions), "{after:?}");
    assert!(after.disk_bytes < 2 * ROWS * 500, "{after:?}");
    let mut row = Vec::new();
    assert!(vinyl.get(B, &7u64.to_be_bytes(), Timestamp(5), &mut row).expect("a read"));
    assert_eq!(row, [3; 500]);
}

#[test]
fn a_space_created_again_is_empty_and_stays_whole() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = Vinyl::open(config(), directory.path()).expect("an empty directory");
    create(&vinyl);
    fill(&vinyl, 2, A);
    let again = Op::CreateSpace { space: A, options: SpaceOptions::default() };
    apply(&vinyl, 3, &[Op::DropSpace { space: A }, again]);
    assert!(!vinyl.get(A, &7u64.to_be_bytes(), Timestamp(3), &mut Vec::new()).expect("a read"));
    fill(&vinyl, 4, A);
    collect(&vinyl, 5);
    let mut row = Vec::new();
    assert!(vinyl.get(A, &7u64.to_be_bytes(), Timestamp(5), &mut row).expect("a read"));
    assert_eq!(row, [4; 500]);
    assert!((ROWS..ROWS + 5).contains(&vinyl.stats(None).versions), "{:?}", vinyl.stats(None));
}

#[test]
fn an_engine_dropped_in_the_middle_of_a_rewrite_is_whole() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for round in 0..5 {
        let vinyl = Vinyl::open(config(), directory.path()).expect("whole files");
        if round == 0 {
            create(&vinyl);
        }
        fill(&vinyl, 2 + round, A);
        vinyl.collect(Timestamp(2 + round)).expect("a collection begins");
        drop(vinyl);
        let vinyl = Vinyl::open(config(), directory.path()).expect("whole files");
        let mut row = Vec::new();
        assert!(vinyl.get(A, &7u64.to_be_bytes(), Timestamp(99), &mut row).expect("a read"));
        assert_eq!(row, [2 + round as u8; 500]);
    }
}

#[test]
fn an_idle_engine_admits() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vinyl = Vinyl::open(config(), directory.path()).expect("an empty directory");
    let admission = vinyl.capabilities().admission.expect("vinyl limits its writers");
    assert_eq!(admission.admit(1 << 30), Admit::Yes);
}

/// Memtables of the smallest size fill faster than they are flushed: the engine says so, catches up, and admits again.
#[test]
fn a_flood_of_writes_is_told_to_wait_and_then_admitted() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = VinylConfig { write_buffer_bytes: 64 << 10, write_buffers_max: 2, ..config() };
    let vinyl = Vinyl::open(config, directory.path()).expect("an empty directory");
    create(&vinyl);
    let admission = vinyl.capabilities().admission.expect("vinyl limits its writers");
    let mut waits = 0;
    for index in 2..2000u64 {
        let key = index.to_be_bytes();
        apply(&vinyl, index, &[Op::Put { space: A, key: &key, value: &[1; 20_000] }]);
        waits += u64::from(admission.admit(1) == Admit::Later);
    }
    assert!(waits > 0, "the engine never fell behind");
    let start = std::time::Instant::now();
    while admission.admit(1) == Admit::Later {
        assert!(start.elapsed().as_secs() < 20, "the engine never caught up");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// The old versions of a hot row go with the flushes that happen anyway, without a rewrite of everything.
#[test]
fn flushes_drop_what_the_watermark_has_passed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = VinylConfig { collect_versions_min: u64::MAX, ..config() };
    let vinyl = Vinyl::open(config, directory.path()).expect("an empty directory");
    create(&vinyl);
    let mut index = 1;
    // The watermark moves about once a second, on the engine's own thread.
    for _ in 0..50 {
        let before = vinyl.stats(None).versions;
        for _ in 0..100 {
            index += 1;
            apply(&vinyl, index, &[Op::Put { space: A, key: b"hot", value: &[1; 100] }]);
        }
        assert!(!vinyl.collect(Timestamp(index)).expect("a collection"), "there is nothing to rewrite");
        std::thread::sleep(std::time::Duration::from_millis(200));
        let upto = Persisted { index: LogIndex(index), at: Timestamp(index) };
        vinyl.checkpoint(upto, &|_| {}).expect("the disk takes it");
        if vinyl.stats(None).versions < before + 20 {
            return;
        }
    }
    panic!("{} versions of one row are left", vinyl.stats(None).versions);
}
