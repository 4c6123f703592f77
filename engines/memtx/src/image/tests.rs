//! Images on a simulated disk: round trips, every kind of damage, crashes and failures on the way.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_base::seam::sim::{SimDisk, SimRng, SyncFault};
use cairn_base::seam::{Disk, Rng};
use cairn_engine_api::{
    Direction, Engine, EngineError, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp,
};

use super::preamble::{FORMAT_VERSION, PREAMBLE_BYTES};
use crate::art::WINDOW_BYTES;
use crate::{MEMTX_CODE, Memtx, MemtxConfig};

const DIR: &str = "/data/memtx";

fn space(number: u32) -> SpaceId {
    SpaceId::new(MEMTX_CODE, number)
}

fn open(disk: &SimDisk) -> Result<Memtx, EngineError> {
    Memtx::open(MemtxConfig::default(), Some((Arc::new(disk.clone()), DIR.into())), &|_, _| {})
}

fn apply(engine: &Memtx, index: u64, ops: &[Op<'_>]) {
    let stamp = Stamp { at: Timestamp(index * 10), index: LogIndex(index), watermark: Timestamp::ZERO };
    engine.apply(ops, stamp).expect("the batch is sound");
}

fn create(number: u32) -> Op<'static> {
    Op::CreateSpace { space: space(number), options: SpaceOptions::default() }
}

/// Puts `rows` rows into a space by batch `index`.
fn fill(engine: &Memtx, index: u64, number: u32, rows: u64) {
    let rows: Vec<_> = (0..rows).map(|n| (n.to_be_bytes(), vec![(n ^ index) as u8; (n % 50) as usize])).collect();
    let ops: Vec<_> = rows.iter().map(|(key, value)| Op::Put { space: space(number), key, value }).collect();
    apply(engine, index, &ops);
}

fn checkpoint(engine: &Memtx, index: u64) -> Result<Persisted, EngineError> {
    engine.checkpoint(Persisted { index: LogIndex(index), at: Timestamp(index * 10) }, &|_| {})
}

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

fn rows(engine: &Memtx, number: u32) -> Rows {
    let mut cursor = engine.scan(space(number), KeyRange::ALL, Timestamp::MAX, Direction::Forward).expect("it exists");
    let mut rows = Vec::new();
    while let Some(entry) = cursor.next().expect("memory does not fail") {
        rows.push((entry.key.to_vec(), entry.value.to_vec()));
    }
    rows
}

fn image_path(index: u64) -> PathBuf {
    Path::new(DIR).join(format!("{index:020}.image"))
}

/// A disk with one small image, and the rows in its space 1.
fn disk_with_image() -> (SimDisk, Rows) {
    let disk = SimDisk::new();
    let engine = open(&disk).expect("an empty directory opens");
    apply(&engine, 1, &[create(1), create(2), create(70_000)]);
    fill(&engine, 2, 1, 20);
    fill(&engine, 3, 70_000, 3);
    checkpoint(&engine, 3).expect("the disk is sound");
    let rows = rows(&engine, 1);
    (disk, rows)
}

#[test]
fn an_image_brings_everything_back() {
    let disk = SimDisk::new();
    let engine = open(&disk).expect("an empty directory opens");
    apply(&engine, 1, &[create(1), create(2), create(3)]);
    fill(&engine, 2, 1, 30_000);
    fill(&engine, 3, 2, 10);
    apply(&engine, 4, &[Op::Delete { space: space(2), key: &3u64.to_be_bytes() }, Op::DropSpace { space: space(3) }]);
    let long = vec![7; 300_000];
    apply(
        &engine,
        5,
        &[Op::Put { space: space(2), key: b"", value: b"" }, Op::Put { space: space(2), key: &long, value: &long }],
    );
    let covered = checkpoint(&engine, 9).expect("the disk is sound");
    assert_eq!(covered.index, LogIndex(9));

    let seen = std::cell::Cell::new((0, 0));
    let again = Memtx::open(MemtxConfig::default(), Some((Arc::new(disk.clone()), DIR.into())), &|done, all| {
        seen.set((done, all));
    });
    let again = again.expect("the image is sound");
    assert_eq!(seen.get(), (30_011, 30_011));
    assert_eq!(again.persisted(), covered);
    for number in [1, 2] {
        assert!(rows(&again, number) == rows(&engine, number), "space {number} came back differently");
        let (old, new) = (engine.stats(Some(space(number))), again.stats(Some(space(number))));
        assert_eq!((old.rows, new.rows), (new.rows, new.versions));
    }
    assert!(matches!(again.get(space(3), b"", Timestamp::MAX, &mut Vec::new()), Err(EngineError::NoSuchSpace(_))));
    assert_eq!(again.stats(None).disk_bytes, disk.used_bytes());
    // What the image covers is not applied a second time, what comes after is.
    apply(&again, 9, &[Op::Delete { space: space(2), key: b"" }]);
    assert!(again.get(space(2), b"", Timestamp::MAX, &mut Vec::new()).expect("it exists"));
    apply(&again, 10, &[Op::Delete { space: space(2), key: b"" }]);
    assert!(!again.get(space(2), b"", Timestamp::MAX, &mut Vec::new()).expect("it exists"));
}

