//! Reading one image file: preamble, footer, single blocks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_base::frame::{self, FrameError, FrameSeed};
use cairn_base::seam::{Disk, DiskFile, OpenMode};
use cairn_engine_api::{EngineError, Timestamp};

use super::block::BlockReader;
use super::footer::{BlockEntry, Footer, SpaceEntry};
use super::preamble::{self, PREAMBLE_BYTES, Preamble, TRAILER_BYTES};
use super::{corrupt, kind, refuse, window};
use crate::art::{Leaves, Slabs};

/// One block to read.
#[derive(Clone, Copy)]
pub(super) struct Job<'f> {
    pub(super) space: &'f SpaceEntry,
    pub(super) block: &'f BlockEntry,
    /// How many windows come before it in the image.
    pub(super) window: usize,
}

/// An image whose preamble and footer are sound.
pub(super) struct ImageReader {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    pub(super) preamble: Preamble,
    pub(super) footer: Footer,
    /// Length of the file in bytes.
    pub(super) bytes: u64,
    seed: FrameSeed,
}

impl ImageReader {
    /// Opens an image and checks everything but the blocks.
    pub(super) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, EngineError> {
        let read_error = |error| EngineError::io(format!("read image {}", path.display()), error);
        let file = disk.open(path, OpenMode::Read).map_err(read_error)?;
        let bytes = file.len().map_err(read_error)?;
        let least = (PREAMBLE_BYTES + TRAILER_BYTES) as u64;
        if bytes < least {
            return Err(corrupt(path, bytes, format_args!("the file ends here, an image has at least {least} bytes")));
        }
        let mut head = [0; PREAMBLE_BYTES];
        file.read_exact_at(&mut head, 0).map_err(read_error)?;
        let preamble = Preamble::decode(&head).map_err(|error| refuse(path, error))?;
        let seed = preamble.seed();
        let end = bytes - TRAILER_BYTES as u64;
        let mut tail = [0; TRAILER_BYTES];
        file.read_exact_at(&mut tail, end).map_err(read_error)?;
        let offset = preamble::decode_trailer(seed, &tail)
            .filter(|offset| (PREAMBLE_BYTES as u64..end).contains(offset))
            .ok_or_else(|| corrupt(path, end, "the trailer is damaged or the file was cut"))?;
        let mut image = Self { file, path: path.to_path_buf(), preamble, footer: Footer::default(), bytes, seed };
        image.footer = image.read_footer(offset, end)?;
        image.check_gaps()?;
        Ok(image)
    }

    /// Between blocks, in front of windows, there are zeros.
    fn check_gaps(&self) -> Result<(), EngineError> {
        for gap in self.footer.gaps(PREAMBLE_BYTES as u64) {
            let bytes = self.read_bytes(gap.start, gap.end - gap.start)?;
            if bytes.iter().any(|byte| *byte != 0) {
                return Err(self.corrupt(gap.start, "bytes between two blocks are not zero"));
            }
        }
        Ok(())
    }

    fn read_footer(&self, offset: u64, end: u64) -> Result<Footer, EngineError> {
        let bytes = self.read_bytes(offset, end - offset)?;
        let payload = self.check_frame(&bytes, kind::FOOTER, offset)?;
        Footer::decode(payload, self.preamble.version)
            .filter(|footer| footer.is_consistent(PREAMBLE_BYTES as u64, offset))
            .ok_or_else(|| corrupt(&self.path, offset, "the footer contradicts itself"))
    }

    /// Reads, checks and decodes one block, or maps it where it is window number `window`.
    pub(super) fn read_block(
        &self,
        reader: &mut BlockReader,
        slabs: &Slabs,
        job: &Job<'_>,
    ) -> Result<Leaves, EngineError> {
        let at = self.preamble.snapshot;
        match job.block.kind {
            kind::WINDOW => self.read_window(slabs, job, at),
            _ => self.read_compressed(reader, job.space, job.block, at),
        }
    }

    /// The rows stay in the file where the system lets them be mapped and locked, else they are copied.
    fn read_window(&self, slabs: &Slabs, job: &Job<'_>, at: Timestamp) -> Result<Leaves, EngineError> {
        let Job { space, block, window } = *job;
        // SAFETY: the footer says, and was held against the file's length, that the window is there. Nobody changes an image
        // that has its name: it is only ever removed, and a removed file stays as long as it is mapped.
        let mapped = self.file.raw_fd().and_then(|file| unsafe { slabs.map(window, file, block.offset) });
        let leaves = match mapped {
            Some(mapped) => {
                self.check_frame(mapped.bytes(), kind::WINDOW, block.offset)?;
                window::map(&mapped, space.id, block, at)
            }
            None => {
                let bytes = self.read_bytes(block.offset, block.frame_bytes)?;
                let payload = self.check_frame(&bytes, kind::WINDOW, block.offset)?;
                window::copy(payload, space.id, block, at)
            }
        };
        leaves.map_err(|what| self.corrupt(block.offset, what))
    }

    fn read_compressed(
        &self,
        reader: &mut BlockReader,
        space: &SpaceEntry,
        block: &BlockEntry,
        at: Timestamp,
    ) -> Result<Leaves, EngineError> {
        let bytes = self.read_bytes(block.offset, block.frame_bytes)?;
        let payload = self.check_frame(&bytes, kind::BLOCK, block.offset)?;
        reader.read(payload, space.id, block, at).map_err(|what| self.corrupt(block.offset, what))
    }

    /// An error about this file.
    pub(super) fn corrupt(&self, offset: u64, what: &str) -> EngineError {
        corrupt(&self.path, offset, what)
    }

    /// An input or output error about this file.
    pub(super) fn io(&self, error: std::io::Error) -> EngineError {
        EngineError::io(format!("read image {}", self.path.display()), error)
    }

    fn read_bytes(&self, offset: u64, length: u64) -> Result<Vec<u8>, EngineError> {
        // The length is below the file's: the trailer and the footer were held against that.
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| self.corrupt(offset, "the length is absurd"))?];
        self.file.read_exact_at(&mut bytes, offset).map_err(|error| self.io(error))?;
        Ok(bytes)
    }

    /// The payload of the frame that fills `bytes`.
    fn check_frame<'b>(&self, bytes: &'b [u8], kind: u8, offset: u64) -> Result<&'b [u8], EngineError> {
        let frame = frame::decode(self.seed, bytes).map_err(|error: FrameError| corrupt(&self.path, offset, error))?;
        if frame.kind != kind || frame.frame_bytes() != bytes.len() {
            return Err(self.corrupt(offset, "the frame is not the one that belongs here"));
        }
        Ok(frame.payload)
    }
}
