//! Damaged and foreign files are refused with a message that says what is wrong; wrong settings, too.

use std::fs;

use cairn_engine_api::{Engine, EngineError, LogIndex, Op, Persisted, SpaceId, SpaceOptions, Stamp, Timestamp};
use cairn_vinyl::{Compression, VINYL_CODE, Vinyl, VinylConfig};
use tempfile::TempDir;

const SPACE: SpaceId = SpaceId::new(VINYL_CODE, 1);

/// A directory with a thousand rows on disk.
fn filled() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = VinylConfig { compression: Compression::None, ..VinylConfig::default() };
    let vinyl = Vinyl::open(config, directory.path()).expect("an empty directory");
    let keys: Vec<_> = (0..1000u32).map(u32::to_be_bytes).collect();
    let mut ops = vec![Op::CreateSpace { space: SPACE, options: SpaceOptions::default() }];
    ops.extend(keys.iter().map(|key| Op::Put { space: SPACE, key, value: &[5; 50] }));
    let stamp = Stamp { at: Timestamp(1), index: LogIndex(1), watermark: Timestamp::ZERO };
    vinyl.apply(&ops, stamp).expect("a right batch");
    vinyl.checkpoint(Persisted { index: LogIndex(1), at: Timestamp(1) }, &|_| {}).expect("the disk takes it");
    directory
}

/// The only file with that extension.
fn file(directory: &TempDir, ending: &str) -> std::path::PathBuf {
    let entries = fs::read_dir(directory.path()).expect("the directory exists").map(|entry| entry.expect("an entry"));
    let mut found = entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(ending));
    found.next().expect("the engine has written one")
}

fn open_error(directory: &TempDir) -> EngineError {
    Vinyl::open(VinylConfig::default(), directory.path()).expect_err("the directory is damaged")
}

#[test]
fn a_flipped_bit_in_a_block_is_found_by_the_read() {
    let directory = filled();
    let path = file(&directory, ".sst");
    let mut bytes = fs::read(&path).expect("the file");
    // In the middle of the rows: the first block, with the engine's own records, is read when opening.
    bytes[30_000] ^= 1;
    fs::write(&path, bytes).expect("the file can be written");
    let vinyl = Vinyl::open(VinylConfig::default(), directory.path()).expect("blocks are checked when they are read");
    let read = |n: u32| vinyl.get(SPACE, &n.to_be_bytes(), Timestamp(1), &mut Vec::new());
    let error = (0..1000).find_map(|n| read(n).err()).expect("the checksum of one block is wrong");
    let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    assert!(matches!(&error, EngineError::Corrupt(text) if text.contains(&name)), "{error}");
}

#[test]
fn a_missing_file_is_found_when_opening() {
    let directory = filled();
    let path = file(&directory, ".sst");
    fs::remove_file(&path).expect("the file can be removed");
    let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let error = open_error(&directory).to_string();
    assert!(error.contains(&name), "{error}");
}

#[test]
fn a_torn_manifest_is_found_when_opening() {
    let directory = filled();
    let path = fs::read_dir(directory.path())
        .expect("the directory exists")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.to_string_lossy().contains("MANIFEST"))
        .expect("a manifest");
    let mut bytes = fs::read(&path).expect("the manifest");
    bytes[10] ^= 0xff;
    fs::write(&path, bytes).expect("the manifest can be written");
    let error = open_error(&directory);
    assert!(matches!(error, EngineError::Corrupt(_)), "{error}");
}

#[test]
fn a_newer_format_is_refused() {
    let directory = filled();
    fs::write(directory.path().join("VINYL"), "cairn-vinyl 2\n").expect("the marker can be written");
    let error = open_error(&directory);
    assert!(matches!(&error, EngineError::Format(text) if text.contains("format 2")), "{error}");
}

#[test]
fn two_engines_do_not_share_a_directory() {
    let directory = filled();
    let first = Vinyl::open(VinylConfig::default(), directory.path()).expect("nobody else has it");
    let error = open_error(&directory).to_string();
    assert!(error.contains("lock") && error.contains("open vinyl in"), "{error}");
    drop(first);
    Vinyl::open(VinylConfig::default(), directory.path()).expect("free again");
}

#[test]
fn settings_are_refused_not_ignored() {
    let directory = filled();
    let vinyl = Vinyl::open(VinylConfig::default(), directory.path()).expect("a directory of vinyl");
    let settings = vec![("bloom_bits".to_owned(), "20".to_owned())];
    let error = vinyl.validate(&SpaceOptions { settings }).expect_err("vinyl has no settings per table");
    assert!(matches!(&error, EngineError::BadOption(text) if text.contains("\"bloom_bits\"")), "{error}");
    let config = VinylConfig { write_buffers_max: 0, ..VinylConfig::default() };
    assert!(matches!(Vinyl::open(config, directory.path()), Err(EngineError::BadOption(_))));
}

#[test]
fn a_read_below_the_watermark_is_an_error_not_an_answer() {
    let directory = filled();
    let config = VinylConfig { collect_versions_min: 1, ..VinylConfig::default() };
    let vinyl = Vinyl::open(config, directory.path()).expect("a directory of vinyl");
    let stamp = Stamp { at: Timestamp(9), index: LogIndex(9), watermark: Timestamp::ZERO };
    let keys: Vec<_> = (0..1000u32).map(u32::to_be_bytes).collect();
    let deletes: Vec<_> = keys.iter().map(|key| Op::Delete { space: SPACE, key }).collect();
    vinyl.apply(&deletes, stamp).expect("a right batch");
    while vinyl.collect(Timestamp(9)).expect("a collection") {}
    assert!(vinyl.get(SPACE, &[0; 4], Timestamp(8), &mut Vec::new()).is_err());
    assert!(!vinyl.get(SPACE, &[0; 4], Timestamp(9), &mut Vec::new()).expect("at the watermark"));
}
