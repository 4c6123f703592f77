//! Checkpoints: a snapshot goes to disk on a background thread while batches go on.

use cairn_engine_api::{EngineError, Persisted};

use crate::directory::Directory;
use crate::image::ImageStore;
use crate::sync::{Mutex, lock};
use crate::writer::{Snapshot, Writer};

/// The engine's images, and what the newest one covers.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    /// Held for the whole of a checkpoint.
    images: Mutex<ImageStore>,
    /// Never held for longer than a copy, so that nobody waits for a checkpoint to learn what the last one did.
    done: Mutex<Done>,
}

#[derive(Clone, Copy, Debug)]
struct Done {
    persisted: Persisted,
    disk_bytes: u64,
}

impl Checkpoints {
    /// Starts with what the directory holds.
    pub(crate) fn new(images: ImageStore) -> Self {
        let done = Mutex::new(Done::of(&images));
        Self { images: Mutex::new(images), done }
    }

    /// What the newest image covers.
    pub(crate) fn persisted(&self) -> Persisted {
        lock(&self.done).persisted
    }

    /// Bytes of the newest image.
    pub(crate) fn disk_bytes(&self) -> u64 {
        lock(&self.done).disk_bytes
    }

    /// Writes an image of all that is applied, unless the newest one covers `upto` and all that already.
    pub(crate) fn run(
        &self,
        upto: Persisted,
        writer: &Mutex<Writer>,
        directory: &Directory,
        progress: &dyn Fn(u64),
    ) -> Result<Persisted, EngineError> {
        let mut images = lock(&self.images);
        let pinned = PinnedSnapshot::take(writer, directory);
        // What lies between the last batch applied and `upto` was not for this engine.
        let applied = pinned.snapshot.applied;
        let covered = if upto.index > applied.index { upto } else { applied };
        if covered.index <= images.newest().index {
            return Ok(images.newest());
        }
        let is_unchanged = applied.index <= images.newest().index;
        let written = match is_unchanged.then(|| images.extend_cover(covered)) {
            Some(Ok(true)) => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(false)) | None => images.write(covered, applied.at, &pinned.snapshot.spaces, progress),
        };
        *lock(&self.done) = Done::of(&images);
        written.map(|()| covered)
    }
}

impl Done {
    fn of(images: &ImageStore) -> Self {
        Self { persisted: images.newest(), disk_bytes: images.bytes() }
    }
}

/// A snapshot whose versions are kept until this is dropped, also by an error or a panic on the way.
struct PinnedSnapshot<'a> {
    writer: &'a Mutex<Writer>,
    snapshot: Snapshot,
}

impl<'a> PinnedSnapshot<'a> {
    fn take(writer: &'a Mutex<Writer>, directory: &Directory) -> Self {
        let snapshot = lock(writer).begin_checkpoint(directory);
        Self { writer, snapshot }
    }
}

impl Drop for PinnedSnapshot<'_> {
    fn drop(&mut self) {
        lock(self.writer).end_checkpoint();
    }
}
