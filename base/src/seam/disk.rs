//! Storage: files and directories, with exactly the promises that a file system gives.
//!
//! ```text
//!   write_at ----> live bytes ----sync_data----> durable bytes          what a file holds
//!   open, rename, remove ----> live names ----sync_dir----> durable names    which files there are
//! ```
//! A crash of the machine forgets what is not durable, in any combination: of two unsynced writes the later one may
//! survive and the earlier one not, and a write may survive in part. A crash of the process alone forgets nothing.
//! After a failed [`DiskFile::sync_data`] nobody knows what is durable; a later success says nothing about the bytes
//! before the failure (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).

use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;
use std::sync::Arc;

/// How [`Disk::open`] opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenMode {
    /// An existing file, for reading.
    Read,
    /// An existing file, for reading and writing.
    Write,
    /// For reading and writing; an absent file comes into being empty.
    Create,
    /// For reading and writing; the file must be absent.
    CreateNew,
}

/// A file system.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens a file. A created one may vanish in a crash until [`Self::sync_dir`] of its directory.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, atomically taking the place of a file that has it. Both within one file system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name. Open handles stay usable.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Names of the files (not the directories) in `dir`, sorted. Names that are not UTF-8 are left out: Cairn writes none.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Makes a directory and those above it, durably; existing ones are no error.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// Makes the names in `dir` durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Takes an exclusive lock on the file `path`, which is created if absent. Answers
    /// [`io::ErrorKind::WouldBlock`] at once when somebody else holds it. Released when dropped and when the process ends.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>>;

    /// A whole file's bytes.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.open(path, OpenMode::Read)?;
        let mut bytes = vec![0; usize::try_from(file.len()?).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}

/// An open file. Every call names its position, so a handle may be shared between threads.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Reads at most `buffer.len()` bytes from `offset` on; fewer only at the end of the file (0 behind it).
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`, beyond the end too. After an error any part of them may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes all that was written through any handle of this file durable, its length included.
    fn sync_data(&self) -> io::Result<()>;

    /// Cuts the file, or extends it with zeros.
    fn set_len(&self, bytes: u64) -> io::Result<()>;

    /// Reserves space up to `bytes`, so that writing there does not run out of it, and makes the file at least that long.
    /// New bytes read as zeros.
    fn allocate(&self, bytes: u64) -> io::Result<()>;

    /// The file's length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Is the file's length 0?
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The descriptor of a real file, for devices that hand it to the kernel themselves; `None` in a simulation. Valid
    /// while this handle lives.
    fn raw_fd(&self) -> Option<RawFd>;

    /// Fills all of `buffer` from `offset` on; [`io::ErrorKind::UnexpectedEof`] when the file ends before.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self.read_at(buffer, offset)? {
            n if n == buffer.len() => Ok(()),
            n => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{n} of {} bytes at offset {offset}", buffer.len()),
            )),
        }
    }
}

/// Holds a lock until dropped.
pub trait DiskLock: Send + fmt::Debug {}

#[cfg(test)]
mod tests;