#[test]
fn an_empty_engine_has_an_image_too() {
    let disk = SimDisk::new();
    checkpoint(&open(&disk).expect("an empty directory opens"), 5).expect("the disk is sound");
    assert_eq!(open(&disk).expect("the image is sound").persisted().index, LogIndex(5));
}

#[test]
fn every_flipped_byte_is_found() {
    let (disk, _) = disk_with_image();
    let path = image_path(3);
    let length = disk.read(&path).expect("it was written").len() as u64;
    for offset in 0..length {
        let mask = 1 << (offset % 8);
        disk.flip(&path, offset, mask).expect("it exists");
        match open(&disk) {
            Err(EngineError::Corrupt(text)) => {
                assert!(text.contains("00000000000000000003.image at offset"), "{text}");
            }
            other => panic!("byte {offset} of {length} flipped: {other:?}"),
        }
        disk.flip(&path, offset, mask).expect("it exists");
    }
    open(&disk).expect("all flips were undone");
}

#[test]
fn a_flipped_byte_in_a_window_is_found() {
    let disk = SimDisk::new();
    let engine = open(&disk).expect("an empty directory opens");
    apply(&engine, 1, &[create(1), create(2)]);
    fill(&engine, 2, 1, 100);
    // Some windows, of which the first does not begin where the block before it ends, and a rest.
    fill(&engine, 3, 2, 14_000);
    checkpoint(&engine, 3).expect("the disk is sound");
    let path = image_path(3);
    let length = disk.read(&path).expect("it was written").len() as u64;
    assert!(length > 3 * WINDOW_BYTES as u64, "{length} bytes");
    let mut rng = SimRng::new(7);
    // The gap before the first window, its header and first rows, and places anywhere.
    let places = (4000..4200).chain((0..300).map(|_| rng.below(length)));
    for offset in places.collect::<Vec<_>>() {
        disk.flip(&path, offset, 1 << (offset % 8)).expect("it exists");
        assert!(matches!(open(&disk), Err(EngineError::Corrupt(_))), "byte {offset} of {length} flipped");
        disk.flip(&path, offset, 1 << (offset % 8)).expect("it exists");
    }
    assert!(rows(&open(&disk).expect("all flips were undone"), 2) == rows(&engine, 2));
}

#[test]
fn every_cut_and_every_extension_is_found() {
    let (disk, _) = disk_with_image();
    let path = image_path(3);
    let whole = disk.read(&path).expect("it was written");
    for length in 0..whole.len() {
        disk.put(&path, &whole[..length]);
        assert!(matches!(open(&disk), Err(EngineError::Corrupt(_))), "cut to {length} bytes");
    }
    for more in [1, 16, 4096] {
        disk.put(&path, &[whole.as_slice(), &vec![0; more]].concat());
        assert!(matches!(open(&disk), Err(EngineError::Corrupt(_))), "{more} bytes longer");
    }
}

