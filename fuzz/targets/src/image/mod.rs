//! Checkpoint images of memtx: an image that was written well and damaged since, and images that somebody else made up.
//!
//! * **Damaged.** Every byte of an image is covered by a checksum, so it opens as it was or is refused with file and offset.
//!   Nothing in between, and no older image in its place.
//! * **Forged.** Right checksums over wrong contents: an error, or rows in order, but no panic.

mod forge;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use cairn_base::seam::Disk;
use cairn_base::seam::sim::SimDisk;
use cairn_engine_api::{
    Direction, Engine, EngineError, KeyRange, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp,
};
use cairn_memtx::{MEMTX_CODE, Memtx, MemtxConfig};

use crate::damage::injure;

const DIR: &str = "/memtx";
/// Spaces that may exist.
const SPACES: u32 = 4;

/// Spaces with their rows.
type Content = Vec<(SpaceId, Vec<(Vec<u8>, Vec<u8>)>)>;

/// An image, and what becomes of it.
///
/// # Panics
/// When something opens that was not written.
pub fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    // Bytes that end early choose nothing more: that is no failure.
    let _ = match input.int_in_range(0..=7) {
        Ok(0 | 1) => forge::run(&mut input),
        Ok(2) => forge::raw(input.take_rest()),
        _ => damaged(&mut input),
    };
}

fn damaged(input: &mut Unstructured<'_>) -> Result<()> {
    let (disk, content) = write(input)?;
    let (other, other_content) = write(input)?;
    let (before, others) = (files(&disk), files(&other));
    for _ in 0..input.int_in_range(0..=2)? {
        let mut files = files(&disk);
        let (path, bytes) = &mut files[input.choose_index(before.len())?];
        let theirs = others.iter().find(|(name, _)| name == path).unwrap_or(&others[0]);
        if injure(input, bytes, &theirs.1)? {
            disk.put(path, bytes);
        }
    }
    let now = files(&disk);
    match open(&disk) {
        Ok(engine) if images(&now) == images(&before) => {
            assert!(read(&engine) == content, "an image that nobody touched reads otherwise");
        }
        // Blocks of somebody else may make a whole image of theirs, under the same name.
        Ok(engine) if images(&now) == images(&others) => {
            assert!(read(&engine) == other_content, "their image reads otherwise");
        }
        Ok(_) => panic!("a damaged image opens"),
        Err(error) => {
            assert!(now != before, "refused without any damage: {error}");
            check_refusal(&error);
            assert!(now == files(&disk), "a refused image was changed: {error}");
        }
    }
    Ok(())
}

/// The images among the files, without cover notes.
fn images(files: &[(PathBuf, Vec<u8>)]) -> Vec<&(PathBuf, Vec<u8>)> {
    files.iter().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "image")).collect()
}

fn check_refusal(error: &EngineError) {
    match error {
        EngineError::Corrupt(text) => assert!(text.contains(" at offset ") && text.contains(DIR), "{text}"),
        other => panic!("damage is answered with {other:?}"),
    }
}

fn open(disk: &SimDisk) -> std::result::Result<Memtx, EngineError> {
    Memtx::open(MemtxConfig::default(), Some((Arc::new(disk.clone()), DIR.into())), &|_, _| {})
}

fn space(number: u32) -> SpaceId {
    SpaceId::new(MEMTX_CODE, number)
}

/// An image of a few spaces, with a cover note now and then.
fn write(input: &mut Unstructured<'_>) -> Result<(SimDisk, Content)> {
    let disk = SimDisk::new();
    let engine = open(&disk).expect("an empty directory");
    let upto = |index: u64| Persisted { index: LogIndex(index), at: Timestamp(index * 10) };
    let mut index = 0;
    let mut apply = |ops: &[Op<'_>]| {
        index += 1;
        let stamp = Stamp { at: Timestamp(index * 10), index: LogIndex(index), watermark: Timestamp::ZERO };
        engine.apply(ops, stamp).expect("a legal batch");
    };
    for number in 0..input.int_in_range(1..=SPACES)? {
        apply(&[Op::CreateSpace { space: space(number), options: SpaceOptions::default() }]);
        for _ in 0..input.int_in_range(0..=12)? {
            let key = key(input)?;
            // The longest ones fill a block each.
            let value = vec![input.arbitrary()?; *input.choose(&[0, 1, 30, 700, 140_000])?];
            apply(&[Op::Put { space: space(number), key: &key, value: &value }]);
        }
    }
    engine.checkpoint(upto(100), &|_| {}).expect("the disk is sound");
    if input.arbitrary()? {
        engine.checkpoint(upto(200), &|_| {}).expect("the disk is sound");
    }
    let content = read(&engine);
    Ok((disk, content))
}

fn key(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = *input.choose(&[0, 1, 2, 4, 9, 40])?;
    (0..length).map(|_| Ok(*input.choose(&[0, 1, b'k', 0xFF])?)).collect()
}

/// Every space and row, the order of keys held on the way.
fn read(engine: &Memtx) -> Content {
    let mut content = Content::new();
    for space in (0..SPACES).map(space) {
        let Ok(mut cursor) = engine.scan(space, KeyRange::ALL, Timestamp::MAX, Direction::Forward) else { continue };
        let mut rows: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        while let Some(row) = cursor.next().expect("rows are in memory") {
            assert!(rows.last().is_none_or(|(last, _)| last[..] < *row.key), "keys fall");
            rows.push((row.key.to_vec(), row.value.to_vec()));
        }
        content.push((space, rows));
    }
    content
}

/// Every file of the engine, by name.
fn files(disk: &SimDisk) -> Vec<(PathBuf, Vec<u8>)> {
    let names = disk.list(Path::new(DIR)).expect("the directory lists");
    let paths = names.into_iter().map(|name| Path::new(DIR).join(name));
    paths.map(|path| (path.clone(), disk.read(&path).expect("a file reads"))).collect()
}
