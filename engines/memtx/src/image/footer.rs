//! The footer: which spaces there are, with their settings, and where their rows lie.
//!
//! ```text
//! footer := u32 spaces, space*
//! space  := u32 id, u32 settings, (bytes name, bytes value)*, u64 rows, u32 blocks, block*
//! block  := u64 offset, u64 frame bytes, u8 kind, u32 rows, bytes first key          in format 1 without a kind
//! bytes  := u32 length, that many bytes
//! ```

use cairn_engine_api::{SpaceId, SpaceOptions};

use super::window::PAGE_BYTES;
use super::{Input, kind, put_bytes};
use crate::art::WINDOW_BYTES;

/// The content of a footer frame.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Footer {
    /// By id.
    pub(super) spaces: Vec<SpaceEntry>,
}

/// One space of an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SpaceEntry {
    pub(super) id: SpaceId,
    pub(super) options: SpaceOptions,
    pub(super) rows: u64,
    /// In key order.
    pub(super) blocks: Vec<BlockEntry>,
}

/// One block of a space.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BlockEntry {
    /// Where its frame begins.
    pub(super) offset: u64,
    /// Bytes of its frame, header included.
    pub(super) frame_bytes: u64,
    /// The frame's kind: compressed, or a window.
    pub(super) kind: u8,
    pub(super) rows: u32,
    pub(super) first_key: Vec<u8>,
}

impl Footer {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_count(self.spaces.len(), &mut out);
        for space in &self.spaces {
            out.extend_from_slice(&space.id.0.to_le_bytes());
            put_count(space.options.settings.len(), &mut out);
            for (name, value) in &space.options.settings {
                put_bytes(name.as_bytes(), &mut out);
                put_bytes(value.as_bytes(), &mut out);
            }
            out.extend_from_slice(&space.rows.to_le_bytes());
            put_count(space.blocks.len(), &mut out);
            for block in &space.blocks {
                out.extend_from_slice(&block.offset.to_le_bytes());
                out.extend_from_slice(&block.frame_bytes.to_le_bytes());
                out.push(block.kind);
                out.extend_from_slice(&block.rows.to_le_bytes());
                put_bytes(&block.first_key, &mut out);
            }
        }
        out
    }

    /// `None`: these bytes are not a footer of this version of the format.
    pub(super) fn decode(bytes: &[u8], version: u32) -> Option<Self> {
        let mut input = Input(bytes);
        let spaces = (0..input.u32()?).map(|_| SpaceEntry::decode(&mut input, version)).collect::<Option<_>>()?;
        input.is_empty().then_some(Self { spaces })
    }

    /// Do the blocks lie one behind the other from `start` to `end`, windows at the next page, and do the counts agree?
    pub(super) fn is_consistent(&self, start: u64, end: u64) -> bool {
        let mut offset = start;
        for space in &self.spaces {
            for block in &space.blocks {
                if block.offset != block.begin_behind(offset) || block.rows == 0 || !block.has_its_size() {
                    return false;
                }
                let Some(next) = block.offset.checked_add(block.frame_bytes) else { return false };
                offset = next;
            }
            if space.blocks.iter().map(|block| u64::from(block.rows)).sum::<u64>() != space.rows {
                return false;
            }
        }
        // By number, which is what the engine finds spaces by: an image holds spaces of one engine.
        let by_number =
            |a: &SpaceEntry, b: &SpaceEntry| a.id.engine() == b.id.engine() && a.id.number() < b.id.number();
        offset == end && self.spaces.is_sorted_by(by_number)
    }

    /// The pieces of the file before windows that belong to nothing, where blocks begin at `start`.
    pub(super) fn gaps(&self, start: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
        let blocks = self.spaces.iter().flat_map(|space| &space.blocks);
        let gaps = blocks.scan(start, |end, block| {
            let gap = *end..block.offset;
            *end = block.offset + block.frame_bytes;
            Some(gap)
        });
        gaps.filter(|gap| !gap.is_empty())
    }

    /// Rows of all spaces.
    pub(super) fn rows(&self) -> u64 {
        self.spaces.iter().map(|space| space.rows).sum()
    }
}

impl SpaceEntry {
    fn decode(input: &mut Input<'_>, version: u32) -> Option<Self> {
        let id = SpaceId(input.u32()?);
        let text = |input: &mut Input<'_>| String::from_utf8(input.bytes()?.to_vec()).ok();
        let settings = (0..input.u32()?).map(|_| Some((text(input)?, text(input)?))).collect::<Option<Vec<_>>>()?;
        let rows = input.u64()?;
        let blocks = (0..input.u32()?).map(|_| BlockEntry::decode(input, version)).collect::<Option<_>>()?;
        Some(Self { id, options: SpaceOptions { settings }, rows, blocks })
    }
}

impl BlockEntry {
    fn decode(input: &mut Input<'_>, version: u32) -> Option<Self> {
        Some(Self {
            offset: input.u64()?,
            frame_bytes: input.u64()?,
            kind: if version == 1 { kind::BLOCK } else { input.u8()? },
            rows: input.u32()?,
            first_key: input.bytes()?.to_vec(),
        })
    }
}

impl BlockEntry {
    /// Where it begins behind what ends at `offset`.
    pub(super) fn begin_behind(&self, offset: u64) -> u64 {
        // A sum that is too large for 64 bits is no offset of a file; it is told by not being equal to one.
        if self.kind == kind::WINDOW { offset.checked_next_multiple_of(PAGE_BYTES).unwrap_or(0) } else { offset }
    }

    fn has_its_size(&self) -> bool {
        match self.kind {
            kind::WINDOW => self.frame_bytes == WINDOW_BYTES as u64,
            other => other == kind::BLOCK,
        }
    }
}

fn put_count(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(count).expect("an image has fewer than 2^32 blocks").to_le_bytes());
}
