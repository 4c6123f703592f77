//! The engine's directory: which image counts, and how the next one takes its place.

use std::path::{Path, PathBuf};

use cairn_base::fault;
use cairn_base::seam::{Disk, DiskFile, OpenMode};
use cairn_engine_api::{EngineError, LogIndex, Persisted, Timestamp};

use super::cover::CoverNote;
use super::evacuation::Windows;
use super::load::load_spaces;
use super::preamble::{FORMAT_VERSION, Preamble};
use super::read::ImageReader;
use super::write::write_image;
use super::{corrupt, refuse};
use crate::ledger::Ledger;
use crate::space::Space;
use crate::sync::Arc;

const SUFFIX: &str = ".image";
const COVER_SUFFIX: &str = ".cover";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// The images of one engine.
#[derive(Debug)]
pub(crate) struct ImageStore {
    disk: std::sync::Arc<dyn Disk>,
    dir: PathBuf,
    /// The index in the newest image's name: what it covered when it was written.
    image: LogIndex,
    /// What it covers by now.
    newest: Persisted,
    /// Bytes of the newest image.
    bytes: u64,
}

/// What an engine starts with.
pub(crate) struct Loaded {
    pub(crate) spaces: Vec<Arc<Space>>,
    pub(crate) covered: Persisted,
    /// Where rows stay in the image; `None` without an image.
    pub(crate) windows: Option<Windows>,
}

impl ImageStore {
    /// Opens the directory, which comes into being if absent, and loads the newest image.
    pub(crate) fn open(
        disk: std::sync::Arc<dyn Disk>,
        dir: PathBuf,
        ledger: &Arc<Ledger>,
        progress: &dyn Fn(u64, u64),
    ) -> Result<(Self, Loaded), EngineError> {
        let context = |verb: &str| format!("{verb} image directory {}", dir.display());
        disk.create_dir_all(&dir).map_err(|error| EngineError::io(context("create"), error))?;
        let names = disk.list(&dir).map_err(|error| EngineError::io(context("list"), error))?;
        for name in names.iter().filter(|name| name.ends_with(TEMPORARY_SUFFIX)) {
            // A checkpoint that a crash cut off. It never counted.
            disk.remove(&dir.join(name)).map_err(|error| EngineError::io(context("clean"), error))?;
        }
        let newest = names.iter().filter_map(|name| index_of(name, SUFFIX)).max();
        if newest.is_some() {
            // A process that ended between a rename and the sync of the directory, or whose sync failed, left a name that only the
            // system's memory has. It counts from here on: the log is truncated by it.
            disk.sync_dir(&dir).map_err(|error| EngineError::io(context("sync"), error))?;
        }
        let mut store = Self { disk, dir, image: LogIndex::ZERO, newest: Persisted::default(), bytes: 0 };
        let mut loaded = Loaded { spaces: Vec::new(), covered: Persisted::default(), windows: None };
        if let Some(index) = newest {
            loaded = store.load(index, ledger, progress)?;
            if names.iter().any(|name| index_of(name, COVER_SUFFIX) == Some(index)) {
                loaded.covered = store.read_cover_note()?;
            }
        }
        Ok((store, loaded))
    }

    /// What survives without the log.
    pub(crate) fn newest(&self) -> Persisted {
        self.newest
    }

    /// Bytes of the newest image.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn load(
        &mut self,
        index: LogIndex,
        ledger: &Arc<Ledger>,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Loaded, EngineError> {
        let path = self.path(index, SUFFIX);
        let image = ImageReader::open(self.disk.as_ref(), &path)?;
        if image.preamble.covered.index != index {
            return Err(corrupt(&path, 16, "the image covers another log index than its name says"));
        }
        let (spaces, windows) = load_spaces(&image, ledger, progress)?;
        self.image = index;
        self.newest = image.preamble.covered;
        self.bytes = image.bytes;
        Ok(Loaded { spaces, covered: self.newest, windows: Some(windows) })
    }

