//! A disk in memory that can crash, fail, fill up and lie: deterministic, given its random numbers.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::image::FileImage;
use crate::seam::{Disk, DiskFile, DiskLock, OpenMode, Rng};

type FileId = u64;

/// How a sync goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncFault {
    /// It fails, and what it should have written never becomes durable, whatever later syncs say.
    Lost,
    /// It fails, but everything became durable: it happened and was reported lost.
    HappenedButReported,
}

/// A simulated disk. Clones are the same disk, so a test keeps one to crash it and to inject faults:
///
/// ```text
///   live names ---> file: live bytes            what the program sees
///        |                 |
///     sync_dir         sync_data
///        v                 v
///   durable names -> file: durable bytes        what is there after crash()
/// ```
/// [`Self::crash`] decides for every unsynced change of a name and every unsynced write, independently, whether it
/// survives; writes can also survive in part, sector by sector. Handles opened before a crash only answer errors.
/// Directories exist as soon as they are named and survive: making them is not what the simulation is about.
#[derive(Clone, Debug, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<FileId, FileImage>,
    names: BTreeMap<PathBuf, FileId>,
    durable_names: BTreeMap<PathBuf, FileId>,
    unsynced_names: Vec<NameChange>,
    locks: BTreeMap<PathBuf, u64>,
    next_id: u64,
    crashes: u64,
    capacity_bytes: Option<u64>,
    faults: Faults,
    syncs: u64,
}

#[derive(Debug, Default)]
struct Faults {
    writes: BTreeMap<u64, usize>,
    syncs: BTreeMap<u64, SyncFault>,
    misreads: Vec<Misread>,
    write_calls: u64,
    sync_calls: u64,
}

/// A byte that is read wrong once.
#[derive(Debug)]
struct Misread {
    file: FileId,
    offset: u64,
    mask: u8,
}

/// A change in one directory, atomic on its own: several names for a rename.
#[derive(Debug)]
struct NameChange {
    dir: PathBuf,
    sets: Vec<(PathBuf, Option<FileId>)>,
}

impl SimDisk {
    /// An empty disk without limits or faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The machine crashes and comes back: see the type's documentation for what is left.
    pub fn crash(&self, rng: &mut dyn Rng) {
        self.locked().crash(rng);
    }

    /// The process dies, the machine lives on: handles and locks are gone, all bytes and names stay.
    pub fn kill_process(&self) {
        let mut state = self.locked();
        state.crashes += 1;
        state.locks.clear();
    }

    /// The write after `skip` more writes fails, having written its first `keep_bytes` bytes.
    pub fn fail_write(&self, skip: u64, keep_bytes: usize) {
        let faults = &mut self.locked().faults;
        faults.writes.insert(faults.write_calls + skip, keep_bytes);
    }

    /// The sync (of data or of a directory) after `skip` more syncs fails.
    pub fn fail_sync(&self, skip: u64, fault: SyncFault) {
        let faults = &mut self.locked().faults;
        faults.syncs.insert(faults.sync_calls + skip, fault);
    }

    /// The next read that covers this byte of a file returns it with these bits flipped. The medium keeps the right ones.
    pub fn misread(&self, path: &Path, offset: u64, mask: u8) -> io::Result<()> {
        let mut state = self.locked();
        let file = state.id_of(path)?;
        state.faults.misreads.push(Misread { file, offset, mask });
        Ok(())
    }

    /// Misreads that have not struck yet.
    pub fn pending_misreads(&self) -> usize {
        self.locked().faults.misreads.len()
    }

    /// Forgets injected faults that have not struck yet.
    pub fn clear_faults(&self) {
        let faults = &mut self.locked().faults;
        faults.writes.clear();
        faults.syncs.clear();
        faults.misreads.clear();
    }

    /// Flips bits of one byte of a file on the medium.
    pub fn flip(&self, path: &Path, offset: u64, mask: u8) -> io::Result<()> {
        let mut state = self.locked();
        let id = state.id_of(path)?;
        state.image(id)?.flip(offset as usize, mask);
        Ok(())
    }

