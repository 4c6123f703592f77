//! Writing one image file.

use std::path::Path;

use cairn_base::fault;
use cairn_base::frame::{self, FRAME_HEADER_BYTES, FrameSeed};
use cairn_base::seam::DiskFile;
use cairn_engine_api::{Cursor, Direction, EngineError, KeyRange};

use super::block::BlockBuilder;
use super::footer::{Footer, SpaceEntry};
use super::kind;
use super::preamble::{Preamble, encode_trailer};
use crate::cursor::SpaceCursor;
use crate::space::Space;
use crate::sync::Arc;

/// Bytes gathered before they go to the disk.
const WRITE_BYTES_MIN: usize = 1 << 20;
/// Bytes written between two syncs: the last sync then has little left to do, and the log's syncs do not queue behind
/// gigabytes of ours.
const SYNC_BYTES: u64 = 32 << 20;

/// An image file being written.
struct ImageFile<'a> {
    file: &'a dyn DiskFile,
    path: &'a Path,
    seed: FrameSeed,
    buffer: Vec<u8>,
    /// Bytes handed to the disk.
    written: u64,
    synced: u64,
}

/// Writes the rows of `spaces` visible at the preamble's snapshot, makes them durable, and says how long the file is.
/// The caller sees to it that the snapshot stays readable.
pub(super) fn write_image(
    file: &dyn DiskFile,
    path: &Path,
    preamble: &Preamble,
    spaces: &[Arc<Space>],
    progress: &dyn Fn(u64),
) -> Result<u64, EngineError> {
    let buffer = preamble.encode().to_vec();
    let mut image = ImageFile { file, path, seed: preamble.seed(), buffer, written: 0, synced: 0 };
    let mut blocks = BlockBuilder::new().map_err(|error| image.error(error))?;
    let mut footer = Footer::default();
    let mut rows_before = 0;
    for space in spaces {
        let entry = image.write_space(space, preamble, &mut blocks, &|rows| progress(rows_before + rows))?;
        rows_before += entry.rows;
        footer.spaces.push(entry);
    }
    progress(rows_before);
    image.finish(&footer)
}

impl ImageFile<'_> {
    fn write_space(
        &mut self,
        space: &Arc<Space>,
        preamble: &Preamble,
        blocks: &mut BlockBuilder,
        progress: &dyn Fn(u64),
    ) -> Result<SpaceEntry, EngineError> {
        let mut entry = SpaceEntry { id: space.id, options: space.options.clone(), rows: 0, blocks: Vec::new() };
        let mut cursor = SpaceCursor::new(Arc::clone(space), KeyRange::ALL, preamble.snapshot, Direction::Forward);
        while let Some(row) = cursor.next()? {
            blocks.push(row.key, row.value);
            entry.rows += 1;
            if blocks.is_full() {
                self.write_block(blocks, &mut entry)?;
                progress(entry.rows);
            }
        }
        if !blocks.is_empty() {
            self.write_block(blocks, &mut entry)?;
        }
        Ok(entry)
    }

    fn write_block(&mut self, blocks: &mut BlockBuilder, space: &mut SpaceEntry) -> Result<(), EngineError> {
        let offset = self.written + self.buffer.len() as u64;
        let start = frame::begin(&mut self.buffer);
        let mut block = blocks.finish(space.id, &mut self.buffer).map_err(|error| self.error(error))?;
        frame::finish(self.seed, kind::BLOCK, start, &mut self.buffer);
        block.offset = offset;
        block.frame_bytes = (self.buffer.len() - start) as u64;
        space.blocks.push(block);
        if self.buffer.len() >= WRITE_BYTES_MIN {
            self.flush()?;
        }
        if self.written - self.synced >= SYNC_BYTES {
            self.sync()?;
        }
        Ok(())
    }

    fn finish(mut self, footer: &Footer) -> Result<u64, EngineError> {
        let offset = self.written + self.buffer.len() as u64;
        let payload = footer.encode();
        if payload.len() > cairn_base::limits::FRAME_PAYLOAD_BYTES_MAX - FRAME_HEADER_BYTES {
            return Err(self.error(std::io::Error::other("the footer exceeds 4 GiB")));
        }
        frame::encode(self.seed, kind::FOOTER, &[&payload], &mut self.buffer);
        self.buffer.extend_from_slice(&encode_trailer(self.seed, offset));
        self.flush()?;
        self.sync()?;
        Ok(self.written)
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        self.file.write_at(&self.buffer, self.written).map_err(|error| self.error(error))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn sync(&mut self) -> Result<(), EngineError> {
        if !fault!(ImageNotSynced) {
            self.file.sync_data().map_err(|error| self.error(error))?;
        }
        self.synced = self.written;
        Ok(())
    }

    fn error(&self, source: std::io::Error) -> EngineError {
        EngineError::io(format!("write image {}", self.path.display()), source)
    }
}