    fn read_cover_note(&mut self) -> Result<Persisted, EngineError> {
        let path = self.path(self.image, COVER_SUFFIX);
        let bytes =
            self.disk.read(&path).map_err(|error| EngineError::io(format!("read {}", path.display()), error))?;
        let note = CoverNote::decode(&bytes).map_err(|error| refuse(&path, error))?;
        if note.image != self.image || note.covered.index < self.newest.index {
            return Err(corrupt(&path, 16, "the note is about another image than its name says"));
        }
        self.newest = note.covered;
        Ok(note.covered)
    }

    /// Writes an image of `spaces` at `snapshot` and lets it take the place of the one before. On an error the one before
    /// still counts.
    pub(crate) fn write(
        &mut self,
        covered: Persisted,
        snapshot: Timestamp,
        spaces: &[Arc<Space>],
        progress: &dyn Fn(u64),
    ) -> Result<(), EngineError> {
        let preamble = Preamble { version: FORMAT_VERSION, covered, snapshot };
        self.bytes = self.create(&self.path(covered.index, SUFFIX), |file, path| {
            write_image(file, path, &preamble, spaces, progress)
        })?;
        self.image = covered.index;
        self.newest = covered;
        self.remove_older_images()
    }

    /// Notes that the newest image holds everything up to `covered`. `false`: there is no image yet.
    pub(crate) fn extend_cover(&mut self, covered: Persisted) -> Result<bool, EngineError> {
        if self.image == LogIndex::ZERO {
            return Ok(false);
        }
        let note = CoverNote { image: self.image, covered };
        self.create(&self.path(self.image, COVER_SUFFIX), |file, path| {
            let error = |error| EngineError::io(format!("write {}", path.display()), error);
            file.write_at(&note.encode(), 0).map_err(error)?;
            file.sync_data().map_err(error)
        })?;
        self.newest = covered;
        Ok(true)
    }

    /// Creates a file, or replaces it, in one durable step: `write` fills and syncs it under another name.
    fn create<T>(
        &self,
        path: &Path,
        write: impl FnOnce(&dyn DiskFile, &Path) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(TEMPORARY_SUFFIX);
        let temporary = Path::new(&temporary);
        let error = |error| EngineError::io(format!("create {}", path.display()), error);
        let attempt = || {
            let file = self.disk.open(temporary, OpenMode::Create).map_err(error)?;
            // A leftover of a failed attempt may be longer than what is written now.
            file.set_len(0).map_err(error)?;
            let written = write(file.as_ref(), temporary)?;
            self.disk.rename(temporary, path).map_err(error)?;
            if !fault!(ImageNameNotSynced) {
                self.disk.sync_dir(&self.dir).map_err(error)?;
            }
            Ok(written)
        };
        attempt().inspect_err(|_| {
            // The error that matters is the first one; what is left here is removed at the next opening.
            let _ = self.disk.remove(temporary);
        })
    }

    /// Only now, with the newest image durable under its name, the ones before are of no use.
    fn remove_older_images(&self) -> Result<(), EngineError> {
        let error = |error| EngineError::io(format!("remove old images in {}", self.dir.display()), error);
        for name in self.disk.list(&self.dir).map_err(error)? {
            let index = index_of(&name, SUFFIX).or_else(|| index_of(&name, COVER_SUFFIX));
            if index.is_some_and(|index| index < self.image) {
                self.disk.remove(&self.dir.join(name)).map_err(error)?;
            }
        }
        Ok(())
    }

    fn path(&self, index: LogIndex, suffix: &str) -> PathBuf {
        self.dir.join(format!("{:020}{suffix}", index.0))
    }
}

/// The log index in a name with this suffix.
fn index_of(name: &str, suffix: &str) -> Option<LogIndex> {
    name.strip_suffix(suffix)?.parse().ok().map(LogIndex)
}