    /// From now on all files together may hold this many bytes; growing beyond fails with
    /// [`io::ErrorKind::StorageFull`]. `None`: no limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.locked().capacity_bytes = bytes;
    }

    /// Replaces (or creates) a file, durably: to prepare a test.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.locked();
        let id = state.fresh_id();
        state.files.insert(id, FileImage::holding(bytes.to_vec()));
        state.names.insert(path.to_owned(), id);
        state.durable_names.insert(path.to_owned(), id);
    }

    /// Bytes that all files hold together, live.
    pub fn used_bytes(&self) -> u64 {
        self.locked().used_bytes()
    }

    /// Successful syncs of file data so far.
    pub fn data_syncs(&self) -> u64 {
        self.locked().syncs
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn used_bytes(&self) -> u64 {
        self.files.values().map(|file| file.live().len() as u64).sum()
    }

    fn id_of(&self, path: &Path) -> io::Result<FileId> {
        self.names.get(path).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn image(&mut self, id: FileId) -> io::Result<&mut FileImage> {
        self.files.get_mut(&id).ok_or_else(|| io::Error::other("the simulated file is gone"))
    }

    fn set_names(&mut self, dir: &Path, sets: Vec<(PathBuf, Option<FileId>)>) {
        sets.iter().for_each(|set| set_name(&mut self.names, set));
        self.unsynced_names.push(NameChange { dir: dir.to_owned(), sets });
    }

    fn crash(&mut self, rng: &mut dyn Rng) {
        for change in std::mem::take(&mut self.unsynced_names) {
            if rng.below(2) == 0 {
                change.sets.iter().for_each(|set| set_name(&mut self.durable_names, set));
            }
        }
        self.names = self.durable_names.clone();
        let named: Vec<FileId> = self.names.values().copied().collect();
        self.files.retain(|id, _| named.contains(id));
        self.files.values_mut().for_each(|file| file.crash(rng));
        self.locks.clear();
        self.crashes += 1;
    }

    fn sync_dir(&mut self, dir: &Path) {
        for change in self.unsynced_names.extract_if(.., |change| change.dir == dir) {
            change.sets.iter().for_each(|set| set_name(&mut self.durable_names, set));
        }
    }

    /// Counts one sync; `Some` when it is to fail.
    fn sync_fault(&mut self) -> Option<SyncFault> {
        let call = self.faults.sync_calls;
        self.faults.sync_calls += 1;
        self.faults.syncs.remove(&call)
    }

    fn ensure_room(&self, id: FileId, new_len: usize) -> io::Result<()> {
        let old_len = self.files.get(&id).map_or(0, |file| file.live().len());
        let grown = new_len.saturating_sub(old_len) as u64;
        match self.capacity_bytes {
            Some(capacity) if grown > 0 && self.used_bytes() + grown > capacity => {
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }
}

fn set_name(names: &mut BTreeMap<PathBuf, FileId>, (path, id): &(PathBuf, Option<FileId>)) {
    match id {
        Some(id) => names.insert(path.clone(), *id),
        None => names.remove(path),
    };
}

fn dir_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn injected(what: &str) -> io::Error {
    io::Error::other(format!("injected failure of {what}"))
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.locked();
        let id = match (state.id_of(path), mode) {
            (Ok(_), OpenMode::CreateNew) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(id), _) => id,
            (Err(error), OpenMode::Read | OpenMode::Write) => return Err(error),
            (Err(_), OpenMode::Create | OpenMode::CreateNew) => {
                let id = state.fresh_id();
                state.files.insert(id, FileImage::default());
                state.set_names(dir_of(path), vec![(path.to_owned(), Some(id))]);
                id
            }
        };
        let writable = mode != OpenMode::Read;
        Ok(Arc::new(SimFile { disk: self.clone(), id, writable, crashes: state.crashes }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.locked();
        let id = state.id_of(from)?;
        if dir_of(from) != dir_of(to) {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the simulated disk renames within a directory"));
        }
        state.set_names(dir_of(to), vec![(from.to_owned(), None), (to.to_owned(), Some(id))]);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.locked();
        state.id_of(path)?;
        state.set_names(dir_of(path), vec![(path.to_owned(), None)]);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.locked();
        let inside = state.names.keys().filter(|path| dir_of(path) == dir);
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn create_dir_all(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.locked();
        let fault = state.sync_fault();
        if fault != Some(SyncFault::Lost) {
            state.sync_dir(dir);
        }
        fault.map_or(Ok(()), |_| Err(injected("sync_dir")))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.open(path, OpenMode::Create)?;
        let mut state = self.locked();
        if state.locks.contains_key(path) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let holder = state.fresh_id();
        state.locks.insert(path.to_owned(), holder);
        Ok(Box::new(SimLock { disk: self.clone(), path: path.to_owned(), holder }))
    }
}

#[derive(Debug)]
struct SimLock {
    disk: SimDisk,
    path: PathBuf,
    holder: u64,
}

impl DiskLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = self.disk.locked();
        if state.locks.get(&self.path) == Some(&self.holder) {
            state.locks.remove(&self.path);
        }
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    id: FileId,
    writable: bool,
    crashes: u64,
}

impl SimFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.locked();
        if state.crashes == self.crashes { Ok(state) } else { Err(io::Error::other("the simulated machine crashed")) }
    }

    fn state_for_writing(&self) -> io::Result<MutexGuard<'_, State>> {
        if self.writable { self.state() } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state()?;
        let live = state.image(self.id)?.live();
        let start = live.len().min(offset as usize);
        let n = buffer.len().min(live.len() - start);
        buffer[..n].copy_from_slice(&live[start..start + n]);
        let here = |bad: &mut Misread| bad.file == self.id && (offset..offset + n as u64).contains(&bad.offset);
        for bad in state.faults.misreads.extract_if(.., here) {
            buffer[(bad.offset - offset) as usize] ^= bad.mask;
        }
        Ok(n)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state_for_writing()?;
        let call = state.faults.write_calls;
        state.faults.write_calls += 1;
        if let Some(keep) = state.faults.writes.remove(&call) {
            state.image(self.id)?.write(offset as usize, &bytes[..keep.min(bytes.len())]);
            return Err(injected("a write"));
        }
        state.ensure_room(self.id, offset as usize + bytes.len())?;
        state.image(self.id)?.write(offset as usize, bytes);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state()?;
        match state.sync_fault() {
            None => {
                state.image(self.id)?.sync();
                state.syncs += 1;
                Ok(())
            }
            Some(SyncFault::HappenedButReported) => {
                state.image(self.id)?.sync();
                Err(injected("a sync"))
            }
            Some(SyncFault::Lost) => {
                state.image(self.id)?.forget_unsynced();
                Err(injected("a sync"))
            }
        }
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.state_for_writing()?;
        state.ensure_room(self.id, bytes as usize)?;
        state.image(self.id)?.set_len(bytes as usize);
        Ok(())
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        if self.len()? < bytes { self.set_len(bytes) } else { Ok(()) }
    }

    fn len(&self) -> io::Result<u64> {
        let mut state = self.state()?;
        Ok(state.image(self.id)?.live().len() as u64)
    }

    fn raw_fd(&self) -> Option<RawFd> {
        None
    }
}
