//! The engine's directory: which image counts, and how the next one takes its place.

use std::path::{Path, PathBuf};

use cairn_base::seam::{Disk, OpenMode};
use cairn_engine_api::{EngineError, LogIndex, Persisted, Timestamp};

use super::corrupt;
use super::load::load_spaces;
use super::preamble::Preamble;
use super::read::ImageReader;
use super::write::write_image;
use crate::ledger::Ledger;
use crate::space::Space;
use crate::sync::Arc;

const SUFFIX: &str = ".image";
const TEMPORARY_SUFFIX: &str = ".image.tmp";

/// The images of one engine.
#[derive(Debug)]
pub(crate) struct ImageStore {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// What the newest image covers.
    newest: Persisted,
    /// Bytes of the newest image.
    bytes: u64,
}

/// What an engine starts with.
pub(crate) struct Loaded {
    pub(crate) spaces: Vec<Arc<Space>>,
    pub(crate) covered: Persisted,
}

impl ImageStore {
    /// Opens the directory, which comes into being if absent, and loads the newest image.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
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
        let mut store = Self { disk, dir, newest: Persisted::default(), bytes: 0 };
        let mut loaded = Loaded { spaces: Vec::new(), covered: Persisted::default() };
        if let Some(index) = names.iter().filter_map(|name| index_of(name)).max() {
            loaded = store.load(index, ledger, progress)?;
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
        let spaces = load_spaces(&image, ledger, progress)?;
        self.newest = image.preamble.covered;
        self.bytes = image.bytes;
        Ok(Loaded { spaces, covered: self.newest })
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
        let temporary = self.path(covered.index, TEMPORARY_SUFFIX);
        let written = self.write_and_rename(&temporary, Preamble { covered, snapshot }, spaces, progress);
        if written.is_err() {
            // The error that matters is the first one; what is left here is removed at the next opening.
            let _ = self.disk.remove(&temporary);
        }
        self.bytes = written?;
        self.newest = covered;
        self.remove_older_images()
    }

    fn write_and_rename(
        &self,
        temporary: &Path,
        preamble: Preamble,
        spaces: &[Arc<Space>],
        progress: &dyn Fn(u64),
    ) -> Result<u64, EngineError> {
        let error = |error| EngineError::io(format!("create image {}", temporary.display()), error);
        let file = self.disk.open(temporary, OpenMode::Create).map_err(error)?;
        // A leftover of a failed attempt may be longer than what is written now.
        file.set_len(0).map_err(error)?;
        let bytes = write_image(file.as_ref(), temporary, &preamble, spaces, progress)?;
        let path = self.path(preamble.covered.index, SUFFIX);
        self.disk.rename(temporary, &path).map_err(error)?;
        self.disk.sync_dir(&self.dir).map_err(error)?;
        Ok(bytes)
    }

    /// Only now, with the newest image durable under its name, the ones before are of no use.
    fn remove_older_images(&self) -> Result<(), EngineError> {
        let error = |error| EngineError::io(format!("remove old images in {}", self.dir.display()), error);
        for name in self.disk.list(&self.dir).map_err(error)? {
            if index_of(&name).is_some_and(|index| index < self.newest.index) {
                self.disk.remove(&self.dir.join(name)).map_err(error)?;
            }
        }
        Ok(())
    }

    fn path(&self, index: LogIndex, suffix: &str) -> PathBuf {
        self.dir.join(format!("{:020}{suffix}", index.0))
    }
}

/// The log index in an image's name.
fn index_of(name: &str) -> Option<LogIndex> {
    name.strip_suffix(SUFFIX)?.parse().ok().map(LogIndex)
}
