//! The files of a data directory, for tests that damage them.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Where the first record of a log segment stands: right behind the header.
pub const SEGMENT_HEADER_BYTES: u64 = 64;

/// Files of a directory with this ending, by name.
pub fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<_> = paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    found.sort();
    found
}

/// The log segments that were begun, oldest first, each with its bytes up to the last that is not zero: segments are
/// preallocated. One that was only made in advance does not carry its number yet.
pub fn segments(data: &Path) -> Vec<(PathBuf, u64)> {
    let begun = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("the segment can be read");
        let number: u64 = path.file_stem().and_then(|name| name.to_str()?.parse().ok()).expect("a numbered segment");
        let has_number = bytes.starts_with(b"CAIRNLOG") && bytes.get(24..32) == Some(&number.to_le_bytes());
        let written = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |position| position as u64 + 1);
        (has_number && written > SEGMENT_HEADER_BYTES).then_some((path, written))
    };
    files(&data.join("log"), "log").into_iter().filter_map(begun).collect()
}

/// The last of [`segments`].
pub fn last_segment(data: &Path) -> (PathBuf, u64) {
    segments(data).pop().expect("a segment with records")
}

/// The newest image of memtx.
pub fn last_image(data: &Path) -> PathBuf {
    files(&data.join("memtx"), "image").pop().expect("a checkpoint has written an image")
}

/// Cuts a file off.
pub fn cut(path: &Path, bytes: u64) {
    let file = std::fs::File::options().write(true).open(path).expect("the file can be written");
    file.set_len(bytes).expect("the file can be cut");
}

/// Inverts the bits of `mask` in the byte at `offset`. Doing it twice undoes it.
pub fn flip(path: &Path, offset: u64, mask: u8) {
    let mut file = std::fs::File::options().read(true).write(true).open(path).expect("the file can be written");
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut byte)).expect("the byte is there");
    byte[0] ^= mask;
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(&byte)).expect("the byte can be written");
}

/// Writes bytes over what is at `offset`; answers what was there.
pub fn overwrite(path: &Path, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let mut file = std::fs::File::options().read(true).write(true).open(path).expect("the file can be written");
    let mut before = vec![0; bytes.len()];
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut before)).expect("the bytes are there");
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(bytes)).expect("the bytes can be written");
    before
}