#[test]
fn a_piece_of_another_image_does_not_fit() {
    let (disk, _) = disk_with_image();
    let other = SimDisk::new();
    {
        let engine = open(&other).expect("an empty directory opens");
        apply(&engine, 1, &[create(1), create(2), create(70_000)]);
        fill(&engine, 2, 1, 20);
        fill(&engine, 3, 70_000, 3);
        checkpoint(&engine, 4).expect("the disk is sound");
    }
    let (mine, theirs) = (disk.read(&image_path(3)).expect("written"), other.read(&image_path(4)).expect("written"));
    assert_eq!(mine.len(), theirs.len());
    let spliced = [&mine[..PREAMBLE_BYTES], &theirs[PREAMBLE_BYTES..]].concat();
    disk.put(&image_path(3), &spliced);
    assert!(matches!(open(&disk), Err(EngineError::Corrupt(_))));
    disk.put(&image_path(3), &theirs);
    let error = open(&disk).expect_err("an image under the wrong name");
    assert!(error.to_string().contains("another log index"), "{error}");
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let (disk, _) = disk_with_image();
    let mut bytes = disk.read(&image_path(3)).expect("it was written");
    bytes[8..12].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..12]);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    disk.put(&image_path(3), &bytes);
    match open(&disk) {
        Err(EngineError::Format(text)) => assert!(text.contains("image format 3"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_newest_image_is_not_replaced_by_an_older_one() {
    let (disk, _) = disk_with_image();
    let older = disk.read(&image_path(3)).expect("it was written");
    let engine = open(&disk).expect("the image is sound");
    fill(&engine, 4, 1, 5);
    checkpoint(&engine, 8).expect("the disk is sound");
    assert_eq!(disk.list(Path::new(DIR)).expect("it exists").len(), 1, "the older image went");
    disk.put(&image_path(3), &older);
    assert_eq!(open(&disk).expect("the newest image counts").persisted().index, LogIndex(8));
    disk.flip(&image_path(8), 60, 4).expect("it exists");
    assert!(matches!(open(&disk), Err(EngineError::Corrupt(_))));
}

#[test]
fn an_idle_engine_notes_that_its_image_still_counts() {
    let (disk, rows_before) = disk_with_image();
    let engine = open(&disk).expect("the image is sound");
    let note = Path::new(DIR).join("00000000000000000003.cover");
    for upto in [7, 8] {
        let before = disk.used_bytes();
        assert_eq!(checkpoint(&engine, upto).expect("the disk is sound").index, LogIndex(upto));
        assert!(disk.used_bytes() <= before + 48, "no second image is written");
    }
    let again = open(&disk).expect("image and note are sound");
    assert_eq!(again.persisted(), Persisted { index: LogIndex(8), at: Timestamp(80) });
    assert!(rows(&again, 1) == rows_before);
    // Batches up to there were for others.
    fill(&again, 8, 1, 5000);
    assert!(rows(&again, 1) == rows_before);

    for offset in 0..48 {
        disk.flip(&note, offset, 16).expect("it exists");
        let error = open(&disk).expect_err("a byte of the note is flipped");
        assert!(matches!(&error, EngineError::Corrupt(text) if text.contains(".cover at offset")), "{error}");
        disk.flip(&note, offset, 16).expect("it exists");
    }
    fill(&again, 9, 1, 10);
    checkpoint(&again, 9).expect("the disk is sound");
    assert_eq!(disk.list(Path::new(DIR)).expect("it exists"), ["00000000000000000009.image"]);
}

#[test]
fn a_failed_checkpoint_leaves_the_image_before() {
    let (disk, rows_before) = disk_with_image();
    let faults: [&dyn Fn(); 5] = [
        &|| disk.fail_write(0, 100),
        &|| disk.fail_sync(0, SyncFault::Lost),
        &|| disk.fail_sync(0, SyncFault::HappenedButReported),
        &|| disk.fail_sync(1, SyncFault::Lost),
        &|| disk.set_capacity(Some(disk.used_bytes() + 50)),
    ];
    for (number, fault) in faults.iter().enumerate() {
        let engine = open(&disk).expect("an image counts");
        assert_eq!(engine.persisted().index, LogIndex(3));
        fill(&engine, 4, 1, 2000);
        fault();
        let error = checkpoint(&engine, 4).expect_err("a fault was injected");
        assert!(matches!(error, EngineError::Io { .. }), "fault {number}: {error}");
        assert_eq!(engine.persisted().index, LogIndex(3), "fault {number}");
        disk.set_capacity(None);
        // The machine dies right after. (Where only the directory's sync failed the new name may live on; it is whole.)
        disk.crash(&mut SimRng::new(number as u64));
        let after = open(&disk).expect("the older or the newer image counts");
        if after.persisted().index == LogIndex(3) {
            assert!(rows(&after, 1) == rows_before);
        } else {
            assert_eq!(number, 3, "only a rename that was not synced may go either way");
            disk.remove(&image_path(4)).expect("it exists");
        }
    }
    let engine = open(&disk).expect("an image counts");
    fill(&engine, 4, 1, 2000);
    assert_eq!(checkpoint(&engine, 4).expect("no fault is left").index, LogIndex(4));
}

#[test]
fn a_crash_at_any_moment_keeps_what_was_promised() {
    for seed in 0..200 {
        let mut rng = SimRng::new(seed);
        let disk = SimDisk::new();
        let mut promised = Persisted::default();
        let mut index = 0;
        for _ in 0..4 {
            let engine = open(&disk).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let found = engine.persisted();
            assert!(found.index >= promised.index, "seed {seed}: {promised:?} was promised, {found:?} is there");
            // The log may be truncated by what an engine says that it has.
            promised = found;
            if found.index > LogIndex::ZERO {
                let expected = found.index.0 * 7;
                assert_eq!(engine.stats(Some(space(1))).rows, expected, "seed {seed}: {found:?}");
            }
            index = index.max(found.index.0) + 1;
            // The log brings everything up to `index`: here one batch makes the state that belongs to it.
            apply(&engine, index, &[create(1)]);
            index += 1;
            fill(&engine, index, 1, index * 7);
            match rng.below(4) {
                0 => disk.fail_write(rng.below(2), rng.below(300) as usize),
                1 => disk.fail_sync(rng.below(3), SyncFault::Lost),
                2 => disk.fail_sync(rng.below(3), SyncFault::HappenedButReported),
                _ => {}
            }
            if let Ok(covered) = checkpoint(&engine, index) {
                promised = covered;
            }
            disk.clear_faults();
            if rng.below(3) == 0 { disk.kill_process() } else { disk.crash(&mut rng) }
        }
    }
}
