//! The disk as one life of a node sees it: each operation is a step that a scheduled thread pauses before, and the life
//! can end at any of them.
//!
//! The bytes, and what of them a crash leaves, are [`SimDisk`]'s business. This wrapper belongs to one life: when that is
//! over, every operation of whoever still runs (a checkpoint on its thread) fails without touching the medium.

use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};

use cairn_base::seam::sim::SimDisk;
use cairn_base::seam::{Disk, DiskFile, DiskLock, OpenMode};

use crate::baton::pause;

/// The disk during one life of a node.
#[derive(Clone, Debug)]
pub struct LifeDisk {
    medium: SimDisk,
    life: Arc<Life>,
}

#[derive(Debug)]
struct Life {
    over: AtomicBool,
    /// Operations that change something until the machine stops; negative: it does not.
    changes_left: AtomicI64,
}

fn over() -> io::Error {
    io::Error::other("the simulated machine has stopped")
}

impl LifeDisk {
    /// The disk of a new life.
    pub fn new(medium: SimDisk) -> Self {
        let life = Life { over: AtomicBool::new(false), changes_left: AtomicI64::new(-1) };
        Self { medium, life: Arc::new(life) }
    }

    /// Ends this life: from now on every operation fails.
    pub fn end(&self) {
        self.life.over.store(true, SeqCst);
    }

    /// Is this life over?
    pub fn is_over(&self) -> bool {
        self.life.over.load(SeqCst)
    }

    /// Ends this life after so many more operations that change something.
    pub fn end_after(&self, changes: u64) {
        self.life.changes_left.store(changes as i64, SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.is_over() { Err(over()) } else { Ok(()) }
    }

    /// Before an operation that changes something.
    fn change(&self) -> io::Result<()> {
        pause();
        self.check()?;
        let left = self.life.changes_left.load(SeqCst);
        if left == 0 {
            self.end();
            return Err(over());
        }
        if left > 0 {
            self.life.changes_left.store(left - 1, SeqCst);
        }
        Ok(())
    }
}

impl Disk for LifeDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        match mode {
            OpenMode::Read | OpenMode::Write => self.check()?,
            OpenMode::Create | OpenMode::CreateNew => self.change()?,
        }
        let file = self.medium.open(path, mode)?;
        Ok(Arc::new(LifeFile { disk: self.clone(), path: path.to_owned(), file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        self.medium.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        self.medium.remove(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.check()?;
        self.medium.list(dir)
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.check()?;
        self.medium.create_dir_all(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.change()?;
        self.medium.sync_dir(dir)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.check()?;
        self.medium.lock(path)
    }
}

struct LifeFile {
    disk: LifeDisk,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
}

impl fmt::Debug for LifeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LifeFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl DiskFile for LifeFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.check()?;
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.change()?;
        self.file.write_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.change()?;
        self.file.sync_data()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.disk.change()?;
        self.file.set_len(bytes)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.disk.change()?;
        self.file.allocate(bytes)
    }

    fn len(&self) -> io::Result<u64> {
        self.disk.check()?;
        self.file.len()
    }

    fn raw_fd(&self) -> Option<RawFd> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_ends_after_so_many_changes() {
        let disk = LifeDisk::new(SimDisk::new());
        let file = disk.open(Path::new("/a"), OpenMode::Create).expect("open");
        disk.end_after(1);
        file.write_at(b"x", 0).expect("one is left");
        assert!(file.write_at(b"y", 0).is_err() && disk.is_over());
        assert!(disk.list(Path::new("/")).is_err());
        assert_eq!(disk.medium.read(Path::new("/a")).expect("the medium lives on"), b"x");
    }
}
