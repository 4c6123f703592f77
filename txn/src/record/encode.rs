//! Writing a record into the buffer that everybody will share.

use std::sync::Arc;

use cairn_base::{SpaceId, Timestamp};
use cairn_engine_api::SpaceOptions;

use super::{FORMAT_VERSION, HEADER_BYTES, TAG_CREATE, TAG_DELETE, TAG_DROP, TAG_PUT, varint};

/// Bytes of tag and space.
const OP_PREFIX: usize = 1 + 4;

/// Fills a buffer whose exact length was summed up before with the `*_len` functions.
pub(crate) struct RecordWriter {
    bytes: Arc<[u8]>,
    at: usize,
    ops: u32,
}

impl RecordWriter {
    /// A record whose operations take `ops_bytes`.
    pub(crate) fn new(ops_bytes: usize) -> Self {
        // `RepeatN` has a trusted length, so this is one allocation and one fill.
        let bytes = std::iter::repeat_n(0u8, HEADER_BYTES + ops_bytes).collect();
        Self { bytes, at: HEADER_BYTES, ops: 0 }
    }

    pub(crate) fn create_len(options: &SpaceOptions) -> usize {
        let settings = options.settings.iter();
        let text: usize = settings.map(|(name, value)| text_len(name) + text_len(value)).sum();
        OP_PREFIX + varint::len(options.settings.len() as u32) + text
    }

    pub(crate) const fn drop_len() -> usize {
        OP_PREFIX
    }

    pub(crate) const fn put_len(key: usize, value: usize) -> usize {
        OP_PREFIX + varint::len(key as u32) + varint::len(value as u32) + key + value
    }

    pub(crate) const fn delete_len(key: usize) -> usize {
        OP_PREFIX + varint::len(key as u32) + key
    }

    pub(crate) fn create(&mut self, space: SpaceId, options: &SpaceOptions) {
        let mut out = self.cursor();
        out.prefix(TAG_CREATE, space);
        out.varint(options.settings.len());
        for (name, value) in &options.settings {
            out.varint(name.len());
            out.bytes(name.as_bytes());
            out.varint(value.len());
            out.bytes(value.as_bytes());
        }
        let end = out.at;
        self.advance(end);
    }

    pub(crate) fn drop(&mut self, space: SpaceId) {
        let mut out = self.cursor();
        out.prefix(TAG_DROP, space);
        let end = out.at;
        self.advance(end);
    }

    pub(crate) fn put(&mut self, space: SpaceId, key: &[u8], value: &[u8]) {
        let mut out = self.cursor();
        out.prefix(TAG_PUT, space);
        out.varint(key.len());
        out.varint(value.len());
        out.bytes(key);
        out.bytes(value);
        let end = out.at;
        self.advance(end);
    }

    pub(crate) fn delete(&mut self, space: SpaceId, key: &[u8]) {
        let mut out = self.cursor();
        out.prefix(TAG_DELETE, space);
        out.varint(key.len());
        out.bytes(key);
        let end = out.at;
        self.advance(end);
    }

    /// Writes the header and hands the buffer out.
    pub(crate) fn finish(mut self, at: Timestamp) -> Arc<[u8]> {
        assert_eq!(self.at, self.bytes.len(), "a record's length was summed up wrongly");
        let ops = self.ops;
        let header = self.buffer();
        header[0] = FORMAT_VERSION;
        header[4..8].copy_from_slice(&ops.to_le_bytes());
        header[8..16].copy_from_slice(&at.0.to_le_bytes());
        self.bytes
    }

    fn buffer(&mut self) -> &mut [u8] {
        Arc::get_mut(&mut self.bytes).expect("nobody else has the buffer before `finish`")
    }

    fn cursor(&mut self) -> Out<'_> {
        let at = self.at;
        Out { bytes: self.buffer(), at }
    }

    fn advance(&mut self, at: usize) {
        self.at = at;
        self.ops += 1;
    }
}

const fn text_len(text: &str) -> usize {
    varint::len(text.len() as u32) + text.len()
}

/// A position in the buffer.
struct Out<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Out<'_> {
    fn prefix(&mut self, tag: u8, space: SpaceId) {
        self.bytes(&[tag]);
        self.bytes(&space.0.to_le_bytes());
    }

    fn varint(&mut self, value: usize) {
        self.at += varint::write(&mut self.bytes[self.at..], value as u32);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }
}
