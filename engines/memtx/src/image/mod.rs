//! Images: all rows of one snapshot in one file. `docs/formats/image.md` has the byte grids.
//!
//! ```text
//!   checkpoint:  snapshot --> cursor --> blocks --> frames on two threads --> NNN.image.tmp --sync--> rename to NNN.image --sync dir-->
//!   open:        NNN.image --> footer --> blocks on two threads, mapped or decoded --> leaves --> builder --> trees
//! ```
//! Most rows go to *windows*, which are mapped into memory as they are; what would fill less than half of one, and rows of
//! many kilobytes, to compressed blocks.
//!
//! An image takes its name only after every byte is durable, so a file called `*.image` is whole, or the medium has
//! damaged it since. Damage is never repaired by taking an older image: the log before the newest one may be gone, and an
//! older image without that log is a database with a hole in it.

mod block;
mod cover;
mod evacuation;
mod footer;
mod lanes;
mod load;
mod preamble;
mod read;
mod store;
#[cfg(test)]
mod tests;
mod window;
mod write;

pub(crate) use evacuation::Windows;
pub(crate) use store::{ImageStore, Loaded};

use std::fmt::Display;
use std::path::Path;

use cairn_engine_api::EngineError;

use preamble::{FORMAT_VERSION, PreambleError};

/// Kinds of frames in an image.
mod kind {
    /// Rows of one space, compressed.
    pub(super) const BLOCK: u8 = 1;
    /// The index of everything.
    pub(super) const FOOTER: u8 = 2;
    /// Rows of one space as they lie in memory.
    pub(super) const WINDOW: u8 = 3;
}

/// An error that names file and place, and says why nothing was tried instead.
fn corrupt(path: &Path, offset: u64, what: impl Display) -> EngineError {
    EngineError::Corrupt(format!(
        "{} at offset {offset}: {what}. This image is the only copy of rows whose log records may be gone, so no older \
         state was opened instead; restore the file, or rebuild this instance from another copy of its data",
        path.display()
    ))
}

/// The same for a file whose first bytes are wrong.
fn refuse(path: &Path, error: PreambleError) -> EngineError {
    match error {
        PreambleError::Corrupt(offset, what) => corrupt(path, offset, what),
        PreambleError::Newer(version) => EngineError::Format(format!(
            "{} has image format {version}, this program reads formats up to {FORMAT_VERSION}: start it with the program \
             that wrote it, or a newer one",
            path.display()
        )),
    }
}

/// A cursor over untrusted bytes: every read may fail, none panics.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    /// Bytes behind their length.
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()?;
        self.take(length as usize)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Appends bytes behind their length.
fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).expect("keys, rows and names are at most 1 GiB");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
}
