//! A second reader of the format, written from the byte grids of `docs/formats/log.md` and nothing else: which of the
//! witnesses that were written are still whole.

use std::path::PathBuf;

use cairn_base::frame::{self, FRAME_HEADER_BYTES, FrameSeed};

/// Bytes before a segment's first batch.
pub(super) const SEGMENT_HEADER_BYTES: usize = 64;

/// Is the header of a begun segment left as it was written? Without one nothing says which log this was: bytes of another
/// one, spliced in, make it that one.
pub(super) fn knows_itself(before: &[(PathBuf, Vec<u8>)], damaged: &[(PathBuf, Vec<u8>)]) -> bool {
    before.iter().filter(|(_, bytes)| header(bytes).is_some()).any(|(path, bytes)| {
        let now = damaged.iter().find(|(other, _)| other == path);
        now.is_some_and(|(_, now)| now.starts_with(&bytes[..SEGMENT_HEADER_BYTES]))
    })
}

/// What every witness says that is byte for byte where and as it was written: the highest durable index.
pub(super) fn witnesses<'a>(
    before: &'a [(PathBuf, Vec<u8>)],
    damaged: &'a [(PathBuf, Vec<u8>)],
) -> impl Iterator<Item = u64> + 'a {
    before.iter().flat_map(move |(path, bytes)| {
        let now = damaged.iter().find(|(other, _)| other == path).map_or(&[][..], |(_, now)| now);
        let whole = move |range: std::ops::Range<usize>| now.get(range.clone()) == Some(&bytes[range]);
        let header = header(bytes).filter(|_| whole(0..SEGMENT_HEADER_BYTES));
        let batches = batches(bytes).into_iter().filter(move |batch| whole(batch.0.clone())).map(|batch| batch.1);
        header.into_iter().chain(batches)
    })
}

/// The witness in a segment's header; `None`: prepared, not begun.
fn header(bytes: &[u8]) -> Option<u64> {
    bytes.starts_with(b"CAIRNLOG").then(|| word(bytes, 48))
}

/// The batches of a sound segment: where, and what each says was durable.
fn batches(bytes: &[u8]) -> Vec<(std::ops::Range<usize>, u64)> {
    let mut found = Vec::new();
    if header(bytes).is_none() {
        return found;
    }
    let seed = FrameSeed::of(&bytes[16..32]);
    let mut at = SEGMENT_HEADER_BYTES;
    while let Some(frame) = bytes.get(at..).and_then(|rest| frame::decode(seed, rest).ok()) {
        let end = at + frame.frame_bytes();
        found.push((at..end, word(bytes, at + FRAME_HEADER_BYTES + 8)));
        at = end;
    }
    found
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word))
}
