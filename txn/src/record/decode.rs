//! Reading a record, whatever the bytes are.

use cairn_base::{SpaceId, Timestamp};
use cairn_engine_api::{Op, SpaceOptions};

use super::{FORMAT_VERSION, HEADER_BYTES, TAG_CREATE, TAG_DELETE, TAG_DROP, TAG_PUT, varint};

/// Bytes that are not a commit record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// Shorter than its header or its operations.
    #[error("commit record is cut short at byte {0}")]
    Cut(usize),
    /// Written by another version.
    #[error("commit record has format {0}, this build reads format {FORMAT_VERSION}")]
    Version(u8),
    /// An operation that does not exist.
    #[error("commit record has an unknown operation {tag} at byte {at}")]
    Tag {
        /// What stands there.
        tag: u8,
        /// Where.
        at: usize,
    },
    /// A setting's text is not UTF-8.
    #[error("commit record has text that is not UTF-8 at byte {0}")]
    Text(usize),
    /// Bytes after the last operation.
    #[error("commit record goes on after its last operation, at byte {0}")]
    Tail(usize),
}

/// A record's header over its bytes.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    bytes: &'a [u8],
    at: Timestamp,
    ops: u32,
}

impl<'a> RecordView<'a> {
    /// Reads the header.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let header = bytes.get(..HEADER_BYTES).ok_or(RecordError::Cut(bytes.len()))?;
        if header[0] != FORMAT_VERSION {
            return Err(RecordError::Version(header[0]));
        }
        let ops = u32::from_le_bytes(header[4..8].try_into().expect("four bytes"));
        let at = Timestamp(u64::from_le_bytes(header[8..16].try_into().expect("eight bytes")));
        Ok(Self { bytes, at, ops })
    }

    /// The commit timestamp.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// How many operations the header promises.
    pub fn len(&self) -> usize {
        self.ops as usize
    }

    /// No operations?
    pub fn is_empty(&self) -> bool {
        self.ops == 0
    }

    /// The operations in order. Ends after the first error.
    pub fn ops(&self) -> Ops<'a> {
        Ops { bytes: self.bytes, at: HEADER_BYTES, left: self.ops, broken: false }
    }
}

/// Iterator over a record's operations.
#[derive(Clone, Debug)]
pub struct Ops<'a> {
    bytes: &'a [u8],
    at: usize,
    left: u32,
    broken: bool,
}

impl<'a> Iterator for Ops<'a> {
    type Item = Result<Op<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        if self.left == 0 {
            return self.end();
        }
        self.left -= 1;
        let op = self.op();
        self.broken = op.is_err();
        Some(op)
    }
}

impl<'a> Ops<'a> {
    /// The operation at `at`, a place that [`Self::position`] named, of bytes that decode.
    pub(crate) fn op_at(bytes: &'a [u8], at: u32) -> Op<'a> {
        let mut ops = Self { bytes, at: at as usize, left: 1, broken: false };
        ops.op().expect("own records are well formed")
    }

    /// Where the next operation begins.
    pub(crate) fn position(&self) -> u32 {
        self.at as u32
    }

    fn end(&mut self) -> Option<Result<Op<'a>, RecordError>> {
        if self.at == self.bytes.len() {
            return None;
        }
        self.broken = true;
        Some(Err(RecordError::Tail(self.at)))
    }

    fn op(&mut self) -> Result<Op<'a>, RecordError> {
        let start = self.at;
        let tag = self.take(1)?[0];
        let space = SpaceId(u32::from_le_bytes(self.take(4)?.try_into().expect("four bytes")));
        match tag {
            TAG_CREATE => Ok(Op::CreateSpace { space, options: self.options()? }),
            TAG_DROP => Ok(Op::DropSpace { space }),
            TAG_PUT => {
                let (key, value) = (self.varint()?, self.varint()?);
                Ok(Op::Put { space, key: self.take(key)?, value: self.take(value)? })
            }
            TAG_DELETE => {
                let key = self.varint()?;
                Ok(Op::Delete { space, key: self.take(key)? })
            }
            _ => Err(RecordError::Tag { tag, at: start }),
        }
    }

    fn options(&mut self) -> Result<SpaceOptions, RecordError> {
        let count = self.varint()?;
        let mut settings = Vec::new();
        for _ in 0..count {
            settings.push((self.text()?, self.text()?));
        }
        Ok(SpaceOptions { settings })
    }

    fn text(&mut self) -> Result<String, RecordError> {
        let len = self.varint()?;
        let at = self.at;
        let text = std::str::from_utf8(self.take(len)?).map_err(|_| RecordError::Text(at))?;
        Ok(text.to_owned())
    }

    fn varint(&mut self) -> Result<usize, RecordError> {
        let (value, taken) = varint::read(&self.bytes[self.at..]).ok_or(RecordError::Cut(self.at))?;
        self.at += taken;
        Ok(value as usize)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], RecordError> {
        let end = self.at.checked_add(len).ok_or(RecordError::Cut(self.at))?;
        let bytes = self.bytes.get(self.at..end).ok_or(RecordError::Cut(self.at))?;
        self.at = end;
        Ok(bytes)
    }
}
