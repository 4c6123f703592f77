//! Versions as they stand in a file, byte for byte what they are in memory, so that a file can be mapped instead of read.
//!
//! ```text
//!  0        8        16       20       24           24+key_len      24+key_len+row_len      multiple of 8
//! +--------+--------+--------+--------+------------+---------------+-----------------------+
//! |   0    |   at   |key_len | row_len| key bytes  |  row bytes    |  zeros                |
//! +--------+--------+--------+--------+------------+---------------+-----------------------+
//!   older             | 1<<31
//! ```
//! Integers are little-endian, as those of every machine that this is built for.

use std::mem::offset_of;

use cairn_engine_api::Timestamp;

use super::version::{IN_WINDOW, LENGTH_MAX, Version, version_bytes};

/// Every version begins at a multiple of this.
pub(crate) const ALIGN: usize = 8;

const AT: usize = 8;
const KEY_LEN: usize = 16;
const ROW_LEN: usize = 20;
const HEADER_BYTES: usize = 24;

const _: () = assert!(cfg!(target_endian = "little"), "versions in files are little-endian");
const _: () = assert!(offset_of!(Version, older) == 0 && offset_of!(Version, at) == AT);
const _: () = assert!(offset_of!(Version, key_len) == KEY_LEN && offset_of!(Version, row_len) == ROW_LEN);
const _: () = assert!(align_of::<Version>() <= ALIGN && version_bytes(0, 0) >= HEADER_BYTES);

/// Bytes of a version with a key and a row of these lengths.
pub(crate) const fn laid_out_bytes(key_len: usize, row_len: usize) -> usize {
    (HEADER_BYTES + key_len + row_len).next_multiple_of(ALIGN)
}

/// Appends a version to bytes whose length is a multiple of [`ALIGN`].
pub(crate) fn lay_out(key: &[u8], row: &[u8], at: Timestamp, out: &mut Vec<u8>) {
    debug_assert!(key.len() <= LENGTH_MAX && row.len() <= LENGTH_MAX && out.len().is_multiple_of(ALIGN));
    out.extend_from_slice(&0u64.to_le_bytes());
    out.extend_from_slice(&at.0.to_le_bytes());
    out.extend_from_slice(&(key.len() as u32 | IN_WINDOW).to_le_bytes());
    out.extend_from_slice(&(row.len() as u32).to_le_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(row);
    out.resize(out.len().next_multiple_of(ALIGN), 0);
}

/// A version as bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LaidOut<'b> {
    pub(crate) key: &'b [u8],
    pub(crate) row: &'b [u8],
    /// All of it, with header and zeros behind.
    pub(crate) whole: &'b [u8],
}

/// Versions, all committed at `at`, that stand one behind the other; ends where something else stands.
pub(crate) struct Versions<'b> {
    rest: &'b [u8],
    at: Timestamp,
}

impl<'b> Versions<'b> {
    pub(crate) fn of(bytes: &'b [u8], at: Timestamp) -> Self {
        Self { rest: bytes, at }
    }

    /// Is there nothing but zeros behind the last one taken?
    pub(crate) fn are_all(&self) -> bool {
        self.rest.iter().all(|byte| *byte == 0)
    }
}

impl<'b> Iterator for Versions<'b> {
    type Item = LaidOut<'b>;

    fn next(&mut self) -> Option<LaidOut<'b>> {
        let version = read(self.rest, self.at)?;
        self.rest = &self.rest[version.whole.len()..];
        Some(version)
    }
}

/// The version, committed at `at`, that `bytes` begin with; `None` when they do not begin with one.
fn read(bytes: &[u8], at: Timestamp) -> Option<LaidOut<'_>> {
    let header: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
    let word = |from: usize| u32::from_le_bytes([header[from], header[from + 1], header[from + 2], header[from + 3]]);
    let starts_well = header[..AT] == [0; 8] && header[AT..KEY_LEN] == at.0.to_le_bytes();
    let (key_len, row_len) = (word(KEY_LEN) ^ IN_WINDOW, word(ROW_LEN));
    let (key_len, row_len) = (key_len as usize, row_len as usize);
    if !starts_well || key_len > LENGTH_MAX || row_len > LENGTH_MAX {
        return None;
    }
    let whole = bytes.get(..laid_out_bytes(key_len, row_len))?;
    let (key, rest) = whole[HEADER_BYTES..].split_at(key_len);
    let (row, zeros) = rest.split_at(row_len);
    zeros.iter().all(|byte| *byte == 0).then_some(LaidOut { key, row, whole })
}

#[cfg(all(test, not(cairn_loom)))]
mod tests {
    use super::*;

    const AT_5: Timestamp = Timestamp(5);

    #[test]
    fn what_was_laid_out_reads_back() {
        let rows: [(&[u8], &[u8]); 4] = [(b"", b""), (b"key", b"row"), (b"8 bytes!", b""), (b"", &[7; 1000])];
        let mut bytes = Vec::new();
        rows.iter().for_each(|(key, row)| lay_out(key, row, AT_5, &mut bytes));
        let mut found = Versions::of(&bytes, AT_5);
        for (key, row) in rows {
            let version = found.next().expect("a version stands here");
            assert_eq!((version.key, version.row), (key, row));
            assert_eq!(version.whole.len(), laid_out_bytes(key.len(), row.len()));
        }
        assert_eq!((found.next(), found.rest), (None, &b""[..]));
    }

    #[test]
    fn other_bytes_are_refused() {
        let mut bytes = Vec::new();
        lay_out(b"k", b"row", AT_5, &mut bytes);
        assert_eq!(read(&bytes, Timestamp(6)), None, "of another snapshot");
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut], AT_5), None, "cut to {cut}");
        }
        // An older version, another time, no flag, lengths that end elsewhere, something behind the row.
        for place in [0, 7, 8, 15, 16, 19, 20, 23, 28, 31] {
            let mut bad = bytes.clone();
            bad[place] ^= 0x80;
            assert_eq!(read(&bad, AT_5), None, "byte {place}");
        }
    }
}
