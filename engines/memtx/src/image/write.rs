//! Writing one image file.

use std::collections::VecDeque;
use std::path::Path;

use cairn_base::fault;
use cairn_base::frame::{self, FRAME_HEADER_BYTES, FrameSeed};
use cairn_base::seam::DiskFile;
use cairn_engine_api::{Cursor, Direction, EngineError, KeyRange};

use super::block::{RawBlock, Sealed};
use super::footer::{BlockEntry, Footer, SpaceEntry};
use super::kind;
use super::lanes::Lanes;
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
    lanes: Lanes,
    footer: Footer,
    /// The space, by its place in the footer, of each block under way.
    places: VecDeque<usize>,
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
    std::thread::scope(|scope| {
        let mut image = ImageFile {
            file,
            path,
            seed: preamble.seed(),
            lanes: Lanes::start(scope, preamble.seed()).map_err(|error| failed(path, error))?,
            footer: Footer::default(),
            places: VecDeque::new(),
            buffer: preamble.encode().to_vec(),
            written: 0,
            synced: 0,
        };
        let mut rows_before = 0;
        for space in spaces {
            rows_before += image.write_space(space, preamble, &|rows| progress(rows_before + rows))?;
        }
        progress(rows_before);
        image.finish()
    })
}

impl ImageFile<'_> {
    /// Says how many rows there were.
    fn write_space(
        &mut self,
        space: &Arc<Space>,
        preamble: &Preamble,
        progress: &dyn Fn(u64),
    ) -> Result<u64, EngineError> {
        let place = self.footer.spaces.len();
        let entry = SpaceEntry { id: space.id, options: space.options.clone(), rows: 0, blocks: Vec::new() };
        self.footer.spaces.push(entry);
        let mut cursor = SpaceCursor::new(Arc::clone(space), KeyRange::ALL, preamble.snapshot, Direction::Forward);
        let new_block = || RawBlock::new(space.id, preamble.snapshot);
        let mut block = new_block();
        let mut rows = 0;
        while let Some(row) = cursor.next()? {
            if !block.has_room(row.key, row.value) {
                self.give(place, std::mem::replace(&mut block, new_block()))?;
                progress(rows);
            }
            block.push(row.key, row.value);
            rows += 1;
        }
        if !block.is_empty() {
            self.give(place, block)?;
        }
        self.footer.spaces[place].rows = rows;
        Ok(rows)
    }

    /// Lets a block be sealed; writes an earlier one where too many are under way.
    fn give(&mut self, place: usize, block: RawBlock) -> Result<(), EngineError> {
        if self.lanes.is_full() {
            self.write_next()?;
        }
        self.places.push_back(place);
        self.lanes.give(block);
        Ok(())
    }

    /// Writes the next block; `false`: there is none.
    fn write_next(&mut self) -> Result<bool, EngineError> {
        let (Some(sealed), Some(place)) = (self.lanes.take(), self.places.pop_front()) else { return Ok(false) };
        let Sealed { frame, entry } = sealed.map_err(|error| self.error(error))?;
        let end = self.written + self.buffer.len() as u64;
        let offset = entry.begin_behind(end);
        self.footer.spaces[place].blocks.push(BlockEntry { offset, ..entry });
        self.buffer.resize(self.buffer.len() + (offset - end) as usize, 0);
        self.buffer.extend_from_slice(&frame);
        if self.buffer.len() >= WRITE_BYTES_MIN {
            self.flush()?;
        }
        if self.written - self.synced >= SYNC_BYTES {
            self.sync()?;
        }
        Ok(true)
    }

    fn finish(mut self) -> Result<u64, EngineError> {
        while self.write_next()? {}
        let offset = self.written + self.buffer.len() as u64;
        let payload = self.footer.encode();
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
        failed(self.path, source)
    }
}

fn failed(path: &Path, source: std::io::Error) -> EngineError {
    EngineError::io(format!("write image {}", path.display()), source)
}
